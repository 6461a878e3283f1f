"""A coordinator's own spreadsheet, step by step: sent, its headings matched once, what it would change shown, and then taken in. Until
then nothing of it is recorded; afterwards the file is gone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from lrs_bridge.connectors.tables import Table, read_table
from lrs_bridge.errors import BadInput, Conflict, NotFound, Problem
from lrs_bridge.flows import imports, notices, recording
from lrs_bridge.flows.imports import Prepared, Report
from lrs_bridge.flows.imports.columns import COURSE, fold, meanings_of
from lrs_bridge.flows.imports.heading_words import heading_words
from lrs_bridge.flows.imports.memberships import bodies
from lrs_bridge.flows.imports.scope import KINDS
from lrs_bridge.flows.recompute import decided_courses
from lrs_bridge.flows.recording import Desk
from lrs_bridge.store import batches, posts, uploads
from lrs_bridge.store.database import Session
from lrs_bridge.store.uploads import Upload

MOST_BYTES = 5_000_000
MOST_ROWS = 5_000
KEPT = timedelta(days=1)
_SHOWN = 500
_EXAMPLES = 2


def hold(kind: str, content: bytes) -> None:
    """Raises BadInput for what is no table, or too large."""
    if kind not in KINDS:
        raise BadInput("Nothing was taken in.", [Problem("kind", "choose what the file holds")])
    if not content:
        raise BadInput("The file is empty.", [Problem("", "choose a file that holds something")])
    if len(content) > MOST_BYTES:
        what = f"it is larger than {MOST_BYTES // 1_000_000} MB; take it in parts"
        raise BadInput("The file is too large.", [Problem("", what)])
    read_table(content, most=MOST_ROWS)


def begin(session: Session, desk: Desk, kind: str, file: str, content: bytes) -> int:
    """Keeps a table that was held to be one until it is taken in; its number. `file`: "" for what was typed into a form. Of one that is
    sent again, corrected, its headings mean what they meant before."""
    place, who = desk.organisation.number, desk.who
    told, constants = uploads.last_told(session, organisation=place, who=who, kind=kind)
    number = uploads.add(
        session,
        organisation=place,
        who=who,
        kind=kind,
        file=" ".join(file.split())[-200:],
        content=content,
        now=desk.now,
    )
    headings = {fold(written) for written in read_table(content, most=MOST_ROWS).headings} if file else set()
    known = {heading: meaning for heading, meaning in told.items() if heading in headings}
    if known:
        uploads.tell(session, number, known, constants)
    return number


def upload_of(session: Session, desk: Desk, number: int) -> Upload:
    """Raises NotFound for one that is not theirs, was cancelled, or was forgotten."""
    found = uploads.get(session, number, organisation=desk.organisation.number, who=desk.who)
    if found is None:
        raise NotFound("There is no such page, or it is not yours to see.")
    return found


@dataclass(frozen=True, slots=True)
class Heading:
    """`written`: as in the file; `meaning`: a column, "course:KEY" or "", None where nothing is known or likely; `examples`: the
    first texts below it."""

    folded: str
    written: str
    meaning: str | None
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Headings:
    """What has to be known before the rows can be read. `choices`: what a heading may mean (meaning, words); `constants`: what holds
    for every row as things stand; `settled`: nothing has to be asked; `new`: as written, what nobody has said yet, while others were
    told before."""

    headings: tuple[Heading, ...]
    choices: tuple[tuple[str, str], ...]
    constants: Mapping[str, str]
    settled: bool
    new: tuple[str, ...] = ()


def headings_of(session: Session, desk: Desk, upload: Upload) -> Headings:
    kind, table = imports.KINDS[upload.kind], _table(upload)
    courses = {**{key: key for key in decided_courses(session, desk.mappings)}, **desk.mappings.courses}
    remembered = batches.headings(session, kind.name, desk.organisation.number)
    known = meanings_of(kind, table, courses, remembered)
    first = list(islice(table.rows(), _EXAMPLES))
    headings = tuple(
        Heading(
            fold(written),
            written,
            upload.told.get(fold(written), meaning if meaning is not None else likely or None),
            tuple(text for row in first if (text := row.cells.get(fold(written)))),
        )
        for written in table.headings
        for meaning, likely in [known[fold(written)]]
    )
    open_ = {
        folded: written
        for written in table.headings
        for folded in [fold(written)]
        if folded not in upload.told and known[folded][0] is None
    }
    choices = [(name, heading_words(kind.name, name)) for name in kind.column_names]
    if kind.courses:
        choices += [(COURSE + key, f"the day of: {name}") for key, name in sorted(courses.items())]
    return Headings(
        headings,
        tuple(choices),
        constants_of(
            desk, upload.kind, {one.folded: one.meaning or "" for one in headings}, upload.constants
        ),
        settled=bool(upload.told) or not open_,
        new=tuple(open_.values()) if upload.told else (),
    )


def constants_of(
    desk: Desk, kind: str, meanings: Mapping[str, str], said: Mapping[str, str]
) -> dict[str, str]:
    """What holds for every row where no heading means it: the organisation, the area where it works in one alone or one was chosen,
    and the membership where there is only one."""
    columns = imports.KINDS[kind].column_names
    only = next(iter(desk.areas)) if len(desk.areas) == 1 else ""
    [membership, *others] = bodies(desk.mappings) or [""]
    usual = {
        "organisation": desk.organisation.name,
        "area": said.get("area") or only,
        "membership": "" if others else membership,
    }
    open_ = {name: text for name, text in usual.items() if text and name in columns}
    return {name: text for name, text in open_.items() if name not in meanings.values()}


def tell(session: Session, desk: Desk, upload: Upload, told: Mapping[str, str], area: str) -> None:
    """What the headings mean; they are remembered when the file is taken in. `area`: of all rows, "" where the file says it."""
    constants = constants_of(desk, upload.kind, told, {"area": area} if area else {})
    other = {heading: meaning for heading, meaning in told.items() if meaning != heading}
    uploads.tell(session, upload.number, other, constants)


def preview(session: Session, desk: Desk, upload: Upload) -> tuple[Report, str]:
    """What taking it in would do, in a transaction that the caller takes back; and the seal of what is shown so. Raises
    UnknownHeadings, and BadInput with every row that is wrong."""
    asked = headings_of(session, desk, upload)
    prepared = _prepared(session, desk, upload, asked)
    report = recording.take_in(session, desk, prepared, again=False, shown=_SHOWN)
    return report, _seal(upload, asked)


def apply(session: Session, desk: Desk, number: int, seal: str) -> None:
    """Takes the file in, once, if it is what was shown with this seal. Raises as `preview` does, and Conflict where it is not."""
    upload = upload_of(session, desk, number)
    if upload.done_at is not None:
        return
    asked = headings_of(session, desk, upload)
    prepared = _prepared(session, desk, upload, asked)
    if seal != _seal(upload, asked):
        raise Conflict("It is not as it was shown; nothing was recorded.")
    seen_before = posts.addresses_with_training(session, desk.organisation.number, desk.now)
    report = recording.take_in(session, desk, prepared, file=upload.file, again=False)
    seen_now = posts.addresses_with_training(session, desk.organisation.number, desk.now)
    for address in sorted(seen_now - seen_before):
        _tell_seen(session, desk, address)
    uploads.finish(session, number, report.outcomes, desk.now)


def _tell_seen(session: Session, desk: Desk, address: str) -> None:
    """Whoever learned something before hears which organisation sees it now: a coordinator needs no more than the address to
    record a post."""
    name = desk.organisation.name
    subject = f"Your CSE training is now seen by {name}"
    notices.tell(session, address, subject, "seen_by", {"title": subject, "organisation": name}, desk.now)


def cancel(session: Session, desk: Desk, number: int) -> bool:
    """Whether it is cancelled: what is recorded already stays so, and says so."""
    upload = upload_of(session, desk, number)
    if upload.done_at is None:
        uploads.forget(session, number)
    return upload.done_at is None


def forget_old(session: Session, now: datetime) -> None:
    """Files that nobody came back to."""
    uploads.forget_before(session, now - KEPT)


def _seal(upload: Upload, asked: Headings) -> str:
    """Another, as soon as other rows would be recorded, or the same ones read otherwise."""
    meant = [(one.folded, one.meaning) for one in asked.headings]
    said = json.dumps([upload.number, upload.kind, meant, dict(asked.constants)], sort_keys=True)
    return hashlib.sha256(said.encode() + b"\n" + upload.content).hexdigest()


def _prepared(session: Session, desk: Desk, upload: Upload, asked: Headings) -> Prepared:
    return recording.prepare(
        session, desk, upload.kind, _table(upload), told=upload.told, constants=asked.constants
    )


def _table(upload: Upload) -> Table:
    return read_table(upload.content, most=MOST_ROWS)
