"""Signing in by e-mail: whoever reads the mailbox, and nobody else."""

from __future__ import annotations

import re
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from web.visitors import MAIL, Browser, Desk

from lrs_bridge.flows import letters, people, sign_in
from lrs_bridge.store.session_tables import sessions, sign_ins


class TestByCode:
    def test_in_the_browser_that_asked(self, desk):
        browser = desk.browser()
        assert "Check your e-mail" in browser.asks().text
        assert desk.smtp.messages[-1]["To"] == MAIL
        page = browser.post("/sign-in/code", code=desk.letter()[1])
        assert "Your CSE training" in page.text
        assert browser.is_in()

    def test_in_no_other(self, desk):
        desk.browser().asks()
        thief = desk.browser()
        thief.get("/sign-in")
        thief.post("/sign-in/code", code=desk.letter()[1])
        assert not thief.is_in()

    def test_five_wrong_tries_end_it(self, desk):
        browser = desk.browser()
        browser.asks()
        wrong = desk.wrong_code()
        for said in [*["not the code"] * 4, "no longer works", "no longer works"]:
            page = browser.post("/sign-in/code", code=wrong)
            assert page.status_code == 400
            assert said in page.text
        browser.post("/sign-in/code", code=desk.letter()[1])
        assert not browser.is_in()

    @pytest.mark.parametrize("typed", ["", "x" * 1000, "١٢٣٤٥٦"])
    def test_anything_may_be_typed(self, desk, typed):
        browser = desk.browser()
        browser.asks()
        assert browser.post("/sign-in/code", code=typed).status_code == 400

    def test_only_the_newest_works_and_once(self, desk):
        browser = desk.browser()
        browser.asks()
        first = desk.letter()[1]
        browser.asks()
        second = desk.letter()[1]
        if first != second:
            assert browser.post("/sign-in/code", code=first).status_code == 400
        browser.post("/sign-in/code", code=second)
        assert browser.is_in()
        other = desk.browser()
        other.client = browser.client  # the same cookies
        assert "no longer works" in browser.post("/sign-in/code", code=second).text

    def test_where_somebody_guesses_codes_are_not_taken_and_links_are(self, desk, monkeypatch):
        monkeypatch.setattr(sign_in, "_MOST_WRONG", 3)
        guesser, browser = desk.browser(), desk.browser()
        guesser.asks()
        for _ in range(3):
            guesser.post("/sign-in/code", code=desk.wrong_code())
        browser.asks()
        link, code = desk.letter()
        assert "Open the link" in browser.post("/sign-in/code", code=code).text
        browser.get(link)
        browser.post(link)
        assert browser.is_in()


class TestByLink:
    def test_opening_it_spends_nothing_and_its_button_signs_in_anywhere(self, desk):
        desk.browser().asks()
        link = desk.letter()[0]
        scanner, phone = desk.browser(), desk.browser()
        for _ in range(3):
            assert MAIL.lower() in scanner.get(link).text
        assert not scanner.is_in()
        phone.get(link)
        phone.post(link)
        assert phone.is_in()

    def test_once(self, desk):
        desk.browser().asks()
        link = desk.letter()[0]
        browser, late = desk.browser(), desk.browser()
        for one in (browser, late):
            one.get(link)
            one.post(link)
        assert browser.is_in()
        assert not late.is_in()
        assert late.get(link).status_code == 410

    def test_for_half_an_hour(self, desk):
        browser = desk.browser()
        browser.asks()
        link, code = desk.letter()
        browser.get(link)
        desk.bridge.clock.advance(timedelta(minutes=30))
        assert browser.post(link).status_code == 410
        assert browser.post("/sign-in/code", code=code).status_code == 400
        assert not browser.is_in()

    def test_what_is_no_link(self, desk):
        assert desk.browser().get("/sign-in/link/nothing").status_code == 410


