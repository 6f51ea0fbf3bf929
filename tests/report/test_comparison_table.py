"""Published beside recorded beside simulated, cell by cell."""

from dataclasses import replace

import numpy as np
import pytest

from wholetrial.analysis.operating import forecast
from wholetrial.report.comparison_picture import share_picture
from wholetrial.report.comparison_table import alike, comparison_tables, forecast_of


def table(contents, endpoint="pasi_75_week_8"):
    return next(one for one in comparison_tables(contents) if one.endpoint == endpoint)


def cells(found, group):
    row = next(one for one in found.rows if one.group == group)
    return {column.key: cell for column, cell in zip(found.columns, row.cells, strict=True)}


def test_each_cell_of_the_drug_arm(whole):
    found = {key: cell.text for key, cell in cells(table(whole), "a").items()}
    assert found == {
        "printed": "75%",
        "published count": "3/4",
        "published value": "75% (19 to 99)",  # Clopper-Pearson for 3 of 4
        "published difference": "+50 (−22 to 87)",
        "printed p": "0.49",
        "published p": "0.49",  # Fisher's exact test, 3 of 4 against 1 of 4: 34/70
        "recorded count": "3/4",
        "recorded value": "75% (19 to 99)",
        "recorded difference": "+50 (−22 to 87)",
        "recorded p": "0.49",
        "mean": "50% (30 to 60)",
        "mean difference": "+25 (10 to 70)",
    }


def test_a_control_has_no_difference_and_no_p_value(whole):
    found = cells(table(whole), "p")
    assert found["published count"].text == "1/4"
    assert {found[key].text for key in ("published difference", "printed p", "published p")} == {
        "–"
    }


def test_a_published_number_outside_the_simulated_range_is_said_in_words(whole):
    found = table(whole)
    assert cells(found, "a")["mean"].note == "published lies above"
    assert cells(found, "p")["mean"].note == ""
    assert found.words == (
        "Drug A: the published 75% lies above the middle 90% of simulated trials (30 to 60%).",
        "2 published numbers lie inside the middle 90% of simulated trials.",
    )


def test_what_is_not_computed_is_shown_as_such(whole):
    printed = whole.published.statistics
    missing = replace(printed[0], name="not_computed", arm="", not_computed="barnard")
    told = replace(whole.published, statistics=(*printed, missing))
    assert table(replace(whole, published=told)).not_computed == ("not yet computed: barnard",)


def test_a_statistic_without_a_number_gives_its_reason(whole):
    found = cells(table(whole, "time_to_relapse"), "p")
    assert "No participant had the event" in found["recorded value"].note


def test_sources_without_numbers_have_no_column(whole):
    recorded = replace(whole, published=None, simulated=None)
    assert {column.source for column in table(recorded).columns} == {"Recorded"}


def test_endpoints_with_the_same_columns_share_a_table(whole):
    groups = alike(comparison_tables(replace(whole, published=None, simulated=None)))
    assert sum(len(group) for group in groups) == 3
    for group in groups:
        assert {one.columns for one in group} == {group[0].columns}


def test_the_arms_of_a_role_are_counted_together(whole, simulated):
    shares = next(one for one in simulated.statistics if one.name == "proportion")
    arms = [
        forecast(replace(shares, arm=arm, value=count / n, count=count, n=n))
        for arm, count, n in (
            ("a", np.array([1, 3]), np.array([4, 4])),
            ("b", np.array([2, 0]), np.array([2, 2])),
        )
    ]
    two = whole.protocol.arms["a"]
    protocol = whole.protocol.model_copy(update={"arms": {**whole.protocol.arms, "b": two}})
    pooled = forecast_of(replace(whole, protocol=protocol), arms, "experimental", compared=False)
    assert pooled.statistic.value == pytest.approx([3 / 6, 3 / 6])
    assert forecast_of(whole, arms, "experimental", compared=True) is None
    rates = [replace(one, statistic=replace(one.statistic, name="rate")) for one in arms]
    both = replace(whole, protocol=protocol)
    assert forecast_of(both, rates, "experimental", compared=False) is None  # days, not people


@pytest.mark.parametrize(
    ("failed", "told"), [(0, ""), (1, "no number in 1 trial"), (7, "no number in 7 trials")]
)
def test_trials_that_gave_no_number_are_counted(whole, failed, told):
    forecasts = [replace(one, failed=failed) for one in whole.simulated.forecasts]
    some = replace(whole, published=None, simulated=replace(whole.simulated, forecasts=forecasts))
    assert cells(table(some), "a")["mean"].note == told


def test_the_picture_shows_what_the_table_says(whole):
    drug, placebo = share_picture(whole, table(whole)).rows
    assert (drug.low, drug.mean, drug.high, drug.published, drug.recorded) == (30, 50, 60, 75, 75)
    assert placebo.described == (
        "Placebo: published 25%; recorded 25%; simulated mean 25%, middle 90% 10 to 40."
    )
    assert share_picture(replace(whole, published=None), table(whole)) is None
