"""Looking for statements as an operator does, in words that people type; and how each is told in a line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from marshmallow import ValidationError

from lrs_bridge.errors import BadInput, Problem
from lrs_bridge.flows import retrieve
from lrs_bridge.flows.identifiers import identifier_named
from lrs_bridge.flows.imports.cells import day_field
from lrs_bridge.moments import Calendar, parse_instant
from lrs_bridge.store import audit
from lrs_bridge.store.database import Session
from lrs_bridge.xapi import documents
from lrs_bridge.xapi.agents import identifier_of, parse_identifier
from lrs_bridge.xapi.notations import is_iri
from lrs_bridge.xapi.queries import StatementQuery

AT_ONCE = 25
_LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody typed, "" for what doesn't matter. `agent`: an e-mail address or another identifier; days as an import takes them, both
    inclusive, of when it was stored."""

    agent: str = ""
    verb: str = ""
    activity: str = ""
    since: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A statement in a list. `who`: the actor's identifier."""

    id: str
    stored: datetime
    who: str
    verb: str
    what: str


@dataclass(frozen=True, slots=True)
class Lines:
    """`following`: where the next ones are found, None after the last."""

    lines: tuple[Line, ...]
    following: tuple[datetime, int] | None


def search(session: Session, asked: Asked, calendar: Calendar, after: tuple[datetime, int] | None) -> Lines:
    """The latest statements first, without voided ones, 25 at a time. Raises BadInput, its problems naming the members of `Asked`."""
    query = _query(session, asked, calendar)
    found = retrieve.page(session, query, (), None, after=after, limit=AT_ONCE)
    lines = [
        _line(text, parse_instant(one.stored))
        for one, text in zip(found.statements, found.texts, strict=True)
    ]
    following = found.following
    return Lines(tuple(lines), (parse_instant(following[0]), following[1]) if following else None)


def note_search(session: Session, asked: Asked, *, who: str, now: datetime) -> None:
    """Keeps that somebody looked for one person's statements."""
    audit.note(session, who=who, act="statements searched", about=f"those of {asked.agent.strip()}", now=now)


def _query(session: Session, asked: Asked, calendar: Calendar) -> StatementQuery:
    problems: list[Problem] = []
    agent = None
    if asked.agent.strip():
        try:
            agent = parse_identifier(identifier_named(session, asked.agent.strip()))
        except BadInput:
            problems.append(
                Problem("agent", "Enter an e-mail address, or an account as https://site.example|name")
            )
    iris: dict[str, str | None] = {}
    for name, example in (
        ("verb", "http://adlnet.gov/expapi/verbs/completed"),
        ("activity", "https://moodle.example.org/course/view.php?id=4"),
    ):
        typed = getattr(asked, name).strip()
        iris[name] = typed or None
        if typed and (not is_iri(typed) or len(typed) > _LONGEST):
            problems.append(Problem(name, f"Enter the whole address of the {name}, such as {example}"))
    since, until = (_day(getattr(asked, name), name, problems) for name in ("since", "until"))
    if since and until and since > until:
        problems.append(Problem("until", "The last day must not be before the first"))
    if problems:
        raise BadInput("Nothing was looked for.", problems)
    return StatementQuery(
        agent=agent,
        verb=iris["verb"],
        activity=iris["activity"],
        since=calendar.start_of(since) - timedelta(microseconds=1) if since else None,
        until=calendar.end_of(until) - timedelta(microseconds=1) if until else None,
    )


def _day(typed: str, name: str, problems: list[Problem]) -> date | None:
    if not typed.strip():
        return None
    try:
        day: date = day_field().deserialize(typed.strip())
    except ValidationError as wrong:
        problems.append(Problem(name, str(wrong.messages[0])))
        return None
    return day


def _line(text: str, stored: datetime) -> Line:
    statement = documents.parse(text.encode())
    actor = statement["actor"]
    identifier = identifier_of(actor)
    return Line(
        id=statement["id"],
        stored=stored,
        who=str(identifier) if identifier else "a group without an identifier",
        verb=verb_in_words(statement["verb"]),
        what=object_in_words(statement["object"]),
    )


def verb_in_words(verb: Mapping[str, Any]) -> str:
    return _in_a_language(verb.get("display")) or str(verb["id"]).rpartition("/")[2]


def object_in_words(target: Mapping[str, Any]) -> str:
    """The activity's name, or what the object is known by."""
    kind = target.get("objectType", "Activity")
    if kind == "Activity":
        return _in_a_language(target.get("definition", {}).get("name")) or str(target["id"])
    if kind == "StatementRef":
        return f"statement {target['id']}"
    return "a statement within it" if kind == "SubStatement" else "a person or group"


def _in_a_language(texts: Any) -> str:
    """In English where it is there, or in the first language that is."""
    known: Mapping[str, Any] = texts if isinstance(texts, dict) else {}
    chosen = [text for language, text in known.items() if language.lower().startswith("en")]
    return str(next(iter([*chosen, *known.values()]), ""))
