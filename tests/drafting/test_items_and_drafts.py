"""No item is lost on the way to a draft, every draft checks, and none makes anybody eligible."""

import csv
import json
import re
from datetime import date
from pathlib import Path

import pytest

from wholetrial.drafting.drafted import drafted_items
from wholetrial.drafting.items import items_of
from wholetrial.drafting.read_record import read_record
from wholetrial.drafting.record import Record, RecordError
from wholetrial.programme.drafting import import_record, write_draft
from wholetrial.protocol.check import check_file
from wholetrial.screening.evaluate import screen
from wholetrial.screening.person import Person

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
RECORDS = sorted([*SHARED.glob("data/registry/NCT*.json"), *SHARED.glob("seeds/*.txt")])
HEADING = re.compile(r"^\W*(?:key )?(?:inclusion|exclusion)(?: criteria)?\b[^:\n]*:?\s*$", re.I)
MARK = re.compile(r"^\s*(?:[-*•]|\(?\d{1,2}[.)]|[a-z][.)])\s+")

XML = """<?xml version="1.0"?>
<clinical_study>
  <id_info><org_study_id>X-1</org_study_id><nct_id>NCT00000001</nct_id></id_info>
  <brief_title>A study</brief_title>
  <overall_status>Completed</overall_status>
  <phase>Phase 2</phase>
  <study_design_info><allocation>Randomized</allocation>
    <intervention_model>Parallel Assignment</intervention_model></study_design_info>
  <primary_outcome><measure>PASI 75</measure><time_frame>Week 12</time_frame></primary_outcome>
  <enrollment>60</enrollment>
  <condition>Psoriasis</condition>
  <arm_group><arm_group_label>Drug</arm_group_label></arm_group>
  <arm_group><arm_group_label>Placebo</arm_group_label></arm_group>
  <intervention><intervention_type>Drug</intervention_type>
    <intervention_name>drug X</intervention_name></intervention>
  <eligibility><criteria><textblock>
    Inclusion Criteria:
      - Age 18 to 75 years
      - PASI of at least 12
    Exclusion Criteria:
      - Phototherapy within 4 weeks of
        baseline
  </textblock></criteria><gender>All</gender><minimum_age>18 Years</minimum_age></eligibility>
</clinical_study>"""


def _words(text: str) -> list[str]:
    return re.findall(r"[A-Za-z]+", text)


def _words_of_lists(criteria: str) -> list[str]:
    lines = [line for line in criteria.splitlines() if not HEADING.match(line)]
    return _words("\n".join(MARK.sub("", line) for line in lines))


@pytest.mark.parametrize("path", RECORDS or [None], ids=lambda path: getattr(path, "stem", "none"))
def test_every_word_of_every_item_stands_in_the_draft(path: Path | None, tmp_path: Path) -> None:
    if path is None:
        pytest.skip("the records lie in ../shared, which is not here")
    done = import_record(path)
    assert _words(" ".join(one.item.text for one in done.items)) == _words_of_lists(
        done.record.criteria
    )
    file = tmp_path / "draft.yaml"
    write_draft(done, file)
    protocol, findings = check_file(file)
    assert protocol is not None
    assert [str(found) for found in findings if found.severity == "error"] == []
    written = protocol.eligibility
    names = [*written.include, *written.exclude, *written.permit]
    assert sorted(names) == sorted(one.name for one in done.items)
    assert screen(protocol, Person("anybody", date(2026, 4, 1))).overall == "undetermined"


def test_every_item_of_twenty_records_is_read() -> None:
    path = SHARED / "data" / "criteria" / "psoriasis-20.csv"
    if not path.is_file():
        pytest.skip("the criteria of twenty trials lie in ../shared, which is not here")
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            items = drafted_items(Record("record", criteria=row["criteria"]))
            said = _words(" ".join(one.item.text for one in items))
            assert said == _words_of_lists(row["criteria"]), row["nctid"]


