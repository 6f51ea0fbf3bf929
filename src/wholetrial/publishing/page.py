"""The public page of a trial, and the index of a site: static files that ask no host for more."""

import base64
import calendar
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any, NamedTuple
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from wholetrial.protocol.eligibility import Criterion
from wholetrial.protocol.english import sentence
from wholetrial.protocol.placebo import placebo_arms
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.published import Published
from wholetrial.publishing.badges import badges
from wholetrial.publishing.certain import ages
from wholetrial.publishing.changes import facts_on_page
from wholetrial.publishing.known_results import known_safety, result_tables
from wholetrial.publishing.medicines import medicine_sentences
from wholetrial.publishing.outcomes import outcomes
from wholetrial.publishing.participant_timeline import timeline
from wholetrial.publishing.plain_words import (
    condition_of,
    is_over,
    leaving_sentence,
    participants_sentence,
    placebo_sentences,
    status_sentence,
    what_is_tested,
)
from wholetrial.publishing.registry_facts import contact_of, locations, registry_facts, status_of
from wholetrial.publishing.similar import similar_trials
from wholetrial.publishing.structured_data import structured_data
from wholetrial.screening.question_form import meaning, question_form
from wholetrial.screening.questions import questions

MOST_SHOWN = 12
"""Criteria that stand open; the others open with one click, and are printed."""


class Section(NamedTuple):
    """One part of the page: its anchor, its heading, and whether it needs the script."""

    id: str
    heading: str
    script_only: bool = False


class IndexRow(NamedTuple):
    """One trial of the index: its words are what the search looks in."""

    trial: str
    title: str
    status: str
    lines: tuple[str, ...]
    words: str


def render_page(
    protocol: Protocol,
    published: Published | None = None,
    *,
    others: Sequence[Protocol] = (),
    site: bool = False,
    version: str = "",
) -> str:
    """One static page that works from a file; `site` says that index and other pages stand beside.

    Everything that can be derived from the protocol is. The same protocol gives the same bytes.
    """
    form = question_form(protocol)
    similar = similar_trials(protocol, others)
    public = protocol.public
    values = {
        "protocol": protocol,
        "site": site,
        "title": title_of(protocol),
        "status": status_of(protocol),
        "summary": tuple(_summary(protocol)),
        "glance": tuple(_glance(protocol)),
        "badges": badges(protocol, published),
        "tested": what_is_tested(protocol),
        "can_join": status_sentence(protocol),
        "participants": participants_sentence(protocol),
        "placebo": placebo_sentences(protocol),
        "medicines": medicine_sentences(protocol),
        "timeline": timeline(protocol),
        "leaving": leaving_sentence(),
        "safety": known_safety(protocol, published),
        "needed": _texts(protocol.eligibility.include, protocol),
        "forbidden": _texts(protocol.eligibility.exclude, protocol),
        "permitted": _texts(protocol.eligibility.permit, protocol),
        "unseen": _unseen(protocol),
        "questions": form["questions"],
        "at_visit": [one.text for one in questions(protocol) if one.kind == "at the visit"],
        "months": list(calendar.month_name)[1:],
        "most": MOST_SHOWN,
        "contact": contact_of(protocol),
        "letter": letter_of(protocol),
        "places": locations(protocol),
        "outcomes": outcomes(protocol),
        "results": result_tables(protocol, published),
        "research": public.research if public else (),
        "similar": similar,
        "registered": registry_facts(protocol),
        "registry": _registry(protocol),
        "unsettled": protocol.unsettled,
        "form": _json(form),
        "facts": _json(facts_on_page(protocol)),
        "structured": _json(structured_data(protocol)),
    }
    sections = tuple(_sections(values))
    return _rendered(
        "page.html", _page_script(), {**values, "sections": sections, "version": version}
    )


def title_of(protocol: Protocol) -> str:
    """The title in lay words, where there is one."""
    return protocol.public.lay_title if protocol.public else protocol.title


def _summary(protocol: Protocol) -> Iterator[str]:
    public = protocol.public
    yield sentence(public.summary) if public and public.summary else protocol.design.question


def _glance(protocol: Protocol) -> Iterator[tuple[str, str]]:
    """What most people want to know first."""
    way = timeline(protocol)
    yield "People" if is_over(protocol) else "People needed", f"{protocol.n:,}"
    yield "Groups", str(len(protocol.arms))
    yield "Placebo", "Yes" if placebo_arms(protocol) else "No group"
    if ages(protocol):
        yield "Ages", ages(protocol).removesuffix(" years")
    if way.visits:
        yield "Visits", str(way.visits)
    if way.length:
        yield "Time", sentence(way.length)[:-1]


