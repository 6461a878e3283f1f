"""Workbooks as people keep them: what a cell holds and what it becomes, which sheet is meant, and what is no workbook."""

from __future__ import annotations

import csv
import io
import tracemalloc
import zipfile
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from lrs_bridge.connectors import sheets, workbooks
from lrs_bridge.connectors.tables import Row, Table, open_table, read_csv
from lrs_bridge.errors import BadInput

SAVE_AS = "save it as .xlsx or as “CSV UTF-8 (comma delimited)”"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHEET = "xl/worksheets/sheet1.xml"


@pytest.fixture
def file(tmp_path) -> Path:
    return tmp_path / "staff.xlsx"


def written(file: Path, *rows: Iterable[Any], **others: Iterable[Iterable[Any]]) -> Path:
    """A workbook with a sheet “People” of these rows, and others by their names."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, content in {"People": rows, **others}.items():
        sheet = book.create_sheet(name)
        for row in content:
            sheet.append(list(row))
    book.save(file)
    return file


def with_parts(file: Path, **changed: Callable[[bytes], bytes]) -> Path:
    """The same workbook with some of its parts changed, each named by the end of its name; what had none, has it now."""
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            change = changed.get(Path(name).stem.strip("[]"), lambda same: same)
            archive.writestr(name, change(content))
    return file


def with_cells(file: Path, cells: str) -> Path:
    """A workbook whose sheet has the heading “a”, “b” and then, as XML, these rows."""
    written(file, ["a", "b"])
    return with_parts(
        file, sheet1=lambda sheet: sheet.replace(b"</sheetData>", cells.encode() + b"</sheetData>")
    )


def with_shared_strings(file: Path, items: str) -> Path:
    """As Excel writes it: openpyxl puts each text into its cell."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    named = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'.encode()
    with_parts(file, Content_Types=lambda types: types.replace(b"</Types>", named))
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("xl/sharedStrings.xml", f'<sst xmlns="{MAIN}">{items}</sst>')
    return file


def cells(file: Path) -> list[dict[str, str]]:
    return [row.cells for row in open_table(file).rows()]


def refusal(file: Path, sheet: str | None = None) -> list[str]:
    with pytest.raises(BadInput) as refused:
        open_table(file, sheet=sheet)
    return [refused.value.title, *map(str, refused.value.problems)]


def test_a_table_with_its_lines(file):
    written(
        file, [], [None, " "], ["Person", " Required  Tier "], ["Asha\u00a0Rao ", 2], [], [None, 3], ["Ben"]
    )
    table = open_table(file)
    assert table == Table(
        ("person", "required_tier"),
        ("Person", "Required  Tier"),
        "XLSX, sheet “People”",
        3,
        3,
        table._records,
    )
    rows = [
        Row(4, {"person": "Asha Rao", "required_tier": "2"}),
        Row(6, {"person": "", "required_tier": "3"}),
        Row(7, {"person": "Ben"}),
    ]
    assert list(table.rows()) == rows
    assert list(zip(table.rows(), table.rows(), strict=True)) == [(row, row) for row in rows]


def test_a_workbook_is_known_by_its_content(tmp_path):
    file = written(tmp_path / "staff.csv", ["person"], ["Asha"])
    assert cells(file) == [{"person": "Asha"}]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (date(2026, 3, 1), "2026-03-01"),
        (datetime(2026, 3, 1), "2026-03-01"),  # noqa: DTZ001 - a workbook knows no time zones
        (datetime(2026, 3, 1, 9, 30), "2026-03-01 09:30:00"),  # noqa: DTZ001 - a workbook knows no time zones
        (time(9, 30), "09:30:00"),
        (timedelta(hours=36, minutes=5), "36:05:00"),
        (4711, "4711"),
        (4711.0, "4711"),
        (-0.0, "0"),
        (7.5, "7.5"),
        (4.1, "4.1"),
        (1e-07, "0.0000001"),
        (1.25e-9, "0.00000000125"),
        (1e20, "100000000000000000000"),
        (1e25, "1e+25"),
        (True, "true"),
        (False, "false"),
        ("  \u200bAsha\u202fRao\u00a0", "Asha Rao"),
        ("two\nlines", "two\nlines"),
        ("007", "007"),
        ("Zoë Müller – Łódź 🎓", "Zoë Müller – Łódź 🎓"),
    ],
)
def test_what_a_cell_becomes(file, value, text):
    written(file, ["a"], [value])
    assert cells(file) == [{"a": text}]


