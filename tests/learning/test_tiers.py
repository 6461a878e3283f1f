"""Tiers by domain.md: what covers what, what is missing, and what a person, a post or time takes away."""

from dataclasses import replace
from datetime import timedelta

import pytest
from learning.people_made import (
    NOON,
    attested,
    changed,
    course,
    history,
    parsed,
    post,
    shipped,
    shipped_files,
)

from lrs_bridge.learning.standing import standing_as_json, standing_of
from lrs_bridge.learning.tiers import tier_of


def tier(past, mappings=None, now=NOON):
    mappings = mappings or shipped()
    return tier_of(past, mappings.frameworks["escb"], mappings, now)


T3_BY_COURSES = ("induction", "escb_basic", "escb_missing")


def t4_evidence():
    return [
        *map(course, (*T3_BY_COURSES, "set_toolbox", "specialist")),
        attested("item:4.1", parts=("knowledge", "word")),
        attested("item:4.2", parts=("word",)),
        attested("item:4.3", parts=("knowledge", "word")),
        attested("item:4.6", parts=("knowledge",)),
    ]


def t5_evidence():
    return [
        *t4_evidence(),
        attested("item:5.7", parts=("knowledge", "word")),
        attested("item:5.8", parts=("knowledge", "word")),
    ]


@pytest.mark.parametrize(
    ("courses", "attained", "progress"),
    [
        ((), None, [0, 0, 0, 0, 0]),
        (("induction",), "T1", [3, 3, 4, 4, 4]),
        (("nwg_basic",), None, [2, 10, 15, 16, 16]),
        (("escb_basic",), "T2", [3, 12, 17, 17, 17]),
        (("escb_basic", "escb_missing"), "T2", [3, 12, 20, 20, 20]),
        (T3_BY_COURSES, "T3", [3, 12, 21, 21, 21]),
        (("set_toolbox",), None, [0, 0, 1, 1, 1]),
        (("safeguarding_l3", "pace"), None, [0, 0, 0, 0, 0]),
    ],
)
def test_courses_cover_what_the_matrix_says(courses, attained, progress):
    found = tier(history(*map(course, courses)))
    assert found.attained == attained
    assert [done for done, _ in found.progress.values()] == progress
    assert [total for _, total in found.progress.values()] == [3, 12, 21, 27, 35]


def test_nwg_alone_lacks_who_to_speak_to_and_says_how_to_get_it():
    """Reading 8."""
    found = tier(history(course("nwg_basic"), posts=[post(required="T1")]))
    assert [(one.item, one.part, one.ways) for one in found.missing] == [
        ("1.3", "knowledge", ("induction", "escb_basic", "attestation"))
    ]


def test_the_whole_path_to_t5():
    assert tier(history(*t4_evidence())).attained == "T4"
    top = tier(history(*t5_evidence()))
    assert (top.attained, top.next, top.missing) == ("T5", None, ())


@pytest.mark.parametrize("left_out", range(len(t5_evidence())))
def test_nothing_of_the_path_is_idle(left_out):
    """Each piece of evidence carries something: leaving any out loses T5."""
    evidence = t5_evidence()
    del evidence[left_out]
    assert tier(history(*evidence)).attained != "T5"


def test_an_item_of_practice_needs_knowledge_and_word():
    """Reading 21: what is missing names the part."""
    past = history(*map(course, (*T3_BY_COURSES, "set_toolbox", "specialist")))
    assert {(one.item, one.part) for one in tier(past).missing} == {
        ("4.1", "knowledge"),
        ("4.1", "word"),
        ("4.2", "word"),
        ("4.3", "knowledge"),
        ("4.3", "word"),
        ("4.6", "knowledge"),
    }


def test_no_attestation_stands_in_for_the_toolbox_module():
    claimed = attested("item:4.2", parts=("knowledge", "word"))
    found = tier(history(claimed, posts=[post(required="T4")]))
    assert ("4.2", "knowledge") in {(one.item, one.part) for one in found.missing}
    assert ("4.2", "word") not in {(one.item, one.part) for one in found.missing}


def test_nobody_attests_for_themselves():
    own = attested("item:1.3", parts=("knowledge",), by="mailto:asha@example.org")
    assert tier(history(course("nwg_basic"), own)).attained is None
    others = attested("item:1.3", parts=("knowledge",))
    assert tier(history(course("nwg_basic"), others)).attained == "T1"


def test_missing_goes_as_far_as_the_post_requires():
    found = tier(history(course("induction"), posts=[post(required="T3")]))
    assert (found.attained, found.next, found.required) == ("T1", "T2", "T3")
    assert {one.item[0] for one in found.missing} == {"2", "3"}
    beyond = tier(history(*map(course, T3_BY_COURSES), posts=[post(required="T1")]))
    assert {one.item[0] for one in beyond.missing} == {"4"}


