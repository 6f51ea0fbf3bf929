"""One item of a list becomes a rule where its text says so; what is left over makes it partial.

Rules only: the same text always gives the same draft. A rule is complete only if nothing but small
words is left when all that it was read from is taken away.
"""

import re
from dataclasses import replace

from wholetrial.drafting.ages import age_in
from wholetrial.drafting.common import Vocabulary
from wholetrial.drafting.happened import happened
from wholetrial.drafting.items import Item
from wholetrial.drafting.lasting import lasting
from wholetrial.drafting.measured import measured
from wholetrial.drafting.reading import Reading
from wholetrial.drafting.scores import scores_in
from wholetrial.drafting.spans import windows_in
from wholetrial.drafting.statements import agreement, consent, plain, pregnancy
from wholetrial.drafting.wording import OPEN, PERMIT
from wholetrial.protocol.read_condition import read_condition
from wholetrial.protocol.reader import PhraseError, Reader

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
    for read in (consent, pregnancy, agreement, measured, lasting, happened, plain):
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