def test_a_workbook_that_counts_from_1904(file):
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    book.active.append(["from"])
    book.active.append([date(2026, 3, 1)])
    book.save(file)
    assert cells(file) == [{"from": "2026-03-01"}]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('<c r="A2" t="str"><f>B2</f><v>Asha</v></c>', "Asha"),
        ('<c r="A2"><f>1+1</f><v>2</v></c>', "2"),
        ('<c r="A2" t="d"><v>2026-03-01</v></c>', "2026-03-01"),
        ('<c r="A2" t="d"><v>2026-03-01T09:30:00</v></c>', "2026-03-01 09:30:00"),
        ("<c><v>5</v></c>", "5"),
        ('<c r="A2"><v>4.0999999999999996</v></c>', "4.1"),
        (
            '<c r="A2" t="inlineStr"><is><r><t>Asha </t></r><r><t>Rao</t></r><rPh><t>x</t></rPh></is></c>',
            "Asha Rao",
        ),
        ('<c r="A2" t="inlineStr"><is><t>one_x000D_&#10;two_x005F_x000D_</t></is></c>', "one\r\ntwo_x000D_"),
    ],
)
def test_cells_as_other_programs_write_them(file, cell, text):
    assert cells(with_cells(file, f"<row>{cell}</row>")) == [{"a": text}]


def test_a_formula_that_gives_an_empty_text_is_an_empty_cell(file):
    with_cells(
        file, '<row r="2"><c r="A2"><v>1</v></c><c r="B2" t="str"><f>IF(A2=1,"",2)</f><v></v></c></row>'
    )
    assert cells(file) == [{"a": "1"}]


def test_strings_that_cells_share(file):
    with_cells(file, '<row r="2"><c r="A2" t="s"><v>2</v></c><c r="B2" t="s"><v>0</v></c></row>' * 2)
    with_shared_strings(
        file,
        "<si><t>Zoë</t></si><si/><si><r><t>Asha </t></r><r><rPr><b/></rPr><t>Rao</t></r>"
        "<rPh><t>no</t></rPh></si>",
    )
    assert cells(file) == [{"a": "Asha Rao", "b": "Zoë"}] * 2


def test_cells_that_are_merged_have_their_text_once(file):
    book = openpyxl.Workbook()
    for row in (["a", "b"], ["1", "2"], ["3", "4"]):
        book.active.append(row)
    book.active.merge_cells("A2:A3")
    book.save(file)
    assert cells(file) == [{"a": "1", "b": "2"}, {"a": "", "b": "4"}]


TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Cn"], exclude_characters="_"), min_size=1, max_size=20
)
VALUES = st.one_of(TEXTS, st.dates(date(1900, 3, 1)), st.integers(-(10**15), 10**15), st.none())


@given(st.lists(st.lists(VALUES, min_size=3, max_size=3), max_size=8))
def test_a_workbook_and_a_csv_with_the_same_content_are_the_same_table(tmp_path_factory, rows):
    file = tmp_path_factory.mktemp("same") / "staff.xlsx"
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("People")
    text = io.StringIO()
    lines = csv.writer(text)
    for row in [["a", "b", "c"], *rows]:
        lines.writerow(row)
        typed = [WriteOnlyCell(sheet, value) for value in row]
        for cell, value in zip(typed, row, strict=True):
            if isinstance(value, str):
                # What begins like a formula is a text all the same.
                cell.data_type = "s"
        sheet.append(typed)
    book.save(file)
    of_workbook, of_csv = open_table(file), read_csv(text.getvalue().encode())
    assert of_workbook.columns == of_csv.columns
    assert list(of_workbook.rows()) == list(of_csv.rows())


