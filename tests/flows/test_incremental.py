"""Incremental equals rebuild: whatever happened in whatever order, what is kept is what a rebuild would give."""

import contextlib
import hashlib
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from flows.worlds import SITE, START, completion, shipped_files, voiding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrs_bridge.errors import Conflict, NotFound
from lrs_bridge.store.schema import (
    alerts,
    champion_states,
    identifiers,
    learners,
    pending_learners,
    pending_statements,
    set_aside,
    standings,
)
from lrs_bridge.store.schema import posts as posts_table
from lrs_bridge.store.standing_tables import post_standings

MAIL = [f"mailto:person{number}@example.org" for number in range(3)]
SHA1 = ["sha1:" + hashlib.sha1(mail.encode()).hexdigest() for mail in MAIL]
CAPITALS = [mail.replace("person", "Person") for mail in MAIL]
ACCOUNTS = [f"{SITE}|user{number}" for number in range(3)]
DESK = "mailto:desk@example.org"
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
        [MAIL[0], SHA1[0], CAPITALS[1], ACCOUNTS[0], MAIL[1], ACCOUNTS[1], MAIL[0], DESK]
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
        st.sampled_from(["", "account", "account", "desk", "service"]),
        st.sampled_from(["", "2026-03-10", "2026-02-20"]),
        st.sampled_from(["", "", "2026-02-05", "2026-03-06"]),
    ),
)
named = st.tuples(st.just("name"), st.tuples(st.integers(0, 2), st.sampled_from(["José Ali", "Zoë", "Ann"])))
spelled = st.tuples(st.just("spell"), st.sampled_from(["School", "SCHOOL", "school"]))
attests = st.tuples(
    st.just("attest"),
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["manager_support", "working_knowledge"]),
        st.sampled_from(AREAS),
        st.sampled_from(["2026-02-01", "2026-02-27"]),
        st.sampled_from(["", "2026-03-06"]),
    ),
)
members = st.tuples(st.just("member"), st.tuples(st.integers(0, 2), st.sampled_from(["", "2026-03-08"])))
by_hand = st.tuples(
    st.just("completion"),
    st.tuples(
        st.sampled_from([MAIL[0], CAPITALS[1], ACCOUNTS[2]]),
        st.sampled_from(["escb_basic", "set_toolbox", "kent_basic"]),
        st.sampled_from(["2026-02-03", "2026-02-27"]),
    ),
)
sessions = st.tuples(
    st.just("session"),
    st.tuples(st.sets(st.integers(0, 2), min_size=1), st.sampled_from(["induction", "escb_missing"])),
)
equals = st.tuples(
    st.just("equal"),
    st.tuples(
        st.sampled_from([("essex", ""), ("thurrock", ""), ("", "School")]),
        st.sampled_from(["2026-02-10", "2026-03-04"]),
    ),
)
organisations = st.tuples(st.just("organisation"), st.sampled_from(["T1", "T3", ""]))
decisions = st.tuples(
    st.just("decide"),
    st.tuples(st.sampled_from([*MAIL, *ACCOUNTS]), st.sampled_from([*MAIL, *SHA1, *ACCOUNTS]), st.booleans()),
)
mailboxes = st.tuples(st.just("share"), st.booleans())
champion_acts = st.tuples(
    st.just("champion"),
    st.tuples(
        st.sampled_from(["request", "request", "withdraw", "return", "register", "leave", "update"]),
        st.integers(0, 2),
        st.sampled_from(AREAS),
    ),
)
ready = st.tuples(st.just("ready"), st.tuples(st.integers(0, 2), st.sampled_from(AREAS)))
listed = st.tuples(st.just("listed"), st.tuples(st.integers(0, 2), st.sampled_from(AREAS)))
clocks = st.tuples(st.just("advance"), st.integers(1, 20 * 24))
mappings = st.tuples(st.just("mappings"), st.integers(0, len(MAPPINGS) - 1))

RECORDED = (
    sends, voids, posts, attests, members, by_hand, sessions, equals, decisions, mailboxes, organisations, listed,
)  # fmt: skip
steps = st.one_of(
    *RECORDED,
    named,
    spelled,
    sends,
    voids,
    voids,
    posts,
    clocks,
    mappings,
    decisions,
    champion_acts,
    champion_acts,
)
# each step, and whether the timetable runs after it
histories = st.lists(st.tuples(steps, st.booleans()), max_size=25)


