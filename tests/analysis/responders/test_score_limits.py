"""Score limits against 50 digits, constrained proportions against a search, and the root finder."""

from collections.abc import Callable
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import xlog1py, xlogy

from wholetrial.analysis.arguments import TwoArms
from wholetrial.analysis.estimate import Floats, normal_quantile
from wholetrial.analysis.responders.constrained import (
    given_difference,
    given_odds_ratio,
    given_ratio,
)
from wholetrial.analysis.responders.crossing import Places, crossing
from wholetrial.analysis.responders.ratios import (
    odds_ratio_miettinen_nurminen,
    risk_ratio_miettinen_nurminen,
)
from wholetrial.analysis.responders.risk_difference import risk_difference_miettinen_nurminen

Table = tuple[int, int, int, int]
NEAR_THE_EDGE = [
    (1000, 1000, 999, 1000),
    (4999, 5000, 4998, 5000),
    (1, 5000, 2, 5000),
    (1, 2, 1, 2),
]
RANDOM = np.random.default_rng(1985)
SIZES = RANDOM.integers(2, 300, (6, 2)).tolist()
ORDINARY = [
    (int(RANDOM.integers(1, n)), n, int(RANDOM.integers(1, m)), m)
    for n, m in SIZES
    if min(n, m) > 2
]


def difference_excess(at: Decimal, table: Table) -> Decimal:
    """Squared deviation less what is allowed; the fitted control proportion by halving."""
    x, n, control_x, control_n = table
    low, high = max(Decimal(0), -at), min(Decimal(1), 1 - at)
    for _ in range(130):
        control = (low + high) / 2
        active = control + at
        slope = (x - n * active) * control * (1 - control)
        slope += (control_x - control_n * control) * active * (1 - active)
        low, high = (control, high) if slope > 0 else (low, control)
    variance = active * (1 - active) / n + control * (1 - control) / control_n
    deviation = Decimal(x) / n - Decimal(control_x) / control_n - at
    return deviation**2 - _critical(table) * variance


def ratio_excess(at: Decimal, table: Table) -> Decimal:
    x, n, control_x, control_n = table
    b = n * at + x + control_n + control_x * at
    inner = b * b - 4 * (n + control_n) * at * (x + control_x)
    control = (b - inner.sqrt()) / (2 * (n + control_n) * at)
    active = at * control
    variance = active * (1 - active) / n + at**2 * control * (1 - control) / control_n
    return (Decimal(x) / n - at * control_x / control_n) ** 2 - _critical(table) * variance


def odds_ratio_excess(at: Decimal, table: Table) -> Decimal:
    x, n, control_x, control_n = table
    a, total = control_n * (at - 1), x + control_x
    b = n * at + control_n - total * (at - 1)
    control = (-b + (b * b + 4 * a * total).sqrt()) / (2 * a)
    active = at * control / (1 + control * (at - 1))
    cells = n * active * (1 - active), control_n * control * (1 - control)
    return (x - n * active) ** 2 * sum(cells) - _critical(table) * cells[0] * cells[1]


def _critical(table: Table) -> Decimal:
    total = table[1] + table[3]
    return Decimal(normal_quantile(0.95)) ** 2 * total / (total - 1)


def halved(
    excess: Callable[[Decimal, Table], Decimal], table: Table, inside: Decimal, outside: Decimal
) -> float:
    """Where the excess turns positive: halving, of the logarithm for ratios."""
    for _ in range(120):
        middle = (inside * outside).sqrt() if outside > 0 and inside > 0 else (inside + outside) / 2
        inside, outside = (inside, middle) if excess(middle, table) > 0 else (middle, outside)
    return float(inside)


