"""What-if: what it says is what comes true when those mappings are put in force; and it writes nothing."""

import hashlib
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from functools import cache

import pytest
import sqlalchemy as sa
from flows.test_incremental import ACCOUNTS, CAPITALS, COMPLETIONS, MAIL, SHA1, play, play_all, settled, steps
from flows.worlds import LONDON, START, completion, shipped_files, voiding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrs_bridge import mapping_files
from lrs_bridge.errors import Unavailable
from lrs_bridge.flows import people as people_flow
from lrs_bridge.flows.what_if import what_if
from lrs_bridge.learning.differences import MATCH_CHANGES
from lrs_bridge.report.operating import what_if_report
from lrs_bridge.store import projections
from lrs_bridge.store.alert_tables import alerts, news
from lrs_bridge.store.schema import (
    clients,
    evidence,
    identifiers,
    mappings_in_force,
    metadata,
    statements,
)
from lrs_bridge.xapi import documents

FILES = shipped_files()
ESCB, SET, MOODLE = "frameworks/escb.yaml", "champions/set.yaml", "sources/moodle.yaml"


def changed(*edits):
    """The shipped files with (path, old, new) replaced."""
    files = dict(FILES)
    for path, old, new in edits:
        assert old in files[path], old
        files[path] = files[path].replace(old, new)
    return files


NOT_MAPPED = (MOODLE, 'external-id": set_toolbox}}', 'external-id": [set_toolbox, not_mapped]}}')
TRIALS = [
    FILES,
    changed((MOODLE, "name: Moodle", "name: Moodles")),
    changed(NOT_MAPPED),
    changed((MOODLE, "    course: escb_missing", "    course: escb_basic")),
    changed((MOODLE, "    course: induction", "    course: [escb_basic, escb_missing]"), NOT_MAPPED),
    changed((ESCB, "    where: ask your organisation's CSE lead", "    valid_for: P20D")),
    changed((ESCB, "required: false ", "required: true ")),
    changed((ESCB, "inherits: T1", "inherits: T3"), (ESCB, "inherits: T2", "inherits: T1")),
    changed((SET, "      course: set_toolbox", "      {course: set_toolbox, valid_for: P1M}"), NOT_MAPPED),
    changed((SET, "areas: [southend, essex]", "areas: [thurrock]")),
    changed((ESCB, "areas: [essex]", "areas: [thurrock]")),
]

some_completion = st.sampled_from(
    [
        *COMPLETIONS,
        (CAPITALS[0], "not_mapped", -9),
        (SHA1[1], "not_mapped", -8),
        (ACCOUNTS[2], "not_mapped", -2),
    ]
)
sends = st.tuples(st.just("send"), st.lists(some_completion, min_size=1, max_size=6))
grown = st.tuples(
    st.just("post"),
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["essex", "southend", "thurrock"]),
        st.sampled_from(["", "account"]),
        st.just(""),
        st.just(""),
    ),
)
histories = st.lists(st.tuples(st.one_of(steps, sends, sends, grown), st.booleans()), max_size=20)
trials = st.integers(0, len(TRIALS) - 1)


@cache
def parsed(trial):
    return mapping_files.parse(TRIALS[trial], LONDON).mappings


def sha1_of(mail):
    return hashlib.sha1(mail.encode()).hexdigest()


def dump(world):
    def journey(session):
        return {
            name: sorted(map(repr, session.execute(sa.select(table))))
            for name, table in metadata.tables.items()
        }

    return world.database.read(journey)


def bodies(world):
    def journey(session):
        numbers = projections.learners_after(session, 0, 1000)
        return {number: kept.body for number, kept in projections.load_standings(session, numbers).items()}

    return world.database.read(journey)


def credited(world):
    """Statement → source, activity, and what counts of its evidence."""

    def journey(session):
        rows = session.execute(
            sa.select(statements.c.seq, clients.c.source, statements.c.body).join(
                clients, clients.c.id == statements.c.client_id
            )
        )
        found = {
            row.seq: (row.source, documents.parse(row.body.encode())["object"].get("id", ""), set())
            for row in rows
        }
        for row in session.execute(
            sa.select(evidence.c.seq, evidence.c.kind, evidence.c.key, identifiers.c.text)
            .join(identifiers, identifiers.c.id == evidence.c.identifier_id)
            .where(evidence.c.counts)
        ):
            found[row.seq][2].add((row.text, row.kind, row.key))
        return found

    return world.database.read(journey)