class TestWhichSheet:
    def test_the_only_one_with_text(self, file):
        written(file, Empty=[[], [None]], Staff=[["person"], ["Asha"]])
        assert open_table(file).encoding == "XLSX, sheet “Staff”"

    def test_several_are_not_guessed_at(self, file):
        written(file, ["person"], ["Asha"], Leavers=[["person"], ["Ben"]], Empty=[])
        assert refusal(file) == [
            "The workbook has several sheets.",
            "there is text in “People”, “Leavers” → say which one with --sheet NAME",
        ]

    @pytest.mark.parametrize("name", ["Leavers", "leavers", " LEAVERS "])
    def test_one_by_its_name(self, file, name):
        written(file, ["person"], ["Asha"], Leavers=[["person"], ["Ben"]])
        table = open_table(file, sheet=name)
        assert table.encoding == "XLSX, sheet “Leavers”"
        assert [row.cells for row in table.rows()] == [{"person": "Ben"}]

    def test_one_that_is_not_there(self, file):
        written(file, ["person"], Leavers=[["person"]])
        assert refusal(file, "Staff") == [
            "There is no sheet “Staff”.",
            "--sheet: is none of them → one of “People”, “Leavers”",
        ]

    @pytest.mark.parametrize("state", ["hidden", "veryHidden"])
    def test_hidden_ones_are_read_only_by_name(self, file, state):
        written(file, ["person"], ["Asha"], Lists=[["area"], ["set"]])
        book = openpyxl.load_workbook(file)
        book["Lists"].sheet_state = state
        book.save(file)
        assert open_table(file).encoding == "XLSX, sheet “People”"
        assert open_table(file, sheet="Lists").columns == ("area",)

    def test_nothing_but_hidden_ones(self, file):
        written(file, Lists=[["area"]])
        book = openpyxl.load_workbook(file)
        book["Lists"].sheet_state = "hidden"
        book.save(file)
        assert refusal(file) == [
            "The file is empty.",
            "line 1: there is no heading → hidden sheets are read only by name: --sheet with “Lists”",
        ]

    def test_an_empty_workbook(self, file):
        written(file)
        assert refusal(file) == ["The file is empty.", "line 1: there is no heading"]
        assert refusal(file, "People") == ["The file is empty.", "line 1: there is no heading"]

    def test_a_chart_is_no_sheet_of_rows(self, file):
        book = openpyxl.Workbook()
        book.active.append(["person"])
        book.create_chartsheet("Chart")
        book.save(file)
        assert open_table(file).columns == ("person",)


class TestMistakes:
    def test_those_of_any_table(self, file):
        written(file, ["a", "b", "A "], ["1", "2", "3", "4"], ["1"])
        assert refusal(file) == [
            "The file can't be read as a table.",
            "line 1: the column “a” stands twice",
            "line 2: has 4 cells, the heading 3 → give every column a heading, or empty the cells beyond them",
        ]

    def test_cells_with_errors(self, file):
        written(file, ["person", "until"], ["Asha", "#N/A"], ["Ben", "x", "#REF!"])
        mend = "correct it, or type what should stand there"
        longer = "give every column a heading, or empty the cells beyond them"
        assert refusal(file)[1:] == [
            f"line 2, until: holds the error #N/A → {mend}",
            f"line 3: has 3 cells, the heading 2 → {longer}",
            f"line 3, cell C3: holds the error #REF! → {mend}",
        ]

    def test_an_error_in_the_heading(self, file):
        written(file, ["person", "#NAME?"])
        assert refusal(file)[1].startswith("line 1, cell B1: holds the error #NAME?")

    def test_a_formula_that_nobody_counted(self, file):
        """As programs write workbooks that never open them."""
        written(file, ["person", "until"], ["Asha", "=TODAY()"])
        mend = "open the workbook in a spreadsheet program and save it there first"
        assert refusal(file)[1:] == [f"line 2, until: holds a formula without its value → {mend}"]

    @pytest.mark.parametrize("number", [-5, 3_000_000])
    def test_a_day_that_no_calendar_has(self, file, number):
        """Excel shows “#######”."""
        book = openpyxl.Workbook()
        book.active.append(["from"])
        book.active.append([number])
        book.active["A2"].number_format = "dd/mm/yyyy"
        book.save(file)
        assert refusal(file)[1].startswith(f"line 2, from: holds {number} shown as a day, and is none")

    @pytest.mark.parametrize(
        "row",
        [
            '<row r="3"><c r="A3"><v>abc</v></c></row>',
            '<row r="3"><c r="A3"><v>1e999</v></c></row>',
            '<row r="3"><c r="A3" t="s"><v>7</v></c></row>',
            '<row r="3"><c r="A3" t="s"><v>-1</v></c></row>',
            '<row r="3"><c r="ZZZZ3"><v>1</v></c></row>',
            '<row r="3"><c r="XFE3"><v>1</v></c></row>',
            '<row r="3"><c r="A3"></row>',
        ],
    )
    def test_a_sheet_that_breaks_off(self, file, row):
        with_cells(file, '<row r="2"><c r="A2"><v>1</v></c></row>' + row)
        said = refusal(file)
        assert said[1].startswith("line 3: from here on the sheet can't be read: ")


