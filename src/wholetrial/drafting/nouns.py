"""The words for a thing itself, without those that lead to it."""

import re

from wholetrial.drafting.wording import LEAD

_VERBS = re.compile(
    r"^(?:(?:to\s+)?(?:receiv\w+|undergo\w*|underwent|undergone|us(?:ed|ing|e)(?: of)?|tak(?:en|ing|e)|treat(?:ed|ment|ments) with|been treated with|participat\w+(?: in)?|enrolled in|experienc\w+|exposed to|exposure to|presence of|evidence of|histor(?:y|ies) of|known histor(?:y|ies) of|diagnos(?:is|ed)(?: of| with)?|prior use of|previous(?:ly)?(?: use of| treatment with| exposure to| received| treated with)?|current use of|concurrent use of|concomitant use of|any use of|use of|have|has|had|having|with|present(?:s|ing)?(?: with)?|suffer\w*(?: from)?|of|been|administered|ever|a|an|the)\b\s*)+",
    re.IGNORECASE,
)


def noun(text: str) -> str:
    """The words for the thing itself, without lead and verbs."""
    text = re.sub(r"\s+", " ", text).strip(" ,;:.-")
    before = None
    while before != text:
        before = text
        text = LEAD.sub("", text).strip()
        text = _VERBS.sub("", text).strip(" ,;:")
    text = re.sub(
        r"\s*\b(?:and|or|who|that|which|with|is|are|for|have|has|of|in|on|to|the|a)$", "", text
    )
    text = re.sub(r"^\s*(?:and|or)\s+", "", text).strip(" ,;:.-")
    opened, closed = text.count("("), text.count(")")
    if opened > closed:
        text = text + ")" * (opened - closed) if "(" in text else text
    elif closed > opened:
        text = text.replace(")", "", closed - opened)
    return text.strip(" ,;:.-").replace('"', "'")
