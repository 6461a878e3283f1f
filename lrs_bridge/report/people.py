"""What the terminal shows of people: where a learner stands and why, who is who, the register of champions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from lrs_bridge.flows.champion import Registered
from lrs_bridge.flows.explain import NOT_PROVEN, Explained
from lrs_bridge.flows.people import KINDS_IN_WORDS, Unknown
from lrs_bridge.learning.by_hand import SOURCE
from lrs_bridge.learning.eligibility import POST
from lrs_bridge.learning.mappings import Mappings
from lrs_bridge.learning.tiers import ATTESTATION
from lrs_bridge.moments import Calendar, in_words, parse_instant
from lrs_bridge.store.register import Gap

_UNMAPPED_SHOWN = 20
_ACTIVITIES_SHOWN = 20


def explanation(found: Explained, mappings: Mappings | None, calendar: Calendar) -> str:
    """One learner: who, which tier and what is missing, eligibility per area, and every piece of evidence."""
    return "\n".join([*_learner(found, mappings, calendar), "", NOT_PROVEN])


def _learner(found: Explained, mappings: Mappings | None, calendar: Calendar) -> Iterator[str]:
    learner = found.body["learner"]
    yield learner["name"] or "(no name recorded)"
    yield f"  known as   {', '.join(_spellings_apart(learner['identifiers']))}"
    for post in learner["posts"]:
        until = f", until {in_words(date.fromisoformat(post['until']))}" if post["until"] else ""
        place = ", ".join(part for part in (post["organisation"], post["service_area"], post["area"]) if part)
        yield f"  post       {post['role'] or '(role not recorded)'} at {place}{until}"
    if not learner["posts"]:
        yield "  post       none recorded, so no tier is required and no area is judged"
    if found.computed_at is None:
        yield "Not computed yet."
        return
    if found.is_pending:
        yield "Something newer is waiting to be computed."
    for tier in found.body["tiers"] or [found.body["tier"]]:
        yield ""
        yield from _tier(tier, mappings)
    for area, eligibility in found.body["eligibility"].items():
        yield ""
        yield from _eligibility(area, eligibility, mappings, calendar)
    yield ""
    yield "Evidence" if found.body["evidence"] else "No evidence."
    for one in found.body["evidence"]:
        mark = "counts    " if one["counts"] else "counts not"
        source = "by hand" if one["source"] == SOURCE else f"from {one['source']}"
        yield f"  {_day(one['when'], calendar):<11}  {mark}  {_evidence(one)}, {source}: {one['because']}"
        yield f"              statement {one['statement_id']}"


def _spellings_apart(identifiers: Sequence[str]) -> list[str]:
    """E-mails without "mailto:", and each address once, in the spelling that came first."""
    texts = [text.removeprefix("mailto:") for text in identifiers]
    return list(
        {text.casefold() if "@" in text and "|" not in text else text: text for text in texts[::-1]}.values()
    )[::-1]


_KINDS = {"attestation": "word on {}", "membership": "membership {}", "champion": "champion flow in {}"}


def _evidence(one: dict[str, Any]) -> str:
    return _KINDS.get(one["kind"], "{}").format(one["course"].removeprefix("item:"))


def _tier(tier: dict[str, Any], mappings: Mappings | None) -> Iterator[str]:
    if tier["framework"] is None:
        yield "Tier       the Board has set no tiers"
        return
    progress = ", ".join(f"{key} {done} of {total}" for key, (done, total) in tier["progress"].items())
    yield f"Tier       reached {tier['attained'] or 'no whole tier yet'}, required {tier['required'] or 'none set'} ({tier['framework']})"
    yield f"  progress   {progress}"
    companion = tier["companion"]
    yield (
        f"  beside it  safeguarding {companion['level'] or 'not recorded'}, "
        f"expected {companion['required'] or 'none'}: {companion['status'].replace('_', ' ')}"
    )
    framework = mappings.frameworks.get(tier["framework"]) if mappings else None
    for item in tier["missing"]:
        part = "somebody's word on " if item["part"] == "word" else ""
        names = [
            "an attestation"
            if way == ATTESTATION
            else framework.routes[way].name
            if framework and way in framework.routes
            else way
            for way in item["ways"]
        ]
        yield f"  missing    {part}{item['item']} {item['text']}: {'; '.join(names)}"


def _eligibility(
    area: str, eligibility: dict[str, Any], mappings: Mappings | None, calendar: Calendar
) -> Iterator[str]:
    champions = mappings.champions_of(area) if mappings else None
    names = {key: standard.name for key, standard in champions.standards.items()} if champions else {}
    met_since = eligibility["since"]
    since = f", all standards met since {_day(met_since, calendar)}" if met_since else ""
    yield f"Champion   {area}: {eligibility['status'].replace('_', ' ')}{since}"
    if eligibility["champion"]:
        yield from _flow(eligibility["champion"], names, calendar)
    if eligibility["flagged"]:
        yield "  !          not every standard is met now; a champion stays champion until the Board ends it"
    for key, found in eligibility["met"].items():
        yield f"  met        {names.get(key, key)} ({len(found)} on record)"
    for key in eligibility["missing"]:
        yield f"  missing    {'a current post there' if key == POST else names.get(key, key)}"


_ACT = {
    "list": "in the register as it was before",
    "request": "asked to be registered",
    "return": "request returned",
    "register": "registered",
    "leave": "reported leaving",
}


def _flow(champion: dict[str, Any], names: dict[str, str], calendar: Calendar) -> Iterator[str]:
    """What led to the state: who decided, when, for which post, and with which standards met at that moment."""
    place = ", ".join(part for part in (champion["organisation"], champion["service_area"]) if part)
    if champion["because_post_ended"]:
        last = in_words(calendar.last_day_before(parse_instant(champion["since"])))
        yield f"  because    the post at {place} ended on {last}"
    else:
        by = f" by {champion['by']}" if champion["by"] else ""
        note = f": {champion['note']}" if champion["note"] else ""
        yield f"  because    {_ACT[champion['act']]} on {_day(champion['since'], calendar)}{by}, for {place}{note}"
    then = champion["standards_then"]
    if then["missing"]:
        yield f"  then       missing {'; '.join(names.get(key, key) for key in then['missing'])}"
    elif then["met"]:
        yield "  then       every standard was met"
    if champion["asked"]:
        yield f"  since then {_ACT[champion['asked']]}; the Board's register stands until it decides"
    if champion["last_update"]:
        yield f"  update     last attended on {_day(champion['last_update'], calendar)}"


def _day(instant: str, calendar: Calendar) -> str:
    """The Board's day of an instant as kept."""
    return in_words(calendar.day_of(parse_instant(instant)))


