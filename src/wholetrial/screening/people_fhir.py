"""People in bundles of FHIR R4 or R5: one file, a file of lines (NDJSON), or a folder of them."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from wholetrial.data.sheet import InvalidDataError, of_file
from wholetrial.instruments.library import instrument
from wholetrial.protocol.eligibility import Codes
from wholetrial.protocol.protocol import Protocol
from wholetrial.screening.fhir_facts import (
    BY_PREFIX,
    WORDS,
    Coded,
    NotUsedError,
    Resource,
    codes_of,
    day_of,
    facts_of,
)
from wholetrial.screening.measured import in_protocol_unit, measures
from wholetrial.screening.person import Fact, Person

LARGEST = 500_000_000
SUFFIXES = (".json", ".ndjson", ".jsonl")
_SEXES = {"male": "male", "female": "female", "other": "other"}


@dataclass
class _Bundle:
    """The resources of one or more bundles, by what they are called there."""

    people: dict[str, Resource] = field(default_factory=dict)
    medicines: dict[str, Resource] = field(default_factory=dict)
    others: list[Resource] = field(default_factory=list)
    alias: dict[str, str] = field(default_factory=dict)


def read_people_fhir(
    path: Path, protocol: Protocol, screened: date, codes: Mapping[str, Codes]
) -> tuple[tuple[Person, ...], Counter[str]]:
    """The people of bundles, and how often something was not used, by reason.

    Silence in a bundle is unknown. Raises InvalidDataError where a file is no bundle or says of
    nobody who it is about.
    """
    bundle = _Bundle()
    for file in _files(path):
        for resource in _resources(file):
            _sort(bundle, resource, file)
    if not bundle.people:
        raise InvalidDataError([of_file(path, "at least one Patient", "none")])
    unused: Counter[str] = Counter()
    named = _Names(codes, protocol)
    facts: dict[str, list[Fact]] = {name: [] for name in bundle.people}
    for resource in bundle.others:
        whose = bundle.alias.get(_subject(resource))
        if whose is None:
            unused[f"{resource.get('resourceType')}: about nobody in the file"] += 1
            continue
        try:
            found = facts_of(resource, named.of, lambda one: _medicine(one, bundle))
            facts[whose] += [_usable(fact, protocol) for fact in found]
        except NotUsedError as why:
            unused[str(why)] += 1
        except (AttributeError, TypeError, KeyError, IndexError):
            unused[f"{resource.get('resourceType')}: not as FHIR writes it"] += 1
    people = tuple(
        _person(name, patient, tuple(facts[name]), (screened, unused))
        for name, patient in bundle.people.items()
    )
    return people, unused


class _Names:
    """Which concepts and measures a code means."""

    def __init__(self, codes: Mapping[str, Codes], protocol: Protocol) -> None:
        self.exact: dict[tuple[str, str], list[str]] = {}
        self.prefixes: list[tuple[str, str, str]] = []
        for name, words in _called(protocol):
            self.exact.setdefault((WORDS, words.casefold()), []).append(name)
        for name, lists in codes.items():
            for system in ("snomed", "rxnorm", "loinc", "atc", "icd10"):
                for code in getattr(lists, system):
                    self.exact.setdefault((system, str(code)), []).append(name)
                    if system in BY_PREFIX:
                        self.prefixes.append((system, str(code), name))

    def of(self, codes: list[Coded]) -> list[str]:
        """The names that any of these codes means, each once."""
        found: dict[str, None] = {}
        for coded in codes:
            found.update(dict.fromkeys(self.exact.get(coded, ())))
            for system, prefix, name in self.prefixes:
                if coded.system == system and coded.code.startswith(prefix):
                    found[name] = None
        return list(found)


def _called(protocol: Protocol) -> Iterator[tuple[str, str]]:
    """The exact words by which a record may call a concept or a measure."""
    for name, concept in protocol.eligibility.concepts.items():
        yield from ((name, words) for words in {name, name.replace("_", " "), concept.lay})
    for name in measures(protocol):
        used = protocol.instruments.get(name)
        known = instrument(used.library) if used and used.library else None
        full = (
            {known.name, known.short_name} if known else {used.lab} if used and used.lab else set()
        )
        yield from ((name, words) for words in {name, name.replace("_", " "), *filter(None, full)})


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(one for one in path.iterdir() if one.suffix in SUFFIXES)
    if not found:
        raise InvalidDataError([of_file(path, "bundles (.json, .ndjson)", "none in this folder")])
    return found


def _resources(file: Path) -> Iterator[Resource]:
    """The resources of a file: a bundle, a single one, or one on each line."""
    if file.stat().st_size > LARGEST:
        raise InvalidDataError([of_file(file, f"at most {LARGEST:,} bytes", "more", "split it")])
    with file.open("rb") as opened:
        if file.suffix == ".json":
            yield from _unpacked(_parsed(opened.read(), file), file)
            return
        for line in opened:
            if line.strip():
                yield from _unpacked(_parsed(line, file), file)


def _parsed(text: bytes, file: Path) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        raise InvalidDataError(
            [of_file(file, "a bundle", "JSON that is nested too deep")]
        ) from None
    except UnicodeDecodeError:
        raise InvalidDataError([of_file(file, "JSON in UTF-8", "other bytes")]) from None
    except ValueError as problem:
        raise InvalidDataError([of_file(file, "JSON", str(problem))]) from None


def _unpacked(document: Any, file: Path) -> Iterator[Resource]:
    if not isinstance(document, dict) or "resourceType" not in document:
        raise InvalidDataError([of_file(file, "a FHIR bundle (resourceType)", "other JSON")])
    if document["resourceType"] != "Bundle":
        yield document
        return
    for entry in document.get("entry", []):
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict):
            yield {**resource, "_called": str(entry.get("fullUrl", ""))}


def _sort(bundle: _Bundle, resource: Resource, file: Path) -> None:
    kind, name = resource.get("resourceType"), str(resource.get("id") or resource.get("_called"))
    called = (f"{kind}/{name}", str(resource.get("_called") or f"{kind}/{name}"))
    if kind == "Patient":
        if name in bundle.people:
            raise InvalidDataError([of_file(file, "each Patient once", f"'{name}' again")])
        bundle.people[name] = resource
        bundle.alias.update(dict.fromkeys(called, name))
    elif kind == "Medication":
        bundle.medicines.update(dict.fromkeys(called, resource))
    else:
        bundle.others.append(resource)


def _subject(resource: Resource) -> str:
    """Whom a resource is about, as the bundle calls them; absolute addresses end with the type."""
    reference = resource.get("subject") or resource.get("patient") or {}
    text = str(reference.get("reference", "")) if isinstance(reference, dict) else ""
    _, found, name = text.rpartition("Patient/")
    return f"Patient/{name.partition('/')[0]}" if found else text


def _medicine(resource: Resource, bundle: _Bundle) -> Any:
    """The codes of a medicine, where they stand or where they are referred to."""
    medicine = resource.get("medication") or {}
    inside = resource.get("medicationCodeableConcept") or medicine.get("concept")
    if inside:
        return inside
    reference = resource.get("medicationReference") or medicine.get("reference") or {}
    text = str(reference.get("reference", ""))
    own = {f"#{one.get('id')}": one for one in resource.get("contained", [])}
    found = own.get(text) or bundle.medicines.get(text) or {}
    return found.get("code", {}) if codes_of(found.get("code")) else {}


def _usable(fact: Fact, protocol: Protocol) -> Fact:
    return in_protocol_unit(fact, protocol) if fact.about in measures(protocol) else fact


def _person(
    name: str, patient: Resource, facts: tuple[Fact, ...], seen: tuple[date, Counter[str]]
) -> Person:
    screened, unused = seen
    person = Person(name, screened, sex=_SEXES.get(str(patient.get("gender"))), facts=facts)
    try:
        born = day_of(patient.get("birthDate"))
    except NotUsedError as why:
        unused[f"Patient: {why}"] += 1
        return person
    if born is not None and born.earliest > screened:
        unused["Patient: born after the screening day"] += 1
        return person
    return replace(person, born=born)
