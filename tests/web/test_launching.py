"""Launch links: what they hold, and what their credential may do: that learner, that activity, that registration, that long."""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from builders import ATTEMPTED, VOIDED, actor_of, completion, day, new_id, statement, void_of
from web.launches import ACTIVITY, ASHA, BEN, CONTENT, REGISTRATION, in_launch, link, parameters, sender

from lrs_bridge.errors import BadInput, Forbidden
from lrs_bridge.flows import limits
from lrs_bridge.store import clients
from lrs_bridge.xapi.agents import parse_identifier

PUBLIC = "https://bridge.example.org/lrs"


@pytest.fixture
def bridge(make_bridge):
    return make_bridge(public_url=PUBLIC)


class TestLink:
    def test_holds_what_content_expects(self, bridge):
        made = link(bridge, learner="asha.rao@Example.org", name="Asha Räo & Söhne + 1")
        told = parameters(made)
        assert list(told) == ["endpoint", "auth", "actor", "registration", "activity_id"]
        assert told["endpoint"] == f"{PUBLIC}/xapi/"
        assert told["registration"] == REGISTRATION
        assert told["activity_id"] == ACTIVITY
        assert json.loads(told["actor"]) == {
            "objectType": "Agent",
            "mbox": "mailto:asha.rao@example.org",
            "name": "Asha Räo & Söhne + 1",
        }
        assert "+" not in urlsplit(made.url).query
        assert made.url.isascii()

    @pytest.mark.parametrize(
        ("content", "begins", "ends"),
        [
            (f"{CONTENT}/a", f"{CONTENT}/a?endpoint=", ""),
            (f"{CONTENT}/a?x=%20y&z", f"{CONTENT}/a?x=%20y&z&endpoint=", ""),
            (f"{CONTENT}/a?", f"{CONTENT}/a?endpoint=", ""),
            (f"{CONTENT}/a?x&", f"{CONTENT}/a?x&endpoint=", ""),
            (f"{CONTENT}/a#/page?p=1", f"{CONTENT}/a?endpoint=", "#/page?p=1"),
            (f"{CONTENT}/a?x#y", f"{CONTENT}/a?x&endpoint=", "#y"),
            ("http://localhost:9000", "http://localhost:9000?endpoint=", ""),
        ],
    )
    def test_keeps_query_and_fragment(self, bridge, content, begins, ends):
        made = link(bridge, content)
        assert made.url.startswith(begins)
        assert made.url.endswith(ends)
        assert urlsplit(made.url).fragment == ends.removeprefix("#")
        assert parse_qs(urlsplit(made.url).query)["activity_id"] == [ACTIVITY]

    def test_mints_a_registration_where_none_is_given(self, bridge):
        one, other = link(bridge, registration=""), link(bridge, registration="")
        assert one.registration != other.registration
        assert parameters(one)["registration"] == one.registration

    def test_takes_registrations_in_any_case(self, bridge):
        assert link(bridge, registration=REGISTRATION.upper()).registration == REGISTRATION

    def test_names_all_that_is_wrong(self, bridge):
        with pytest.raises(BadInput) as refused:
            link(
                bridge,
                f"{CONTENT}/a?auth=x&endpoint=",
                learner="asha",
                activity="cse",
                registration="1",
                source="moodel",
                name="a\nb",
            )
        assert [one.where for one in refused.value.problems] == [
            "CONTENT_URL",
            "--source",
            "--name",
            "--learner",
            "--activity",
            "--registration",
        ]
        assert "auth, endpoint" in refused.value.problems[0].what

    @pytest.mark.parametrize(
        ("content", "why"),
        [
            ("http://content.example.org/a", "not encrypted"),
            ("content.example.org/a", "https://"),
            ("https://content.example.org/a b", "blank"),
            ("https://me:secret@content.example.org/a", "user name"),
        ],
    )
    def test_content_that_would_give_the_credential_away_is_refused(self, bridge, content, why):
        with pytest.raises(BadInput) as refused:
            link(bridge, content)
        assert why in refused.value.problems[0].what

    def test_a_browser_must_be_able_to_send_from_there(self, make_bridge):
        with pytest.raises(BadInput, match="public_url"):
            link(make_bridge(public_url="http://bridge.example.org"))


