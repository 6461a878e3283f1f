"""No page asks the database more, the more people, records and organisations there are."""

from __future__ import annotations

import difflib
from datetime import timedelta

import sqlalchemy as sa
from builders import completion
from web.test_roles import MAY, address_of, pages
from web.visitors import COORDINATOR, LEARNER, OFFICER, OPERATOR

WHO = {"mine": LEARNER, "coordinator": COORDINATOR, "board": OFFICER, "operator": OPERATOR}


def questions(town, asked):
    """Address → what a GET of it asked the database, for whoever's page it is."""
    walked = [
        (blueprint, rule.rule, address_of(town, rule))
        for blueprint, rule, method in pages(town.bridge.app)
        if method == "GET" and blueprint in WHO
    ]
    town.bridge.recompute()  # what the addresses are about was made for them
    found = {}
    for blueprint, rule, address in walked:
        browser = town.browser(WHO[blueprint])
        asked.clear()
        browser.get(address)
        found[rule] = list(asked)
    return found


def grow(town, some):
    """So many more of everything, by number: colleagues at Colne, organisations in Essex, statements, words, memberships, requests, roles."""
    bridge = town.bridge
    rows = [f"Colleague {n},c{n}@colne.example,Colne Primary School,essex,Teacher,T2" for n in some]
    rows += [f"Other {n},o{n}@other{n}.example,Other {n},essex,Teacher,T1" for n in some]
    bridge.import_csv("people", "person,identifiers,organisation,area,role,required_tier\n" + "\n".join(rows))
    happened = bridge.clock() - timedelta(days=9)
    bridge.stored(
        *(
            completion(f"mailto:{who}", course, happened)
            for n in some
            for who in (f"c{n}@colne.example", f"nobody{n}@elsewhere.example")
            for course in ("induction", "escb_basic", "no_such_course")
        )
    )
    words = [
        f"c{n}@colne.example,{word},Colne Primary School,essex,boss@colne.example,2026-02-01"
        for n in some
        for word in ("manager_support", "working_knowledge")
    ]
    bridge.import_csv("attestations", "person,attestation,organisation,area,by,date\n" + "\n".join(words))
    listed = [f"Other {n},o{n}@other{n}.example,Other {n},essex,legacy,2015-01-01" for n in some]
    bridge.import_csv("champions", "person,identifiers,organisation,area,status,since\n" + "\n".join(listed))
    for _ in some:
        bridge.credential("moodle", "state")
        bridge.post(b"[{}]")
    bridge.recompute()


def test_a_page_asks_as_much_of_many_as_of_few(town):
    assert WHO.keys() == MAY.keys() - {"from_site"}
    asked = []

    @sa.event.listens_for(town.bridge.database.engine, "before_cursor_execute")
    def note(_connection, _cursor, statement, *_more):
        if "FROM authorities" not in statement:  # which each connection remembers
            asked.append(" ".join(statement.split()))

    grow(town, range(1))
    questions(town, asked)  # what is read once is read
    few = questions(town, asked)
    grow(town, range(1, 25))
    questions(town, asked)
    many = questions(town, asked)
    assert len(few) > 50
    more = {
        rule: [line for line in difflib.ndiff(few[rule], many[rule]) if line[0] in "+-"]
        for rule in few
        if len(many[rule]) > len(few[rule])
    }
    assert more == {}
