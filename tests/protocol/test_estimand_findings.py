"""What checking says of analyses whose parts do not go together, word by word."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from wholetrial.protocol.check import check_file

DATA = Path(__file__).parent / "data"
FAULTS: list[dict[str, Any]] = yaml.safe_load((DATA / "estimand_faults.yaml").read_text("utf-8"))


def printed(folder: Path, plan: str, allocation: str = "", doses: str = "45 mg") -> list[str]:
    """What checking prints of the one analysis of several_arms.yaml, without its place."""
    text = (DATA / "several_arms.yaml").read_text("utf-8")
    before, _, rest = text.partition("  main:\n")
    after = rest[rest.index("assumptions:") :]
    lines = "".join(f"    {line}\n" for line in ["set: randomized", *plan.splitlines()])
    text = f"{before}  main:\n{lines}{after}".replace("45 mg", doses)
    if allocation:
        text = text.replace("sizes: [3, 6]}", f"sizes: [3, 6], {allocation}}}")
    file = folder / "trial.yaml"
    file.write_text(text, "utf-8")
    found = [str(finding).removeprefix(f"{file}:") for finding in check_file(file)[1]]
    return [line.split(": ", 1)[1] for line in found if "analyses.main" in line]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault["about"])
def test_each_fault_prints_exactly_its_findings(fault: dict[str, Any], tmp_path: Path) -> None:
    assert printed(tmp_path, fault["plan"], fault.get("allocation", "")) == fault["prints"]


TESTED = "compare: each experimental with placebo\nalpha: 0.05 two-sided\n"
SOUND = [
    "of: clear\ntest: cmh\nestimate: risk_difference, sato 95 %\nbetter: higher\nstrata: [center]",
    (
        "of: [clear, early_and_late]\ntest: fisher_exact\nestimate: risk_difference, wald 95 %\n"
        "better: higher\nmultiplicity: graph\ngraph: {weights: {clear of high: 0.5, clear of low: 0.5, "
        "early_and_late at week 4 of high: 0, early_and_late at week 12 of high: 0, "
        "early_and_late at week 4 of low: 0, early_and_late at week 12 of low: 0}, "
        "passes: {clear of high: {early_and_late at week 12 of high: 1}}}"
    ),
    (
        "of: by_visit\ntest: mmrm\nestimate: mmrm, kenward_roger 95 %\nbetter: lower\n"
        "covariance: unstructured\nadjust_for: [age by visit, severe]\nmissing: mixed model"
    ),
    (
        "of: lower\ntest: ancova\nestimate: mean_difference, student_t 95 %\nbetter: lower\n"
        "multiplicity: dunnett\nstrata: [male, heavy]"
    ),
    (
        "of: lower\ntest: rubin\nestimate: mean_difference, rubin 95 %\nbetter: lower\n"
        "missing: multiple imputation 20 times, jump to reference\ntipping_point: up to 5 by 1"
    ),
    "of: worse\ntest: cox\nestimate: hazard_ratio, wald 95 %\nbetter: later\nadjust_for: [PASI]",
    "of: any_ae\ntest: log_rank\nestimate: kaplan_meier, log_log 95 %\nbetter: lower\nat: week 8",
]


@pytest.mark.parametrize("plan", SOUND, ids=lambda plan: plan.splitlines()[2])
def test_what_goes_together_has_no_findings(plan: str, tmp_path: Path) -> None:
    more = "" if "multiplicity" in plan else "\nmultiplicity: none"
    assert printed(tmp_path, f"{TESTED}{plan}{more}") == []


def test_a_method_with_strata_takes_those_of_randomization(tmp_path: Path) -> None:
    plan = "of: clear\ntest: cmh\nestimate: risk_difference, sato 95 %\nbetter: higher\n"
    for strata in ("strata: [heavy]", "strata: [center, severe]"):
        assert printed(tmp_path, f"{TESTED}{plan}multiplicity: none", strata) == []


def test_ignoring_them_by_decision_is_no_finding(tmp_path: Path) -> None:
    plan = "of: clear\ntest: fisher_exact\nestimate: risk_difference, wald 95 %\nbetter: higher\n"
    ignored = f"{TESTED}{plan}multiplicity: none\nstrata: ignored\nbecause: as it was published"
    assert printed(tmp_path, ignored, "strata: [heavy]") == []


@pytest.mark.parametrize("dose", ["0.5 mg/kg", "45 IU"])
def test_a_trend_needs_doses_in_one_unit(dose: str, tmp_path: Path) -> None:
    plan = "of: clear\ntest: cochran_armitage\nestimate: risk_difference, wald 95 %\n"
    found = printed(tmp_path, f"{TESTED}{plan}better: higher\nmultiplicity: none", "", dose)
    assert found == [
        (
            "error: analyses.main.test: expected arms with a planned amount each, of one intervention "
            "in one unit, for a trend, found doses that are no such numbers"
        )
    ]