def test_what_belongs_to_a_post_ends_with_it():
    """Reading 18: 1.3 and 3.8 go, courses carry over."""
    old = post(ends=NOON - timedelta(days=10), starts=NOON - timedelta(days=400))
    new = post(organisation="Tendring Council", starts=NOON - timedelta(days=10))
    found = tier(history(*(course(key, days_ago=30) for key in T3_BY_COURSES), posts=[old, new]))
    assert found.attained is None
    assert found.progress["T3"] == (19, 21)
    assert (
        tier(history(*(course(key, days_ago=5) for key in T3_BY_COURSES), posts=[old, new])).attained == "T3"
    )


def test_a_word_given_for_another_post_does_not_count():
    elsewhere = attested("item:1.3", parts=("knowledge",), organisation="Another School")
    assert tier(history(course("nwg_basic"), elsewhere)).attained is None


def test_without_any_post_progress_still_shows():
    found = standing_of(history(course("induction"), posts=[]), shipped(), NOON)
    assert [one.attained for one in found.tiers] == ["T1"]
    assert found.eligibility == {}


def test_an_area_without_framework_requires_and_shows_no_tier():
    """Reading 2."""
    body = standing_as_json(
        standing_of(history(course("induction"), posts=[post(area="thurrock")]), shipped(), NOON)
    )
    assert body["tiers"] == []
    assert body["tier"]["framework"] is body["tier"]["required"] is body["tier"]["attained"] is None


@pytest.mark.parametrize(
    ("courses", "required", "role", "level", "status"),
    [
        ((), "T1", "teacher", None, "not_recorded"),
        (("safeguarding_basic",), "T1", "teacher", "basic", "met"),
        (("safeguarding_basic",), "T2", "teacher", "basic", "not_met"),
        (("safeguarding_l1",), "T1", "teacher", "level_1", "met"),
        (("safeguarding_l3",), "T3", "teacher", "level_3", "met"),
        (("safeguarding_l2",), "T4", "teacher", "level_2", "met"),
        (("safeguarding_l2",), "T4", "Designated Lead", "level_2", "not_met"),
        (("safeguarding_l2",), "T5", "teacher", "level_2", "met"),
    ],
)
def test_the_companion_level_stands_beside_the_tier(courses, required, role, level, status):
    """Readings 4, 6, 22."""
    found = tier(history(*map(course, courses), posts=[post(required=required, role=role)])).companion
    assert (found.level, found.status) == (level, status)


def test_a_framework_may_require_the_companion_level():
    strict = changed(("  required: false", "  required: true"))
    assert tier(history(course("induction")), strict).attained is None
    assert tier(history(course("induction"), course("safeguarding_l1")), strict).attained == "T1"


def test_evidence_expires_only_where_a_mapping_says_so_and_from_when_it_happened():
    """Reading 16."""
    ancient = history(course("induction", days_ago=9000))
    assert tier(ancient).attained == "T1"
    yearly = changed(("    where: ask your organisation's CSE lead", "    valid_for: P1Y"))
    assert tier(history(course("induction", days_ago=366)), yearly).attained is None
    assert tier(history(course("induction", days_ago=364)), yearly).attained == "T1"
    standing = standing_of(history(course("induction", days_ago=364)), yearly, NOON)
    assert standing.changes_at == NOON + timedelta(days=1)


def test_what_lies_in_the_future_counts_when_it_comes():
    past = history(course("induction", days_ago=-3))
    before = standing_of(past, shipped(), NOON)
    assert before.tiers[0].attained is None
    assert [(one.counts, one.because.split(":")[0]) for one in before.evidence] == [
        (False, "dated in the future")
    ]
    assert before.changes_at == NOON + timedelta(days=3)
    assert standing_of(past, shipped(), before.changes_at).tiers[0].attained == "T1"


def test_a_voided_statement_gives_nothing_and_is_shown():
    found = standing_of(history(course("induction", voided_by="v")), shipped(), NOON)
    assert found.tiers[0].attained is None
    assert [(one.counts, one.because) for one in found.evidence] == [(False, "voided by statement v")]


EQUAL = """equivalences:
  - {course: kent_basic, counts_as: escb_basic, decided_by: lead, basis: same syllabus, until: 2026-03-02}
"""


def with_equivalence():
    files = dict(shipped_files())
    path = "frameworks/escb.yaml"
    files[path] = files[path].replace("equivalences: []\n", EQUAL, 1)
    return parsed(files)


def test_a_recorded_equivalence_counts_until_its_last_day():
    """Reading 7."""
    past = history(course("kent_basic"))
    assert tier(past, with_equivalence()).attained == "T2"
    assert tier(past, with_equivalence(), NOON + timedelta(days=1)).attained is None


def test_an_organisations_equivalence_decides_no_champion_standard():
    """Reading 7: for a standard the Board decides."""
    standing = standing_of(history(course("kent_basic")), with_equivalence(), NOON)
    assert "basic_cse" in standing.eligibility["essex"].missing


