"""The estimands: strategies, rules for missing values, strata of randomization, models."""

from collections.abc import Iterator, Mapping

from wholetrial.protocol.analysis_methods import INTERVALS, TESTS
from wholetrial.protocol.analysis_plan import Analysis, Graph
from wholetrial.protocol.checks import vocabulary
from wholetrial.protocol.checks.analyses import KIND_WORDS
from wholetrial.protocol.checks.combinations import check_combinations
from wholetrial.protocol.checks.examined import Examined, error, unknown, warning
from wholetrial.protocol.checks.hypotheses import hypotheses
from wholetrial.protocol.endpoint import Endpoint, Strategy
from wholetrial.protocol.english import listed
from wholetrial.protocol.finding import Finding
from wholetrial.protocol.missing import Imputation
from wholetrial.protocol.stratified import strata_in_estimate, strata_in_test

MISSING_SUITS = {
    "response": ("no response", "as observed", "last observation", "worst", "baseline"),
    "change": ("as observed", "mixed model", "last observation", "worst", "baseline"),
}
_ADJUSTED_TESTS = ("ancova", "mmrm", "cox", "standardization", "linear_trend", "dunnett", "rubin")
_ADJUSTED_SUMMARIES = ("mean_difference", "mmrm", "hazard_ratio")
_FEW_LEVELS = ("male", "center")


def check_estimands(trial: Examined) -> Iterator[Finding]:
    """What each analysis makes of events, missing values, strata and covariates."""
    yield from _principal(trial, "intercurrent", trial.protocol.intercurrent)
    for name, analysis in trial.protocol.analyses.items():
        path = f"analyses.{name}"
        yield from _strata(trial, path, analysis)
        yield from _principal(trial, f"{path}.intercurrent", analysis.intercurrent or {})
        yield from _rules_for_missing(trial, path, analysis)
        yield from _imputed(trial, path, analysis)
        yield from _model(trial, path, analysis)
        yield from _graph(trial, path, analysis)
        yield from check_combinations(trial, path, analysis, _endpoints(trial, analysis))


def _principal(trial: Examined, path: str, strategies: Mapping[str, Strategy]) -> Iterator[Finding]:
    """The one strategy that is described and not computed."""
    for event, strategy in strategies.items():
        if strategy == "principal_stratum":
            says = (
                "a principal stratum is described and not computed: nobody sees who belongs to it"
            )
            advice = "choose another strategy to get numbers"
            yield warning(trial, f"{path}.{event}", says, advice)


def _strata(trial: Examined, path: str, analysis: Analysis) -> Iterator[Finding]:
    """Analyses that ignore the strata of randomization, and stratified ones without strata."""
    allocation = trial.protocol.design.allocation
    randomized = allocation.strata if allocation else ()
    if isinstance(analysis.strata, tuple):
        yield from _named_strata(trial, path, analysis, analysis.strata)
    elif analysis.strata == "ignored" and not randomized:
        says = "strata are ignored, and nobody is randomized within any"
        yield warning(trial, f"{path}.strata", says, "remove it")
    elif analysis.strata is None and randomized and analysis.compare:
        yield from _ignored(trial, path, analysis, randomized)
    stratified = _stratified(analysis)
    if stratified and not isinstance(analysis.strata, tuple):
        field, name = stratified
        if analysis.strata == "ignored":
            expected = "a method without strata, since strata: ignored"
            yield error(trial, f"{path}.{field}", expected, f"'{name}'", word=name)
        elif not randomized:
            expected = "strata, such as strata: [center]: nobody is randomized within any"
            found = f"'{name}' without them"
            yield error(trial, f"{path}.{field}", expected, found, word=name)


def _named_strata(
    trial: Examined, path: str, analysis: Analysis, strata: tuple[str, ...]
) -> Iterator[Finding]:
    """The factors that an analysis names: known, with few levels, and used by a method."""
    factors = (*_FEW_LEVELS, *trial.protocol.terms)
    measured = vocabulary.baseline_names(trial.protocol)
    for name in strata:
        if name in measured and name not in factors:
            expected = "a factor with few levels: a term, male or center"
            advice = f"write a term, such as high: {name} > 20, and name it"
            yield error(trial, f"{path}.strata", expected, f"'{name}', which has many", advice)
        elif name not in factors:
            yield unknown(trial, f"{path}.strata", "a baseline factor", name, factors)
    if not (strata_in_test(analysis) or strata_in_estimate(analysis)):
        expected = "a method that uses strata, such as cmh, ancova or cox, beside strata"
        found = f"'{analysis.test}' with '{analysis.estimate.summary}', which use none"
        yield error(trial, f"{path}.strata", expected, found)


def _ignored(
    trial: Examined, path: str, analysis: Analysis, randomized: tuple[str, ...]
) -> Iterator[Finding]:
    if analysis.test == "none":
        field, name, taken = "estimate", analysis.estimate.interval, strata_in_estimate(analysis)
    else:
        field, name, taken = "test", analysis.test, strata_in_test(analysis)
    if not taken:
        says = f"people are randomized within {', '.join(randomized)}, and '{name}' ignores it"
        advice = "use a method with strata, such as cmh or ancova, or write strata: ignored"
        yield warning(trial, f"{path}.{field}", says, f"{advice} and because: why", word=name)


def _stratified(analysis: Analysis) -> tuple[str, str] | None:
    """The field and the name of a method that cannot do without strata."""
    if analysis.test in TESTS and TESTS[analysis.test].stratified:
        return "test", analysis.test
    interval = analysis.estimate.interval
    if interval in INTERVALS and INTERVALS[interval].stratified:
        return "estimate", interval
    return None


