"""Tables as people keep them: what spreadsheets write, and what they do to a file on the way."""

from __future__ import annotations

import csv
import os
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.connectors import csv_files
from lrs_bridge.connectors.tables import Row, open_table, read_csv
from lrs_bridge.errors import BadInput


def cells(content: bytes | str) -> list[dict[str, str]]:
    return [row.cells for row in read_csv(content if isinstance(content, bytes) else content.encode()).rows()]


def refusal(content: bytes | str) -> list[str]:
    with pytest.raises(BadInput) as refused:
        read_csv(content if isinstance(content, bytes) else content.encode())
    return [str(problem) for problem in refused.value.problems]


def test_a_table_with_its_lines():
    content = 'person,note\nAsha Rao,"two\nlines"\n\n , \nBen Hale,\n'
    table = read_csv(content.encode())
    assert (table.columns, table.headings) == (("person", "note"), ("person", "note"))
    assert (table.encoding, table.line, table.total) == ("UTF-8", 1, 2)
    assert list(table.rows()) == [
        Row(2, {"person": "Asha Rao", "note": "two\nlines"}),
        Row(6, {"person": "Ben Hale"}),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_line_ends_and_separators(end, mark):
    table = read_csv(end.join([f"a{mark}b", f"1{mark}2", "", f"3{mark}4"]).encode())
    assert [(row.line, row.cells) for row in table.rows()] == [
        (2, {"a": "1", "b": "2"}),
        (4, {"a": "3", "b": "4"}),
    ]


def test_a_separator_inside_quotes_is_text():
    assert cells('person;identifiers\n"Rao; Asha";"a@example.org;b@example.org"\n') == [
        {"person": "Rao; Asha", "identifiers": "a@example.org;b@example.org"}
    ]
    assert cells('person,role\n"Rao, Asha","the ""lead"""\nBen "Benny" Hale,\n') == [
        {"person": "Rao, Asha", "role": 'the "lead"'},
        {"person": 'Ben "Benny" Hale'},
    ]


@pytest.mark.parametrize("first", ["sep=;\n", "sep=;\r\n", '"sep=;"\n', "SEP=;\n", "\ufeffsep=;\n"])
def test_excels_first_line_names_the_separator(first):
    table = read_csv((first + "a,x;b\n1;2\n").encode())
    assert table.columns == ("a,x", "b")
    assert (table.line, list(table.rows())) == (2, [Row(3, {"a,x": "1", "b": "2"})])


def test_headings_are_folded():
    table = read_csv(b" Person ,Required  Tier,BY\xc2\xa0Name\nx,y,z\n")
    assert table.columns == ("person", "required_tier", "by_name")
    assert table.headings == ("Person", "Required  Tier", "BY Name")


def test_blank_lines_before_and_after_and_empty_columns_are_passed_over():
    table = read_csv(b"\n,,,\nperson,role,,\nAsha Rao,teacher,,\n,,,\nBen Hale,,,\n\n")
    assert table.columns == ("person", "role")
    assert table.line == 3
    assert list(table.rows()) == [
        Row(4, {"person": "Asha Rao", "role": "teacher"}),
        Row(6, {"person": "Ben Hale"}),
    ]


def test_blanks_that_nobody_sees():
    assert cells("person,mail\n\u00a0Asha\u00a0Rao \u202f,\u200basha@example.org\u200b\ufeff\n") == [
        {"person": "Asha Rao", "mail": "asha@example.org"}
    ]


def test_smart_quotes_are_kept_as_letters():
    assert cells("person\nLiam O’Neill\n“Ash” Rao\n".encode("cp1252")) == [
        {"person": "Liam O’Neill"},
        {"person": "“Ash” Rao"},
    ]


class TestEncodings:
    NAMES = "person\nZoë Müller – Łódź\n"

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
    def test_utf8_with_and_without_its_mark(self, encoding):
        table = read_csv(self.NAMES.encode(encoding))
        assert (table.encoding, table.columns) == ("UTF-8", ("person",))
        assert [row.cells for row in table.rows()] == [{"person": "Zoë Müller – Łódź"}]

    def test_windows_1252_is_taken_and_said(self):
        table = read_csv("person\nZoë Müller – €\n".encode("cp1252"))
        assert table.encoding == "Windows-1252"
        assert [row.cells for row in table.rows()] == [{"person": "Zoë Müller – €"}]

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
    def test_utf16_is_refused(self, encoding):
        said = (
            "it is UTF-16, which Excel calls “Unicode text”"
            if encoding == "utf-16"
            else "it is no text that can be read: perhaps a picture, a document or UTF-16"
        )
        assert refusal("person\nAsha\n".encode(encoding)) == [
            f"{said} → save it as “CSV UTF-8 (comma delimited)”"
        ]

    def test_a_workbook_is_refused(self):
        (said,) = refusal(b"PK\x03\x04\x14\x00\x06\x00")
        assert said.startswith("it is a workbook (.xlsx, .ods), not a CSV")

    def test_neither_nor(self):
        (said,) = refusal(b"person\nAsha\nZo\x81\n")
        assert said.startswith("line 3: is neither UTF-8 nor Windows-1252")

    def test_two_encodings_in_one_file_are_not_guessed_at(self):
        """Rows pasted together: read as Windows-1252, “Zoë” would come out as “ZoÃ«”."""
        (said,) = refusal("person\nZoë\n".encode() + "Jürgen\n".encode("cp1252"))
        assert said.startswith("line 3: is not UTF-8, while other letters of the file are")

    def test_a_file_cut_in_the_middle_of_a_letter(self):
        (said,) = refusal("person\nZoë\nJürgen Größe".encode()[:-2])
        assert said.startswith("line 3: ")


class TestRefusals:
    @pytest.mark.parametrize("content", [b"", b"\n\n", b",,,\n", b"\xef\xbb\xbf", b"sep=;\n"])
    def test_an_empty_file(self, content):
        assert refusal(content) == ["line 1: there is no heading"]

    def test_a_column_twice(self):
        assert refusal("a,b,A,c,b\n") == [
            "line 1: the column “a” stands twice",
            "line 1: the column “b” stands twice",
        ]

    def test_columns_without_a_heading_in_the_middle(self):
        assert refusal("a,,b,,c\n1,2,3,4,5\n") == ["line 1: a column has no heading"]

    def test_a_row_longer_than_the_heading(self):
        """As when a name with a comma isn't quoted."""
        mend = "put a cell that holds the separator itself into quotes"
        assert refusal("person,role\nRao, Asha,teacher\nBen,x\nHale, Ben,x,\n") == [
            f"line 2: has 3 cells, the heading 2 → {mend}",
            f"line 4: has 3 cells, the heading 2 → {mend}",
        ]

    @pytest.mark.parametrize("row", ['"Asha,1', '"Asha" Rao,1'])
    def test_quotes_that_do_not_close(self, row):
        (said,) = refusal(f"a,b\n1,2\n{row}\n")
        assert said.startswith("line 3: is not CSV: ")

    def test_a_cell_larger_than_any_book(self):
        (said,) = refusal("a\n" + "x" * 200_000)
        assert said.startswith("line 2: is not CSV: ")

    def test_a_line_without_end(self, monkeypatch):
        monkeypatch.setattr(csv_files, "_LONGEST_LINE", 100)
        (said,) = refusal("a,b\n1,2\n" + "x," * 60 + "\n")
        assert said.startswith("line 3: is not CSV: a line of 100 characters or more")
        (said,) = refusal("x," * 60)
        assert said.startswith("a line of 100 characters or more")

    def test_a_hundred_mistakes_are_told_and_the_others_counted(self):
        said = refusal("a,a\n" + "1,2,3\n" * 150)
        assert (said[0], len(said), said[-1]) == (
            "line 1: the column “a” stands twice",
            101,
            "and 51 more",
        )

    def test_the_heading_is_told_before_the_rows(self):
        said = refusal('a,a\n1,2,3\n"1')
        assert [one.partition(":")[0] for one in said] == ["line 1", "line 2", "line 3"]


LETTERS = st.sampled_from([b"a", b",", b"\n", b"\r", b'"', b"\0", b"\x81", b"\xff", b"\xfe", "ë".encode(), "–".encode(), b"\xeb", b"\xc3", b"\xe2\x80", b"PK\x03\x04", b"\xef\xbb\xbf"])  # fmt: skip


def verdict(content: bytes) -> object:
    try:
        table = read_csv(content)
    except BadInput as refused:
        return str(refused)
    return table, list(table.rows())


@given(st.lists(LETTERS, max_size=30).map(b"".join), st.integers(1, 5))
def test_a_file_reads_the_same_in_pieces_of_any_size(content, size):
    whole = verdict(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_files, "_PIECE", size)
        assert verdict(content) == whole


class TestFiles:
    @pytest.fixture
    def file(self, tmp_path):
        file = tmp_path / "staff.csv"
        file.write_text("sep=;\nName;Mail\nAsha;a@example.org\nBen;b@example.org\n", encoding="utf-8")
        return file

    def test_a_file_is_read_as_often_as_wanted(self, file):
        table = open_table(file)
        assert (table.headings, table.encoding, table.line, table.total) == (("Name", "Mail"), "UTF-8", 2, 2)
        rows = [Row(3, {"name": "Asha", "mail": "a@example.org"}), Row(4, {"name": "Ben", "mail": "b@example.org"})]  # fmt: skip
        assert list(table.rows()) == rows
        assert list(zip(table.rows(), table.rows(), strict=True)) == [(row, row) for row in rows]

    def test_the_same_as_from_memory(self, file):
        kept = read_csv(file.read_bytes())
        assert open_table(file) == kept
        assert list(open_table(file).rows()) == list(kept.rows())

    def test_a_file_with_mistakes_is_refused_when_it_is_opened(self, file):
        file.write_bytes(b"a,b\n1,2,3\nZo\xeb\n")
        with pytest.raises(BadInput, match="line 2: has 3 cells, the heading 2"):
            open_table(file)

    def test_a_pdf_is_no_table_whatever_its_name(self, file):
        file.write_bytes(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj <</Type/Catalog>> endobj\n")
        with pytest.raises(BadInput, match="the file is a PDF"):
            open_table(file)

    def test_a_file_that_changed_meanwhile(self, file):
        table = open_table(file)
        with file.open("a", encoding="utf-8") as more:
            more.write("Cy;c@example.org\n")
        with pytest.raises(BadInput, match="changed while it was being read"):
            list(table.rows())

    def test_a_file_that_was_put_in_its_place(self, file, tmp_path):
        table = open_table(file)
        found = file.stat()
        other = tmp_path / "other.csv"
        other.write_bytes(file.read_bytes().replace(b"Asha", b"Anna"))
        os.utime(other, ns=(found.st_atime_ns, found.st_mtime_ns))
        other.replace(file)
        with pytest.raises(BadInput, match="is not what it was when it was checked"):
            list(table.rows())

    def test_a_file_that_changes_while_its_rows_are_read(self, file):
        rows = open_table(file).rows()
        next(rows)
        file.write_text("person\nAsha\n", encoding="utf-8")
        with pytest.raises(BadInput, match="changed while it was being read"):
            list(rows)

    def test_a_file_that_vanished(self, file):
        table = open_table(file)
        file.unlink()
        with pytest.raises(BadInput, match=r"staff\.csv: can't be read any more: No such file"):
            list(table.rows())

    def test_a_file_that_never_was(self, file, tmp_path):
        with pytest.raises(BadInput, match=r"none\.csv: No such file"):
            open_table(tmp_path / "none.csv")
        with pytest.raises(BadInput, match="Is a directory"):
            open_table(tmp_path)

    def test_a_sheet_of_a_csv(self, file):
        with pytest.raises(BadInput, match="--sheet: the file is not a workbook"):
            open_table(file, sheet="People")

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes here")
    def test_a_pipe_is_read_once_and_kept(self, file):
        inlet, outlet = os.pipe()
        with os.fdopen(outlet, "wb") as end:
            end.write(file.read_bytes())
        table = open_table(Path(f"/dev/fd/{inlet}"))
        os.close(inlet)
        assert len(list(table.rows())) == len(list(table.rows())) == 2


def peak(file: Path) -> int:
    """The most memory that was held, in bytes, while a table was opened and read."""
    tracemalloc.start()
    try:
        for _row in open_table(file).rows():
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_the_memory_held_does_not_grow_with_the_file(tmp_path, encoding):
    peaks = []
    for number in (5_000, 50_000):
        file = tmp_path / f"{number}.csv"
        with file.open("w", encoding=encoding, newline="") as written:
            rows = csv.writer(written)
            rows.writerow(["person", "mail", "area"])
            rows.writerows([f"Zoë {one}", f"zoe{one}@example.org", "set"] for one in range(number))
        peaks.append(peak(file))
    assert peaks[1] < 1.5 * peaks[0]
