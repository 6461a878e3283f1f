"""Content hosted elsewhere: which web pages may send statements, and read why they were refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from builders import statement

from lrs_bridge.app import create_app
from lrs_bridge.errors import BadInput, BadSettings
from lrs_bridge.flows.origins import is_loopback, origin_of
from lrs_bridge.store import clients
from lrs_bridge.store.database import Database

CONTENT, OTHER, NOBODYS = (
    "https://content.example.org",
    "https://other.example.net:8443",
    "https://evil.example",
)
ALLOW = "Access-Control-Allow-Origin"


@pytest.fixture
def sender(bridge):
    bridge.credential("nwg", origins=(OTHER,))
    return bridge.credential(
        "moodle", origins=(CONTENT, "HTTPS://Content.example.org:443", "http://localhost:9000")
    )


def preflight(bridge, origin: str, path: str = "/xapi/statements", **more: str):
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST", **more}
    return bridge.app.test_client().options(path, headers=headers)


def told(answer, name: str) -> set[str]:
    return {one.strip().lower() for one in answer.headers[name].split(",")}


class TestPreflight:
    @pytest.mark.parametrize("origin", [CONTENT, OTHER, "http://localhost:9000"])
    def test_is_answered_for_what_any_credential_allows(self, bridge, sender, origin):
        answer = preflight(bridge, origin)
        assert (answer.status_code, answer.data, answer.headers[ALLOW]) == (204, b"", origin)
        assert told(answer, "Access-Control-Allow-Methods") >= {"get", "head", "post", "put"}
        assert told(answer, "Access-Control-Allow-Headers") >= {
            "authorization",
            "content-type",
            "x-experience-api-version",
            "x-experience-api-hash",
            "if-match",
            "if-none-match",
            "accept-language",
        }
        assert int(answer.headers["Access-Control-Max-Age"]) > 0
        assert "origin" in told(answer, "Vary")
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "Access-Control-Allow-Private-Network" not in answer.headers

    @pytest.mark.parametrize(
        "origin", [NOBODYS, "null", CONTENT + ".evil.example", CONTENT.replace("https", "http"), ""]
    )
    def test_for_others_says_what_to_do_and_allows_nothing(self, bridge, sender, origin):
        answer = preflight(bridge, origin)
        assert answer.status_code == 403
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]
        [problem] = answer.get_json()["problems"]
        assert origin in problem["what"]
        assert ("file" if origin == "null" else f"--origin {origin}") in problem["mend"]

    def test_is_no_longer_answered_once_the_credential_is_revoked(self, bridge, clock, sender):
        assert preflight(bridge, CONTENT).status_code == 204
        bridge.database.write(lambda session: clients.revoke(session, sender.key, clock()))
        clock.advance(timedelta(seconds=2))
        assert preflight(bridge, CONTENT).status_code == 403
        assert preflight(bridge, OTHER).status_code == 204

    def test_of_an_unknown_address_is_not_found(self, bridge, sender):
        assert preflight(bridge, CONTENT, "/xapi/nowhere").status_code == 404

    @pytest.mark.parametrize("path", ["/api/v1/courses", "/", "/health"])
    def test_outside_the_xapi_allows_nothing(self, bridge, sender, path):
        assert ALLOW not in preflight(bridge, CONTENT, path).headers

    def test_without_asking_for_a_method_is_no_preflight(self, bridge, sender):
        answer = bridge.app.test_client().options("/xapi/statements", headers={"Origin": CONTENT})
        assert answer.status_code == 401

    def test_from_the_web_to_a_private_network(self, bridge, sender):
        answer = preflight(bridge, CONTENT, **{"Access-Control-Request-Private-Network": "true"})
        assert answer.headers["Access-Control-Allow-Private-Network"] == "true"

    def test_while_the_database_is_away_what_was_known_is_answered(self, bridge, clock, sender, tmp_path):
        app = create_app(bridge.settings, bridge.database, clock=clock)
        origins = app.extensions["lrs_bridge.origins"]
        assert origins.has(CONTENT, clock())
        origins._database = Database(f"sqlite:///{tmp_path}/none/bridge.sqlite")
        clock.advance(timedelta(minutes=1))
        assert origins.has(CONTENT, clock())
        assert not origins.has(NOBODYS, clock())

    def test_while_the_database_is_away_and_nothing_was_known_it_says_so(self, bridge, clock, tmp_path):
        app = create_app(bridge.settings, Database(f"sqlite:///{tmp_path}/none/bridge.sqlite"), clock=clock)
        asked = {"Origin": CONTENT, "Access-Control-Request-Method": "POST"}
        answer = app.test_client().options("/xapi/statements", headers=asked)
        assert answer.status_code == 503
        assert ALLOW not in answer.headers


class TestRequests:
    def test_of_an_allowed_page_are_answered_so_that_it_can_read_them(self, bridge, sender):
        answer = bridge.post(statement(), sender=sender, headers={"Origin": CONTENT})
        assert (answer.status_code, answer.headers[ALLOW]) == (200, CONTENT)
        assert "origin" in told(answer, "Vary")
        assert told(answer, "Access-Control-Expose-Headers") >= {
            "etag",
            "last-modified",
            "retry-after",
            "x-experience-api-version",
            "x-experience-api-consistent-through",
        }
        assert "Access-Control-Allow-Credentials" not in answer.headers

    @pytest.mark.parametrize("origin", [OTHER, NOBODYS, "null"])
    def test_are_held_to_the_credentials_own_origins(self, bridge, sender, origin):
        answer = bridge.post(statement(), sender=sender, headers={"Origin": origin})
        assert answer.status_code == 403
        assert origin in answer.get_json()["problems"][0]["what"]
        assert bridge.count() == 0
        # the other page may read why, where some credential allows it
        assert answer.headers.get(ALLOW) == (OTHER if origin == OTHER else None)

    def test_of_the_services_own_pages_need_no_permission(self, make_bridge):
        bridge = make_bridge(public_url="https://bridge.example.org:443/lrs")
        answer = bridge.post(statement(), headers={"Origin": "https://bridge.example.org"})
        assert answer.status_code == 200
        assert ALLOW not in answer.headers

    def test_without_an_origin_are_as_ever_and_ask_nothing(self, bridge, sender, monkeypatch):
        monkeypatch.setattr(clients, "allowed_origins", None)
        for answer in (bridge.post(statement(), sender=sender), bridge.post({}, sender=sender)):
            assert ALLOW not in answer.headers
            assert "Vary" not in answer.headers

    def test_refused_ones_say_why_to_pages_that_some_credential_allows(self, bridge, sender):
        refused = {
            400: {"body": {}, "sender": sender},
            401: {"body": statement(), "sender": None},
            404: {"body": statement(), "sender": sender, "path": "/xapi/nowhere"},
            413: {"body": b" " * 2_000_000 + b"{}", "sender": sender},
        }
        bridge.app.config["MAX_CONTENT_LENGTH"] = 1_000_000
        for status, sent in refused.items():
            for origin, allowed in ((CONTENT, CONTENT), (NOBODYS, None)):
                headers = {**sent.get("headers", {}), "Origin": origin}
                answer = bridge.post(**{**sent, "headers": headers})
                if allowed:
                    assert answer.status_code == status
                assert answer.headers.get(ALLOW) == allowed


class TestOrigins:
    @pytest.mark.parametrize(
        ("typed", "why"),
        [
            ("*", "wildcard"),
            ("https://*.example.org", "wildcard"),
            ("https://content.example.org/", "no path"),
            ("https://content.example.org/course", "no path"),
            ("https://content.example.org?x=1", "no path"),
            ("https://content.example.org#", "no path"),
            ("ftp://content.example.org", "https://"),
            ("content.example.org", "no path"),
            ("null", "no path"),
            ("https://", "no host"),
            ("https://me@content.example.org", "user name"),
            ("https://content.example.org:port", "port"),
            ("https://content.example.org:99999", "port"),
            ("https://a b.example.org", "character"),
            ("https://[::g]", "IPv6"),
        ],
    )  # fmt: skip
    def test_what_is_none_is_refused_with_the_reason(self, bridge, typed, why):
        with pytest.raises(BadInput) as refused:
            bridge.credential("moodle", origins=(CONTENT, typed))
        [problem] = refused.value.problems
        assert problem.where == "--origin"
        assert typed in problem.what
        assert why.lower() in problem.what.lower()

    @pytest.mark.parametrize(
        ("address", "origin"),
        [
            ("HTTPS://Content.Example.org:443/a?b#c", "https://content.example.org"),
            ("http://content.example.org:80", "http://content.example.org"),
            ("http://content.example.org:443", "http://content.example.org:443"),
            ("https://bücher.example/x", "https://xn--bcher-kva.example"),
            ("http://[::1]:9000/", "http://[::1]:9000"),
            ("http://[0:0:0:0:0:0:0:1]/", "http://[::1]"),
        ],
    )
    def test_are_written_as_browsers_write_them(self, address, origin):
        assert origin_of(address) == origin

    def test_which_are_this_machine(self):
        assert [is_loopback(one) for one in ("http://127.0.0.1:1", "http://[::1]", "http://localhost")] == [
            True
        ] * 3
        assert [is_loopback(one) for one in ("http://10.0.0.1", "http://localhost.example.org")] == [
            False
        ] * 2

    def test_a_public_address_that_no_browser_reaches_stops_the_start(self, bridge):
        import dataclasses

        settings = dataclasses.replace(bridge.settings, public_url="https://a..b")
        with pytest.raises(BadSettings, match="public_url"):
            create_app(settings, bridge.database)
