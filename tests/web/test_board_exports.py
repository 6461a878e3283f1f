"""The Board's lists as files, of its own area and as filtered; and the bulletin's mailing list."""

from __future__ import annotations

import csv
import io

import pytest
from openpyxl import load_workbook
from web.boards import asked_for, champions, eligible
from web.visitors import OFFICER, OTHER_OFFICER

from lrs_bridge.flows import bulletin
from lrs_bridge.store import audit

ILA, KIT, NORA = "ila.moss@colne.example", "kit.dale@colne.example", "nora.finch@grays.example"
BULLETIN = "/boards/essex/bulletin"


@pytest.fixture
def registered(town):
    """Ila and Kit are champions in Essex, Nora in Thurrock."""
    champions(town, ILA, KIT)
    champions(town, NORA, area="thurrock")
    return town


def download(browser, what, area="essex", **fields):
    browser.get(f"/boards/{area}/memberships")
    answer = browser.post(f"/boards/{area}/export/{what}", **{"format": "csv", **fields})
    assert answer.status_code == 200
    return answer


def rows_of(answer):
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


def test_the_register_of_the_area_alone_and_that_it_was_taken_is_kept(registered):
    answer = download(registered.browser(OFFICER), "champions")
    rows = rows_of(answer)
    assert [(row["Name"], row["Contact"], row["Status"]) for row in rows] == [
        ("Ila Moss", ILA, "CSE Champion"),
        ("Kit Dale", KIT, "CSE Champion"),
    ]
    assert rows[0]["Since"] == registered.bridge.clock().date().isoformat()
    assert "essex-champions-" in answer.headers["Content-Disposition"]
    [kept] = registered.bridge.database.read(lambda session: audit.entries(session, limit=1))
    assert (kept.who, kept.act) == (OFFICER, "list exported")
    assert kept.about == "Essex: 2 lines of champions"


def test_as_a_workbook_too(registered):
    answer = download(registered.browser(OFFICER), "champions", format="xlsx")
    sheet = load_workbook(io.BytesIO(answer.data)).active
    assert [row[0] for row in sheet.iter_rows(values_only=True)] == ["Name", "Ila Moss", "Kit Dale"]


def test_as_it_is_filtered(registered):
    registered.bridge.import_csv("organisations", "organisation,sector\nColne Primary School,education\n")
    browser = registered.browser(OFFICER)
    assert len(rows_of(download(browser, "champions", sector="education"))) == 2
    assert rows_of(download(browser, "champions", sector="policing")) == []
    assert rows_of(download(browser, "champions", flag="lapsed")) == []


def test_eligible_people_and_gaps(town):
    eligible(town, ILA)
    eligible(town, NORA, area="thurrock")
    town.bridge.import_csv(
        "organisations",
        "organisation,sector,areas,service_areas\nAbbey Hospital,health,essex,Wards; Clinic\nPort,policing,thurrock,\n",
    )
    browser = town.browser(OFFICER)
    assert [row["Name"] for row in rows_of(download(browser, "eligible"))] == ["Ila Moss"]
    rows = rows_of(download(browser, "gaps"))
    assert [row["Organisation"] for row in rows] == ["Abbey Hospital", "Colne Primary School"]
    assert rows[0]["Service areas without a champion"] == "Clinic; Wards"
    assert [row["Organisation"] for row in rows_of(download(browser, "gaps", sector="health"))] == [
        "Abbey Hospital"
    ]


def test_no_name_is_a_formula(town):
    champions(town, ILA)
    town.bridge.import_csv(
        "people",
        f"person,identifiers,organisation,area,role\n=1+1,{ILA},Colne Primary School,essex,Worker\n",
    )
    town.bridge.recompute()
    [row] = rows_of(download(town.browser(OFFICER), "champions"))
    assert row["Name"] == "'=1+1"


def test_what_is_no_list_is_not_there(registered):
    browser = registered.browser(OFFICER)
    browser.get(BULLETIN)
    assert browser.post("/boards/essex/export/everything").status_code == 404


def test_the_mailing_list_is_the_champions_but_for_who_wants_none(registered):
    browser = registered.browser(OFFICER)
    page = browser.get(BULLETIN).text
    assert page.count("Gets it") == 2
    assert "Nora" not in page
    answer = browser.post(f"{BULLETIN}/{registered.learner(KIT)}", wants="no")
    assert "Wants none" in answer.text
    assert [row["Contact"] for row in rows_of(download(browser, "bulletin"))] == [ILA]
    browser.get(BULLETIN)
    browser.post(f"{BULLETIN}/{registered.learner(KIT)}", wants="no")  # twice is once
    browser.post(f"{BULLETIN}/{registered.learner(KIT)}", wants="yes")
    assert len(rows_of(download(browser, "bulletin"))) == 2


def test_who_opts_out_themselves_is_off_it_by_whichever_address(registered):
    def opt_out(session):
        bulletin.wish(session, registered.learner(ILA), wants=False, who=ILA, now=registered.bridge.clock())

    registered.bridge.database.write(opt_out)
    page = registered.browser(OFFICER).get(BULLETIN).text
    assert (page.count("Gets it"), page.count("Wants none")) == (1, 1)
    [kept] = registered.bridge.database.read(lambda session: audit.entries(session, limit=1))
    assert (kept.who, kept.act) == (ILA, "bulletin not wanted")


def test_of_another_area_nobody_is_put_on_or_off(registered):
    browser = registered.browser(OFFICER)
    browser.get(BULLETIN)
    assert browser.post(f"{BULLETIN}/{registered.learner(NORA)}", wants="no").status_code == 404
    page = registered.browser(OTHER_OFFICER).get("/boards/thurrock/bulletin").text
    assert page.count("Gets it") == 1


def test_it_costs_as_many_questions_whoever_reads_it(registered):
    browser = registered.browser(OFFICER)
    before = asked_for(registered, browser, BULLETIN)
    champions(registered, *(f"champ.{letter}@colne.example" for letter in "abcde"))
    assert asked_for(registered, browser, BULLETIN) == before