class TestCredential:
    def test_works_from_its_content_alone_until_it_expires(self, bridge, clock):
        made = link(bridge)
        known = sender(made)
        headers = {"Origin": CONTENT}
        assert bridge.post(in_launch(), sender=known, headers=headers).status_code == 200
        assert (
            bridge.post(in_launch(), sender=known, headers={"Origin": "https://x.example"}).status_code == 403
        )
        preflight = {**headers, "Access-Control-Request-Method": "PUT"}
        assert bridge.request("OPTIONS", sender=None, headers=preflight).status_code == 204
        clock.advance(timedelta(hours=8) - timedelta(seconds=1))
        assert bridge.post(in_launch(), sender=known, headers=headers).status_code == 200
        clock.advance(timedelta(seconds=1))
        answer = bridge.post(in_launch(), sender=known, headers=headers)
        assert answer.status_code == 401
        assert "expired" in answer.get_json()["title"]
        assert bridge.request("OPTIONS", sender=None, headers=preflight).status_code == 403

    def test_is_credited_as_its_source(self, bridge):
        sent = completion(ASHA, "induction", day(1))
        made = link(bridge, source="moodle", activity=sent["object"]["id"])
        [id_] = bridge.stored(sent, sender=sender(made))
        bridge.recompute()
        assert [one["statement_id"] for one in bridge.explain(ASHA)["evidence"] if one["counts"]] == [id_]

    def test_credits_no_other_course_by_naming_the_activity_around_it(self, bridge):
        sent = completion(ASHA, "induction", day(1), **around("grouping", ACTIVITY))
        bridge.stored(sent, sender=sender(link(bridge, source="moodle")))
        bridge.recompute()
        [one] = bridge.explain(ASHA)["evidence"]
        assert not one["counts"]
        assert "launched" in one["because"]
        assert bridge.differences() == []

    def test_reads_what_was_sent_in_this_registration_and_nothing_else(self, bridge):
        bridge.stored(in_launch())
        [first] = bridge.stored(in_launch(), sender=sender(link(bridge)))
        again = sender(link(bridge))
        [second] = bridge.stored(in_launch(), sender=again)
        assert bridge.found(sender=again) == [second, first]
        for other in ({"registration": new_id()}, {"learner": BEN}, {"activity": f"{ACTIVITY}2"}):
            assert bridge.found(sender=sender(link(bridge, **other))) == []

    def test_has_no_scope_beyond_what_content_needs(self, bridge):
        made = link(bridge)
        listed = bridge.database.read(lambda session: clients.listed(session, launches=True))
        [one] = [row for row in listed if row.key == made.key]
        assert one.client.scopes == {"statements/write", "statements/read/mine", "state"}
        assert (
            bridge.request("POST", {"agents": []}, path="/api/v1/standings", sender=sender(made)).status_code
            == 403
        )

    def test_its_authority_tells_nothing_of_the_learner(self, bridge):
        known = sender(link(bridge))
        [id_] = bridge.stored(in_launch(), sender=known)
        authority = bridge.get(statementId=id_, sender=known).get_json()["authority"]
        assert authority["account"]["homePage"] == PUBLIC
        assert "4711" not in json.dumps(authority)

    def test_can_be_revoked(self, bridge, clock):
        made = link(bridge)
        assert bridge.database.write(lambda session: clients.revoke(session, made.key, clock()))
        assert bridge.post(in_launch(), sender=sender(made)).status_code == 401

    def test_is_forgotten_a_while_after_it_expired_and_what_it_sent_stays(self, bridge, clock):
        made, before = link(bridge), len(bridge.credentials)
        [id_] = bridge.stored(in_launch(), sender=sender(made))
        later = clock() + timedelta(hours=8, days=7)
        forget = lambda moment: bridge.database.write(lambda session: clients.forget_expired(session, moment))  # noqa: E731
        assert forget(clock() + timedelta(hours=7)) == 0
        assert [forget(later), forget(later)] == [1, 0]
        rows = bridge.database.read(
            lambda session: session.exec_driver_sql(
                "SELECT * FROM clients WHERE expires_at IS NOT NULL"
            ).all()
        )
        assert "4711" not in repr(rows)
        assert REGISTRATION not in repr(rows)
        assert bridge.get(statementId=id_, sender=bridge.credential(None, "all/read")).status_code == 200
        clock.set(later)
        assert bridge.post(in_launch(), sender=sender(made)).status_code == 401
        assert bridge.database.read(lambda session: clients.listed(session, launches=True)) == []
        assert (
            len(bridge.database.read(lambda session: clients.listed(session, launches=False))) == before + 1
        )


def around(kind: str, id_: str):
    return {"context": {"registration": REGISTRATION, "contextActivities": {kind: [{"id": id_}]}}}


