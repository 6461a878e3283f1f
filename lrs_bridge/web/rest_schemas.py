"""What the Read API takes and answers, for marshmallow: it checks requests, picks the members of answers, and is what the
API's document is drawn from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, get_args

from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema

from lrs_bridge.errors import BadInput, Problem
from lrs_bridge.flows.links import Result
from lrs_bridge.learning.champions import State
from lrs_bridge.learning.eligibility import Status
from lrs_bridge.learning.mappings import Part
from lrs_bridge.learning.tiers import CompanionStatus
from lrs_bridge.xapi.actors import check_agent
from lrs_bridge.xapi.findings import Findings
from lrs_bridge.xapi.paths import member

MOST_AGENTS: Final = 100
_RULE: Final = "Read API"
_INSTEAD: Final = " → "


def _says(text: str, **more: Any) -> dict[str, Any]:
    return {"description": text, **more}


def _text(about: str, *, empty: bool = False, **options: Any) -> fields.String:
    """Text; `empty`: null where there is none."""
    return fields.String(allow_none=empty, metadata=_says(about), **options)


def _instant(about: str) -> fields.String:
    return fields.String(allow_none=True, metadata=_says(about, format="date-time"))


def _one_of(literal: Any, about: str) -> fields.String:
    return fields.String(validate=validate.OneOf(get_args(literal)), metadata=_says(about))


def _texts(about: str) -> fields.List[str]:
    return fields.List(fields.String(), metadata=_says(about))


class _Answer(Schema):
    """Every member is always there."""

    def on_bind_field(self, _name: str, field: fields.Field[Any]) -> None:
        field.required = True


# --- agents and the request ------------------------------------------------------------------------------------------


class Account(Schema):
    homePage = fields.String(required=True, metadata=_says("The site's address."))  # noqa: N815  # xAPI's own spelling
    name = fields.String(required=True, metadata=_says("The account's name or number there."))

    class Meta:
        unknown = RAISE


class Agent(Schema):
    """An xAPI Agent: exactly one of account, mbox, mbox_sha1sum and openid. Only accounts of the credential's own home pages
    are looked up."""

    objectType = fields.String(validate=validate.Equal("Agent"))  # noqa: N815  # xAPI's own spelling
    name = fields.String()
    account = fields.Nested(Account)
    mbox = fields.String(metadata=_says("mailto: and an e-mail address"))
    mbox_sha1sum = fields.String(metadata=_says("40 hex digits"))
    openid = fields.String(metadata=_says("a URI"))

    class Meta:
        unknown = RAISE


class _AsSent(fields.Nested):
    """An Agent, held to the standard's own rules and handed on as it came."""

    def _deserialize(self, value: Any, *_args: Any, **_options: Any) -> Any:
        found = Findings("2.0.0")
        check_agent(found, value, "")
        if found.problems:
            raise ValidationError(found.problems)
        return value

    def _serialize(self, *args: Any, **_options: Any) -> Any:
        return args[0]


class StandingsRequest(Schema):
    agents = fields.List(
        _AsSent(Agent),
        required=True,
        metadata=_says("Whose standings.", minItems=1, maxItems=MOST_AGENTS),
        error_messages={
            "required": f"is missing{_INSTEAD}a list of agents",
            "null": f"is null{_INSTEAD}a list of agents",
            "invalid": f"is not a list{_INSTEAD}a list of agents",
        },
    )
    error_messages = {  # noqa: RUF012  # marshmallow's own way
        "unknown": f"is not known here{_INSTEAD}leave it out; known is agents",
        "type": f'is not an object{_INSTEAD}{{"agents": [...]}}',
    }

    class Meta:
        unknown = RAISE

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def _number(self, _data: Any, original: Any, **_options: Any) -> None:
        agents = original.get("agents") if isinstance(original, dict) else None
        if isinstance(agents, list) and not 1 <= len(agents) <= MOST_AGENTS:
            message = f"holds {len(agents)} agents{_INSTEAD}1 to {MOST_AGENTS}; ask for the rest apart"
            raise ValidationError(message, "agents")