class TestWhatIsNoWorkbook:
    def said(self, file: Path, content: bytes | None = None) -> str:
        if content is not None:
            file.write_bytes(content)
        title, said = refusal(file)
        assert title == "The file can't be read as a workbook."
        return said

    def packed(self, file: Path, **parts: bytes) -> str:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in parts.items():
                archive.writestr(name.replace("__", "/").replace("_0", "."), content)
        return self.said(file)

    def test_an_old_or_locked_one(self, file):
        assert self.said(file, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)) == (
            f"it is an old workbook (.xls) or has a password → take the password off, and {SAVE_AS}"
        )

    def test_one_of_another_program(self, file):
        kind = b"application/vnd.oasis.opendocument.spreadsheet"
        assert (
            self.packed(file, mimetype=kind, content_0xml=b"<x/>")
            == f"it is an OpenDocument file (.ods) → {SAVE_AS}"
        )

    def test_a_binary_one(self, file):
        assert (
            self.packed(file, xl__workbook_0bin=b"\x83\x01") == f"it is a binary workbook (.xlsb) → {SAVE_AS}"
        )

    def test_another_archive(self, file):
        assert self.packed(file, photo_0jpg=b"") == f"it is a zip archive, and no workbook in it → {SAVE_AS}"

    @pytest.mark.parametrize("kept", [4, 100, -30])
    def test_one_cut_off(self, file, kept):
        content = written(file, ["person"], ["Asha"]).read_bytes()
        assert self.said(file, content[:kept]).startswith("it is damaged or cut off: ")

    def test_one_with_a_byte_changed(self, file):
        with zipfile.ZipFile(written(file, ["person"], *(["Asha"] for _ in range(500)))) as archive:
            place = archive.getinfo(SHEET).header_offset + 200
        content = bytearray(file.read_bytes())
        content[place] ^= 0xFF
        file.write_bytes(content)
        assert "can't be read" in "\n".join(refusal(file))

    @pytest.mark.parametrize(
        ("part", "content"),
        [
            *((part, content) for part in ("workbook", "Content_Types") for content in (b"", b"<", b"<x/>")),
            ("styles", b""),
            ("styles", b"<"),
        ],
    )
    def test_one_with_a_damaged_part(self, file, part, content):
        with_parts(written(file, ["person"], ["Asha"]), **{part: lambda _content: content})
        assert refusal(file)

    def test_one_whose_sheet_is_missing(self, file):
        content = written(file, ["person"], ["Asha"]).read_bytes()
        file.write_bytes(content.replace(SHEET.encode(), SHEET.replace("1", "9").encode()))
        assert refusal(file)[0] == "The file is empty."

    def test_one_whose_parts_are_locked(self, file):
        """By a password of the archive, not of the spreadsheet program."""
        with zipfile.ZipFile(written(file, ["person"], ["Asha"])) as archive:
            place = archive.getinfo(SHEET).header_offset
        content = bytearray(file.read_bytes())
        listed = content.rindex(SHEET.encode()) - 46
        content[place + 6] |= 1
        content[listed + 8] |= 1
        file.write_bytes(content)
        title, said = refusal(file)
        assert title == "The file can't be read as a table."
        assert said.startswith("its sheet “People” can't be read: ")
        assert "encrypted" in said

    @pytest.mark.parametrize("part", ["workbook", "styles", "sheet1"])
    def test_entities_are_not_unfolded(self, file, part):
        bomb = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'

        def with_bomb(content: bytes) -> bytes:
            declared, mark, rest = content.rpartition(b"?>")
            return declared + mark + bomb + rest

        with_parts(written(file, ["person"], ["Asha"]), **{part: with_bomb})
        title, said = refusal(file)
        assert "can't be read" in title
        assert "Entit" in said or "entities" in said

    def test_one_that_unpacks_to_far_too_much(self, file, monkeypatch):
        written(file, ["person"], *([f"Asha {one}"] for one in range(2_000)))
        monkeypatch.setattr(workbooks, "_LARGEST_WHOLE", 1 << 16)
        assert self.said(file) == f"it unpacks to more than 0 MB → {SAVE_AS}"

    def test_a_part_that_is_shrunk_as_no_sheet_is(self, file):
        with zipfile.ZipFile(written(file, ["person"]), "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/media/image1.png", bytes(3 << 20))
        assert self.said(file).startswith("its part xl/media/image1.png unpacks to 3145728 bytes from 30")

    def test_a_part_too_large_to_be_read_whole(self, file, monkeypatch):
        monkeypatch.setattr(workbooks, "_LARGEST_PART", 2_000)
        assert self.said(written(file, ["person"])).startswith("its part xl/styles.xml is ")


