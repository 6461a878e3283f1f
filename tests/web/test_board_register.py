"""The register of champions as the Board's officer sees it, and what they record in it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from web.boards import act, asked_for, champions, eligible
from web.visitors import OFFICER, OTHER_OFFICER

from lrs_bridge.flows import area_register
from lrs_bridge.flows.area_register import due_before
from lrs_bridge.moments import Calendar, parse_duration

ILA, KIT = "ila.moss@colne.example", "kit.dale@colne.example"
NORA = "nora.finch@grays.example"
REGISTER = "/boards/essex/champions"
LONDON = Calendar(ZoneInfo("Europe/London"))


@pytest.fixture
def registered(town):
    """Ila and Kit are champions in Essex, Nora in Thurrock."""
    champions(town, ILA, KIT)
    champions(town, NORA, area="thurrock")
    return town


def test_the_home_page_counts_what_leads_to_lists(registered):
    eligible(registered, "able.one@colne.example")
    page = registered.browser(OFFICER).get("/boards/essex").text
    assert "<strong>2</strong> champions" in page
    assert "<strong>1</strong> person meets every standard and has not asked" in page
    assert "<strong>0</strong> requests to decide" in page


def test_the_register_shows_those_of_the_area_alone(registered):
    page = registered.browser(OFFICER).get(REGISTER).text
    assert "Ila Moss" in page
    assert ILA in page
    assert "Nora" not in page
    page = registered.browser(OTHER_OFFICER).get("/boards/thurrock/champions").text
    assert "Nora Finch" in page
    assert "Ila" not in page


def test_eligible_people_of_the_area_alone(town):
    eligible(town, ILA)
    eligible(town, NORA, area="thurrock")
    page = town.browser(OFFICER).get("/boards/essex/eligible").text
    assert "Ila Moss" in page
    assert "Nora" not in page


def test_it_is_narrowed_by_sector_and_flag(registered):
    champions(registered, "pat.low@force.example", organisation="Colne Police")
    registered.bridge.import_csv("organisations", "organisation,sector\nColne Police,policing\n")
    browser = registered.browser(OFFICER)
    page = browser.get(f"{REGISTER}?sector=policing").text
    assert ("Pat Low" in page, "Ila Moss" in page) == (True, False)
    page = browser.get(f"{REGISTER}?sector=none").text
    assert ("Pat Low" in page, "Ila Moss" in page) == (False, True)
    assert "Nobody is listed here." in browser.get(f"{REGISTER}?flag=lapsed").text
    day = (registered.bridge.clock() - timedelta(days=20)).date()
    registered.bridge.import_csv(
        "memberships", f"person,membership,checked,source,until\n{KIT},nwg,{day},the NWG's list,{day}\n"
    )
    registered.bridge.recompute()
    page = browser.get(f"{REGISTER}?flag=lapsed").text
    assert ("Kit Dale" in page, "Ila Moss" in page) == (True, False)
    assert "Standards not all met</span>" in page


def test_who_is_from_before_has_a_day_to_be_registered_by(town):
    town.bridge.import_csv(
        "champions",
        "person,identifiers,organisation,area,status,since\n"
        f"Ila Moss,{ILA},Colne Primary School,essex,legacy,01/09/2016\n",
    )
    town.bridge.recompute()
    page = town.browser(OFFICER).get(f"{REGISTER}?flag=legacy").text
    assert "To be registered by 31 Jan 2018" in page
    assert "Standards not all met</span>" in page
    assert "lapsed</span>" not in page
    overview = town.browser(OFFICER).get("/boards/essex").text
    assert re.search(r"<strong>1</strong>\s+champion does not meet every standard now", overview)
    page = town.browser(OFFICER).get(f"{REGISTER}/{town.learner(ILA)}").text
    assert "On the earlier list, not registered anew" in page
    assert "Put on the register from before" in page


def test_the_annual_update_of_several_at_once(registered):
    browser = registered.browser(OFFICER)
    browser.get(REGISTER)
    day = registered.bridge.clock().date()
    answer = browser.post(
        REGISTER,
        learner=[registered.learner(ILA), registered.learner(KIT)],
        act="update",
        day=day.isoformat(),
    )
    assert "2 records were kept" in answer.text
    registered.bridge.recompute()
    page = browser.get(REGISTER).text
    assert page.count(f"Attended {day.day} ") == 2
    page = browser.get(f"{REGISTER}/{registered.learner(ILA)}").text
    assert "Attended the annual update" in page
    assert OFFICER in page


def test_who_has_left_is_on_another_list_with_the_history(registered):
    browser = registered.browser(OFFICER)
    browser.get(REGISTER)
    day = registered.bridge.clock().date().isoformat()
    browser.post(REGISTER, learner=registered.learner(ILA), act="leave", day=day, note="New work")
    registered.bridge.recompute()
    assert "Ila Moss" not in browser.get(REGISTER).text
    assert "Ila Moss" in browser.get(f"{REGISTER}?show=left").text
    page = browser.get(f"{REGISTER}/{registered.learner(ILA)}").text
    for told in ("Asked to be registered", "Registered by the Board", "Left the role", "New work"):
        assert told in page


@pytest.mark.parametrize(
    ("fields", "status", "told"),
    [
        ({"act": "update", "day": "soon"}, 400, "is not a day"),
        ({"act": "update", "day": "2199-01-01"}, 409, "is still to come"),
        ({"act": "update", "day": "2015-01-01"}, 409, "give that day or a later one"),
        ({"act": "", "day": "2026-01-01"}, 400, '<a href="#act">Choose what happened</a>'),
        ({"act": "update", "day": ""}, 400, '<a href="#day">Enter the day on which it happened</a>'),
        (
            {"act": "leave", "day": "2026-03-02", "learner": []},
            400,
            '<a href="#learner">Tick at least one champion</a>',
        ),
    ],
)
def test_what_is_wrong_is_told_and_nothing_recorded(registered, fields, status, told):
    browser = registered.browser(OFFICER)
    browser.get(REGISTER)
    before = registered.bridge.count()
    answer = browser.post(REGISTER, **{"learner": registered.learner(ILA), **fields})
    assert answer.status_code == status
    assert told in answer.text
    assert registered.bridge.count() == before


def test_all_that_is_missing_is_told_at_once_and_each_leads_to_its_field(registered):
    browser = registered.browser(OFFICER)
    browser.get(REGISTER)
    page = browser.post(REGISTER).text
    for field in re.findall(r'<li><a href="#(\w+)">', page):
        assert f'id="{field}"' in page
    assert re.findall(r'<li><a href="#(\w+)">', page) == ["learner", "act", "day"]


@pytest.mark.parametrize("narrowed", ["?flag=legacy", "?show=left"])
def test_where_nobody_is_listed_to_record_of_that_is_said(registered, narrowed):
    browser = registered.browser(OFFICER)
    browser.get(REGISTER)
    answer = browser.post(f"{REGISTER}{narrowed}")
    assert answer.status_code == 400
    assert "Nothing was recorded: no champion is listed here." in answer.text


def test_of_several_all_or_nobody(registered):
    browser = registered.browser(OFFICER)
    browser.get(REGISTER)
    act(registered, "leave", KIT)
    before = registered.bridge.count()
    day = registered.bridge.clock().date().isoformat()
    both = [registered.learner(ILA), registered.learner(KIT)]
    assert browser.post(REGISTER, learner=both, act="update", day=day).status_code == 404
    assert registered.bridge.count() == before


def test_nobody_of_another_area_is_recorded_of(registered):
    browser = registered.browser(OFFICER)
    browser.get(REGISTER)
    before = registered.bridge.count()
    day = registered.bridge.clock().date().isoformat()
    assert browser.post(REGISTER, learner=registered.learner(NORA), act="leave", day=day).status_code == 404
    assert browser.get(f"{REGISTER}/{registered.learner(NORA)}").status_code == 404
    assert registered.bridge.count() == before


def test_pages_follow_each_other_and_leave_nobody_out(town, monkeypatch):
    monkeypatch.setattr(area_register, "PAGE", 3)
    people = [f"able.{letter}@colne.example" for letter in "abcdefgh"]
    eligible(town, *people[:5], organisation="Zeal School")
    eligible(town, *people[5:], organisation="Abbey School")
    browser, address, seen = town.browser(OFFICER), "/boards/essex/eligible", []
    while address:
        page = browser.get(address).text
        names = [one for one in (f"Able {letter}" for letter in "ABCDEFGH") if one in page]
        assert len(names) <= 3
        seen.append(names)
        found = [part for part in page.split('"') if "eligible?after=" in part]
        address = found[0].replace("&amp;", "&") if found else None
    assert seen == [["Able F", "Able G", "Able H"], ["Able A", "Able B", "Able C"], ["Able D", "Able E"]]


@pytest.mark.parametrize("address", ["/boards/essex", REGISTER, "/boards/essex/eligible"])
def test_it_costs_as_many_questions_whoever_is_listed(town, address):
    champions(town, ILA)
    eligible(town, KIT)
    browser = town.browser(OFFICER)
    before = asked_for(town, browser, address)
    champions(town, *(f"champ.{letter}@colne.example" for letter in "abcd"), organisation="Big School")
    eligible(town, *(f"able.{letter}@colne.example" for letter in "abcdef"))
    assert asked_for(town, browser, address) == before


@pytest.mark.parametrize("today", [date(2025, 2, 28), date(2024, 2, 29), date(2026, 3, 29), date(2026, 7, 1)])
@pytest.mark.parametrize("each", ["P1Y", "P6M", "P30D", "P18M"])
def test_due_is_what_falls_on_today_or_before(today, each):
    duration = parse_duration(each)
    first = due_before(today, duration, LONDON)
    last = first - timedelta(microseconds=1)
    assert LONDON.day_of(LONDON.after(last, duration)) <= today
    assert LONDON.day_of(LONDON.after(first, duration)) > today
    assert first.astimezone(UTC) <= datetime.combine(today, datetime.min.time(), UTC)


def test_who_is_due_for_the_update_is_listed(town):
    past = town.bridge.clock() - timedelta(days=400)
    eligible(town, ILA, KIT)
    for mail in (ILA, KIT):
        act(town, "request", mail, happened=past)
        act(town, "register", mail, by="someone@board.example", happened=past)
    act(town, "update", KIT, happened=past + timedelta(days=200))
    browser = town.browser(OFFICER)
    page = browser.get(f"{REGISTER}?flag=update").text
    assert ("Ila Moss" in page, "Kit Dale" in page) == (True, False)
    assert "<strong>1</strong> annual update due" in browser.get("/boards/essex").text
