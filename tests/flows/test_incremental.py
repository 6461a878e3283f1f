"""Incremental equals rebuild: whatever happened in whatever order, what is kept is what a rebuild would give."""

import hashlib
import itertools
import shutil
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flows.worlds import SITE, START, World, completion, shipped_files, voiding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrs_bridge.store.schema import alerts, pending_learners, pending_statements, set_aside

MAIL = [f"mailto:person{number}@example.org" for number in range(3)]
SHA1 = ["sha1:" + hashlib.sha1(mail.encode()).hexdigest() for mail in MAIL]
CAPITALS = [mail.replace("person", "Person") for mail in MAIL]
ACCOUNTS = [f"{SITE}|user{number}" for number in range(3)]
COURSES = ["induction", "escb_basic", "escb_missing", "safeguarding_l2", "set_toolbox", "not_mapped"]
AREAS = ["essex", "southend", "thurrock"]

_FILES = shipped_files()


def _replaced(path, old, new):
    assert old in _FILES[path]
    return {**_FILES, path: _FILES[path].replace(old, new)}


MAPPINGS = [
    _FILES,
    _replaced("frameworks/escb.yaml", "    where: ask your organisation's CSE lead", "    valid_for: P20D"),
    _replaced("sources/moodle.yaml", "    course: escb_missing", "    course: escb_basic"),
    _replaced(
        "champions/set.yaml", "      course: set_toolbox", "      {course: set_toolbox, valid_for: P1M}"
    ),
]

# Few different completions, so that voids and repetitions meet what was sent; all kinds of identifiers and dates among them.
COMPLETIONS = [
    (identifier, COURSES[place % len(COURSES)], (-40, -3, 5, -25, 12)[place % 5])
    for place, identifier in enumerate(
        [MAIL[0], SHA1[0], CAPITALS[1], ACCOUNTS[0], MAIL[1], ACCOUNTS[1], MAIL[0]]
    )
]
some_completion = st.sampled_from(COMPLETIONS)
sends = st.tuples(st.just("send"), st.lists(some_completion, min_size=1, max_size=6))
voids = st.tuples(st.just("void"), some_completion)
posts = st.tuples(
    st.just("post"),
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(AREAS),
        st.booleans(),
        st.sampled_from(["", "2026-03-10", "2026-02-20"]),
    ),
)
attests = st.tuples(
    st.just("attest"),
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["manager_support", "working_knowledge"]),
        st.sampled_from(AREAS),
        st.sampled_from(["2026-02-01", "2026-03-05"]),
        st.sampled_from(["", "2026-03-06"]),
    ),
)
members = st.tuples(st.just("member"), st.tuples(st.integers(0, 2), st.sampled_from(["", "2026-03-08"])))
clocks = st.tuples(st.just("advance"), st.integers(1, 20 * 24))
mappings = st.tuples(st.just("mappings"), st.integers(0, len(MAPPINGS) - 1))

RECORDED = (sends, voids, posts, attests, members)
steps = st.one_of(*RECORDED, sends, voids, voids, posts, clocks, mappings)
# each step, and whether the timetable runs after it
histories = st.lists(st.tuples(steps, st.booleans()), max_size=25)


def play(world, kind, what):
    if kind == "send":
        world.send(*{one["id"]: one for one in map(_completed, what)}.values())
    elif kind == "void":
        world.send(voiding(_completed(what)["id"]))
    elif kind == "post":
        number, area, with_account, until = what
        known = f"{MAIL[number]}; {ACCOUNTS[number]}" if with_account else MAIL[number]
        tier = "T2" if area == "essex" else ""
        world.take_in(
            "people",
            "person,identifiers,organisation,area,required_tier,until\n"
            f"Person {number},{known},School,{area},{tier},{until}\n",
        )
    elif kind == "attest":
        number, key, area, day, until = what
        world.take_in(
            "attestations",
            "person,attestation,organisation,area,by,date,until\n"
            f"{MAIL[number]},{key},School,{area},head@example.org,{day},{until}\n",
        )
    elif kind == "member":
        number, until = what
        world.take_in(
            "memberships",
            f"person,membership,checked,source,until\n{MAIL[number]},nwg,2026-02-01,list,{until}\n",
        )
    elif kind == "advance":
        world.advance(timedelta(hours=what))
    else:
        world.put_mappings(MAPPINGS[what])


