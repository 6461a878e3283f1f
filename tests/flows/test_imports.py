"""Tables that people bring: every mistake told with its line, nothing half done, the same file twice changes nothing."""

from __future__ import annotations

import csv
import io
import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
from flows.desk import ATTESTED, GOOD, another, shipped, table_of

from lrs_bridge.connectors.tables import read_csv
from lrs_bridge.errors import BadInput
from lrs_bridge.flows import imports
from lrs_bridge.flows.by_hand import Keeping, take_back
from lrs_bridge.flows.imports import KINDS, kind_named
from lrs_bridge.flows.imports.columns import layout_of
from lrs_bridge.store import people


def read(kind: str, content: bytes, known: imports.Known | None = None) -> list[imports.Entry]:
    table, known = read_csv(content), known or imports.Known(shipped())
    layout = layout_of(
        KINDS[kind], table, courses=known.mappings.courses, told={}, remembered={}, constants={}
    )
    imports.kinds.check(KINDS[kind], table, layout, known)
    rows = imports.kinds.entries_of(KINDS[kind], table, layout, known)
    return [entry for entries, _ in rows for entry in entries]


def value(kind: str, **changes: str) -> dict:
    (entry,) = read(kind, table_of({**GOOD[kind], **changes}))
    return entry.value


def problems(kind: str, content: bytes) -> list[str]:
    with pytest.raises(BadInput) as refused:
        read(kind, content)
    return [str(problem) for problem in refused.value.problems]


class TestTemplates:
    @pytest.mark.parametrize("kind", KINDS)
    def test_a_template_reads_as_what_it_shows(self, kind):
        table = read_csv(KINDS[kind].template().encode())
        assert table.columns == tuple(column.name for column in KINDS[kind].columns)
        entries = read(kind, KINDS[kind].template().encode())
        assert {entry.line for entry in entries} == {2}

    @pytest.mark.parametrize("kind", KINDS)
    def test_it_may_be_sent_back_through_a_spreadsheet(self, kind):
        text = KINDS[kind].template()
        rows = list(csv.reader(io.StringIO(text)))
        german = io.StringIO()
        csv.writer(german, delimiter=";", lineterminator="\r\n").writerows([*rows, [""] * len(rows[0])])
        sent = ("sep=;\r\n" + german.getvalue()).encode("utf-8-sig")
        assert [entry.value for entry in read(kind, sent)] == [
            entry.value for entry in read(kind, text.encode())
        ]

    def test_an_unknown_kind(self):
        with pytest.raises(BadInput, match=f"“persons” → one of {', '.join(KINDS)}$"):
            kind_named("persons")
        assert list(KINDS) == [
            "organisations",
            "people",
            "champions",
            "completions",
            "sessions",
            "memberships",
            "attestations",
            "equivalences",
        ]

    @pytest.mark.parametrize("kind", KINDS)
    def test_the_columns_are_those_that_are_read(self, kind):
        fields = KINDS[kind].schema.fields
        assert [column.name for column in KINDS[kind].columns] == list(fields)
        assert {column.name for column in KINDS[kind].columns if column.required} == {
            name for name, field in fields.items() if field.required
        }


class TestColumns:
    @pytest.mark.parametrize("kind", KINDS)
    def test_each_column_that_must_be_there(self, kind):
        for column in KINDS[kind].columns:
            row = {name: text for name, text in GOOD[kind].items() if name != column.name}
            if column.required:
                assert problems(kind, table_of(row)) == [
                    (
                        f"line 1: the column “{column.name}” is missing →"
                        f" `lrs-bridge import {kind} --template` prints the columns;"
                        f" --column 'YOUR HEADING={column.name}' names yours,"
                        f" --set {column.name}=… gives every row the same"
                    )
                ]
            elif (kind, column.name) != ("equivalences", "area"):  # that, or the organisation
                assert len(read(kind, table_of(row))) == 1

    @pytest.mark.parametrize("kind", KINDS)
    def test_each_cell_that_must_be_filled(self, kind):
        for column in KINDS[kind].columns:
            if column.required:
                assert problems(kind, table_of(GOOD[kind], {**GOOD[kind], column.name: " "})) == [
                    f"line 3, {column.name}: is empty"
                ]

    def test_a_column_that_there_is_not(self):
        columns = "The columns are person, membership, checked, source, number, until"
        assert problems("memberships", table_of({**GOOD["memberships"], "expires": "x", "no": "y"})) == [
            f"line 1: there is no column “{name}” here → --column '{name}=COLUMN'; or, to pass it over, --column '{name}='. {columns}"
            for name in ("expires", "no")
        ]

    def test_the_likeliest_of_the_columns_that_are_missing(self):
        row = {name: text for name, text in GOOD["memberships"].items() if name not in ("until", "source")}
        found = problems("memberships", table_of({**row, "Expires": "", "Sourse": "x", "E-mail": "x"}))
        assert [said.partition(" → ")[2] for said in found[:3]] == [
            f"--column '{heading}={column}'; or, to pass it over, --column '{heading}='"
            for heading, column in (("Expires", "until"), ("Sourse", "source"), ("E-mail", "person"))
        ]

    def test_a_table_without_rows_is_no_mistake(self):
        assert read("people", table_of(columns=list(GOOD["people"]))) == []


