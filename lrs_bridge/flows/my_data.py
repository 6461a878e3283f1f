"""Everything that is held about whoever asks, to take away: for reading and for other systems (GDPR, Articles 15 and 20).

What concerns other people is left out: of who vouched, delivered or decided there is the name where there is one, never an address.
Nothing is held in memory whole: statements are read page by page, documents and attachments one part at a time.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from lrs_bridge.flows import certificates, explain, people
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows import roles as role_flow
from lrs_bridge.flows.sign_in import Visitor
from lrs_bridge.learning.by_hand import RECORD
from lrs_bridge.moments import Calendar, format_instant
from lrs_bridge.store import (
    audit,
    check_ins,
    contents,
    erasures,
    manager_letters,
    personal,
    posts,
    projections,
    reminders,
    reports,
    roles,
    site_visits,
)
from lrs_bridge.store import people as store_people
from lrs_bridge.store.database import Database, Session
from lrs_bridge.store.personal import Naming
from lrs_bridge.xapi import documents, formats
from lrs_bridge.xapi.formats import SOMEBODY

_AT_ONCE = 100
_ADDRESS = re.compile(r"https?://[^\s|]+\|[^\s,;:<>“”\"'()]+|[^\s,;:<>“”\"'()]+@[^\s,;:<>“”\"'()]+")


@dataclass(frozen=True, slots=True)
class Mine:
    """Who asks, and what is told at once. `identifiers`: theirs, in canonical text; `addresses`: the mailboxes among them and the
    one that they signed in by, in lower case; `told`: as JSON."""

    learner: int | None
    identifiers: tuple[str, ...]
    addresses: frozenset[str]
    now: datetime
    told: dict[str, Any]


def gather(session: Session, who: Visitor, calendar: Calendar, now: datetime) -> Mine:
    """Everything but statements, documents, attachments and the log, and notes in the log that it was asked for."""
    audit.note(session, who=who.address, act="own data downloaded", about=_learner(who.learner), now=now)
    person = store_people.load(session, [who.learner])[who.learner] if who.learner is not None else None
    texts = person.identifiers if person else ()
    mboxes = {who.mbox, *(text.casefold() for text in texts if text.startswith("mailto:"))}
    mine = Mine(who.learner, texts, frozenset(mbox.removeprefix("mailto:") for mbox in mboxes), now, told={})
    told: dict[str, Any] = {
        "as_at": format_instant(now),
        "signed_in_as": who.address,
        "roles": _roles(session, mboxes, calendar),
        "visits": [
            {"address": _bare(mbox), "began": format_instant(began), "last_seen": format_instant(seen)}
            for mbox, began, seen in personal.visits(session, mboxes)
        ],
        "visits_from_sites": [
            {"account": account, "began": format_instant(began)}
            for account, began in site_visits.visits_of(session, list(texts))
        ],
        "letters_for_signing_in": [
            {"address": _bare(mbox), "at": format_instant(at), "used": used}
            for mbox, at, used in personal.letters(session, mboxes)
        ],
        "codes_for_joining": [
            {"asked_by": agent, "sent_to": _bare(mbox), "at": format_instant(at)}
            for agent, mbox, at in personal.codes(session, [*texts, *mboxes])
        ],
        "entered_on_lists": [
            {"session": title, "name": name, "at": format_instant(at)}
            for title, name, at in check_ins.entered(session, {*texts, *mboxes})
        ],
    }
    if person is not None:
        told |= _of_learner(session, person, calendar)
    mine.told.update(_without_addresses(told, mine))
    return mine


def _of_learner(session: Session, person: store_people.Person, calendar: Calendar) -> dict[str, Any]:
    since = personal.first_seen(session, person.learner)
    recorded = posts.recorded(session, person.learner)
    body = next(iter(explain.explain_all(session, [person.learner], calendar))).body
    kept = projections.standing(session, person.learner)
    whole = people.show(session, person.identifiers[0])
    return {
        "learner": person.learner,
        "name": person.name,
        "identifiers": [
            {**one, "known_since": format_instant(since[one["identifier"]])} for one in whole["identifiers"]
        ],
        "joined": [
            {name: proof[name] for name in ("one", "other", "kind", "same", "reason", "at")}
            for proof in whole["proofs"]
            if {proof["one"], proof["other"]} <= set(person.identifiers)
        ],
        "posts": [
            {
                **told,
                "manager": bool(post.manager),
                "recorded_at": format_instant(recorded[post.number].at),
            }
            for told, post in zip(body["learner"]["posts"], person.posts, strict=True)
        ],
        "standing": {
            "computed_at": format_instant(kept.computed_at) if kept else None,
            **{name: body[name] for name in ("tiers", "eligibility", "evidence")},
            "not_proven": explain.NOT_PROVEN,
        },
        "told_to_boards": [
            {"area": area, "kind": kind, "decided_at": format_instant(at)}
            for area, kind, at in personal.told_of(session, person.learner)
        ],
        "letters_to_line_managers": [
            {
                "organisation": one.organisation,
                "area": one.area,
                "service_area": one.service_area,
                "name": one.name,
                "asked_at": format_instant(one.asked_at),
                "answered_at": format_instant(one.answered_at) if one.answered_at else None,
                "answers": one.answers,
                "closed": one.closed or None,
            }
            for one in manager_letters.of(session, person.learner)
        ],
        "reminders": [
            {"organisation": organisation, "at": format_instant(at)}
            for organisation, at in reminders.sent_to(session, person.learner)
        ],
        "reported": [
            {
                "at": format_instant(one.sent_at),
                "kind": one.kind,
                "text": one.text,
                "to": one.organisation or one.place.area or "whoever runs the service",
                "closed_at": format_instant(one.closed_at) if one.closed_at else None,
                "note": one.note or None,
            }
            for one in reports.of(session, person.learner)
        ],
        "reports": [
            {
                "kind": one.kind,
                "text": one.text,
                "sent_at": format_instant(one.sent_at),
                "to": one.organisation or one.place.area or "operators",
                "closed_at": format_instant(one.closed_at) if one.closed_at else None,
                "note": one.note or None,
            }
            for one in reports.of(session, person.learner)
        ],
        "requests_for_erasure": [
            {
                "at": format_instant(one.at),
                "what": one.what,
                "due": format_instant(one.due_at),
                "state": one.state,
                "answer": one.reason or None,
            }
            for one in erasures.of_learner(session, person.learner)
        ],
        "certificates": [
            {
                "name": one.name,
                "tier": one.tier,
                "framework": one.framework,
                "board": one.board,
                "as_at": format_instant(one.made_at),
                "state": one.state,
            }
            for one in certificates.every(session, person.learner, calendar)
        ],
    }


def _roles(session: Session, mboxes: Collection[str], calendar: Calendar) -> list[dict[str, str]]:
    mappings = mapping_flow.in_force(session, calendar)
    return [
        {
            "role": role_flow.in_words(one, mappings),
            "address": _bare(one.mbox),
            "since": format_instant(one.at),
        }
        for mbox in sorted(mboxes)
        for one in roles.grants(session, mbox=mbox)
    ]


def _bare(mbox: str) -> str:
    return mbox.removeprefix("mailto:")


def _learner(number: int | None) -> str:
    return f"learner {number}" if number is not None else "nobody's training"


def _without_addresses(value: Any, mine: Mine) -> Any:
    """JSON in which no address and no account but the person's own stands."""

    def own(found: re.Match[str]) -> str:
        if "|" in found[0]:
            return found[0] if found[0] in mine.identifiers else SOMEBODY
        address = found[0].removeprefix("mailto:")
        return found[0] if address.rstrip(".").casefold() in mine.addresses else SOMEBODY

    if isinstance(value, str):
        return value if value in mine.identifiers else _ADDRESS.sub(own, value)
    if isinstance(value, dict):
        return {name: _without_addresses(one, mine) for name, one in value.items()}
    return [_without_addresses(one, mine) for one in value] if isinstance(value, list) else value


