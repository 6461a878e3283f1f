"""One learner's whole way in a real browser, on a phone and without JavaScript: from nothing to champion in Southend by three sources, a
session and the line manager's e-mail; a word that is taken back; and the move to Thurrock. Letters go by a real mail server."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime, timedelta

import pytest
import requests
from builders import COMPLETED, completion, statement, wait_until
from journeys.test_pages import chromium
from servers import running_smtp

from lrs_bridge.settings import SHIPPED_MAPPINGS

__all__ = ["chromium"]

LEARNER = "noor.khan@mail.example"
COORDINATOR, MANAGER, NEW_MANAGER = "cora@ssw.example", "lee.young@ssw.example", "pat.quinn@grays.example"
SOUTHEND, THURROCK = "may.fox@southend.example", "joe.ray@thurrock.example"
NWG, TOOLBOX = "https://nwg-elearning.example/cse-basic-awareness", "https://set-toolbox.example/cse-toolbox"
ORGANISATIONS = """organisation,sector,areas
Southend Street Work,youth_offending,southend
Grays Youth Club,youth_offending,thurrock
"""
PEOPLE = f"""person,identifiers,organisation,area,role
Noor Khan,{LEARNER},Southend Street Work,southend,Youth worker
"""


class Journey:
    """The service, its mail server, and a browser for each person."""

    def __init__(self, service, smtp, chromium):
        self.service, self.smtp, self.chromium = service, smtp, chromium
        self.pages, self.asked = {}, []

    def take_in(self, kind, text):
        table = self.service.folder / f"{kind}.csv"
        table.write_text(text, encoding="utf-8")
        done = self.service.run("import", kind, str(table), "--apply")
        assert done.returncode == 0, done.stderr

    def page(self, who):
        """A phone of this person's, without JavaScript."""
        if who not in self.pages:
            context = self.chromium.new_context(
                viewport={"width": 320, "height": 640}, java_script_enabled=False
            )
            self.pages[who] = context.new_page()
            self.pages[who].on("request", lambda request: self.asked.append(request.url))
        return self.pages[who]

    def signed_in(self, who, path="/me"):
        page = self.page(who)
        page.goto(f"{self.service.url}{path}")
        if "/sign-in" in page.url:
            page.get_by_label("E-mail address").fill(who)
            page.get_by_role("button", name="Send me an e-mail").click()
            page.goto(re.search(r"http\S+/sign-in/link/\S+", self.letter(who, "Sign in"))[0])
            page.get_by_role("main").get_by_role("button", name="Sign in").click()
            page.goto(f"{self.service.url}{path}")
        return page

    def letters(self, who, subject):
        return [one for one in self.smtp.messages if who in one["To"] and subject in one["Subject"]]

    def letter(self, who, subject):
        """The newest to them with this in its subject, once it has come."""
        wait_until(lambda: self.letters(who, subject), f"a letter to {who}: {subject}")
        return self.letters(who, subject)[-1].get_body(("plain",)).get_content()

    def sees(self, page, text):
        """Waits until the page, loaded again and again, says so."""

        def says():
            page.reload()
            return text in page.get_by_role("main").inner_text()

        wait_until(says, f"{page.url} to say “{text}”")

    def asks_for_word(self, area, name, address):
        page = self.signed_in(LEARNER, f"/me/champion/{area}")
        page.get_by_role("link", name=re.compile("Ask (again|for their word)")).last.click()
        page.get_by_label("Your line manager’s name").fill(name)
        page.get_by_label("Their e-mail address").fill(address)
        page.get_by_role("button", name="Send the letter").click()

    def answers(self, manager):
        page = self.page(manager)
        page.goto(re.search(r"http\S+/manager/\S+", self.letter(manager, "Noor Khan"))[0])
        for question in ("Are you their line manager?", "Do you support it", "Is their working knowledge"):
            page.get_by_role("group", name=re.compile(re.escape(question))).get_by_label("Yes").check()
        page.get_by_role("button", name="Send my answers").click()
        assert page.locator("h1").inner_text() == "Thank you for your answer"
        return page

    def registers(self, officer, area):
        page = self.signed_in(officer, f"/boards/{area}/requests")
        self.sees(page, "Noor Khan")
        page.get_by_role("link", name="Noor Khan").click()
        page.get_by_role("button", name="Register as CSE Champion").click()
        assert "Registered as CSE Champion" in page.get_by_role("main").inner_text()


@pytest.fixture
def journey(sqlite_url, serve, chromium, tmp_path):
    mappings = tmp_path / "mappings"
    shutil.copytree(SHIPPED_MAPPINGS, mappings)
    champions = mappings / "champions" / "set.yaml"
    told = champions.read_text(encoding="utf-8").replace("-lscb.example", "-lscb.test")
    champions.write_text(told, encoding="utf-8")
    with running_smtp() as smtp:
        service = serve(
            sqlite_url,
            mappings=mappings,
            smtp_host=smtp.host,
            smtp_port=smtp.port,
            smtp_security="none",
            mail_folder="",
            alert_settling_minutes=0,
        )
        made = Journey(service, smtp, chromium)
        made.take_in("organisations", ORGANISATIONS)
        made.take_in("people", PEOPLE)
        for arguments in (
            (COORDINATOR, "--coordinator", "Southend Street Work"),
            (SOUTHEND, "--board", "southend"),
            (THURROCK, "--board", "thurrock"),
        ):
            assert service.run("add-user", *arguments).returncode == 0
        yield made
        for page in made.pages.values():
            page.context.close()


