"""The Read API: who reads whom, what is shown and what never is, how it refuses."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from builders import SITE, completion, day, statement
from web.sites import COURSES, DOCUMENT, STANDINGS, Site, account, problem_of

from lrs_bridge.flows import credentials, standings
from lrs_bridge.flows.explain import NOT_PROVEN
from lrs_bridge.store import clients, people, projections

ELSEWHERE = "https://moodle.elsewhere.example"
ASHA = f"{SITE}|asha"
SECRET = "ZWIEBELFISCH"
"""Stands in everything that no site may see."""


def no_scope(bridge) -> clients.NewClient:
    """A credential that may do nothing. The command makes none."""
    return bridge.database.write(
        lambda session: clients.add(
            session,
            name="idle",
            source="moodle",
            scopes=(),
            test=False,
            home_pages=(SITE,),
            mail_domains=(),
            public_url=bridge.settings.public_url,
            now=bridge.clock(),
            created_by="the tests",
        )
    )


@pytest.fixture
def site(bridge) -> Site:
    return Site(bridge)


class TestWhoMayAsk:
    def test_xapis_scopes_read_no_standings_and_no_courses(self, bridge):
        for scope in credentials.XAPI_SCOPES:
            other = Site(bridge, scope)
            for answer in (other.ask(account("asha")), bridge.get(path=COURSES, sender=other.credential)):
                detail = problem_of(answer, 403)["detail"]
                assert "/read" in detail
                assert "add-client --scope" in detail

    def test_each_scope_reads_its_own(self, bridge):
        for scope, may in (("standings/read", (200, 403)), ("courses/read", (403, 200))):
            one = Site(bridge, scope)
            seen = one.ask(account("asha")), bridge.get(path=COURSES, sender=one.credential)
            assert tuple(answer.status_code for answer in seen) == may
            assert bridge.get(sender=one.credential).status_code == 403
            assert bridge.post(statement(), sender=one.credential).status_code == 403

    def test_a_scope_is_asked_for_before_the_body_is_read(self, bridge):
        problem_of(Site(bridge, "courses/read").ask(body=b"{"), 403)

    @pytest.mark.parametrize("who", ["nobody", "a wrong secret", "a credential without scope"])
    def test_no_address_of_the_application_shows_anything_to(self, bridge, who):
        """Each is walked. What is open to everybody is named here, and shows nobody."""
        told = completion(ASHA, "induction", day(1))
        told["actor"]["name"] = SECRET
        [id_] = bridge.stored(told)
        bridge.recompute()
        moodle = bridge.credentials["moodle"]
        sender = {
            "nobody": None,
            "a wrong secret": replace(moodle, secret="wrong"),
            "a credential without scope": no_scope(bridge),
        }[who]
        is_known = who == "a credential without scope"
        activity, agent = {"activityId": told["object"]["id"]}, {"agent": told["actor"]}
        asked = {
            "/xapi/statements": {"statementId": id_},
            "/xapi/activities/state": {**activity, **agent, "stateId": "bookmark"},
            "/xapi/activities/profile": {**activity, "profileId": "settings"},
            "/xapi/agents/profile": {**agent, "profileId": "settings"},
            "/xapi/agents": {"agent": account("asha")},
            "/xapi/activities": activity,
        }
        # what whoever has a credential may look up: an activity, and an agent as it was asked for
        looked_up = {DOCUMENT, "/xapi/agents", "/xapi/activities"}
        walked = 0
        for rule in bridge.app.url_map.iter_rules():
            if rule.arguments or rule.rule in {"/", "/health"}:
                continue
            for method in rule.methods - {"OPTIONS"}:
                walked += 1
                body = {"agents": [account("asha")]} if "standings" in rule.rule else statement()
                query = (
                    {} if method == "POST" and rule.rule == "/xapi/statements" else asked.get(rule.rule, {})
                )
                answer = bridge.request(
                    method, body, sender=sender, path=rule.rule, headers={"If-None-Match": "*"}, **query
                )
                if rule.rule == "/xapi/about" or (is_known and rule.rule in looked_up):
                    assert answer.status_code == 200
                elif rule.rule.startswith("/sign-in"):  # open: a form, the way to it, or no form of ours
                    assert answer.status_code in (200, 303, 400)
                elif rule.rule.startswith(
                    ("/me", "/from-site", "/organisations", "/boards", "/operator")
                ):  # for who is signed in
                    assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (
                        303,
                        "/sign-in",
                    )
                else:
                    assert answer.status_code == (403 if is_known else 401)
                assert SECRET not in answer.text
                assert "asha" not in answer.text or (is_known and rule.rule == "/xapi/agents")
        assert walked >= 40

    def test_nobody_is_told_how_to_come_in(self, bridge):
        for path, method in ((STANDINGS, "POST"), (COURSES, "GET"), (DOCUMENT, "GET")):
            answer = bridge.request(method, sender=None, path=path)
            problem_of(answer, 401)
            assert answer.headers["WWW-Authenticate"] == 'Basic realm="lrs_bridge", charset="UTF-8"'

    def test_a_credential_for_standings_is_not_made_without_a_home_page(self, bridge):
        with pytest.raises(credentials.BadInput, match="--home-page"):
            Site(bridge, home_pages=())

    def test_a_site_is_told_the_home_pages_that_it_was_given(self, bridge):
        site = Site(bridge, home_pages=("https://b.example.org", "https://a.example.org"))
        told = site.ask(account("asha")).get_json()
        assert told["home_pages"] == ["https://a.example.org", "https://b.example.org"]
        assert told["standings"][0]["standing"] is None

    def test_and_would_read_nobody(self, bridge, site):
        bridge.stored(completion(ASHA, "induction", day(1)))
        bridge.database.write(lambda session: session.exec_driver_sql("UPDATE clients SET home_pages = ''"))
        assert "add-client --home-page" in problem_of(site.ask(account("asha")), 403)["detail"]


class TestWhoIsKnown:
    PEOPLE = (
        "person,identifiers,organisation,area,manager\n"
        f"Asha Rao,asha@council.example; {SITE}|asha; {ELSEWHERE}|a.rao; openid:https://asha.example/,Colne,essex,\n"
    )

    @pytest.fixture
    def known(self, bridge):
        bridge.import_csv("people", self.PEOPLE)
        bridge.stored(completion(f"{SITE}|bea", "induction", day(1)))
        bridge.stored(completion(f"{ELSEWHERE}|carl", "induction", day(1)))
        bridge.stored(completion("mailto:dan@council.example", "induction", day(1)))
        bridge.recompute()

    def test_those_with_an_account_on_the_credentials_own_site(self, bridge, site, known):
        asha, bea, nobody = site.standings(account("asha"), account("bea"), account("nobody"))
        assert asha["computed_at"]
        assert bea["tiers"]
        assert nobody is None

    @pytest.mark.parametrize(
        "agent",
        [
            {"mbox": "mailto:asha@council.example"},
            {"mbox": "mailto:dan@council.example"},
            {"mbox_sha1sum": "0" * 40},
            {"openid": "https://asha.example/"},
            account("a.rao", ELSEWHERE),
            account("carl", ELSEWHERE),
            account("asha", f"{SITE}.evil.example"),
            account("asha", f"{SITE}/other"),
            account("|asha"),
            account("as\0ha"),
            account(""),
        ],
        ids=json.dumps,
    )
    def test_and_nobody_by_any_other_identifier_even_of_a_vouched_mail_domain(self, bridge, known, agent):
        site = Site(bridge, mail_domains=("council.example",))
        assert site.standings(agent) == [None]

    def test_each_site_its_own(self, bridge, known):
        other = Site(bridge, home_pages=(ELSEWHERE,))
        ours, theirs = other.standings(account("asha"), account("a.rao", ELSEWHERE))
        assert ours is None
        assert theirs["computed_at"]

    def test_a_home_page_is_compared_as_when_crediting(self, bridge, known):
        """Capitals and a slash at the end do not make another site; the account is looked up as it was sent."""
        site = Site(bridge, home_pages=(f"{SITE.upper()}/",))
        assert site.standings(account("asha"))[0]["computed_at"]

    def test_one_person_asked_for_twice_is_answered_twice(self, site, known):
        one, other = site.standings(account("bea"), {"objectType": "Agent", "name": "Bea", **account("bea")})
        assert one == other
        assert one is not None

    def test_a_learner_parted_or_joined_is_read_as_they_are_now(self, bridge, site, known):
        before = site.standings(account("bea"))[0]
        bridge.import_csv(
            "people", f"person,identifiers,organisation,area\nBea,{SITE}|bea; {ELSEWHERE}|carl,Colne,essex\n"
        )
        assert site.standings(account("bea"))[0]["is_stale"] is True
        bridge.recompute()
        after = site.standings(account("bea"))[0]
        assert (before["champion"], [one["area"]["key"] for one in after["champion"]]) == ([], ["essex"])


class TestStanding:
    @pytest.fixture
    def asha(self, bridge, site):
        bridge.import_csv(
            "people",
            "person,identifiers,organisation,area,role,required_tier,manager\n"
            f"Asha Rao,asha@council.example; {ASHA},Colne,essex,teacher,T2,head@council.example\n",
        )
        bridge.stored(completion(ASHA, "escb_basic", day(1)), completion(ASHA, "safeguarding_l1", day(2)))
        bridge.recompute()
        return site.standings(account("asha"))[0]

    def test_tells_the_tier_as_progress(self, asha):
        [tier] = asha["tiers"]
        assert tier["framework"] == {"key": "escb", "name": "Essex CSE learning standards"}
        assert (tier["required"], tier["attained"], tier["next"]) == ("T2", "T2", "T3")
        assert tier["progress"][0] == {"tier": "T1", "name": "Induction", "covered": 3, "total": 3}
        assert tier["companion"] == {"level": "level_1", "required": "level_1", "status": "met"}

    def test_what_is_missing_and_where_to_get_it(self, asha):
        missing = {one["item"]: one for one in asha["tiers"][0]["missing"]}
        assert set(missing) == {"3.4", "3.5", "3.6", "3.8"}
        assert missing["3.8"]["text"] == "who the organisation's CSE lead is"
        assert missing["3.8"]["part"] == "knowledge"
        way, word = missing["3.8"]["ways"]
        assert way == {
            "kind": "route",
            "key": "induction",
            "name": "In-house induction by the CSE champion or lead",
            "where": "ask your organisation's CSE lead",
            "courses": ["induction"],
        }
        assert (word["kind"], word["key"]) == ("attestation", "attestation")

    def test_the_champion_standards_of_each_area(self, asha):
        [essex] = asha["champion"]
        assert essex["area"] == {"key": "essex", "name": "Essex"}
        assert (essex["status"], essex["standards_met"], essex["since"]) == ("not_eligible", False, None)
        assert essex["met"] == [{"key": "basic_cse", "name": "Basic CSE awareness, online or face to face"}]
        missing = {one["key"]: one["ways"] for one in essex["missing"]}
        assert [way["key"] for way in missing["safeguarding_l2"]] == [
            "safeguarding_l2",
            "safeguarding_l3",
            "working_knowledge",
        ]
        assert missing["nwg_member"] == [{"kind": "membership", "key": "nwg", "name": "NWG membership"}]
        assert missing["set_toolbox"][0]["kind"] == "course"
        assert essex["state"] is None

    def test_and_what_the_record_does_not_prove(self, asha):
        assert asha["not_proven"] == NOT_PROVEN
        assert asha["is_stale"] is False

    def test_a_champions_state_and_since_when(self, bridge, site):
        bridge.import_csv("people", f"person,identifiers,organisation,area\nAsha Rao,{ASHA},Colne,essex\n")
        bridge.import_csv(
            "champions",
            "person,identifiers,organisation,area,status,since\n"
            f"Asha Rao,{ASHA},Colne,essex,legacy,2015-09-01\n",
        )
        bridge.recompute()
        [essex] = site.standings(account("asha"))[0]["champion"]
        assert essex["status"] == "legacy_unverified"
        assert essex["state"]["key"] == "legacy_unverified"
        assert essex["state"]["since"].startswith("2015-08-31T23:")

    def test_without_a_current_post_says_so(self, bridge, site):
        bridge.import_csv(
            "people",
            "person,identifiers,organisation,area,from,until\n"
            f"Asha Rao,{ASHA},Colne,essex,2015-01-01,2016-01-01\n",
        )
        bridge.import_csv(
            "champions",
            "person,identifiers,organisation,area,status,since\n"
            f"Asha Rao,{ASHA},Colne,essex,legacy,2015-09-01\n",
        )
        bridge.recompute()
        [essex] = site.standings(account("asha"))[0]["champion"]
        assert essex["missing"] == [{"key": "post", "name": "A current post in this area", "ways": []}]

    def test_is_stale_while_something_newer_waits(self, bridge, site, asha):
        bridge.stored(completion(f"{SITE}|new", "induction", day(1)))
        assert site.standings(account("new")) == [None]
        bridge.import_csv("people", f"person,identifiers,organisation,area\nNew,{SITE}|new,Colne,essex\n")
        [new] = site.standings(account("new"))
        assert new == {
            "computed_at": None,
            "is_stale": True,
            "tiers": [],
            "champion": [],
            "not_proven": NOT_PROVEN,
        }
        bridge.recompute()
        assert site.standings(account("new"))[0]["is_stale"] is False

    def test_is_stale_from_the_moment_a_statement_of_the_account_is_in(self, bridge, site, asha):
        bridge.stored(completion(ASHA, "escb_missing", day(3)))
        [stale] = site.standings(account("asha"))
        assert stale == asha | {"is_stale": True}
        bridge.recompute()
        [fresh] = site.standings(account("asha"))
        assert fresh["is_stale"] is False
        assert {one["item"] for one in fresh["tiers"][0]["missing"]} == {"3.8"}

    def test_is_stale_under_mappings_of_before_and_names_what_they_no_longer_hold(self, bridge, site, asha):
        from lrs_bridge.mapping_files import read_folder
        from lrs_bridge.settings import SHIPPED_MAPPINGS

        files = read_folder(SHIPPED_MAPPINGS)
        files["frameworks/escb.yaml"] = files["frameworks/escb.yaml"].replace(
            "  escb_missing:\n    name", "  missing_package:\n    all_of: [escb_missing]\n    name"
        )
        bridge.put_in_force(files)
        [stale] = site.standings(account("asha"))
        assert stale["is_stale"] is True
        ways = [way for one in stale["tiers"][0]["missing"] for way in one["ways"]]
        assert {
            "kind": "route",
            "key": "escb_missing",
            "name": "escb missing",
            "where": "",
            "courses": [],
        } in ways
        bridge.recompute()
        [fresh] = site.standings(account("asha"))
        assert fresh["is_stale"] is False
        assert "missing_package" in {
            way["key"] for one in fresh["tiers"][0]["missing"] for way in one["ways"]
        }


MAPS = {"eligibility", "progress", "met", "wanting"}
"""Members of what is kept whose keys are areas, tiers and standards."""


def marked(value: Any, name: str = "") -> Any:
    """The same, with secret members in every object."""
    if isinstance(value, list):
        return [marked(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    kept = {key: marked(inner, key) for key, inner in value.items()}
    return kept if name in MAPS else {**kept, "note": SECRET, "by": [SECRET], SECRET: SECRET}


class TestWhatIsNeverShown:
    @pytest.fixture
    def secretive(self, bridge):
        """Somebody of whom everything is on record that a site must not see."""
        mail, place = f"{SECRET}@council.example", f"{SECRET} Council"
        own, other = "Colne School", f"{ELSEWHERE}|{SECRET}"
        bridge.import_csv(
            "people",
            "person,identifiers,organisation,area,service_area,role,required_tier,manager\n"
            f"{SECRET},{ASHA}; {mail}; {other},{own},essex,{SECRET},{SECRET},T2,{SECRET}.head@council.example\n"
            f"{SECRET},{ASHA},{place},southend,,{SECRET},,{SECRET}.lead@council.example\n",
        )
        bridge.import_csv(
            "attestations",
            "person,attestation,organisation,area,by,by_name,date,note\n"
            + "".join(
                f"{ASHA},{what},{at},{area},{SECRET}.{who}@council.example,{SECRET},2026-02-01,{SECRET}\n"
                for what in ("manager_support", "working_knowledge")
                for at, area, who in ((own, "essex", "head"), (place, "southend", "lead"))
            ),
        )
        bridge.import_csv(
            "memberships",
            f"person,membership,checked,source,number\n{ASHA},nwg,2026-02-01,{SECRET},{SECRET}\n",
        )
        bridge.import_csv(
            "completions",
            "person,course,date,provider,certificate,seen_by,seen_by_name,note\n"
            f"{mail},safeguarding_l2,2026-02-01,{SECRET},{SECRET},{SECRET}.seen@council.example,{SECRET},{SECRET}\n",
        )
        bridge.import_csv(
            "champions",
            "person,identifiers,organisation,area,status,since,decided_by,decided_by_name,note\n"
            f"{SECRET},{ASHA},{own},essex,registered,2026-02-01,{mail},{SECRET},{SECRET}\n",
        )
        ids = bridge.stored(
            completion(ASHA, "escb_basic", day(1)),
            completion(other, "induction", day(2), actor={"name": SECRET, **account(SECRET, ELSEWHERE)}),
        )
        bridge.recompute()
        return ids

    def test_names_notes_identifiers_organisations_and_evidence(self, bridge, site, secretive, caplog):
        caplog.set_level(logging.DEBUG)
        explained = json.dumps(bridge.explain(ASHA)).lower()
        assert explained.count(SECRET.lower()) > 15
        answer = site.ask(account("asha"))
        assert answer.get_json()["standings"][0]["standing"]["champion"][0]["status"] == "champion"
        for hidden in (SECRET.lower(), "colne school", ELSEWHERE, *secretive):
            assert hidden in explained
            assert hidden not in answer.text.lower()
        assert SECRET not in caplog.text
        assert "asha" not in caplog.text

    def test_nor_what_a_later_version_may_keep_beside_it(self, bridge, site, secretive):
        before = site.standings(account("asha"))

        def journey(session):
            learner = people.learner_with(session, ASHA)
            kept = projections.load_standings(session, [learner])[learner]
            body = json.dumps(marked(kept.body))
            session.execute(
                sa.update(projections.standings)
                .where(projections.standings.c.learner_id == learner)
                .values(body=body)
            )
            return body.count(SECRET)

        assert bridge.database.write(journey) > 50
        after = site.ask(account("asha"))
        assert after.get_json()["standings"][0]["standing"] == before[0]
        assert SECRET not in after.text

    def test_nor_in_the_log_of_what_was_refused(self, site, caplog):
        caplog.set_level(logging.DEBUG)
        answer = site.ask({"mbox": f"mailto:{SECRET}", "account": account(SECRET)["account"], SECRET: 1})
        assert SECRET in problem_of(answer, 400)["problems"][0]["where"] + answer.text
        assert "answered 400 to POST /api/v1/standings" in caplog.text
        assert SECRET not in caplog.text


class TestRequests:
    def problems(self, site, body: Any, **more: Any) -> list[dict[str, str]]:
        return problem_of(site.ask(body=body, **more), 400)["problems"]

    @pytest.mark.parametrize(
        ("body", "where", "says"),
        [
            (b"", "$", "ends"),
            (b"{", "$", "member"),
            (b'{"agents": [], "agents": []}', "$.agents", "twice"),
            (b'{"agents": [NaN]}', "$.agents[0]", "NaN"),
            (b"\xff", "$", "UTF-8"),
            ([], "$", "not an object"),
            ("agents", "$", "not an object"),
            ({}, "$.agents", "missing"),
            ({"agents": None}, "$.agents", "null"),
            ({"agents": {}}, "$.agents", "not a list"),
            ({"agents": []}, "$.agents", "0 agents"),
            ({"agents": [account("a")] * 101}, "$.agents", "101 agents"),
            ({"agents": [account("a")], "area": "essex"}, "$.area", "not known"),
            ({"agents": ["asha"]}, "$.agents[0]", "not an actor"),
            ({"agents": [None]}, "$.agents[0]", "null"),
            ({"agents": [{}]}, "$.agents[0]", "no identifier"),
            ({"agents": [{"mbox": "asha"}]}, "$.agents[0].mbox", "mailto:"),
            ({"agents": [{"mbox": "mailto:a@b.example", **account("a")}]}, "$.agents[0]", "mbox and account"),
            ({"agents": [{"objectType": "Group", **account("a")}]}, "$.agents[0].objectType", "Agent"),
            ({"agents": [{"member": [], **account("a")}]}, "$.agents[0].member", "Group"),
            ({"agents": [{"account": {"name": "a"}}]}, "$.agents[0].account", "homePage"),
            ({"agents": [{"account": {"homePage": "moodle", "name": "a"}}]}, "$.agents[0].account.homePage", "scheme"),
            ({"agents": [{"account": {"homePage": "https://a|b.example", "name": "a"}}]}, "$.agents[0].account.homePage", "IRI"),
            ({"agents": [{"e mail": "a", **account("a")}]}, '$.agents[0]["e mail"]', "not known"),
        ],
        ids=lambda value: str(value)[:50],
    )  # fmt: skip
    def test_a_mistake_is_told_with_its_path_rule_and_mend(self, site, body, where, says):
        [problem] = self.problems(site, body)
        assert problem["where"] == where
        assert says in " ".join(problem.values())
        assert problem["rule"]

    def test_all_of_them_at_once(self, site):
        agents = [account("fine"), {"mbox": "asha"}, {"objectType": "Group", "mbox": "x", "nick": 1}, 7]
        found = self.problems(site, {"agents": agents * 30, "area": "essex"})
        places = [one["where"] for one in found]
        assert {"$.area", "$.agents", "$.agents[1].mbox", "$.agents[3]", "$.agents[119]"} <= set(places)
        assert {"$.agents[2].objectType", "$.agents[2].mbox", "$.agents[2].nick"} <= set(places)

    def test_a_hundred_are_answered_and_more_are_not(self, site):
        assert len(site.standings(*(account(str(number)) for number in range(100)))) == 100
        assert "100" in self.problems(site, {"agents": [account("a")] * 101})[0]["mend"]

    def test_identifiers_are_not_taken_from_the_address(self, site, caplog):
        caplog.set_level(logging.DEBUG)
        for path, method in ((STANDINGS, "POST"), (COURSES, "GET"), (DOCUMENT, "GET")):
            answer = site.bridge.request(method, {}, sender=site.credential, path=path, agent="zoe@x.example")
            assert "body" in problem_of(answer, 400)["problems"][0]["mend"]
        assert "zoe" not in caplog.text

    def test_the_body_is_json_and_says_so(self, site):
        for content in ("text/plain", "application/x-www-form-urlencoded", "application/xml", None):
            problem_of(site.ask(account("a"), headers={"Content-Type": content}), 415)
        typed = {"Content-Type": "application/json; charset=utf-8"}
        assert site.ask(account("a"), headers=typed).status_code == 200

    def test_what_is_too_large(self, make_bridge):
        site = Site(make_bridge(max_body_bytes=1000))
        assert site.ask(account("a")).status_code == 200
        problem_of(site.ask(account("a" * 1000)), 413)

    def test_unknown_addresses_and_methods(self, site):
        for path in ("/api/v1", "/api/v1/", "/api/v1/nowhere", f"{STANDINGS}/asha"):
            problem_of(site.bridge.get(path=path, sender=site.credential), 404)
        for path, methods in ((STANDINGS, {"POST", "OPTIONS"}), (COURSES, {"GET", "HEAD", "OPTIONS"})):
            for method in {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"} - methods:
                answer = site.bridge.request(method, {}, sender=site.credential, path=path)
                assert {one.strip() for one in answer.headers["Allow"].split(",")} == methods
                if method != "HEAD":
                    problem_of(answer, 405)

    def test_a_refusal_is_a_problem_for_browsers_too(self, site):
        answer = site.bridge.get(path="/api/v1/nowhere", sender=None, headers={"Accept": "text/html"})
        problem_of(answer, 404)

    def test_a_fault_of_ours_says_nothing_of_itself(self, site, monkeypatch):
        def fails(*_args):
            raise ZeroDivisionError(SECRET)

        monkeypatch.setattr(standings, "standings_for", fails)
        answer = site.ask(account("a"))
        problem_of(answer, 500)
        assert SECRET not in answer.text

    def test_a_database_away_is_said_with_when_to_try_again(self, site, monkeypatch):
        def away(*_args):
            raise credentials_away

        from lrs_bridge.errors import Unavailable

        credentials_away = Unavailable("away")
        monkeypatch.setattr(standings, "standings_for", away)
        answer = site.ask(account("a"))
        problem_of(answer, 503)
        assert answer.headers["Retry-After"] == "5"


class TestAnswers:
    def test_are_private_and_kept_nowhere(self, site):
        for answer in (
            site.ask(account("asha")),
            site.bridge.get(path=COURSES, sender=site.credential),
            site.bridge.get(path=DOCUMENT, sender=site.credential),
        ):
            assert (answer.status_code, answer.mimetype) == (200, "application/json")
            assert answer.headers["Cache-Control"] == "private, no-store"

    def test_no_other_site_may_read_them_in_a_browser(self, site):
        headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
        for method in ("OPTIONS", "POST"):
            answer = site.bridge.request(
                method, {"agents": [account("a")]}, sender=site.credential, path=STANDINGS, headers=headers
            )
            assert not [name for name, _ in answer.headers if name.lower().startswith("access-control")]
        assert site.bridge.request("OPTIONS", sender=None, path=STANDINGS).status_code == 401

    @pytest.mark.parametrize("path", [COURSES, DOCUMENT])
    def test_a_head_is_a_get_without_its_body(self, site, path):
        got = site.bridge.get(path=path, sender=site.credential)
        head = site.bridge.request("HEAD", sender=site.credential, path=path)
        assert (head.status_code, head.data) == (200, b"")
        assert head.headers["Content-Length"] == got.headers["Content-Length"] == str(len(got.data))

    def test_cost_the_same_queries_for_one_and_for_a_hundred(self, bridge, site):
        names = [f"learner{number}" for number in range(100)]
        bridge.stored(*(completion(f"{SITE}|{name}", "induction", day(1)) for name in names))
        bridge.recompute()
        counts = []
        for asked in (names[:1], names):
            site.standings(account(names[0]))  # mappings are read once for all
            with counted(bridge.database.engine) as queries:
                found = site.standings(*map(account, asked))
            assert all(one["tiers"] for one in found)
            counts.append(len(queries))
        assert counts[0] == counts[1] <= 9


class counted:  # noqa: N801  # used as a word
    """The statements that an engine's connections execute."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine, self.queries = engine, []

    def __enter__(self) -> list[str]:
        sa.event.listen(self.engine, "before_cursor_execute", self._note)
        return self.queries

    def __exit__(self, *_raised) -> None:
        sa.event.remove(self.engine, "before_cursor_execute", self._note)

    def _note(self, _connection, _cursor, text, *_more) -> None:
        self.queries.append(text)


