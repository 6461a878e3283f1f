"""The forms in which statements are given out, and the definitions that the LRS keeps."""

from __future__ import annotations

import json

import pytest

from lrs_bridge.xapi import formats
from lrs_bridge.xapi.documents import parse

SET_HERE = {
    "id_": "7b9d1b62-62ea-461a-93e4-e79f49d92530",
    "timestamp": "2026-03-02T09:00:00.000000Z",
    "stored": "2026-03-02T09:00:01.000000Z",
    "authority": '{"objectType":"Agent","account":{"homePage":"https://lrs.example.org","name":"é"}}',
    "version": "1.0.3",
}
PLAIN = '{"actor":{"mbox":"mailto:a@example.org"}, "verb": {"id":"http://example.org/v"},"object":{"id":"http://example.org/o"}'
ODD_NUMBERS = '"result":{"extensions":{"http://example.org/n":[1.0, 1e400, 12345678901234567890123, -0.0]}}'


def given_out(text):
    return formats.exact(text, formats.shape_of(parse(text.encode())), **SET_HERE)


class TestExact:
    def test_what_is_missing_is_put_in_and_the_rest_keeps_its_bytes(self):
        out = given_out(f"{PLAIN},{ODD_NUMBERS}}}")
        assert out.startswith(f"{PLAIN},{ODD_NUMBERS},")
        told = json.loads(out)
        assert (told["id"], told["stored"], told["version"]) == (
            SET_HERE["id_"],
            SET_HERE["stored"],
            SET_HERE["version"],
        )
        assert told["authority"] == json.loads(SET_HERE["authority"])

    @pytest.mark.parametrize("name", ["id", "timestamp", "version"])
    def test_what_was_sent_stands(self, name):
        value = {"id": SET_HERE["id_"], "timestamp": "2026-03-01T10:00:00+01:00", "version": "1.0.0"}[name]
        out = given_out(f'{PLAIN},"{name}":"{value}"}}')
        assert out.count(f'"{name}":') == 1 + (name == "id") * 2
        assert json.loads(out)[name] == value

    def test_stored_and_authority_are_the_lrs_s(self):
        said = '"stored":"2001-01-01T00:00:00Z","authority":{"mbox":"mailto:x@example.org"}'
        told = json.loads(given_out(f"{PLAIN},{said},{ODD_NUMBERS}}}"))
        assert told["stored"] == SET_HERE["stored"]
        assert told["authority"] == json.loads(SET_HERE["authority"])
        assert ODD_NUMBERS.split(":", 1)[1] in given_out(f"{PLAIN},{said},{ODD_NUMBERS}}}")

    def test_a_lone_context_activity_comes_back_in_an_array(self):
        context = '"context": {"contextActivities":{"parent": {"id":"http://example.org/p"},"other":[]},"extensions":{"http://example.org/e":{"contextActivities":{"parent":{}}}}}'
        told = json.loads(given_out(f"{PLAIN},{context}}}"))["context"]
        assert told["contextActivities"] == {"parent": [{"id": "http://example.org/p"}], "other": []}
        assert told["extensions"] == {"http://example.org/e": {"contextActivities": {"parent": {}}}}

    @pytest.mark.parametrize("name", ["contextActivities", "\\u0063ontextActivities"])
    def test_and_so_does_one_of_a_substatement(self, name):
        inner = f'{PLAIN},"objectType":"SubStatement","context":{{"{name}":{{"parent":{{"id":"http://example.org/p"}}}}}}}}'
        told = json.loads(
            given_out(PLAIN.replace('"object":{"id":"http://example.org/o"}', f'"object":{inner}') + "}")
        )
        assert told["object"]["context"]["contextActivities"] == {"parent": [{"id": "http://example.org/p"}]}

    def test_of_unknown_shape_it_is_the_same(self):
        for more in ("", f",{ODD_NUMBERS}", ',"id":"7b9d1b62-62ea-461a-93e4-e79f49d92530","version":"1.0.0"'):
            text = f"{PLAIN}{more}}}"
            assert json.loads(formats.exact(text, formats.UNKNOWN_SHAPE, **SET_HERE)) == json.loads(
                given_out(text)
            )


