"""Bad data: each mistake a hospital makes, and the exact line that answers it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wholetrial.data.read import read_records
from wholetrial.data.sheet import LARGEST_TABLE, InvalidDataError
from wholetrial.data.tables import TABLES
from wholetrial.protocol.load import load

TRIALS = Path(__file__).parents[2] / "trials"

GOOD = {
    "participants": "participant,arm,week_0\nA,once_45,2026-03-02\nB,placebo,2026-03-09\n",
    "observations": "participant,visit,measure,value\nA,week 0,PASI,20\nB,week 0,PASI,18.5\n",
}


@pytest.fixture(scope="module")
def psoriasis():
    return load(TRIALS / "NCT00320216" / "trial.yaml")


def write(folder, tables):
    for name, text in tables.items():
        content = text if isinstance(text, bytes) else text.encode()
        (folder / f"{name}.csv").write_bytes(content)


def errors(folder, protocol, **tables):
    """The errors of the good tables with these put in their place, without the folder's name."""
    write(folder, {**GOOD, **tables})
    with pytest.raises(InvalidDataError) as caught:
        read_records(folder, protocol)
    said = [str(found) for found in caught.value.findings if found.severity == "error"]
    return "\n".join(line.replace(f"{folder}/", "") for line in said)


ARMS = "(once_45, once_90, weekly_45, weekly_90, placebo)"
VISITS = (
    "(screening, week 0, week 1, week 2, week 3, week 4, week 8, week 12, week 16, week 20, "
    "week 24, week 28, week 32, week 36)"
)
PEOPLE = "participant,arm\n"
SEEN = "participant,visit,measure,value\n"

