"""The steps of `had X within 4 weeks`, `has X for at least 6 months` and of what is answered."""

from wholetrial.protocol.condition import Consent, History, Judgement, State
from wholetrial.protocol.time import Duration
from wholetrial.screening.days import FIRST
from wholetrial.screening.plan.expression import (
    FALSE,
    TRUE,
    UNKNOWN,
    Column,
    Count,
    Distinct,
    Expression,
    First,
    IsNull,
    Literally,
    Outer,
    Shifted,
    case,
)
from wholetrial.screening.plan.plan import Coverage, Step

S1, S2, L1, L2 = (Column(name) for name in ("s1", "s2", "l1", "l2"))
YES, ENDED, UNDATED, EXACT, KIND, VALUE = (
    Column(name) for name in ("yes", "ended", "undated", "exact", "kind", "value")
)
FOR_WOMEN = ("pregnant", "breastfeeding")
_DAY = Duration(number=1, unit="day")


def none(counted: Expression) -> Expression:
    """Whether nothing was counted."""
    return counted <= 0


def some(counted: Expression) -> Expression:
    """Whether something was counted."""
    return counted > 0


def reaching_back(
    first: Expression | None, end: Expression, lookback: Duration | None
) -> Expression:
    """The first day that a source has to cover; "ever" begins with life, or at the lookback."""
    if first is None:
        first = (
            Shifted(Shifted(end, lookback, back=True), _DAY, back=False)
            if lookback
            else Literally(FIRST)
        )
    return Outer("greatest", (first, First((Column("born_from"), Literally(FIRST)))))


def history_step(
    atom: History,
    name: str,
    end: Expression,
    length: Duration | None,
    rules: "tuple[Duration | None, bool]",
) -> Step:
    """The step of what happened before; `rules` are the lookback, and whether silence means no."""
    lookback, absence_is_no = rules
    col = {key: Column(f"{name}_{key}") for key in ("end", "after", "first", "covered")}
    after = Shifted(end, length, back=True) if length else None
    person: dict[str, Expression] = {col["end"].name: end}
    first: Expression = Literally(FIRST)
    if after is not None:
        person[col["after"].name] = after
        person[col["first"].name] = Shifted(after, _DAY, back=False)
        first = col["first"]
    rows = _happened(atom, col["end"], col["after"] if length else None)
    counts = _counts(name, atom)
    covers = Coverage(
        col["covered"].name,
        atom.had,
        absence_is_no,
        reaching_back(col["first"] if length else None, col["end"], lookback),
        col["end"],
    )
    denies = (~YES) & (Column("denied_from") <= first) & (Column("denied_to") >= col["end"])
    counts[f"{name}_denied"] = Count(denies)
    truth = _history_truth(atom, name, length is not None)
    return Step(name, atom.had, person, rows, counts, ~truth if atom.never else truth, (covers,))


def _happened(
    atom: History, end: Column, after: Column | None
) -> tuple[dict[str, Expression], ...]:
    surely, perhaps = end >= S2, end >= S1
    if after is not None:
        surely, perhaps = surely & (after < L1), perhaps & (after < L2)
    if atom.span:
        ends = [Shifted(Outer("least", (last, end)), atom.span, back=True) for last in (L1, L2)]
        surely = surely & (ends[0] > S2 if atom.longer else ends[0] >= S2)
        perhaps = perhaps & (ends[1] > S1 if atom.longer else ends[1] >= S1)
    return (
        {
            "surely": _fits(surely, atom.excepting, sure=True),
            "perhaps": _fits(perhaps, atom.excepting, sure=False),
        },
    )


def _fits(rule: Expression, excepting: str | None, *, sure: bool) -> Expression:
    """The rows that say yes and are not excepted; of unnamed kind only perhaps."""
    fits = YES & rule
    if excepting is None:
        return fits
    named = case((IsNull(KIND), FALSE if sure else TRUE), otherwise=~KIND.equals(excepting))
    return fits & named


def _counts(name: str, atom: History) -> dict[str, Expression]:
    surely, perhaps = Column("surely"), Column("perhaps")
    if not (atom.times or atom.kinds):
        return {f"{name}_surely": Count(surely), f"{name}_perhaps": Count(perhaps)}
    if atom.kinds:
        counted, unnamed = KIND, IsNull(KIND)
        return {
            f"{name}_surely": Distinct(counted, surely & ~unnamed),
            f"{name}_fits": Count(perhaps),
            f"{name}_perhaps": Distinct(counted, perhaps & ~unnamed),
            f"{name}_unnamed": Count(perhaps & unnamed),
            f"{name}_undated": Count(perhaps & UNDATED),
        }
    needed = atom.times or 1
    stated = ~IsNull(VALUE) & _fits(TRUE, atom.excepting, sure=False)
    windowed = atom.within or atom.half_lives
    in_span = surely if windowed else _fits(TRUE, atom.excepting, sure=True)
    plain = IsNull(VALUE)
    return {
        f"{name}_exact": Distinct(S1, surely & plain & EXACT),
        f"{name}_surely": Count(surely & plain),
        f"{name}_fits": Count(perhaps & plain),
        f"{name}_perhaps": Distinct(S1, perhaps & plain & EXACT),
        f"{name}_unnamed": Count(perhaps & plain & ~EXACT),
        f"{name}_undated": Count(perhaps & plain & UNDATED),
        f"{name}_stated": Count(stated),
        f"{name}_enough": Count(stated & (needed <= VALUE) & in_span),
        f"{name}_fewer": Count(stated & (needed > VALUE)),
    }


