"""One person as those see them who answer for some of their posts: what is theirs to see, and nothing else."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from builders import completion
from web.visitors import COORDINATOR, LEARNER, OFFICER, OTHER_COORDINATOR, OTHER_LEARNER, OTHER_OFFICER

from lrs_bridge.errors import NotFound
from lrs_bridge.flows import people as people_flow
from lrs_bridge.flows import person
from lrs_bridge.store.roles import Viewer

TWO_POSTS = f"""person,identifiers,organisation,area,role,required_tier,service_area,from,until
Asha Rao,{LEARNER},Colne Primary School,essex,Class teacher,T2,,2024-09-01,
Asha Rao,asha@home.example; {LEARNER},Harwich Youth Centre,essex,Youth worker,T4,Detached work,,
Asha Rao,{LEARNER},Grays Youth Club,thurrock,Helper,,,,2024-12-31
"""
WORDS = f"""person,attestation,organisation,area,by,by_name,date
{LEARNER},manager_support,Colne Primary School,essex,bea.lind@colne.example,Bea Lind,2026-02-01
{LEARNER},manager_support,Harwich Youth Centre,essex,hal@harwich.example,Hal Harwich,2026-02-02
{LEARNER},item:4.3,Harwich Youth Centre,essex,hal@harwich.example,Hal Harwich,2026-02-03
"""
COLNE_SAYS_NO = f"""person,attestation,organisation,area,by,by_name,date,answer
{LEARNER},manager_support,Colne Primary School,essex,bea.lind@colne.example,Bea Lind,2026-02-01,no
"""


@pytest.fixture
def asha(town):
    """At Colne and at Harwich, both in Essex; at Grays in Thurrock until lately."""
    town.bridge.import_csv("people", TWO_POSTS)
    town.bridge.import_csv("attestations", WORDS)
    happened = town.bridge.clock() - timedelta(days=40)
    town.bridge.stored(completion(f"mailto:{LEARNER}", "induction", happened))
    town.bridge.recompute()
    return town


def seen(town, learner=LEARNER, *, at=(), areas=()):
    number = town.learner(learner) if isinstance(learner, str) else learner
    viewer = Viewer(town.bridge.clock(), frozenset(map(town.organisation, at)), frozenset(areas))
    calendar = town.bridge.settings.calendar
    return town.bridge.database.read(lambda session: person.person_seen(session, viewer, number, calendar))


def test_a_coordinator_sees_the_posts_of_their_organisation_with_who_recorded_them(asha):
    [post] = seen(asha, at=["Colne Primary School"]).posts
    assert post.words == "Class teacher at Colne Primary School, Essex"
    assert (post.required, post.starts, post.ends) == ("T2 Universal", "1 Sep 2024", "")
    assert post.recorded == "by the tests on 2 Mar 2026"


def test_the_tier_required_is_that_of_the_posts_seen_and_what_is_missing_is_for_it(asha):
    [at_colne] = seen(asha, at=["Colne Primary School"]).tiers
    [at_harwich] = seen(asha, at=["Harwich Youth Centre"]).tiers
    assert (at_colne["required"], at_colne["attained"], at_colne["goal"]) == ("T2", "T1", "T2")
    assert {one["item"][0] for one in at_colne["missing"]} == {"2"}
    assert (at_harwich["required"], at_harwich["goal"]) == ("T4", "T4")
    assert {one["item"][0] for one in at_harwich["missing"]} == {"2", "3", "4"}


def test_nothing_of_posts_elsewhere_shows(asha):
    told = repr(seen(asha, at=["Colne Primary School"])).casefold()
    for elsewhere in ("harwich", "detached", "grays", "thurrock", "home.example", "4.3", "actual cse"):
        assert elsewhere not in told, elsewhere
    evidence = seen(asha, at=["Colne Primary School"]).evidence
    assert [one.what for one in evidence] == [
        "In-house induction by the CSE champion or lead",
        "Somebody's word: Support for the role of CSE Champion",
    ]


def test_training_for_a_post_elsewhere_is_told_without_who_gave_it_there(asha):
    head = "person,course,date,organisation,area,seen_by,seen_by_name"
    rows = f"{LEARNER},escb_missing,2026-02-04,Harwich Youth Centre,essex,hal@harwich.example,Hal Harwich\n"
    asha.bridge.import_csv("completions", f"{head}\n{rows}")
    head = "date,title,delivered_by,delivered_by_name,organisation,area,courses,attendees"
    rows = (
        f"2026-02-05,Quay pack,mo@harwich.example,Mo Quay,Harwich Youth Centre,essex,escb_basic,{LEARNER}\n"
    )
    asha.bridge.import_csv("sessions", f"{head}\n{rows}")
    asha.bridge.recompute()
    at_colne = seen(asha, at=["Colne Primary School"]).evidence
    assert [one.because for one in at_colne if "2026" in one.day][-2:] == ["recorded by hand"] * 2
    assert not {"Harwich", "Quay"} & set(re.findall(r"\w+", repr(at_colne)))
    assert "seen by Hal Harwich" in repr(seen(asha, at=["Harwich Youth Centre"]).evidence)
    assert "delivered by Mo Quay" in repr(seen(asha, areas=["essex"]).evidence)


def test_champion_standards_are_judged_by_the_posts_seen(asha):
    """The word of the manager at Harwich is none at Colne."""
    asha.bridge.import_csv("attestations", COLNE_SAYS_NO)
    asha.bridge.recompute()
    [colne] = seen(asha, at=["Colne Primary School"]).champion
    [harwich] = seen(asha, at=["Harwich Youth Centre"]).champion
    assert "manager_support" in {one["key"] for one in colne["missing"]}
    assert "manager_support" in {one["key"] for one in harwich["met"]}
    assert colne["words"] == "Does not meet every standard yet"


def test_an_officer_sees_the_posts_and_standards_of_the_area_and_no_tier(asha):
    essex = seen(asha, areas=["essex"])
    assert [post.words for post in essex.posts] == [
        "Class teacher at Colne Primary School, Essex",
        "Youth worker at Harwich Youth Centre, Detached work, Essex",
    ]
    assert [one["area"]["key"] for one in essex.champion] == ["essex"]
    assert essex.tiers == ()
    assert len(essex.evidence) == 4
    assert "grays" not in repr(essex).casefold()


@pytest.mark.parametrize("sight", [{"at": ["Grays Youth Club"]}, {"areas": ["thurrock"]}, {}])
def test_whoever_has_left_is_not_there(asha, sight):
    with pytest.raises(NotFound):
        seen(asha, **sight)


def test_one_who_was_joined_into_another_leads_to_that_one(asha):
    elder = asha.learner(LEARNER)
    asha.bridge.import_csv(
        "people",
        "person,identifiers,organisation,area,role\nA. Rao,a.rao@colne.example,Colne Primary School,essex,Cook\n",
    )
    other = asha.learner("a.rao@colne.example")
    asha.bridge.database.write(
        lambda session: people_flow.decide(
            session,
            f"mailto:{LEARNER}",
            "mailto:a.rao@colne.example",
            same=True,
            reason="told us",
            who="op",
            now=asha.bridge.clock(),
        )
    )
    asha.bridge.recompute()
    colne = asha.organisation("Colne Primary School")
    answer = asha.browser(COORDINATOR).get(f"/organisations/{colne}/people/{other}")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/organisations/{colne}/people/{elder}")
    answer = asha.browser(OFFICER).get(f"/boards/essex/people/{other}")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/boards/essex/people/{elder}")


def test_the_pages(asha):
    colne, number = asha.organisation("Colne Primary School"), asha.learner(LEARNER)
    page = asha.browser(COORDINATOR).get(f"/organisations/{colne}/people/{number}")
    assert '<h1 dir="auto">Asha Rao</h1>' in page.text
    assert "The post requires <strong>T2 Universal</strong>." in page.text
    assert "does not prove who sat at the screen" in page.text
    assert (
        '<a href="/boards/essex">CSE Champions in Essex</a>'
        in asha.browser(OFFICER).get(f"/boards/essex/people/{number}").text
    )
    for who, place in ((OTHER_COORDINATOR, "organisations/{}"), (OTHER_OFFICER, "boards/thurrock")):
        address = f"/{place}/people/{number}".format(asha.organisation("Grays Youth Club"))
        assert asha.browser(who).get(address).status_code == 404
    assert asha.browser(OFFICER).get(f"/boards/essex/people/{asha.learner(OTHER_LEARNER)}").status_code == 404


def test_what_was_kept_by_hand_is_told_apart_and_whether_it_was_taken_back(asha):
    [course, word] = seen(asha, at=["Colne Primary School"]).evidence
    assert (course.by_hand, word.by_hand, word.is_voided) == (False, True, False)
    assert (course.is_ours, word.is_ours) == (False, True)
    assert not any(one.is_ours for one in seen(asha, areas=["essex"]).evidence)
    colne, number = asha.organisation("Colne Primary School"), asha.learner(LEARNER)
    browser = asha.browser(COORDINATOR)
    page = browser.get(f"/organisations/{colne}/people/{number}").text
    [address] = re.findall(r'href="([^"]*/records/[0-9a-f-]{36})"', page)
    assert browser.get(address).status_code == 200
    asha.bridge.import_csv("attestations", COLNE_SAYS_NO)
    asha.bridge.recompute()
    words = [one for one in seen(asha, at=["Colne Primary School"]).evidence if one.by_hand]
    assert [one.is_voided for one in words] == [True, False]
    assert len({one.statement for one in words}) == 2


def test_it_costs_as_many_questions_whatever_is_recorded(asha):
    asked = []

    @sa.event.listens_for(asha.bridge.database.engine, "before_cursor_execute")
    def note(*_arguments):
        asked.append(1)

    def questions():
        asked.clear()
        seen(asha, at=["Colne Primary School"])
        return len(asked)

    seen(asha, at=["Colne Primary School"])  # the mapping files are read once
    before = questions()
    for number in range(12):
        happened = asha.bridge.clock() - timedelta(days=number + 1)
        asha.bridge.stored(
            completion(f"mailto:{LEARNER}", ("escb_basic", "set_toolbox")[number % 2], happened)
        )
    asha.bridge.import_csv("people", TWO_POSTS.replace("Class teacher", "Governor"))
    asha.bridge.recompute()
    assert questions() == before


def test_who_vouched_here_is_told_by_address_where_there_is_no_name_and_elsewhere_by_none(town):
    town.bridge.import_csv(
        "attestations",
        "person,attestation,organisation,area,by,date\n"
        f"{LEARNER},manager_support,Colne Primary School,essex,boss@colne.example,2026-02-25\n",
    )
    town.bridge.import_csv(
        "completions", f"person,course,date,seen_by\n{LEARNER},pace,2026-02-20,trainer@elsewhere.example\n"
    )
    town.bridge.recompute()
    for sight in ({"at": ["Colne Primary School"]}, {"areas": ["essex"]}):
        told = {one.because for one in seen(town, **sight).evidence}
        assert any("attested by boss@colne.example for the post at Colne" in one for one in told)
        assert "trainer@" not in repr(told)
        assert "seen by somebody" in repr(told)


@pytest.mark.parametrize("who", [COORDINATOR, OFFICER, LEARNER])
def test_tables_keep_their_roles_where_narrow_screens_stack_their_rows(asha, who):
    number = asha.learner(LEARNER)
    place = {
        COORDINATOR: f"/organisations/{asha.organisation('Colne Primary School')}/people/{number}",
        OFFICER: f"/boards/essex/people/{number}",
        LEARNER: "/me",
    }[who]
    page = asha.browser(who).get(place).text
    tables = re.findall(r'<table class="table stacked" role="table">(.*?)</table>', page, re.DOTALL)
    assert tables
    for table in tables:
        heads = re.findall(r'<th role="columnheader" scope="col">(.*?)</th>', table)
        rows = re.findall(r'<tr role="row">(<td.*?)</tr>', table, re.DOTALL)
        assert rows
        for row in rows:
            cells = re.findall(r'<td role="cell"[^>]*>(.*?)</td>', row, re.DOTALL)
            named = [re.search(r'aria-hidden="true">(.*?)<', cell) for cell in cells]
            assert [name[1] if name else head for name, head in zip(named, heads, strict=True)] == heads