# --- page by page ------------------------------------------------------------------------------------------------------


def statements(database: Database, mine: Mine) -> Iterator[Naming]:
    """All that name them as actor or object, each once, by identifier and in the order in which they came."""
    for page in _pages(database, mine):
        yield from page


def _pages(database: Database, mine: Mine) -> Iterator[list[Naming]]:
    for place, agent in enumerate(mine.identifiers):
        earlier, after = mine.identifiers[:place], None
        while page := database.read(
            partial(personal.statements_naming, agent=agent, earlier=earlier, after=after, limit=_AT_ONCE)
        ):
            yield page
            after = (page[-1].stored, page[-1].seq)


@dataclass(frozen=True, slots=True)
class Listed:
    """A statement in words."""

    when: datetime
    did: str
    what: str
    voided: bool


def listed(database: Database, mine: Mine) -> Iterator[Listed]:
    for one in statements(database, mine):
        said = documents.parse(one.body.encode())
        target = said["object"]
        name = next(iter(target.get("definition", {}).get("name", {}).values()), "")
        verb = (
            next(iter(said["verb"].get("display", {}).values()), "") or said["verb"]["id"].rpartition("/")[2]
        )
        what = name or target.get("id", "") or "somebody"
        yield Listed(one.happened, verb, _without_addresses(what, mine), one.voided_by is not None)


def _statement(one: Naming, mine: Mine) -> str:
    """As JSON: with the very text that came, where nobody else is named in it."""
    said = documents.parse(one.body.encode())
    text, as_sent = one.body, True
    narrowed = formats.without_others(said, mine.identifiers)
    record = said.get("context", {}).get("extensions", {}).get(RECORD)
    if record is not None and _without_addresses(record, mine) != record:
        narrowed = narrowed or said
        narrowed["context"]["extensions"] = {
            **narrowed["context"]["extensions"],
            RECORD: _without_addresses(record, mine),
        }
    if narrowed is not None:
        text, as_sent = formats.write(narrowed), False
    about = {
        "id": str(one.id),
        "stored": format_instant(one.stored),
        "timestamp": format_instant(one.happened),
        "version": one.version,
        "voided_by": str(one.voided_by) if one.voided_by else None,
        "as_sent": as_sent,
    }
    return f'{json.dumps(about)[:-1]}, "statement": {text}}}'


