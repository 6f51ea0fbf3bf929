"""CDISC codes of the instruments against the SDTM controlled terminology of 2025-03-28."""

import json
import os
from pathlib import Path

import pytest

from wholetrial.instruments.library import instrument, known_instruments

REFERENCE = Path(
    os.environ.get("WHOLETRIAL_REFERENCE", Path(__file__).parents[3] / "shared/reference")
)
TERMINOLOGY = REFERENCE.parent / "data/terminology/instruments.json"


@pytest.fixture(scope="module")
def terms():
    if not TERMINOLOGY.exists():
        pytest.skip(f"{TERMINOLOGY} is absent: the CDISC terminology is read in place")
    codelists = json.loads(TERMINOLOGY.read_text(encoding="utf-8"))
    return {
        name: {term["value"]: term["label"] for term in codelist["terms"]}
        for name, codelist in codelists.items()
    }


@pytest.mark.parametrize(
    ("code", "codelist", "total"),
    [
        ("pasi", "PASI03TC", "Total Sum"),
        ("dlqi", "DLQI1TC", "Score"),
        ("qids_c16", "QIDSC1TC", "Total Score"),
    ],
)
def test_items_and_total_are_terms_of_the_instruments_codelist(terms, code, codelist, total):
    known = instrument(code)
    assert {item.cdisc for item in known.items} <= terms[codelist].keys()
    assert terms[codelist][known.cdisc_total].endswith(f"- {total}")


def test_pasi_items_stand_at_their_region_and_sign(terms):
    region = {
        "head": "Head",
        "upper": "Upper Extremities",
        "trunk": "Trunk",
        "lower": "Lower Extremities",
    }
    sign = {"erythema": "Erythema/Redness", "induration": "Thickness/Induration",
            "desquamation": "Desquamation/Scaling", "area": "Area Score"}  # fmt: skip
    for item in instrument("pasi").items:
        parts = item.code.split("_")
        assert (
            terms["PASI03TC"][item.cdisc]
            == f"PASI Fredriksson Version - {region[parts[0]]}: {sign[parts[-1]]}"
        )


def test_categories_are_terms(terms):
    categories = terms["CCCAT"].keys() | terms["QSCAT"].keys()
    named = {code: instrument(code).cdisc_category for code in known_instruments()}
    assert {category for category in named.values() if category} <= categories
    assert [code for code, category in named.items() if category] == [
        "pasi",
        "dlqi",
        "qids_c16",
        "madrs",
    ]


def test_bsa_is_a_term(terms):
    assert terms["INTEGUCD"][instrument("bsa").cdisc_total].startswith("Affected Body Surface Area")


def test_qids_domains_follow_the_terminologys_order(terms):
    labels = [
        terms["QIDSC1TC"][item.cdisc].partition("QIDS-C - ")[2]
        for item in instrument("qids_c16").items
    ]
    assert labels[4:6] == ["Mood (Sad)", "Appetite (Decreased)"]
    assert [label.split()[0] for label in labels[5:9]] == [
        "Appetite",
        "Appetite",
        "Weight",
        "Weight",
    ]
    assert [label.split()[0] for label in labels[14:]] == ["Psychomotor", "Psychomotor"]
