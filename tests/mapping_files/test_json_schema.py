"""What an editor is told of the mapping files is what the service says of them, wherever JSON Schema can tell."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from mapping_files.test_mistakes import ESCB, MOODLE, NWG, ONE, SET, TEN, changed, set_value, shipped

from lrs_bridge.errors import BadInput
from lrs_bridge.mapping_files import FOLDERS
from lrs_bridge.mapping_files.documents import Document
from lrs_bridge.mapping_files.json_schema import ABOUT, DIALECT, json_schema
from lrs_bridge.mapping_files.schemas import SCHEMAS

# JSON Schema is asked after YAML was read, when the first of two equal keys is gone
ONLY_YAML_TELLS = {"a key twice", "an item twice"}

WRITTEN = ["", "null", "[]", "{}", "[[]]", "{a: b}", "x", "a b", "- a", "true", "yes", "0", "1.10", "-0.5", "P1Y", "P0D", "2026-03-31", "[a, [b], {c: d}]", "[T1]", "https://a.example/b", "a@example.org", "any"]  # fmt: skip


class AsEditorsRead(yaml.SafeLoader):
    """YAML's core schema: days are text, and of the booleans only true and false are."""


AsEditorsRead.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in pairs
        if tag not in ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool")
    ]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
AsEditorsRead.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile("^(?:[Tt]rue|TRUE|[Ff]alse|FALSE)$"), list("tTfF")
)


def read(text: str) -> Any:
    return as_json(yaml.load(text, Loader=AsEditorsRead))


def as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): as_json(inner) for key, inner in value.items()}
    return [as_json(inner) for inner in value] if isinstance(value, list) else value


@cache
def validator(folder: str) -> Draft202012Validator:
    schema = json_schema(folder)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def refusals(path: str, text: str) -> list[str]:
    """What an editor underlines."""
    return [error.message for error in validator(path.split("/", maxsplit=1)[0]).iter_errors(read(text))]


def own_refusals(path: str, text: str) -> list[str]:
    """What the service says of the shape of this one file."""
    _, problems = Document(path, text).load(SCHEMAS[path.split("/", maxsplit=1)[0]])
    return [str(problem) for problem in problems]


def parts_of(folder: str) -> dict[str, dict[str, Any]]:
    schema = json_schema(folder)
    return {folder: schema, **schema["$defs"]}


KEYS = [
    pytest.param(folder, part, key, id=f"{folder}-{part}-{key}")
    for folder in FOLDERS
    for part, found in parts_of(folder).items()
    for key in found["properties"]
]


@pytest.mark.parametrize(("folder", "part", "key"), KEYS)
def test_every_key_says_in_one_line_what_it_means(folder, part, key):
    said = parts_of(folder)[part]["properties"][key]["description"]
    assert re.fullmatch(r"[A-Z].{5,100}\.", said), f"{part}.{key}: {said!r}"


@pytest.mark.parametrize("folder", FOLDERS)
def test_it_is_json_schema_as_editors_know_it(folder):
    schema = json_schema(folder)
    assert schema["$schema"] == DIALECT == Draft202012Validator.META_SCHEMA["$id"]
    text = json.dumps(schema)
    assert "(?P" not in text, "named groups are Python's"
    assert set(re.findall(r'"\$ref": "#/\$defs/(\w+)"', text)) == set(schema["$defs"])


def test_there_is_one_for_each_folder():
    assert tuple(ABOUT) == FOLDERS
    with pytest.raises(BadInput, match="one of sources, frameworks, champions"):
        json_schema("standards")


@pytest.mark.parametrize("path", sorted(shipped()))
def test_the_shipped_files_are_accepted(path):
    assert refusals(path, shipped()[path]) == []


@pytest.mark.parametrize(
    ("path", "old", "new"), [pytest.param(*case[:3], id=name) for name, case in ONE.items()]
)
def test_a_mistake_in_the_shape_of_a_file_is_refused_and_no_other(request, path, old, new):
    text = changed(path, (old, new))[path]
    refused = bool(own_refusals(path, text)) and request.node.callspec.id not in ONLY_YAML_TELLS
    assert bool(refusals(path, text)) is refused


@pytest.mark.parametrize(
    ("path", "edit"), [(path, edit) for path, edits in TEN.items() for edit in edits], ids=str
)
def test_each_of_the_ten_mistakes_that_is_one_of_shape_is_refused(path, edit):
    text = changed(path, edit)[path]
    assert bool(refusals(path, text)) is bool(own_refusals(path, text))


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        (SET, 'issued: "2017"', "issued: 2017"),
        (SET, "name: SET CSE Champions\n", "name: 2017\n"),
        (SET, "transition_deadline: 2018-01-31", "transition_deadline: null"),
        (SET, "membership: nwg\n", "membership: nwg\n      valid_for: P1Y6M\n"),
        (SET, "areas: [southend, essex]", "areas: []"),
        (
            SET,
            "- email: cse-champions@essex-lscb.example ",
            "- {webhook: https://board.example.org/x, secret_variable: ESSEX_SECRET, send: daily} ",
        ),
        (ESCB, '"5.8": {tier: T5', "5.8: {tier: T5"),
        (ESCB, "framework: escb\n", "framework: 1.10\n"),
        (ESCB, "    national: true\n", "    national: 'yes'\n"),
        (ESCB, "    national: true\n", "    national: yes\n"),
        (ESCB, "    national: true\n", "    national: 1\n"),
        (ESCB, "    inherits: T1\n", "    inherits:\n"),
        (MOODLE, 'external-id": induction', 'external-id": [0042, true, induction]'),
        (MOODLE, "rules:\n", "rules:\n  - {name: x, about: {activity_type: null}, course: 101}\n"),
        (NWG, 'completion: "true"', "completion: true"),
        (NWG, 'completion: "true"', "completion: not_false"),
        (NWG, 'completion: "true"', "min_scaled_score: 0.8"),
        (NWG, 'completion: "true"', 'min_scaled_score: "-.5"'),
        (NWG, 'completion: "true"', "from: 2026-03-29"),
    ],
)
def test_what_an_author_may_write_is_not_underlined(path, old, new):
    text = changed(path, (old, new))[path]
    assert own_refusals(path, text) == []
    assert refusals(path, text) == []


@pytest.mark.parametrize("written", ["3Y", "P", "PT", "P0D", "P0Y0M", "-P1Y", "36", "[P1Y]", "P1Y trailing"])
def test_what_is_no_length_of_time(written):
    text = changed(ESCB, ("    national: true\n", f"    valid_for: {written}\n"))[ESCB]
    assert own_refusals(ESCB, text)
    assert refusals(ESCB, text)


@pytest.mark.parametrize("path", sorted(shipped()))
def test_whatever_stands_behind_a_key_is_underlined_as_the_service_refuses_it(path):
    """Every line of the shipped files, with some of the values in turn."""
    for place, line in enumerate(shipped()[path].splitlines()):
        if ":" not in line or line.lstrip().startswith("#"):
            continue
        for value in WRITTEN[place % 7 :: 7]:
            lines = shipped()[path].splitlines()
            set_value(lines, place, value)
            text = "\n".join(lines)
            try:
                found = refusals(path, text)
            except yaml.YAMLError:
                continue
            assert bool(found) is bool(own_refusals(path, text)), (lines[place], found)
