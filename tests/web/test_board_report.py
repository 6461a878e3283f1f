"""The report for the Board's meeting: what the timetable counts, and what of it is shown."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from web.boards import asked_for, champions
from web.visitors import OFFICER, OTHER_OFFICER

from lrs_bridge import jobs
from lrs_bridge.jobs import Timetable
from lrs_bridge.store import area_counts
from lrs_bridge.store.area_counts import ALL, Count
from lrs_bridge.store.board_tables import area_counts as table

REPORT = "/boards/essex/report"


def count(town):
    """The timetable's job."""
    bridge = town.bridge
    [job] = [one for one in jobs.JOBS if one.name == "counts"]
    run = Timetable(bridge.database, bridge.settings, bridge.clock).run(job)
    assert run.outcome == "ok", run.detail


def kept(town, area="essex"):
    day = town.bridge.settings.calendar.day_of(town.bridge.clock())
    found = town.bridge.database.read(lambda session: area_counts.kept(session, area, [day]))
    return {one.sector: (one.people, one.at_required, one.champions) for one in found[day]}


def keep(town, day, *counts, area="essex"):
    town.bridge.database.write(lambda session: area_counts.keep(session, day, area, counts))


def many(town, number, organisation="Colne Primary School", tier="T1", done=0):
    rows = "".join(
        f"P {one},p{one}@{organisation.partition(' ')[0].lower()}.example,{organisation},essex,Cook,{tier}\n"
        for one in range(number)
    )
    town.bridge.import_csv("people", f"person,identifiers,organisation,area,role,required_tier\n{rows}")
    day = (town.bridge.clock() - timedelta(days=3)).date()
    rows = "".join(
        f"p{one}@{organisation.partition(' ')[0].lower()}.example,induction,{day},Us,x@y.example\n"
        for one in range(done)
    )
    if done:
        town.bridge.import_csv("completions", f"person,course,date,provider,seen_by\n{rows}")
    town.bridge.recompute()


def test_people_are_counted_once_by_sector_and_together(town):
    town.bridge.import_csv(
        "organisations", "organisation,sector\nColne Primary School,education\nAbbey Hospital,health\n"
    )
    many(town, 6, "Abbey Hospital", done=2)
    town.bridge.import_csv(
        "people",
        "person,identifiers,organisation,area,role,from,until\n"
        "P 0,p0@abbey.example,Colne Primary School,essex,Governor,,\n"
        "P 1,p1@abbey.example,Colne Primary School,essex,Governor,2020-01-01,2021-01-01\n"
        "P 2,p2@abbey.example,Colne Primary School,essex,Governor,2099-01-01,\n",
    )
    champions(town, "ila.moss@colne.example")
    count(town)
    # Asha, Bea, Ila and P 0 at the school, where P 0 needs no tier and nobody has what is required
    assert kept(town) == {"education": (4, 0, 1), "health": (6, 2, 0), ALL: (9, 2, 1)}
    assert kept(town, "thurrock")[ALL] == (2, 0, 0)


def test_counting_again_that_day_takes_the_place(town):
    many(town, 3)
    count(town)
    town.bridge.import_csv("organisations", "organisation,sector\nColne Primary School,education\n")
    many(town, 5)
    count(town)
    assert kept(town) == {"education": (7, 0, 0), ALL: (7, 0, 0)}
    rows = town.bridge.database.read(lambda session: session.execute(sa.select(table)).all())
    assert len({row.day for row in rows}) == 1


def test_while_it_counts_nobody_who_writes_waits(town, monkeypatch):
    counted, look = [], area_counts.counted

    def noting(session, *arguments):
        counted.append(session.get_execution_options().get("lrs_writing", False))
        return look(session, *arguments)

    monkeypatch.setattr(area_counts, "counted", noting)
    count(town)
    assert counted
    assert not any(counted)


def test_two_at_once_keep_one_row_each(town):
    day = date(2026, 3, 1)
    keep(town, day, Count("education", 7, 3, 1), Count(ALL, 7, 3, 1))
    keep(town, day, Count("education", 7, 3, 1), Count(ALL, 7, 3, 1))
    found = town.bridge.database.read(lambda session: area_counts.kept(session, "essex", [day]))
    assert len(found[day]) == 2


