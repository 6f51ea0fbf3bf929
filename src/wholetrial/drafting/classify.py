"""One item of a list becomes a rule where its text says so; what is left over makes it partial.

Rules only: the same text always gives the same draft. A rule is complete only if nothing but small
words is left when all that it was read from is taken away.
"""

import re
from dataclasses import dataclass, replace
from itertools import pairwise

from wholetrial.drafting.ages import age_in
from wholetrial.drafting.common import Vocabulary, partial
from wholetrial.drafting.happened import happened
from wholetrial.drafting.items import Item
from wholetrial.drafting.nouns import noun
from wholetrial.drafting.reading import Reading
from wholetrial.drafting.scores import Score, scores_in
from wholetrial.drafting.spans import lengths_in, windows_in
from wholetrial.drafting.wording import (
    EXCEPT,
    JUDGED,
    NOT,
    OPEN,
    PERMIT,
    is_consent,
    left_over,
)
from wholetrial.protocol.read_condition import read_condition
from wholetrial.protocol.reader import PhraseError, Reader

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
_PREGNANT = re.compile(r"\b(?:pregnan\w+|breast[- ]?feed\w*|lactat\w+|nursing)\b", re.IGNORECASE)
_PREGNANCY_WORDS = re.compile(
    r"\b(?:pregnant|pregnancy|breast[- ]?feeding|lactating|lactation|nursing|women|woman|females?|mothers?|subjects?|patients?|participants?|or|and|who|are|is|an|infant|infants|currently|any|has|have|be|become|becoming|planning|plans|plan|wish|wishing|willing|intending|intends|intend|to|a|baby|those|that|get|during|the|study|trial|period|in|course|of|at|time|on|for|duration|entire|must|not)\b",
    re.IGNORECASE,
)


_BY_WHOM = re.compile(
    r",?\s*\(?\bas (?:confirmed|determined|judged|assessed|evaluated|diagnosed|defined) by (?:the |a |an )?(?:study )?(?:investigator|dermatologist|physician|rheumatologist|psychiatrist|doctor)(?:'s)?\)?(?=\W*$)|,?\s*\bin the (?:opinion|judge?ment) of the (?:investigator|physician)(?=\W*$)",
    re.IGNORECASE,
)
_DEGREE = re.compile(
    r"\s*\((?:at least )?(?:mild|moderate|severe|moderate[ -]to[ -]severe|moderate or severe)\)",
    re.IGNORECASE,
)
_SINCE = re.compile(
    r"^(?:less than|<)\s*(?P<time>\d+ (?:days?|weeks?|months?|years?)) since (?:the |their )?(?:last|most recent) (?:dose|use|administration|treatment|intake)(?: of| with)? (?P<what>.+)$",
    re.IGNORECASE,
)
_CANDIDATE = re.compile(
    r",?\s*\b(?:(?:and|who|that)\s+)?(?:(?:are|is|must be|be)\s+)?(?P<what>(?:a )?candidates? for|requir(?:e|es|ing)|suitable for|eligible for|in need of|appropriate for)\s+(?P<of>(?:systemic|photo|biologic|treatment|therapy)[\w ,/()-]{0,90})$",
    re.IGNORECASE,
)
_STOPPED = re.compile(
    r"\(?\s*(?:which |that )?(?:must|should|need to|has to|have to)(?: be| have been)? (?:discontinued|stopped|washed out|withdrawn)(?: for)?(?: at least|>=)?\s*(?=\d|one|two|four)",
    re.IGNORECASE,
)
_WASHOUT = re.compile(
    r"^.{0,160}?\b(?:following|washout|specified|listed)\b[^:]{0,60}:\s*", re.IGNORECASE
)


def classify(item: Item, vocabulary: Vocabulary, event: str | None = None) -> Reading:
    """Read one item; `event` is what the item above it counts from."""
    text = item.text.strip().rstrip(".;, ")
    if item.section == "include" and PERMIT.search(text) and not _states_more(text):
        todo = ("a permission among the criteria: it decides nothing",)
        return Reading(None, "complete", permits=True, todo=todo)
    if item.section == "include":
        candidate = _candidate(text, item, vocabulary, event)
        if candidate is not None:
            return _noted(candidate, text, item)
    return _noted(
        _read(_prepared(text, item), item, vocabulary, event) or _judged(text), text, item
    )


def _prepared(text: str, item: Item) -> str:
    """The text without who decides, and with washouts said as spans."""
    text = _DEGREE.sub("", _BY_WHOM.sub("", text))
    text = _SINCE.sub(lambda match: f"{match['what']} within {match['time']}", text)
    if item.section == "exclude":
        stopped = _STOPPED.sub(" within ", text)
        text = (
            stopped.replace(")", "")
            if stopped != text and stopped.count("(") < stopped.count(")")
            else stopped
        )
        rest = _WASHOUT.sub("", text)
        if len(windows_in(rest)) > 1 and ";" in rest:
            text = rest
    return text


