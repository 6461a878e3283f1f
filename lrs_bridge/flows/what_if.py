"""What would change if other mapping files were in force: every statement matched and every learner computed by them, in
memory and part by part. Nothing is written, and nobody who writes is kept waiting.

Only what can differ is done. A source whose rules are the same gives the same evidence, which is then taken as it is kept;
and where frameworks and champion standards are the same too, only those are computed whose evidence differs.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows.announce import told_areas
from lrs_bridge.flows.recompute import Found, matches_of
from lrs_bridge.learning import identity as same_person
from lrs_bridge.learning.alerts import AlertKind, Announced, decide
from lrs_bridge.learning.differences import MATCH_CHANGES, PersonChange, WhatIf, difference
from lrs_bridge.learning.history import Evidence, History
from lrs_bridge.learning.mappings import Equivalence, Mappings
from lrs_bridge.learning.standing import Standing, standing_as_json, standing_of
from lrs_bridge.settings import Settings
from lrs_bridge.store import evidence, identity, news, outbox, people, projections, timetable
from lrs_bridge.store import statements as records
from lrs_bridge.store.database import Session
from lrs_bridge.xapi import documents

log = logging.getLogger(__name__)

_AT_ONCE = 500


@dataclass(frozen=True)
class _Trial:
    """What is tried: `sources`, whose statements are matched anew, and all that is read once."""

    session: Session
    before: Mappings
    after: Mappings
    settings: Settings
    now: datetime
    row: timetable.InForce
    sources: frozenset[str]
    equivalences: tuple[Equivalence, ...]
    told_before: frozenset[str]
    told_after: frozenset[str]
    seen: WhatIf

    @property
    def concerns_everybody(self) -> bool:
        """Whether people are judged by other rules, whatever their evidence."""
        return (self.before.frameworks, self.before.champions) != (
            self.after.frameworks,
            self.after.champions,
        )


def what_if(
    session: Session,
    mappings: Mappings,
    settings: Settings,
    now: datetime,
    *,
    limit: int,
    progress: Callable[[WhatIf], None] = lambda _seen: None,
) -> WhatIf:
    """Compares these mappings with those in force, in the caller's snapshot. `limit`: so many people are named, the rest
    counted. Raises Unavailable before the first mappings were put in force."""
    before = mapping_flow.in_force(session, settings.calendar)
    row = timetable.in_force(session)
    if row is None:
        raise AssertionError("mappings are in force by a row")
    seen = WhatIf(
        row.digest,
        mappings.digest,
        row.is_rematching,
        timetable.count_pending(session),
        settings.alerts_held_above,
    )
    differing = {
        key
        for key in {*before.sources, *mappings.sources}
        if row.is_rematching or before.sources.get(key) != mappings.sources.get(key)
    }
    trial = _Trial(
        session=session,
        before=before,
        after=mappings,
        settings=settings,
        now=now,
        row=row,
        sources=frozenset(differing),
        equivalences=evidence.standing_equivalences(session),
        told_before=_told_areas(before, settings, now),
        told_after=_told_areas(mappings, settings, now),
        seen=seen,
    )
    seen.total = records.count_of_sources(session, differing)
    seen.total += projections.count_learners(session) if trial.concerns_everybody else 0
    differing_evidence, strangers = _match_all(trial, progress)
    persons = _who_is_who(trial, strangers)
    if not trial.concerns_everybody:
        seen.total += len(differing_evidence) + len(persons)
    for part in _parts(trial, persons, differing_evidence):
        _compare(trial, part, differing_evidence, limit)
        progress(seen)
    return seen


def _told_areas(mappings: Mappings, settings: Settings, now: datetime) -> frozenset[str]:
    """The areas whose Boards have somebody to tell, and have begun to be told."""
    told = told_areas(mappings, settings)
    return frozenset(area for area in told if (mappings.areas[area].start or now) <= now)


# --- statements ------------------------------------------------------------------------------------------------------

_Said = tuple[str, str, str, bool]
"""An identifier's text, kind, key, and whether it counts."""


def _match_all(
    trial: _Trial, progress: Callable[[WhatIf], None]
) -> tuple[set[int], dict[str, people.Sighting]]:
    """Counts the statements whose match differs. Returns the learners whose evidence does, and the identifiers that
    would become known."""
    concerned: set[int] = set()
    strangers: dict[str, people.Sighting] = {}
    last = 0
    while seqs := records.seqs_of_sources(trial.session, trial.sources, last, _AT_ONCE):
        last = seqs[-1]
        kept = evidence.kept_evidence(trial.session, seqs)
        named: dict[str, people.Sighting] = {}
        for one, found in _found_anew(trial, seqs):
            old: set[_Said] = {(row[0], row[1], row[2], bool(row[3])) for row in kept.get(one.seq, ())}
            new: set[_Said] = {
                (who.text, match.kind, match.key, match.counts) for who, match in found.matches
            }
            if old != new:
                _count_statement(trial.seen, one, old, new)
                named |= {text: people.Sighting(text) for text, *_ in old ^ new}
                named |= {who.text: who for who, _ in found.matches}
        known = people.numbers_of(trial.session, named)
        concerned |= set(people.learner_numbers(trial.session, known.values()).values())
        strangers |= {text: who for text, who in named.items() if text not in known}
        trial.seen.matched += len(seqs)
        progress(trial.seen)
    return concerned, strangers


