"""Which identifiers are one learner: the proofs and decisions that say so, and bringing learners in line with them.

Each identifier founded a learner; a learner of several identifiers is the eldest that one of them founded, and the others
redirect to it. So numbers follow from who belongs together, and a parting gives back what a join took.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from lrs_bridge.learning import identity
from lrs_bridge.learning.post_standings import name_key
from lrs_bridge.store import heard
from lrs_bridge.store.alert_tables import news
from lrs_bridge.store.database import Session
from lrs_bridge.store.dialects import insert_many, insert_new
from lrs_bridge.store.schema import (
    champion_states,
    identifiers,
    learners,
    mailbox_decisions,
    pair_decisions,
    pending_learners,
    proofs,
    set_aside,
    standings,
)
from lrs_bridge.store.standing_tables import post_standings

IN_ONE_QUERY = 500

Edge = tuple[int, int]


def in_parts(numbers: Iterable[Any]) -> Iterable[list[Any]]:
    """Lists short enough to be asked for in one query."""
    everything = list(numbers)
    for start in range(0, len(everything), IN_ONE_QUERY):
        yield everything[start : start + IN_ONE_QUERY]


def prove(session: Session, edges: Iterable[Edge], *, kind: str, source: str, now: datetime) -> bool:
    """Records that each pair of identifiers is one person, and joins their learners. True where any proof was new."""
    rows = [
        {"one": one, "other": other, "kind": kind, "source": source, "at": now}
        for one, other in sorted({(min(edge), max(edge)) for edge in edges if edge[0] != edge[1]})
    ]
    fresh: list[Edge] = []
    for part in in_parts(rows):
        statement = insert_new(session, proofs).returning(proofs.c.one, proofs.c.other)
        fresh += [(row.one, row.other) for row in session.execute(statement, part)]
    if fresh:
        reconnect(session, {number for edge in fresh for number in edge}, now)
    return bool(fresh)


def prove_only(
    session: Session, wanted: Mapping[int, int | None], *, kind: str, source: str, now: datetime
) -> set[int]:
    """Makes that other one the only identifier that each of these is proven to be one person with by this kind of proof;
    None: no other. Returns the identifiers, on either side, of which that proved something new or takes a proof away."""
    held: dict[Edge, int] = {}
    for part in in_parts(wanted):
        touching = sa.or_(proofs.c.one.in_(part), proofs.c.other.in_(part))
        rows = sa.select(proofs.c.id, proofs.c.one, proofs.c.other).where(proofs.c.kind == kind, touching)
        held |= {(row.one, row.other): row.id for row in session.execute(rows)}
    edges = {(min(one, other), max(one, other)) for one, other in wanted.items() if other not in (None, one)}
    for part in in_parts(number for edge, number in held.items() if edge not in edges):
        session.execute(sa.delete(proofs).where(proofs.c.id.in_(part)))
    changed = {number for edge in edges ^ held.keys() for number in edge}
    prove(session, edges - held.keys(), kind=kind, source=source, now=now)
    if held.keys() - edges:
        reconnect(session, changed, now)
    return changed


def decide_pair(
    session: Session, one: int, other: int, *, same: bool, reason: str, who: str, now: datetime
) -> None:
    """Records what somebody decided of two identifiers, which holds until the next decision on them."""
    row = {"one": min(one, other), "other": max(one, other), "same": same}
    session.execute(sa.insert(pair_decisions), {**row, "reason": reason, "who": who, "at": now})
    reconnect(session, {one, other}, now)


def decide_mailbox(
    session: Session, text: str, *, shared: bool, reason: str, who: str, now: datetime
) -> None:
    """Records that an address is read by several people, or no longer; all its spellings and its SHA-1 are meant."""
    folded = identity.folded(text)
    row = {"folded": folded, "text": text, "shared": shared, "reason": reason, "who": who, "at": now}
    session.execute(sa.insert(mailbox_decisions), row)
    meant = sa.select(identifiers.c.id).where(identifiers.c.folded == folded)
    reconnect(session, set(session.scalars(meant)), now)


def equal_mail(session: Session, numbers: Sequence[int]) -> dict[Edge, Edge]:
    """Pairs of identifiers with equal e-mails, the first belonging to one of these learners and the second to another → both
    learners."""
    one, other = identifiers.alias("one"), identifiers.alias("other")
    found: dict[Edge, Edge] = {}
    for part in in_parts(numbers):
        for mine in (one.c.folded, one.c.as_sent):
            for theirs in (other.c.folded, other.c.as_sent):
                equal = (
                    sa.select(one.c.id, other.c.id, one.c.learner_id, other.c.learner_id)
                    .join(other, theirs == mine)
                    .where(one.c.learner_id.in_(part), other.c.learner_id != one.c.learner_id)
                )
                found |= {(row[0], row[1]): (row[2], row[3]) for row in session.execute(equal)}
    return found


def with_equal_mail(session: Session, names: Iterable[str]) -> dict[int, set[str]]:
    """Identifier → which of these SHA-1s of e-mails it is known by, of those that are known by any."""
    found: dict[int, set[str]] = {}
    for part in in_parts(sorted(names)):
        for column in (identifiers.c.folded, identifiers.c.as_sent):
            for row in session.execute(sa.select(identifiers.c.id, column).where(column.in_(part))):
                found.setdefault(row[0], set()).add(row[1])
    return found


def join_equal_mail(session: Session, edges: Collection[Edge], now: datetime) -> bool:
    """Joins the learners of these identifiers, which are equal e-mails. True where any proof was new.

    Two transactions that first see equal e-mails at the same time can't see each other; so this is done again whenever a
    learner is computed, after both have committed.
    """
    return bool(edges) and prove(session, edges, kind="equal_mail", source="lrs_bridge", now=now)


def lock_to_compute(session: Session, numbers: Iterable[int]) -> tuple[list[int], list[Edge]]:
    """Locks those of these learners that no other transaction holds, with all whose e-mail is equal; waits for nobody.
    Returns the learners that were locked, and the pairs of identifiers that `join_equal_mail` is to be told of."""
    free = lock_free_learners(session, numbers)
    pairs = equal_mail(session, sorted(free))
    others = {other for _, other in pairs.values()} - free
    held = others - lock_free_learners(session, others)
    free -= {number for number, other in pairs.values() if other in held}
    return sorted(free), [edge for edge, (number, _) in pairs.items() if number in free]


# --- from proofs and decisions to learners ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Node:
    """An identifier as reconnecting needs it."""

    id: int
    text: str
    learner: int
    founded: int
    folded: str | None
    name: str
    named: int
    named_at: datetime | None


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Identifiers that proofs reach from some, and what is known of their pairs."""

    nodes: dict[int, Node]
    proofs: tuple[tuple[int, int, str], ...]
    partings: tuple[Edge, ...]
    shared: frozenset[int]

    def components(self) -> list[list[Node]]:
        by_text = {node.text: node for node in self.nodes.values()}
        return [[by_text[name] for name in sorted(names)] for names in self.components_with()]

    def founded_before(self) -> dict[int, int]:
        """Each learner that one of these identifiers founded → the learner it belongs to now."""
        return {node.founded: node.learner for node in self.nodes.values()}

    def founded_after(self) -> list[frozenset[int]]:
        """The same learners, those of each person together, if proofs and decisions are followed."""
        return [frozenset(node.founded for node in members) for members in self.components()]

    def components_with(
        self,
        others: Iterable[str] = (),
        proofs: Iterable[identity.Proof] = (),
        shared: Iterable[str] = (),
    ) -> tuple[frozenset[str], ...]:
        """The people, by their identifiers, if these other identifiers and proofs were known too; `shared`: those of the
        others that several people read."""
        text = {number: node.text for number, node in self.nodes.items()}
        return identity.components(
            [*text.values(), *others],
            [*(identity.Proof(text[one], text[other], kind) for one, other, kind in self.proofs), *proofs],
            [(text[one], text[other]) for one, other in self.partings],
            [*(text[number] for number in self.shared), *shared],
        )


