"""One planned analysis as the paragraph to paste into a protocol or a paper, papers in brackets."""

from collections.abc import Iterable, Iterator, Sequence

from wholetrial.analysis.methods import METHODS
from wholetrial.analysis.planned.methods import PlannedMethods, methods_planned
from wholetrial.analysis.planned.plan import strata_of
from wholetrial.protocol.analysis_in_words import (
    compared_in_words,
    rule_in_words,
    strategy_in_words,
)
from wholetrial.protocol.analysis_methods import INTERVALS, SUMMARIES, TESTS
from wholetrial.protocol.analysis_plan import Analysis, Covariate
from wholetrial.protocol.checks.hypotheses import hypotheses
from wholetrial.protocol.english import (
    amount,
    listed,
    listed_apart,
    measure_in_words,
    name_in_words,
    point_in_words,
    sentence,
    small_first,
)
from wholetrial.protocol.missing import Imputation
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.stratified import strata_in_estimate, strata_in_test

_PROCEDURES = {
    "bonferroni": "Bonferroni's",
    "holm": "Holm's",
    "hochberg": "Hochberg's",
    "hommel": "Hommel's",
    "fixed_sequence": "the fixed-sequence",
    "graph": "the graphical",
    "dunnett": "Dunnett's",
}
_COVARIANCES = {
    "ar1": "first-order autoregressive",
    "heterogeneous_ar1": "heterogeneous first-order autoregressive",
}
_DESCRIBED = {
    "clopper_pearson": "its proportion, with Clopper-Pearson intervals",
    "rate_exact": "its rate per 100 patient-years, with Garwood's exact intervals",
    "student_t": "its mean change, with Student t intervals",
    "ls_means": "its least-squares mean",
    "kaplan_meier": "its Kaplan-Meier estimate",
}
_OWN = "baseline"


class Cited:
    """Numbers the papers of methods in the order in which they are cited."""

    def __init__(self) -> None:
        self.papers: dict[str, int] = {}

    def of(self, names: Iterable[str]) -> str:
        """The numbers of these methods' papers in brackets: " [1, 2]"; empty without any."""
        known = [METHODS[name].reference for name in names if name in METHODS]
        numbers = {self.papers.setdefault(paper, len(self.papers) + 1) for paper in known}
        return f" [{', '.join(str(number) for number in sorted(numbers))}]" if numbers else ""


def paragraph(protocol: Protocol, name: str, cited: Cited) -> str:
    """An analysis in sentences: what is compared, tested, estimated, corrected, filled in."""
    plan = protocol.analyses[name]
    methods = methods_planned(protocol, plan)
    told = [
        _tested(protocol, plan, cited.of(methods.test)),
        _estimated(protocol, plan, cited.of(methods.estimate)),
        *_described(methods, cited),
        *_adjusted(protocol, plan, cited.of(methods.beside)),
        *_corrected(protocol, plan, cited.of(methods.several)),
        *_handled(protocol, plan, cited.of(methods.missing)),
        *_tipped(plan, cited.of(methods.tipped)),
    ]
    heading = sentence(name_in_words(name)).rstrip(".")
    return f"{heading}. {' '.join(sentence(one) for one in told)}"


def endpoint_texts(protocol: Protocol, plan: Analysis) -> list[str]:
    """The endpoints of an analysis in the file's own words."""
    named = protocol.endpoints.named()
    return [named[one][1].text if one in named else one for one in plan.of]


def names(protocol: Protocol, factors: Sequence[str]) -> str:
    """Baseline factors in words: "center and severe"."""
    return listed(measure_in_words(name, protocol) for name in factors)


def handled(protocol: Protocol, plan: Analysis) -> Iterator[str]:
    """What an analysis makes of intercurrent events, and what stands for missing values."""
    named = protocol.endpoints.named()
    kinds = list(dict.fromkeys(named[one][1].kind for one in plan.of if one in named))
    of = [kind for kind in ("response", "change") if kind in kinds]
    strategies = {**protocol.intercurrent, **(plan.intercurrent or {})} if of else {}
    for strategy in dict.fromkeys(strategies.values()):
        told = [f'"{name_in_words(event)}"' for event, how in strategies.items() if how == strategy]
        means = strategy_in_words(strategy, *of)
        yield f"for {listed(told)} the {name_in_words(strategy)} strategy applies: {means}"
    for kind in kinds:
        rule = plan.missing or getattr(protocol.missing, kind, None)
        if isinstance(rule, Imputation):
            yield f"a missing measurement {rule_in_words(rule)}, and the results are pooled"
        elif rule and kind == "time_to":
            yield "a participant without the event is censored at the last visit"
        elif rule:
            yield f"a missing {name_in_words(kind)} {rule_in_words(rule)}"