def test_before_anything_is_counted_it_says_so(town):
    assert "Nothing has been counted yet" in town.browser(OFFICER).get(REPORT).text


def rows_of(page, label):
    part = page.partition(f'aria-label="Table: {label}"')[2].partition("</table>")[0]
    found = {}
    for row in part.split("<tr>")[2:]:
        name = re.search(r'<th scope="row"[^>]*>([^<]*)</th>', row)[1]
        found[name] = [
            re.sub(r"<[^>]+>", "", cell.replace("not shown", ""))
            for cell in re.findall(r'<td class="number">(.*?)</td>', row)
        ]
    return found


@pytest.fixture
def counted(town):
    today = town.bridge.settings.calendar.day_of(town.bridge.clock())
    keep(town, today, Count("education", 120, 60, 12), Count("health", 90, 45, 3), Count(ALL, 210, 105, 15))
    keep(
        town, today.replace(day=1) - timedelta(days=3), Count("education", 100, 40, 9), Count(ALL, 100, 40, 9)
    )
    return town


def test_it_shows_sectors_and_the_trend_and_nothing_small(counted):
    page = counted.browser(OFFICER).get(REPORT).text
    sectors = rows_of(page, "By sector")
    assert sectors["Health providers"][2] == "–"
    assert sectors["Schools, academies, colleges"][2] == "–"  # or the 3 would follow from the total
    assert sectors["All together"] == ["210", "105 (50 %)", "15", "40 (40 %)", "9"]
    assert sectors["Schools, academies, colleges"][3:] == ["40 (40 %)", "9"]
    assert sectors["Health providers"][3:] == ["–", "–"]  # of which nobody was on record then
    assert "At their required tier on 26 Feb 2026" in page
    trend = rows_of(page, "Over time")
    assert len(trend) == 2
    assert list(trend.values())[-1] == ["210", "105 (50 %)", "15"]
    assert ">3<" not in page


def test_a_quarter_ago_is_the_last_day_that_lies_so_far_back(counted):
    for day, number in ((date(2025, 12, 1), 70), (date(2025, 11, 3), 60), (date(2025, 11, 20), 50)):
        keep(counted, day, Count("education", 80, number, 8), Count(ALL, 80, number, 8))
    page = counted.browser(OFFICER).get(REPORT).text
    assert "Champions on 1 Dec 2025" in page
    assert rows_of(page, "By sector")["All together"][3:] == ["70 (88 %)", "8"]


def test_a_quarter_ago_is_told_as_that_days_own_report_told_it(counted):
    day = date(2025, 12, 1)
    keep(counted, day, Count("education", 9, 3, 1), Count("health", 50, 40, 8), Count(ALL, 59, 43, 9))
    sectors = rows_of(counted.browser(OFFICER).get(REPORT).text, "By sector")
    assert sectors["All together"][3:] == ["43 (73 %)", "9"]
    assert sectors["Health providers"][3:] == ["–", "–"]  # or the school's would follow
    assert sectors["Schools, academies, colleges"][3:] == ["–", "–"]


def test_on_the_first_day_there_is_nothing_before(town):
    today = town.bridge.settings.calendar.day_of(town.bridge.clock())
    keep(town, today, Count("education", 120, 60, 12), Count(ALL, 120, 60, 12))
    assert rows_of(town.browser(OFFICER).get(REPORT).text, "By sector")["All together"] == [
        "120",
        "60 (50 %)",
        "12",
    ]


def test_it_is_of_one_area_alone(counted):
    page = counted.browser(OTHER_OFFICER).get("/boards/thurrock/report").text
    assert "Nothing has been counted yet" in page
    count(counted)
    page = counted.browser(OTHER_OFFICER).get("/boards/thurrock/report").text
    assert "Thurrock has set no tiers." in page
    assert "At their required tier" not in page


def test_it_costs_as_many_questions_however_long_it_has_been_counted(counted):
    browser = counted.browser(OFFICER)
    before = asked_for(counted, browser, REPORT)
    for back in range(1, 200, 9):
        day = counted.bridge.settings.calendar.day_of(counted.bridge.clock()) - timedelta(days=back)
        keep(counted, day, Count("education", 100, 40, 9), Count(ALL, 100, 40, 9))
    assert asked_for(counted, browser, REPORT) == before
    assert len(rows_of(browser.get(REPORT).text, "Over time")) <= 14
