"""What an analysis names together: a test beside an estimate, an interval, a rule, a correction."""

from collections.abc import Iterator

from wholetrial.protocol.analysis_methods import EVENTS, SUMMARIES, TESTS
from wholetrial.protocol.analysis_plan import Analysis
from wholetrial.protocol.checks.examined import Examined, error, warning
from wholetrial.protocol.checks.hypotheses import times_of
from wholetrial.protocol.endpoint import Endpoint, Kind
from wholetrial.protocol.finding import Finding
from wholetrial.protocol.missing import Imputation
from wholetrial.protocol.timeline import ScheduleError
from wholetrial.protocol.total_dose import total_doses

_BESIDE = {
    "mcnemar": ("proportion",),
    "exact_binomial": ("proportion",),
    "paired_t": ("mean_change",),
    "student_t": ("mean_difference",),
    "welch_t": ("mean_difference",),
    "ancova": ("mean_difference",),
    "linear_trend": ("mean_difference",),
    "jonckheere_terpstra": ("mean_difference",),
    "mmrm": ("mmrm",),
    "rubin": ("risk_difference", "mean_difference"),
}
"""The summaries that a test can stand beside; other tests stand beside any that suits."""
_INTERVAL = {
    "student_t": "student_t",
    "welch_t": "welch_t",
    "ancova": "student_t",
    "linear_trend": "student_t",
    "jonckheere_terpstra": "student_t",
}
"""The one interval that a test can stand beside."""
_TRENDS = ("cochran_armitage", "linear_trend", "jonckheere_terpstra")
_MIXED = ("mixed model", "as observed")


def check_combinations(
    trial: Examined, path: str, analysis: Analysis, endpoints: list[tuple[str, Endpoint]]
) -> Iterator[Finding]:
    """What each method of an analysis asks of the others."""
    kinds = {endpoint.kind for _, endpoint in endpoints}
    if _suit(analysis, kinds):
        yield from _beside(trial, path, analysis)
    yield from _bootstrap(trial, path, analysis, endpoints)
    yield from _within_arms(trial, path, analysis, endpoints)
    yield from _trend(trial, path, analysis)
    yield from _mixed_model(trial, path, analysis, endpoints)
    yield from _corrected(trial, path, analysis, endpoints)


def _suit(analysis: Analysis, kinds: set[Kind]) -> bool:
    """Whether test and summary are known, and each suits the endpoints: else that is said first."""
    test, summary = TESTS.get(analysis.test), SUMMARIES.get(analysis.estimate.summary)
    return bool(test and summary and kinds <= set(test.suits) & set(summary.suits))


def _beside(trial: Examined, path: str, analysis: Analysis) -> Iterator[Finding]:
    test, estimate = analysis.test, analysis.estimate
    beside = _summaries(test)
    if estimate.summary not in beside:
        expected = f"a summary beside {TESTS[test].words}: {', '.join(beside)}"
        yield error(trial, f"{path}.estimate", expected, f"'{estimate.summary}'",
                    word=estimate.summary)  # fmt: skip
        return
    interval = _INTERVAL.get(test, estimate.interval)
    if interval != estimate.interval and estimate.interval != "rubin":
        expected = f"the interval of {TESTS[test].words}: {interval}"
        yield error(trial, f"{path}.estimate", expected, f"'{estimate.interval}'",
                    word=estimate.interval)  # fmt: skip
    elif analysis.adjust_for and (test in ("student_t", "welch_t") or interval == "welch_t"):
        expected = "test: ancova (or none) and student_t intervals, beside adjust_for"
        found = f"test: {test} and {interval} intervals"
        yield error(trial, f"{path}.adjust_for", expected, found)


def _summaries(test: str) -> tuple[str, ...]:
    """The summaries that a test can stand beside."""
    if test in _BESIDE:
        return _BESIDE[test]
    if test == "none":
        return tuple(SUMMARIES)
    suits = TESTS[test].suits
    if suits == EVENTS:
        return tuple(name for name, known in SUMMARIES.items() if known.suits == EVENTS)
    timed = "time_to" in suits
    return tuple(
        name
        for name, known in SUMMARIES.items()
        if timed == ("time_to" in known.suits) and set(suits) & set(known.suits)
    )


