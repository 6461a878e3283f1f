"""From one statement to what it is evidence of, by the rules of the source that sent it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from lrs_bridge.learning.mappings import About, Accept, Pattern, Rule, Source
from lrs_bridge.moments import format_instant

Kind = Literal["course", "attestation", "membership", "champion", "equivalence"]

COMPLETION_VERBS = frozenset(
    {
        "http://adlnet.gov/expapi/verbs/completed",
        "http://adlnet.gov/expapi/verbs/passed",
        "http://adlnet.gov/expapi/verbs/mastered",
        "http://activitystrea.ms/schema/1.0/complete",
        "http://activitystrea.ms/complete",
        "https://w3id.org/xapi/adl/verbs/satisfied",
        "http://id.tincanapi.com/verb/completed",
    }
)
"""Verbs by which a source may mean "finished": what no rule takes is shown to the operator."""

COURSE_TYPE_ENDINGS = ("/course", "/lms/course")


@dataclass(frozen=True, slots=True)
class Match:
    """What one statement is evidence of; `counts` as far as the statement and its sender tell."""

    kind: Kind
    key: str
    counts: bool
    because: str
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A completion-like statement that no rule takes: the nearest rule, and its first condition that failed."""

    activity: str
    name: str
    activity_type: str
    verb: str
    nearest_rule: str
    failed: str


@dataclass(frozen=True, slots=True)
class Speaker:
    """What a credential may speak for. Empty limits mean no limit."""

    test: bool = False
    home_pages: tuple[str, ...] = ()
    mail_domains: tuple[str, ...] = ()

    def objection(self, actor: Mapping[str, Any]) -> str | None:
        """Why a statement by this sender about this actor credits nobody; None where it may."""
        if self.test:
            return "sent with a test credential"
        if not (self.home_pages or self.mail_domains):
            return None
        account, mbox = actor.get("account"), actor.get("mbox")
        if account and any(same_site(account["homePage"], page) for page in self.home_pages):
            return None
        if mbox and any(_same_domain(mbox, domain) for domain in self.mail_domains):
            return None
        said = account["homePage"] if account else mbox or "an identifier that shows no domain"
        return f"outside what this credential may speak for: {said}"


def _same_domain(mbox: str, allowed: str) -> bool:
    return mbox.rpartition("@")[2].casefold() == allowed.removeprefix("@").casefold()


def same_site(home_page: str, allowed: str) -> bool:
    """Whether an account's home page is this one, however capitalised and with or without a slash at its end."""
    return home_page.rstrip("/").casefold() == allowed.rstrip("/").casefold()


def vouches(source: Source, home_page: str, mbox: str) -> bool:
    """Whether an agent profile of an account on this home page vouches for this e-mail ("mailto:…", or "" for none)."""
    return any(
        same_site(home_page, site.home_page)
        and any(_same_domain(mbox, domain) for domain in site.mail_domains)
        for site in source.profiles
    )


def match_statement(
    statement: Mapping[str, Any], source: Source | None, happened: datetime
) -> tuple[tuple[Match, ...], Unmapped | None]:
    """The matches of a statement under its source's rules, or what it missed.

    The first rule whose activity and acceptance both hold gives its courses. Failing that, the first rule about the
    activity gives them as not counting, with the condition that failed. An activity that no rule is about gives
    nothing, and an Unmapped if the statement looks like a completion.
    """
    rejected: tuple[Match, ...] = ()
    for rule in source.rules if source else ():
        if next(_misses(rule.about, statement), None) is not None:
            continue
        failed = next(_refusals(rule.accept, statement, happened), None)
        if failed is None:
            return tuple(
                Match("course", key, counts=True, because=f"rule “{rule.name}”") for key in rule.courses
            ), None
        rejected = rejected or tuple(
            Match("course", key, counts=False, because=failed) for key in rule.courses
        )
    if rejected or not looks_like_completion(statement):
        return rejected, None
    return (), _unmapped(statement, source)


def looks_like_completion(statement: Mapping[str, Any]) -> bool:
    """Something a person might call finished: an Activity, a completing verb, or a result that says complete or passed
    (but not the answer to one question)."""
    target = statement["object"]
    if target.get("objectType", "Activity") != "Activity":
        return False
    if statement["verb"]["id"] in COMPLETION_VERBS:
        return True
    result = statement.get("result", {})
    interaction = (
        target.get("definition", {}).get("type") == "http://adlnet.gov/expapi/activities/cmi.interaction"
    )
    return not interaction and (result.get("completion") is True or result.get("success") is True)