def play(world, kind, what):
    if kind == "send":
        world.send(*{one["id"]: one for one in map(_completed, what)}.values())
    elif kind == "void":
        world.send(voiding(_completed(what)["id"]))
    elif kind == "post":
        number, area, other, until, since = what
        since = "" if until and since > until else since
        known = "; ".join([MAIL[number], *{"account": [ACCOUNTS[number]], "desk": [DESK]}.get(other, [])])
        tier = "T2" if area == "essex" and other == "account" else ""
        service = "Early Years" if other == "service" else ""
        world.take_in(
            "people",
            "person,identifiers,organisation,area,service_area,role,required_tier,until,from\n"
            f"Person {number},{known},School,{area},{service},teacher,{tier},{until},{since}\n",
        )
    elif kind == "name":
        number, name = what
        world.take_in(
            "people", f"person,identifiers,organisation,area\n{name},{MAIL[number]},Elsewhere,essex\n"
        )
    elif kind == "spell":
        world.take_in("organisations", f"organisation,sector,areas\n{what},education,essex\n")
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
    elif kind == "completion":
        identifier, course, day = what
        world.take_in("completions", f"person,course,date,provider\n{identifier},{course},{day},Kent\n")
    elif kind == "session":
        attendees, course = what
        names = "; ".join(MAIL[number] for number in sorted(attendees))
        world.take_in(
            "sessions",
            "date,title,delivered_by,organisation,area,courses,attendees\n"
            f"2026-02-20,Our {course},lead@example.org,School,essex,{course},{names}\n",
        )
    elif kind == "equal":
        (area, organisation), day = what
        world.take_in(
            "equivalences",
            "course,counts_as,area,organisation,decided_by,basis,date\n"
            f"kent_basic,escb_basic,{area},{organisation},board@example.org,same outcomes,{day}\n",
        )
    elif kind == "organisation":
        tiers = f"teacher = {what}" if what else ""
        world.take_in(
            "organisations", f"organisation,sector,areas,role_tiers\nSchool,education,essex,{tiers}\n"
        )
    elif kind == "ready":  # for the champion flow
        number, area = what
        play(world, "post", (number, area, "account", "", ""))
        for key in ("manager_support", "working_knowledge"):
            play(world, "attest", (number, key, area, "2026-02-01", ""))
        play(world, "member", (number, ""))
        world.send(
            *(
                completion(MAIL[number], course, START - timedelta(days=9))
                for course in ("escb_basic", "safeguarding_l2", "set_toolbox")
            )
        )
    elif kind == "listed":
        number, area = what
        world.take_in(
            "champions",
            "person,identifiers,organisation,area,status,since\n"
            f"Person {number},{MAIL[number]},School,{area},legacy,2015-09-01\n",
        )
    elif kind == "decide":
        one, other, same = what
        with contextlib.suppress(NotFound, Conflict):  # nobody met yet, or one identifier
            world.decide(one, other, same=same)
    elif kind == "share":
        world.share(DESK, shared=what)
    elif kind == "champion":
        act, number, area = what
        with contextlib.suppress(NotFound, Conflict):  # not allowed now: nothing was kept
            world.champion(act, MAIL[number], area, by="board@example.org", note="as told")
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


def count(world, table):
    return world.database.read(lambda session: session.scalar(sa.select(sa.func.count()).select_from(table)))


def projected(world):
    """What lists of people are read from: every row; each of the learner whose post it is, and of nobody who was joined away."""

    def journey(session):
        held = session.execute(sa.select(post_standings)).all()
        owned = sa.select(posts_table.c.id, identifiers.c.learner_id).join(
            identifiers, identifiers.c.id == posts_table.c.identifier_id
        )
        owners = dict(map(tuple, session.execute(owned)))
        assert {row.post_id: row.learner_id for row in held}.items() <= owners.items()
        live = set(session.scalars(sa.select(identifiers.c.learner_id)))
        unplaced = set(session.scalars(sa.select(standings.c.learner_id).where(standings.c.unplaced)))
        champions = session.execute(sa.select(champion_states)).all()
        assert unplaced | {row.learner_id for row in champions} <= live
        return sorted(map(tuple, held)), sorted(map(repr, champions)), unplaced

    return world.database.read(journey)


