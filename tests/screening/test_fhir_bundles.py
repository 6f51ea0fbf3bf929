"""People in FHIR bundles, R4 and R5: what each resource says, and what is left out and why."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from wholetrial.data.sheet import InvalidDataError
from wholetrial.programme.trials import load
from wholetrial.screening.days import FIRST, LAST, Days, exactly
from wholetrial.screening.evaluate import screen
from wholetrial.screening.person import Fact
from wholetrial.screening.read_people import People, read_people

ON = date(2026, 4, 1)
CODES = """
guttate_psoriasis: {snomed: ["37042000"], icd10: [L40.4]}
PASI: {loinc: ["99999-1"]}
DLQI: {loinc: ["99999-2"]}
systemic_psoriasis_drug: {rxnorm: ["6851"]}
biologic: {atc: [L04AC]}
other_trial: {snomed: ["428024001"]}
"""


def _coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


SNOMED, LOINC = "http://snomed.info/sct", "http://loinc.org"
RXNORM, ICD10 = "http://www.nlm.nih.gov/research/umls/rxnorm", "http://hl7.org/fhir/sid/icd-10-cm"
ATC = "http://www.whocc.no/atc"
PATIENT = {"resourceType": "Patient", "id": "p1", "birthDate": "1990-05", "gender": "female"}
ABOUT = {"subject": {"reference": "Patient/p1"}}


def _bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    entries = [{"resource": one} for one in (PATIENT, *resources)]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def _read(tmp_path: Path, document: Any, name: str = "bundle.json") -> People:
    (tmp_path / "codes.yaml").write_text(CODES, encoding="utf-8")
    file = tmp_path / name
    file.write_text(document if isinstance(document, str) else json.dumps(document))
    return read_people(file, load("NCT06374979"), ON, tmp_path / "codes.yaml")


def _day(text: str) -> Days:
    return exactly(date.fromisoformat(text))


RESOURCES: list[tuple[dict[str, Any], Fact]] = [
    (
        {"resourceType": "Condition", "code": _coded(SNOMED, "37042000"), "onsetDateTime": "2026-01-10T08:00:00Z"},
        Fact("guttate_psoriasis", kind="37042000", start=_day("2026-01-10"), source="record"),
    ),
    (
        {"resourceType": "Condition", "code": _coded(ICD10, "L40.41"), "recordedDate": "2026-01-10",
         "clinicalStatus": _coded("x", "resolved"), "abatementDateTime": "2026-02"},
        Fact("guttate_psoriasis", kind="L40.41", start=Days(FIRST, date(2026, 1, 10)),
             last=Days(date(2026, 2, 1), date(2026, 2, 28)), ended=True, source="record"),
    ),
    (
        {"resourceType": "Condition", "code": _coded(SNOMED, "37042000"), "verificationStatus": _coded("x", "refuted")},
        Fact("guttate_psoriasis", yes=False, source="record"),
    ),
    (
        {"resourceType": "Observation", "status": "final", "code": _coded(LOINC, "99999-1"),
         "effectiveDateTime": "2026-03-30", "valueQuantity": {"value": 8.4}},
        Fact("PASI", value=8.4, start=_day("2026-03-30"), source="record"),
    ),
    (
        {"resourceType": "Observation", "status": "final", "code": _coded(LOINC, "99999-1"),
         "effectivePeriod": {"end": "2026-03-30"}, "valueQuantity": {"value": 8.4, "comparator": "<"}},
        Fact("PASI", start=_day("2026-03-30"), source="record", unusable="only '< 8.4' is known"),
    ),
    (
        {"resourceType": "MedicationStatement", "status": "completed",
         "medicationCodeableConcept": _coded(RXNORM, "6851"),
         "effectivePeriod": {"start": "2026-01-01", "end": "2026-03-12"}},
        Fact("systemic_psoriasis_drug", kind="6851", start=_day("2026-01-01"), last=_day("2026-03-12"),
             ended=True, source="record"),
    ),
    (
        {"resourceType": "MedicationUsage", "status": "recorded", "medication": {"concept": _coded(RXNORM, "6851")},
         "effectivePeriod": {"start": "2026-01-01"}},
        Fact("systemic_psoriasis_drug", kind="6851", start=_day("2026-01-01"), source="record"),
    ),
    (
        {"resourceType": "MedicationRequest", "status": "active", "authoredOn": "2026-03-01",
         "medicationReference": {"reference": "#m"},
         "contained": [{"resourceType": "Medication", "id": "m", "code": _coded(ATC, "L04AC13")}]},
        Fact("biologic", kind="L04AC13", start=Days(date(2026, 3, 1), LAST), source="prescription"),
    ),
    (
        {"resourceType": "Procedure", "status": "completed", "code": _coded(SNOMED, "428024001"),
         "performedDateTime": "2025-12-05"},
        Fact("other_trial", kind="428024001", start=_day("2025-12-05"), last=_day("2025-12-05"), ended=True,
             source="record"),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("resource", "fact"), RESOURCES, ids=lambda one: str(one)[:40])
def test_what_a_resource_says(tmp_path: Path, resource: dict[str, Any], fact: Fact) -> None:
    (person,) = _read(tmp_path, _bundle({**ABOUT, **resource})).people
    (found,) = person.facts
    assert found == fact
    assert (person.id, person.sex, person.covered) == ("p1", "female", ())


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        ({"resourceType": "Condition", **ABOUT, "code": _coded(SNOMED, "1")}, "no code that the trial asks for"),
        ({"resourceType": "Condition", **ABOUT, "code": _coded(SNOMED, "37042000"),
          "verificationStatus": _coded("x", "entered-in-error")}, "Condition: entered-in-error"),
        ({"resourceType": "Observation", **ABOUT, "status": "cancelled"}, "Observation: cancelled"),
        ({"resourceType": "Encounter", **ABOUT}, "Encounter: not read"),
        ({"resourceType": "Condition", "code": _coded(SNOMED, "37042000")}, "about nobody in the file"),
        ({"resourceType": "Condition", "subject": {"reference": "Patient/p2"}}, "about nobody in the file"),
        ({"resourceType": "Condition", **ABOUT, "code": _coded(SNOMED, "37042000"),
          "onsetDateTime": "2026-02-31"}, "a day that is none"),
        ({"resourceType": "Observation", **ABOUT, "status": "final", "code": _coded(LOINC, "99999-1"),
          "component": 5}, "not as FHIR writes it"),
    ],
)  # fmt: skip
def test_what_is_left_out_is_counted_with_its_reason(
    tmp_path: Path, resource: dict[str, Any], reason: str
) -> None:
    found = _read(tmp_path, _bundle(resource))
    assert found.people[0].facts == ()
    assert [count for why, count in found.unused.items() if reason in why] == [1]


def test_a_record_may_use_our_own_words(tmp_path: Path) -> None:
    (person,) = _read(
        tmp_path,
        _bundle(
            {**ABOUT, "resourceType": "Condition", "code": {"text": "Guttate (drop-shaped) psoriasis"}},
            {**ABOUT, "resourceType": "Observation", "status": "final", "valueQuantity": {"value": 9},
             "code": {"coding": [{"display": "Dermatology Life Quality Index"}]}},
        ),
    ).people  # fmt: skip
    assert [fact.about for fact in person.facts] == ["guttate_psoriasis", "DLQI"]


def test_a_birth_that_cannot_be_is_said(tmp_path: Path) -> None:
    for born, why in (("1990-13", "a day that is none"), ("2030", "born after the screening day")):
        patient = {**PATIENT, "birthDate": born}
        found = _read(tmp_path, {"resourceType": "Bundle", "entry": [{"resource": patient}]})
        assert found.people[0].born is None
        assert any(why in reason for reason in found.unused)


def test_silence_in_a_bundle_is_unknown(tmp_path: Path) -> None:
    (person,) = _read(tmp_path, _bundle()).people
    answer = screen(load("NCT06374979"), person)
    assert answer.overall == "undetermined"
    assert next(one for one in answer.criteria if one.name == "I7").verdict == "unknown"


def test_lines_and_folders_of_bundles(tmp_path: Path) -> None:
    second = {**PATIENT, "id": "p2"}
    lines = "\n".join(json.dumps(one) for one in (PATIENT, second))
    assert [one.id for one in _read(tmp_path, lines, "people.ndjson").people] == ["p1", "p2"]


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ("{", "expected JSON"),
        ("[]", "expected a FHIR bundle"),
        ("[" * 200_000, "nested too deep"),
        (json.dumps({"resourceType": "Bundle", "entry": []}), "expected at least one Patient"),
        (json.dumps(_bundle(PATIENT)), "expected each Patient once, found 'p1' again"),
    ],
)
def test_a_file_that_is_no_bundle_is_told(tmp_path: Path, document: str, says: str) -> None:
    with pytest.raises(InvalidDataError, match=says):
        _read(tmp_path, document)


def test_codes_that_are_none_are_told(tmp_path: Path) -> None:
    (tmp_path / "codes.yaml").write_text("PASY: {loinc: [1]}")
    (tmp_path / "bundle.json").write_text(json.dumps(_bundle()))
    with pytest.raises(InvalidDataError, match="did you mean 'PASI'"):
        read_people(tmp_path / "bundle.json", load("NCT06374979"), ON, tmp_path / "codes.yaml")


def test_a_bundle_of_fifty_megabytes(tmp_path: Path) -> None:
    """A large bundle gives the same answer as a small one, and says what it did not use."""
    note = {"resourceType": "DocumentReference", **ABOUT, "text": "x" * 1000}
    values = [
        {**ABOUT, **RESOURCES[3][0], "effectiveDateTime": f"2025-{1 + n % 12:02}-{1 + n % 28:02}"}
        for n in range(2000)
    ]
    document = json.dumps(_bundle(*[note] * 47_000, *values, {**ABOUT, **RESOURCES[3][0]}))
    assert len(document) > 50_000_000
    found = _read(tmp_path, document)
    assert found.unused["DocumentReference: not read"] == 47_000
    answer = screen(load("NCT06374979"), found.people[0])
    five = next(one for one in answer.criteria if one.name == "I5")
    assert five.verdict == "allows"