DEFINITION = {
    "type": "http://example.org/t",
    "name": {"en-GB": "Colour", "fr": "Couleur"},
    "description": {"de": "Farbe"},
    "interactionType": "choice",
    "choices": [{"id": "a", "description": {"en": "red", "fr": "rouge"}}, {"id": "b"}],
    "extensions": {"http://example.org/e": {"en": "kept", "fr": "gardé"}},
}
ACTIVITY = {"objectType": "Activity", "id": "http://example.org/o", "definition": DEFINITION}
ASHA = {"objectType": "Agent", "name": "Asha", "mbox": "mailto:asha@example.org"}
FULL = {
    "id": SET_HERE["id_"],
    "actor": {"objectType": "Group", "name": "All", "member": [ASHA, {"name": "B", "openid": "http://b.example.org"}]},
    "verb": {"id": "http://example.org/v", "display": {"en": "did", "fr": "fit"}},
    "object": {
        "objectType": "SubStatement",
        "actor": {"objectType": "Group", "mbox": "mailto:g@example.org", "name": "G", "member": [ASHA]},
        "verb": {"id": "http://example.org/w", "display": {"fr": "voulut"}},
        "object": ACTIVITY,
    },
    "context": {
        "instructor": ASHA,
        "contextActivities": {"parent": [{"id": "http://example.org/p", "definition": {"name": {"de": "Ja"}}}]},
        "contextAgents": [{"objectType": "contextAgent", "agent": ASHA, "relevantTypes": ["http://example.org/r"]}],
        "language": "en",
    },
    "authority": ASHA,
    "result": {"extensions": {"http://example.org/n": 1e3}},
}  # fmt: skip


def as_read(statement):
    return formats.parse(json.dumps(statement))


def as_written(statement):
    return json.loads(formats.write(statement))


def test_ids_leave_nothing_but_what_identifies():
    told = as_written(formats.ids(as_read(FULL)))
    bare = {"objectType": "Agent", "mbox": "mailto:asha@example.org"}
    assert told["actor"] == {"objectType": "Group", "member": [bare, {"openid": "http://b.example.org"}]}
    assert told["verb"] == {"id": "http://example.org/v"}
    assert told["object"]["actor"] == {"objectType": "Group", "mbox": "mailto:g@example.org"}
    assert told["object"]["object"] == {"id": "http://example.org/o"}
    assert told["context"]["contextActivities"] == {"parent": [{"id": "http://example.org/p"}]}
    assert told["context"]["contextAgents"][0]["agent"] == told["context"]["instructor"] == bare
    assert told["authority"] == bare
    assert (told["result"], told["context"]["language"]) == (FULL["result"], "en")


def test_canonical_takes_the_definitions_held_and_one_language_of_each_map():
    held = {"http://example.org/o": {**DEFINITION, "name": {"en": "Held", "fr": "Tenu"}}}
    told = as_written(formats.canonical(as_read(FULL), held, ["fr"]))
    assert told["actor"] == FULL["actor"]
    assert told["verb"]["display"] == {"fr": "fit"}
    definition = told["object"]["object"]["definition"]
    assert definition["name"] == {"fr": "Tenu"}
    assert definition["description"] == {"de": "Farbe"}
    assert definition["choices"] == [{"id": "a", "description": {"fr": "rouge"}}, {"id": "b"}]
    assert definition["extensions"] == DEFINITION["extensions"]
    assert told["context"]["contextActivities"]["parent"][0]["definition"] == {"name": {"de": "Ja"}}


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        (None, []),
        ("en-GB", ["en-gb"]),
        ("fr;q=0.5, en;q=0.8, *;q=0.1, de", ["de", "en", "fr", "*"]),
        ("fr;q=0, en", ["en"]),
        ("!!, en;q=x, cy", ["cy"]),
    ],
)
def test_accept_language(header, wanted):
    assert formats.accepted_languages(header) == wanted


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (["en-gb"], "en-GB"),
        (["en-gb-oed"], "en-GB"),
        (["en"], "en-GB"),
        (["en-us"], "en-GB"),
        (["cy", "fr"], "fr"),
        (["cy"], "en-GB"),
        ([], "en-GB"),
        (["*"], "en-GB"),
    ],
)
def test_the_language_that_suits_best(wanted, found):
    names = {"en-GB": "Colour", "fr": "Couleur"}
    assert formats.one_language(names, wanted) == {found: names[found]}


def test_no_language_at_all():
    assert formats.one_language({}, ["en"]) == {}


def test_definitions_are_found_wherever_an_activity_stands():
    lone = {
        **FULL,
        "context": {
            "contextActivities": {"parent": {"id": "http://example.org/p", "definition": {"name": {}}}}
        },
    }
    assert formats.definitions_in(lone) == {
        "http://example.org/o": DEFINITION,
        "http://example.org/p": {"name": {}},
    }
    assert formats.activity_ids(as_read(FULL)) == {"http://example.org/o", "http://example.org/p"}


def test_a_definition_that_comes_later_adds_languages_and_replaces_the_rest():
    later = {"type": "http://example.org/u", "name": {"fr": "Teinte", "cy": "Lliw"}}
    told = formats.merged(DEFINITION, later)
    assert told == {
        **DEFINITION,
        "type": "http://example.org/u",
        "name": {"en-GB": "Colour", "fr": "Teinte", "cy": "Lliw"},
    }
    assert formats.merged(told, later) == told
