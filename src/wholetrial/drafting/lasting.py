"""What has lasted for some time: "plaque psoriasis for at least 6 months before baseline"."""

import re

from wholetrial.drafting.common import Vocabulary, partial
from wholetrial.drafting.items import Item
from wholetrial.drafting.nouns import noun
from wholetrial.drafting.reading import Reading
from wholetrial.drafting.spans import lengths_in
from wholetrial.drafting.wording import JUDGED, NOT, left_over


def lasting(text: str, item: Item, vocabulary: Vocabulary, event: str | None) -> Reading | None:
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
