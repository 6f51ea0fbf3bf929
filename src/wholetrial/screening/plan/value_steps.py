"""The steps of a value against a threshold, and of age, sex."""

from math import ceil, floor

from wholetrial.protocol.condition import Compare
from wholetrial.protocol.time import UNITS, Duration
from wholetrial.screening.days import FIRST
from wholetrial.screening.plan.expression import (
    FALSE,
    MISSING,
    TRUE,
    UNKNOWN,
    Column,
    Count,
    Expression,
    Extreme,
    First,
    IsNull,
    Literally,
    Mean,
    Shifted,
    case,
)
from wholetrial.screening.plan.history_steps import some
from wholetrial.screening.plan.plan import Step

VALUE, HIGH, DAY1, DAY2 = (Column(name) for name in ("value", "high", "day1", "day2"))
CAND, SURE, MET, MISSED = (Column(name) for name in ("cand", "sure", "met", "missed"))


def age_truth(atom: Compare, end: Expression) -> Expression:
    """Age in completed years: whole years after the birth lie on or before the index day."""
    unit = UNITS.get(atom.unit or "years", "year")

    def reached(number: int) -> Expression:
        """Whether somebody is so old; null where the birthday decides."""
        length = Duration(number=max(number, 0), unit=unit)
        late, early = (Shifted(Column(n), length, back=False) for n in ("born_to", "born_from"))
        return case((late <= end, TRUE), (early > end, FALSE))

    low = atom.threshold
    match atom.compare:
        case ">=":
            return reached(ceil(low))
        case ">":
            return reached(floor(low) + 1)
        case "<=":
            return ~reached(floor(low) + 1)
        case "<":
            return ~reached(ceil(low))
        case "=" if low != int(low):
            return case((IsNull(Column("born_from")), UNKNOWN), otherwise=FALSE)
        case _:
            upper = low if atom.upper is None else atom.upper
            return reached(ceil(low)) & ~reached(floor(upper) + 1)


def sex_truth(sex: str) -> Expression:
    """Whether the sex is this one."""
    return Column("sex").equals(sex)


def value_step(atom: Compare, name: str, end: Expression, *, lower_is_better: bool) -> Step:
    """The step of a value of a measure."""
    end_, after = Column(f"{name}_end"), Column(f"{name}_after")
    person: dict[str, Expression] = {end_.name: end}
    if atom.within:
        person[after.name] = Shifted(end, atom.within, back=True)
    cand, sure = end_ >= DAY1, end_ >= DAY2
    lower: Expression = after if atom.within else Literally(FIRST)
    cand, sure = cand & (lower < DAY2), sure & (lower < DAY1)
    usable, of_value = _compared(atom)
    base: dict[str, Expression] = {
        "cand": Column("yes") & cand,
        "sure": Column("yes") & sure,
        "met": case((usable, of_value), otherwise=FALSE),
        "missed": case((usable, ~of_value), otherwise=FALSE),
        "size": case((HIGH > 0, VALUE / HIGH), otherwise=MISSING) if atom.unit == "ULN" else VALUE,
        "usable": usable,
    }
    highest = lower_is_better == (atom.pick == "worst")
    rows, counts, truth = _picked(atom, name, base, highest=highest)
    return Step(name, atom.value, person, rows, counts, truth)


def _compared(atom: Compare) -> tuple[Expression, Expression]:
    """Whether a row has the number that is needed, and whether it meets the threshold."""
    if atom.unit == "ULN":
        usable = ~IsNull(VALUE) & ~IsNull(HIGH)
        return usable, _meets(atom, VALUE, HIGH)
    return ~IsNull(VALUE), _meets(atom, VALUE, None)


def _meets(atom: Compare, value: Expression, high: Expression | None) -> Expression:
    def bound(number: float) -> Expression:
        return Literally(number) if high is None else high * number

    low = bound(atom.threshold)
    match atom.compare:
        case ">=":
            return value >= low
        case "<=":
            return value <= low
        case ">":
            return value > low
        case "<":
            return value < low
        case "=":
            return value.equals(low)
        case _:
            upper = atom.threshold if atom.upper is None else atom.upper
            return (value >= low) & (value <= bound(upper))


_Picked = tuple[tuple[dict[str, Expression], ...], dict[str, Expression], Expression]


def _picked(atom: Compare, name: str, base: dict[str, Expression], *, highest: bool) -> _Picked:
    col = {key: Column(f"{name}_{key}") for key in ("n", "sure", "met", "missed", "other")}
    rows: tuple[dict[str, Expression], ...]
    counts: dict[str, Expression] = {col["sure"].name: Count(SURE)}
    told = [
        (some(col["sure"]) & some(col["n"]) & (col["met"] >= col["n"]), TRUE),
        (some(col["sure"]) & some(col["n"]) & (col["missed"] >= col["n"]), FALSE),
    ]
    match atom.pick:
        case "any" | "every":
            one, all_ = (MET, MISSED) if atom.pick == "any" else (MISSED, MET)
            yes, no = (TRUE, FALSE) if atom.pick == "any" else (FALSE, TRUE)
            counts[col["n"].name] = Count(CAND)
            counts[col["met"].name] = Count(SURE & one)
            counts[col["missed"].name] = Count(CAND & all_)
            told = [
                (some(col["met"]), yes),
                (some(col["sure"]) & (col["missed"] >= col["n"]), no),
            ]
            return (base,), counts, case(*told)
        case "mean":
            return (base,), *_mean(atom, name, counts)
        case "worst" | "best":
            edge: dict[str, Expression] = {"edge": Extreme(Column("size"), SURE, highest=highest)}
            beyond = (
                Column("size") >= Column("edge") if highest else Column("size") <= Column("edge")
            )
            plain = atom.model_copy(update={"unit": None})
            compared: dict[str, Expression] = {
                "chosen": CAND & beyond,
                "met": case(
                    (Column("usable"), _meets(plain, Column("size"), None)), otherwise=FALSE
                ),
            }
            missed: dict[str, Expression] = {"missed": Column("usable") & ~MET}
            counts[col["other"].name] = Count(CAND & ~Column("usable"))
            told = [(some(col["other"]), UNKNOWN), *told]
            rows = (base, edge, compared, missed)
        case _:
            newest: dict[str, Expression] = {"newest": Extreme(DAY1, SURE, highest=True)}
            chosen = CAND & (First((Column("newest"), Literally(FIRST))) <= DAY2)
            rows = (base, newest, {"chosen": chosen})
    chosen_ = Column("chosen")
    counts[col["n"].name] = Count(chosen_)
    counts[col["met"].name] = Count(chosen_ & MET)
    counts[col["missed"].name] = Count(chosen_ & MISSED)
    return rows, counts, case(*told)


def _mean(
    atom: Compare, name: str, counts: dict[str, Expression]
) -> tuple[dict[str, Expression], Expression]:
    plain = atom.model_copy(update={"unit": None})
    other, mean = Column(f"{name}_other"), Column(f"{name}_mean")
    counts[other.name] = Count(CAND & (~SURE | ~Column("usable")))
    counts[mean.name] = Mean(Column("size"), CAND & Column("usable"))
    truth = case(
        (some(other) | IsNull(mean), UNKNOWN),
        (_meets(plain, mean, None), TRUE),
        otherwise=FALSE,
    )
    return counts, truth
