"""Who may open which page: every address is walked by everybody, and with what belongs to others."""

from __future__ import annotations

from itertools import product
from urllib.parse import urlencode

import pytest
from web.visitors import (
    COORDINATOR,
    LEARNER,
    OFFICER,
    OPERATOR,
    OTHER_COORDINATOR,
    OTHER_LEARNER,
    OTHER_OFFICER,
    Wanted,
)
from werkzeug.routing import IntegerConverter, UnicodeConverter

from lrs_bridge.store import audit
from lrs_bridge.store.roles import Viewer, sees

EVERYBODY = {None, LEARNER, COORDINATOR, OFFICER, OPERATOR}
OPEN = {"home", "health", "sign_in", "manager", "certificates", "check_in", "site_entrance"}
"""Blueprints that show nobody, but to whoever has a link that nobody guesses."""
MACHINES = {"xapi", "about", "read_api"}
"""Those that are for credentials, not for people: `test_admission` and `test_rest_api` walk them."""
MAY = {
    "from_site": {LEARNER, COORDINATOR, OFFICER, OPERATOR},
    "mine": {LEARNER, COORDINATOR, OFFICER, OPERATOR},
    "coordinator": {COORDINATOR},
    "board": {OFFICER},
    "operator": {OPERATOR},
}


def pages(app):
    """Blueprint, address and methods of every page for people."""
    for rule in app.url_map.iter_rules():
        blueprint = rule.endpoint.partition(".")[0]
        if blueprint not in OPEN | MACHINES and "static" not in rule.endpoint:
            for method in sorted(rule.methods & {"GET", "POST"}):
                yield blueprint, rule, method


def values(town, *, others=()):
    """What stands for the variables of addresses: Colne's and Essex's own, but for `others`, which are Grays' and Thurrock's."""
    own = {
        "organisation": town.organisation("Colne Primary School"),
        "area": "essex",
        "learner": town.learner(LEARNER),
        "kind": "completion",
        "statement": town.membership_of(LEARNER, OFFICER),
        "upload": town.upload_of(COORDINATOR, "Colne Primary School"),
        "check_in_number": town.check_in_of("Colne Primary School"),
        "what": "champions",
    }
    theirs = {
        "organisation": town.organisation("Grays Youth Club"),
        "area": "thurrock",
        "learner": town.learner(OTHER_LEARNER),
        "kind": "completion",
        "statement": town.membership_of(OTHER_LEARNER, OTHER_OFFICER),
        "upload": town.upload_of(OTHER_COORDINATOR, "Grays Youth Club"),
        "check_in_number": town.check_in_of("Grays Youth Club"),
        "what": "champions",
    }
    return {name: theirs[name] if name in others else value for name, value in own.items()}


def address_of(town, rule, *, others=(), **named):
    """The address with its variables filled in; made-up ones where a variable names something that need not exist. `named`: what
    stands for some of them."""
    known = {**values(town, others=others), **named}
    made_up = {"UUIDConverter": "00000000-0000-4000-8000-000000000000", "NumberConverter": 987654321}
    filled = {
        name: known.get(name, made_up.get(type(rule._converters[name]).__name__, "nothing"))
        for name in rule.arguments
    }
    adapter = town.bridge.app.url_map.bind("localhost")
    return adapter.build(rule.endpoint, filled)


def opens(browser, method, address, **sent):
    answer = browser.get(address) if method == "GET" else browser.post(address, follow=False, **sent)
    return answer.status_code, answer.headers.get("Location", "")


def test_every_page_is_open_to_those_whom_it_is_for_and_to_nobody_else(town):
    seen = set()
    for who in sorted(EVERYBODY, key=str):
        for blueprint, rule, method in pages(town.bridge.app):
            seen.add(blueprint)
            status, leads_to = opens(town.browser(who), method, address_of(town, rule))
            told = f"{who} {method} {rule.rule}: {status} {leads_to}"
            if who is None:
                assert (status, leads_to.partition("?")[0]) == (303, "/sign-in"), told
            elif who in MAY[blueprint]:
                assert status != 403, told
                assert status < 500, told
            else:
                assert status == 403, told
    assert seen == set(MAY)


