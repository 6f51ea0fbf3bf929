"""What happened within a time, as criteria write it: "phototherapy within 4 weeks of baseline"."""

import re

from wholetrial.drafting.common import Vocabulary, partial
from wholetrial.drafting.items import Item
from wholetrial.drafting.nouns import noun
from wholetrial.drafting.reading import Reading
from wholetrial.drafting.spans import Window, windows_in
from wholetrial.drafting.wording import EXCEPT, JUDGED, NOT, left_over

MOST_WORDS = 45


def happened(text: str, item: Item, vocabulary: Vocabulary, event: str | None) -> Reading | None:
    """What happened within a time: "phototherapy within 4 weeks before baseline or during the trial"."""
    windows = windows_in(text)
    dashed = re.match(
        r"^(?P<what>.+?)\s*(?:[-:,<]|\bfor\b)\s*(?=<?\s*\d+ (?:days?|weeks?|months?|years?)\W*$)",
        text,
    )
    if not windows and dashed and event:
        windows = windows_in(
            f"{dashed['what']} within {text[dashed.end() :].lstrip('< ')} before {event}"
        )
        text = f"{dashed['what']} within {text[dashed.end() :].lstrip('< ')} before {event}"
    if not windows:
        return None
    clauses = _clauses(text, windows)
    if clauses is None:
        return _partial_window(text, windows, item, vocabulary, event)
    found = [
        _clause(clause, window, item, vocabulary, event or _shared(windows))
        for clause, window in clauses
    ]
    if any(one is None for one in found):
        return _partial_window(text, windows, item, vocabulary, event)
    rule = " or ".join(one for one in found if one)
    if item.section == "include":
        if NOT.search(text) or len(clauses) > 1:
            return partial(rule, text, item, "a denial or an alternative")
        return Reading(rule, "complete")
    return Reading(rule, "complete")


def _shared(windows: list[Window]) -> str | None:
    """The event that the last of several spans names for all of them."""
    return windows[-1].event


def _clauses(text: str, windows: list[Window]) -> list[tuple[str, Window]] | None:
    """The text taken apart so that each part has one span; None where that is unsure."""
    if len(windows) == 1:
        return [(text, windows[0])]
    parts = re.split(
        r"\s*;\s*(?:or\b|and\b)?\s*|,?\s+or\s+(?=(?:have |has |had |received|use of|any |topical|treatment|treated|participat))",
        text,
    )
    if len(parts) != len(windows):
        return None
    made = []
    for part in parts:
        inside = windows_in(part)
        if len(inside) != 1:
            return None
        made.append((part, inside[0]))
    return made


def _clause(
    text: str, window: Window, item: Item, vocabulary: Vocabulary, event: str | None
) -> str | None:
    """The rule of a part with one span; None where words are left over."""
    before, after = text[: window.start], text[window.end :]
    used = window if window.event or not event else window._replace(event=event)
    later = window.also_later or bool(_LATER_TOO.search(after))
    exception, words_after = _exception(_LATER_TOO.sub(" ", after))
    inner, words_before = _exception(before)
    exception = exception or inner
    besides = _besides(words_after, vocabulary)
    if besides:
        words_after = ""
    elif re.match(r"\s*[,;]?\s*(?:and|or)\b", words_after) and left_over(words_after):
        return None
    words = noun(f"{words_before.strip()} {_tail(words_after)}".strip())
    inside = before.count("(") > before.count(")") or before.count("[") > before.count("]")
    denied = NOT.search(re.sub(r"\bnon[- ]", " ", before))
    if not words or inside or denied or not _clean(words, text):
        return None
    name = vocabulary.name(words)
    excepted = f" except {vocabulary.name(exception)}" if exception else ""
    rule = " or ".join(f"had {name}{excepted} {phrase}" for phrase in used.phrases())
    rule = f"{rule} or plans {name}" if later else rule
    return f"{rule} or {besides}" if besides else rule


