"""Asking for erasure: who is told, what they are told, and how it is answered."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, BrokenBarrierError

import pytest
from web.visitors import LEARNER, OFFICER, OPERATOR, OTHER_LEARNER

from lrs_bridge.errors import BadInput, NotFound
from lrs_bridge.flows import erasure, notices, status
from lrs_bridge.store import audit, erasures

WAY = "/me/erasure"


def asks(town, what="All of it, please.", address=LEARNER):
    browser = town.browser(address)
    browser.get(WAY)
    answer = browser.post(WAY, what=what)
    assert answer.status_code == 200, answer.text
    return answer.text


def letters(town, smtp):
    """Address → text of what was sent."""
    bridge = town.bridge
    notices.send(bridge.database, bridge.settings, bridge.clock)
    sent = {one["To"]: one.get_body(("plain",)).get_content() for one in smtp.messages}
    smtp.messages.clear()
    return sent


def close(town, number, state, reason="Kept while you work with children."):
    return town.bridge.database.write(
        lambda session: erasure.close(
            session, number, state, reason=reason, who="op", now=town.bridge.clock()
        )
    )


def trouble(town):
    bridge = town.bridge
    body = bridge.database.read(lambda session: status.status(session, bridge.settings, bridge.clock()))
    return body["erasures"], [said for said in body["trouble"] if "erasure" in said]


def test_operators_and_the_boards_of_their_posts_are_told_and_no_more_than_needed(town, smtp):
    assert "are answered by 2 Apr 2026" in asks(town, "My secret reason")
    sent = letters(town, smtp)
    assert set(sent) == {LEARNER, OFFICER, OPERATOR}
    assert "/operator/erasures/1" in sent[OPERATOR]
    assert f"/boards/essex/people/{town.learner(LEARNER)}" in sent[OFFICER]
    for address in (OFFICER, OPERATOR):
        assert "by 2 Apr 2026" in sent[address]
        for kept_back in (LEARNER, "Asha", "Colne", "secret"):
            assert kept_back not in sent[address]
    assert "wasn't you" in sent[LEARNER]


def test_the_operator_sees_who_asks_for_what(town):
    asks(town, "Everything\n<b>of 2019</b>")
    browser = town.browser(OPERATOR)
    assert "/operator/erasures/1" in browser.get("/operator/erasures").text
    page = browser.get("/operator/erasures/1").text
    assert LEARNER in page
    assert "Everything\n&lt;b&gt;of 2019" in page
    assert browser.get("/operator/erasures/2").status_code == 404


@pytest.mark.parametrize("state", ["done", "refused"])
def test_is_answered_with_a_reason_that_the_learner_is_told(town, smtp, state):
    asks(town)
    letters(town, smtp)
    with pytest.raises(BadInput, match="--reason"):
        close(town, 1, state, " ")
    close(town, 1, state)
    assert "Kept while you work with children." in letters(town, smtp)[LEARNER]
    assert "Kept while you work with children." in town.browser(LEARNER).get(WAY).text
    with pytest.raises(NotFound):
        close(town, 1, state)
    [last] = town.bridge.database.read(lambda session: audit.entries(session, limit=1))
    assert (last.who, last.act, last.about) == ("op", f"erasure {state}", f"learner {town.learner(LEARNER)}")
    assert f"Request 1</a>, {state} on 2 Mar 2026" in town.browser(OPERATOR).get("/operator/erasures").text


def test_of_two_answers_at_once_one_is_given(town, smtp, monkeypatch):
    asks(town)
    letters(town, smtp)
    both, look = Barrier(2), erasures.numbered

    def together(session, number):
        found = look(session, number)
        with contextlib.suppress(BrokenBarrierError):  # where one waits for the other to commit
            both.wait(timeout=1)
        return found

    monkeypatch.setattr(erasures, "numbered", together)

    def answers(state):
        try:
            return close(town, 1, state, reason=f"It is {state}.").state
        except NotFound:
            return ""

    with ThreadPoolExecutor(2) as pool:
        given = sorted(pool.map(answers, ("done", "refused")))
    assert given == ["", "open"]
    bridge = town.bridge
    notices.send(bridge.database, bridge.settings, bridge.clock)
    assert len(smtp.messages) == 1


def test_is_answered_on_the_page_too(town, smtp):
    asks(town)
    letters(town, smtp)
    browser = town.browser(OPERATOR)
    browser.get("/operator/erasures/1")
    for fields, told in (
        ({"state": "done", "reason": " "}, "Enter what the learner is told"),
        ({"state": "lost", "reason": "typed"}, "Say whether it was carried out"),
    ):
        page = browser.post("/operator/erasures/1", **fields)
        assert (page.status_code, told in page.text) == (400, True)
    assert "typed" in page.text
    assert letters(town, smtp) == {}
    page = browser.post("/operator/erasures/1", state="done", reason="The records of 2019 were erased.").text
    assert f"on 2 Mar 2026 by {OPERATOR}: The records of 2019" in page
    assert "The records of 2019" in letters(town, smtp)[LEARNER]
    assert browser.post("/operator/erasures/1", state="done", reason="again").status_code == 404


def test_status_says_who_waits_and_who_has_waited_too_long(town):
    assert trouble(town) == ({"open": 0, "overdue": 0, "due": None}, [])
    asks(town)
    counts, [said] = trouble(town)
    assert (counts["open"], counts["overdue"], counts["due"][:10]) == (1, 0, "2026-04-02")
    assert "1 requests for erasure wait" in said
    town.bridge.clock.advance(timedelta(days=32))
    counts, [said] = trouble(town)
    assert counts["overdue"] == 1
    assert "OVERDUE" in said
    assert "overdue" in town.browser(OPERATOR).get("/operator/erasures").text
    close(town, 1, "refused")
    assert trouble(town)[1] == []


def test_once_at_a_time(town):
    asks(town)
    browser = town.browser(LEARNER)
    assert "Withdraw the request" in browser.get(WAY).text
    assert browser.post(WAY, what="again").status_code == 409
    browser.get(WAY)
    assert "Ask for it to be erased" in browser.post(f"{WAY}/withdraw").text
    assert browser.post(f"{WAY}/withdraw").status_code == 404
    assert trouble(town)[1] == []
    asks(town)
    found = town.bridge.database.read(lambda session: erasures.of_learner(session, town.learner(LEARNER)))
    assert [one.state for one in found] == ["open", "withdrawn"]


def test_nobody_withdraws_anothers(town):
    asks(town)
    browser = town.browser(OTHER_LEARNER)
    browser.get(WAY)
    assert browser.post(f"{WAY}/withdraw").status_code == 404
    assert trouble(town)[0]["open"] == 1


def test_what_is_too_long_stays_typed(town):
    browser = town.browser(LEARNER)
    browser.get(WAY)
    page = browser.post(WAY, what="x" * 2_001)
    assert page.status_code == 400
    assert "2,000 characters or fewer" in page.text
    assert "x" * 2_001 in page.text
    assert trouble(town)[0]["open"] == 0
