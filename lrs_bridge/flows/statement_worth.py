"""One statement as an operator sees it: what was sent, by whom, and what it was worth and why."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lrs_bridge.errors import NotFound
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows import retrieve
from lrs_bridge.flows.explain import NOT_PROVEN
from lrs_bridge.flows.statement_search import object_in_words, verb_in_words
from lrs_bridge.learning.by_hand import SOURCE as BRIDGE
from lrs_bridge.learning.mappings import Mappings
from lrs_bridge.learning.matching import match_statement
from lrs_bridge.moments import Calendar
from lrs_bridge.store import evidence
from lrs_bridge.store import statements as records
from lrs_bridge.store.database import Session
from lrs_bridge.xapi import documents
from lrs_bridge.xapi.equivalence import voided_statement
from lrs_bridge.xapi.queries import StatementQuery


@dataclass(frozen=True, slots=True)
class Worth:
    """What it is evidence of, for whom; `counts` as far as the statement and its sender tell, a void aside."""

    who: str
    what: str
    counts: bool
    because: str


@dataclass(frozen=True, slots=True)
class StatementSeen:
    """`text`: its JSON, laid out; `source`: in words; `voided_by`, `voids`: ids; `nothing_because`: why there is no `worth`."""

    id: str
    heading: str
    text: str
    sent: records.Sent
    source: str
    voided_by: str | None
    voids: str | None
    worth: tuple[Worth, ...]
    nothing_because: str
    not_proven: str = NOT_PROVEN


def look_at(session: Session, id_: uuid.UUID, calendar: Calendar) -> StatementSeen:
    """Raises NotFound."""
    sent = records.sent(session, id_)
    if sent is None:
        raise NotFound("There is no such statement.")
    mappings = mapping_flow.in_force(session, calendar)
    voided_by = records.voided_by(session, [sent.seq]).get(sent.seq)
    one = str(id_)
    query = StatementQuery(voided_statement_id=one) if voided_by else StatementQuery(statement_id=one)
    text = retrieve.one(session, query, (), None).texts[0]
    statement = documents.parse(text.encode())
    kept = evidence.kept_evidence(session, [sent.seq]).get(sent.seq, [])
    worth = tuple(
        Worth(who, _what(kind, key, mappings), bool(counts), because)
        for who, kind, key, counts, because in kept
    )
    known = mappings.sources.get(sent.source)
    return StatementSeen(
        id=one,
        heading=f"{verb_in_words(statement['verb'])}: {object_in_words(statement['object'])}",
        text=_laid_out(text),
        sent=sent,
        source="recorded by hand" if sent.source == BRIDGE else known.name if known else sent.source,
        voided_by=str(voided_by) if voided_by else None,
        voids=voided_statement(statement),
        worth=worth,
        nothing_because="" if worth else _nothing_because(session, sent, statement, mappings),
    )


def _laid_out(text: str) -> str:
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2, allow_nan=False)
    except ValueError:  # a number that JSON allows and no computer holds
        return text


_KINDS: Mapping[str, str] = {
    "attestation": "somebody's word: {}",
    "membership": "membership: {}",
    "champion": "CSE Champion: {}",
    "course": "{}",
}


def _what(kind: str, key: str, mappings: Mappings) -> str:
    name = mappings.courses.get(key) if kind == "course" else None
    return _KINDS.get(kind, "{}").format(name or key.replace("_", " "))


def _nothing_because(
    session: Session, sent: records.Sent, statement: dict[str, Any], mappings: Mappings
) -> str:
    aside = evidence.reason_aside(session, sent.seq)
    if aside is not None:
        return f"It could not be matched and is set aside: {aside}"
    if evidence.waiting_statements(session, [sent.seq]):
        return "It waits to be matched; that takes seconds while the timetable runs."
    decision = evidence.kept_equivalences(session, [sent.seq]).get(sent.seq)
    if decision is not None:
        return f"It is a decision: {decision['course']} counts as {decision['counts_as']}."
    target = voided_statement(statement)
    if target is not None:
        return f"It takes back the statement {target}."
    if not sent.source:
        return "Its credential speaks for no source, so no rule matches it."
    if sent.source == BRIDGE:
        return "It is a record of the bridge's own that is no evidence of learning."
    source = mappings.sources.get(sent.source)
    if source is None:
        return f"No mapping file describes its source, {sent.source}."
    found, missed = match_statement(statement, source, sent.happened)
    if missed is not None:
        nearest = (
            f"The nearest rule is “{missed.nearest_rule}”: {missed.failed}." if missed.nearest_rule else ""
        )
        return f"No rule of {source.name} takes its activity. {nearest}".strip()
    if found:
        return "A rule takes it now; it waits to be matched anew, or names nobody in particular."
    return f"No rule of {source.name} is about its activity, and it doesn't look like a completion."
