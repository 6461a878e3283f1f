from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.errors import BadInput
from lrs_bridge.xapi.agents import Ifi, as_actor, identifier_of, is_group, parse_identifier
from lrs_bridge.xapi.validity import problems_of

SHA = "ebd31e95054c018b10727ccffd2ef2ec3a016ee9"
KNOWN = [
    ({"mbox": "mailto:Anna@Example.ORG"}, Ifi("mbox", "mailto:Anna@example.org"), "mailto:Anna@example.org"),
    ({"mbox_sha1sum": SHA.upper()}, Ifi("mbox_sha1sum", SHA), f"sha1:{SHA}"),
    (
        {"openid": "https://anna.example.org/"},
        Ifi("openid", "https://anna.example.org/"),
        "openid:https://anna.example.org/",
    ),
    (
        {"account": {"homePage": "https://moodle.example.org", "name": "a|b "}},
        Ifi("account", "https://moodle.example.org|a|b "),
        "https://moodle.example.org|a|b ",
    ),
]


@pytest.mark.parametrize(("actor", "ifi", "text"), KNOWN)
def test_an_actor_its_identifier_and_its_text(actor, ifi, text):
    assert identifier_of(actor) == ifi
    assert identifier_of({"objectType": "Group", "member": [], **actor}) == ifi
    assert str(ifi) == text
    assert parse_identifier(text) == ifi
    assert identifier_of(as_actor(ifi)) == ifi
    assert (
        problems_of({"actor": as_actor(ifi), "verb": {"id": "a:b"}, "object": {"id": "a:b"}}, "1.0.3") == []
    )


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_any_account_name_can_be_typed_back(name):
    ifi = identifier_of({"account": {"homePage": "https://moodle.example.org", "name": name}})
    assert ifi is not None
    assert parse_identifier(str(ifi)) == ifi
    assert as_actor(ifi)["account"]["name"] == name


def test_the_text_never_holds_a_null_character():
    ifi = identifier_of({"account": {"homePage": "https://moodle.example.org", "name": "a\0b"}})
    assert str(ifi) == "https://moodle.example.org|a\u2400b"
    assert ifi is not None
    assert as_actor(ifi)["account"]["name"] == "a\0b"


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        (" anna@Example.org ", "mailto:anna@example.org"),
        ("MAILTO:anna@example.org", "mailto:anna@example.org"),
        (SHA.upper(), f"sha1:{SHA}"),
        (f"SHA1:{SHA}", f"sha1:{SHA}"),
        ("OpenID:https://anna.example.org/", "openid:https://anna.example.org/"),
        ("\thttps://moodle.example.org|4711", "https://moodle.example.org|4711"),
    ],
)
def test_what_people_type(typed, text):
    assert str(parse_identifier(typed)) == text


@pytest.mark.requirement("Data 2.4.2.3")
@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "anna",
        "https://moodle.example.org",
        "moodle.example.org|4711",
        "|4711",
        "sha1:12",
        "openid:x",
        "mailto:x",
    ],
)
def test_what_identifies_nobody_is_refused_with_the_forms_there_are(typed):
    with pytest.raises(BadInput) as caught:
        parse_identifier(typed)
    (problem,) = caught.value.problems
    assert problem.rule == "Data 2.4.2.3"
    assert problem.mend


def test_anonymous_groups_have_no_identifier():
    group = {"objectType": "Group", "member": [{"mbox": "mailto:a@b.org"}]}
    assert is_group(group)
    assert identifier_of(group) is None
    assert not is_group({"mbox": "mailto:a@b.org"})
