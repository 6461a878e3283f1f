"""The coordinator's own spreadsheet: headings matched once and remembered, a column per course, what a file leaves out."""

from __future__ import annotations

import pytest
from flows.desk import GOOD, another

from lrs_bridge.errors import BadInput
from lrs_bridge.flows.imports import KINDS

OWN = {
    "First Name": "Asha",
    "Surname": "Rao",
    "Work E-mail": "asha.rao@example.org",
    "Payroll no": "4711",
    "School": "Colne Primary School",
}
TOLD = {"First name": "person", "Surname": "person", "Work e-mail": "identifiers", "Payroll no": "", "School": "organisation"}  # fmt: skip


def problems(desk, kind, *rows, **options):
    with pytest.raises(BadInput) as refused:
        desk.take_in(kind, *rows, **options)
    return [str(problem) for problem in refused.value.problems]


@pytest.mark.parametrize("kind", KINDS)
def test_capitals_and_blanks_of_headings_change_nothing(desk, kind):
    desk.take_in(kind, GOOD[kind])
    before = desk.everything()
    row = {f" {name.upper().replace('_', '  ')} ": text for name, text in GOOD[kind].items()}
    assert dict(desk.take_in(kind, row).counts) == {"same": 1}
    assert desk.everything() == before


class TestOwnHeadings:
    def test_each_is_told_with_what_it_may_be(self, desk):
        assert problems(desk, "people", OWN) == [
            f"line 1: there is no column “{heading}” here → --column '{heading}={likely}'; or, to pass it over, --column '{heading}='"
            + ("" if likely != "COLUMN" else f". The columns are {', '.join(GOOD['people'])}".replace("area, role", "area, service_area, role"))
            for heading, likely in (
                ("First Name", "person"),
                ("Surname", "person"),
                ("Work E-mail", "COLUMN"),
                ("Payroll no", "COLUMN"),
                ("School", "organisation"),
            )
        ] + [
            f"line 1: the column “{column}” is missing → `lrs-bridge import people --template` prints the columns;"
            f" --column 'YOUR HEADING={column}' names yours, --set {column}=… gives every row the same"
            for column in ("person", "identifiers", "organisation", "area")
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("heading", "likely"),
        [("Room", "COLUMN"), ("Form", "COLUMN"), ("Organization", "organisation"), ("Untill", "until")],
    )
    def test_only_what_is_near_is_suggested(self, desk, heading, likely):
        said = problems(desk, "people", {"person": "Asha", heading: "x"})[0]
        assert f" → --column '{heading}={likely}'; or" in said

    def test_once_told_they_are_remembered(self, desk):
        constants = {"area": "essex"}
        first = desk.take_in("people", OWN, told=TOLD, constants=constants)
        words = "Asha Rao (asha.rao@example.org): post at Colne Primary School, essex, manager not recorded"
        assert first.changes == [(2, "new", words)]
        before = desk.everything()
        again = {**OWN, "Payroll no": "9"}
        assert dict(desk.take_in("people", again, constants=constants).counts) == {"same": 1}
        assert dict(desk.take_in("people", OWN, told=TOLD, constants=constants).counts) == {"same": 1}
        assert desk.everything() == before

    def test_for_that_kind_alone(self, desk):
        desk.take_in("people", OWN, told=TOLD, constants={"area": "essex"})
        row = {**GOOD["organisations"], "School": GOOD["organisations"]["organisation"]}
        del row["organisation"]
        assert problems(desk, "organisations", row)[0].startswith("line 1: there is no column “School” here")

    def test_a_rehearsal_remembers_nothing(self, desk):
        desk.take_in("people", OWN, told=TOLD, constants={"area": "essex"}, rehearse=True)
        assert len(problems(desk, "people", OWN, constants={"area": "essex"})) > 1

    def test_what_is_told_now_outranks_what_was(self, desk):
        row = {**GOOD["memberships"], "Checked by": "x"}
        desk.take_in("memberships", row, told={"checked by": ""})
        without = {name: text for name, text in row.items() if name != "source"}
        report = desk.take_in("memberships", without, told={"checked by": "source"})
        assert report.changes[0][1:] == (
            "corrected",
            (
                "mailto:asha.rao@example.org: NWG membership, checked 1 Mar 2026, until 31 Mar 2027;"
                " source “ESCB gold membership list” → x"
            ),
        )
        assert dict(desk.take_in("memberships", without).counts) == {"same": 1}

    def test_a_mistake_names_the_heading_as_written(self, desk):
        row = {**OWN, "Work E-mail": "asha"}
        (said,) = problems(desk, "people", row, told=TOLD, constants={"area": "essex"})
        assert said.startswith('line 2, identifiers (“Work E-mail”): "asha" is no identifier')

    def test_two_headings_for_one_column_are_refused(self, desk):
        row = {**GOOD["memberships"], "Expiry": ""}
        assert problems(desk, "memberships", row, told={"expiry": "until"}) == [
            "line 1: “until” and “Expiry” both mean until → pass over what is not meant: --column 'Expiry='"
        ]

    def test_but_several_may_hold_identifiers_of_one_person(self, desk):
        row = {**GOOD["people"], "Login": "https://other.example.org|asha"}
        desk.take_in("people", row, told={"login": "identifiers"})
        assert len(desk.explain("asha.rao@example.org")["learner"]["identifiers"]) == 3

    def test_words_that_mean_nothing(self, desk):
        told, constants = {"nowhere": "person", "number": "numbers"}, {"town": "Colchester", "number": "1"}
        columns = "one of person, membership, checked, source, number, until"
        assert problems(desk, "memberships", GOOD["memberships"], told=told, constants=constants) == [
            f"--column: the file has no heading “nowhere” → {columns}",
            f"--column: “numbers” is no column of memberships → {columns}",
            f"--set: “town” is no column of memberships → {columns}",
        ]

    def test_a_constant_beside_its_own_column_is_refused(self, desk):
        assert problems(desk, "memberships", GOOD["memberships"], constants={"number": "1"}) == [
            (
                "--set: the file has a column number itself, “number”"
                " → leave out --set number, or pass the column over: --column 'number='"
            )
        ]


