"""The table of published rates, and the model's rates against brute force."""

from dataclasses import replace

import numpy as np
import pytest

from wholetrial.numerics.elementary import exp
from wholetrial.numerics.philox import Purpose, Stream, normals
from wholetrial.simulation.course import Doses
from wholetrial.simulation.disease import biology_of, lesion_at
from wholetrial.simulation.fitting.agreement import compare
from wholetrial.simulation.fitting.fit import setting_of
from wholetrial.simulation.fitting.people import KINDS, candidates
from wholetrial.simulation.fitting.published import read_rates, shipped_rates
from wholetrial.simulation.fitting.rates import rates_of
from wholetrial.simulation.pharmacokinetics import DRUGS
from wholetrial.simulation.psoriasis_fit import fit_named
from wholetrial.simulation.regions import regions_of, total_in_tenths

RATES = {rate.id: rate for rate in shipped_rates()}
HEADER = (
    "id,study,drug,doses,people,week,statistic,given,relapse,again,missing,value,n,"
    "standard_error,fitted,evidence,source,note"
)
GOOD = "a,b,ixekizumab,0:160 14:80,usual,12,PASI 75,,,,,0.5,64,,yes,seen,paper,"
FIT = fit_named("fit_b")
VISITS = 64


def test_sixty_nine_rates_and_thirty_one_of_them_fitted():
    assert len(RATES) == len(shipped_rates()) == 69
    assert sum(rate.fitted for rate in shipped_rates()) == 31


def test_what_was_not_seen_says_so():
    for rate in shipped_rates():
        assert rate.evidence in ("seen", "memory")
        if rate.study == "UNCOVER-1" and rate.statistic in ("PASI 90", "PASI 100"):
            assert rate.evidence == "memory"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ustekinumab 45 mg once: PASI 75 at week 12", 0.52),
        ("ixekizumab every 2 weeks, stopped at week 12: not relapsed at week 60", 0.166),
        ("IXORA-P, ixekizumab every 2 weeks: PASI 75 at week 52", 0.859),
        ("IXORA-S, ustekinumab by weight: PASI 90 at week 24", 0.4217),
        ("ixekizumab every 4 weeks, responders kept on it: sPGA 0/1 at week 60", 0.74),
    ],
)
def test_rates_by_heart(name, value):
    assert RATES[name].value == value


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (GOOD.replace("PASI 75", "PASI 77"), r"line 2: statistic is one of .*; got 'PASI 77'"),
        (GOOD.replace("14:80", "14-80"), "line 2: a dose is day:mg, such as 14:80; got '14-80'"),
        (GOOD.replace(",0.5,", ",52,"), "line 2: value is a share from 0 to 1; got 52"),
        (GOOD.replace(",64,", ",,"), "line 2: a rate needs its n or its standard_error"),
        (GOOD.replace("seen", "heard"), r"line 2: evidence is one of .*; got 'heard'"),
        (GOOD.replace("PASI 75,,", "PASI 75,soon,"), r"line 2: given is a response with its week"),
    ],
)
def test_a_row_that_cannot_be_read_says_where_and_what(tmp_path, line, message):
    table = tmp_path / "rates.csv"
    table.write_text(f"{HEADER}\n{line}\n", "utf-8")
    with pytest.raises(ValueError, match=message):
        read_rates(table)


def test_a_table_without_its_columns_is_refused(tmp_path):
    table = tmp_path / "rates.csv"
    table.write_text("id,value\na,0.5\n", "utf-8")
    with pytest.raises(ValueError, match="missing are again, doses, drug"):
        read_rates(table)


