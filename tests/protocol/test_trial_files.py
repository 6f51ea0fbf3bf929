"""The trial files that ship: they load, they say where everything is from, and they are right.

The facts below were read off the source documents by hand.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from wholetrial.protocol.document import Mapping, Node, Sequence
from wholetrial.protocol.leaving import shares_of
from wholetrial.protocol.load import from_json, load, load_bytes
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.provenance import UNDECLARED
from wholetrial.protocol.published import load_published
from wholetrial.protocol.timeline import administrations, event_day, measured_at, visits

ROOT = Path(__file__).parents[2]
TRIALS = ROOT / "trials"
SEEDS = ROOT.parent / "shared" / "seeds"
PLANNED = {
    "NCT00320216": 320,
    "NCT06374979": 50,
    "NCT03424629": 57,
    "NCT04537689": 40,
    "NCT04979910": 7,
}
NAMES = sorted(PLANNED)
KEPT_AS_NAMES = ("title", "sponsor", "sites", "paper")
"""Titles, sponsors, places and citations are names: a file keeps them as they are."""
COPIED_WORDS = 8


def trial(name: str, version: str | None = None) -> Protocol:
    return load(TRIALS / name / "trial.yaml", version=version)


def weeks(protocol: Protocol, arm: str, choice: int = 0) -> list[float]:
    return [dose.day / 7 for dose in administrations(protocol, arm, choice=choice)]


def total(protocol: Protocol, arm: str) -> float:
    return sum(dose.amount or 0 for dose in administrations(protocol, arm))


def pens(protocol: Protocol, arm: str, milligrams: int = 80) -> float:
    assert protocol.interventions["ixekizumab"].unit == f"{milligrams} mg"
    return total(protocol, arm) / milligrams


def visit_labels(protocol: Protocol) -> list[str]:
    return [visit.label for visit in visits(protocol)]


def leaves(node: Node, path: str = "") -> Iterator[str]:
    if isinstance(node, Mapping | Sequence):
        inner = node.entries.items() if isinstance(node, Mapping) else enumerate(node.items)
        for step, child in inner:
            yield from leaves(child, f"{path}.{step}" if path else str(step))
    else:
        yield path


# Every file


def test_every_folder_is_listed_here() -> None:
    assert sorted(folder.name for folder in TRIALS.iterdir() if folder.is_dir()) == NAMES
    listed = re.findall(r"\[(NCT\d+)\]", (TRIALS / "README.md").read_text(encoding="utf-8"))
    assert sorted(listed) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_it_loads_under_its_own_name_with_its_planned_number(name: str) -> None:
    protocol = trial(name)
    assert (protocol.trial, protocol.n) == (name, PLANNED[name])


@pytest.mark.parametrize("name", NAMES)
def test_its_json_reads_back_to_the_same_protocol(name: str) -> None:
    for version in (None, *trial(name).versions):
        protocol = trial(name, version)
        assert from_json(protocol.model_dump_json()) == protocol


@pytest.mark.parametrize("name", NAMES)
def test_every_statement_has_a_source_that_the_file_names(name: str) -> None:
    for version in (None, *trial(name).versions):
        content = (TRIALS / name / "trial.yaml").read_bytes()
        protocol, source = load_bytes(content, name, version=version)
        known = {*protocol.sources, *UNDECLARED}
        assert set(protocol.provenance.marks.values()) <= known
        unmarked = [p for p in leaves(source.tree) if protocol.provenance.source(p) not in known]
        assert unmarked == []


@pytest.mark.parametrize("name", NAMES)
def test_every_source_is_used(name: str) -> None:
    provenance = trial(name).provenance
    versions = re.findall(r"from: (\w+)", (TRIALS / name / "trial.yaml").read_text("utf-8"))
    assert set(trial(name).sources) <= {*provenance.marks.values(), *versions}


@pytest.mark.parametrize("name", NAMES)
def test_whatever_is_ours_says_why(name: str) -> None:
    for version in (None, *trial(name).versions):
        provenance = trial(name, version).provenance
        assumed = [path for path, source in provenance.marks.items() if source == "assumed"]
        steps = {path: path.split(".") for path in assumed}
        silent = [
            path
            for path, names in steps.items()
            if not any(".".join(names[:n]) in provenance.because for n in range(1, len(names) + 1))
        ]
        assert assumed
        assert silent == []


@pytest.mark.parametrize("name", NAMES)
def test_a_person_can_read_it_through(name: str) -> None:
    lines = (TRIALS / name / "trial.yaml").read_text(encoding="utf-8").splitlines()
    assert len(lines) < 300
    assert sum(line.startswith("#") for line in lines) <= 2


@pytest.mark.parametrize("name", NAMES)
def test_every_criterion_of_the_source_stands_in_its_place(name: str) -> None:
    eligibility = trial(name).eligibility
    for kind in ("inclusion", "exclusion"):
        blocks = {**eligibility.include, **eligibility.exclude, **eligibility.permit}.values()
        items = [c.item for c in blocks if c.item and c.item.startswith(kind)]
        assert sorted(items) == [f"{kind} {n}" for n in range(1, len(items) + 1)]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_known_of_its_results_loads(name: str) -> None:
    published = load_published(TRIALS / name / "published.yaml")
    assert published.published == name
    assert published.not_found
    assert bool(published.results) == (name == "NCT00320216")
    assert bool(published.nearby) == (name != "NCT00320216")
    assert set(published.provenance.marks.values()) <= {*published.sources, *UNDECLARED}


@pytest.mark.parametrize("name", NAMES)
def test_every_scored_instrument_has_its_visit_noise(name: str) -> None:
    protocol = trial(name)
    assert protocol.assumptions is not None
    scored = {name for name, use in protocol.instruments.items() if not use.sample}
    assert set(protocol.assumptions.visit_noise) == scored


def test_the_noise_of_pasi_and_of_the_global_assessment_is_that_of_the_model_card() -> None:
    for name in NAMES:
        assumptions = trial(name).assumptions
        assert assumptions is not None
        noise = {measure: str(n) for measure, n in assumptions.visit_noise.items()}
        assert noise.get("PASI", "20 %") == "20 %"
        assert {noise.get("PGA", "25 %"), noise.get("IGA", "25 %")} == {"25 %"}


# Nothing is copied


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.lower())


def runs(text: str) -> set[tuple[str, ...]]:
    found = words(text)
    return {tuple(found[i : i + COPIED_WORDS]) for i in range(len(found) - COPIED_WORDS + 1)}


def without_names(text: str) -> str:
    kept = [line for line in text.splitlines() if line.strip().split(":")[0] not in KEPT_AS_NAMES]
    return "\n".join(kept)


def test_a_copied_sentence_would_be_found() -> None:
    text = "patients will be treated in the third group with tablets"
    assert runs(f"x: {text}") & runs(text.upper())
    assert not runs(text) & runs("patients will be treated in another group with tablets")


@pytest.mark.parametrize("file", sorted(TRIALS.rglob("*.yaml")), ids=lambda f: f.parent.name)
def test_no_eight_words_in_a_row_are_those_of_a_source(file: Path) -> None:
    sources = sorted(SEEDS.glob("*.txt"))
    if not sources:
        pytest.skip(f"the source documents are not at {SEEDS.parent.name}/{SEEDS.name}")
    ours = runs(without_names(file.read_text(encoding="utf-8")))
    for source in sources:
        copied = ours & runs(source.read_text(encoding="utf-8"))
        assert {" ".join(run) for run in copied} == set()


# NCT00320216: CNTO 1275 against placebo, the 2007 paper


def test_nct00320216_has_five_arms_of_64_in_blocks_of_5_or_10() -> None:
    protocol = trial("NCT00320216")
    assert [arm.n for arm in protocol.arms.values()] == [64] * 5
    assert protocol.arms_named("experimental") == ("once_45", "once_90", "weekly_45", "weekly_90")
    assert protocol.design.allocation is not None
    assert protocol.design.allocation.sizes == (5, 10)
    assert (protocol.design.masked_by, protocol.design.centers) == ("placebo", 46)


@pytest.mark.parametrize(
    ("arm", "planned", "milligrams"),
    [
        ("once_45", [0], 45),
        ("once_90", [0], 90),
        ("weekly_45", [0, 1, 2, 3], 180),
        ("weekly_90", [0, 1, 2, 3], 360),
        ("placebo", [0, 1, 2, 3], 0),
    ],
)
def test_nct00320216_doses(arm: str, planned: list[int], milligrams: float) -> None:
    protocol = trial("NCT00320216")
    assert weeks(protocol, arm) == planned
    assert total(protocol, arm) == milligrams


def test_nct00320216_gives_one_more_dose_at_week_16_and_crosses_over_at_week_20() -> None:
    more, crossover = (
        trial("NCT00320216").rules[name] for name in ("additional_dose", "crossover")
    )
    assert (more.arms, str(more.at), str(more.when)) == (
        ("experimental",),
        "week 16",
        "not PASI_75",
    )
    assert str(more.give) == "CNTO_1275 as assigned"
    assert (crossover.arms, str(crossover.at), crossover.when) == (("placebo",), "week 20", None)
    assert str(crossover.give) == "CNTO_1275 90 mg"


def test_nct00320216_reads_pasi_at_14_visits_and_the_primary_at_week_12() -> None:
    protocol = trial("NCT00320216")
    assert len(measured_at(protocol, "PASI")) == len(visits(protocol)) == 14
    assert visits(protocol)[-1].label == "week 36"
    (primary,) = protocol.endpoints.primary.values()
    assert [str(condition) for condition in primary.response] == ["PASI_75 at week 12"]


def test_nct00320216_tests_with_fisher_and_counts_safety_as_treated() -> None:
    protocol = trial("NCT00320216")
    efficacy, safety = protocol.analyses["efficacy"], protocol.analyses["safety"]
    assert (efficacy.test, safety.test) == ("fisher_exact", "fisher_exact")
    assert (efficacy.multiplicity, safety.multiplicity) == ("none", "none")
    assert str(efficacy.compare) == "each experimental with placebo"
    assert str(safety.compare) == "pooled experimental with placebo"
    assert protocol.analysis_sets[efficacy.set].members == "randomized"
    assert protocol.analysis_sets[safety.set].grouped == "by treatment received"


def test_nct00320216_loses_31_people_and_says_where_each_assumption_is_from() -> None:
    protocol = trial("NCT00320216")
    assert protocol.assumptions is not None
    counts = [
        sum(share.count or 0 for share in shares_of(leavers).values())
        for leavers in protocol.assumptions.dropout.values()
    ]
    assert counts == [7, 4, 3, 4, 13]
    sources = {
        "dropout.placebo": "review",
        "baseline.PASI": "card",
        "adverse_events.placebo.any": "paper",
        "visit_noise.PASI": "card",
    }
    for path, source in sources.items():
        assert protocol.provenance.source(f"assumptions.{path}") == source


def test_nct00320216_every_published_count_rounds_to_what_is_printed() -> None:
    results = load_published(TRIALS / "NCT00320216" / "published.yaml").results
    for result in results.values():
        for arm, printed in result.printed.items():
            for counts in (result.counts, result.also_fits):
                if arm in counts:
                    assert round(100 * counts[arm].fraction) == printed.percent
    assert str(results["any_sae"].counts["placebo"]) == "1 of 67"


# NCT06374979: ixekizumab in guttate psoriasis


def test_nct06374979_gives_eight_pens_in_seven_visits() -> None:
    protocol = trial("NCT06374979")
    assert weeks(protocol, "ixekizumab") == [0, 2, 4, 6, 8, 10, 12]
    assert total(protocol, "ixekizumab") == 640
    assert pens(protocol, "ixekizumab") == 8


def test_nct06374979_sees_only_responders_after_week_16() -> None:
    protocol = trial("NCT06374979")
    later = [visit for visit in visits(protocol) if visit.only_if is not None]
    assert [visit.label for visit in later] == ["week 34", "week 52"]
    assert {str(visit.only_if) for visit in later} == {"PASI_90 at week 16"}
    assert str(protocol.terms["PASI_90"]) == "PASI improvement >= 90 %"


def test_nct06374979_watches_for_relapse_40_weeks_after_the_last_dose() -> None:
    protocol = trial("NCT06374979")
    relapse = protocol.endpoints.secondary["time_to_relapse"]
    assert (str(relapse.since), str(relapse.until)) == ("last_dose", "week 52")
    assert relapse.seen == "between visits"
    assert (364 - event_day(protocol, "last_dose")) / 7 == 40
    assert set(protocol.provenance.readings["terms.relapse"].readings) == {
        "lost_half",
        "lost_PASI_75",
        "lost_PASI_90",
    }


def test_nct06374979_has_9_inclusions_8_exclusions_and_ages_18_to_70() -> None:
    eligibility = trial("NCT06374979").eligibility
    assert (len(eligibility.include), len(eligibility.exclude)) == (9, 8)
    assert str(eligibility.include["I2"].rule) == "age in 18 to 70 years"
    assert str(eligibility.include["I5"].rule) == "PASI >= 3 or DLQI >= 6"
    assert eligibility.unseen is None


def test_nct06374979_measures_and_compares_with_a_benchmark() -> None:
    protocol = trial("NCT06374979")
    assert [v.label for v in measured_at(protocol, "DLQI")] == ["screening", "week 0", "week 16"]
    assert len(measured_at(protocol, "PGA")) == 10
    primary = protocol.analyses["primary"]
    assert (primary.test, str(primary.alpha)) == ("exact_binomial", "0.025 one-sided")
    assert protocol.design.phase == "2/3"
    assert protocol.provenance.source("design.phase") == "registry"


def test_nct06374979_says_that_the_model_is_not_validated_for_guttate_psoriasis() -> None:
    assert "not validated for guttate" in trial("NCT06374979").provenance.because["assumptions"]


# NCT03424629: stem cells against methotrexate


@pytest.mark.parametrize(("arm", "cells"), [("low_dose", 420e6), ("high_dose", 1260e6)])
def test_nct03424629_gives_six_infusions_by_weight(arm: str, cells: float) -> None:
    protocol = trial("NCT03424629")
    assert weeks(protocol, arm) == [0, 1, 2, 3, 5, 7]
    assert all(dose.by_weight for dose in administrations(protocol, arm))
    assert 70 * total(protocol, arm) == cells


def test_nct03424629_gives_methotrexate_once_a_week_16_times_by_our_reading() -> None:
    protocol = trial("NCT03424629")
    assert weeks(protocol, "methotrexate") == list(range(16))
    assert {(d.amount, d.most) for d in administrations(protocol, "methotrexate")} == {(5, 25)}
    assert protocol.provenance.source("arms.methotrexate.doses.0") == "assumed"
    assert "methotrexate" in [gap.about for gap in protocol.unsettled]


def test_nct03424629_is_parallel_though_registered_as_crossover() -> None:
    protocol = trial("NCT03424629")
    assert protocol.design.structure == "parallel"
    assert protocol.provenance.readings["design.structure"].readings["registered"] == "crossover"
    assert protocol.arms_named("control") == ("methotrexate",)


def test_nct03424629_reads_pasi_at_week_7_from_which_relapse_is_counted() -> None:
    protocol = trial("NCT03424629")
    assert "week 7" in [visit.label for visit in measured_at(protocol, "PASI")]
    assert str(protocol.terms["relapse"]) == "PASI loss since week 7 > 50 %"
    assert visit_labels(protocol)[-6:] == [f"week {n}" for n in (8, 12, 16, 20, 36, 52)]


def test_nct03424629_severity_by_three_readings_and_age_by_the_registry() -> None:
    protocol = trial("NCT03424629")
    assert len(protocol.provenance.readings["eligibility.include.I3.rule"].readings) == 3
    assert str(protocol.eligibility.include["I1"].rule) == "age in 18 to 60 years"
    assert (len(protocol.eligibility.include), len(protocol.eligibility.exclude)) == (6, 9)


def test_nct03424629_has_two_primaries_at_week_20_with_a_correction() -> None:
    protocol = trial("NCT03424629")
    (pasi,), (pga,) = (endpoint.response for endpoint in protocol.endpoints.primary.values())
    assert (str(pasi), str(pga)) == ("PASI_75 at week 20", "PGA_0_1 at week 20")
    assert protocol.analyses["primary"].multiplicity == "holm"


# NCT04537689: ixekizumab for six months, then none


def test_nct04537689_hands_out_10_pens_or_11_in_the_other_reading() -> None:
    assert pens(trial("NCT04537689"), "ixekizumab") == 10
    content = (TRIALS / "NCT04537689" / "trial.yaml").read_bytes()
    other = content.replace(b"taken: ten_pens", b"taken: eleven_pens")
    assert pens(load_bytes(other, "other reading")[0], "ixekizumab") == 11


def test_nct04537689_gives_the_last_dose_at_week_20_and_withdraws_at_week_24() -> None:
    protocol = trial("NCT04537689")
    assert weeks(protocol, "ixekizumab") == [0, 2, 4, 6, 8, 10, 12, 16, 20]
    assert event_day(protocol, "withdrawal") == 168


def test_nct04537689_follows_everybody_for_two_years_after_withdrawal() -> None:
    protocol = trial("NCT04537689")
    off = [visit for visit in visits(protocol) if visit.epoch == "off_treatment"]
    assert [visit.label.split()[1] for visit in off] == ["3", "6", "9", "12", "15", "18", "24"]
    assert off[-1].day == 168 + 730
    assert all(earlier.latest < later.earliest for earlier, later in pairwise(off))


def test_nct04537689_lets_the_physician_choose_one_of_three_drugs() -> None:
    protocol = trial("NCT04537689")
    chosen = [administrations(protocol, "control", choice=n)[0] for n in range(3)]
    assert [dose.intervention for dose in chosen] == ["methotrexate", "ciclosporin", "acitretin"]
    assert (chosen[1].unit, chosen[1].most) == ("mg/kg", 5)
    assert len(weeks(protocol, "control", choice=1)) == 85
    assert protocol.provenance.source("arms.control.doses.0.one_of.2") == "assumed"


def test_nct04537689_randomizes_nobody_and_tests_nothing() -> None:
    protocol = trial("NCT04537689")
    assert protocol.design.allocation is not None
    assert protocol.design.allocation.randomized is None
    assert protocol.design.allocation.quota == {"ixekizumab": 20}
    assert {analysis.test for analysis in protocol.analyses.values()} == {"none"}
    assert protocol.analyses["shares"].beside is not None


def test_nct04537689_restores_the_signs_that_the_page_lost() -> None:
    protocol = trial("NCT04537689")
    rules = {name: str(c.rule) for name, c in protocol.eligibility.include.items() if c.rule}
    assert [rules[n] for n in ("I4", "I5", "I6")] == ["PASI >= 12", "IGA >= 3", "BSA >= 10 %"]
    assert rules["I1"] == "age in 22 to 90 years"
    assert protocol.provenance.source("eligibility.include.I4.rule") == "registry"
    assert list(protocol.eligibility.permit) == ["P1"]


# NCT04979910: ixekizumab in depression


def test_nct04979910_gives_four_pens_and_sees_people_five_times() -> None:
    protocol = trial("NCT04979910")
    assert weeks(protocol, "ixekizumab") == [0, 2, 4]
    assert pens(protocol, "ixekizumab") == 4
    assert visit_labels(protocol) == ["screening", "week 0", "week 2", "week 4", "week 6"]
    assert (visits(protocol)[0].earliest, visits(protocol)[0].latest) == (-28, -14)


def test_nct04979910_had_28_people_and_a_placebo_in_an_earlier_version() -> None:
    earlier = trial("NCT04979910", "placebo_controlled")
    assert earlier.n == 28
    assert {name: arm.n for name, arm in earlier.arms.items()} == {"ixekizumab": 14, "placebo": 14}
    assert (earlier.design.structure, earlier.design.masked_by) == ("parallel", "placebo")
    assert earlier.analyses["primary"].against is None
    assert earlier.provenance.source("arms.ixekizumab.n") == "assumed"
    assert trial("NCT04979910").provenance.source("arms.ixekizumab.n") == "later"


def test_nct04979910_ages_differ_between_versions() -> None:
    ages = {
        version: str(trial("NCT04979910", version).eligibility.include["S1"].rule)
        for version in (None, "placebo_controlled")
    }
    assert ages == {None: "age in 18 to 65 years", "placebo_controlled": "age in 18 to 70 years"}


def test_nct04979910_says_what_the_page_hides() -> None:
    eligibility = trial("NCT04979910").eligibility
    assert eligibility.unseen is not None
    assert (eligibility.unseen.include, eligibility.unseen.exclude) == (6, 12)
    assert str(eligibility.include["I2"].rule) == "QIDS_C >= 14"
    assert str(eligibility.include["I3"].rule) == "CRP >= 1 mg/L"


def test_nct04979910_judges_by_the_change_of_qids_c_until_week_6() -> None:
    protocol = trial("NCT04979910")
    (primary,) = protocol.endpoints.primary.values()
    assert [str(change) for change in primary.change] == ["QIDS_C at week 6"]
    assert protocol.analyses["primary"].better == "lower"
    assert protocol.provenance.source("endpoints.primary.qids_change.change") == "assumed"
