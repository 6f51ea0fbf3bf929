"""The analyses: names, what fits what, levels, comparisons, multiplicity, what nobody analyzes."""

from collections.abc import Iterator

from wholetrial.protocol.analysis_methods import INTERVALS, SUMMARIES, TESTS
from wholetrial.protocol.analysis_plan import Analysis, EstimatePlan
from wholetrial.protocol.checks.calendar import day
from wholetrial.protocol.checks.examined import Examined, error, note, unknown, warning
from wholetrial.protocol.endpoint import Endpoint
from wholetrial.protocol.finding import Finding

KIND_WORDS = {
    "response": "a response",
    "change": "a change from baseline",
    "time_to": "a time to an event",
    "events": "a count of participants with events",
    "used": "an amount used",
    "samples": "a collection of samples",
}


def check_analyses(trial: Examined) -> Iterator[Finding]:
    """Every planned analysis, and the endpoints that none of them analyzes."""
    for name, analysis in trial.protocol.analyses.items():
        path = f"analyses.{name}"
        yield from _method_names(trial, path, analysis)
        yield from _endpoints_suit(trial, path, analysis)
        yield from _comparison(trial, path, analysis)
        yield from _level(trial, path, analysis)
        yield from _multiplicity(trial, path, analysis)
    yield from _without_analysis(trial)
    yield from _without_missing_rule(trial)
    for name in trial.protocol.analysis_sets:
        if name not in [analysis.set for analysis in trial.protocol.analyses.values()]:
            yield note(trial, f"analysis_sets.{name}", f"nobody analyzes the set '{name}'")


def _method_names(trial: Examined, path: str, analysis: Analysis) -> Iterator[Finding]:
    summary, interval = analysis.estimate.summary, analysis.estimate.interval
    if analysis.test not in TESTS:
        yield unknown(trial, f"{path}.test", "the name of a test", analysis.test, TESTS)
    if summary not in SUMMARIES:
        yield unknown(trial, f"{path}.estimate", "the name of a summary", summary, SUMMARIES)
    if interval not in INTERVALS:
        yield unknown(trial, f"{path}.estimate", "the name of an interval", interval, INTERVALS)
        return
    suiting = [name for name, known in INTERVALS.items() if summary in known.suits]
    if suiting and interval not in suiting:
        expected = f"an interval for {SUMMARIES[summary].words}: {', '.join(suiting)}"
        yield error(trial, f"{path}.estimate", expected, f"'{interval}'", word=interval)


def _endpoints_suit(trial: Examined, path: str, analysis: Analysis) -> Iterator[Finding]:
    named = trial.protocol.endpoints.named()
    for name in dict.fromkeys(analysis.of):
        if name not in named:
            continue
        endpoint = named[name][1]
        yield from _suits(trial, path, analysis, (name, endpoint))
        if endpoint.kind == "time_to":
            yield from _seen(trial, path, analysis, endpoint)
        yield from _direction(trial, path, analysis, (name, endpoint))
    if len(set(analysis.of)) < len(analysis.of):
        yield warning(trial, f"{path}.of", "an endpoint is named twice", "name it once")


def _suits(
    trial: Examined, path: str, analysis: Analysis, named: tuple[str, Endpoint]
) -> Iterator[Finding]:
    name, endpoint = named
    kind = KIND_WORDS[endpoint.kind]
    if analysis.test in TESTS and endpoint.kind not in TESTS[analysis.test].suits:
        suiting = [test for test, known in TESTS.items() if endpoint.kind in known.suits]
        expected = f"a test for {kind}: {', '.join(suiting) or 'none'}"
        found = f"'{analysis.test}' for {name}"
        yield error(trial, f"{path}.test", expected, found)
    summary = analysis.estimate.summary
    if summary in SUMMARIES and endpoint.kind not in SUMMARIES[summary].suits:
        suiting = [other for other, known in SUMMARIES.items() if endpoint.kind in known.suits]
        expected = f"a summary for {kind}: {', '.join(suiting) or 'none (it is not analyzed)'}"
        yield error(trial, f"{path}.estimate", expected, f"'{summary}' for {name}", word=summary)


def _seen(trial: Examined, path: str, analysis: Analysis, endpoint: Endpoint) -> Iterator[Finding]:
    exact = ("log_rank", "stratified_log_rank", "cox")
    if endpoint.seen == "between visits" and analysis.test in exact:
        says = f"'{analysis.test}' takes the visit at which the event is seen for its day"
        yield warning(trial, f"{path}.test", says, "use interval_log_rank")
    if endpoint.seen == "between visits" and analysis.estimate.summary == "kaplan_meier":
        says = "'kaplan_meier' takes the visit at which the event is seen for its day"
        yield warning(trial, f"{path}.estimate", says, "use turnbull")
    if analysis.at and endpoint.until:
        read, until = (day(trial.protocol, point) for point in (analysis.at, endpoint.until))
        if read is not None and until is not None and read > until:
            expected = f"a time up to {endpoint.until}, when watching ends"
            yield error(trial, f"{path}.at", expected, f"'{analysis.at}'")


def _direction(
    trial: Examined, path: str, analysis: Analysis, named: tuple[str, Endpoint]
) -> Iterator[Finding]:
    name, endpoint = named
    timed = analysis.better in ("later", "earlier")
    if analysis.better and timed != (endpoint.kind == "time_to"):
        expected = "later or earlier" if endpoint.kind == "time_to" else "higher or lower"
        found = f"'{analysis.better}' for {name}, {KIND_WORDS[endpoint.kind]}"
        yield error(trial, f"{path}.better", expected, found)
    elif endpoint.kind == "events" and analysis.better == "higher":
        says = f"more participants with adverse events ({name}) count as better"
        yield warning(trial, f"{path}.better", says, "write lower")


