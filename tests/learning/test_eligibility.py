"""Champion eligibility by domain.md: per area, per post, since when."""

from dataclasses import replace
from datetime import timedelta

import pytest
from learning.people_made import (
    NOON,
    STANDARDS,
    attested,
    changed,
    course,
    everything,
    history,
    member,
    post,
    shipped,
)

from lrs_bridge.learning.standing import standing_of


def judged(past, area="essex", mappings=None, now=NOON):
    return standing_of(past, mappings or shipped(), now).eligibility[area]


@pytest.mark.parametrize("area", ["southend", "essex", "thurrock"])
def test_all_standards_make_eligible(area):
    found = judged(history(*everything(area), posts=[post(area=area)]), area)
    assert (found.status, found.missing) == ("eligible", ())
    assert set(found.met) == set(STANDARDS) - ({"nwg_member"} if area == "thurrock" else set())


@pytest.mark.parametrize(
    ("left_out", "missing"), list(enumerate([STANDARDS[0], STANDARDS[0], *STANDARDS[1:]]))
)
def test_each_standard_is_needed(left_out, missing):
    evidence = everything()
    del evidence[left_out]
    found = judged(history(*evidence))
    assert (found.status, found.missing, found.since) == ("not_eligible", (missing,), None)


def test_thurrock_asks_no_nwg_membership():
    evidence = [one for one in everything("thurrock") if one.kind != "membership"]
    assert judged(history(*evidence, posts=[post(area="thurrock")]), "thurrock").standards_met


def test_the_nwg_course_is_not_membership_and_membership_no_course():
    """Reading 9."""
    assert "nwg_member" in judged(history(course("nwg_basic"))).missing
    assert "basic_cse" in judged(history(member())).missing


@pytest.mark.parametrize(
    ("key", "counts"),
    [
        ("nwg_basic", True),
        ("escb_basic", True),
        ("specialist", True),
        ("pace", False),
        ("induction", False),
        ("escb_missing", False),
        ("set_toolbox", False),
    ],
)
def test_which_courses_are_basic_cse(key, counts):
    """Readings 10, 11."""
    assert ("basic_cse" in judged(history(course(key))).met) is counts


@pytest.mark.parametrize(("level", "counts"), [("safeguarding_l1", False), ("safeguarding_l3", True)])
def test_level_three_implies_two_and_one_does_not(level, counts):
    found = judged(history(course(level), attested("working_knowledge")))
    assert ("safeguarding_l2" in found.met) is counts


def test_eligibility_needs_no_tier():
    """Reading 14: NWG alone leaves T1 incomplete."""
    standing = standing_of(history(*everything()), shipped(), NOON)
    assert standing.tiers[0].attained is None
    assert standing.eligibility["essex"].status == "eligible"


def test_support_is_for_one_post_and_one_area():
    """Readings 15, 18: judged in each area; the manager is asked again."""
    posts = [post(area="southend", organisation="A"), post(area="thurrock", organisation="B")]
    standing = standing_of(history(*everything("southend", "A"), posts=posts), shipped(), NOON)
    assert standing.eligibility["southend"].status == "eligible"
    assert standing.eligibility["thurrock"].missing == ("safeguarding_l2", "manager_support")


def test_support_ends_with_the_post():
    leaving = post(ends=NOON + timedelta(days=5))
    past = history(*everything(), posts=[leaving])
    standing = standing_of(past, shipped(), NOON)
    assert standing.eligibility["essex"].standards_met
    assert standing.changes_at == NOON + timedelta(days=5)
    assert standing_of(past, shipped(), standing.changes_at).eligibility == {}


def test_a_learners_own_word_is_no_support():
    own = [one for one in everything() if one.key != "manager_support"]
    own.append(attested("manager_support", by="mailto:asha@example.org"))
    assert judged(history(*own)).missing == ("manager_support",)


def test_only_the_recorded_managers_word_counts():
    """However the address is capitalised; where none is recorded, whoever the coordinator names."""
    for manager, met in (("mailto:HEAD@example.org", True), ("mailto:other@example.org", False), ("", True)):
        found = judged(history(*everything(), posts=[post(manager=manager)]))
        assert found.standards_met is met
        assert ("manager_support" in found.missing) is not met


def test_since_is_the_moment_when_the_last_standard_was_met():
    evidence = [one for one in everything() if one.key != "set_toolbox"]
    found = judged(history(*evidence, course("set_toolbox", days_ago=7)))
    assert found.since == NOON - timedelta(days=7)