def play_all(world, history):
    for (kind, what), recompute_then in history:
        play(world, kind, what)
        if recompute_then:
            world.recompute()


def _completed(what):
    identifier, course, day = what
    return completion(identifier, course, START + timedelta(days=day))


@pytest.fixture(scope="module")
def fresh_world(tmp_path_factory):
    """Makes worlds from a copy of one migrated database."""
    folder = tmp_path_factory.mktemp("worlds")
    template = folder / "template.sqlite"
    World(f"sqlite:///{template}").close()
    numbers = itertools.count()

    def make():
        file = folder / f"{next(numbers)}.sqlite"
        shutil.copyfile(template, file)
        return World(f"sqlite:///{file}")

    return make


def count(world, table):
    return world.database.read(lambda session: session.scalar(sa.select(sa.func.count()).select_from(table)))


def settled(world):
    """Computes what is pending, and checks that nothing was left or set aside."""
    world.recompute()
    assert [count(world, table) for table in (pending_statements, pending_learners, set_aside)] == [0, 0, 0]
    return world.standings()


quick = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quick
@given(history=histories)
def test_what_is_kept_is_what_a_rebuild_gives(fresh_world, history):
    world = fresh_world()
    play_all(world, history)
    kept = settled(world)
    told = count(world, alerts)
    seen = world.verify()
    assert (seen.differences, seen.skipped) == ([], 0)
    world.rebuild()
    assert world.standings() == kept
    assert count(world, alerts) == told, "a rebuild announced something"
    world.close()


@quick
@given(records=st.lists(st.one_of(*RECORDED), max_size=14), data=st.data())
def test_order_of_arrival_and_repetition_do_not_matter(fresh_world, records, data):
    """The same records in another order, some of them twice, with recomputing in between: the same standings.

    By-hand records for the same person, subject and day correct each other, so the last of them is the record; and posts
    keep their order, because the first recorded is the first post.
    """
    unique = list({_subject(kind, what): (kind, what) for kind, what in records}.values())
    one, other = fresh_world(), fresh_world()
    for kind, what in unique:
        play(one, kind, what)
    posts_in_order = (record for record in unique if record[0] == "post")
    shuffled = data.draw(st.permutations(unique))
    for kind, what in (next(posts_in_order) if record[0] == "post" else record for record in shuffled):
        play(other, kind, what)
        if data.draw(st.booleans()):
            other.recompute()
        if kind in ("send", "void") and data.draw(st.booleans()):
            play(other, kind, what)
    assert _by_person(settled(one)) == _by_person(settled(other))
    one.close()
    other.close()


def _subject(kind, what):
    if kind == "post":
        return kind, what[:2]
    if kind == "attest":
        return kind, what[:4]
    return (kind, what[0]) if kind == "member" else (kind, repr(what))


def _by_person(standings):
    return {person: body for person, body in standings.items() if body["evidence"] or body["eligibility"]}


@quick
@given(history=histories)
def test_between_its_boundaries_a_standing_stands_still(fresh_world, history):
    """`changes_at` misses no moment: computed anew shortly before it, everything is as it was."""
    world = fresh_world()
    play_all(world, history)
    kept = settled(world)

    def boundaries(session):
        found = session.execute(
            sa.text("SELECT learner_id, changes_at FROM standings WHERE changes_at IS NOT NULL")
        )
        return [str(row.changes_at) for row in found]

    edges = sorted(world.database.read(boundaries))
    if edges:
        first = datetime.fromisoformat(edges[0]).replace(tzinfo=UTC)
        world.now = first - timedelta(microseconds=1)
    else:
        world.advance(timedelta(days=4000))
    assert world.verify().differences == []
    assert world.standings() == kept
    world.close()
