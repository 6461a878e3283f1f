"""The public requirements of an LRS, XAPI-00001 to XAPI-00336: where each stands and what it asks, in our words.

Those that something is refused for are in `lrs_bridge.xapi.rules`, and there alone. The numbers are those of the public
conformance suite; what it has removed, or names twice, is told as such.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lrs_bridge.xapi.rules import RULES


@dataclass(frozen=True, slots=True)
class Requirement:
    """clauses as in rules.Rule; `rule` is its key there, "" if nothing is refused for it; `needs_no_test` says why."""

    clause_1_0_3: str
    clause_2_0_0: str
    words: str
    rule: str = ""
    needs_no_test: str = ""


# By clause of 1.0.3 and of 2.0.0.
_OWN: Final[dict[tuple[str, str], dict[int, str]]] = {
    ("Data 2.2", "4.2"): {
        2: "numbers are kept at least as exactly as a 32-bit float has them",
        13: "language tags that RFC 5646 doesn't form are refused",
        15: "text is UTF-8, coming in and going out",
        21: "no member of a statement is there twice",
    },
    ("Data 2.3.2", "4.2.5"): {
        16: "a voiding statement can't be voided; a void may come before what it voids",
        18: "a voided statement is found by voidedStatementId alone",
        19: "a statement voids by the verb voided",
        20: "a voiding statement names its target by a StatementRef",
    },
    ("Data 2.4.1", "4.2.4.2"): {
        26: "a statement without an id gets one",
        30: "UUIDs are those of RFC 4122, of any version",
    },
    ("Data 2.4.4.1", "4.2.2.3"): {
        50: "patterns and components of interactions have their types (the suite has the number alone)",
        51: "patterns and components of interactions have their types (the suite has the number alone)",
        52: "patterns and components of interactions have their types (the suite has the number alone)",
        53: "patterns and components of interactions have their types (the suite has the number alone)",
        54: "patterns and components of interactions have their types (the suite has the number alone)",
        55: "patterns and components of interactions have their types (the suite has the number alone)",
        58: "patterns and components of interactions have their types (the suite has the number alone)",
        62: "a component's description is a language map",
        63: "patterns and components of interactions have their types (the suite has the number alone)",
    },
    ("Data 2.4.6", "4.2.2.5"): {
        96: "context activities are given back in arrays, even one alone",
    },
    ("Data 2.4.8", "4.2.4.2"): {
        97: "a statement that brings a stored is taken, and stored set anew",
    },
    ("Data 2.4.9", "4.2.4.2"): {
        99: "the authority is set from the credential of the request",
    },
    ("Data 2.5", "4.1.6.1"): {
        108: "a more that isn't empty leads to the next page",
        109: "more is empty or missing when nothing is left",
        110: "statements is an array of statements",
        111: "a page that more leads to has statements and more itself",
        112: "an empty answer is no error: as XAPI-00149",
        113: "a query is answered by one object of statements and more",
        114: "what is too much for one page goes on further pages",
    },
    ("Data 4.1", "4.2.7"): {
        119: "extensions may be empty, and their values null, empty text or an empty object",
    },
    ("Data 4.5", "4.2.7"): {
        122: "timestamps keep milliseconds at least",
    },
    ("Communication 1.1", "4.1"): {
        125: "HEAD is answered as GET, without the body",
        126: "HEAD is taken",
    },
    ("Communication 1.5", "4.1.3"): {
        136: "there is no such number",
        137: "removed from the suite",
        138: "removed from the suite",
    },
    ("Communication 2.1", "4.1.6.1"): {
        139: "statements are at /statements",
        140: "statements, states, agents and profiles all have their resource",
        141: "since gives what was stored after it: as XAPI-00195, 00275 and 00294",
    },
    ("Communication 2.1.1", "4.1.6.1"): {
        142: "a PUT of an id that is held changes nothing",
        143: "a PUT is answered 204",
        144: "a PUT is taken with a statementId",
        145: "a PUT without statementId is refused",
    },
    ("Communication 2.1.2", "4.1.6.1"): {
        146: "a POST is answered 200 and with the ids of all its statements",
        147: "POST is taken",
        148: "a GET may be sent as a POST by the alternate syntax (1.0.3 alone)",
    },
    ("Communication 2.1.3", "4.1.6.1"): {
        149: "a query that finds nothing is answered with an empty array",
        152: "removed from the suite",
        153: "every answer has X-Experience-API-Consistent-Through, errors too",
        154: "a query without an id is answered 200 and with statements and more",
        155: "voidedStatementId gives the one voided statement",
        156: "statementId gives the one statement",
        157: "voidedStatementId is a parameter of GET",
        158: "statementId is a parameter of GET",
        159: "GET is taken",
        160: "X-Experience-API-Consistent-Through is a timestamp",
        161: "without attachments=true the answer is JSON alone",
        164: "what is given out is what the filters ask for",
        165: "an answer to GET has a Content-Type",
        166: "ascending turns the order round",
        167: "attachments=true gives contents too",
        168: "without format statements are given exactly",
        169: "format=canonical gives the definitions held, in one language",
        170: "format=exact gives statements as they came",
        171: "format=ids leaves what identifies alone",
        172: "canonical chooses by Accept-Language",
        173: "limit bounds a page",
        174: "until gives what was stored no later",
        175: "since gives what was stored after it",
        176: "related_agents widens agent to all places",
        177: "related_activities widens activity to all places",
        178: "registration filters",
        179: "activity filters",
        180: "verb filters",
        181: "agent filters",
    },
    ("Communication 2.1.4", "4.1.6.1"): {
        162: "what refers to a voided statement is still found by it",
        163: "no query but voidedStatementId gives a voided statement",
    },
    ("Communication 2.2", "4.1.6.2"): {
        182: "a refused request changes nothing that is held",
        183: "a merge goes one level deep: members are replaced whole",
        184: "in a merge what is sent wins over what was there",
        185: "how a merge is to be computed",
        186: "how a merge is to be computed",
    },
    ("Communication 2.3", "4.1.6.2"): {
        187: "a state can be deleted",
        188: "a state can be got",
        189: "a state can be posted",
        190: "a state can be put",
        191: "DELETE with a stateId removes that state, and answers 204",
        192: "GET with a stateId gives that state",
        193: "GET without stateId gives the ids of the states",
        194: "DELETE without stateId removes all states of the context",
        195: "since gives the ids of states stored after it",
        205: "a DELETE of states has no since",
        216: "DELETE of a state takes a stateId",
        217: "GET of a state takes a stateId",
        218: "PUT of a state takes a registration",
        219: "DELETE of a state takes a registration",
        220: "GET of a state takes a registration",
        221: "GET of states takes a since",
        222: "since gives the ids of states stored after it: as XAPI-00195",
        223: "a DELETE of states has no since",
        224: "in a DELETE of a state, activityId is an IRI",
        225: "in a GET of a state, stateId is text",
        226: "in a POST of a state, stateId is text",
        227: "POST of a state takes a registration",
        228: "in a PUT of a state, stateId is text",
        230: "states are at /activities/state",
        231: "a state can be posted: as XAPI-00189",
        233: "a POST of a state that isn't there stores it as a PUT does",
        234: "a POST of a state that is there merges the two",
    },
    ("Communication 2.4", "4.1.6.3"): {
        236: "agents can be asked for by GET",
        237: "a Person's objectType is Person",
        238: "a Person's name is an array of texts",
        239: "a Person's mbox is an array of IRIs",
        240: "a Person's mbox_sha1sum is an array of texts",
        241: "a Person's openid is an array of texts",
        242: "a Person's account is an array of accounts",
        244: "each mbox of a Person is mailto: and an address",
        245: "agents are at /agents",
        246: "a Person may have several identifiers: as XAPI-00248",
        247: "of an agent nobody knows a Person is given all the same: as XAPI-00248",
        248: "a request for an agent is answered with a Person",
    },
    ("Communication 2.5", "4.1.6.4"): {
        251: "a request for an activity is answered with the whole activity",
        252: "activities are at /activities",
        253: "activities can be asked for by GET",
        254: "of an activity all languages are given that any statement told",
    },
    ("Communication 2.6", "4.1.6.5"): {
        259: "GET with a profileId gives that profile of an agent",
        268: "GET of an agent's profiles takes a since",
        269: "GET with a profileId gives that profile of an agent: as XAPI-00259",
        270: "GET without profileId gives the ids of an agent's profiles",
        271: "DELETE removes a profile of an agent, and answers 204",
        272: "POST of an agent's profile is answered 204",
        273: "PUT of an agent's profile is answered 204; one without ETag is refused with a message (1.0.3)",
        274: "a profile of an agent can be got",
        275: "since gives the ids of agent profiles stored after it",
        276: "in a POST of an agent's profile, profileId is text",
        277: "in a PUT of an agent's profile, profileId is text",
        279: "a POST of an agent's profile that is there merges the two",
        280: "a POST of an agent's profile that isn't there stores it as a PUT does",
        282: "agents' profiles are at /agents/profile",
        283: "a profile of an agent can be posted: as XAPI-00272",
    },
    ("Communication 2.7", "4.1.6.6"): {
        285: "a profile of an activity can be deleted",
        286: "a profile of an activity can be posted",
        287: "a profile of an activity can be put",
        288: "GET with a profileId gives that profile of an activity",
        289: "GET without profileId gives the ids of an activity's profiles",
        290: "a profile of an activity can be got",
        291: "DELETE of an activity's profile is answered 204",
        292: "POST of an activity's profile is answered 204",
        293: "PUT of an activity's profile is answered 204",
        294: "since gives the ids of activity profiles stored after it",
        303: "GET of an activity's profiles takes a since",
        304: "agent is no parameter of an activity's profiles",
        305: "in a DELETE of an activity's profile, profileId is text",
        306: "in a POST of an activity's profile, profileId is text",
        307: "in a PUT of an activity's profile, profileId is text",
        308: "a POST of an activity's profile that is there merges the two",
        310: "a POST of an activity's profile that isn't there stores it as a PUT does",
        311: "activities' profiles are at /activities/profile",
        312: "a profile of an activity can be posted: as XAPI-00286",
    },
    ("Communication 2.8", "4.1.6.7"): {
        315: "what the LRS speaks is told at /about",
        316: "the versions told are ones that exist",
        317: "the versions told include 1.0.3, and 2.0.0",
        318: "version is an array of texts",
        319: "about is answered 200 and has a version",
        320: "extensions of about (withdrawn by the suite: they are optional)",
    },
    ("Communication 3.2", "4.1.5"): {
        323: "a statement is refused by the error codes of the standard alone",
        326: "of a batch with one bad statement nothing is kept",
        327: "what a credential may not do is answered 403",
        328: "what is too large is answered 413",
        329: "a fault of the server's own is answered 500",
    },
    ("Communication 3.3", "4.1"): {
        330: "statements are never converted to an older version",
        332: "a statement keeps the version it came with",
        333: "every answer says the version in X-Experience-API-Version",
    },
    ("Communication 4.0", "4.1"): {
        334: "no credential, or a wrong one, is answered 401",
        335: "HTTP Basic Authentication is taken",
    },
    ("Data 2.4.6.2", "4.2.2.5"): {
        95: "removed from the suite",
    },
}

_NEEDS_NO_TEST: Final = {
    **dict.fromkeys((95, 137, 138, 152), "removed from the suite"),
    136: "there is no such number",
    **dict.fromkeys((185, 186), "nothing of it can be seen from outside, as the suite says; the outcome is XAPI-00183 and 00184"),
    320: "withdrawn by the suite",
}  # fmt: skip


def _all() -> dict[str, Requirement]:
    found = {
        f"XAPI-{number:05}": Requirement(*clauses, words, needs_no_test=_NEEDS_NO_TEST.get(number, ""))
        for clauses, told in _OWN.items()
        for number, words in told.items()
    }
    ruled = {
        key: Requirement(rule.clause_1_0_3, rule.clause_2_0_0, rule.text, key) for key, rule in RULES.items()
    }
    twice = found.keys() & ruled.keys()
    if twice:
        raise ValueError(f"told in rules.py already: {', '.join(sorted(twice))}")
    # Those with a number first, in their order; then the clauses that have none.
    return dict(sorted((found | ruled).items(), key=lambda item: (not item[0].startswith("XAPI"), item[0])))


REQUIREMENTS: Final = _all()
"""By number, or by the key of a rule that has none."""
