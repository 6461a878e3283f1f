"""A population with the histories that people really have, from a seed, taken in through the doors that people use.

Everybody has a post or several, in one area or more, some ended; most an e-mail, many a Moodle account, drivers only a licence
badge. They complete courses at all sources, some under other spellings of their address; some statements are voided or sent
again. Managers attest or refuse, sessions are held, memberships run out, records are corrected; people are joined and parted,
mailboxes shared; champions are listed, ask, are registered, returned or leave; the mappings change on the way.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from flows.worlds import LONDON, SITE, START, World, completion, shipped_files, voiding

from lrs_bridge.errors import Conflict
from lrs_bridge.flows import champion as champion_flow
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows import receive
from lrs_bridge.store import clients, people, projections
from lrs_bridge.store.alert_tables import alerts, news

COURSES = (
    "induction", "escb_basic", "escb_missing", "safeguarding_basic", "safeguarding_l1", "safeguarding_l2",
    "safeguarding_l3", "set_toolbox", "specialist", "first_aid", "local_referral",
)  # fmt: skip
"""Of Moodle; no rule takes the last two."""
WEIGHTS = (9, 8, 4, 5, 5, 6, 2, 3, 2, 3, 2)
ROLES = ("teacher", "caretaker", "social worker", "designated lead", "nurse", "driver", "youth worker", "")
ITEMS = ("1.3", "2.8", "3.4", "3.5", "3.8", "4.1", "4.3", "4.6", "5.7", "5.8")
SECTORS = ("education", "health", "licensing", "local_authority", "foster_care", "social_care", "policing")
COUNCIL = "Tendring Licensing"
NWG = "https://nwg-elearning.example/cse-basic-awareness"
TOOLBOX = "https://set-toolbox.example/cse-toolbox"
BOARD = "board@example.org"
_AT_ONCE = 400


@dataclass(slots=True)
class Held:
    """A post as the people file has it."""

    organisation: str
    area: str
    role: str
    tier: str
    manager: str
    since: str
    until: str
    service_area: str


@dataclass(slots=True)
class Body:
    """Somebody, by the identifiers they have. `aspires`: to be champion, and does what that takes."""

    number: int
    mail: str = ""
    account: str = ""
    badge: str = ""
    private: str = ""
    aspires: bool = False
    posts: list[Held] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"Person {self.number}"

    @property
    def identifiers(self) -> list[str]:
        return [one for one in (self.mail, self.account, self.badge) if one]

    def met_as(self, chance: random.Random) -> str:
        """An identifier as a source has it: their account, or their e-mail in some spelling."""
        if self.account and (not self.mail or chance.random() < 0.6):
            return self.account
        address = self.private if self.private and chance.random() < 0.5 else self.mail
        if chance.random() < 0.1:
            address = address.capitalize()
        if chance.random() < 0.1:
            return "sha1:" + hashlib.sha1(f"mailto:{address}".encode()).hexdigest()
        return f"mailto:{address}"


def table(columns: str, rows: Iterable[Iterable[str]]) -> str:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(columns.split(","))
    writer.writerows(rows)
    return written.getvalue()


class Population:
    """`size` people in `world`. Each phase is one door; `phases` has them in the order in which they are lived through."""

    def __init__(self, world: World, size: int, seed: int = 7, organisations: int = 0) -> None:
        self.world, self.size, self.chance = world, size, random.Random(seed)
        self.organisations = [
            f"Organisation {number}" for number in range(organisations or max(3, size // 60))
        ] + [COUNCIL]
        self.senders = {source: self._credential(source) for source in ("nwg", "set_toolbox")}
        self.everybody = [self._somebody(number) for number in range(size)]
        self.refused = 0
        self.phases: tuple[tuple[str, Callable[[], None]], ...] = (
            ("import organisations and people", self.introduce),
            ("receive two thirds of the statements", lambda: self.receive(0.66)),
            ("import by-hand records", self.record),
            ("recompute", world.recompute),
            ("join, part, share mailboxes", self.decide_identities),
            ("change the mappings, recompute", self.change_mappings),
            ("receive the others, voids, repetitions", lambda: self.receive(0.34)),
            ("import corrected records", self.correct),
            ("recompute", world.recompute),
            ("champion flow", self.exercise_champions),
            ("60 days later, recompute", self.wait),
        )

    def _credential(self, source: str) -> clients.Client:
        def journey(session: Any) -> clients.Client:
            made = clients.add(
                session, name=source, source=source, scopes=("statements/write",), test=False, home_pages=(), mail_domains=(),
                public_url=self.world.settings.public_url, now=self.world.now, created_by="test",
            )  # fmt: skip
            return clients.check(session, made.key, made.secret)

        return self.world.database.write(journey)

    def _somebody(self, number: int) -> Body:
        chance, body = self.chance, Body(number)
        if chance.random() < 0.1:
            body.badge = f"{COUNCIL}|B{number}"
        if not body.badge or chance.random() < 0.3:
            body.mail = f"person{number}@example.org"
        if body.mail and chance.random() < 0.75:
            body.account = f"{SITE}|user{number}"
        if body.mail and chance.random() < 0.04:
            body.private = f"private{number}@example.net"
        body.aspires = bool(body.mail) and chance.random() < 0.08
        count = chance.choices((0, 1, 2, 3), (3, 80, 13, 4))[0]
        body.posts = [self._post(body) for _ in range(count)]
        return body

    def _post(self, body: Body) -> Held:
        chance = self.chance
        place = len(self.organisations) - 1 if body.badge else chance.randrange(len(self.organisations) - 1)
        area = chance.choices(("essex", "southend", "thurrock"), (6, 2, 2))[0]
        since, until = "", ""
        if chance.random() < 0.6:
            since = _day(-chance.randint(200, 2500))
        if chance.random() < 0.1:
            until = _day(chance.randint(-150, 90))
        tier = chance.choice(("T1", "T2", "T3", "T4", "T5")) if chance.random() < 0.3 else ""
        return Held(
            organisation=self.organisations[place],
            area=area,
            role=chance.choice(ROLES),
            tier=tier if area == "essex" else "",
            manager=chance.choices((f"head{place}@example.org", "none", ""), (7, 1, 2))[0],
            since=since,
            until=until,
            service_area=chance.choice(("North", "South")) if place % 7 == 0 else "",
        )

    # --- the doors -------------------------------------------------------------------------------------------------------

    def introduce(self) -> None:
        rows = [
            [
                name, SECTORS[place % len(SECTORS)], "essex; southend", "North; South" if place % 7 == 0 else "",
                f"lead{place}@example.org", "https://licensing.example.org" if name == COUNCIL else "",
                "teacher = T3; caretaker = T1; nurse = T3; social worker = T5" if place % 2 else "driver = T2",
            ]
            for place, name in enumerate(self.organisations)
        ]  # fmt: skip
        columns = "organisation,sector,areas,service_areas,cse_lead,home_page,role_tiers"
        self.world.take_in("organisations", table(columns, rows))
        columns = "person,identifiers,organisation,area,service_area,role,required_tier,manager,from,until"
        held: dict[tuple[Any, ...], set[str]] = {}
        posts = []
        for body in self.everybody:
            for one in body.posts:
                roles = held.setdefault((body.number, one.organisation, one.area), set())
                # of one place each role once; a role left open would be any of them
                if not roles or (one.role and not roles & {"", one.role}):
                    roles.add(one.role)
                    posts.append(
                        [body.name, "; ".join(body.identifiers), one.organisation, one.area, one.service_area,
                         one.role, one.tier, one.manager, one.since, one.until]
                    )  # fmt: skip
        self.world.take_in("people", table(columns, posts))

    def receive(self, share: float) -> None:
        """Completions of the three sources; some voided by their sender, some sent again."""
        batches: dict[str, list[dict[str, Any]]] = {"moodle": [], "nwg": [], "set_toolbox": []}
        for body in self.everybody:
            for source, statement in self._completions(body, share):
                batch = batches[source]
                batch.append(statement)
                if self.chance.random() < 0.02:
                    batch.append(voiding(statement["id"]))
                if len(batch) >= _AT_ONCE:
                    self._send(source, batch)
                    if self.chance.random() < 0.02:
                        self._send(source, batch)
                    batch.clear()
        for source, batch in batches.items():
            if batch:
                self._send(source, batch)

    def _completions(self, body: Body, share: float) -> Iterator[tuple[str, dict[str, Any]]]:
        chance = self.chance
        if not (body.mail or body.account):
            return
        courses = chance.choices(COURSES, WEIGHTS, k=int(share * chance.randint(0, 8) + 0.5))
        if body.aspires:
            courses += ["escb_basic", "safeguarding_l2", "set_toolbox"]
        for course in courses:
            more: dict[str, Any] = {"actor": {"name": body.name, **_actor(body.met_as(chance))}}
            if chance.random() < 0.03:
                more["result"] = {"success": False}
            yield "moodle", completion("", course, self._moment(), number=body.number, **more)
        if body.mail and chance.random() < share * 0.3:
            yield "nwg", self._elsewhere(body, NWG)
        if body.mail and chance.random() < share * 0.35:
            yield "set_toolbox", self._elsewhere(body, TOOLBOX)

    def _elsewhere(self, body: Body, activity: str) -> dict[str, Any]:
        made = completion("", activity, self._moment(), number=body.number)
        at = f"frontdesk{body.number % 50}@example.org" if self.chance.random() < 0.02 else ""
        return {
            **made,
            "actor": {"mbox": f"mailto:{at}"} if at else _actor(f"mailto:{body.mail}"),
            "object": {"id": activity},
        }

    def _moment(self) -> Any:
        ahead = self.chance.random() < 0.01
        days = -self.chance.randint(1, 1400) if not ahead else self.chance.randint(1, 80)
        return START + timedelta(days=days, seconds=self.chance.randrange(86_000))

    def _send(self, source: str, batch: list[dict[str, Any]]) -> None:
        if source == "moodle":
            self.world.send(*_once(batch))
            return
        incoming = receive.examine(json.dumps(_once(batch)).encode(), "1.0.3")
        sender = self.senders[source]
        self.world.database.write(lambda session: receive.accept(session, incoming, sender, self.world.now))

    def record(self) -> None:
        self._attest(0.25)
        chance = self.chance
        members = [
            [body.mail, "nwg", _day(-checked), "the NWG's list", _day(chance.randint(30, 900) - checked) if chance.random() < 0.5 else ""]
            for body in self.everybody
            if body.mail and (body.aspires or chance.random() < 0.3)
            for checked in [chance.randint(1, 700)]
        ]  # fmt: skip
        self.world.take_in("memberships", table("person,membership,checked,source,until", members))
        decisions = [
            ["kent_basic", "escb_basic", "essex", "", BOARD, "same outcomes", _day(-900), ""],
            ["kent_basic", "escb_basic", "southend", "", BOARD, "same outcomes", _day(-800), _day(30)],
            *(["kent_basic", "escb_basic", "", name, BOARD, "same outcomes", _day(-700), ""] for name in self.organisations[::9]),
        ]  # fmt: skip
        columns = "course,counts_as,area,organisation,decided_by,basis,date,until"
        self.world.take_in("equivalences", table(columns, decisions))
        by_hand = [
            [body.identifiers[0], chance.choice(("kent_basic", "escb_basic", "safeguarding_l2", "specialist")),
             _day(-chance.randint(1, 900)), "Kent", f"KC-{body.number}"]
            for body in self.everybody
            if chance.random() < 0.12
        ]  # fmt: skip
        self.world.take_in("completions", table("person,course,date,provider,certificate", by_hand))
        self.world.take_in(
            "sessions",
            table("date,title,delivered_by,organisation,area,courses,items,attendees", self._sessions()),
        )
        listed = [
            [body.name, body.mail, body.posts[0].organisation, body.posts[0].area, "legacy", "2015-09-01"]
            for body in self.everybody
            if body.mail and body.posts and chance.random() < 0.01
        ]
        self.world.take_in("champions", table("person,identifiers,organisation,area,status,since", listed))

    def _sessions(self) -> Iterator[list[str]]:
        for start in range(0, self.size - 10, 40):
            attended = self.chance.sample(self.everybody[start : start + 40], 10)
            place = self.chance.randrange(len(self.organisations) - 1)
            names = "; ".join(body.identifiers[0] for body in attended)
            yield [
                _day(-self.chance.randint(1, 600)), f"Session {start}", f"lead{place}@example.org", self.organisations[place],
                "essex", self.chance.choice(("induction; escb_basic", "escb_missing", "escb_basic")), self.chance.choice(("", "2.8; 3.4", "3.5")), names,
            ]  # fmt: skip

    def _attest(self, share: float, by_name: str = "") -> None:
        rows = [
            [body.identifiers[0], key, post.organisation, post.area, post.service_area, f"head{place}@example.org", by_name,
             _day(-(body.number % 150) - 1), "no" if answer < 0.05 else "yes"]
            for body in self.everybody
            if body.posts and self.chance.random() < (1 if body.aspires and share > 0.1 else share)
            for post in body.posts[:1]
            for place in [self.organisations.index(post.organisation) if post.organisation == COUNCIL else int(post.organisation.split()[1])]
            for key in self._keys(post.area)
            for answer in [self.chance.random()]
        ]  # fmt: skip
        columns = "person,attestation,organisation,area,service_area,by,by_name,date,answer"
        self.world.take_in("attestations", table(columns, rows))

    def _keys(self, area: str) -> list[str]:
        items = self.chance.sample(ITEMS, self.chance.randint(0, 6)) if area == "essex" else []
        return ["manager_support", "working_knowledge", *items]

    def correct(self) -> None:
        """Other words, and other answers, on days for which there is a record: the earlier one is voided."""
        self._attest(0.03, by_name="A. Head")

    def decide_identities(self) -> None:
        for number in range(0, 50, 2):
            self.world.share(f"frontdesk{number}@example.org")
        for body in self.everybody:
            mails = f"mailto:{body.private}", f"mailto:{body.mail}"
            if body.private and all(map(self._is_known, mails)):
                self.world.decide(*mails, same=True)
            elif body.account and body.posts and self.chance.random() < 0.005:
                self.world.decide(body.account, f"mailto:{body.mail}", same=False)

    def _is_known(self, text: str) -> bool:
        return bool(self.world.database.read(lambda session: people.numbers_of(session, [text])))

    def exercise_champions(self) -> None:
        """Most who are eligible ask; most of them are registered, some returned; some change their mind, or leave."""
        for area in ("essex", "southend", "thurrock"):
            for contact in self._eligible(area):
                for act in self.chance.choice(
                    (["request"], ["request", "register"], ["request", "register"], ["request", "register", "leave"],
                     ["request", "return"], ["request", "withdraw"], ["request", "register", "update"])
                ):  # fmt: skip
                    try:
                        self.world.champion(act, contact, area, by=BOARD, note="as told")
                    except (
                        Conflict
                    ):  # posts at several organisations, or a standard that an earlier act ended
                        self.refused += 1
                        break
        self.world.recompute()

    def _eligible(self, area: str) -> list[str]:
        def journey(session: Any) -> list[str]:
            mappings = mapping_flow.in_force(session, LONDON)
            found = champion_flow.register(session, area, "eligible", mappings)
            return [one.entry.contact for one in found if one.entry.contact]

        return self.world.database.read(journey)

    def change_mappings(self) -> None:
        self.world.put_mappings(CHANGED)
        self.world.recompute()

    def wait(self) -> None:
        self.world.advance(timedelta(days=60))
        self.world.recompute()


def _changed(*edits: tuple[str, str, str]) -> dict[str, str]:
    files = shipped_files()
    for path, old, new in edits:
        assert old in files[path], old
        files[path] = files[path].replace(old, new)
    return files


CHANGED = _changed(
    (
        "frameworks/escb.yaml",
        "    where: in your organisation, face to face",
        "    valid_for: P3Y\n    where: in your organisation, face to face",
    ),
    ("sources/moodle.yaml", 'external-id": escb_missing}}', 'external-id": [escb_missing, local_referral]}}'),
)
"""What comes into force on the way, after the shipped mappings."""
TRIED = _changed(
    (
        "frameworks/escb.yaml",
        "    where: a provider commissioned",
        "    valid_for: P2Y\n    where: a provider commissioned",
    ),
    ("sources/moodle.yaml", 'external-id": induction}}', 'external-id": [induction, first_aid]}}'),
    ("sources/moodle.yaml", "    course: escb_missing", "    course: [escb_missing, safeguarding_l1]"),
    ("champions/set.yaml", "      membership: nwg", "      {membership: nwg, valid_for: P1Y}"),
)
"""What is asked about afterwards: sources, a framework and the champion standards change at once."""


def _day(days: int) -> str:
    return (date(START.year, START.month, START.day) + timedelta(days=days)).isoformat()


def _actor(identifier: str) -> dict[str, Any]:
    made: dict[str, Any] = completion(identifier, "", START)["actor"]
    return made


def _once(batch: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({one["id"]: one for one in batch}.values())


# --- what came of it -------------------------------------------------------------------------------------------------

State = dict[str, tuple[Any, ...]]
_NOTHING: dict[bool, tuple[Any, ...]] = {True: ("not_eligible", False, False), False: (None, None)}


def states(world: World) -> Iterator[tuple[int, State]]:
    """Learner → where they stand: framework → (attained, required), area → (status, standards met, flagged)."""
    last = 0
    while numbers := world.database.read(lambda session: projections.learners_after(session, last, 500)):  # noqa: B023
        last = numbers[-1]
        kept = world.database.read(lambda session: projections.load_standings(session, numbers))
        for number, standing in kept.items():
            found: State = {
                tier["framework"]: (tier["attained"], tier["required"]) for tier in standing.body["tiers"]
            }
            found |= {
                area: (one["status"], one["standards_met"], one["flagged"])
                for area, one in standing.body["eligibility"].items()
            }
            yield number, found


@dataclass
class Outcome:
    """What really changed, in the counters of `flows.what_if.WhatIf`."""

    concerned: int = 0
    attained: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    required: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    eligible: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    flagged: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    alerts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, before: State, after: State) -> None:
        self.concerned += before != after and any(
            before.get(key, _NOTHING[key in AREAS]) != after.get(key, _NOTHING[key in AREAS])
            for key in {*before, *after}
        )
        for key in {*before, *after}:
            old, new = (state.get(key, _NOTHING[key in AREAS]) for state in (before, after))
            if key in AREAS:
                counted = ((self.eligible, 1), (self.flagged, 2))
                for counter, place in counted:
                    counter[key, new[place]] += old[place] != new[place]
            else:
                for counter, place in ((self.attained, 0), (self.required, 1)):
                    counter[key, old[place], new[place]] += old[place] != new[place]


AREAS = ("essex", "southend", "thurrock")


def put_in_force(world: World, files: dict[str, str]) -> Outcome:
    """Puts the files in force, computes everything, and says what that changed."""
    before, told = dict(states(world)), _told(world)
    world.put_mappings(files)
    world.recompute()
    outcome = Outcome()
    for number, after in states(world):
        outcome.add(before.get(number, {}), after)
    outcome.alerts = Counter((area, kind) for _, area, kind in _told(world) - told)
    return outcome


def _told(world: World) -> set[tuple[Any, str, str]]:
    """Every alert that was made: announced, or held until somebody decides."""

    def journey(session: Any) -> set[tuple[Any, str, str]]:
        made = session.execute(sa.select(alerts.c.id, alerts.c.area, alerts.c.kind))
        held = session.execute(sa.select(news.c.alert_id, news.c.area, news.c.kind))
        return {tuple(row) for row in (*made, *held)}

    return world.database.read(journey)
