"""An analysis may have its own rule for missing values: it must suit what is analyzed."""

from collections.abc import Callable

import pytest

HEAD = "    of: [life]\n"


@pytest.mark.parametrize(
    ("rule", "printed"),
    [
        ("as observed", []),
        (
            "mixed model",
            [
                "analyses.described.missing: expected estimate: mmrm, beside missing: mixed model, found 'mean_change'; or state another rule for this analysis, such as missing: as observed"
            ],
        ),
        (
            "no response",
            [
                "analyses.described.missing: expected a rule for a change from baseline: as observed, mixed model, last observation, worst, baseline, found 'no response' for life"
            ],
        ),
        (
            "as observd",
            [
                "analyses.described.missing: expected 'no response', 'as observed', 'mixed model', 'last observation', 'worst' or 'baseline' or a phrase such as 'multiple imputation 100 times, missing at random', found 'as observd'; did you mean 'as observed'?"
            ],
        ),
    ],
)
def test_a_rule_that_does_not_suit_is_found(
    findings: Callable[..., list[str]], rule: str, printed: list[str]
) -> None:
    found = findings((HEAD, f"{HEAD}    missing: {rule}\n"))
    assert [line.partition(": error: ")[2] for line in found if ": error: " in line] == printed
