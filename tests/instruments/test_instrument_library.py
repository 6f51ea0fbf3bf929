"""Every instrument of the library: lookup, ranges, bands, findings, light import."""

import subprocess
import sys

import numpy as np
import pytest

from wholetrial.instruments.instrument import in_steps, validate_values
from wholetrial.instruments.library import UnknownInstrumentError, instrument, known_instruments

NAN = float("nan")

# code, lowest and highest total, step, number of items
LIBRARY = [
    ("pasi", 0, 72, 0.1, 16),
    ("pga 0-4", 0, 4, 1, 3),
    ("pga 0-5", 0, 5, 1, 3),
    ("iga 0-4", 0, 4, 1, 0),
    ("iga 0-5", 0, 5, 1, 0),
    ("bsa", 0, 100, 0.1, 0),
    ("dlqi", 0, 30, 1, 10),
    ("qids_c16", 0, 27, 1, 16),
    ("madrs", 0, 60, 1, 10),
]

BANDS = {
    "dlqi": [(0, 1), (2, 5), (6, 10), (11, 20), (21, 30)],
    "qids_c16": [(0, 5), (6, 10), (11, 15), (16, 20), (21, 27)],
    "madrs": [(0, 6), (7, 19), (20, 34), (35, 60)],
}


def test_the_library_is_complete():
    assert known_instruments() == tuple(code for code, *_ in LIBRARY)


@pytest.mark.parametrize(("code", "low", "high", "step", "items"), LIBRARY)
def test_range_step_and_items(code, low, high, step, items):
    known = instrument(code)
    assert (known.code, known.low, known.high, known.step) == (code, low, high, step)
    assert len({item.code for item in known.items}) == items
    assert known.better == "lower"
    assert known.source


@pytest.mark.parametrize("code", [code for code, *_, items in LIBRARY if items])
def test_the_lowest_and_highest_items_make_the_range(code):
    known = instrument(code)
    assert known.score is not None
    assert known.score({item.code: np.array(item.low) for item in known.items}) == known.low
    assert known.score({item.code: np.array(item.high) for item in known.items}) == known.high


@pytest.mark.parametrize(("code", "limits"), BANDS.items())
def test_bands_as_published(code, limits):
    assert [(band.low, band.high) for band in instrument(code).bands] == limits


@pytest.mark.parametrize("code", known_instruments())
def test_bands_cover_the_range_without_gap_or_overlap(code):
    known = instrument(code)
    totals = [total for band in known.bands for total in range(int(band.low), int(band.high) + 1)]
    assert totals in ([], list(range(int(known.low), int(known.high) + 1)))


ADVICE = [
    ("PASI", "no instrument 'PASI'; did you mean 'pasi'?"),
    ("passi", "did you mean 'pasi'?"),
    ("qids-c16", "did you mean 'qids_c16'?"),
    ("pga 0-6", "did you mean 'pga 0-5'?"),
    ("pga", "the width of the scale belongs to its name: 'pga 0-4' or 'pga 0-5'"),
    ("IGA", "'iga 0-4' or 'iga 0-5'"),
    ("hamd", "no instrument 'hamd'; the library has pasi, pga 0-4, pga 0-5"),
]


@pytest.mark.parametrize(("code", "advice"), ADVICE)
def test_an_unknown_code_gets_the_nearest_right_name(code, advice):
    with pytest.raises(UnknownInstrumentError) as error:
        instrument(code)
    assert advice in str(error.value)
    assert isinstance(error.value, LookupError)


FINDINGS = [
    ("pasi", 80, "PASI lies between 0 and 72; got 80"),
    ("pasi", -0.1, "PASI lies between 0 and 72; got -0.1"),
    ("pasi", 12.34, "PASI comes in steps of 0.1; got 12.34"),
    ("pasi", float("inf"), "PASI lies between 0 and 72; got inf"),
    ("pga 0-4", 5, "PGA 0-4 lies between 0 and 4; got 5"),
    ("pga 0-5", 2.5, "PGA 0-5 comes in steps of 1; got 2.5"),
    ("bsa", 101, "BSA lies between 0 and 100 %; got 101"),
    ("dlqi", 31, "DLQI lies between 0 and 30; got 31"),
    ("qids_c16", 48, "QIDS-C16 lies between 0 and 27; got 48"),
    ("madrs", 60.5, "MADRS lies between 0 and 60; got 60.5"),
]


@pytest.mark.parametrize(("code", "value", "message"), FINDINGS)
def test_an_impossible_total_is_refused_in_words(code, value, message):
    (finding,) = validate_values(instrument(code), value)
    assert finding.message == message
    assert finding.position == ()


def test_findings_say_where_each_value_stands():
    findings = validate_values(instrument("pasi"), [[7.2, 80, NAN], [72, 0.05, 0]])
    assert [(finding.position, finding.value) for finding in findings] == [
        ((0, 1), 80),
        ((1, 1), 0.05),
    ]


@pytest.mark.parametrize("code", known_instruments())
def test_every_total_on_the_step_is_accepted(code):
    known = instrument(code)
    in_one = 10 if known.step == 0.1 else 1
    numbers = np.arange(known.low * in_one, known.high * in_one + 1)
    assert validate_values(known, numbers / in_one) == ()
    assert in_steps(known, numbers / in_one).number.tolist() == numbers.tolist()


def test_float_noise_of_a_sum_is_no_finding():
    assert 0.1 + 0.2 != 0.3
    assert validate_values(instrument("pasi"), 0.1 + 0.2) == ()
    assert in_steps(instrument("pasi"), 0.1 + 0.2).number == 3


def test_in_steps_counts_the_refused_values():
    with pytest.raises(ValueError, match=r"DLQI lies between 0 and 30; got 31 \(and 2 more\)"):
        in_steps(instrument("dlqi"), [31, 12, 40, 1.5])


def test_the_library_imports_without_numpy():
    program = "import sys, wholetrial.instruments.library; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
