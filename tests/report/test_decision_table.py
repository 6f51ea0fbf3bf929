"""What is said of right decisions: the scenario, what it should find, and whether so many tell."""

from dataclasses import replace

import pytest

from wholetrial.analysis.decisions import decision_of
from wholetrial.report.contents import Decisions
from wholetrial.report.decision_table import decision_table
from wholetrial.report.page import render_report

ROWS = {
    "above": (True, 950, 1000, "enough: above 90%"),
    "between": (True, 8500, 10_000, "enough: between 80% and 90%"),
    "below": (True, 10, 1000, "enough: below 80%"),
    "within a point": (True, 9000, 10_000, "enough: known within 1 point"),
    "null": (False, 997, 1000, "enough: above 97.5%"),
    "too few": (True, 85, 100, "too few: about 200 trials are needed to tell it from 80% and 90%"),
}


@pytest.mark.parametrize("case", ROWS)
def test_the_verdict_says_what_is_known(case: str) -> None:
    succeeds, right, replicates, verdict = ROWS[case]
    found = decision_of("half_as_potent", succeeds, right, replicates, 0.025)
    table = decision_table(Decisions("A rule.", (found,)))
    assert table is not None
    row = table.rows[0]
    assert (row.scenario, row.should) == (
        "half as potent",
        "succeed" if succeeds else "not succeed",
    )
    assert row.verdict == verdict
    assert row.suffices == verdict.startswith("enough")


def test_there_is_no_table_where_nothing_was_simulated() -> None:
    assert decision_table(None) is None
    assert decision_table(Decisions("A rule.", ())) is None


def test_the_report_has_the_decisions_or_says_why_not(whole) -> None:
    found = decision_of("no_effect", False, 49, 50, 0.05)
    page = render_report(replace(whole, decisions=Decisions("A trial succeeds if so.", (found,))))
    assert "A trial succeeds if so." in page
    assert "no effect" in page
    assert "49/50" in page
    none = render_report(replace(whole, decisions=Decisions("", (), "There is nothing to decide.")))
    assert "There is nothing to decide." in none
    assert 'id="decisions"' not in render_report(whole)
    assert 'id="decisions"' in none