class _Asking(Schema):
    """Of one learner, who is signed in at the site."""

    agent = _AsSent(
        Agent,
        required=True,
        metadata=_says("The learner's account, on one of the credential's own home pages."),
        error_messages={"required": f"is missing{_INSTEAD}the learner's account"},
    )
    error_messages = {  # noqa: RUF012  # marshmallow's own way
        "unknown": f"is not known here{_INSTEAD}leave it out",
        "type": f"is not an object{_INSTEAD}an object",
    }

    class Meta:
        unknown = RAISE


def _check_mbox(text: str) -> None:
    found = Findings("2.0.0")
    check_agent(found, {"mbox": text}, "")
    if found.problems:
        raise ValidationError([f"{one.what}{_INSTEAD}{one.mend}" for one in found.problems])
    if not text.isascii():
        raise ValidationError(f"is an address that mail can't be sent to{_INSTEAD}one of ASCII characters")


class LinkRequest(_Asking):
    mbox = fields.String(
        required=True,
        validate=_check_mbox,
        metadata=_says("mailto: and the address that a code is sent to."),
        error_messages={
            name: f"is {what}{_INSTEAD}mailto: and an e-mail address"
            for name, what in (("required", "missing"), ("null", "null"), ("invalid", "not a text"))
        },
    )


class CodeRequest(_Asking):
    code = fields.String(
        required=True,
        validate=validate.Length(max=20, error=f"is longer than a code{_INSTEAD}six digits"),
        metadata=_says("The six digits that were sent; blanks don't matter."),
        error_messages={
            name: f"is {what}{_INSTEAD}six digits"
            for name, what in (("required", "missing"), ("null", "null"), ("invalid", "not a text"))
        },
    )


class SentCode(_Answer):
    mbox = _text("Where the code was sent.")
    expires_at = _instant("Until when it is good.")


class CodeTaken(_Answer):
    result = _one_of(
        Result,
        "linked: account and address are one person's now. wrong: not the code that was sent last. expired: there is no "
        "code, or no longer; ask for another. kept_apart: the right one, and somebody decided that the two are not one "
        "person or that several people read the mailbox; a coordinator has to help.",
    )
    tries_left = fields.Integer(metadata=_says("How often the same code may still be tried."))


class SignInRequest(_Asking):
    """Whose page is to be opened."""


class SignInLink(_Answer):
    link = _text("The address to send the learner's browser to at once.")
    expires_at = _instant("Until when it is good.")


def read_sign_in_request(sent: Any) -> dict[str, Any]:
    """`agent`. Raises BadInput with every problem."""
    return _read(SignInRequest(), sent, "The request does not say whose page to open.")


def read_link_request(sent: Any) -> dict[str, Any]:
    """`agent` and `mbox`. Raises BadInput with every problem."""
    return _read(LinkRequest(), sent, "The request does not say whom to join with which address.")


def read_code_request(sent: Any) -> dict[str, Any]:
    """`agent` and `code`. Raises BadInput with every problem."""
    return _read(CodeRequest(), sent, "The request does not say whose code this is.")


def _read(schema: Schema, sent: Any, refusal: str) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = schema.load(sent)
    except ValidationError as wrong:
        raise BadInput(refusal, list(_problems(wrong.messages, "$"))) from wrong
    return loaded


def read_agents(sent: Any) -> list[dict[str, Any]]:
    """The agents that a request asks for. Raises BadInput with every problem."""
    refusal = "The request does not say whose standings; nothing was looked up."
    agents: list[dict[str, Any]] = _read(StandingsRequest(), sent, refusal)["agents"]
    return agents