def _found_anew(trial: _Trial, seqs: Sequence[int]) -> Iterator[tuple[records.ToMatch, Found]]:
    """What these statements would be evidence of, as far as they have been matched by the mappings in force."""
    waiting = evidence.waiting_statements(trial.session, seqs)
    for one in records.to_match(trial.session, [seq for seq in seqs if seq not in waiting]):
        if one.source not in trial.sources:
            continue
        try:
            found = matches_of(one, trial.after)
        except Exception:
            log.exception("statement %s could not be matched by these mappings", one.id)
            trial.seen.failed += 1
        else:
            yield one, found


def _count_statement(seen: WhatIf, one: records.ToMatch, old: set[_Said], new: set[_Said]) -> None:
    credited = [{said for said in each if said[3]} for each in (old, new)]
    if credited[0] == credited[1]:
        return
    place = 0 if not credited[0] else 1 if not credited[1] else 2
    activity = documents.parse(one.body.encode())["object"].get("id", "")
    seen.statements[MATCH_CHANGES[place], one.source, activity] += 1


# --- people ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Person:
    """One person as they would be: the learners that are one, the eldest first (none: nobody has met them yet), and the
    identifiers that would become known."""

    learners: tuple[int, ...]
    strangers: tuple[people.Sighting, ...] = ()


def _who_is_who(trial: _Trial, strangers: Mapping[str, people.Sighting]) -> list[_Person]:
    """The people to whom identifiers that would become known belong: by equal e-mails, as when a statement is matched."""
    if not strangers:
        return []
    keys = {
        text: {key for key in (same_person.folded(text), same_person.as_sent(text)) if key}
        for text in strangers
    }
    names = {key for each in keys.values() for key in each}
    alike = identity.with_equal_mail(trial.session, names)
    around = identity.neighbourhood(trial.session, set(alike))
    by_text = {node.text: node for node in around.nodes.values()}
    owners: dict[str, set[str]] = {}
    for text, own in [*keys.items(), *((around.nodes[number].text, own) for number, own in alike.items())]:
        for key in own:
            owners.setdefault(key, set()).add(text)
    equal = {
        same_person.Proof(text, other, "equal_mail")
        for text, own in keys.items()
        for key in own
        for other in owners[key]
        if other != text
    }
    shared = identity.shared_mailboxes(trial.session, names)
    groups = around.components_with(
        strangers, equal, {text for text in strangers if same_person.folded(text) in shared}
    )
    found = []
    for group in groups:
        new = tuple(strangers[text] for text in sorted(group) if text in strangers)
        if new:
            nodes = [by_text[text] for text in group if text in by_text]
            elder = min((node.founded for node in nodes), default=None)
            learners = sorted({node.learner for node in nodes}, key=lambda number: (number != elder, number))
            found.append(_Person(tuple(learners), new))
    return found


def _parts(trial: _Trial, persons: Sequence[_Person], concerned: Collection[int]) -> Iterator[list[_Person]]:
    """Everybody to be compared, part by part."""
    gathered = {learner for person in persons for learner in person.learners}
    for start in range(0, len(persons), _AT_ONCE):
        yield list(persons[start : start + _AT_ONCE])
    for numbers in _learners(trial, concerned):
        yield [_Person((number,)) for number in numbers if number not in gathered]


def _learners(trial: _Trial, concerned: Collection[int]) -> Iterator[list[int]]:
    if not trial.concerns_everybody:
        yield from identity.in_parts(sorted(concerned))
        return
    last = 0
    while numbers := projections.learners_after(trial.session, last, _AT_ONCE):
        last = numbers[-1]
        yield numbers


@dataclass(frozen=True)
class _Known:
    """What is kept of the people of one part, and what would be: `replaced` are the ids of statements whose kept evidence
    `fresh` takes the place of, by identifier."""

    persons: Mapping[int, people.Person]
    evidence: Mapping[int, Sequence[Evidence]]
    standings: Mapping[int, projections.KeptStanding]
    pending: Collection[int]
    told: Mapping[tuple[int, str], Announced]
    news: Mapping[tuple[int, str], news.News]
    replaced: Collection[str]
    fresh: Mapping[str, Sequence[Evidence]]

    def names(self, person: _Person) -> list[str]:
        known = [text for number in person.learners for text in self.persons[number].identifiers]
        return [*known, *(who.text for who in person.strangers)]

    def history_anew(self, person: _Person, equivalences: tuple[Equivalence, ...]) -> History:
        names = self.names(person)
        kept = (one for number in person.learners for one in self.evidence[number])
        return History(
            posts=tuple(post for number in person.learners for post in self.persons[number].posts),
            evidence=(
                *(one for one in kept if one.statement_id not in self.replaced),
                *(one for text in names for one in self.fresh.get(text, ())),
            ),
            identifiers=frozenset(names),
            equivalences=equivalences,
        )


