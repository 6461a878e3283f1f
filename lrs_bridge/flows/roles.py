"""Giving and taking roles: coordinator of an organisation, Board officer of an area, operator.

Nobody has any by default. A role is given to an address, and whoever reads the mailbox has it; one that several people read
can have none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lrs_bridge.errors import BadInput, Conflict, NotFound, Problem
from lrs_bridge.flows.sign_in import address_typed
from lrs_bridge.learning.history import plain
from lrs_bridge.learning.identity import folded
from lrs_bridge.learning.mappings import Mappings
from lrs_bridge.store import audit, identity, organisations, roles
from lrs_bridge.store.database import Session
from lrs_bridge.store.roles import Role


@dataclass(frozen=True, slots=True)
class Wanted:
    """`where`: the organisation's name, or the area's name or key; "" for an operator."""

    role: Role
    where: str = ""


def give(
    session: Session, typed: str, wanted: list[Wanted], mappings: Mappings, *, who: str, now: datetime
) -> list[str]:
    """Gives roles to an address. Returns in words those that it didn't have. Raises BadInput for what is no address, for an
    unknown organisation or area and without any role; Conflict for a mailbox that several people read."""
    mbox = address_typed(typed, "Nothing was changed.").casefold()
    if not wanted:
        problem = Problem(
            "roles", "none is named", mend="--coordinator ORGANISATION, --board AREA or --operator"
        )
        raise BadInput("Nothing was changed.", [problem])
    if identity.shared_mailboxes(session, [folded(mbox) or mbox]):
        raise Conflict(
            "Several people read that mailbox, so it can have no role: nobody could say who did what."
        )
    given = []
    for one in wanted:
        organisation, area, words = _place(session, one, mappings)
        if roles.grant(
            session, mbox=mbox, role=one.role, organisation=organisation, area=area, by=who, now=now
        ):
            given.append(words)
            _note(session, "role given", mbox, words, who=who, now=now)
    return given


def take(
    session: Session, typed: str, wanted: list[Wanted], mappings: Mappings, *, who: str, now: datetime
) -> list[str]:
    """Takes roles from an address, all of them where none is named. Returns in words those that it had. Raises NotFound where it
    had none of these, BadInput as `give`."""
    mbox = address_typed(typed, "Nothing was changed.").casefold()
    if wanted:
        places = [(one.role, *_place(session, one, mappings)) for one in wanted]
    else:
        held = roles.grants(session, mbox=mbox)
        places = [
            (one.role, one.organisation[0] if one.organisation else None, one.area, in_words(one, mappings))
            for one in held
        ]
    taken = []
    for role, organisation, area, words in places:
        if roles.end(session, mbox=mbox, role=role, organisation=organisation, area=area, by=who, now=now):
            taken.append(words)
            _note(session, "role taken", mbox, words, who=who, now=now)
    if not taken:
        raise NotFound(f"{mbox.removeprefix('mailto:')} has no such role.")
    return taken


def take_one(session: Session, number: int, mappings: Mappings, *, who: str, now: datetime) -> str:
    """Takes one role that stands. Returns it in words. Raises NotFound where it doesn't stand, Conflict for that of the last
    operator, after whom nobody could give roles on pages."""
    one = roles.grant_numbered(session, number)
    if one is None:
        raise NotFound("That role was taken already, or never given.")
    if one.role == "operator" and len(roles.grants(session, role="operator")) == 1:
        raise Conflict("This is the last operator. Make somebody else operator first.")
    organisation = one.organisation[0] if one.organisation else None
    roles.end(
        session, mbox=one.mbox, role=one.role, organisation=organisation, area=one.area, by=who, now=now
    )
    words = in_words(one, mappings)
    _note(session, "role taken", one.mbox, words, who=who, now=now)
    return words


def in_words(one: roles.Grant, mappings: Mappings) -> str:
    """“coordinator of Colne Primary School”."""
    if one.role == "operator":
        return "operator"
    if one.role == "board":
        known = mappings.areas.get(one.area)
        return f"Board officer of {known.name if known else one.area}"
    return f"coordinator of {one.organisation[1] if one.organisation else ''}"


def _place(session: Session, one: Wanted, mappings: Mappings) -> tuple[int | None, str, str]:
    if one.role == "operator":
        return None, "", "operator"
    if one.role == "board":
        for key, area in mappings.areas.items():
            if plain(one.where) in (plain(key), plain(area.name)):
                return None, key, f"Board officer of {area.name}"
        known = ", ".join(sorted(mappings.areas))
        raise _wrong("--board", f"there is no area “{one.where}”", f"one of {known}")
    found = organisations.load(session, [one.where]).get(plain(one.where))
    if found is None:
        raise _wrong(
            "--coordinator",
            f"no organisation “{one.where}” is recorded",
            "its name as recorded; `lrs-bridge import organisations` makes it known",
        )
    return found.number, "", f"coordinator of {found.name}"


def _wrong(where: str, what: str, mend: str) -> BadInput:
    return BadInput("Nothing was changed.", [Problem(where, what, mend=mend)])


def _note(session: Session, act: str, mbox: str, words: str, *, who: str, now: datetime) -> None:
    audit.note(session, who=who, act=act, about=f"{mbox.removeprefix('mailto:')}: {words}", now=now)
