"""Statements on the operator's pages: looked for without anybody's address in an address, and explained."""

from __future__ import annotations

import json
from datetime import timedelta
from html import unescape

import pytest
import sqlalchemy as sa
from builders import COMPLETED, completion, new_id, statement, void_of
from web.visitors import LEARNER, OPERATOR, OTHER_LEARNER

from lrs_bridge.store import audit


@pytest.fixture
def browser(town):
    return town.browser(OPERATOR)


def noted(town, number=1):
    found = town.bridge.database.read(lambda session: audit.entries(session, limit=number))
    return [(one.who, one.act, one.about) for one in found]


def shown(browser, id_):
    answer = browser.get(f"/operator/statements/{id_}")
    assert answer.status_code == 200
    return unescape(answer.text)


class TestSearch:
    def test_finds_a_persons_and_nobody_elses(self, town, browser):
        mine, theirs = town.bridge.stored(
            completion(f"mailto:{LEARNER}", "escb_basic", town.bridge.clock()),
            completion(f"mailto:{OTHER_LEARNER}", "escb_basic", town.bridge.clock()),
        )
        page = browser.post("/operator/statements", agent=LEARNER).text
        assert mine in page
        assert theirs not in page
        assert noted(town) == [(OPERATOR, "statements searched", f"those of {LEARNER}")]

    def test_finds_by_verb_activity_and_day(self, town, browser):
        [first] = town.bridge.stored(statement(verb=COMPLETED, what="https://example.org/a"))
        town.bridge.clock.advance(timedelta(minutes=1))
        [second] = town.bridge.stored(statement(what="https://example.org/b"))

        def found(**asked):
            page = browser.post("/operator/statements", **asked).text
            return {one for one in (first, second) if one in page}

        assert found() == {first, second}
        assert found(verb=COMPLETED) == {first}
        assert found(activity="https://example.org/b") == {second}
        assert found(since="2026-03-02", until="2026-03-02") == {first, second}
        assert found(since="2/3/2026", until="2 March 2026") == {first, second}
        assert found(since="2026-03-03") == set()
        assert found(until="2026-03-01") == set()
        assert noted(town)[0][1] != "statements searched"

    def test_goes_on_behind_the_last_one(self, town, browser):
        ids = town.bridge.stored(*[statement(id=new_id()) for _ in range(60)])
        page = browser.post("/operator/statements").text
        seen = [one for one in ids if one in page]
        while "after=" in page:
            after = page.partition("after=")[2].partition('"')[0]
            page = browser.get(f"/operator/statements?sought=yes&after={after}").text
            seen += [one for one in ids if one in page]
        assert len(seen) == 60
        assert set(seen) == set(ids)

    def test_by_id_leads_there(self, town, browser):
        [one] = town.bridge.stored(statement())
        answer = browser.post("/operator/statements", follow=False, id=one)
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/operator/statements/{one}")
        assert "There is no statement with this id" in browser.post("/operator/statements", id=new_id()).text
        assert "whole id" in browser.post("/operator/statements", id="12").text

    @pytest.mark.parametrize(
        ("typed", "field"),
        [
            ({"agent": "nobody"}, "agent"),
            ({"verb": "completed"}, "verb"),
            ({"activity": "the course"}, "activity"),
            ({"since": "31/31/2026"}, "since"),
            ({"since": "2026-03-02", "until": "2026-03-01"}, "until"),
        ],
    )
    def test_what_is_wrong_stands_at_its_field(self, browser, typed, field):
        answer = browser.post("/operator/statements", **typed)
        assert answer.status_code == 400
        assert f'href="#{field}"' in answer.text

    def test_asks_as_many_questions_whatever_there_is(self, town, browser):
        asked = []

        @sa.event.listens_for(town.bridge.database.engine, "before_cursor_execute")
        def note(*_arguments):
            asked.append(1)

        def questions():
            asked.clear()
            assert browser.post("/operator/statements", verb=COMPLETED).status_code == 200
            return len(asked)

        town.bridge.stored(statement(verb=COMPLETED))
        questions()
        before = questions()
        town.bridge.stored(*[statement(verb=COMPLETED) for _ in range(60)])
        assert questions() == before