def _problems(messages: Any, where: str) -> Iterator[Problem]:
    """marshmallow's messages, by key and index, as problems with their JSON paths."""
    if isinstance(messages, dict):
        for key, inner in messages.items():
            at = (
                where
                if key == "_schema"
                else f"{where}[{key}]"
                if isinstance(key, int)
                else member(where, key)
            )
            yield from _problems(inner, at)
        return
    for one in messages:
        if isinstance(one, Problem):
            yield Problem(f"{where}{one.where}", one.what, one.rule, one.mend)
        else:
            what, _, mend = one.partition(_INSTEAD)
            yield Problem(where, what, _RULE, mend)


# --- standings -------------------------------------------------------------------------------------------------------


class Named(_Answer):
    key = _text("As the mapping files name it.")
    name = _text("For people to read.")


class Way(_Answer):
    kind = fields.String(validate=validate.OneOf(["route", "attestation"]))
    key = _text("The route's key, or attestation: somebody who knows the learner's work must say so.")
    name = _text("For people to read.")
    where = _text("Where it can be had; may be empty.")
    courses = _texts("The courses that must all be completed, by the keys of /courses.")


class MissingItem(_Answer):
    item = _text("The item's key in the framework.")
    part = _one_of(Part, "knowledge: to be learned; word: to be vouched for.")
    text = _text("What there is to know.")
    ways = fields.List(fields.Nested(Way), metadata=_says("Each of them alone is enough."))


class Progress(_Answer):
    tier = _text("The tier's key.")
    name = _text("For people to read.")
    covered = fields.Integer(metadata=_says("Items covered, inherited ones included."))
    total = fields.Integer(metadata=_says("Items in all."))


class Companion(_Answer):
    """The level of general safeguarding training that goes with the tier."""

    level = _text("Reached.", empty=True)
    required = _text("Asked for.", empty=True)
    status = _one_of(CompanionStatus, "How they compare.")


class Tiers(_Answer):
    framework = fields.Nested(Named)
    required = _text("The highest tier that the learner's posts require; null where none does.", empty=True)
    attained = _text("The highest tier reached; null where none is, see progress.", empty=True)
    next = _text("The tier after the one attained.", empty=True)
    progress = fields.List(
        fields.Nested(Progress), metadata=_says("Each tier of the framework, lowest first.")
    )
    missing = fields.List(
        fields.Nested(MissingItem),
        metadata=_says("For the required tier, or when that is reached or none is required, for the next."),
    )
    companion = fields.Nested(Companion)


class StandardWay(_Answer):
    kind = fields.String(validate=validate.OneOf(["course", "attestation", "membership"]))
    key = _text("The course, attestation or membership.")
    name = _text("For people to read.")


class MissingStandard(_Answer):
    key = _text("The standard's key; post: there is no current post in the area, so nothing can be judged.")
    name = _text("For people to read.")
    ways = fields.List(fields.Nested(StandardWay), metadata=_says("What would meet it, or a part of it."))


class ChampionState(_Answer):
    """Where the learner stands between asking to be a champion and leaving the role."""

    key = _one_of(State, "The state.")
    since = _instant("From when.")


class AreaStanding(_Answer):
    area = fields.Nested(Named)
    status = _one_of(Status, "Eligible is not champion: the learner asks, the Board registers.")
    standards_met = fields.Boolean(
        metadata=_says("Whether all are met now; a champion who lapses stays champion.")
    )
    since = _instant("From when all standards have been met without a gap; null if they are not.")
    met = fields.List(fields.Nested(Named), metadata=_says("Standards met."))
    missing = fields.List(fields.Nested(MissingStandard), metadata=_says("Standards not met."))
    state = fields.Nested(
        ChampionState, allow_none=True, metadata=_says("null where nothing was asked or decided.")
    )


