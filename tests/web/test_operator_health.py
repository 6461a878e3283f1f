"""The operator's first page: is it healthy? And who hears of a source that falls silent."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
from builders import completion
from web.visitors import LEARNER, OPERATOR, Wanted

from lrs_bridge.flows import freshness, notices, status
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.mapping_files import read_folder
from lrs_bridge.settings import SHIPPED_MAPPINGS
from lrs_bridge.store import clients, timetable
from lrs_bridge.store.timetable import JobRun


def expecting(within, source="nwg"):
    files = read_folder(SHIPPED_MAPPINGS)
    return {
        **files,
        f"sources/{source}.yaml": f"{files[f'sources/{source}.yaml']}\nexpect_within: {within}\n",
    }


@pytest.fixture
def watched(town):
    """Something is expected of the NWG every week."""
    town.bridge.put_in_force(expecting("P7D"))
    return town


def page(town):
    return town.browser(OPERATOR).get("/operator").text


def watch(town):
    bridge = town.bridge

    def journey(session):
        mappings = mapping_flow.in_force(session, bridge.settings.calendar)
        return freshness.watch(session, mappings, bridge.clock())

    return bridge.database.write(journey)


def letters(town, smtp):
    smtp.messages.clear()
    notices.send(town.bridge.database, town.bridge.settings, town.bridge.clock)
    return [(one["To"], one["Subject"]) for one in smtp.messages]


def sends(town, sender="nwg"):
    town.bridge.stored(completion(f"mailto:{LEARNER}", "nwg_basic", town.bridge.clock()), sender=sender)


def seen(town):
    found = town.bridge.database.read(
        lambda session: status.status(session, town.bridge.settings, town.bridge.clock())
    )
    return {one["source"]: one for one in found["sources"]}


class TestThePage:
    def test_says_what_ran_and_how(self, town):
        run = JobRun("recompute", town.bridge.clock(), town.bridge.clock(), "ok", "3 statements matched", 1.5)
        town.bridge.database.write(lambda session: timetable.record_run(session, run))
        failed = JobRun("verify", town.bridge.clock(), town.bridge.clock(), "failed", "they differ", 2.0)
        town.bridge.database.write(lambda session: timetable.record_run(session, failed))
        told = page(town)
        assert "3 statements matched" in told
        assert "1.50" in told
        assert "Job verify failed: they differ" in told

    def test_says_when_each_source_and_credential_last_sent(self, town):
        sends(town)
        town.bridge.clock.advance(timedelta(days=2))
        told = page(town)
        assert "2 Mar 2026 at 09:00" in told
        assert seen(town)["nwg"]["last"] == "2026-03-02T09:00:00.000000Z"
        assert [one["last"] for one in seen(town)["nwg"]["credentials"]] == ["2026-03-02T09:00:00.000000Z"]
        assert seen(town)["moodle"]["last"] is None

    def test_marks_where_one_is(self, town):
        assert '<a href="/operator" aria-current="page">Is it healthy?</a>' in page(town)

    def test_asks_as_many_questions_whatever_there_is(self, watched):
        asked = []
        browser = watched.browser(OPERATOR)
        browser.get("/operator")

        @sa.event.listens_for(watched.bridge.database.engine, "before_cursor_execute")
        def note(*_arguments):
            asked.append(1)

        browser.get("/operator")
        before = len(asked)
        for number in range(15):
            made = watched.bridge.credential("nwg", home_pages=(f"https://{number}.example",))
            watched.bridge.stored(
                completion(f"mailto:p{number}@x.example", "nwg_basic", watched.bridge.clock()), sender=made
            )
        watched.bridge.recompute()
        asked.clear()
        browser.get("/operator")
        assert len(asked) == before


class TestASourceThatFallsSilent:
    def test_is_trouble_when_it_is_overdue_and_not_before(self, watched):
        sends(watched)
        watched.bridge.clock.advance(timedelta(days=7) - timedelta(seconds=1))
        assert not seen(watched)["nwg"]["overdue"]
        watched.bridge.clock.advance(timedelta(seconds=1))
        assert seen(watched)["nwg"]["overdue"]
        told = page(watched)
        assert "Nothing from NWG Network e-learning since Monday 2 Mar 2026 at 09:00" in told
        assert "every 7 days" in told

    def test_is_told_once_and_once_more_when_it_comes_again(self, watched, smtp):
        sends(watched)
        watched.bridge.clock.advance(timedelta(days=8))
        assert "nothing from NWG" in watch(watched)
        assert letters(watched, smtp) == [(OPERATOR, "Nothing comes from NWG Network e-learning")]
        text = smtp.messages[0].get_body(("plain",)).get_content()
        assert "since Monday 2 Mar 2026 at 09:00" in text
        assert watch(watched) == ""
        assert letters(watched, smtp) == []
        sends(watched)
        assert watch(watched) == "NWG Network e-learning sends again"
        assert letters(watched, smtp) == [(OPERATOR, "NWG Network e-learning sends again")]
        assert watch(watched) == ""
        watched.bridge.clock.advance(timedelta(days=8))
        assert "nothing from NWG" in watch(watched)

    def test_goes_to_every_operator_and_to_nobody_else(self, watched, smtp):
        watched.give("second@bridge.example", Wanted("operator"))
        watched.bridge.clock.advance(timedelta(days=8))
        watch(watched)
        assert {to for to, _ in letters(watched, smtp)} == {OPERATOR, "second@bridge.example"}

    def test_where_nothing_ever_came_it_counts_from_the_credential(self, watched):
        watched.bridge.clock.advance(timedelta(days=6))
        assert not seen(watched)["nwg"]["overdue"]
        watched.bridge.clock.advance(timedelta(days=2))
        assert "nothing from NWG Network e-learning ever" in watch(watched)

    def test_what_a_test_credential_sends_is_no_sign_of_life(self, watched):
        tried = watched.bridge.credential("nwg", test=True)
        watched.bridge.clock.advance(timedelta(days=8))
        sends(watched, tried)
        assert seen(watched)["nwg"]["overdue"]

    def test_a_new_credential_has_its_time(self, watched):
        sends(watched)
        watched.bridge.clock.advance(timedelta(days=30))
        old = watched.bridge.credentials["nwg"].key
        watched.bridge.database.write(lambda session: clients.revoke(session, old, watched.bridge.clock()))
        assert not seen(watched)["nwg"]["overdue"]
        watched.bridge.credential("nwg")
        assert not seen(watched)["nwg"]["overdue"]
        watched.bridge.clock.advance(timedelta(days=8))
        assert seen(watched)["nwg"]["overdue"]

    def test_that_is_no_longer_expected_ends_without_a_word(self, watched, smtp):
        watched.bridge.clock.advance(timedelta(days=8))
        watch(watched)
        letters(watched, smtp)
        watched.bridge.put_in_force(expecting("P90D"))
        assert watch(watched) == ""
        assert letters(watched, smtp) == []
        watched.bridge.put_in_force(expecting("P7D"))
        assert "nothing from NWG" in watch(watched)

    def test_is_told_once_by_two_who_look_at_the_same_time(self, watched, smtp):
        watched.bridge.clock.advance(timedelta(days=8))
        together = threading.Barrier(2)
        told = []

        def look():
            together.wait()
            told.append(watch(watched))

        threads = [threading.Thread(target=look) for _ in range(2)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert sorted(bool(one) for one in told) == [False, True]
        assert len(letters(watched, smtp)) == 1
