"""Power of one arm against a benchmark: a result on the wrong side of it is no success."""

import numpy as np

from wholetrial.analysis.operating import powers
from wholetrial.analysis.planned.analyze import analyze
from wholetrial.endpoints.outcomes import Outcomes, Variable
from wholetrial.protocol.analysis_plan import Alpha
from wholetrial.protocol.protocol import Protocol


def outcomes(responders: list[int]) -> Outcomes:
    """Simulated trials of 50, each with so many responders."""
    value = np.array([[1.0] * count + [0.0] * (50 - count) for count in responders])
    return Outcomes(
        endpoint="pasi_90_week_16",
        level="primary",
        analysis_set="treated",
        groups=("ixekizumab",),
        group=np.zeros(value.shape, np.int8),
        member=np.ones(value.shape, np.bool_),
        variable=Variable(kind="response", at="week 16", day=112.0, value=value),
    )


def test_a_two_sided_success_lies_above_the_benchmark(guttate: Protocol) -> None:
    """Against 50 %, two-sided: 10 and 40 of 50 differ from it, and only 40 of 50 is better."""
    plan = guttate.analyses["primary"]
    two_sided = plan.model_copy(update={"alpha": Alpha(level=0.05, sides=2)})
    protocol = guttate.model_copy(update={"analyses": {**guttate.analyses, "primary": two_sided}})
    (power,) = powers(protocol, analyze(protocol, "primary", [outcomes([10, 25, 40, 10])]))
    assert power.share == 0.25
    lower = two_sided.model_copy(update={"better": "lower"})
    protocol = guttate.model_copy(update={"analyses": {**guttate.analyses, "primary": lower}})
    (power,) = powers(protocol, analyze(protocol, "primary", [outcomes([10, 25, 40, 10])]))
    assert power.share == 0.5


def test_a_one_sided_success_lies_above_the_benchmark(guttate: Protocol) -> None:
    (power,) = powers(guttate, analyze(guttate, "primary", [outcomes([10, 25, 40, 10])]))
    assert power.share == 0.25
