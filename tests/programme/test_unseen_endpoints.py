"""What the assumptions do not let the simulator record is left out and named, never shown as 0."""

from pathlib import Path

import pytest

from wholetrial.programme.forecast import forecast_trial
from wholetrial.protocol.load import load

ROOT = Path(__file__).resolve().parents[2]
GUTTATE = (ROOT / "trials" / "NCT06374979" / "trial.yaml").read_text("utf-8")
CHANGES = {
    "a diary without noise": (
        "    diary: 1.5 points\n", "",
        "diary_change", "diary needs a baseline and a visit_noise in the assumptions",
    ),
    "a global assessment without noise": (
        "    PGA: 25 %\n", "",
        "pga_0_1_week_16", "PGA needs a baseline and a visit_noise in the assumptions",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", CHANGES)
def test_an_endpoint_that_is_not_recorded_is_left_out_and_named(tmp_path: Path, kind: str) -> None:
    old, new, endpoint, why = CHANGES[kind]
    assert old in GUTTATE
    file = tmp_path / "trial.yaml"
    file.write_text(
        GUTTATE.replace(old, new, 1).replace("from: {PASI: card, PGA: card}", "from: {PASI: card}"),
        encoding="utf-8",
    )
    made = forecast_trial(load(file), seed=1, replicates=2)
    assert f"Not simulated: {endpoint}: {why}." in made.cautions
    assert endpoint not in {one.endpoint for one in made.statistics}
    assert endpoint not in {one.statistic.endpoint for one in made.forecasts}
    assert endpoint not in {one.endpoint for one in made.outcomes}


def test_an_arm_without_rates_of_adverse_events_is_no_arm_without_events(tmp_path: Path) -> None:
    text = (ROOT / "trials" / "NCT00320216" / "trial.yaml").read_text("utf-8")
    rates = "    placebo: {any: 72 % by week 20, serious: 1 % by week 20}\n"
    assert rates in text
    file = tmp_path / "trial.yaml"
    file.write_text(text.replace(rates, "", 1), encoding="utf-8")
    made = forecast_trial(load(file), seed=1, replicates=2)
    why = "the assumptions have no adverse_events for placebo"
    assert made.cautions[-2:] == (
        f"Not simulated: any_ae: {why}.",
        f"Not simulated: any_sae: {why}.",
    )
    assert {one.endpoint for one in made.statistics} == {"pasi_75_week_12", "pasi_90_week_12"}


@pytest.mark.parametrize("trial", ["NCT00320216", "NCT06374979"])
def test_the_simulated_trials_that_ship_record_every_analyzed_endpoint(trial: str) -> None:
    protocol = load(ROOT / "trials" / trial / "trial.yaml")
    made = forecast_trial(protocol, seed=1, replicates=2)
    analyzed = {endpoint for plan in protocol.analyses.values() for endpoint in plan.of}
    assert {one.endpoint for one in made.statistics} == analyzed
