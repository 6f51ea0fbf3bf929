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


@pytest.mark.parametrize("method", ["pearson", "pearson_corrected"])
@pytest.mark.parametrize("sides", [1, 2])
def test_a_test_without_sides_is_not_computed_one_sided(
    krueger: Protocol, method: str, sides: int
) -> None:
    outcomes = Outcomes(
        endpoint="pasi_75_week_12",
        level="primary",
        analysis_set="randomized",
        groups=tuple(krueger.arms),
        group=np.arange(5, dtype=np.int8).repeat(2),
        member=np.ones(10, np.bool_),
        variable=Variable("response", "week 12", 84.0, np.array([1.0, 0.0] * 5)),
    )
    plan = changed(krueger, test=method, alpha=Alpha(level=0.025, sides=sides))
    found = analyze(plan, "efficacy", [outcomes])
    made = {
        one.name: one.not_computed for one in found if one.control and one.name != "risk_difference"
    }
    assert made == ({"not_computed": method} if sides == 1 else {"p_value": ""})
