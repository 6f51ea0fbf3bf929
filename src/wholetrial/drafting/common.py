"""What all ways of reading an item share: names for its words, and what is read only in part."""

import re
from dataclasses import dataclass, field, replace

from wholetrial.drafting.items import Item
from wholetrial.drafting.reading import Reading
from wholetrial.drafting.wording import name_of


@dataclass
class Vocabulary:
    """The concepts named so far, in the words of the source."""

    concepts: dict[str, str] = field(default_factory=dict)

    def name(self, words: str) -> str:
        """The name of some words, made where they are new."""
        found = name_of(words, self.concepts)
        self.concepts[found] = words
        return found


def partial(part: str, text: str, item: Item, why: str, **more: object) -> Reading:
    """Only part was read: it never decides alone, so the draft stays safe."""
    judged = f'investigator judges "{text.replace(chr(34), chr(39))[:1500]}"'
    premise = re.match(r"(?:for|if|in case|when|where)\b", text, re.IGNORECASE)
    alone = item.section == "include" and not premise and " or " not in f" {left_over_or(text)} "
    joined = f"({part})" if " or " in part or part.startswith("if ") else part
    rule = f"{joined} and {judged}" if alone else judged
    reading = Reading(rule, "partial", part=part, todo=(f"left over: {why}",))
    return replace(reading, **more)  # type: ignore[arg-type]


def left_over_or(text: str) -> str:
    """The text in small letters with its signs as spaces, to look for "or" in."""
    return re.sub(r"[^a-z]+", " ", text.casefold())
