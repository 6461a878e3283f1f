"""The mailing list of a Board's bulletin: its champions, less whoever wants none. A bulletin is never credit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lrs_bridge.flows import area_register
from lrs_bridge.flows.area_register import Filter, Place
from lrs_bridge.flows.champion import Registered
from lrs_bridge.store import audit, bulletin
from lrs_bridge.store.database import Session

CHAMPIONS = Filter("champions")


@dataclass(frozen=True, slots=True)
class Reader:
    """`wants`: False for who wants none."""

    line: Registered
    wants: bool

    @property
    def gets_it(self) -> bool:
        return self.wants and bool(self.line.entry.contact)


@dataclass(frozen=True, slots=True)
class Page:
    """`after`: the number by which the next page is asked for, or None."""

    readers: tuple[Reader, ...]
    after: int | None


def page(session: Session, place: Place, now: datetime, after: int = 0) -> Page:
    found = area_register.page(session, place, CHAMPIONS, now, after)
    return Page(tuple(_readers(session, list(found.lines))), found.after)


def everybody(session: Session, place: Place, now: datetime) -> list[Reader]:
    """All who get it, for a file."""
    readers = _readers(session, area_register.everybody(session, place, CHAMPIONS, now))
    return [one for one in readers if one.gets_it]


def _readers(session: Session, lines: list[Registered]) -> list[Reader]:
    off = bulletin.opted_out(session, [line.entry.learner for line in lines])
    return [Reader(line, line.entry.learner not in off) for line in lines]


def is_wanted(session: Session, learner: int) -> bool:
    return not bulletin.opted_out(session, [learner])


def wish(session: Session, learner: int, *, wants: bool, who: str, now: datetime) -> None:
    """Keeps whether somebody wants bulletins, as they said themselves or told the Board (`who`: whose hand it was)."""
    if wants:
        bulletin.opt_in(session, learner)
    else:
        bulletin.opt_out(session, learner, who=who, now=now)
    act = "bulletin wanted again" if wants else "bulletin not wanted"
    audit.note(session, who=who, act=act, about=f"learner {learner}", now=now)
