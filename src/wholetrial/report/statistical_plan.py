"""The planned statistics of a protocol: as a table, and as the paragraph to paste into a paper.

The references are those of exactly the methods that the plan uses.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from wholetrial.analysis.methods import METHODS
from wholetrial.analysis.planned.methods import methods_planned
from wholetrial.protocol.analysis_in_words import compared_in_words
from wholetrial.protocol.analysis_methods import INTERVALS, SUMMARIES, TESTS
from wholetrial.protocol.analysis_plan import Analysis
from wholetrial.protocol.english import amount, name_in_words, sentence
from wholetrial.protocol.protocol import Protocol
from wholetrial.report.plan_paragraph import Cited, endpoint_texts, handled, names, paragraph


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


def statistical_plan(protocol: Protocol) -> StatisticalPlan:
    """Every planned analysis of a protocol in a row and a paragraph, with its references."""
    cited = Cited()
    paragraphs = [paragraph(protocol, name, cited) for name in protocol.analyses]
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
        endpoints="; ".join(endpoint_texts(protocol, plan)),
        population=str(protocol.analysis_sets.get(plan.set, plan.set)),
        compared=compared_in_words(plan, protocol).removeprefix("comparing "),
        test=TESTS[plan.test].words if tested else "",
        estimate=f"{summary.words if summary else plan.estimate.summary}, "
        f"{amount(plan.estimate.level, '%')} {interval}",
        level=str(plan.alpha) if plan.alpha else "",
        several=plan.multiplicity or "",
        missing="; ".join(handled(protocol, plan)),
    )


def _shared(protocol: Protocol) -> Iterator[str]:
    """How people were randomized, since the analysis follows it."""
    allocation = protocol.design.allocation
    if allocation is None or allocation.randomized is None:
        return
    how = f"by {allocation.randomized}" if allocation.randomized != "simple" else "without blocks"
    within = f" within {names(protocol, allocation.strata)}" if allocation.strata else ""
    yield sentence(f"participants are randomized {how}{within}")