def test_a_workbook_that_changed_meanwhile(file):
    table = open_table(written(file, ["person"], ["Asha"]))
    written(file, ["person"], ["Asha"], ["Ben"])
    with pytest.raises(BadInput, match="changed while it was being read"):
        list(table.rows())


def test_nobody_is_told_what_saving_would_lose(file):
    """openpyxl warns of it, and warnings are errors here."""
    with_parts(
        written(file, ["person"], ["Asha"]),
        styles=lambda _styles: f'<styleSheet xmlns="{MAIN}"/>'.encode(),
    )
    assert cells(file) == [{"person": "Asha"}]


def test_strings_are_shut_with_their_workbook():
    with sheets.SharedStrings() as strings:
        strings.read(io.BytesIO(f'<sst xmlns="{MAIN}"><si><t>Asha</t></si></sst>'.encode()))
        assert strings.at(0) == "Asha"
        with pytest.raises(IndexError):
            strings.at(1)
    assert not hasattr(strings, "at")


def peak(file: Path) -> int:
    """The most memory that was held, in bytes, while a workbook was opened and read."""
    tracemalloc.start()
    try:
        for _row in open_table(file).rows():
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("is_shared", [False, True], ids=["texts in cells", "texts shared"])
def test_the_memory_held_does_not_grow_with_the_workbook(file, is_shared):
    written(file, ["person", "mail", "from"], ["Asha", "asha@example.org", date(2026, 3, 1)])
    open_table(file)  # What openpyxl loads at its first workbook is not part of any.
    peaks = [peak(large(file, number, is_shared=is_shared)) for number in (5_000, 50_000)]
    assert peaks[1] < 2 * peaks[0]


def large(file: Path, number: int, *, is_shared: bool) -> Path:
    text = '<c t="s"><v>{}</v></c>' if is_shared else '<c t="inlineStr"><is><t>Zoë {}</t></is></c>'
    day = (datetime(2026, 3, 1, tzinfo=UTC) - datetime(1899, 12, 30, tzinfo=UTC)).days
    rows = "".join(f"<row>{text.format(one)}<c><v>{day}</v></c></row>" for one in range(number))
    written(file, ["a", "b"])
    with_parts(file, sheet1=lambda sheet: sheet.replace(b"</sheetData>", rows.encode() + b"</sheetData>"))
    return with_shared_strings(file, "".join(f"<si><t>Zoë {one}</t></si>" for one in range(number)))
