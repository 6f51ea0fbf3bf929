"""Every sentence of ours that a volunteer reads is at grade 8 or below; what is no sentence of ours
(the registry's facts, criteria and outcomes, dose plans, what sources leave open) is not held to it."""

import re
from collections.abc import Iterator

import pytest
from reading import grade, syllables_of

from wholetrial.programme.trials import load, shipped_trials, trial_file
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.published import load_published
from wholetrial.publishing.badges import badges
from wholetrial.publishing.known_results import known_safety
from wholetrial.publishing.medicines import medicine_sentences
from wholetrial.publishing.page import render_page, title_of
from wholetrial.publishing.participant_timeline import timeline
from wholetrial.publishing.plain_words import (
    participants_sentence,
    placebo_sentences,
    status_sentence,
    what_is_tested,
)
from wholetrial.screening.questions import questions

HIGHEST = 8.0
MEDICINES = (
    "acitretin", "apremilast", "azathioprine", "calcipotriene", "CNTO 1275", "cyclosporine",
    "hydroxychloroquine", "ixekizumab", "lithium", "methotrexate tablets", "methotrexate",
    "umbilical cord mesenchymal stem cells in normal saline",
)  # fmt: skip
"""Names of what is given; each counts as one easy word."""


def _sentences(text: str) -> Iterator[str]:
    for one in re.split(r"(?<=[.?!])\s+", text):
        if re.search("[A-Za-z]", one):
            yield one


def _derived(protocol: Protocol, trial: str) -> Iterator[str]:
    file = trial_file(trial).with_name("published.yaml")
    published = load_published(file) if file.is_file() else None
    yield from what_is_tested(protocol)
    yield from placebo_sentences(protocol)
    yield participants_sentence(protocol)
    yield status_sentence(protocol)
    yield from medicine_sentences(protocol)
    yield from timeline(protocol).sentences
    yield from (step.note for step in timeline(protocol).steps)
    yield from (known.says for known in known_safety(protocol, published))
    yield from (badge.because for badge in badges(protocol, published))
    yield from (one.text for one in questions(protocol))


def _written(protocol: Protocol) -> Iterator[str]:
    public = protocol.public
    yield title_of(protocol)
    for text in (
        (public.summary, public.why, public.medicines, public.safety, public.conclusion)
        if public
        else ()
    ):
        yield text or ""
    yield from public.background if public else ()


@pytest.mark.parametrize("trial", shipped_trials())
def test_our_sentences_are_easy(trial: str) -> None:
    for version in (None, *load(trial).versions):
        protocol = load(trial, version=version)
        for text in (*_derived(protocol, trial), *_written(protocol)):
            for one in _sentences(text):
                assert grade(one, MEDICINES) <= HIGHEST, one


@pytest.mark.parametrize("trial", ["NCT00320216", "NCT04979910"])
def test_the_page_s_own_words_are_easy(trial: str) -> None:
    """What stands in the templates, and what the script says."""
    page = render_page(load(trial).model_copy(update={"public": None, "unsettled": ()}))
    body = re.sub(r"<(style|script|table|dl)\b.*?</\1>", " ", page, flags=re.DOTALL)
    blocks = re.findall(
        r"<(p|li|h2|h3|legend|label|button)\b[^>]*>(.*?)</\1>", body, flags=re.DOTALL
    )
    script = page[page.rindex("<script>") :]
    said = re.findall(r'"([A-Z][^"\\]*[.!?])"', script)
    checked = 0
    for text in (*(re.sub("<[^>]+>", " ", inner) for _, inner in blocks), *said):
        for one in _sentences(text):
            if one.strip().endswith((".", "?")) and one not in _of_the_registry(trial):
                assert grade(one.strip(), (*MEDICINES, "wholetrial")) <= HIGHEST, one
                checked += 1
    assert checked > 60


def _of_the_registry(trial: str) -> set[str]:
    return {load(trial).design.question}


def test_the_formula_is_kincaid_s() -> None:
    """Six easy words in one sentence: 0.39 * 6 + 11.8 * 6 / 6 - 15.59."""
    assert grade("The cat sat on the mat.") == pytest.approx(-1.45)
    assert [
        syllables_of(word) for word in ("psoriasis", "placebo", "PASI", "guttate", "depression")
    ] == [4, 3, 1, 2, 3]
