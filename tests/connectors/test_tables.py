"""Tables as people keep them: what spreadsheets write, and what they do to a file on the way."""

from __future__ import annotations

import pytest

from lrs_bridge.connectors.tables import Row, Table, read_csv
from lrs_bridge.errors import BadInput


def cells(content: bytes | str) -> list[dict[str, str]]:
    return [row.cells for row in read_csv(content if isinstance(content, bytes) else content.encode()).rows]


def refusal(content: bytes | str) -> list[str]:
    with pytest.raises(BadInput) as refused:
        read_csv(content if isinstance(content, bytes) else content.encode())
    return [str(problem) for problem in refused.value.problems]


def test_a_table_with_its_lines():
    content = 'person,note\nAsha Rao,"two\nlines"\n\n , \nBen Hale,\n'
    assert read_csv(content.encode()) == Table(
        ("person", "note"),
        (Row(2, {"person": "Asha Rao", "note": "two\nlines"}), Row(6, {"person": "Ben Hale"})),
        "UTF-8",
    )


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_line_ends_and_separators(end, mark):
    table = read_csv(end.join([f"a{mark}b", f"1{mark}2", "", f"3{mark}4"]).encode())
    assert [(row.line, row.cells) for row in table.rows] == [
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
    assert (table.line, table.rows) == (2, (Row(3, {"a,x": "1", "b": "2"}),))


def test_headings_are_folded():
    table = read_csv(b" Person ,Required  Tier,BY\xc2\xa0Name\nx,y,z\n")
    assert table.columns == ("person", "required_tier", "by_name")


def test_blank_lines_before_and_after_and_empty_columns_are_passed_over():
    table = read_csv(b"\n,,,\nperson,role,,\nAsha Rao,teacher,,\n,,,\nBen Hale,,,\n\n")
    assert table.columns == ("person", "role")
    assert (table.line, table.rows) == (
        3,
        (Row(4, {"person": "Asha Rao", "role": "teacher"}), Row(6, {"person": "Ben Hale"})),
    )


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
        assert table.rows[0].cells == {"person": "Zoë Müller – Łódź"}

    def test_windows_1252_is_taken_and_said(self):
        table = read_csv("person\nZoë Müller – €\n".encode("cp1252"))
        assert (table.encoding, table.rows[0].cells) == ("Windows-1252", {"person": "Zoë Müller – €"})

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
    def test_utf16_is_refused(self, encoding):
        said = (
            "it is UTF-16, which Excel calls “Unicode text”"
            if encoding == "utf-16"
            else "it holds zero bytes"
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
