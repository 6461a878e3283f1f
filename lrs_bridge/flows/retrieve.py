"""Statements out: by id or by filter, a page at a time, in the form that is asked for (Communication 2.1.3; 2.0.0 4.1.6.1)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import product

from lrs_bridge.errors import NotFound
from lrs_bridge.store import activities
from lrs_bridge.store import statements as records
from lrs_bridge.store.database import Session
from lrs_bridge.xapi import formats
from lrs_bridge.xapi.queries import StatementQuery
from lrs_bridge.xapi.terms import RELATED, Term

Cursor = tuple[str, int]
"""(stored, seq) of the last statement of a page; stored as RFC 3339."""


@dataclass(frozen=True, slots=True)
class Page:
    """texts: the statements as JSON, in order, beside `statements`; following: where the next page goes on, if there is
    one."""

    statements: Sequence[records.StoredStatement]
    texts: Sequence[str]
    following: Cursor | None = None


def one(session: Session, query: StatementQuery, languages: Sequence[str], authority: int | None) -> Page:
    """The statement whose id is asked for. `authority`: that authority's own alone. Raises NotFound."""
    voided = query.voided_statement_id is not None
    wanted = uuid.UUID(query.voided_statement_id or query.statement_id or "")
    found = records.by_id(session, wanted, voided=voided, authority_id=authority)
    if found is None:
        raise NotFound(
            f"There is no {'voided ' if voided else ''}statement {wanted} that this credential may read."
        )
    return Page([found], _texts(session, [found], query, languages))


def page(
    session: Session,
    query: StatementQuery,
    languages: Sequence[str],
    authority: int | None,
    *,
    after: tuple[datetime, int] | None,
    limit: int,
) -> Page:
    """At most `limit` of the statements that the filters take, those after `after`."""
    wanted = records.Filter(
        since=query.since,
        until=query.until,
        ascending=query.ascending,
        authority_id=authority,
        after=after,
        limit=limit,
    )
    found = records.find_any(session, _alternatives(session, query, wanted))
    last = found[limit - 1] if len(found) > limit else None
    found = found[:limit]
    following = (last.stored, last.seq) if last else None
    return Page(found, _texts(session, found, query, languages), following)


def _alternatives(session: Session, query: StatementQuery, wanted: records.Filter) -> list[records.Filter]:
    """The query as filters of which any may take a statement: the related ones look in several places."""
    agent: list[Term | int] = []
    if query.agent is not None:
        agent = [("agent", str(query.agent))]
        if query.related_agents:
            agent.append((f"{RELATED}agent", str(query.agent)))
            as_authority = records.authority_number(session, str(query.agent))
            if as_authority is not None:
                agent.append(as_authority)
    activity: list[Term | int] = []
    if query.activity is not None:
        activity = [("activity", query.activity)]
        if query.related_activities:
            activity.append((f"{RELATED}activity", query.activity))
    registration: list[Term | int] = [("registration", query.registration)] if query.registration else []
    verb: list[Term | int] = [("verb", query.verb)] if query.verb else []
    # what few statements have comes first: it is gone through, the others are looked up
    places = [place for place in (registration, agent, activity, verb) if place]
    return [
        alternative for choice in product(*places) if (alternative := _narrowed(wanted, choice)) is not None
    ]


def _narrowed(wanted: records.Filter, choice: Sequence[Term | int]) -> records.Filter | None:
    """By these terms and, where a number is among them, to that authority; None where the asker may not read it."""
    terms = tuple(part for part in choice if not isinstance(part, int))
    for authority in choice:
        if isinstance(authority, int):
            if wanted.authority_id not in (None, authority):
                return None
            wanted = replace(wanted, authority_id=authority)
    return replace(wanted, terms=terms)


def _texts(
    session: Session,
    found: Sequence[records.StoredStatement],
    query: StatementQuery,
    languages: Sequence[str],
) -> list[str]:
    exact = [
        formats.exact(
            one.body,
            one.shape,
            stored=one.stored,
            authority=one.authority,
            id_=str(one.id) if one.id else "",
            timestamp=one.happened or "",
            version=one.version or "",
        )
        for one in found
    ]
    if query.format == "exact":
        return exact
    said = [formats.parse(text) for text in exact]
    if query.format == "ids":
        return [formats.write(formats.ids(one)) for one in said]
    known = activities.definitions(session, {id_ for one in said for id_ in formats.activity_ids(one)})
    return [formats.write(formats.canonical(one, known, languages)) for one in said]
