"""The planned analyses in words, and what they make of missing values and intercurrent events."""

from collections import defaultdict
from collections.abc import Iterator

from wholetrial.protocol.analysis_plan import INTERVALS, SUMMARIES, TESTS, Analysis
from wholetrial.protocol.english import (
    amount,
    arm_in_words,
    listed,
    measure_in_words,
    name_in_words,
    point_in_words,
)
from wholetrial.protocol.protocol import Protocol

_CORRECTIONS = {
    "none": "without correction for multiplicity",
    "bonferroni": "with Bonferroni's correction",
    "holm": "with Holm's correction",
    "hochberg": "with Hochberg's correction",
    "hommel": "with Hommel's correction",
    "fixed_sequence": "tested in a fixed sequence",
}
_MISSING = {
    "no response": "counts as no response",
    "as observed": "is left out",
    "last observation": "is replaced by the last observation",
    "worst": "is replaced by the worst value",
    "baseline": "is replaced by the baseline value",
    "multiple imputation": "is imputed several times",
    "mixed model": "is handled by the mixed model",
}
_STRATEGIES = {
    "treatment_policy": "values count all the same",
    "hypothetical": "it is treated as if it had not happened",
    "composite_variable": "it counts as no response",
    "while_on_treatment": "values count until then",
    "principal_stratum": "those who would not have it are analyzed",
}


def analysis_sentences(protocol: Protocol) -> Iterator[str]:
    """A sentence for each planned analysis: endpoints, people, contrast, test, estimate."""
    for name, analysis in protocol.analyses.items():
        yield f"{name_in_words(name)}: {', '.join(filter(None, _analysis(analysis, protocol)))}"


def handling_sentences(protocol: Protocol) -> Iterator[str]:
    """What intercurrent events (ICH E9(R1)) and missing values mean for an endpoint."""
    by_strategy = defaultdict(list)
    for event, strategy in protocol.intercurrent.items():
        by_strategy[strategy].append(f'"{name_in_words(event)}"')
    for strategy, events in by_strategy.items():
        yield (
            f"For {listed(events)} the {name_in_words(strategy)} strategy applies: "
            f"{_STRATEGIES[strategy]}"
        )
    yield from _missing(protocol)


def _missing(protocol: Protocol) -> Iterator[str]:
    missing = protocol.missing
    if missing.response:
        yield f"A missing response {_MISSING.get(missing.response, missing.response)}"
    if missing.change:
        yield f"A missing change {_MISSING.get(missing.change, missing.change)}"
    if missing.time_to:
        yield "A participant without the event is censored at the last visit"


def _analysis(analysis: Analysis, protocol: Protocol) -> Iterator[str]:
    chosen = protocol.analysis_sets.get(analysis.set)
    people = str(chosen) if chosen else name_in_words(analysis.set)
    named = protocol.endpoints.named()
    texts = [named[n][1].text.rstrip(".") if n in named else name_in_words(n) for n in analysis.of]
    yield f"{'; '.join(texts)}; in {people}"
    yield _contrast(analysis, protocol)
    test = TESTS.get(analysis.test, name_in_words(analysis.test))
    level = f" at the {analysis.alpha} level" if analysis.alpha else ""
    yield "without a test" if analysis.test == "none" else f"by {test}{level}"
    yield from _estimate(analysis)
    if analysis.multiplicity:
        how = _CORRECTIONS.get(analysis.multiplicity, name_in_words(analysis.multiplicity))
        yield how
    if analysis.beside:
        factors = listed(measure_in_words(f, protocol) for f in analysis.beside.adjust_for)
        method = name_in_words(analysis.beside.adjusted_by)
        yield f"and beside it an estimate adjusted for {factors} by {method}"


def _estimate(analysis: Analysis) -> Iterator[str]:
    plan = analysis.estimate
    summary = SUMMARIES.get(plan.summary, name_in_words(plan.summary))
    at = f" at {point_in_words(analysis.at)}" if analysis.at else ""
    interval = INTERVALS[plan.interval].words if plan.interval in INTERVALS else plan.interval
    yield f"reporting {summary}{at} with {amount(plan.level, '%')} {interval} intervals"


def _contrast(analysis: Analysis, protocol: Protocol) -> str:
    if analysis.compare:
        names = {"experimental": "experimental arm", "control": "control arm"}
        arms = names.get(analysis.compare.arms) or arm_in_words(analysis.compare.arms, protocol)
        control = arm_in_words(analysis.compare.control, protocol)
        pooled = analysis.compare.how == "pooled"
        lead = f"all of the {arms}s together" if pooled else f"each {arms}"
        if analysis.compare.arms not in names:
            lead = arms
        return f"comparing {lead} with {control}"
    return f"against {analysis.against}" if analysis.against else "each arm described by itself"
