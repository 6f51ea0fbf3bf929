"""The small words of criteria: what says nothing of its own, what leads in, what needs a judge."""

import re

_PEOPLE = r"(?:male|female|males|females|men|women|man|woman|gender|genders|sex|sexes|adult|adults|subject|subjects|patient|patients|participant|participants|individual|individuals|volunteer|volunteers|person|persons|people|outpatient|outpatients|outpatients?)"
FILLER = re.compile(
    rf"\b(?:{_PEOPLE}|both|either|all|any|who|must|should|shall|will|have|has|having|had|be|is|are|was|being|been|with|a|an|the|of|at|in|on|by|to|as|that|this|and|inclusive|included|years?|old|age|aged|score|scores|total|minimum|eligible|considered|current|currently|documented|defined|assessed|measured|determined|time|visit|visits|date|day|their|his|her|its|also|race|ethnicity|ethnic|origin|regardless|providing|signing|informed|consent|form|document|written|scale|point|system|based|using|disease|severity|involvement|affected|involved|least|level|levels|value|values|screening|baseline|enrollment|enrolment|randomi[sz]ation|inclusion|study|trial|entry|start|first|dose|when|for|from|present|meet|meets|meeting|show|shows|demonstrate|count)\b",
    re.IGNORECASE,
)
"""Words that may be left over where a rule says all that an item says."""
LEAD = re.compile(
    r"^(?:the |all |any |a |an )?(?:(?:male|female|men|women|adult|subject|patient|participant|individual|volunteer|person)s?(?:'s)?\s*(?:and|or|/|,)?\s*)*"
    r"(?:(?:who|that|which|with|must|should|will|may|can|cannot|are|is|be|been|being|was|were|have|has|having|had|do|does|did|who's|currently|previously|ever|already|also|either)\s+)*",
    re.IGNORECASE,
)
NOT = re.compile(
    r"\b(?:not|no|never|without|absence|neither|nor|cannot|unable|unwilling|non)\b", re.IGNORECASE
)
JUDGED = re.compile(
    r"(?:in the (?:opinion|judge?ment|view)|(?:in|at) the (?:investigator|physician|doctor)|discretion|(?:as )?(?:judged|determined|deemed|assessed|considered|confirmed|evaluated) by|investigator'?s? (?:opinion|judge?ment|discretion|assesses)|(?:that|which) (?:may|might|could|would|will|can)|may interfere|might interfere|would interfere|could interfere|clinically (?:significant|relevant|important)|significant|inappropriate|unsuitable|unlikely|suitable|candidate|appropriate|serious|severe|unstable|uncontrolled|poorly controlled|major|important|contraindicat|recent)",
    re.IGNORECASE,
)
OPEN = re.compile(
    r"\b(?:etc\b|such as|e\.?g\.?|for example|including(?: but)? not limited|like)\b|\bexample\b",
    re.IGNORECASE,
)
EXCEPT = re.compile(
    r",?\s*\(?\b(?:except(?:ion)?(?: for)?|with the exception of|other than|excluding|apart from|unless)\b",
    re.IGNORECASE,
)
PERMIT = re.compile(
    r"\b(?:is|are|will be|may be)\s+(?:allowed|permitted|acceptable|accepted|eligible)\b|\bmay (?:continue|participate|be (?:included|enrolled))\b",
    re.IGNORECASE,
)
CONSENT = re.compile(
    r"^(?:.{0,60}?\b)?(?:(?:written|signed|informed|verbal|voluntary|oral|dated|valid|provide[ds]?|giv(?:e|es|en|ing)|sign(?:s|ed|ing)?|able|willing|capable|freely|understand|voluntarily|provision|ability|obtained)\b[\s\w,/()-]{0,60}){0,4}\binformed[ -]?consent\b",
    re.IGNORECASE,
)
_CONSENT_WORDS = re.compile(
    r"\b(?:informed|consent|written|signed|sign|signs|dated|date|verbal|oral|voluntary|voluntarily|freely|able|ability|willing|willingness|capable|provide|provides|provided|provision|give|gives|given|giving|obtain|obtained|must|have|has|having|been|form|document|understand|understands|understanding|prior|before|any|study|trial|related|procedure|procedures|activity|activities|specific|participate|participates|participation|in|the|to|and|or|of|for|a|an|is|are|be|both|subject|subjects|patient|patients|participant|participants|valid|personally|with|this|read|legally|authorized|representative|who|take|part|performed|performance|being|carried|out|at|screening|an|their|by)\b",
    re.IGNORECASE,
)


def is_consent(text: str) -> bool:
    """Whether an item asks for informed consent and for nothing else."""
    if "consent" not in text.casefold():
        return False
    return not re.search(r"[A-Za-z]{2,}", _CONSENT_WORDS.sub(" ", text))


def left_over(text: str) -> str:
    """What is left of a text without the small words and the signs."""
    text = FILLER.sub(" ", text)
    return " ".join(re.findall(r"[A-Za-z0-9<>=%]+(?:-[A-Za-z0-9]+)*", text))


def name_of(words: str, taken: dict[str, str]) -> str:
    """A name for a concept in the words of the source; the same words have the same name."""
    for name, lay in taken.items():
        if lay.casefold() == words.casefold():
            return name
    parts = re.findall(r"[A-Za-z0-9]+", words)
    kept = [part for part in parts if part.casefold() not in _SMALL] or parts or ["concept"]
    name = "_".join(kept[:6])[:48].strip("_").casefold()
    name = name if name[:1].isalpha() else f"x_{name}"
    number, base = 2, name
    while name in taken or name in RESERVED_NAMES:
        name, number = f"{base}_{number}", number + 1
    return name


_SMALL = {
    "of",
    "the",
    "a",
    "an",
    "any",
    "and",
    "or",
    "in",
    "to",
    "with",
    "for",
    "other",
    "by",
    "on",
}
RESERVED_NAMES = {
    "all", "and", "any", "as", "at", "before", "best", "by", "change", "consents", "agrees",
    "control", "day", "days", "every", "except", "experimental", "for", "had", "has", "if",
    "improvement", "in", "is", "kinds", "latest", "loss", "mean", "month", "months", "never", "not",
    "of", "or", "plans", "since", "takes", "then", "to", "unless", "week", "weeks", "within",
    "worst", "year", "years", "male", "female", "pregnant", "breastfeeding", "weight", "age",
    "screening", "baseline", "randomization", "first_dose", "last_dose", "consent", "treatment",
}  # fmt: skip
