"""That the Read API's document and docs/api.md tell the truth."""

from __future__ import annotations

import itertools
import json
import re
import shlex
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

import pytest
from builders import SITE, completion, day
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from web.sites import COURSES, DOCUMENT, STANDINGS, Site, account

from lrs_bridge.cli.operating import add_client
from lrs_bridge.flows import credentials
from lrs_bridge.learning.eligibility import Status
from lrs_bridge.web.problems import TYPES

ASHA = f"{SITE}|asha"


@pytest.fixture
def site(bridge) -> Site:
    return Site(bridge)


def strict(schema: Any) -> Any:
    """The same schema, refusing what it does not name."""
    if isinstance(schema, dict):
        made = {key: strict(value) for key, value in schema.items()}
        return {**made, "additionalProperties": False} if "properties" in made else made
    return [strict(one) for one in schema] if isinstance(schema, list) else schema


class TestDocument:
    @pytest.fixture
    def document(self, bridge, site):
        return bridge.get(path=DOCUMENT, sender=site.credential).get_json()

    def validator(self, document, name: str) -> Draft202012Validator:
        parts = {"components": strict(document["components"])}
        return Draft202012Validator({"$ref": f"#/components/schemas/{name}", **parts})

    def schema_of(self, document, path: str, method: str, status: int) -> str:
        content = document["paths"][path][method.lower()]["responses"][str(status)]["content"]
        [(_, described)] = content.items()
        return described["schema"]["$ref"].rpartition("/")[2]

    def test_is_openapi_3_1(self, document):
        assert document["openapi"] == "3.1.0"
        validate(document)

    def test_has_every_address_and_method_and_no_other(self, bridge, document):
        served = {
            (rule.rule, method)
            for rule in bridge.app.url_map.iter_rules()
            if rule.rule.startswith("/api/")
            for method in rule.methods - {"HEAD", "OPTIONS"}
        }
        told = {(path, method.upper()) for path, of in document["paths"].items() for method in of}
        assert told == served
        assert len(told) == 6

    def test_holds_for_every_answer(self, bridge, site, document):
        bridge.import_csv(
            "people",
            "person,identifiers,organisation,area,required_tier\n"
            f"Asha Rao,{ASHA},Colne,essex,T2\nAsha Rao,{ASHA},Thurrock Bus,thurrock,\n",
        )
        bridge.import_csv(
            "champions",
            "person,identifiers,organisation,area,status,since\n"
            f"Asha Rao,{ASHA},Colne,essex,legacy,2015-09-01\n",
        )
        bridge.stored(completion(ASHA, "escb_basic", day(1)), completion(f"{SITE}|bea", "induction", day(1)))
        bridge.recompute()
        bridge.import_csv("people", f"person,identifiers,organisation,area\nNew,{SITE}|new,Colne,essex\n")
        agents = [account("asha"), account("bea"), account("new"), {"mbox": "mailto:x@y.example"}]
        asked = {"agents": agents}
        self.validator(document, "StandingsRequest").validate(asked)
        for answer, path, method in (
            (site.ask(*agents), STANDINGS, "post"),
            (bridge.get(path=COURSES, sender=site.credential), COURSES, "get"),
            (site.ask(body={"agents": [7], "x": 1}), STANDINGS, "post"),
            (site.ask(headers={"Content-Type": "text/plain"}), STANDINGS, "post"),
            (bridge.post(asked, sender="moodle", path=STANDINGS), STANDINGS, "post"),
            (bridge.post(asked, sender=None, path=STANDINGS), STANDINGS, "post"),
            (bridge.get(path=COURSES, sender="moodle"), COURSES, "get"),
            (bridge.get(path=DOCUMENT, sender=None), DOCUMENT, "get"),
        ):
            name = self.schema_of(document, path, method, answer.status_code)
            self.validator(document, name).validate(answer.get_json())

    def test_refuses_what_the_service_refuses(self, site, document):
        validator = self.validator(document, "StandingsRequest")
        assert validator.is_valid({"agents": [{"mbox": "mailto:a@b.example"}]})
        agents = [
            {},
            {"mbox": "mailto:a@b.example", "nick": "a"},
            {"mbox": "mailto:a@b.example", **account("a")},
            7,
        ]
        agents += [{"objectType": "Group", **account("a")}, {"account": {"name": "a"}}]
        lists = [[], [account("a")] * 101, *([agent] for agent in agents)]
        for wrong in ({}, [], *({"agents": agents} for agents in lists)):
            assert not validator.is_valid(wrong)
            assert site.ask(body=wrong).status_code == 400

    def test_tells_every_type_of_problem_at_its_own_address(self, bridge, document):
        for status, known in TYPES.items():
            told = document["x-problem-types"][known.name]
            assert told["status"] == status
            address, _, pointer = told["type"].partition("#")
            assert address == f"{bridge.settings.public_url}{DOCUMENT}"
            assert pointer == f"/x-problem-types/{known.name}"


