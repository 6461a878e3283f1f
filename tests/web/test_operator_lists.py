"""What was refused, what no rule takes, and who has which role, on the operator's pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from builders import COMPLETED, statement
from web.boards import asked_for
from web.visitors import COORDINATOR, OFFICER, OPERATOR, Wanted

from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows import roles as flow
from lrs_bridge.store import audit, refused, roles

WRONG_ACTOR = {**statement(), "actor": {"mbox": "asha.rao@example.org"}}


@pytest.fixture
def browser(town):
    return town.browser(OPERATOR)


def kept(town, number):
    """So many refusals, a minute apart, the last the newest."""
    now = town.bridge.clock()
    made = [
        refused.Refusal(
            digest=n.to_bytes(16, "big"),
            at=now - timedelta(minutes=number - n),
            client_id=None,
            method="GET",
            path=f"/xapi/{n}",
            status=404,
            reason="There is nothing",
            excerpt="",
        )
        for n in range(number)
    ]
    town.bridge.database.write(lambda session: refused.keep(session, made, 10_000))


class TestRefused:
    def test_shows_why_whose_and_how_it_began(self, town, browser):
        town.bridge.post([statement(), WRONG_ACTOR], sender="nwg")
        page = browser.get("/operator/refused").text
        assert "400 to POST /xapi/statements" in page
        assert "source nwg" in page
        assert "$[1].actor.mbox" in page
        assert "<summary>How it began</summary>" in page

    def test_can_be_narrowed_to_a_source_or_to_nobodys(self, town, browser):
        town.bridge.post(WRONG_ACTOR, sender="nwg")
        town.bridge.post(statement(), sender=None)
        of_nwg, of_moodle, of_nobody = (
            browser.get(f"/operator/refused?source={source}").text for source in ("nwg", "moodle", "nobody")
        )
        assert "400 to POST" in of_nwg
        assert "401 to POST" not in of_nwg
        assert "Nothing was refused." in of_moodle
        assert "401 to POST" in of_nobody
        assert "400 to POST" not in of_nobody

    def test_goes_on_behind_the_last_one(self, town, browser):
        kept(town, 60)
        seen, path = [], "/operator/refused"
        while path:
            page = browser.get(path).text
            seen += [
                line.partition("/xapi/")[2].partition("<")[0]
                for line in page.split("\n")
                if "404 to GET" in line
            ]
            path = page.partition('<a href="/operator/refused?')[2].partition('"')[0].replace("&amp;", "&")
            path = path and f"/operator/refused?{path}"
        assert seen == [str(n) for n in reversed(range(60))]

    def test_a_made_up_place_is_refused(self, browser):
        assert browser.get("/operator/refused?after=here").status_code == 400

    def test_asks_as_many_questions_whatever_was_refused(self, town, browser):
        before = asked_for(town, browser, "/operator/refused")
        kept(town, 60)
        assert asked_for(town, browser, "/operator/refused") == before


class TestUnmapped:
    def stored(self, town, number=1):
        made = [
            statement(
                verb=COMPLETED,
                what=f"https://example.org/course/{n}",
                object={
                    "id": f"https://example.org/course/{n}",
                    "definition": {
                        "name": {"en": f"Course {n}"},
                        "type": "http://adlnet.gov/expapi/activities/course",
                    },
                },
            )
            for n in range(number)
        ]
        town.bridge.stored(*made, sender="nwg")
        town.bridge.recompute()

    def test_shows_the_rule_to_paste(self, town, browser):
        self.stored(town)
        page = browser.get("/operator/unmapped").text
        assert "Course 0" in page
        assert "https://example.org/course/0" in page
        assert "course: PUT_THE_COURSE_HERE" in page
        assert "1 statement, the last on 2 Mar 2026" in page

    def test_shows_so_many_and_counts_the_rest(self, town, browser):
        self.stored(town, 33)
        page = browser.get("/operator/unmapped").text
        assert page.count("PUT_THE_COURSE_HERE") == 30
        assert "And 3 more" in page

    def test_says_so_where_there_is_nothing(self, browser):
        assert (
            "Every completion that came lately is taken by a rule." in browser.get("/operator/unmapped").text
        )

    def test_asks_as_many_questions_whatever_there_is(self, town, browser):
        before = asked_for(town, browser, "/operator/unmapped")
        self.stored(town, 12)
        assert asked_for(town, browser, "/operator/unmapped") == before


def held(town, address):
    mappings = town.bridge.database.read(
        lambda session: mapping_flow.in_force(session, town.bridge.settings.calendar)
    )
    found = town.bridge.database.read(lambda session: roles.grants(session, mbox=f"mailto:{address}"))
    return [flow.in_words(one, mappings) for one in found]


def number_of(town, address):
    [one] = town.bridge.database.read(lambda session: roles.grants(session, mbox=f"mailto:{address}"))
    return one.number


class TestRoles:
    def test_are_listed_with_who_gave_them(self, browser):
        page = browser.get("/operator/roles").text
        assert "Coordinator of Colne Primary School" in page
        assert "by the tests" in page

    def test_can_be_narrowed(self, browser):
        page = browser.get("/operator/roles?role=board").text
        assert OFFICER in page
        assert COORDINATOR not in page

    def test_of_an_address_are_found_without_it_standing_in_the_pages_address(self, browser):
        answer = browser.post("/operator/roles", email=COORDINATOR.upper())
        assert answer.status_code == 200
        assert "Coordinator of Colne Primary School" in answer.text
        assert OFFICER not in answer.text
        assert browser.post("/operator/roles", email="nobody").status_code == 400

    @pytest.mark.parametrize(
        ("chosen", "words"),
        [
            (
                {"role": "coordinator", "organisation": "colne primary school"},
                "coordinator of Colne Primary School",
            ),
            ({"role": "board", "area": "thurrock"}, "Board officer of Thurrock"),
            ({"role": "operator"}, "operator"),
        ],
    )
    def test_are_given_and_on_record(self, town, browser, chosen, words):
        answer = browser.post("/operator/roles/give", follow=False, email="New@one.example", **chosen)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/operator/roles")
        assert held(town, "new@one.example") == [words]
        [one] = town.bridge.database.read(lambda session: audit.entries(session, limit=1))
        assert (one.who, one.act, one.about) == (OPERATOR, "role given", f"new@one.example: {words}")

    @pytest.mark.parametrize(
        ("typed", "field"),
        [
            ({"email": "nobody", "role": "operator"}, "email"),
            ({"role": ""}, "role"),
            ({"role": "king"}, "role"),
            ({"role": "coordinator", "organisation": "Nowhere"}, "organisation"),
            ({"role": "board", "area": ""}, "area"),
            ({"email": OPERATOR, "role": "operator"}, "email"),
        ],
    )
    def test_what_is_wrong_stands_at_its_field(self, browser, typed, field):
        answer = browser.post("/operator/roles/give", **{"email": "new@one.example", **typed})
        assert answer.status_code == 400
        assert f'href="#{field}"' in answer.text

    def test_are_taken_after_asking_and_on_record(self, town, browser):
        number = number_of(town, COORDINATOR)
        assert "Coordinator" in browser.get("/operator/roles").text
        assert COORDINATOR in browser.get(f"/operator/roles/{number}/take").text
        assert held(town, COORDINATOR)
        browser.post(f"/operator/roles/{number}/take")
        assert held(town, COORDINATOR) == []
        [one] = town.bridge.database.read(lambda session: audit.entries(session, limit=1))
        assert (one.who, one.act) == (OPERATOR, "role taken")
        assert one.about == f"{COORDINATOR}: coordinator of Colne Primary School"
        assert browser.post(f"/operator/roles/{number}/take").status_code == 404

    def test_of_the_last_operator_stays(self, town, browser):
        number = number_of(town, OPERATOR)
        answer = browser.post(f"/operator/roles/{number}/take")
        assert answer.status_code == 409
        assert "This is the last operator" in answer.text
        town.give("second@bridge.example", Wanted("operator"))
        assert browser.post(f"/operator/roles/{number}/take", follow=False).status_code == 303
        assert browser.get("/operator").status_code == 403

    def test_list_goes_on_and_asks_as_many_questions(self, town, browser):
        before = asked_for(town, browser, "/operator/roles")
        for n in range(60):
            town.give(f"p{n}@colne.example", Wanted("coordinator", "Colne Primary School"))
        assert asked_for(town, browser, "/operator/roles") == before
        first = browser.get("/operator/roles").text
        below = first.partition("below=")[2].partition('"')[0]
        second = browser.get(f"/operator/roles?below={below}").text
        assert "p59@colne.example" in first
        assert "p5@colne.example" not in first
        assert "p5@colne.example" in second
        assert "below=" not in second