def reconnect(session: Session, numbers: Collection[int], now: datetime) -> None:
    """Brings the learners around these identifiers in line with proofs and decisions; marks those that changed."""
    around = _locked_neighbourhood(session, set(numbers))
    moved: list[tuple[int, int]] = []
    changed: set[int] = set()
    redirects: dict[int, int | None] = {}
    for members in around.components():
        learner = min(node.founded for node in members)
        for node in members:
            redirects[node.founded] = None if node.founded == learner else learner
            if node.learner != learner:
                moved.append((node.id, learner))
                changed |= {learner, node.learner}
    if not moved:
        return
    move = sa.update(identifiers).where(identifiers.c.id == sa.bindparam("number"))
    session.execute(
        move.values(learner_id=sa.bindparam("into")),
        [{"number": number, "into": learner} for number, learner in moved],
    )
    _redirect(session, redirects)
    gone = [number for number, into in redirects.items() if into is not None and number in changed]
    heard.follow(session, around.founded_before(), around.founded_after(), now)
    for part in in_parts(gone):
        for table in (standings, champion_states, news):
            session.execute(sa.delete(table).where(table.c.learner_id.in_(part)))
        session.execute(
            sa.delete(set_aside).where(set_aside.c.kind == "learner", set_aside.c.number.in_(part))
        )
    for part in in_parts(sorted(changed)):  # posts went with their identifiers
        session.execute(sa.delete(post_standings).where(post_standings.c.learner_id.in_(part)))
    rename(session, sorted(changed))
    live = sorted(number for number in changed if redirects.get(number) is None)
    insert_many(session, pending_learners, [{"learner_id": number, "since": now} for number in live])


