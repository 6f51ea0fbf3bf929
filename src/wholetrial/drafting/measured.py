"""Scores, laboratory values and ages as criteria join them, and the disease beside them."""

import re
from dataclasses import dataclass
from itertools import pairwise

from wholetrial.drafting.ages import age_in
from wholetrial.drafting.common import Vocabulary, partial
from wholetrial.drafting.items import Item
from wholetrial.drafting.lasting import lasting
from wholetrial.drafting.nouns import noun
from wholetrial.drafting.reading import Reading
from wholetrial.drafting.scores import Score, scores_in
from wholetrial.drafting.spans import lengths_in
from wholetrial.drafting.wording import NOT, left_over

MOST_LEFT = 40
_SCALE = re.compile(
    r"\(?\s*(?:on|using|based on|by|scored on|out of)?\s*(?:the |a |an )?(?:scale (?:of|from)\s*)?\b0\s*(?:-|to)\s*(\d)(?:[- ]point)?\s*(?:iga |pga |s?pga |viga-ad )?(?:point )?scale\s*\)?|\bon a (\d)-point scale\b|\bscale of 0\s*(?:-|to)\s*(\d)\b",
    re.IGNORECASE,
)
_VISITS = re.compile(
    r",?\s*\b(?:at|during|on)\s+(?:the\s+)?(?:both\s+)?(?:time of\s+)?(?:the )?(?P<first>screening|baseline|randomi[sz]ation|enrol+ment|day [01]|week 0|visit \d|study entry|entry|inclusion|first administration of study (?:drug|agent))(?:\s*\([^)]{0,30}\))?(?:\s*visits?)?"
    r"(?P<second>(?:\s*(?:and|and/or|&|,|/)\s*(?:at\s+)?(?:the\s+)?(?:first admission to the (?:clinical research unit(?:\s*\(cru\))?|cru)|screening|baseline|randomi[sz]ation|enrol+ment|day [01]|week 0|visit \d|study entry)(?:\s*\([^)]{0,30}\))?(?:\s*visits?)?){0,2})(?!\s*(?:or|to)\b)|,?\s*\bat (?:the )?time of (?:the )?(?:signing (?:of )?(?:the )?)?(?:informed )?(?:consent|inclusion|first administration of study (?:drug|agent)|enrol+ment|screening)(?: (?:form|document))?|,?\s*at the time of signing the informed consent(?: document| form)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Measured:
    """The measures and the age of a text: the rule, what is doubtful, and what else is left."""

    rule: str
    rest: str
    scores: tuple[Score, ...]
    visits: tuple[str, ...]
    others: dict[str, str]
    doubts: tuple[str, ...]

    @property
    def measures(self) -> tuple[str, ...]:
        """The names of the measures, each once."""
        return tuple(dict.fromkeys(score.measure.name for score in self.scores))


def measured(text: str, item: Item, vocabulary: Vocabulary, event: str | None) -> Reading | None:
    """Scores, laboratory values and age, joined by "and" or by "or"."""
    scale = _SCALE.search(text)
    found = _measures_of(_SCALE.sub(lambda match: " " * len(match.group(0)), text))
    if found is None:
        return None
    more: dict[str, object] = {"measures": found.measures, "events": found.visits}
    if lengths_in(found.rest) and not found.doubts:
        return _with_length(found.rule, found.rest, text, item, vocabulary, more)
    rule, remains = _with_disease(found, item, vocabulary)
    if len(remains.split()) > MOST_LEFT:
        return None
    doubts = [*found.doubts, *(["a denial"] if NOT.search(found.rest) else [])]
    doubts += [remains] if remains else []
    if doubts:
        return partial(rule, text, item, "; ".join(doubts), **more)
    todo = () if scale else _scale_todo(found.measures)
    return Reading(rule, "complete", todo=todo, **more)  # type: ignore[arg-type]


def _measures_of(text: str) -> _Measured | None:
    age, scores = age_in(text), scores_in(text)
    spans = [(score.start, score.end, score.rule) for score in scores]
    spans += [(age.start, age.end, age.rule)] if age else []
    if not spans:
        return None
    spans.sort()
    rule, doubt = _joined(text, spans)
    rest, visits = _without(text, spans)
    doubts = [*(score.doubt for score in scores), doubt]
    if age and age.others:
        doubts.append("whether those of exactly this age belong to it is not stated")
    if visits and scores and not age:
        rule = _at_visits(rule, visits)
    told = tuple(one for one in doubts if one)
    return _Measured(rule, rest, tuple(scores), tuple(visits), age.others if age else {}, told)


def _with_disease(found: _Measured, item: Item, vocabulary: Vocabulary) -> tuple[str, str]:
    """The rule with the disease that is named beside the scores, and the words still left over."""
    rest, disease = _disease(found.rest, item)
    remains, rule = left_over(rest), found.rule
    if disease:
        rule = f"has {vocabulary.name(disease)} and {f'({rule})' if ' or ' in rule else rule}"
    if item.section == "exclude":
        remains = re.sub(r"\b(?:history|diagnosis)\b", "", remains).strip()
    return rule, remains


_DISEASE = re.compile(
    r"\b(?:(?:diagnos\w+|history) (?:of|with|as) )?((?:(?:chronic|stable|active|moderate|severe|mild|to|or|and|-|/|moderate-to-severe|chronic-plaque|adult)\s*)*(?:plaque|plaque-type|guttate|nail|scalp)?\s*(?:-type\s*)?(?:psoriasis(?: vulgaris)?|atopic dermatitis|psoriatic arthritis|eczema|major depressive disorder|psa|pso|mdd)(?:\s*\((?:ad|psa|pso|mdd|psoriasis vulgaris)\))?)(?:\s*(?:,\s*)?(?:as\s*)?(?:defined|determined|assessed|measured|characterized|indicated|evidenced)?\s*(?:as|by|with|having|covering|affecting|involving)?(?: the following)?)",
    re.IGNORECASE,
)


def _disease(rest: str, item: Item) -> tuple[str, str | None]:
    """The disease that an inclusion names beside its scores, and the text without it."""
    found = list(_DISEASE.finditer(rest))
    if item.section != "include" or len(found) != 1 or NOT.search(rest):
        return rest, None
    match = found[0]
    return f"{rest[: match.start()]} {rest[match.end() :]}", noun(match[1]) or None


def _scale_todo(measures: tuple[str, ...]) -> tuple[str, ...]:
    named = [name for name in measures if name in ("IGA", "PGA")]
    return tuple(f"the width of the scale of {name} is not stated" for name in named)


def _joined(text: str, spans: list[tuple[int, int, str]]) -> tuple[str, str]:
    """The rules joined as the text joins them, and what is doubtful about that."""
    rules = [f"({rule})" if " and " in rule and len(spans) > 1 else rule for _, _, rule in spans]
    if len(rules) == 1:
        return rules[0], ""
    between = [text[one[1] : other[0]] for one, other in pairwise(spans)]
    joints = ["or" if re.search(r"\bor\b", part, re.I) else "and" for part in between]
    if len(set(joints)) == 1:
        return f" {joints[0]} ".join(rules), ""
    groups, current = [], [rules[0]]
    for joint, rule in zip(joints, rules[1:], strict=True):
        if joint == "and":
            current.append(rule)
        else:
            groups.append(current)
            current = [rule]
    groups.append(current)
    told = [f"({' and '.join(group)})" if len(group) > 1 else group[0] for group in groups]
    return " or ".join(told), "'and' and 'or' are mixed: what binds more closely is not stated"


def _without(text: str, spans: list[tuple[int, int, str]]) -> tuple[str, list[str]]:
    """The text without what was read, and the visits that it names."""
    chars = list(text)
    for start, end, _ in spans:
        chars[start:end] = " " * (end - start)
    rest = "".join(chars)
    visits: list[str] = []
    for match in _VISITS.finditer(rest):
        said = match.group(0).casefold()
        visits += ["screening"] if "screening" in said else []
        later = r"baseline|randomi|enrol|day [01]|week 0|entry|admission|visit \d|administration"
        visits += ["baseline"] if re.search(later, said) else []
    rest = _VISITS.sub(" ", rest)
    return re.sub(r"\b(?:or|and/or|but|,|plus)\b", " ", rest), list(dict.fromkeys(visits))


def _at_visits(rule: str, visits: list[str]) -> str:
    """A rule at each of the visits that the text names; screening alone is meant anyway."""
    if visits == ["screening"] or " or " in rule:
        return rule
    atoms = [one.strip("()") for one in rule.split(" and ")]
    return " and ".join(f"{atom} at {visit}" for atom in atoms for visit in visits)


def _with_length(
    rule: str, rest: str, text: str, item: Item, vocabulary: Vocabulary, more: dict[str, object]
) -> Reading | None:
    """A disease of some length beside a score: "psoriasis for 6 months, covering 10 % or more"."""
    found = lasting(rest, item, vocabulary, None)
    if found is None or found.rule is None or item.section == "exclude":
        return partial(rule, text, item, left_over(rest), **more)
    both = f"{rule} and {found.part or found.rule}"
    if found.how == "complete" and " or " not in both:
        return Reading(both, "complete", **more)  # type: ignore[arg-type]
    return partial(rule, text, item, left_over(rest), **more)
