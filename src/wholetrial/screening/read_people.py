"""People from a file: a table (CSV), or bundles of FHIR."""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import NamedTuple

import yaml
from pydantic import TypeAdapter, ValidationError

from wholetrial.data.sheet import InvalidDataError, near, of_file
from wholetrial.protocol.eligibility import Codes
from wholetrial.protocol.protocol import Protocol
from wholetrial.screening.answers_of_people import STATES
from wholetrial.screening.measured import measures
from wholetrial.screening.people_csv import read_people_csv
from wholetrial.screening.people_fhir import SUFFIXES, read_people_fhir
from wholetrial.screening.person import Person


class People(NamedTuple):
    """The people of a file in its order; how often something was not used, by reason."""

    people: tuple[Person, ...]
    unused: Mapping[str, int]


def read_people(
    path: Path, protocol: Protocol, screened: date, codes: Path | None = None
) -> People:
    """Read the people of a CSV file or of FHIR bundles, screened on a day unless the file says.

    `codes` is a file of more codes for concepts and measures. Raises InvalidDataError.
    """
    if not path.exists():
        raise InvalidDataError([of_file(path, "a file of people", "no file", "check the path")])
    lists = codes_for(protocol, codes)
    if path.is_dir() or path.suffix in SUFFIXES:
        return People(*read_people_fhir(path, protocol, screened, lists))
    return People(read_people_csv(path, protocol, screened), Counter())


def codes_for(protocol: Protocol, file: Path | None) -> dict[str, Codes]:
    """The codes of the trial file, replaced by those of another file for the names it has."""
    own = dict(protocol.eligibility.codes)
    if file is None:
        return own
    try:
        tree = yaml.safe_load(file.read_text(encoding="utf-8"))
        given = TypeAdapter(dict[str, Codes]).validate_json(json.dumps(tree))
    except (TypeError, yaml.YAMLError, UnicodeDecodeError, ValidationError) as problem:
        lines = str(problem).splitlines()
        said = "; ".join(line.strip() for line in lines[1:3]) or lines[0]
        expected = "codes by name, as 'PASI: {loinc: [...]}'"
        raise InvalidDataError([of_file(file, expected, said)]) from None
    known = (*protocol.eligibility.concepts, *measures(protocol), *STATES)
    wrong = [name for name in given if name not in known]
    if wrong:
        expected = "names of concepts and measures of the trial file"
        raise InvalidDataError(
            [of_file(file, expected, f"'{name}'", near(name, known)) for name in wrong]
        )
    return {**own, **given}
