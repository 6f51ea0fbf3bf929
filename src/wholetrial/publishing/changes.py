"""What changed on a page since it was last published, and the Atom feed that says so.

The feed is all that a static site can offer in place of messages: a reader's program asks for it.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple
from xml.etree import ElementTree

from wholetrial.protocol.protocol import Protocol
from wholetrial.publishing.participant_timeline import timeline
from wholetrial.publishing.plain_words import placebo_sentences
from wholetrial.publishing.registry_facts import locations, registry_facts
from wholetrial.screening.evaluate import decisive

ATOM = "http://www.w3.org/2005/Atom"
MOST_ENTRIES = 200


class Entry(NamedTuple):
    """One entry of the feed: the trial, the day, its title, what it says."""

    trial: str
    on: str
    title: str
    says: str


def facts_on_page(protocol: Protocol) -> dict[str, str]:
    """What a reader would want to hear of if it changed: registered facts, criteria, doses."""
    found = {fact.word: fact.says for fact in registry_facts(protocol)}
    found |= {"Placebo": " ".join(placebo_sentences(protocol))}
    found |= {f"Group: {group.label}": group.gets for group in timeline(protocol).groups}
    found |= {f"Place: {place}": "yes" for place in locations(protocol)}
    for name, kind, criterion in decisive(protocol):
        needed = "Needed" if kind == "include" else "Not allowed"
        rule = f" [{criterion.rule}]" if criterion.rule is not None else ""
        found[f"{needed} {name}"] = f"{criterion.text}{rule}"
    return found


def changes_between(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[str, ...]:
    """Every fact that is new, gone or different, in words.

    >>> changes_between({"Status": "Recruiting"}, {"Status": "Completed", "Phase": "2"})
    ('Status: Recruiting, now Completed', 'Phase: new: 2')
    """
    told = []
    for word, says in new.items():
        if word not in old:
            told.append(f"{word}: new: {says}")
        elif old[word] != says:
            told.append(f"{word}: {old[word]}, now {says}")
    told += [f"{word}: no longer there: {says}" for word, says in old.items() if word not in new]
    return tuple(told)


def entry_of(
    protocol: Protocol, facts: Mapping[str, str], before: Mapping[str, str] | None, on: date
) -> Entry | None:
    """The entry for a page that is new or has changed; None where nothing has."""
    title = protocol.public.lay_title if protocol.public else protocol.title
    if before is None:
        said = "\n".join(f"{word}: {says}" for word, says in facts.items())
        return Entry(protocol.trial, on.isoformat(), f"Published: {title}", said)
    changed = changes_between(before, facts)
    if not changed:
        return None
    return Entry(protocol.trial, on.isoformat(), f"Changed: {title}", "\n".join(changed))


def feed_of(entries: Iterable[Entry]) -> str:
    """The Atom feed (RFC 4287), newest first. The same entries give the same bytes."""
    ordered = sorted(entries, key=lambda one: (one.on, one.trial, one.title), reverse=True)
    shown = ordered[:MOST_ENTRIES]
    feed = ElementTree.Element("feed", {"xmlns": ATOM, "xml:lang": "en-US"})
    _text(feed, "title", "Clinical trials: what is new")
    _text(feed, "id", "urn:wholetrial:trials")
    _text(feed, "updated", f"{shown[0].on if shown else date.min.isoformat()}T00:00:00Z")
    _text(ElementTree.SubElement(feed, "author"), "name", "wholetrial")
    ElementTree.SubElement(feed, "link", {"rel": "alternate", "href": "index.html"})
    for one in shown:
        entry = ElementTree.SubElement(feed, "entry")
        _text(entry, "title", one.title)
        _text(entry, "id", f"urn:wholetrial:{one.trial}:{one.on}:{_digest(one)}")
        _text(entry, "updated", f"{one.on}T00:00:00Z")
        ElementTree.SubElement(entry, "link", {"rel": "alternate", "href": f"{one.trial}.html"})
        content = ElementTree.SubElement(entry, "content", {"type": "text"})
        content.text = _allowed(one.says)
    ElementTree.indent(feed)
    return ElementTree.tostring(feed, encoding="unicode", xml_declaration=False) + "\n"


def read_feed(text: str) -> tuple[Entry, ...]:
    """The entries of a feed that was written before; none where it cannot be read."""
    try:
        feed = ElementTree.fromstring(text)
    except ElementTree.ParseError:
        return ()
    return tuple(_read_entry(entry) for entry in feed.iter(f"{{{ATOM}}}entry"))


def _read_entry(entry: ElementTree.Element) -> Entry:
    def said(name: str) -> str:
        return entry.findtext(f"{{{ATOM}}}{name}") or ""

    trial = said("id").removeprefix("urn:wholetrial:").partition(":")[0]
    return Entry(trial, said("updated")[:10], said("title"), said("content"))


def _digest(entry: Entry) -> str:
    """Tells two entries of one day apart."""
    told = _allowed(f"{entry.title}\n{entry.says}")
    return hashlib.sha256(told.encode()).hexdigest()[:8]


def _text(parent: ElementTree.Element, name: str, text: str) -> None:
    ElementTree.SubElement(parent, name).text = _allowed(text)


def _allowed(text: str) -> str:
    """Text without the signs that XML cannot hold."""
    return "".join(sign for sign in text if sign in "\t\n" or sign >= " ")
