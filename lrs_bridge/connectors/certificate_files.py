"""Certificates as PDF, by fpdf2 with HarfBuzz, which joins and orders the letters of scripts that need it.

A font that shows the name is looked for in a folder. Where there is none, nothing is drawn: a name is never shown with letters
missing.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import segno
from fontTools.ttLib import TTFont, TTLibError
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.prefs import ViewerPreferences

_FIRST = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf")
_MARGIN = 25
_QR_MILLIMETRES = 36


@dataclass(frozen=True, slots=True)
class Paper:
    """What stands on a certificate. `lines`: below the name, in the order of reading; `small`: at the end; `link`: where it can be
    checked, printed in words and as a QR code."""

    heading: str
    name: str
    lines: tuple[str, ...]
    small: tuple[str, ...]
    link: str
    made_at: datetime

    @property
    def text(self) -> str:
        return "".join((self.heading, self.name, *self.lines, *self.small, self.link))


def can_draw(paper: Paper, folder: str) -> bool:
    return _fonts_for(paper.text, folder) is not None


def draw(paper: Paper, folder: str) -> bytes | None:
    """The PDF; None where no fonts of the folder have all its letters."""
    fonts = _fonts_for(paper.text, folder)
    if fonts is None:
        return None
    pdf = FPDF(format="A4")
    pdf.set_margins(_MARGIN, _MARGIN)
    pdf.set_lang("en-GB")
    pdf.set_title(f"{paper.heading}: {paper.name}")
    pdf.set_creator("lrs_bridge")
    pdf.set_creation_date(paper.made_at)
    pdf.viewer_preferences = ViewerPreferences(display_doc_title=True)
    family = _take_up(pdf, fonts)
    pdf.add_page()
    pdf.set_draw_color(0, 112, 60)
    pdf.set_line_width(1.2)
    pdf.rect(12, 12, 186, 273)
    pdf.ln(20)
    _write(pdf, family, 26, paper.heading, 14)
    pdf.ln(12)
    _write(pdf, family, 32, paper.name, 18)
    pdf.ln(8)
    for line in paper.lines:
        _write(pdf, family, 15, line, 9)
        pdf.ln(2)
    pdf.set_y(max(pdf.get_y() + 8, pdf.h - 110))
    _draw_code(pdf, paper.link)
    _write(pdf, family, 8, paper.link, 5, link=paper.link)
    pdf.ln(3)
    for line in paper.small:
        _write(pdf, family, 10, line, 5.5)
    return bytes(pdf.output())


def _write(pdf: FPDF, family: str, size: int, text: str, height: float, link: str = "") -> None:
    pdf.set_font(family, size=size)
    shown = unicodedata.normalize("NFC", text)
    pdf.multi_cell(0, height, shown, align="C", link=link, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _draw_code(pdf: FPDF, link: str) -> None:
    modules = list(segno.make_qr(link, error="m").matrix_iter(border=0))
    side = _QR_MILLIMETRES / len(modules)
    left, top = (pdf.w - _QR_MILLIMETRES) / 2, pdf.get_y()
    pdf.set_fill_color(0, 0, 0)
    for row, cells in enumerate(modules):
        for column, dark in enumerate(cells):
            if dark:
                pdf.rect(left + column * side, top + row * side, side, side, style="F")
    pdf.set_y(top + _QR_MILLIMETRES + 5)


def _take_up(pdf: FPDF, fonts: Sequence[Path]) -> str:
    """The family to write in: the first font, with the others for what it hasn't."""
    if not fonts:
        return "helvetica"
    families = [f"font{number}" for number, _ in enumerate(fonts)]
    for family, font in zip(families, fonts, strict=True):
        pdf.add_font(family, fname=str(font))
    pdf.set_fallback_fonts(families[1:], exact_match=False)
    pdf.set_text_shaping(use_shaping_engine=True)
    return families[0]


def _fonts_for(text: str, folder: str) -> tuple[Path, ...] | None:
    """Fonts that together have all letters of a text, the first one all of ours; none at all for a text that every reader of PDF
    can show by itself."""
    wanted = {ord(letter) for letter in unicodedata.normalize("NFC", text) if _is_drawn(letter)}
    latin = set(range(0x20, 0x7F))
    chosen: list[Path] = []
    for font in _fonts_in(folder):
        letters = _letters_of(font)
        if latin <= letters if not chosen else wanted & letters:
            chosen.append(font)
            wanted -= letters
        if chosen and not wanted:
            return tuple(chosen)
    return () if not chosen and all(number < 0x100 for number in wanted) else None


def _is_drawn(letter: str) -> bool:
    return unicodedata.category(letter) not in ("Cc", "Cf")


@lru_cache(8)
def _fonts_in(folder: str) -> tuple[Path, ...]:
    """The upright TrueType fonts: those with many scripts first."""
    found = [
        font
        for font in sorted(Path(folder).rglob("*.ttf"))
        if font.name in _FIRST or font.stem.endswith("-Regular")
    ]
    return tuple(sorted(found, key=lambda one: _FIRST.index(one.name) if one.name in _FIRST else len(_FIRST)))


@lru_cache(1_000)
def _letters_of(font: Path) -> frozenset[int]:
    try:
        with font.open("rb") as file, TTFont(file, lazy=True) as read:
            return frozenset(read.getBestCmap() or ())
    except (OSError, TTLibError):
        return frozenset()
