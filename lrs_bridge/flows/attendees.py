"""Who attended: a list as people paste it, or as a spreadsheet holds it, made out person by person."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from lrs_bridge.connectors.tables import read_table
from lrs_bridge.errors import BadInput, Problem
from lrs_bridge.flows.imports.cells import LONGEST_TEXT
from lrs_bridge.store.organisations import Organisation
from lrs_bridge.xapi.agents import parse_identifier

MOST = 500
_MAIL = re.compile(r"<?\b([^\s,;<>|()]+@[^\s,;<>|()]+)>?")
_AROUND = " ,;\t<>"
_EMPTY = re.compile(r"""\(\s*\)|<\s*>|"\s*"|'\s*'""")
_BETWEEN = re.compile(r"\s*[,;\t]\s*")
_NAMES = ("name", "full_name", "person", "first_name", "surname", "last_name", "attendee", "forename")
_IDENTIFIERS = ("email", "e-mail", "email_address", "e-mail_address", "identifiers", "identifier", "badge", "badge_number", "staff_number")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Attendee:
    """`identifier`: as an import's cell takes it; `name`: "" where none was given."""

    identifier: str
    name: str = ""


def attendees_typed(text: str, organisation: Organisation) -> list[Attendee]:
    """One a line, or several as a mail program copies them: name and e-mail, or name and badge separated by a comma; only the
    e-mail or the badge will do. A badge is the organisation's own, or written “organisation|number”. Raises BadInput with each line
    that names nobody, or holds something that is nobody's."""
    lines = [(place, line.strip()) for place, line in enumerate(text.splitlines(), 1) if line.strip()]
    return _made_out([(f"line {place}", one) for place, line in lines for one in _each(line)], organisation)


def _each(line: str) -> list[str]:
    """Of a line with several e-mail addresses, the part of each."""
    if len(_MAIL.findall(line)) <= 1:
        return [line]
    parts = [part for part in line.split(";") if part.strip()]
    if all(len(_MAIL.findall(part)) == 1 for part in parts):
        return parts
    ends = [0, *(found.end() for found in _MAIL.finditer(line)), len(line)]
    cut = [line[start:end] for start, end in pairwise(ends)]
    return [part.strip(_AROUND) for part in cut if part.strip(_AROUND)]


def attendees_in(content: bytes, organisation: Organisation) -> list[Attendee]:
    """Of a CSV or XLSX with a row for each: a column with the e-mail or the badge, and one or several with the name. Raises
    BadInput as `attendees_typed` does, and for what is no such table."""
    table = read_table(content, most=MOST)
    identifying = [column for column in table.columns if column in _IDENTIFIERS]
    if not identifying:
        what = "has no column named “email” or “badge”"
        raise BadInput("The file names nobody.", [Problem("the file", what)])
    rows = []
    for row in table.rows():
        name = " ".join(row.cells[one] for one in table.columns if one in _NAMES and row.cells.get(one))
        known = next((row.cells[one] for one in identifying if row.cells.get(one)), "")
        rows.append((f"row {row.line}", f"{name}, {known}" if name and known else known or name))
    return _made_out(rows, organisation)


def _made_out(lines: Iterable[tuple[str, str]], organisation: Organisation) -> list[Attendee]:
    found: list[Attendee] = []
    problems: list[Problem] = []
    for where, line in lines:
        try:
            one = attendee(line, organisation)
            found.append(one)
            if len(one.name) > LONGEST_TEXT:
                what = f"the name is {len(one.name)} characters long; at most {LONGEST_TEXT} are kept"
                problems.append(Problem(where, what))
        except BadInput as wrong:
            problems += [Problem(where, problem.what) for problem in wrong.problems]
    if len(found) > MOST:
        problems.append(Problem("", f"more than {MOST} people; record them in parts"))
    if problems:
        raise BadInput("Some lines name nobody.", problems)
    return found


def attendee(line: str, organisation: Organisation) -> Attendee:
    """Raises BadInput for a line that holds neither an e-mail nor a badge."""
    mail = _MAIL.search(line)
    if mail:
        name = _without_marks(line[: mail.start()] + line[mail.end() :])
        return Attendee(_checked(mail[1]), " ".join(_BETWEEN.sub(" ", name).split()))
    names = _BETWEEN.split(line)
    known = names.pop(next((place for place, part in enumerate(names) if "|" in part), -1))
    return Attendee(_badge(known.strip(), organisation), " ".join(" ".join(names).split()))


def _without_marks(name: str) -> str:
    """Without what stood around the name or the address, such as the quotes of "Rao, Asha"; those within a name are its own."""
    name = _EMPTY.sub(" ", name).strip(_AROUND)
    for opening, closing in ('""', "''", "()"):
        marks = name.count(opening) + (name.count(closing) if closing != opening else 0)
        if marks == 2 and name.startswith(opening) and name.endswith(closing):
            name = name[1:-1].strip(_AROUND)
        elif marks % 2 and opening != "'":
            name = name.strip(opening + closing + _AROUND)
    return name


def _checked(address: str) -> str:
    try:
        parse_identifier(address)
    except BadInput as wrong:
        raise _nobody(f"“{address}” is not an e-mail address") from wrong
    return address


def _badge(typed: str, organisation: Organisation) -> str:
    if "|" in typed:
        return typed
    if not any(letter.isdigit() for letter in typed) or " " in typed:
        what = "neither an e-mail address nor a badge" if organisation.home_page else "no e-mail address"
        raise _nobody(f"“{typed}” is {what}")
    if not organisation.home_page:
        raise _nobody(f"“{typed}” looks like a badge, and no badges of {organisation.name} are set up")
    return f"{organisation.home_page}|{typed}"


def _nobody(what: str) -> BadInput:
    return BadInput("That names nobody.", [Problem("", what)])
