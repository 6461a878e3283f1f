"""Credentials on the operator's pages: made, given a new secret with overlap, revoked; each on record, no secret twice."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from builders import statement
from web.visitors import OPERATOR

from lrs_bridge.errors import BadInput, NotFound
from lrs_bridge.flows import credentials
from lrs_bridge.store import audit, clients
from lrs_bridge.store.clients import NewClient

SECRET = re.compile(r"<dt>Secret</dt><dd><code>([^<]+)</code>")
KEY = re.compile(r"<dt>Key</dt><dd><code>([0-9a-f]+)</code>")
WANTED = {
    "name": "Council Moodle",
    "source": "moodle",
    "scopes": ["statements/write", "statements/read/mine"],
    "home_pages": "https://moodle.council.example\r\nhttps://second.council.example\r\n",
    "mail_domains": "council.example",
    "origins": "",
}


@pytest.fixture
def browser(town):
    return town.browser(OPERATOR)


def read(answer):
    return NewClient(KEY.search(answer.text)[1], SECRET.search(answer.text)[1])


def make(browser, **changed):
    return browser.post("/operator/credentials/new", **{**WANTED, **changed})


def sends(town, made):
    return town.bridge.post(statement(), sender=made).status_code


def noted(town):
    return town.bridge.database.read(lambda session: audit.entries(session, limit=1))[0]


class TestMaking:
    def test_shows_the_secret_once_and_it_works(self, town, browser):
        answer = make(browser)
        assert answer.status_code == 200
        made = read(answer)
        assert sends(town, made) == 200
        assert answer.headers["Cache-Control"] == "no-store"
        for path in (
            "/operator/credentials",
            f"/operator/credentials/{made.key}",
            "/operator/credentials/new",
        ):
            page = browser.get(path)
            assert page.status_code == 200
            assert made.secret not in page.text
        assert made.secret not in repr(noted(town))

    def test_makes_no_second_one_where_the_answer_is_loaded_again(self, town, browser):
        made = read(make(browser))
        again = make(browser)
        assert again.status_code == 400
        assert "Name is that of a credential in use, made on 2 Mar 2026" in again.text
        browser.post(f"/operator/credentials/{made.key}/revoke", reason="lost")
        assert make(browser).status_code == 200

    def test_makes_what_was_asked_for(self, town, browser):
        key = read(make(browser, test="yes")).key
        page = browser.get(f"/operator/credentials/{key}").text
        for told in (
            "https://moodle.council.example, https://second.council.example",
            "Speaks for addresses of",
            "write any statement",
            "for tests",
            f"by {OPERATOR}",
        ):
            assert told in page

    def test_is_on_record(self, town, browser):
        key = read(make(browser)).key
        one = noted(town)
        assert (one.who, one.act) == (OPERATOR, "credential made")
        assert one.about == (
            f"Council Moodle ({key}), source moodle, may statements/write, statements/read/mine"
        )

    @pytest.mark.parametrize(
        ("changed", "field", "told"),
        [
            ({"name": " "}, "name", "Name is empty"),
            ({"scopes": []}, "scopes", "Select what the credential may do"),
            ({"scopes": ["everything"]}, "scopes", "There is no scope “everything”"),
            ({"source": "nowhere"}, "source", "No mapping file describes “nowhere”"),
            ({"home_pages": "moodle.example"}, "home_pages", "“moodle.example” is not an address"),
            ({"mail_domains": "a@b.example"}, "mail_domains", "“a@b.example” is not a mail domain"),
            ({"origins": "https://x.example/path"}, "origins", "“https://x.example/path”"),
            ({"scopes": ["standings/read"], "home_pages": ""}, "home_pages", "A home page is missing"),
        ],
    )
    def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(
        self, town, browser, changed, field, told
    ):
        before = town.bridge.database.read(lambda session: len(clients.listed(session, launches=False)))
        answer = make(browser, **changed)
        assert answer.status_code == 400
        assert "There is a problem" in answer.text
        assert f'href="#{field}"' in answer.text
        assert told in answer.text
        if "name" not in changed:
            assert 'value="Council Moodle"' in answer.text
        after = town.bridge.database.read(lambda session: len(clients.listed(session, launches=False)))
        assert before == after


class TestANewSecret:
    def test_works_beside_the_old_one_until_that_ends(self, town, browser):
        old = read(make(browser))
        answer = browser.post(f"/operator/credentials/{old.key}/secret", overlap="7")
        assert "The old secret works until 9 Mar 2026 at 09:00" in answer.text
        new = read(answer)
        assert (new.key, new.secret != old.secret) == (old.key, True)
        assert (sends(town, old), sends(town, new)) == (200, 200)
        page = browser.get(f"/operator/credentials/{old.key}").text
        assert "works until 9 Mar 2026 at 09:00" in page
        assert new.secret not in page
        town.bridge.clock.advance(timedelta(days=7) - timedelta(seconds=1))
        assert sends(town, old) == 200
        town.bridge.clock.advance(timedelta(seconds=1))
        refused = town.bridge.post(statement(), sender=old)
        assert (refused.status_code, sends(town, new)) == (401, 200)
        assert "replaced" in refused.get_json()["title"]

    def test_leaves_the_authority_as_it_is(self, town, browser):
        old = read(make(browser))
        [one] = town.bridge.stored(statement(), sender=old)
        new = read(browser.post(f"/operator/credentials/{old.key}/secret", overlap="0"))
        assert town.bridge.get(statementId=one, sender=new).status_code == 200

    def test_can_end_the_old_one_at_once(self, town, browser):
        old = read(make(browser))
        answer = browser.post(f"/operator/credentials/{old.key}/secret", overlap="0")
        assert "The old secret works no longer" in answer.text
        assert (sends(town, old), sends(town, read(answer))) == (401, 200)

    def test_ends_the_one_before_the_last(self, town, browser):
        first = read(make(browser))
        second = read(browser.post(f"/operator/credentials/{first.key}/secret", overlap="7"))
        page = browser.get(f"/operator/credentials/{first.key}").text
        [seen] = re.findall(r'name="seen" value="(\S+)"', page)
        third = read(browser.post(f"/operator/credentials/{first.key}/secret", overlap="7", seen=seen))
        assert [sends(town, one) for one in (first, second, third)] == [401, 200, 200]

    def test_is_not_made_again_where_the_answer_is_loaded_again(self, town, browser):
        old = read(make(browser))
        new = read(browser.post(f"/operator/credentials/{old.key}/secret", overlap="7", seen=""))
        again = browser.post(f"/operator/credentials/{old.key}/secret", overlap="7", seen="")
        assert again.status_code == 409
        assert "Nothing is changed now" in again.text
        assert [sends(town, one) for one in (old, new)] == [200, 200]

    def test_is_on_record_without_it(self, town, browser):
        old = read(make(browser))
        new = read(browser.post(f"/operator/credentials/{old.key}/secret", overlap="1"))
        one = noted(town)
        assert (one.who, one.act) == (OPERATOR, "secret changed")
        assert one.about == f"Council Moodle ({old.key}); the old secret works until 2026-03-03T09:00Z"
        assert new.secret not in repr(one)

    def test_has_to_say_how_long_the_old_one_works(self, town, browser):
        old = read(make(browser))
        answer = browser.post(f"/operator/credentials/{old.key}/secret", overlap="9000")
        assert answer.status_code == 400
        assert "Select how long the old secret works" in answer.text
        assert sends(town, old) == 200

    def test_is_not_for_what_is_revoked_unknown_or_the_bridge(self, town, browser):
        old = read(make(browser))
        browser.post(f"/operator/credentials/{old.key}/revoke")
        town.bridge.import_csv(
            "attestations",
            "person,attestation,organisation,area,by,date\n"
            "asha.rao@colne.example,manager_support,Colne Primary School,essex,boss@colne.example,2026-02-01\n",
        )
        for key in (old.key, "nothing", "bridge"):
            with pytest.raises(NotFound):
                town.bridge.database.write(
                    lambda session, key=key: credentials.rotate(
                        session, key, timedelta(), who="op", now=town.bridge.clock()
                    )
                )

    def test_keeps_the_old_one_no_longer_than_ninety_days(self, town, browser):
        old = read(make(browser))
        with pytest.raises(BadInput, match="not changed"):
            town.bridge.database.write(
                lambda session: credentials.rotate(
                    session, old.key, timedelta(days=91), who="op", now=town.bridge.clock()
                )
            )

    def test_costs_a_request_one_question_as_before(self, town, browser):
        old = read(make(browser))
        new = read(browser.post(f"/operator/credentials/{old.key}/secret", overlap="7"))
        asked = []

        @sa.event.listens_for(town.bridge.database.engine, "before_cursor_execute")
        def note(_connection, _cursor, sql, *_rest):
            asked.append(sql)

        for made in (old, new):
            asked.clear()
            town.bridge.database.read(
                lambda session, made=made: clients.check(session, made.key, made.secret)
            )
            assert len([sql for sql in asked if "SELECT" in sql]) == 1

    def test_what_works_no_longer_is_forgotten(self, town, browser):
        old = read(make(browser))
        browser.post(f"/operator/credentials/{old.key}/secret", overlap="1")
        write = town.bridge.database.write
        assert write(lambda session: clients.forget_old_secrets(session, town.bridge.clock())) == 0
        town.bridge.clock.advance(timedelta(days=1))
        assert write(lambda session: clients.forget_old_secrets(session, town.bridge.clock())) == 1
        assert sends(town, old) == 401


class TestRevoking:
    def test_asks_first_then_ends_it(self, town, browser):
        made = read(make(browser))
        page = browser.get(f"/operator/credentials/{made.key}/revoke")
        assert "can't be taken back" in page.text
        assert sends(town, made) == 200
        answer = browser.post(f"/operator/credentials/{made.key}/revoke", reason="moved to another site")
        assert "Revoked" in answer.text
        assert "Make a new secret" not in answer.text
        assert sends(town, made) == 401
        one = noted(town)
        assert (one.who, one.act, one.about, one.reason) == (
            OPERATOR,
            "credential revoked",
            made.key,
            "moved to another site",
        )

    def test_twice_is_not_found(self, browser):
        made = read(make(browser))
        browser.post(f"/operator/credentials/{made.key}/revoke")
        assert browser.post(f"/operator/credentials/{made.key}/revoke").status_code == 404
