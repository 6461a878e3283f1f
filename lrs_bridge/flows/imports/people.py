"""`import people`: who works where, known by which identifiers. One row per post."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from marshmallow import Schema

from lrs_bridge.errors import BadInput, Problem
from lrs_bridge.flows.imports.cells import (
    area_field,
    day_field,
    folded,
    identifiers_field,
    manager_field,
    text_field,
)
from lrs_bridge.flows.imports.claims import Claim, of_one
from lrs_bridge.flows.imports.columns import Column
from lrs_bridge.flows.imports.kinds import Kept, Kind, Known, Problems, Taking, area_problem
from lrs_bridge.flows.imports.wording import differences
from lrs_bridge.learning import identity as same_person
from lrs_bridge.learning.history import NO_MANAGER, plain
from lrs_bridge.learning.mappings import Mappings
from lrs_bridge.moments import in_words
from lrs_bridge.store import identity, people, posts
from lrs_bridge.store.database import Session
from lrs_bridge.store.organisations import Organisation

_COLUMNS = {"from": "starts", "until": "ends"}
"""Column → what a post has, where they differ."""
_NEAR = 0.85


class _Row(Schema):
    person = text_field(required=True)
    identifiers = identifiers_field(required=True)
    organisation = text_field(required=True)
    area = area_field(required=True)
    service_area = text_field(load_default="")
    role = text_field(load_default="")
    required_tier = text_field(load_default=None)
    manager = manager_field(load_default="")
    locals()["from"] = day_field(load_default=None)
    until = day_field(load_default=None)


def _check(value: dict[str, Any], known: Known) -> Problems:
    mappings = known.mappings
    yield from area_problem(value, known)
    yield from not_only_shared(value, known)
    tier, area = value["required_tier"], value["area"]
    framework = mappings.framework_of(area)
    if tier and area in mappings.areas and framework is None:
        yield "required_tier", f"{mappings.areas[area].name} has set no tiers; leave the cell empty"
    elif framework is not None and tier and _tier(value, mappings) is None:
        yield "required_tier", f"unknown tier “{tier}”; one of {', '.join(framework.tiers)}"
    if value["manager"] in map(folded, value["identifiers"]):
        yield "manager", "nobody is their own line manager"
    if value["from"] and value["until"] and value["from"] > value["until"]:
        yield "until", "lies before “from”"


def not_only_shared(value: dict[str, Any], known: Known) -> Problems:
    """A mailbox that several people read names nobody."""
    if all(same_person.folded(text) in known.shared for text in value["identifiers"]):
        listed = ", ".join(value["identifiers"])
        yield "identifiers", f"{listed} is read by several people; give an identifier of this person's own"


def _tier(value: dict[str, Any], mappings: Mappings) -> str | None:
    """The required tier as the framework spells it."""
    framework, said = mappings.framework_of(value["area"]), value["required_tier"]
    keys = framework.tiers if framework and said else ()
    return next((key for key in keys if key.casefold() == said.casefold()), None)


def _claims(value: dict[str, Any], known: Known) -> Iterator[Claim]:
    yield from claims_of_person(value, known)
    yield from of_one(own_names(value, known), lambda name: _claims_of_post(value, name))


def _claims_of_post(value: dict[str, Any], person: str) -> Iterator[Claim]:
    """A post that names no role or service area may be one that does, and one without a first day any: such rows would
    change each other at every import."""
    place = f"of {person} at {plain(value['organisation'])}, {value['area']}"
    yield Claim("role", f"whether the posts {place} have a role", bool(value["role"]))
    post = f"the post “{value['role']}” {place}"
    yield Claim("service_area", f"whether {post} is in a service area", bool(value["service_area"]))
    post += f", {plain(value['service_area'])}" if value["service_area"] else ""
    begins = f"{post} from {in_words(value['from'])}" if value["from"] else post
    yield Claim("organisation", begins, (value["required_tier"], value["manager"], value["until"]))
    yield Claim("from", post, None, (value["from"], value["until"]))


def claims_of_person(value: dict[str, Any], known: Known) -> Iterator[Claim]:
    for name in own_names(value, known):
        yield Claim("person", f"who {name} is", value["person"])


def own_names(value: dict[str, Any], known: Known) -> list[str]:
    """What the row calls its person, without the mailboxes that several people read."""
    return [folded(text) for text in value["identifiers"] if same_person.folded(text) not in known.shared]


def _keep(session: Session, values: Sequence[dict[str, Any]], taking: Taking) -> list[Kept]:
    calendar = taking.mappings.calendar
    introduced = introduce(session, values, taking)
    wanted = [
        (
            one.number,
            posts.NewPost(
                organisation=value["organisation"],
                area=value["area"],
                role=value["role"],
                required_tier=_tier(value, taking.mappings),
                manager=value["manager"],
                starts=calendar.start_of(value["from"]) if value["from"] else None,
                ends=calendar.end_of(value["until"]) if value["until"] else None,
                service_area=value["service_area"],
            ),
        )
        for one, value in zip(introduced, values, strict=True)
    ]
    given = {_COLUMNS.get(column, column) for column in taking.columns}
    said = [name for name in posts.NAMES if name in given]
    outcomes = posts.put(session, wanted, now=taking.now, who=taking.who, said=said)
    mistyped = _perhaps_mistyped(values, taking.organisations)
    kept, changed = [], []
    for value, one, (_, post), put in zip(values, introduced, wanted, outcomes, strict=True):
        outcome = "changed" if put.outcome == "same" and one.changed else put.outcome
        if outcome != "same":
            changed.append(one.number)
        words = _words(value, post.required_tier, is_new=outcome == "new")
        place = mistyped.get(_place(value)) if put.outcome != "same" else None
        no_longer = _no_longer_heard(*put.changes.get("manager", ("", "")))
        warning = "; ".join(part for part in (one.warning, place, no_longer) if part)
        kept.append(Kept(outcome, words, warning, differences(put.changes, calendar, _COLUMNS)))
    concerned = people.learner_numbers(session, changed).values()
    people.mark_pending(session, concerned, taking.now, taking.cause)
    return kept


def _no_longer_heard(was: str, now: str) -> str:
    """What a change of manager takes from the post. Where none was recorded, nobody is named whom it could take it from."""
    if not was or not now:
        return ""
    who = (
        "whom the Board names" if was == NO_MANAGER else f"the former manager, {was.removeprefix('mailto:')},"
    )
    return f"the word of {who} no longer counts for this post"


def _place(value: dict[str, Any]) -> tuple[str, str]:
    return plain(value["organisation"]), plain(value["service_area"])


def _perhaps_mistyped(
    values: Sequence[dict[str, Any]], known: Mapping[str, Organisation]
) -> dict[tuple[str, str], str]:
    """Organisation and service area → what to see, where a name is new and very like a known one, or where the organisation
    is recorded without that service area."""
    found: dict[tuple[str, str], str] = {}
    for place, value in {_place(value): value for value in values}.items():
        organisation, service_area = place
        there = known.get(organisation)
        if there is None:
            near = difflib.get_close_matches(organisation, known, 1, _NEAR)
            if near:
                found[place] = f"no organisation of that name is recorded yet; is it “{known[near[0]].name}”?"
        elif service_area and there.service_areas and service_area not in map(plain, there.service_areas):
            services = ", ".join(there.service_areas)
            found[place] = f"“{value['service_area']}” is not among its service areas as recorded: {services}"
    return found


def _words(value: dict[str, Any], tier: str | None, *, is_new: bool) -> str:
    """With what a heading that is taken for another would put wrong: by what they are known, and who hears for them."""
    known_by = ", ".join(one.removeprefix("mailto:") for one in value["identifiers"])
    place = ", ".join(part for part in (value["organisation"], value["service_area"], value["area"]) if part)
    words = f"{value['person']} ({known_by}): {value['role'] or 'post'} at {place}"
    for word in ("from", "until"):
        words += f", {word} {in_words(value[word])}" if value[word] else ""
    words += f", requires {tier}" if tier else ""
    if value["manager"] == NO_MANAGER:
        return f"{words}, no manager"
    if value["manager"]:
        return f"{words}, manager {value['manager'].removeprefix('mailto:')}"
    return f"{words}, manager not recorded" if is_new else words


class Introduced:
    """A person of a row, now known: the identifier that their records hang on, and its `number`; what that changed, and
    what the reader should see."""

    def __init__(self, identifier: str, number: int, warning: str, *, changed: bool) -> None:
        self.identifier, self.number, self.warning, self.changed = identifier, number, warning, changed


def introduce(session: Session, values: Sequence[dict[str, Any]], taking: Taking) -> list[Introduced]:
    """Makes the people of these rows known under all their identifiers, which are one person's, and by their name."""
    owned = _owned(session, values)
    texts = [text for own in owned for text in own]
    before = people.known_as(session, texts)
    names = [(text, value["person"]) for value, own in zip(values, owned, strict=True) for text in own]
    numbers = people.learn(session, [people.Sighting(text, name) for text, name in names], taking.now)
    edges = [[numbers[text] for text in own] for own in owned]
    pairs = [(own[0], other) for own in edges for other in own[1:]]
    learners_before = people.learner_numbers(session, numbers.values())
    held = taking.scope.held_elsewhere(session, learners_before.values()) if taking.scope else set()
    identity.prove(session, pairs, kind="people_file", source=taking.who, now=taking.now)
    called = {numbers[text]: name for text, name in names}
    renamed = people.name_people(session, _without_named(session, called, learners_before, held), taking.now)
    learners = people.learner_numbers(session, numbers.values())
    if held:
        _hold_joins([value["person"] for value in values], edges, learners_before, learners, held)
    found, told = [], set[int]()
    for value, known, own in zip(values, owned, edges, strict=True):
        met = {
            number: name
            for text in known
            for number, name in before.get(text, {}).items()
            if taking.scope is None or number in taking.scope.learners
        }
        learner = learners[own[0]]
        joined = any(learners_before[number] != learners[number] for number in own)
        apart = any(learners[number] != learner for number in own)
        changed = (joined or learner in renamed) and learner not in told
        if changed:
            told.add(learner)
        warning = _warning(value["person"], met, apart=apart)
        found.append(Introduced(known[0], own[0], warning, changed=changed))
    return found


