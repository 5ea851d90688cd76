from __future__ import annotations

import time
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otklik.experiments.model.assignment import siphash_2_4, siphash_2_4_words
from otklik.experiments.public import Arm as CountedArm
from otklik.experiments.public import (
    UnableToAssign,
    assign,
    assign_one,
    compare_many_proportions,
    divide_shares,
    sample_ratio,
)

SALT = b"salt of the workspace"
SPRING = UUID(int=0xA)
AUTUMN = UUID(int=0xB)

# The first vectors of the reference implementation (vectors_sip64 in its vectors.h): key 00…0f,
# message 00, 01, … of growing length; the one of length 15 is also in appendix A of the paper.
REFERENCE_KEY = bytes(range(16))
REFERENCE = (
    "310e0edd47db6f72", "fd67dc93c539f874", "5a4fa9d909806c0d", "2d7efbd796666785",
    "b7877127e09427cf", "8da699cd64557618", "cee3fe586e46c9cb", "37d1018bf50002ab",
    "6224939a79f5f593", "b0e4a90bdf82009e", "f3b9dd94c5bb5d7a", "a7ad6b22462fb3f4",
    "fbe50e86bc8f1e75", "903d84c02756ea14", "eef27a8e90ca23f7", "e545be4961ca29a1",
)  # fmt: skip


@pytest.mark.parametrize("length", range(16))
def test_it_hashes_as_the_authors_of_siphash_do(length: int) -> None:
    hashed = siphash_2_4(REFERENCE_KEY, bytes(range(length)))
    assert hashed.to_bytes(8, "little").hex() == REFERENCE[length]


def test_it_hashes_many_numbers_as_the_authors_of_siphash_do() -> None:
    word = np.asarray([int.from_bytes(bytes(range(8)), "little")], dtype=np.uint64)
    hashed = int(siphash_2_4_words(REFERENCE_KEY, word)[0])
    assert hashed.to_bytes(8, "little").hex() == REFERENCE[8]


@given(st.lists(st.integers(0, 2**64 - 1), max_size=20), st.binary(min_size=16, max_size=16))
def test_it_hashes_many_numbers_as_it_hashes_one(ids: list[int], key: bytes) -> None:
    many = siphash_2_4_words(key, np.asarray(ids, dtype=np.uint64))
    assert many.tolist() == [siphash_2_4(key, i.to_bytes(8, "little")) for i in ids]


@given(
    st.lists(st.integers(0, 2**63), max_size=30),
    st.binary(min_size=1, max_size=100),
    st.uuids(),
    st.lists(st.integers(0, 50), min_size=1, max_size=6).filter(any),
)
def test_it_gives_a_person_the_same_arm_alone_and_among_others(
    ids: list[int], salt: bytes, experiment: UUID, weights: list[int]
) -> None:
    shares = divide_shares(weights)
    arms = assign(np.asarray(ids, dtype=np.uint64), salt=salt, experiment=experiment, shares=shares)
    alone = [assign_one(i, salt=salt, experiment=experiment, shares=shares) for i in ids]
    assert arms.dtype == np.int8
    assert arms.tolist() == alone
    assert all(shares[arm] > 0 for arm in alone)


@given(st.permutations(list(range(1, 60))))
def test_it_does_not_look_at_the_order_of_people(order: list[int]) -> None:
    arms = assign(order, salt=SALT, experiment=SPRING, shares=[5000, 5000])
    expected = assign(range(1, 60), salt=SALT, experiment=SPRING, shares=[5000, 5000])
    assert {i: int(a) for i, a in zip(order, arms, strict=True)} == {
        i: int(a) for i, a in zip(range(1, 60), expected, strict=True)
    }


@settings(max_examples=25, deadline=None)
@given(
    st.uuids(), st.sampled_from([[2000, 4000, 4000], [5000, 5000], [100, 9900], [3334, 3333, 3333]])
)
def test_it_fills_the_arms_in_the_ordered_shares(experiment: UUID, shares: list[int]) -> None:
    arms = assign(np.arange(40_000), salt=SALT, experiment=experiment, shares=shares)
    sizes = np.bincount(arms, minlength=len(shares)).tolist()
    # One in ten million runs of a fair division would fail here.
    assert sample_ratio(sizes, shares, alarm=1e-7).ok