def person_report(body: dict[str, Any], calendar: Calendar) -> str:
    """One person: identifiers, and what says that they belong together or not."""
    return "\n".join(_person(body, calendar))


def _person(body: dict[str, Any], calendar: Calendar) -> Iterator[str]:
    yield f"{body['name'] or '(no name recorded)'}, learner {body['learner']}"
    for one in body["identifiers"]:
        shared = "   read by several people, so it proves nothing" if one["shared_mailbox"] else ""
        yield f"  known as   {one['identifier']}{shared}"
    yield "Why" if body["proofs"] else "Nothing joins or parts them."
    for proof in body["proofs"]:
        words = KINDS_IN_WORDS[proof["kind"]] if proof["same"] else "decided by hand: not the same person"
        if proof["kind"] == "by_hand" and proof["same"]:
            words = "decided by hand: the same person"
        yield f"  {_day(proof['at'], calendar):<11}  {proof['one']} and {proof['other']}"
        reason = f": {proof['reason']}" if proof["reason"] else ""
        yield f"              {words}; by {proof['source']}{reason}"
        if not proof["holds"]:
            yield "              (outranked: it has no effect now)"


def unknown_report(found: Sequence[Unknown], calendar: Calendar) -> str:
    """Learners whom no import has named, with what they completed."""
    said = []
    for one in found:
        said.append(f"{one.learner:<8} {one.name or '(no name)'}   {', '.join(one.identifiers)}")
        said += [
            f"         {in_words(calendar.day_of(when))}  {course}" for course, when in one.completed.items()
        ]
    if not said:
        return "Nobody: everybody who completed something has a post on record."
    said.append(
        f"{len(found)} shown. Name them with `lrs-bridge import people`, or join them: `lrs-bridge people join`."
    )
    if len(found) >= 100:
        said.append(f"There may be more: --after {found[-1].learner}")
    return "\n".join(said)


_NOBODY = {
    "champions": "No champion is registered",
    "requests": "No request is open",
    "eligible": "Nobody meets every standard without being champion or having asked",
    "left": "Nobody has left the role",
}


def register_report(found: Sequence[Registered], area: str, which: str, today: date) -> str:
    """The register of an area for reading; `--csv` has every column."""
    lines = [line for one in found for line in _registered(one, today)]
    return "\n".join([*lines, f"{len(found)} in {area}."] if lines else [f"{_NOBODY[which]} in {area}."])


def _registered(one: Registered, today: date) -> Iterator[str]:
    entry = one.entry
    place = ", ".join(part for part in (entry.organisation, entry.service_area) if part)
    status = entry.status.replace("_", " ")
    yield f"{entry.name or '(no name)'}   {place}{f' ({entry.sector})' if entry.sector else ''}"
    yield f"  {status} since {in_words(one.since)}   {entry.contact or 'no e-mail recorded'}"
    if one.register_by:
        mark, past = ("! ", ", which is past") if one.register_by < today else ("", "")
        yield f"  {mark}to be registered anew by {in_words(one.register_by)}{past}"
    if one.update_due:
        last = f"last {in_words(one.last_update)}" if one.last_update else "none recorded"
        yield f"  annual update: {last}, due {in_words(one.update_due)}"
    if not entry.standards_met and entry.status in ("champion", "legacy_unverified"):
        yield "  ! not every standard is met now; only the Board ends the role"


def gaps_report(found: Sequence[Gap], area: str, sectors: Mapping[str, str]) -> str:
    """Organisations and service areas without a champion, and sectors of which nothing is on record. `sectors`: key → name."""
    gaps = [one for one in found if one.organisation]
    lines = [
        f"{one.organisation}{f', {one.service_area}' if one.service_area else ''}   {sectors.get(one.sector, one.sector) or 'sector not recorded'}"
        for one in gaps
    ]
    unheard = [sectors[one.sector] for one in found if not one.organisation]
    if not gaps:
        lines = [f"Every organisation on record in {area} has a champion."]
    else:
        lines.append(f"{len(gaps)} without a champion in {area}.")
    if unheard:
        lines.append(f"No organisation on record in {area}: {'; '.join(unheard)}.")
    return "\n".join(lines)
