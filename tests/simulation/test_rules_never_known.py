"""Which rules can never apply in simulation: those that need what no virtual record says."""

import pytest

from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.read_condition import read_condition
from wholetrial.protocol.reader import Reader
from wholetrial.simulation.rules import never_known

UNSAID = 'investigator judges "unwell"'


@pytest.mark.parametrize(
    ("condition", "never"),
    [
        ("not PASI_75", False),
        (UNSAID, True),
        (f"not {UNSAID}", True),
        (f"PASI_75 and {UNSAID}", True),
        (f"PASI_75 or {UNSAID}", False),
        (f"not (PASI_75 and {UNSAID})", False),
        (f"not (PASI_75 or {UNSAID})", True),
        (f"if {UNSAID} then PASI_75", False),
        (f"if PASI_75 then {UNSAID}", False),
        (f"at least 2 of (PASI_75; PASI_90; {UNSAID})", False),
        (f"at least 2 of (PASI_75; {UNSAID}; consents)", True),
    ],
)
def test_a_rule_that_no_record_can_meet_is_named(
    krueger: Protocol, condition: str, never: bool
) -> None:
    rule = krueger.rules["additional_dose"].model_copy(
        update={"when": read_condition(Reader(condition))}
    )
    protocol = krueger.model_copy(update={"rules": {"needed": rule}})
    assert never_known(protocol) == (("needed",) if never else ())
