"""What surely holds of everybody who may take part: the atoms that a criterion alone decides by."""

from collections.abc import Iterator
from math import inf

from wholetrial.protocol.condition import AllOf, AnyOf, Compare, Condition, Named, Not, State, parts
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.reader import number_text
from wholetrial.protocol.time import UNITS
from wholetrial.screening.evaluate import decisive


def certain(protocol: Protocol) -> Iterator[tuple[Condition, bool]]:
    """Each atom that must hold of a participant (True), or must not (False), criteria in order."""
    for _, kind, criterion in decisive(protocol):
        if criterion.rule is not None:
            yield from certain_in(criterion.rule, kind == "include", protocol)


def certain_in(
    condition: Condition, wanted: bool, protocol: Protocol
) -> Iterator[tuple[Condition, bool]]:
    """The atoms that must hold, or must not: of "A or B" neither must, and both must not."""
    match condition:
        case Named() if condition.when is None and condition.term in protocol.terms:
            yield from certain_in(protocol.terms[condition.term], wanted, protocol)
        case Not():
            yield from certain_in(condition.negated, not wanted, protocol)
        case AllOf() | AnyOf():
            if isinstance(condition, AllOf) == wanted:
                for part in parts(condition):
                    yield from certain_in(part, wanted, protocol)
        case _:
            yield condition, wanted


_OPPOSITE = {">=": "<", "<": ">=", ">": "<=", "<=": ">"}


def ages(protocol: Protocol) -> str:
    """The ages that may take part: "18 to 65 years", "18 years or older", or nothing."""
    lows, highs = [0.0], [inf]
    for atom, wanted in certain(protocol):
        years = isinstance(atom, Compare) and UNITS.get(atom.unit or "years") == "year"
        if isinstance(atom, Compare) and atom.value == "age" and years:
            low, high = _bounds(atom, wanted)
            lows.append(low)
            highs.append(high)
    low, high = max(lows), min(highs)
    if high == inf:
        return f"{number_text(low)} years or older" if low else ""
    return f"{f'{number_text(low)} to' if low else 'up to'} {number_text(high)} years"


def _bounds(atom: Compare, wanted: bool) -> tuple[float, float]:
    """The least and the greatest age in whole years that a comparison allows."""
    sign = atom.compare if wanted else _OPPOSITE.get(atom.compare, "")
    match sign:
        case ">=" | ">":
            return atom.threshold + (sign == ">"), inf
        case "<=" | "<":
            return 0.0, atom.threshold - (sign == "<")
        case "in" if atom.upper is not None:
            return atom.threshold, atom.upper
        case _:
            return 0.0, inf


def sex(protocol: Protocol) -> str:
    """The sex that may take part: "All" unless a criterion needs one."""
    for atom, wanted in certain(protocol):
        named = isinstance(atom, State) and atom.state == "is" and atom.of in ("male", "female")
        if isinstance(atom, State) and named and wanted:
            return atom.of.capitalize()
    return "All"
