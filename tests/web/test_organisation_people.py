"""The people of an organisation, for whoever coordinates its training."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from builders import completion
from openpyxl import load_workbook
from web.visitors import COORDINATOR, LEARNER, OTHER_COORDINATOR

from lrs_bridge.flows import organisation_people
from lrs_bridge.store import audit, post_standings
from lrs_bridge.store.post_standings import Choice
from lrs_bridge.store.roles import Viewer

HEAD = "person,identifiers,organisation,area,role,required_tier,service_area,from,until\n"
COLNE = "Colne Primary School"


class Colne:
    """The list of Colne's people, as its coordinator asks for it."""

    def __init__(self, town):
        self.town, self.bridge = town, town.bridge
        self.number = town.organisation(COLNE)

    def people(self, order="name", after=0, **chosen):
        def look(session):
            viewer = Viewer(self.bridge.clock(), frozenset([self.number]))
            return organisation_people.people_of(
                session,
                viewer,
                self.number,
                Choice(**chosen),
                order,
                self.bridge.settings.calendar,
                after=after,
            )

        return self.bridge.database.read(look)

    def names(self, order="name", **chosen):
        return [one.name for one in self.people(order, **chosen).lines]

    def learns(self, name, *courses, days=10):
        for course in courses:
            happened = self.bridge.clock() - timedelta(days=days)
            self.bridge.stored(completion(f"mailto:{name}@colne.example", course, happened))

    def staff(self, rows):
        self.bridge.import_csv("people", HEAD + rows)
        self.bridge.recompute()


@pytest.fixture
def colne(town):
    made = Colne(town)
    made.learns("asha.rao", "induction", "escb_basic")
    made.learns("cem.oz", "induction")
    made.staff(
        f"Cem Öz,cem.oz@colne.example,{COLNE},essex,Cook,T1,Kitchen,,\n"
        f"Dee O'Hara,dee@colne.example,{COLNE},essex,Class teacher,T4,Sixth form,2030-01-01,\n"
        f"Eva Old,eva@colne.example,{COLNE},essex,Cook,T1,Kitchen,,2026-01-31\n"
    )
    return made


def test_everybody_at_the_organisation_and_nobody_else(colne):
    found = colne.people()
    assert [one.name for one in found.lines] == ["Asha Rao", "Bea Lind", "Cem Öz", "Dee O'Hara"]
    assert (found.organisation, found.count, found.more, found.is_stale) == (COLNE, 4, None, False)


def test_each_line_in_words(colne):
    asha, _, cem, dee = colne.people().lines
    assert (asha.role, asha.team, asha.requires, asha.reached) == (
        "Class teacher",
        "",
        "T3",
        "T2; 18 of 21 of T3",
    )
    assert (cem.role, cem.team, cem.requires, cem.reached, cem.is_below) == (
        "Cook",
        "Kitchen",
        "T1",
        "T1",
        False,
    )
    assert (dee.starts, dee.reached, dee.champion) == (
        "1 Jan 2030",
        "0 of 27 of T4",
        "not every standard yet",
    )


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        ({"team": "kitchen"}, ["Cem Öz"]),
        ({"role": "class teacher"}, ["Asha Rao", "Dee O'Hara"]),
        ({"required": "T2"}, ["Bea Lind"]),
        ({"below": True}, ["Asha Rao", "Bea Lind", "Dee O'Hara"]),
        ({"below": True, "role": "class teacher", "required": "T4"}, ["Dee O'Hara"]),
        ({"champion": "champion"}, []),
        ({"name": "O"}, ["Asha Rao", "Cem Öz", "Dee O'Hara"]),
        ({"name": " RAO "}, ["Asha Rao"]),
        ({"name": "öz"}, ["Cem Öz"]),
        ({"name": "cem oz"}, ["Cem Öz"]),
        ({"name": "%"}, []),
        ({"name": "o'"}, ["Dee O'Hara"]),
    ],
)
def test_filters(colne, chosen, names):
    found = colne.people(**chosen)
    assert [one.name for one in found.lines] == names
    assert found.count == len(names)


