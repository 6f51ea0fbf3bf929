"""The baseline table: means, medians and missing values, checked by hand."""

from wholetrial.report.baseline_table import baseline_table
from wholetrial.report.trials_shown import shown_trials


def table(contents):
    return baseline_table(contents, shown_trials(contents)[0])


def cells(contents, variable):
    found = next(one for one in table(contents).variables if one.label == variable)
    return {row.label: row.cells for row in found.rows}


def test_age_has_mean_median_and_one_missing_value(whole):
    # 30, 40, 50, 60 on the drug; 20, 30, 40 and one unknown on placebo
    assert cells(whole, "Age, years") == {
        "Mean (SD)": ("45.0 (12.9)", "30.0 (10.0)"),
        "Median [IQR]": ("45.0 [37.5 to 52.5]", "30.0 [25.0 to 35.0]"),
        "Missing, n": ("0", "1"),
    }


def test_sex_is_counted(whole):
    assert cells(whole, "Male sex") == {"n (%)": ("2 (50%)", "1 (25%)")}


def test_pasi_is_the_last_value_before_treatment(whole):
    # 20, 16, 12, 30 and 20, 16, 12, 18: the fourth on placebo was seen at screening only
    assert cells(whole, "PASI")["Mean (SD)"] == ("19.5 (7.7)", "16.5 (3.4)")


def test_no_p_value_stands_in_a_baseline_table(whole):
    labels = {row.label for one in table(whole).variables for row in one.rows}
    assert labels == {"Mean (SD)", "Median [IQR]", "Missing, n", "n (%)"}