PARTICIPANTS = {
    "unknown arm": (
        PEOPLE + "A,once_45\nB,Placebo\n",
        (
            f"participants.csv:3:3: error: arm: expected an arm of the trial {ARMS}, found 'Placebo'; "
            "did you mean 'placebo'?"
        ),
    ),
    "no arm": (
        PEOPLE + "A,once_45\nB,\n",
        f"participants.csv:3:3: error: arm: expected an arm of the trial {ARMS}, found nothing",
    ),
    "duplicate id": (
        PEOPLE + "A,once_45\nB,placebo\nA,placebo\n",
        (
            "participants.csv:4:1: error: participant: expected each participant once, "
            "found a second one (the first is in line 2); keep the right one"
        ),
    ),
    "no id": (
        PEOPLE + "A,once_45\nB,placebo\nNA,placebo\n",
        "participants.csv:4:1: error: participant: expected an identifier, found nothing",
    ),
    "missing column": (
        "Participant,arm\nA,once_45\n",
        (
            "participants.csv:1:1: error: expected the column 'participant', "
            "found the columns Participant, arm; rename 'Participant'"
        ),
    ),
    "impossible date": (
        "participant,arm,week_0\nA,once_45,2026-02-30\nB,placebo,2026-3-9\n",
        (
            "participants.csv:2:11: error: week_0: expected a date of the calendar, as 2026-03-31, "
            "found '2026-02-30'\n"
            "participants.csv:3:11: error: week_0: expected a date of the calendar, as 2026-03-31, "
            "found '2026-3-9'"
        ),
    ),
    "age": (
        "participant,arm,age,male\nA,once_45,451,1\nB,placebo,45,2\n",
        (
            "participants.csv:2:11: error: age: expected an age in years, up to 130, found '451'; "
            "check it against the source\n"
            "participants.csv:3:14: error: male: expected 1 (male) or 0 (female), found '2'; "
            "check it against the source"
        ),
    ),
    "sex": (
        "participant,arm,sex\nA,once_45,f\nB,placebo,male\n",
        "participants.csv:2:11: error: sex: expected a sex (female, male), found 'f'",
    ),
    "a measure as a fact": (
        "participant,arm,PASI\nA,once_45,20\nB,placebo,18\n",
        (
            "participants.csv:1:17: error: PASI: expected baseline facts, found 'PASI', which is "
            "measured at visits; write it into observations.csv, with its visit"
        ),
    ),
    "header only": (
        PEOPLE,
        "participants.csv:1:1: error: expected at least one participant, found no row",
    ),
    "no whole row": (
        PEOPLE + "A\n",
        (
            "participants.csv:2:1: error: expected 2 cells, as in the first line, found 1; "
            "a missing value keeps its comma"
        ),
    ),
    "empty file": (
        "",
        (
            "participants.csv:1:1: error: expected a line with the names of the columns, "
            "found an empty file"
        ),
    ),
    "binary": (
        b"participant,arm\n\x00\x01\x02,once_45\n",
        (
            "participants.csv:2:1: error: expected text, found the control character '\\x00'; "
            "is this a CSV file?"
        ),
    ),
    "a terminal's control sequence": (
        "participant,arm\nA,once_45\n\x9b31m,placebo\n",
        (
            "participants.csv:3:1: error: expected text, found the control character '\\x9b'; "
            "is this a CSV file?"
        ),
    ),
    "a cell of several lines": (
        'participant,arm\nA,"once\n45"\n',
        (
            f"participants.csv:2:3: error: arm: expected an arm of the trial {ARMS}, "
            "found 'once 45'; did you mean 'once_45'?"
        ),
    ),
    "UTF-16": (
        "participant,arm\n".encode("utf-16"),
        "participants.csv:1:1: error: expected text in UTF-8, found UTF-16; save it as CSV UTF-8",
    ),
    "Latin-1": (
        "participant,arm\nMüller,once_45\n".encode("latin-1"),
        (
            "participants.csv:2:1: error: expected text in UTF-8, found other bytes; "
            "save it as CSV UTF-8"
        ),
    ),
    "spreadsheet": (
        b"PK\x03\x04\x14\x00",
        (
            "participants.csv:1:1: error: expected a CSV file, "
            "found a spreadsheet or another compressed file; save it as CSV UTF-8"
        ),
    ),
    "semicolons": (
        "participant;arm\nA;once_45\n",
        (
            "participants.csv:1:1: error: expected columns separated by commas, found semicolons; "
            "save it as CSV with commas"
        ),
    ),
    "the same column twice": (
        "participant,arm,arm\nA,once_45,once_45\n",
        "participants.csv:1:17: error: expected each column once, found 'arm' again",
    ),
    "a column without a name": (
        "participant,,arm\nA,,once_45\n",
        "participants.csv:1:13: error: expected a name for each column, found none",
    ),
    "a quotation mark alone": (
        'participant,arm\nA,once_45\nB,5" scar\n',
        (
            'participants.csv:3:4: error: expected cells enclosed in pairs of ", found a single "; '
            'enclose the whole cell in " and write "" for each mark in it'
        ),
    ),
}

