"""Downloading what is held about oneself: all of it, and nothing of anybody else."""

from __future__ import annotations

import io
import json
import tracemalloc
import zipfile
from datetime import timedelta

import pytest
from builders import COMPLETED, SITE, actor_of, completion, statement, void_of
from web.multiparts import MIXED, attaching, sha2_of
from web.multiparts import request as multipart
from web.visitors import LEARNER, OFFICER, OTHER_LEARNER

from lrs_bridge.flows import my_data
from lrs_bridge.flows.sign_in import Visitor
from lrs_bridge.store import audit, people, reports

MAIL, ACCOUNT = f"mailto:{LEARNER}", f"{SITE}|4711"
BOSS = "secret.boss@colne.example"
ATTESTATIONS = f"""person,attestation,organisation,area,by,by_name,date,note
{LEARNER},manager_support,Colne Primary School,essex,{BOSS},Tom Barker,2026-02-01,form with {BOSS}
{LEARNER},working_knowledge,Colne Primary School,essex,{BOSS},,2026-02-01,
"""


def download(town, address=LEARNER):
    browser = town.browser(address)
    browser.get("/me/data")
    answer = browser.post("/me/data")
    assert (answer.status_code, answer.mimetype) == (200, "application/zip"), answer.data[:500]
    with zipfile.ZipFile(io.BytesIO(answer.data)) as packed:
        assert packed.testzip() is None
        return {name: packed.read(name) for name in packed.namelist()}


def told(files, name="data.json"):
    return json.loads(files[name])


def test_statements_come_by_their_very_bytes_each_once(town):
    odd = f'{{"actor":{{"mbox":"{MAIL}"}},  "verb": {{"id":"{COMPLETED}"}}, "object":{{"id":"https://x.example/a"}},"result":{{"score":{{"scaled":0.50}}}} }}'
    town.bridge.post(odd.encode())
    both = statement(ACCOUNT, object={"objectType": "Agent", **actor_of(MAIL)})
    [of_both] = town.bridge.stored(both)
    [of_account] = town.bridge.stored(completion(ACCOUNT, "induction", town.bridge.clock()))
    town.bridge.stored(completion(f"mailto:{OTHER_LEARNER}", "induction", town.bridge.clock()))
    [voiding] = town.bridge.stored(void_of(of_account))
    files = download(town)
    assert odd.encode() in files["statements.json"]
    found = {one["id"]: one for one in told(files, "statements.json")}
    assert len(found) == len(told(files, "statements.json")) == 4
    assert {of_both, of_account, voiding} < set(found)
    assert found[of_account]["voided_by"] == voiding
    assert {id_ for id_, one in found.items() if not one["as_sent"]} == {
        voiding
    }  # whose actor is somebody else
    assert "admin@example.org" not in files["statements.json"].decode()
    assert OTHER_LEARNER not in repr(files)


def test_more_than_one_page_of_them(town, monkeypatch):
    monkeypatch.setattr(my_data, "_AT_ONCE", 2)
    sent = {
        one
        for number in range(7)
        for one in town.bridge.stored(
            completion((MAIL, ACCOUNT)[number % 2], "induction", town.bridge.clock() - timedelta(days=number))
        )
    }
    found = [one["id"] for one in told(download(town), "statements.json")]
    assert len(found) == 7
    assert set(found) == sent


def test_who_vouched_is_there_by_name_and_never_by_address(town):
    town.bridge.import_csv("attestations", ATTESTATIONS)
    town.bridge.recompute()
    files = download(town)
    assert BOSS not in repr(files)
    assert BOSS.encode() not in b"".join(files.values())
    assert "Tom Barker" in files["statements.json"].decode()
    records = [one["statement"] for one in told(files, "statements.json") if not one["as_sent"]]
    assert len(records) == 2
    assert {record["actor"]["mbox"] for record in records} == {MAIL}
    assert {record["context"]["instructor"]["name"] for record in records} == {"somebody"}
    assert "form with somebody" in files["statements.json"].decode()


def test_others_in_a_group_are_left_out(town):
    team = {
        "objectType": "Group",
        "member": [actor_of(MAIL), {"name": "Femi", **actor_of(f"mailto:{OTHER_LEARNER}")}],
    }
    town.bridge.stored(statement(actor=team))
    files = download(town)
    [one] = told(files, "statements.json")
    assert one["statement"]["actor"]["member"] == [actor_of(MAIL), {"name": "Femi"}]
    assert OTHER_LEARNER not in repr(files)


def test_what_is_held_beside_statements(town):
    town.bridge.stored(completion(MAIL, "escb_basic", town.bridge.clock() - timedelta(days=3)))
    town.bridge.recompute()
    browser = town.browser(LEARNER)
    browser.get("/me")
    browser.post("/me/certificates", follow=False, framework="escb")
    found = told(download(town))
    assert found["name"] == "Asha Rao"
    assert {one["identifier"] for one in found["identifiers"]} == {MAIL, ACCOUNT}
    assert [one["kind"] for one in found["joined"]] == ["people_file"]
    assert [(one["organisation"], one["role"]) for one in found["posts"]] == [
        ("Colne Primary School", "Class teacher")
    ]
    assert found["standing"]["tiers"][0]["attained"] == "T2"
    assert [one["course"] for one in found["standing"]["evidence"]] == ["escb_basic"]
    assert [one["tier"] for one in found["certificates"]] == ["T2 Universal"]
    assert len(found["visits"]) == 1