NO_PERSON = (
    '"Asha Rao" is no identifier; '
    "write anna@example.org, Organisation|number or https://moodle.example.org|4711"
)
A_DAY = "write 2026-03-01 or 01/03/2026 (day first)"

MISTAKES = [
    ("people", {"identifiers": "Asha Rao"}, "identifiers", NO_PERSON),
    ("people", {"identifiers": ";;"}, "identifiers", "holds no identifier"),
    ("people", {"person": "x" * 301}, "person", "is 301 characters long; at most 300 are kept"),
    (
        "people",
        {"area": "kent", "required_tier": ""},
        "area",
        "unknown area “kent”; one of essex, southend, thurrock",
    ),
    ("people", {"area": "thurrock"}, "required_tier", "Thurrock has set no tiers; leave the cell empty"),
    ("people", {"required_tier": "T6"}, "required_tier", "unknown tier “T6”; one of T1, T2, T3, T4, T5"),
    ("people", {"manager": "Asha.Rao@example.org"}, "manager", "nobody is their own line manager"),
    ("people", {"manager": "Asha Rao"}, "manager", NO_PERSON),
    ("people", {"from": "13/2024"}, "from", f"“13/2024” is not a day; {A_DAY}"),
    ("people", {"until": "31/08/2024"}, "until", "lies before “from”"),
    ("attestations", {"person": "Asha Rao"}, "person", NO_PERSON),
    ("attestations", {"by": "Asha Rao"}, "by", NO_PERSON),
    ("attestations", {"by": "ASHA.RAO@example.org"}, "by", "nobody attests for themselves"),
    ("attestations", {"area": "kent"}, "area", "unknown area “kent”; one of essex, southend, thurrock"),
    (
        "attestations",
        {"attestation": "9.9"},
        "attestation",
        "“9.9” is neither manager_support, working_knowledge nor an item of that area",
    ),
    (
        "attestations",
        {"attestation": "1.3", "area": "thurrock"},
        "attestation",
        "“1.3” is neither manager_support, working_knowledge nor an item of that area",
    ),
    (
        "attestations",
        {"attestation": "1.1"},
        "attestation",
        "1.1 (what CSE is) is learned by a course; nobody can attest it",
    ),
    (
        "attestations",
        {"attestation": "4.2", "parts": "both"},
        "parts",
        "nobody can vouch of 4.2 that the person knows it, only that the person does it",
    ),
    (
        "attestations",
        {"attestation": "1.3", "parts": "word"},
        "parts",
        "nobody can vouch of 1.3 that the person does it, only that the person knows it",
    ),
    (
        "attestations",
        {"attestation": "4.1", "parts": "all"},
        "parts",
        "“all” is none of knowledge, word, both",
    ),
    ("attestations", {"parts": "word"}, "parts", "only an item of a tier has parts; leave the cell empty"),
    ("attestations", {"date": "yesterday"}, "date", f"“yesterday” is not a day; {A_DAY}"),
    ("attestations", {"until": "28/02/2026"}, "until", "lies before “date”"),
    ("memberships", {"person": "Asha Rao"}, "person", NO_PERSON),
    ("memberships", {"membership": "rotary"}, "membership", "unknown membership “rotary”; one of nwg"),
    ("memberships", {"checked": "32/01/2026"}, "checked", f"“32/01/2026” is not a day; {A_DAY}"),
    ("memberships", {"until": "01/02/2026"}, "until", "lies before the day on which it was checked"),
]