class Standing(_Answer):
    computed_at = _instant("As of when; null before the first computing.")
    is_stale = fields.Boolean(
        metadata=_says("Something newer waits to be computed, or the mappings have changed since.")
    )
    tiers = fields.List(
        fields.Nested(Tiers),
        metadata=_says(
            "One for each framework that concerns the learner; none where no Board has set tiers."
        ),
    )
    champion = fields.List(
        fields.Nested(AreaStanding), metadata=_says("One for each area that concerns the learner.")
    )
    not_proven = _text("What the record does not prove; to be shown wherever a standing is.")


class AgentStanding(_Answer):
    agent = _AsSent(Agent, metadata=_says("As asked for."))
    standing = fields.Nested(
        Standing, allow_none=True, metadata=_says("null where this credential knows of nobody by that agent.")
    )


class Standings(_Answer):
    home_pages = _texts("The credential's home pages: accounts elsewhere are not looked up.")
    standings = fields.List(fields.Nested(AgentStanding), metadata=_says("In the order asked."))


# --- courses ---------------------------------------------------------------------------------------------------------


class Extension(_Answer):
    name = _text("The extension's IRI; after a blank, a member of it.")
    values = _texts("Any of these.")


class CourseRule(_Answer):
    """Conditions on a statement's activity: all that are given must hold, each by any one of its values."""

    rule = _text("The rule's name in the mapping file.")
    id_numbers = _texts("Moodle's course ID numbers among the extension's values.")
    activity = _texts("IRIs, exact or with * for any characters.")
    activity_type = _texts("Types of the activity's definition.")
    extension = fields.List(
        fields.Nested(Extension), metadata=_says("Extensions of the activity's definition.")
    )
    grouping = _texts("IRIs among the context's grouping activities.")
    parent = _texts("IRIs among the context's parent activities.")
    verbs = _texts("The verbs that are accepted as completion.")


class Item(_Answer):
    key = _text("The item's key in the framework.")
    tier = _text("The tier it belongs to.")
    text = _text("What there is to know.")


class Coverage(_Answer):
    framework = fields.Nested(Named)
    route = _text("For people to read.")
    where = _text("Where it can be had; may be empty.")
    together_with = _texts("Courses that must be completed as well.")
    items = fields.List(fields.Nested(Item))


class CompanionLevel(_Answer):
    framework = fields.Nested(Named)
    level = _text("The level of general safeguarding training that the course reaches.")


class CoveredStandard(_Answer):
    key = _text("The standard's key.")
    name = _text("For people to read.")
    areas = _texts("The areas whose Boards ask for it.")


class Course(_Answer):
    key = _text("As the mapping files name it.")
    title = _text("For people to read.")
    sources = fields.List(
        fields.Nested(CourseRule),
        metadata=_says("How the credential's own source gives it; empty where another source does, or none."),
    )
    covers = fields.List(fields.Nested(Coverage), metadata=_says("Items of the tiers."))
    companion = fields.List(fields.Nested(CompanionLevel))
    standards = fields.List(
        fields.Nested(CoveredStandard),
        metadata=_says("Champion standards that it meets, or meets a part of."),
    )


class Courses(_Answer):
    courses = fields.List(
        fields.Nested(Course), metadata=_says("Every course that counts for something, by key.")
    )


# --- problems --------------------------------------------------------------------------------------------------------


class ProblemFound(Schema):
    where = fields.String(metadata=_says("A JSON path."))
    what = fields.String(required=True, metadata=_says("What is wrong."))
    rule = fields.String(metadata=_says("The requirement that it breaks."))
    mend = fields.String(metadata=_says("What would be right."))


class ProblemDetails(Schema):
    """RFC 9457."""

    type = fields.String(required=True, metadata=_says("A URI that names the type.", format="uri"))
    title = fields.String(required=True, metadata=_says("What that type means."))
    status = fields.Integer(required=True, metadata=_says("The HTTP status."))
    detail = fields.String(required=True, metadata=_says("What is wrong with this request."))
    problems = fields.List(fields.Nested(ProblemFound), metadata=_says("Everything that is wrong."))
    problems_not_shown = fields.Integer(metadata=_says("How many more there are."))