def _locked_neighbourhood(session: Session, numbers: set[int]) -> Neighbourhood:
    """Read again until every learner in it is locked, so that no other join can come between."""
    locked: set[int] = set()
    while True:
        around = neighbourhood(session, numbers)
        concerned = {node.learner for node in around.nodes.values()} | {
            node.founded for node in around.nodes.values()
        }
        if concerned <= locked:
            return around
        lock_learners(session, sorted(concerned))
        locked |= concerned


def lock_learners(session: Session, numbers: Sequence[int]) -> None:
    """Locks the rows in id order, against each other and not against rows that merely point at them (on SQLite, the
    writing transaction itself is the lock)."""
    for part in in_parts(sorted(numbers)):
        rows = sa.select(learners.c.id).where(learners.c.id.in_(part)).order_by(learners.c.id)
        session.execute(rows.with_for_update(key_share=True)).all()


def lock_free_learners(session: Session, numbers: Iterable[int]) -> set[int]:
    """Locks those of these learners that no other transaction holds, and says which they are. Waits for nobody."""
    free: set[int] = set()
    for part in in_parts(sorted(set(numbers))):
        rows = sa.select(learners.c.id).where(learners.c.id.in_(part)).order_by(learners.c.id)
        free |= set(session.scalars(rows.with_for_update(key_share=True, skip_locked=True)))
    return free


def neighbourhood(session: Session, numbers: set[int]) -> Neighbourhood:
    """All identifiers that can be reached from these by proofs, or by being one learner now. A shared mailbox leads
    nowhere: it proves nothing of those who wrote from it."""
    nodes: dict[int, Node] = {}
    edges: dict[tuple[int, int, str], None] = {}
    shared: set[int] = set()
    frontier = set(numbers)
    while frontier:
        found = nodes_of(session, frontier)
        nodes |= found
        shared |= _shared(session, found)
        near = set(_fellows(session, {node.learner for node in found.values()}))
        for edge in _proofs_at(session, frontier - shared):
            edges[edge] = None
            near |= set(edge[:2])
        frontier = near - nodes.keys()
    inner = [edge for edge in edges if edge[0] in nodes and edge[1] in nodes]
    decided = _decisions_at(session, set(nodes))
    parted = [pair for pair, same in decided.items() if not same and set(pair) <= nodes.keys()]
    return Neighbourhood(nodes, tuple(inner), tuple(parted), frozenset(shared))


def nodes_of(session: Session, numbers: Iterable[int]) -> dict[int, Node]:
    found: dict[int, Node] = {}
    columns = identifiers.c
    for part in in_parts(numbers):
        for row in session.execute(sa.select(identifiers).where(columns.id.in_(part))):
            found[row.id] = Node(
                row.id, row.text, row.learner_id, row.founded, row.folded, row.name, row.named, row.named_at
            )
    return found


def _fellows(session: Session, numbers: Iterable[int]) -> Iterable[int]:
    for part in in_parts(numbers):
        yield from session.scalars(sa.select(identifiers.c.id).where(identifiers.c.learner_id.in_(part)))


def _proofs_at(session: Session, numbers: Iterable[int]) -> Iterable[tuple[int, int, str]]:
    """Proofs, and pairs that somebody decided to be the same, that touch these."""
    for part in in_parts(numbers):
        touching = sa.or_(proofs.c.one.in_(part), proofs.c.other.in_(part))
        for row in session.execute(sa.select(proofs.c.one, proofs.c.other, proofs.c.kind).where(touching)):
            yield row.one, row.other, row.kind
        for pair, same in _decisions_at(session, part).items():
            if same:
                yield (*pair, "by_hand")


def _decisions_at(session: Session, numbers: Iterable[int]) -> dict[Edge, bool]:
    """Pair → the newest decision, of the pairs that touch these."""
    decided: dict[Edge, bool] = {}
    for part in in_parts(numbers):
        touching = sa.or_(pair_decisions.c.one.in_(part), pair_decisions.c.other.in_(part))
        rows = session.execute(sa.select(pair_decisions).where(touching).order_by(pair_decisions.c.id))
        decided |= {(row.one, row.other): row.same for row in rows}
    return decided


