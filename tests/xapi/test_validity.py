"""Each rule has statements that break it alone, and beside them valid neighbours."""

from __future__ import annotations

from decimal import Decimal

import pytest
from xapi.broken_statements import BROKEN, VOIDING
from xapi.examples import (
    ACCOUNT,
    AGENT,
    BOTH,
    CONTEXT_2_0,
    FULL,
    GONE,
    GROUP,
    REFERENCE,
    SMALL,
    WITH_SUBSTATEMENT,
    changed,
)

from lrs_bridge.xapi.objects import INTERACTION_TYPES
from lrs_bridge.xapi.validity import problems_of, problems_of_batch


@pytest.mark.requirement(*sorted({rule for rule, *_ in BROKEN}))
@pytest.mark.parametrize(
    ("rule", "version", "where", "statement"),
    [
        pytest.param(rule, version, where, statement, id=f"{rule} {version} {where} {number}")
        for number, (rule, versions, where, statement) in enumerate(BROKEN)
        for version in versions
    ],
)
def test_a_statement_that_breaks_one_rule_is_refused_for_it_alone(rule, version, where, statement):
    problems = problems_of(statement, version)
    assert [(problem.rule, problem.where) for problem in problems] == [(rule, where)]
    assert problems[0].what


VALID = [
    FULL,
    SMALL,
    WITH_SUBSTATEMENT,
    {**VOIDING, "object": REFERENCE},
    {**SMALL, "object": AGENT},
    {**SMALL, "object": GROUP},
    {**SMALL, "actor": GROUP, "object": REFERENCE, "result": {"response": ""}},
    {**SMALL, "actor": {"objectType": "Group", **ACCOUNT}},
    {**SMALL, "actor": {"objectType": "Group", **ACCOUNT, "member": []}},
    {**SMALL, "actor": {"mbox_sha1sum": "EBD31E95054C018B10727CCFFD2EF2EC3A016EE9"}},
    {**SMALL, "actor": {"openid": "https://anna.example.org/"}},
    {**SMALL, "authority": {"objectType": "Group", "member": [ACCOUNT, AGENT]}},
    {**SMALL, "object": {"id": "urn:example:a", "definition": {}}},
    {**SMALL, "result": {"score": {}}, "context": {"contextActivities": {}}},
    {**SMALL, "result": {"score": {"raw": 10**400, "min": -1e308}}},
    {**SMALL, "result": {"duration": "P1DT12H36M0.12567S"}},
    {**SMALL, "attachments": []},
    {**SMALL, "timestamp": "2099-03-01T09:30:00.123456789+14:00"},
    {**SMALL, "id": "01890A5D-AC96-774B-BCCE-B302099A8057"},
    *({**SMALL, "version": version} for version in ("1.0", "1.0.0", "1.0.3", "1.0.9")),
    *(
        {
            **SMALL,
            "object": {"id": "urn:x:y", "definition": {"interactionType": kind, "choices": [{"id": "a"}]}},
        }
        for kind in INTERACTION_TYPES
    ),
    changed(FULL, ("attachments.0.fileUrl", GONE), ("attachments.0.description", GONE)),
    changed(FULL, ("attachments.0.length", 27.0)),
    changed(FULL, ("object.definition.extensions", {"https://example.org/a": {"": None, "any thing": []}})),
]


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize("statement", VALID)
def test_valid_statements_have_no_problem(statement, version):
    assert problems_of(statement, version) == []


@pytest.mark.parametrize(
    ("statement", "version"),
    [
        (CONTEXT_2_0, "2.0.0"),
        ({**SMALL, "version": "2.0.0"}, "2.0.0"),
        ({**SMALL, "timestamp": "2024-03-01T09:30:00"}, "1.0.3"),
        ({**SMALL, "timestamp": "20240301T093000Z"}, "1.0.3"),
    ],
)
def test_what_one_edition_alone_accepts(statement, version):
    assert problems_of(statement, version) == []


