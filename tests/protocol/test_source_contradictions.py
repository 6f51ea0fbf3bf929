"""Every contradiction of the source pages is found by a rule, in its place in the file."""

from collections.abc import Callable
from pathlib import Path

import pytest

from wholetrial.programme.trials import check_trial
from wholetrial.protocol.check import check_file

FOUND = [
    # the page of the trial of ixekizumab and the memory of the skin
    ("NCT04537689", "'PASI 12/72': no sign stands before the number"),
    ("NCT04537689", "'IGA 3': no sign stands before the number"),
    ("NCT04537689", "'BSA 10%': no sign stands before the number"),
    ("NCT04537689", "'>21-year-old': whether those of exactly this age belong to it"),
    ("NCT04537689", "'are allowed': a permission among the criteria"),
    ("NCT04537689", "speaks of malignancy as E3 does, with another scope"),
    ("NCT04537689", "what the span and the last words belong to is not clear"),
    ("NCT04537689", "'rheumatologic' already contains what the other excludes"),
    ("NCT04537689", "candidates for what nobody may have had before (phototherapy"),
    ("NCT04537689", "misspelt: plaque is meant"),
    ("NCT04537689", "the source leaves open: participants needed"),
    # the page of the trial in guttate psoriasis
    ("NCT06374979", "asks for something of plaque psoriasis, and plaque is excluded"),
    ("NCT06374979", "the source says 'PASI improvement > 90 %', the file 'PASI improvement >= 90 %'"),
    ("NCT06374979", "the source says week 12, the file 'PASI_90 at week 16'"),
    ("NCT06374979", "a dose is given at week 12, so treatment does not end there"),
    ("NCT06374979", "no source defines 'relapse'"),
    ("NCT06374979", "the source says week 52 after last_dose, the file 'week 52'"),
    ("NCT06374979", "decides the same as eligibility.include.I1"),
    ("NCT06374979", "'no prior use of biologic agents': an exclusion among the inclusions"),
    ("NCT06374979", "'hepatitis C, etc.': an open list"),
    ("NCT06374979", "'such as inflammatory bowel disease': an open list"),
    # the page of the trial in depression
    ("NCT04979910", "the source speaks of placebo, and no arm of the file gives placebo"),
    ("NCT04979910", "the source says 'age >= 18 years', the file 'age in 18 to 65 years'"),
    ("NCT04979910", "a denial among the exclusions: does yes let in or keep out?"),
    ("NCT04979910", "'QIDS-C' says nothing to a volunteer"),
    ("NCT04979910", "citations 1 and 4 are the same"),
    ("NCT04979910", "citation 2 is the trial's own page"),
    # the page of the trial of stem cells
    ("NCT03424629", "the source says crossover, the file parallel"),
    ("NCT03424629", "the source's list leaves out methotrexate, which an arm receives"),
    ("NCT03424629", "'and' and 'or' without brackets"),
    ("NCT03424629", "the source puts 'Tianjin Ever Union Biotechnology Co., Ltd.' in Beijing"),
    ("NCT03424629", "the source leaves open: the status"),
    ("NCT03424629", "'can not be traced on time': how much that is, is not said"),
]  # fmt: skip


@pytest.fixture(scope="module")
def findings() -> Callable[[str], tuple[str, ...]]:
    """The findings of a shipped trial, each as it is printed."""
    told: dict[str, tuple[str, ...]] = {}

    def find(trial: str) -> tuple[str, ...]:
        if trial not in told:
            told[trial] = tuple(str(found) for found in check_trial(trial)[1])
        return told[trial]

    return find


@pytest.mark.parametrize(("trial", "says"), FOUND)
def test_a_contradiction_of_the_sources_is_found(
    findings: Callable[[str], tuple[str, ...]], trial: str, says: str
) -> None:
    assert any(says in found for found in findings(trial))


CONSISTENT = [
    "{at: eligibility.include.I3, writes: PASI of at least 12}",
    "{at: eligibility.include.I1, writes: 18 years or older}",
    "{at: eligibility.exclude.E2, writes: an infection now}",
    "{at: eligibility.exclude.E3, writes: pregnant or breastfeeding}",
    "{at: design, structure: parallel, arms: 2, placebo: true}",
    "{at: interventions, interventions: [antibody, placebo]}",
    "{at: eligibility, condition: age >= 18 years}",
    "{at: terms.PASI_75, condition: PASI improvement >= 75 %}",
    "{at: endpoints.secondary.clear_week_12, time: week 12}",
    "{at: public.research, cites: [one paper, another paper]}",
    "{at: public.sites, writes: the hospital of Tianjin, city: Tianjin}",
]


@pytest.mark.parametrize("claim", CONSISTENT)
def test_a_claim_that_the_file_bears_out_gives_no_finding(claim: str, tmp_path: Path) -> None:
    starter = Path(check_file.__code__.co_filename).with_name("starter.yaml")
    file = tmp_path / "trial.yaml"
    text = starter.read_text(encoding="utf-8")
    file.write_text(f"{text}\nclaims:\n  - {claim}\n", encoding="utf-8")
    plain = tmp_path / "plain.yaml"
    plain.write_text(text, encoding="utf-8")
    said = [str(found).partition(":")[2] for found in check_file(file)[1]]
    assert [found for found in said if "claims" in found] == []
    assert len(said) == len(check_file(plain)[1])


def test_a_claim_about_nothing_is_an_error(tmp_path: Path) -> None:
    starter = Path(check_file.__code__.co_filename).with_name("starter.yaml")
    file = tmp_path / "trial.yaml"
    claims = "\nclaims:\n  - {at: eligibility.include.I33, writes: x}\n"
    file.write_text(starter.read_text(encoding="utf-8") + claims, encoding="utf-8")
    assert any("a name of eligibility.include, found 'I33'" in str(f) for f in check_file(file)[1])
