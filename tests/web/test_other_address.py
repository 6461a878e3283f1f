"""Adding another address on one's own page: by who reads both mailboxes."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from builders import completion

from lrs_bridge.flows import people

OTHER = "a.rao@home.example"
WAY, CODE = "/me/other-address", "/me/other-address/code"


@pytest.fixture
def inside(desk):
    """Signed in, with some training under the other address."""
    desk.bridge.stored(completion(f"mailto:{OTHER}", "set_toolbox", desk.bridge.clock() - timedelta(days=9)))
    desk.bridge.recompute()
    browser = desk.browser()
    browser.asks()
    browser.post("/sign-in/code", code=desk.letter()[1])
    browser.get(WAY)
    return browser


def code_of(desk):
    return re.search(r"\b\d{3} \d{3}\b", desk.smtp.messages[-1].get_body(("plain",)).get_content())[0]


def test_what_was_learned_there_counts(desk, inside):
    assert "SET CSE Toolbox, online</span></td>" not in inside.get("/me").text
    inside.get(WAY)
    assert OTHER in inside.post(WAY, email=OTHER).text
    letter = desk.smtp.messages[-1]
    assert letter["To"] == OTHER
    assert "as asha.rao@example.org" in letter.get_body(("plain",)).get_content()
    assert "The address was added" in inside.post(CODE, code=code_of(desk)).text
    desk.bridge.recompute()
    page = inside.get("/me").text
    assert "SET CSE Toolbox, online</span></td>" in page
    assert OTHER in page
    assert desk.bridge.differences() == []


def test_only_in_the_visit_that_asked(desk, inside):
    inside.post(WAY, email=OTHER)
    other = desk.browser()
    other.asks(OTHER)
    other.post("/sign-in/code", code=desk.letter()[1])
    assert other.get(CODE).status_code == 303


def test_wrong_codes_end_it(desk, inside):
    inside.post(WAY, email=OTHER)
    code = "".join(code_of(desk).split())
    wrong = f"{(int(code) + 1) % 10**6:06}"
    answers = [inside.post(CODE, code=wrong).status_code for _ in range(5)]
    assert answers == [400, 400, 400, 400, 409]
    assert "no longer works" in inside.post(CODE, code=code).text


def test_two_that_somebody_parted_stay_apart(desk, inside):
    clock = desk.bridge.clock
    desk.bridge.database.write(
        lambda session: people.decide(
            session, "asha.rao@example.org", OTHER, same=False, reason="two people", who="x", now=clock()
        )
    )
    inside.post(WAY, email=OTHER)
    page = inside.post(CODE, code=code_of(desk))
    assert (page.status_code, "was not added" in page.text) == (409, True)


@pytest.mark.parametrize("typed", ["", "nobody", "Asha.RAO@example.org", "https://id.example.org/asha"])
def test_what_is_no_other_address_is_said(desk, inside, typed):
    before = len(desk.smtp.messages)
    page = inside.post(WAY, email=typed)
    assert page.status_code == 400
    assert "<title>Error: " in page.text
    assert len(desk.smtp.messages) == before


def test_three_letters_an_hour_whatever_the_capitals(desk, inside):
    for address in (OTHER, OTHER.upper(), OTHER.title()):
        assert inside.post(WAY, email=address).status_code == 200
    assert inside.post(WAY, email=OTHER).status_code == 429


def test_nobody_who_is_not_signed_in(desk):
    browser = desk.browser()
    browser.get("/sign-in")
    for path in (WAY, CODE):
        assert browser.get(path).status_code == 303
        assert browser.post(path, follow=False, email=OTHER, code="1").status_code == 303
    assert desk.smtp.messages == []