def _bootstrap(
    trial: Examined, path: str, analysis: Analysis, endpoints: list[tuple[str, Endpoint]]
) -> Iterator[Finding]:
    """A bootstrap is for times that lie between two visits."""
    if analysis.estimate.interval != "bootstrap":
        return
    for name, endpoint in endpoints:
        if endpoint.kind == "events":
            expected = "log_log, log or plain: the days of adverse events are known"
            found = f"'bootstrap' for {name}"
            yield error(trial, f"{path}.estimate", expected, found, word="bootstrap")


def _within_arms(
    trial: Examined, path: str, analysis: Analysis, endpoints: list[tuple[str, Endpoint]]
) -> Iterator[Finding]:
    """Tests of each arm by itself: McNemar's asks for two times, and a model's for arms."""
    if analysis.test == "mmrm" and analysis.compare is None:
        expected = "the arms compared, such as compare: each experimental with control"
        yield error(trial, path, expected, "'mmrm' tested without compare", "or write test: none")
    if analysis.test != "mcnemar":
        return
    if analysis.compare is not None:
        expected = "no arms compared: McNemar's test compares the times of each arm"
        yield error(trial, f"{path}.compare", expected, f"'{analysis.compare}'", "remove it")
    for name, endpoint in endpoints:
        if times_of(endpoint) == 1:
            expected = "an endpoint with two times or more, such as PASI_75 at weeks 4, 12"
            yield error(trial, f"{path}.test", expected, f"'mcnemar' for {name}")


def _trend(trial: Examined, path: str, analysis: Analysis) -> Iterator[Finding]:
    compare = analysis.compare
    if analysis.test not in _TRENDS or compare is None:
        return
    if compare.how == "pooled":
        expected = "each arm by itself, for a trend over doses"
        yield error(trial, f"{path}.compare", expected, f"'{compare}'", "write each")
        return
    sides = (compare.control, compare.arms)
    arms = [arm for side in sides for arm in trial.protocol.arms_named(side)]
    try:
        doses = total_doses(trial.protocol, arms)
    except (ScheduleError, KeyError):
        return
    if doses is None:
        expected = "arms with a planned amount each, of one intervention in one unit"
        found = "doses that are no such numbers"
        yield error(trial, f"{path}.test", f"{expected}, for a trend", found)


def _mixed_model(
    trial: Examined, path: str, analysis: Analysis, endpoints: list[tuple[str, Endpoint]]
) -> Iterator[Finding]:
    """A mixed model handles missing values itself, and nothing else handles them by one."""
    if not any(endpoint.kind == "change" for _, endpoint in endpoints):
        return
    rule, summary = analysis.missing or trial.protocol.missing.change, analysis.estimate.summary
    place = "missing" if analysis.missing else "estimate"
    if summary == "mmrm" and rule not in (None, *_MIXED) and not isinstance(rule, Imputation):
        expected = "missing: mixed model, which uses what was measured at the other visits"
        yield error(trial, f"{path}.{place}", expected, f"mmrm beside '{rule}'")
    if summary != "mmrm" and rule == "mixed model":
        expected = "estimate: mmrm, beside missing: mixed model"
        advice = "or state another rule for this analysis, such as missing: as observed"
        yield error(trial, f"{path}.{place}", expected, f"'{summary}'", advice)


def _corrected(
    trial: Examined, path: str, analysis: Analysis, endpoints: list[tuple[str, Endpoint]]
) -> Iterator[Finding]:
    procedure, where = analysis.multiplicity, f"{path}.multiplicity"
    if procedure in (None, "none"):
        return
    if analysis.test == "none":
        yield warning(trial, where, f"{procedure} without a test", "remove it, or name the test")
    if procedure == "dunnett" and sum(times_of(one) or 1 for _, one in endpoints) > 1:
        says = "Dunnett's procedure corrects for several arms, not for several endpoints or times"
        yield warning(trial, where, says, "plan an analysis of its own for each")