def test_a_route_of_several_courses_needs_them_all():
    both = changed(
        (
            "    where: Parents Against Child Exploitation, online",
            "    all_of: [pace, workshop]\n    where: Parents Against Child Exploitation, online",
        ),
        ("    covers: []                  # the Board may let it give items of T2", '    covers: ["2.1"]'),
    )
    assert tier(history(course("pace")), both).progress["T2"] == (0, 12)
    assert tier(history(course("pace"), course("workshop")), both).progress["T2"] == (1, 12)


def test_knowledge_attested_for_an_area_carries_over_between_posts_there():
    """Reading 18 names what belongs to a post; a local pathway is not among it."""
    old = post(ends=NOON - timedelta(days=5))
    new = post(organisation="Tendring Council", starts=NOON - timedelta(days=5))
    pathway = attested("item:2.8", parts=("knowledge",))
    assert tier(history(course("nwg_basic"), pathway, posts=[old, new])).progress["T2"] == (11, 12)


def test_a_word_does_not_come_back_when_somebody_is_hired_again():
    old = post(ends=NOON - timedelta(days=300))
    again = post(role="head", starts=NOON - timedelta(days=100))
    word = attested("item:1.3", 400, parts=("knowledge",))
    assert tier(history(course("nwg_basic"), word, posts=[old, again])).attained is None
    given_anew = attested("item:1.3", 90, parts=("knowledge",))
    assert tier(history(course("nwg_basic"), given_anew, posts=[old, again])).attained == "T1"


@pytest.mark.parametrize("by", ["mailto:Asha@example.org", "mailto:ASHA@EXAMPLE.ORG"])
def test_nobody_attests_for_themselves_in_other_capitals(by):
    own = attested("item:1.3", parts=("knowledge",), by=by)
    found = standing_of(history(course("nwg_basic"), own), shipped(), NOON)
    assert found.tiers[0].attained is None
    assert found.evidence[-1].because == "given by the learner, and nobody attests for themselves"


def test_after_the_last_post_progress_still_shows():
    found = standing_of(
        history(course("induction"), posts=[post(ends=NOON - timedelta(days=1))]), shipped(), NOON
    )
    assert (found.tier.framework, found.tier.required, found.eligibility) == ("escb", None, {})


def test_the_first_posts_area_decides_which_tier_is_shown_first():
    posts = [post(area="thurrock"), post(area="essex")]
    found = standing_of(history(course("induction"), posts=posts), shipped(), NOON)
    assert found.tier is None
    assert [one.framework for one in found.tiers] == ["escb"]


@pytest.mark.parametrize(
    ("evidence", "posts", "because"),
    [
        (
            attested("manager_support", organisation="Elsewhere"),
            [post()],
            "no post at Elsewhere in essex is recorded",
        ),
        (
            attested("manager_support"),
            [post(ends=NOON - timedelta(days=1))],
            "the post at Colne School in essex ended on 1 Mar 2026",
        ),
        (
            attested("manager_support"),
            [post(starts=NOON + timedelta(days=1))],
            "the post at Colne School in essex begins on 3 Mar 2026",
        ),
        (
            attested("manager_support", 20),
            [post(starts=NOON - timedelta(days=10))],
            "given before the present post at Colne School in essex began",
        ),
        (
            attested("manager_support", by="mailto:stranger@example.org"),
            [post(manager="mailto:Head@example.org")],
            "given by somebody who is not the line manager recorded for that post",
        ),
    ],
)
def test_an_attestation_that_does_not_count_says_why(evidence, posts, because):
    (judged,) = standing_of(history(evidence, posts=posts), shipped(), NOON).evidence
    assert (judged.counts, judged.because) == (False, because)


def test_two_posts_in_one_area_show_both_managers_words_as_counting():
    posts = [post(organisation="A"), post(organisation="B")]
    words = [attested("manager_support", organisation=name) for name in "AB"]
    assert [one.counts for one in standing_of(history(*words, posts=posts), shipped(), NOON).evidence] == [
        True,
        True,
    ]


def test_a_word_that_has_lapsed_says_so():
    lapsing = changed(
        ("      attestation: manager_support", "      {attestation: manager_support, valid_for: P1Y}")
    )
    (judged,) = standing_of(history(attested("manager_support", 400)), lapsing, NOON).evidence
    assert (judged.counts, judged.because) == (False, "no longer valid since 26 Jan 2026")


def test_a_no_for_another_post_is_not_why():
    answers = [
        attested("manager_support", 400),
        replace(attested("manager_support", 5, organisation="Mill School", answer="no"), counts=False),
    ]
    posts = [post(starts=NOON - timedelta(days=100))]
    found = standing_of(history(*answers, posts=posts), shipped(), NOON).evidence
    assert [one.because for one in found if one.evidence is answers[0]] == [
        "given before the present post at Colne School in essex began"
    ]