WIDE = {"person": "asha.rao@example.org", "escb_basic": "01/03/2026", "SET CSE Toolbox, online": "3/4/2026"}


class TestAColumnPerCourse:
    """One row per person; the cells are days."""

    def test_each_day_is_a_completion(self, desk):
        rows = [
            WIDE,
            {"person": "ben@example.org", "escb_basic": "", "SET CSE Toolbox, online": "04/04/2026"},
        ]
        report = desk.take_in("completions", *rows)
        assert report.changes == [
            (2, "new", "mailto:asha.rao@example.org: ESCB basic awareness package on 1 Mar 2026"),
            (2, "new", "mailto:asha.rao@example.org: SET CSE Toolbox, online on 3 Apr 2026"),
            (3, "new", "mailto:ben@example.org: SET CSE Toolbox, online on 4 Apr 2026"),
        ]
        assert (report.rows, dict(report.counts)) == (2, {"new": 3})

    def test_the_same_as_a_row_for_each(self, desk):
        desk.take_in("completions", WIDE)
        before = desk.everything()
        long = [
            {"person": WIDE["person"], "course": course, "date": day}
            for course, day in (("set_toolbox", "2026-4-3"), ("ESCB_Basic", "1 March 2026"))
        ]
        assert dict(desk.take_in("completions", *long).counts) == {"same": 2}
        assert desk.everything() == before

    def test_own_headings_for_courses_too(self, desk):
        row = {"E-mail": "asha.rao@example.org", "Level 2 (date)": "01/03/2026", "Notes": "none"}
        told = {"e-mail": "person", "level 2 (date)": "course:safeguarding_l2", "notes": ""}
        desk.take_in("completions", row, told=told)
        body = desk.explain("asha.rao@example.org")
        assert [one["course"] for one in body["evidence"]] == ["safeguarding_l2"]
        assert dict(desk.take_in("completions", row).counts) == {"same": 1}

    def test_every_wrong_day_is_told_by_its_heading(self, desk):
        rows = [{**WIDE, "escb_basic": "yes"}, {**WIDE, "SET CSE Toolbox, online": "04/13/2026"}]
        day = "is not a day; write 2026-03-01 or 01/03/2026 (day first)"
        assert problems(desk, "completions", *rows) == [
            f"line 2, escb_basic: “yes” {day}",
            f"line 3, SET CSE Toolbox, online: “04/13/2026” {day}",
        ]

    def test_no_course_or_date_beside_it(self, desk):
        assert problems(desk, "completions", {**WIDE, "date": "01/03/2026"}) == [
            "line 1: “date” says nothing beside a column for each course → pass it over: --column 'date='"
        ]

    def test_one_course_in_two_columns_is_refused(self, desk):
        row = {**WIDE, "ESCB basic awareness package": "02/03/2026"}
        assert problems(desk, "completions", row) == [
            (
                "line 1: “escb_basic” and “ESCB basic awareness package” both mean course:escb_basic"
                " → pass over what is not meant: --column 'ESCB basic awareness package='"
            )
        ]

    def test_only_for_completions(self, desk):
        assert "no column “escb_basic”" in problems(desk, "memberships", WIDE)[0]


