"""The statistics paragraph: who is analyzed, how, and what stands for missing values."""

from collections.abc import Iterator

from wholetrial.analysis.methods import METHODS
from wholetrial.protocol.analysis_plan import SUMMARIES, TESTS, Analysis
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.reader import number_text
from wholetrial.report.contents import Contents
from wholetrial.report.labels import endpoint_text, group_label, plain, sentence, set_text

_STRATEGIES = {
    "treatment_policy": "is ignored: the values measured count (treatment policy)",
    "hypothetical": "is treated as if it had not happened (hypothetical)",
    "composite_variable": "counts as no response (composite variable)",
    "while_on_treatment": "ends the values that count (while on treatment)",
    "principal_stratum": "defines a stratum (principal stratum)",
}


def methods_sentences(contents: Contents) -> tuple[str, ...]:
    """A sentence or two for each planned analysis, then missing values and what comes between."""
    protocol = contents.protocol
    return (
        *(_analysis(contents, plan) for plan in protocol.analyses.values()),
        *_intercurrent(protocol),
        *_missing(protocol),
    )


def analysis_sets(protocol: Protocol) -> tuple[tuple[str, str], ...]:
    """Every analysis set with its definition."""
    return tuple((sentence(plain(name)), str(one)) for name, one in protocol.analysis_sets.items())


def _analysis(contents: Contents, plan: Analysis) -> str:
    protocol = contents.protocol
    of = "; ".join(endpoint_text(protocol, name) for name in plan.of)
    parts = [f"{of}: analyzed in {set_text(protocol, plan.set)}", _estimate(plan)]
    if plan.compare is not None:
        arms = group_label(contents, plan.compare.arms).lower()
        if plan.compare.how == "each":
            arms = f"each of {arms}"
        parts.append(f"{arms} compared with {group_label(contents, plan.compare.control)}")
    if plan.against is not None:
        parts.append(f"against {plan.against}")
    parts.append(TESTS.get(plan.test, plain(plan.test)))
    if plan.alpha is not None:
        parts.append(f"alpha {plan.alpha}")
    if plan.multiplicity is not None:
        parts.append(
            "no correction for several tests"
            if plan.multiplicity == "none"
            else f"corrected for several tests after {sentence(plain(plan.multiplicity))}"
        )
    if plan.beside is not None:
        covariates = ", ".join(plain(name) for name in plan.beside.adjust_for)
        parts.append(f"beside it {plain(plan.beside.adjusted_by)} for {covariates}")
    return f"{'; '.join(parts)}."


def _estimate(plan: Analysis) -> str:
    summary = SUMMARIES.get(plan.estimate.summary, plain(plan.estimate.summary))
    method = METHODS.get(plan.estimate.interval)
    title = method.title if method else plain(plan.estimate.interval)
    return f"{summary}, {number_text(plan.estimate.level)}% interval: {title}"


def _intercurrent(protocol: Protocol) -> Iterator[str]:
    for event, strategy in protocol.intercurrent.items():
        yield f"{sentence(plain(event))} {_STRATEGIES[strategy]}."


def _missing(protocol: Protocol) -> Iterator[str]:
    rules = protocol.missing
    for what, rule in (
        ("response", rules.response),
        ("change", rules.change),
        ("time to an event", rules.time_to),
    ):
        if rule is not None:
            yield f"A missing {what}: {rule}."
