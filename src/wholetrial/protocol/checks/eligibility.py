"""The criteria: whether anybody can take part, what decides nothing, what the source hides."""

from collections.abc import Iterator
from typing import NamedTuple

from wholetrial.protocol.checks.examined import Examined, error, note, warning
from wholetrial.protocol.checks.thresholds import limits_of
from wholetrial.protocol.checks.walk import every, terms_within
from wholetrial.protocol.condition import (
    AllOf,
    AnyOf,
    Compare,
    Condition,
    Consent,
    History,
    Not,
    State,
)
from wholetrial.protocol.eligibility import Criterion
from wholetrial.protocol.finding import Finding

_BLOCKS = ("include", "exclude", "permit")


def check_eligibility(trial: Examined) -> Iterator[Finding]:
    """Every criterion, and all of them together."""
    for path, criterion in _criteria(trial):
        yield from _criterion(trial, path, criterion)
    yield from _nobody(trial)
    yield from _repeated(trial)
    yield from _consent(trial)
    yield from _concepts(trial)
    yield from _unseen(trial)


def _criteria(trial: Examined) -> Iterator[tuple[str, Criterion]]:
    for block in _BLOCKS:
        for name, criterion in getattr(trial.protocol.eligibility, block).items():
            yield f"eligibility.{block}.{name}", criterion


def _criterion(trial: Examined, path: str, criterion: Criterion) -> Iterator[Finding]:
    permitted = path.startswith("eligibility.permit.")
    name = path.rpartition(".")[2]
    if criterion.rule is None and not criterion.heads and not permitted:
        says = "decides nothing: it has no rule"
        yield warning(trial, path, says, "write one, or let somebody judge it")
    if criterion.rule is not None and permitted:
        says = "a permission with a rule: nothing is decided by it"
        yield warning(trial, f"{path}.rule", says, "move it to include or exclude")
    if name in criterion.heads:
        yield error(trial, f"{path}.heads", "other criteria", f"'{name}' itself", word=name)
    if criterion.rule is not None and path.startswith("eligibility.exclude."):
        yield from _double_negative(trial, path, criterion)


def _double_negative(trial: Examined, path: str, criterion: Criterion) -> Iterator[Finding]:
    if isinstance(criterion.rule, Consent):
        expected = "what keeps somebody out"
        found = f"'{criterion.rule}', which would exclude whoever does"
        yield error(trial, f"{path}.rule", expected, found, "move it to include")
    elif isinstance(criterion.rule, Not):
        says = f"an exclusion that is negated ('{criterion.rule}'): easily answered the wrong way"
        yield note(trial, f"{path}.rule", says)


class _Span(NamedTuple):
    """The values that criteria leave open; `open_` ends do not belong to it."""

    low: float
    high: float
    low_open: bool = False
    high_open: bool = False

    def is_empty(self) -> bool:
        open_end = self.low_open or self.high_open
        return self.low > self.high or (self.low == self.high and open_end)


def _nobody(trial: Examined) -> Iterator[Finding]:
    """Criteria that cannot all hold: at least this PASI, and excluded above a lower one."""
    left: dict[str, _Span] = {}
    for path, compare, needed in _decisive(trial):
        limits = limits_of(trial.protocol, compare.value)
        if limits is None or compare.derived or compare.when:
            continue
        attainable = _Span(limits.low, limits.high)
        alone = _meet(attainable, _allowed(compare, needed))
        before = left.get(compare.value, attainable)
        after = _meet(before, alone)
        if after.is_empty() and not before.is_empty() and not alone.is_empty():
            expected = f"criteria that somebody can meet: {compare.value} is decided twice"
            yield error(trial, path, expected, f"'{compare}', which leaves nobody",
                        word=compare.value)  # fmt: skip
        left[compare.value] = after


def _decisive(trial: Examined) -> Iterator[tuple[str, Compare, bool]]:
    """Comparisons that every participant meets (True) or misses (False)."""
    eligibility = trial.protocol.eligibility
    for name, criterion in eligibility.include.items():
        for part in _joined(criterion.rule, AllOf):
            if isinstance(part, Compare):
                yield f"eligibility.include.{name}.rule", part, True
    for name, criterion in eligibility.exclude.items():
        for part in _joined(criterion.rule, AnyOf):
            if isinstance(part, Compare) and part.compare not in ("in", "="):
                yield f"eligibility.exclude.{name}.rule", part, False


def _joined(rule: Condition | None, joint: type[AllOf] | type[AnyOf]) -> tuple[Condition, ...]:
    if rule is None:
        return ()
    match rule:
        case AllOf() if joint is AllOf:
            return rule.all
        case AnyOf() if joint is AnyOf:
            return rule.any
        case _:
            return (rule,)


def _allowed(compare: Compare, needed: bool) -> _Span:
    bound, far = compare.threshold, float("inf")
    opposite = {">=": "<", "<=": ">", ">": "<=", "<": ">="}
    match compare.compare if needed else opposite[compare.compare]:
        case ">=":
            return _Span(bound, far)
        case ">":
            return _Span(bound, far, low_open=True)
        case "<=":
            return _Span(-far, bound)
        case "<":
            return _Span(-far, bound, high_open=True)
        case _:
            upper = compare.upper if compare.upper is not None else bound
            return _Span(bound, upper)


def _meet(one: _Span, other: _Span) -> _Span:
    low, high = max(one.low, other.low), min(one.high, other.high)
    low_open = any(span.low_open for span in (one, other) if span.low == low)
    high_open = any(span.high_open for span in (one, other) if span.high == high)
    return _Span(low, high, low_open, high_open)


def _repeated(trial: Examined) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for path, criterion in _criteria(trial):
        if criterion.rule is None:
            continue
        earlier = first.setdefault(str(criterion.rule), path)
        if earlier == path:
            continue
        if earlier.split(".")[1] != path.split(".")[1]:
            expected = f"another rule than {earlier}: nobody can meet one and miss the other"
            yield error(trial, f"{path}.rule", expected, f"'{criterion.rule}'")
        else:
            yield note(trial, f"{path}.rule", f"decides the same as {earlier}")


def _consent(trial: Examined) -> Iterator[Finding]:
    rules = [c.rule for c in trial.protocol.eligibility.include.values() if c.rule is not None]
    asked = any(
        isinstance(part, Consent) for rule in rules for part in terms_within(rule, trial.protocol)
    )
    if not asked:
        yield note(trial, "eligibility.include", "no criterion asks for consent")


def _concepts(trial: Examined) -> Iterator[Finding]:
    protocol = trial.protocol
    used = set[str | None]()
    for _, history in every(protocol, History):
        used |= {history.had, history.excepting}
    for _, state in every(protocol, State):
        used |= {state.of, state.excepting}
    drawn = protocol.assumptions.baseline if protocol.assumptions else {}
    for name, concept in protocol.eligibility.concepts.items():
        path = f"eligibility.concepts.{name}"
        if name not in used and name not in drawn:
            yield note(trial, path, f"the concept '{name}' is used nowhere")
        if concept.open_list:
            says = "the source leaves this list open: the investigator decides what is not named"
            yield note(trial, path, says)


def _unseen(trial: Examined) -> Iterator[Finding]:
    unseen = trial.protocol.eligibility.unseen
    if unseen is None or (unseen.include == 0 and unseen.exclude == 0):
        return
    says = f"criteria that the source hides: include {unseen.include}, exclude {unseen.exclude}"
    advice = "whoever meets those shown may still not be eligible"
    yield note(trial, "eligibility.unseen", says, advice)
