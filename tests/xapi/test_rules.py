"""Every rule of the table is one that something is refused for, and nothing is refused for any other."""

from __future__ import annotations

from contextlib import closing

import pytest
from web.multiparts import MIXED
from web.test_attachments import REFUSED as REFUSED_REQUESTS
from xapi.broken_statements import BROKEN
from xapi.examples import REFERENCE, SMALL
from xapi.test_alternate_syntax import REFUSED_ALTERNATES
from xapi.test_document_queries import BROKEN_DOCUMENT_QUERIES, POST_RULES, REFUSED_POSTS
from xapi.test_documents import REFUSED
from xapi.test_forms import REFUSED_FORMS
from xapi.test_lookups import BROKEN_LOOKUPS
from xapi.test_queries import BROKEN_QUERIES
from xapi.test_signatures import signed, written

from lrs_bridge.errors import BadInput
from lrs_bridge.flows import attachments
from lrs_bridge.xapi.agents import parse_identifier
from lrs_bridge.xapi.alternate_syntax import read
from lrs_bridge.xapi.document_queries import checked_type, parse_document_query, posted
from lrs_bridge.xapi.documents import parse
from lrs_bridge.xapi.forms import fields_of
from lrs_bridge.xapi.multipart import is_multipart
from lrs_bridge.xapi.preconditions import Preconditions
from lrs_bridge.xapi.queries import parse_query
from lrs_bridge.xapi.rules import RULES
from lrs_bridge.xapi.signatures import problems_of_signature
from lrs_bridge.xapi.validity import problems_of, problems_of_batch
from lrs_bridge.xapi.versions import negotiate


def _problems_of_request(body):
    try:
        received = attachments.receive([body], MIXED["Content-Type"], longest_json=10_000)
        with closing(received):
            return attachments.problems_of(attachments.split(received.json, received), received)
    except BadInput as fault:
        return fault.problems


def _refusals():
    for _, versions, _, statement in BROKEN:
        for version in versions:
            yield from problems_of(statement, version)
    yield from problems_of_batch([{**SMALL, "id": REFERENCE["id"]}] * 2, "1.0.3")
    for body, _ in REFUSED_REQUESTS.values():
        yield from _problems_of_request(body)
    for jws in (b"", signed({}), written({"alg": "none"})):
        yield from problems_of_signature(jws, SMALL, "$.attachments[0]")
    for _, sent in REFUSED_ALTERNATES:
        yield from read(*sent).problems
    calls = [
        *((parse, (body,)) for body, _, _ in REFUSED),
        *((parse_query, (args, "1.0.3")) for _, _, args in BROKEN_QUERIES),
        *((parse_document_query, (*args, "1.0.3")) for _, _, *args in BROKEN_DOCUMENT_QUERIES),
        *((posted, (kind, *sent)) for kind in POST_RULES for _, *sent in REFUSED_POSTS),
        *((look_up, (args, "1.0.3")) for _, look_up, args in BROKEN_LOOKUPS),
        *((fields_of, (encoded,)) for encoded in REFUSED_FORMS),
        (checked_type, ("json",)),
        (Preconditions().check_change, ("agent", "PUT", "1.0.3", None)),
        (negotiate, (None,)),
        (negotiate, ("9",)),
        (parse_identifier, ("",)),
        (is_multipart, ("text/plain",)),
    ]
    for call, args in calls:
        with pytest.raises(BadInput) as caught:
            call(*args)
        yield from caught.value.problems


REFUSED_FOR = {problem.rule for problem in _refusals()}


@pytest.mark.parametrize("key", RULES)
def test_a_rule_is_exercised_and_told(key):
    assert key in REFUSED_FOR
    rule = RULES[key]
    assert rule.key == key
    assert rule.text
    assert rule.clause_1_0_3 or rule.clause_2_0_0


def test_nothing_is_refused_for_a_rule_that_is_not_in_the_table():
    assert set(RULES) >= REFUSED_FOR
