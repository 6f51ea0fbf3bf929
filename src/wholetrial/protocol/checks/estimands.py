"""The estimands: strategies, rules for missing values, strata of randomization, models."""

from collections.abc import Iterator

from wholetrial.protocol.analysis_methods import INTERVALS, TESTS
from wholetrial.protocol.analysis_plan import Analysis, Graph
from wholetrial.protocol.checks import vocabulary
from wholetrial.protocol.checks.analyses import KIND_WORDS
from wholetrial.protocol.checks.examined import Examined, error, unknown, warning
from wholetrial.protocol.endpoint import Endpoint
from wholetrial.protocol.finding import Finding
from wholetrial.protocol.missing import Imputation

MISSING_SUITS = {
    "response": ("no response", "as observed", "last observation", "worst", "baseline"),
    "change": ("as observed", "mixed model", "last observation", "worst", "baseline"),
}
_ADJUSTED_TESTS = ("ancova", "mmrm", "cox", "standardization", "linear_trend", "dunnett", "rubin")
_ADJUSTED_SUMMARIES = ("mean_difference", "mmrm", "hazard_ratio")


def check_estimands(trial: Examined) -> Iterator[Finding]:
    """What each analysis makes of events, missing values, strata and covariates."""
    for name, analysis in trial.protocol.analyses.items():
        path = f"analyses.{name}"
        yield from _strata(trial, path, analysis)
        yield from _rules_for_missing(trial, path, analysis)
        yield from _imputed(trial, path, analysis)
        yield from _model(trial, path, analysis)
        yield from _graph(trial, path, analysis)


def _strata(trial: Examined, path: str, analysis: Analysis) -> Iterator[Finding]:
    """Analyses that ignore the strata of randomization, and stratified ones without strata."""
    allocation = trial.protocol.design.allocation
    randomized = allocation.strata if allocation else ()
    stratified = _stratified(analysis)
    if isinstance(analysis.strata, tuple):
        factors = _factors(trial)
        for name in analysis.strata:
            if name not in factors:
                yield unknown(trial, f"{path}.strata", "a baseline factor", name, factors)
    if analysis.strata is None and randomized and analysis.compare and not _uses_strata(analysis):
        says = f"people are randomized within {', '.join(randomized)}, and this analysis ignores it"
        advice = "use a stratified method, such as cmh, or state strata: ignored and because"
        yield warning(trial, f"{path}.test", says, advice)
    if analysis.strata == "ignored" and not randomized:
        says = "strata are ignored, and nobody is randomized within any"
        yield warning(trial, f"{path}.strata", says, "remove it")
    lacking = analysis.strata == "ignored" or (analysis.strata is None and not randomized)
    if stratified and lacking:
        expected = "a method without strata: nobody is randomized within any"
        if analysis.strata == "ignored":
            expected = "a method without strata, since they are ignored"
        advice = "or name them: strata: [center]"
        yield error(trial, f"{path}.{stratified[0]}", expected, f"'{stratified[1]}'", advice)


def _stratified(analysis: Analysis) -> tuple[str, str] | None:
    """The field and the name of a method that cannot do without strata."""
    if analysis.test in TESTS and TESTS[analysis.test].stratified:
        return "test", analysis.test
    interval = analysis.estimate.interval
    if interval in INTERVALS and INTERVALS[interval].stratified:
        return "estimate", interval
    return None


def _uses_strata(analysis: Analysis) -> bool:
    """Whether the test, or the model that gives test and estimate, takes the strata along."""
    if analysis.test != "none":
        return analysis.test in TESTS and (
            TESTS[analysis.test].stratified or analysis.test in _ADJUSTED_TESTS
        )
    return _stratified(analysis) is not None or (
        analysis.estimate.summary in _ADJUSTED_SUMMARIES
        or analysis.estimate.interval == "standardization"
    )


def _rules_for_missing(trial: Examined, path: str, analysis: Analysis) -> Iterator[Finding]:
    rule = analysis.missing
    if rule is None or isinstance(rule, Imputation):
        return
    for name, endpoint in _endpoints(trial, analysis):
        suiting = MISSING_SUITS.get(endpoint.kind, ())
        if rule not in suiting:
            kind = KIND_WORDS[endpoint.kind]
            expected = f"a rule for {kind}: {', '.join(suiting) or 'none'}"
            yield error(trial, f"{path}.missing", expected, f"'{rule}' for {name}")


