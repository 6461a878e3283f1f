"""What the terminal shows of the service: its status, alerts, mappings, what an import did, what no rule takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lrs_bridge.flows.explain import NOT_PROVEN
from lrs_bridge.flows.imports import Report
from lrs_bridge.flows.unmapped import UnmappedActivity
from lrs_bridge.learning.differences import PersonChange, WhatIf

_UNMAPPED_SHOWN = 20
_ACTIVITIES_SHOWN = 20


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
    for source in body["sources"]:
        last = f"last {source['last'][:19]}" if source["last"] else "nothing yet"
        by = f", expected by {source['expected_by'][:19]}" if source["expected_by"] else ""
        yield f"Source     {source['source']}: {last}{by}{', overdue' if source['overdue'] else ''}"
    yield f"Learners   {body['learners']}"
    yield f"Unmapped   {body['unmapped_activities']} activities (`lrs-bridge unmapped`)"
    alerts = body["alerts"]
    number = sum(one["number"] for one in alerts["held"])
    yield f"Alerts     {alerts['waiting']} waiting, {number} held{' (`lrs-bridge alerts list`)' if number else ''}"
    refused = body["refused"]
    if refused["last_day"]:
        kinds = "1 kind" if refused["last_day"] == 1 else f"{refused['last_day']} kinds"
        yield f"Refused    {kinds} of request in the last day, such as: {refused['newest']} (`lrs-bridge refused`)"
    else:
        yield "Refused    nothing in the last day"
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
