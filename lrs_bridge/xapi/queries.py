"""The parameters of GET /statements (Communication 2.1.3; 2.0.0 4.1.6.1)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from lrs_bridge.errors import BadInput, Problem
from lrs_bridge.moments import parse_instant
from lrs_bridge.xapi import documents, notations
from lrs_bridge.xapi.actors import check_actor
from lrs_bridge.xapi.agents import Ifi, identifier_of
from lrs_bridge.xapi.findings import Findings, timestamp_fault
from lrs_bridge.xapi.paths import quoted
from lrs_bridge.xapi.versions import Version

Format = Literal["ids", "exact", "canonical"]

# A limit above this asks for no more than the server allows anyway.
_LARGEST_LIMIT: Final = 10**9
_WHOLE = re.compile(r"[0-9]+", re.ASCII)
_FORMATS: Final[dict[str, Format]] = {"ids": "ids", "exact": "exact", "canonical": "canonical"}


@dataclass(frozen=True, slots=True)
class StatementQuery:
    """What is asked for. Ids are in lower case; None and False filter nothing; limit 0 is the server's maximum;
    since is exclusive and until inclusive, both of `stored`. cursor is ours, from a `more` link, and not read here."""

    statement_id: str | None = None
    voided_statement_id: str | None = None
    agent: Ifi | None = None
    verb: str | None = None
    activity: str | None = None
    registration: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 0
    ascending: bool = False
    related_agents: bool = False
    related_activities: bool = False
    format: Format = "exact"
    attachments: bool = False
    cursor: str | None = None


class _WrongValueError(Exception):
    """A parameter's value won't do; its problems say why."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__()
        self.problems = problems


def _wrong(what: str, mend: str = "") -> _WrongValueError:
    return _WrongValueError(Problem("", what, "XAPI-00012", mend))


def _uuid(text: str, _version: Version) -> str:
    if not notations.is_uuid(text):
        raise _wrong(f"{quoted(text)} is not a UUID")
    return text.lower()


def _iri(text: str, _version: Version) -> str:
    if not notations.is_iri(text):
        raise _wrong(f"{quoted(text)} is not an IRI", "percent-encode the parameter's value once")
    return text


def _instant(text: str, version: Version) -> datetime:
    fault = timestamp_fault(text, version)
    if fault:
        # A + that wasn't percent-encoded arrives as a blank.
        mend = (
            "write + as %2B" if re.search(r" [0-9]{2}:?[0-9]{2}\Z", text) else "such as 2017-03-01T09:30:00Z"
        )
        raise _wrong(f"{quoted(text)}: {fault}", mend)
    return parse_instant(text)


def _boolean(text: str, _version: Version) -> bool:
    if text not in {"true", "false"}:
        raise _wrong(f"{quoted(text)} is not true or false", "true or false")
    return text == "true"


def _limit(text: str, _version: Version) -> int:
    if not _WHOLE.fullmatch(text):
        raise _wrong(f"{quoted(text)} is not a whole number", "0 or more")
    digits = text.lstrip("0") or "0"
    return int(digits) if len(digits) <= 9 else _LARGEST_LIMIT


def _format(text: str, _version: Version) -> Format:
    if text not in _FORMATS:
        raise _wrong(f"{quoted(text)} is not a format", "ids, exact or canonical")
    return _FORMATS[text]


def _agent(text: str, version: Version) -> Ifi:
    """An Agent or an identified Group, as JSON; the problems' places continue in it: `agent.mbox`."""
    try:
        actor = documents.parse(text.encode("utf-8", "surrogatepass"))
    except BadInput as fault:
        raise _WrongValueError(
            *(Problem(p.where.removeprefix("$"), p.what, p.rule, p.mend) for p in fault.problems)
        ) from None
    found = Findings(version)
    check_actor(found, actor, "")
    if found.problems:
        raise _WrongValueError(*found.problems)
    identifier = identifier_of(actor)
    if identifier is None:
        raise _wrong("a Group without an identifier can't be looked for", "ask for one of its members")
    return identifier


def _text(text: str, _version: Version) -> str:
    return text


_PARAMETERS: Final[dict[str, tuple[str, Callable[[str, Version], Any]]]] = {
    "statementId": ("statement_id", _uuid),
    "voidedStatementId": ("voided_statement_id", _uuid),
    "agent": ("agent", _agent),
    "verb": ("verb", _iri),
    "activity": ("activity", _iri),
    "registration": ("registration", _uuid),
    "since": ("since", _instant),
    "until": ("until", _instant),
    "limit": ("limit", _limit),
    "ascending": ("ascending", _boolean),
    "related_agents": ("related_agents", _boolean),
    "related_activities": ("related_activities", _boolean),
    "format": ("format", _format),
    "attachments": ("attachments", _boolean),
    "cursor": ("cursor", _text),
}
_WITH_AN_ID: Final = frozenset({"statementId", "voidedStatementId", "format", "attachments"})


def parse_query(args: Mapping[str, list[str]], version: Version) -> StatementQuery:
    """The query that these decoded parameters ask, each name with all its values.

    Raises BadInput with every problem; its `where` begins with the parameter's name.
    """
    fields: dict[str, Any] = {}
    problems = _combination_problems(args)
    for name, values in args.items():
        if name not in _PARAMETERS:
            problems.append(_unknown_parameter(name))
            continue
        if len(values) != 1:
            what = f"the parameter is there {len(values)} times"
            problems.append(Problem(name, what, "Communication 2.1.3", "once"))
            continue
        field, read = _PARAMETERS[name]
        try:
            fields[field] = read(values[0], version)
        except _WrongValueError as fault:
            problems += (Problem(name + p.where, p.what, p.rule, p.mend) for p in fault.problems)
    if problems:
        raise BadInput("The request for statements can't be understood", problems)
    return StatementQuery(**fields)


def _combination_problems(args: Mapping[str, list[str]]) -> list[Problem]:
    asked = [(name, rule) for name, rule in _BY_ID if name in args]
    if len(asked) == 2:
        what = "both statementId and voidedStatementId are asked for"
        return [Problem("statementId", what, "Communication 2.1.3", "ask for one of them")]
    return [
        Problem(name, f"it can't go together with {by_id}", rule, "leave one of them out")
        for by_id, rule in asked
        for name in args
        if name in _PARAMETERS and name not in _WITH_AN_ID
    ]


_BY_ID: Final = (("statementId", "XAPI-00151"), ("voidedStatementId", "XAPI-00150"))


def _unknown_parameter(name: str) -> Problem:
    for right in _PARAMETERS:
        if right.lower() == name.lower():
            return Problem(name, f"{quoted(name)} is in the wrong case", "XAPI-00325", right)
    known = ", ".join(right for right in _PARAMETERS if right != "cursor")
    return Problem(
        name, f"{quoted(name)} is no parameter of this request", "XAPI-00324", f"known are {known}"
    )
