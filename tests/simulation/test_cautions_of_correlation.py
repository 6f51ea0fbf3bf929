"""What the file assumes and the simulator does not do is said above the forecast."""

from wholetrial.protocol.protocol import Protocol
from wholetrial.simulation.cautions import cautions_of
from wholetrial.simulation.simulate import prepare


def test_a_correlation_that_is_not_simulated_is_said(krueger: Protocol) -> None:
    assert krueger.assumptions is not None
    correlated = krueger.assumptions.model_copy(update={"correlation": {"PASI with BSA": 0.9}})
    protocol = krueger.model_copy(update={"assumptions": correlated})
    line = "Baseline values are drawn without the correlation assumed: PASI with BSA."
    assert line in cautions_of(prepare(protocol, seed=1))
    assert line not in cautions_of(prepare(krueger, seed=1))