class TestMistakes:
    @pytest.mark.parametrize(("kind", "changes", "column", "said"), MISTAKES)
    def test_a_mistake_is_told_with_its_line_and_column(self, kind, changes, column, said):
        good, bad = GOOD[kind], {**GOOD[kind], **changes}
        assert problems(kind, table_of(good, bad)) == [f"line 3, {column}: {said}"]

    def test_all_are_told_by_line_however_many_rows_have_them(self):
        rows = [
            {**GOOD["people"], "area": "kent", "required_tier": ""},
            GOOD["people"],
            {**GOOD["people"], "identifiers": "", "from": "x"},
            {**GOOD["people"], "person": "Ben Hale"},
        ]
        assert [one.split(":")[0] for one in problems("people", table_of(*rows))] == [
            "line 2, area",
            "line 4, identifiers",
            "line 4, from",
            "line 5, person",
            "line 5, person",
        ]

    def test_one_address_of_two_people_would_make_them_one(self):
        rows = [
            {**GOOD["people"], "identifiers": "office@example.org"},
            {**GOOD["people"], "identifiers": "OFFICE@Example.org", "person": "Ben Hale", "role": "head"},
        ]
        assert problems("people", table_of(*rows)) == [
            "line 3, person: line 2 says otherwise of who mailto:office@example.org is"
        ]

    @pytest.mark.parametrize(
        ("kind", "changes", "column"),
        [
            ("people", {"required_tier": "T4"}, "organisation"),
            ("people", {"until": "31/08/2026"}, "organisation"),
            ("attestations", {"note": "by phone"}, "attestation"),
            ("memberships", {"number": "99"}, "membership"),
            ("champions", {"note": "by phone"}, "status"),
            ("completions", {"area": "southend"}, "course"),
        ],
    )
    def test_two_rows_that_contradict_each_other(self, kind, changes, column):
        (said,) = problems(kind, table_of(GOOD[kind], GOOD[kind], {**GOOD[kind], **changes}))
        assert said.startswith(f"line 4, {column}: line 2 says otherwise of ")

    @pytest.mark.parametrize(
        ("kind", "changes", "column"),
        [
            ("people", {"manager": "other@example.org"}, "organisation"),
            ("people", {"role": ""}, "role"),
            ("people", {"service_area": "Juniors"}, "service_area"),
            ("people", {"from": "01/09/2025"}, "from"),
            ("champions", {"status": "legacy"}, "status"),
        ],
    )
    def test_by_whichever_identifier_they_call_the_person(self, kind, changes, column):
        one = {**GOOD[kind], "identifiers": "asha.rao@example.org; a.rao@example.org"}
        other = {**GOOD[kind], "identifiers": "https://moodle.example.org|asha; A.Rao@example.org"}
        assert len(read(kind, table_of(one, other))) == 2
        (said,) = problems(kind, table_of(one, {**other, **changes}))
        assert said.startswith(f"line 3, {column}: line 2 says otherwise of ")

    def test_one_session_is_in_one_area(self):
        row = {**GOOD["sessions"], "items": ""}
        (said,) = problems("sessions", table_of(row, {**row, "area": "southend"}))
        assert said.startswith("line 3, title: line 2 says otherwise of the session ")

    @pytest.mark.parametrize("kind", KINDS)
    def test_the_same_row_twice_is_none(self, kind):
        assert len(read(kind, table_of(GOOD[kind], GOOD[kind]))) == 2


