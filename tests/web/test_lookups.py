"""Agents, activities and about over HTTP."""

from __future__ import annotations

import pytest
from builders import VERSION_HEADER, actor_of, completion, statement

WHO = "mailto:asha.rao@example.org"
ACTIVITY = "https://example.org/activities/1"


class TestAgents:
    def ask(self, bridge, agent, *scopes):
        sender = bridge.credential(None, *scopes) if scopes else "moodle"
        return bridge.get(path="/xapi/agents", sender=sender, agent=agent)

    @pytest.mark.requirement(
        "XAPI-00236",
        "XAPI-00237",
        "XAPI-00238",
        "XAPI-00239",
        "XAPI-00240",
        "XAPI-00241",
        "XAPI-00242",
        "XAPI-00244",
        "XAPI-00247",
        "XAPI-00248",
    )
    @pytest.mark.parametrize(
        "who",
        [WHO, "sha1:" + "a" * 40, "openid:https://a.example/", "https://a.example|7", "https://a.example|\0"],
    )
    def test_a_person_holds_what_was_asked_with(self, bridge, who):
        agent = {"objectType": "Agent", "name": "Asha", **actor_of(who)}
        person = self.ask(bridge, agent).get_json()
        [(member, value)] = actor_of(who).items()
        assert person == {"objectType": "Person", "name": ["Asha"], member: [value]}
        assert self.ask(bridge, actor_of(who)).get_json() == {"objectType": "Person", member: [value]}

    @pytest.mark.requirement("XAPI-00246")
    @pytest.mark.parametrize(
        ("scope", "sees"),
        [
            ("all", True),
            ("all/read", True),
            ("statements/read", True),
            ("statements/read/mine", False),
            ("profile", False),
        ],
    )
    def test_names_are_for_those_who_may_read_everything(self, bridge, scope, sees):
        actor = {"name": "Asha Rao", "mbox": WHO}
        bridge.stored(completion(WHO, "induction", bridge.clock(), actor=actor))
        bridge.recompute()
        person = self.ask(bridge, {"mbox": WHO}, scope).get_json()
        assert person.get("name") == (["Asha Rao"] if sees else None)
        assert person["mbox"] == [WHO]
        asked = self.ask(bridge, {"mbox": WHO, "name": "A. Rao"}, scope).get_json()
        assert asked["name"] == (["A. Rao", "Asha Rao"] if sees else ["A. Rao"])

    def test_refusals(self, bridge):
        for agent in ({"objectType": "Agent"}, "[]", {"objectType": "Group", "mbox": WHO}):
            assert self.ask(bridge, agent).status_code == 400
        assert bridge.get(path="/xapi/agents").status_code == 400
        assert bridge.get(path="/xapi/agents", sender=None).status_code == 401


class TestActivities:
    def ask(self, bridge, **query):
        return bridge.get(path="/xapi/activities", **query)

    @pytest.mark.requirement("XAPI-00252", "XAPI-00253")
    def test_one_that_is_not_known_is_bare(self, bridge):
        answer = self.ask(bridge, activityId=ACTIVITY)
        assert (answer.status_code, answer.mimetype) == (200, "application/json")
        assert answer.get_json() == {"objectType": "Activity", "id": ACTIVITY}

    @pytest.mark.requirement("XAPI-00251", "XAPI-00254")
    @pytest.mark.parametrize("together", [False, True])
    def test_the_canonical_definition_of_all_that_came(self, bridge, together):
        sender = bridge.credential("moodle", "statements/write", "define")
        told = [
            statement(object={"id": ACTIVITY, "definition": {"name": name, "extensions": {"urn:a:b": 1.5}}})
            for name in ({"en": "Meeting"}, {"fr": "Réunion"})
        ]
        for sent in [told] if together else [[one] for one in told]:
            bridge.stored(*sent, sender=sender)
        assert self.ask(bridge, activityId=ACTIVITY).get_json() == {
            "objectType": "Activity",
            "id": ACTIVITY,
            "definition": {"name": {"en": "Meeting", "fr": "Réunion"}, "extensions": {"urn:a:b": 1.5}},
        }

    def test_without_the_scope_define_the_first_definition_stays(self, bridge):
        names = [{"en": "One"}, {"en": "Two", "fr": "Deux"}]
        bridge.stored(*(statement(object={"id": ACTIVITY, "definition": {"name": name}}) for name in names))
        assert self.ask(bridge, activityId=ACTIVITY).get_json()["definition"] == {"name": {"en": "One"}}

    def test_refusals(self, bridge):
        for query in (
            {},
            {"activityId": "one"},
            {"activityid": ACTIVITY},
            {"activityId": ACTIVITY, "x": "1"},
        ):
            assert self.ask(bridge, **query).status_code == 400
        assert self.ask(bridge, activityId=ACTIVITY, sender=None).status_code == 401


class TestAbout:
    @pytest.mark.requirement("XAPI-00315", "XAPI-00316", "XAPI-00317", "XAPI-00318", "XAPI-00319")
    @pytest.mark.parametrize(
        ("version", "told"), [(None, "2.0.0"), ("1.0.3", "1.0.3"), ("2.0.0", "2.0.0"), ("3.0", "1.0.3")]
    )
    def test_tells_the_versions_to_everybody(self, bridge, version, told):
        answer = bridge.get(path="/xapi/about", sender=None, headers={VERSION_HEADER: version})
        assert answer.status_code == 200
        assert answer.get_json() == {"version": ["1.0.0", "1.0.1", "1.0.2", "1.0.3", "2.0.0"]}
        assert answer.headers[VERSION_HEADER] == told

    def test_has_no_parameters(self, bridge):
        assert bridge.get(path="/xapi/about", sender=None, x="1").status_code == 400


@pytest.mark.requirement("XAPI-00125", "XAPI-00126")
@pytest.mark.parametrize("path", ["/xapi/about", "/xapi/agents", "/xapi/activities"])
def test_head_and_other_methods(bridge, path):
    query = {"agent": {"mbox": WHO}} if path.endswith("agents") else {}
    query |= {"activityId": ACTIVITY} if path.endswith("activities") else {}
    got, head = (bridge.request(method, path=path, **query) for method in ("GET", "HEAD"))
    assert (got.status_code, head.status_code, head.data) == (200, 200, b"")
    assert head.headers == got.headers
    assert int(head.headers["Content-Length"]) == len(got.data)
    for method in ("PUT", "POST", "DELETE", "PATCH"):
        answer = bridge.request(method, path=path, **query)
        assert answer.status_code == 405
        assert {"GET", "HEAD"} <= set(answer.headers["Allow"].split(", "))