def looks_like_course(activity_type: str) -> bool:
    return activity_type.endswith(COURSE_TYPE_ENDINGS)


def _misses(about: About, statement: Mapping[str, Any]) -> Iterator[str]:
    """Each identity condition of a rule that the statement does not meet, in words."""
    target = statement["object"]
    if target.get("objectType", "Activity") != "Activity":
        yield "the object is not an Activity"
        return
    definition = target.get("definition", {})
    if about.activity and not any(pattern.takes(target["id"]) for pattern in about.activity):
        yield f"activity is {target['id']}, not {_listed(pattern.text for pattern in about.activity)}"
    if about.activity_type and definition.get("type") not in about.activity_type:
        yield f"activity type is {definition.get('type') or 'not given'}, not {_listed(about.activity_type)}"
    for name, wanted in about.extension.items():
        value = _extension(definition.get("extensions", {}), name)
        if value not in wanted:
            said = "not given" if value is None else f"“{value}”"
            yield f"extension {name} is {said}, not {_listed(wanted)}"
    for place, patterns in (("grouping", about.grouping), ("parent", about.parent)):
        if patterns and not _in_context(statement, place, patterns):
            yield f"{place} holds none of {_listed(pattern.text for pattern in patterns)}"


def _extension(extensions: Mapping[str, Any], name: str) -> str | None:
    """An extension's value as text: a number or a truth value as JSON writes it, and an object or array as None.
    `name` is an IRI, or "IRI member" for a member of an extension that is an object."""
    iri, _, member = name.partition(" ")
    value = extensions.get(iri)
    if member:
        value = value.get(member) if isinstance(value, dict) else None
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None or isinstance(value, dict | list) else str(value)


def _in_context(statement: Mapping[str, Any], place: str, patterns: tuple[Pattern, ...]) -> bool:
    found = statement.get("context", {}).get("contextActivities", {}).get(place, [])
    activities = found if isinstance(found, list) else [found]
    return any(pattern.takes(activity["id"]) for activity in activities for pattern in patterns)


def _refusals(accept: Accept, statement: Mapping[str, Any], happened: datetime) -> Iterator[str]:
    """Each acceptance condition that fails, in words."""
    verb, result = statement["verb"]["id"], statement.get("result", {})
    if verb not in accept.verbs:
        yield f"verb {verb} is not accepted as completion"
    for name in ("success", "completion"):
        wanted, said = getattr(accept, name), result.get(name)
        if wanted == "true" and said is not True:
            yield f"result.{name} is {_spoken(said)}, and true is required"
        if wanted == "not_false" and said is False:
            yield f"result.{name} is false"
    if accept.min_scaled_score is not None:
        score = result.get("score", {}).get("scaled")
        if score is None or score < accept.min_scaled_score:
            yield f"result.score.scaled is {_spoken(score)}, below {accept.min_scaled_score:g}"
    if accept.happened_from and happened < accept.happened_from:
        yield f"happened before {format_instant(accept.happened_from)}, from when the rule holds"
    if accept.happened_until and happened >= accept.happened_until:
        yield f"happened after {format_instant(accept.happened_until)}, until when the rule holds"


def _unmapped(statement: Mapping[str, Any], source: Source | None) -> Unmapped:
    target = statement["object"]
    definition = target.get("definition", {})
    nearest, failed = "", "the credential names no source" if source is None else "the source has no rules"
    fewest: float = 2
    for rule in source.rules if source else ():
        misses = list(_misses(rule.about, statement))
        share = len(misses) / _conditions(rule)
        if share < fewest:
            nearest, failed, fewest = rule.name, misses[0], share
    return Unmapped(
        activity=target["id"],
        name=in_english(definition.get("name", {})),
        activity_type=definition.get("type", ""),
        verb=statement["verb"]["id"],
        nearest_rule=nearest,
        failed=failed,
    )


def _conditions(rule: Rule) -> int:
    about = rule.about
    return sum(map(bool, (about.activity, about.activity_type, about.grouping, about.parent))) + len(
        about.extension
    )


def in_english(language_map: Mapping[str, str]) -> str:
    """The text a reader in Essex wants: English where there is one, else the first."""
    tags = sorted(language_map, key=lambda tag: not tag.lower().startswith("en"))
    return language_map[tags[0]] if tags else ""


def _listed(values: Any) -> str:
    texts = list(values)
    return " or ".join(texts[:3]) + (f" or {len(texts) - 3} more" if len(texts) > 3 else "")


def _spoken(value: Any) -> str:
    return "not given" if value is None else str(value).lower()
