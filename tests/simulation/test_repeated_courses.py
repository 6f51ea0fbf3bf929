"""An empirical course given again: weaker by its decline, and PISCES beside the model."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wholetrial.data.records import Records
from wholetrial.endpoints.courses import responses_in_courses, starts_of
from wholetrial.numerics.philox import Stream
from wholetrial.protocol.assumptions import Course
from wholetrial.protocol.load import load
from wholetrial.protocol.protocol import Protocol
from wholetrial.simulation.empirical import Treatment, advance, begin, effect_of, lesion
from wholetrial.simulation.simulate import prepare, simulate

ROOT = Path(__file__).resolve().parents[2]
PISCES_RESPONSE = (0.83, 0.76, 0.73, 0.66)
PISCES_PEOPLE = (400, 259, 117, 26)
EVERYBODY = np.ones(1, np.bool_)


def course(**changes: Any) -> Course:
    stated = {
        "aim": {"PASI_75 at week 12": "50 %"},
        "half_effect": "2 weeks",
        "half_lost": "4 weeks",
        "spread": 0.0,
    }
    return Course.model_validate({**stated, **changes})


def after(plan: Course, treated: list[tuple[int, int]], day: int) -> float:
    """The lesion on a day, after treatment for so many days from each of these days."""
    effect = effect_of(plan, Stream(1, 0, np.arange(1)), 0, 1.0)
    state = advance(effect, begin((1,)), [Treatment(d, EVERYBODY, n) for d, n in treated], day)
    return float(lesion(effect, state)[0])


def test_each_course_keeps_a_share_of_the_strength() -> None:
    """exp(-m x) with m = e and x near 1 after 600 days; a tenth of m is lost each time."""
    plan = course(decline="10 %")
    first, second, third = (
        after(plan, [(800 * place, 600) for place in range(times)], 800 * (times - 1) + 600)
        for times in (1, 2, 3)
    )
    assert first == pytest.approx(np.exp(-np.e), rel=1e-4)
    assert second == pytest.approx(np.exp(-0.9 * np.e), rel=1e-4)
    assert third == pytest.approx(np.exp(-0.81 * np.e), rel=1e-4)


def test_without_a_gap_it_is_the_same_course() -> None:
    plan = course(decline="10 %")
    whole, parts = after(plan, [(0, 84)], 84), after(plan, [(0, 28), (28, 28), (56, 28)], 84)
    assert parts == pytest.approx(whole, abs=1e-12)


def test_what_is_left_of_the_effect_does_not_jump_when_a_course_begins() -> None:
    plan = course(decline="30 %")
    before = after(plan, [(0, 84)], 120)
    assert after(plan, [(0, 84), (120, 28)], 120) == pytest.approx(before, abs=1e-12)
    again, stronger = (after(one, [(0, 84), (120, 84)], 204) for one in (plan, course()))
    assert again > stronger


def test_without_a_decline_every_course_is_the_first() -> None:
    for days in (90, 300):
        assert after(course(), [(0, 600), (600 + days, 600)], 1200 + days) == pytest.approx(
            np.exp(-np.e), rel=1e-4
        )


@pytest.mark.parametrize("decline", ["100 %", "-5 %", "20"])
def test_a_decline_is_a_percentage_below_100(decline: str) -> None:
    with pytest.raises(ValueError, match=r"less than 100|greater than or equal to 0|expected '%'"):
        course(decline=decline)


def test_people_differ_in_how_fast_it_is_lost() -> None:
    stream = Stream(1, 0, np.arange(4000))
    half = np.asarray(effect_of(course(lost_spread=1.0), stream, 0, 0.0).half_lost)
    assert np.median(half) == pytest.approx(28, rel=0.06)
    assert np.log(half).std() == pytest.approx(1.0, rel=0.04)


@pytest.fixture(scope="module")
def ciclosporin() -> Protocol:
    return load(ROOT / "examples" / "strategies" / "ciclosporin-courses" / "trial.yaml")


@pytest.fixture(scope="module")
def many(ciclosporin: Protocol) -> Records:
    return simulate(prepare(ciclosporin, seed=2007), range(8))


def kaplan_meier(day: np.ndarray, responded: np.ndarray) -> float:
    """The share that has responded by the last day (1 - Kaplan and Meier 1958)."""
    free = 1.0
    for when in np.unique(day[responded]):
        free *= 1 - ((day == when) & responded).sum() / (day >= when).sum()
    return 1 - free


def by_course(protocol: Protocol, records: Records) -> tuple[list[float], list[float]]:
    """The share that responds by day 84 of each course, and the people with so many, of 400."""
    starts = starts_of(records, "ciclosporin", 1.0)[..., :4]
    condition = protocol.terms["clear_75"]
    found = responses_in_courses(protocol, records, condition, starts, within=84 + 3)
    had = ~np.isnan(starts)
    shares = [
        kaplan_meier(found.day[..., k][had[..., k]], found.responded[..., k][had[..., k]])
        for k in range(4)
    ]
    return shares, (had.sum(axis=(0, 1)) / records.arm.shape[0]).tolist()


def test_fewer_respond_in_later_courses_as_in_pisces(ciclosporin: Protocol, many: Records) -> None:
    """Without any decline in the drug: who relapses early is who responds less."""
    shares, _ = by_course(ciclosporin, many)
    for ours, published in zip(shares, PISCES_RESPONSE, strict=True):
        assert ours == pytest.approx(published, abs=0.06)
    assert shares[:3] == sorted(shares[:3], reverse=True)
    assert shares[3] < shares[1]


def test_about_as_many_need_another_course_as_in_pisces(
    ciclosporin: Protocol, many: Records
) -> None:
    """The second course within 6 %; too many a third by a quarter, and twice as many a fourth."""
    _, people = by_course(ciclosporin, many)
    assert people[0] == PISCES_PEOPLE[0]
    assert people[1] == pytest.approx(PISCES_PEOPLE[1], rel=0.06)
    assert 1.1 < people[2] / PISCES_PEOPLE[2] < 1.35
    assert 1.6 < people[3] / PISCES_PEOPLE[3] < 2.4


def test_half_have_relapsed_after_109_days_or_nearly(many: Records) -> None:
    """PISCES' median, 109 days after the first course, among those who stay; visits every 2 weeks."""
    stays = np.isnan(many.events["leaves_study"])
    relapse = np.where(stays, many.events["another_course"], np.nan)[stays] - 84
    relapse = np.where(np.isnan(relapse), np.inf, relapse)
    assert 95 <= np.median(relapse) <= 127
    assert (relapse > 183).mean() > 0.30  # more than 30 % had not relapsed after 6 months


def test_a_true_decline_makes_later_courses_worse(ciclosporin: Protocol, many: Records) -> None:
    declining = simulate(prepare(ciclosporin, seed=2007, scenario="declining"), range(4))
    worse, _ = by_course(ciclosporin, declining)
    shares, _ = by_course(ciclosporin, many)
    assert worse[0] == pytest.approx(shares[0], abs=0.02)
    assert worse[2] < shares[2] - 0.02
