"""Reminders to those below the tier that their post requires: looked at first, and not too often."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
from builders import completion
from web.visitors import COORDINATOR, LEARNER

from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows import notices
from lrs_bridge.flows import reminders as flow
from lrs_bridge.flows.roles import Wanted
from lrs_bridge.mapping_files import read_folder
from lrs_bridge.settings import SHIPPED_MAPPINGS
from lrs_bridge.store import audit
from lrs_bridge.store.recording_tables import reminders

HEAD = "bea.lind@colne.example"


class Desk:
    def __init__(self, town, smtp):
        self.town, self.bridge, self.smtp = town, town.bridge, smtp
        self.page = f"/organisations/{town.organisation('Colne Primary School')}/reminders"
        self.browser = town.browser(COORDINATOR)

    def sends(self):
        self.smtp.messages.clear()
        self.browser = self.town.browser(COORDINATOR)
        answer = self.browser.post(self.page)
        notices.send(self.bridge.database, self.bridge.settings, self.bridge.clock)
        return answer, sorted(one["To"] for one in self.smtp.messages)

    def shown(self):
        self.browser = self.town.browser(COORDINATOR)
        return " ".join(re.sub(r"<[^>]+>", " ", self.browser.get(self.page).text).split())


@pytest.fixture
def desk(town, smtp):
    return Desk(town, smtp)


def test_those_below_get_the_letter_that_was_shown_and_nobody_else(desk):
    shown = desk.browser.get(desk.page).text
    letter = re.search(r'<pre class="sent"[^>]*>(.*?)</pre>', shown, re.DOTALL)[1]
    answer, to = desk.sends()
    assert "2 reminders are on the way" in answer.text
    assert to == [LEARNER, HEAD]
    first = next(one for one in desk.smtp.messages if one["To"] == LEARNER)
    text = first.get_body(("plain",)).get_content()
    assert text.split() == letter.split()
    assert (
        "Asha Rao, your post at Colne Primary School requires the knowledge tier T3 Regular contact" in text
    )
    assert f"{desk.bridge.settings.public_url}/me" in text
    assert "Your CSE training: something is missing" in first["Subject"]


def test_it_is_noted_who_sent_how_many_and_nobodys_name(desk):
    desk.sends()
    [entry] = desk.bridge.database.read(lambda session: audit.entries(session, limit=1))
    assert (entry.who, entry.act) == (COORDINATOR, "reminders sent")
    assert entry.about == "Colne Primary School: 2 people below the tier that their post requires"


def test_not_again_within_thirty_days_however_often_it_is_pressed(desk):
    desk.sends()
    assert desk.sends()[1] == []
    assert "Nobody is to be reminded now" in desk.shown()
    desk.bridge.clock.advance(timedelta(days=29))
    assert desk.sends()[1] == []
    desk.bridge.clock.advance(timedelta(days=2))
    assert "within 30 days" in desk.shown()
    assert desk.sends()[1] == [LEARNER, HEAD]
    assert len(desk.bridge.database.read(lambda session: session.execute(sa.select(reminders)).all())) == 4


def test_as_often_as_the_board_allows(desk):
    files = read_folder(SHIPPED_MAPPINGS)
    files = {
        name: text.replace("annual_update:", "remind_every: P7D\nannual_update:")
        for name, text in files.items()
    }
    desk.bridge.put_in_force(files)
    found = desk.bridge.database.read(
        lambda session: mapping_flow.in_force(session, desk.bridge.settings.calendar)
    )
    assert found.champions["set"].remind_every.days == 7
    desk.bridge.recompute()
    desk.sends()
    assert "within 7 days" not in desk.shown()
    desk.bridge.clock.advance(timedelta(days=8))
    assert "within 7 days" in desk.shown()
    assert desk.sends()[1] == [LEARNER, HEAD]


def test_who_has_reached_the_tier_is_left_alone(desk):
    for course in ("induction", "escb_basic"):
        happened = desk.bridge.clock() - timedelta(days=1)
        desk.bridge.stored(completion(f"mailto:{HEAD}", course, happened))
    desk.bridge.recompute()
    assert desk.sends()[1] == [LEARNER]


def test_who_has_no_mailbox_of_their_own_is_named_and_gets_nothing(desk):
    desk.bridge.import_csv(
        "people",
        "person,identifiers,organisation,area,role,required_tier\n"
        "Tom Badge,https://colne.example/badges|7,Colne Primary School,essex,Driver,T1\n",
    )
    desk.bridge.recompute()
    shown = desk.shown()
    assert "No e-mail reaches these Tom Badge" in shown
    assert "Who gets it: 2" in shown
    assert desk.sends()[1] == [LEARNER, HEAD]


def test_those_whom_no_mail_reaches_keep_it_from_nobody(desk, monkeypatch):
    monkeypatch.setattr(flow, "MOST", 2)
    rows = "".join(
        f"Aa {number},https://colne.example/badges|{number},Colne Primary School,essex,Driver,T1\n"
        for number in range(3)
    )
    desk.bridge.import_csv("people", f"person,identifiers,organisation,area,role,required_tier\n{rows}")
    desk.bridge.recompute()
    assert desk.sends()[1] == [LEARNER, HEAD]


def test_two_organisations_at_once_remind_somebody_once(desk):
    rows = "".join(
        f"Asha Rao,{LEARNER},{name},essex,Teacher,T3\n" for name in ("Tendring School", "Harwich School")
    )
    desk.bridge.import_csv("people", f"person,identifiers,organisation,area,role,required_tier\n{rows}")
    desk.bridge.recompute()
    desk.town.give(COORDINATOR, Wanted("coordinator", "Tendring School"))
    desk.town.give(COORDINATOR, Wanted("coordinator", "Harwich School"))
    pages = [
        f"/organisations/{desk.town.organisation(name)}/reminders"
        for name in ("Tendring School", "Harwich School")
    ]
    both = [(desk.town.browser(COORDINATOR), page) for page in pages]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda one: one[0].post(one[1]), both))
    notices.send(desk.bridge.database, desk.bridge.settings, desk.bridge.clock)
    assert [one["To"] for one in desk.smtp.messages if one["Subject"].startswith("Your CSE")] == [LEARNER]


def test_one_who_was_reminded_elsewhere_is_not_again_here(desk):
    desk.bridge.import_csv(
        "people",
        "person,identifiers,organisation,area,role,required_tier\n"
        f"Asha Rao,{LEARNER},Tendring School,essex,Teacher,T3\n",
    )
    desk.bridge.recompute()
    desk.sends()
    desk.page = f"/organisations/{desk.town.organisation('Tendring School')}/reminders"
    desk.town.give(COORDINATOR, Wanted("coordinator", "Tendring School"))
    assert "Nobody is to be reminded now" in desk.shown()


def test_it_costs_as_many_questions_however_many_there_are(desk):
    asked = []

    @sa.event.listens_for(desk.bridge.database.engine, "before_cursor_execute")
    def note(*_arguments):
        asked.append(1)

    def questions():
        desk.browser = desk.town.browser(COORDINATOR)
        asked.clear()
        assert desk.browser.get(desk.page).status_code == 200
        return len(asked)

    questions()
    before = questions()
    rows = "".join(
        f"Person {number},p{number}@colne.example,Colne Primary School,essex,Cook,T2\n"
        for number in range(30)
    )
    desk.bridge.import_csv("people", f"person,identifiers,organisation,area,role,required_tier\n{rows}")
    desk.bridge.recompute()
    assert questions() == before


def test_the_letter_goes_to_the_address_of_the_post_here(desk):
    desk.bridge.import_csv(
        "people",
        "person,identifiers,organisation,area,role,required_tier\n"
        "Cy Two,a.cy@elsewhere.example; cy@colne.example,Grays Youth Club,thurrock,Driver,\n"
        "Cy Two,cy@colne.example,Colne Primary School,essex,Cook,T1\n",
    )
    desk.bridge.recompute()
    _, to = desk.sends()
    assert "cy@colne.example" in to
    assert "a.cy@elsewhere.example" not in to
