"""“Something is missing, this isn't me”: a learner says so, and it reaches who can put it right: the coordinators of the organisation, the
Board of its area where there is none, else the operators. The e-mail names the person and says where to look; what they wrote, and what
is recorded of them, stands on the page alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from lrs_bridge.errors import BadInput, NotFound, Problem, TooMany
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows import notices
from lrs_bridge.flows.champion import recorded_for
from lrs_bridge.flows.sign_in import Visitor
from lrs_bridge.learning.history import Post, plain
from lrs_bridge.learning.mappings import Mappings
from lrs_bridge.moments import Calendar, in_words
from lrs_bridge.store import audit, identity, organisations, people, reports, roles
from lrs_bridge.store.database import Session
from lrs_bridge.store.people import Person
from lrs_bridge.store.reports import Place, Report, ReportKind
from lrs_bridge.store.roles import Viewer

KINDS: dict[ReportKind, str] = {
    "missing": "Something is missing",
    "not_mine": "A record is not mine",
    "post": "My post is wrong",
    "other": "Something else",
}
LONGEST = 1000
_DAY = timedelta(days=1)
_MOST_A_DAY = 5
_SHOWN = 10
_ON_A_PAGE = 25
_MOST_TOLD = 20
EVERYWHERE = "all"


@dataclass(frozen=True, slots=True)
class Told:
    """One report in words. `reaches`: who deals with it; `closed`: the day, "" while it is open; `closed_by`: an address."""

    number: int
    learner: int
    name: str
    kind: str
    text: str
    sent: str
    sent_by: str
    reaches: str
    closed: str
    closed_by: str
    note: str


@dataclass(frozen=True, slots=True)
class Form:
    """What the learner's page asks: `choices`: about which organisation, where they have posts at several; and what they reported."""

    choices: tuple[tuple[str, str], ...]
    reported: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """`more`: after which number the next page begins, 0 where this is the last; `longest`: characters of what is said to one."""

    reports: tuple[Told, ...]
    more: int
    longest: int = LONGEST


@dataclass(frozen=True, slots=True)
class Said:
    """As it came from the form; `about`: one of `Form.choices`."""

    kind: str
    text: str
    about: str = ""


def form(session: Session, visitor: Visitor, calendar: Calendar, now: datetime) -> Form:
    """Raises NotFound for whom nothing is recorded of."""
    mappings = mapping_flow.in_force(session, calendar)
    learner, person = _person(session, visitor)
    found = reports.of(session, learner, _SHOWN)
    return Form(_choices(person, now), tuple(_told(one, mappings) for one in found))


def report(session: Session, visitor: Visitor, said: Said, calendar: Calendar, now: datetime) -> None:
    """Keeps what they say, and has those told who can put it right. Raises BadInput with problems at "kind", "about" and "text";
    NotFound as `form`; TooMany after five in a day."""
    mappings = mapping_flow.in_force(session, calendar)
    learner, _ = _person(session, visitor)
    identity.lock_learners(session, [learner])
    _, person = _person(session, visitor)
    kind, text, posts = _checked(person, said, now)
    lately = reports.times_since(session, learner, now - _DAY)
    if len(lately) >= _MOST_A_DAY:
        wait = lately[_MOST_A_DAY - 1] + _DAY - now
        raise TooMany(
            "You have reported something five times within a day.", max(1, round(wait.total_seconds()))
        )
    reached = _reached(session, posts)
    kept_for = recorded_for(person)
    reports.add(
        session,
        list(reached),
        identifier=people.numbers_of(session, [kept_for])[kept_for],
        kind=kind,
        text=text,
        sent_by=visitor.mbox,
        now=now,
    )
    for place, addresses in reached.items():
        about = {
            "name": person.name or visitor.address,
            "kind": KINDS[kind],
            "reports": _address(place),
            "person": _address_of_person(place, learner),
        }
        for address in addresses[:_MOST_TOLD]:
            notices.tell(session, address, f"{about['name']} reports: {KINDS[kind]}", "report", about, now)
    words = "; ".join(_reaches(place, "", mappings) for place in reached)
    audit.note(session, who=visitor.address, act=f"reported: {kind}", about=words, now=now)


def listed(
    session: Session, place: Place, viewer: Viewer | None, calendar: Calendar, *, closed: bool, after: int
) -> Page:
    """What a place deals with, of people whom the viewer may see; a page of it."""
    mappings = mapping_flow.in_force(session, calendar)
    found = reports.at(session, place, viewer, closed=closed, after=after, limit=_ON_A_PAGE + 1)
    shown = found[:_ON_A_PAGE]
    more = shown[-1].number if len(found) > _ON_A_PAGE else 0
    return Page(tuple(_told(one, mappings) for one in shown), more)


