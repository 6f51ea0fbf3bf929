"""Writes results to disk: whole files or nothing."""

import json
import logging
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from wholetrial.analysis.responders.proportions import clopper_pearson
from wholetrial.conduct.calendar_plan import CalendarPlan
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.published import NearbyFigure
from wholetrial.protocol.quantity import Share
from wholetrial.report.contents import Contents, Decisions, Simulated
from wholetrial.report.planned_samples import planned_samples

if TYPE_CHECKING:
    from wholetrial.simulation.simulate import HowDrawn

FIGURES = "figures.html"
"""The page of figures beside a report."""


class Written(NamedTuple):
    """The files of a run; `figures` only where something was simulated."""

    report: Path
    results: Path
    figures: Path | None = None

    def __str__(self) -> str:
        first = [str(one) for one in (self.report, self.figures) if one is not None]
        return f"{', '.join(first)} and {self.results}"


def write_outputs(contents: Contents, folder: Path, parameters: "HowDrawn" = "drawn") -> Written:
    """Write the report and `results.json` into a folder, made where it does not exist.

    Where something was simulated, `figures.html` too; `parameters` says how the model's parameters
    were chosen then. Raises OSError where the folder cannot be written; then no file there is
    half-written.
    """
    from wholetrial.programme.figures import follow
    from wholetrial.report.figures_page import render_figures
    from wholetrial.report.page import render_report

    written = Written(folder / "report.html", folder / "results.json")
    texts = {written.results: results_json(contents)}
    with _quiet_matplotlib():
        if contents.simulated is not None:
            written = written._replace(figures=folder / FIGURES)
            followed = follow(contents.protocol, contents.simulated, parameters)
            texts[folder / FIGURES] = render_figures(contents, followed)
        texts[written.report] = render_report(contents, FIGURES if written.figures else "")
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(texts)
    return written


def check_folder(folder: Path) -> None:
    """Raise OSError where results could not be written into a folder, before any are made."""
    nearest = folder
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    if not nearest.is_dir():
        raise NotADirectoryError(f"'{nearest}' is a file; name a folder for the results")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise PermissionError(f"nothing may be written into '{nearest}'; name another folder")


def write_calendar(plan: CalendarPlan, file: Path) -> None:
    """Write a participant's calendar as a page to print; whole, or not at all."""
    from wholetrial.report.calendar_page import render_calendar

    write_whole({file: render_calendar(plan)})


def write_whole(texts: Mapping[Path, str]) -> None:
    """Write files under other names, then move all into place: each is whole or as it was."""
    made: list[Path] = []
    try:
        for path, text in texts.items():
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            made.append(Path(name))
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
            made[-1].chmod(0o644)
        for temporary, path in zip(made, texts, strict=True):
            temporary.replace(path)
    except BaseException:
        for temporary in made:
            temporary.unlink(missing_ok=True)
        raise


@contextmanager
def _quiet_matplotlib() -> Iterator[None]:
    """Keep remarks on caches and fonts, which no reader can act on, off the error stream."""
    logger = logging.getLogger("matplotlib")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def results_json(contents: Contents) -> str:
    """Every statistic as JSON, one row each, with what it was made by."""
    document = results_of(contents)
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def results_of(contents: Contents) -> dict[str, Any]:
    """Every statistic as data, one row each, with what it was made by."""
    simulated = contents.simulated
    return {
        "trial": contents.protocol.trial,
        "title": contents.protocol.title,
        "seed": simulated.seed if simulated else None,
        "replicates": simulated.replicates if simulated else None,
        "scenario": simulated.scenario if simulated else None,
        "cautions": simulated.cautions if simulated else (),
        "notes": [*contents.notes, *([contents.not_simulated] if contents.not_simulated else [])],
        "references": contents.references,
        "planned_not_analyzed": [str(one) for one in planned_samples(contents.protocol)],
        "decisions": decision_data(contents.decisions),
        "statistics": list(rows(contents)),
    }


def decision_data(decisions: Decisions | None) -> dict[str, Any] | None:
    """How often the design decides rightly, as data."""
    if decisions is None:
        return None
    return {
        "rule": decisions.rule,
        "why_none": decisions.why_none,
        "scenarios": [
            {**asdict(one), "share": one.share, "error": one.error, "suffices": one.needed is None}
            for one in decisions.found
        ],
    }


