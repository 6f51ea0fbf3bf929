"""Publishes the pages that volunteers read: one trial's, or a site with index and feed."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from wholetrial import __version__
from wholetrial.programme.outputs import check_folder, write_whole
from wholetrial.programme.trials import (
    load_checked,
    published_file,
    shipped_trials,
    trial_file,
)
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.published import Published, load_published
from wholetrial.publishing.changes import Entry, entry_of, facts_on_page, feed_of, read_feed
from wholetrial.publishing.page import index_row, render_index, render_page

INDEX, FEED = "index.html", "feed.xml"
_FACTS = re.compile(r'<script type="application/json" id="facts-data">(.*?)</script>', re.DOTALL)
_UNDECIDED = re.compile(r"#\s*DECIDE\b")


class UnfinishedDraftError(ValueError):
    """A draft in which something is still to be decided by a person."""


class Site(NamedTuple):
    """What was written: the pages, the trials without one and why, the new entries of the feed."""

    pages: tuple[Path, ...]
    failed: tuple[tuple[str, str], ...] = ()
    news: tuple[Entry, ...] = ()


def publish(trial: str | Path, folder: str | Path) -> Path:
    """Write the page of one trial into a folder: `TRIAL.html`, one file that needs no other.

    Raises UnknownTrialError, InvalidTrialFileError with every finding, UnfinishedDraftError where
    a draft has something to be decided, and OSError where the folder cannot be written.
    """
    folder = Path(folder)
    check_folder(folder)
    protocol, published = _loaded(trial)
    others = [_loaded(one)[0] for one in shipped_trials() if one != protocol.trial]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{protocol.trial}.html"
    write_whole({path: render_page(protocol, published, others=others, version=__version__)})
    return path


def publish_site(
    folder: str | Path, *, trials: Sequence[str] | None = None, on: date | None = None
) -> Site:
    """Write a page for each trial that ships, or those named, the index and the feed of changes.

    `on` is the day of the changes, today unless given. One trial's failure stops no other: the
    index says why it has no page. Raises OSError where the folder cannot be written.
    """
    folder = Path(folder)
    check_folder(folder)
    loaded: dict[str, tuple[Protocol, Published | None]] = {}
    failed = []
    for trial in trials if trials is not None else shipped_trials():
        try:
            protocol, published = _loaded(trial)
        except (ValueError, LookupError, OSError) as problem:
            failed.append((str(trial), str(problem)))
            continue
        if protocol.trial in loaded:
            failed.append((str(trial), f"another file has the id {protocol.trial} too"))
        else:
            loaded[protocol.trial] = protocol, published
    protocols = [protocol for protocol, _ in loaded.values()]
    news = _news(protocols, folder, on or date.today())
    texts = {
        folder / f"{name}.html": render_page(*one, others=protocols, site=True, version=__version__)
        for name, one in loaded.items()
    }
    pages = tuple(texts)
    rows = [index_row(one) for one in protocols]
    texts[folder / INDEX] = render_index(rows, failed, version=__version__)
    texts[folder / FEED] = feed_of((*_old_entries(folder), *news))
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(texts)
    return Site(pages, tuple(failed), news)


def _loaded(trial: str | Path) -> tuple[Protocol, Published | None]:
    file = trial_file(trial)
    protocol = load_checked(trial).protocol
    text = file.read_text(encoding="utf-8")
    undecided = [
        number for number, line in enumerate(text.splitlines(), 1) if _UNDECIDED.search(line)
    ]
    if undecided:
        places = "1 place" if len(undecided) == 1 else f"{len(undecided)} places"
        raise UnfinishedDraftError(
            f"{file}:{undecided[0]}: expected a finished trial file, found {places} marked DECIDE; "
            "decide and remove the marks, then publish"
        )
    beside = published_file(file)
    return protocol, load_published(beside) if beside else None


def _news(protocols: Sequence[Protocol], folder: Path, on: date) -> tuple[Entry, ...]:
    """What is new since the pages that lie in the folder were written."""
    found = (
        entry_of(one, facts_on_page(one), _facts_before(folder / f"{one.trial}.html"), on)
        for one in protocols
    )
    return tuple(entry for entry in found if entry is not None)


def _facts_before(page: Path) -> Mapping[str, str] | None:
    """The facts that a page held; None where there is no page that says."""
    try:
        found = _FACTS.search(page.read_text(encoding="utf-8"))
        facts = json.loads(found.group(1)) if found else None
    except (OSError, ValueError):
        return None
    if not isinstance(facts, dict):
        return None
    return {str(word): str(says) for word, says in facts.items()}


def _old_entries(folder: Path) -> tuple[Entry, ...]:
    try:
        return read_feed((folder / FEED).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ()
