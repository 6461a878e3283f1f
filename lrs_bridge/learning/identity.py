"""Which identifiers are the same person without anybody saying so: equal e-mails, however capitalised, and their SHA-1."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


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


def _sha1(text: str) -> str:
    return hashlib.sha1(text.encode("utf-8", "surrogatepass")).hexdigest()  # noqa: S324  # prescribed for mbox_sha1sum
