"""Short statements without a number: consent, pregnancy, agreements, a history, a diagnosis."""

import re

from wholetrial.drafting.common import Vocabulary
from wholetrial.drafting.items import Item
from wholetrial.drafting.nouns import noun
from wholetrial.drafting.reading import Reading
from wholetrial.drafting.wording import EXCEPT, JUDGED, NOT, OPEN, is_consent

_PREGNANT = re.compile(r"\b(?:pregnan\w+|breast[- ]?feed\w*|lactat\w+|nursing)\b", re.IGNORECASE)
_PREGNANCY_WORDS = re.compile(
    r"\b(?:pregnant|pregnancy|breast[- ]?feeding|lactating|lactation|nursing|women|woman|females?|mothers?|subjects?|patients?|participants?|or|and|who|are|is|an|infant|infants|currently|any|has|have|be|become|becoming|planning|plans|plan|wish|wishing|willing|intending|intends|intend|to|a|baby|those|that|get|during|the|study|trial|period|in|course|of|at|time|on|for|duration|entire|must|not)\b",
    re.IGNORECASE,
)


def consent(text: str, item: Item, vocabulary: Vocabulary, event: str | None) -> Reading | None:
    if item.section == "include" and is_consent(text):
        return Reading("consents", "complete")
    return None


def pregnancy(text: str, item: Item, vocabulary: Vocabulary, event: str | None) -> Reading | None:
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


def agreement(text: str, item: Item, vocabulary: Vocabulary, event: str | None) -> Reading | None:
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


def plain(text: str, item: Item, vocabulary: Vocabulary, event: str | None) -> Reading | None:
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
