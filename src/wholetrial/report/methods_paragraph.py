"""The statistics paragraph: the plan in words, what of it is not computed yet, who is analyzed."""

from collections.abc import Iterator

from wholetrial.protocol.analysis_in_words import analysis_sentences, handling_sentences
from wholetrial.protocol.english import listed
from wholetrial.protocol.english import sentence as full_sentence
from wholetrial.protocol.protocol import Protocol
from wholetrial.report.contents import Contents
from wholetrial.report.labels import plain, sentence


def methods_sentences(contents: Contents) -> tuple[str, ...]:
    """A sentence for each planned analysis, how it handles what is missing, and what it lacks."""
    protocol = contents.protocol
    told = (*analysis_sentences(protocol), *handling_sentences(protocol), *_not_computed(contents))
    return tuple(full_sentence(one) for one in told)


def analysis_sets(protocol: Protocol) -> tuple[tuple[str, str], ...]:
    """Every analysis set with its definition."""
    return tuple((sentence(plain(name)), str(one)) for name, one in protocol.analysis_sets.items())


def _not_computed(contents: Contents) -> Iterator[str]:
    """What the plan asks for and the results do not hold."""
    sources = (contents.published, contents.recorded, contents.simulated)
    lacking = dict.fromkeys(
        plain(one.not_computed)
        for source in sources
        if source is not None
        for one in source.statistics
        if one.not_computed
    )
    if lacking:
        yield f"Not yet computed: {listed(lacking)}"