OBSERVATIONS = {
    "PASI of 80": (
        SEEN + "A,week 0,PASI,80\n",
        (
            "observations.csv:2:15: error: value: expected PASI from 0 to 72 in steps of 0.1, "
            "found '80'; check it against the source"
        ),
    ),
    "PASI off its step": (
        SEEN + "A,week 0,PASI,12.34\n",
        (
            "observations.csv:2:15: error: value: expected PASI from 0 to 72 in steps of 0.1, "
            "found '12.34'; check it against the source"
        ),
    ),
    "decimal comma": (
        SEEN + 'A,week 0,PASI,"12,3"\n',
        "observations.csv:2:15: error: value: expected a number, found '12,3'; write 12.3",
    ),
    "decimal comma outside quotation marks": (
        SEEN + "A,week 0,PASI,20\nB,week 0,PASI,12,3\n",
        (
            "observations.csv:3:1: error: expected 4 cells, as in the first line, found 5; a decimal "
            "comma is written as a point; text with a comma stands in quotation marks"
        ),
    ),
    "short row": (
        SEEN + "A,week 0,PASI,20\n\nB,week 0\n",
        (
            "observations.csv:4:1: error: expected 4 cells, as in the first line, found 2; "
            "a missing value keeps its comma"
        ),
    ),
    "not a number": (
        SEEN + "A,week 0,PASI,<5\nB,week 0,PASI,inf\nB,week 1,PASI,1e999\nB,week 4,PASI,null\n",
        (
            "observations.csv:2:15: error: value: expected a number, found '<5'; "
            "write the number alone\n"
            "observations.csv:3:15: error: value: expected a number, found 'inf'; "
            "leave a missing value empty\n"
            "observations.csv:4:15: error: value: expected a number, found '1e999'\n"
            "observations.csv:5:15: error: value: expected a number, found 'null'; "
            "leave a missing value empty"
        ),
    ),
    "unknown names": (
        SEEN + "a,Week 0,pasi,20\n",
        (
            "observations.csv:2:1: error: participant: expected a participant of participants.csv "
            "(A, B), found 'a'; did you mean 'A'?\n"
            f"observations.csv:2:3: error: visit: expected a visit of the schedule {VISITS}, "
            "found 'Week 0'; did you mean 'week 0'?\n"
            "observations.csv:2:10: error: measure: expected a measure of the schedule that has a "
            "value (PASI, BSA, weight), found 'pasi'; did you mean 'PASI'?"
        ),
    ),
    "two values": (
        SEEN + "A,week 0,PASI,20\nB,week 0,PASI,20\nA,week 0,PASI,20\n",
        (
            "observations.csv:4:15: error: value: expected one PASI for each participant and visit, "
            "found a second one (the first is in line 2); keep the right one"
        ),
    ),
    "two values, one of them missing": (
        SEEN + "A,week 0,PASI,20\nB,week 0,PASI,20\nA,week 0,PASI,NA\n",
        (
            "observations.csv:4:15: error: value: expected one PASI for each participant and visit, "
            "found a second one (the first is in line 2); keep the right one"
        ),
    ),
    "weight": (
        SEEN + "A,week 0,weight,8900\n",
        (
            "observations.csv:2:17: error: value: expected weight from 1 to 700 kg, found '8900'; "
            "check it against the source"
        ),
    ),
    "missing column": (
        "participant,visit,measurement,value\nA,week 0,PASI,20\n",
        (
            "observations.csv:1:1: error: expected the column 'measure', found the columns "
            "participant, visit, measurement, value; rename 'measurement'"
        ),
    ),
    "a cell of several lines before the mistake": (
        (
            'participant,visit,measure,value,note\nA,week 0,PASI,20,"first\nsecond"\n'
            'B,week 0,PASI,"80",x\n'
        ),
        (
            "observations.csv:4:15: error: value: expected PASI from 0 to 72 in steps of 0.1, "
            "found '80'; check it against the source"
        ),
    ),
}

