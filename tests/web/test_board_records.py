"""Two records of one person, joined or parted by the Board's officer; and people whom no register knows."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from builders import completion
from web.boards import asked_for
from web.visitors import LEARNER, OFFICER, OTHER_LEARNER, OTHER_OFFICER, Wanted

from lrs_bridge.flows import joining, notices
from lrs_bridge.store import audit
from lrs_bridge.store.letter_tables import notices as waiting

HERE = "/boards/essex/records"
OLD = "asha.old@home.example"
BEA = "bea.lind@colne.example"
NOBODY = "nobody@nowhere.example"


def learned(town, *people):
    happened = town.bridge.clock() - timedelta(days=5)
    town.bridge.stored(*(completion(f"mailto:{mail}", "escb_basic", happened) for mail in people))
    town.bridge.recompute()


@pytest.fixture
def known(town):
    """Asha completed something under an address that no register has."""
    learned(town, OLD)
    return town


def decide(browser, one, other, decision="join", reason="Rang the school"):
    browser.get(HERE)
    browser.post(HERE, one=one, other=other)
    return browser.post(f"{HERE}/decision", one=one, other=other, decision=decision, reason=reason)


def letters(town, smtp):
    smtp.messages.clear()
    notices.send(town.bridge.database, town.bridge.settings, town.bridge.clock)
    return {message["To"]: message.get_body(("plain",)).get_content() for message in smtp.messages}


def test_both_are_shown_before_anything_is_done(known):
    browser = known.browser(OFFICER)
    browser.get(HERE)
    page = browser.post(HERE, one=LEARNER, other=OLD).text
    assert "Asha Rao" in page
    assert "Class teacher at Colne Primary School" in page
    assert "No post in Essex" in page
    assert known.learner(LEARNER) != known.learner(OLD)


def test_they_are_joined_with_a_reason_in_the_officers_name_and_both_are_told(known, smtp):
    browser = known.browser(OFFICER)
    assert "are one person now" in decide(browser, LEARNER, OLD).text
    known.bridge.recompute()
    assert known.learner(LEARNER) == known.learner(OLD)
    [kept] = known.bridge.database.read(lambda session: audit.entries(session, limit=1))
    assert (kept.who, kept.act, kept.reason) == (OFFICER, "two records joined", "Rang the school")
    assert LEARNER in kept.about
    assert OLD in kept.about
    sent = letters(known, smtp)
    assert set(sent) == {LEARNER, OLD}
    assert OFFICER in sent[OLD]
    assert LEARNER not in sent[OLD]  # somebody else may read it now
    assert "Asha" not in sent[OLD]


def test_a_mail_server_that_is_away_loses_neither_the_decision_nor_the_notice(known, smtp):
    smtp.answers.extend(["451 later", "451 later"])
    browser = known.browser(OFFICER)
    decide(browser, LEARNER, OLD)
    assert letters(known, smtp) == {}
    assert known.learner(LEARNER) == known.learner(OLD)
    rows = known.bridge.database.read(lambda session: session.execute(sa.select(waiting)).all())
    assert {(row.address, row.state) for row in rows} == {(LEARNER, "waiting"), (OLD, "waiting")}


def test_a_join_is_undone(known, smtp):
    browser = known.browser(OFFICER)
    decide(browser, LEARNER, OLD)
    browser.get(HERE)
    assert "Part these records" in browser.post(HERE, one=LEARNER, other=OLD).text
    assert "are two people now" in decide(browser, LEARNER, OLD, "part", "It was her sister").text
    known.bridge.recompute()
    assert known.learner(LEARNER) != known.learner(OLD)
    assert "two people" in letters(known, smtp)[OLD]


@pytest.mark.parametrize(
    ("one", "other", "field"),
    [
        (LEARNER, OTHER_LEARNER, "Nobody in Essex, or without any post, is known by " + OTHER_LEARNER),
        (LEARNER, NOBODY, "Nobody in Essex, or without any post, is known by " + NOBODY),
        (LEARNER, "who?", "Enter an e-mail address"),
        (LEARNER, LEARNER.title(), "Nobody in Essex"),
        ("", OLD, "Enter an e-mail address"),
        (OLD, "also.old@home.example", "At least one of the two must have a post in Essex"),
        (LEARNER, LEARNER, "Enter another identifier"),
    ],
)
def test_of_whom_the_officer_may_not_see_nothing_is_told(known, one, other, field):
    learned(known, "also.old@home.example")
    browser = known.browser(OFFICER)
    browser.get(HERE)
    answer = browser.post(HERE, one=one, other=other)
    if other == LEARNER.title():
        assert answer.status_code == 200  # the same address however it is written
        return
    assert answer.status_code == 400
    assert field in answer.text
    assert decide(browser, one, other).status_code == 400
    known.bridge.recompute()
    assert known.learner(LEARNER) != known.learner(OTHER_LEARNER)


def test_without_a_reason_nothing_is_done(known):
    answer = decide(known.browser(OFFICER), LEARNER, OLD, reason=" ")
    assert (answer.status_code, "Say how you know" in answer.text) == (400, True)
    assert known.learner(LEARNER) != known.learner(OLD)


def test_twice_is_once(known, smtp):
    browser = known.browser(OFFICER)
    decide(browser, LEARNER, OLD)
    known.bridge.recompute()
    answer = browser.post(f"{HERE}/decision", one=LEARNER, other=OLD, decision="join", reason="again")
    assert (answer.status_code, "are one person already" in answer.text) == (409, True)
    assert len(letters(known, smtp)) == 2


def test_about_their_own_records_an_officer_decides_nothing(known):
    known.give(LEARNER, Wanted("board", "essex"))
    answer = decide(known.browser(LEARNER), LEARNER, OLD)
    assert (answer.status_code, "another officer" in answer.text) == (409, True)
    assert known.learner(LEARNER) != known.learner(OLD)


def test_without_a_choice_nothing_is_done(known):
    assert decide(known.browser(OFFICER), LEARNER, OLD, decision="").status_code == 400


def test_people_without_any_post_are_listed_and_that_it_was_opened_is_kept(known):
    page = known.browser(OTHER_OFFICER).get("/boards/thurrock/unknown").text
    assert OLD in page
    assert "ESCB basic awareness package" in page
    assert "That you opened this list is recorded" in page
    for somebody in (LEARNER, OTHER_LEARNER, BEA):
        assert somebody not in page
    [kept] = known.bridge.database.read(lambda session: audit.entries(session, limit=1))
    assert (kept.who, kept.act) == (OTHER_OFFICER, "people without a post listed")


def test_the_list_goes_on_page_by_page(known, monkeypatch):
    monkeypatch.setattr(joining, "UNKNOWN_PAGE", 2)
    people = [f"someone.{letter}@home.example" for letter in "abcd"]
    learned(known, *people)
    browser, address, seen = known.browser(OFFICER), "/boards/essex/unknown", []
    while address:
        page = browser.get(address).text
        seen += [mail for mail in (OLD, *people) if mail in page]
        found = [part for part in page.split('"') if "unknown?after=" in part]
        address = found[0] if found else None
    assert sorted(seen) == sorted([OLD, *people])


def test_it_costs_as_many_questions_however_many_there_are(known):
    browser = known.browser(OFFICER)
    before = asked_for(known, browser, "/boards/essex/unknown")
    learned(known, *(f"someone.{number}@home.example" for number in range(12)))
    assert asked_for(known, browser, "/boards/essex/unknown") == before
