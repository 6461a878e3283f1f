"""Organisations, service areas and sectors without a champion, as the Board's officer sees them."""

from __future__ import annotations

import pytest
from web.boards import asked_for, champions
from web.visitors import OFFICER, OTHER_OFFICER

from lrs_bridge.flows import area_gaps

GAPS = "/boards/essex/gaps"


def organisations(town, *rows):
    head = "organisation,sector,areas,service_areas\n"
    town.bridge.import_csv("organisations", head + "".join(f"{row}\n" for row in rows))


def row_of(page, name):
    return next((row for row in page.split("<tr>") if name in row), "")


@pytest.fixture
def known(town):
    organisations(
        town,
        "Colne Primary School,education,essex,",
        "Abbey Hospital,health,essex,Wards; Clinic",
        "Zeal Hostel,residential_care,essex,",
        "Tilbury Port,policing,thurrock,",
    )
    champions(town, "ila.moss@colne.example")
    return town


def test_those_of_the_area_that_have_none(known):
    page = known.browser(OFFICER).get(GAPS).text
    assert "The whole organisation, with Clinic; Wards" in row_of(page, "Abbey Hospital")
    assert "Residential care homes" in row_of(page, "Zeal Hostel")
    assert row_of(page, "Colne Primary School") == ""
    assert "Tilbury" not in page
    assert "Grays" not in page
    page = known.browser(OTHER_OFFICER).get("/boards/thurrock/gaps").text
    assert "Tilbury Port" in page
    assert "Grays Youth Club" in page  # by the posts there
    assert "Abbey" not in page


def test_a_service_area_wants_one_of_its_own(known):
    known.bridge.import_csv(
        "champions",
        "person,identifiers,organisation,service_area,area,status,since,decided_by\n"
        "Wen Ott,wen@abbey.example,Abbey Hospital,Wards,essex,registered,01/09/2020,ann@board.example\n",
    )
    known.bridge.recompute()
    row = row_of(known.browser(OFFICER).get(GAPS).text, "Abbey Hospital")
    assert "Clinic" in row
    assert "Wards" not in row
    assert "whole organisation" not in row


def test_a_champion_of_another_organisation_covers_no_service_area_here(known):
    organisations(known, "Zeal Hospital,health,essex,Clinic")
    known.bridge.import_csv(
        "champions",
        "person,identifiers,organisation,service_area,area,status,since,decided_by\n"
        "Wen Ott,wen@abbey.example,Abbey Hospital,Wards,essex,registered,01/09/2020,ann@board.example\n"
        "Ray Coe,ray@zeal.example,Zeal Hospital,Clinic,essex,registered,01/09/2020,ann@board.example\n",
    )
    known.bridge.recompute()
    page = known.browser(OFFICER).get(GAPS).text
    assert "Clinic" in row_of(page, "Abbey Hospital")
    assert row_of(page, "Zeal Hospital") == ""


def test_sectors_without_any_champion(known):
    page = known.browser(OFFICER).get(GAPS).text.partition("Organisations without a champion")[0]
    assert "Health providers" in page
    assert "Schools, academies, colleges" not in page
    assert "Local policing teams (no organisation of this sector is on record in Essex)" in page
    assert "Health providers (no organisation" not in page


def test_narrowed_to_a_sector(known):
    page = known.browser(OFFICER).get(f"{GAPS}?sector=health").text
    assert row_of(page, "Abbey Hospital")
    assert not row_of(page, "Zeal Hostel")


def test_pages_follow_each_other_and_leave_none_out(known, monkeypatch):
    organisations(known, *(f"School {letter},education,essex,North; South" for letter in "ABCDE"))
    monkeypatch.setattr(area_gaps, "PAGE", 3)
    browser, address, seen = known.browser(OFFICER), GAPS, []
    while address:
        page = browser.get(address).text
        seen.append(
            [
                name
                for name in ("Abbey", "School A", "School B", "School C", "School D", "School E", "Zeal")
                if row_of(page, name)
            ]
        )
        found = [part for part in page.split('"') if "gaps?after=" in part]
        address = found[0].replace("&amp;", "&") if found else None
    assert seen == [["Abbey", "School A", "School B"], ["School C", "School D", "School E"], ["Zeal"]]


def test_it_costs_as_many_questions_however_many_there_are(known):
    browser = known.browser(OFFICER)
    before = asked_for(known, browser, GAPS)
    organisations(known, *(f"School {number},education,essex,North; South" for number in range(30)))
    assert asked_for(known, browser, GAPS) == before
