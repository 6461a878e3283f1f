"""What somebody reads whose page can't be shown: in words, and with a way back."""

from __future__ import annotations

import pytest
from web.valid_pages import assert_valid
from web.visitors import LEARNER

from lrs_bridge.errors import Conflict, PreconditionFailed, TooLarge
from lrs_bridge.web import my_pages

HERE = "/me/erasure"


def answer_to(town, monkeypatch, raised, *, path="/me", who=LEARNER, **headers):
    def fails(*_args, **_kwargs):
        raise raised

    monkeypatch.setattr(my_pages.person, "seen_by_themselves", fails)
    answer = town.browser(who).client.get(path, headers={"Accept": "text/html", **headers})
    assert_valid(answer.text)
    return answer


@pytest.mark.parametrize(
    ("raised", "status", "heading"),
    [
        (Conflict("It was sent already."), 409, "This can&#39;t be done now"),
        (PreconditionFailed("It is another."), 412, "This has changed meanwhile"),
        (TooLarge("It is too long."), 413, "That is too large"),
    ],
)
def test_the_heading_is_in_words_and_the_reason_below(town, monkeypatch, raised, status, heading):
    answer = answer_to(town, monkeypatch, raised)
    assert answer.status_code == status
    assert f"<h1>{heading}</h1>" in answer.text
    assert raised.title in answer.text


def test_a_status_without_a_heading_of_its_own_has_one_in_words(town):
    answer = town.browser(LEARNER).client.get(
        "/me", headers={"Accept": "text/html", "Expect": "x"}, environ_overrides={"REQUEST_METHOD": "TRACE"}
    )
    assert answer.status_code == 405
    assert "<h1>This can&#39;t be done here</h1>" in answer.text


def test_it_leads_back_to_our_own_page_that_led_here_and_to_no_other(town, monkeypatch):
    conflict = Conflict("It was sent already.")
    back = "Back to the page that you came from"
    ours = answer_to(town, monkeypatch, conflict, Referer="http://localhost/me/erasure?a=1")
    assert f'<a href="/me/erasure?a=1">{back}</a>' in ours.text
    assert '<a href="/me">To your own page</a>' in ours.text
    for before in (
        "http://elsewhere.example/me",
        "http://localhost/me",
        "http://[",
        "",
        "javascript:alert(1)",
    ):
        assert back not in answer_to(town, monkeypatch, conflict, Referer=before).text, before


def test_who_is_not_signed_in_is_led_to_the_start(town):
    answer = town.browser().client.get("/nothing", headers={"Accept": "text/html"})
    assert "<h1>Page not found</h1>" in answer.text
    assert "To the start" in answer.text