class TestOne:
    def test_says_what_it_was_worth_and_why(self, town, browser):
        [one] = town.bridge.stored(completion(f"mailto:{LEARNER}", "escb_basic", town.bridge.clock()))
        assert "It waits to be matched" in shown(browser, one)
        town.bridge.recompute()
        page = shown(browser, one)
        assert '<th scope="row">ESCB basic awareness package</th>' in page
        assert "rule “ESCB basic awareness”" in page
        assert f"<td>{LEARNER}</td><td>yes</td>" in page
        assert "does not prove who sat at the screen" in page
        assert '"authority": {' in page

    def test_that_is_opened_is_on_record_without_a_name(self, town, browser):
        [one] = town.bridge.stored(statement())
        shown(browser, one)
        assert noted(town) == [(OPERATOR, "statement opened", one)]

    def test_that_was_taken_back_says_by_which(self, town, browser):
        [one] = town.bridge.stored(completion(f"mailto:{LEARNER}", "escb_basic", town.bridge.clock()))
        [void] = town.bridge.stored(void_of(one))
        town.bridge.recompute()
        page = shown(browser, one)
        assert f'href="/operator/statements/{void}"' in page
        assert f"<td>{LEARNER}</td><td>no</td><td>taken back</td>" in page
        assert f"It takes back the statement {one}." in shown(browser, void)

    def test_that_counts_for_nothing_says_why(self, town, browser):
        bridge = town.bridge
        nobody, tried = bridge.credential(), bridge.credential("moodle", test=True)
        happened = bridge.clock()
        [sourceless] = bridge.stored(completion(f"mailto:{LEARNER}", "escb_basic", happened), sender=nobody)
        [test] = bridge.stored(completion(f"mailto:{LEARNER}", "escb_basic", happened), sender=tried)
        [unmapped] = bridge.stored(completion(f"mailto:{LEARNER}", "of_its_own", happened))
        [other] = bridge.stored(statement())
        failed = completion(f"mailto:{LEARNER}", "escb_basic", happened, result={"success": False})
        [refused] = bridge.stored(failed)
        bridge.recompute()
        assert "speaks for no source" in shown(browser, sourceless)
        assert "sent with a test credential" in shown(browser, test)
        assert "No rule of Moodle takes its activity. The nearest rule is “" in shown(browser, unmapped)
        assert "doesn't look like a completion" in shown(browser, other)
        assert "<td>no</td>" in shown(browser, refused)

    def test_with_a_number_that_no_computer_holds_is_shown(self, town, browser):
        sent = statement()
        sent["result"] = {"extensions": {"https://example.org/n": 0}}
        body = json.dumps(sent).replace(
            '"https://example.org/n": 0', f'"https://example.org/n": {"9" * 5000}'
        )
        answer = town.bridge.post(body.encode())
        assert answer.status_code == 200
        assert "9" * 5000 in shown(browser, answer.get_json()[0])

    def test_is_not_there(self, browser):
        assert browser.get(f"/operator/statements/{new_id()}").status_code == 404

    def test_asks_as_many_questions_whoever_is_meant(self, town, browser):
        asked = []

        @sa.event.listens_for(town.bridge.database.engine, "before_cursor_execute")
        def note(*_arguments):
            asked.append(1)

        def questions(id_):
            asked.clear()
            shown(browser, id_)
            return len(asked)

        few = completion(f"mailto:{LEARNER}", "escb_basic", town.bridge.clock())
        many = {
            **few,
            "actor": {
                "objectType": "Group",
                "member": [{"mbox": f"mailto:p{n}@x.example"} for n in range(30)],
            },
        }
        one, group = town.bridge.stored(few, many)
        town.bridge.recompute()
        questions(one)
        assert questions(group) == questions(one)