def settled(world):
    """Computes what is pending, and checks that nothing was left or set aside."""
    world.recompute()
    assert [count(world, table) for table in (pending_statements, pending_learners, set_aside)] == [0, 0, 0]
    return world.standings()


quick = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quick
@given(history=histories)
def test_what_is_kept_is_what_a_rebuild_gives(fresh_world, history):
    is_what_a_rebuild_gives(fresh_world(), history)


@settings(quick, max_examples=6)
@given(history=histories)
def test_what_is_kept_on_a_server_is_what_a_rebuild_gives(fresh_world_on_server, history):
    is_what_a_rebuild_gives(fresh_world_on_server(), history)


def is_what_a_rebuild_gives(world, history):
    play_all(world, history)
    kept, rows = settled(world), projected(world)
    told = count(world, alerts)
    seen = world.verify()
    assert (seen.differences, seen.skipped) == ([], 0)
    world.rebuild()
    assert world.standings() == kept
    assert projected(world) == rows
    assert count(world, alerts) == told, "a rebuild announced something"
    world.close()


@quick
@given(records=st.lists(st.one_of(*RECORDED), max_size=14), data=st.data())
def test_order_of_arrival_and_repetition_do_not_matter(fresh_world, records, data):
    """The same records in another order, some of them twice, with recomputing in between: the same people, and the same
    standings.

    What is said again of the same subject corrects what was said before, so the last of them is the record; and posts keep
    their order, because the first recorded is the first post.
    """
    unique = list({_subject(kind, what): (kind, what) for kind, what in records}.values())
    one, other = fresh_world(), fresh_world()
    for world in (one, other):
        make_everybody_known(world)
    for kind, what in unique:
        play(one, kind, what)
    posts_in_order = (record for record in unique if record[0] == "post")
    shuffled = data.draw(st.permutations(unique))
    for kind, what in (next(posts_in_order) if record[0] == "post" else record for record in shuffled):
        play(other, kind, what)
        if data.draw(st.booleans()):
            other.recompute()
        if kind in ("send", "void", "completion", "session", "decide") and data.draw(st.booleans()):
            play(other, kind, what)
    assert settled(one) == settled(other)
    one.close()
    other.close()


def make_everybody_known(world):
    rows = "".join(
        f"{known},{known.removeprefix('mailto:')},Elsewhere,essex\n" for known in [*MAIL, *ACCOUNTS]
    )
    world.take_in("people", f"person,identifiers,organisation,area\n{rows}")
    world.send(*(completion(known, "induction", START) for known in (*SHA1, *CAPITALS, DESK)))
    world.recompute()


def _subject(kind, what):
    if kind == "post":
        return kind, what[:2]
    if kind == "attest":
        return kind, what[:4]
    if kind == "decide":
        return kind, frozenset(what[:2])
    if kind in ("organisation", "share"):
        return kind
    return (kind, what[0]) if kind == "member" else (kind, repr(what))


@quick
@given(decided=st.lists(decisions, max_size=4), data=st.data())
def test_a_parting_gives_back_what_a_join_took(fresh_world, decided, data):
    """Joins and partings, each taken back by its contrary: everybody stands as before."""
    world = fresh_world()
    world.send(completion(DESK, "induction", START))  # the eldest, and nobody says its name
    world.recompute()
    make_everybody_known(world)
    for number in range(3):
        play(world, "ready", (number, AREAS[number]))
    before, called = settled(world), names(world)
    pairs = [(DESK, MAIL[0]), *((one, other) for _, (one, other, _) in decided)]
    apart = [(one, other) for one, other in pairs if not _one_person(before, one, other)]
    for one, other in apart:
        world.decide(one, other, same=True)
        if data.draw(st.booleans()):
            world.recompute()
    for one, other in data.draw(st.permutations(apart)):
        world.decide(one, other, same=False)
        if data.draw(st.booleans()):
            world.recompute()
    assert settled(world) == before
    assert names(world) == called
    world.close()


def names(world):
    """Identifier → the name of its person."""
    found = sa.select(identifiers.c.text, learners.c.name)
    found = found.join(learners, learners.c.id == identifiers.c.learner_id)
    return world.database.read(lambda session: dict(map(tuple, session.execute(found))))


def _one_person(standings, one, other):
    return any(one in person and other in person for person in standings)


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
