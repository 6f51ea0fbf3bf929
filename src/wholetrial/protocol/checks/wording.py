"""The decisive words of a source: lost signs, mixed joints, open lists, denials, permissions."""

import re
from collections.abc import Iterator

from wholetrial.protocol.checks.examined import Examined, note
from wholetrial.protocol.claims import Claim
from wholetrial.protocol.finding import Finding

_MEASURE = r"(?:PASI|IGA|s?PGA|BSA|DLQI|QIDS-C|MADRS|EASI)"
_WORDINGS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(rf"{_MEASURE}\)?:?\s*\d", re.I),
        "no sign stands before the number: at least, at most or exactly?",
    ),
    (
        re.compile(r"(?:>|\bover|\babove|\bolder than)\s*\d+(?:[ -]?years?)", re.I),
        "whether those of exactly this age belong to it is not said",
    ),
    (
        re.compile(r"\betc\b|\bsuch as\b|\be\.?g\.?|\bfor example\b|\blike\b|not limited to", re.I),
        "an open list: who decides what is not named?",
    ),
    (
        re.compile(r"\bexcept\b.*\b(?:within|previous|last|past)\b.*\b(?:that|which|have)\b", re.I),
        "what the span and the last words belong to is not clear",
    ),
    (re.compile(r"\bplague\b", re.I), "misspelt: plaque is meant"),
    (
        re.compile(r"\bon time\b|\bregular basis\b|\bnormal\b|\bserious\b", re.I),
        "how much that is, is not said: somebody has to judge it",
    ),
)
_DISEASES = ("plaque", "guttate", "pustular", "erythrodermic")
_WIDER = {"rheumatologic": ("psa", "psoriatic arthritis", "rheumatoid")}
_SMALL = frozenset(
    ["a", "an", "and", "any", "for", "of", "or", "the", "therapy", "to", "treatment"]
)


def check_wording(trial: Examined) -> Iterator[Finding]:
    """Every claim's words by themselves, and against those of the other list."""
    for index, claim in enumerate(trial.protocol.claims):
        if claim.writes:
            for says in _alone(claim):
                yield note(trial, f"claims.{index}", f"{claim.at}: '{claim.writes}': {says}")
    yield from _between(trial)


def _alone(claim: Claim) -> Iterator[str]:
    words = claim.writes or ""
    for shape, says in _WORDINGS:
        if shape.search(words):
            yield says
    mixed = re.sub(r"\([^()]*\)$", "", words)
    if re.search(r"\bor\b", mixed) and re.search(r"\band\b", mixed) and re.search(r"\d", mixed):
        yield "'and' and 'or' without brackets: what binds more closely is not said"
    permitted = re.search(r"\b(?:is|are|may be) (?:allowed|permitted)\b", words)
    if permitted and ".permit." in f".{claim.at}.":
        yield "a permission among the criteria: it decides nothing"
    if (
        re.match(r"(?:I am |I do |is |are |do(?:es)? )?not\b", words, re.I)
        and ".exclude." in claim.at
    ):
        yield "a denial among the exclusions: does yes let in or keep out?"
    if re.match(r"(?:no|never|not)\b", words, re.I) and ".include." in claim.at:
        yield "an exclusion among the inclusions"
    codes = re.findall(r"\b[A-Z]{2,}(?:-[A-Z]+)?\b", words) if claim.at.startswith("public") else []
    for code in codes:
        yield f"'{code}' says nothing to a volunteer"


def _between(trial: Examined) -> Iterator[Finding]:
    """Inclusions that ask for what exclusions forbid, and exclusions that others contain."""
    told = [(index, one) for index, one in enumerate(trial.protocol.claims) if one.writes]
    for index, claim in told:
        for _, other in told:
            if claim is not other:
                for says in _against(claim, other):
                    yield note(trial, f"claims.{index}", f"{claim.at} and {other.at}: {says}")


def _against(claim: Claim, other: Claim) -> Iterator[str]:
    mine, theirs = (claim.writes or "").casefold(), (other.writes or "").casefold()
    includes, excludes = ".include." in claim.at, ".exclude." in other.at
    if includes and excludes:
        for disease in _DISEASES:
            if f"{disease} psoriasis" in mine and disease in theirs:
                yield f"asks for something of {disease} psoriasis, and {disease} is excluded"
        asked = set(re.findall(r"[a-z]+", mine.partition("candidate for")[2])) - _SMALL
        before = set(re.findall(r"[a-z]+", theirs.partition("previous exposure to")[2])) - _SMALL
        if asked & before:
            both = ", ".join(sorted(asked & before))
            yield f"candidates for what nobody may have had before ({both})"
    if ".exclude." in claim.at and excludes:
        for wide, narrow in _WIDER.items():
            if wide in mine and any(word in theirs for word in narrow):
                yield f"'{wide}' already contains what the other excludes"
