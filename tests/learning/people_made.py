"""Histories for the tests of `learning`: short to write, and dated around one moment, NOON of 2 March 2026."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from lrs_bridge import mapping_files
from lrs_bridge.learning.history import Evidence, History, Post
from lrs_bridge.learning.mappings import Mappings
from lrs_bridge.moments import Calendar
from lrs_bridge.settings import SHIPPED_MAPPINGS

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LONDON = Calendar(ZoneInfo("Europe/London"))

_numbers = itertools.count(1)


def shipped_files() -> dict[str, str]:
    return mapping_files.read_folder(Path(SHIPPED_MAPPINGS))


def parsed(files: dict[str, str]) -> Mappings:
    return mapping_files.parse(files, LONDON).mappings


@cache
def shipped() -> Mappings:
    return parsed(shipped_files())


def changed(*replacements: tuple[str, str]) -> Mappings:
    """The shipped mappings with some of their text replaced, each (old, new) wherever it stands."""
    files = shipped_files()
    for old, new in replacements:
        assert any(old in text for text in files.values()), old
        files = {path: text.replace(old, new) for path, text in files.items()}
    return parsed(files)


def course(key: str, days_ago: float = 30, **more) -> Evidence:
    return Evidence(
        statement_id=f"00000000-0000-4000-8000-{next(_numbers):012d}",
        kind="course",
        key=key,
        source=more.pop("source", "moodle"),
        happened=NOON - timedelta(days=days_ago),
        counts=more.pop("counts", True),
        because=more.pop("because", "rule"),
        **more,
    )


def attested(
    key: str,
    days_ago: float = 20,
    *,
    parts=None,
    organisation="Colne School",
    area="essex",
    by="mailto:head@example.org",
    **more,
) -> Evidence:
    detail = {"organisation": organisation, "area": area, "by": [by], **more}
    if parts:
        detail["parts"] = list(parts)
    return Evidence(
        statement_id=f"00000000-0000-4000-8000-{next(_numbers):012d}",
        kind="attestation",
        key=key,
        source="bridge",
        happened=NOON - timedelta(days=days_ago),
        counts=True,
        because="attested",
        detail=detail,
    )


def act(word: str, days_ago: float = 5, *, organisation="Colne School", area="essex", **more) -> Evidence:
    """An act of the champion flow."""
    return Evidence(
        statement_id=f"00000000-0000-4000-8000-{next(_numbers):012d}",
        kind="champion",
        key=area,
        source="bridge",
        happened=NOON - timedelta(days=days_ago),
        counts=True,
        because=word,
        voided_by=more.pop("voided_by", None),
        detail={"act": word, "organisation": organisation, "by": [], **more},
    )


def member(days_ago: float = 20, until: datetime | None = None) -> Evidence:
    return Evidence(
        statement_id=f"00000000-0000-4000-8000-{next(_numbers):012d}",
        kind="membership",
        key="nwg",
        source="bridge",
        happened=NOON - timedelta(days=days_ago),
        counts=True,
        because="checked",
        detail={"until": until} if until else {},
    )


def post(
    area="essex",
    required=None,
    organisation="Colne School",
    role="teacher",
    starts=None,
    ends=None,
    manager="",
    service_area="",
) -> Post:
    return Post(organisation, area, role, required, starts, ends, manager, service_area)


def history(*evidence: Evidence, posts=None) -> History:
    return History(
        tuple(posts if posts is not None else [post()]),
        tuple(evidence),
        frozenset({"mailto:asha@example.org"}),
    )


STANDARDS = ("safeguarding_l2", "basic_cse", "nwg_member", "set_toolbox", "manager_support")


def everything(area="essex", organisation="Colne School") -> list[Evidence]:
    """All that makes somebody eligible anywhere."""
    where = {"area": area, "organisation": organisation}
    return [
        course("safeguarding_l2"),
        attested("working_knowledge", **where),
        course("nwg_basic", source="nwg"),
        member(),
        course("set_toolbox", source="set_toolbox"),
        attested("manager_support", **where),
    ]