def _by_chance(rate, weeks):
    """Recorded totals in tenths and baselines of virtual people, `(weeks, VISITS, P)`, by chance."""
    people = candidates(KINDS["usual"], FIT["pasi_noise_log_sd"], 1024)
    regions = regions_of(people.severity, None, people.regions)
    baseline = total_in_tenths(regions, people.seen)
    biology = biology_of((DRUGS[rate.drug],), FIT, people.weight_kg, people.effects)
    plan = Doses(
        tuple(day for day, _, _ in rate.doses),
        {rate.drug: np.array([[light for _, light, _ in rate.doses]])},
    )
    lesion = lesion_at(biology, plan, tuple(7.0 * week for week in weeks))
    noise = normals(
        Stream(5, np.arange(VISITS)[:, None], np.arange(people.seen.size)),
        Purpose.VISIT_NOISE,
        len(weeks),
    )
    noise = np.moveaxis(noise, -1, 0)
    seen = (people.severity * lesion)[:, None] * exp(FIT["pasi_noise_log_sd"] * noise)
    totals = total_in_tenths(regions, np.minimum(seen, 72.0), FIT["clear_below_pasi"])
    passed = baseline >= 120
    return totals[..., passed], baseline[passed]


@pytest.mark.parametrize("times", [("PASI 75", 4), ("PASI 90", 10), ("PASI 100", 721)])
def test_integrated_rates_are_those_of_people_read_region_by_region(times):
    statistic, factor = times
    rate = RATES["ixekizumab every 2 weeks: PASI 75 at week 12"]._replace(statistic=statistic)
    ours = rates_of([rate], setting_of("two_state", "attainable", 1024), FIT.parameters())[0]
    totals, baseline = _by_chance(rate, [12])
    responded = (factor * totals[0] <= baseline).mean()
    error = 3 * np.sqrt(0.25 / totals[0].size)
    assert ours == pytest.approx(0.975 * responded, abs=error + 0.001)


def test_staying_without_relapse_is_watched_every_four_weeks():
    """PASI above half of baseline at any of the visits after week 12, among PASI 75 at week 12."""
    rate = RATES["ixekizumab every 2 weeks, stopped at week 12: not relapsed at week 32"]
    rate = rate._replace(given=("PASI 75", 12), relapse="PASI 50")
    ours = rates_of([rate], setting_of("two_state", "attainable", 1024), FIT.parameters())[0]
    totals, baseline = _by_chance(rate, [12, 16, 20, 24, 28, 32])
    responded = 4 * totals[0] <= baseline
    stays = responded & np.all(2 * totals[1:] <= baseline, axis=0)
    error = 3 * np.sqrt(0.25 / responded.sum())
    assert ours == pytest.approx(stays.sum() / responded.sum(), abs=error + 0.001)


def test_with_certain_parameters_an_interval_holds_chance_and_what_differs_between_studies():
    """Around p = 0.51: SD of sqrt(p q / 64) by chance and 0.2 p q between studies, 1.645 of both."""
    rate = RATES["ustekinumab 45 mg once: PASI 75 at week 12"]
    certain = replace(FIT, covariance=tuple(map(tuple, 1e-12 * np.eye(len(FIT.estimated)))))
    (one,) = compare(certain, [rate])
    (wide,) = compare(FIT, [rate])
    p = one.model
    assert p == pytest.approx(0.51, abs=0.01)
    half = 1.645 * np.sqrt(p * (1 - p) / 64 + (0.2 * p * (1 - p)) ** 2)
    assert (one.low, one.high) == pytest.approx((p - half, p + half), abs=1.5 / 64)
    assert wide.high - wide.low >= one.high - one.low
    assert one.inside


def test_a_pooled_rate_has_the_spread_between_studies_in_its_standard_error():
    rate = RATES["ixekizumab every 2 weeks: PASI 90 at week 12"]
    certain = replace(FIT, covariance=tuple(map(tuple, 1e-12 * np.eye(len(FIT.estimated)))))
    (pooled,) = compare(certain, [rate])
    (single,) = compare(certain, [rate._replace(study="one")])
    assert single.high - single.low > 1.2 * (pooled.high - pooled.low)
