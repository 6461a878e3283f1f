"""The shape of each kind of mapping file, for marshmallow. Unknown keys are mistakes, and each key says what it means."""

from __future__ import annotations

from typing import Any, ClassVar

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from lrs_bridge.mapping_files.values import (
    EXTENSION_NAME,
    HOME_PAGE,
    IRI,
    IRI_PATTERN,
    KEY,
    MAIL_DOMAIN,
    NAME,
    SOME,
    VARIABLE,
    ManyTexts,
    choice,
    day_field,
    duration_field,
    flag_field,
    key_field,
    says,
    text_field,
)
from lrs_bridge.mapping_files.wording import wrong


class _Mapping(Schema):
    between_keys: ClassVar[dict[str, Any]] = {}
    """In the words of JSON Schema, what a schema's own validators ask of several keys together."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.error_messages["unknown"] = wrong(
            "there is no key “{key}” here", f"one of {', '.join(self.fields)}"
        )


class About(_Mapping):
    """Null takes a condition of the defaults away."""

    activity = ManyTexts(
        fields.String(validate=IRI_PATTERN),
        validate=SOME,
        allow_none=True,
        metadata=says("The activity's IRI, exact, or with * for any characters."),
    )
    activity_type = ManyTexts(
        fields.String(validate=IRI),
        validate=SOME,
        allow_none=True,
        metadata=says("The type that the activity's definition names."),
    )
    extension = fields.Dict(
        fields.String(validate=EXTENSION_NAME),
        ManyTexts(text_field(), validate=SOME),
        validate=SOME,
        allow_none=True,
        metadata=says(
            "An extension of the activity's definition: its IRI (one blank, a member), and its value."
        ),
    )
    grouping = ManyTexts(
        fields.String(validate=IRI_PATTERN),
        validate=SOME,
        allow_none=True,
        metadata=says("An activity among the context's grouping activities."),
    )
    parent = ManyTexts(
        fields.String(validate=IRI_PATTERN),
        validate=SOME,
        allow_none=True,
        metadata=says("An activity among the context's parent activities."),
    )


_OUTCOMES = ("not_false", "true", "any")


class Accept(_Mapping):
    verbs = ManyTexts(
        fields.String(validate=IRI), validate=SOME, metadata=says("The verbs that are evidence.")
    )
    success = fields.String(
        validate=choice(*_OUTCOMES),
        metadata=says("What result.success may say; not_false (default): true or nothing."),
    )
    completion = fields.String(
        validate=choice(*_OUTCOMES),
        metadata=says("What result.completion may say; not_false (default): true or nothing."),
    )
    min_scaled_score = fields.Float(
        validate=validate.Range(
            -1, 1, error=wrong("“{{value}}” can't be a scaled score", "a number from -1 to 1")
        ),
        metadata=says("The least result.score.scaled, from -1 to 1."),
    )
    # "from" is a word of Python's
    locals()["from"] = day_field("The first day on which it may have happened.")
    until = day_field("The last day on which it may have happened.")


_ABOUT, _ACCEPT = "Which activity: all that are given must hold.", "When a statement about it is evidence."


class Rule(_Mapping):
    name = text_field("What the rule is called in explanations.", required=True)
    about = fields.Nested(About, load_default=dict, metadata=says(_ABOUT))
    accept = fields.Nested(Accept, load_default=dict, metadata=says(_ACCEPT))
    course = ManyTexts(
        fields.String(validate=KEY),
        required=True,
        validate=SOME,
        metadata=says("The course, or the courses, that are then completed."),
    )


class Defaults(_Mapping):
    about = fields.Nested(About, load_default=dict, metadata=says(_ABOUT))
    accept = fields.Nested(Accept, load_default=dict, metadata=says(_ACCEPT))


class Profiles(_Mapping):
    home_page = fields.String(
        required=True,
        validate=HOME_PAGE,
        metadata=says("The site whose agent profiles vouch for e-mail, as in its accounts."),
    )
    mail_domains = ManyTexts(
        fields.String(validate=MAIL_DOMAIN),
        required=True,
        validate=SOME,
        metadata=says("The domains that it vouches for: what stands after the @, subdomains not included."),
    )


class Source(_Mapping):
    source = key_field("The source's key, which `add-client --source` uses.", required=True)
    name = text_field("What people call the source.", required=True)
    defaults = fields.Nested(
        Defaults,
        load_default=lambda: {"about": {}, "accept": {}},
        metadata=says("What holds for every rule that doesn't say otherwise."),
    )
    rules = fields.List(
        fields.Nested(Rule), required=True, metadata=says("Tried in this order; the first that matches wins.")
    )
    profiles = fields.List(
        fields.Nested(Profiles),
        load_default=list,
        metadata=says("The sites whose agent profiles vouch for e-mail; left out: none."),
    )
    expect_within = duration_field(
        "After which time without a statement operators are told, such as P7D; left out: never.",
        load_default=None,
    )


class Tier(_Mapping):
    name = text_field("What people call the tier.", required=True)
    who = text_field("For whom it is meant.", required=True)
    inherits = fields.String(load_default=None, metadata=says("The tier whose items it takes over."))
    companion = fields.String(load_default=None, metadata=says("The safeguarding level expected beside it."))
    companion_for_roles = fields.Dict(
        fields.String(),
        fields.String(),
        load_default=dict,
        metadata=says("A role, and the safeguarding level expected of it instead."),
    )


class Item(_Mapping):
    tier = fields.String(required=True, metadata=says("The tier that it belongs to."))
    text = text_field("What is to be known.", required=True)
    local = fields.String(
        load_default=None,
        metadata=says("To whom it is local: no national route covers it, and somebody may attest it."),
    )
    practice = flag_field("It has two parts: knowledge, and the word of manager, supervisor or CSE lead.")
    course_only = flag_field("No attestation stands in for its knowledge.")
    of_post = flag_field("It is known for the post held when it was learned, and ends with it.")


class Route(_Mapping):
    name = text_field("What people call this way of learning.", required=True)
    covers = fields.List(fields.String(), required=True, metadata=says("The items that it gives."))
    all_of = fields.List(
        fields.String(validate=KEY),
        load_default=list,
        metadata=says("The courses that must all be completed; left out: the one of the route's own key."),
    )
    national = flag_field("Made for the whole country, so that it can't cover local items.")
    valid_for = duration_field("How long it counts, such as P3Y; left out: for ever.", load_default=None)
    where = fields.String(load_default="", metadata=says("Where people can take it."))


class Companion(_Mapping):
    levels = fields.List(
        fields.String(),
        load_default=list,
        metadata=says("The safeguarding levels; each implies those before it."),
    )
    courses = fields.Dict(
        fields.String(validate=NAME),
        fields.String(),
        load_default=dict,
        metadata=says("A course, and the safeguarding level that it gives."),
    )
    required = flag_field("Without its safeguarding level no tier is reached.")
    valid_for = duration_field("How long a level counts, such as P3Y; left out: for ever.", load_default=None)


class Equivalence(_Mapping):
    course = key_field("The course that counts as another.", required=True)
    counts_as = key_field("The course that it counts as.", required=True)
    decided_by = text_field("Who decided it.", required=True)
    basis = text_field("On what grounds.", required=True)
    until = day_field("The last day on which a completion counts so.", load_default=None)


class Document(_Mapping):
    title = text_field("The title of the paper that the file follows.", required=True)
    issued = fields.String(load_default="", metadata=says("When it was issued."))


_FOLLOWS = "The paper that the file follows."
_EQUIVALENCES = "Recorded decisions that one course counts as another."


class Framework(_Mapping):
    framework = key_field("The framework's key.", required=True)
    name = text_field("What people call the framework.", required=True)
    document = fields.Nested(Document, load_default=None, metadata=says(_FOLLOWS))
    areas = fields.List(
        fields.String(),
        required=True,
        validate=SOME,
        metadata=says("The areas whose Board has adopted the framework."),
    )
    tiers = fields.Dict(
        fields.String(validate=NAME),
        fields.Nested(Tier),
        required=True,
        validate=SOME,
        metadata=says("The tiers, by their keys."),
    )
    items = fields.Dict(
        fields.String(validate=NAME),
        fields.Nested(Item),
        required=True,
        validate=SOME,
        metadata=says("What is to be known, by the items' keys."),
    )
    routes = fields.Dict(
        fields.String(validate=NAME),
        fields.Nested(Route),
        required=True,
        metadata=says("The ways of learning, by their keys."),
    )
    companion = fields.Nested(
        Companion,
        load_default=lambda: {"levels": [], "courses": {}, "required": False, "valid_for": None},
        metadata=says("The safeguarding level beside the tier."),
    )
    course_names = fields.Dict(
        fields.String(validate=NAME),
        fields.String(validate=SOME),
        load_default=dict,
        metadata=says("What people call a course that has no route of its own."),
    )
    equivalences = fields.List(fields.Nested(Equivalence), load_default=list, metadata=says(_EQUIVALENCES))


def _need() -> Schema:
    return Need()


_ONE_THING = ("course", "attestation", "membership")
_SEVERAL = ("any_of", "all_of")


class Need(_Mapping):
    course = key_field("The course that must be completed.")
    attestation = key_field("What somebody must vouch for: manager_support or working_knowledge.")
    membership = key_field("Of what one must be a member: nwg.")
    valid_for = duration_field("How long it counts, such as P3Y; left out: for ever.")
    any_of = fields.List(fields.Nested(_need), validate=SOME, metadata=says("Of these, one must be met."))
    all_of = fields.List(fields.Nested(_need), validate=SOME, metadata=says("Of these, each must be met."))

    between_keys: ClassVar[dict[str, Any]] = {
        "oneOf": [{"required": [key]} for key in (*_ONE_THING, *_SEVERAL)],
        "dependentSchemas": {"valid_for": {"properties": dict.fromkeys(_SEVERAL, False)}},
    }

    @validates_schema
    def _one(self, data: dict[str, Any], **_: Any) -> None:
        if len(data.keys() & {*_ONE_THING, *_SEVERAL}) != 1:
            raise ValidationError(
                wrong(
                    "doesn't say by what one thing it is met",
                    "exactly one of course, attestation, membership, any_of, all_of",
                )
            )
        if "valid_for" in data and data.keys() & {*_SEVERAL}:
            raise ValidationError(
                wrong(
                    "several things together have no valid_for",
                    "give it to each course, attestation or membership",
                )
            )


class Standard(_Mapping):
    name = text_field("What people call the standard.", required=True)
    areas = fields.List(
        fields.String(),
        load_default=list,
        metadata=says("The areas in which it is asked for; left out: all areas of the file."),
    )
    met_by = fields.Nested(Need, required=True, metadata=says("What meets it."))


class Recipient(_Mapping):
    email = fields.Email(metadata=says("The address to write to.", pattern=".@.", format="email"))
    webhook = fields.Url(
        schemes={"https", "http"},
        require_tld=False,
        metadata=says("The address to post to.", pattern="^[A-Za-z]+://.", format="uri"),
    )
    send = fields.String(
        load_default="at_once",
        validate=choice("at_once", "daily"),
        metadata=says("At once, or daily as one digest."),
    )
    secret_variable = fields.String(
        load_default="",
        validate=VARIABLE,
        metadata=says("The environment variable that holds the secret by which the webhook is signed."),
    )

    between_keys: ClassVar[dict[str, Any]] = {
        "oneOf": [{"required": ["email"]}, {"required": ["webhook"]}],
        "dependentSchemas": {
            "webhook": {"required": ["secret_variable"], "properties": {"secret_variable": {"minLength": 1}}}
        },
    }

    @validates_schema
    def _one(self, data: dict[str, Any], **_: Any) -> None:
        if len(data.keys() & {"email", "webhook"}) != 1:
            raise ValidationError(wrong("doesn't say whom to tell", "exactly one of email, webhook"))
        if "webhook" in data and not data["secret_variable"]:
            raise ValidationError(
                wrong(
                    "the webhook has no signing secret",
                    "secret_variable: the name of the environment variable that holds it",
                )
            )


class Area(_Mapping):
    name = text_field("What people call the area.", required=True)
    board = text_field("The Board that registers its champions.", required=True)
    alerts = fields.List(
        fields.Nested(Recipient),
        load_default=list,
        metadata=says("Whom to tell who is eligible, and who no longer is."),
    )
    start = day_field(
        "From when the Board is told of each person; what was true before comes as one number.",
        load_default=None,
    )
    child_contact = text_field(
        "Whom to call or write to when worried about a child; stands at the foot of every page.",
        load_default="",
    )
    without_manager = fields.List(
        fields.Email(),
        load_default=list,
        metadata=says("Whose word takes the place of a line manager's where a post has none."),
    )


class Champions(_Mapping):
    champions = key_field("The key of this set of standards.", required=True)
    name = text_field("What people call it.", required=True)
    document = fields.Nested(Document, load_default=None, metadata=says(_FOLLOWS))
    areas = fields.Dict(
        fields.String(validate=NAME),
        fields.Nested(Area),
        required=True,
        validate=SOME,
        metadata=says("The areas, by their keys."),
    )
    transition_deadline = day_field(
        "The last day for champions from before to be registered anew; the register shows it.",
        load_default=None,
    )
    annual_update = duration_field(
        "How long after the last annual update a champion is due for the next.", load_default=None
    )
    remind_every = duration_field(
        "How long a coordinator waits before the same person is reminded again; 30 days if left out.",
        load_default=None,
    )
    sectors = fields.Dict(
        fields.String(validate=NAME),
        text_field(),
        load_default=dict,
        metadata=says("Kinds of organisations that should have a champion, and what people call them."),
    )
    standards = fields.Dict(
        fields.String(validate=NAME),
        fields.Nested(Standard),
        required=True,
        metadata=says("What makes somebody eligible, by the standards' keys: all are asked for."),
    )
    equivalences = fields.List(fields.Nested(Equivalence), load_default=list, metadata=says(_EQUIVALENCES))


SCHEMAS: dict[str, Schema] = {"sources": Source(), "frameworks": Framework(), "champions": Champions()}
"""Folder → the shape of its files."""