def test_what_there_is_to_choose_from(colne):
    found = colne.people(team="kitchen")
    assert dict(found.teams) == {"kitchen": "Kitchen", "sixth form": "Sixth form"}
    assert dict(found.roles) == {"class teacher": "Class teacher", "cook": "Cook", "head": "Head"}
    assert list(found.tiers) == ["T1", "T2", "T3", "T4"]
    assert found.tiers["T2"] == "T2 Universal"


def test_most_missing_first(colne):
    assert colne.names("gap") == ["Dee O'Hara", "Bea Lind", "Asha Rao", "Cem Öz"]


def test_what_lapses_soonest_first_and_who_is_expiring(colne):
    colne.bridge.import_csv(
        "attestations",
        "person,attestation,organisation,area,by,date,until\n"
        f"asha.rao@colne.example,item:3.8,{COLNE},essex,bea.lind@colne.example,2026-02-01,2026-12-31\n"
        f"bea.lind@colne.example,item:2.8,{COLNE},essex,asha.rao@colne.example,2026-02-01,2026-05-01\n",
    )
    colne.bridge.recompute()
    assert colne.names("expiry")[0] == "Bea Lind"
    [bea] = colne.people(expiring=True).lines
    assert (bea.name, bea.lapses) == ("Bea Lind", "2 May 2026")


def test_a_champion_is_found(colne):
    colne.bridge.import_csv(
        "champions",
        f"person,identifiers,area,organisation,status,since\nAsha Rao,{LEARNER},essex,{COLNE},legacy,2025-01-01\n",
    )
    colne.bridge.recompute()
    [asha] = colne.people(champion="champion").lines
    assert (asha.name, asha.champion) == ("Asha Rao", "on the earlier list of CSE Champions")


def test_the_clock_takes_whoever_has_left_from_the_list_at_once(colne):
    colne.staff(f"Bea Lind,bea.lind@colne.example,{COLNE},essex,Head,T2,,,2026-03-03\n")
    assert "Bea Lind" in colne.names()
    colne.bridge.clock.advance(timedelta(days=2))
    assert "Bea Lind" not in colne.names()
    colne.bridge.recompute()
    assert "Bea Lind" not in colne.names()
    assert colne.bridge.differences() == []


def test_a_name_is_the_newest_that_was_recorded(colne):
    colne.bridge.import_csv("people", HEAD + f"Zoe Lind,bea.lind@colne.example,{COLNE},essex,Head,T2,,,\n")
    assert colne.people().is_stale
    colne.bridge.recompute()
    assert colne.names() == ["Asha Rao", "Cem Öz", "Dee O'Hara", "Zoe Lind"]
    assert colne.bridge.differences() == []


@pytest.fixture
def many(colne):
    """Twice 60 who are called the same, some below what their posts require."""
    for number in range(0, 120, 7):
        colne.learns(f"p{number}", "induction")
    colne.staff(
        "".join(
            f"Pat Same,p{number}@colne.example,{COLNE},essex,Helper,{'T1' if number % 3 else 'T2'},Team {number % 4},,\n"
            for number in range(120)
        )
    )
    return colne


@pytest.mark.parametrize("order", ["name", "gap", "expiry"])
def test_page_by_page_everybody_comes_once(many, order):
    seen, after = [], 0
    while after is not None:
        page = many.people(order, after=after)
        assert page.count == 124
        seen += [one.post for one in page.lines]
        after = page.more
    assert len(seen) == len(set(seen)) == 124


def test_it_costs_as_many_questions_however_many_there_are(many, town):
    asked = []

    @sa.event.listens_for(many.bridge.database.engine, "before_cursor_execute")
    def note(*_arguments):
        asked.append(1)

    def questions(browser, address):
        browser.get(address)
        asked.clear()
        assert browser.get(address).status_code == 200
        return len(asked)

    grays = town.organisation("Grays Youth Club")
    for page in ("", "/people", "/people?order=gap&below=yes"):
        few = questions(town.browser(OTHER_COORDINATOR), f"/organisations/{grays}{page}")
        assert questions(town.browser(COORDINATOR), f"/organisations/{many.number}{page}") == few


