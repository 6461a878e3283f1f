"""The parameters of GET /statements (Communication 2.1.3; 2.0.0 4.1.6.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from lrs_bridge.errors import BadInput, Problem
from lrs_bridge.xapi.agents import Ifi
from lrs_bridge.xapi.parameters import (
    Known,
    boolean,
    identifier,
    instant,
    iri,
    plain,
    read_parameters,
    uuid,
    wrong,
)
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


def _limit(text: str, _version: Version) -> int:
    if not _WHOLE.fullmatch(text):
        raise wrong(f"{quoted(text)} is not a whole number", "0 or more")
    digits = text.lstrip("0") or "0"
    return int(digits) if len(digits) <= 9 else _LARGEST_LIMIT


def _format(text: str, _version: Version) -> Format:
    if text not in _FORMATS:
        raise wrong(f"{quoted(text)} is not a format", "ids, exact or canonical")
    return _FORMATS[text]


_PARAMETERS: Final[Known] = {
    "statementId": ("statement_id", uuid),
    "voidedStatementId": ("voided_statement_id", uuid),
    "agent": ("agent", identifier),
    "verb": ("verb", iri),
    "activity": ("activity", iri),
    "registration": ("registration", uuid),
    "since": ("since", instant),
    "until": ("until", instant),
    "limit": ("limit", _limit),
    "ascending": ("ascending", boolean),
    "related_agents": ("related_agents", boolean),
    "related_activities": ("related_activities", boolean),
    "format": ("format", _format),
    "attachments": ("attachments", boolean),
    "cursor": ("cursor", plain),
}
_WITH_AN_ID: Final = frozenset({"statementId", "voidedStatementId", "format", "attachments"})


def parse_query(args: Mapping[str, list[str]], version: Version) -> StatementQuery:
    """The query that these decoded parameters ask, each name with all its values.

    Raises BadInput with every problem; its `where` begins with the parameter's name.
    """
    problems = _combination_problems(args)
    fields, wrong_ones = read_parameters(
        args, _PARAMETERS, version, once="Communication 2.1.3", hidden=("cursor",)
    )
    problems += wrong_ones
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
