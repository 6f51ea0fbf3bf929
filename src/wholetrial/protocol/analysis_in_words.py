"""The planned analyses in words, and what they make of missing values and intercurrent events."""

from collections import defaultdict
from collections.abc import Iterator

from wholetrial.protocol.analysis_plan import INTERVALS, SUMMARIES, TESTS, Analysis
from wholetrial.protocol.endpoint import LEVELS
from wholetrial.protocol.english import (
    amount,
    arm_in_words,
    listed,
    measure_in_words,
    name_in_words,
    point_in_words,
    small_first,
)
from wholetrial.protocol.protocol import Protocol

_CORRECTIONS = {
    "none": "without correction",
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
    """What all planned analyses share, then one for each: endpoints, contrast, test, estimate."""
    sets = {analysis.set for analysis in protocol.analyses.values()}
    for analyzed in sets if len(sets) == 1 else ():
        yield f"All analyses are of {_analyzed(analyzed, protocol)}"
    if all(analysis.test == "none" for analysis in protocol.analyses.values()):
        yield "Nothing is tested"
    contrasts = {_contrast(analysis, protocol) for analysis in protocol.analyses.values()}
    (contrast,) = contrasts if len(contrasts) == 1 else ("",)
    if contrast:
        yield _every_contrast(contrast)
    for name, analysis in protocol.analyses.items():
        parts = _analysis(analysis, protocol, told_people=len(sets) == 1)
        told = [part for part in parts if part and part != contrast]
        yield f"{name_in_words(name)}: {', '.join(told)}"


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


def _every_contrast(contrast: str) -> str:
    """What all analyses compare, as a sentence of its own."""
    if contrast.startswith("comparing "):
        return f"Every analysis compares {contrast.removeprefix('comparing ')}"
    return f"In every analysis {contrast}" if contrast.startswith("each") else f"All are {contrast}"


def _analyzed(name: str, protocol: Protocol) -> str:
    chosen = protocol.analysis_sets.get(name)
    return str(chosen) if chosen else name_in_words(name)


def _analysis(analysis: Analysis, protocol: Protocol, *, told_people: bool) -> Iterator[str]:
    people = "" if told_people else f"; in {_analyzed(analysis.set, protocol)}"
    yield f"{_of_what(analysis, protocol)}{people}"
    yield _contrast(analysis, protocol)
    yield _tested(analysis, protocol)
    yield from _estimate(analysis)
    if analysis.multiplicity:
        how = _CORRECTIONS.get(analysis.multiplicity, name_in_words(analysis.multiplicity))
        yield how
    if analysis.missing:
        yield f"where a missing value {_MISSING[analysis.missing]}"
    if analysis.beside:
        factors = listed(measure_in_words(f, protocol) for f in analysis.beside.adjust_for)
        method = name_in_words(analysis.beside.adjusted_by)
        yield f"and beside it an estimate adjusted for {factors} by {method}"


def _tested(analysis: Analysis, protocol: Protocol) -> str:
    if analysis.test == "none":
        tested = any(one.test != "none" for one in protocol.analyses.values())
        return "without a test" if tested else ""
    level = f" at the {analysis.alpha} level" if analysis.alpha else ""
    return f"by {TESTS.get(analysis.test, name_in_words(analysis.test))}{level}"


def _of_what(analysis: Analysis, protocol: Protocol) -> str:
    """The endpoints of an analysis: all of a level by its name, else their own short words."""
    named = protocol.endpoints.named()
    for level in LEVELS:
        alike = [name for name, (stood, _) in named.items() if stood == level]
        if alike and set(alike) == set(analysis.of):
            return f"the {level} endpoint{'' if len(alike) == 1 else 's'}"
    texts = [named[n][1].text if n in named else name_in_words(n) for n in analysis.of]
    return "; ".join(small_first(text) for text in texts)


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
        controls = protocol.arms_named(analysis.compare.control)
        control = arm_in_words(
            controls[0] if len(controls) == 1 else analysis.compare.control, protocol
        )
        pooled = analysis.compare.how == "pooled"
        lead = f"all of the {arms}s together" if pooled else f"each {arms}"
        if analysis.compare.arms not in names:
            lead = arms
        return f"comparing {lead} with {control}"
    if analysis.against:
        return f"against {str(analysis.against).replace(' %', '%')}"
    return "each arm is described by itself" if len(protocol.arms) > 1 else ""
