"""The learner's own page: what it shows of them, and of nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from builders import SITE, completion, void_of
from web.visitors import LEARNER

from lrs_bridge.flows import person

MAIL = "mailto:asha.rao@colne.example"
PEOPLE = f"""person,identifiers,organisation,area,role,required_tier
Asha Rao,asha.rao@colne.example; {SITE}|4711,Colne Primary School,essex,Class teacher,T3
Asha Rao,asha.rao@colne.example,Grays Youth Club,thurrock,,
Bea Lind,bea@colne.example,Colne Primary School,essex,Head,T3
"""


@pytest.fixture
def known(bridge):
    bridge.import_csv("people", PEOPLE)
    return bridge


def mine(bridge, who=MAIL):
    def look(session):
        from lrs_bridge.store import people

        learner = people.learner_with(session, who)
        return person.seen_by_themselves(session, learner, bridge.settings.calendar)

    return bridge.database.read(look)


def send(bridge, course, days, who=MAIL, **more):
    return bridge.stored(completion(who, course, bridge.clock() - timedelta(days=days)), **more)


def test_the_way_from_nothing_to_a_tier(known):
    known.recompute()
    [tier] = mine(known).tiers
    assert (tier["first"]["covered"], tier["attained"], tier["goal"]) == (0, None, "T3")
    send(known, "nwg_basic", 20, sender="moodle")
    known.recompute()
    [tier] = mine(known).tiers
    assert (tier["first"]["tier"], tier["attained"], tier["goal"]) == ("T1 Induction", None, "T3")
    send(known, "induction", 10)
    send(known, "escb_basic", 5)
    known.recompute()
    [tier] = mine(known).tiers
    assert (tier["attained"], tier["goal"]) == ("T2", "T3")
    assert {one["item"][0] for one in tier["missing"]} == {"3"}
    gathered = [text for group in tier["gathered"] for text in group["texts"]]
    assert sorted(gathered) == sorted(one["text"] for one in tier["missing"])
    assert len(tier["gathered"]) < len(tier["missing"])


def test_whoever_has_what_the_post_requires_is_shown_the_next_step(known):
    known.import_csv(
        "people",
        "person,identifiers,organisation,area,role,required_tier\n"
        "Bea Lind,bea@colne.example,Colne Primary School,essex,Head,T1\n",
    )
    send(known, "induction", 10, who="mailto:bea@colne.example")
    known.recompute()
    [tier] = mine(known, "mailto:bea@colne.example").tiers
    assert (tier["attained"], tier["required"], tier["goal"]) == ("T1", "T1", "T2")


def test_whoever_has_more_than_the_post_requires_is_told_so(known):
    known.import_csv("people", PEOPLE.replace("Class teacher,T3", "Class teacher,T1"))
    send(known, "induction", 10)
    send(known, "escb_basic", 5)
    known.recompute()
    [tier] = mine(known).tiers
    assert (tier["attained"], tier["required"], tier["has_required"]) == ("T2", "T1", True)
    assert tier["goal"] == "T3"


def test_evidence_in_words_with_what_counts_and_why_not(known):
    [taken_back] = send(known, "escb_basic", 30)
    send(known, "safeguarding_l2", 3)
    known.stored(void_of(taken_back))
    known.recompute()
    found = {one.what: one for one in mine(known).evidence}
    assert found["Safeguarding level 2"].counts
    voided = [one for one in mine(known).evidence if not one.counts]
    assert all(one.because for one in mine(known).evidence)
    assert len(voided) == 1
    assert voided[0].day == "31 Jan 2026"
    assert voided[0].because == "it was taken back"
    assert found["Safeguarding level 2"].because == "reported as completed"
    assert {one.source for one in mine(known).evidence} == {"Moodle"}


def test_posts_areas_and_identifiers_in_words(known):
    known.recompute()
    seen = mine(known)
    assert [post.words for post in seen.posts] == [
        "Class teacher at Colne Primary School, Essex",
        "Post at Grays Youth Club, Thurrock",
    ]
    assert seen.untiered == ("Thurrock",)
    assert sorted(seen.identifiers) == [f"4711 at {SITE}", "asha.rao@colne.example"]
    assert [one["area"]["name"] for one in seen.champion] == ["Essex", "Thurrock"]
    assert {one["words"] for one in seen.champion} == {"You do not meet every standard yet"}


def test_it_says_when_something_newer_waits(known):
    known.recompute()
    assert not mine(known).is_stale
    known.import_csv("people", PEOPLE.replace("Class teacher,T3", "Class teacher,T2"))
    assert mine(known).is_stale


def test_it_holds_nobody_else(known):
    send(known, "induction", 3, who="mailto:bea@colne.example")
    known.recompute()
    assert "bea" not in repr(mine(known)).lower()


def test_whose_word_it_was_is_not_told_by_address(known):
    known.import_csv(
        "attestations",
        "person,attestation,organisation,area,by,date,answer\n"
        "asha.rao@colne.example,manager_support,Colne Primary School,essex,secret.boss@colne.example,2026-02-01,no\n",
    )
    known.recompute()
    [one] = mine(known).evidence
    assert not one.counts
    assert one.because == "somebody answered no for the post at Colne Primary School"
    assert "secret.boss" not in repr(mine(known))


def test_it_costs_as_many_questions_whatever_is_recorded(known):
    asked = []

    @sa.event.listens_for(known.database.engine, "before_cursor_execute")
    def note(*_arguments):
        asked.append(1)

    def questions():
        asked.clear()
        mine(known)
        return len(asked)

    known.recompute()
    mine(known)  # the mapping files are read once
    before = questions()
    for number in range(12):
        send(known, ("induction", "escb_basic", "set_toolbox")[number % 3], number + 1)
    known.recompute()
    assert questions() == before


def test_an_address_that_is_none_says_what_to_do(town):
    answer = town.browser(LEARNER).get("/nowhere")
    assert answer.status_code == 404
    assert "If you typed the address, check it" in answer.text
