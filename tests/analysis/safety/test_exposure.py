"""Events and participant-years from participants' own times: what counts, properties, errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wholetrial.analysis.safety.exposure import DAYS_IN_A_YEAR, over_all_time, until_first_event

NAN, INF = np.nan, np.inf
YEAR = DAYS_IN_A_YEAR


@st.composite
def people(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    count = draw(st.integers(1, 12))
    days = st.floats(0, 1000)
    first = draw(st.lists(st.one_of(days, st.just(NAN)), min_size=count, max_size=count))
    observed = draw(st.lists(days, min_size=count, max_size=count))
    included = draw(st.lists(st.booleans(), min_size=count, max_size=count))
    return np.array(first), np.array(observed), np.array(included)


def test_time_runs_to_the_first_event_or_to_the_end_of_observation() -> None:
    exposure = until_first_event([YEAR, NAN, INF, 3 * YEAR], [2 * YEAR, YEAR, YEAR, 2 * YEAR])
    assert exposure.events == 1
    assert exposure.years == pytest.approx(1 + 1 + 1 + 2)


def test_an_event_on_the_last_day_counts_and_one_on_the_first_day_adds_no_time() -> None:
    assert until_first_event([YEAR], [YEAR]) == (1, 1)
    assert until_first_event([0.0], [YEAR]) == (1, 0)


def test_all_events_count_over_all_time() -> None:
    assert over_all_time([3, 0, 1], [YEAR, YEAR, 0.0]) == (4, 2)


def test_nobody_included_gives_no_event_and_no_time() -> None:
    assert until_first_event([1.0, 2.0], [NAN, 5.0], [0, 0]) == (0, 0)
    assert over_all_time([1, 2], [3.0, 5.0], False) == (0, 0)


@given(group=people(), seed=st.integers(0, 99))
@settings(max_examples=60)
def test_order_does_not_matter_and_two_halves_add_up(
    group: tuple[np.ndarray, np.ndarray, np.ndarray], seed: int
) -> None:
    first, observed, included = group
    whole = until_first_event(first, observed, included)
    order = np.random.default_rng(seed).permutation(len(first))
    shuffled = until_first_event(first[order], observed[order], included[order])
    assert shuffled.events == whole.events
    assert shuffled.years == pytest.approx(whole.years, rel=1e-12)
    some = np.arange(len(first)) % 2 == 0
    parts = [until_first_event(first, observed, included & half) for half in (some, ~some)]
    assert sum(part.events for part in parts) == whole.events
    assert sum(part.years for part in parts) == pytest.approx(whole.years, rel=1e-12)


@pytest.mark.parametrize("method", [until_first_event, over_all_time])
def test_batched_equals_one_at_a_time(method) -> None:
    rng = np.random.default_rng(3)
    values, observed = rng.integers(0, 300, (2, 5, 40)), rng.uniform(0, 400, (2, 5, 40))
    included = rng.random((2, 5, 40)) < 0.7
    together = method(values, observed, included)
    for place in np.ndindex(2, 5):
        alone = method(values[place], observed[place], included[place])
        assert alone.events == together.events[place]
        assert alone.years == together.years[place]


def test_a_wrong_call_says_what_was_expected() -> None:
    with pytest.raises(ValueError, match=r"observed_days .* 0 or later and finite; got nan"):
        until_first_event([1.0], [NAN])
    with pytest.raises(ValueError, match="must not lie before day 0; got -1"):
        until_first_event([-1.0], [5.0])
    with pytest.raises(ValueError, match=r"event_counts must be whole .* got 1.5"):
        over_all_time([1.5], [5.0])
    with pytest.raises(ValueError, match=r"event_counts must be whole .* got -1"):
        over_all_time([-1], [5.0])
    with pytest.raises(ValueError, match="at least one participant"):
        until_first_event([], [])
    with pytest.raises(ValueError, match="included must be true or false"):
        over_all_time([1], [5.0], [2])
    with pytest.raises(ValueError, match="one common shape"):
        over_all_time([1, 2], [5.0, 5.0, 5.0])
