"""An analysis' own rule for missing values holds there, and the trial's rule elsewhere."""

from wholetrial.analysis.statistic import Statistic
from wholetrial.programme.results import analyze_records
from wholetrial.programme.trials import load
from wholetrial.simulation.simulate import prepare, simulate


def test_changes_are_described_as_observed_beside_the_planned_model() -> None:
    protocol = load("NCT04979910")
    records = simulate(prepare(protocol, seed=2), range(1)).replicate(0)
    found = analyze_records(protocol, records).statistics

    def of(analysis: str) -> list[Statistic]:
        return [one for one in found if one.analysis == analysis]

    modeled = of("by_visit")
    assert {(one.method, one.why_none) for one in modeled} == {("mmrm", "")}
    assert "missing: mixed model" in modeled[0].note
    described = of("by_visit_observed")
    assert [one.at for one in described if one.endpoint == "madrs_change"] == [
        "week 2",
        "week 4",
        "week 6",
    ]
    assert {one.note for one in described} == {"missing: as observed"}
    seen = records.values["MADRS"][:, [visit.label for visit in records.visits].index("week 6")]
    last = next(one for one in described if (one.endpoint, one.at) == ("madrs_change", "week 6"))
    assert int(last.n) == int((seen == seen).sum())
