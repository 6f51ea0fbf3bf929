"""Blocks, strata and simple randomization: counts that hold exactly, and orders equally likely."""

from collections import Counter
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wholetrial.conduct.allocation import (
    AllocationError,
    allocate,
    lines,
    randomization,
    strata_labels,
)
from wholetrial.numerics.philox import Purpose, Stream, uniforms
from wholetrial.protocol.condition import Compare
from wholetrial.protocol.design import Allocation
from wholetrial.protocol.load import load
from wholetrial.protocol.protocol import Protocol

TRIALS = Path(__file__).parents[2] / "trials"
HEAVY = Compare(value="weight", compare=">", threshold=90.0, unit="kg")


def trial(counts: dict[str, int], allocation: Allocation | None) -> Protocol:
    """The 2007 trial with other arms."""
    published = load(TRIALS / "NCT00320216" / "trial.yaml")
    one = published.arms["placebo"]
    arms = {name: one.model_copy(update={"n": n}) for name, n in counts.items()}
    design = published.design.model_copy(update={"allocation": allocation, "centers": 3})
    terms = {**published.terms, "heavy": HEAVY}
    return published.model_copy(update={"arms": arms, "design": design, "terms": terms})


def blocks(*sizes: int, strata: tuple[str, ...] = ()) -> Allocation:
    return Allocation(randomized="permuted blocks", sizes=sizes, strata=strata)


def test_every_replicate_of_the_2007_trial_has_64_in_each_of_five_arms():
    allocated = allocate(load(TRIALS / "NCT00320216" / "trial.yaml"), 2007, range(200))
    assert allocated.shape == (200, 320)
    assert allocated.dtype == np.int8
    for arm in range(5):
        assert ((allocated == arm).sum(axis=1) == 64).all()