class TestPages:
    def test_the_list(self, colne, town):
        browser = town.browser(COORDINATOR)
        page = browser.get(f"/organisations/{colne.number}/people").text
        assert "4 posts are found" in page
        assert re.search(rf'href="/organisations/{colne.number}/people/\d+">Asha Rao</a>', page)
        assert "Femi Ade" not in page
        assert "does not prove who sat at the screen" in page

    def test_a_name_is_never_in_an_address(self, many, town):
        browser = town.browser(COORDINATOR)
        browser.get(f"/organisations/{many.number}/people")
        answer = browser.post(f"/organisations/{many.number}/people", name="Pat", required="T1")
        assert answer.request.query_string == b"required=T1&sought=yes"
        assert "80 posts are found" in answer.text
        assert 'value="Pat"' in answer.text
        assert not re.search(r'href="[^"]*Pat', answer.text)
        following = re.search(r'href="([^"]*after=[^"]*)"', answer.text)[1].replace("&amp;", "&")
        assert browser.get(following).text.count(">Pat Same</a>") == 30
        assert browser.get(f"/organisations/{many.number}/people?name=Asha").text.count("</tr>") == 51

    def test_a_name_is_kept_for_the_way_back_and_for_no_other_list_or_person(self, many, town):
        browser, address = town.browser(COORDINATOR), f"/organisations/{many.number}/people"
        browser.get(address)
        found = browser.post(address, name="Pat “ÄÖ” 🙂" * 200).request.full_path
        assert "0 posts are found" in browser.get(found).text
        found = browser.post(address, name="Asha").request.full_path
        learner = re.search(r"/people/(\d+)", browser.get(found).text)[1]
        browser.get(f"{address}/{learner}")
        assert 'value="Asha"' in browser.get(found).text
        assert 'value="Asha"' not in browser.get(address).text
        cookie = browser.client.get_cookie("lrs_sought")
        assert cookie.http_only
        assert cookie.same_site == "Lax"
        for nonsense in ("", "x", "W10=", "WzEsMl0=", "bnVsbA=="):
            browser.client.set_cookie("lrs_sought", nonsense)
            assert 'value="Asha"' not in browser.get(found).text
        browser.post(address, name="Asha")
        browser.post("/me/sign-out")
        assert browser.client.get_cookie("lrs_sought") is None

    def test_filters_have_an_address(self, colne, town):
        browser = town.browser(COORDINATOR)
        address = f"/organisations/{colne.number}/people"
        browser.get(address)
        answer = browser.post(address, follow=False, name="", below="yes", role="cook", order="gap")
        assert (answer.status_code, answer.headers["Location"]) == (
            303,
            f"{address}?role=cook&below=yes&order=gap",
        )

    def test_pages_follow_each_other(self, many, town):
        browser = town.browser(COORDINATOR)
        page = browser.get(f"/organisations/{many.number}/people?order=gap").text
        following = re.search(r'href="([^"]*after=[^"]*)"', page)[1].replace("&amp;", "&")
        assert "order=gap" in following
        assert browser.get(following).status_code == 200

    @pytest.mark.parametrize(
        "asked", ["after=x", "after=99999999999999999999999", "order=no", "champion=no", "after=12345"]
    )
    def test_an_address_that_makes_no_sense_shows_the_first_page(self, colne, town, asked):
        page = town.browser(COORDINATOR).get(f"/organisations/{colne.number}/people?{asked}")
        assert "Asha Rao" in page.text

    def test_nobody_yet_and_nobody_found(self, colne, town):
        browser = town.browser(COORDINATOR)
        page = browser.get(f"/organisations/{colne.number}/people?team=nowhere").text
        assert "Nobody here has a post that these filters take." in page

    def test_an_organisation_at_a_glance(self, colne, town):
        browser = town.browser(COORDINATOR)
        assert f'href="/organisations/{colne.number}">Colne' in browser.get("/organisations").text
        page = browser.get(f"/organisations/{colne.number}").text
        told = re.findall(r"<strong>(\d+)</strong> ([^<]+)", page)
        assert told == [
            ("4", "posts in all"),
            ("3", "below the tier that the post requires"),
            ("0", "where something lapses within 90 days"),
            ("0", "CSE Champions"),
        ]
        for address in re.findall(rf'href="(/organisations/{colne.number}/people[^"]*)"', page):
            assert browser.get(address.replace("&amp;", "&")).status_code == 200

    def test_what_is_not_said_yet_and_one_of_a_thing(self, colne, town, monkeypatch):
        browser, page = town.browser(COORDINATOR), f"/organisations/{colne.number}"
        assert "no required tier yet" not in browser.get(page).text
        colne.staff(f"New One,new@colne.example,{COLNE},essex,Porter,,,,\n")
        assert "1 post has no required tier yet" in browser.get(page).text
        colne.staff(f"New Two,two@colne.example,{COLNE},essex,Porter,,,,\n")
        assert "2 posts have no required tier yet" in browser.get(page).text
        one = replace(
            colne.bridge.database.read(
                lambda session: post_standings.counts(session, colne.number, colne.bridge.clock())
            ),
            posts=1,
            champions=1,
        )
        monkeypatch.setattr(post_standings, "counts", lambda *_: one)
        told = re.findall(r"<strong>1</strong> ([^<]+)", browser.get(page).text)
        assert told == ["post in all", "CSE Champion"]