def _rules_for_missing(trial: Examined, path: str, analysis: Analysis) -> Iterator[Finding]:
    rule = analysis.missing
    if rule is None:
        return
    for name, endpoint in _endpoints(trial, analysis):
        suiting = MISSING_SUITS.get(endpoint.kind, ())
        if not suiting or (rule not in suiting and not isinstance(rule, Imputation)):
            kind = KIND_WORDS[endpoint.kind]
            expected = f"a rule for {kind}: {', '.join(suiting) or 'there is none'}"
            yield error(trial, f"{path}.missing", expected, f"'{rule}' for {name}")


def _imputed(trial: Examined, path: str, analysis: Analysis) -> Iterator[Finding]:
    """Multiple imputation goes with Rubin's rules, and they with it."""
    rules = [_rule(trial, analysis, endpoint) for _, endpoint in _endpoints(trial, analysis)]
    imputed = [rule for rule in rules if isinstance(rule, Imputation)]
    interval, test = analysis.estimate.interval, analysis.test
    if imputed and interval != "rubin":
        expected = "the interval rubin, which pools what is imputed several times"
        yield error(trial, f"{path}.estimate", expected, f"'{interval}'", word=interval)
    if imputed and test not in ("rubin", "none"):
        expected = "the test rubin, or none, where values are imputed several times"
        yield error(trial, f"{path}.test", expected, f"'{test}'")
    if len(imputed) < len(rules) and "rubin" in (interval, test):
        expected = "a multiple imputation, such as missing: multiple imputation 100 times, missing "
        advice = "or name another interval and test"
        yield error(trial, path, f"{expected}at random", "rubin without one", advice)
    reference = [rule for rule in imputed if rule.assuming not in _WITHOUT_REFERENCE]
    if reference and analysis.compare is None:
        expected = "the arms compared: the control is the reference"
        yield error(trial, path, expected, f"'{reference[0].assuming}' without compare")
    if analysis.tipping_point:
        yield from _tipping(trial, path, analysis, imputed=bool(imputed))


def _tipping(trial: Examined, path: str, analysis: Analysis, *, imputed: bool) -> Iterator[Finding]:
    """A tipping point moves imputed values until a test is lost: it needs all of that."""
    needs = {
        "a multiple imputation": imputed,
        "test: rubin": analysis.test == "rubin",
        "alpha": analysis.alpha is not None,
        "compare": analysis.compare is not None,
    }
    lacking = [name for name, there in needs.items() if not there]
    if lacking:
        expected = f"{listed(needs)} beside a tipping point"
        yield error(trial, f"{path}.tipping_point", expected, f"it without {listed(lacking)}")


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
            expected = "a covariate without 'by visit': only estimate: mmrm has visits"
            yield error(trial, f"{path}.adjust_for", expected, f"'{covariate}'")
    models = summary in _ADJUSTED_SUMMARIES or analysis.estimate.interval == "standardization"
    if analysis.adjust_for and not (models or analysis.test in _ADJUSTED_TESTS):
        expected = "a method with covariates, such as ancova, cox, mmrm or standardization"
        found = f"'{analysis.test}' with '{summary}', which use none"
        yield error(trial, f"{path}.adjust_for", expected, found)
    if summary == "mmrm" and analysis.covariance is None:
        expected = "the covariance of repeated measures, such as covariance: unstructured"
        yield error(trial, path, expected, "none", "this language has no default for it")
    if analysis.covariance is not None and summary != "mmrm":
        says = "a covariance of repeated measures without estimate: mmrm"
        yield warning(trial, f"{path}.covariance", says, "remove it")
    if summary == "rmst_difference" and analysis.at is None:
        expected = "the time up to which mean times are compared, such as at: week 52"
        yield error(trial, path, expected, "none")


def _graph(trial: Examined, path: str, analysis: Analysis) -> Iterator[Finding]:
    graph = analysis.graph
    if (analysis.multiplicity == "graph") != (graph is not None):
        expected = "graph and multiplicity: graph together"
        found = "no graph" if graph is None else f"multiplicity: {analysis.multiplicity}"
        yield error(trial, path, expected, found)
    if analysis.multiplicity == "dunnett" and analysis.test != "ancova":
        expected = "test: ancova, beside multiplicity: dunnett"
        yield error(trial, f"{path}.multiplicity", expected, f"'{analysis.test}'")
    if graph is None:
        return
    if sum(graph.weights.values()) > 1 + 1e-9:
        found = f"{sum(graph.weights.values()):g} in all"
        yield error(trial, f"{path}.graph.weights", "weights of at most 1 in all", found)
    yield from _tested(trial, f"{path}.graph.weights", analysis, graph)
    yield from _arrows(trial, f"{path}.graph.passes", graph)


def _tested(trial: Examined, path: str, analysis: Analysis, graph: Graph) -> Iterator[Finding]:
    """A graph has exactly the hypotheses that the analysis tests."""
    known = hypotheses(trial.protocol, analysis)
    if known is None:
        return
    for name in graph.weights:
        if name not in known:
            yield unknown(trial, path, "a hypothesis that is tested", name, known)
    lacking = [name for name in known if name not in graph.weights]
    if lacking:
        expected = "a weight for each hypothesis that is tested, be it 0"
        yield error(trial, path, expected, f"none for {', '.join(lacking)}")


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
