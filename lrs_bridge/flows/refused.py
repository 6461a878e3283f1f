"""Refused requests, kept for whoever runs the service: a module that is refused at night tells nobody else."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from lrs_bridge.errors import Problem
from lrs_bridge.moments import format_instant
from lrs_bridge.store import refused
from lrs_bridge.store.database import Session

KEPT_DAYS = 30
_EXCERPT = 500
_PROBLEMS_KEPT = 5
_LONGEST_REASON = 2_000
_LONGEST_PATH = 300
_IN_BRACKETS = re.compile(r"\[[^\]]*\]")
_VALUES = re.compile(r"“[^”]*”|\S+://\S+|\S*\d\S*")
"""What differs from one refusal of a kind to the next: names in quotation marks, addresses, ids and numbers."""


def refusal(
    *,
    at: datetime,
    client_id: int | None,
    method: str,
    path: str,
    parameters: Sequence[str],
    status: int,
    title: str,
    problems: Sequence[Problem],
    body: bytes,
) -> refused.Refusal:
    """What is kept of a refused request. Of its parameters only the names, for their values name people; of the body of whoever
    showed a good credential the beginning."""
    asked = f"{path}?{'&'.join(parameters)}" if parameters else path
    told = [title, *(str(problem) for problem in problems[:_PROBLEMS_KEPT])]
    if len(problems) > _PROBLEMS_KEPT:
        told.append(f"and {len(problems) - _PROBLEMS_KEPT} more problems")
    excerpt = body[: 4 * _EXCERPT].decode("utf-8", "replace")[:_EXCERPT] if client_id is not None else ""
    return refused.Refusal(
        digest=_digest(client_id, f"{method} {asked}", status, title, problems),
        at=at,
        client_id=client_id,
        method=_harmless(method[:20]),
        path=_harmless(asked[:_LONGEST_PATH]),
        status=status,
        reason=_harmless("\n".join(told)[:_LONGEST_REASON]),
        excerpt=_harmless(excerpt),
    )


def _digest(client_id: int | None, asked: str, status: int, title: str, problems: Sequence[Problem]) -> bytes:
    """Equal for the same rules broken at the same places, whatever the values. Of whoever shows no good credential the address
    doesn't count either: there are as many as somebody cares to make up."""
    places = sorted({f"{one.rule} {_IN_BRACKETS.sub('[]', one.where)}" for one in problems})
    said = [str(client_id), "" if client_id is None else asked, str(status), _VALUES.sub("", title), *places]
    return hashlib.blake2b("\n".join(said).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _harmless(text: str) -> str:
    """Without what databases refuse: U+0000 shown as U+2400, lone surrogates as question marks."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\u2400")


def listing(
    session: Session, now: datetime, *, days: int, source: str | None, limit: int
) -> list[dict[str, Any]]:
    """What `lrs-bridge refused --json` says, the newest first."""
    found = refused.recent(session, now - timedelta(days=days), source, limit)
    return [
        {
            "first_at": format_instant(one.first_at),
            "last_at": format_instant(one.last_at),
            "times": one.times,
            "sender": one.sender or None,
            "source": one.source or None,
            "method": one.method,
            "path": one.path,
            "status": one.status,
            "reason": one.reason,
            "excerpt": one.excerpt,
        }
        for one in found
    ]


def page(
    session: Session, now: datetime, source: str | None, after: tuple[datetime, int] | None, limit: int
) -> list[refused.Kept]:
    """At most `limit` and one more, which tells that the list goes on; `source` and `after` as `store.refused.recent`."""
    return refused.recent(session, now - timedelta(days=KEPT_DAYS), source, limit + 1, after=after)


def summary(session: Session, now: datetime) -> dict[str, Any]:
    """For `lrs-bridge status`: how many different refusals the last day brought, and the newest of them."""
    since = now - timedelta(days=1)
    newest = refused.recent(session, since, None, 1)
    return {
        "last_day": refused.count(session, since),
        "newest": newest[0].reason.partition("\n")[0] if newest else None,
    }
