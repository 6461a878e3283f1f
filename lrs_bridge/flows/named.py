"""What people call the things that are recorded, where a file names only their keys."""

from __future__ import annotations

from collections.abc import Collection

from lrs_bridge.learning.mappings import MANAGER_SUPPORT, WORKING_KNOWLEDGE, Mappings, Need

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


def needed(need: Need, wanted: Collection[str], mappings: Mappings, *, is_theirs: bool) -> tuple[str, ...]:
    """What is `wanted` of what meets a standard, in words: everything of it is needed. `is_theirs`: said to the person."""
    return tuple(
        _one_of(
            [" together with ".join(_leaf(one, mappings, is_theirs=is_theirs) for one in way) for way in part]
        )
        for part in need.parts(wanted)
    )


def _one_of(ways: list[str]) -> str:
    return " or ".join([", ".join(ways[:-1]), ways[-1]]) if len(ways) > 1 else ways[0]


def _leaf(one: Need, mappings: Mappings, *, is_theirs: bool) -> str:
    name = of(one.kind, one.key, mappings)
    if one.kind == "attestation":
        return f"{'your' if is_theirs else 'the'} line manager's word: {name}"
    if one.kind == "membership":
        who = "your training coordinator or the Board" if is_theirs else "a training coordinator or the Board"
        body = in_plain(one.key).upper()
        return (
            f"{name}: {'you join' if is_theirs else 'they join'} the {body}, and {who} checks and records it"
        )
    return f"the course “{name}”"