class TestCourses:
    def test_what_gives_a_course_at_the_credentials_own_source(self, site):
        course = site.courses()["escb_basic"]
        assert course["title"] == "ESCB basic awareness package"
        first, second = course["sources"]
        assert (first["rule"], first["id_numbers"]) == ("ESCB basic awareness", ["escb_basic"])
        assert first["activity"] == ["*/course/view.php?id=*"]
        assert "http://adlnet.gov/expapi/verbs/completed" in first["verbs"]
        assert (second["rule"], second["id_numbers"]) == (
            "ESCB basic awareness, logstore_xapi 2",
            ["escb_basic"],
        )

    def test_and_at_no_other(self, bridge, site):
        assert site.courses()["nwg_basic"]["sources"] == []
        nwg = bridge.credential("nwg", "courses/read")
        body = bridge.get(path=COURSES, sender=nwg).get_json()
        given = {one["key"] for one in body["courses"] if one["sources"]}
        assert given == {"nwg_basic"}
        nowhere = bridge.get(path=COURSES, sender=bridge.credential(None, "courses/read")).get_json()
        assert not any(one["sources"] for one in nowhere["courses"])

    def test_what_a_course_is_worth(self, site):
        courses = site.courses()
        [covered] = courses["set_toolbox"]["covers"]
        assert [(one["key"], one["tier"]) for one in covered["items"]] == [("3.3", "T3"), ("4.2", "T4")]
        assert (covered["together_with"], covered["where"]) == ([], "the SET CSE Toolbox e-learning")
        assert [one["key"] for one in courses["set_toolbox"]["standards"]] == ["set_toolbox"]
        assert courses["safeguarding_l3"]["companion"][0]["level"] == "level_3"
        assert [one["key"] for one in courses["safeguarding_l3"]["standards"]] == ["safeguarding_l2"]
        assert courses["safeguarding_basic"]["standards"] == courses["safeguarding_basic"]["covers"] == []

    def test_what_it_counts_as_by_a_decision_that_holds(self, make_bridge):
        from lrs_bridge.mapping_files import read_folder
        from lrs_bridge.settings import SHIPPED_MAPPINGS

        files = read_folder(SHIPPED_MAPPINGS)
        for name in ("frameworks/escb.yaml", "champions/set.yaml"):
            decided = "\n".join(
                f"  - {{course: {course}, counts_as: escb_basic, decided_by: us, basis: same, until: {until}}}"
                for course, until in (("kent_basic", "2026-03-02"), ("old_basic", "2026-03-01"))
            )
            files[name] = files[name].replace("equivalences: []", f"equivalences:\n{decided}")
        courses = Site(make_bridge(mappings=files)).courses()
        for key, holds in (("escb_basic", True), ("kent_basic", True), ("old_basic", False)):
            assert [one["route"] for one in courses[key]["covers"]] == [
                "ESCB basic awareness package"
            ] * holds
            assert [one["key"] for one in courses[key]["standards"]] == ["basic_cse"] * holds

    def test_a_route_of_several_courses_names_the_others(self, make_bridge):
        from lrs_bridge.mapping_files import read_folder
        from lrs_bridge.settings import SHIPPED_MAPPINGS

        files = read_folder(SHIPPED_MAPPINGS)
        files["frameworks/escb.yaml"] = files["frameworks/escb.yaml"].replace(
            "  escb_missing:\n    name", "  escb_missing:\n    all_of: [escb_missing, pace]\n    name"
        )
        courses = Site(make_bridge(mappings=files)).courses()
        assert [one["together_with"] for one in courses["escb_missing"]["covers"]] == [["pace"]]
