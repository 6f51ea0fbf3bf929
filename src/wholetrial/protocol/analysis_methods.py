"""The statistics that a trial file may name: summaries, tests, intervals, and what they suit.

What is built stands in `wholetrial.analysis.methods`; what is only named here is not yet computed.
"""

from typing import NamedTuple

from wholetrial.protocol.endpoint import Kind

SHARES: tuple[Kind, ...] = ("response", "events")
CHANGES: tuple[Kind, ...] = ("change",)
USES: tuple[Kind, ...] = ("used",)
MEANS: tuple[Kind, ...] = ("change", "used")
TIMES: tuple[Kind, ...] = ("time_to", "events")
"""Times to an event; of adverse events the time to the first."""
BETWEEN_VISITS: tuple[Kind, ...] = ("time_to",)
EVENTS: tuple[Kind, ...] = ("events",)
ANY: tuple[Kind, ...] = ("response", "change", "time_to", "events", "used")


class SummaryName(NamedTuple):
    """A summary of an estimand: its words, the endpoints that it suits, whether it needs arms."""

    words: str
    suits: tuple[Kind, ...]
    compares: bool = False


class TestName(NamedTuple):
    """A test: its words, the endpoints that it suits, whether it needs arms, whether strata."""

    words: str
    suits: tuple[Kind, ...]
    compares: bool = True
    stratified: bool = False


class IntervalName(NamedTuple):
    """An interval: its name in words, the summaries that it suits, whether it needs strata."""

    words: str
    suits: tuple[str, ...]
    stratified: bool = False


SUMMARIES: dict[str, SummaryName] = {
    "proportion": SummaryName("the proportion of participants", SHARES),
    "risk_difference": SummaryName("the difference in proportions", SHARES, compares=True),
    "risk_ratio": SummaryName("the ratio of proportions", SHARES, compares=True),
    "odds_ratio": SummaryName("the odds ratio", SHARES, compares=True),
    "mean_change": SummaryName("the mean change from baseline", CHANGES),
    "mean": SummaryName("the mean", USES),
    "mean_difference": SummaryName("the difference in means", MEANS, compares=True),
    "mmrm": SummaryName("the means by visit of a mixed model for repeated measures", CHANGES),
    "kaplan_meier": SummaryName("the Kaplan-Meier estimate", TIMES),
    "turnbull": SummaryName("Turnbull's estimate for interval-censored times", BETWEEN_VISITS),
    "median_time": SummaryName("the median time", TIMES),
    "cumulative_incidence": SummaryName(
        "the cumulative incidence beside leaving the study as a competing event", TIMES
    ),
    "hazard_ratio": SummaryName("the hazard ratio", TIMES, compares=True),
    "rmst_difference": SummaryName(
        "the difference in restricted mean survival time", TIMES, compares=True
    ),
    "survival_difference": SummaryName(
        "the difference in the share without the event", TIMES, compares=True
    ),
    "rate": SummaryName("the rate of participants with events per 100 patient-years", EVENTS),
    "rate_difference": SummaryName(
        "the difference in rates per 100 patient-years", EVENTS, compares=True
    ),
    "rate_ratio": SummaryName("the ratio of rates", EVENTS, compares=True),
}

