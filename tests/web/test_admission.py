"""What holds for every address: who is let in is decided, headers are set, refusals are readable."""

from __future__ import annotations

import html.parser

import pytest
from builders import new_id, statement
from flask import Blueprint, Flask

from lrs_bridge.app import create_app
from lrs_bridge.errors import Conflict, Unavailable
from lrs_bridge.settings import OWN_PATHS
from lrs_bridge.store.database import Database
from lrs_bridge.web import auth

FILES = {"static", "bootstrap.static"}
"""Style sheets and scripts, the same for everybody."""


def unguarded(app: Flask) -> list[str]:
    """Addresses in whose way no admission function of `web.auth` stands first."""
    found = []
    for rule in app.url_map.iter_rules():
        blueprint = rule.endpoint.rpartition(".")[0]
        before = app.before_request_funcs.get(blueprint, []) if blueprint else []
        if rule.endpoint not in FILES and (not before or before[0].__module__ != auth.__name__):
            found.append(rule.rule)
    return found


class TestEveryBlueprint:
    @pytest.mark.parametrize("demonstration", [False, True])
    def test_has_its_admission_decided(self, make_bridge, demonstration):
        bridge = make_bridge()
        app = create_app(bridge.settings, bridge.database, demonstration=demonstration)
        assert len(list(app.url_map.iter_rules())) > 4
        assert unguarded(app) == []

    def test_begins_with_a_path_that_public_url_can_not_have(self, bridge):
        begins = {rule.rule.split("/")[1] for rule in bridge.app.url_map.iter_rules()}
        assert begins - {""} <= OWN_PATHS

    def test_or_this_test_would_say_so(self, bridge):
        forgotten = Blueprint("forgotten", __name__)
        forgotten.add_url_rule("/people", view_func=lambda: "everybody")
        bridge.app.register_blueprint(forgotten)
        bridge.app.add_url_rule("/bare", view_func=lambda: "nobody's")
        assert unguarded(bridge.app) == ["/people", "/bare"]

    def test_the_xapi_asks_before_anything_else(self, bridge):
        """Not even whether the version or the content is right."""
        answer = bridge.post(b"{", sender=None, headers={"X-Experience-API-Version": "9"})
        assert answer.status_code == 401

    def test_what_is_open_shows_nobody(self, bridge):
        bridge.stored(statement("mailto:asha.rao@example.org"))
        bridge.recompute()
        for path in ("/", "/health"):
            answer = bridge.get(path=path, sender=None)
            assert "asha" not in answer.text.lower()


class TestHeaders:
    @pytest.mark.parametrize("path", ["/", "/health", "/nowhere", "/xapi/statements", "/static/bridge.css"])
    @pytest.mark.parametrize("sender", [None, "moodle"])
    def test_are_set_on_every_answer(self, bridge, path, sender):
        headers = bridge.get(path=path, sender=sender).headers
        assert "default-src 'self'" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "Set-Cookie" not in headers

    def test_what_is_learned_is_not_kept_on_the_way(self, bridge):
        for path in ("/", "/xapi/statements"):
            assert bridge.get(path=path).headers["Cache-Control"] == "no-store"


class Headings(html.parser.HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, _attributes):
        self.seen.append(tag)


BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


class TestRefusals:
    @pytest.mark.parametrize(
        "accept", [None, "*/*", "application/json", "application/problem+json", "text/plain", "nonsense"]
    )
    def test_machines_get_a_problem(self, bridge, accept):
        for path in ("/nowhere", "/xapi/nowhere", f"/xapi/statements?statementId={new_id()}"):
            answer = bridge.get(path=path, headers={"Accept": accept})
            assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
            assert answer.get_json()["status"] == 404
            assert answer.get_json()["title"]

    def test_people_get_a_page(self, bridge):
        for path, sender, status in (
            ("/nowhere", None, 404),
            ("/xapi/statements", None, 401),
            ("/xapi/statements?verb=x", "moodle", 400),
        ):
            answer = bridge.get(path=path, sender=sender, headers={"Accept": BROWSER})
            assert (answer.status_code, answer.mimetype) == (status, "text/html")
            seen = Headings(answer.text).seen
            assert seen.count("h1") == seen.count("title") == seen.count("main") == 1

    def test_a_page_writes_nothing_that_was_sent_as_markup(self, bridge):
        answer = bridge.get(path="/xapi/statements?verb=<script>x</script>", headers={"Accept": BROWSER})
        assert "<script>x" not in answer.text

    @pytest.mark.parametrize("method", ["DELETE", "PATCH"])
    def test_a_method_that_is_none_names_those_that_are(self, bridge, method):
        answer = bridge.request(method)
        assert (answer.status_code, answer.mimetype) == (405, "application/problem+json")
        assert {"GET", "HEAD", "POST", "PUT"} <= {one.strip() for one in answer.headers["Allow"].split(",")}

    @pytest.mark.requirement("XAPI-00323", "XAPI-00329")
    def test_a_conflict_a_database_away_and_a_fault_of_ours(self, bridge, monkeypatch, caplog):
        from lrs_bridge.flows import intake

        for raised, status in (
            (Conflict("held"), 409),
            (Unavailable("away"), 503),
            (ZeroDivisionError("secret detail"), 500),
        ):
            with monkeypatch.context() as patch:
                patch.setattr(intake, "are_plain", lambda _: False)
                patch.setattr(
                    intake, "accept_together", lambda *_, raised=raised: (_ for _ in ()).throw(raised)
                )
                answer = bridge.post(statement())
            assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
            assert ("Retry-After" in answer.headers) is (status == 503)
            assert "secret detail" not in answer.text
        assert "ZeroDivisionError" in caplog.text

    def test_a_database_that_is_away_is_a_503_everywhere(self, bridge, tmp_path):
        away = Database(f"sqlite:///{tmp_path}/none/bridge.sqlite")
        app = create_app(bridge.settings, away, clock=bridge.clock)
        answer = app.test_client().get("/xapi/statements", auth=("key", "secret"))
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        health = app.test_client().get("/health")
        assert (health.status_code, health.get_json()["database"]) == (503, "out of reach")
