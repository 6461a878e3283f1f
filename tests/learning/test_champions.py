"""The champion flow by domain.md: what was asked, decided and reported, folded into a state; evidence ends no role."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from learning.people_made import NOON, act, course, everything, history, post, shipped

from lrs_bridge.learning.champions import ACTS, state_in
from lrs_bridge.learning.standing import standing_as_json, standing_of


def days_ago(number):
    return NOON - timedelta(days=number)


def state(*acts, posts=None, now=NOON, area="essex"):
    found = state_in(history(*acts, posts=posts), area, now)
    return found.state if found else None


def judged(*evidence, posts=None, now=NOON, area="essex"):
    return standing_of(history(*evidence, posts=posts), shipped(), now).eligibility[area]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", None),
        ("request", "requested"),
        ("request withdraw", None),
        ("request return", "returned"),
        ("request return request", "requested"),
        ("request return withdraw", None),
        ("request register", "champion"),
        ("request register update", "champion"),
        ("request register leave", "left"),
        ("request register leave request", "requested"),
        ("request register leave request withdraw", "left"),
        ("request register leave request register", "champion"),
        ("list", "legacy_unverified"),
        ("list request", "legacy_unverified"),
        ("list request return", "legacy_unverified"),
        ("list register", "champion"),
        ("list request register", "champion"),
        ("list leave", "left"),
    ],
)
def test_the_acts_of_one_post_lead_to(words, expected):
    steps = words.split()
    assert state(*(act(word, 20 - place) for place, word in enumerate(steps))) == expected


def test_a_champion_of_before_who_asks_stays_one_and_the_request_is_seen():
    found = state_in(history(act("list", 900), act("request", 5)), "essex", NOON)
    assert (found.state, found.asked.detail["act"], found.since) == (
        "legacy_unverified",
        "request",
        days_ago(900),
    )


def test_what_was_taken_back_did_not_happen():
    assert state(act("request", 9), act("register", 8, voided_by="v")) == "requested"


def test_what_is_still_to_come_has_not_happened():
    assert state(act("request", 9), act("register", -1)) == "requested"


def test_acts_of_another_area_lead_nowhere_here():
    assert state(act("list", area="southend")) is None


@given(
    st.lists(st.tuples(st.sampled_from(ACTS), st.integers(1, 5)), max_size=6),
    st.randoms(use_true_random=False),
)
def test_the_order_in_which_acts_were_recorded_does_not_matter(steps, random):
    acts = [act(word, ago) for word, ago in dict.fromkeys(steps)]
    before = state_in(history(*acts), "essex", NOON)
    random.shuffle(acts)
    assert state_in(history(*acts), "essex", NOON) == before


def test_the_role_ends_with_its_post():
    ended = [post(starts=days_ago(100), ends=days_ago(2))]
    found = state_in(history(act("request", 9), act("register", 8), posts=ended), "essex", NOON)
    assert (found.state, found.since, found.because_post_ended) == ("left", days_ago(2), True)


def test_being_hired_again_does_not_bring_the_role_back():
    posts = [post(starts=days_ago(100), ends=days_ago(20)), post(starts=days_ago(10))]
    assert state(act("register", 30), posts=posts) == "left"


def test_another_post_there_without_a_gap_carries_it_on():
    posts = [post(starts=days_ago(100), ends=days_ago(20)), post(role="head", starts=days_ago(20))]
    assert state(act("register", 30), posts=posts) == "champion"


def test_a_request_ends_with_its_post_and_leaves_no_trace():
    assert state(act("request", 9), posts=[post(starts=days_ago(100), ends=days_ago(2))]) is None


def test_a_role_from_before_the_post_was_recorded_belongs_to_it():
    assert state(act("list", 3000), posts=[post(starts=days_ago(100))]) == "legacy_unverified"


def test_of_several_posts_the_one_that_came_furthest_speaks():
    posts = [post(), post(organisation="Harwich Youth Club")]
    acts = [act("register", 9), act("request", 2, organisation="Harwich Youth Club")]
    found = state_in(history(*acts, posts=posts), "essex", NOON)
    assert (found.state, found.organisation) == ("champion", "Colne School")


def in_service(word, days_ago, service="", organisation="Colne School"):
    return act(word, days_ago, organisation=organisation, service_area=service)


class TestPlaces:
    POSTS = (post(service_area="Early Years"), post(organisation="Harwich Youth Club"))

    def test_an_act_without_a_service_area_is_of_the_post_that_has_one(self):
        acts = [in_service("list", 900), in_service("request", 5, "Early Years")]
        found = state_in(history(*acts, posts=self.POSTS), "essex", NOON)
        assert (found.state, found.asked.detail["act"]) == ("legacy_unverified", "request")

    def test_two_service_areas_are_two_places(self):
        acts = [in_service("request", 9, "Early Years"), in_service("withdraw", 5, "Nursery")]
        assert state(*acts, posts=self.POSTS) == "requested"

    def test_a_champion_s_request_for_another_post_is_seen(self):
        acts = [act("list", 900), act("request", 5, organisation="Harwich Youth Club")]
        found = state_in(history(*acts, posts=[post(), self.POSTS[1]]), "essex", NOON)
        assert (found.state, found.organisation) == ("legacy_unverified", "Colne School")
        assert found.open_act.detail["organisation"] == "Harwich Youth Club"

    def test_a_champion_who_leaves_has_left_though_an_old_return_stands_elsewhere(self):
        acts = [
            act("request", 60, organisation="Harwich Youth Club"),
            act("return", 50, organisation="Harwich Youth Club"),
            act("register", 40),
            act("leave", 5),
        ]
        assert state(*acts, posts=[post(), self.POSTS[1]]) == "left"

    def test_but_an_open_request_there_outlives_it(self):
        acts = [act("request", 60, organisation="Harwich Youth Club"), act("register", 40), act("leave", 5)]
        assert state(*acts, posts=[post(), self.POSTS[1]]) == "requested"


class TestBesideTheStandards:
    def test_evidence_alone_makes_eligible_never_champion(self):
        assert judged(*everything()).status == "eligible"

    def test_a_champion_whose_standard_lapses_stays_champion_and_is_flagged(self):
        evidence = [one for one in everything() if one.key != "set_toolbox"]
        found = judged(*evidence, act("request", 9), act("register", 8))
        assert (found.status, found.missing, found.is_flagged) == ("champion", ("set_toolbox",), True)

    def test_with_all_standards_there_is_no_flag(self):
        found = judged(*everything(), act("request", 9), act("register", 8))
        assert (found.status, found.is_flagged) == ("champion", False)

    def test_somebody_who_asks_without_standards_is_not_flagged(self):
        found = judged(course("escb_basic"), act("request", 9))
        assert (found.status, found.is_flagged) == ("requested", False)

    def test_a_champion_of_before_is_never_verified_by_standards_alone(self):
        assert judged(*everything(), act("list", 3000)).status == "legacy_unverified"

    def test_who_has_left_and_works_elsewhere_in_the_area_is_judged_there(self):
        posts = [post(starts=days_ago(100), ends=days_ago(15)), post(organisation="Harwich Youth Club")]
        evidence = everything(organisation="Harwich Youth Club")
        found = judged(*evidence, act("register", 30), posts=posts)
        assert (found.status, found.organisation) == ("eligible", "Harwich Youth Club")

    def test_a_champion_without_a_post_left_is_shown_where_they_were(self):
        found = judged(*everything(), act("register", 9), posts=[post(starts=days_ago(50), ends=days_ago(1))])
        assert (found.status, found.organisation, found.missing) == ("left", "Colne School", ("post",))

    def test_who_decided_and_with_which_standards_met_is_kept_beside_the_state(self):
        met = ["basic_cse", "set_toolbox"]
        decision = act("register", 8, by_name="Ann Lowe", met=met, missing=[])
        body = standing_as_json(
            standing_of(history(*everything(), act("request", 9), decision), shipped(), NOON)
        )
        champion = body["eligibility"]["essex"]["champion"]
        assert champion["state"] == "champion"
        assert champion["by"] == "Ann Lowe"
        assert champion["standards_then"] == {"met": met, "missing": []}
