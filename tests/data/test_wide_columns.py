"""One CSV file with a row for each participant, read by a file that says what its columns are."""

from pathlib import Path

import numpy as np
import pytest

from wholetrial.data.columns import read_columns
from wholetrial.data.sheet import InvalidDataError
from wholetrial.endpoints.derive import derive
from wholetrial.protocol.load import load

ROOT = Path(__file__).parents[2]
SHARED = ROOT / ".." / "shared" / "data" / "psoriasis" / "sustained-response.csv"
EXAMPLE = ROOT / "examples" / "sustained-response"

CSV = """\
ID,GROUP,SEX,AGE,BASE,W12,SITE
001,A,F,40,20.0,5.0,x
002,P,M,51,18.5,NA,y
003,P,F,NA,NA,-9,y
"""
COLUMNS = """\
wholetrial: 1
participant: ID
arm: {column: GROUP, values: {A: once_45, P: placebo}}
facts: {age: AGE, male: {column: SEX, values: {M: 1, F: 0}}}
missing: [NA, -9]
observations:
  PASI: {BASE: week 0, W12: week 12}
"""


@pytest.fixture(scope="module")
def psoriasis():
    return load(ROOT / "trials" / "NCT00320216" / "trial.yaml")


@pytest.fixture
def read(psoriasis, tmp_path):
    def loaded(csv=CSV, columns=COLUMNS):
        (tmp_path / "wide.csv").write_text(csv)
        (tmp_path / "columns.yaml").write_text(columns)
        return read_columns(tmp_path / "wide.csv", tmp_path / "columns.yaml", psoriasis)

    return loaded


def test_a_wide_file_becomes_records(read):
    records, warnings, tables = read()
    assert tables == ("participants", "observations")
    labels = [visit.label for visit in records.visits]
    weeks = [labels.index("week 0"), labels.index("week 12")]
    nan = float("nan")
    assert records.participants == ("001", "002", "003")
    assert [records.arms[arm] for arm in records.arm] == ["once_45", "placebo", "placebo"]
    np.testing.assert_array_equal(
        records.values["PASI"][:, weeks], [[20, 5], [18.5, nan], [nan] * 2]
    )
    np.testing.assert_array_equal(records.day[:, weeks], [[0, 84], [0, nan], [nan] * 2])
    np.testing.assert_array_equal(records.facts["age"], [40, 51, nan])
    np.testing.assert_array_equal(records.facts["male"], [0, 1, 0])
    said = [str(found).split("wide.csv:")[1] for found in warnings]
    assert [line for line in said if "than the 64 planned" not in line] == [
        "1:27: warning: SITE: these columns are not named in columns.yaml, and not read, found SITE",
        (
            "4:1: warning: participant: a participant without any observation, found '003'; "
            "missing data is judged by the trial file"
        ),
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "001,A,F,40,20.0,5.0",
            "001,A,F,40,20.0,80",
            (
                "wide.csv:2:17: error: value: expected PASI from 0 to 72 in steps of 0.1, "
                "found '80'; check it against the source"
            ),
        ),
        (
            "002,P,M",
            "002,Q,X",
            (
                "wide.csv:3:5: error: arm: expected an arm of the trial (once_45, once_90, "
                "weekly_45, weekly_90, placebo), found 'Q'\n"
                "wide.csv:3:7: error: male: expected 1 (male) or 0 (female), found 'X'"
            ),
        ),
        (
            "003,P,F,NA,NA,-9,y",
            "003,P,F",
            (
                "wide.csv:4:1: error: expected 7 cells, as in the first line, found 3; "
                "a missing value keeps its comma"
            ),
        ),
    ],
)
def test_mistakes_in_the_wide_file(read, old, new, said):
    with pytest.raises(InvalidDataError) as caught:
        read(csv=CSV.replace(old, new))
    assert errors(caught.value) == said


