"""The concepts of a database that a trial's names mean."""

from collections.abc import Mapping
from typing import NamedTuple

from wholetrial.protocol.eligibility import Codes
from wholetrial.screening.omop.database import Database
from wholetrial.screening.plan.in_sql import text

VOCABULARIES = {
    "snomed": ("SNOMED",),
    "rxnorm": ("RxNorm", "RxNorm Extension"),
    "atc": ("ATC",),
    "loinc": ("LOINC",),
    "icd10": ("ICD10", "ICD10CM", "ICD10GM", "ICD10CN"),
}


class Roots(NamedTuple):
    """The concepts that each name means, and in words what could not be found."""

    concepts: dict[str, tuple[int, ...]]
    notes: tuple[str, ...]


def roots_of(codes: Mapping[str, Codes], database: Database) -> Roots:
    """The standard concepts of each name's codes; what lies beneath them is found later."""
    concepts: dict[str, tuple[int, ...]] = {}
    notes: list[str] = []
    for name, lists in codes.items():
        found = set(lists.omop)
        for field, vocabularies in VOCABULARIES.items():
            wanted = tuple(str(code) for code in getattr(lists, field))
            if not wanted:
                continue
            if not database.has("concept"):
                notes.append(f"{name}: the database has no table 'concept' to look up {field}")
                continue
            known = _standard(database, vocabularies, wanted)
            missing = [code for code in wanted if code not in known]
            notes += [f"{name}: no concept for {field} {code}" for code in missing]
            found = found.union(*known.values())
        if found:
            concepts[name] = tuple(sorted(found))
    return Roots(concepts, tuple(notes))


def _standard(
    database: Database, vocabularies: tuple[str, ...], codes: tuple[str, ...]
) -> dict[str, set[int]]:
    """The concepts of some codes, and those that they map to."""
    found: dict[str, set[int]] = {}
    concept = database.table("concept")
    chosen = (
        f"c.vocabulary_id IN ({', '.join(map(text, vocabularies))}) "
        f"AND c.concept_code IN ({', '.join(map(text, codes))})"
    )
    query = f"SELECT c.concept_code, c.concept_id FROM {concept} c WHERE {chosen}"
    for code, concept_id in database.rows(query):
        found.setdefault(str(code), set()).add(int(concept_id))
    if database.has("concept_relationship"):
        maps = database.table("concept_relationship")
        query = (
            f"SELECT c.concept_code, r.concept_id_2 FROM {concept} c JOIN {maps} r "
            f"ON r.concept_id_1 = c.concept_id WHERE r.relationship_id = 'Maps to' AND {chosen}"
        )
        for code, concept_id in database.rows(query):
            found.setdefault(str(code), set()).add(int(concept_id))
    return found
