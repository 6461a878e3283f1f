"""The forms by which one thing is recorded: which columns of which import they fill, and how they ask for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from lrs_bridge.flows import imports, named
from lrs_bridge.flows.imports.memberships import bodies
from lrs_bridge.flows.recording import Desk

Options = list[tuple[str, str]]

DAY = "For example, 27/3/2026"


@dataclass(frozen=True, slots=True)
class Field:
    """`name`: the import's column; `missing`: what is said where it is required and empty."""

    name: str
    label: str
    hint: str = ""
    kind: Literal["text", "select", "radio", "day", "email"] = "text"
    options: Callable[[Desk], Options] = lambda _desk: []
    missing: str = ""

    @property
    def asked(self) -> str:
        the = "the " if self.kind == "day" else ""
        return self.missing or f"Enter {the}{self.label[0].lower()}{self.label[1:]}"


@dataclass(frozen=True, slots=True)
class Form:
    """`kind`: of import; `button`: what its button says."""

    kind: str
    title: str
    intro: str
    fields: tuple[Field, ...]

    def given(self, sent: Mapping[str, str], desk: Desk) -> dict[str, str]:
        """Column → text, as sent, with what holds for every record of the organisation."""
        row = {field.name: sent.get(field.name, "").strip() for field in self.fields}
        return {**row, "organisation": desk.organisation.name} if "organisation" in self.columns else row

    def wrong(self, row: Mapping[str, str]) -> dict[str, str]:
        """Field → what is wrong with it, as far as that can be told before the import looks at it."""
        columns = {column.name: column for column in imports.KINDS[self.kind].columns}
        found = {}
        for field in self.fields:
            typed = row[field.name]
            if not typed and columns[field.name].required:
                found[field.name] = field.asked
            elif typed and field.kind == "email" and not {"@", "|"} & {*typed}:
                found[field.name] = "Enter an e-mail address in the correct format, like name@example.org"
        return found

    @property
    def columns(self) -> tuple[str, ...]:
        return imports.KINDS[self.kind].column_names


def courses(desk: Desk) -> Options:
    return sorted(desk.mappings.courses.items(), key=lambda pair: pair[1].casefold())


def areas(desk: Desk) -> Options:
    return list(desk.areas.items())


def _attestable(desk: Desk) -> Options:
    items = {
        item.key: f"{item.key} {item.text}"
        for area in desk.areas
        if (framework := desk.mappings.framework_of(area))
        for item in framework.items.values()
        if item.attestable
    }
    return [("", "Choose one"), *named.WORDS_OF_POST.items(), *items.items()]


def _memberships(desk: Desk) -> Options:
    return [(body, body.upper()) for body in bodies(desk.mappings)]


def _any_course(desk: Desk) -> Options:
    return [("", "Choose one"), *courses(desk)]


def _area(desk: Desk) -> Options:
    return areas(desk) if len(desk.areas) == 1 else [("", "Choose one"), *areas(desk)]


_PERSON = Field(
    "person",
    "Whose record is it?",
    "An e-mail address that they are known by here, or their badge as “organisation|number”",
    kind="email",
    missing="Enter whose record it is",
)
_UNTIL = Field("until", "Last day on which it holds", f"Leave it empty if it doesn't end. {DAY}", kind="day")

FORMS = {
    "completion": Form(
        "completions",
        "Record a completed course",
        "For a course of which no system tells us: another council's certificate, a training day elsewhere.",
        (
            _PERSON,
            Field("course", "Course", kind="select", options=_any_course, missing="Choose the course"),
            Field("date", "Day on which it was completed", DAY, kind="day"),
            Field("provider", "Who gave the course (optional)"),
            Field("certificate", "Reference of the certificate (optional)"),
            Field("seen_by", "Who saw the certificate (optional)", "Their e-mail address", kind="email"),
            Field("seen_by_name", "Their name (optional)"),
            Field("note", "Note (optional)", "Such as “scan in the training folder”"),
        ),
    ),
    "attestation": Form(
        "attestations",
        "Record somebody's word",
        "What a manager, supervisor or CSE lead signed about somebody whose work they know. Nobody vouches for themselves.",
        (
            _PERSON,
            Field(
                "attestation",
                "What was said",
                kind="select",
                options=_attestable,
                missing="Choose what was said",
            ),
            Field("area", "Area of the post", kind="select", options=_area, missing="Choose the area"),
            Field(
                "service_area",
                "Service area or team (optional)",
                "Where the person has posts in several",
            ),
            Field("by", "Who vouches", "Their e-mail address", kind="email", missing="Enter who vouches"),
            Field("by_name", "Their name (optional)"),
            Field("date", "Day on which they said so", DAY, kind="day"),
            Field(
                "answer",
                "Their answer",
                kind="radio",
                options=lambda _desk: [("yes", "Yes"), ("no", "No: this ends an earlier yes")],
            ),
            Field(
                "parts",
                "What their word covers",
                "For an item of a tier only",
                kind="select",
                options=lambda _desk: [
                    ("", "What the item asks for"),
                    ("word", "That the person does it"),
                    ("knowledge", "That the person knows it"),
                    ("both", "Both"),
                ],
            ),
            _UNTIL,
            Field("note", "Note (optional)", "Such as “signed form in the personnel file”"),
        ),
    ),
    "membership": Form(
        "memberships",
        "Record a membership",
        "A membership that you have checked. A course of the same body is another thing, and is no membership.",
        (
            _PERSON,
            Field("membership", "Membership of", kind="select", options=_memberships),
            Field("checked", "Day on which it was checked", DAY, kind="day"),
            Field("source", "Where it was checked", "Such as “ESCB gold membership list”"),
            Field("number", "Membership number (optional)"),
            _UNTIL,
        ),
    ),
    "equivalence": Form(
        "equivalences",
        "Record that another course counts",
        "Your organisation's decision that another course is as good as a known one, for the tiers of its people. For champion"
        " standards the Board decides.",
        (
            Field("course", "The other course", "A short name of your choice, such as “Kent CSE basic”"),
            Field(
                "counts_as",
                "Counts as",
                kind="select",
                options=_any_course,
                missing="Choose what it counts as",
            ),
            Field(
                "decided_by", "Who decided", "Their e-mail address", kind="email", missing="Enter who decided"
            ),
            Field("decided_by_name", "Their name (optional)"),
            Field("basis", "On what basis", "Such as “same outcomes, checked against its syllabus”"),
            Field("date", "Day of the decision", f"From then on it counts. {DAY}", kind="day"),
            _UNTIL,
        ),
    ),
}


def placed(wrong: Mapping[str, str], fields: Sequence[str], elsewhere: str) -> dict[str, str]:
    """Field → what is wrong with it, in the order of the page; what concerns none of them stands at `elsewhere`."""
    others = [text for name, text in wrong.items() if name not in fields]
    told = {name: wrong[name] for name in fields if name in wrong}
    if others:
        told[elsewhere] = "; ".join([*filter(None, [told.get(elsewhere)]), *others])
    return told


def with_decided_courses(options: Options, decided: frozenset[str], desk: Desk) -> Options:
    """The courses, and those that equivalences are about."""
    there = {key for key, _ in options}
    return [*options, *((key, named.course(key, desk.mappings)) for key in sorted(decided - there))]
