"""Fields that are wrong: unknown, misspelt, of another type; what each prints."""

from collections.abc import Callable

import pytest

Check = Callable[..., list[str]]

FIELDS: dict[str, tuple[str, str, list[str]]] = {
    "misspelt": ("phase: 2", "phaze: 2", [
        "10:3: error: design.phaze: expected a field of this language, found 'phaze'; did you mean 'phase'?"]),
    "unknown": ("    n: 10", "    n: 10\n    zzz: 1", [
        "31:5: error: arms.drug.zzz: expected a field of this language, found 'zzz'; known here: doses, label, n, role"]),
    "left out": ("    label: Drug\n", "", [
        "27:3: error: arms.drug.label: expected a value for 'label', found nothing; add it"]),
    "no for false": ("succeeds: true", "succeeds: no", [
        "125:29: error: assumptions.scenarios.as_expected.succeeds: expected true or false, found 'no'; write false"]),
    "a number as text": ("n: 10", "n: '10'", [
        "30:8: error: arms.drug.n: expected a whole number, found '10'; remove the quotes"]),
    "a broken number": ("n: 10", "n: 10.5", [
        "30:8: error: arms.drug.n: expected a whole number, found 10.5"]),
    "not a number": ("n: 10", "n: .nan", [
        "30:8: error: arms.drug.n: expected a whole number, found '.nan'"]),
    "infinity": ("n: 10", "n: .inf", [
        "30:8: error: arms.drug.n: expected a whole number, found '.inf'"]),
    "a huge integer": ("n: 10", f"n: {'9' * 50}", [
        f"30:8: error: expected a number of ordinary size, found {'9' * 40}"]),
    "a large integer": ("n: 10", "n: 9999999", [
        "30:8: error: arms.drug.n: expected at most 1,000,000, found 9999999"]),
    "nobody": ("n: 10", "n: 0", ["30:8: error: arms.drug.n: expected at least 1, found 0"]),
    "a list for names": ("instruments:\n  PASI: pasi\n  DLQI: dlqi", "instruments: [PASI, DLQI]", [
        "14:1: error: instruments: expected names with values, found a list"]),
    "text for a list": ("of: [response]", "of: [[response]]", [
        "96:10: error: analyses.main.of.0: expected text, found a list"]),
    "text for names": ("sources:\n  paper: a paper that never was", "sources: none", [
        "5:10: error: sources: expected names with values, found 'none'"]),
    "an unquoted comma": ('["drug 45 mg at weeks 0, 4"]', "[drug 45 mg at weeks 0, 4]", [
        "31:36: error: arms.drug.doses.1: expected a phrase such as 'ustekinumab 45 mg at weeks 0, 4', found 4; quote a phrase that holds a comma"]),
    "another choice": ("masking: [participant, investigator]", "masking: [patient]", [
        "12:13: error: design.masking.0: expected 'participant', 'investigator', 'assessor' or 'caregiver', found 'patient'; did you mean 'participant'?"]),
    "a word for several": ("masking: [participant, investigator]", "masking: participant", [
        "12:3: error: design.masking: expected 'none' or a list, found 'participant'; write a list: [participant]"]),
    "a misspelt word": ("PASI improvement", "PASI improvment", [
        "38:17: error: terms.PASI_75: expected the end of the phrase, found 'improvment' in 'PASI improvment >= 75 %'; did you mean 'improvement'?"]),
    "and with or": ("rule: PASI >= 12", "rule: PASI >= 12 and DLQI > 3 or DLQI < 2", [
        "67:37: error: eligibility.include.I2.rule: expected brackets around what 'and' joins: 'and' and 'or' do not mix, found 'or' in 'PASI >= 12 and DLQI > 3 or DLQI < 2'"]),
    "a name with a space": ("  drug:\n    label", "  the drug:\n    label", [
        "27:3: error: arms.the drug: expected a name of letters, digits and _, starting with a letter, found 'the drug'"]),
    "another language": ("wholetrial: 1", "wholetrial: 2", [
        "1:13: error: wholetrial: expected 1, found 2"]),
    "an amount without a unit": ("drug 45 mg at weeks 0, 4", "drug 45 at weeks 0, 4", [
        "31:13: error: arms.drug.doses.0: expected a value that holds together, found 'drug 45 at weeks 0, 4'; an amount needs a unit: 45 mg, 1e6 cells/kg"]),
    "more than all": ("drug: 1 of 10", "drug: 11 of 10", [
        "119:11: error: assumptions.dropout.drug: expected a value that holds together, found '11 of 10 by week 12'; 11 of 10 is more than all of them"]),
}  # fmt: skip


@pytest.mark.parametrize("kind", FIELDS)
def test_a_wrong_field_prints_its_place_and_what_to_do(findings: Check, kind: str) -> None:
    old, new, printed = FIELDS[kind]
    assert findings((old, new)) == [f"trial.yaml:{line}" for line in printed]


def test_every_wrong_field_is_reported_at_once(findings: Check) -> None:
    wrong = [
        FIELDS[kind][:2] for kind in ("misspelt", "left out", "no for false", "another language")
    ]
    assert len(findings(*wrong)) == 4