class TestDays:
    @pytest.mark.parametrize(
        ("written", "day"),
        [
            ("2026-01-13", date(2026, 1, 13)),
            ("13/01/2026", date(2026, 1, 13)),
            ("3/4/2026", date(2026, 4, 3)),
            ("03.04.2026", date(2026, 4, 3)),
            ("03-04-2026", date(2026, 4, 3)),
            ("29/02/2024", date(2024, 2, 29)),
            ("13 January 2026", date(2026, 1, 13)),
            ("13-Jan-2026", date(2026, 1, 13)),
            ("1 may 2026", date(2026, 5, 1)),
            ("13/01/2026 00:00:00", date(2026, 1, 13)),
            ("2026-01-13T00:00", date(2026, 1, 13)),
            ("13/01/2026 14:30", date(2026, 1, 13)),
            ("13/01/2026 9:30", date(2026, 1, 13)),
            ("2026-01-13 23:59:59", date(2026, 1, 13)),
            ("13 January 2026 09:30:00.5", date(2026, 1, 13)),
        ],
    )
    def test_days_are_day_first_or_iso(self, written, day):
        assert value("memberships", checked=written)["checked"] == day

    @pytest.mark.parametrize(
        "written",
        ["01/13/2026", "12/31/2026", "29/02/2026", "13/01/26", "1/2", "2026/01/13", "20260113", "2026-W03-2", "2026-13-01", "Jan 13 2026", "13 Janvier 2026", "13/01-2026", "46035", "13/01/0026", "13/01/2026 24:30", "13/01/2026 noon", "١٣/٠١/٢٠٢٦", "00/01/2026"],
    )  # fmt: skip
    def test_nothing_else_is_a_day_and_least_of_all_month_first(self, written):
        (said,) = problems("memberships", table_of({**GOOD["memberships"], "checked": written}))
        assert said == f"line 2, checked: “{written}” is not a day; {A_DAY}"


class TestWhatCoordinatorsWrite:
    def test_names_as_they_stand(self):
        assert value("people", person="Rao,  Asha")["person"] == "Rao, Asha"
        assert value("people", person="Liam O’Neill\n(Mr)")["person"] == "Liam O’Neill (Mr)"

    @pytest.mark.parametrize(
        "written",
        ["asha.rao@example.org", "ASHA.RAO@EXAMPLE.ORG", "mailto:asha.rao@example.org", "Asha Rao <Asha.Rao@example.org>", "\xa0asha.rao@example.org\u200b"],
    )  # fmt: skip
    @pytest.mark.parametrize(("kind", "column"), [("memberships", "person"), ("attestations", "person")])
    def test_one_address_however_it_is_typed(self, kind, column, written):
        assert value(kind, **{column: written})[column] == "mailto:asha.rao@example.org"

    def test_an_apostrophe_that_word_bent(self):
        assert (
            value("memberships", person="l.o’neill@example.org")["person"] == "mailto:l.o'neill@example.org"
        )

    def test_identifiers_of_people_keep_their_case_and_are_not_doubled(self):
        typed = "Asha.Rao@Example.org; asha.rao@example.org ;https://moodle.example.org|Asha; openid:https://a.example/;"
        assert value("people", identifiers=typed)["identifiers"] == [
            "mailto:Asha.Rao@example.org",
            "https://moodle.example.org|Asha",
            "openid:https://a.example/",
        ]

    @pytest.mark.parametrize(
        ("kind", "column", "written", "meant"),
        [
            ("people", "area", "Essex", "essex"),
            ("people", "area", " ESSEX ", "essex"),
            ("attestations", "attestation", "Manager support", "manager_support"),
            ("attestations", "attestation", "WORKING_KNOWLEDGE", "working_knowledge"),
            ("attestations", "attestation", "item: 1.3", "1.3"),
            ("attestations", "attestation", "Item 1.3", "1.3"),
            ("memberships", "membership", "NWG", "nwg"),
        ],
    )
    def test_our_words_however_they_are_typed(self, kind, column, written, meant):
        assert value(kind, **{column: written})[column] == meant

    def test_parts_however_they_are_typed(self):
        assert value("attestations", attestation="4.1", parts="Both")["parts"] == "both"

    def test_people_without_a_work_address(self):
        badge = value("people", identifiers="https://licensing.example.gov.uk|badge 1234")
        assert badge["identifiers"] == ["https://licensing.example.gov.uk|badge 1234"]


# --- taking in, on both databases -------------------------------------------------------------------------------------


def rows_of_every_kind() -> list[tuple[str, dict[str, str]]]:
    rows = [(kind, GOOD[kind]) for kind in KINDS]
    return [*rows, ("attestations", {**ATTESTED, "attestation": "4.1", "parts": "both"})]


def test_the_same_file_twice_changes_nothing(desk):
    for kind, row in rows_of_every_kind():
        assert dict(desk.take_in(kind, row).counts) == {"new": 1}
    before = desk.everything()
    for kind, row in rows_of_every_kind():
        report = desk.take_in(kind, row)
        assert (report.rows, dict(report.counts), report.changes) == (1, {"same": 1}, [])
    assert desk.everything() == before