def _comparison(trial: Examined, path: str, analysis: Analysis) -> Iterator[Finding]:
    summary = analysis.estimate.summary
    if analysis.compare is None:
        two_arms = analysis.test in TESTS and TESTS[analysis.test].compares
        needs = analysis.test if two_arms else summary
        if two_arms or (summary in SUMMARIES and SUMMARIES[summary].compares):
            expected = "the arms compared, such as compare: each experimental with control"
            yield error(trial, path, expected, f"'{needs}' without compare")
        if analysis.test == "exact_binomial" and analysis.against is None:
            expected = "the benchmark, such as against: 50 %"
            yield error(trial, path, expected, "'exact_binomial' without against")
        return
    yield from _contrast(trial, path, analysis)
    if analysis.test == "exact_binomial":
        expected = "a test of two arms, such as fisher_exact"
        yield error(trial, f"{path}.test", expected, "'exact_binomial'")
    if analysis.against is not None:
        expected = "compare (with an arm) or against (a benchmark), not both"
        yield error(trial, f"{path}.against", expected, f"'{analysis.against}'")
    allocation = trial.protocol.design.allocation
    if allocation and allocation.not_randomized and analysis.test != "none":
        says = "people choose their arms here: a P value would be read as if they were randomized"
        yield warning(
            trial, f"{path}.test", says, "write none, and show an adjusted estimate beside"
        )


def _contrast(trial: Examined, path: str, analysis: Analysis) -> Iterator[Finding]:
    compare = analysis.compare
    if compare is None:
        return
    tested = trial.protocol.arms_named(compare.arms)
    control = trial.protocol.arms_named(compare.control)
    known = (*trial.protocol.arms, "experimental", "control")
    if not {compare.arms, compare.control} <= set(known):
        return
    for side, arms in ((compare.arms, tested), (compare.control, control)):
        if not arms:
            expected = f"an arm whose role is {side}"
            yield error(trial, f"{path}.compare", expected, "none", word=side)
    if set(tested) & set(control):
        both = ", ".join(sorted(set(tested) & set(control)))
        yield error(trial, f"{path}.compare", "two different arms", f"'{both}' on both sides")
    elif len(control) > 1 and compare.how == "each":
        expected = f"one arm to compare with: {' or '.join(control)}"
        yield error(trial, f"{path}.compare", expected, f"'{compare.control}', which names several",
                    word=compare.control)  # fmt: skip


def _level(trial: Examined, path: str, analysis: Analysis) -> Iterator[Finding]:
    if analysis.test == "none":
        if analysis.alpha:
            yield warning(trial, f"{path}.alpha", "a level without a test", "remove it")
        return
    for field, value in (("alpha", analysis.alpha), ("better", analysis.better)):
        if value is None:
            example = "0.05 two-sided" if field == "alpha" else "higher"
            expected = f"{field}, such as {example}: the analysis has a test"
            yield error(trial, path, expected, "none", "this language has no default for it")
    alpha = analysis.alpha
    if alpha is None:
        return
    if alpha.level > (0.1 if alpha.sides == 2 else 0.05):
        says = f"a level of {alpha} is larger than usual"
        yield warning(trial, f"{path}.alpha", says, "did you mean 0.05 two-sided?")
    elif alpha.sides == 1 and alpha.level > 0.025:
        says = f"{alpha} is as lenient as {2 * alpha.level:g} two-sided"
        yield warning(trial, f"{path}.alpha", says, "a one-sided test is usually at 0.025")
    yield from _same_level(trial, path, analysis.estimate, alpha.level * (3 - alpha.sides))


def _same_level(
    trial: Examined, path: str, estimate: EstimatePlan, two_sided: float
) -> Iterator[Finding]:
    implied = 100 * (1 - two_sided)
    if abs(implied - estimate.level) > 1e-6:
        says = f"an interval of {estimate.level:g} % beside a test at {two_sided:g} two-sided"
        advice = f"they can contradict each other; {implied:g} % agrees with the test"
        yield warning(trial, f"{path}.estimate", says, advice)


def _multiplicity(trial: Examined, path: str, analysis: Analysis) -> Iterator[Finding]:
    if analysis.test == "none" or analysis.multiplicity is not None:
        return
    compare = analysis.compare
    each = compare is not None and compare.how == "each"
    contrasts = len(trial.protocol.arms_named(compare.arms)) if compare and each else 1
    tests = contrasts * len(set(analysis.of))
    if tests > 1:
        says = f"{tests} tests and no word on multiplicity"
        yield warning(trial, path, says, "state multiplicity: holm, none ...")


def _without_analysis(trial: Examined) -> Iterator[Finding]:
    analyzed = {name for analysis in trial.protocol.analyses.values() for name in analysis.of}
    for name, (level, endpoint) in trial.protocol.endpoints.named().items():
        if endpoint.kind != "samples" and name not in analyzed:
            says = f"no analysis is planned for this {level} endpoint"
            make = note if level == "exploratory" else warning
            yield make(trial, f"endpoints.{level}.{name}", says, "add it to an analysis")


def _without_missing_rule(trial: Examined) -> Iterator[Finding]:
    missing = trial.protocol.missing
    stated = {
        "response": missing.response, "change": missing.change, "time_to": missing.time_to
    }  # fmt: skip
    for name, (level, endpoint) in trial.protocol.endpoints.named().items():
        ruled = any(one.missing for one in trial.protocol.analyses.values() if name in one.of)
        if endpoint.kind in stated and stated[endpoint.kind] is None and not ruled:
            says = f"nothing says what stands for a missing {endpoint.kind}"
            yield warning(
                trial, f"endpoints.{level}.{name}", says, f"state missing.{endpoint.kind}"
            )
