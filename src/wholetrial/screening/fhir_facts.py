"""The facts of one FHIR resource (R4 and R5): conditions, values, medicines, procedures.

What is entered in error, or not done, is left out; what is unsure stays unsure. A prescription says
what was ordered, not what was taken: its days are its day or later.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from wholetrial.screening.days import FIRST, LAST, DayError, Days, read_days
from wholetrial.screening.person import Fact

Resource = Mapping[str, Any]
SYSTEMS = {
    "http://snomed.info/sct": "snomed",
    "http://www.nlm.nih.gov/research/umls/rxnorm": "rxnorm",
    "http://loinc.org": "loinc",
    "http://www.whocc.no/atc": "atc",
    "http://hl7.org/fhir/sid/icd-10": "icd10",
    "http://hl7.org/fhir/sid/icd-10-cm": "icd10",
    "http://hl7.org/fhir/sid/icd-10-us": "icd10",
    "http://fhir.de/CodeSystem/bfarm/icd-10-gm": "icd10",
}
WORDS = "words"
"""The system of what a record calls something; it counts where it is exactly our name of it."""
BY_PREFIX = ("icd10", "atc")
"""Code systems whose codes begin with the code that they lie beneath."""
_WRONG = ("entered-in-error", "cancelled", "not-done", "not-taken", "registered")
_OVER = ("resolved", "inactive", "remission")


class Coded(NamedTuple):
    """A code: its system by our name for it, and itself."""

    system: str
    code: str


class NotUsedError(ValueError):
    """A resource, or a part of one, that says nothing that can be used: why."""


Named = Callable[[list[Coded]], list[str]]
"""The concepts and measures that codes mean."""


def facts_of(resource: Resource, named: Named, medicine: Callable[[Resource], Any]) -> list[Fact]:
    """The facts of a resource; `medicine` finds the codes of what it refers to.

    Raises NotUsedError with the reason where it says nothing that can be used.
    """
    kind = str(resource.get("resourceType"))
    read = _KINDS.get(kind)
    if read is None:
        raise NotUsedError(f"{kind}: not read")
    if resource.get("status") in _WRONG:
        raise NotUsedError(f"{kind}: {resource['status']}")
    concept = medicine(resource) if kind.startswith("Medication") else None
    found = list(read(resource, named, concept))
    if not found:
        raise NotUsedError(f"{kind}: no code that the trial asks for")
    return found


def codes_of(concept: Any) -> list[Coded]:
    """The codes of a CodeableConcept, those of unknown systems left out; its words come last."""
    if not isinstance(concept, dict):
        return []
    codings = [one for one in concept.get("coding", []) if isinstance(one, dict)]
    pairs = ((SYSTEMS.get(str(one.get("system"))), one.get("code")) for one in codings)
    codes = [Coded(system, str(code)) for system, code in pairs if system and code]
    words = (concept.get("text"), *(one.get("display") for one in codings))
    return [
        *codes,
        *(Coded(WORDS, one.casefold().strip()) for one in words if isinstance(one, str)),
    ]


def day_of(text: Any) -> Days | None:
    """The day of a FHIR date or dateTime, which may be a year or a month."""
    if not isinstance(text, str):
        return None
    try:
        return read_days(text.partition("T")[0])
    except DayError as problem:
        raise NotUsedError(f"a day that is none: {problem}") from None


def _named_facts(concept: Any, named: Named) -> Iterator[Fact]:
    """One fact for each concept that the codes mean; its kind is another of them, or the code."""
    codes = codes_of(concept)
    about = named(codes)
    for name in about:
        others = [one for one in about if one != name]
        yield Fact(name, kind=others[0] if others else codes[0].code)


def _condition(resource: Resource, named: Named, _: Any) -> Iterator[Fact]:
    verified = _status(resource, "verificationStatus")
    if verified in ("entered-in-error", "unconfirmed", "provisional", "differential"):
        raise NotUsedError(f"Condition: {verified}")
    start, last = _span(resource, "onset")
    recorded = day_of(resource.get("recordedDate"))
    if start is None and recorded:
        start = Days(FIRST, recorded.latest)
    _, end = _span(resource, "abatement")
    over = end is not None or _status(resource, "clinicalStatus") in _OVER
    for fact in _named_facts(resource.get("code"), named):
        if verified == "refuted":
            yield Fact(fact.about, yes=False, last=recorded, source="record")
        else:
            yield _dated(fact, start, end if over else last, ended=over)


def _observation(resource: Resource, named: Named, _: Any) -> Iterator[Fact]:
    when = (
        day_of(resource.get("effectiveDateTime"))
        or day_of(resource.get("effectiveInstant"))
        or _period(resource.get("effectivePeriod"))[1]
    )
    for part in (resource, *resource.get("component", [])):
        for name in named(codes_of(part.get("code"))):
            yield _value(name, part, when)


def _value(name: str, part: Resource, when: Days | None) -> Fact:
    quantity = part.get("valueQuantity")
    if isinstance(part.get("valueBoolean"), bool):
        return Fact(name, yes=part["valueBoolean"], start=when, last=when, source="record")
    if not isinstance(quantity, dict):
        number = part.get("valueInteger", part.get("valueDecimal"))
        quantity = {"value": number}
    value, unusable = quantity.get("value"), None
    if quantity.get("comparator"):
        value, unusable = None, f"only '{quantity['comparator']} {value}' is known"
    elif isinstance(value, bool) or not isinstance(value, int | float):
        value, unusable = None, "no number is given"
    ranges = part.get("referenceRange") or [{}]
    high = ranges[0].get("high", {}).get("value")
    unit = quantity.get("code") or quantity.get("unit")
    return Fact(
        name, value=value, unit=unit, high=high, start=when, source="record", unusable=unusable
    )  # fmt: skip


def _taken(resource: Resource, named: Named, concept: Any) -> Iterator[Fact]:
    start, last = _span(resource, "effective")
    if start is None:
        start, last = _span(resource, "occurence")
    over = resource.get("status") in ("completed", "stopped") or last is not None
    for fact in _named_facts(concept, named):
        yield _dated(fact, start, last, ended=over)


def _given(resource: Resource, named: Named, concept: Any) -> Iterator[Fact]:
    for name in ("effective", "occurrence", "occurence"):
        start, last = _span(resource, name)
        if start:
            for fact in _named_facts(concept, named):
                yield _dated(fact, start, last or start, ended=True)
            return
    raise NotUsedError("MedicationAdministration: no day")


def _ordered(resource: Resource, named: Named, concept: Any) -> Iterator[Fact]:
    ordered = day_of(resource.get("authoredOn"))
    start = Days(ordered.earliest if ordered else FIRST, LAST)
    for fact in _named_facts(concept, named):
        yield Fact(fact.about, kind=fact.kind, start=start, source="prescription")


def _done(resource: Resource, named: Named, _: Any) -> Iterator[Fact]:
    if resource.get("status") not in ("completed", None):
        raise NotUsedError(f"Procedure: {resource.get('status')}")
    start, last = _span(resource, "performed")
    if start is None:
        start, last = _span(resource, "occurrence")
    concept = resource.get("vaccineCode", resource.get("code"))
    for fact in _named_facts(concept, named):
        yield _dated(fact, start, last or start, ended=start is not None)


def _allergy(resource: Resource, named: Named, _: Any) -> Iterator[Fact]:
    verified = _status(resource, "verificationStatus")
    if verified in ("entered-in-error", "unconfirmed", "presumed"):
        raise NotUsedError(f"AllergyIntolerance: {verified}")
    start = day_of(resource.get("onsetDateTime"))
    for fact in _named_facts(resource.get("code"), named):
        if verified == "refuted":
            yield Fact(fact.about, yes=False, source="record")
        else:
            yield _dated(fact, start, None, ended=False)


def _dated(fact: Fact, start: Days | None, last: Days | None, *, ended: bool) -> Fact:
    return Fact(fact.about, kind=fact.kind, start=start, last=last, ended=ended, source="record")


def _span(resource: Resource, name: str) -> tuple[Days | None, Days | None]:
    """The first and last day of onset[x], effective[x] and the like."""
    one = day_of(resource.get(f"{name}DateTime"))
    if one is not None:
        return one, one if name != "onset" else None
    return _period(resource.get(f"{name}Period"))


def _period(period: Any) -> tuple[Days | None, Days | None]:
    if not isinstance(period, dict):
        return None, None
    return day_of(period.get("start")), day_of(period.get("end"))


def _status(resource: Resource, name: str) -> str:
    concept = resource.get(name)
    codings = concept.get("coding", []) if isinstance(concept, dict) else []
    return str(codings[0].get("code", "")) if codings else ""


_KINDS: dict[str, Callable[[Resource, Named, Any], Iterator[Fact]]] = {
    "Condition": _condition,
    "Observation": _observation,
    "MedicationStatement": _taken,
    "MedicationUsage": _taken,
    "MedicationAdministration": _given,
    "MedicationRequest": _ordered,
    "Procedure": _done,
    "Immunization": _done,
    "AllergyIntolerance": _allergy,
}
