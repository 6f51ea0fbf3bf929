"""The statistics paragraph: who is analyzed, how, and what stands for missing values."""

from collections.abc import Iterator

from wholetrial.analysis.methods import METHODS
from wholetrial.protocol.analysis_plan import SUMMARIES, TESTS, Analysis
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.reader import number_text
from wholetrial.report.contents import Contents
from wholetrial.report.labels import endpoint_text, group_label, plain, sentence, set_text

_STRATEGIES = {
    "treatment_policy": "the values measured count all the same (treatment policy)",
    "hypothetical": "treated as if it had not happened (hypothetical)",
    "composite_variable": "counts as no response (composite variable)",
    "while_on_treatment": "values count until then (while on treatment)",
    "principal_stratum": "those who would not have it are analyzed (principal stratum)",
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
    texts = [endpoint_text(protocol, name) for name in plan.of]
    analyzed = f"{'; '.join(texts)}. Analyzed in {set_text(protocol, plan.set)}."
    return " ".join([analyzed, _estimate(plan), *_comparison(contents, plan), *_beside(plan)])


def _estimate(plan: Analysis) -> str:
    summary = sentence(SUMMARIES.get(plan.estimate.summary, plain(plan.estimate.summary)))
    method = METHODS.get(plan.estimate.interval)
    title = method.title if method else plain(plan.estimate.interval)
    return f"{summary} has a {number_text(plan.estimate.level)}% interval ({title})."


def _comparison(contents: Contents, plan: Analysis) -> Iterator[str]:
    test = TESTS.get(plan.test, plain(plan.test))
    if plan.compare is not None:
        arms = group_label(contents, plan.compare.arms)
        arms = (
            f"Each of: {arms.lower()}" if plan.compare.how == "each" else f"Pooled: {arms.lower()}"
        )
        yield f"{arms}, compared with {group_label(contents, plan.compare.control)} by {test}."
    elif plan.against is not None:
        yield f"Compared with {plan.against} by {test}."
    elif plan.test == "none":
        yield "No test."
    if plan.alpha is not None:
        yield f"Alpha is {plan.alpha}, {_correction(plan)}."


def _correction(plan: Analysis) -> str:
    if plan.multiplicity in (None, "none"):
        return "without correction for several tests"
    return f"corrected for several tests by {sentence(plain(str(plan.multiplicity)))}'s method"


def _beside(plan: Analysis) -> Iterator[str]:
    if plan.beside is not None:
        covariates = ", ".join(plain(name) for name in plan.beside.adjust_for)
        yield f"Beside it stands {plain(plan.beside.adjusted_by)} for {covariates}."


def _intercurrent(protocol: Protocol) -> Iterator[str]:
    for strategy in dict.fromkeys(protocol.intercurrent.values()):
        events = [plain(name) for name, one in protocol.intercurrent.items() if one == strategy]
        yield f"Intercurrent event ({', '.join(events)}): {_STRATEGIES[strategy]}."


def _missing(protocol: Protocol) -> Iterator[str]:
    rules = protocol.missing
    for what, rule in (
        ("response", rules.response),
        ("change", rules.change),
        ("time to an event", rules.time_to),
    ):
        if rule is not None:
            yield f"Missing {what}: {rule}."