@pytest.mark.parametrize(
    "other", ["organisation", "area", "learner", "statement", "upload", "check_in_number"]
)
def test_what_belongs_to_others_is_not_there(town, other):
    for blueprint, rule, method in pages(town.bridge.app):
        if other in rule.arguments and blueprint != "operator":
            [who] = MAY[blueprint] if blueprint != "mine" else {LEARNER}
            status, _ = opens(town.browser(who), method, address_of(town, rule, others={other}))
            assert status == 404, f"{who} {method} {rule.rule} with another's {other}: {status}"


ASKED = ("after", "below", "learner", "number", "recorded", "sent")
SENT = ("after", "below", "hours", "last_seen", "learner", "letter", "report", "there")
"""Names under which pages take numbers, in addresses and in forms."""
TOO_LONG = ("9" * 19, "9" * 5000)
"""For a database, and for Python."""


def test_a_number_too_long_for_anything_is_no_page_and_no_fault_of_ours(town):
    browsers = {blueprint: town.browser(min(who)) for blueprint, who in MAY.items()}
    for blueprint, rule, method in pages(town.bridge.app):
        browser, address = browsers[blueprint], address_of(town, rule)
        numbers = [name for name in rule.arguments if isinstance(rule._converters[name], IntegerConverter)]
        for name, too_long in product(numbers, TOO_LONG):
            other = address_of(town, rule, **{name: 987654321}).replace("987654321", too_long)
            assert opens(browser, method, other)[0] == 404, f"{method} {rule.rule}: {name}"
        if rule.endpoint == "mine.sign_out_everywhere":
            continue
        for too_long in TOO_LONG:
            asked, sent = (dict.fromkeys(names, too_long) for names in (ASKED, SENT))
            address = f"{address}?{urlencode(asked)}"
            told, _ = opens(browser, method, address, **(sent if method == "POST" else {}))
            assert told < 500, f"{method} {rule.rule}: {told}"


def test_a_letter_that_no_database_keeps_is_refused_everywhere(town):
    browsers = {blueprint: town.browser(min(who)) for blueprint, who in MAY.items()}
    for blueprint, rule, method in pages(town.bridge.app):
        browser, address = browsers[blueprint], address_of(town, rule)
        if method == "POST":
            assert opens(browser, method, address, name="a\0b")[0] == 400, rule.rule
        if blueprint != "from_site":  # which leads whoever has signed in elsewhere
            assert opens(browser, method, f"{address}?team=a%00b")[0] == 400, f"{method} {rule.rule}"
        for one in rule.arguments:
            if not isinstance(rule._converters[one], UnicodeConverter):
                continue
            answer = opens(browser, method, address_of(town, rule, **{one: "a\0b"}))
            assert answer[0] in (400, 404), f"{method} {rule.rule}: {one}"


def test_a_form_of_another_site_does_nothing_anywhere(town):
    for blueprint, rule, method in pages(town.bridge.app):
        if method == "POST":
            browser = town.browser(min(MAY[blueprint]))
            browser.token = "0" * 64
            status, _ = opens(browser, method, address_of(town, rule))
            assert status == 400, rule.rule


def test_a_coordinator_sees_the_people_of_their_organisation_and_an_officer_those_of_the_area(town):
    def sees_whom(viewer):
        def look(session):
            return {who for who in (LEARNER, OTHER_LEARNER) if sees(session, viewer, town.learner(who))}

        return town.bridge.database.read(look)

    now = town.bridge.clock()
    colne, grays = (town.organisation(name) for name in ("Colne Primary School", "Grays Youth Club"))
    assert sees_whom(Viewer(now)) == set()
    assert sees_whom(Viewer(now, organisations=frozenset([colne]))) == {LEARNER}
    assert sees_whom(Viewer(now, organisations=frozenset([grays]))) == {OTHER_LEARNER}
    assert sees_whom(Viewer(now, areas=frozenset(["essex"]))) == {LEARNER}
    assert sees_whom(Viewer(now, organisations=frozenset([colne]), areas=frozenset(["thurrock"]))) == {
        LEARNER,
        OTHER_LEARNER,
    }


