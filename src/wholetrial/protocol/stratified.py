"""Which methods of an analysis take strata along: its test, or the model behind its estimate."""

from wholetrial.protocol.analysis_methods import INTERVALS
from wholetrial.protocol.analysis_plan import Analysis

_TESTS = (
    "cmh",
    "standardization",
    "stratified_log_rank",
    "interval_log_rank",
    "cox",
    "ancova",
    "linear_trend",
    "mmrm",
)
_MODELED = ("ancova", "linear_trend", "jonckheere_terpstra")


def strata_in_test(analysis: Analysis) -> bool:
    """Whether the test is made within strata, or by a model that holds them."""
    if analysis.test == "rubin":
        return analysis.estimate.summary == "mean_difference"
    return analysis.test in _TESTS


def strata_in_estimate(analysis: Analysis) -> bool:
    """Whether the estimate is made within strata, or by a model that holds them."""
    summary, interval = analysis.estimate.summary, analysis.estimate.interval
    if summary in ("mmrm", "hazard_ratio"):
        return True
    if summary == "mean_difference":
        return interval == "rubin" or bool(analysis.adjust_for) or analysis.test in _MODELED
    known = INTERVALS.get(interval)
    return interval == "standardization" or (known is not None and known.stratified)
