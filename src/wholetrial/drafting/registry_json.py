"""A record of ClinicalTrials.gov, version 2 of its JSON."""

import json
from typing import Any

from wholetrial.drafting.record import Arm, Given, Outcome, Record, RecordError

_OUTCOMES = {
    "primary": "primaryOutcomes",
    "secondary": "secondaryOutcomes",
    "other": "otherOutcomes",
}
_DATES = {
    "start": "startDateStruct",
    "primary completion": "primaryCompletionDateStruct",
    "completion": "completionDateStruct",
    "last update": "lastUpdatePostDateStruct",
}


def read_registry_json(text: str, source: str) -> Record:
    """Read a study; raises RecordError where the JSON is broken or is no study."""
    try:
        document = json.loads(text)
    except RecursionError:
        raise RecordError(f"{source}: expected a study, found JSON nested too deep") from None
    except ValueError as problem:
        raise RecordError(f"{source}: expected JSON, found text that is none: {problem}") from None
    study = document.get("protocolSection") if isinstance(document, dict) else None
    if not isinstance(study, dict):
        found = "a list" if isinstance(document, list) else "other JSON"
        raise RecordError(
            f"{source}: expected a study of ClinicalTrials.gov (protocolSection), found {found}; "
            "give one study of the version 2 format"
        )
    return _record(study, source)


def _record(study: dict[str, Any], source: str) -> Record:
    ids, status = _part(study, "identificationModule"), _part(study, "statusModule")
    design, arms = _part(study, "designModule"), _part(study, "armsInterventionsModule")
    info, who = _part(design, "designInfo"), _part(study, "eligibilityModule")
    dates = {name: str(_part(status, key).get("date") or "") for name, key in _DATES.items()}
    count = _part(design, "enrollmentInfo").get("count")
    return Record(
        source=source,
        title=_text(ids, "briefTitle"),
        official_title=_text(ids, "officialTitle"),
        ids=_ids(ids),
        sponsor=_text(_part(_part(study, "sponsorCollaboratorsModule"), "leadSponsor"), "name"),
        status=_text(status, "overallStatus"),
        phase="/".join(str(one) for one in _list(design, "phases")),
        study_type=_text(design, "studyType"),
        allocation=_text(info, "allocation"),
        model=_text(info, "interventionModel") or _text(info, "observationalModel"),
        masking=_masking(_part(info, "maskingInfo")),
        conditions=tuple(str(one) for one in _list(_part(study, "conditionsModule"), "conditions")),
        enrollment=count if isinstance(count, int) else None,
        dates={name: date for name, date in dates.items() if date},
        arms=tuple(_arm(one) for one in _dicts(arms, "armGroups")),
        interventions=tuple(
            Given(_text(one, "name"), _text(one, "type"), _text(one, "description"))
            for one in _dicts(arms, "interventions")
        ),
        outcomes=_outcomes(_part(study, "outcomesModule")),
        criteria=_text(who, "eligibilityCriteria"),
        sex=_text(who, "sex"),
        minimum_age=_text(who, "minimumAge"),
        maximum_age=_text(who, "maximumAge"),
        locations=tuple(
            ", ".join(
                filter(None, (_text(one, "facility"), _text(one, "city"), _text(one, "country")))
            )
            for one in _dicts(_part(study, "contactsLocationsModule"), "locations")
        ),
    )


def _ids(ids: dict[str, Any]) -> tuple[str, ...]:
    first = [_text(ids, "nctId"), _text(_part(ids, "orgStudyIdInfo"), "id")]
    others = [_text(one, "id") for one in _dicts(ids, "secondaryIdInfos")]
    return tuple(dict.fromkeys(one for one in [*first, *others] if one))


def _arm(arm: dict[str, Any]) -> Arm:
    given = tuple(str(one) for one in _list(arm, "interventionNames"))
    return Arm(_text(arm, "label"), _text(arm, "type"), _text(arm, "description"), given)


def _outcomes(module: dict[str, Any]) -> tuple[Outcome, ...]:
    return tuple(
        Outcome(level, _text(one, "measure"), _text(one, "timeFrame"), _text(one, "description"))
        for level, key in _OUTCOMES.items()
        for one in _dicts(module, key)
    )


def _masking(masking: dict[str, Any]) -> str:
    who = ", ".join(str(one) for one in _list(masking, "whoMasked"))
    return who or _text(masking, "masking")


def _part(tree: dict[str, Any], key: str) -> dict[str, Any]:
    found = tree.get(key)
    return found if isinstance(found, dict) else {}


def _text(tree: dict[str, Any], key: str) -> str:
    found = tree.get(key)
    return str(found) if isinstance(found, str | int | float) else ""


def _list(tree: dict[str, Any], key: str) -> list[Any]:
    found = tree.get(key)
    return found if isinstance(found, list) else []


def _dicts(tree: dict[str, Any], key: str) -> list[dict[str, Any]]:
    return [one for one in _list(tree, key) if isinstance(one, dict)]
