"""What was attached to statements: each content once, by its SHA-256, in parts of at most PART octets."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from lrs_bridge.store.database import Session
from lrs_bridge.store.dialects import insert_many, insert_new
from lrs_bridge.store.lrs_tables import attachments, content_parts, contents

PART: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Attached:
    """A content that a statement names. sha2: as the statement does, in lower case."""

    seq: int
    sha2: str
    sha256: bytes
    length: int


def add(session: Session, lengths: dict[bytes, int]) -> list[bytes]:
    """Makes room for contents, SHA-256 → length. Returns those that are new, whose parts are to be added. In one order for
    everybody: who brings the same contents at once waits for the other and then finds them held."""
    rows = [{"sha256": sha256, "length": lengths[sha256]} for sha256 in sorted(lengths)]
    return list(session.scalars(insert_new(session, contents).returning(contents.c.sha256), rows))


def add_parts(session: Session, sha256: bytes, parts: Iterable[bytes]) -> None:
    for place, body in enumerate(parts):
        session.execute(sa.insert(content_parts).values(sha256=sha256, place=place, body=body))


def attach(session: Session, named: Iterable[tuple[int, str, bytes]]) -> None:
    """Of statements that are new: seq, sha2 as the statement says it, SHA-256 of the content."""
    rows = [{"seq": seq, "sha2": sha2, "sha256": sha256} for seq, sha2, sha256 in named]
    insert_many(session, attachments, rows)


def held_of(session: Session, seqs: Collection[int]) -> list[Attached]:
    """The contents that these statements name and that are held, in the order of the statements."""
    found = (
        sa.select(attachments.c.seq, attachments.c.sha2, attachments.c.sha256, contents.c.length)
        .join(contents, contents.c.sha256 == attachments.c.sha256)
        .where(attachments.c.seq.in_(seqs))
        .order_by(attachments.c.seq, attachments.c.sha2)
    )
    return [Attached(row.seq, row.sha2, row.sha256, row.length) for row in session.execute(found)]


def part(session: Session, sha256: bytes, place: int) -> bytes:
    found = sa.select(content_parts.c.body).where(
        content_parts.c.sha256 == sha256, content_parts.c.place == place
    )
    body: bytes = session.scalars(found).one()
    return body


def places(length: int) -> Sequence[int]:
    """The places of the parts of a content of this length."""
    return range(-(-length // PART))
