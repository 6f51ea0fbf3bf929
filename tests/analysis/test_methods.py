"""The table of methods: names of trial files, papers, and what is not built yet."""

import pytest

from wholetrial.analysis.estimate import REASON_TEXT, Reason
from wholetrial.analysis.methods import METHODS, method_named, references


def test_every_method_is_found_by_its_name_and_has_a_paper_with_a_year() -> None:
    for name, method in METHODS.items():
        assert method_named(name) is method
        assert method.name == name
        assert any(f" {year};" in method.reference for year in range(1890, 2027))


def test_names_of_methods_that_are_not_built_are_absent() -> None:
    assert "blaker" not in METHODS
    with pytest.raises(ValueError, match=r"one of .*wilson.*; got 'blaker'"):
        method_named("blaker")


def test_references_are_those_of_the_methods_used_and_each_once() -> None:
    assert references([]) == ()
    used = references(["student_t", "paired_t", "fisher_exact"])
    assert used == ("Fisher RA. J R Stat Soc 1935;98:39-82.", "Student. Biometrika 1908;6:1-25.")


def test_every_reason_has_a_sentence() -> None:
    assert set(REASON_TEXT) == set(Reason)
    assert all(text.endswith(".") for text in REASON_TEXT.values())