def _imputed(trial: Examined, path: str, analysis: Analysis) -> Iterator[Finding]:
    """Multiple imputation goes with Rubin's rules, and they with it."""
    rules = [_rule(trial, analysis, endpoint) for _, endpoint in _endpoints(trial, analysis)]
    imputed = [rule for rule in rules if isinstance(rule, Imputation)]
    interval, test = analysis.estimate.interval, analysis.test
    if imputed and interval != "rubin":
        expected = "rubin, which pools what is imputed several times"
        yield error(trial, f"{path}.estimate", expected, f"'{interval}'", word=interval)
    if imputed and test not in ("rubin", "none"):
        expected = "rubin or none, where values are imputed several times"
        yield error(trial, f"{path}.test", expected, f"'{test}'")
    if len(imputed) < len(rules) and "rubin" in (interval, test):
        expected = "missing: multiple imputation 100 times, missing at random"
        yield error(trial, path, expected, "rubin without it", "or name another interval and test")
    reference = [rule for rule in imputed if rule.assuming not in _WITHOUT_REFERENCE]
    if reference and analysis.compare is None:
        expected = "the arms compared: the control is the reference"
        yield error(trial, path, expected, f"'{reference[0].assuming}' without compare")
    if analysis.tipping_point and not (imputed and analysis.compare and analysis.alpha):
        expected = "multiple imputation, compare and alpha, beside a tipping point"
        yield error(trial, f"{path}.tipping_point", expected, "an analysis without one of them")


_WITHOUT_REFERENCE = ("missing at random", "last mean carried forward")


def _rule(trial: Examined, analysis: Analysis, endpoint: Endpoint) -> object:
    missing = trial.protocol.missing
    own = {"response": missing.response, "change": missing.change}.get(endpoint.kind)
    return own if analysis.missing is None else analysis.missing


def _model(trial: Examined, path: str, analysis: Analysis) -> Iterator[Finding]:
    summary = analysis.estimate.summary
    changes = all(endpoint.kind == "change" for _, endpoint in _endpoints(trial, analysis))
    own = ("baseline",) if changes else ()
    for covariate in analysis.adjust_for:
        factors = (*own, *_factors(trial))
        if covariate.name not in factors:
            where = f"{path}.adjust_for"
            yield unknown(trial, where, "a baseline value", covariate.name, factors)
        if covariate.by_visit and summary != "mmrm":
            expected = "a covariate without 'by visit': only mmrm has visits"
            yield error(trial, f"{path}.adjust_for", expected, f"'{covariate}'")
    models = summary in _ADJUSTED_SUMMARIES or analysis.estimate.interval == "standardization"
    if analysis.adjust_for and not (models or analysis.test in _ADJUSTED_TESTS):
        expected = "a method with covariates, such as ancova, cox, mmrm or standardization"
        yield error(trial, f"{path}.adjust_for", expected, f"'{analysis.test}'")
    if summary == "mmrm" and analysis.covariance is None:
        expected = "the covariance of repeated measures, such as covariance: unstructured"
        yield error(trial, path, expected, "none", "this language has no default for it")
    if analysis.covariance is not None and summary != "mmrm":
        yield warning(trial, f"{path}.covariance", "a covariance without mmrm", "remove it")
    if summary == "rmst_difference" and analysis.at is None:
        yield error(trial, path, "the time up to which means are compared, at", "none")


def _graph(trial: Examined, path: str, analysis: Analysis) -> Iterator[Finding]:
    graph = analysis.graph
    if (analysis.multiplicity == "graph") != (graph is not None):
        expected = "graph and multiplicity: graph together"
        yield error(trial, path, expected, "one without the other")
    if analysis.multiplicity == "dunnett" and analysis.test != "ancova":
        expected = "test: ancova, beside Dunnett's procedure"
        yield error(trial, f"{path}.multiplicity", expected, f"'{analysis.test}'")
    if graph is None:
        return
    if sum(graph.weights.values()) > 1 + 1e-9:
        found = f"{sum(graph.weights.values()):g} in all"
        yield error(trial, f"{path}.graph.weights", "weights of at most 1 in all", found)
    yield from _arrows(trial, f"{path}.graph.passes", graph)


def _arrows(trial: Examined, path: str, graph: Graph) -> Iterator[Finding]:
    for name, passed in graph.passes.items():
        where = f"{path}.{name}"
        for other in (name, *passed):
            if other not in graph.weights:
                yield unknown(trial, where, "a hypothesis with a weight", other, graph.weights)
        if name in passed or sum(passed.values()) > 1 + 1e-9:
            yield error(trial, where, "at most 1 in all, to other hypotheses", str(dict(passed)))


def _factors(trial: Examined) -> tuple[str, ...]:
    """What is known of participants before treatment."""
    return (*vocabulary.baseline_names(trial.protocol), *trial.protocol.terms, "center")


def _endpoints(trial: Examined, analysis: Analysis) -> list[tuple[str, Endpoint]]:
    named = trial.protocol.endpoints.named()
    return [(name, named[name][1]) for name in dict.fromkeys(analysis.of) if name in named]