@settings(max_examples=25, deadline=None)
@given(st.uuids(), st.uuids())
def test_it_divides_two_experiments_independently(one: UUID, other: UUID) -> None:
    if one == other:
        return
    ids = np.arange(30_000)
    first = assign(ids, salt=SALT, experiment=one, shares=[5000, 5000])
    second = assign(ids, salt=SALT, experiment=other, shares=[3000, 7000])
    halves = [CountedArm.of(second[first == arm]) for arm in (0, 1)]
    assert compare_many_proportions(halves).p_value > 1e-7


def test_it_divides_two_workspaces_independently() -> None:
    ids = np.arange(30_000)
    here = assign(ids, salt=SALT, experiment=SPRING, shares=[5000, 5000])
    there = assign(ids, salt=SALT + b"!", experiment=SPRING, shares=[5000, 5000])
    halves = [CountedArm.of(there[here == arm]) for arm in (0, 1)]
    assert compare_many_proportions(halves).p_value > 1e-7


def test_it_moves_only_people_between_the_old_and_the_new_border() -> None:
    ids = np.arange(50_000)
    before = assign(ids, salt=SALT, experiment=AUTUMN, shares=[2000, 8000])
    after = assign(ids, salt=SALT, experiment=AUTUMN, shares=[3000, 7000])
    moved = before != after
    assert np.all(before[moved] == 1)
    assert abs(moved.mean() - 0.1) < 0.01


def test_it_stays_as_it_was_released() -> None:
    # A change of these numbers would move people between the groups of running campaigns.
    arms = assign(range(20), salt=SALT, experiment=SPRING, shares=[2000, 4000, 4000])
    assert arms.tolist() == RELEASED


RELEASED = [0, 0, 1, 2, 2, 2, 1, 2, 1, 0, 1, 0, 1, 1, 0, 1, 2, 0, 2, 2]


def test_it_divides_a_million_people_well_under_a_second() -> None:
    ids = np.arange(1_000_000, dtype=np.int64)
    took = []
    for _ in range(3):
        start = time.process_time()
        assign(ids, salt=SALT, experiment=SPRING, shares=[1000, 4500, 4500])
        took.append(time.process_time() - start)
    assert min(took) < 0.6


@pytest.mark.parametrize(
    ("weights", "shares"),
    [
        ([1, 1, 1], [3334, 3333, 3333]),
        ([20, 40, 40], [2000, 4000, 4000]),
        ([0.1, 0.2], [3333, 6667]),
        ([0, 5], [0, 10_000]),
    ],
)
def test_it_turns_weights_into_whole_shares(weights: list[float], shares: list[int]) -> None:
    assert divide_shares(weights) == shares


@pytest.mark.parametrize(
    "shares", [[5000], [5000, 4999], [-1, 10_001], [5000.5, 4999.5], [79] * 128, []]
)
def test_it_refuses_shares_that_do_not_divide_everybody(shares: list[int]) -> None:
    with pytest.raises(UnableToAssign):
        assign([1, 2], salt=SALT, experiment=SPRING, shares=shares)


def test_it_refuses_an_empty_salt_and_ids_that_are_not_whole_numbers() -> None:
    with pytest.raises(UnableToAssign):
        assign([1], salt=b"", experiment=SPRING, shares=[10_000])
    with pytest.raises(UnableToAssign):
        assign([1.5], salt=SALT, experiment=SPRING, shares=[10_000])
    with pytest.raises(UnableToAssign):
        assign([-1], salt=SALT, experiment=SPRING, shares=[10_000])
    for weights in ([], [0, 0], [1, -1], [float("nan")]):
        with pytest.raises(UnableToAssign):
            divide_shares(weights)


def test_it_accepts_nobody() -> None:
    assert assign([], salt=SALT, experiment=SPRING, shares=[10_000]).tolist() == []
