"""A condition as a sentence: "PASI has improved from baseline by at least 75% at week 12"."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from wholetrial.protocol.condition import (
    AllOf,
    AnyOf,
    AtLeast,
    Compare,
    Condition,
    Consent,
    History,
    IfThen,
    Judgement,
    Named,
    Not,
    State,
    Unless,
)
from wholetrial.protocol.english import (
    amount,
    event_in_words,
    listed,
    measure_in_words,
    name_in_words,
    point_in_words,
    points_in_words,
    when_in_words,
)
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.time import Duration, Point, When

_SIGNS = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than", "=": "exactly"}
_OPPOSITE = {">=": "<", "<": ">=", "<=": ">", ">": "<="}
DEEPEST_TERM = 20
_JOINED = AllOf | AnyOf | AtLeast | IfThen | Unless


class Clause(NamedTuple):
    """A subject and what is said of it; no subject where the text is whole."""

    subject: str
    says: str

    def __str__(self) -> str:
        return f"{self.subject} {self.says}".strip()


class _Words(NamedTuple):
    """The protocol whose terms are spoken of, what a person is called, the terms opened so far."""

    protocol: Protocol
    person: str
    opened: tuple[str, ...] = ()


def condition_in_words(
    condition: Condition, protocol: Protocol, *, person: str = "the participant"
) -> str:
    """A condition in plain English, as a clause without a capital letter or full stop.

    Terms are opened, concepts stand in their lay words.
    """
    return str(_clause(condition, _Words(protocol, person)))


def participants_in_words(condition: Condition, protocol: Protocol) -> str:
    """The participants who meet a condition: "participants whose PASI has improved by ..."."""
    return f"participants {relative_clause(condition, protocol)}"


def relative_clause(condition: Condition, protocol: Protocol) -> str:
    """A condition said of participants: "whose PASI is at least 12", "for whom ..."."""
    clause = _clause(condition, _Words(protocol, "the participant"))
    measured = [*protocol.instruments, "age", "weight"]
    if clause.subject in {measure_in_words(name, protocol) for name in measured}:
        return f"whose {clause}"
    return f"for whom {clause}"


def _clause(condition: Condition, words: _Words) -> Clause:
    match condition:
        case Compare():
            return _compare(condition, words)
        case History():
            return Clause(words.person, _history(condition, words))
        case State():
            return Clause(words.person, _state(condition, words))
        case Judgement():
            return Clause(f"the {name_in_words(condition.judge)}", f'judges "{condition.judges}"')
        case Consent():
            agreed = f"agrees to {condition.agrees_to}" if condition.agrees_to else "consents"
            return Clause(words.person, agreed)
        case Named():
            return _term(condition, words)
        case _:
            return _composed(condition, words)


def _composed(condition: Condition, words: _Words) -> Clause:
    match condition:
        case AllOf():
            return Clause("", _joined(condition.all, "and", words))
        case AnyOf():
            return Clause("", _joined(condition.any, "or", words))
        case Not():
            return _negated(condition.negated, words)
        case AtLeast():
            inner = "; ".join(str(_clause(part, words)) for part in condition.of)
            return Clause("", f"at least {condition.at_least} of these hold: {inner}")
        case IfThen():
            premise, then = _clause(condition.premise, words), _clause(condition.then, words)
            return Clause("", f"if {premise}, then {then}")
        case Unless():
            holds, exception = _clause(condition.holds, words), _clause(condition.unless, words)
            return Clause("", f"{holds}, unless {exception}")
        case _:
            return Clause("", str(condition))


def _joined(parts: tuple[Condition, ...], joint: str, words: _Words) -> str:
    spoken: list[str] = []
    before = ""
    for part in parts:
        clause = _clause(part, words)
        if isinstance(part, _JOINED):
            lead = "either " if isinstance(part, AnyOf) else ""
            spoken.append(f"{lead}{clause}")
            before = ""
            continue
        same = clause.subject and clause.subject == before
        spoken.append(clause.says if same else str(clause))
        before = clause.subject
    if any(re.search("[,;:]", part) for part in spoken):
        return f"; {joint} ".join(spoken)
    nested = any(isinstance(part, _JOINED) for part in parts)
    return f", {joint} ".join(spoken) if nested else listed(spoken, joint)


def _compare(condition: Compare, words: _Words) -> Clause:
    measure = _picked(condition, measure_in_words(condition.value, words.protocol))
    at = "".join(f" {part}" for part in _days_before(condition))
    at += f" {when_in_words(condition.when)}" if condition.when else ""
    size = _size(condition)
    match condition.derived:
        case "improvement":
            since = f" {_since(condition.since)}" if condition.since else ""
            return Clause(measure, f"has improved{since} by {size}{at}")
        case "change":
            points = "" if condition.unit else " points"
            since = _since(condition.since)
            return Clause(measure, f"has changed {since} by {size}{points}{at}")
        case "loss":
            return Clause("", f"{size} of {_reached(condition, measure)} has been lost{at}")
        case _:
            exact = "is" if condition.compare == "=" else f"is {_SIGNS.get(condition.compare, '')}"
            if condition.compare == "in":
                return Clause(measure, f"is {size}{at}")
            value = _amount(condition)
            return Clause(measure, f"{exact.strip()} {value}{at}")


def _picked(condition: Compare, measure: str) -> str:
    return f"{condition.pick} {measure}" if condition.pick else measure


def _size(condition: Compare) -> str:
    if condition.compare == "in" and condition.upper is not None:
        low = amount(condition.threshold, "%" if condition.unit == "%" else None)
        return f"{low} to {amount(condition.upper, condition.unit)}"
    whole = condition.threshold == 100 and condition.unit == "%" and condition.compare == ">="
    if whole and condition.derived == "improvement":
        return "100%"
    return f"{_SIGNS[condition.compare]} {_amount(condition)}"


def _amount(condition: Compare) -> str:
    if condition.unit == "ULN":
        return f"{amount(condition.threshold)} times the upper limit of normal"
    return amount(condition.threshold, condition.unit)


def _since(since: str | Point | None) -> str:
    if isinstance(since, Point):
        return f"from {point_in_words(since)}"
    return "from its best value" if since == "best" else "from baseline"


def _reached(condition: Compare, measure: str) -> str:
    if isinstance(condition.since, Point):
        return f"the {measure} improvement reached at {point_in_words(condition.since)}"
    if condition.since == "best":
        return f"the best {measure} improvement so far"
    return f"the {measure} improvement"


def _term(condition: Named, words: _Words) -> Clause:
    meant = words.protocol.terms.get(condition.term)
    at = f" {when_in_words(condition.when)}" if condition.when else ""
    if meant is None or condition.term in words.opened or len(words.opened) > DEEPEST_TERM:
        return Clause(f'"{name_in_words(condition.term)}"', f"holds{at}")
    inside = words._replace(opened=(*words.opened, condition.term))
    if condition.when is None:
        return _clause(meant, inside)
    timed = _at(meant, condition.when)
    if timed is not None:
        return _clause(timed, inside)
    if isinstance(meant, _JOINED):
        return Clause("", f"{when_in_words(condition.when)}, {_clause(meant, inside)}")
    clause = _clause(meant, inside)
    return Clause(clause.subject, f"{clause.says}{at}")


def _at(condition: Condition, when: When) -> Condition | None:
    """The same comparison or term at a time, where it names none itself."""
    if isinstance(condition, Compare | Named) and condition.when is None:
        return condition.model_copy(update={"when": when})
    if isinstance(condition, Not):
        inner = _at(condition.negated, when)
        return Not.model_construct(negated=inner) if inner is not None else None
    return None


def _negated(condition: Condition, words: _Words) -> Clause:
    match condition:
        case Not():
            return _clause(condition.negated, words)
        case Compare() if condition.compare in _OPPOSITE and _has_opposite(condition.when):
            return _opposite(condition, words)
        case Named() if condition.term in words.protocol.terms:
            return _negated_term(condition, words)
        case Consent():
            agreed = f"does not agree to {condition.agrees_to}" if condition.agrees_to else ""
            return Clause(words.person, agreed or "does not consent")
        case History():
            return Clause(words.person, _history(condition, words, negated=True))
        case State() if condition.state == "is":
            says = _state(condition, words).removeprefix("is ")
            return Clause(words.person, f"is not {says}")
        case _:
            return Clause("", f"it is not the case that {_clause(condition, words)}")


def _has_opposite(when: When | None) -> bool:
    """Whether the opposite of a comparison can be said with the opposite sign."""
    return when is None or when.how != "at" or len(when.points) == 1


def _opposite(condition: Compare, words: _Words) -> Clause:
    """The opposite of a comparison: what held at any visit fails at every one, and conversely."""
    when, changed = condition.when, {"compare": _OPPOSITE[condition.compare]}
    if when is None or when.how == "at":
        return _clause(condition.model_copy(update=changed), words)
    clause = _clause(condition.model_copy(update={**changed, "when": None}), words)
    span = when_in_words(When(how="any", points=when.points)).removeprefix("at any visit ")
    visits = {
        "by": f"at every visit up to {points_in_words(when.points)}",
        "any": f"at every visit {span}",
        "every": f"at one visit or more {span}",
    }
    return Clause(clause.subject, f"{clause.says} {visits[when.how]}")


def _negated_term(condition: Named, words: _Words) -> Clause:
    meant = words.protocol.terms[condition.term]
    timed = _at(meant, condition.when) if condition.when else meant
    deep = condition.term in words.opened or len(words.opened) > DEEPEST_TERM
    if deep or timed is None or not isinstance(timed, Compare | Named):
        return Clause("", f"it is not the case that {_term(condition, words)}")
    return _negated(timed, words._replace(opened=(*words.opened, condition.term)))


def _history(condition: History, words: _Words, *, negated: bool = False) -> str:
    lay, gerund = _concept(condition.had, words)
    adverb = {(False, False): "", (False, True): " not", (True, False): " never"}.get(
        (condition.never, negated), " at some time"
    )
    except_ = f" {_except(condition.excepting, words)}" if condition.excepting else ""
    limits = " ".join(_limits(condition))
    verb = "been" if gerund else "had"
    return _with_limits(f"has{adverb}", f" {verb} {lay}{except_}", limits)


def _limits(condition: History) -> Iterator[str]:
    if condition.times:
        yield f"at least {condition.times} times"
    if condition.kinds:
        yield f"of at least {condition.kinds} kinds"
    if condition.span:
        yield _span(condition.span, condition.longer)
    yield from _days_before(condition)
    if condition.in_study:
        yield "during the study"


def _days_before(condition: Compare | History) -> Iterator[str]:
    """In which span of days: "within the 4 weeks before the first dose"."""
    before = f"before {event_in_words(condition.before)}" if condition.before else ""
    half_lives = condition.half_lives if isinstance(condition, History) else None
    length = f"{half_lives} half-lives" if half_lives else condition.within
    if length:
        yield f"within the {length} {before}" if before else f"within the past {length}"
    elif before:
        yield before


def _with_limits(verb: str, what: str, limits: str) -> str:
    """Limits of time stand first where the words for a concept hold a comma or a colon."""
    if not limits:
        return f"{verb}{what}"
    return f"{verb}, {limits},{what}" if re.search("[,;:]", what) else f"{verb}{what} {limits}"


def _state(condition: State, words: _Words) -> str:
    lay, gerund = _concept(condition.of, words)
    verb, doing = {
        "has": ("has", " had") if condition.span else ("is" if gerund else "has", ""),
        "is": ("has", " been") if condition.span else ("is", ""),
        "takes": ("has", " taken") if condition.span else ("takes", ""),
        "plans": ("plans on" if gerund else "plans", ""),
    }[condition.state]
    except_ = f" {_except(condition.excepting, words)}" if condition.excepting else ""
    stable = "at a stable dose" if condition.stable else ""
    span = _span(condition.span, condition.longer) if condition.span else ""
    return _with_limits(verb, f"{doing} {lay}{except_}", f"{stable} {span}".strip())


def _concept(name: str, words: _Words) -> tuple[str, bool]:
    """A concept in lay words, and whether they begin with a doing ("taking part in ...")."""
    known = words.protocol.eligibility.concepts.get(name)
    lay = known.lay if known else name_in_words(name)
    return lay, lay.split(" ")[0].endswith("ing")


def _except(name: str, words: _Words) -> str:
    return f"(except {_concept(name, words)[0]})"


def _span(span: Duration, longer: bool) -> str:
    return f"for {'more than' if longer else 'at least'} {span}"