ELSEWHERE = "https://elsewhere.example/cse"
TAKEN = {
    "the activity": in_launch(),
    "a slide": in_launch(object={"id": f"{ACTIVITY}/6aSlide01"}),
    "an H5P child": in_launch(object={"id": f"{ACTIVITY}?subContentId=2f0d"}),
    "a fragment": in_launch(object={"id": f"{ACTIVITY}#q1"}),
    "its child by parent": in_launch(object={"id": ELSEWHERE}, **around("parent", ACTIVITY)),
    "its child by grouping": in_launch(object={"id": ELSEWHERE}, **around("grouping", f"{ACTIVITY}/x")),
    "one grouping": in_launch(
        object={"id": ELSEWHERE}, context={"contextActivities": {"grouping": {"id": ACTIVITY}}}
    ),
    "no registration": in_launch(context={}),
    "a registration in capitals": in_launch(context={"registration": REGISTRATION.upper()}),
    "of a named actor": in_launch(actor={**statement(ASHA)["actor"], "name": "Asha"}),
}
REFUSED = {
    "another learner": (in_launch(actor={"mbox": BEN}), "actor"),
    "a group": (
        in_launch(actor={**statement(ASHA)["actor"], "objectType": "Group"}),
        "actor",
    ),
    "nobody": (in_launch(actor={"objectType": "Group", "member": [statement(ASHA)["actor"]]}), "actor"),
    "another activity": (in_launch(object={"id": ELSEWHERE}), "object"),
    "one that begins alike": (in_launch(object={"id": f"{ACTIVITY}2"}), "object"),
    "one with a hyphen": (in_launch(object={"id": f"{ACTIVITY}-2"}), "object"),
    "what it is part of": (in_launch(object={"id": CONTENT + "/"}), "object"),
    "category alone": (in_launch(object={"id": ELSEWHERE}, **around("category", ACTIVITY)), "object"),
    "an agent": (in_launch(object={"objectType": "Agent", "mbox": BEN}), "object"),
    "a substatement about it": (
        in_launch(object={"objectType": "SubStatement", **statement(ASHA, ATTEMPTED, ACTIVITY)}),
        "object",
    ),
    "another registration": (in_launch(context={"registration": str(new_id())}), "context.registration"),
    "a void": (
        in_launch(
            verb={"id": VOIDED},
            object=void_of(new_id())["object"],
            **around("grouping", ACTIVITY),
        ),
        "verb",
    ),
}  # fmt: skip


class TestStatements:
    @pytest.mark.parametrize("what", TAKEN)
    def test_of_the_launch_are_taken(self, bridge, what):
        assert bridge.post(TAKEN[what], sender=sender(link(bridge))).status_code == 200

    @pytest.mark.parametrize("what", REFUSED)
    def test_outside_it_are_refused_with_what_differs(self, bridge, what):
        known = sender(link(bridge))
        sent, place = REFUSED[what]
        for answer in (bridge.post(sent, sender=known), bridge.put(sent, new_id(), sender=known)):
            assert answer.status_code == 403
            assert [one["where"] for one in answer.get_json()["problems"]] == [f"$.{place}"]
        assert bridge.post(sent, sender="moodle").status_code == 200

    def test_a_batch_names_each_and_stores_none(self, bridge):
        batch = [in_launch(), REFUSED["another learner"][0], in_launch(), REFUSED["a void"][0]]
        answer = bridge.post(batch, sender=sender(link(bridge)))
        body = answer.get_json()
        assert (answer.status_code, body["statements"]) == (403, [1, 3])
        assert [one["where"] for one in body["problems"]] == ["$[1].actor", "$[3].verb"]
        assert bridge.count() == 0

    def test_several_differences_are_all_told(self, bridge):
        sent = statement(BEN, what=ELSEWHERE, context={"registration": new_id()})
        problems = bridge.post(sent, sender=sender(link(bridge))).get_json()["problems"]
        assert [one["where"] for one in problems] == ["$.actor", "$.object", "$.context.registration"]