def test_who_has_left_is_seen_no_longer_and_who_comes_is(town):
    now = town.bridge.clock()
    colne = Viewer(now, organisations=frozenset([town.organisation("Colne Primary School")]))
    town.bridge.import_csv(
        "people",
        "person,identifiers,organisation,area,role,until\n"
        f"Asha Rao,{LEARNER},Colne Primary School,essex,Class teacher,2020-01-01\n"
        "Gone Soon,gone@colne.example,Colne Primary School,essex,Cook,2099-01-01\n",
    )
    look = town.bridge.database.read
    assert not look(lambda session: sees(session, colne, town.learner(LEARNER)))
    assert look(lambda session: sees(session, colne, town.learner("gone@colne.example")))


class TestRoles:
    def test_are_taken_at_once(self, town):
        browser = town.browser(COORDINATOR)
        assert browser.get("/organisations").status_code == 200

        def journey(session):
            from lrs_bridge.flows import mappings, roles

            known = mappings.in_force(session, town.bridge.settings.calendar)
            return roles.take(session, COORDINATOR, [], known, who="op", now=town.bridge.clock())

        assert town.bridge.database.write(journey) == ["coordinator of Colne Primary School"]
        assert browser.get("/organisations").status_code == 403

    def test_whoever_has_one_signs_out_from_any_page(self, town):
        for who, page in ((COORDINATOR, "/organisations"), (OFFICER, "/boards"), (OPERATOR, "/operator")):
            browser = town.browser(who)
            assert 'action="/me/sign-out"' in browser.get(page).text
            browser.post("/me/sign-out")
            assert browser.get(page).headers["Location"] == f"/sign-in?to={page}"
        assert "Sign out" not in town.browser().get("/sign-in").text

    def test_each_change_is_on_record(self, town):
        kept = town.bridge.database.read(lambda session: audit.entries(session, limit=3))
        assert [(one.who, one.act, one.about) for one in kept] == [
            ("the tests", "role given", f"{OPERATOR}: operator"),
            ("the tests", "role given", f"{OTHER_OFFICER}: Board officer of Thurrock"),
            ("the tests", "role given", f"{OFFICER}: Board officer of Essex"),
        ]

    def test_twice_is_once(self, town):
        assert town.give(OFFICER, Wanted("board", "Essex"), Wanted("board", "southend")) == [
            "Board officer of Southend"
        ]

    def test_a_mailbox_that_several_people_read_has_none(self, town):
        from lrs_bridge.errors import Conflict
        from lrs_bridge.flows import people

        browser = town.browser(OFFICER)
        town.bridge.database.write(
            lambda session: people.share(
                session, OFFICER, shared=True, reason="the desk", who="op", now=town.bridge.clock()
            )
        )
        assert browser.get("/boards").status_code == 403
        with pytest.raises(Conflict, match="Several people read"):
            town.give(OFFICER, Wanted("operator"))

    @pytest.mark.parametrize(
        ("address", "wanted", "told"),
        [
            ("nobody", Wanted("operator"), "is not an e-mail address"),
            (
                "a@b.example",
                Wanted("board", "kent"),
                "there is no area “kent” → one of essex, southend, thurrock",
            ),
            ("a@b.example", Wanted("coordinator", "Nowhere"), "no organisation “Nowhere” is recorded"),
        ],
    )
    def test_what_is_wrong_is_said(self, town, address, wanted, told):
        from lrs_bridge.errors import BadInput

        with pytest.raises(BadInput) as refused:
            town.give(address, wanted)
        assert told in str(refused.value)

    def test_who_learns_nothing_and_has_a_role_lands_there(self, town):
        answer = town.browser(OFFICER).get("/me")
        assert (answer.status_code, answer.headers["Location"]) == (303, "/boards")

    def test_the_way_from_page_to_page_shows_what_is_theirs(self, town):
        town.give(LEARNER, Wanted("coordinator", "Colne Primary School"))
        page = town.browser(LEARNER).get("/me").text
        assert 'href="/organisations"' in page
        assert 'href="/boards"' not in page
        assert "Your pages" not in town.browser(OTHER_LEARNER).get("/me").text

    def test_a_letter_goes_to_whoever_has_one_as_to_learners(self, town, smtp):
        town.browser().asks(OTHER_COORDINATOR)
        assert "Sign in" in smtp.messages[-1]["Subject"]
