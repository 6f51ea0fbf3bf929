"""The planned analyses in words, and what they make of missing values and intercurrent events."""

from collections import defaultdict
from collections.abc import Iterator

from wholetrial.protocol.analysis_methods import INTERVALS, SUMMARIES, TESTS
from wholetrial.protocol.analysis_plan import Analysis
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
from wholetrial.protocol.missing import Imputation
from wholetrial.protocol.protocol import Protocol

_CORRECTIONS = {
    "none": "without correction",
    "bonferroni": "with Bonferroni's correction",
    "holm": "with Holm's correction",
    "hochberg": "with Hochberg's correction",
    "hommel": "with Hommel's correction",
    "fixed_sequence": "tested in a fixed sequence",
    "graph": "with the graphical procedure of the file",
    "dunnett": "with Dunnett's adjustment for several arms against one",
}
_MISSING = {
    "no response": "counts as no response",
    "as observed": "is left out",
    "last observation": "is replaced by the last observation",
    "worst": "is replaced by the worst value seen",
    "baseline": "is replaced by the baseline value",
    "mixed model": "is handled by the mixed model",
}
_ASSUMING = {
    "missing at random": "as if missing at random",
    "jump to reference": "jumping to the course of the control",
    "copy reference": "as if always in the control",
    "copy increments in reference": "changing from then on as the control does",
    "last mean carried forward": "staying at the arm's last mean",
}
_NONE = {"response": "response", "change": "change from baseline"}
_COVARIANCES = {"ar1": "first-order autoregressive"}
_STRATEGIES = {
    "treatment_policy": "values count all the same",
    "hypothetical": "later values are taken as missing, as if it had not happened",
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
    contrasts = {compared_in_words(analysis, protocol) for analysis in protocol.analyses.values()}
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
    kinds = {endpoint.kind for _, endpoint in protocol.endpoints.named().values()}
    for event, strategy in protocol.intercurrent.items():
        by_strategy[strategy].append(f'"{name_in_words(event)}"')
    for strategy, events in by_strategy.items():
        of = [kind for kind in ("response", "change") if kind in kinds]
        yield (
            f"For {listed(events)} the {name_in_words(strategy)} strategy applies: "
            f"{strategy_in_words(strategy, *of)}"
        )
    yield from _missing(protocol)


def _missing(protocol: Protocol) -> Iterator[str]:
    missing = protocol.missing
    if missing.response:
        yield f"A missing response {rule_in_words(missing.response)}"
    if missing.change:
        yield f"A missing change {rule_in_words(missing.change)}"
    if missing.time_to:
        yield "A participant without the event is censored at the last visit"


def rule_in_words(rule: str | Imputation) -> str:
    """What stands for a missing value, after "a missing value"."""
    if isinstance(rule, Imputation):
        return f"is imputed {rule.times} times, {_ASSUMING[rule.assuming]}"
    return _MISSING.get(rule, rule)


def strategy_in_words(strategy: str, *kinds: str) -> str:
    """What a strategy makes of an event, for a response, a change or both."""
    if strategy == "composite_variable":
        return f"it counts as {listed((f'no {_NONE[kind]}' for kind in kinds), 'or')}"
    return _STRATEGIES[strategy]


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
    yield compared_in_words(analysis, protocol)
    yield _tested(analysis, protocol)
    yield from _estimate(analysis)
    yield from _modeled(analysis, protocol)
    if analysis.multiplicity:
        yield _CORRECTIONS[analysis.multiplicity]
    yield from _own_handling(analysis)
    if analysis.beside:
        factors = listed(measure_in_words(f, protocol) for f in analysis.beside.adjust_for)
        method = name_in_words(analysis.beside.adjusted_by)
        yield f"and beside it an estimate adjusted for {factors} by {method}"


def _modeled(analysis: Analysis, protocol: Protocol) -> Iterator[str]:
    """Strata, covariates and covariance of the method."""
    allocation = protocol.design.allocation
    if isinstance(analysis.strata, tuple):
        named = listed(measure_in_words(name, protocol) for name in analysis.strata)
        yield f"stratified by {named}"
    elif analysis.strata == "ignored" and allocation:
        named = listed(measure_in_words(name, protocol) for name in allocation.strata)
        yield f"ignoring the strata of randomization ({named})"
    if analysis.adjust_for:
        factors = (
            measure_in_words(one.name, protocol) + (" by visit" if one.by_visit else "")
            for one in analysis.adjust_for
        )
        yield f"adjusted for {listed(factors)}"
    if analysis.covariance:
        covariance = _COVARIANCES.get(analysis.covariance, name_in_words(analysis.covariance))
        yield f"with {covariance} covariance"


def _own_handling(analysis: Analysis) -> Iterator[str]:
    """Where an analysis handles events and missing values in its own way."""
    for event, strategy in (analysis.intercurrent or {}).items():
        yield f'where for "{name_in_words(event)}" {_STRATEGIES[strategy]}'
    if analysis.missing:
        yield f"where a missing value {rule_in_words(analysis.missing)}"
    if analysis.tipping_point:
        most, step = analysis.tipping_point.most, analysis.tipping_point.step
        yield f"with imputed values made worse by up to {most:g} in steps of {step:g}"


def _tested(analysis: Analysis, protocol: Protocol) -> str:
    if analysis.test == "none":
        tested = any(one.test != "none" for one in protocol.analyses.values())
        return "without a test" if tested else ""
    level = f" at the {analysis.alpha} level" if analysis.alpha else ""
    known = TESTS.get(analysis.test)
    return f"by {known.words if known else name_in_words(analysis.test)}{level}"


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
    known = SUMMARIES.get(plan.summary)
    summary = known.words if known else name_in_words(plan.summary)
    at = f" at {point_in_words(analysis.at)}" if analysis.at else ""
    interval = INTERVALS[plan.interval].words if plan.interval in INTERVALS else plan.interval
    yield f"reporting {summary}{at} with {amount(plan.level, '%')} {interval} intervals"


def compared_in_words(analysis: Analysis, protocol: Protocol) -> str:
    """Who is compared with whom, or with what: "comparing each experimental arm with placebo"."""
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
