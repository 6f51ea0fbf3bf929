"""The planned analyses: who is analyzed, what is compared, by which test and estimate."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from wholetrial.protocol.endpoint import Strategy
from wholetrial.protocol.missing import AnyRule, imputed_or_rule
from wholetrial.protocol.quantity import Share, read_share
from wholetrial.protocol.reader import Reader, number_text
from wholetrial.protocol.time import PointPhrase
from wholetrial.protocol.value import Name, Value, one_or_more, parse_phrase, phrase, tuples


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


class Covariate(Value):
    """A baseline value in a model: "age", or with an effect of its own at each visit."""

    name: Name
    by_visit: bool = False

    def __str__(self) -> str:
        return f"{self.name} by visit" if self.by_visit else self.name


def read_covariate(reader: Reader) -> Covariate:
    """Read "PASI" or "PASI by visit"."""
    name = reader.word("a baseline value, such as age")
    return Covariate(name=name, by_visit=reader.take("by", "visit"))


class Graph(Value):
    """A graphical procedure: the share of alpha of each hypothesis, and where it passes on to.

    A hypothesis is named by its endpoint, or "pasi_75 of once_45" where several arms are compared.
    """

    weights: Annotated[dict[str, Annotated[float, Field(ge=0, le=1)]], Field(min_length=1)]
    """The share of alpha that each hypothesis starts with; at most 1 in all."""
    passes: dict[str, dict[str, Annotated[float, Field(ge=0, le=1)]]] = {}
    """What a rejected hypothesis passes on, to which others; at most 1 each."""


class TippingPoint(Value):
    """How far imputed values are moved, to see when the conclusion changes: "up to 10 by 1"."""

    most: Annotated[float, Field(gt=0)]
    step: Annotated[float, Field(gt=0)]

    def __str__(self) -> str:
        return f"up to {number_text(self.most)} by {number_text(self.step)}"


def read_tipping_point(reader: Reader) -> TippingPoint:
    """Read "up to 10 by 1"."""
    reader.expect("up", "to")
    most = reader.number()
    reader.expect("by")
    return TippingPoint(most=most, step=reader.number())


Multiplicity = Literal[
    "none", "bonferroni", "holm", "hochberg", "hommel", "fixed_sequence", "graph", "dunnett"
]
Covariance = Literal[
    "unstructured",
    "compound_symmetry",
    "heterogeneous_compound_symmetry",
    "ar1",
    "heterogeneous_ar1",
    "toeplitz",
    "heterogeneous_toeplitz",
    "ante_dependence",
]


class Analysis(Value):
    """One planned analysis of one or more endpoints: its estimand (ICH E9(R1)) and its method.

    The estimand's population is `set`, its treatments `compare`, its variable `of`, its
    intercurrent events `intercurrent` and its summary stands first in `estimate`.
    """

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
    multiplicity: Multiplicity | None = None
    """The correction for several tests; a fixed sequence goes by `of`, then by the arms."""
    graph: Graph | None = None
    """The weights and arrows of a graphical procedure."""
    at: PointPhrase | None = None
    """The point at which a curve is read."""
    intercurrent: dict[Name, Strategy] | None = None
    """Strategies for intercurrent events in this analysis; the trial's own unless stated."""
    missing: Annotated[AnyRule, imputed_or_rule] | None = None
    """What stands for a missing value in this analysis; the trial's own rule unless stated."""
    adjust_for: tuple[Annotated[Covariate, phrase(read_covariate)], ...] = ()
    """The baseline values in the model; `baseline` is that of each endpoint's own measure."""
    covariance: Covariance | None = None
    """The covariance of repeated measures."""
    strata: Literal["ignored"] | Annotated[tuple[Name, ...], Field(min_length=1)] | None = None
    """The baseline factors of a stratified method; those of randomization unless stated."""
    tipping_point: Annotated[TippingPoint, phrase(read_tipping_point)] | None = None
    """How far imputed values of the tested arm are made worse, until the interval holds zero."""
    beside: Beside | None = None
    """An adjusted estimate shown next to the crude one."""


AnalysisSetPhrase = Annotated[AnalysisSet, phrase(read_analysis_set)]