# --- docs/api.md -----------------------------------------------------------------------------------------------------

GUIDE = (Path(__file__).parents[2] / "docs/api.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
CALLS = [
    (words, json.loads(answer))
    for (_, command), (kind, answer) in itertools.pairwise(BLOCKS)
    if kind == "json" and (words := shlex.split(command.replace("\\\n", " ")))[0] == "curl"
]
MORE = "…"


def agrees(told: Any, real: Any) -> bool:
    """Whether an example is what was answered; “…” in a list stands for any number of others."""
    if isinstance(told, dict):
        return (
            isinstance(real, dict)
            and list(told) == list(real)
            and all(agrees(told[key], real[key]) for key in told)
        )
    if isinstance(told, list) and isinstance(real, list):
        if told[:1] == [MORE]:
            return any(agrees(told[1:], real[start:]) for start in range(len(real) + 1))
        if not told or not real:
            return told == real
        return agrees(told[0], real[0]) and agrees(told[1:], real[1:])
    return bool(told == real)


class TestGuide:
    PAGE = "https://moodle.council.gov.uk"

    @pytest.fixture
    def example(self, make_bridge):
        bridge = make_bridge(public_url="https://bridge.example.org")
        bridge.import_csv(
            "people",
            "person,identifiers,organisation,area,role,required_tier\n"
            f"Asha Rao,{self.PAGE}|asha.rao; asha.rao@council.gov.uk,Colne Primary School,essex,teacher,T2\n",
        )
        asha = f"{self.PAGE}|asha.rao"
        bridge.import_csv("completions", f"person,course,date,provider\n{asha},nwg_basic,2026-02-01,NWG\n")
        bridge.stored(completion(asha, "induction", day(1)))
        bridge.recompute()
        return bridge

    def test_its_command_makes_the_credential(self, example):
        words = shlex.split(BLOCKS[0][1].replace("\\\n", " "))
        assert words[:2] == ["lrs-bridge", "add-client"]
        asked = add_client.make_context("add-client", words[2:]).params
        assert asked["source"] == "moodle"
        assert asked["home_pages"] == (self.PAGE,)
        assert set(asked["scopes"]) == {
            *credentials.DEFAULT_SCOPES,
            credentials.STANDINGS,
            credentials.COURSES,
        }

    def test_there_are_calls_to_try(self):
        assert len(CALLS) == 3

    @pytest.mark.parametrize(("words", "told"), CALLS, ids=["standings", "courses", "a mistake"])
    def test_its_calls_are_answered_as_it_says(self, example, words, told):
        site = Site(example, home_pages=(self.PAGE,))
        assert words[1:3] == ["-u", "$KEY:$SECRET"]
        address = urlsplit(words[3])
        assert f"{address.scheme}://{address.netloc}" == example.settings.public_url
        options = dict(zip(words[4::2], words[5::2], strict=True))
        headers = dict([options["-H"].split(": ")]) if "-H" in options else {"Content-Type": None}
        body = options["-d"].encode() if "-d" in options else None
        answer = example.request(
            "POST" if body else "GET", body, sender=site.credential, path=address.path, headers=headers
        )
        assert agrees(told, answer.get_json()), answer.text

    def test_its_table_has_every_type_of_problem(self):
        rows = re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \|", GUIDE, re.MULTILINE)
        assert rows == [(one.name, str(status)) for status, one in TYPES.items()]

    @pytest.mark.parametrize("scope", credentials.READ_API_SCOPES)
    def test_it_has_every_scope(self, scope):
        assert f"| `{scope}` |" in GUIDE

    @pytest.mark.parametrize("status", get_args(Status))
    def test_it_has_every_status(self, status):
        assert f"`{status}`" in GUIDE

    @pytest.mark.parametrize(
        ("told", "real", "same"),
        [
            ([1, MORE], [1, 2, 3], True),
            ([MORE, 2, MORE], [1, 2, 3], True),
            ([MORE], [], True),
            ([1], [1, 2], False),
            ([1, 2], [1], False),
            ([MORE, 4], [1, 2], False),
            ({"a": 1}, {"a": 1, "b": 2}, False),
            ({"a": [MORE]}, {"a": 1}, False),
        ],
    )
    def test_what_is_taken_for_the_same(self, told, real, same):
        assert agrees(told, real) is same
