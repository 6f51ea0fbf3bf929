"""The schedule of activities, the assumptions with their sources, the methods in sentences."""

from dataclasses import replace

from wholetrial.report.adverse_event_table import adverse_event_table
from wholetrial.report.assumption_list import assumptions
from wholetrial.report.methods_paragraph import methods_sentences
from wholetrial.report.operating_table import power_blocks
from wholetrial.report.schedule_table import schedule_table
from wholetrial.report.trials_shown import shown_trials


def test_measures_and_doses_stand_at_their_visits(whole):
    found = schedule_table(whole)
    assert [visit.week for visit in found.visits] == ["−2 to 0", "0", "4", "8", "12"]
    assert [visit.window for visit in found.visits] == ["", "±3", "±3", "±3", ""]
    assert found.epochs == (("Screening", 1), ("Treatment", 3), ("Follow up", 1))
    assert {row.label: row.marks for row in found.measures} == {
        "PASI": ("all", "all", "all", "all", "some"),
        "Adverse events": ("", "all", "all", "all", "some"),
    }
    assert {row.marks for row in found.doses} == {("", "all", "all", "", "")}


def test_every_assumption_names_its_source(whole):
    found = [(one.title, one.source, one.rows[0]) for one in assumptions(whole)]
    assert found == [
        (
            "Baseline",
            "Assumed here",
            ("PASI", "lognormal(median 16, log_sd 0.45)"),
        ),
        ("Dropout", "A paper, 2020", ("Experimental", "10 % by week 8")),
    ]


def test_the_statistics_paragraph_is_the_plan_and_says_what_of_it_is_not_computed(whole):
    first, *_, last = methods_sentences(whole)
    assert first == (
        "Main: the primary endpoint; in everyone randomized, as assigned, "
        "comparing each experimental arm with Placebo, by Fisher's exact test at the "
        "0.05 two-sided level, reporting the difference in proportions with 95% "
        "Miettinen-Nurminen intervals, with Holm's correction."
    )
    assert last == "A participant without the event is censored at the last visit."
    missing = replace(whole.published.statistics[0], name="not_computed", not_computed="barnard")
    told = replace(whole.published, statistics=(missing,))
    assert methods_sentences(replace(whole, published=told))[-1] == "Not yet computed: barnard."


def test_power_has_its_monte_carlo_error_and_an_exact_interval(whole):
    (block,) = power_blocks(whole)
    (row,) = block.rows
    assert (
        block.title
        == "PASI lower by 75% or more at week 8: Fisher's exact test, alpha 0.05 two-sided"
    )
    assert (row.compared, row.successes, row.power) == (
        "Drug A with Placebo",
        "40/50",
        "80.0% ± 5.7%",
    )
    assert row.interval == "66.3 to 90.0"  # Clopper-Pearson, 40 of 50
    assert row.failed == "2"


def test_adverse_events_are_counted_by_worst_grade_among_those_treated(whole):
    found = adverse_event_table(whole, shown_trials(whole)[0])
    assert found.arms == (("Drug A", 4), ("Placebo", 3))
    assert {row.label: row.cells for row in found.rows} == {
        "Any adverse event, week 0 to week 12": ("2 (50.0%)", "1 (33.3%)"),
        "Worst grade 2": ("1 (25.0%)", "0 (0.0%)"),
        "Worst grade 3": ("1 (25.0%)", "0 (0.0%)"),
        "Grade not recorded": ("0 (0.0%)", "1 (33.3%)"),
    }
