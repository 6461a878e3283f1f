"""Requirements over HTTP by their numbers: the tables of tests/xapi sent to a bridge, and what no other test asks.

A table goes in one test for each kind of resource and database; a failure names the row.
"""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest
from builders import ATTEMPTED, VERSION_HEADER, actor_of, new_id, statement, void_of
from web.test_documents import KINDS, NEW, PATHS, Shelf, naming
from xapi.broken_statements import BROKEN
from xapi.examples import BOTH, WITH_SUBSTATEMENT, as_body, changed
from xapi.test_document_queries import BROKEN_DOCUMENT_QUERIES, POST_RULES, REFUSED_POSTS
from xapi.test_lookups import BROKEN_LOOKUPS, parse_activity_query, parse_agent_query, refuse_parameters
from xapi.test_queries import BROKEN_QUERIES

from lrs_bridge.moments import parse_instant

REGISTRATION = new_id()
ACTIVITY = "https://example.org/activities/1"
WHO = actor_of("mailto:asha.rao@example.org")


def rules_of(table) -> list[str]:
    return sorted({row[0] for row in table})


def told(answer) -> list[tuple[str, str]]:
    assert answer.status_code == 400, answer.text
    return [(problem["rule"], problem.get("where", "")) for problem in answer.get_json()["problems"]]


def asked(args: dict[str, list[str]]) -> str:
    return urlencode(args, doseq=True)


class TestRefused:
    """What tests/xapi has refused by functions is refused by the resource with the same rule and place."""

    @pytest.mark.requirement(*rules_of(BROKEN))
    @pytest.mark.parametrize("version", BOTH)
    def test_statements(self, bridge, version):
        sent = [(rule, where, one) for rule, versions, where, one in BROKEN if version in versions]
        for rule, where, one in sent:
            answer = bridge.post(as_body([one]), headers={VERSION_HEADER: version})
            assert told(answer) == [(rule, f"$[0]{where[1:]}")]
        assert bridge.count() == 0

    @pytest.mark.requirement("XAPI-00182", "XAPI-00326")
    @pytest.mark.parametrize("version", BOTH)
    def test_many_of_them_in_one_batch(self, bridge, version):
        sent = [(rule, where, one) for rule, versions, where, one in BROKEN if version in versions]
        for some in (sent[::2], sent[1::2]):  # an answer tells no more than 200 problems
            # Each its own id, or a repeated one would be a problem too.
            batch = [
                {**one, "id": new_id()} if isinstance(one, dict) and "$.id" not in where else one
                for _, where, one in some
            ]
            answer = bridge.post(as_body([statement(), *batch]), headers={VERSION_HEADER: version})
            places = enumerate(some, 1)
            assert told(answer) == [(rule, f"$[{index}]{where[1:]}") for index, (rule, where, _) in places]
        assert bridge.count() == 0

    @pytest.mark.requirement(*rules_of(BROKEN_QUERIES))
    @pytest.mark.parametrize("version", BOTH)
    def test_queries(self, bridge, version):
        for rule, where, args in BROKEN_QUERIES:
            if args == {"agent": ["\ud800"]}:  # no address holds it
                continue
            answer = bridge.get(path=f"/xapi/statements?{asked(args)}", headers={VERSION_HEADER: version})
            assert (rule, where.partition(".")[0]) in [
                (one, place.partition(".")[0]) for one, place in told(answer)
            ], args

    @pytest.mark.requirement(*rules_of(BROKEN_LOOKUPS))
    @pytest.mark.parametrize("version", BOTH)
    def test_look_ups(self, bridge, version):
        paths = {parse_agent_query: "agents", parse_activity_query: "activities", refuse_parameters: "about"}
        for rule, parse, args in BROKEN_LOOKUPS:
            path = f"/xapi/{paths[parse]}?{asked(args)}"
            assert rule in [one for one, _ in told(bridge.get(path=path, headers={VERSION_HEADER: version}))]

    @pytest.mark.requirement(
        *rules_of(BROKEN_DOCUMENT_QUERIES),
        # since has no place in a DELETE of states; activityId is checked there; agent is none of an activity's profile
        *("XAPI-00205", "XAPI-00223", "XAPI-00224", "XAPI-00304"),
    )
    @pytest.mark.parametrize("version", BOTH)
    def test_documents(self, bridge, version):
        for rule, where, kind, method, args in BROKEN_DOCUMENT_QUERIES:
            shelf = Shelf(bridge, kind, version=version)
            body = b"{}" if method in ("PUT", "POST") else None
            headers = {VERSION_HEADER: version, **(NEW if method == "PUT" else {})}
            path = f"{PATHS[kind]}?{asked(args)}"
            answer = bridge.request(method, body, path=path, sender=shelf.sender, headers=headers)
            assert rule in {one for one, place in told(answer) if place.startswith(where)}, (kind, method)
            assert shelf.names() == []

    @pytest.mark.requirement(*(rule for rules in POST_RULES.values() for rule in rules.values()))
    @pytest.mark.parametrize("kind", KINDS)
    def test_posts_that_cannot_be_merged(self, bridge, kind):
        for number, (fault, content_type, body, held) in enumerate(REFUSED_POSTS):
            shelf, name = Shelf(bridge, kind), str(number)
            if held:
                held_type, content = held
                answer = shelf.put(content, name=name, headers={"Content-Type": held_type, **NEW})
                assert answer.status_code == 204
            answer = shelf.post(body, name=name, headers={"Content-Type": content_type})
            assert POST_RULES[kind][fault] in {rule for rule, _ in told(answer)}, number
            assert shelf.get(name).status_code == (200 if held else 404)
            if held:
                assert shelf.get(name).data == held[1]


