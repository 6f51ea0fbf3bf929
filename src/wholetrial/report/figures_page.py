"""The figures of a forecast: one HTML file that needs nothing from elsewhere."""

from collections.abc import Iterator

from wholetrial.report.contents import Contents
from wholetrial.report.forecast_courses import courses_figure
from wholetrial.report.forecast_exposure import exposure_figure
from wholetrial.report.forecast_figures import FollowedTrials, first_caution
from wholetrial.report.forecast_relapse import relapse_figures
from wholetrial.report.forecast_response import response_figure
from wholetrial.report.numbers import percent, percent_interval, with_interval
from wholetrial.report.page import Section, page_of
from wholetrial.report.relapse_predictors import SEEN, predictor_figures


def render_figures(contents: Contents, followed: FollowedTrials) -> str:
    """The figures of a simulated trial; the same contents give the same bytes."""
    sections = [section for section in _sections(contents, followed) if section.value]
    return page_of(
        "figures.html",
        contents=contents,
        protocol=contents.protocol,
        made=contents.simulated,
        caution=first_caution(contents),
        followed=followed,
        sections=sections,
        seen=SEEN,
        with_ends=lambda mean, low, high: with_interval(percent(mean), percent_interval(low, high)),
        place=lambda share, found: round(
            4 + 92 * (share - found.low) / (found.high - found.low), 2
        ),
        version=contents.version,
    )


def _sections(contents: Contents, followed: FollowedTrials) -> Iterator[Section]:
    yield Section("figure-courses", "Single participants", courses_figure(contents, followed))
    yield Section("figure-weeks", "Response by week", response_figure(contents, followed))
    yield Section("figure-relapse", "Without relapse", list(relapse_figures(contents, followed)))
    yield Section(
        "figure-predictors", "What predicts relapse", list(predictor_figures(contents, followed))
    )
    yield Section("figure-exposure", "The drug in the blood", exposure_figure(contents, followed))
