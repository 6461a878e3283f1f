"""Memberships that the Board's officer records: one, or from a file, and of people of their area alone."""

from __future__ import annotations

import html
import io
import re
import uuid
from datetime import timedelta

import pytest
import sqlalchemy as sa
from openpyxl import Workbook
from web.visitors import COORDINATOR, LEARNER, OFFICER, OTHER_LEARNER, OTHER_OFFICER, Wanted

from lrs_bridge.store.schema import authorities, statements

HERE = "/boards/essex/memberships"
NOBODY = "nobody@nowhere.example"


def memberships(town, who):
    town.bridge.recompute()
    return [one for one in town.bridge.explain(who)["evidence"] if one["kind"] == "membership"]


def one(**fields):
    return {
        "membership": "nwg",
        "person": LEARNER,
        "checked": "01/03/2026",
        "source": "the NWG's list",
        **fields,
    }


def file_of(text, name="list.csv"):
    return io.BytesIO(text if isinstance(text, bytes) else text.encode()), name


def look(browser, content, name="list.csv"):
    browser.get(HERE)
    return browser.post(f"{HERE}/file", file=file_of(content, name))


def confirm(browser, page):
    table = html.unescape(re.search(r'name="table" value="([^"]*)"', page)[1])
    return browser.post(f"{HERE}/import", table=table, file="list.csv")


def test_one_is_recorded_in_the_officers_name(town):
    browser = town.browser(OFFICER)
    browser.get(HERE)
    answer = browser.post(HERE, **one())
    assert "It is recorded" in answer.text
    assert "Asha Rao" in answer.text
    [kept] = memberships(town, LEARNER)
    assert (kept["course"], kept["counts"]) == ("nwg", True)
    found = (
        sa.select(authorities.c.body)
        .join(statements, statements.c.authority_id == authorities.c.id)
        .where(statements.c.id == uuid.UUID(kept["statement_id"]))
    )
    assert OFFICER in town.bridge.database.read(lambda session: session.scalar(found))


def test_the_same_again_is_told_as_recorded_already(town):
    browser = town.browser(OFFICER)
    browser.get(HERE)
    first = browser.post(HERE, **one())
    before = town.bridge.count()
    browser.get(HERE)
    again = browser.post(HERE, **one())
    assert "It was recorded already" in again.text
    assert again.request.path == first.request.path
    assert town.bridge.count() == before
    table = f"person,checked,source\n{LEARNER},01/03/2026,the NWG's list\n"
    sent = browser.post(f"{HERE}/import", table=table, file="list.csv")
    assert "Everything in the file was recorded already" in sent.text


def test_it_is_found_on_the_persons_page_and_taken_back_by_any_officer_of_the_board(town):
    browser = town.browser(OFFICER)
    browser.get(HERE)
    page = browser.post(HERE, **one()).request.path
    assert [kept["counts"] for kept in memberships(town, LEARNER)] == [True]
    person = f"/boards/essex/people/{town.learner(LEARNER)}"
    assert f'href="{person}"' in browser.get(page).text
    assert f'href="{page}"' in browser.get(person).text
    colleague = "ed.ward@essex.example"
    town.give(colleague, Wanted("board", "essex"))
    browser = town.browser(colleague)
    assert f'href="{page}/void"' in browser.get(page).text
    browser.get(f"{page}/void")
    assert "Enter why it is taken back" in browser.post(f"{page}/void", reason=" ").text
    answer = browser.post(f"{page}/void", reason="it was somebody else of that name")
    told = f"Taken back by {colleague} on 2 Mar 2026: “it was somebody else of that name”"
    assert (answer.request.path, told in answer.text) == (page, True)
    assert [kept["counts"] for kept in memberships(town, LEARNER)] == [False]
    again = browser.post(f"{page}/void", reason="twice", follow=False)
    assert (again.status_code, again.headers["Location"]) == (303, page)
    assert browser.get(f"{page}/void").status_code == 303
    assert "taken back" in browser.get(person).text


def test_what_somebody_else_recorded_is_not_the_boards_to_take_back(town):
    new = "new.officer@essex.example"
    for who in (new, COORDINATOR, OTHER_OFFICER, "the command line"):
        kept = town.membership_of(LEARNER, who)
        town.bridge.clock.advance(timedelta(days=1))
        town.give(new, Wanted("board", "essex"))  # after it was recorded, so that it was none of the Board's
        town.bridge.recompute()
        browser = town.browser(OFFICER)
        for path in ("", "/void"):
            assert browser.get(f"{HERE}/{kept}{path}").status_code == 404, who
        assert browser.post(f"{HERE}/{kept}/void", reason="mine").status_code == 404
        person = browser.get(f"/boards/essex/people/{town.learner(LEARNER)}").text
        assert f"memberships/{kept}" not in person


