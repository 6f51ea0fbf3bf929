"""The trial for search engines: schema.org's MedicalTrial, as JSON-LD."""

from typing import Any

from wholetrial.protocol.english import intervention_in_words
from wholetrial.protocol.placebo import given, placebo_arms
from wholetrial.protocol.protocol import Protocol
from wholetrial.publishing.plain_words import condition_of

_STATUS = {
    "recruiting": "Recruiting",
    "not yet recruiting": "NotYetRecruiting",
    "completed": "Completed",
    "active, not recruiting": "ActiveNotRecruiting",
    "enrolling by invitation": "EnrollingByInvitation",
    "suspended": "Suspended",
    "terminated": "Terminated",
    "withdrawn": "Withdrawn",
}


def structured_data(protocol: Protocol) -> dict[str, Any]:
    """The facts that schema.org has names for; what the file does not hold is left out.

    Source: schema.org, types MedicalTrial, MedicalTrialDesign and MedicalStudyStatus.
    """
    public = protocol.public
    dates = public.dates if public else None
    found = {
        "@context": "https://schema.org",
        "@type": "MedicalTrial",
        "name": public.lay_title if public else protocol.title,
        "alternateName": protocol.title,
        "identifier": protocol.trial,
        "description": public.summary if public else None,
        "healthCondition": {"@type": "MedicalCondition", "name": condition_of(protocol)},
        "studySubject": [
            {"@type": "MedicalTherapy", "name": intervention_in_words(name, protocol)}
            for name in protocol.interventions
            if name in given(protocol)
        ],
        "trialDesign": _designs(protocol),
        "status": _STATUS.get(public.status.casefold()) if public else None,
        "sponsor": _organization(public.sponsor) if public else None,
        "studyLocation": _places(protocol),
        "mainEntityOfPage": _page(dates.updated) if dates and dates.updated else None,
    }
    return {word: value for word, value in found.items() if value}


def _page(updated: str) -> dict[str, str]:
    return {"@type": "WebPage", "dateModified": updated}


def _organization(name: str | None) -> dict[str, str] | None:
    return {"@type": "Organization", "name": name} if name else None


def _places(protocol: Protocol) -> list[dict[str, str]]:
    sites = protocol.public.sites if protocol.public else None
    names = sites if isinstance(sites, tuple) else ()
    return [{"@type": "AdministrativeArea", "name": name} for name in names]


def _designs(protocol: Protocol) -> list[str]:
    design, found = protocol.design, list[str]()
    if design.allocation is not None and design.allocation.randomized:
        found.append("RandomizedTrial")
    masked = set() if design.masking == "none" else set(design.masking)
    if design.masking == "none":
        found.append("OpenTrial")
    elif {"participant", "investigator"} <= masked:
        found.append("DoubleBlindedTrial")
    elif "participant" in masked:
        found.append("SingleBlindedTrial")
    if placebo_arms(protocol):
        found.append("PlaceboControlledTrial")
    if design.centers is not None:
        found.append("MultiCenterTrial" if design.centers > 1 else "SingleCenterTrial")
    return found
