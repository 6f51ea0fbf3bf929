"""A level is kept to the letter: what lies on it does not succeed, what has no side has no test."""

import numpy as np
import pytest

from wholetrial.analysis.operating import powers
from wholetrial.analysis.planned.analyze import analyze
from wholetrial.analysis.statistic import Statistic
from wholetrial.endpoints.outcomes import Outcomes, Variable
from wholetrial.protocol.analysis_plan import Alpha
from wholetrial.protocol.protocol import Protocol


def changed(protocol: Protocol, **fields: object) -> Protocol:
    plan = protocol.analyses["efficacy"].model_copy(update=fields)
    return protocol.model_copy(update={"analyses": {**protocol.analyses, "efficacy": plan}})


@pytest.mark.parametrize(("p_value", "share"), [(0.0499, 1.0), (0.05, 0.0), (0.0501, 0.0)])
def test_a_trial_succeeds_where_p_lies_below_the_level(
    krueger: Protocol, p_value: float, share: float
) -> None:
    test = Statistic(
        analysis="efficacy",
        endpoint="pasi_75_week_12",
        level="primary",
        at="week 12",
        analysis_set="randomized",
        name="p_value",
        arm="once_45",
        method="fisher_exact",
        control="placebo",
        value=np.array([p_value]),
        n=np.array([128]),
    )
    (power,) = powers(krueger, [test])
    assert power.share == share


@pytest.mark.parametrize("method", ["fisher_exact", "boschloo", "pearson", "pearson_corrected"])
def test_a_one_sided_test_looks_to_the_better_side_alone(krueger: Protocol, method: str) -> None:
    value = np.concatenate([[1.0] * 7 + [0.0] * 3] * 4 + [[1.0] * 2 + [0.0] * 8])
    outcomes = Outcomes(
        endpoint="pasi_75_week_12",
        level="primary",
        analysis_set="randomized",
        groups=tuple(krueger.arms),
        group=np.arange(5, dtype=np.int8).repeat(10),
        member=np.ones(50, np.bool_),
        variable=Variable("response", "week 12", 84.0, value),
    )
    made = {}
    for better in ("higher", "lower"):
        alpha = Alpha(level=0.025, sides=1)
        plan = changed(krueger, test=method, alpha=alpha, better=better)
        found = analyze(plan, "efficacy", [outcomes])
        made[better] = next(float(one.value) for one in found if one.name == "p_value")
    assert made["higher"] < 0.05 < 0.95 < made["lower"]
