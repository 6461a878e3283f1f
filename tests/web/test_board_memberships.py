"""Memberships that the Board's officer records: one, or from a file, and of people of their area alone."""

from __future__ import annotations

import html
import io
import re
import uuid

import pytest
import sqlalchemy as sa
from openpyxl import Workbook
from web.visitors import LEARNER, OFFICER, OTHER_LEARNER, OTHER_OFFICER

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
    assert "1 record was kept" in answer.text
    [kept] = memberships(town, LEARNER)
    assert (kept["course"], kept["counts"]) == ("nwg", True)
    found = (
        sa.select(authorities.c.body)
        .join(statements, statements.c.authority_id == authorities.c.id)
        .where(statements.c.id == uuid.UUID(kept["statement_id"]))
    )
    assert OFFICER in town.bridge.database.read(lambda session: session.scalar(found))


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


def test_a_file_is_shown_before_it_is_taken_in(town):
    browser = town.browser(OFFICER)
    page = look(browser, f"person,checked,source\n{LEARNER},01/03/2026,the list\n").text
    assert "1 would be recorded" in page
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
