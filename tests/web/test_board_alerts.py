"""Alerts of an area as its Board's officer sees them: held, waiting, sent; and what they decide."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from web.boards import asked_for, eligible
from web.visitors import OFFICER, OTHER_OFFICER, Town

from lrs_bridge.flows import by_hand, champion
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows.announce import announce
from lrs_bridge.flows.deliver import deliver

HERE = "/boards/essex/alerts"
PEOPLE = ("ila.moss@colne.example", "kit.dale@colne.example", "uma.gray@colne.example")


@pytest.fixture
def mailbox(tmp_path):
    return tmp_path / "mailbox"


@pytest.fixture
def town(make_bridge, mailbox):
    """One in which more than two alerts by one cause are held, and nothing settles."""
    return Town(make_bridge(mail_folder=mailbox, alert_settling_minutes=0, alerts_held_above=2))


def ask(town, *people, area="essex", cause=""):
    """These ask to be registered, as if one act had brought it."""
    settings, clock = town.bridge.settings, town.bridge.clock
    keeping = by_hand.Keeping(settings.public_url, "the tests", clock(), cause)

    def journey(session):
        mappings = mapping_flow.in_force(session, settings.calendar)
        for mail in people:
            asked = champion.Asked("request", mail, area, clock())
            champion.act(session, asked, mappings, keeping)

    town.bridge.database.write(journey)
    timetable_runs(town)


def timetable_runs(town):
    town.bridge.recompute()
    announce(town.bridge.database, town.bridge.settings, town.bridge.clock)
    deliver(town.bridge.database, town.bridge.settings, town.bridge.clock, {})


@pytest.fixture
def held(town):
    eligible(town, *PEOPLE)
    timetable_runs(town)
    ask(town, *PEOPLE, cause="import-7")
    return town


def test_what_is_held_is_told_to_its_own_board_alone(held):
    page = held.browser(OFFICER).get(HERE).text
    assert "3 alerts: held" in page
    assert "<strong>3</strong> alerts held" in held.browser(OFFICER).get("/boards/essex").text
    page = held.browser(OTHER_OFFICER).get("/boards/thurrock/alerts").text
    assert "Nothing waits." in page
    assert "No message is on record." in page
    assert held.browser(OTHER_OFFICER).get("/boards/thurrock/alerts/held/import-7").status_code == 404


def test_another_board_decides_nothing_here_and_is_not_told_what_waits(held):
    browser = held.browser(OTHER_OFFICER)
    answer = browser.post("/boards/thurrock/alerts/held/import-7", reason="mine now", verdict="drop")
    assert answer.status_code == 409
    assert "essex" not in answer.text.partition("<footer")[0]
    assert "3 alerts: held" in held.browser(OFFICER).get(HERE).text


@pytest.mark.parametrize(("verdict", "letters"), [("release", 3), ("drop", 0)])
def test_they_are_sent_or_dropped_with_a_reason(held, mailbox, verdict, letters):
    browser, before = held.browser(OFFICER), len(letters_in(mailbox))
    page = browser.get(f"{HERE}/held/import-7").text
    assert "For example:" in page
    answer = browser.post(f"{HERE}/held/import-7", reason=" ", verdict=verdict)
    assert (answer.status_code, "Say why" in answer.text) == (400, True)
    answer = browser.post(f"{HERE}/held/import-7", reason="It is right", verdict=verdict)
    assert "about to be" in answer.text
    timetable_runs(held)
    assert "Nothing waits." in browser.get(HERE).text
    assert len(letters_in(mailbox)) == before + letters


def test_without_a_verdict_nothing_is_decided(held):
    browser = held.browser(OFFICER)
    browser.get(f"{HERE}/held/import-7")
    answer = browser.post(f"{HERE}/held/import-7", reason="It is right")
    assert (answer.status_code, "Choose whether" in answer.text) == (400, True)


def test_deciding_twice_is_told(held):
    browser = held.browser(OFFICER)
    browser.get(f"{HERE}/held/import-7")
    browser.post(f"{HERE}/held/import-7", reason="It is right", verdict="drop")
    answer = browser.post(f"{HERE}/held/import-7", reason="It is right", verdict="drop")
    assert (answer.status_code, "any longer" in answer.text) == (409, True)


def letters_in(mailbox):
    return sorted(mailbox.rglob("*.eml"), key=lambda one: one.stat().st_mtime_ns)


def again_address(page):
    return re.search(r'action="(/boards/[^"]+/again)"', page)[1]


def test_a_message_is_sent_again_and_by_nobody_else(town, mailbox):
    eligible(town, PEOPLE[0])
    timetable_runs(town)
    browser = town.browser(OFFICER)
    page = browser.get(HERE).text
    assert "Eligible as CSE Champion" in page
    assert "<bdi>Ila Moss, Colne Primary School</bdi>" in page
    address, [letter] = again_address(page), letters_in(mailbox)
    letter.unlink()
    other = town.browser(OTHER_OFFICER)
    assert other.post(address.replace("essex", "thurrock")).status_code == 404
    assert "Waiting to be sent" in browser.post(address).text
    assert browser.post(address).status_code == 409
    timetable_runs(town)
    assert letters_in(mailbox) == [letter]  # named by its Message-ID


def test_who_is_no_longer_theirs_to_see_is_told_by_organisation_alone(town):
    eligible(town, PEOPLE[0])
    timetable_runs(town)
    ended = "person,identifiers,organisation,area,until\n"
    town.bridge.import_csv("people", f"{ended}Ila Moss,{PEOPLE[0]},Colne Primary School,essex,2026-03-01\n")
    timetable_runs(town)
    page = town.browser(OFFICER).get(HERE).text
    assert "<bdi>Colne Primary School</bdi>" in page
    assert "Ila Moss" not in page


def test_a_message_about_many_tells_of_the_first_in_as_many_questions(town, monkeypatch):
    from lrs_bridge.flows import area_alerts

    monkeypatch.setattr(area_alerts, "_NAMED", 0)
    eligible(town, PEOPLE[0])
    timetable_runs(town)
    asked, browser = [], town.browser(OFFICER)
    browser.get(HERE)

    @sa.event.listens_for(town.bridge.database.engine, "before_cursor_execute")
    def note(*_arguments):
        asked.append(1)

    page = browser.get(HERE).text
    assert "<bdi>and 1 more</bdi>" in page
    few = len(asked)
    monkeypatch.undo()
    eligible(town, *PEOPLE[1:])
    timetable_runs(town)
    asked.clear()
    page = browser.get(HERE).text
    assert "Kit Dale, Colne Primary School" in page
    assert len(asked) <= few + 1  # whom of those the officer may see


def test_pages_of_messages_follow_each_other(town, monkeypatch):
    from lrs_bridge.flows import area_alerts

    monkeypatch.setattr(area_alerts, "PAGE", 2)
    for mail in PEOPLE:
        eligible(town, mail)
        timetable_runs(town)
    browser, address, seen = town.browser(OFFICER), HERE, []
    while address:
        page = browser.get(address).text
        seen += re.findall(r"messages/([^/]+)/again", page)
        found = [part for part in page.split('"') if "alerts?after=" in part]
        address = found[0] if found else None
    assert len(seen) == len(set(seen)) == 3


def test_it_costs_as_many_questions_however_many_were_sent(town):
    eligible(town, PEOPLE[0])
    timetable_runs(town)
    browser = town.browser(OFFICER)
    before = asked_for(town, browser, HERE)
    for mail in PEOPLE[1:]:
        eligible(town, mail)
        timetable_runs(town)
    assert asked_for(town, browser, HERE) == before