class TestWhoIsKnown:
    def test_the_browser_is_told_nothing_and_the_mailbox_is(self, desk):
        known, unknown = desk.browser(), desk.browser()
        pages = [known.asks(), unknown.asks("who@example.org")]
        said = [re.sub("asha.rao@example.org|who@example.org|[0-9a-f]{64}", "", one.text) for one in pages]
        assert said[0] == said[1]
        assert [len(browser.client._cookies or ()) for browser in (known, unknown)] == [1, 1]
        assert desk.letter() == (None, None)
        assert "No training is recorded" in desk.smtp.messages[-1].get_body(("plain",)).get_content()
        wrong = [one.post("/sign-in/code", code="x").status_code for one in (known, unknown)]
        assert wrong == [400, 400]

    def test_a_mailbox_that_several_read_is_nobodys(self, desk):
        clock = desk.bridge.clock
        browser = desk.browser()
        browser.asks()
        code = desk.letter()[1]
        desk.bridge.database.write(
            lambda session: people.share(session, MAIL, shared=True, reason="office", who="x", now=clock())
        )
        page = browser.post("/sign-in/code", code=code)
        assert "No training found" in page.text
        browser.asks()
        assert desk.letter() == (None, None)

    @pytest.mark.parametrize(
        "typed", ["", "asha", "a@b@c", "https://id.example.org/asha", "Colne|4", "a" * 5000]
    )
    def test_what_is_no_address_is_said(self, desk, typed):
        page = desk.browser().asks(typed)
        assert page.status_code == 400
        assert "<title>Error: " in page.text
        assert desk.smtp.messages == []

    def test_five_letters_an_hour(self, desk):
        browser = desk.browser()
        for _ in range(5):
            assert browser.asks().status_code == 200
        answer = browser.asks(MAIL.upper())
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3600")
        assert browser.asks("other@example.org").status_code == 200
        desk.bridge.clock.advance(timedelta(hours=1))
        assert browser.asks().status_code == 200

    def test_a_sender_that_is_none_is_not_put_down_to_the_learner(self, make_bridge):
        bridge = make_bridge(smtp_host="127.0.0.1", mail_from="nobody in particular")
        assert Browser(bridge).asks().status_code == 503

    def test_a_letter_that_is_not_taken_is_said(self, desk, caplog):
        desk.smtp.answers.append("451 later")
        answer = desk.browser().asks()
        assert answer.status_code == 503
        assert "refused the recipient (an address): 451" in caplog.text
        assert MAIL.casefold() not in caplog.text.casefold()
        assert desk.rows(sign_ins) == []

    def test_a_mail_server_that_says_nothing_holds_up_few(self, make_bridge, monkeypatch):
        monkeypatch.setattr(letters, "_PATIENCE", 0.5)
        monkeypatch.setattr(letters, "_on_their_way", threading.BoundedSemaphore(2))
        with socket.create_server(("127.0.0.1", 0)) as deaf:
            bridge = make_bridge(smtp_host="127.0.0.1", smtp_port=deaf.getsockname()[1], smtp_security="none")
            with ThreadPoolExecutor(6) as many:
                asked = [many.submit(Browser(bridge).asks, f"who{number}@example.org") for number in range(6)]
            answers = [one.result() for one in asked]
        assert {one.status_code for one in answers} == {503}
        said = ["on their way" in one.text for one in answers]
        assert said.count(False) == 2
        left = bridge.database.read(lambda session: session.execute(sa.select(sign_ins)).all())
        assert left == []


class TestVisits:
    @pytest.fixture
    def inside(self, desk):
        browser = desk.browser()
        browser.asks()
        browser.post("/sign-in/code", code=desk.letter()[1])
        assert browser.is_in()
        return browser

    def test_without_one_the_way_leads_to_signing_in(self, desk):
        answer = desk.browser().get("/me")
        assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")

    def test_a_cookie_that_was_made_up_is_none(self, desk):
        browser = desk.browser()
        browser.client.set_cookie("lrs_visit", "made-up")
        assert not browser.is_in()

    def test_it_ends_when_left(self, inside):
        inside.get("/me")
        inside.post("/me/sign-out")
        assert not inside.is_in()

    def test_who_comes_next_to_the_browser_finds_nothing(self, desk, inside):
        inside.get("/me")
        inside.post("/me/sign-out")
        assert inside.get("/sign-in/sent").status_code == 303
        assert not [cookie for cookie in inside.client._cookies.values() if "visit" in cookie.key]

    def test_an_address_is_shown_no_longer_than_its_letter_is_good(self, desk, inside):
        assert inside.get("/sign-in/sent").status_code == 303
        inside.asks()
        assert MAIL.lower() in inside.get("/sign-in/sent").text
        desk.bridge.clock.advance(timedelta(minutes=30))
        assert inside.get("/sign-in/sent").status_code == 303

    def test_everywhere(self, desk, inside):
        other = desk.browser()
        other.asks(MAIL.lower())
        other.post("/sign-in/code", code=desk.letter()[1])
        assert other.is_in()
        third = desk.browser()
        third.asks()
        inside.get("/me")
        inside.post("/me/sign-out-everywhere")
        third.post("/sign-in/code", code=desk.letter()[1])
        assert not any(one.is_in() for one in (inside, other, third))

    def test_after_two_hours_of_nothing_and_after_twelve(self, desk, inside):
        clock = desk.bridge.clock
        for _ in range(6):
            clock.advance(timedelta(minutes=119))
            assert inside.is_in()
        clock.advance(timedelta(minutes=6))
        assert not inside.is_in()

    def test_idle(self, desk, inside):
        desk.bridge.clock.advance(timedelta(hours=2))
        assert not inside.is_in()

    def test_nothing_that_signs_in_is_kept(self, desk, inside):
        link, code = desk.letter()
        kept = repr(desk.rows(sign_ins)) + repr(desk.rows(sessions))
        cookies = [cookie.value for cookie in inside.client._cookies.values()]
        assert len(cookies) == 2
        for secret in (link.rsplit("/", 1)[1], code, "".join(code.split()), *cookies):
            assert secret not in kept

    def test_cookies_by_https(self, make_bridge, smtp):
        options = {"smtp_host": smtp.host, "smtp_port": smtp.port, "smtp_security": "none"}
        bridge = make_bridge(public_url="https://bridge.example.org", **options)
        desk = Desk(bridge, smtp)
        browser = desk.browser(scheme="https")
        browser.asks()
        answer = browser.post("/sign-in/code", code=desk.letter()[1], follow=False)
        [cookie] = answer.headers.getlist("Set-Cookie")
        assert cookie.startswith("__Host-lrs_visit=")
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= {one.strip() for one in cookie.split(";")}
        assert "Strict-Transport-Security" in answer.headers
        assert browser.is_in()