def _candidate(text: str, item: Item, vocabulary: Vocabulary, event: str | None) -> Reading | None:
    """An inclusion that ends with whom the investigator must find suitable for something."""
    match = _CANDIDATE.search(text)
    if match is None or not match.start():
        return None
    found = _read(_prepared(text[: match.start()], item), item, vocabulary, event)
    if found is None or found.how != "complete" or found.rule is None or " or " in found.rule:
        return None
    judged = f'investigator judges "{match["what"]} {match["of"]}"'
    return replace(found, rule=f"{found.rule} and {judged}")


def _read(text: str, item: Item, vocabulary: Vocabulary, event: str | None) -> Reading | None:
    """The first way of reading that finds something; names that it made and left are forgotten."""
    before = dict(vocabulary.concepts)
    for read in (_consent, _pregnancy, _agreement, _measured, _lasting, happened, _plain):
        found = read(text, item, vocabulary, event)
        if found is not None and _reads(found.rule) and _reads(found.part):
            used = _words(f"{found.rule} {found.part}")
            new = {name: lay for name, lay in vocabulary.concepts.items() if name in used}
            return replace(found, concepts=new)
        vocabulary.concepts = dict(before)
    return None


def _words(rule: str | None) -> set[str]:
    return set(re.findall(r"[A-Za-z]\w*", rule or ""))


def _states_more(text: str) -> bool:
    return age_in(text) is not None or bool(scores_in(text))


def _reads(rule: str | None) -> bool:
    """Whether a rule is one of the language."""
    if rule is None:
        return True
    try:
        reader = Reader(rule)
        read_condition(reader)
        reader.expect_end()
    except (PhraseError, ValueError):
        return False
    return True


def _judged(text: str) -> Reading:
    said = text.replace('"', "'")[:1900]
    todo = ("write a rule, or let the investigator judge",)
    return Reading(f'investigator judges "{said}"', "text only", todo=todo)


def _noted(reading: Reading, text: str, item: Item) -> Reading:
    """The reading with what else a person should look at."""
    todo = list(reading.todo)
    if OPEN.search(text):
        todo.append("an open list: who decides what is not named?")
    if item.section == "exclude" and re.match(
        r"(?:i am not|not |no |is not |are not )", text, re.I
    ):
        todo.append("a denial among the exclusions: what does yes mean?")
    if item.section == "include" and re.match(r"no(?:t|ne)? |never |must not ", text, re.I):
        todo.append("an exclusion among the inclusions")
    return replace(reading, todo=tuple(dict.fromkeys(todo)))


def _consent(text: str, item: Item, vocabulary: Vocabulary, event: str | None) -> Reading | None:
    if item.section == "include" and is_consent(text):
        return Reading("consents", "complete")
    return None


def _pregnancy(text: str, item: Item, vocabulary: Vocabulary, event: str | None) -> Reading | None:
    """ "Pregnant, breastfeeding or planning a pregnancy", and nothing else."""
    if item.section != "exclude" or not _PREGNANT.search(text):
        return None
    low = text.casefold()
    if re.search(r"[a-z]{2,}", _PREGNANCY_WORDS.sub(" ", low)) or re.search(r"\bnot\b", low):
        return None
    plans = r"(?:plan|wish|intend|willing|want)\w*\b[^.;]{0,30}\b(?:pregnan\w+|baby)"
    planned = re.search(plans, low)
    now = re.sub(plans, " ", low)
    parts = ["is pregnant"] if re.search(r"\bpregnan", now) else []
    parts += ["is breastfeeding"] if re.search(r"breast|lactat|nursing", now) else []
    parts += ["plans pregnancy"] if planned else []
    if planned:
        vocabulary.concepts["pregnancy"] = "becoming pregnant"
    return Reading(" or ".join(parts), "complete") if parts else None


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


def _measured(text: str, item: Item, vocabulary: Vocabulary, event: str | None) -> Reading | None:
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
    lasting = _lasting(rest, item, vocabulary, None)
    if lasting is None or lasting.rule is None or item.section == "exclude":
        return partial(rule, text, item, left_over(rest), **more)
    both = f"{rule} and {lasting.part or lasting.rule}"
    if lasting.how == "complete" and " or " not in both:
        return Reading(both, "complete", **more)  # type: ignore[arg-type]
    return partial(rule, text, item, left_over(rest), **more)


