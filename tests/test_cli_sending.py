"""The commands about those who send: credentials, launch links, refused requests."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from builders import Shell

from lrs_bridge.flows import refused
from lrs_bridge.store import refused as rows
from lrs_bridge.store.database import Database

CONTENT = "https://content.example.org"
ASKED = (
    "launch-link",
    f"{CONTENT}/story.html",
    "--learner",
    "asha@example.org",
    "--activity",
    f"{CONTENT}/cse",
)
HERE = {"LRS_BRIDGE_PUBLIC_URL": "https://bridge.example.org"}


@pytest.fixture
def shell(sqlite_url) -> Shell:
    shell = Shell(sqlite_url)
    shell.well("migrate")
    return shell


MOODLE = "https://moodle.example.org/learn"


class TestForMoodle:
    def test_prints_the_three_values_to_paste(self, shell):
        said = shell.well("add-client", "--for-moodle", MOODLE, **HERE).splitlines()
        assert [line.split()[0] for line in said[:3]] == ["endpoint", "key", "secret"]
        assert said[0].split()[1] == "https://bridge.example.org/xapi"
        assert said[3:] == ["The secret is not kept and can't be shown again."]

    def test_makes_what_the_plugin_needs_and_no_more(self, shell):
        made = json.loads(shell.well("add-client", "--for-moodle", MOODLE, "--json", **HERE))
        assert made["endpoint"] == "https://bridge.example.org/xapi"
        assert made["home_pages"] == [MOODLE]
        [one] = json.loads(shell.well("clients", "--json"))
        assert (one["key"], one["name"], one["source"]) == (
            made["key"],
            "moodle.example.org/learn",
            "moodle",
        )
        assert one["home_pages"] == [MOODLE]
        assert one["scopes"] == [
            "accounts/link",
            "accounts/sign-in",
            "courses/read",
            "profile",
            "standings/read",
            "statements/write",
        ]

    def test_name_source_and_test_may_be_said(self, shell):
        asked = ("--for-moodle", MOODLE, "--source", "nwg", "--test", "--mail-domain", "council.gov.uk")
        made = json.loads(shell.well("add-client", "Council Moodle", *asked, "--json"))
        assert (made["name"], made["source"], made["test"]) == ("Council Moodle", "nwg", True)
        [one] = json.loads(shell.well("clients", "--json"))
        assert one["mail_domains"] == ["council.gov.uk"]

    @pytest.mark.parametrize(
        ("asked", "said"),
        [
            (["moodle.example.org"], "--for-moodle: “moodle.example.org” is not a site's address"),
            (["https://"], "“https://” is not a site's address → write it whole: https://moodle"),
            (["ftp://moodle.example.org"], "is not a site's address"),
            (["https://moodle.example.org:port"], "is not a site's address"),
            (["https://[moodle"], "is not a site's address"),
            (["https://moodle.example.org/a b"], "is not a site's address"),
            (["https://moodle.example.org/"], "ends in a slash, and"),
            (["https://moodle.example.org/"], "has none → https://moodle.example.org\n"),
            (
                ["https://moodle.example.org/my?id=4"],
                "without user, query and fragment: https://moodle.example.org/my",
            ),
            (["https://a:b@moodle.example.org"], "and fragment: https://moodle.example.org\n"),
            ([MOODLE, "--source", "mooodle"], "--source: no mapping file describes “mooodle” → one of "),
            ([MOODLE, "--scope", "all"], "--scope: says what --for-moodle says already → leave one of"),
            ([MOODLE, "--home-page", MOODLE], "--home-page: says what --for-moodle says already"),
        ],
    )
    def test_says_what_is_wrong_and_makes_nothing(self, shell, asked, said):
        assert said in shell.refused(2, "add-client", "--for-moodle", *asked)
        assert json.loads(shell.well("clients", "--json")) == []

    def test_warns_of_an_endpoint_that_everybody_can_read(self, shell):
        said = shell("add-client", "--for-moodle", MOODLE, LRS_BRIDGE_PUBLIC_URL="http://bridge.example.org")
        assert "no https address" in said.stderr
        assert shell("add-client", "--for-moodle", MOODLE, **HERE).stderr == ""

    def test_without_it_a_name_is_needed(self, shell):
        assert "Missing argument 'NAME'" in shell.refused(2, "add-client", "--source", "moodle")


class TestClients:
    def test_lists_what_each_may_do_the_newest_first(self, shell):
        shell.well("add-client", "Council", "--source", "moodle", "--home-page", "https://moodle.example.org")
        key = json.loads(
            shell.well("add-client", "Content", "--origin", "HTTPS://Content.example.org:443", "--json")
        )["key"]
        content, council = json.loads(shell.well("clients", "--json"))
        assert (council["name"], council["source"], council["state"]) == ("Council", "moodle", "in use")
        assert council["home_pages"] == ["https://moodle.example.org"]
        assert (content["key"], content["origins"], content["launch"]) == (key, [CONTENT], None)
        assert content["scopes"] == ["statements/read/mine", "statements/write"]
        said = shell.well("clients")
        for told in (
            key,
            "Council",
            "in use",
            "source     moodle",
            f"origins    {CONTENT}",
            "speaks for https://moodle.example.org",
        ):
            assert told in said

    def test_tells_revoked_ones(self, shell):
        key = json.loads(shell.well("add-client", "Council", "--json"))["key"]
        shell.well("revoke-client", key)
        [one] = json.loads(shell.well("clients", "--json"))
        assert one["state"] == "revoked"
        assert one["revoked_at"]
        assert "revoked" in shell.well("clients")

    def test_gives_one_a_new_secret(self, shell):
        made = json.loads(shell.well("add-client", "Council", "--json"))
        changed = json.loads(shell.well("rotate-client", made["key"], "--overlap-days", "3", "--json"))
        assert changed["key"] == made["key"]
        assert changed["secret"] != made["secret"]
        [one] = json.loads(shell.well("clients", "--json"))
        assert one["old_secret_until"] == changed["old_secret_until"]
        said = shell.well("rotate-client", made["key"], "--overlap-days", "0")
        assert "The old secret works no longer." in said
        [one] = json.loads(shell.well("clients", "--json"))
        assert one["old_secret_until"] is None
        assert "no credential nothing" in shell.refused(1, "rotate-client", "nothing")

    def test_tells_launches_apart(self, shell):
        assert shell.well("clients", "--launches") == "There are none.\n"
        shell.well("add-client", "Council")
        shell.well(*ASKED, **HERE)
        [one] = json.loads(shell.well("clients", "--json"))
        assert one["name"] == "Council"
        [one] = json.loads(shell.well("clients", "--launches", "--json"))
        assert one["launch"]["learner"] == "mailto:asha@example.org"
        assert one["expires_at"]
        said = shell.well("clients", "--launches")
        assert "learner    mailto:asha@example.org" in said
        assert f"activity   {CONTENT}/cse" in said

    def test_never_shows_a_secret(self, shell):
        made = json.loads(shell.well("add-client", "Council", "--json"))
        assert made["secret"] not in shell.well("clients") + shell.well("clients", "--json")

    def test_what_is_no_origin_is_refused(self, shell):
        assert "wildcards" in shell.refused(2, "add-client", "x", "--origin", "https://*.example.org")


class TestLaunchLink:
    def test_prints_one_link_and_nothing_else(self, shell):
        said = shell.well(*ASKED, "--source", "nwg", **HERE)
        [line] = said.splitlines()
        told = parse_qs(urlsplit(line).query, strict_parsing=True)
        assert told["endpoint"] == ["https://bridge.example.org/xapi/"]
        assert json.loads(told["actor"][0]) == {"objectType": "Agent", "mbox": "mailto:asha@example.org"}

    def test_says_more_as_json(self, shell):
        body = json.loads(shell.well(*ASKED, "--hours", "1", "--name", "Asha", "--json", **HERE))
        assert set(body) == {"url", "key", "learner", "activity", "registration", "origin", "expires_at"}
        assert body["origin"] == CONTENT
        assert body["registration"] in body["url"]
        assert body["key"] not in body["url"]

    def test_notes_that_no_source_was_named(self, shell):
        assert "no rule will match it" in shell(*ASKED, **HERE).stderr
        assert shell(*ASKED, "--source", "nwg", **HERE).stderr == ""

    def test_refuses_with_every_reason(self, shell):
        said = shell.refused(
            2, "launch-link", "http://content.example.org", "--learner", "asha", "--activity", "cse", **HERE
        )
        for told in ("not encrypted", "--learner", "--activity"):
            assert told in said


class TestRefused:
    def test_shows_the_newest_first_in_words(self, shell, sqlite_url):
        assert shell.well("refused") == "Nothing was refused.\n"
        assert "nothing in the last day" in shell("status").stdout
        database = Database(sqlite_url)
        for title in ("The first.", "The second, “\x1b[31m”."):
            one = refused.refusal(
                at=datetime.now(UTC),
                client_id=None,
                method="POST",
                path="/xapi/statements",
                parameters=(),
                status=401,
                title=title,
                problems=(),
                body=b"",
            )
            database.write(lambda session, one=one: rows.keep(session, [one, one], 10))
        database.close()
        said = shell.well("refused")
        assert said.index("The second") < said.index("The first")
        assert "401 to POST /xapi/statements of somebody without a good credential" in said
        assert "2 times since" in said
        assert "\x1b" not in said
        assert "The first" not in shell.well("refused", "--limit", "1")
        assert shell.well("refused", "--source", "nwg") == "Nothing was refused.\n"
        assert [one["times"] for one in json.loads(shell.well("refused", "--since", "1", "--json"))] == [2, 2]
        assert "2 kinds of request in the last day, such as: The second" in shell("status").stdout