def _without_named(
    session: Session, called: Mapping[int, str], learners: Mapping[int, int], held: set[int]
) -> dict[int, str]:
    """The names without those of learners `held` elsewhere who have one: it stands on their certificates and in letters."""
    named = {learner for learner, name in people.names_of_learners(session, held).items() if name}
    return {number: name for number, name in called.items() if learners[number] not in named}


def _hold_joins(
    names: Sequence[str],
    edges: Sequence[Sequence[int]],
    before: Mapping[int, int],
    after: Mapping[int, int],
    held: set[int],
) -> None:
    """Raises BadInput where one of the learners `held` elsewhere was joined with another: whoever gives somebody an identifier
    lets its owner see their record."""
    together: dict[int, set[int]] = {}
    for number, learner in after.items():
        together.setdefault(learner, set()).add(before[number])
    refused = {learner for learner, joined in together.items() if len(joined) > 1 and joined & held}
    problems = [
        Problem(
            name,
            "these identifiers are not known to be one person's; give the e-mail alone, or ask the Board",
        )
        for name, own in zip(names, edges, strict=True)
        if refused.intersection(after[number] for number in own)
    ]
    if problems:
        raise BadInput("Nothing was recorded.", problems)


def _owned(session: Session, values: Sequence[dict[str, Any]]) -> list[list[str]]:
    """Of each row the identifiers that are this person's alone. A mailbox that several people read is nobody's."""
    fold = {text: same_person.folded(text) for value in values for text in value["identifiers"]}
    shared = identity.shared_mailboxes(session, {one for one in fold.values() if one})
    return [[text for text in value["identifiers"] if fold[text] not in shared] for value in values]