INTERACTIONS = (
    "XAPI-00050",
    "XAPI-00051",
    "XAPI-00052",
    "XAPI-00053",
    "XAPI-00054",
    "XAPI-00055",
    "XAPI-00058",
)


@pytest.mark.requirement(*INTERACTIONS, "XAPI-00062", "XAPI-00063", "Data 2.4.4.1")
@pytest.mark.parametrize("name", ["choices", "scale", "source", "target", "steps"])
@pytest.mark.parametrize(
    ("components", "place"),
    [
        ([{"id": "a", "description": {"en": "A"}}, {"id": "b"}], None),
        ([], None),
        ({"id": "a"}, ""),
        (["a"], "[0]"),
        ([{"description": {"en": "A"}}], "[0]"),
        ([{"id": 1}], "[0].id"),
        ([{"id": "a"}, {"id": "a"}], "[1].id"),
        ([{"id": "a", "description": "A"}], "[0].description"),
        ([{"id": "a", "description": {"en": 1}}], "[0].description.en"),
    ],
)
def test_components_of_every_kind(name, components, place):
    definition = {"interactionType": "other", "correctResponsesPattern": ["a"], name: components}
    problems = problems_of({**SMALL, "object": {"id": "urn:x:y", "definition": definition}}, "1.0.3")
    told = [(problem.rule, problem.where) for problem in problems]
    assert told == ([] if place is None else [("Data 2.4.4.1", f"$.object.definition.{name}{place}")])


def test_all_problems_are_told_with_paths_below_the_given_place():
    statement = {"actor": {"mbox": 5, "x": 1}, "verb": {}, "object": {"objectType": "Nothing"}, "id": None}
    problems = problems_of(statement, "1.0.3", "$[3]")
    assert {(problem.rule, problem.where) for problem in problems} == {
        ("XAPI-00038", "$[3].actor.mbox"),
        ("XAPI-00010", "$[3].actor.x"),
        ("XAPI-00044", "$[3].verb"),
        ("XAPI-00046", "$[3].object.objectType"),
        ("XAPI-00001", "$[3].id"),
    }


def test_a_substatement_is_judged_like_a_statement():
    broken = changed(
        WITH_SUBSTATEMENT, ("object.actor", {}), ("object.context.team", 5), ("object.object", AGENT)
    )
    problems = problems_of(broken, "1.0.3")
    assert {(problem.rule, problem.where) for problem in problems} == {
        ("XAPI-00034", "$.object.actor"),
        ("XAPI-00088", "$.object.context.team"),
        ("XAPI-00085", "$.object.context.platform"),
    }


@pytest.mark.requirement("Communication 2.1.2")
def test_a_batch_may_not_use_an_id_twice_in_whatever_case():
    upper, lower = {**SMALL, "id": REFERENCE["id"].upper()}, {**SMALL, "id": REFERENCE["id"]}
    assert problems_of_batch([upper, SMALL, SMALL, 5, lower], "2.0.0")[1:] != []
    assert [(p.rule, p.where) for p in problems_of_batch([upper, SMALL, lower], "1.0.3")] == [
        ("Communication 2.1.2", "$[2].id")
    ]
    assert problems_of_batch([SMALL, SMALL], "1.0.3") == []


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        5,
        1.5,
        "x",
        [],
        {},
        [None],
        {"id": {}},
        {"objectType": []},
        {"objectType": None},
        [[]],
        10**4000,
        Decimal("1e5000"),
    ],
)
@pytest.mark.parametrize("version", BOTH)
def test_any_value_anywhere_is_judged_and_never_raises(value, version):
    def places(node, way=()):
        for key, child in node.items() if isinstance(node, dict) else enumerate(node):
            yield (*way, str(key))
            if isinstance(child, (dict, list)):
                yield from places(child, (*way, str(key)))

    for whole in (FULL, WITH_SUBSTATEMENT, CONTEXT_2_0):
        for way in places(whole):
            if all("." not in step and ":" not in step for step in way):
                for problem in problems_of(changed(whole, (".".join(way), value)), version):
                    assert str(problem).encode()
