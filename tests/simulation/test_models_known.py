"""The models that a trial file may name are those that the simulator has."""

from wholetrial.protocol.checks.vocabulary import MODELS
from wholetrial.simulation.pharmacokinetics import DRUGS
from wholetrial.simulation.world import PLACEBO


def test_a_trial_file_may_name_every_model_and_no_other() -> None:
    assert set(MODELS) == {*DRUGS, PLACEBO}