class TestDocuments:
    """What documents and lookups ask before they do anything."""

    @pytest.fixture
    def client(self, bridge):
        known = sender(link(bridge))
        return bridge.database.read(lambda session: clients.check(session, known.key, known.secret))

    @pytest.mark.parametrize("registration", [None, REGISTRATION, REGISTRATION.upper()])
    @pytest.mark.parametrize("activity", [ACTIVITY, f"{ACTIVITY}/slide"])
    def test_state_of_the_launch(self, client, activity, registration):
        limits.hold_documents(
            client,
            "state",
            activity=activity,
            agent=parse_identifier(ASHA),
            registration=registration and UUID(registration),
        )

    @pytest.mark.parametrize(
        ("kind", "activity", "agent", "registration"),
        [
            ("state", ACTIVITY, BEN, REGISTRATION),
            ("state", ACTIVITY, None, REGISTRATION),
            ("state", ELSEWHERE, ASHA, REGISTRATION),
            ("state", None, ASHA, REGISTRATION),
            ("state", ACTIVITY, ASHA, "0a4f8d3e-52c1-4f0e-9d5b-6a7e2f1c3b90"),
            ("activity", ACTIVITY, None, None),
            ("agent", None, ASHA, None),
        ],
    )
    def test_nothing_else(self, client, kind, activity, agent, registration):
        with pytest.raises(Forbidden) as refused:
            limits.hold_documents(
                client,
                kind,
                activity=activity,
                agent=agent and parse_identifier(agent),
                registration=registration and UUID(registration),
            )
        assert len(refused.value.problems) == 1

    def test_lookups_of_its_own(self, client):
        limits.hold_lookup(client, activity=ACTIVITY)
        limits.hold_lookup(client, agent=parse_identifier(ASHA))
        for other in ({"activity": ELSEWHERE}, {"agent": parse_identifier(BEN)}):
            with pytest.raises(Forbidden):
                limits.hold_lookup(client, **other)

    def test_credentials_without_a_launch_pass(self, bridge):
        moodle = bridge.credentials["moodle"]
        free = bridge.database.read(lambda session: clients.check(session, moodle.key, moodle.secret))
        ben = parse_identifier(BEN)
        limits.hold_documents(free, "agent", activity=None, agent=ben, registration=None)
        limits.hold_lookup(free, activity=ELSEWHERE, agent=ben)


class TestDocumentsOverHttp:
    """The same by the resources."""

    def state(self, bridge, method: str, known, body=None, **changed):
        query = {
            "activityId": ACTIVITY,
            "agent": statement(ASHA)["actor"],
            "registration": REGISTRATION,
            "stateId": "resume",
        }
        return bridge.request(
            method, body, sender=known, path="/xapi/activities/state", **{**query, **changed}
        )

    def test_content_resumes(self, bridge):
        for known in (sender(link(bridge)), sender(link(bridge))):
            assert self.state(bridge, "PUT", known, {"slide": 3}).status_code == 204
            assert self.state(bridge, "GET", known).get_json() == {"slide": 3}
        assert self.state(bridge, "DELETE", known).status_code == 204

    @pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
    @pytest.mark.parametrize(
        "changed",
        [{"activityId": ELSEWHERE}, {"agent": {"mbox": BEN}}, {"registration": new_id()}],
        ids=lambda changed: next(iter(changed)),
    )
    def test_nothing_of_others(self, bridge, method, changed):
        answer = self.state(
            bridge, method, sender(link(bridge)), {} if method in ("PUT", "POST") else None, **changed
        )
        assert answer.status_code == 403
        assert [one["where"] for one in answer.get_json()["problems"]] == [*changed]

    def test_no_profiles_and_no_other_agents(self, bridge):
        known = sender(link(bridge))
        for path, query in (
            ("/xapi/activities/profile", {"activityId": ACTIVITY, "profileId": "x"}),
            ("/xapi/agents/profile", {"agent": statement(ASHA)["actor"], "profileId": "x"}),
            ("/xapi/agents", {"agent": {"mbox": BEN}}),
            ("/xapi/activities", {"activityId": ELSEWHERE}),
        ):
            assert bridge.get(path=path, sender=known, **query).status_code == 403
        assert (
            bridge.get(path="/xapi/agents", sender=known, agent=statement(ASHA)["actor"]).status_code == 200
        )
        assert bridge.get(path="/xapi/activities", sender=known, activityId=ACTIVITY).status_code == 200

    def test_a_whole_context_is_its_own_registration_and_what_belongs_to_none(self, bridge):
        other = "0a4f8d3e-52c1-4f0e-9d5b-6a7e2f1c3b90"
        first, second = sender(link(bridge)), sender(link(bridge, registration=other))
        state = {"path": "/xapi/activities/state", "activityId": ACTIVITY, "agent": actor_of(ASHA)}
        text = {"headers": {"Content-Type": "text/plain"}}

        def put(name, by, **more):
            answer = bridge.request("PUT", b"x", sender=by, stateId=name, **state, **more, **text)
            assert answer.status_code == 204

        put("first", first, registration=REGISTRATION)
        put("second", second, registration=other)
        put("shared", first)
        assert set(bridge.get(sender=second, **state).get_json()) == {"second", "shared"}
        assert bridge.request("DELETE", sender=second, **state).status_code == 204
        assert bridge.get(sender=first, **state).get_json() == ["first"]