def test_what_they_reported_and_what_became_of_it(town):
    def journey(session):
        [number] = people.numbers_of(session, [MAIL]).values()
        place = reports.Place(area="essex")
        told = {"identifier": number, "kind": "missing", "sent_by": MAIL, "now": town.bridge.clock()}
        reports.add(session, [place], text="the course of May", **told)
        reports.close(session, 1, f"found by {BOSS}", OFFICER, town.bridge.clock())

    town.bridge.database.write(journey)
    [one] = told(download(town))["reports"]
    assert (one["kind"], one["text"], one["to"]) == ("missing", "the course of May", "essex")
    assert one["note"] == "found by somebody"


def test_documents_and_attachments_whole(town):
    profile = b'{"interests" :  ["swimming"]}'
    sender = town.bridge.credential("moodle", "all")
    town.bridge.request(
        "POST",
        profile,
        sender=sender,
        path="/xapi/agents/profile",
        agent=actor_of(MAIL),
        profileId="likes",
    )
    content = b"an essay " * 200_000
    one = attaching(content, actor=actor_of(MAIL))
    answer = town.bridge.post(multipart([one], content), sender=sender, headers=MIXED)
    assert answer.status_code == 200, answer.text
    files = download(town)
    assert files[f"attachments/{sha2_of(content)}"] == content
    [name] = [name for name in files if name.startswith("documents/") and name.endswith(".body")]
    assert files[name] == profile
    about = told(files, name.replace(".body", ".json"))
    assert (about["kind"], about["name"], about["agent"]) == ("agent", "likes", MAIL)


def test_the_log_has_what_was_done_about_them_and_nothing_of_others(town):
    clock = town.bridge.clock

    def note(session):
        audit.note(session, who="cora@colne.example", act="seen", about=f"{LEARNER}: page", now=clock())
        audit.note(session, who="cora@colne.example", act="near", about=f"not.{LEARNER}: page", now=clock())
        audit.note(session, who=LEARNER, act="did", about=f"{OTHER_LEARNER}: page", now=clock(), reason="r")
        audit.note(session, who="op@x.example", act="other", about=OTHER_LEARNER, now=clock())
        audit.note(session, who="op@x.example", act="sought", about=f"those of {ACCOUNT}", now=clock())
        audit.note(session, who="op@x.example", act="parted", about=f"{LEARNER} and {SITE}|9", now=clock())
        audit.note(session, who="op@x.example", act="sought near", about=f"those of {ACCOUNT}2", now=clock())

    town.bridge.database.write(note)
    files = download(town)
    lines = [(one["who"], one["act"], one.get("about")) for one in told(files, "log.json")]
    assert lines == [
        ("somebody", "seen", f"{LEARNER}: page"),
        (LEARNER, "did", None),
        ("somebody", "sought", f"those of {ACCOUNT}"),
        ("somebody", "parted", f"{LEARNER} and somebody"),
        (LEARNER, "own data downloaded", f"learner {town.learner(LEARNER)}"),
    ]
    assert OTHER_LEARNER not in repr(files)


def test_a_page_to_read_is_with_it(town):
    from web.valid_pages import problems_of

    town.bridge.stored(completion(MAIL, "escb_basic", town.bridge.clock() - timedelta(days=3)))
    town.bridge.recompute()
    page = download(town)["your-data.html"].decode()
    assert "Asha Rao" in page
    assert "you have reached T2 Universal" in page
    assert "does not prove who sat at the screen" in page
    assert [one for one in problems_of(page) if "footer" not in one] == []


def test_whoever_learns_nothing_has_data_too(town):
    found = told(download(town, OFFICER))
    assert [one["role"] for one in found["roles"]] == ["Board officer of Essex"]
    assert "standing" not in found


def test_a_mailbox_that_several_people_read_gets_nobodys(town):
    from lrs_bridge.flows import people as people_flow

    town.bridge.stored(completion(MAIL, "escb_basic", town.bridge.clock()))
    town.bridge.database.write(
        lambda session: people_flow.share(
            session, LEARNER, shared=True, reason="desk", who="op", now=town.bridge.clock()
        )
    )
    files = download(town)
    assert told(files, "statements.json") == []
    assert "standing" not in told(files)


@pytest.mark.parametrize("number", [40])
def test_memory_stays_flat(town, number):
    """However much there is: less is held at any moment than half of what is sent."""
    long = {"https://x.example/long": "x" * 200_000}
    for _ in range(number):
        town.bridge.stored(statement(MAIL, COMPLETED, context={"extensions": long}))
    database, now = town.bridge.database, town.bridge.clock()
    who = Visitor(MAIL, town.learner(LEARNER))
    mine = database.write(lambda session: my_data.gather(session, who, town.bridge.settings.calendar, now))
    my_data._AT_ONCE, before = 5, my_data._AT_ONCE
    try:
        tracemalloc.start()
        for _ in my_data.pack(database, mine, []):
            pass
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        my_data._AT_ONCE = before
    assert most < number * 200_000 / 2


def test_lists_that_were_entered_and_reminders_are_among_it(town):
    from web.visitors import COORDINATOR, Browser

    from lrs_bridge.store import check_ins

    number, organisation = town.check_in_of("Colne Primary School"), town.organisation("Colne Primary School")
    opened = town.bridge.database.read(lambda session: check_ins.get(session, number, organisation))
    for name, address in (("Asha R", LEARNER), ("Femi", OTHER_LEARNER)):
        phone = Browser(town.bridge)
        phone.get(f"/check-in/{opened.token}")
        phone.post(f"/check-in/{opened.token}", name=name, known_by=address)
    town.browser(COORDINATOR).post(f"/organisations/{organisation}/reminders")
    found = told(download(town))
    assert [(one["session"], one["name"]) for one in found["entered_on_lists"]] == [("Pack", "Asha R")]
    assert [one["organisation"] for one in found["reminders"]] == ["Colne Primary School"]
