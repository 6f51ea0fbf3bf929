"""The reasons of an answer in plain words: what is known, of which days, from which source."""

from collections.abc import Iterable, Sequence

from wholetrial.protocol.condition import Compare, Consent, History, Judgement, State
from wholetrial.protocol.condition_in_words import condition_in_words
from wholetrial.protocol.english import amount, event_in_words, listed, measure_in_words
from wholetrial.protocol.reader import number_text
from wholetrial.screening.answer import AtomAnswer, Finding, Span, Truth
from wholetrial.screening.case import Case
from wholetrial.screening.days import Days, in_words
from wholetrial.screening.person import Fact

_MOST_SHOWN = 3


def history_because(atom: History, case: Case, span: Span, found: Finding) -> str:
    """Why something counts as having happened, or not, in a span of days."""
    lay = _with_exception(case, atom.had, atom.excepting)
    known = _what_is_known(lay, found, _not_counted(atom.had, found, case))
    return f"{known}{_within(atom, span)}{_assumed_day(atom.before, case)}"


def state_because(atom: State, case: Case, span: Span, found: Finding) -> str:
    """Why something counts as holding on the index day, or not."""
    lay = _with_exception(case, atom.of, atom.excepting)
    if found.truth is Truth.NO and not found.facts and not found.silent:
        return sex_because(case.person.sex)
    known = _what_is_known(lay, found, _not_counted(atom.of, found, case))
    if atom.stable:
        steady = [fact.steady for fact in found.facts if fact.steady]
        known += f", unchanged since {steady[0]}" if steady else ", unchanged since an unknown day"
    if span.after:
        length = f"{'more than' if atom.longer else 'at least'} {atom.span}"
        known += f"; needed since {in_words(span.after)} ({length})"
    return known


def wanted(atom: History | State, case: Case, found: Finding) -> str:
    """The fact that would settle an atom."""
    lay = case.lay(atom.had if isinstance(atom, History) else atom.of)
    if found.conflict:
        return f"which source is right about {lay}"
    if not found.facts:
        return f"whether {condition_in_words(_positive(atom), case.protocol)}"
    if atom.excepting and any(fact.kind is None for fact in found.facts if fact.yes):
        return f"whether it was {case.lay(atom.excepting)}"
    if isinstance(atom, State) and atom.stable:
        return f"since when {lay} is unchanged"
    if isinstance(atom, History) and (atom.times or atom.kinds):
        return f"how many {'times' if atom.times else 'kinds'}: {lay}"
    return f"the days of {lay}"


def no_half_life(atom: History, case: Case) -> AtomAnswer:
    """The answer where a rule counts in half-lives that nobody states, or in days of the study."""
    if atom.in_study:
        because, missing = "looked at during the study, not at screening", None
    else:
        because = f"the half-life of {case.lay(atom.had)} is not stated in the trial file"
        missing = f"the half-life of {case.lay(atom.had)}"
    return AtomAnswer(atom, Truth.UNKNOWN, because, missing=missing)


def sex_because(sex: str | None) -> str:
    """The sex, or that it is not known."""
    return f"sex: {sex or 'not known'}"


def asked_because(atom: Judgement | Consent, facts: Sequence[Fact]) -> str:
    """What was answered to a judgement or a consent."""
    who = f"the {atom.judge}" if isinstance(atom, Judgement) else "the participant"
    if not facts:
        return f"{who} has not been asked"
    said = [f"{'yes' if fact.yes else 'no'}{_source(fact)}" for fact in facts]
    if len({fact.yes for fact in facts}) > 1:
        return f"two answers disagree: {listed(said)}"
    return f"{who} says {said[0]}"


def wanted_answer(atom: Judgement | Consent) -> str:
    """What has to be asked."""
    if isinstance(atom, Judgement):
        return f'whether the {atom.judge} judges "{atom.judges}"'
    return f'agreement to "{atom.agrees_to}"' if atom.agrees_to else "consent"


def not_at_screening(atom: Compare, span: Span) -> AtomAnswer:
    """The answer to what is looked at on later visits."""
    because = f"'{atom}' is looked at on other visits, not at screening"
    return AtomAnswer(atom, Truth.UNKNOWN, because, (), span)


def no_value(atom: Compare, case: Case, span: Span) -> AtomAnswer:
    """The answer where nothing is known of a value."""
    measure = _measure(atom, case)
    of = f" between {in_words(span.after)} and {in_words(span.until)}" if span.after else ""
    missing = "the day of birth" if atom.value == "age" else f"{measure}{of}"
    return AtomAnswer(atom, Truth.UNKNOWN, f"{measure}: not known{of}", (), span, missing)


def value_because(atom: Compare, case: Case, used: Sequence[Fact], truth: Truth) -> str:
    """The values that decide, and by how much a threshold is missed."""
    measure = _measure(atom, case)
    told = listed(_shown([_value_in_words(fact, case) for fact in used]))
    unused = [fact.unusable for fact in used if fact.unusable]
    if unused:
        return f"{measure}: {told}; not used: {unused[0]}"
    if truth is Truth.UNKNOWN:
        return f"{measure}: {told}, which lead to different answers"
    return f"{measure}: {told}{_distance(atom, used) if truth is Truth.NO else ''}"


