"""Messages with what went wrong and sending again, and the audit log, on the operator's pages."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
import sqlalchemy as sa
from web.boards import asked_for
from web.visitors import LEARNER, OPERATOR

from lrs_bridge.flows import notices as notice_flow
from lrs_bridge.store import audit, notices
from lrs_bridge.store.alert_tables import deliveries, news


@pytest.fixture
def browser(town):
    return town.browser(OPERATOR)


def messages(town, number, state="failed", reason="550 no such mailbox"):
    """So many, the last due latest. Returns their ids in that order."""
    now = town.bridge.clock()
    rows = [
        {
            "id": uuid.uuid4(),
            "channel": "email",
            "address": f"board{n}@essex.example",
            "area": "essex",
            "secret_variable": "",
            "is_digest": False,
            "state": state,
            "due_at": now - timedelta(minutes=number - n),
            "claimed_until": None,
            "tries": 9,
            "last_error": reason,
            "sent_at": now if state == "sent" else None,
            "is_summary": False,
        }
        for n in range(number)
    ]
    town.bridge.database.write(lambda session: session.execute(sa.insert(deliveries), rows))
    return [row["id"] for row in rows]


def state_of(town, number):
    found = sa.select(deliveries.c.state, deliveries.c.tries).where(deliveries.c.id == number)
    return tuple(town.bridge.database.read(lambda session: session.execute(found).one()))


def noted(town):
    return town.bridge.database.read(lambda session: audit.entries(session, limit=1))[0]


class TestMessages:
    def test_that_failed_say_why_and_are_sent_again(self, town, browser):
        [one] = messages(town, 1)
        page = browser.get("/operator/messages").text
        assert "board0@essex.example" in page
        assert "550 no such mailbox" in page
        assert "Failed for good: 1" in page
        answer = browser.post(f"/operator/messages/{one}/again", follow=False)
        assert answer.headers["Location"] == "/operator/messages?state=waiting"
        assert state_of(town, one) == ("waiting", 0)
        assert (noted(town).who, noted(town).act) == (OPERATOR, "message sent again")
        assert noted(town).about == f"{one} to board0@essex.example"

    def test_that_were_sent_are_sent_again_and_that_wait_are_not(self, town, browser):
        [sent] = messages(town, 1, "sent", "")
        browser.post(f"/operator/messages/{sent}/again")
        assert state_of(town, sent) == ("waiting", 0)
        answer = browser.post(f"/operator/messages/{sent}/again")
        assert answer.status_code == 409
        assert "waits to be sent already" in answer.text
        assert browser.post(f"/operator/messages/{uuid.uuid4()}/again").status_code == 404

    def test_that_failed_are_all_sent_again(self, town, browser):
        failed = messages(town, 3)
        [sent] = messages(town, 1, "sent", "")
        browser.post("/operator/messages/again")
        assert {state_of(town, one)[0] for one in failed} == {"waiting"}
        assert state_of(town, sent)[0] == "sent"

    def test_list_goes_on_and_asks_as_many_questions(self, town, browser):
        messages(town, 1, "waiting")
        before = asked_for(town, browser, "/operator/messages?state=waiting")
        messages(town, 60, "failed")
        seen, path = [], "/operator/messages?state=failed"
        while path:
            page = browser.get(path).text
            seen += [n for n in range(60) if f'"row">board{n}@' in page]
            path = page.partition('<a href="/operator/messages?state=failed&amp;after=')[2].partition('"')[0]
            path = path and f"/operator/messages?state=failed&after={path}"
        assert sorted(seen) == list(range(60))
        assert asked_for(town, browser, "/operator/messages?state=failed") == before

    def test_of_held_alerts_only_numbers_are_told(self, town, browser):
        assert "None is held." in browser.get("/operator/messages").text
        row = {
            "learner_id": town.learner(LEARNER),
            "area": "essex",
            "since": town.bridge.clock(),
            "cause": "mappings-1",
            "held": True,
            "alert_id": uuid.uuid4(),
            "kind": "became_eligible",
            "body": "{}",
            "eligible": True,
            "state": "",
            "revision": 1,
        }
        town.bridge.database.write(lambda session: session.execute(sa.insert(news), row))
        page = browser.get("/operator/messages").text
        assert "<td>1</td><td>mappings put in force by the tests on 2 Mar 2026 at 09:00</td>" in page
        assert "Asha" not in page


class TestEMailsToPeople:
    def failed(self, town, *addresses):
        def journey(session):
            for address in addresses:
                one = notices.Notice(uuid.uuid4(), address, "Hello", "sign_in_unknown", {})
                notices.add(session, one, town.bridge.clock())
                notices.failed(session, one.id, f"550 <{address}>: no such mailbox", retry_at=None)

        town.bridge.database.write(journey)

    def test_are_counted_without_saying_whose(self, town, browser):
        self.failed(town, "asha@home.example", "bea@home.example")
        page = browser.get("/operator/messages").text
        assert "0 waiting, 2 failed for good" in page
        assert "2 ×: 550 &lt;(an address)&gt;: no such mailbox" in page
        assert "home.example" not in page
        assert "2 e-mails to people have failed for good" in browser.get("/operator").text

    def test_are_sent_again_and_on_record(self, town, browser):
        self.failed(town, "asha@home.example", "bea@home.example")
        browser.post("/operator/messages/people/again")
        counts = town.bridge.database.read(notices.counts)
        assert counts == {"waiting": 2, "failed": 0}
        assert (noted(town).who, noted(town).about) == (OPERATOR, "2 that had failed")
        write = town.bridge.database.write
        assert write(lambda session: notice_flow.again(session, who="op", now=town.bridge.clock())) == 0


class TestAuditLog:
    def entries(self, town, number, who):
        def journey(session):
            for n in range(number):
                audit.note(
                    session,
                    who=who,
                    act="tried",
                    about=f"entry-{n}.",
                    now=town.bridge.clock(),
                    reason="why not",
                )

        town.bridge.database.write(journey)

    def test_shows_who_did_what_the_latest_first(self, town, browser):
        self.entries(town, 2, "ann@x.example")
        page = browser.get("/operator/audit").text
        assert page.index("entry-1.") < page.index("entry-0.")
        assert "ann@x.example" in page
        assert "why not" in page

    def test_of_one_person_goes_on_by_a_form(self, town, browser):
        self.entries(town, 60, "ann@x.example")
        self.entries(town, 60, "bob@x.example")
        first = browser.post("/operator/audit", who="ann@x.example").text
        assert "bob@x.example" not in first
        assert "entry-59." in first
        assert "?below=" not in first
        below = first.partition('name="below" value="')[2].partition('"')[0]
        second = browser.post("/operator/audit", who="ann@x.example", below=below).text
        assert "entry-0." in second
        assert "entry-59." not in second
        assert 'name="below"' not in second

    def test_goes_on_and_asks_as_many_questions(self, town, browser):
        before = asked_for(town, browser, "/operator/audit")
        self.entries(town, 120, "ann@x.example")
        assert asked_for(town, browser, "/operator/audit") == before
        first = browser.get("/operator/audit").text
        below = first.partition("?below=")[2].partition('"')[0]
        second = browser.get(f"/operator/audit?below={below}").text
        assert "entry-119." in first
        assert "entry-70." in first
        assert "entry-69." in second
        assert "entry-70." not in second
