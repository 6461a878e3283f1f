"""Checking in by a link shown in the room: from the code on the wall to what is recorded."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from web.visitors import COORDINATOR, LEARNER, OTHER_LEARNER, Browser

from lrs_bridge.flows import check_in as flow
from lrs_bridge.jobs import JOBS, Timetable
from lrs_bridge.store.recording_tables import check_in_entries, check_ins

SESSION = {
    "title": "ESCB pack",
    "date": "2/3/2026",
    "delivered_by": "lead@colne.example",
    "area": "essex",
    "courses": ["induction"],
    "hours": "3",
}


class Room:
    """Colne's coordinator has opened a session, and shows the link."""

    def __init__(self, town):
        self.town, self.bridge, self.browser = town, town.bridge, town.browser(COORDINATOR)
        self.base = f"/organisations/{town.organisation('Colne Primary School')}/check-ins"
        answer = self.browser.post(self.base, follow=False, **SESSION)
        assert answer.status_code == 303, answer.text
        self.page = answer.headers["Location"]
        self.link = re.search(r"/check-in/[a-z2-9-]+", self.browser.get(self.page).text)[0]

    def enters(self, name, known_by, phone=None):
        phone = phone or Browser(self.bridge)
        phone.get(self.link)
        return phone.post(self.link, name=name, known_by=known_by)

    def rows(self, table):
        return self.bridge.database.read(lambda session: session.execute(sa.select(table)).all())

    def confirms(self, *, without=(), **more):
        there = [str(row.id) for row in self.rows(check_in_entries) if row.name not in without]
        last = self.rows(check_in_entries)[-1].id if there or without else 0
        return self.browser.post(self.page, **{"there": there, "last_seen": str(last), **more})

    def evidence(self, who):
        self.bridge.recompute()
        return {one["course"] for one in self.bridge.explain(who)["evidence"] if one["counts"]}


@pytest.fixture
def room(town):
    return Room(town)


def test_from_the_code_on_the_wall_to_what_is_recorded(room):
    shown = room.browser.get(room.page).text
    assert "Check in now" in shown
    assert "Open until 12:00 on 2 Mar 2026" in shown
    code = room.browser.get(f"{room.page}/code.svg")
    assert (code.mimetype, code.text[:4]) == ("image/svg+xml", "<svg")
    assert "style=" not in code.text
    assert f'src="{room.page}/code.svg"' in shown
    for name, known_by in (
        ("Asha Rao", LEARNER.upper()),
        ("Newby Nile", "new@colne.example"),
        ("Late Gone", "gone@x.example"),
    ):
        assert "Thank you" in room.enters(name, known_by).text
    shown = room.browser.get(room.page).text
    assert "3 people have entered" in shown
    assert (
        shown.count("not among your organisation&#39;s people")
        + shown.count("not among your organisation's people")
        == 2
    )
    done = room.confirms(without=("Late Gone",))
    assert "recorded for 2 people" in done.text
    assert room.evidence(LEARNER) == {"induction"}
    assert room.evidence("new@colne.example") == {"induction"}
    assert room.bridge.explain("new@colne.example")["learner"]["name"] == "Newby Nile"
    assert room.rows(check_in_entries) == []
    assert Browser(room.bridge).get(room.link).status_code == 404


def test_everybody_is_answered_alike_and_sees_nobody_else(room):
    answers = [
        room.enters("Femi", known_by).text
        for known_by in (LEARNER, OTHER_LEARNER, "nobody@x.example", LEARNER)
    ]
    assert len(set(answers)) == 1
    assert len(room.rows(check_in_entries)) == 3
    later = Browser(room.bridge).get(room.link).text
    for told in ("Femi", "Asha", LEARNER, "entered", "new:"):
        assert told not in later


@pytest.mark.parametrize(
    ("name", "known_by", "field", "told"),
    [
        ("", LEARNER, "name", "Enter your name"),
        ("x" * 101, LEARNER, "name", "at most 100"),
        ("Asha", "", "known_by", "Enter your e-mail address"),
        ("Asha", "Asha Rao", "known_by", "Enter your e-mail address"),
        ("Asha", "B12", "known_by", "Enter your e-mail address"),
        ("Asha", "a@b@c", "known_by", "Enter your e-mail address"),
    ],
)
def test_who_names_nobody_is_told_beside_the_field(room, name, known_by, field, told):
    answer = room.enters(name, known_by)
    assert answer.status_code == 400
    assert told in re.search(rf'id="{field}-error">(.*?)</p>', answer.text, re.DOTALL)[1]
    assert room.rows(check_in_entries) == []


def test_badges_are_not_asked_for_where_the_organisation_has_none(room):
    session_form = room.base.replace("check-ins", "sessions/new")
    assert "badge" not in Browser(room.bridge).get(room.link).text
    assert "badge" not in room.enters("Tom", "B123").text
    assert "badge" not in room.browser.get(session_form).text
    room.bridge.import_csv(
        "organisations", "organisation,home_page\nColne Primary School,https://colne.example/badges\n"
    )
    assert "or the number of your badge</label>" in Browser(room.bridge).get(room.link).text
    assert "or the number of your badge" in room.enters("Tom", "Tom Barker").text
    assert room.browser.get(session_form).text.count("badge") == 2


def test_a_badge_does_where_the_organisation_has_them(room):
    room.bridge.import_csv(
        "organisations", "organisation,home_page\nColne Primary School,https://colne.example/badges\n"
    )
    assert "Thank you" in room.enters("Tom", "B123").text
    assert room.rows(check_in_entries)[0].identifier == "https://colne.example/badges|B123"
    assert "B123" in room.browser.get(room.page).text