def rows(contents: Contents) -> Iterator[dict[str, Any]]:
    """One row a statistic: published, nearby, of the data, of one simulated trial, of all."""
    if contents.published:
        yield from (one.row("published") for one in contents.published.statistics)
        yield from _nearby_rows(contents)
    if contents.recorded:
        yield from (one.row("recorded") for one in contents.recorded.statistics)
    if contents.simulated is None:
        return
    yield from (one.row("simulated trial") for one in contents.simulated.statistics)
    yield from forecast_rows(contents.simulated)
    yield from power_rows(contents.protocol, contents.simulated)
    yield from enumerated_rows(contents.protocol, contents.simulated)


def _nearby_rows(contents: Contents) -> Iterator[dict[str, Any]]:
    named = contents.protocol.endpoints.named()
    for study in contents.published.published.nearby if contents.published else ():
        for one in study.figures:
            told = [study.study, study.population, one.group, study.differs]
            told += ["the simulator was fitted to this figure"] if one.fitted else []
            yield {
                "analysis": "",
                "endpoint": one.endpoint or "",
                "level": named[one.endpoint][0] if one.endpoint in named else "",
                "at": str(one.at) if one.at else "",
                "reading": "",
                "arm": one.arm or "",
                "comparison": "",
                "statistic": one.what,
                "low": None,
                "high": None,
                "confidence": None,
                **_number(one),
                "method": "as published",
                "analysis_set": "",
                "source": "nearby",
                "note": "; ".join(part for part in told if part),
            }


def _number(figure: NearbyFigure) -> dict[str, Any]:
    """A figure's value; of how many and the count where they are known; the unit of an amount."""
    value = figure.value
    if isinstance(value, Share):
        return {"value": value.fraction, "n": value.of, "count": value.count}
    return {"value": value.number, "unit": value.unit, "n": None, "count": None}


def forecast_rows(simulated: Simulated) -> Iterator[dict[str, Any]]:
    """One row a statistic over all simulated trials."""
    for one in simulated.forecasts:
        found = one.statistic
        failed = f"{one.failed} of {one.replicates} trials gave no number" if one.failed else ""
        near = f"the ends are exact to {one.error:.1g}" if one.error else ""
        yield {
            "analysis": found.analysis,
            "endpoint": found.endpoint,
            "level": found.level,
            "at": found.at,
            "reading": found.reading,
            "arm": found.arm,
            "comparison": found.comparison,
            "statistic": f"mean {found.name}",
            "value": _finite(one.mean),
            "low": _finite(one.low),
            "high": _finite(one.high),
            "confidence": 0.9,
            "n": one.replicates,
            "count": None,
            "method": "mean and middle 90 % of simulated trials",
            "analysis_set": found.analysis_set,
            "source": "simulated trials",
            "note": "; ".join(part for part in (failed, near, found.note) if part),
        }


def power_rows(protocol: Protocol, simulated: Simulated) -> Iterator[dict[str, Any]]:
    """One row a planned test: how often it succeeds."""
    for one in simulated.powers:
        successes = round(one.share * one.replicates)
        interval = clopper_pearson(successes, one.replicates)
        yield {
            "analysis": one.analysis,
            "endpoint": one.endpoint,
            "level": protocol.endpoints.named()[one.endpoint][0],
            "at": one.at,
            "reading": "",
            "arm": one.arm,
            "comparison": f"{one.arm} with {one.control}" if one.control else "",
            "statistic": "power",
            "value": one.share,
            "low": float(interval.low),
            "high": float(interval.high),
            "confidence": interval.level,
            "n": one.replicates,
            "count": successes,
            "method": f"share of simulated trials with P below {one.alpha} by {one.test}",
            "analysis_set": protocol.analyses[one.analysis].set,
            "source": "simulated trials",
            "note": f"{one.failed} trials gave no test" if one.failed else "",
        }


def enumerated_rows(protocol: Protocol, simulated: Simulated) -> Iterator[dict[str, Any]]:
    """One row a planned test whose power needs no simulated trial."""
    for one in simulated.enumerated:
        if one.power is None:
            continue
        yield {
            "analysis": one.analysis,
            "endpoint": one.endpoint,
            "level": protocol.endpoints.named()[one.endpoint][0],
            "at": one.at,
            "reading": "",
            "arm": one.arm,
            "comparison": f"{one.arm} with {one.control}" if one.control else "",
            "statistic": "enumerated power",
            "value": one.power,
            "low": None,
            "high": None,
            "confidence": None,
            "n": sum(protocol.arms[arm].n for arm in (one.arm, one.control) if arm),
            "count": None,
            "method": one.method,
            "analysis_set": protocol.analyses[one.analysis].set,
            "source": "enumeration",
            "note": f"standard error {one.error:.2g}; the model's parameters at their estimates",
        }


def _finite(value: float) -> float | None:
    return value if abs(value) < float("inf") else None