@pytest.mark.parametrize("table", [*NEAR_THE_EDGE, *ORDINARY], ids=str)
def test_miettinen_nurminen_matches_fifty_digits(table: Table) -> None:
    x, n, control_x, control_n = table
    with localcontext() as context:
        context.prec = 50
        difference = Decimal(x) / n - Decimal(control_x) / control_n
        ratio = Decimal(x * control_n) / (control_x * n)
        for end, name in ((-1, "low"), (1, "high")):
            ours = getattr(risk_difference_miettinen_nurminen(*table), name)
            expected = halved(difference_excess, table, difference, Decimal(end))
            assert float(ours) == pytest.approx(expected, abs=1e-12)
            far, off = Decimal(10) ** (end * 12), 1 + end * Decimal("1e-20")
            ours = getattr(risk_ratio_miettinen_nurminen(*table), name)
            expected = halved(ratio_excess, table, ratio, far)
            assert float(ours) == pytest.approx(expected, rel=1e-12)
            if x < n and control_x < control_n:
                odds = Decimal(x * (control_n - control_x)) / (control_x * (n - x))
                ours = getattr(odds_ratio_miettinen_nurminen(*table), name)
                expected = halved(odds_ratio_excess, table, odds * off, far)
                assert float(ours) == pytest.approx(expected, rel=1e-12)


@given(
    counts=st.tuples(*(st.integers(1, 80) for _ in range(2))),
    shares=st.tuples(*(st.floats(0, 1) for _ in range(2))),
    at=st.floats(-0.95, 0.95),
)
@example(counts=(1, 14), shares=(0.0, 0.0), at=-1.192092896e-07)
@example(counts=(1, 1), shares=(0.0, 0.0), at=1.228273975347627e-14)
@example(counts=(9, 5), shares=(1.0, 1.0), at=1.228273975347627e-14)
@example(counts=(9, 5), shares=(1.0, 1.0), at=-3e-9)
@settings(max_examples=80)
def test_constrained_proportions_are_the_most_likely(
    counts: tuple[int, int], shares: tuple[float, float], at: float
) -> None:
    n, control_n = counts
    table = (round(shares[0] * n), n, round(shares[1] * control_n), control_n)
    arms = TwoArms(*(np.array(float(count)) for count in table))
    odds = np.exp(4 * at)
    for fitted, active_of, highest in (
        (given_difference(arms, np.array(at)), lambda p: p + at, min(1.0, 1 - at)),
        (given_ratio(arms, np.array(odds)), lambda p: p * odds, min(1.0, 1 / odds)),
        (given_odds_ratio(arms, np.array(odds)), lambda p: odds * p / (1 + p * (odds - 1)), 1.0),
    ):
        assert float(fitted.active) == pytest.approx(active_of(float(fitted.control)), abs=1e-12)
        ours = _log_likelihood(table, float(fitted.active), float(fitted.control))
        best = minimize_scalar(
            lambda p, active_of=active_of: -_log_likelihood(table, active_of(p), p),
            bounds=(max(0.0, -at) if highest == min(1.0, 1 - at) else 0.0, highest),
            method="bounded",
            options={"xatol": 1e-10},
        )
        assert ours >= -best.fun - 1e-9


def _log_likelihood(table: Table, active: float, control: float) -> float:
    x, n, control_x, control_n = table
    active, control = min(max(active, 0.0), 1.0), min(max(control, 0.0), 1.0)
    active_part = xlogy(x, active) + xlog1py(n - x, -active)
    return float(active_part + xlogy(control_x, control) + xlog1py(control_n - control_x, -control))


@given(st.lists(st.floats(0.01, 0.99), min_size=1, max_size=6), st.sampled_from([0.2, 1.0, 5.0]))
@settings(max_examples=60)
def test_crossing_finds_the_root_and_gives_the_same_alone(roots: list[float], power: float) -> None:
    at = np.array(roots)

    def excess(points: Floats, places: Places) -> Floats:
        return points**power - at[places] ** power

    found = crossing(excess, np.zeros_like(at), np.ones_like(at))
    np.testing.assert_allclose(found, at, rtol=1e-12)
    for place in range(len(at)):
        alone = crossing(
            lambda points, _, place=place: points**power - at[place : place + 1] ** power,
            np.zeros(1),
            np.ones(1),
        )
        assert alone[0] == found[place]


def test_crossing_stays_at_the_end_where_nothing_is_in_excess() -> None:
    found = crossing(lambda points, _: points - 2, np.array([0.0, 1.0]), np.array([1.0, 1.0]))
    assert found.tolist() == [1, 1]
