"""Reads a condition phrase into its tree; a mix of `and` and `or` without brackets is refused."""

from typing import Annotated, Literal, get_args

from wholetrial.protocol.condition import (
    AllOf,
    AnyOf,
    AtLeast,
    Compare,
    Condition,
    Consent,
    Derived,
    History,
    IfThen,
    Judgement,
    Named,
    Not,
    Pick,
    State,
    Unless,
)
from wholetrial.protocol.reader import Reader
from wholetrial.protocol.time import Duration, Point, read_duration, read_point, read_when
from wholetrial.protocol.value import phrase

_COMPARISONS = (">=", "<=", ">", "<", "=")
_DERIVED = ("improvement", "change", "loss")
_AFTER_A_VALUE = (
    *("at", "by", "and", "or", "then", "every", "to"),
    *("within", "before", "unless"),
)


def read_condition(reader: Reader) -> Condition:
    """Read a whole condition: "if A then B" or alternatives joined by "or".

    >>> tree = read_condition(Reader("PASI >= 10 or (BSA >= 10 % and DLQI >= 10)"))
    >>> type(tree).__name__, str(tree)
    ('AnyOf', 'PASI >= 10 or (BSA >= 10 % and DLQI >= 10)')
    """
    if reader.take("if"):
        premise = _read_joined(reader)
        reader.expect("then")
        return IfThen.model_construct(premise=premise, then=_read_joined(reader))
    holds = _read_joined(reader)
    if reader.take("unless"):
        return Unless.model_construct(holds=holds, unless=_read_joined(reader))
    return holds


def _read_joined(reader: Reader) -> Condition:
    found = [_read_unit(reader)]
    joint = reader.take_one_of("and", "or")
    while joint:
        found.append(_read_unit(reader))
        if reader.sees("and", "or") and not reader.sees(joint):
            reader.fail(f"brackets around what '{joint}' joins: 'and' and 'or' do not mix")
        if not reader.take(joint):
            break
    if len(found) == 1:
        return found[0]
    return AllOf(all=tuple(found)) if joint == "and" else AnyOf(any=tuple(found))


def _read_unit(reader: Reader) -> Condition:
    reader.enter()
    if reader.take("not"):
        unit: Condition = Not.model_construct(negated=_read_unit(reader))
    elif reader.take("("):
        unit = read_condition(reader)
        reader.expect(")")
    elif reader.sees("at") and reader.sees("least", ahead=1):
        unit = _read_at_least(reader)
    else:
        unit = _read_atom(reader)
    reader.leave()
    return unit


def _read_at_least(reader: Reader) -> AtLeast:
    reader.expect("at", "least")
    count = reader.integer()
    reader.expect("of", "(")
    found = [read_condition(reader)]
    while reader.take(";"):
        found.append(read_condition(reader))
    reader.expect(")")
    return AtLeast(at_least=count, of=tuple(found))


def _read_atom(reader: Reader) -> Condition:
    if reader.take("consents"):
        return Consent()
    if reader.take("agrees", "to"):
        return Consent(agrees_to=reader.quoted())
    if reader.sees("had", "never"):
        return _read_history(reader)
    if reader.sees("has", "is", "takes", "plans"):
        return _read_state(reader)
    pick = _read_pick(reader)
    name = reader.word("a condition, such as PASI >= 12")
    if pick:
        return _read_comparison(reader, name, pick)
    if reader.take("judges"):
        return Judgement(judge=name, judges=reader.quoted())
    if reader.sees(*_DERIVED, "in", *_COMPARISONS):
        return _read_comparison(reader, name)
    return Named(term=name, when=read_when(reader))


def _read_pick(reader: Reader) -> Pick | None:
    """Read "worst" and the like, where the name of a value follows."""
    picks: tuple[Pick, ...] = get_args(Pick)
    if reader.peek(1).kind != "word" or reader.sees(*_DERIVED, "in", "judges", ahead=1):
        return None
    return next((pick for pick in picks if reader.take(pick)), None)