def _lasting(text: str, item: Item, vocabulary: Vocabulary, event: str | None) -> Reading | None:
    """Something that has lasted: "plaque psoriasis for at least 6 months before baseline"."""
    text = re.sub(r"\s*\(with or without [^()]*\)", "", text, flags=re.IGNORECASE)
    lengths = lengths_in(text)
    if len(lengths) != 1:
        return None
    length = lengths[0]
    before, after = text[: length.start], text[length.end :]
    if re.search(
        r"\b(?:birth control|contracepti|after|postmenopausal|menses|stopp|following|until)",
        text,
        re.I,
    ):
        return None
    words = noun(
        re.sub(
            r"^.*?\b(?:diagnos\w+|history|evidence) (?:of|with|as having)\s+(?:stable |active |chronic )?(?=\w)",
            _keep_adjective,
            before,
            flags=re.I,
        )
    )
    if not words or NOT.search(words) or len(words.split()) > 14:
        return None
    words = re.sub(
        r"^stable (?:dose|dosage) of |\s*(?:at|on) a stable (?:dose|dosage)$",
        "",
        words,
        flags=re.IGNORECASE,
    )
    stable = re.search(r"\bstable (?:dose|dosage|regimen)", text, re.I)
    verb = "takes" if stable else "has"
    phrase = f"{verb} {vocabulary.name(words)}{' stable' if stable else ''} {length.phrase}"
    after = re.sub(r"\b(?:currently )?(?:covering|affecting|involving|with|has)\b", " ", after)
    remains = left_over(
        re.sub(r"\b(?:prior|before|duration|diagnosis|history|or|at)\b", " ", after)
    )
    if (
        remains
        or JUDGED.search(after)
        or item.section == "exclude"
        or re.search(r"\b(?:or|who|and)\b", words)
    ):
        why = remains or ("an alternative" if " or " in words else "more than one statement")
        if item.section == "include" and not remains and not re.search(r"\b(?:or|who)\b", words):
            return Reading(phrase, "complete")
        return partial(phrase, text, item, why)
    return Reading(phrase, "complete")


def _keep_adjective(match: re.Match[str]) -> str:
    found = re.search(r"(?:stable |active |chronic )$", match.group(0), re.I)
    return found.group(0) if found else ""


def _agreement(text: str, item: Item, vocabulary: Vocabulary, event: str | None) -> Reading | None:
    """What a person agrees to or is willing to do."""
    if item.section != "include" or re.search(r"\b(?:women|men|females?|males?)\b", text, re.I):
        return None
    match = re.match(
        r"^(?:(?:is|are|be|must|should|subjects?|patients?|participants?|who|will)\s+)*(?:agrees?(?: to)?|willing(?:ness)?(?: and able)?(?: to)?|able and willing to|consents? to)\s+(?P<what>.+)$",
        text, re.IGNORECASE,
    )  # fmt: skip
    if match is None or re.search(r"\. [A-Z]", text):
        return None
    what = match["what"].replace('"', "'")[:400]
    return Reading(f'agrees to "{what}"', "complete")


_PLAIN: tuple[tuple[str, str], ...] = (
    ("had", r"^(?:have |has |had )?(?:a |any |known |prior |previous |past |personal )*history of (?P<what>.+)$"),
    ("had", r"^(?:have |has |had )?(?:any )?(?:prior|previous(?:ly)?|past) (?:use of|treatment with|exposure to|therapy with|received|treated with|participation in) (?P<what>.+)$"),
    ("has", r"^(?:have |has )?(?:a |any )?(?:current |known |active |established |clinical |confirmed )*(?:diagnosis|presence|evidence) of (?P<what>.+)$"),
    ("has", r"^(?:clinically )?diagnosed (?:with|by dermatologist as) (?P<what>.+)$"),
    ("takes", r"^(?:current|concurrent|ongoing|concomitant) (?:use of|treatment with|therapy with) (?P<what>.+)$"),
    ("has", r"^(?:known |a known |any known )?(?P<what>(?:allergy|allergies|hypersensitivity|intolerance|sensitivity) to .+)$"),
    ("has", r"^(?:currently )?(?:have|has) (?:current |known |active )?(?P<what>[a-z][\w -]+)$"),
    ("had", r"^(?:have |has )?participated in (?P<what>.+)$"),
)  # fmt: skip


def _plain(text: str, item: Item, vocabulary: Vocabulary, event: str | None) -> Reading | None:
    """Short statements without a number: "History of drug-induced psoriasis"."""
    if item.section == "include" and NOT.search(text):
        return _never(text, vocabulary)
    for verb, shape in _PLAIN:
        match = re.match(shape, text, re.IGNORECASE)
        if match is None:
            continue
        words = noun(match["what"])
        simple = (
            words
            and len(words.split()) <= 8
            and not re.search(
                r"[,;:()]|\b(?:and|or|who|that|which|with|within|during|until|before|more|greater|least|than|two|any other)\b|\d",
                words,
            )
        )
        if simple and not JUDGED.search(text) and not EXCEPT.search(text) and not OPEN.search(text):
            return Reading(f"{verb} {vocabulary.name(words)}", "complete")
    return None


def _never(text: str, vocabulary: Vocabulary) -> Reading | None:
    match = re.match(
        r"^(?:no|never|must not have)\s+(?:had |been treated with |received |taken )?(?:prior |previous )?(?:use of |treatment with |exposure to )?(?P<what>[\w -]+?)(?: for treatment)?$",
        text, re.IGNORECASE,
    )  # fmt: skip
    if match is None or not re.search(
        r"\b(?:prior|previous|never|had|received|taken|treated)\b", text, re.I
    ):
        return None
    words = noun(match["what"])
    if not words or len(words.split()) > 6 or NOT.search(words) or JUDGED.search(words):
        return None
    return Reading(f"never had {vocabulary.name(words)}", "complete")
