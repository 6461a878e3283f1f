"""Codes of six digits that a letter carries and a person types. What is kept is a digest, made so that trying all of them takes a
while; that there are few tries and little time is for whoever takes them to see to."""

from __future__ import annotations

import hashlib
import hmac
import secrets


def new_code() -> tuple[str, bytes, bytes]:
    """A code, and the salt and digest to keep of it."""
    code, salt = f"{secrets.randbelow(10**6):06}", secrets.token_bytes(16)
    return code, salt, _digest(code, salt)


def in_groups(code: str) -> str:
    """As people read it."""
    return f"{code[:3]} {code[3:]}"


def is_it(typed: str, salt: bytes, digest: bytes) -> bool:
    """Whether this is the code, whatever blanks it was typed with."""
    return hmac.compare_digest(_digest("".join(typed.split()), salt), digest)


def _digest(code: str, salt: bytes) -> bytes:
    return hashlib.scrypt(code.encode("utf-8", "surrogatepass"), salt=salt, n=2**12, r=8, p=1, dklen=32)
