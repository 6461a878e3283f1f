"""“Something is missing, this isn't me”: whom it reaches, what they see of it, and how it is closed."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from web.visitors import (
    COORDINATOR,
    LEARNER,
    OFFICER,
    OPERATOR,
    OTHER_COORDINATOR,
    OTHER_LEARNER,
    OTHER_OFFICER,
    Wanted,
)

from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows import notices, roles
from lrs_bridge.store import audit

PAGE = "/me/report"
TEXT = "The Toolbox module of 3 February is not there."


def reports(town, who=LEARNER, **said):
    browser = town.browser(who)
    browser.get(PAGE)
    return browser.post(PAGE, **{"kind": "missing", "text": TEXT, **said})


def told(town, smtp):
    """Who got which letter."""
    notices.send(town.bridge.database, town.bridge.settings, town.bridge.clock)
    return {one["To"]: one for one in smtp.messages}


def takes_roles(town, *addresses):
    def journey(session):
        known = mapping_flow.in_force(session, town.bridge.settings.calendar)
        for address in addresses:
            roles.take(session, address, [], known, who="op", now=town.bridge.clock())

    town.bridge.database.write(journey)


def at_colne(town):
    return f"/organisations/{town.organisation('Colne Primary School')}/reports"


def number_on(page):
    return re.search(r'name="report" value="(\d+)"', page.text)[1]


class TestReaches:
    def test_the_coordinator_of_the_organisation(self, town, smtp):
        page = reports(town)
        assert "to the training coordinator of Colne Primary School" in page.text
        assert "Not dealt with yet" in page.text
        letters = told(town, smtp)
        assert set(letters) == {COORDINATOR}
        assert letters[COORDINATOR]["Subject"] == "Asha Rao reports: Something is missing"
        for kind in ("plain", "html"):
            text = letters[COORDINATOR].get_body((kind,)).get_content()
            person = at_colne(town).replace("reports", f"people/{town.learner(LEARNER)}")
            assert at_colne(town) in text
            assert person in text
            assert "Toolbox" not in text
        seen = town.browser(COORDINATOR).get(at_colne(town)).text
        assert TEXT in seen
        assert person in seen

    def test_the_board_where_there_is_no_coordinator(self, town, smtp):
        takes_roles(town, COORDINATOR)
        assert "to Essex Safeguarding Children Board" in reports(town).text
        assert set(told(town, smtp)) == {OFFICER}
        assert TEXT in town.browser(OFFICER).get("/boards/essex/reports").text
        assert TEXT not in town.browser(OPERATOR).get("/operator/reports").text

    def test_the_operators_where_there_is_neither(self, town, smtp):
        takes_roles(town, COORDINATOR, OFFICER)
        assert "to whoever runs the service" in reports(town).text
        letters = told(town, smtp)
        assert set(letters) == {OPERATOR}
        assert "/operator/reports" in letters[OPERATOR].get_body(("plain",)).get_content()
        assert TEXT in town.browser(OPERATOR).get("/operator/reports").text

    def test_the_operators_of_whoever_has_no_post(self, town, smtp):
        ends(town, LEARNER)
        reports(town)
        assert set(told(town, smtp)) == {OPERATOR}

    @pytest.mark.parametrize(
        ("about", "whom"),
        [
            ("1", {COORDINATOR}),
            ("2", {OTHER_COORDINATOR}),
            ("all", {COORDINATOR, OTHER_COORDINATOR}),
        ],
    )
    def test_those_of_the_organisation_that_it_is_about(self, town, smtp, about, whom):
        town.bridge.import_csv(
            "people",
            f"person,identifiers,organisation,area,role\nAsha Rao,{LEARNER},Grays Youth Club,thurrock,\n",
        )
        assert "Which organisation is it about?" in town.browser(LEARNER).get(PAGE).text
        assert reports(town).status_code == 400
        assert reports(town, about=about).status_code == 200
        assert set(told(town, smtp)) == whom
        seen = {
            who
            for who, name in (
                (COORDINATOR, "Colne Primary School"),
                (OTHER_COORDINATOR, "Grays Youth Club"),
            )
            if TEXT in town.browser(who).get(f"/organisations/{town.organisation(name)}/reports").text
        }
        assert seen == whom


def ends(town, who):
    town.bridge.import_csv(
        "people",
        "person,identifiers,organisation,area,role,until\n"
        f"Asha Rao,{who},Colne Primary School,essex,Class teacher,2026-03-01\n",
    )


class TestTheForm:
    @pytest.mark.parametrize(
        ("said", "wrong"),
        [
            ({"kind": ""}, ["kind"]),
            ({"kind": "nonsense"}, ["kind"]),
            ({"text": " \n"}, ["text"]),
            ({"text": "x" * 1200}, ["text"]),
            ({"kind": "", "text": ""}, ["kind", "text"]),
        ],
    )
    def test_says_what_is_wrong_and_keeps_what_was_typed(self, town, smtp, said, wrong):
        page = reports(town, **said)
        assert page.status_code == 400
        assert re.findall(r'<li><a href="#(\w+)">', page.text) == wrong
        assert (TEXT in page.text) is ("text" not in said)
        assert said.get("text", "").strip() in page.text
        assert told(town, smtp) == {}

    def test_says_how_much_it_takes_and_cuts_nothing(self, town, smtp):
        page = town.browser(LEARNER).get(PAGE).text
        assert "in at most 1,000 characters" in page
        assert "maxlength" not in page
        answer = reports(town, text="x" * 1201)
        assert "What you wrote is 1,201 characters long. Use 1,000 or fewer" in answer.text
        assert reports(town, text="\r\n".join(["y" * 99] * 10)).status_code == 200

    def test_takes_five_a_day(self, town, smtp):
        for _ in range(5):
            town.bridge.clock.advance(timedelta(minutes=1))
            assert reports(town).status_code == 200
        refused = reports(town)
        assert refused.status_code == 429
        assert int(refused.headers["Retry-After"]) == 86400 - 240
        town.bridge.clock.advance(timedelta(days=1))
        assert reports(town).status_code == 200

    def test_shows_text_as_text(self, town):
        reports(town, text="<script>alert(1)</script>")
        assert "<script>alert" not in town.browser(COORDINATOR).get(at_colne(town)).text

    def test_is_for_whom_something_is_recorded_of(self, town):
        assert town.browser(OFFICER).get(PAGE).status_code == 404

    def test_is_found_on_the_learners_page(self, town):
        assert f'href="{PAGE}"' in town.browser(LEARNER).get("/me").text

    def test_shows_nobody_elses(self, town):
        reports(town)
        assert TEXT not in town.browser(OTHER_LEARNER).get(PAGE).text


class TestClosing:
    def test_tells_the_learner_and_stays_on_record(self, town, smtp):
        reports(town)
        browser = town.browser(COORDINATOR)
        number = number_on(browser.get(at_colne(town)))
        page = browser.post(at_colne(town), report=number, **{f"note-{number}": "Recorded it today."})
        assert "Nothing is reported just now" in page.text
        closed = browser.get(f"{at_colne(town)}?closed=1").text
        assert "Recorded it today." in closed
        assert COORDINATOR in closed
        letter = told(town, smtp)[LEARNER]
        assert letter["Subject"] == "What you reported was dealt with: your CSE training"
        assert "Recorded" not in letter.get_body(("plain",)).get_content()
        mine = town.browser(LEARNER).get(PAGE).text
        assert "Recorded it today." in mine
        assert COORDINATOR not in mine
        [note] = town.bridge.database.read(lambda session: audit.entries(session, limit=1))
        assert (note.who, note.act, note.reason) == (COORDINATOR, "closed a report", "Recorded it today.")

    def test_needs_a_note(self, town):
        reports(town)
        browser = town.browser(COORDINATOR)
        number = number_on(browser.get(at_colne(town)))
        page = browser.post(at_colne(town), report=number)
        assert page.status_code == 400
        assert f'<a href="#note-{number}">Say what you did' in page.text

    def test_twice_is_once(self, town, smtp):
        reports(town)
        browser = town.browser(COORDINATOR)
        number = number_on(browser.get(at_colne(town)))
        for note in ("First.", "Second."):
            browser.post(at_colne(town), report=number, **{f"note-{number}": note})
        assert "First." in browser.get(f"{at_colne(town)}?closed=1").text
        assert [one["To"] for one in smtp.messages].count(LEARNER) == 0
        told(town, smtp)
        assert [one["To"] for one in smtp.messages].count(LEARNER) == 1

    @pytest.mark.parametrize(
        ("who", "path"),
        [
            (OTHER_COORDINATOR, "/organisations/{grays}/reports"),
            (OFFICER, "/boards/essex/reports"),
            (OTHER_OFFICER, "/boards/thurrock/reports"),
            (OPERATOR, "/operator/reports"),
        ],
    )
    def test_is_for_those_whom_it_was_sent_to(self, town, who, path):
        reports(town)
        number = number_on(town.browser(COORDINATOR).get(at_colne(town)))
        browser = town.browser(who)
        path = path.format(grays=town.organisation("Grays Youth Club"))
        assert TEXT not in browser.get(path).text
        refused = browser.post(path, report=number, **{f"note-{number}": "Mine now."})
        assert refused.status_code == 404

    def test_is_not_for_those_who_may_see_the_learner_no_longer(self, town):
        reports(town)
        browser = town.browser(COORDINATOR)
        number = number_on(browser.get(at_colne(town)))
        ends(town, LEARNER)
        assert TEXT not in browser.get(at_colne(town)).text
        refused = browser.post(at_colne(town), report=number, **{f"note-{number}": "Done."})
        assert refused.status_code == 404

    def test_by_a_role_given_later_is_fine(self, town):
        reports(town)
        town.give(OTHER_COORDINATOR, Wanted("coordinator", "Colne Primary School"))
        assert TEXT in town.browser(OTHER_COORDINATOR).get(at_colne(town)).text


def test_lists_go_page_by_page_at_the_same_cost(town):
    asked = []

    @sa.event.listens_for(town.bridge.database.engine, "before_cursor_execute")
    def note(*_arguments):
        asked.append(1)

    browser = town.browser(COORDINATOR)

    def page(address):
        asked.clear()
        answer = browser.get(address)
        assert answer.status_code == 200
        return answer.text, len(asked)

    reports(town, text="number 0.")
    page(at_colne(town))  # the mapping files are read once
    first, cost = page(at_colne(town))
    assert "Next page" not in first
    for number in range(1, 27):
        town.bridge.clock.advance(timedelta(hours=5))
        reports(town, text=f"number {number}.")
    browser = town.browser(COORDINATOR)
    page(at_colne(town))
    first, many = page(at_colne(town))
    assert many == cost
    assert first.count('name="report"') == 25
    rest = browser.get(re.search(r'href="([^"]+after=\d+)"', first)[1]).text
    assert rest.count('name="report"') == 2
    assert "number 26." in rest
    assert "Next page" not in rest