def test_since_restarts_after_a_gap():
    evidence = [one for one in everything() if one.kind != "membership"]
    ended = member(days_ago=19, until=NOON - timedelta(days=15))
    renewed = member(days_ago=3)
    assert judged(history(*evidence, ended, renewed)).since == NOON - timedelta(days=3)
    unbroken = member(days_ago=16)
    assert judged(history(*evidence, ended, unbroken, renewed)).since == NOON - timedelta(days=19)


def test_a_membership_ends_on_its_day():
    evidence = [one for one in everything() if one.kind != "membership"]
    past = history(*evidence, member(until=NOON + timedelta(days=2)))
    assert judged(past).standards_met
    assert judged(past, now=NOON + timedelta(days=2)).missing == ("nwg_member",)


def test_a_standard_may_have_a_validity():
    yearly = changed(
        ("    met_by:\n      course: set_toolbox", "    met_by: {course: set_toolbox, valid_for: P1M}")
    )
    evidence = [one for one in everything() if one.key != "set_toolbox"]
    assert judged(history(*evidence, course("set_toolbox", days_ago=27)), mappings=yearly).standards_met
    assert judged(history(*evidence, course("set_toolbox", days_ago=32)), mappings=yearly).missing == (
        "set_toolbox",
    )


class TestRefusals:
    """A manager's "no" ends an earlier yes for the same post; what it leaves out, it leaves open."""

    @staticmethod
    def support(*answers, posts):
        return judged(history(*everything()[:-1], *answers, posts=posts)).met.get("manager_support", ())

    @staticmethod
    def no(days_ago, **more):
        return replace(attested("manager_support", days_ago, answer="no", **more), counts=False)

    @pytest.mark.parametrize(
        ("yes", "refused", "stands"),
        [
            ({"service_area": "Early Years"}, {}, False),
            ({}, {"service_area": "Early Years"}, False),
            ({"service_area": "Early Years"}, {"service_area": "early  years"}, False),
            ({}, {"service_area": "Nursery"}, True),
            ({}, {"organisation": "Mill School"}, True),
            ({}, {"area": "southend"}, True),
        ],
    )
    def test_ends_what_it_is_about(self, yes, refused, stands):
        word = attested("manager_support", 20, **yes)
        assert (
            bool(self.support(word, self.no(5, **refused), posts=[post(service_area="Early Years")]))
            == stands
        )

    def test_of_two_service_areas_ends_one(self):
        word, answer = attested("manager_support", 20), self.no(5, service_area="Early Years")
        posts = [post(service_area="Early Years"), post(service_area="Nursery")]
        assert self.support(word, answer, posts=posts)
        assert not self.support(word, answer, posts=posts[:1])

    def test_a_later_yes_stands_again(self):
        words = [attested("manager_support", 20), self.no(10), attested("manager_support", 5)]
        assert self.support(*words, posts=[post()])


def told_of(past, key, mappings=None, now=NOON):
    """What is said of the one piece of evidence of this."""
    standing = standing_of(past, mappings or shipped(), now)
    [because] = [one.because for one in standing.evidence if one.evidence.key == key]
    return because


class TestUntilWhenEvidenceCounts:
    def test_as_it_says_itself(self):
        held = member(until=NOON + timedelta(days=33))
        assert told_of(history(held), "nwg") == "checked; counts until 4 Apr 2026"

    def test_as_the_mapping_files_say(self):
        for_a_year = changed(
            ("    name: In-house", "    valid_for: P1Y\n    name: In-house"),
            ("    name: ESCB basic", "    valid_for: P1Y\n    name: ESCB basic"),
        )
        past = history(course("induction"), course("escb_basic"))
        assert told_of(past, "induction", for_a_year) == "rule; counts until 31 Jan 2027"
        # it stays a standard's basic course
        assert told_of(past, "escb_basic", for_a_year) == "rule; counts for some of it until 31 Jan 2027"

    def test_is_said_of_nothing_that_stays(self):
        assert told_of(history(course("induction")), "induction") == "rule"

    def test_somebodys_word_is_no_longer_than_its_post(self):
        here = post(ends=NOON + timedelta(days=9), manager="boss@colne.example")
        word = attested("manager_support", area="essex", organisation="Colne School")
        assert "until" not in told_of(history(word, posts=[here]), "manager_support")
