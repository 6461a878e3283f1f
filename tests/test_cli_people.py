"""The commands of the people's records, as a Board's officer, a coordinator and an operator type them."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from builders import Shell

from lrs_bridge.moments import in_words

ASHA = "asha@example.org"
BADGE = "https://licensing.example.org|D-17"
DAY = (datetime.now(UTC) - timedelta(days=30)).date().isoformat()


class Desk(Shell):
    """A shell whose imports are typed in the test."""

    def __init__(self, url, folder) -> None:
        super().__init__(url)
        self.folder = folder

    def take_in(self, kind, text):
        path = self.folder / f"{kind}.csv"
        path.write_text(text, encoding="utf-8")
        return self.well("import", kind, str(path), "--apply")

    def computed(self):
        self.well("recompute")
        return self


@pytest.fixture
def desk(sqlite_url, tmp_path):
    made = Desk(sqlite_url, tmp_path)
    made.well("migrate")
    made.take_in(
        "people", f"person,identifiers,organisation,area,role\nAsha Rao,{ASHA},School,essex,teacher\n"
    )
    return made


@pytest.fixture
def ready(desk):
    """Asha meets every standard in Essex, all by hand."""
    rows = "".join(
        f"{ASHA},{key},School,essex,head@example.org,{DAY}\n"
        for key in ("manager_support", "working_knowledge")
    )
    desk.take_in("attestations", f"person,attestation,organisation,area,by,date\n{rows}")
    courses = "".join(f"{ASHA},{key},{DAY}\n" for key in ("escb_basic", "set_toolbox", "safeguarding_l2"))
    desk.take_in("completions", f"person,course,date\n{courses}")
    desk.take_in("memberships", f"person,membership,checked,source\n{ASHA},nwg,{DAY},list\n")
    return desk.computed()


class TestPeople:
    @pytest.fixture
    def two(self, desk):
        desk.take_in("completions", f"person,course,date\n{BADGE},induction,{DAY}\n")
        return desk.computed()

    @pytest.fixture
    def four(self, two):
        rows = "".join(f"{mail},induction,{DAY}\n" for mail in ("a.rao@example.org", "b@example.org"))
        two.take_in("completions", f"person,course,date\n{rows}")
        return two.computed()

    def test_the_unknown_with_what_they_completed(self, two):
        said = two.well("people", "unknown")
        assert BADGE in said
        assert f"{in_words(date.fromisoformat(DAY))}  induction" in said
        (one,) = json.loads(two.well("people", "unknown", "--json"))
        assert (one["identifiers"], list(one["completed"])) == ([BADGE], ["induction"])

    def test_joining_showing_and_parting(self, two):
        said = two.well("people", "join", ASHA, BADGE, "--reason", "showed the badge")
        assert said == f"One person: mailto:{ASHA}, {BADGE}. Standings follow within seconds.\n"
        shown = two.well("people", "show", BADGE)
        assert "Asha Rao" in shown
        assert "showed the badge" in shown
        assert two.well("people", "unknown").startswith("Nobody: ")
        said = two.well("people", "part", ASHA, BADGE, "--reason", "lent to her")
        assert said == f"Parted. With {ASHA}: mailto:{ASHA}. Standings follow within seconds.\n"
        body = json.loads(two.well("people", "show", ASHA, "--json"))
        assert [one["identifier"] for one in body["identifiers"]] == [f"mailto:{ASHA}"]
        assert [(one["same"], one["reason"]) for one in body["proofs"]] == [(False, "lent to her")]

    def test_1_where_somebody_said_they_are_not_the_same(self, four):
        four.well("people", "join", "b@example.org", BADGE, "--reason", "asked")
        four.well("people", "part", ASHA, BADGE, "--reason", "asked")
        said = four.refused(1, "people", "join", ASHA, "b@example.org", "--reason", "looks like it")
        assert said.startswith("Recorded, but they stay apart")

    def test_whom_a_join_tears_off_is_said(self, four):
        """Three identifiers of which two were parted can't be one person; which two stay together follows from their names,
        never from the order in which they came."""
        four.well("people", "part", ASHA, BADGE, "--reason", "asked")
        four.well("people", "join", "a.rao@example.org", ASHA, "--reason", "her other address")
        done = four("people", "join", "a.rao@example.org", BADGE, "--reason", "looks like it")
        assert done.exit_code == 0
        assert done.stderr.startswith(f"No longer with either: mailto:{ASHA}")

    def test_a_shared_mailbox(self, two):
        words = ["people", "shared", "desk@example.org", "--reason", "the front desk reads it"]
        assert two.well(*words) == "desk@example.org is read by several people.\n"
        assert two.well(*words) == "desk@example.org is read by several people, as recorded before.\n"
        assert two.well(*words, "--no-longer") == "desk@example.org is one person's.\n"

    def test_1_for_nobody_known(self, two):
        assert "Nobody is known by" in two.refused(1, "people", "show", "nobody@example.org")
        assert "Nobody is known by" in two.refused(
            1, "people", "join", ASHA, "nobody@example.org", "--reason", "x"
        )

    @pytest.mark.parametrize("command", [["join", ASHA, BADGE], ["part", ASHA, BADGE], ["shared", ASHA]])
    def test_2_without_a_reason(self, two, command):
        assert "Missing option '--reason'" in two.refused(2, "people", *command)

    def test_a_number_of_an_organisation_is_an_identifier(self, two):
        two.take_in(
            "organisations", "organisation,home_page\nLicensing,https://licensing.example.org\nSchool,\n"
        )
        assert BADGE in two.well("people", "show", "licensing|D-17")
        assert BADGE in two.well("explain", "Licensing|D-17")
        assert "the home page of School is not on record" in two.refused(2, "explain", "School|4711")
        two.well("people", "join", "ASHA@example.org", "Licensing|D-17", "--reason", "whatever the capitals")


class TestVoid:
    def test_a_record_taken_back_gives_nothing_any_more(self, ready):
        before = json.loads(ready.well("explain", ASHA, "--json"))
        toolbox = next(one for one in before["evidence"] if one["course"] == "set_toolbox")
        assert before["eligibility"]["essex"]["status"] == "eligible"
        said = ready.well("void", toolbox["statement_id"], "--reason", "wrong person")
        assert said == f"Statement {toolbox['statement_id']} is voided. Standings follow within seconds.\n"
        after = json.loads(ready.computed().well("explain", ASHA, "--json"))
        assert after["eligibility"]["essex"]["missing"] == ["set_toolbox"]
        voided = next(one for one in after["evidence"] if one["course"] == "set_toolbox")
        assert (voided["counts"], "voided by statement" in voided["because"]) == (False, True)
        assert "voided already" in ready.refused(1, "void", toolbox["statement_id"], "--reason", "again")

    def test_what_there_is_not(self, ready):
        assert "is no statement id" in ready.refused(2, "void", "4711", "--reason", "x")
        unknown = "0b6d6bfa-5d0e-5f0c-9b57-2f3b5a0f2d11"
        assert ready.refused(1, "void", unknown, "--reason", "x") == f"There is no statement {unknown}.\n"


class TestChampion:
    def test_from_request_to_register_to_leaving(self, ready):
        said = ready.well("champion", "request", ASHA, "--area", "Essex", "--note", "signed form")
        assert said.startswith(
            "Asha Rao has asked to be registered in essex (School).\n  met       Safeguarding level 2"
        )
        assert "Asha Rao" in ready.computed().well("champion", "list", "--area", "essex", "--requests")
        ready.well(
            "champion",
            "register",
            ASHA,
            "--area",
            "essex",
            "--by",
            "ann.lowe@board.example",
            "--by-name",
            "Ann Lowe",
        )
        register = ready.computed().well("champion", "list", "--area", "essex")
        assert re.search(r"^Asha Rao   School\n  champion since ", register)
        explained = ready.well("explain", ASHA)
        assert re.search(
            r"because    registered on \d+ [A-Z][a-z]{2} \d{4} by Ann Lowe, for School\n", explained
        )
        assert "every standard was met" in explained
        ready.well("champion", "leave", ASHA, "--area", "essex")
        assert "No champion is registered in essex." in ready.computed().well(
            "champion", "list", "--area", "essex"
        )
        assert "Asha Rao" in ready.well("champion", "list", "--area", "essex", "--left")

    def test_the_register_for_a_spreadsheet(self, ready):
        ready.take_in("people", f"person,identifiers,organisation,area\n=HYPERLINK(1),{ASHA},School,essex\n")
        ready.well("champion", "request", ASHA, "--area", "essex")
        ready.well("champion", "register", ASHA, "--area", "essex", "--by", "ann@board.example")
        told = ready.computed().well("champion", "list", "--area", "essex", "--csv")
        (row,) = csv.DictReader(io.StringIO(told))
        assert row["name"] == "'=HYPERLINK(1)", "a name must not run as a formula"
        assert (row["organisation"], row["contact"], row["status"]) == ("School", ASHA, "champion")
        (one,) = json.loads(ready.well("champion", "list", "--area", "essex", "--json"))
        assert one["since"] == row["since"]

    def test_all_areas_or_none(self, ready):
        """One refusal, and nothing is recorded anywhere."""
        said = ready.refused(1, "champion", "request", ASHA, "--area", "essex", "--area", "southend")
        assert "has no current post in southend" in said
        assert "No request is open in essex." in ready.computed().well(
            "champion", "list", "--area", "essex", "--requests"
        )

    def test_gaps(self, ready):
        assert ready.well("champion", "gaps", "--area", "Essex").startswith("School   sector not recorded\n")
        assert "1 without a champion in essex." in ready.well("champion", "gaps", "--area", "essex")
        rows = ready.well("champion", "gaps", "--area", "essex", "--csv").splitlines()
        assert rows[:3] == ["organisation,service_area,sector", "School,,", ",,education"]
        assert ready.well("champion", "gaps", "--area", "thurrock").startswith("Every organisation on record")

    @pytest.mark.parametrize(
        ("code", "command", "said"),
        [
            (
                1,
                ["register", ASHA, "--area", "essex", "--by", "a@b.example"],
                "has not asked to be registered",
            ),
            (2, ["register", ASHA, "--area", "essex"], "--by"),
            (
                2,
                ["request", ASHA, "--area", "kent"],
                "unknown area “kent” → one of essex, southend, thurrock",
            ),
            (2, ["request", ASHA], "Missing option '--area'"),
            (2, ["request", "Asha", "--area", "essex"], "is no identifier"),
            (2, ["request", ASHA, "--area", "essex", "--date", "13/14/2026"], "--date"),
            (1, ["request", ASHA, "--area", "essex", "--date", "01/03/2199"], "is still to come"),
            (2, ["list", "--area", "kent"], "unknown area “kent”"),
        ],
    )
    def test_refusals_say_what_to_do(self, ready, code, command, said):
        assert said in ready.refused(code, "champion", *command)
