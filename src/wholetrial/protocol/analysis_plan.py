"""The planned analyses: who is analyzed, what is compared, by which test and estimate."""

from typing import Annotated, Literal, NamedTuple

from pydantic import BeforeValidator, Field

from wholetrial.protocol.quantity import Share, read_share
from wholetrial.protocol.reader import Reader, number_text
from wholetrial.protocol.time import PointPhrase
from wholetrial.protocol.value import Name, Value, one_or_more, parse_phrase, phrase, tuples

SUMMARIES = {
    "proportion": "the proportion of participants",
    "risk_difference": "the difference in proportions",
    "risk_ratio": "the ratio of proportions",
    "odds_ratio": "the odds ratio",
    "mean_change": "the mean change from baseline",
    "mean_difference": "the difference in means",
    "kaplan_meier": "the Kaplan-Meier estimate",
    "turnbull": "Turnbull's estimate for interval-censored times",
    "hazard_ratio": "the hazard ratio",
    "rmst_difference": "the difference in restricted mean survival time",
    "mmrm": "a mixed model for repeated measures",
}
TESTS = {
    "none": "no test",
    "fisher_exact": "Fisher's exact test",
    "boschloo": "Boschloo's exact test",
    "pearson": "Pearson's chi-square test without correction",
    "pearson_corrected": "Pearson's chi-square test with continuity correction",
    "mcnemar": "McNemar's test",
    "cochran_armitage": "the Cochran-Armitage trend test",
    "cmh": "the Cochran-Mantel-Haenszel test",
    "exact_binomial": "the exact binomial test",
    "log_rank": "the log-rank test",
    "stratified_log_rank": "the stratified log-rank test",
    "interval_log_rank": "a log-rank test for interval-censored times",
    "cox": "the Wald test of a Cox model",
    "paired_t": "the paired t test",
    "ancova": "analysis of covariance",
    "mmrm": "a mixed model for repeated measures",
}
_ONE_ARM = ("proportion",)
_DIFFERENCE = ("risk_difference",)
_RATIOS = ("risk_ratio", "odds_ratio")
_MEANS = ("mean_change", "mean_difference", "mmrm")
_CURVE = ("kaplan_meier",)


class IntervalName(NamedTuple):
    """An interval of the language: its name in words, and the summaries that it suits."""

    words: str
    suits: tuple[str, ...]


INTERVALS: dict[str, IntervalName] = {
    "clopper_pearson": IntervalName("Clopper-Pearson", _ONE_ARM),
    "wilson": IntervalName("Wilson", _ONE_ARM),
    "jeffreys": IntervalName("Jeffreys", _ONE_ARM),
    "wald": IntervalName(
        "Wald",
        (*_ONE_ARM, *_DIFFERENCE, *_RATIOS, *_MEANS, "hazard_ratio", "rmst_difference"),
    ),
    "newcombe": IntervalName("Newcombe", _DIFFERENCE),
    "miettinen_nurminen": IntervalName("Miettinen-Nurminen", (*_DIFFERENCE, *_RATIOS)),
    "student_t": IntervalName("Student t", _MEANS),
    "log_log": IntervalName("log-log", _CURVE),
    "log": IntervalName("log", (*_CURVE, *_RATIOS, "hazard_ratio")),
    "plain": IntervalName("plain", (*_CURVE, "rmst_difference")),
    "bootstrap": IntervalName("bootstrap", tuple(SUMMARIES)),
    "kenward_roger": IntervalName("Kenward-Roger", _MEANS),
    "satterthwaite": IntervalName("Satterthwaite", _MEANS),
}


class AnalysisSet(Value):
    """Who is analyzed (USDM AnalysisPopulation): "everyone given a dose, as assigned"."""

    members: Literal["randomized", "given a dose"]
    grouped: Literal["as assigned", "by treatment received"] = "as assigned"

    def __str__(self) -> str:
        return f"everyone {self.members}, {self.grouped}"


def read_analysis_set(reader: Reader) -> AnalysisSet:
    """Read "everyone randomized, as assigned"."""
    reader.expect("everyone")
    members: Literal["randomized", "given a dose"] = "randomized"
    if not reader.take("randomized"):
        if not reader.take("given", "a", "dose"):
            reader.fail("'randomized' or 'given a dose'")
        members = "given a dose"
    if not reader.take(","):
        return AnalysisSet(members=members)
    if reader.take("by", "treatment", "received"):
        return AnalysisSet(members=members, grouped="by treatment received")
    reader.expect("as", "assigned")
    return AnalysisSet(members=members)


