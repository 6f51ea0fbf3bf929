"""One million people of an OMOP database counted for a trial, beside the same criteria one by one.

The peer is the reference evaluator on people read from the same database, timed on a thousand of
them: what a program does that asks every criterion of one person after another.
"""

import sys
import time
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from omop_population import AS_OF, generate, write_codes

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "screening"))

from people_of_omop import people_of_omop

from wholetrial.programme.feasibility import feasibility
from wholetrial.programme.trials import load
from wholetrial.screening.evaluate import screen

PEOPLE = 1_000_000
SAMPLE = 1_000


def main() -> None:
    """Print the time of each and their ratio."""
    protocol, on = load("NCT03424629"), date.fromisoformat(AS_OF)
    with TemporaryDirectory() as folder:
        path, codes = Path(folder) / "omop.duckdb", write_codes(Path(folder))
        with duckdb.connect(str(path)) as database:
            generate(database, PEOPLE)
        start = time.perf_counter()
        found = feasibility(protocol, str(path), on, codes=codes)
        counted = time.perf_counter() - start
        with duckdb.connect(str(path), read_only=True) as database:
            people = people_of_omop(database, protocol, codes, on, most=SAMPLE)
        start = time.perf_counter()
        for person in people:
            screen(protocol, person)
        one_by_one = (time.perf_counter() - start) / len(people) * PEOPLE
    print(f"{found.people:,} people, {len(found.criteria)} criteria: {counted:.1f} s in DuckDB")
    print(
        f"one by one {one_by_one:,.0f} s (from {len(people):,}): ratio {one_by_one / counted:,.0f}"
    )


if __name__ == "__main__":
    main()
