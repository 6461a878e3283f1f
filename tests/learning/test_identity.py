"""Who is one person: whatever order proofs and decisions come in, the same people."""

from __future__ import annotations

import hashlib
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.learning.identity import PROOF_STRENGTH, Proof, as_sent, components, folded, names_of

NAMES = "abcdefg"
pairs = st.sampled_from(list(combinations(NAMES, 2)))
proofs = st.lists(
    st.builds(lambda pair, kind: Proof(*pair, kind), pairs, st.sampled_from(PROOF_STRENGTH)), max_size=9
)
partings = st.lists(pairs, max_size=4)
mailboxes = st.sets(st.sampled_from(NAMES), max_size=2)


def people(proofs=(), partings=(), shared=()):
    return {"".join(sorted(group)) for group in components(NAMES, proofs, partings, shared)}


def test_a_chain_of_proofs_is_one_person():
    assert people([Proof("a", "b", "people_file"), Proof("c", "b", "equal_mail")]) == {"abc", *"defg"}


def test_who_was_parted_is_never_brought_together_by_a_third():
    chain = [Proof("a", "b", "people_file"), Proof("b", "c", "equal_mail")]
    assert people(chain, [("a", "c")]) == {"ab", *"cdefg"}


def test_the_stronger_proof_decides_whom_an_identifier_stays_with():
    weak, strong = Proof("a", "b", "equal_mail"), Proof("b", "c", "people_file")
    assert people([weak, strong], [("a", "c")]) == {"bc", *"adefg"}


def test_a_shared_mailbox_joins_nobody():
    assert people([Proof("a", "b", "people_file"), Proof("b", "c", "people_file")], shared="b") == set(NAMES)


@given(proofs, partings, mailboxes, st.randoms(use_true_random=False))
def test_the_order_in_which_they_came_does_not_matter(proofs, partings, shared, random):
    before = people(proofs, partings, shared)
    turned = [Proof(one.other, one.one, one.kind) for one in proofs]
    random.shuffle(turned)
    parted = [(other, one) for one, other in reversed(partings)]
    names = random.sample(NAMES, len(NAMES))
    assert {"".join(sorted(group)) for group in components(names, turned, parted, shared)} == before


@given(proofs, partings, mailboxes)
def test_what_people_are(proofs, partings, shared):
    """Everybody is in exactly one group; none holds two that were parted, none a shared mailbox and another; and none is
    larger than its proofs make it."""
    groups = components(NAMES, proofs, partings, shared)
    assert sorted("".join("".join(group) for group in groups)) == sorted(NAMES)
    for group in groups:
        assert not any(one in group and other in group for one, other in partings)
        assert len(group) == 1 or not group & shared
    joined = {group: set() for group in groups}
    for group in groups:
        for one in proofs:
            if {one.one, one.other} <= group:
                joined[group].add(frozenset((one.one, one.other)))
    for group, edges in joined.items():
        reached = {min(group)}
        while more := {name for edge in edges if edge & reached for name in edge} - reached:
            reached |= more
        assert reached == group


@given(proofs)
def test_without_partings_every_proof_joins(proofs):
    groups = components(NAMES, proofs, ())
    assert all(any({one.one, one.other} <= group for group in groups) for one in proofs)


@given(proofs, partings)
def test_a_proof_more_never_changes_those_it_does_not_touch(proofs, partings):
    """Only who is connected to it, by proofs, can be concerned."""
    with_more = components(NAMES, [*proofs, Proof("a", "b", "equal_mail")], partings)
    without = components(NAMES, proofs, partings)
    near = next(
        group for group in components(NAMES, [*proofs, Proof("a", "b", "equal_mail")], ()) if "a" in group
    )
    assert {group for group in with_more if not group & near} == {
        group for group in without if not group & near
    }


@pytest.mark.parametrize(
    ("identifier", "fold", "sent"),
    [
        ("mailto:Asha@Example.org", "mailto:asha@example.org", "mailto:Asha@Example.org"),
        ("mailto:STRASSE@example.org", "mailto:strasse@example.org", "mailto:STRASSE@example.org"),
    ],
)
def test_an_e_mail_is_compared_without_capitals_and_also_as_it_was_sent(identifier, fold, sent):
    def sha1(text):
        return hashlib.sha1(text.encode()).hexdigest()

    assert (folded(identifier), as_sent(identifier)) == (sha1(fold), sha1(sent))
    assert names_of([identifier]) == {identifier, sha1(fold), sha1(sent)}


@pytest.mark.parametrize("identifier", ["https://council.example|4711", "openid:https://asha.example/"])
def test_accounts_and_openids_equal_themselves_alone(identifier):
    assert (folded(identifier), as_sent(identifier)) == (None, None)
    assert names_of([identifier]) == {identifier}
