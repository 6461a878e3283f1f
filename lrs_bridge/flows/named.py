"""What people call the things that are recorded, where a file names only their keys."""

from __future__ import annotations

from lrs_bridge.learning.mappings import MANAGER_SUPPORT, WORKING_KNOWLEDGE, Mappings

WORDS_OF_POST = {
    MANAGER_SUPPORT: "Support for the role of CSE Champion",
    WORKING_KNOWLEDGE: "Good working knowledge of safeguarding",
}
"""What only the line manager vouches for."""


WORDS_OF_PART = {"knowledge": "that the person knows it", "word": "that the person does it"}
"""What somebody's word about an item covers."""


def in_plain(key: str) -> str:
    """A key that nobody has named, as words."""
    return key.replace("_", " ")


def course(key: str, mappings: Mappings) -> str:
    return mappings.courses.get(key) or in_plain(key)


def attestation(key: str) -> str:
    return WORDS_OF_POST.get(key) or in_plain(key)


def membership(key: str) -> str:
    return f"{in_plain(key).upper()} membership"


def of(kind: str, key: str, mappings: Mappings) -> str:
    """`kind`: of what meets a standard."""
    if kind == "attestation":
        return attestation(key)
    return membership(key) if kind == "membership" else course(key, mappings)