def _read_comparison(reader: Reader, name: str, pick: Pick | None = None) -> Compare:
    derived = reader.take_one_of(*_DERIVED)
    kind: Derived | None = None
    match derived:
        case "improvement" | "change" | "loss":
            kind = derived
    since: Literal["baseline", "best"] | Point | None = None
    if derived and reader.take("since"):
        since = _read_since(reader)
    sign = "in" if reader.take("in") else reader.take_one_of(*_COMPARISONS)
    if sign is None:
        reader.fail("a comparison: >=, <=, >, <, = or 'in LOW to HIGH'")
    threshold = reader.number()
    upper = None
    if sign == "in":
        reader.expect("to")
        upper = reader.number()
    return Compare.model_validate(
        {
            "pick": pick,
            "value": name,
            "derived": kind,
            "since": since,
            "compare": sign,
            "threshold": threshold,
            "upper": upper,
            "unit": read_unit_of_measure(reader),
            "within": read_duration(reader) if reader.take("within") else None,
            "before": _read_before(reader),
            "when": read_when(reader),
        }
    )


def _read_since(reader: Reader) -> Literal["baseline", "best"] | Point:
    if reader.take("best"):
        return "best"
    if reader.take("baseline"):
        return "baseline"
    return read_point(reader)


def read_unit_of_measure(reader: Reader) -> str | None:
    """Read a unit such as %, mg, mg/kg, years; nothing if none stands there."""
    if reader.take("%"):
        return "%"
    if reader.peek().kind != "word" or reader.sees(*_AFTER_A_VALUE):
        return None
    unit = reader.next().text
    return f"{unit}/{reader.word('a unit')}" if reader.take("/") else unit


def _read_history(reader: Reader) -> History:
    never = reader.take("never")
    reader.expect("had")
    had = reader.word("the name of a concept")
    excepting = reader.word("the name of a concept") if reader.take("except") else None
    times, kinds = _read_number_of_times(reader)
    span, longer = _read_span(reader)
    within, half_lives = _read_within(reader)
    return History(
        had=had,
        never=never,
        excepting=excepting,
        times=times,
        kinds=kinds,
        span=span,
        longer=longer,
        within=within,
        half_lives=half_lives,
        before=_read_before(reader),
        in_study=reader.take("in", "the", "study"),
    )


def _read_number_of_times(reader: Reader) -> tuple[int | None, int | None]:
    """Read "at least 2 times" or "at least 2 kinds"."""
    if not reader.take("at", "least"):
        return None, None
    number = reader.integer()
    if reader.take("kinds"):
        return None, number
    reader.expect("times")
    return number, None


def _read_within(reader: Reader) -> tuple[Duration | None, int | None]:
    """Read "within 4 weeks" or "within 5 half_lives"."""
    if not reader.take("within"):
        return None, None
    if reader.sees("half_lives", ahead=1):
        number = reader.integer()
        reader.expect("half_lives")
        return None, number
    return read_duration(reader), None


def _read_before(reader: Reader) -> str | None:
    return reader.word("the name of an event") if reader.take("before") else None


def _read_state(reader: Reader) -> State:
    state = reader.take_one_of("has", "is", "takes", "plans")
    of = reader.word("the name of a concept")
    excepting = reader.word("the name of a concept") if reader.take("except") else None
    stable = reader.take("stable")
    span, longer = _read_span(reader)
    return State.model_validate(
        {
            "state": state,
            "of": of,
            "excepting": excepting,
            "stable": stable,
            "span": span,
            "longer": longer,
        }
    )


def _read_span(reader: Reader) -> tuple[Duration | None, bool]:
    if not reader.take("for"):
        return None, False
    longer = reader.take("more", "than")
    if not longer:
        reader.take("at", "least")
    return read_duration(reader), longer


ConditionPhrase = Annotated[Condition, phrase(read_condition)]