class TestMethods:
    """Each method of a kind of document, answered as it should be."""

    @pytest.mark.requirement(
        "XAPI-00187", "XAPI-00188", "XAPI-00189", "XAPI-00190", "XAPI-00230", "XAPI-00231"
    )
    @pytest.mark.requirement(
        "XAPI-00218", "XAPI-00219", "XAPI-00220", "XAPI-00227", "XAPI-00216", "XAPI-00217"
    )
    @pytest.mark.requirement("XAPI-00191", "XAPI-00192")
    @pytest.mark.parametrize("version", BOTH)
    @pytest.mark.parametrize("more", [{}, {"registration": REGISTRATION}], ids=["plain", "registration"])
    def test_of_a_state(self, bridge, version, more):
        self._go_through(Shelf(bridge, "state", version=version), more)

    @pytest.mark.requirement(
        "XAPI-00259", "XAPI-00269", "XAPI-00271", "XAPI-00272", "XAPI-00273", "XAPI-00274"
    )
    @pytest.mark.requirement("XAPI-00282", "XAPI-00283")
    @pytest.mark.parametrize("version", BOTH)
    def test_of_an_agents_profile(self, bridge, version):
        self._go_through(Shelf(bridge, "agent", version=version), {})

    @pytest.mark.requirement(
        "XAPI-00285", "XAPI-00286", "XAPI-00287", "XAPI-00288", "XAPI-00290", "XAPI-00291"
    )
    @pytest.mark.requirement("XAPI-00292", "XAPI-00293", "XAPI-00311", "XAPI-00312")
    @pytest.mark.parametrize("version", BOTH)
    def test_of_an_activitys_profile(self, bridge, version):
        self._go_through(Shelf(bridge, "activity", version=version), {})

    @staticmethod
    def _go_through(shelf, more):
        put = shelf.put({"a": 1}, headers=NEW, **more)
        assert (put.status_code, put.data) == (204, b"")
        got = shelf.get(**more)
        assert (got.status_code, got.get_json()) == (200, {"a": 1})
        posted = shelf.post({"b": 2}, **more)
        assert (posted.status_code, posted.data) == (204, b"")
        assert shelf.get(**more).get_json() == {"a": 1, "b": 2}
        again = shelf.put({"c": 3}, headers={"If-Match": shelf.get(**more).headers["ETag"]}, **more)
        assert again.status_code == 204
        assert shelf.names(**more) == ["one"]
        gone = shelf.ask("DELETE", **more)
        assert (gone.status_code, gone.data) == (204, b"")
        assert shelf.get(**more).status_code == 404