def test_a_wide_file_without_rows(read):
    with pytest.raises(InvalidDataError, match="expected at least one participant, found no row"):
        read(csv=CSV.splitlines()[0])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "participant: ID",
            "participant: Id",
            (
                "columns.yaml:2:1: error: participant: expected a column of wide.csv (ID, GROUP, "
                "SEX, AGE, BASE, W12, SITE), found 'Id'; did you mean 'ID'?"
            ),
        ),
        (
            "A: once_45",
            "A: once45",
            (
                "columns.yaml:3:31: error: arm.values.A: expected an arm of the trial (once_45, "
                "once_90, weekly_45, weekly_90, placebo), found 'once45'; did you mean 'once_45'?"
            ),
        ),
        (
            "W12: week 12",
            "W12: week 0",
            (
                "columns.yaml:7:10: error: observations.PASI.BASE: expected each visit once, "
                "found 'week 0' 2 times\n"
                "columns.yaml:7:24: error: observations.PASI.W12: expected each visit once, "
                "found 'week 0' 2 times"
            ),
        ),
        (
            "  PASI:",
            "  PGA:",
            (
                "columns.yaml:7:3: error: observations.PGA: expected a measure that has a value "
                "(PASI, BSA, weight), found 'PGA'"
            ),
        ),
        (
            "observations:",
            "observation:",
            (
                "columns.yaml:6:1: error: observation: expected a field of this language, "
                "found 'observation'; did you mean 'observations'?"
            ),
        ),
    ],
)
def test_mistakes_in_the_description(read, old, new, said):
    with pytest.raises(InvalidDataError) as caught:
        read(columns=COLUMNS.replace(old, new))
    assert "\n".join(sorted(errors(caught.value).splitlines())) == said


def errors(refused):
    said = [found for found in refused.findings if found.severity == "error"]
    return "\n".join(f"{Path(found.file).name}{str(found)[len(found.file) :]}" for found in said)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"- a\n", b"a: [1", b"participant: 3\n"])
def test_a_description_that_cannot_be_read(psoriasis, tmp_path, content):
    (tmp_path / "wide.csv").write_text(CSV)
    (tmp_path / "columns.yaml").write_bytes(content)
    with pytest.raises(InvalidDataError, match=r"columns.yaml:[12]:\d+: error"):
        read_columns(tmp_path / "wide.csv", tmp_path / "columns.yaml", psoriasis)


def test_a_description_that_is_not_there(psoriasis, tmp_path):
    with pytest.raises(InvalidDataError, match="found no such file or directory; check the path"):
        read_columns(tmp_path / "wide.csv", tmp_path / "columns.yaml", psoriasis)


def test_published_counts_of_the_synthetic_trial():
    """Counts of 900 participants as stated beside the data (VIS-SIG Wonderful Wednesdays, CC0)."""
    if not SHARED.exists():
        pytest.skip("the data set lies in ../shared, which is not here")
    protocol = load(EXAMPLE / "trial.yaml")
    records, warnings, _ = read_columns(SHARED, EXAMPLE / "columns.yaml", protocol)
    assert warnings == ()
    counts = {
        (name, group): (int(np.nansum(seen)), int((~np.isnan(seen)).sum()))
        for name in protocol.endpoints.named()
        for outcome in derive(protocol, records, name, "randomized")
        for group in outcome.groups
        for seen in [outcome.variable.value[outcome.of_group(group)]]
    }
    assert counts == {
        ("pasi_75_week_16", "dose_1"): (263, 298),
        ("pasi_90_week_16", "dose_1"): (216, 298),
        ("pasi_100_week_16", "dose_1"): (82, 298),
        ("pasi_75_week_16", "dose_2"): (275, 299),
        ("pasi_90_week_16", "dose_2"): (219, 299),
        ("pasi_100_week_16", "dose_2"): (96, 299),
        ("pasi_75_week_16", "comparator"): (220, 296),
        ("pasi_90_week_16", "comparator"): (148, 296),
        ("pasi_100_week_16", "comparator"): (33, 296),
    }