@pytest.mark.parametrize(
    ("text", "rule", "how"),
    [
        ("Age >= 18 and <= 75 years", "age in 18 to 75 years", "complete"),
        ("Male or female, 18 to 75 years of age, inclusive", "age in 18 to 75 years", "complete"),
        ("PASI score of 12 or greater", "PASI >= 12", "complete"),
        ("PASI 12/72", "PASI >= 12", "partial"),
        ("At least 10% BSA involvement", "BSA >= 10 %", "complete"),
        ("Adults over 21 years", "age > 21 years", "partial"),
        ("PASI >= 10, or BSA >= 10% and DLQI >= 10", "PASI >= 10 or (BSA >= 10 % and DLQI >= 10)", "partial"),
        ("CRP level ≥ 1mg/L at screening", "CRP >= 1 mg/L", "complete"),
        ("Written informed consent", "consents", "complete"),
        ("Willing to attend all visits", 'agrees to "attend all visits"', "complete"),
    ],
)  # fmt: skip
def test_how_an_inclusion_is_read(text: str, rule: str, how: str) -> None:
    (one,) = drafted_items(Record("record", criteria=f"Inclusion Criteria:\n* {text}"))
    assert (one.reading.part or one.reading.rule) == rule
    assert one.reading.how == how


@pytest.mark.parametrize(
    ("text", "rule", "how"),
    [
        ("Live vaccine within 12 weeks prior to baseline", "had live_vaccine within 12 weeks before baseline", "complete"),
        ("Pregnant or breastfeeding women", "is pregnant or is breastfeeding", "complete"),
        ("Phototherapy within 4 weeks before baseline or during the study", "had phototherapy within 4 weeks before baseline or plans phototherapy", "complete"),
        ("Malignancy within 5 years except basal cell carcinoma", "had malignancy except basal_cell_carcinoma within 5 years", "complete"),
        ("Any biologic within 3 months or 5 half-lives, whichever is longer, before baseline", "had biologic within 3 months before baseline or had biologic within 5 half_lives before baseline", "complete"),
        ("I am not pregnant, breastfeeding, and I agree to use birth control", None, "text only"),
        ("Anything that the investigator finds unsuitable", None, "text only"),
    ],
)  # fmt: skip
def test_how_an_exclusion_is_read(text: str, rule: str | None, how: str) -> None:
    (one,) = drafted_items(Record("record", criteria=f"Exclusion Criteria:\n* {text}"))
    assert one.reading.how == how
    if rule is None:
        assert (one.reading.rule or "").startswith("investigator judges")
    else:
        assert one.reading.rule == rule


def test_lists_within_lists_keep_their_numbers() -> None:
    text = "Exclusion Criteria:\n1. Use, prior to baseline, of:\n   - Etanercept - 4 weeks\n   - Ustekinumab - 4 months\n2. HIV"
    assert [item.number for item in items_of(text)] == ["1", "1.1", "1.2", "2"]
    head, first, *_ = drafted_items(Record("record", criteria=text))
    assert head.heads == ("E1_1", "E1_2")
    assert first.reading.rule == "had etanercept within 4 weeks before baseline"


def test_the_old_xml_is_read(tmp_path: Path) -> None:
    path = tmp_path / "old.xml"
    path.write_text(XML, encoding="utf-8")
    done = import_record(path)
    assert done.record.ids == ("NCT00000001", "X-1")
    assert [one.reading.rule for one in done.items] == [
        "age in 18 to 75 years",
        "PASI >= 12",
        "had phototherapy within 4 weeks before baseline",
    ]
    assert "PASI improvement >= 75 % at week 12" in done.text


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.json", b"{", "expected JSON"),
        ("a.json", b"[1, 2]", "expected a study of ClinicalTrials.gov"),
        ("a.json", b"[" * 100_000, "nested too deep"),
        ("a.xml", b"<clinical_study>", "expected XML"),
        ("a.xml", b"<other/>", "expected <clinical_study>, found <other>"),
        ("a.xml", b'<!DOCTYPE x [<!ENTITY a "b">]><clinical_study/>', "definitions of its own"),
        ("a.txt", b"  \n ", "empty file"),
        ("a.txt", b"\xff\xfe\x00", "expected text in UTF-8"),
        ("a.html", b"<html><body>x</body></html>", "found HTML"),
    ],
)
def test_a_record_that_is_none_is_told(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(RecordError, match=re.escape(said)):
        read_record(path)


def test_a_record_without_criteria_leaves_everybody_undetermined(tmp_path: Path) -> None:
    path = tmp_path / "bare.json"
    path.write_text(json.dumps({"protocolSection": {"identificationModule": {"nctId": "NCT1"}}}))
    done = import_record(path)
    file = tmp_path / "draft.yaml"
    write_draft(done, file)
    protocol, findings = check_file(file)
    assert protocol is not None
    assert not [found for found in findings if found.severity == "error"]
    assert screen(protocol, Person("anybody", date(2026, 4, 1))).overall == "undetermined"
    with pytest.raises(FileExistsError, match="--force"):
        write_draft(done, file)