def told(world):
    """Every alert that was made: announced, or held until somebody decides."""

    def journey(session):
        made = session.execute(sa.select(alerts.c.id, alerts.c.area, alerts.c.kind))
        held = session.execute(sa.select(news.c.alert_id, news.c.area, news.c.kind))
        return {tuple(row) for row in (*made, *held)}

    return world.database.read(journey)


def state(body):
    """Where somebody stands, leaving out what is nothing: frameworks and areas → what is compared."""
    found = {tier["framework"]: (tier["attained"], tier["required"]) for tier in body.get("tiers", ())}
    for area, one in body.get("eligibility", {}).items():
        found[area] = (one["status"], one["standards_met"], one["flagged"])
    return {
        key: value
        for key, value in found.items()
        if value not in ((None, None), ("not_eligible", False, False))
    }


def said_of(person):
    tiers = {
        one.framework: tuple((one.attained[place], one.required[place]) for place in (0, 1))
        for one in person.difference.tiers
    }
    areas = {
        one.area: tuple((one.status[place], one.standards_met[place], one.flagged[place]) for place in (0, 1))
        for one in person.difference.areas
    }
    return {**tiers, **areas}


def truly(before, after):
    """What differs between two standings, in the shape of `said_of`."""
    old, new = state(before), state(after)
    nothing = {True: ("not_eligible", False, False), False: (None, None)}
    areas = {"essex", "southend", "thurrock"}
    return {
        key: (old.get(key, nothing[key in areas]), new.get(key, nothing[key in areas]))
        for key in {*old, *new}
        if old.get(key) != new.get(key)
    }


def ask(world, mappings, *, limit=1000, progress=lambda _seen: None):
    return world.database.read(
        lambda session: what_if(session, mappings, world.settings, world.now, limit=limit, progress=progress)
    )


def check_comes_true(world, files, mappings):
    """Asks, puts the files in force, and compares what was said with what came."""
    before, credited_before, told_before, everything = (
        bodies(world),
        credited(world),
        told(world),
        dump(world),
    )
    seen = ask(world, mappings)
    assert dump(world) == everything
    assert (seen.digest, seen.waiting, seen.is_rematching, seen.failed) == (mappings.digest, (0, 0), False, 0)
    world.put_mappings(files)
    settled(world)
    after = bodies(world)
    actual = {number: truly(before.get(number, {}), body) for number, body in after.items()}
    known = {number: differs for number, differs in actual.items() if number in before and differs}
    strangers = [differs for number, differs in actual.items() if number not in before and differs]
    assert {person.learner: said_of(person) for person in seen.people if person.learner} == known
    new = [said_of(person) for person in seen.people if not person.learner]
    assert sorted(map(repr, new)) == sorted(map(repr, strangers))
    assert seen.concerned == len(known) + len(strangers)
    assert seen.alerts == Counter((area, kind) for _, area, kind in told(world) - told_before)
    assert seen.statements == changes_of(credited_before, credited(world))
    what_if_report(seen, "mappings")


def changes_of(before, after):
    found = Counter()
    for seq, (source, activity, new) in after.items():
        old = before[seq][2]
        if old != new:
            found[MATCH_CHANGES[0 if not old else 1 if not new else 2], source, activity] += 1
    return found


def try_out(world, history, first, second):
    play_all(world, history)
    world.put_mappings(TRIALS[first])
    settled(world)
    check_comes_true(world, TRIALS[second], parsed(second))
    world.close()


lenient = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@settings(max_examples=30, deadline=None, suppress_health_check=lenient)
@given(history=histories, first=trials, second=trials)
def test_what_it_says_comes_true_sqlite(fresh_world, history, first, second):
    try_out(fresh_world(), history, first, second)


@settings(max_examples=10, deadline=None, suppress_health_check=lenient)
@given(history=histories, first=trials, second=trials)
def test_what_it_says_comes_true_postgres(fresh_world_on_server, history, first, second):
    try_out(fresh_world_on_server(), history, first, second)


