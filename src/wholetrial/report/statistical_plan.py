"""The planned statistics of a protocol: as a table, and as the paragraph to paste into a paper.

The references are those of exactly the methods that the plan uses.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from wholetrial.analysis.methods import METHODS
from wholetrial.analysis.planned.methods import methods_planned
from wholetrial.analysis.planned.plan import strata_of
from wholetrial.protocol.analysis_in_words import (
    compared_in_words,
    rule_in_words,
    strategy_in_words,
)
from wholetrial.protocol.analysis_methods import INTERVALS, SUMMARIES, TESTS
from wholetrial.protocol.analysis_plan import Analysis
from wholetrial.protocol.english import (
    amount,
    listed,
    measure_in_words,
    name_in_words,
    point_in_words,
    sentence,
    small_first,
)
from wholetrial.protocol.protocol import Protocol

_PROCEDURES = {
    "bonferroni": "Bonferroni's",
    "holm": "Holm's",
    "hochberg": "Hochberg's",
    "hommel": "Hommel's",
    "fixed_sequence": "the fixed-sequence",
    "graph": "the graphical",
    "dunnett": "Dunnett's",
}
_LONG = "{} procedure"


class PlanRow(NamedTuple):
    """One analysis in a table: what, of whom, against whom, how, at which level."""

    analysis: str
    endpoints: str
    population: str
    compared: str
    test: str
    estimate: str
    level: str
    several: str
    missing: str


@dataclass(frozen=True, slots=True)
class StatisticalPlan:
    """The planned analyses as rows, as paragraphs with numbers in brackets, and the references.

    `not_built` names methods that the file plans and nothing here computes.
    """

    trial: str
    title: str
    rows: tuple[PlanRow, ...]
    paragraphs: tuple[str, ...]
    references: tuple[str, ...]
    not_built: tuple[str, ...]

    def as_data(self) -> dict[str, Any]:
        """The plan as data, ready for JSON."""
        return {
            "trial": self.trial,
            "title": self.title,
            "analyses": [row._asdict() for row in self.rows],
            "paragraphs": list(self.paragraphs),
            "references": list(self.references),
            "not_yet_computed": list(self.not_built),
        }


class _Cited:
    """Numbers the papers of methods in the order in which they are cited."""

    def __init__(self) -> None:
        self.papers: dict[str, int] = {}

    def of(self, names: Iterable[str]) -> str:
        """The numbers of these methods' papers in brackets: " [1, 2]"; empty without any."""
        known = [METHODS[name].reference for name in names if name in METHODS]
        numbers = {self.papers.setdefault(paper, len(self.papers) + 1) for paper in known}
        return f" [{', '.join(str(number) for number in sorted(numbers))}]" if numbers else ""


def statistical_plan(protocol: Protocol) -> StatisticalPlan:
    """Every planned analysis of a protocol in a row and a paragraph, with its references."""
    cited = _Cited()
    paragraphs = [_paragraph(protocol, name, cited) for name in protocol.analyses]
    planned = [methods_planned(protocol, plan) for plan in protocol.analyses.values()]
    every = dict.fromkeys(name for one in planned for name in one.all)
    return StatisticalPlan(
        trial=protocol.trial,
        title=protocol.title,
        rows=tuple(_row(protocol, name, plan) for name, plan in protocol.analyses.items()),
        paragraphs=(*paragraphs, *_shared(protocol)),
        references=tuple(cited.papers),
        not_built=tuple(name for name in every if name not in METHODS),
    )


def _row(protocol: Protocol, name: str, plan: Analysis) -> PlanRow:
    tested = plan.test in TESTS and plan.test != "none"
    interval = (
        INTERVALS[plan.estimate.interval].words if plan.estimate.interval in INTERVALS else ""
    )
    summary = SUMMARIES.get(plan.estimate.summary)
    return PlanRow(
        analysis=name_in_words(name),
        endpoints="; ".join(_endpoint_texts(protocol, plan)),
        population=str(protocol.analysis_sets.get(plan.set, plan.set)),
        compared=compared_in_words(plan, protocol).removeprefix("comparing "),
        test=TESTS[plan.test].words if tested else "",
        estimate=f"{summary.words if summary else plan.estimate.summary}, "
        f"{amount(plan.estimate.level, '%')} {interval}",
        level=str(plan.alpha) if plan.alpha else "",
        several=plan.multiplicity or "",
        missing="; ".join(_handled(protocol, plan)),
    )


def _endpoint_texts(protocol: Protocol, plan: Analysis) -> list[str]:
    named = protocol.endpoints.named()
    return [named[one][1].text if one in named else one for one in plan.of]