@settings(max_examples=60)
@given(
    ratio=st.lists(st.integers(1, 4), min_size=2, max_size=4),
    repeats=st.integers(1, 25),
    multiples=st.lists(st.integers(1, 4), min_size=1, max_size=3, unique=True),
    reserve=st.integers(0, 30),
    seed=st.integers(0, 2**64 - 1),
)
def test_every_complete_block_holds_the_ratio(ratio, repeats, multiples, reserve, seed):
    counts = {f"arm_{i}": part * repeats for i, part in enumerate(ratio)}
    smallest = [part // np.gcd.reduce(ratio) for part in ratio]
    sizes = [int(multiple * sum(smallest)) for multiple in multiples]
    plan = randomization(trial(counts, blocks(*sizes)))
    listed = lines(plan, seed, 0, plan.planned + reserve)
    arm, block = listed.arm[0], listed.block[0]
    assert [int((arm[: plan.planned] == i).sum()) for i in range(len(ratio))] == [*counts.values()]
    for number in range(int(block[-1])):
        inside = arm[block == number]
        held = [int((inside == i).sum()) for i in range(len(ratio))]
        assert held == [part * len(inside) // sum(smallest) for part in smallest]
        ends_at_the_total = block[plan.planned - 1] == number
        assert len(inside) in sizes or (ends_at_the_total and len(inside) < max(sizes))


def test_every_order_of_a_small_block_is_equally_likely():
    replicates = 60_000
    allocated = allocate(trial({"a": 2, "b": 2}, blocks(4)), 11, range(replicates))
    seen = Counter(map(tuple, allocated.tolist()))
    orders = set(permutations((0, 0, 1, 1)))
    assert set(seen) == orders
    share = 1 / len(orders)
    error = np.sqrt(share * (1 - share) / replicates)
    assert all(abs(count / replicates - share) < 4 * error for count in seen.values())


def test_both_block_sizes_are_drawn_about_equally_often():
    plan = randomization(trial({"a": 50, "b": 50}, blocks(2, 4)))
    first = [int((lines(plan, seed, 0, 100).block[0] == 0).sum()) for seed in range(800)]
    assert Counter(first).keys() == {2, 4}
    assert abs(first.count(2) / 800 - 0.5) < 4 * np.sqrt(0.25 / 800)


def one_line_after_another(plan, seed, replicate, length):
    """The list as a clerk would write it: draw a block's size, shuffle the block, go on."""

    def draw(place, occasion):
        address = Stream(seed, replicate, place)
        return float(uniforms(address, Purpose.ALLOCATION, 1, occasion=occasion)[0])

    listed: list[int] = []
    block = 0
    while len(listed) < length:
        size = plan.sizes[int(draw(block, 0) * len(plan.sizes))]
        if len(listed) < plan.planned:
            size = min(size, plan.planned - len(listed))
        arms = [arm for arm, part in enumerate(plan.ratio) for _ in range(part)]
        arms *= size // len(arms)
        start = len(listed)
        order = sorted(range(start, start + size), key=lambda place: draw(place, 1))
        held = dict(zip(order, arms, strict=True))
        listed += [held[place] for place in range(start, start + size)]
        block += 1
    return listed[:length]


@pytest.mark.parametrize("length", [24, 41])
def test_against_second_implementation_line_by_line(length):
    plan = randomization(trial({"a": 8, "b": 16}, blocks(3, 6, 12)))
    for seed in range(10):
        expected = one_line_after_another(plan, seed, 0, length)
        assert lines(plan, seed, 0, length).arm[0].tolist() == expected


def test_adding_replicates_or_changing_their_order_changes_nothing():
    protocol = trial({"a": 9, "b": 18}, blocks(3, 6))
    many = allocate(protocol, 5, range(50))
    np.testing.assert_array_equal(many[:7], allocate(protocol, 5, range(7)))
    np.testing.assert_array_equal(many[[31, 2, 17]], allocate(protocol, 5, [31, 2, 17]))


def test_another_seed_gives_another_list():
    protocol = trial({"a": 20, "b": 20}, blocks(4))
    drawn = {allocate(protocol, seed, [0]).tobytes() for seed in range(50)}
    assert len(drawn) == 50


def test_a_reserve_begins_after_the_same_list():
    plan = randomization(trial({"a": 5, "b": 10}, blocks(3, 6)))
    longer = lines(plan, 3, 0, 15 + 20)
    np.testing.assert_array_equal(longer.arm[:, :15], lines(plan, 3, 0, 15).arm)
    np.testing.assert_array_equal(longer.arm[:, :22], lines(plan, 3, 0, 22).arm)


def test_simple_randomization_gives_every_line_the_ratio_and_no_balance():
    protocol = trial({"a": 30, "b": 60}, Allocation(randomized="simple"))
    allocated = allocate(protocol, 8, range(2000))
    share = (allocated == 1).mean()
    assert abs(share - 2 / 3) < 4 * np.sqrt(2 / 9 / allocated.size)
    first_line = (allocated[:, 0] == 1).mean()
    assert abs(first_line - 2 / 3) < 4 * np.sqrt(2 / 9 / 2000)
    assert len(set((allocated == 1).sum(axis=1).tolist())) > 10


def test_strata_are_the_crossed_levels_of_terms_and_centers():
    protocol = trial({"a": 6, "b": 6}, blocks(2, strata=("heavy", "center")))
    assert strata_labels(protocol) == (
        "heavy: yes, center 1",
        "heavy: yes, center 2",
        "heavy: yes, center 3",
        "heavy: no, center 1",
        "heavy: no, center 2",
        "heavy: no, center 3",
    )


def test_each_stratum_takes_its_own_list_in_order():
    protocol = trial({"a": 20, "b": 20}, blocks(2, 4, strata=("heavy",)))
    plan = randomization(protocol)
    stratum = np.random.default_rng(1).integers(0, 2, (3, 40))
    allocated = allocate(protocol, 4, [0, 1, 2], stratum=stratum)
    for number in (0, 1):
        mine = allocated[0][stratum[0] == number]
        np.testing.assert_array_equal(mine, lines(plan, 4, number, 40).arm[0, : len(mine)])
        even = len(mine) // 2
        assert abs(int((mine == 0).sum()) - even) <= 2


def test_one_stratum_for_all_replicates_is_the_same_as_one_for_each():
    protocol = trial({"a": 4, "b": 4}, blocks(4, strata=("heavy",)))
    same = [0, 1, 0, 1, 0, 1, 0, 1]
    np.testing.assert_array_equal(
        allocate(protocol, 9, [4, 5], stratum=same),
        allocate(protocol, 9, [4, 5], stratum=[same, same]),
    )


@pytest.mark.parametrize(
    ("counts", "allocation", "message"),
    [
        ({"a": 7}, None, "everybody comes to its one arm, a"),
        ({"a": 7, "b": 7}, None, "add design.allocation"),
        ({"a": 7, "b": 7}, Allocation(not_randomized="they choose"), "not randomized.*they choose"),
        ({"a": 5, "b": 10}, blocks(4), "multiple of 3; got 4"),
        ({"a": 5, "b": 5}, blocks(2, strata=("weather",)), "'weather' has no levels"),
        ({"a": 5, "b": 5}, blocks(2, strata=("heavy",)), "give the stratum of every participant"),
    ],
)
def test_what_cannot_be_randomized_says_why(counts, allocation, message):
    with pytest.raises(AllocationError, match=message):
        allocate(trial(counts, allocation), 1, [0])


def test_strata_of_the_wrong_shape_or_number_are_refused():
    protocol = trial({"a": 2, "b": 2}, blocks(2, strata=("heavy",)))
    with pytest.raises(
        AllocationError, match=r"shape \(1, 4\) or \(4,\); got int64 of shape \(3,\)"
    ):
        allocate(protocol, 1, [0], stratum=[0, 1, 1])
    with pytest.raises(AllocationError, match="lie in 0 to 1; got 0 to 2"):
        allocate(protocol, 1, [0], stratum=[0, 1, 2, 0])
    with pytest.raises(TypeError, match="replicates are numbers"):
        allocate(protocol, 1, 5)


def test_the_trials_that_are_not_randomized_say_so():
    with pytest.raises(AllocationError, match="NCT06374979 is not randomized: everybody comes"):
        randomization(load(TRIALS / "NCT06374979" / "trial.yaml"))
    with pytest.raises(AllocationError, match="NCT04537689 is not randomized; how people come"):
        randomization(load(TRIALS / "NCT04537689" / "trial.yaml"))
