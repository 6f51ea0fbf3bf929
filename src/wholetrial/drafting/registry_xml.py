"""A record of ClinicalTrials.gov in its old XML (clinical_study)."""

import re
from xml.etree.ElementTree import Element, ParseError, fromstring

from wholetrial.drafting.record import Arm, Given, Outcome, Record, RecordError

_DATES = {
    "start": "start_date",
    "primary completion": "primary_completion_date",
    "completion": "completion_date",
    "last update": "last_update_posted",
}


def read_registry_xml(text: str, source: str) -> Record:
    """Read a study; raises RecordError where the XML is broken, is no study or defines entities."""
    if re.search(r"<!(?:DOCTYPE|ENTITY)", text[:10_000], re.IGNORECASE):
        raise RecordError(f"{source}: expected plain XML, found definitions of its own (DOCTYPE)")
    try:
        study = fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text))
    except (ParseError, RecursionError, ValueError) as problem:
        raise RecordError(f"{source}: expected XML, found text that is none: {problem}") from None
    if study.tag != "clinical_study":
        raise RecordError(f"{source}: expected <clinical_study>, found <{study.tag}>")
    return _record(study, source)


def _record(study: Element, source: str) -> Record:
    ids = [one.text or "" for one in study.iterfind("id_info/*")]
    enrollment = _text(study, "enrollment")
    dates = {name: _text(study, path) for name, path in _DATES.items()}
    ids.sort(key=lambda one: not one.startswith("NCT"))
    return Record(
        source=source,
        title=_text(study, "brief_title"),
        official_title=_text(study, "official_title"),
        ids=tuple(dict.fromkeys(one for one in ids if one)),
        sponsor=_text(study, "sponsors/lead_sponsor/agency"),
        status=_text(study, "overall_status"),
        phase=_text(study, "phase"),
        study_type=_text(study, "study_type"),
        allocation=_text(study, "study_design_info/allocation"),
        model=_text(study, "study_design_info/intervention_model"),
        masking=_text(study, "study_design_info/masking"),
        conditions=tuple(one.text or "" for one in study.iterfind("condition")),
        enrollment=int(enrollment) if enrollment.isdigit() else None,
        dates={name: date for name, date in dates.items() if date},
        arms=tuple(_arm(one, study) for one in study.iterfind("arm_group")),
        interventions=tuple(
            Given(
                _text(one, "intervention_name"),
                _text(one, "intervention_type"),
                _text(one, "description"),
            )
            for one in study.iterfind("intervention")
        ),
        outcomes=tuple(
            Outcome(
                level, _text(one, "measure"), _text(one, "time_frame"), _text(one, "description")
            )
            for level in ("primary", "secondary", "other")
            for one in study.iterfind(f"{level}_outcome")
        ),
        criteria=_block(study, "eligibility/criteria/textblock"),
        sex=_text(study, "eligibility/gender"),
        minimum_age=_age(study, "eligibility/minimum_age"),
        maximum_age=_age(study, "eligibility/maximum_age"),
        locations=tuple(
            ", ".join(filter(None, (_text(one, f"facility/{part}") for part in _PLACE)))
            for one in study.iterfind("location")
        ),
    )


_PLACE = ("name", "address/city", "address/country")


def _arm(arm: Element, study: Element) -> Arm:
    label = _text(arm, "arm_group_label")
    given = tuple(
        _text(one, "intervention_name")
        for one in study.iterfind("intervention")
        if label in [found.text for found in one.iterfind("arm_group_label")]
    )
    return Arm(label, _text(arm, "arm_group_type"), _text(arm, "description"), given)


def _text(element: Element, path: str) -> str:
    found = element.find(path)
    if found is None:
        return ""
    block = found.find("textblock")
    text = (block if block is not None else found).text or ""
    return " ".join(text.split())


def _block(element: Element, path: str) -> str:
    found = element.find(path)
    return (found.text or "") if found is not None else ""


def _age(study: Element, path: str) -> str:
    age = _text(study, path)
    return "" if age.upper() == "N/A" else age