class TestByExample:
    """Each on both databases."""

    def test_before_any_mappings_are_in_force_there_is_nothing_to_compare_with(self, world):
        world.database.write(lambda session: session.execute(sa.delete(mappings_in_force)))
        with pytest.raises(Unavailable, match="No mappings are in force"):
            ask(world, parsed(0))

    def test_the_same_files_change_nothing_and_nobody_is_computed(self, world):
        world.send(completion(MAIL[0], "induction", START - timedelta(days=3)))
        settled(world)
        seen = ask(world, parsed(0))
        assert (seen.in_force, seen.done, seen.concerned) == (seen.digest, 0, 0)
        assert "Nobody would stand elsewhere." in what_if_report(seen, "here")

    def test_a_rule_that_loses_its_course_names_who_falls_and_why(self, world):
        world.take_in(
            "people",
            "person,identifiers,organisation,area,required_tier\n"
            f"Asha Rao,{MAIL[0]},Colne Primary School,essex,T1\n",
        )
        world.send(completion(MAIL[0], "induction", START - timedelta(days=3)))
        settled(world)
        files = changed((MOODLE, "    course: induction", "    course: escb_missing"))
        seen = ask(world, mapping_files.parse(files, LONDON).mappings)
        assert seen.attained == Counter({("escb", "T1", None): 1})
        assert list(seen.statements.values()) == [1]
        said = what_if_report(seen, "here").splitlines()
        assert "Asha Rao (Colne Primary School)   reached T1 → none (escb)" in said
        assert (
            "  because  course induction no longer counts; course escb_missing counts; missing: 1.1, 1.2, 1.3"
            in said
        )
        assert said[-1] == "1 person would stand elsewhere."

    def test_people_beyond_the_limit_are_counted(self, world):
        world.send(*(completion(mail, "induction", START - timedelta(days=3)) for mail in MAIL))
        settled(world)
        files = changed((MOODLE, "    course: induction", "    course: escb_missing"))
        seen = ask(world, mapping_files.parse(files, LONDON).mappings, limit=1)
        assert (len(seen.people), seen.concerned) == (1, 3)
        assert "and 2 more people; --limit shows more" in what_if_report(seen, "here")

    def test_identifiers_that_would_become_known_join_whom_they_belong_to(self, world):
        """Two that are apart become one by a third that no rule has taken so far."""
        capitals, small = f"sha1:{sha1_of(CAPITALS[0])}", SHA1[0]
        world.send(
            completion(small, "induction", START - timedelta(days=3)),
            completion(capitals, "escb_basic", START - timedelta(days=3)),
            completion(CAPITALS[0], "not_mapped", START - timedelta(days=2)),
        )
        settled(world)
        assert len(world.standings()) == 2
        check_comes_true(world, TRIALS[2], parsed(2))
        assert len(world.standings()) == 1

    def test_a_shared_mailbox_that_would_become_known_stays_alone(self, world):
        world.send(
            completion(MAIL[0], "induction", START - timedelta(days=3)),
            completion(SHA1[0], "not_mapped", START - timedelta(days=2)),
        )
        settled(world)
        world.database.write(
            lambda session: people_flow.share(
                session, MAIL[0], shared=True, reason="front desk", who="test", now=world.now
            )
        )
        settled(world)
        check_comes_true(world, TRIALS[2], parsed(2))
        assert len(world.standings()) == 2

    def test_people_who_were_parted_stay_apart(self, world):
        world.send(
            completion(MAIL[0], "induction", START - timedelta(days=3)),
            completion(CAPITALS[0], "escb_basic", START - timedelta(days=3)),
            completion(SHA1[0], "not_mapped", START - timedelta(days=2)),
        )
        settled(world)
        world.database.write(
            lambda session: people_flow.decide(
                session, MAIL[0], CAPITALS[0], same=False, reason="two people", who="test", now=world.now
            )
        )
        settled(world)
        check_comes_true(world, TRIALS[2], parsed(2))
        assert len(world.standings()) == 2

    def test_strangers_at_a_shared_mailbox_are_several(self, world):
        world.share(MAIL[0])
        world.send(
            completion(MAIL[0], "not_mapped", START - timedelta(days=3)),
            completion(SHA1[0], "not_mapped", START - timedelta(days=2)),
        )
        settled(world)
        files = changed((MOODLE, 'external-id": induction}}', 'external-id": [induction, not_mapped]}}'))
        mappings = mapping_files.parse(files, LONDON).mappings
        assert ask(world, mappings).attained == Counter({("escb", None, "T1"): 2})
        check_comes_true(world, files, mappings)

    def test_what_was_voided_does_not_count_either_way(self, world):
        gone = completion(MAIL[0], "induction", START - timedelta(days=3))
        world.send(gone, voiding(gone["id"]), completion(MAIL[1], "induction", START - timedelta(days=3)))
        settled(world)
        assert ask(world, parsed(4)).attained == Counter({("escb", "T1", "T2"): 1})
        check_comes_true(world, TRIALS[4], parsed(4))

    def test_alerts_are_counted_and_said_to_be_held_where_there_are_many(self, world):
        """Two people in Essex lack NWG membership alone, and other files no longer ask for it."""
        for number in (0, 1):
            play(world, "post", (number, "essex", "account", "", ""))
            for key in ("manager_support", "working_knowledge"):
                play(world, "attest", (number, key, "essex", "2026-02-01", ""))
            courses = ("escb_basic", "safeguarding_l2", "set_toolbox")
            world.send(*(completion(MAIL[number], course, START - timedelta(days=9)) for course in courses))
        settled(world)
        seen = ask(world, parsed(9))
        assert seen.eligible == Counter({("essex", True): 2})
        assert seen.alerts == Counter({("essex", "became_eligible"): 2})
        said = what_if_report(seen, "here").splitlines()
        assert "Alerts     2 to the Board of essex: became eligible" in said
        assert "Person 0 (School)   essex: not eligible → eligible" in said
        assert "  because  nwg_member no longer asked in essex" in said
        world.settings = replace(world.settings, alerts_held_above=1)
        held = what_if_report(ask(world, parsed(9)), "here")
        assert "became eligible; held, since more than 1 for one area\n" in held
        check_comes_true(world, TRIALS[9], parsed(9))

    def test_what_the_clock_brings_is_not_put_down_to_the_files(self, world):
        play(world, "ready", (0, "thurrock"))
        settled(world)
        play(world, "attest", (0, "manager_support", "thurrock", "2026-02-01", "2026-03-06"))
        settled(world)
        world.advance(timedelta(days=30))
        seen = ask(world, parsed(5))
        assert not any(one.difference.areas for one in seen.people)
        assert not seen.alerts, "the support ran out, whatever the files"

    def test_pending_work_is_said_and_not_counted(self, world):
        world.send(completion(MAIL[0], "induction", START - timedelta(days=3)))
        settled(world)
        world.send(completion(MAIL[1], "induction", START - timedelta(days=3)))
        files = changed((MOODLE, "    course: induction", "    course: escb_missing"))
        seen = ask(world, mapping_files.parse(files, LONDON).mappings)
        assert (seen.waiting, seen.concerned) == ((1, 0), 1)
        assert "! 1 statements and 0 learners wait to be computed" in what_if_report(seen, "here")

    def test_matching_anew_under_way_is_said(self, world):
        world.send(completion(MAIL[0], "induction", START - timedelta(days=3)))
        settled(world)
        world.put_mappings(TRIALS[1])
        seen = ask(world, parsed(0))
        assert seen.is_rematching
        assert "! Statements are still matched anew" in what_if_report(seen, "here")

    def test_others_write_meanwhile(self, world):
        world.send(completion(MAIL[0], "induction", START - timedelta(days=3)))
        settled(world)
        written = []

        def write(_seen):
            if not written:
                written.append(completion(MAIL[1], "induction", START - timedelta(days=2)))
                world.send(*written)
                world.recompute()

        seen = ask(world, parsed(2), progress=write)
        assert written
        assert (seen.waiting, seen.matched) == ((0, 0), 1), "the snapshot is that of the beginning"
        assert len(world.standings()) == 2