def test_the_same_typed_otherwise_is_the_same(desk):
    desk.take_in("attestations", GOOD["attestations"])
    desk.take_in("memberships", GOOD["memberships"])
    before = desk.everything()
    otherwise = {
        "person": "Asha.RAO@Example.org",
        "organisation": " Colne  Primary School",
        "attestation": "Manager Support",
        "area": "Essex",
        "by": "Head@example.org",
        "date": "2026-03-01",
    }
    report = desk.take_in("attestations", {**GOOD["attestations"], **otherwise})
    assert dict(report.counts) == {"same": 1}
    otherwise = {"person": "ASHA.rao@example.org", "membership": "NWG", "checked": "1 March 2026"}
    report = desk.take_in("memberships", {**GOOD["memberships"], **otherwise})
    assert dict(report.counts) == {"same": 1}
    assert desk.everything() == before


@pytest.mark.parametrize("kind", KINDS)
def test_a_rehearsal_tells_all_and_changes_nothing(desk, kind):
    before = desk.everything()
    rehearsed = desk.take_in(kind, GOOD[kind], rehearse=True)
    assert desk.everything() == before
    done = desk.take_in(kind, GOOD[kind])
    assert done.changes
    assert (done.counts, done.changes) == (rehearsed.counts, rehearsed.changes)
    assert desk.everything() != before


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("at", [1, 2, 3])
def test_nothing_is_half_done_whichever_row_fails(desk, monkeypatch, kind, at):
    before = desk.everything()
    keep, kept = KINDS[kind].keep, []

    def fails(session, values, taking):
        kept.extend(keep(session, values, taking))
        if len(kept) == at:
            raise RuntimeError("the disk is full")
        return kept[-1:]

    monkeypatch.setattr(imports.kinds, "AT_ONCE", 1)
    monkeypatch.setitem(KINDS, kind, replace(KINDS[kind], keep=fails))
    with pytest.raises(RuntimeError, match="disk"):
        desk.take_in(kind, *(another(kind, number) for number in range(3)))
    assert [one.outcome for one in kept] == ["new"] * at
    assert desk.everything() == before


@pytest.mark.parametrize("kind", KINDS)
def test_in_parts_or_at_once_is_the_same(desk, monkeypatch, kind):
    """The last part of a file is as good as the first; what parts have in common is known again."""
    rows = [another(kind, number) for number in (0, 1, 2, 1, 0)]
    monkeypatch.setattr(imports.kinds, "AT_ONCE", 2)
    in_parts = desk.take_in(kind, *rows, rehearse=True)
    monkeypatch.setattr(imports.kinds, "AT_ONCE", 500)
    at_once = desk.take_in(kind, *rows, rehearse=True)
    assert dict(at_once.counts) == {"new": 3, "same": 2}
    assert (in_parts.counts, in_parts.changes) == (at_once.counts, at_once.changes)


