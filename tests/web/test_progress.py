"""How far an organisation is: numbers, pictures of them, and how they changed."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from builders import completion
from web.visitors import COORDINATOR, OTHER_COORDINATOR

from lrs_bridge.flows import progress
from lrs_bridge.store.standing_tables import progress_counts

HEAD = "person,identifiers,organisation,area,role,required_tier,service_area,from,until\n"
COLNE = "Colne Primary School"


@pytest.fixture
def school(town):
    """Of Colne's posts two require T1 and are reached, one in the kitchen; two more are not; one has not begun."""
    town.bridge.import_csv(
        "people",
        f"{HEAD}Cem Öz,cem@colne.example,{COLNE},essex,Cook,T1,Kitchen,,\n"
        f"Dan Lee,dan@colne.example,{COLNE},essex,Cook,T1,Kitchen,,\n"
        f"Eva Roy,eva@colne.example,{COLNE},essex,Cook,T1,Kitchen,2030-01-01,\n"
        f"Flo Day,flo@colne.example,{COLNE},essex,Governor,,,,\n",
    )
    learns(town, "cem")
    return town


def learns(town, name):
    happened = town.bridge.clock() - timedelta(days=3)
    town.bridge.stored(completion(f"mailto:{name}@colne.example", "induction", happened))
    town.bridge.recompute()


def of_colne(town):
    number, now = town.organisation(COLNE), town.bridge.clock()
    calendar = town.bridge.settings.calendar
    return town.bridge.database.read(lambda session: progress.progress_of(session, number, calendar, now))


def count(town):
    return town.bridge.database.write(
        lambda session: progress.count_today(session, town.bridge.settings.calendar, town.bridge.clock())
    )


def told(parts):
    return [(one.name, one.required, one.reached, one.percent) for one in parts]


def test_current_posts_that_require_a_tier(school):
    found = of_colne(school)
    assert told([found.whole]) == [("2 Mar 2026", 4, 1, 25)]
    assert told(found.teams) == [("No team recorded", 2, 0, 0), ("Kitchen", 2, 1, 50)]
    assert told(found.roles) == [("Class teacher", 1, 0, 0), ("Cook", 2, 1, 50), ("Head", 1, 0, 0)]


def test_over_time(school):
    assert count(school) == 3  # Colne's two teams, and Grays
    assert count(school) == 0
    learns(school, "dan")
    school.bridge.clock.advance(timedelta(days=1))
    assert told(of_colne(school).over_time) == [("3 Mar 2026", 4, 2, 50)]
    school.bridge.clock.advance(timedelta(days=7))
    assert told(of_colne(school).over_time) == [("2 Mar 2026", 4, 1, 25), ("10 Mar 2026", 4, 2, 50)]


def test_after_a_quarter_of_a_year_one_day_of_each_month(school):
    for _ in range(30):
        count(school)
        school.bridge.clock.advance(timedelta(days=5))
    names = [one.name for one in of_colne(school).over_time]
    assert names == ["27 Mar 2026", "26 Apr 2026", "31 May 2026", "30 Jun 2026", "30 Jul 2026"]


def test_of_days_long_past_one_of_each_month_is_kept(school):
    for _ in range(40):
        count(school)
        school.bridge.clock.advance(timedelta(days=5))
    kept = school.bridge.database.read(
        lambda session: sorted(set(session.scalars(sa.select(progress_counts.c.day))))
    )
    today = school.bridge.clock().date() - timedelta(days=5)
    long_past = [day for day in kept if today - day > timedelta(days=100)]
    assert [(day.month, day.day) for day in long_past] == [(3, 27), (4, 26), (5, 31)]
    assert len(kept) - len(long_past) == 21


class TestPages:
    def test_the_numbers_of_the_pictures_stand_in_tables(self, school):
        colne = school.organisation(COLNE)
        browser = school.browser(COORDINATOR)
        page = browser.get(f"/organisations/{colne}/progress").text
        assert "<strong>1 of 4</strong> posts (25 %)" in page
        pictures = re.findall(r'<img class="picture" src="([^"]+)" alt="([^"]+)"', page)
        assert len(pictures) == 3
        for address, alt in pictures:
            assert "The table below has the numbers." in alt
            answer = browser.get(address)
            assert answer.mimetype == "image/svg+xml"
            assert "<script" not in answer.text
            assert "style-src 'unsafe-inline'" in answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "Kitchen: 50 %" in browser.get(pictures[0][0]).text

    def test_where_no_post_requires_a_tier_it_is_said(self, school):
        grays = school.organisation("Grays Youth Club")
        browser = school.browser(OTHER_COORDINATOR)
        page = browser.get(f"/organisations/{grays}/progress").text
        assert "No post here requires a tier yet" in page
        for picture in ("teams", "roles", "over-time"):
            assert browser.get(f"/organisations/{grays}/progress/{picture}.svg").status_code == 200

    def test_what_somebody_typed_is_no_markup(self, school):
        school.bridge.import_csv(
            "people", f"{HEAD}Gil Fox,gil@colne.example,{COLNE},essex,<script>x</script>,T1,a&b,,\n"
        )
        school.bridge.recompute()
        colne = school.organisation(COLNE)
        picture = school.browser(COORDINATOR).get(f"/organisations/{colne}/progress/roles.svg")
        assert "<script" not in picture.text
        assert "&lt;script&gt;" in picture.text