OTHERS = {
    "header only": (
        "observations",
        SEEN,
        (
            "observations.csv:1:1: error: expected at least one value measured at a visit, "
            "found no row"
        ),
    ),
    "a visit before randomization": (
        "visits",
        "participant,visit,date\nA,week 12,2026-03-01\n",
        (
            "visits.csv:2:11: error: date: expected 'week 12' on or after week 0 (day 0), "
            "found '2026-03-01'; check it against the source"
        ),
    ),
    "screening after week 0": (
        "visits",
        "participant,visit,day\nA,screening,12\n",
        (
            "visits.csv:2:13: error: day: expected 'screening' before week 0 (day 0), found '12'; "
            "check it against the source"
        ),
    ),
    "a visit twice": (
        "visits",
        "participant,visit,day\nA,week 1,7\nA,week 1,8\n",
        (
            "visits.csv:3:3: error: visit: expected each visit of a participant once, "
            "found a second one (the first is in line 2); keep the right one"
        ),
    ),
    "a visit without a day": (
        "visits",
        "participant,visit,day,date\nA,week 1,,\n",
        (
            "visits.csv:2:10: error: day: expected a day or a date, found nothing; "
            "remove the row where it did not take place"
        ),
    ),
    "day and date disagree": (
        "visits",
        "participant,visit,day,date\nA,week 1,7,2026-03-10\n",
        (
            "visits.csv:2:12: error: date: expected the date of the day beside it, found '2026-03-10'; "
            "check it against the source"
        ),
    ),
    "a day and a half": (
        "visits",
        "participant,visit,day\nA,week 1,7.5\n",
        (
            "visits.csv:2:10: error: day: expected a whole number of days from week 0, found '7.5'; "
            "check it against the source"
        ),
    ),
    "the wrong century": (
        "visits",
        "participant,visit,date\nA,week 1,2206-03-10\n",
        (
            "visits.csv:2:10: error: date: expected a day within 100 years of week 0, "
            "found '2206-03-10'; check it against the source"
        ),
    ),
    "neither day nor date": (
        "visits",
        "participant,visit,when\nA,week 1,7\n",
        (
            "visits.csv:1:1: error: expected the column 'day' or the column 'date', "
            "found the columns participant, visit, when; add it"
        ),
    ),
    "unknown intervention": (
        "exposures",
        "participant,day,intervention,amount,unit\nA,0,CNTO1275,45,mg\n",
        (
            "exposures.csv:2:5: error: intervention: expected an intervention of the trial "
            "(CNTO_1275, placebo), found 'CNTO1275'; did you mean 'CNTO_1275'?"
        ),
    ),
    "another unit": (
        "exposures",
        "participant,day,intervention,amount,unit\nA,0,CNTO_1275,0.045,g\n",
        (
            "exposures.csv:2:21: error: unit: expected CNTO_1275 in mg, as planned, found 'g'; "
            "check it against the source"
        ),
    ),
    "a negative amount": (
        "exposures",
        "participant,day,intervention,amount\nA,0,CNTO_1275,-45\n",
        (
            "exposures.csv:2:15: error: amount: expected an amount of 0 or more, found '-45'; "
            "check it against the source"
        ),
    ),
    "grade and seriousness": (
        "adverse_events",
        "participant,day,term,grade,serious\nA,3,headache,6,no\nA,4,fever,2,maybe\nB,5,fall,mild,\n",
        (
            "adverse_events.csv:2:14: error: grade: expected a grade from 1 to 5, found '6'; "
            "check it against the source\n"
            "adverse_events.csv:3:13: error: serious: expected yes or no, found 'maybe'\n"
            "adverse_events.csv:4:10: error: grade: expected a grade from 1 to 5, found 'mild'\n"
            "adverse_events.csv:4:15: error: serious: expected yes or no, found nothing"
        ),
    ),
    "unknown event": (
        "dispositions",
        "participant,day,event\nA,30,left_study\n",
        (
            "dispositions.csv:2:6: error: event: expected an event (leaves_study, stops_treatment, "
            "additional_dose, crossover, completed, starts_other_treatment, death), "
            "found 'left_study'; did you mean 'leaves_study'?"
        ),
    ),
    "an event twice": (
        "dispositions",
        "participant,day,event\nA,30,leaves_study\nA,31,leaves_study\n",
        (
            "dispositions.csv:3:6: error: event: expected each event of a participant once, on its "
            "first day, found a second one (the first is in line 2); keep the right one"
        ),
    ),
    "an unnamed medication": (
        "medications",
        "participant,day,medication\nA,30,\n",
        "medications.csv:2:6: error: medication: expected what was taken, found nothing",
    ),
}


@pytest.mark.parametrize("mistake", PARTICIPANTS)
def test_mistakes_in_participants(mistake, psoriasis, tmp_path):
    text, said = PARTICIPANTS[mistake]
    seen = SEEN + "A,week 0,PASI,20\n"
    assert errors(tmp_path, psoriasis, participants=text, observations=seen) == said


@pytest.mark.parametrize("mistake", OBSERVATIONS)
def test_mistakes_in_observations(mistake, psoriasis, tmp_path):
    text, said = OBSERVATIONS[mistake]
    assert errors(tmp_path, psoriasis, observations=text) == said


@pytest.mark.parametrize("mistake", OTHERS)
def test_mistakes_in_other_tables(mistake, psoriasis, tmp_path):
    table, text, said = OTHERS[mistake]
    assert errors(tmp_path, psoriasis, **{table: text}) == said


