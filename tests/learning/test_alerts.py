"""What a Board is told: each difference once, nothing that it did itself, and of many changes only what is left of them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from learning.people_made import (
    NOON,
    STANDARDS,
    course,
    everything,
    history,
    post,
    shipped,
)

from lrs_bridge.learning.alerts import OF_EVIDENCE, Announced, decide
from lrs_bridge.learning.history import Evidence
from lrs_bridge.learning.standing import standing_of


def act(word, days_ago=5.0, organisation="Colne School"):
    return Evidence(
        statement_id=f"00000000-0000-4000-9000-{round(days_ago * 1000):012d}",
        kind="champion",
        key="essex",
        source="bridge",
        happened=NOON - timedelta(days=days_ago),
        counts=True,
        because=word,
        detail={"act": word, "organisation": organisation},
    )


def acts(*words):
    """These acts, a day apart, the last of them yesterday."""
    return [act(word, len(words) - place) for place, word in enumerate(words)]


def judged(*evidence, posts=None):
    return standing_of(history(*evidence, posts=posts), shipped(), NOON).eligibility.get("essex")


def eligible(*more):
    return judged(*everything(), *more)


def not_eligible(*more):
    """The membership is missing."""
    return judged(*[one for one in everything() if one.kind != "membership"], *more)


def told_of(before, *standings):
    """The kinds told of these standings, each after the other; checks that nothing is left to tell after each."""
    kinds, ids, heard = [], set(), before
    for standing in standings:
        decision = decide(7, "essex", heard, standing)
        if decision is None:
            continue
        heard = decision.told
        assert decide(7, "essex", heard, standing) is None, "told twice"
        if decision.alert:
            assert decision.alert.id not in ids, "two alerts under one id"
            ids.add(decision.alert.id)
            kinds.append(decision.alert.kind)
    return kinds


NOBODY = Announced()
KNOWN_ELIGIBLE = Announced(eligible=True, revision=1)
KNOWN_CHAMPION = Announced(eligible=True, revision=1, state="champion")


# --- by evidence -----------------------------------------------------------------------------------------------------


def test_each_turn_is_told():
    assert told_of(NOBODY, eligible(), eligible(), not_eligible(), eligible()) == [
        "became_eligible",
        "standard_lost",
        "became_eligible",
    ]


def test_an_alert_says_what_is_met_what_is_missing_and_since_when():
    alert = decide(7, "essex", NOBODY, eligible()).alert
    assert (alert.met, alert.lost, alert.organisation) == (STANDARDS, (), "Colne School")
    assert alert.since == NOON - timedelta(days=20)
    lost = decide(7, "essex", KNOWN_ELIGIBLE, not_eligible()).alert
    assert (lost.lost, lost.since) == (("nwg_member",), None)


def test_nobody_is_told_of_somebody_never_eligible():
    assert told_of(NOBODY, not_eligible(), None) == []


def test_leaving_the_last_post_in_an_area_is_a_loss_there():
    lost = decide(7, "essex", KNOWN_ELIGIBLE, None).alert
    assert (lost.kind, lost.lost) == ("standard_lost", ("post",))


def test_the_same_news_has_the_same_id_however_often_it_is_decided():
    ids = [decide(learner, "essex", NOBODY, eligible()).alert.id for learner in (7, 7, 8)]
    assert ids[0] == ids[1] != ids[2]


# --- the champion flow -----------------------------------------------------------------------------------------------


def test_a_request_is_told_with_what_is_met_and_missing():
    alert = decide(7, "essex", NOBODY, not_eligible(act("request"))).alert
    assert (alert.kind, alert.lost) == ("requested", ("nwg_member",))
    assert alert.since == NOON - timedelta(days=5)


def test_a_request_and_the_last_standard_together_are_one_alert():
    assert told_of(NOBODY, eligible(act("request"))) == ["requested"]


@pytest.mark.parametrize(
    ("words", "kinds"),
    [
        (["request"], ["requested"]),
        (["request", "withdraw"], ["requested", "request_withdrawn"]),
        (["request", "return"], ["requested"]),
        (["request", "return", "request"], ["requested", "requested"]),
        (["request", "register"], ["requested"]),
        (["request", "register", "leave"], ["requested", "champion_left"]),
        (["request", "register", "leave", "request", "withdraw"], ["requested", "champion_left", "requested", "request_withdrawn"]),
        (["request", "register", "update"], ["requested"]),
        (["list"], []),
        (["list", "request"], ["requested"]),
        (["list", "request", "withdraw"], ["requested", "request_withdrawn"]),
        (["list", "request", "return"], ["requested"]),
        (["list", "request", "register"], ["requested"]),
        (["list", "leave"], ["champion_left"]),
        (["request", "register", "leave", "request", "return"], ["requested", "champion_left", "requested"]),
    ],
)  # fmt: skip
def test_what_others_did_is_told_and_what_the_board_did_is_not(words, kinds):
    steps = [eligible(*acts(*words)[: place + 1]) for place in range(len(words))]
    assert told_of(KNOWN_ELIGIBLE, *steps) == kinds


def test_a_champion_whose_standard_lapses_stays_champion_and_the_board_is_told_which():
    flagged = not_eligible(act("register"))
    assert flagged.status == "champion"
    alert = decide(7, "essex", KNOWN_CHAMPION, flagged).alert
    assert (alert.kind, alert.lost) == ("champion_standard_lost", ("nwg_member",))
    assert told_of(KNOWN_CHAMPION, flagged, flagged, eligible(act("register"))) == [
        "champion_standard_lost",
        "champion_standard_restored",
    ]


def test_who_is_registered_was_seen_to_meet_the_standards():
    """Registered before the Board was told that they are met: it registered by them, so it knows."""
    assert told_of(NOBODY, eligible(*acts("request", "register"))) == []
    decision = decide(7, "essex", NOBODY, eligible(*acts("request", "register")))
    assert decision.told == Announced(eligible=True, revision=0, state="champion")


def test_a_champion_from_before_who_meets_the_standards_is_told():
    """Being listed says nothing of standards."""
    assert told_of(NOBODY, eligible(act("list"))) == ["champion_standard_restored"]


def test_a_champion_whose_post_ends_has_left():
    ended = judged(*everything(), act("register"), posts=[post(ends=NOON - timedelta(days=1))])
    alert = decide(7, "essex", KNOWN_CHAMPION, ended).alert
    assert (alert.kind, alert.post_ended, alert.since) == ("champion_left", True, NOON - timedelta(days=1))
    by_leaving = decide(7, "essex", KNOWN_CHAMPION, eligible(*acts("register", "leave"))).alert
    assert (by_leaving.kind, by_leaving.post_ended) == ("champion_left", False)


def test_who_left_is_not_told_as_eligible_and_a_loss_afterwards_is_none():
    left = acts("register", "leave")
    assert told_of(KNOWN_CHAMPION, eligible(*left), not_eligible(*left), eligible(*left)) == ["champion_left"]


def test_a_champion_who_left_and_whose_new_request_was_returned_before_that_was_told_has_left():
    returned = acts("register", "leave", "request", "return")
    assert told_of(KNOWN_CHAMPION, eligible(*returned)) == ["champion_left"]
    assert told_of(KNOWN_CHAMPION, eligible(*returned), eligible(*acts("register", "leave"))) == [
        "champion_left"
    ]


def test_who_left_and_is_eligible_in_another_post_is_told():
    elsewhere = judged(
        *everything(organisation="Harwich School"),
        *acts("register", "leave"),
        posts=[post(ends=NOON - timedelta(days=1)), post(organisation="Harwich School")],
    )
    assert elsewhere.status == "eligible"
    assert told_of(KNOWN_CHAMPION, elsewhere) == ["champion_left"]
    assert told_of(Announced(state="left"), elsewhere) == ["became_eligible"]


def test_a_request_that_ends_with_its_post_no_longer_stands():
    ended = judged(*everything(), act("request"), posts=[post(ends=NOON - timedelta(days=1))])
    assert told_of(Announced(eligible=True, revision=1, state="requested"), ended) == ["request_withdrawn"]


def test_a_decision_of_the_board_that_is_voided_makes_no_champion():
    assert told_of(KNOWN_CHAMPION, eligible()) == ["champion_left"]


# --- whatever happens ------------------------------------------------------------------------------------------------

WORDS = st.lists(
    st.sampled_from(["list", "request", "withdraw", "return", "register", "leave", "update"]), max_size=6
)
STANDINGS = st.tuples(WORDS, st.sampled_from(["all", "some", "none"]))


def standing(what):
    words, have = what
    if have == "none" and not words:
        return judged(course("induction"), posts=[])
    return (eligible if have == "all" else not_eligible)(*acts(*words))


@given(steps=st.lists(STANDINGS, min_size=1, max_size=8))
def test_what_was_told_is_never_told_again(steps):
    told_of(NOBODY, *map(standing, steps))


def after_all(steps):
    """What a Board knows that is told at each step, and one that is told of some of them and of the last."""
    promptly = seldom = NOBODY
    for place, (what, is_told) in enumerate(steps):
        now = standing(what)
        if decision := decide(7, "essex", promptly, now):
            promptly = decision.told
        if (is_told or place == len(steps) - 1) and (decision := decide(7, "essex", seldom, now)):
            seldom = decision.told
    return promptly, seldom


@given(steps=st.lists(st.tuples(STANDINGS, st.booleans()), min_size=1, max_size=8))
def test_whoever_is_told_of_some_changes_knows_the_same_in_the_end(steps):
    promptly, seldom = after_all(steps)
    assert (seldom.eligible, seldom.state) == (promptly.eligible, promptly.state)


@given(acts_done=STANDINGS, steps=st.lists(st.tuples(STANDINGS, st.booleans()), min_size=1, max_size=8))
def test_of_what_comes_and_goes_only_the_difference_is_told(acts_done, steps):
    """With the same acts throughout, who is told of some of the changes has not more alerts than who is told of all."""
    promptly, seldom = after_all([((acts_done[0], what[1]), is_told) for what, is_told in steps])
    assert seldom.revision <= promptly.revision


@given(before=STANDINGS, after=STANDINGS)
def test_without_an_act_only_evidence_is_told(before, after):
    """With the same acts, what is told is of standards; with the same standards, of acts."""
    heard = NOBODY
    while decision := decide(7, "essex", heard, standing(before)):
        heard = decision.told
    same_acts = decide(7, "essex", heard, standing((before[0], after[1])))
    if same_acts and standing((before[0], after[1])) and standing(before):
        assert same_acts.alert.kind in OF_EVIDENCE