class TestWhatAFileLeavesOut:
    @pytest.mark.parametrize("kind", KINDS)
    def test_columns_that_it_does_not_have_leave_what_is_recorded(self, desk, kind):
        """Those that tell records apart, or of which one must be said, are there."""
        also = {
            "champions": {"service_area", "decided_by"},
            "equivalences": {"area"},
            "sessions": {"courses"},
        }
        desk.take_in(kind, GOOD[kind])
        before = desk.everything()
        needed = {column.name for column in KINDS[kind].columns if column.required} | also.get(kind, set())
        row = {name: text for name, text in GOOD[kind].items() if name in needed}
        assert dict(desk.take_in(kind, row).counts) == {"same": 1}
        assert desk.everything() == before

    @pytest.mark.parametrize(
        ("kind", "column", "differs"),
        [
            ("organisations", "sector", "sector education → not recorded"),
            ("organisations", "service_areas", "service_areas Early years; Juniors → not recorded"),
            ("organisations", "role_tiers", "role_tiers caretaker = T1; teacher = T3 → not recorded"),
            ("people", "required_tier", "required_tier T3 → not recorded"),
            ("people", "manager", "manager head@example.org → not recorded"),
            ("people", "from", "from 1 Sep 2024 → not recorded"),
            ("champions", "decided_by", "decided_by board@example.org → not recorded"),
            ("champions", "note", "note “from the old register” → not recorded"),
            ("completions", "certificate", "certificate KC-4711 → not recorded"),
            ("completions", "seen_by", "seen_by training@example.org → not recorded"),
            ("organisations", "cse_lead_name", "cse_lead_name “Joan Hale” → not recorded"),
            ("completions", "seen_by_name", "seen_by_name “Priya Shah” → not recorded"),
            ("sessions", "delivered_by_name", "delivered_by_name “Joan Hale” → not recorded"),
            ("equivalences", "decided_by_name", "decided_by_name “Ann Lowe” → not recorded"),
            ("sessions", "items", "items 3.4 → not recorded"),
            ("memberships", "until", "until 31 Mar 2027 → not recorded"),
            ("attestations", "by_name", "by_name “Tom Barker” → not recorded"),
            ("equivalences", "until", "until 28 Feb 2028 → not recorded"),
        ],
    )
    def test_an_empty_cell_clears_it(self, desk, kind, column, differs):
        desk.take_in(kind, GOOD[kind])
        report = desk.take_in(kind, {**GOOD[kind], column: ""})
        ((_, outcome, words),) = report.changes
        assert outcome == ("changed" if kind in ("people", "organisations") else "corrected")
        assert words.endswith(f"; {differs}")
        again = desk.take_in(kind, {**GOOD[kind], column: ""})
        assert dict(again.counts) == {"same": 1}

    def test_a_correction_keeps_what_the_file_leaves_out(self, desk):
        desk.take_in("attestations", {**GOOD["attestations"], "attestation": "4.1", "parts": "both"})
        row = {**GOOD["attestations"], "attestation": "4.1", "note": "by phone"}
        del row["parts"], row["by_name"]
        report = desk.take_in("attestations", row)
        assert report.changes[0][2].endswith("; note “signed form” → “by phone”")
        details = [one["context"]["extensions"]["tag:lrs-bridge,2026:record"] for one in desk.statements()]
        (detail,) = [one for one in details if one.get("note") == "by phone"]
        assert (detail["parts"], detail["by_name"]) == (["knowledge", "word"], "Tom Barker")


def test_a_row_that_stands_twice_is_told(desk):
    rows = [another("memberships", number) for number in (0, 1, 0, 1, 2)]
    report = desk.take_in("memberships", *rows)
    assert (report.repeated, report.repetitions) == (2, ((4, 2), (5, 3)))
    assert dict(report.counts) == {"new": 3, "same": 2}