class TestExport:
    def sent(self, town, number, **form):
        browser = town.browser(COORDINATOR)
        browser.get(f"/organisations/{number}/people")
        return browser.post(f"/organisations/{number}/people/export", **form)

    def test_csv_of_what_is_on_the_screen_all_pages_of_it(self, many, town):
        answer = self.sent(town, many.number, format="csv", required="T1", order="gap", name="pat")
        assert answer.mimetype == "text/csv"
        assert answer.headers["Content-Disposition"] == 'attachment; filename="people-2026-03-02.csv"'
        head, *rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
        assert head == list(organisation_people.HEADINGS)
        shown = many.people("gap", name="pat", required="T1")
        assert [tuple(row) for row in rows[: len(shown.lines)]] == [one.cells for one in shown.lines]
        assert len(rows) == shown.count == 80

    def test_the_day_from_which_a_post_is_held(self, colne, town):
        colne.staff(f"Ed New,ed@colne.example,{COLNE},essex,Cook,T1,,2025-09-01,\n")
        answer = self.sent(town, colne.number, format="csv")
        rows = csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")))
        begins = {row["Name"]: row["From"] for row in rows}
        assert (begins["Ed New"], begins["Dee O'Hara"], begins["Cem Öz"]) == ("1 Sep 2025", "1 Jan 2030", "")
        assert (
            "from 1 Sep 2025"
            not in town.browser(COORDINATOR).get(f"/organisations/{colne.number}/people").text
        )

    def test_a_workbook(self, colne, town):
        colne.staff(f'=1+1,evil@colne.example,{COLNE},essex,Cook,T1,"=cmd|x",,\n')
        answer = self.sent(town, colne.number, format="xlsx")
        sheet = load_workbook(io.BytesIO(answer.data)).active
        rows = [[cell.value or "" for cell in row] for row in sheet.iter_rows(min_row=2)]
        assert [row[0] for row in rows] == ["=1+1", "Asha Rao", "Bea Lind", "Cem Öz", "Dee O'Hara"]
        assert "f" not in {cell.data_type for row in sheet.iter_rows() for cell in row}

    def test_it_is_on_record_who_took_what_without_the_name_searched_for(self, colne, town):
        self.sent(town, colne.number, format="csv", name="rao", below="yes")
        [kept] = town.bridge.database.read(lambda session: audit.entries(session, limit=1))
        assert (kept.who, kept.act) == (COORDINATOR, "people exported")
        assert kept.about == f"{COLNE}: 1 posts, found by a name, below the required tier"
