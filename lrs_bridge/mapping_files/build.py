"""From a checked file to the types that `learning` computes by."""

from __future__ import annotations

from typing import Any

from lrs_bridge.learning import mappings as types
from lrs_bridge.moments import Calendar


def source(data: dict[str, Any], calendar: Calendar) -> types.Source:
    about, accept = data["defaults"]["about"], data["defaults"]["accept"]
    return types.Source(
        data["source"],
        data["name"],
        tuple(_rule(one, about, accept, calendar) for one in data["rules"]),
        tuple(types.Vouching(one["home_page"], tuple(one["mail_domains"])) for one in data["profiles"]),
        data["expect_within"],
    )


def _rule(
    data: dict[str, Any], about: dict[str, Any], accept: dict[str, Any], calendar: Calendar
) -> types.Rule:
    about, accept = {**about, **data["about"]}, {**accept, **data["accept"]}
    patterns = {
        key: tuple(types.Pattern.of(text) for text in about.get(key) or ())
        for key in ("activity", "grouping", "parent")
    }
    return types.Rule(
        name=data["name"],
        about=types.About(
            **patterns,
            activity_type=tuple(about.get("activity_type") or ()),
            extension={iri: tuple(values) for iri, values in (about.get("extension") or {}).items()},
        ),
        accept=types.Accept(
            verbs=tuple(accept["verbs"]),
            success=accept.get("success", "not_false"),
            completion=accept.get("completion", "not_false"),
            min_scaled_score=accept.get("min_scaled_score"),
            happened_from=calendar.start_of(accept["from"]) if accept.get("from") else None,
            happened_until=calendar.end_of(accept["until"]) if accept.get("until") else None,
        ),
        courses=tuple(data["course"]),
    )


def _equivalences(data: dict[str, Any], calendar: Calendar) -> tuple[types.Equivalence, ...]:
    return tuple(
        types.Equivalence(
            one["course"],
            one["counts_as"],
            one["decided_by"],
            one["basis"],
            calendar.end_of(one["until"]) if one["until"] else None,
        )
        for one in data["equivalences"]
    )


def framework(data: dict[str, Any], calendar: Calendar) -> types.Framework:
    companion = data["companion"]
    return types.Framework(
        key=data["framework"],
        name=data["name"],
        areas=tuple(data["areas"]),
        tiers={key: types.Tier(key, **tier) for key, tier in data["tiers"].items()},
        items={key: types.Item(key, **item) for key, item in data["items"].items()},
        routes={
            key: types.Route(
                key,
                route["name"],
                tuple(route["all_of"] or [key]),
                tuple(route["covers"]),
                route["national"],
                route["valid_for"],
                route["where"],
            )
            for key, route in data["routes"].items()
        },
        companion_levels=tuple(companion["levels"]),
        companion_courses=companion["courses"],
        companion_required=companion["required"],
        companion_valid_for=companion["valid_for"],
        course_names=data["course_names"],
        equivalences=_equivalences(data, calendar),
    )


def _need(data: dict[str, Any]) -> types.Need:
    for kind in ("any_of", "all_of"):
        if data.get(kind):
            return types.Need(kind, needs=tuple(_need(one) for one in data[kind]))
    kind = next(one for one in ("course", "attestation", "membership") if one in data)
    return types.Need(kind, data[kind], valid_for=data.get("valid_for"))


def champions(data: dict[str, Any], calendar: Calendar) -> types.Champions:
    return types.Champions(
        key=data["champions"],
        name=data["name"],
        areas={
            key: types.Area(
                key,
                area["name"],
                area["board"],
                tuple(_recipient(one) for one in area["alerts"]),
                calendar.start_of(area["start"]) if area["start"] else None,
                tuple(f"mailto:{address.casefold()}" for address in area["without_manager"]),
                area["child_contact"],
            )
            for key, area in data["areas"].items()
        },
        standards={
            key: types.Standard(
                key, standard["name"], tuple(standard["areas"] or data["areas"]), _need(standard["met_by"])
            )
            for key, standard in data["standards"].items()
        },
        transition_deadline=calendar.end_of(data["transition_deadline"])
        if data["transition_deadline"]
        else None,
        equivalences=_equivalences(data, calendar),
        sectors=data["sectors"],
        annual_update=data["annual_update"],
        remind_every=data["remind_every"],
    )


def _recipient(data: dict[str, Any]) -> types.Recipient:
    channel = "email" if "email" in data else "webhook"
    return types.Recipient(channel, data[channel], data["send"], data["secret_variable"])  # type: ignore[arg-type]  # one of the two