def _warning(person: str, known: dict[int, str], *, apart: bool) -> str:
    """What a coordinator should see before it is done: other names known for these identifiers, learners joined, and
    identifiers that stay apart because somebody said so."""
    said = []
    others = sorted({name for name in known.values() if name and name != person})
    if others:
        said.append(f"known so far as {' and '.join(f'“{name}”' for name in others)}")
    if apart:
        said.append(
            "some of these identifiers stay apart, because somebody decided that they are not one person"
        )
    elif len(known) > 1:
        said.append("joins records that were apart until now")
    return "; ".join(said)


PEOPLE = Kind(
    "people",
    (
        Column("person", required=True, help="full name", example="Asha Rao", joins=" "),
        Column(
            "identifiers",
            required=True,
            help="e-mail, homePage|name, or Organisation|number; separated by “;”; those of a row are one person",
            example="asha.rao@example.org; https://moodle.example.org|asha.rao",
            identifies=True,
            joins="; ",
        ),
        Column("organisation", required=True, help="where the post is", example="Colne Primary School"),
        Column("area", required=True, help="southend, essex or thurrock", example="essex"),
        Column("service_area", required=False, help="team or service area", example=""),
        Column("role", required=False, help="what the post is called", example="teacher"),
        Column(
            "required_tier",
            required=False,
            help="T1 to T5, where the area has adopted tiers; empty: as the organisation requires of the role",
            example="T3",
        ),
        Column(
            "manager",
            required=False,
            help="the line manager's e-mail; “none” for the self-employed and heads",
            example="head@example.org",
        ),
        Column(
            "from",
            required=False,
            help="first day of the post, 2026-03-01 or 01/03/2026",
            example="01/09/2024",
        ),
        Column("until", required=False, help="last day of the post", example=""),
    ),
    schema=_Row(),
    check=_check,
    claims=_claims,
    keep=_keep,
)
