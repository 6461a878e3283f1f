"""The requirements that validity, documents, versions and queries name when they refuse something.

A key is the number of the public conformance requirements (XAPI-00044) or, where those have none, the clause. `clause`
holds where 1.0.3 says it and where 2.0.0 (IEEE 9274.1.1) does; one text stands for both when they agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Rule:
    """clause_1_0_3, clause_2_0_0: where it stands, "" if that edition doesn't have it; text: it, in our words."""

    key: str
    clause_1_0_3: str
    clause_2_0_0: str
    text: str


_TABLE: Final = (
    # Every statement
    ("JSON", "Data 2.2", "4.2", "the body is strict JSON (RFC 8259): UTF-8, no NaN, nesting of at most 100"),
    ("JSON duplicate", "Data 2.2", "4.2", "an object has each member once"),
    ("XAPI-00001", "Data 2.2", "4.2", "null stands nowhere but inside extensions"),
    ("XAPI-00003", "Data 2.2", "4.2.2", "a statement has an actor"),
    ("XAPI-00004", "Data 2.2", "4.2.2", "a statement has a verb"),
    ("XAPI-00005", "Data 2.2", "4.2.2", "a statement has an object"),
    ("XAPI-00006", "Data 2.2", "4.2", "a value has the type its member asks for"),
    ("XAPI-00007", "Data 2.2", "4.2", "text with a prescribed format is not empty"),
    ("XAPI-00008", "Data 2.2", "4.2", "members are spelt in the case the standard uses"),
    ("XAPI-00009", "Data 2.2", "4.2", "listed values are spelt in the case the standard uses"),
    ("XAPI-00010", "Data 2.2", "4.2", "members that the standard doesn't know are refused"),
    ("XAPI-00011", "Data 2.2", "4.2.7", "an IRI begins with a scheme"),
    ("XAPI-00014", "Data 2.1", "4.2", "a statement is a JSON object"),
    # Voiding
    ("XAPI-00017", "Data 2.3.2", "4.2.5", "a voiding statement's object is a StatementRef"),
    # Members that the LRS may set
    ("XAPI-00022", "Data 2.4.7", "4.2.4.2", "timestamp is text"),
    ("XAPI-00023", "Data 2.4.8", "4.2.4.2", "stored is text"),
    ("XAPI-00024", "Data 2.4.9", "4.2.4.2", "authority is an Agent or a Group"),
    ("XAPI-00027", "Data 2.4.1", "4.2.4.2", "id is a UUID"),
    ("XAPI-00028", "Data 2.4.1", "4.2.4.2", "id is text"),
    ("XAPI-00029", "Data 2.4.1", "4.2.7", "UUIDs are written in the standard string form"),
    ("XAPI-00098", "Data 2.4.9", "4.2.4.2", "an authority that is a Group has two members and no identifier"),
    ("XAPI-00100", "Data 2.4.9", "4.2.4.2", "an authority that is a Group has no more than two members"),
    (
        "Data 2.4.9",
        "Data 2.4.9",
        "4.2.4.2",
        "in an authority of two, the OAuth consumer is identified by account",
    ),
    ("XAPI-00101", "Data 2.4.10", "4.2.4.3", "version is one that this edition takes"),
    ("Communication 2.1.2", "Communication 2.1.2", "4.1.6.1", "a batch doesn't use one id twice"),
    # Actors
    ("XAPI-00031", "Data 2.4.2", "4.2.2.1", "an actor is an Agent or a Group"),
    ("XAPI-00032", "Data 2.4.2.1", "4.2.2.1", "an actor's objectType is text"),
    ("XAPI-00033", "Data 2.4.2.1", "4.2.2.1", "an actor's name is text"),
    ("XAPI-00034", "Data 2.4.2.1", "4.2.2.1", "an Agent has exactly one identifier"),
    ("XAPI-00035", "Data 2.4.2.2", "4.2.2.1", "members belong to a Group alone"),
    ("XAPI-00036", "Data 2.4.2.2", "4.2.2.1", "a Group's members are Agents"),
    ("XAPI-00037", "Data 2.4.2.2", "4.2.2.1", "a Group has one identifier or, without one, members"),
    ("XAPI-00038", "Data 2.4.2.3", "4.2.2.1", "mbox is mailto: and an e-mail address"),
    ("XAPI-00039", "Data 2.4.2.3", "4.2.2.1", "mbox_sha1sum is 40 hex digits"),
    ("XAPI-00040", "Data 2.4.2.3", "4.2.2.1", "openid is a URI"),
    ("XAPI-00041", "Data 2.4.2.3", "4.2.2.1", "account is an object"),
    ("XAPI-00042", "Data 2.4.2.4", "4.2.2.1", "an account has a homePage, an IRL"),
    ("XAPI-00043", "Data 2.4.2.4", "4.2.2.1", "an account has a name, text"),
    ("Data 2.4.2.3", "Data 2.4.2.3", "4.2.2.1", "a person is told by an identifier of one of the four kinds"),
    # Verb
    ("XAPI-00044", "Data 2.4.3", "4.2.2.2", "a verb has an id, an IRI"),
    ("XAPI-00045", "Data 2.4.3", "4.2.2.2", "a verb's display is a language map"),
    # Object
    ("XAPI-00046", "Data 2.4.4", "4.2.2.3", "objectType names one of the five kinds of object"),
    ("XAPI-00047", "Data 2.4.4.1", "4.2.2.3", "an activity has an id, an IRI"),
    ("XAPI-00048", "Data 2.4.4.1", "4.2.2.3", "a definition is an object"),
    ("XAPI-00049", "Data 2.4.4.1", "4.2.2.3", "interactionType is one of the ten"),
    ("XAPI-00056", "Data 2.4.4.1", "4.2.2.3", "a definition's name is a language map"),
    ("XAPI-00057", "Data 2.4.4.1", "4.2.2.3", "a definition's extensions are an object"),
    ("XAPI-00059", "Data 2.4.4.1", "4.2.2.3", "a definition's description is a language map"),
    ("XAPI-00060", "Data 2.4.4.1", "4.2.2.3", "a definition's type is an IRI"),
    ("XAPI-00061", "Data 2.4.4.1", "4.2.2.3", "a definition's moreInfo is an IRL"),
    ("XAPI-00064", "Data 2.4.4.1", "4.2.2.3", "answers and components need an interactionType"),
    ("Data 2.4.4.1", "Data 2.4.4.1", "4.2.2.3", "answer patterns are texts; components have distinct ids"),
    ("XAPI-00065", "Data 2.4.4.2", "4.2.2.3", "an object that is an Agent or Group says so"),
    ("XAPI-00066", "Data 2.4.4.3", "4.2.2.3", "a SubStatement has what every statement has"),
    ("XAPI-00067", "Data 2.4.4.3", "4.2.2.3", "a SubStatement has no authority"),
    ("XAPI-00068", "Data 2.4.4.3", "4.2.2.3", "a SubStatement has no version"),
    ("XAPI-00069", "Data 2.4.4.3", "4.2.2.3", "a SubStatement has no stored"),
    ("XAPI-00070", "Data 2.4.4.3", "4.2.2.3", "a SubStatement has no id"),
    ("XAPI-00071", "Data 2.4.4.3", "4.2.2.3", "a SubStatement holds no SubStatement"),
    ("XAPI-00072", "Data 2.4.4.3", "4.2.2.3", "a StatementRef has an id, a UUID"),
    ("XAPI-00073", "Data 2.4.4.3", "4.2.2.3", "an object that is a StatementRef or SubStatement says so"),
    # Result
    ("XAPI-00074", "Data 2.4.5", "4.2.2.4", "success is true or false"),
    ("XAPI-00075", "Data 2.4.5", "4.2.2.4", "completion is true or false"),
    ("XAPI-00076", "Data 2.4.5", "4.2.2.4", "response is text"),
    ("XAPI-00077", "Data 2.4.5", "4.2.2.4", "duration is text"),
    ("XAPI-00078", "Data 2.4.5", "4.2.2.4", "a result's extensions are an object"),
    ("XAPI-00079", "Data 2.4.5.1", "4.2.2.4", "score is an object"),
    ("XAPI-00080", "Data 2.4.5.1", "4.2.2.4", "max is a number above min"),
    ("XAPI-00081", "Data 2.4.5.1", "4.2.2.4", "min is a number"),
    ("XAPI-00082", "Data 2.4.5.1", "4.2.2.4", "raw is a number from min to max"),
    ("XAPI-00083", "Data 2.4.5.1", "4.2.2.4", "scaled is a number from -1 to 1"),
    # Context
    ("XAPI-00084", "Data 2.4.6", "4.2.2.5", "revision is for statements about an activity"),
    ("XAPI-00085", "Data 2.4.6", "4.2.2.5", "platform is for statements about an activity"),
    ("XAPI-00086", "Data 2.4.6", "4.2.2.5", "contextActivities is an object"),
    ("XAPI-00087-1", "Data 2.4.6", "4.2.2.5", "registration is a UUID"),
    ("XAPI-00087-2", "Data 2.4.6", "4.2.2.5", "instructor is an Agent or Group"),
    ("XAPI-00088", "Data 2.4.6", "4.2.2.5", "team is a Group"),
    ("XAPI-00089", "Data 2.4.6", "4.2.2.5", "revision is text"),
    ("XAPI-00090", "Data 2.4.6", "4.2.2.5", "platform is text"),
    ("XAPI-00091", "Data 2.4.6", "4.2.2.5", "language is a language tag"),
    ("XAPI-00092", "Data 2.4.6", "4.2.2.5", "statement is a StatementRef"),
    ("XAPI-00093", "Data 2.4.6.2", "4.2.2.5", "contextActivities are parent, grouping, category and other"),
    ("XAPI-00094", "Data 2.4.6.2", "4.2.2.5", "contextActivities hold activities"),
    (
        "2.0 contextAgents",
        "",
        "4.2.2.5",
        "contextAgents is a list of contextAgent objects, each with an Agent",
    ),
    (
        "2.0 contextGroups",
        "",
        "4.2.2.5",
        "contextGroups is a list of contextGroup objects, each with a Group",
    ),
    ("2.0 relevantTypes", "", "4.2.2.5", "relevantTypes is a list, not empty, of IRIs"),
    # Attachments
    ("XAPI-00025", "Data 2.4.11", "4.2.2.6", "attachments is a list of objects"),
    ("XAPI-00102", "Data 2.4.11", "4.2.2.6", "an attachment has a length, a whole number of octets"),
    ("XAPI-00103", "Data 2.4.11", "4.2.2.6", "an attachment has a sha2, a SHA-2 digest in hex"),
    ("XAPI-00104", "Data 2.4.11", "4.2.2.6", "fileUrl is an IRL"),
    ("XAPI-00105", "Data 2.4.11", "4.2.2.6", "an attachment has a contentType, a media type"),
    (
        "XAPI-00106",
        "Data 2.4.11",
        "4.2.2.6",
        "an attachment has a display; it and description are language maps",
    ),
    ("XAPI-00107", "Data 2.4.11", "4.2.2.6", "an attachment has a usageType, an IRI"),
    (
        "XAPI-00127",
        "Communication 1.5",
        "4.1.3",
        "statements are sent as application/json or multipart/mixed",
    ),
    ("XAPI-00128", "Communication 1.5.2", "4.1.3", "every part after the first is content of an attachment"),
    ("XAPI-00129", "Communication 1.5.2", "4.1.3", "an attachment comes along or has a fileUrl"),
    ("XAPI-00130", "Communication 1.5.2", "4.1.3", "a boundary stands before each part and after the last"),
    ("XAPI-00131", "Communication 1.5.2", "4.1.3", "a multipart request names its boundary and uses it"),
    (
        "XAPI-00132",
        "Communication 1.5.2",
        "4.1.3",
        "a part's X-Experience-API-Hash is the SHA-2 of its content",
    ),
    ("XAPI-00133", "Communication 1.5.2", "4.1.3", "all statements of a request are in its first part"),
    ("XAPI-00134", "Communication 1.5.2", "4.1.3", "the first part is application/json"),
    ("XAPI-00135", "Communication 1.5.2", "4.1.3", "the Content-Transfer-Encoding of content is binary"),
    (
        "Communication 1.5.2",
        "Communication 1.5.2",
        "4.1.3",
        "parts have readable headers, and say and hold what the statement says of them",
    ),
    ("XAPI-00115", "Data 2.6", "4.2.2.6", "a signature is a JWS, sent along as application/octet-stream"),
    ("XAPI-00116", "Data 2.6", "4.2.2.6", "what was signed is the JSON of the statement"),
    ("XAPI-00117", "Data 2.6", "4.2.2.6", "a signature's algorithm is RS256, RS384 or RS512"),
    # Data types
    ("XAPI-00118", "Data 4.1", "4.2.7", "the keys of extensions are IRIs"),
    ("XAPI-00120", "Data 4.1", "4.2.7", "extensions are an object"),
    ("XAPI-00121", "Data 4.2", "4.2.7", "the keys of a language map are language tags (RFC 5646)"),
    ("XAPI-00123", "Data 4.5", "4.2.7", "timestamps follow ISO 8601 and, in 2.0.0, RFC 3339"),
    ("XAPI-00124", "Data 4.6", "4.2.7", "durations follow ISO 8601"),
    # Requests for statements
    ("XAPI-00012", "Data 2.2", "4.2", "parameters are held to the same formats as statements"),
    (
        "XAPI-00150",
        "Communication 2.1.3",
        "4.1.6.1",
        "voidedStatementId goes with format and attachments alone",
    ),
    ("XAPI-00151", "Communication 2.1.3", "4.1.6.1", "statementId goes with format and attachments alone"),
    ("XAPI-00324", "Communication 3.2", "4.1.5", "unknown parameters are refused"),
    ("XAPI-00325", "Communication 3.2", "4.1.5", "parameters are spelt in the case the standard uses"),
    (
        "Communication 2.1.3",
        "Communication 2.1.3",
        "4.1.6.1",
        "a parameter is given once; only one id is asked for",
    ),
    ("XAPI-00321", "Communication 3.3", "4.1", "a request says which version it follows"),
    ("XAPI-00331", "Communication 3.3", "4.1", "a request follows a version that is spoken here"),
)

RULES: Final[dict[str, Rule]] = {row[0]: Rule(*row) for row in _TABLE}