@pytest.mark.parametrize("who", [OTHER_LEARNER, NOBODY])
def test_of_nobody_outside_the_area_and_the_same_is_said_of_whoever_is_not_known(town, who):
    browser = town.browser(OFFICER)
    browser.get(HERE)
    before = town.bridge.count()
    answer = browser.post(HERE, **one(person=who))
    assert answer.status_code == 400
    assert f"Nobody in Essex is known by {who}" in answer.text
    assert town.bridge.count() == before


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"person": ""}, "Enter an e-mail address"),
        ({"person": "who?"}, "is no identifier; write"),
        ({"checked": "13/13/2026"}, "is not a day"),
        ({"checked": "01/01/2199"}, "is still to come"),
        ({"source": ""}, "Enter where it was checked"),
        ({"until": "01/01/2020"}, "Lies before the day"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(town, wrong, told):
    browser = town.browser(OFFICER)
    browser.get(HERE)
    answer = browser.post(HERE, **one(number="N-17", **wrong))
    assert answer.status_code == 400
    assert told in answer.text
    assert 'value="N-17"' in answer.text


def test_all_that_is_wrong_is_told_at_once(town):
    browser = town.browser(OFFICER)
    browser.get(HERE)
    page = browser.post(HERE, membership="nwg").text
    assert re.findall(r'<li><a href="#(\w+)">', page) == ["person", "checked", "source"]
    page = browser.post(HERE, **one(person="who?", checked="13/13/2026")).text
    assert re.findall(r'<li><a href="#(\w+)">', page) == ["person", "checked"]


def test_a_file_is_shown_before_it_is_taken_in(town):
    browser = town.browser(OFFICER)
    page = look(browser, f"person,checked,source\n{LEARNER},01/03/2026,the list\n").text
    assert "1 would be recorded" in page
    assert f">{LEARNER}: NWG membership, checked 1 Mar 2026<" in page
    assert memberships(town, LEARNER) == []
    assert "1 record was kept" in confirm(browser, page).text
    assert len(memberships(town, LEARNER)) == 1
    page = look(browser, f"person,checked,source\n{LEARNER},01/03/2026,the list\n").text
    assert "0 would be recorded, 1 is on record already" in page


def test_a_workbook_too(town):
    book, written = Workbook(), io.BytesIO()
    book.active.append(["person", "membership", "checked", "source"])
    book.active.append([LEARNER, "NWG", "01/03/2026", "the list"])
    book.save(written)
    browser = town.browser(OFFICER)
    confirm(browser, look(browser, written.getvalue(), "list.xlsx").text)
    assert len(memberships(town, LEARNER)) == 1


def test_a_file_with_somebody_of_another_area_changes_nothing(town):
    browser = town.browser(OFFICER)
    text = f"person,checked,source\n{LEARNER},01/03/2026,list\n{OTHER_LEARNER},01/03/2026,list\n{NOBODY},01/03/2026,list\n"
    answer = look(browser, text)
    assert answer.status_code == 400
    assert f"Line 3, person: nobody in Essex is known by {OTHER_LEARNER}" in answer.text
    assert f"Line 4, person: nobody in Essex is known by {NOBODY}" in answer.text
    browser.get(HERE)
    assert browser.post(f"{HERE}/import", table=text, file="list.csv").status_code == 400
    assert memberships(town, LEARNER) == []
    assert memberships(town, OTHER_LEARNER) == []


@pytest.mark.parametrize("content", [b"", b"\x00\x01", b"person;who\nx;y\n", b"PK\x03\x04broken"])
def test_what_is_no_list_is_said(town, content):
    answer = look(town.browser(OFFICER), content)
    assert answer.status_code == 400
    assert "There is a problem" in answer.text
    assert "--" not in re.search(r"There is a problem.*?</div>", answer.text, re.DOTALL)[0]


def test_without_a_file_nothing_is_shown(town):
    browser = town.browser(OFFICER)
    browser.get(HERE)
    answer = browser.post(f"{HERE}/file")
    assert answer.status_code == 400
    assert "Choose a file" in answer.text


def test_an_area_that_asks_for_none_says_so(town):
    page = town.browser(OTHER_OFFICER).get("/boards/thurrock/memberships").text
    assert "ask for no membership" in page