def _known(trial: _Trial, part: Sequence[_Person], differing: set[int]) -> _Known:
    """`differing`: the learners whose evidence differs; the others' is taken as it is kept."""
    session, numbers = trial.session, [number for person in part for number in person.learners]
    persons = people.load(session, numbers)
    texts = [who.text for person in part for who in person.strangers]
    for person in part:
        if person.strangers or not differing.isdisjoint(person.learners):
            texts += [text for number in person.learners for text in persons[number].identifiers]
    replaced, fresh = _evidence_anew(trial, set(texts))
    return _Known(
        persons=persons,
        evidence=evidence.evidence_of(session, numbers),
        standings=projections.load_standings(session, numbers),
        pending=projections.pending_among(session, numbers),
        told=outbox.announced_to(session, numbers),
        news=news.of(session, numbers),
        replaced=replaced,
        fresh=fresh,
    )


def _compare(trial: _Trial, part: Sequence[_Person], differing: set[int], limit: int) -> None:
    known = _known(trial, part, differing)
    for person in part:
        trial.seen.computed += 1
        history = known.history_anew(person, trial.equivalences)
        standing = _standing(trial, history, trial.after)
        before, due = _before(trial, known, person.learners[0]) if person.learners else ({}, None)
        if standing is None or before is None:
            continue
        _count_alerts(trial, person, standing, due, known)
        change = difference(before, standing_as_json(standing))
        if change is not None:
            named = [known.persons[number].name for number in person.learners]
            named += [who.name for who in person.strangers]
            name = next(filter(None, named), known.names(person)[0])
            places = dict.fromkeys(post.organisation for post in history.current_posts(trial.now))
            learner = next(iter(person.learners), None)
            trial.seen.add(PersonChange(learner, name, tuple(places), change), limit)


def _before(trial: _Trial, known: _Known, learner: int) -> tuple[Mapping[str, Any] | None, Standing | None]:
    """The standing in force: as it is kept; or where something waits to be done to it, as it is due. None where it can't be
    computed."""
    kept = known.standings.get(learner)
    is_current = (
        kept is not None
        and kept.digest == trial.row.digest
        and not trial.row.is_rematching
        and learner not in known.pending
        and not (kept.changes_at and kept.changes_at <= trial.now)
    )
    if kept is not None and is_current:
        return kept.body, None
    person = known.persons[learner]
    held = tuple(known.evidence[learner])
    history = History(person.posts, held, frozenset(person.identifiers), trial.equivalences)
    due = _standing(trial, history, trial.before)
    return standing_as_json(due) if due else None, due


def _evidence_anew(trial: _Trial, texts: Collection[str]) -> tuple[set[str], dict[str, list[Evidence]]]:
    """The ids of the statements about these identifiers that were matched anew, and identifier → its evidence by them."""
    replaced: set[str] = set()
    fresh: dict[str, list[Evidence]] = {}
    if not trial.sources:
        return replaced, fresh
    seqs: set[int] = set()
    highest = records.highest_seq(trial.session)
    for names in identity.in_parts(sorted(texts)):
        seqs |= set(records.seqs_naming(trial.session, names, 0, highest))
    for part in identity.in_parts(sorted(seqs)):
        voided = records.voided_by(trial.session, part)
        for one, found in _found_anew(trial, part):
            replaced.add(str(one.id))
            for who, match in found.matches:
                by = voided.get(one.seq)
                fresh.setdefault(who.text, []).append(
                    Evidence(
                        statement_id=str(one.id),
                        kind=match.kind,
                        key=match.key,
                        source=one.source,
                        happened=one.happened,
                        counts=match.counts,
                        because=match.because,
                        voided_by=str(by) if by else None,
                        detail=match.detail,
                    )
                )
    return replaced, fresh


def _standing(trial: _Trial, history: History, mappings: Mappings) -> Standing | None:
    try:
        return standing_of(history, mappings, trial.now)
    except Exception:
        log.exception("a learner could not be computed")
        trial.seen.failed += 1
        return None


def _count_alerts(
    trial: _Trial, person: _Person, standing: Standing, due: Standing | None, known: _Known
) -> None:
    """What the Boards would newly hear: where it differs from what they last heard of any of the learners who are one, and
    neither waits already to be told nor is `due` under the mappings in force."""
    for area in sorted(trial.told_after):
        keys = [(number, area) for number in person.learners]
        heard = [known.told[key] for key in keys if key in known.told]
        last = Announced(
            eligible=any(one.eligible for one in heard),
            state=next((one.state for one in heard if one.state), ""),
        )
        kind = _kind_of_alert(area, last, standing)
        anyway: set[AlertKind | None] = {known.news[key].alert.kind for key in keys if key in known.news}
        if due and area in trial.told_before:
            anyway |= {_kind_of_alert(area, last, due)}
        if kind and kind not in anyway:
            trial.seen.alerts[area, kind] += 1


def _kind_of_alert(area: str, last: Announced, standing: Standing) -> AlertKind | None:
    decision = decide(0, area, last, standing.eligibility.get(area))
    return decision.alert.kind if decision and decision.alert else None