class TestThePageThatWasWanted:
    def wants(self, desk, browser, page):
        """Signs in where the page's refusal leads; returns where that leads."""
        refused = browser.get(page)
        assert refused.status_code == 303
        browser.get(refused.headers["Location"])
        browser.post("/sign-in", email=MAIL)
        return browser.post("/sign-in/code", code=desk.letter()[1], follow=False).headers["Location"]

    @pytest.mark.parametrize(
        ("page", "led_to"),
        [("/me/data", "/me/data"), ("/me", "/me"), ("/me/champion/essex", "/me/champion/essex")],
    )
    def test_is_shown_after_signing_in_and_once(self, desk, page, led_to):
        browser = desk.browser()
        assert self.wants(desk, browser, page) == led_to
        browser.post("/me/sign-out", follow=False)
        browser.asks()
        entered = browser.post("/sign-in/code", code=desk.letter()[1], follow=False)
        assert entered.headers["Location"] == "/me"

    def test_by_the_link_too(self, desk):
        browser = desk.browser()
        browser.get("/sign-in?to=/me/data")
        browser.post("/sign-in", email=MAIL)
        link, _ = desk.letter()
        browser.get(link)
        assert browser.post(link, follow=False).headers["Location"] == "/me/data"

    def test_is_forgotten_where_somebody_signs_in_without_one(self, desk):
        browser = desk.browser()
        browser.get("/sign-in?to=/me/data")
        browser.asks()
        entered = browser.post("/sign-in/code", code=desk.letter()[1], follow=False)
        assert entered.headers["Location"] == "/me"

    @pytest.mark.parametrize(
        "page",
        [
            "https://elsewhere.example/",
            "//elsewhere.example",
            "/\\elsewhere.example",
            "me",
            "/nowhere",
            "/me/sign-out",
            "/sign-in/link/x",
            "/sign-in/site/x",
            "/sign-in/with/x",
        ],
    )
    def test_is_one_of_ours_and_changes_nothing(self, desk, page):
        browser = desk.browser()
        browser.get(f"/sign-in?to={quote(page)}")
        browser.post("/sign-in", email=MAIL)
        browser.client.set_cookie("lrs_wanted", page)
        entered = browser.post("/sign-in/code", code=desk.letter()[1], follow=False)
        assert entered.headers["Location"] == "/me"

    def test_whose_visit_is_over_is_told_and_that_nothing_was_recorded(self, desk):
        browser = desk.browser()
        assert "no longer signed in" not in browser.get("/me/data", follow=True).text
        browser.asks()
        browser.post("/sign-in/code", code=desk.letter()[1])
        browser.get("/me/report")
        desk.bridge.clock.advance(timedelta(hours=2))
        page = browser.post("/me/report", about="missing", text="A course is missing").text
        assert "What you sent was not recorded" in page
        assert "You are no longer signed in" in browser.get("/me/data", follow=True).text
        browser.post("/sign-in", email=MAIL)
        entered = browser.post("/sign-in/code", code=desk.letter()[1], follow=False)
        assert entered.headers["Location"] == "/me/data"


class TestForms:
    @pytest.mark.parametrize("path", ["/sign-in", "/sign-in/code", "/sign-in/link/x"])
    @pytest.mark.parametrize("token", [None, "", "0" * 64, "é"])
    def test_another_sites_form_is_refused(self, desk, path, token):
        browser = desk.browser()
        browser.get("/sign-in")
        browser.token = token if token is not None else ""
        answer = browser.post(path, email=MAIL)
        assert answer.status_code == 400
        assert desk.smtp.messages == []

    def test_and_so_is_another_browsers(self, desk):
        one, other = desk.browser(), desk.browser()
        one.get("/sign-in")
        other.get("/sign-in")
        one.token = other.token
        assert one.post("/sign-in", email=MAIL).status_code == 400
