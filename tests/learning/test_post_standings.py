"""Where somebody stands in each of their posts: what lists of an organisation's people are read from."""

from __future__ import annotations

from datetime import timedelta

from learning.people_made import (
    NOON,
    act,
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

SOON = NOON + timedelta(days=30)
LATER = NOON + timedelta(days=300)


def standings(*evidence, posts=None, mappings=None, now=NOON):
    judged = standing_of(history(*evidence, posts=posts), mappings or shipped(), now)
    return judged.posts


def test_each_post_by_what_it_requires():
    held = [post(required="T1"), post(required="T2", organisation="Harwich Centre"), post(area="thurrock")]
    first, second, third = standings(course("induction"), posts=held)
    assert (first.required, first.attained, first.is_below, first.gap) == ("T1", "T1", False, 0)
    assert (second.is_below, second.goal, second.covered, second.total, second.gap) == (True, "T2", 3, 12, 9)
    assert (third.required, third.attained, third.goal, third.total) == (None, None, None, 0)


def test_a_post_that_requires_nothing_is_told_of_the_next_tier():
    [one] = standings(course("induction"), posts=[post()])
    assert (one.required, one.attained, one.goal, one.covered, one.gap) == (None, "T1", "T2", 3, 0)


def test_posts_that_have_ended_are_left_out_and_those_to_come_are_there():
    over, coming = post(ends=NOON - timedelta(days=1)), post(starts=SOON, required="T1", role="cook")
    [one] = standings(course("induction"), posts=[over, coming])
    assert (one.post, one.required) == (coming, "T1")


def test_of_a_post_to_come_the_clock_asks_again_before_it_begins():
    yearly = changed(("    where: ask your organisation's CSE lead", "    valid_for: P1Y"))
    held = [post(area="thurrock"), post(required="T1", starts=NOON + timedelta(days=9))]
    known = history(course("induction", days_ago=364), posts=held)
    before = standing_of(known, yearly, NOON)
    assert (before.tiers, before.posts[1].covered) == ((), 2)
    assert before.changes_at == NOON + timedelta(days=1)
    assert standing_of(known, yearly, before.changes_at).posts[1].covered == 0


class TestLapses:
    def test_what_the_post_requires(self):
        word = attested("item:1.3", until=SOON, parts=["knowledge"])
        [one] = standings(word, course("nwg_basic"), posts=[post(required="T1")])
        assert one.lapses_at == SOON

    def test_is_none_while_other_evidence_holds_it(self):
        word = attested("item:1.3", until=SOON, parts=["knowledge"])
        [one] = standings(word, course("induction"), posts=[post(required="T1")])
        assert one.lapses_at is None

    def test_not_what_goes_beyond_what_the_post_requires(self):
        word = attested("item:2.8", until=SOON, parts=["knowledge"])
        [one] = standings(word, course("induction"), posts=[post(required="T1")])
        assert one.lapses_at is None
        [one] = standings(word, course("induction"), posts=[post(required="T2")])
        assert one.lapses_at == SOON

    def test_the_end_of_the_post_is_none(self):
        [one] = standings(
            attested("item:1.3", parts=["knowledge"]),
            course("nwg_basic"),
            posts=[post(required="T1", ends=SOON)],
        )
        assert one.lapses_at is None

    def test_a_standard_of_somebody_who_is_eligible_or_champion(self):
        whole = everything("essex")
        others = [one for one in whole if one.kind != "membership"]
        [eligible] = standings(*others, member(until=LATER))
        assert (eligible.champion, eligible.lapses_at) == ("eligible", LATER)
        [not_yet] = standings(*others[1:], member(until=LATER))
        assert (not_yet.champion, not_yet.lapses_at) == ("not_eligible", None)


class TestChampion:
    def test_elsewhere_is_told_nothing_of(self):
        """Champion at Colne, and at Harwich somebody like any other."""
        held = [post(), post(organisation="Harwich Centre")]
        colne, harwich = standings(*everything("essex"), act("register"), posts=held)
        assert (colne.champion, harwich.champion) == ("champion", "not_eligible")

    def test_in_another_area_by_its_own_standards(self):
        held = [post(), post(area="southend", organisation="Leigh School")]
        colne, leigh = standings(*everything("essex"), posts=held)
        assert (colne.champion, leigh.champion) == ("eligible", "not_eligible")
