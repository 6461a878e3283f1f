"""The pages that only the letter to a line manager leads to, and the learner's own in each state of it, in a real browser: looked at by
axe-core."""

from __future__ import annotations

import re

import pytest
from journeys.test_pages import MAIL, axe, chromium, look, newest_letter, newest_text, service

__all__ = ["axe", "chromium", "service"]

BOSS = "tom.barker@colne.example"


class Person:
    """Somebody with a browser of their own, whose every page is looked at."""

    def __init__(self, chromium, axe, width):
        self.context = chromium.new_context(viewport={"width": width, "height": 700}, bypass_csp=True)
        self.page, self.axe = self.context.new_page(), axe

    def goes(self, url):
        self.page.goto(url)

    def presses(self, name):
        with self.page.expect_navigation():
            self.page.get_by_role("main").get_by_role("button", name=name).click()

    def reads(self, text):
        look(self.page, self.axe)
        assert self.page.get_by_text(text).count(), self.page.locator("main").inner_text()


@pytest.fixture(params=[320, 1280])
def both(request, chromium, axe):
    made = [Person(chromium, axe, request.param) for _ in range(2)]
    yield made
    for one in made:
        one.context.close()


def asks(learner, service, area):
    """For the post in this area. Returns the link in the letter."""
    learner.goes(f"{service.url}/me/champion/{area}")
    learner.page.get_by_role("link", name="Ask for their word").click()
    learner.page.get_by_label("Your line manager’s name").fill("Tom Barker")
    learner.page.get_by_label("Their e-mail address").fill(BOSS)
    learner.presses("Send the letter")
    learner.reads("we remind them once")
    return re.search(r"http\S+/manager/\S+", newest_text(service))[0]


def test_each_state_is_accessible(service, both):
    learner, manager = both
    learner.goes(f"{service.url}/sign-in")
    learner.page.get_by_label("E-mail address").fill(MAIL)
    learner.presses("Send me an e-mail")
    learner.goes(newest_letter(service)[0])
    learner.presses("Sign in")

    link = asks(learner, service, "essex")
    manager.goes(link)
    manager.reads("Doing nothing is safe")
    manager.presses("Send my answers")
    manager.reads("There is a problem")
    manager.page.get_by_label("Yes").first.check()
    manager.page.locator("#support").check()
    manager.page.locator("#knowledge-2").check()
    manager.presses("Send my answers")
    manager.reads("you can’t say that their working knowledge")
    learner.page.reload()
    learner.reads("they do not say that your working knowledge")
    manager.presses("Take my word back")
    manager.reads("Your word is taken back")
    learner.page.reload()
    learner.reads("took their word back")

    link = asks(learner, service, "thurrock")
    learner.presses("Cancel this letter")
    learner.reads("You cancelled the letter")
    manager.goes(link)
    manager.reads("This link no longer works")
    learner.page.get_by_role("link", name="Ask again").click()
    learner.page.get_by_label("Your line manager’s name").fill("Tom Barker")
    learner.page.get_by_label("Their e-mail address").fill(MAIL.upper())
    learner.presses("Send the letter")
    learner.reads("it is your own address")
    learner.page.get_by_label("Their e-mail address").fill(BOSS)
    learner.presses("Send the letter")
    manager.goes(re.search(r"http\S+/manager/\S+", newest_text(service))[0])
    manager.page.get_by_label("No, they are not my staff").check()
    manager.presses("Send my answers")
    manager.reads("Thank you for telling us")
    learner.page.reload()
    learner.reads("You can’t write to that address again")


def test_the_manager_answers_by_keyboard_alone(service, chromium, axe):
    learner = Person(chromium, axe, 640)
    learner.goes(f"{service.url}/sign-in")
    learner.page.get_by_label("E-mail address").fill(MAIL)
    learner.presses("Send me an e-mail")
    learner.goes(newest_letter(service)[0])
    learner.presses("Sign in")
    link = asks(learner, service, "essex")
    learner.context.close()
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(link)
    for field in ("manager", "support", "knowledge"):
        _tab_to(page, field)
        page.keyboard.press("Space")
    page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator("h1").inner_text() == "Thank you for your answer"
    assert page.get_by_text("you support it, and give time for it").count() == 1
    context.close()


def _tab_to(page, id_):
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.locator(":focus").get_attribute("id") == id_:
            return
    raise AssertionError(f"no way by keyboard to {id_}")
