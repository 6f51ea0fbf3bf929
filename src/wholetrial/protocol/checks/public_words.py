"""The words for volunteers against the design: a page that contradicts its trial is not meant."""

import re
from collections.abc import Iterator

from wholetrial.protocol.checks.examined import Examined, warning
from wholetrial.protocol.finding import Finding
from wholetrial.protocol.placebo import is_placebo, may_be_given
from wholetrial.protocol.protocol import Protocol

_WORDS = ("lay_title", "summary", "why", "medicines", "safety")


def check_public_words(trial: Examined) -> Iterator[Finding]:
    """What the public words say of placebo, chance and masking that the design does not have."""
    public = trial.protocol.public
    for field in _WORDS if public is not None else ():
        text = getattr(public, field) or ""
        for pattern, says in _absent(trial.protocol):
            found = pattern.search(text)
            if found:
                told = f"the page says '{found.group()}', and {says}"
                yield warning(trial, f"public.{field}", told, "change the words or the design")


def _absent(protocol: Protocol) -> Iterator[tuple[re.Pattern[str], str]]:
    """The words that must not be said of a design, and why not."""
    design = protocol.design
    if not any(is_placebo(name, protocol) for name in may_be_given(protocol)):
        yield re.compile(r"(?<!no )\b(?:placebo|sham|dummy)\b", re.I), "no arm is given one"
    if design.allocation is None or design.allocation.randomized is None:
        yield re.compile(r"\b(?:randomi[sz]ed|at random|by chance)\b", re.I), "nobody is randomized"
    if design.masking == "none":
        yield re.compile(r"\b(?:blinded|masked|double-blind)\b", re.I), "nobody is masked"