def _log(database: Database, mine: Mine) -> Iterator[dict[str, Any]]:
    """What they did, and what was done of them. Whom else an act of theirs was about is left out."""
    after = 0
    page_of = partial(
        personal.log_about,
        addresses=sorted(mine.addresses),
        accounts=[text for text in mine.identifiers if not text.startswith("mailto:")],
        learner=mine.learner,
        limit=_AT_ONCE,
    )
    while page := database.read(partial(page_of, after=after)):
        for one in page:
            is_own = one.who.casefold() in mine.addresses
            is_about = _is_about(one.about, mine)
            if is_own or is_about:
                line = {"at": format_instant(one.at), "who": one.who, "act": one.act}
                about = {"about": one.about, "reason": one.reason} if is_about else {}
                yield _without_addresses(line | about, mine)
        after = page[-1].number


def _is_about(about: str, mine: Mine) -> bool:
    named = {found.removeprefix("mailto:").rstrip(".").casefold() for found in _ADDRESS.findall(about)}
    is_number = mine.learner is not None and about.partition(":")[0] == _learner(mine.learner)
    accounts = (text for text in mine.identifiers if not text.startswith("mailto:"))
    is_account = any(re.search(rf"(?<!\S){re.escape(text)}(?!\w)", about) for text in accounts)
    return is_number or is_account or bool(named & mine.addresses)


# --- one file ----------------------------------------------------------------------------------------------------------


def pack(database: Database, mine: Mine, page: Iterable[str]) -> Iterator[bytes]:
    """The ZIP, piece by piece. `page`: what is to be read, as HTML."""
    sent = _Sent()
    with zipfile.ZipFile(sent, "w", zipfile.ZIP_DEFLATED) as packed:  # type: ignore[call-overload]  # it needs no more than to be written to
        told = json.dumps(mine.told, ensure_ascii=False, indent=2)
        for name, parts in (
            ("your-data.html", (one.encode() for one in page)),
            ("data.json", iter([told.encode()])),
            ("statements.json", _array(_statement(one, mine) for one in statements(database, mine))),
            ("log.json", _array(json.dumps(one, ensure_ascii=False) for one in _log(database, mine))),
        ):
            yield from _entry(packed, sent, mine, name, parts)
        for files in (_documents(database, mine), _attachments(database, mine)):
            for name, parts in files:
                yield from _entry(packed, sent, mine, name, parts)
    yield sent.taken()


class _Sent:
    """What a ZIP was written to since it was last looked at."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, part: bytes) -> int:
        self._parts.append(bytes(part))
        return len(part)

    def flush(self) -> None:
        """There is nowhere to flush to."""

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def _entry(
    packed: zipfile.ZipFile, sent: _Sent, mine: Mine, name: str, parts: Iterable[bytes]
) -> Iterator[bytes]:
    with _opened(packed, name, mine.now) as file:
        for part in parts:
            file.write(part)
            if piece := sent.taken():
                yield piece


@contextmanager
def _opened(packed: zipfile.ZipFile, name: str, now: datetime) -> Iterator[Any]:
    about = zipfile.ZipInfo(name, date_time=now.timetuple()[:6])
    about.compress_type = zipfile.ZIP_DEFLATED
    with packed.open(about, "w", force_zip64=True) as file:
        yield file


def _array(texts: Iterable[str]) -> Iterator[bytes]:
    before = "["
    for text in texts:
        yield f"{before}\n{text}".encode()
        before = ","
    yield b"[]\n" if before == "[" else b"\n]\n"


def _documents(database: Database, mine: Mine) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Each beside a file that says what it is."""
    for agent in mine.identifiers:
        number = 0
        while one := database.read(partial(personal.document_after, agent=agent, number=number)):
            number = one.number
            about = {
                "kind": one.kind,
                "activity": one.activity or None,
                "agent": one.agent,
                "registration": str(one.registration) if one.registration else None,
                "name": one.name,
                "content_type": one.content_type,
                "updated_at": format_instant(one.updated_at),
            }
            yield f"documents/{number}.json", iter([json.dumps(about, ensure_ascii=False).encode()])
            yield f"documents/{number}.body", iter([one.body])


def _attachments(database: Database, mine: Mine) -> Iterator[tuple[str, Iterator[bytes]]]:
    """What came with the statements of whoever asks, each content once."""
    given: set[bytes] = set()
    for page in _pages(database, mine):
        for held in database.read(partial(contents.held_of, seqs=[one.seq for one in page])):
            if held.sha256 not in given:
                given.add(held.sha256)
                yield f"attachments/{held.sha2}", _parts(database, held)


def _parts(database: Database, held: contents.Attached) -> Iterator[bytes]:
    for place in contents.places(held.length):
        yield database.read(partial(contents.part, sha256=held.sha256, place=place))