def test_all_mistakes_of_all_tables_are_said_at_once(psoriasis, tmp_path):
    said = errors(
        tmp_path,
        psoriasis,
        participants=PEOPLE + "A,once45\nB,placebo\n",
        observations=SEEN + "A,week 0,PASI,80\nA,week 0\nC,week 0,PASI,10\n",
        exposures="participant,dose\nA,45\n",
        visits=b"\xff\xfe",
    )
    assert [line.split(": error")[0] for line in said.splitlines()] == [
        "participants.csv:2:3",
        "visits.csv:1:1",
        "observations.csv:2:15",
        "observations.csv:3:1",
        "observations.csv:4:1",
        "exposures.csv:1:1",
        "exposures.csv:1:1",
    ]


def test_a_folder_that_is_none(psoriasis, tmp_path):
    (tmp_path / "data").write_text("x")
    file = "a file; name its folder, or say what its columns are (--columns)"
    for name, found in [("data", file), ("nowhere", "nothing; check the path")]:
        with pytest.raises(InvalidDataError) as caught:
            read_records(tmp_path / name, psoriasis)
        assert str(caught.value) == (
            f"{tmp_path / name}:1:1: error: expected a folder with the tables of the trial, "
            f"found {found}"
        )


def test_a_missing_table_is_found_under_another_name(psoriasis, tmp_path):
    write(tmp_path, {"participants": GOOD["participants"], "observation": "x\n"})
    with pytest.raises(InvalidDataError) as caught:
        read_records(tmp_path, psoriasis)
    said = [str(found).replace(f"{tmp_path}/", "") for found in caught.value.findings]
    assert [line for line in said if "planned" not in line] == [
        (
            "observations.csv:1:1: error: expected the table observations, found no such file; "
            "did you mean 'observation.csv'?"
        ),
        (
            "observation.csv:1:1: warning: this is none of the tables, and not read; "
            "did you mean 'observations.csv'?"
        ),
    ]


def test_a_table_that_is_a_folder(psoriasis, tmp_path):
    (tmp_path / "participants.csv").mkdir()
    write(tmp_path, {"observations": GOOD["observations"]})
    with pytest.raises(InvalidDataError, match="expected a CSV file, found a folder"):
        read_records(tmp_path, psoriasis)


def test_a_huge_table_is_not_read(psoriasis, tmp_path):
    write(tmp_path, GOOD)
    with (tmp_path / "observations.csv").open("r+b") as file:
        file.truncate(LARGEST_TABLE + 1)
    with pytest.raises(InvalidDataError, match="expected at most 200,000,000 bytes, found more"):
        read_records(tmp_path, psoriasis)


def test_very_many_like_mistakes_are_counted(psoriasis, tmp_path):
    rows = "".join(f"A{i},placebos\n" for i in range(1000))
    said = errors(tmp_path, psoriasis, participants=PEOPLE + "A,once_45\nB,placebo\n" + rows)
    lines = said.splitlines()
    assert len(lines) == 101
    assert lines[0].endswith("found 'placebos'; did you mean 'placebo'?")
    assert lines[-1] == (
        f"participants.csv:104:6: error: arm: expected an arm of the trial {ARMS}, found "
        "'placebos' and 899 more rows like it, from here on; did you mean 'placebo'?"
    )


SCRAPS = st.sampled_from(
    [
        "A",
        "B",
        "week 0",
        "PASI",
        "20",
        "once_45",
        '"',
        ",",
        "\n",
        "\r\n",
        " ",
        "NA",
        "é",
        "2026-03-02",
    ]
)


@given(
    table=st.sampled_from(list(TABLES)),
    content=st.one_of(st.binary(max_size=60), st.lists(SCRAPS).map("".join).map(str.encode)),
)
def test_whatever_the_bytes_a_table_is_read_or_refused(table, content, psoriasis, tmp_path_factory):
    folder = tmp_path_factory.mktemp("scraps")
    header = ",".join(column.name for column in TABLES[table].columns).encode() + b"\n"
    for text in (content, header + content):
        write(folder, {**GOOD, table: text})
        shape, said = outcome(folder, psoriasis)
        assert said or shape == (shape[0], 14)


def outcome(folder, protocol):
    """The shape of the records and no error, or no shape and the errors."""
    try:
        records = read_records(folder, protocol).records
    except InvalidDataError as refused:
        return None, [found for found in refused.findings if found.severity == "error"]
    return records.day.shape, []
