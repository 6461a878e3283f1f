"""From a site straight through: a page with what the Read API tells that site, and nothing else whatever."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from builders import SITE, completion
from web.sites import Site, account, problem_of
from web.test_roles import MACHINES, OPEN, address_of
from web.visitors import LEARNER, OFFICER, OTHER_LEARNER, Browser

from lrs_bridge.flows import credentials, site_visits
from lrs_bridge.store import clients

WAY = "/api/v1/sign-in-links"
ASHA = account("4711")
SCOPES = (credentials.SIGN_IN, credentials.STANDINGS)


@pytest.fixture
def site(town):
    """A site of which Asha has an account; more is known of her by her address."""
    town.bridge.stored(completion(f"mailto:{LEARNER}", "escb_basic", town.bridge.clock() - timedelta(days=9)))
    town.bridge.recompute()
    return Site(town.bridge, *SCOPES)


def ask(site, agent=ASHA, **more):
    return site.bridge.post({"agent": agent}, path=WAY, sender=site.credential, **more)


def link_of(site, agent=ASHA):
    answer = ask(site, agent)
    assert answer.status_code == 200, answer.text
    return answer.get_json()["link"].removeprefix(site.bridge.settings.public_url)


def come(site, agent=ASHA, browser=None):
    browser = browser or Browser(site.bridge)
    answer = browser.get(link_of(site, agent))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/me"), answer.text
    return browser


def page_of(browser):
    answer = browser.get("/me")
    return browser.get(answer.headers["Location"]) if answer.status_code == 303 else answer


class TestTheLink:
    def test_is_for_a_minute(self, site):
        answer = ask(site)
        body = answer.get_json()
        assert body["link"].startswith(f"{site.bridge.settings.public_url}/sign-in/site/")
        assert body["expires_at"] == "2026-03-02T09:01:00.000000Z"
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert len(body["link"].rpartition("/")[2]) >= 43

    def test_works_once(self, site):
        link = link_of(site)
        assert Browser(site.bridge).get(link).status_code == 303
        assert Browser(site.bridge).get(link).status_code == 410

    def test_works_no_longer_after_a_minute(self, site, clock):
        link = link_of(site)
        clock.advance(timedelta(seconds=60))
        answer = Browser(site.bridge).get(link)
        assert answer.status_code == 410
        assert "lrs_visit" not in repr(answer.headers)

    def test_is_not_kept_itself(self, site):
        token = link_of(site).rpartition("/")[2]
        rows = site.bridge.database.read(
            lambda session: session.exec_driver_sql("SELECT * FROM site_links").all()
        )
        assert rows
        assert token not in repr(rows)

    @pytest.mark.parametrize(
        "agent",
        [
            {"mbox": f"mailto:{LEARNER}"},
            account("4711", "https://elsewhere.example"),
            {"openid": "https://a.example/"},
        ],
        ids=["an address", "another site", "an OpenID"],
    )
    def test_is_for_accounts_of_the_site_alone(self, site, agent):
        assert problem_of(ask(site, agent), 400)["problems"][0]["where"] == "$.agent"

    @pytest.mark.parametrize("scopes", [(credentials.SIGN_IN,), (credentials.STANDINGS,), ("all",)])
    def test_needs_both_scopes(self, site, scopes):
        problem_of(ask(Site(site.bridge, *scopes)), 403)

    @pytest.mark.parametrize("body", [{}, {"agent": ASHA, "mbox": "x"}, {"agent": None}, [], {"agent": {}}])
    def test_what_is_wrong_is_said(self, site, body):
        assert problem_of(site.bridge.post(body, path=WAY, sender=site.credential), 400)["problems"]


class TestTheVisit:
    def test_shows_what_the_read_api_tells_and_no_more(self, site):
        browser = come(site)
        page = page_of(browser).text.replace(browser.token, "")
        [told] = site.standings(ASHA)
        assert told["tiers"][0]["attained"] == "T2"
        assert "T2 Universal" in page
        for area in told["champion"]:
            assert area["area"]["name"] in page
        assert told["not_proven"] in page
        for kept_back in (
            "Asha",
            LEARNER,
            "Colne",
            "Class teacher",
            "escb",
            "Moodle",
            "/me/champion",
            "4711",
        ):
            assert kept_back not in page, kept_back
        assert 'href="/sign-in"' in page

    def test_nobody_known_is_said_to_be_nobody(self, site):
        assert "Nothing is recorded for your account" in page_of(come(site, account("999"))).text

    def test_opens_no_other_page(self, site, town):
        browser = come(site)
        page_of(browser)
        opened = []
        for rule in town.bridge.app.url_map.iter_rules():
            blueprint = rule.endpoint.partition(".")[0]
            if blueprint in OPEN | MACHINES | {"from_site"} or "static" in rule.endpoint:
                continue
            for method in sorted(rule.methods & {"GET", "POST"}):
                if rule.endpoint == "mine.sign_out":
                    continue
                address = address_of(town, rule)
                answer = browser.get(address) if method == "GET" else browser.post(address, follow=False)
                told = f"{method} {rule.rule}: {answer.status_code}"
                if (method, rule.endpoint) == ("GET", "mine.show_standing"):
                    assert (answer.status_code, answer.headers["Location"]) == (303, "/from-site"), told
                else:
                    assert answer.status_code == 403, told
                    assert 'href="/sign-in"' in answer.text, told
                    assert LEARNER not in answer.text, told
                opened.append(told)
        assert len(opened) > 20

    def test_lasts_half_an_hour(self, site, clock):
        browser = come(site)
        clock.advance(timedelta(minutes=29))
        assert page_of(browser).status_code == 200
        clock.advance(timedelta(minutes=1))
        assert browser.get("/from-site").headers["Location"].startswith("/sign-in?")

    def test_ends_with_its_credential(self, site):
        browser = come(site)
        site.bridge.database.write(
            lambda session: clients.revoke(session, site.credential.key, site.bridge.clock())
        )
        assert browser.get("/from-site").headers["Location"].startswith("/sign-in?")

    def test_is_left(self, site):
        browser = come(site)
        page_of(browser)
        cookie = browser.client.get_cookie("lrs_visit").value
        assert "See your CSE training" in browser.post("/me/sign-out").text
        browser.client.set_cookie("lrs_visit", cookie)
        assert browser.get("/from-site").headers["Location"].startswith("/sign-in?")

    def test_who_has_signed_in_and_is_the_same_person_goes_on(self, site, town):
        page = page_of(come(site, browser=town.browser(LEARNER)))
        assert LEARNER in page.text

    @pytest.mark.parametrize("other", [OTHER_LEARNER, OFFICER])
    def test_who_has_signed_in_and_is_somebody_else_is_asked_before_they_are_signed_out(
        self, site, town, other
    ):
        browser = town.browser(other)
        before = browser.client.get_cookie("lrs_visit").value
        link = link_of(site)
        asked = browser.get(link)
        assert asked.status_code == 409
        assert LEARNER not in asked.text
        assert browser.get("/me/data").status_code == 200
        assert browser.post(link, form_token="of another site", follow=False).status_code == 400
        answer = browser.post(link, follow=False)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/me"), answer.text
        assert other not in page_of(browser).text
        browser.client.set_cookie("lrs_visit", before)
        assert browser.get("/me/data").headers["Location"].startswith("/sign-in?")

    def test_a_browser_of_an_account_and_then_of_another(self, site):
        browser = come(site)
        before = browser.client.get_cookie("lrs_visit").value
        link = link_of(site, account("999"))
        assert browser.get(link).status_code == 409
        assert "T2 Universal" in page_of(browser).text
        browser.post(link, follow=False)
        assert "T2 Universal" not in page_of(browser).text
        browser.client.set_cookie("lrs_visit", before)
        assert browser.get("/from-site").headers["Location"].startswith("/sign-in?")

    def test_who_comes_again_from_the_same_account_is_not_asked(self, site):
        assert "T2 Universal" in page_of(come(site, browser=come(site))).text

    def test_whose_visit_is_over_is_not_asked_about(self, site, clock):
        browser = come(site)
        clock.advance(timedelta(minutes=31))
        assert "Nothing is recorded" in page_of(come(site, account("999"), browser)).text

    def test_a_question_answered_after_a_minute_ends_no_visit(self, site, town, clock):
        browser, link = town.browser(OTHER_LEARNER), link_of(site)
        browser.get(link)
        clock.advance(timedelta(seconds=60))
        assert browser.post(link, follow=False).status_code == 410
        assert OTHER_LEARNER in browser.get("/me").text

    def test_signing_in_by_e_mail_opens_the_whole(self, site, town, smtp):
        import re

        browser = come(site)
        browser.asks(LEARNER)
        text = smtp.messages[-1].get_body(("plain",)).get_content()
        browser.post("/sign-in/code", code=re.search(r"\b\d{3} \d{3}\b", text)[0])
        assert LEARNER in page_of(browser).text

    def test_what_is_of_no_use_is_forgotten(self, site, clock):
        link_of(site)
        come(site)
        clock.advance(timedelta(minutes=31))
        site.bridge.database.write(lambda session: site_visits.forget_old(session, clock()))
        for table in ("site_links", "site_visits"):
            count = f"SELECT count(*) FROM {table}"
            assert (
                site.bridge.database.read(
                    lambda session, count=count: session.exec_driver_sql(count).scalar_one()
                )
                == 0
            )


def test_is_in_ones_own_data(site, town):
    import io
    import zipfile

    come(site)
    browser = town.browser(LEARNER)
    browser.get("/me/data")
    with zipfile.ZipFile(io.BytesIO(browser.post("/me/data").data)) as packed:
        assert json.loads(packed.read("data.json"))["visits_from_sites"] == [
            {"account": f"{SITE}|4711", "began": "2026-03-02T09:00:00.000000Z"}
        ]