_BESIDES = re.compile(
    r"^\s*[,;]?\s*or\s+(?:(?:is|are|has|have|with)\s+)?(?P<lead>evidence of|presence of|(?:a )?history of|active|current(?:ly)?|concurrent(?:ly)?|ongoing)\s+(?P<what>[\w ,/()'-]{3,140})$",
    re.IGNORECASE,
)


def _besides(text: str, vocabulary: Vocabulary) -> str | None:
    """A second statement without a span: "or evidence of tuberculosis"."""
    match = _BESIDES.match(text)
    if match is None:
        return None
    lead, what = match["lead"].casefold(), match["what"]
    words = noun(what) if "of" in lead else noun(f"{lead} {what}") or what
    if not words or not _clean(words, text):
        return None
    return f"{'had' if 'history' in lead else 'has'} {vocabulary.name(words)}"


_LATER_TOO = re.compile(
    r"[,;]?\s*(?:and/or|and|or)\s*(?:(?:is |are )?(?:currently |concurrently )?(?:intend\w*|plan\w*|will|expect\w*|anticipat\w*|require\w*|likely)\b[^,;]{0,60}?)?\s*(?:at any time )?(?:during|throughout|while in|for the duration of|over the course of)\s+(?:the |this )?(?:course of (?:the |this )?)?(?:entire )?(?:study|trial)(?: period)?",
    re.IGNORECASE,
)


def _exception(text: str) -> tuple[str | None, str]:
    """What is excepted, and the text without it."""
    match = EXCEPT.search(text)
    if match is None:
        return None, text
    words, open_end = text[match.end() :], ""
    if "(" not in match.group(0):
        cut = re.search(r",\s*(?=(?:with|that|which|who)\b)", words)
        words, open_end = (words[: cut.start()], words[cut.end() :]) if cut else (words, "")
    closing = words.find(")") if "(" in match.group(0) else -1
    inside = words[:closing] if closing >= 0 else words
    rest = f"{text[: match.start()]} {words[closing + 1 :] if closing >= 0 else open_end}"
    return noun(inside) or None, rest


def _tail(text: str) -> str:
    """Words behind a span that still say what it is about."""
    text = re.sub(r"^\s*[,;:]?\s*", "", text)
    return "" if not left_over(text) else text


def _clean(words: str, text: str) -> bool:
    """Whether the words name one thing, with nothing left that decides."""
    if len(words.split()) > MOST_WORDS or NOT.search(re.sub(r"\bnon[- ]", " ", words)):
        return False
    plain = r"\b(?:serious|severe|major|significant|recent|unstable|uncontrolled)\b"
    if JUDGED.search(re.sub(plain, " ", words, flags=re.IGNORECASE)):
        return False
    if re.search(
        r"\bwhichever\b|\bhalf-?li|\bunless\b|\bif\b|\bprovided\b|\bmust\b|\bagree|\bfollowing\b|\bprior to\b|\bbefore\b|:|\. [A-Z]|\d+\s*(?:weeks|days|months|years)|<|>",
        words,
    ):
        return False
    if re.search(r"\bat (?:the )?(?:screening|baseline)\b|\bresults?\b", words, re.I):
        return False
    return not re.search(r"\bduring\b|\bfollow-?up\b|\buntil\b|\bthrough\b|\bafter\b", words, re.I)


def _partial_window(
    text: str, windows: list[Window], item: Item, vocabulary: Vocabulary, event: str | None
) -> Reading | None:
    """The spans that were read of an item that says more."""
    window = windows[0]
    words = noun(text[: window.start])[:120].strip(" ,;(") or noun(text[window.end :])[:120]
    words = " ".join(words.split()[-14:])
    if not re.search(r"[A-Za-z]{3}", words):
        return None
    used = window if window.event or not event else window._replace(event=event)
    name = vocabulary.name(words.replace("(", "").replace(")", ""))
    part = " or ".join(f"had {name} {phrase}" for phrase in used.phrases())
    return partial(part, text, item, "more than this one span")