def _sections(values: dict[str, Any]) -> Iterator[Section]:
    yield Section("tested", "What does this trial test?")
    yield Section("placebo", "Is there a placebo?")
    yield Section("medicines", "Can I keep my medicines?")
    yield Section("timeline", "What would I do?")
    yield Section("safety", "How safe is it?")
    yield Section("criteria", "Who can join?")
    if values["questions"]:
        yield Section("fit", "Could it fit me?", script_only=True)
    yield Section("join", "How do I take part?")
    yield Section("places", "Where is it?")
    yield Section("outcomes", "What is measured?")
    yield Section("results", "What was found?")
    if values["research"]:
        yield Section("research", "Published research")
    if values["similar"]:
        yield Section("similar", "Similar trials")
    yield Section("facts", "All facts of the record")
    if values["unsettled"]:
        yield Section("doubts", "What the sources leave open")
    yield Section("sources", "Sources")
    yield Section("notes", "My notes", script_only=True)


def _texts(criteria: Mapping[str, Criterion], protocol: Protocol) -> list[tuple[str, str]]:
    """Each criterion in words, and what its rule says."""
    return [
        (f"{one.text.rstrip('.')}{':' if one.heads else ''}", meaning(one, protocol))
        for one in criteria.values()
    ]


def _unseen(protocol: Protocol) -> str:
    unseen = protocol.eligibility.unseen
    if unseen is None or (unseen.include == 0 and unseen.exclude == 0):
        return ""
    if "not known" in (unseen.include, unseen.exclude):
        return "The source does not show all rules. Ask the study team for the rest."
    return (
        f"The source hides {unseen.include} more needs and {unseen.exclude} more reasons. "
        "Ask the study team for them."
    )


def letter_of(protocol: Protocol) -> str:
    """The address of a letter to the study team: to whom, about what, with its first words."""
    contact = contact_of(protocol)
    body = (
        f"Dear study team,\r\n\r\nI read about your trial {protocol.trial}, {title_of(protocol)}. "
        "I would like to know if I can join. How can I reach you?"
    )
    subject = quote(f"Clinical trial {protocol.trial}")
    to = quote(contact.email, safe="@") if contact and contact.email else ""
    return f"mailto:{to}?subject={subject}&body={quote(body)}"


def _registry(protocol: Protocol) -> str:
    number = protocol.trial.removeprefix("NCT")
    known = protocol.trial.startswith("NCT") and number.isdigit() and len(number) == 8
    return f"https://clinicaltrials.gov/study/{protocol.trial}" if known else ""


def index_row(protocol: Protocol) -> IndexRow:
    """The row of a trial."""
    placebo = placebo_sentences(protocol)[0].removeprefix("Yes. ").removeprefix("No. ")
    lines = (what_is_tested(protocol)[0], f"{participants_sentence(protocol)} {placebo}")
    found = [protocol.trial, title_of(protocol), protocol.title, condition_of(protocol)]
    found += [fact.says for fact in registry_facts(protocol)]
    words = " ".join(found).casefold()
    return IndexRow(protocol.trial, title_of(protocol), status_of(protocol), lines, words)


def render_index(
    rows: Iterable[IndexRow], failed: Sequence[tuple[str, str]] = (), *, version: str = ""
) -> str:
    """The page that leads to all trials, with a search; `failed` are those without a page."""
    shown = tuple(rows)
    statuses = sorted({row.status for row in shown})
    values = {"rows": shown, "statuses": statuses, "failed": failed, "version": version}
    return _rendered("index.html", _source("index.js"), values)


def _rendered(template: str, script: str, values: dict[str, Any]) -> str:
    style = _source("style.css")
    environment = Environment(
        loader=PackageLoader("wholetrial.publishing"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(template).render(
        **values,
        policy=_policy(script, style),
        script=Markup(script),
        style=Markup(style),
    )


def _policy(script: str, style: str) -> str:
    """The page's own script and style, and nothing else: no request, no form, no frame."""
    return (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; "
        "trusted-types 'none'"
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


def _page_script() -> str:
    text = _source("page.js")
    for name in ("screening", "questions", "notes"):
        text = text.replace(f"{{{{ {name} }}}}", _source(f"{name}.js"))
    return text


def _source(name: str) -> str:
    return files("wholetrial.publishing").joinpath("templates", name).read_text(encoding="utf-8")


def _json(value: Any) -> Markup:
    """Data for a script element: no sign in it can end the element or begin another."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    for sign, code in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        text = text.replace(sign, code)
    return Markup(text)