@dataclass(frozen=True, slots=True)
class Told:
    """A proof, or a decision that holds (kind "by_hand"), with who said so, when and why."""

    one: int
    other: int
    kind: str
    same: bool
    source: str
    reason: str
    at: datetime


def proofs_told(session: Session, numbers: Iterable[int]) -> list[Told]:
    """Every proof and standing decision that touches these identifiers, oldest first."""
    told: dict[tuple[int, int, str], Told] = {}
    for part in in_parts(numbers):
        touching = sa.or_(proofs.c.one.in_(part), proofs.c.other.in_(part))
        for row in session.execute(sa.select(proofs).where(touching)):
            told[row.one, row.other, row.kind] = Told(
                row.one, row.other, row.kind, same=True, source=row.source, reason="", at=row.at
            )
        decided = sa.or_(pair_decisions.c.one.in_(part), pair_decisions.c.other.in_(part))
        rows = session.execute(sa.select(pair_decisions).where(decided).order_by(pair_decisions.c.id))
        for row in rows:
            told[row.one, row.other, "by_hand"] = Told(
                row.one, row.other, "by_hand", same=row.same, source=row.who, reason=row.reason, at=row.at
            )
    return sorted(told.values(), key=lambda one: (one.at, one.one, one.other, one.kind))


def _shared(session: Session, nodes: dict[int, Node]) -> set[int]:
    named = {node.folded for node in nodes.values() if node.folded}
    shared = shared_mailboxes(session, named)
    return {number for number, node in nodes.items() if node.folded in shared}


def shared_mailboxes(session: Session, folded: Iterable[str]) -> set[str]:
    """Of these folded addresses, those that several people read."""
    decided: dict[str, bool] = {}
    for part in in_parts(sorted(folded)):
        rows = sa.select(mailbox_decisions).where(mailbox_decisions.c.folded.in_(part))
        decided |= {row.folded: row.shared for row in session.execute(rows.order_by(mailbox_decisions.c.id))}
    return {one for one, is_shared in decided.items() if is_shared}


def all_shared_mailboxes(session: Session) -> set[str]:
    """The folded addresses of all mailboxes that several people read."""
    newest = sa.select(sa.func.max(mailbox_decisions.c.id)).group_by(mailbox_decisions.c.folded)
    shared = sa.select(mailbox_decisions.c.folded).where(mailbox_decisions.c.shared)
    return set(session.scalars(shared.where(mailbox_decisions.c.id.in_(newest))))


def _redirect(session: Session, redirects: dict[int, int | None]) -> None:
    now: dict[int, int | None] = {}
    for part in in_parts(redirects):
        rows = session.execute(
            sa.select(learners.c.id, learners.c.joined_into).where(learners.c.id.in_(part))
        )
        now |= {row.id: row.joined_into for row in rows}
    changed = [{"number": number, "into": into} for number, into in redirects.items() if now[number] != into]
    if changed:
        change = sa.update(learners).where(learners.c.id == sa.bindparam("number"))
        session.execute(change.values(joined_into=sa.bindparam("into")), changed)


def rename(session: Session, numbers: Iterable[int]) -> None:
    """Gives these learners the best name that their identifiers bring, "" where none brings any: a register's before a
    statement's, a register's newest, a statement's first."""
    changed: list[dict[str, Any]] = []
    for part in in_parts(numbers):
        named = (
            sa.select(identifiers, learners.c.name.label("held"))
            .join(learners, learners.c.id == identifiers.c.learner_id)
            .where(identifiers.c.learner_id.in_(part))
        )
        best: dict[int, Any] = {}
        for row in session.execute(named):
            if row.learner_id not in best or _names_better(row, best[row.learner_id]):
                best[row.learner_id] = row
        changed += [
            {"number": number, "said": row.name} for number, row in best.items() if row.name != row.held
        ]
    if changed:
        change = sa.update(learners).where(learners.c.id == sa.bindparam("number"))
        session.execute(change.values(name=sa.bindparam("said")), changed)
        listed = sa.update(post_standings).where(post_standings.c.learner_id == sa.bindparam("number"))
        folded_names = [{"number": one["number"], "said": name_key(one["said"])} for one in changed]
        session.execute(listed.values(name=sa.bindparam("said")), folded_names)


def _names_better(one: Any, other: Any) -> bool:
    if one.named != other.named:
        return bool(one.named > other.named)
    if one.named and one.named_at != other.named_at:
        newer: bool = one.named_at > other.named_at
        is_register: bool = one.named == 2
        return newer == is_register
    return bool(one.text < other.text)