class TestCorrections:
    def test_a_corrected_row_voids_the_earlier_statement(self, desk):
        desk.take_in("memberships", GOOD["memberships"])
        report = desk.take_in("memberships", {**GOOD["memberships"], "number": "4321"})
        assert dict(report.counts) == {"corrected": 1}
        first, void, second = desk.statements()
        assert void["verb"]["id"] == "http://adlnet.gov/expapi/verbs/voided"
        assert void["object"] == {"objectType": "StatementRef", "id": first["id"]}
        assert first["id"] != second["id"]
        record = "tag:lrs-bridge,2026:record"
        assert [one["context"]["extensions"][record]["number"] for one in (first, second)] == ["1234", "4321"]
        evidence = desk.explain("asha.rao@example.org")["evidence"]
        assert [one["statement_id"] for one in evidence if one["counts"]] == [second["id"]]

    def test_and_the_corrected_file_again_changes_nothing(self, desk):
        desk.take_in("memberships", GOOD["memberships"])
        corrected = {**GOOD["memberships"], "number": "4321"}
        desk.take_in("memberships", corrected)
        before = desk.everything()
        assert dict(desk.take_in("memberships", corrected).counts) == {"same": 1}
        assert desk.everything() == before

    def test_a_correction_may_be_taken_back_and_made_again(self, desk):
        right, wrong = GOOD["attestations"], {**GOOD["attestations"], "note": "by phone"}
        for row in (right, wrong, right, wrong):
            desk.take_in("attestations", row)
            sent = desk.statements()
            voided = {one["object"]["id"] for one in sent if one["verb"]["id"].endswith("/voided")}
            (standing,) = [
                one for one in sent if one["id"] not in voided and not one["verb"]["id"].endswith("/voided")
            ]
            assert standing["context"]["extensions"]["tag:lrs-bridge,2026:record"]["note"] == row["note"]
        assert len(desk.statements()) == 4 + 3
        assert len({one["id"] for one in desk.statements()}) == 7

    @pytest.mark.parametrize("changes", [{}, {"number": "4321"}])
    @pytest.mark.parametrize("corrected", [False, True])
    def test_what_was_taken_back_by_hand_stays_so(self, desk, changes, corrected):
        desk.take_in("memberships", GOOD["memberships"])
        if corrected:
            desk.take_in("memberships", {**GOOD["memberships"], "source": "the Board"})
        last = desk.statements()[-1]
        keeping = Keeping("https://bridge.example.org", "the Board", desk.now)
        desk.database.write(lambda session: take_back(session, uuid.UUID(last["id"]), "not hers", keeping))
        desk.explain("asha.rao@example.org")
        before = desk.everything()
        row = {**GOOD["memberships"], **changes}
        report = desk.take_in("memberships", row)
        assert desk.everything() == before
        assert (dict(report.counts), report.changes, report.changed) == ({"taken_back": 1}, [], 0)
        words = "mailto:asha.rao@example.org: NWG membership, checked 1 Mar 2026, until 31 Mar 2027"
        said = "was taken back by the Board on 1 Jun 2026 (“not hers”); it stays so, unless you add --again"
        assert report.warnings == [(2, f"{words}: {said}")]
        assert dict(desk.take_in("memberships", row, again=True).counts) == {"new": 1}
        counting = [one for one in desk.explain("asha.rao@example.org")["evidence"] if one["counts"]]
        assert [one["statement_id"] == last["id"] for one in counting] == [False]
        assert dict(desk.take_in("memberships", row).counts) == {"same": 1}

    def test_of_a_champion_too(self, desk):
        desk.take_in("champions", GOOD["champions"])
        keeping = Keeping("https://bridge.example.org", "the Board", desk.now)
        for statement in desk.statements():
            desk.database.write(
                lambda session, id_=statement["id"]: take_back(session, uuid.UUID(id_), "", keeping)
            )
        report = desk.take_in("champions", GOOD["champions"])
        assert (dict(report.counts), report.warned) == ({"taken_back": 1}, 1)
        assert desk.explain("joan.hale@example.org")["eligibility"]["essex"]["champion"] is None

    def test_another_day_another_manager_and_another_post_stand_beside_it(self, desk):
        for changes in (
            {},
            {"date": "02/03/2026"},
            {"by": "deputy@example.org"},
            {"organisation": "Harwich School"},
        ):
            assert dict(desk.take_in("attestations", {**GOOD["attestations"], **changes}).counts) == {
                "new": 1
            }
        assert len(desk.statements()) == 4

    def test_a_changed_post_is_changed_in_place(self, desk):
        desk.take_in("people", GOOD["people"])
        report = desk.take_in("people", {**GOOD["people"], "required_tier": "t4", "until": "31/07/2026"})
        assert report.changes == [
            (
                2,
                "changed",
                (
                    "Asha Rao (asha.rao@example.org, https://moodle.example.org|asha.rao): teacher at Colne Primary School,"
                    " essex, from 1 Sep 2024, until 31 Jul 2026, requires T4, manager head@example.org;"
                    " required_tier T3 → T4, until not recorded → 31 Jul 2026"
                ),
            )
        ]
        (post,) = desk.explain("asha.rao@example.org")["learner"]["posts"]
        assert (post["required_tier"], post["from"], post["until"]) == ("T4", "2024-09-01", "2026-07-31")

    def test_a_changed_name_is_a_change(self, desk):
        desk.take_in("people", GOOD["people"])
        report = desk.take_in("people", {**GOOD["people"], "person": "Asha Rao-Hill"})
        assert dict(report.counts) == {"changed": 1}
        assert desk.explain("asha.rao@example.org")["learner"]["name"] == "Asha Rao-Hill"


