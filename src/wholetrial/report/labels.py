"""Words for arms, measures, terms, endpoints and analysis sets, as a report prints them."""

import re
from collections.abc import Mapping

from wholetrial.instruments.library import instrument
from wholetrial.protocol.protocol import Protocol
from wholetrial.report.contents import Contents

_ROLES = {"experimental": "All experimental arms", "control": "All control arms"}
_UNITS = {"weight": "kg", "age": "years"}


def plain(name: str) -> str:
    """A name of the file in words.

    >>> plain("PASI_75"), plain("PGA_0_1"), plain("additional_dose")
    ('PASI 75', 'PGA 0/1', 'additional dose')
    """
    return re.sub(r"(\d)_(?=\d)", r"\1/", name).replace("_", " ")


def sentence(text: str) -> str:
    """Words that begin with a capital letter."""
    return text[:1].upper() + text[1:]


def group_label(contents: Contents, group: str) -> str:
    """An arm's label, or words for a role that was counted as one group."""
    return contents.labels.get(group) or _ROLES.get(group) or sentence(plain(group))


def short_measure(protocol: Protocol, measure: str) -> str:
    """A measure as people write it: PASI, PGA 0-4, weight."""
    use = protocol.instruments.get(measure)
    if use is not None and use.library is not None:
        return instrument(use.library).short_name
    return sentence(plain(measure))


def measure_label(protocol: Protocol, measure: str) -> str:
    """A baseline value with its unit: "Weight, kg"; years since it began for a disease."""
    if measure in protocol.eligibility.concepts:
        lay = protocol.eligibility.concepts[measure].lay
        return f"{sentence(lay)}: years since it began"
    unit = _UNITS.get(measure) or _unit(protocol, measure)
    return (
        f"{short_measure(protocol, measure)}, {unit}" if unit else short_measure(protocol, measure)
    )


def endpoint_text(protocol: Protocol, endpoint: str) -> str:
    """An endpoint in the file's own words."""
    return protocol.endpoints.named()[endpoint][1].text


def set_text(protocol: Protocol, name: str) -> str:
    """An analysis set in words."""
    return str(protocol.analysis_sets[name]) if name in protocol.analysis_sets else plain(name)


def source_text(sources: Mapping[str, str], name: str | None) -> str:
    """Where a statement is from, in words."""
    if name is None:
        return "not stated"
    return {"assumed": "assumed here", "derived": "derived"}.get(name) or sources.get(name, name)


def _unit(protocol: Protocol, measure: str) -> str:
    use = protocol.instruments.get(measure)
    if use is None:
        return ""
    unit = instrument(use.library).unit if use.library else use.unit
    return "" if unit in (None, "points", "point", "grade", "grades") else unit
