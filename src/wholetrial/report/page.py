"""The trial report: one HTML file that needs nothing from elsewhere."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined

from wholetrial.report.adverse_event_table import adverse_event_table
from wholetrial.report.assumption_list import assumptions, open_readings
from wholetrial.report.baseline_table import baseline_table
from wholetrial.report.comparison_picture import share_picture
from wholetrial.report.comparison_table import alike, comparison_tables
from wholetrial.report.contents import Contents
from wholetrial.report.decision_table import decision_table
from wholetrial.report.design_picture import design_picture
from wholetrial.report.facts import facts
from wholetrial.report.labels import group_label, plain, sentence, source_text
from wholetrial.report.methods_paragraph import analysis_sets, methods_sentences
from wholetrial.report.nearby_table import nearby_studies, nearby_words
from wholetrial.report.numbers import count_of, percent, percent_interval, week_of, with_interval
from wholetrial.report.operating_table import power_blocks
from wholetrial.report.participant_flow import participant_flow
from wholetrial.report.planned_samples import planned_samples
from wholetrial.report.response_by_visit import response_by_visit
from wholetrial.report.response_chart import response_panels
from wholetrial.report.schedule_table import schedule_table
from wholetrial.report.survival_chart import survival_panels
from wholetrial.report.survival_curve import times_to_event
from wholetrial.report.trial_index import IndexRow
from wholetrial.report.trials_shown import shown_trials


class Section(NamedTuple):
    """One section of the report: its anchor, heading, template and what the template shows."""

    id: str
    heading: str
    value: Any

    @property
    def template(self) -> str:
        """The template of this section."""
        return f"{self.id.replace('-', '_')}.html"


def render_report(contents: Contents, figures: str = "") -> str:
    """Everything that is known of one trial, as one HTML file that opens without a network.

    `figures` is the address of the page of the forecast's figures, where there is one. The same
    contents give the same bytes.
    """
    sections = [section for section in _sections(contents) if section.value]
    return page_of(
        "report.html",
        contents=contents,
        protocol=contents.protocol,
        facts=facts(contents),
        sections=sections,
        figures=figures,
        version=contents.version,
    )


def render_index(rows: Iterable[IndexRow]) -> str:
    """A page that leads to the reports of several trials, with what each asks and what is known."""
    shown = tuple(rows)
    return page_of("index.html", rows=shown, participants=sum(row.n for row in shown))


def page_of(template: str, **values: Any) -> str:
    """A template of this folder filled with values; text is escaped."""
    environment = Environment(
        loader=PackageLoader("wholetrial.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        plain=plain,
        sentence=sentence,
        percent=percent,
        week=week_of,
        share_interval=lambda one: with_interval(
            percent(one.share), percent_interval(one.low, one.high)
        ),
        count_of=lambda one: count_of(one.met, one.n),
    )
    environment.globals.update(group_label=group_label, source_text=source_text)
    return environment.get_template(template).render(**values)


def _sections(contents: Contents) -> Iterator[Section]:
    trials = shown_trials(contents)
    protocol = contents.protocol
    yield Section("design", "Design", design_picture(contents))
    yield Section("flow", "Participant flow", [participant_flow(contents, t) for t in trials])
    yield Section("baseline", "Baseline", [baseline_table(contents, t) for t in trials])
    yield Section("response", "Response by visit", _responses(contents))
    yield Section("comparisons", "Comparisons", _comparisons(contents))
    yield Section("nearby", "Nearest published results", _nearby(contents))
    yield Section("time-to-event", "Time to event", _times(contents))
    yield Section("adverse-events", "Adverse events", _adverse_events(contents))
    yield Section("power", "Operating characteristics", power_blocks(contents))
    yield Section("decisions", "Right decisions", decision_table(contents.decisions))
    yield Section("planned", "Planned, not analyzed", planned_samples(protocol))
    yield Section("schedule", "Schedule of activities", schedule_table(contents))
    yield Section("versions", "Versions of this protocol", contents.versions)
    yield Section("assumptions", "Assumptions", assumptions(contents))
    yield Section("open-questions", "Open questions", _open_questions(contents))
    yield Section("methods", "Methods", (methods_sentences(contents), analysis_sets(protocol)))
    yield Section("sources", "Sources", _sources(contents))


def _responses(contents: Contents) -> list[Any]:
    found = [one for trial in shown_trials(contents) for one in response_by_visit(contents, trial)]
    return [
        (one, response_panels(contents, one, f"response-{index}"))
        for index, one in enumerate(found)
    ]


def _comparisons(contents: Contents) -> tuple[Any, Any] | None:
    tables = tuple(comparison_tables(contents))
    pictures = [share_picture(contents, table) for table in tables]
    return (alike(tables), [one for one in pictures if one]) if tables else None


def _nearby(contents: Contents) -> tuple[Any, Any] | None:
    studies = nearby_studies(contents)
    return (studies, nearby_words(studies)) if studies else None


def _times(contents: Contents) -> list[Any]:
    found = [one for trial in shown_trials(contents) for one in times_to_event(contents, trial)]
    return [
        (one, survival_panels(contents, one, f"survival-{index}"))
        for index, one in enumerate(found)
    ]


def _adverse_events(contents: Contents) -> list[Any]:
    tables = [adverse_event_table(contents, trial) for trial in shown_trials(contents)]
    return [table for table in tables if table.rows]


def _open_questions(contents: Contents) -> dict[str, Any]:
    published = contents.published.published if contents.published else None
    questions = {
        "unsettled": contents.protocol.unsettled,
        "readings": open_readings(contents.protocol),
        "not_found": published.not_found if published else (),
    }
    return questions if any(questions.values()) else {}


def _sources(contents: Contents) -> dict[str, str]:
    published = contents.published.published.sources if contents.published else {}
    return {**contents.protocol.sources, **published}
