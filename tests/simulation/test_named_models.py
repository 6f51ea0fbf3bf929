"""A scenario may name another model of psoriasis: the plain turnover model beside the card's."""

import numpy as np

from wholetrial.protocol.protocol import Protocol
from wholetrial.simulation.cautions import cautions_of
from wholetrial.simulation.psoriasis_fit import default_fit, fit_named
from wholetrial.simulation.simulate import prepare, simulate
from wholetrial.simulation.world import world_of


def test_a_scenario_names_the_plain_turnover_model(krueger: Protocol) -> None:
    plain, usual = world_of(krueger, "plain_turnover"), world_of(krueger)
    assert plain.fit == fit_named("turnover")
    assert usual.fit == default_fit()
    assert [drug.target for drug in usual.drugs] == ["IL-23"]
    assert [drug.target for drug in plain.drugs] == ["IL-17"]  # it acts on the lesion itself
    assert plain.changed


def test_the_turnover_model_answers_sooner_than_ustekinumab_did(krueger: Protocol) -> None:
    """What the plain model is known to fail on: PASI 75 at week 4 (model card)."""
    shares = []
    for scenario in (None, "plain_turnover"):
        records = simulate(prepare(krueger, 1, scenario, "fixed"), range(20))
        labels = [visit.label for visit in records.visits]
        pasi = records.values["PASI"]
        base, now = (pasi[..., labels.index(label)] for label in ("week 0", "week 4"))
        drug = records.arm != list(records.arms).index("placebo")
        seen = drug & ~np.isnan(base) & ~np.isnan(now)
        shares.append(float((4 * now <= base)[seen].mean()))
    assert shares[1] > shares[0] + 0.1


def test_its_forecast_prints_its_own_misses(krueger: Protocol) -> None:
    lines = cautions_of(prepare(krueger, 1, "plain_turnover"))
    assert "Scenario 'plain_turnover': not what is expected, but what if." in lines
    misses = [line for line in lines if line.startswith("Known miss")]
    assert len(misses) > len([m for m in cautions_of(prepare(krueger, 1)) if m.startswith("Known")])
