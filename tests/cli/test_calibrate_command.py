"""wholetrial calibrate: fit to a table of published rates, or hold a fit against it."""

import json

import pytest
from typer.testing import CliRunner

from wholetrial.cli.application import app
from wholetrial.simulation.psoriasis_fit import read_fit

HEADER = (
    "id,study,drug,doses,people,week,statistic,given,relapse,again,missing,value,n,"
    "standard_error,fitted,evidence,source,note\n"
)
Q2W = "0:160 14:80 28:80 42:80 56:80 70:80"
TABLE = HEADER + "".join(
    f"{name}: {statistic},{name},{drug},{doses},usual,12,{statistic},,,,0.025,{value},{n},,yes,seen,here,\n"
    for name, drug, doses, n, values in (
        ("once", "ustekinumab", "0:45", 64, (0.52, 0.23)),
        ("weekly", "ustekinumab", "0:90 7:90 14:90 21:90", 64, (0.81, 0.52)),
        ("Q2W", "ixekizumab", Q2W, 300, (0.89, 0.70, 0.38)),
        ("placebo", "", "", 300, (0.035,)),
    )
    for statistic, value in zip(("PASI 75", "PASI 90", "PASI 100"), values, strict=False)
)


def run(*arguments):
    return CliRunner().invoke(app, ["calibrate", *map(str, arguments)])


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "targets.csv"
    path.write_text(TABLE, "utf-8")
    return path


def test_a_table_is_fitted_written_and_read_back(table, tmp_path):
    out = tmp_path / "fit.json"
    done = run(table, "--model", "turnover", "--name", "mine", "--out", out)
    assert done.exit_code == 0, done.output
    assert "8 published numbers, 7 parameters: chi-squared" in done.output
    assert "fitted: 8 of 8 inside their 90% interval" in done.output
    fit = read_fit(out)
    assert (fit.name, fit.model, fit.fitted_numbers) == ("mine", "turnover", 8)
    assert fit["t17_turnover"] == 0
    document = json.loads(out.read_text("utf-8"))
    assert [row["id"] for row in document["agreement"]][:2] == ["once: PASI 75", "once: PASI 90"]
    assert 0.02 < fit["lesion_turnover"] < 0.1


def test_check_fits_nothing_and_holds_a_fit_that_ships_against_a_table(table):
    done = run(table, "--check", "--fit", "fit_b")
    assert done.exit_code == 0, done.output
    assert "fitted: 8 of 8 inside their 90% interval" in done.output
    assert "inside" in done.output
    rows = json.loads(run(table, "--check", "--fit", "fit_b", "--json").output)
    assert [row["id"] for row in rows] == [line.split(",")[0] for line in TABLE.splitlines()[1:]]
    assert all(row["low"] <= row["model"] <= row["high"] for row in rows)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("TABLE",), "two_state has 11 parameters; a fit needs at least as many targets"),
        (("TABLE", "--model", "logit"), "the models are two_state, turnover; got 'logit'"),
        (("TABLE", "--reading", "aloud"), "PASI is read as attainable or continuous; got 'aloud'"),
        (("TABLE", "--fit", "fit_b"), "--fit names what --check looks at"),
        (("TABLE", "--check", "--out", "x.json"), "there is nothing for --out"),
        (("missing.csv",), "No such file or directory: missing.csv"),
    ],
)
def test_what_cannot_be_done_is_said(table, arguments, message):
    done = run(*(str(table) if one == "TABLE" else one for one in arguments))
    assert done.exit_code != 0
    assert message in " ".join(done.output.replace("│", " ").split())