def test_from_nothing_to_champion_back_and_on(journey):
    service = journey.service
    learner = journey.signed_in(LEARNER)
    assert "You do not meet every standard yet" in learner.get_by_role("main").inner_text()
    assert "Nothing yet." in learner.get_by_role("main").inner_text()

    now = datetime.now(UTC)
    for source, sent in (
        ("moodle", completion(f"mailto:{LEARNER}", "safeguarding_l2", now - timedelta(days=20))),
        ("nwg", statement(f"mailto:{LEARNER}", COMPLETED, NWG)),
        ("set_toolbox", statement(f"mailto:{LEARNER}", COMPLETED, TOOLBOX)),
    ):
        sender = service.sender(service.credential(source))
        assert sender.post(service.statements, json=sent).status_code == 200

    desk = journey.signed_in(COORDINATOR, "/organisations")
    desk.get_by_role("link", name="Southend Street Work").click()
    desk.get_by_role("link", name="Record training").click()
    desk.get_by_role("link", name="Record a session").click()
    desk.get_by_label("What was used").fill("ESCB basic awareness package")
    desk.get_by_label("Day of the session").fill((now - timedelta(days=3)).strftime("%d/%m/%Y"))
    desk.get_by_label("Who delivered it?").fill(COORDINATOR)
    desk.get_by_label("ESCB basic awareness package").check()
    desk.get_by_label("Who attended?").fill(f"Noor Khan, {LEARNER}")
    desk.get_by_role("button", name="Show me what would be recorded").click()
    desk.get_by_role("button", name=re.compile("Record")).click()

    board = journey.signed_in(SOUTHEND, "/boards/southend/memberships")
    board.get_by_label("Whose membership?").fill(LEARNER)
    board.get_by_label("On which day was it checked?").fill(now.strftime("%d/%m/%Y"))
    board.get_by_label("Where was it checked?").fill("NWG's list of members")
    board.get_by_role("button", name="Record the membership").click()
    assert "It is recorded" in board.get_by_role("main").inner_text()

    journey.asks_for_word("southend", "Lee Young", MANAGER)
    manager = journey.answers(MANAGER)
    journey.letter(LEARNER, "meet every")
    assert "Noor Khan" in journey.letter("southend", "Eligible")
    learner = journey.signed_in(LEARNER, "/me/champion/southend")
    journey.sees(learner, "You meet every standard")
    learner.get_by_role("button", name="Send my request to the Board").click()
    journey.registers(SOUTHEND, "southend")
    learner = journey.signed_in(LEARNER)
    journey.sees(learner, "You are a CSE Champion")
    assert "ESCB basic awareness package" in learner.get_by_role("main").inner_text()

    manager.get_by_role("button", name="Take my word back").click()
    assert "has taken it back" in journey.letter(LEARNER, "taken back")
    assert "no longer meets every standard" in journey.letter("southend", "no longer meets")
    journey.sees(learner, "You are a CSE Champion")
    assert "Not yet: The line manager's support" in learner.get_by_role("main").inner_text()
    register = journey.signed_in(SOUTHEND, "/boards/southend/champions")
    assert "Standards not all met" in register.get_by_role("main").inner_text()

    today = now.strftime("%d/%m/%Y")
    journey.take_in(
        "people",
        "person,identifiers,organisation,area,role,from\n"
        f"Noor Khan,{LEARNER},Grays Youth Club,thurrock,Youth worker,{today}\n",
    )
    journey.asks_for_word("thurrock", "Pat Quinn", NEW_MANAGER)
    journey.answers(NEW_MANAGER)
    learner = journey.signed_in(LEARNER, "/me/champion/southend")
    journey.sees(learner, "I do this elsewhere now")
    learner.get_by_role("link", name="I do this elsewhere now").click()
    learner.get_by_label(re.compile("Grays Youth Club")).check()
    learner.get_by_role("button", name="Tell the Board").click()
    journey.registers(THURROCK, "thurrock")
    assert "Noor Khan" in journey.letter("southend", "left")
    learner = journey.signed_in(LEARNER, "/me/champion/thurrock")
    journey.sees(learner, "You are a CSE Champion")
    gone = journey.signed_in(SOUTHEND, "/boards/southend/champions?show=left")
    assert "Noor Khan" in gone.get_by_role("main").inner_text()

    assert len(journey.asked) > 100
    assert not [one for one in journey.asked if "@" in one or "noor" in one.lower()]
    assert not re.search(r"/manager/[\w-]{20}|link/[\w-]{20}|noor\.khan", service.said())
    assert requests.get(f"{service.url}/health", timeout=10).status_code == 200