def _tested(protocol: Protocol, plan: Analysis, numbers: str) -> str:
    """Who is compared in what, and by which test."""
    texts = [small_first(text) for text in endpoint_texts(protocol, plan)]
    what = listed_apart(texts) if any("," in text for text in texts) else listed(texts)
    population = protocol.analysis_sets.get(plan.set, plan.set)
    verb = "is" if len(texts) == 1 else "are"
    test = ""
    if plan.test in TESTS and plan.test != "none":
        test = f" by {TESTS[plan.test].words}{numbers}"
        if plan.alpha:
            sides = "two" if plan.alpha.sides == 2 else "one"
            test += f" at a {sides}-sided level of {plan.alpha.level:g}"
    return f"{what} {verb} {_contrast(protocol, plan)}{test}, in {population}"


def _contrast(protocol: Protocol, plan: Analysis) -> str:
    """Against what: another arm, a benchmark, or nothing."""
    compared = compared_in_words(plan, protocol)
    if compared.startswith("comparing "):
        arms = compared.removeprefix("comparing ").replace(" with ", " and ", 1)
        return f"compared between {arms}"
    if plan.against is not None:
        return f"compared with {str(plan.against).replace(' %', '%')}"
    if len(protocol.arms) == 1:
        return "described"
    return "described in each arm" if plan.test == "none" else "tested in each arm"


def _estimated(protocol: Protocol, plan: Analysis, numbers: str) -> str:
    """What is estimated, with which interval and model."""
    summary = SUMMARIES.get(plan.estimate.summary)
    words = summary.words if summary else name_in_words(plan.estimate.summary)
    interval = plan.estimate.interval
    kind = INTERVALS[interval].words if interval in INTERVALS else interval
    at = f" at {point_in_words(plan.at)}" if plan.at else ""
    verb = "are" if words.startswith("the means") else "is"
    level = amount(plan.estimate.level, "%")
    told = f"{words}{at} {verb} reported with {level} {kind} intervals{numbers}"
    return ", ".join([told, *_modeled(protocol, plan)])


def _modeled(protocol: Protocol, plan: Analysis) -> Iterator[str]:
    """Covariates, strata and covariance, as far as a method of the analysis takes them along."""
    if plan.adjust_for:
        yield f"adjusted for {_covariates(protocol, plan.adjust_for)}"
    strata = strata_of(protocol, plan)
    if strata and (strata_in_test(plan) or strata_in_estimate(plan)):
        people = "compared" if isinstance(plan.strata, tuple) else "randomized"
        yield f"taking account of {names(protocol, strata)}, within which people are {people}"
    if plan.covariance:
        covariance = _COVARIANCES.get(plan.covariance, name_in_words(plan.covariance))
        yield f"with {covariance} covariance of the visits"


def _covariates(protocol: Protocol, covariates: Sequence[Covariate]) -> str:
    """ "age and PASI at baseline", "its baseline value by visit"."""
    at_once = [one.name for one in covariates if not one.by_visit and one.name != _OWN]
    told = [f"{names(protocol, at_once)} at baseline"] if at_once else []
    for one in covariates:
        by_visit = " by visit" if one.by_visit else ""
        if one.name == _OWN:
            told.append(f"its own baseline value{by_visit}")
        elif one.by_visit:
            told.append(f"{measure_in_words(one.name, protocol)} at baseline{by_visit}")
    return listed(told)


def _described(methods: PlannedMethods, cited: Cited) -> Iterator[str]:
    """What stands beside a comparison: each arm by itself."""
    for name in methods.described:
        yield f"each arm is described by {_DESCRIBED[name]}{cited.of([name])}"


def _adjusted(protocol: Protocol, plan: Analysis, numbers: str) -> Iterator[str]:
    if plan.beside is not None:
        method = name_in_words(plan.beside.adjusted_by)
        factors = f"{names(protocol, plan.beside.adjust_for)} at baseline"
        yield f"beside it stands an estimate adjusted for {factors} by {method}{numbers}"


def _corrected(protocol: Protocol, plan: Analysis, numbers: str) -> Iterator[str]:
    """How several tests are corrected; nothing where there is only one."""
    known = hypotheses(protocol, plan)
    if plan.test == "none" or (known is not None and len(known) == 1):
        return
    if plan.multiplicity in (None, "none"):
        yield "no correction is made for several tests"
        return
    procedure = _PROCEDURES[str(plan.multiplicity)]
    yield f"over all tests of this analysis the level is kept by {procedure} procedure{numbers}"


def _handled(protocol: Protocol, plan: Analysis, numbers: str) -> Iterator[str]:
    told = list(handled(protocol, plan))
    yield from told[:-1]
    if told:
        yield f"{told[-1]}{numbers}"
    allocation = protocol.design.allocation
    if plan.strata == "ignored" and allocation and allocation.strata:
        yield f"the strata of randomization ({names(protocol, allocation.strata)}) are ignored"


def _tipped(plan: Analysis, numbers: str) -> Iterator[str]:
    if plan.tipping_point is not None:
        most, step = plan.tipping_point.most, plan.tipping_point.step
        yield (
            f"imputed values of the tested arm are made worse by up to {most:g} in steps of "
            f"{step:g}, to see when significance is lost{numbers}"
        )
