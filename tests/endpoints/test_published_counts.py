"""Published counts take the road of all data: change one and the P value moves."""

from pathlib import Path

import pytest

from wholetrial.analysis.planned.analyze import analyze
from wholetrial.analysis.statistic import Statistic
from wholetrial.endpoints.counts import outcomes_of_counts
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.published import Published, load_published
from wholetrial.protocol.quantity import Share

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def published() -> Published:
    return load_published(ROOT / "trials" / "NCT00320216" / "published.yaml")


def statistics(protocol: Protocol, published: Published, endpoint: str) -> list[Statistic]:
    analysis = next(name for name, plan in protocol.analyses.items() if endpoint in plan.of)
    return analyze(
        protocol, analysis, [outcomes_of_counts(protocol, endpoint, published.results[endpoint])]
    )


@pytest.mark.parametrize(
    ("endpoint", "percent"),
    [
        ("pasi_75_week_12", {"once_45": 52, "once_90": 59, "weekly_45": 67, "weekly_90": 81, "placebo": 2}),
        ("pasi_90_week_12", {"once_45": 23, "once_90": 30, "weekly_45": 44, "weekly_90": 52, "placebo": 2}),
        ("any_ae", {"experimental": 79, "placebo": 72}),
        ("any_sae", {"experimental": 4, "placebo": 1}),
    ],
)  # fmt: skip
def test_proportions_match_nejm_2007(
    krueger: Protocol, published: Published, endpoint: str, percent: dict[str, int]
) -> None:
    shares = [s for s in statistics(krueger, published, endpoint) if s.name == "proportion"]
    assert {s.arm: round(100 * float(s.value)) for s in shares} == percent


def test_p_values_match_nejm_2007(krueger: Protocol, published: Published) -> None:
    for endpoint in ("pasi_75_week_12", "pasi_90_week_12"):
        tests = [s for s in statistics(krueger, published, endpoint) if s.name == "p_value"]
        assert [s.arm for s in tests] == ["once_45", "once_90", "weekly_45", "weekly_90"]
        assert all(float(s.value) < 0.001 for s in tests)
    for endpoint, printed in (("any_ae", 0.19), ("any_sae", 0.69)):
        (test,) = (s for s in statistics(krueger, published, endpoint) if s.name == "p_value")
        assert round(float(test.value), 2) == printed
        assert (test.method, test.analysis_set, int(test.n)) == ("fisher_exact", "treated", 319)


def test_one_more_event_moves_the_printed_p_value(krueger: Protocol, published: Published) -> None:
    result = published.results["any_ae"]
    counts = {**result.counts, "placebo": Share(count=49, of=67)}
    changed = result.model_copy(update={"counts": counts})
    found = analyze(krueger, "safety", [outcomes_of_counts(krueger, "any_ae", changed)])
    (test,) = (s for s in found if s.name == "p_value")
    assert round(float(test.value), 4) == 0.3188  # as SciPy, from the table 200, 52, 49, 18


def test_another_test_in_the_file_gives_another_p_value(
    krueger: Protocol, published: Published
) -> None:
    """Pearson's test does not reproduce the paper (0.177): the file's test is what is run."""
    pearson = krueger.analyses["safety"].model_copy(update={"test": "pearson"})
    protocol = krueger.model_copy(update={"analyses": {**krueger.analyses, "safety": pearson}})
    found = statistics(protocol, published, "any_ae")
    (test,) = (s for s in found if s.name == "p_value")
    assert round(float(test.value), 3) == 0.177
    assert test.method == "pearson"


def test_a_share_without_a_total_is_refused(krueger: Protocol, published: Published) -> None:
    result = published.results["any_ae"]
    changed = result.model_copy(update={"counts": {"placebo": Share(percent=72.0)}})
    with pytest.raises(ValueError, match="need a total, such as 33 of 64; got 72 %"):
        outcomes_of_counts(krueger, "any_ae", changed)