@pytest.mark.requirement("XAPI-00139", "XAPI-00140", "XAPI-00230", "XAPI-00245", "XAPI-00252", "XAPI-00282")
@pytest.mark.requirement("XAPI-00311", "XAPI-00315", "XAPI-00335")
@pytest.mark.parametrize("version", BOTH)
def test_every_resource_is_where_it_should_be(bridge, version):
    bridge.stored(statement())
    sender = bridge.credential("moodle", "all")
    queries = {
        "/xapi/statements": {},
        **{PATHS[kind]: naming(kind, None) for kind in KINDS},
        "/xapi/agents": {"agent": WHO},
        "/xapi/activities": {"activityId": ACTIVITY},
        "/xapi/about": {},
    }
    for path, query in queries.items():
        answer = bridge.get(path=path, sender=sender, headers={VERSION_HEADER: version}, **query)
        assert (answer.status_code, answer.mimetype) == (200, "application/json"), path
        assert answer.headers[VERSION_HEADER] == version


class TestGivenOut:
    @pytest.mark.requirement("XAPI-00096")
    @pytest.mark.parametrize("version", BOTH)
    def test_context_activities_in_arrays(self, bridge, version):
        lone = {
            "contextActivities": {
                kind: {"id": ACTIVITY} for kind in ("parent", "grouping", "category", "other")
            }
        }
        inner = changed(
            WITH_SUBSTATEMENT, ("object.context", lone), ("object.attachments", []), ("context", lone)
        )
        [id_] = bridge.stored(inner, headers={VERSION_HEADER: version})
        for kept in (bridge.get(statementId=id_).get_json(), bridge.get().get_json()["statements"][0]):
            for context in (kept["context"], kept["object"]["context"]):
                assert all(value == [{"id": ACTIVITY}] for value in context["contextActivities"].values())

    @pytest.mark.requirement("XAPI-00119")
    @pytest.mark.parametrize("method", ["POST", "PUT"])
    def test_extensions_of_any_value(self, bridge, method):
        for extensions in ({}, *({"https://example.org/x": value} for value in (None, "", {}, [], False, 0))):
            sent = statement(
                id=new_id(),
                object={"id": ACTIVITY, "definition": {"extensions": extensions}},
                result={"extensions": extensions},
                context={"extensions": extensions},
            )
            within = statement(id=new_id(), object={"objectType": "SubStatement", **sent})
            del within["object"]["id"]
            for one in (sent, within):
                answer = bridge.put(one, one["id"]) if method == "PUT" else bridge.post(one)
                assert answer.status_code in (200, 204), answer.text
                kept = bridge.get(statementId=one["id"]).get_json()
                assert {name: kept[name] for name in one} == one

    @pytest.mark.requirement("XAPI-00122")
    def test_instants_with_their_milliseconds(self, bridge):
        [id_] = bridge.stored(statement(timestamp="2026-03-02T09:30:00.123+01:00"))
        kept = bridge.get(statementId=id_).get_json()
        assert kept["timestamp"] == "2026-03-02T09:30:00.123+01:00"
        assert len(kept["stored"].rpartition(".")[2]) > 3
        parse_instant(kept["stored"])

    @pytest.mark.requirement("XAPI-00002")
    @pytest.mark.parametrize("number", ["0.123456789012345", "3.4028234e38", "1.17549435e-38", "16777217"])
    def test_numbers_as_they_were_written(self, bridge, number):
        body = json.dumps(statement(result={"score": {"raw": 0}})).replace('"raw": 0', f'"raw": {number}')
        [id_] = bridge.post(body.encode()).get_json()
        assert f'"raw": {number}' in bridge.get(statementId=id_).text

    @pytest.mark.requirement("XAPI-00015")
    def test_text_in_utf_8(self, bridge):
        name = "Zoë Ångström 中文 \U0001f600"
        body = json.dumps(statement(actor={**WHO, "name": name}), ensure_ascii=False).encode()
        [id_] = bridge.post(body).get_json()
        answer = bridge.get(statementId=id_)
        assert name.encode() in answer.data
        assert answer.get_json()["actor"]["name"] == name

    @pytest.mark.requirement("XAPI-00330", "XAPI-00332")
    @pytest.mark.parametrize("sent", BOTH)
    @pytest.mark.parametrize("asked_in", BOTH)
    def test_the_version_that_came(self, bridge, sent, asked_in):
        context = {"contextAgents": [{"objectType": "contextAgent", "agent": WHO}]} if sent == "2.0.0" else {}
        [id_] = bridge.stored(statement(context=context), headers={VERSION_HEADER: sent})
        kept = bridge.get(statementId=id_, headers={VERSION_HEADER: asked_in}).get_json()
        assert (kept["version"], kept["context"]) == (sent, context)

    @pytest.mark.requirement(
        "XAPI-00109", "XAPI-00110", "XAPI-00112", "XAPI-00113", "XAPI-00149", "XAPI-00154"
    )
    @pytest.mark.parametrize("version", BOTH)
    def test_an_object_of_statements_and_more(self, bridge, version):
        empty = bridge.get(verb=ATTEMPTED, headers={VERSION_HEADER: version})
        assert (empty.status_code, empty.get_json()) == (200, {"statements": [], "more": ""})
        bridge.stored(statement())
        full = bridge.get(headers={VERSION_HEADER: version}).get_json()
        assert set(full) == {"statements", "more"}
        assert [one["verb"]["id"] for one in full["statements"]] == [ATTEMPTED]

    @pytest.mark.requirement("XAPI-00016")
    @pytest.mark.parametrize("version", BOTH)
    def test_a_void_of_what_is_not_there(self, bridge, version):
        assert bridge.post(void_of(new_id()), headers={VERSION_HEADER: version}).status_code == 200