TESTS: dict[str, TestName] = {
    "none": TestName("no test", ANY, compares=False),
    "fisher_exact": TestName("Fisher's exact test", SHARES),
    "boschloo": TestName("Boschloo's exact test", SHARES),
    "pearson": TestName("Pearson's chi-square test without correction", SHARES),
    "pearson_corrected": TestName("Pearson's chi-square test with continuity correction", SHARES),
    "mcnemar": TestName(
        "McNemar's exact test between the first and the last time", SHARES, compares=False
    ),
    "cochran_armitage": TestName("the Cochran-Armitage trend test over planned doses", SHARES),
    "cmh": TestName("the Cochran-Mantel-Haenszel test", SHARES, stratified=True),
    "standardization": TestName(
        "the test of the difference standardized over baseline values", SHARES
    ),
    "rates_exact": TestName("the exact conditional test of two rates", EVENTS),
    "exact_binomial": TestName("the exact binomial test", SHARES, compares=False),
    "log_rank": TestName("the log-rank test", TIMES),
    "stratified_log_rank": TestName("the stratified log-rank test", TIMES, stratified=True),
    "interval_log_rank": TestName("a log-rank test for interval-censored times", BETWEEN_VISITS),
    "cox": TestName("the Wald test of a Cox model", TIMES),
    "paired_t": TestName("the paired t test", CHANGES, compares=False),
    "student_t": TestName("Student's t test", MEANS),
    "welch_t": TestName("Welch's t test", MEANS),
    "ancova": TestName("analysis of covariance", CHANGES),
    "linear_trend": TestName("the test of a linear trend over planned doses", CHANGES),
    "jonckheere_terpstra": TestName("the Jonckheere-Terpstra test over planned doses", CHANGES),
    "mmrm": TestName("a mixed model for repeated measures", CHANGES, compares=False),
    "rubin": TestName("the t test of the estimate pooled by Rubin's rules", (*SHARES, *CHANGES)),
}

_ONE_ARM = ("proportion",)
_DIFFERENCE = ("risk_difference",)
_RATIOS = ("risk_ratio", "odds_ratio")
_SHARES_COMPARED = (*_DIFFERENCE, *_RATIOS)
_MEANS = ("mean_change", "mean", "mean_difference")
_SURVIVAL = ("kaplan_meier", "median_time")
_TIMES_COMPARED = ("rmst_difference", "survival_difference")
_RATES = ("rate_difference", "rate_ratio")

INTERVALS: dict[str, IntervalName] = {
    "clopper_pearson": IntervalName("Clopper-Pearson", _ONE_ARM),
    "wilson": IntervalName("Wilson", _ONE_ARM),
    "jeffreys": IntervalName("Jeffreys", _ONE_ARM),
    "wald": IntervalName(
        "Wald", (*_ONE_ARM, *_DIFFERENCE, "hazard_ratio", *_TIMES_COMPARED, "rate_difference")
    ),
    "newcombe": IntervalName("Newcombe", _DIFFERENCE),
    "miettinen_nurminen": IntervalName("Miettinen-Nurminen", (*_SHARES_COMPARED, *_RATES)),
    "sato": IntervalName("Mantel-Haenszel (Sato)", _DIFFERENCE, stratified=True),
    "mantel_haenszel": IntervalName("Mantel-Haenszel", _RATIOS, stratified=True),
    "stratified_miettinen_nurminen": IntervalName(
        "stratified Miettinen-Nurminen", _SHARES_COMPARED, stratified=True
    ),
    "stratified_newcombe": IntervalName("stratified Newcombe", _DIFFERENCE, stratified=True),
    "standardization": IntervalName("standardized (g-computation)", _SHARES_COMPARED),
    "student_t": IntervalName("Student t", _MEANS),
    "welch_t": IntervalName("Welch t", ("mean_difference",)),
    "log_log": IntervalName("log-log", (*_SURVIVAL, "cumulative_incidence")),
    "log": IntervalName("log", (*_SURVIVAL, *_RATIOS, "rate", "rate_ratio")),
    "plain": IntervalName("plain", _SURVIVAL),
    "bootstrap": IntervalName("bootstrap", ("turnbull", "median_time")),
    "kenward_roger": IntervalName("Kenward-Roger", ("mmrm",)),
    "satterthwaite": IntervalName("Satterthwaite", ("mmrm",)),
    "rubin": IntervalName("Rubin's rules", (*_ONE_ARM, *_DIFFERENCE, *_MEANS)),
    "garwood": IntervalName("Garwood's exact", ("rate",)),
    "exact_conditional": IntervalName("exact conditional", ("rate_ratio",)),
}