def _paragraph(protocol: Protocol, name: str, cited: _Cited) -> str:
    plan = protocol.analyses[name]
    told = [
        *_tested(protocol, plan, cited),
        _estimated(protocol, plan, cited),
        *_corrected(plan, cited),
        *_missing(protocol, plan, cited),
    ]
    heading = sentence(name_in_words(name)).rstrip(".")
    return f"{heading}. {' '.join(sentence(one) for one in told if one)}"


def _tested(protocol: Protocol, plan: Analysis, cited: _Cited) -> Iterator[str]:
    """Who is compared in what, and by which test."""
    texts = _endpoint_texts(protocol, plan)
    what = listed(small_first(text) for text in texts)
    population = protocol.analysis_sets.get(plan.set, plan.set)
    compared = compared_in_words(plan, protocol)
    verb = "is" if len(texts) == 1 else "are"
    if compared.startswith("comparing "):
        contrast = compared.removeprefix("comparing ").replace(" with ", " and ", 1)
        how = f"{verb} compared between {contrast}"
    elif plan.against is not None:
        how = f"{verb} compared with {str(plan.against).replace(' %', '%')}"
    else:
        how = f"{verb} described in each arm"
    test = ""
    if plan.test in TESTS and plan.test != "none":
        test = f" by {TESTS[plan.test].words}{cited.of(methods_planned(protocol, plan).test)}"
        if plan.alpha:
            sides = "two" if plan.alpha.sides == 2 else "one"
            test += f" at a {sides}-sided level of {plan.alpha.level:g}"
    yield f"{what} {how}{test}, in {population}"


def _estimated(protocol: Protocol, plan: Analysis, cited: _Cited) -> str:
    """What is estimated, with which interval and model."""
    summary = SUMMARIES.get(plan.estimate.summary)
    interval = plan.estimate.interval
    words = INTERVALS[interval].words if interval in INTERVALS else interval
    numbers = cited.of(methods_planned(protocol, plan).estimate)
    at = f" at {point_in_words(plan.at)}" if plan.at else ""
    model = [f"adjusted for {_covariates(protocol, plan)}"] if plan.adjust_for else []
    strata = strata_of(protocol, plan)
    if strata:
        model.append(f"taking account of {_names(protocol, strata)}, within which people")
        model[-1] += " are randomized" if not isinstance(plan.strata, tuple) else " are compared"
    if plan.covariance:
        model.append(f"with {name_in_words(plan.covariance)} covariance of the visits")
    told = f"{summary.words if summary else plan.estimate.summary}{at} is reported"
    with_interval = f"with {amount(plan.estimate.level, '%')} {words} intervals{numbers}"
    return ", ".join([f"{told} {with_interval}", *model])


def _covariates(protocol: Protocol, plan: Analysis) -> str:
    return listed(
        f"{measure_in_words(one.name, protocol)} at baseline{' by visit' if one.by_visit else ''}"
        for one in plan.adjust_for
    )


def _names(protocol: Protocol, names: Sequence[str]) -> str:
    return listed(measure_in_words(name, protocol) for name in names)


def _corrected(plan: Analysis, cited: _Cited) -> Iterator[str]:
    if plan.test == "none":
        return
    if plan.multiplicity in (None, "none"):
        yield "no correction is made for several tests"
        return
    procedure = _PROCEDURES[str(plan.multiplicity)]
    yield (
        f"over all tests of this analysis the level is kept by {procedure} procedure"
        f"{cited.of([str(plan.multiplicity)])}"
    )


def _missing(protocol: Protocol, plan: Analysis, cited: _Cited) -> Iterator[str]:
    handled = list(_handled(protocol, plan))
    if handled:
        yield f"{'; '.join(handled)}{cited.of(methods_planned(protocol, plan).missing)}"
    if plan.strata == "ignored":
        yield "the strata of randomization are ignored"


def _handled(protocol: Protocol, plan: Analysis) -> Iterator[str]:
    """The strategies for intercurrent events and the rule for missing values of an analysis."""
    named = protocol.endpoints.named()
    kinds = dict.fromkeys(named[one][1].kind for one in plan.of if one in named)
    events = {**protocol.intercurrent, **(plan.intercurrent or {})}
    for kind in kinds:
        if kind in ("response", "change"):
            for event, strategy in events.items():
                yield f"{name_in_words(event)}: {strategy_in_words(strategy, kind)}"
        rule = plan.missing or getattr(protocol.missing, kind, None)
        if rule is not None:
            yield f"a missing {name_in_words(kind)} {rule_in_words(rule)}"


def _shared(protocol: Protocol) -> Iterator[str]:
    """How people were randomized, since the analysis follows it."""
    allocation = protocol.design.allocation
    if allocation is None or allocation.randomized is None:
        return
    how = f"by {allocation.randomized}" if allocation.randomized != "simple" else "without blocks"
    within = f" within {_names(protocol, allocation.strata)}" if allocation.strata else ""
    yield sentence(f"participants are randomized {how}{within}")
