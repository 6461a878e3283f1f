"""What an alert says, in words: the same in an e-mail and on an operator's list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Words:
    """`subject` of an e-mail; `says`: what follows a person's name; `count`: what follows a number of people, of one and of
    several; `shows`: which standards are listed."""

    subject: str
    says: str
    count: tuple[str, str]
    shows: tuple[str, ...] = ()
    then: str = ""


_NOT_ASKED = (
    "Eligible is not champion. Nothing is asked of you yet: the person asks to be registered, and you decide."
)
_DECIDE = "You decide: register the person as champion, or return the request with what is missing."
_GOES_ON = "The role goes on: only you end it."

WORDS: Mapping[str, Words] = {
    "became_eligible": Words(
        "Eligible as CSE Champion",
        "now meets every standard to be a CSE Champion in {area}",
        ("meets every standard, and is not champion", "meet every standard, and are not champion"),
        ("met",),
        _NOT_ASKED,
    ),
    "standard_lost": Words(
        "CSE Champion standard lost",
        "no longer meets every standard to be a CSE Champion in {area}",
        ("no longer meets every standard", "no longer meet every standard"),
        ("lost",),
    ),
    "requested": Words(
        "Asks to be CSE Champion",
        "asks to be registered as a CSE Champion in {area}",
        ("asks to be registered", "ask to be registered"),
        ("met", "lost"),
        _DECIDE,
    ),
    "request_withdrawn": Words(
        "Request to be CSE Champion no longer stands",
        "no longer asks to be registered as a CSE Champion in {area}",
        ("no longer asks to be registered", "no longer ask to be registered"),
    ),
    "champion_left": Words(
        "CSE Champion has left",
        "is no longer a CSE Champion in {area}",
        ("is champion no longer", "are champions no longer"),
    ),
    "champion_standard_lost": Words(
        "CSE Champion no longer meets every standard",
        "is a CSE Champion in {area} and no longer meets every standard",
        ("is champion and no longer meets every standard", "are champions and no longer meet every standard"),
        ("lost",),
        _GOES_ON,
    ),
    "champion_standard_restored": Words(
        "CSE Champion meets every standard",
        "is a CSE Champion in {area} and now meets every standard",
        ("is champion and meets every standard", "are champions and meet every standard"),
        ("met",),
    ),
}
"""By kind of alert."""


def sentence(kind: str, name: str, body: Mapping[str, Any], area: str) -> str:
    """One alert as a sentence."""
    of = f" of {body['organisation']}" if body["organisation"] else ""
    ended = ", because the post has ended" if body.get("post_ended") else ""
    return f"{name or 'A learner without a recorded name'}{of} {WORDS[kind].says.format(area=area)}{ended}."


def counted(counts: Mapping[str, int]) -> list[str]:
    """How many of each kind: “3 meet every standard, and are not champion”."""
    return [
        f"{counts[kind]} {words.count[counts[kind] > 1]}" for kind, words in WORDS.items() if counts.get(kind)
    ]
