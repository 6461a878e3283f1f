"""What is asked for of a need: parts that are all needed, of each of which one way will do."""

from __future__ import annotations

from lrs_bridge.learning.mappings import Need

A, B, C, D = (Need("course", key) for key in "abcd")


def any_of(*needs):
    return Need("any_of", needs=needs)


def all_of(*needs):
    return Need("all_of", needs=needs)


def parts(need, wanted="abcd"):
    return [["+".join(leaf.key for leaf in way) for way in part] for part in need.parts(set(wanted))]


def test_a_leaf_is_one_part_and_one_way():
    assert parts(A) == [["a"]]


def test_of_any_one_way_will_do():
    assert parts(any_of(A, B, any_of(C, D))) == [["a", "b", "c", "d"]]


def test_of_all_each_is_a_part():
    assert parts(all_of(any_of(A, B), all_of(C, D))) == [["a", "b"], ["c"], ["d"]]


def test_what_goes_together_within_a_choice_is_one_way():
    assert parts(any_of(A, all_of(any_of(B, C), D))) == [["a", "b+d", "c+d"]]


def test_what_is_there_already_is_no_part():
    assert parts(all_of(any_of(A, B), C), wanted="c") == [["c"]]
    assert parts(any_of(A, all_of(B, C)), wanted="ac") == [["a", "c"]]
    assert parts(all_of(A, B), wanted="") == []