def close(
    session: Session,
    place: Place,
    viewer: Viewer | None,
    number: int,
    note: str,
    *,
    who: str,
    now: datetime,
) -> None:
    """Closes a report with what was done, and has the learner told that somebody did. Raises NotFound for one that is not this
    place's, BadInput without a note. One that is closed stays as it is."""
    found = reports.numbered(session, place, viewer, number)
    if found is None:
        raise NotFound("There is no such report, or it is not yours to see.")
    note = _as_typed(note)
    if not note or len(note) > LONGEST:
        what = "Say what you did, or why nothing is wrong" if not note else _too_long(note)
        raise BadInput("Nothing was changed.", [Problem(f"note-{number}", what)])
    if found.closed_at is not None:
        return
    reports.close(session, number, note, who, now)
    audit.note(session, who=who, act="closed a report", about=f"report {number}", now=now, reason=note)
    address = found.sent_by.removeprefix("mailto:")
    subject = "What you reported was dealt with: your CSE training"
    notices.tell(session, address, subject, "report_closed", {"page": "/me/report"}, now)


def _as_typed(text: str) -> str:
    """A form sends two characters for the end of a line, where one was typed."""
    return text.replace("\r\n", "\n").strip()


def _too_long(text: str) -> str:
    return f"What you wrote is {len(text):,} characters long. Use {LONGEST:,} or fewer"


def _person(session: Session, visitor: Visitor) -> tuple[int, Person]:
    if visitor.learner is None:
        raise NotFound("Nothing is recorded under your address.")
    return visitor.learner, people.load(session, [visitor.learner])[visitor.learner]


def _current(person: Person, now: datetime) -> dict[str, list[Post]]:
    """Organisation, folded → the posts held there now."""
    found: dict[str, list[Post]] = {}
    for post in person.posts:
        if post.periods.at(now):
            found.setdefault(plain(post.organisation), []).append(post)
    return found


def _choices(person: Person, now: datetime) -> tuple[tuple[str, str], ...]:
    current = sorted(_current(person, now).items())
    if len(current) < 2:  # of one there is nothing to choose
        return ()
    named = [(str(number), posts[0].organisation) for number, (_, posts) in enumerate(current, 1)]
    return (*named, (EVERYWHERE, "All of them"))


def _checked(person: Person, said: Said, now: datetime) -> tuple[ReportKind, str, list[Post]]:
    """And the posts that it is about."""
    current, choices = sorted(_current(person, now).items()), dict(_choices(person, now))
    kind = next((one for one in KINDS if one == said.kind), None)
    text = _as_typed(said.text)
    problems = []
    if kind is None:
        problems.append(Problem("kind", "Say what is wrong"))
    if choices and said.about not in choices:
        problems.append(Problem("about", "Say which organisation it is about"))
    if not text:
        problems.append(Problem("text", "Say in a few words what is missing or wrong"))
    elif len(text) > LONGEST:
        problems.append(Problem("text", _too_long(text)))
    if problems or kind is None:
        raise BadInput("Nothing was sent.", problems)
    chosen = [current[int(said.about) - 1]] if choices and said.about != EVERYWHERE else current
    return kind, text, [post for _, posts in chosen for post in posts]


def _reached(session: Session, posts: Sequence[Post]) -> dict[Place, list[str]]:
    """Who deals with it → the addresses of those who are told."""
    found: dict[Place, list[str]] = {}
    known = organisations.load(session, {post.organisation for post in posts}) if posts else {}
    for post in posts:
        number = known[plain(post.organisation)].number
        coordinators = roles.grants(session, organisation=number, role="coordinator")
        officers = [] if coordinators else roles.grants(session, area=post.area, role="board")
        if coordinators:
            found[Place(organisation=number)] = _addresses(coordinators)
        elif officers:
            found[Place(area=post.area)] = _addresses(officers)
        else:
            found[Place()] = []
    if not found or Place() in found:
        found[Place()] = _addresses(roles.grants(session, role="operator"))
    return found


def _addresses(grants: Sequence[roles.Grant]) -> list[str]:
    return [one.mbox.removeprefix("mailto:") for one in grants]


def _address(place: Place) -> str:
    if place.organisation is not None:
        return f"/organisations/{place.organisation}/reports"
    return f"/boards/{place.area}/reports" if place.area else "/operator/reports"


def _address_of_person(place: Place, learner: int) -> str:
    """ "" for operators: their page has what is told."""
    return f"{_address(place).removesuffix('/reports')}/people/{learner}" if place != Place() else ""


def _reaches(place: Place, organisation: str, mappings: Mappings) -> str:
    if place.organisation is not None:
        return f"the training coordinator of {organisation or f'organisation {place.organisation}'}"
    area = mappings.areas.get(place.area)
    return (
        (area.board if area else f"the Board of {place.area}") if place.area else "whoever runs the service"
    )


def _told(one: Report, mappings: Mappings) -> Told:
    day = mappings.calendar.day_of
    return Told(
        number=one.number,
        learner=one.learner,
        name=one.name or one.sent_by.removeprefix("mailto:"),
        kind=KINDS[one.kind],
        text=one.text,
        sent=in_words(day(one.sent_at)),
        sent_by=one.sent_by.removeprefix("mailto:"),
        reaches=_reaches(one.place, one.organisation, mappings),
        closed=in_words(day(one.closed_at)) if one.closed_at else "",
        closed_by=one.closed_by,
        note=one.note,
    )
