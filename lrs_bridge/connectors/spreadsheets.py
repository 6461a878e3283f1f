"""Tables for people's spreadsheets, as CSV and as Excel workbook. No cell is ever a formula, whatever somebody typed as their name."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.utils import get_column_letter

from lrs_bridge.connectors.tables import harmless

_WIDEST = 60


def as_csv(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """UTF-8 with the mark by which Excel knows it. A cell that a spreadsheet would take for a formula begins with an apostrophe."""
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\r\n")
    table.writerow(headings)
    table.writerows([harmless(cell) for cell in row] for row in rows)
    return written.getvalue().encode("utf-8-sig")


def as_workbook(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """XLSX with one sheet, whose cells are all text; letters that no workbook can hold are left out."""
    kept = [headings, *rows]
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for number, heading in enumerate(headings):
        widest = max(len(row[number]) for row in kept)
        sheet.column_dimensions[get_column_letter(number + 1)].width = min(
            _WIDEST, max(widest, len(heading)) + 2
        )
    for row in kept:
        cells = [WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", text)) for text in row]
        for cell in cells:
            cell.data_type = "s"  # openpyxl takes what begins with "=" for a formula
        sheet.append(cells)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()