class Contrast(Value):
    """Which arms are compared: "each experimental with placebo"."""

    how: Literal["each", "pooled"]
    arms: Name
    control: Name

    def __str__(self) -> str:
        return f"{self.how} {self.arms} with {self.control}"


def read_contrast(reader: Reader) -> Contrast:
    """Read "each experimental with placebo" or "pooled experimental with placebo"."""
    how: Literal["each", "pooled"] = "each"
    if not reader.take("each"):
        if not reader.take("pooled"):
            reader.fail("'each' or 'pooled'")
        how = "pooled"
    arms = reader.word("a role (experimental) or the name of an arm")
    reader.expect("with")
    return Contrast(how=how, arms=arms, control=reader.word("the name of the arm compared with"))


class EstimatePlan(Value):
    """What is estimated, with which interval: "risk_difference, miettinen_nurminen 95 %"."""

    summary: Name
    interval: Name
    level: Annotated[float, Field(gt=0, lt=100)]

    def __str__(self) -> str:
        return f"{self.summary}, {self.interval} {number_text(self.level)} %"


def read_estimate_plan(reader: Reader) -> EstimatePlan:
    """Read "proportion, clopper_pearson 95 %"."""
    summary = reader.word("a summary, such as risk_difference")
    reader.expect(",")
    interval = reader.word("an interval, such as miettinen_nurminen")
    level = reader.number()
    reader.expect("%")
    return EstimatePlan(summary=summary, interval=interval, level=level)


class Alpha(Value):
    """The level of a test: "0.05 two-sided"."""

    level: Annotated[float, Field(gt=0, lt=1)]
    sides: Literal[1, 2]

    def __str__(self) -> str:
        return f"{number_text(self.level)} {'two' if self.sides == 2 else 'one'}-sided"


def read_alpha(reader: Reader) -> Alpha:
    """Read "0.05 two-sided" or "0.025 one-sided"."""
    level = reader.number()
    sides = reader.take_one_of("two", "one")
    if sides is None:
        reader.fail("'two-sided' or 'one-sided'")
    reader.expect("-", "sided")
    return Alpha(level=level, sides=2 if sides == "two" else 1)


class Against(Value):
    """What a single arm is compared with: a share of participants, or a number."""

    share: Share | None = None
    number: float | None = None

    def __str__(self) -> str:
        return str(self.share) if self.share else number_text(self.number or 0.0)


def _against(value: object) -> object:
    if isinstance(value, str):
        return Against(share=parse_phrase(value, read_share))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Against(number=float(value))
    return tuples(value)


class Beside(Value):
    """An adjusted estimate shown next to the crude one."""

    adjusted_by: Name
    """The method of adjustment."""
    adjust_for: Annotated[tuple[Name, ...], Field(alias="for")]
    """The covariates."""


class Analysis(Value):
    """One planned analysis of one or more endpoints."""

    of: Annotated[tuple[Name, ...], BeforeValidator(one_or_more), Field(min_length=1)]
    """The endpoints."""
    set: Name
    """The analysis set."""
    compare: Annotated[Contrast, phrase(read_contrast)] | None = None
    """The arms compared; none where each arm is described."""
    against: Annotated[Against, BeforeValidator(_against)] | None = None
    """The benchmark of a single arm."""
    test: Name
    """The test; `none` is a test's name."""
    estimate: Annotated[EstimatePlan, phrase(read_estimate_plan)]
    """What is estimated, with its interval."""
    alpha: Annotated[Alpha, phrase(read_alpha)] | None = None
    """The level of the test."""
    better: Literal["higher", "lower", "later", "earlier"] | None = None
    """The direction that favors the tested arm."""
    multiplicity: (
        Literal["none", "bonferroni", "holm", "hochberg", "hommel", "fixed_sequence"] | None
    ) = None
    """The correction for several tests."""
    at: PointPhrase | None = None
    """The point at which a curve is read."""
    missing: Literal["no response", "as observed", "mixed model"] | None = None
    """What stands for a missing value in this analysis; the trial's own rule unless stated."""
    beside: Beside | None = None
    """An adjusted estimate shown next to the crude one."""


AnalysisSetPhrase = Annotated[AnalysisSet, phrase(read_analysis_set)]
