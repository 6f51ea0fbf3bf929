"""The weighted difference has a column of its own, and another reading a table of its own."""

from dataclasses import replace

import numpy as np

from wholetrial.analysis.operating import forecast
from wholetrial.analysis.planned.shares import ADJUSTED
from wholetrial.report.comparison_table import comparison_tables
from wholetrial.report.page import render_report


def extended(contents, change):
    """The contents with more statistics, made of the recorded and the simulated difference."""
    made, kept = contents.simulated, contents.recorded
    recorded = tuple(change(one) for one in kept.statistics if one.name == "risk_difference")
    many = tuple(
        forecast(change(one.statistic))
        for one in made.forecasts
        if one.statistic.name == "risk_difference"
    )
    assert recorded
    assert many
    return replace(
        contents,
        recorded=replace(kept, statistics=(*kept.statistics, *recorded)),
        simulated=replace(made, forecasts=(*made.forecasts, *many)),
    )


def weighted(one):
    values = {"value": one.value * 0 + 0.13, "low": np.array(-0.1), "high": np.array(0.4)}
    return replace(one, name=ADJUSTED, **values)


def otherwise(one):
    return replace(one, reading="relapse as lost_PASI_75", note="reading: relapse as lost_PASI_75")


def texts(contents, reading=""):
    for found in comparison_tables(contents):
        if (found.endpoint, found.reading) == ("pasi_75_week_8", reading):
            row = next(row for row in found.rows if row.group == "a")
            keys = [column.key for column in found.columns]
            yield found, {key: cell.text for key, cell in zip(keys, row.cells, strict=True)}


def test_the_weighted_difference_stands_beside_the_crude_one(whole):
    ((_, crude),) = texts(whole)
    ((table, found),) = texts(extended(whole, weighted))
    new = {key: text for key, text in found.items() if key not in crude}
    assert new == {"recorded adjusted": "+13 (−10 to 40)", "mean adjusted": "+13 (13 to 13)"}
    assert {key: found[key] for key in crude} == crude
    assert "Adjusted difference" in [column.heading for column in table.columns]


def test_another_reading_is_a_table_of_its_own_and_leaves_the_first_as_it_was(whole):
    both = extended(whole, otherwise)
    assert list(texts(both)) == list(texts(whole))
    ((table, found),) = texts(both, "relapse as lost_PASI_75")
    assert table.text == "PASI lower by 75% or more at week 8 [relapse as lost PASI 75]"
    assert set(found) == {"recorded difference", "mean difference"}


def test_a_report_with_both_is_written(whole):
    page = render_report(extended(extended(whole, weighted), otherwise))
    assert "Adjusted difference" in page
    assert "[relapse as lost PASI 75]" in page
