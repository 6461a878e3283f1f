"""Tables for people's spreadsheets: what was typed comes out as text, and never as a formula."""

from __future__ import annotations

import io

import pytest
from openpyxl import load_workbook

from lrs_bridge.connectors.spreadsheets import as_csv, as_workbook

HARMFUL = ["=1+1", "+44 20", "-2", "@SUM(A1)", "\t=1", '=HYPERLINK("http://evil.example","x")']
HARMLESS = ["Asha Rao", "a,b", "O'Hara", "3 of 12 of T2", "فاطمة", ""]


@pytest.mark.parametrize("text", HARMFUL)
def test_what_would_be_a_formula_is_text(text):
    cell = as_csv(["Name"], [[text]]).decode("utf-8-sig").split("\r\n")[1]
    assert cell.lstrip('"').startswith("'")
    sheet = load_workbook(io.BytesIO(as_workbook("People", ["Name"], [[text]]))).active
    assert (sheet["A2"].data_type, sheet["A2"].value) == ("s", text)


def test_the_rest_is_as_it_was():
    body = as_csv(["Name", "Team"], [[text, "x"] for text in HARMLESS])
    assert body.startswith(b"\xef\xbb\xbfName,Team\r\n")
    assert '"a,b",x\r\n' in body.decode("utf-8-sig")
    sheet = load_workbook(io.BytesIO(as_workbook("People", ["Name"], [[text] for text in HARMLESS]))).active
    assert [row[0].value or "" for row in sheet.iter_rows(min_row=2)] == HARMLESS


def test_letters_that_no_workbook_can_hold_are_left_out():
    sheet = load_workbook(io.BytesIO(as_workbook("People", ["Name"], [["a\x07b"]]))).active
    assert sheet["A2"].value == "ab"