def test_a_browser_enters_few_and_a_link_no_more_than_a_hall_holds(room, monkeypatch):
    phone = Browser(room.bridge)
    for number in range(5):
        assert room.enters("Somebody", f"s{number}@x.example", phone).status_code == 200
    refused = room.enters("Somebody", "s9@x.example", phone)
    assert refused.status_code == 400
    assert "5 people have entered by this browser" in refused.text
    monkeypatch.setattr(flow, "_MOST_ENTRIES", 6)
    assert room.enters("Somebody", "t1@x.example").status_code == 200
    assert "The list is full" in room.enters("Somebody", "t2@x.example").text


def test_the_link_closes_by_the_clock_and_by_the_button(room):
    other = Room(room.town)
    assert other.link != room.link
    assert "Who was there?" in other.browser.post(f"{other.page}/close").text
    for path in (other.link, f"{other.link}/thanks", f"{room.link}x", "/check-in/nothing"):
        assert Browser(room.bridge).get(path).status_code == 404
    room.enters("Asha", LEARNER)
    room.bridge.clock.advance(timedelta(hours=3))
    phone = Browser(room.bridge)
    phone.get("/sign-in")
    assert phone.post(room.link, name="Late", known_by="late@x.example").status_code == 404
    browser = room.town.browser(COORDINATOR)
    shown = browser.get(room.page).text
    assert "Who was there?" in shown
    assert "/check-in/" not in shown
    room.browser = browser
    assert "recorded for 1 person" in room.confirms().text


def test_who_entered_while_the_list_was_looked_at_is_not_left_out(room):
    room.enters("Asha Rao", LEARNER)
    [first] = room.rows(check_in_entries)
    room.enters("Bea Lind", "bea.lind@colne.example")
    answer = room.browser.post(room.page, there=[], last_seen=str(first.id))
    assert answer.status_code == 400
    assert "1 more entered while you looked" in answer.text
    ticked = re.findall(r'name="there" value="(\d+)"( checked)?', answer.text)
    assert [bool(checked) for _, checked in ticked] == [False, True]
    assert room.evidence(LEARNER) == set()


def test_an_old_tab_records_no_other_room_and_a_list_says_what_it_records(room):
    room.enters("Asha Rao", LEARNER)
    shown = room.browser.get(room.page).text
    for told in ("2 Mar 2026", "lead@colne.example", "induction", "Essex"):
        assert told in shown, told
    room.browser.post(f"{room.page}/cancel")
    other = Room(room.town)
    assert other.page != room.page
    other.enters("Bea Lind", "bea.lind@colne.example")
    there = [str(row.id) for row in room.rows(check_in_entries)]
    answer = room.browser.post(room.page, there=there, last_seen=there[-1])
    assert answer.status_code == 404
    assert "This list was changed or cancelled since you saw it" in answer.text
    assert len(room.rows(check_in_entries)) == 1


def test_twice_is_once_and_nobody_is_no_session(room):
    assert "Choose who was there" in room.browser.post(room.page, last_seen="0").text
    room.enters("Asha Rao", LEARNER)
    assert room.confirms(there=[]).status_code == 400
    first = room.confirms().text
    number = room.bridge.count()
    again = room.browser.post(room.page, there=["1"], last_seen="9").text
    assert again == first
    assert room.bridge.count() == number


def test_what_is_recorded_is_not_cancelled_in_another_tab(room):
    room.enters("Asha Rao", LEARNER)
    room.confirms()
    answer = room.browser.post(f"{room.page}/cancel")
    assert "<h1>It is recorded already</h1>" in answer.text
    assert "recorded for 1 person" in answer.text
    assert "<h1>The session is recorded</h1>" in room.browser.get(room.page).text


def test_who_delivered_does_not_attend(room):
    room.enters("Joan", SESSION["delivered_by"])
    assert "who delivered a session does not attend it" in room.confirms().text


@pytest.mark.parametrize(
    ("fields", "field", "told"),
    [
        ({"title": ""}, "title", "Enter what was used"),
        ({"date": "3/3/2026"}, "date", "is still to come"),
        ({"courses": ["magic"]}, "courses", "Unknown course"),
        ({"hours": "99"}, "hours", "The time is none of the choices"),
    ],
)
def test_what_is_wrong_with_the_session_is_told_before_it_opens(room, fields, field, told):
    answer = room.browser.post(room.base, **{**SESSION, **fields})
    assert answer.status_code == 400
    assert told in answer.text
    assert len(room.rows(check_ins)) == 1
    assert f'id="{field}"' in answer.text


def test_lists_that_nobody_confirms_are_forgotten_and_those_that_are_cancelled(room):
    room.enters("Asha Rao", LEARNER)
    assert "ESCB pack, 2/3/2026" in room.browser.get(room.base).text
    other = Room(room.town)
    other.enters("Bea", "b@x.example")
    other.browser.post(f"{other.page}/cancel")
    assert [row.name for row in room.rows(check_in_entries)] == ["Asha Rao"]
    [job] = [one for one in JOBS if one.name == "codes"]
    table = Timetable(room.bridge.database, room.bridge.settings, room.bridge.clock)
    room.bridge.clock.advance(flow.KEPT + timedelta(hours=2))
    job.run(table)
    assert len(room.rows(check_ins)) == 1
    room.bridge.clock.advance(timedelta(hours=2))
    job.run(table)
    assert (room.rows(check_ins), room.rows(check_in_entries)) == ([], [])


def test_a_form_of_another_site_enters_nobody(room):
    phone = Browser(room.bridge)
    phone.get(room.link)
    phone.token = "0" * 64
    assert phone.post(room.link, name="Asha", known_by=LEARNER).status_code == 400
    assert room.rows(check_in_entries) == []


def test_tokens_are_long_and_never_the_same():
    tokens = {flow.new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(re.fullmatch(r"[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}", one) for one in tokens)
