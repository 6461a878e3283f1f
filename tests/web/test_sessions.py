"""A session of face-to-face training, typed or pasted: shown first, then recorded."""

from __future__ import annotations

import io
import re

import pytest
import sqlalchemy as sa
from web.visitors import COORDINATOR, LEARNER, OTHER_LEARNER

from lrs_bridge.store.recording_tables import uploads

SESSION = {
    "title": "ESCB pack",
    "date": "27/2/2026",
    "delivered_by": "lead@colne.example",
    "area": "essex",
    "courses": ["induction", "escb_basic"],
}


class Desk:
    def __init__(self, town):
        self.town, self.bridge, self.browser = town, town.bridge, town.browser(COORDINATOR)
        self.form = f"/organisations/{town.organisation('Colne Primary School')}/sessions/new"

    def sends(self, **fields):
        return self.browser.post(self.form, **{**SESSION, **fields})

    def evidence(self, who):
        self.bridge.recompute()
        return {one["course"] for one in self.bridge.explain(who)["evidence"] if one["counts"]}


@pytest.fixture
def desk(town):
    desk = Desk(town)
    assert desk.browser.get(desk.form).status_code == 200
    return desk


def text_of(answer):
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


def test_a_session_is_shown_with_who_is_new_and_then_kept(desk):
    pasted = f"Asha Rao, {LEARNER}\nNewby Nile <new@colne.example>\nFemi Ade {OTHER_LEARNER}\n"
    shown = desk.sends(attendees=pasted)
    assert "What would change" in shown.text
    assert "3 new" in text_of(shown)
    assert "on 27 Feb 2026" in text_of(shown)
    assert "ESCB basic awareness package, session “ESCB pack” at Colne Primary School" in text_of(shown)
    told = re.findall(r'(\S+)</strong></bdi><span class="ways">is not among the people of Colne', shown.text)
    assert told == ["new@colne.example", OTHER_LEARNER]
    assert desk.evidence(LEARNER) == set()
    done = desk.browser.post(shown.request.path)
    assert "3 new" in text_of(done)
    for who in (LEARNER, OTHER_LEARNER, "new@colne.example"):
        assert desk.evidence(who) == {"induction", "escb_basic"}
    assert desk.bridge.explain("new@colne.example")["learner"]["name"] == "Newby Nile"


def test_who_stands_twice_in_the_list_is_not_told_to_be_recorded_before(desk):
    pasted = f"Asha Rao, {LEARNER}\n{LEARNER}\nBea Lind, bea.lind@colne.example\n"
    shown = text_of(desk.sends(attendees=pasted, items=["2.8"]))
    assert "2 new" in shown
    assert "1 stands twice in the list, and counts once" in shown
    assert "recorded already" not in shown
    assert "ESCB basic awareness package, 2.8 " in shown
    again = desk.sends(attendees=f"{pasted}new@colne.example", items=["2.8"])
    desk.browser.post(again.request.path)
    told = text_of(desk.sends(attendees=pasted, items=["2.8"]))
    assert "2 recorded already: nothing changes 1 stands twice" in told


def test_a_name_that_is_known_already_stays(desk):
    shown = desk.sends(attendees=f"Ashley R, {LEARNER}")
    desk.browser.post(shown.request.path)
    desk.bridge.recompute()
    assert desk.bridge.explain(LEARNER)["learner"]["name"] == "Asha Rao"


def test_attendees_in_a_file_come_beside_those_typed(desk):
    file = (io.BytesIO(b"name,email\nBea Lind,bea.lind@colne.example\n"), "there.csv")
    shown = desk.sends(attendees=LEARNER, file=file)
    assert "2 new" in text_of(shown)


def test_single_items_can_be_what_it_gave(desk):
    shown = desk.sends(attendees=LEARNER, courses=[], items=["2.8", "3.4"])
    desk.browser.post(shown.request.path)
    assert desk.evidence(LEARNER) == {"item:2.8", "item:3.4"}


@pytest.mark.parametrize(
    ("fields", "field", "told"),
    [
        ({"attendees": ""}, "attendees", "Enter who attended"),
        ({"attendees": "Asha Rao"}, "attendees", "Line 1: “Asha Rao” is no e-mail address"),
        (
            {"attendees": f"{LEARNER}\n{'x' * 301}, b@x.example"},
            "attendees",
            "Line 2: the name is 301 characters long; at most 300 are kept",
        ),
        ({"title": "x" * 301}, "title", "The title is 301 characters long"),
        ({"attendees": "lead@colne.example"}, "attendees", "Who delivered a session does not attend it"),
        ({"title": ""}, "title", "Enter what was used"),
        ({"date": "2/27/2026"}, "date", "is not a day"),
        ({"date": "27/2/2027"}, "date", "is still to come"),
        ({"delivered_by": "Joan"}, "delivered_by", "Enter an e-mail address in the correct format"),
        ({"area": ""}, "area", "Choose the area"),
        ({"courses": []}, "courses", "Choose what the session gave"),
        ({"courses": ["magic"]}, "courses", "Unknown course"),
        ({"items": ["9.9"]}, "items", "is no item of the tiers"),
        ({"file": b"name\nAsha\n"}, "attendees", "no column named"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_kept(desk, fields, field, told):
    if "file" in fields:
        fields = {"file": (io.BytesIO(fields["file"]), "x.csv")}
    answer = desk.sends(**{"attendees": LEARNER, **fields})
    assert answer.status_code == 400
    assert told in re.search(rf'id="{field}-error">(.*?)</p>', answer.text, re.DOTALL)[1]
    assert desk.bridge.database.read(lambda session: session.execute(sa.select(uploads)).all()) == []


def test_all_that_is_wrong_is_told_at_once(desk):
    answer = desk.sends(attendees="Asha Rao", date="31/02/2026", courses=[])
    for field in ("attendees", "date", "courses"):
        assert f'id="{field}-error"' in answer.text, field