def wanted_value(atom: Compare, case: Case, used: Sequence[Fact]) -> str:
    """The value that would settle a comparison."""
    measure = _measure(atom, case)
    if any(fact.unusable for fact in used):
        return f"{measure} in a form that can be used"
    if atom.unit == "ULN" and any(fact.high is None for fact in used):
        return f"the upper limit of normal of {measure}"
    return f"which value of {measure} counts"


def age_because(atom: Compare, ages: tuple[int, int], born: Days, truth: Truth) -> str:
    """The age in completed years, or that it depends on the birthday."""
    youngest, oldest = ages
    unit = "" if (atom.unit or "years") == "years" else f" {atom.unit}"
    age = str(youngest) if youngest == oldest else f"{youngest} or {oldest}"
    needed = f", needs {str(atom).removeprefix('age ')}" if truth is not Truth.YES else ""
    return f"age {age}{unit} (born {born}){needed}"


def _measure(atom: Compare, case: Case) -> str:
    return measure_in_words(atom.value, case.protocol)


def _value_in_words(fact: Fact, case: Case) -> str:
    value = "no number" if fact.value is None else amount(fact.value, fact.unit or None)
    day = fact.start or "the screening day"
    return f"{value} on {day}{_source(fact)}" if fact.start else f"{value}{_source(fact)}"


def _distance(atom: Compare, used: Sequence[Fact]) -> str:
    """How far the nearest value is from the threshold."""
    limit = f", needs {str(atom).partition(atom.value)[2].strip()}"
    values = [fact.value for fact in used if fact.value is not None]
    if atom.unit == "ULN" or atom.pick == "mean" or not values:
        return limit
    low = atom.threshold
    high = low if atom.upper is None else atom.upper
    nearest = min(values, key=lambda value: max(low - value, value - high))
    short = round(low - nearest, 9)
    over = round(nearest - high, 9)
    unit = "" if atom.unit in (None, "%") else f" {atom.unit}"
    if atom.compare in (">=", "in") and short > 0:
        return f"{limit}: short by {number_text(short)}{unit}"
    if atom.compare in ("<=", "in") and over > 0:
        return f"{limit}: above by {number_text(over)}{unit}"
    return limit


def _not_counted(about: str, found: Finding, case: Case) -> tuple[Fact, ...]:
    """Facts that are known and lie outside the days in question."""
    if found.truth is Truth.YES:
        return ()
    facts = (fact for fact in case.person.facts if fact.about == about and fact.yes)
    return tuple(fact for fact in facts if not any(fact is one for one in found.facts))


def _what_is_known(lay: str, found: Finding, outside: Sequence[Fact]) -> str:
    if found.conflict:
        return f"{lay}: two sources disagree: {listed(_answers(found.facts))}"
    told = _shown(_answers((*outside, *found.facts)))
    if found.silent and not found.facts:
        told = [*told, "nothing else recorded" if told else "nothing recorded"]
    return f"{lay}: {listed(told) if told else 'not known'}"


def _answers(facts: Iterable[Fact]) -> list[str]:
    return [f"{_said(fact)}{_source(fact)}" for fact in facts]


def _said(fact: Fact) -> str:
    kind = f"{fact.kind} " if fact.kind else ""
    if not fact.yes:
        since = f" since {fact.start}" if fact.start else ""
        return f"no{since} up to {fact.last}" if fact.last else f"no{since}"
    if fact.value is not None:
        return f"{number_text(fact.value)} times"
    if fact.start and fact.last:
        same = fact.start == fact.last
        return f"{kind}on {fact.start}" if same else f"{kind}from {fact.start} to {fact.last}"
    if fact.start:
        return f"{kind}since {fact.start}"
    if fact.last:
        return f"{kind}until {fact.last}"
    return f"{kind}yes, {'it has ended' if fact.ended else 'no day given'}"


def _source(fact: Fact) -> str:
    return f" ({fact.source})" if fact.source else ""


def _shown(told: list[str]) -> list[str]:
    more = len(told) - _MOST_SHOWN
    return told if more <= 0 else [*told[:_MOST_SHOWN], f"{more} more"]


def _within(atom: History, span: Span) -> str:
    if span.after is None:
        return ""
    return f"; counted after {in_words(span.after)} up to {in_words(span.until)}"


def _assumed_day(event: str | None, case: Case) -> str:
    if event is None or event in case.person.dates or event == "screening":
        return ""
    return f" ({event_in_words(event)} is taken to be on the screening day)"


def _with_exception(case: Case, about: str, excepting: str | None) -> str:
    return case.lay(about) + (f" other than {case.lay(excepting)}" if excepting else "")


def _positive(atom: History | State) -> History | State:
    return atom.model_copy(update={"never": False}) if isinstance(atom, History) else atom