TOLD = {
    **statement(actor={"objectType": "Agent", "name": "Asha", **WHO}),
    "verb": {"id": ATTEMPTED, "display": {"en": "attempted", "fr": "a tenté"}},
    "object": {
        "objectType": "Activity",
        "id": ACTIVITY,
        "definition": {"name": {"en": "Meeting", "fr": "Réunion"}, "extensions": {"urn:a:b": 1}},
    },
}
NAMES = {"en": "Meeting", "fr": "Réunion", "de": "Treffen"}


class TestFormats:
    """XAPI-00168 to 00172, by id, by filter and of a voided statement."""

    @pytest.fixture(params=["statementId", "voidedStatementId", "verb"])
    def ask(self, bridge, request):
        sender = bridge.credential("moodle", "statements/write", "statements/read/mine", "define")
        later = statement(
            verb="urn:x:other", object={"id": ACTIVITY, "definition": {"name": {"de": "Treffen"}}}
        )
        [id_, _] = bridge.stored(TOLD, later, sender=sender)
        if request.param == "voidedStatementId":
            bridge.stored(void_of(id_), sender=sender)
        query = {"verb": ATTEMPTED} if request.param == "verb" else {request.param: id_}

        def asking(languages=None, **more):
            headers = {"Content-Type": None, "Accept-Language": languages}
            answer = bridge.get(sender=sender, headers=headers, **query, **more)
            assert answer.status_code == 200, answer.text
            body = answer.get_json()
            return body["statements"][0] if request.param == "verb" else body

        return asking

    @pytest.mark.requirement("XAPI-00168", "XAPI-00170")
    def test_exact_unless_asked_otherwise(self, ask):
        for kept in (ask(), ask(format="exact"), ask("fr", format="exact")):
            assert {name: kept[name] for name in TOLD} == TOLD

    @pytest.mark.requirement("XAPI-00171")
    def test_ids(self, ask):
        kept = ask(format="ids")
        assert kept["actor"] == {"objectType": "Agent", **WHO}
        assert kept["verb"] == {"id": ATTEMPTED}
        assert kept["object"] in ({"id": ACTIVITY}, {"objectType": "Activity", "id": ACTIVITY})

    @pytest.mark.requirement("XAPI-00169", "XAPI-00172")
    @pytest.mark.parametrize(
        ("languages", "name", "display"),
        [
            ("fr", "fr", "fr"),
            ("de, fr;q=0.5", "de", "fr"),
            ("fr-CA;q=0.2, en;q=0.9", "en", "en"),
            ("de-AT", "de", None),
        ],
    )
    def test_canonical(self, ask, languages, name, display):
        kept = ask(languages, format="canonical")
        definition = kept["object"]["definition"]
        assert definition["name"] == {name: NAMES[name]}
        assert definition["extensions"] == {"urn:a:b": 1}
        assert len(kept["verb"]["display"]) == 1
        if display:
            assert list(kept["verb"]["display"]) == [display]
