"""Giving, listing and taking roles at the command line."""

from __future__ import annotations

import json

import pytest
from builders import Shell


@pytest.fixture
def shell(sqlite_url, tmp_path):
    made = Shell(sqlite_url)
    made.well("migrate")
    people = tmp_path / "people.csv"
    people.write_text(
        "person,identifiers,organisation,area,role\nAsha Rao,asha@colne.example,Colne School,essex,Teacher\n",
        encoding="utf-8",
    )
    made.well("import", "people", str(people), "--apply")
    return made


def listed(shell):
    return [
        (one["address"], one["role"], one["organisation"], one["area"])
        for one in json.loads(shell.well("users", "--json"))
    ]


def test_given_listed_and_taken(shell):
    assert "Nobody has a role" in shell.well("users")
    given = shell.well("add-user", "Cora@Colne.example", "--coordinator", "colne school", "--board", "Essex")
    assert "is coordinator of Colne School and Board officer of Essex now" in given
    assert "has that role already" in shell.well("add-user", "cora@colne.example", "--board", "essex")
    assert listed(shell) == [
        ("cora@colne.example", "coordinator", "Colne School", None),
        ("cora@colne.example", "board", None, "essex"),
    ]
    assert "cora@colne.example  Board officer of Essex, by" in shell.well("users")
    taken = shell.well("remove-user", "cora@colne.example", "--board", "essex")
    assert "is Board officer of Essex no longer" in taken
    assert listed(shell) == [("cora@colne.example", "coordinator", "Colne School", None)]
    shell.well("remove-user", "cora@colne.example")
    assert listed(shell) == []


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("add-user", "cora"), 2, "email: is not an e-mail address"),
        (("add-user", "c@x.example"), 2, "roles: none is named"),
        (("add-user", "c@x.example", "--board", "kent"), 2, "--board: there is no area “kent”"),
        (("add-user", "c@x.example", "--coordinator", "No School"), 2, "--coordinator: no organisation"),
        (("remove-user", "c@x.example"), 1, "c@x.example has no such role"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_changed(shell, arguments, code, told):
    assert told in shell.refused(code, *arguments)
    assert listed(shell) == []