def _history_truth(atom: History, name: str, windowed: bool) -> Expression:
    col = {
        key: Column(f"{name}_{key}")
        for key in ("surely", "perhaps", "denied", "covered", "fits", "unnamed", "undated")
    }
    if not (atom.times or atom.kinds):
        return case(
            (some(col["surely"]) & some(col["denied"]), UNKNOWN),
            (some(col["surely"]), TRUE),
            (some(col["perhaps"]), UNKNOWN),
            (some(col["denied"]) | some(col["covered"]), FALSE),
        )
    needed = atom.times or atom.kinds or 1
    surely: Expression = col["surely"]
    if atom.times:
        at_least_one = case((some(col["surely"]), Literally(1)), otherwise=Literally(0))
        surely = Outer("greatest", (Column(f"{name}_exact"), at_least_one))
    counted = case(
        (some(col["fits"]) & some(col["denied"]), UNKNOWN),
        (surely >= needed, TRUE),
        (none(col["fits"]) & some(col["denied"]), FALSE),
        (
            some(col["covered"])
            & none(col["undated"])
            & (col["perhaps"] + col["unnamed"] < needed),
            FALSE,
        ),
    )
    return _with_stated(name, counted) if atom.times else counted


def _with_stated(name: str, dated: Expression) -> Expression:
    """Numbers of times that are stated, beside the starts that are dated."""
    stated, enough, fewer = (Column(f"{name}_{key}") for key in ("stated", "enough", "fewer"))
    yes = case((dated, TRUE), otherwise=FALSE)
    return case(
        (none(stated), dated),
        (some(fewer) & (some(enough) | yes), UNKNOWN),
        (some(enough) | yes, TRUE),
        (some(fewer), FALSE),
    )


def state_step(
    atom: State, name: str, end: Expression, rules: "tuple[Duration | None, bool]"
) -> Step:
    """The step of what holds on the index day."""
    lookback, absence_is_no = rules
    col = {
        key: Column(f"{name}_{key}")
        for key in ("end", "since", "surely", "perhaps", "denied", "covered", "now")
    }
    person: dict[str, Expression] = {col["end"].name: end}
    if atom.span:
        person[col["since"].name] = Shifted(end, atom.span, back=True)
    rows = _holds(atom, col["end"], col["since"] if atom.span else col["end"])
    covers_from = col["end"] if atom.state == "takes" else None
    counts: dict[str, Expression] = {
        col["surely"].name: Count(Column("surely")),
        col["perhaps"].name: Count(Column("perhaps")),
        col["now"].name: Count(Column("now")),
        col["denied"].name: Count(
            (~YES) & (Column("denied_from") <= col["end"]) & (Column("denied_to") >= col["end"])
        ),
    }
    covers = Coverage(
        col["covered"].name,
        atom.of,
        absence_is_no,
        reaching_back(covers_from, col["end"], lookback),
        col["end"],
    )
    found = [
        (some(col["denied"]) & some(col["perhaps"]), UNKNOWN),
        (some(col["surely"]), TRUE),
        (some(col["perhaps"]), UNKNOWN),
        (some(col["denied"]) | some(col["covered"]), FALSE),
    ]
    if atom.span or atom.stable:
        found.append((some(col["now"]), FALSE))
    if atom.state == "is" and atom.of in FOR_WOMEN:
        man = case((Column("sex").equals("male"), TRUE), otherwise=FALSE)
        found = [(man & some(col["perhaps"]), UNKNOWN), (man, FALSE), *found]
    return Step(name, atom.of, person, rows, counts, case(*found), (covers,))


def _holds(atom: State, end: Column, since: Column) -> tuple[dict[str, Expression], ...]:
    surely = (end >= S2) & (~ENDED | (end <= L1))
    perhaps = (end >= S1) & (~ENDED | Column("may_last") | (end <= L2))
    surely = case((UNDATED, Column("screened").equals(end)), otherwise=surely)
    now = _fits(surely, atom.excepting, sure=True)
    if atom.stable or atom.span:
        first, last = (Column("steady1"), Column("steady2")) if atom.stable else (S1, S2)
        unknown = IsNull(last) if atom.stable else Column("no_start")
        longer = atom.longer and atom.span is not None
        surely = surely & case(
            (unknown, FALSE), otherwise=last < since if longer else last <= since
        )
        perhaps = perhaps & case(
            (unknown, TRUE), otherwise=first < since if longer else first <= since
        )
    return (
        {
            "surely": _fits(surely, atom.excepting, sure=True),
            "perhaps": _fits(perhaps, atom.excepting, sure=False),
            "now": now,
        },
    )


def asked_step(atom: Judgement | Consent, name: str) -> Step:
    """The step of what was answered to a judgement or a consent."""
    yes, no = Column(f"{name}_yes"), Column(f"{name}_no")
    truth = case(
        (some(yes) & some(no), UNKNOWN),
        (some(yes), TRUE),
        (some(no), FALSE),
    )
    return Step(name, str(atom), {}, (), {yes.name: Count(YES), no.name: Count(~YES)}, truth)
