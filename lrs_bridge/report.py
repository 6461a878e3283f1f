"""What the terminal shows, in words: a learner, the service, an import, what no rule takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from lrs_bridge.flows.champion import Registered
from lrs_bridge.flows.explain import NOT_PROVEN, Explained
from lrs_bridge.flows.imports import Report
from lrs_bridge.flows.people import KINDS_IN_WORDS, Unknown
from lrs_bridge.flows.unmapped import UnmappedActivity
from lrs_bridge.learning.by_hand import SOURCE
from lrs_bridge.learning.differences import PersonChange, WhatIf
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
        yield f"  missing    {names.get(key, key)}"


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


def status_report(body: dict[str, Any]) -> str:
    """The service: trouble first, then jobs, pending work, mappings and messages."""
    return "\n".join(_status(body))


def _status(body: dict[str, Any]) -> Iterator[str]:
    for trouble in body["trouble"]:
        yield f"! {trouble}"
    if not body["trouble"]:
        yield "Everything runs."
    yield "Jobs"
    for job in body["jobs"]:
        yield f"  {job['name']:<10} {job['outcome']:<7} {job['started'][:19]}  {job['seconds'] or 0:.2f} s  {job['detail'][:200]}"
    pending = body["pending"]
    age = (
        f", the oldest for {pending['oldest_seconds']:.0f} s" if pending["oldest_seconds"] is not None else ""
    )
    yield f"Pending    {pending['statements']} statements, {pending['learners']} learners{age}"
    mappings = body["mappings"]
    if mappings:
        again = (
            f", matching anew: {mappings['rematched']} of {mappings['rematch_to']}"
            if mappings["rematching"]
            else ""
        )
        yield f"Mappings   {mappings['digest']} since {mappings['since'][:19]} by {mappings['put_by']}{again}"
    yield f"Learners   {body['learners']}"
    yield f"Unmapped   {body['unmapped_activities']} activities (`lrs-bridge unmapped`)"
    alerts = body["alerts"]
    number = sum(one["number"] for one in alerts["held"])
    yield f"Alerts     {alerts['waiting']} waiting, {number} held{' (`lrs-bridge alerts list`)' if number else ''}"
    deliveries = body["deliveries"]
    yield f"Messages   {deliveries['sent']} sent, {deliveries['waiting']} waiting, {deliveries['failed']} failed"
    for failure in deliveries["failures"]:
        then = f", next try {failure['next_try'][:19]}" if failure["next_try"] else ", given up"
        yield f"  {failure['to']}: {failure['reason']} (try {failure['tries']}{then})"
    for one in body["set_aside"]:
        yield f"Set aside  {one['kind']} {one['number']}: {one['reason']}"


_VERDICTS = {"release": "released", "drop": "dropped"}


def alerts_report(groups: Sequence[dict[str, Any]]) -> str:
    """What waits to be told to Boards, by area and cause; of what is held, how to decide."""
    said = [line for one in groups for line in _alerts(one)]
    return "\n".join([*said, NOT_PROVEN] if said else ["No alert waits or is held."])


def _alerts(one: dict[str, Any]) -> Iterator[str]:
    state = _VERDICTS.get(one["state"], one["state"])
    yield f"{one['area']} {one['cause']}   {state}: {one['number']} {'alert' if one['number'] == 1 else 'alerts'}"
    yield f"  caused by  {one['caused_by']}"
    yield f"  would say  {'; '.join(one['in_words'])}"
    yield f"  such as    {one['example']}"
    yield f"  since      {one['since'][:19]}; {one['why']}"
    if one["state"] == "held":
        yield f"  to send    lrs-bridge alerts release {one['area']} {one['cause']} --reason '…'"
        yield f"  or not     lrs-bridge alerts drop {one['area']} {one['cause']} --reason '…'"
    yield ""


def mappings_report(history: Sequence[dict[str, Any]]) -> str:
    """The mappings in force and those before them, the newest first."""
    return "\n".join(_mappings(history)) or "No mappings have been in force yet."


def _mappings(history: Sequence[dict[str, Any]]) -> Iterator[str]:
    for one in history:
        until = f"until {one['until'][:19]}" if one["until"] else "in force"
        yield f"{one['digest']}  since {one['since'][:19]}  {until:<25}  by {one['put_by']}"
        again = one["matched_anew"]
        if again:
            yield f"  statements are still matched anew: {again['done']} of {again['of']} ({again['percent']} %)"


def what_if_report(seen: WhatIf, folder: str) -> str:
    """What mapping files would change: warnings and a summary first, then people, each with what differs and why."""
    return "\n".join(_what_if(seen, folder))


def _what_if(seen: WhatIf, folder: str) -> Iterator[str]:
    yield f"{folder} ({seen.digest}) compared with what is in force ({seen.in_force}); nothing was changed."
    if seen.is_rematching:
        yield "! Statements are still matched anew by what is in force: ask again when that is done, for these numbers may be off."
    statements, learners = seen.waiting
    if statements or learners:
        yield f"! {statements} statements and {learners} learners wait to be computed; what those statements would change is not counted."
    if seen.failed:
        yield f"! {seen.failed} statements or learners can't be computed by these files; the log says why."
    if seen.statements:
        yield "Statements"
    for (change, source, activity), count in seen.statements.most_common(_ACTIVITIES_SHOWN):
        yield f"  {change:<16} {count:>6}  {source}: {activity}"
    rest = seen.statements.total() - sum(count for _, count in seen.statements.most_common(_ACTIVITIES_SHOWN))
    if rest:
        yield f"  and {rest} about {len(seen.statements) - _ACTIVITIES_SHOWN} more activities"
    for title, counts in (("Tier reached", seen.attained), ("Tier required", seen.required)):
        for framework in sorted({key[0] for key in counts}):
            yield f"{title} ({framework})"
            for (own, before, after), count in counts.most_common():
                if own == framework:
                    yield f"  {before or 'none':>4} → {after or 'none':<4} {count:>6}"
    yield from _champions_if(seen)
    for person in seen.people:
        yield from _person_if(person)
    if seen.concerned > len(seen.people):
        yield f"and {seen.concerned - len(seen.people)} more people; --limit shows more"
    people = "1 person" if seen.concerned == 1 else f"{seen.concerned} people"
    yield f"{people} would stand elsewhere." if seen.concerned else "Nobody would stand elsewhere."


def _champions_if(seen: WhatIf) -> Iterator[str]:
    for area in sorted({area for area, _ in (*seen.eligible, *seen.flagged)}):
        yield f"Champions in {area}"
        words = {True: "would become eligible", False: "would no longer meet every standard"}
        yield from (
            f"  {seen.eligible[area, now]:>6} {said}"
            for now, said in words.items()
            if seen.eligible[area, now]
        )
        words = {True: "would be flagged as champion", False: "would no longer be flagged as champion"}
        yield from (
            f"  {seen.flagged[area, now]:>6} {said}" for now, said in words.items() if seen.flagged[area, now]
        )
        for said, counts in (("lose", seen.lost), ("gain", seen.gained)):
            yield from (
                f"  {count:>6} {said} {key}" for (own, key), count in counts.most_common() if own == area
            )
    for (area, kind), count in sorted(seen.alerts.items()):
        held = f"; held, since more than {seen.held_above} for one area" if area in seen.held else ""
        yield f"Alerts     {count} to the Board of {area}: {kind.replace('_', ' ')}{held}"


def _person_if(person: PersonChange) -> Iterator[str]:
    said = []
    for tier in person.difference.tiers:
        for word, (before, after) in (("reached", tier.attained), ("required", tier.required)):
            if before != after:
                said.append(f"{word} {before or 'none'} → {after or 'none'} ({tier.framework})")
    for change in person.difference.areas:
        states = [
            f"{status.replace('_', ' ')}{', flagged' if flagged else ''}"
            for status, flagged in zip(change.status, change.flagged, strict=True)
        ]
        if states[0] == states[1]:  # asked, or decided, already: what differs are the standards
            states = [
                f"{state}, standards {'met' if met else 'not met'}"
                for state, met in zip(states, change.standards_met, strict=True)
            ]
        said.append(f"{change.area}: {' → '.join(states)}")
    where = ", ".join(person.organisations) or "no post"
    yield f"{person.name} ({where})   {'; '.join(said)}"
    if person.difference.why:
        yield f"  because  {'; '.join(person.difference.why)}"


def import_report(report: Report, *, applied: bool) -> str:
    """Every row that changes something, then the count and what to do next."""
    return "\n".join(_import(report, applied=applied))


def _import(report: Report, *, applied: bool) -> Iterator[str]:
    width = max((len(outcome) for _, outcome, _ in report.changes), default=0)
    for line, outcome, words in report.changes:
        yield f"line {line:<5} {outcome:<{width}}  {words}"
    if report.changed > len(report.changes):
        yield f"and {report.changed - len(report.changes)} more; --all shows every one"
    for line, words in report.warnings:
        yield f"! line {line}, {words}"
    if report.warned > len(report.warnings):
        yield f"! and {report.warned - len(report.warnings)} more like these"
    for line, before in report.repetitions:
        yield f"line {line} repeats line {before}"
    if report.repeated > len(report.repetitions):
        yield f"and {report.repeated - len(report.repetitions)} more lines that stand twice"
    rows = "1 row" if report.rows == 1 else f"{report.rows} rows"
    counts = ", ".join(
        f"{number} {outcome.replace('_', ' ')}" for outcome, number in sorted(report.counts.items())
    )
    yield f"{rows} read as {report.encoding}{f': {counts}' if counts else ''}."
    if not report.changes:
        yield "Nothing had to be changed." if applied else "Nothing would be changed."
    elif applied:
        yield "Done; standings follow within seconds."
    else:
        yield "Nothing was changed yet. Add --apply to do it."
    if report.headings_told and not applied:
        yield "What --column says is remembered with --apply; until then, say it again."


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


def unmapped_report(found: Sequence[UnmappedActivity]) -> str:
    """Activities that look completed and that no rule takes, the likeliest first, each with a rule to paste."""
    said = [line for one in found[:_UNMAPPED_SHOWN] for line in _unmapped(one)]
    if len(found) > _UNMAPPED_SHOWN:
        said.append(f"and {len(found) - _UNMAPPED_SHOWN} more, less like a course: --json lists them all")
    return (
        "\n".join(said)
        or "Nothing: every completion-like statement that was matched so far is taken by a rule."
    )


def _unmapped(one: UnmappedActivity) -> Iterator[str]:
    yield f"{one.count} × {one.name or '(no name)'}   source {one.source or '(none)'}"
    yield f"  activity  {one.activity}"
    yield f"  type      {one.activity_type or '(none)'}"
    yield f"  verbs     {', '.join(f'{verb} ({count})' for verb, count in one.verbs.items())}"
    yield f"  first     {one.first:%Y-%m-%d %H:%M}, last {one.last:%Y-%m-%d %H:%M} (UTC)"
    yield f"  why not   {f'nearest rule “{one.nearest_rule}”: ' if one.nearest_rule else ''}{one.failed}"
    yield f"  to paste  under rules: in sources/{one.source or 'SOURCE'}.yaml, as it stands here"
    yield from (f"  {line}" for line in one.rule.splitlines())
    yield ""