class TestWhatComesOfThem:
    def test_people_attestations_and_memberships_reach_the_standing(self, desk):
        for kind in ("people", "attestations", "memberships"):
            desk.take_in(kind, GOOD[kind])
        desk.take_in("attestations", {**ATTESTED, "attestation": "4.1", "parts": "both"})
        desk.take_in("attestations", {**ATTESTED, "attestation": "4.2"}, {**ATTESTED, "attestation": "1.3"})
        body = desk.explain("https://moodle.example.org|asha.rao")
        assert body["learner"]["name"] == "Asha Rao"
        assert sorted(body["learner"]["identifiers"]) == [
            "https://moodle.example.org|asha.rao",
            "mailto:asha.rao@example.org",
        ]
        assert body["tier"]["required"] == "T3"
        assert body["tier"]["progress"]["T1"] == [1, 3]
        assert body["tier"]["progress"]["T4"] == [2, 27]  # 1.3 and 4.1; 4.2 still lacks its knowledge
        assert set(body["eligibility"]["essex"]["met"]) == {"manager_support", "nwg_member"}
        sources = {one["source"] for one in body["evidence"]}
        assert sources == {"bridge"}

    def test_an_attestation_without_parts_is_the_word_where_practice_is_asked(self, desk):
        desk.take_in("people", GOOD["people"])
        report = desk.take_in(
            "attestations", {**ATTESTED, "attestation": "4.1"}, {**ATTESTED, "attestation": "2.8"}
        )
        told = [words.partition(": ")[2] for _, _, words in report.changes]
        assert [(words[:4], words[words.index("(") :]) for words in told] == [
            ("4.1 ", "(that the person does it) by mailto:head@example.org on 1 Mar 2026"),
            ("2.8 ", "(that the person knows it) by mailto:head@example.org on 1 Mar 2026"),
        ]

    def test_a_person_of_two_posts_is_one_person(self, desk):
        other = {**GOOD["people"], "area": "thurrock", "organisation": "Grays School", "required_tier": ""}
        desk.take_in("people", GOOD["people"], other)
        body = desk.explain("asha.rao@example.org")
        assert [post["area"] for post in body["learner"]["posts"]] == ["essex", "thurrock"]
        assert set(body["eligibility"]) == {"essex", "thurrock"}

    def test_days_are_the_boards_days(self, desk):
        """In summer, midnight in Essex is eleven in the evening before in UTC; the last day counts to its end."""
        desk.take_in("people", {**GOOD["people"], "from": "01/05/2026"})
        desk.take_in("memberships", {**GOOD["memberships"], "checked": "01/05/2026", "until": "31/05/2026"})
        (sent,) = desk.statements()
        assert sent["timestamp"].startswith("2026-04-30T23:00:00")
        last_moment = datetime(2026, 5, 31, 22, 59, 59, tzinfo=UTC)
        for now, counts in ((last_moment, True), (last_moment + timedelta(seconds=1), False)):
            desk.now = now
            body = desk.explain("asha.rao@example.org")
            assert ("nwg_member" in body["eligibility"]["essex"]["met"]) is counts
            desk.database.write(partial(people.mark_pending, numbers=[1], now=now))


@pytest.mark.parametrize(
    ("organisation", "by", "day", "warning"),
    [
        ("School", "head@example.org", "2026-02-01", ""),
        ("Scool", "head@example.org", "2026-02-01", "counts only once a post at Scool in essex is recorded"),
        ("School", "head@example.org", "2025-02-01", "the post was not held on that day"),
        ("School", "other@example.org", "2026-02-01", "another line manager is recorded for that post"),
    ],
)
def test_an_attestation_that_will_not_count_says_so_at_once(world, organisation, by, day, warning):
    world.take_in(
        "people",
        "person,identifiers,organisation,area,manager,from\n"
        "Asha,asha@example.org,School,essex,head@example.org,2026-01-01\n",
    )
    report = world.take_in(
        "attestations",
        "person,attestation,organisation,area,by,date\n"
        f"asha@example.org,manager_support,{organisation},essex,{by},{day}\n",
    )
    assert [outcome for _, outcome, _ in report.changes] == ["new"]
    assert [warning in said for _, said in report.warnings] == [True] * bool(warning)
    assert report.warned == bool(warning)
