"""The planned analyses: what the file says is run, and nothing else."""

import numpy as np
import pytest

from wholetrial.analysis.operating import powers, stacked
from wholetrial.analysis.planned.analyze import analyze
from wholetrial.analysis.planned.several import adjusted
from wholetrial.analysis.statistic import Statistic
from wholetrial.endpoints.outcomes import Outcomes, Variable
from wholetrial.protocol.analysis_plan import Alpha, EstimatePlan
from wholetrial.protocol.protocol import Protocol


def responders(counts: list[tuple[int, int]], protocol: Protocol) -> Outcomes:
    """Outcomes of the primary endpoint with these counts in the arms, in order."""
    value = np.concatenate([[1.0] * x + [0.0] * (n - x) for x, n in counts])
    group = np.concatenate([[index] * n for index, (_, n) in enumerate(counts)])
    return Outcomes(
        endpoint="pasi_75_week_12",
        level="primary",
        analysis_set="randomized",
        groups=tuple(protocol.arms),
        group=group.astype(np.int8),
        member=np.ones(group.size, np.bool_),
        variable=Variable("response", "week 12", 84.0, value),
    )


def changed(protocol: Protocol, **fields: object) -> Protocol:
    plan = protocol.analyses["efficacy"].model_copy(update=fields)
    return protocol.model_copy(update={"analyses": {**protocol.analyses, "efficacy": plan}})


def named(found: list[Statistic], name: str) -> list[Statistic]:
    return [statistic for statistic in found if statistic.name == name]


COUNTS = [(33, 64), (38, 64), (43, 64), (52, 64), (1, 64)]


@pytest.mark.parametrize("method", ["barnard", "mcnemar", "log_rank"])
def test_a_test_not_built_is_said_and_not_replaced(krueger: Protocol, method: str) -> None:
    found = analyze(changed(krueger, test=method), "efficacy", [responders(COUNTS, krueger)])
    assert not named(found, "p_value")
    said = named(found, "not_computed")
    assert [statistic.why_none for statistic in said] == [f"not yet computed: {method}"] * 4


def test_a_summary_not_built_is_said_and_not_replaced(krueger: Protocol) -> None:
    estimate = EstimatePlan(summary="number_needed_to_treat", interval="wald", level=95)
    found = analyze(changed(krueger, estimate=estimate), "efficacy", [responders(COUNTS, krueger)])
    assert [one.why_none for one in found] == ["not yet computed: number_needed_to_treat"]


def test_p_values_of_one_analysis_are_adjusted_together(krueger: Protocol) -> None:
    protocol = changed(krueger, multiplicity="holm", of=("pasi_75_week_12",))
    counts = [(3, 64), (8, 64), (9, 64), (12, 64), (1, 64)]
    found = analyze(protocol, "efficacy", [responders(counts, krueger)])
    crude = [float(one.value) for one in named(found, "p_value")]
    together = adjusted(protocol, "efficacy", found)
    assert [one.arm for one in together] == ["once_45", "once_90", "weekly_45", "weekly_90"]
    # by hand: sorted upward the four are multiplied by 4, 3, 2 and 1, and never fall
    least, second, third, most = sorted(crude)
    steps = np.maximum.accumulate([4 * least, 3 * second, 2 * third, most])
    by_hand = dict(zip(sorted(crude), np.minimum(steps, 1), strict=True))
    assert [float(one.value) for one in together] == [by_hand[p] for p in crude]
    assert {one.note for one in together} == {"holm over 4 tests"}


def test_a_family_that_is_not_whole_is_not_adjusted(krueger: Protocol) -> None:
    protocol = changed(krueger, multiplicity="holm")
    found = analyze(protocol, "efficacy", [responders(COUNTS, krueger)])
    (said,) = adjusted(protocol, "efficacy", found)
    assert said.why_none == "not yet computed: holm: no test of pasi_90_week_12"


def test_one_sided_tests_follow_the_better_direction(krueger: Protocol) -> None:
    worse = [(1, 64), (1, 64), (1, 64), (1, 64), (33, 64)]
    one_sided = Alpha(level=0.025, sides=1)
    protocol = changed(krueger, alpha=one_sided)
    better_p = named(analyze(protocol, "efficacy", [responders(COUNTS, krueger)]), "p_value")
    worse_p = named(analyze(protocol, "efficacy", [responders(worse, krueger)]), "p_value")
    assert all(float(s.value) < 1e-6 for s in better_p)
    assert all(float(s.value) > 0.999 for s in worse_p)


def test_an_arm_of_nobody_has_a_reason_and_no_number(krueger: Protocol) -> None:
    counts = [(0, 0), *COUNTS[1:]]
    found = analyze(krueger, "efficacy", [responders(counts, krueger)])
    empty = [s for s in found if s.arm == "once_45"]
    assert [np.isnan(s.value) for s in empty] == [True] * 3
    assert {s.why_none for s in empty} == {"There are no participants to analyze."}
    rows = [s.row("recorded") for s in empty]
    assert {row["value"] for row in rows} == {None}


def test_batches_give_what_each_trial_gives(krueger: Protocol) -> None:
    other = [(20, 64), (30, 64), (40, 64), (50, 64), (5, 64)]
    singles = [
        analyze(krueger, "efficacy", [responders(counts, krueger)]) for counts in (COUNTS, other)
    ]
    together = stacked(singles)
    outcomes = [responders(counts, krueger) for counts in (COUNTS, other)]
    batch = Outcomes(
        **{
            **{name: getattr(outcomes[0], name) for name in Outcomes.__dataclass_fields__},
            "group": np.stack([one.group for one in outcomes]),
            "member": np.stack([one.member for one in outcomes]),
            "variable": outcomes[0].variable._replace(
                value=np.stack([one.variable.value for one in outcomes])
            ),
        }
    )
    for ours, theirs in zip(analyze(krueger, "efficacy", [batch]), together, strict=True):
        np.testing.assert_array_equal(ours.value, theirs.value)
        np.testing.assert_array_equal(ours.n, theirs.n)


def test_power_counts_successes_on_the_better_side_only(krueger: Protocol) -> None:
    worse = [(1, 64), (38, 64), (43, 64), (52, 64), (33, 64)]
    statistics = stacked(
        [analyze(krueger, "efficacy", [responders(counts, krueger)]) for counts in (COUNTS, worse)]
    )
    found = {power.arm: power for power in powers(krueger, statistics)}
    assert found["once_45"].share == 0.5  # significant both times, once in the wrong direction
    assert found["once_45"].error == pytest.approx((0.5 * 0.5 / 2) ** 0.5)
    assert found["weekly_90"].share == 1.0


def test_a_trial_without_a_test_is_no_success(krueger: Protocol) -> None:
    empty = [(0, 0), *COUNTS[1:]]
    statistics = stacked([analyze(krueger, "efficacy", [responders(empty, krueger)])])
    (power,) = (power for power in powers(krueger, statistics) if power.arm == "once_45")
    assert (power.share, power.failed) == (0.0, 1)
