"""Which identifiers are the same person: by equal e-mails, by proofs, and by what somebody decided."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass


def folded(identifier: str) -> str | None:
    """The SHA-1 of the case-folded e-mail, or the SHA-1 that was sent; None for what joins by other proofs alone.

    `identifier` is canonical text: "mailto:…", "sha1:…", "openid:…" or "homePage|name".
    """
    if identifier.startswith("mailto:"):
        return _sha1("mailto:" + identifier[7:].casefold())
    return identifier[5:] if identifier.startswith("sha1:") else None


def as_sent(identifier: str) -> str | None:
    """The SHA-1 of the e-mail in the capitals it came in, which is what another system hashes."""
    return _sha1(identifier) if identifier.startswith("mailto:") else folded(identifier)


def names_of(identifiers: Iterable[str]) -> frozenset[str]:
    """Everything by which these identifiers can be recognised: two that share a name are the same person."""
    found = set()
    for identifier in identifiers:
        found |= {identifier, folded(identifier), as_sent(identifier)}
    return frozenset(name for name in found if name is not None)


PROOF_STRENGTH = ("by_hand", "people_file", "mail_code", "equal_mail", "agent_profile")
"""Kinds of proof, the strongest first. Where "not the same person" cuts a group apart, the stronger proof decides who an
identifier stays with."""


@dataclass(frozen=True, slots=True, order=True)
class Proof:
    """That two identifiers are one person. `kind` is one of PROOF_STRENGTH."""

    one: str
    other: str
    kind: str


def components(
    identifiers: Iterable[str],
    proofs: Iterable[Proof],
    partings: Iterable[tuple[str, str]],
    shared: Iterable[str] = (),
) -> tuple[frozenset[str], ...]:
    """The people among these identifiers: connected by proofs, never two that were parted, shared mailboxes alone.

    A function of the sets alone: whatever came first, the answer is the same. Proofs are taken in order of strength, and one
    that would bring parted identifiers together is passed over.
    """
    group: dict[str, frozenset[str]] = {one: frozenset({one}) for one in identifiers}
    alone = set(shared)
    apart: dict[str, set[str]] = {}
    for one, other in partings:
        apart.setdefault(one, set()).add(other)
        apart.setdefault(other, set()).add(one)
    for proof in sorted(proofs, key=_strongest_first):
        if alone & {proof.one, proof.other}:
            continue
        mine, theirs = group[proof.one], group[proof.other]
        if mine is theirs or any(not theirs.isdisjoint(apart.get(name, ())) for name in mine):
            continue
        joined = mine | theirs
        group |= dict.fromkeys(joined, joined)
    return tuple(dict.fromkeys(group.values()))


def _strongest_first(proof: Proof) -> tuple[int, str, str]:
    return (
        PROOF_STRENGTH.index(proof.kind),
        min(proof.one, proof.other),
        max(proof.one, proof.other),
    )


def _sha1(text: str) -> str:
    return hashlib.sha1(text.encode("utf-8", "surrogatepass")).hexdigest()  # noqa: S324  # prescribed for mbox_sha1sum
