"""Figures of other studies in published.yaml: how they are written, and what is refused."""

from pathlib import Path

import pytest

from wholetrial.programme.published import check_published, times_of
from wholetrial.programme.trials import shipped_trials, trial_file
from wholetrial.protocol.design import Quantity
from wholetrial.protocol.load import load
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.published import load_published, read_figure
from wholetrial.protocol.quantity import Share
from wholetrial.protocol.reader import PhraseError, Reader

TRIALS = Path(__file__).parents[2] / "trials"
TEXT = (TRIALS / "NCT06374979" / "published.yaml").read_text("utf-8")
FIGURE = "what: sPGA of 0 or 1, value: 81.8 %, at: week 12, endpoint: pga_0_1_week_16, arm: ixekizumab, beside: week 16"


@pytest.mark.parametrize(
    ("phrase", "figure"),
    [
        ("37 of 91", Share(count=37, of=91)),
        ("82.2 %", Share(percent=82.2)),
        ("-7.1 points", Quantity(number=-7.1, unit="points")),
        ("20 weeks", Quantity(number=20, unit="weeks")),
    ],
)
def test_a_figure_is_a_share_or_an_amount(phrase: str, figure: Share | Quantity) -> None:
    assert read_figure(Reader(phrase)) == figure


def test_a_number_alone_is_no_figure() -> None:
    with pytest.raises(PhraseError, match="a unit"):
        read_figure(Reader("20"))


SLIPS = {
    "endpoint": (
        "endpoint: pga_0_1_week_16", "endpoint: pga_0_1_week_61",
        "expected the name of an endpoint, found 'pga_0_1_week_61'; did you mean 'pga_0_1_week_16'?",
    ),
    "arm": ("arm: ixekizumab, beside: week 16", "arm: placebo, beside: week 16",
            "expected the name of an arm or a role, found 'placebo'; known: ixekizumab, experimental"),
    "time": ("beside: week 16", "beside: week 12", "expected a time of this endpoint, found 'week 12'; did you mean 'week 16'?"),
    "kind": ("value: 81.8 %", "value: 81.8 points", "expected a share of participants, found '81.8 points'; such as 37 of 91"),
    "change": ("endpoint: pga_0_1_week_16", "endpoint: diary_change", "expected an amount, since the endpoint is a change, found '81.8 %'; such as -7.1 points"),
    "arm left out": (", arm: ixekizumab, beside: week 16", "", "a figure is held against an endpoint of an arm: name both or neither"),
}  # fmt: skip


@pytest.mark.parametrize("kind", SLIPS)
def test_a_slip_in_a_figure_is_said_at_its_place(
    guttate: Protocol, tmp_path: Path, kind: str
) -> None:
    old, new, said = SLIPS[kind]
    changed = FIGURE.replace(old, new, 1)
    assert FIGURE in TEXT
    assert changed != FIGURE
    file = tmp_path / "published.yaml"
    file.write_text(TEXT.replace(FIGURE, changed, 1), encoding="utf-8")
    (finding,) = check_published(file, guttate)
    line = next(n for n, text in enumerate(TEXT.splitlines(), 1) if FIGURE in text)
    assert finding.place.line == line
    assert finding.path.startswith("nearby.1.figures.0")
    assert said in str(finding)


def test_a_source_that_is_not_listed_is_an_error(guttate: Protocol, tmp_path: Path) -> None:
    file = tmp_path / "published.yaml"
    file.write_text(TEXT.replace("    from: cases", "    from: case", 1), encoding="utf-8")
    (finding,) = check_published(file, guttate)
    assert "expected the name of a source, found 'case'; did you mean 'cases'?" in str(finding)


def test_a_study_without_a_result_is_refused(guttate: Protocol, tmp_path: Path) -> None:
    file = tmp_path / "published.yaml"
    text = "\n".join(line for line in TEXT.splitlines() if "result: two clear" not in line)
    file.write_text(text, encoding="utf-8")
    (finding,) = check_published(file, guttate)
    assert "a study nearby has a result in words or figures" in str(finding)


@pytest.mark.parametrize("name", shipped_trials())
def test_every_figure_that_ships_holds(name: str) -> None:
    file = trial_file(name).with_name("published.yaml")
    assert check_published(file, load(trial_file(name))) == ()


@pytest.mark.parametrize(
    ("name", "endpoint", "times"),
    [
        ("NCT04979910", "madrs_change", ("week 2", "week 4", "week 6")),
        ("NCT06374979", "time_to_relapse", ("until week 52",)),
        ("NCT04537689", "sustained", ("kept_PASI_75",)),
        ("NCT00320216", "any_ae", ("week 0 to week 20",)),
    ],
)
def test_the_times_of_an_endpoint(name: str, endpoint: str, times: tuple[str, ...]) -> None:
    named = load(trial_file(name)).endpoints.named()
    assert times_of(named[endpoint][1]) == times


SEEN = {
    "NCT04537689": {
        "157 of 191",
        "176 of 211",
        "7 %",
        "37 of 91",
        "30 of 42",
        "85.9 %",
        "109 days",
    },
    "NCT06374979": {"81.8 %", "89.1 %", "176 of 211", "85.9 %", "70 %", "-7.8 points"},
    "NCT03424629": {"8 of 17", "3 of 17", "37 of 91", "3 of 29", "45.2 %"},
    "NCT04979910": {"-7.1 points", "-3.4 points", "45.2 %", "33.6 %", "17.8 %"},
}


@pytest.mark.parametrize("name", SEEN)
def test_the_figures_of_the_sources_are_there(name: str) -> None:
    published = load_published(TRIALS / name / "published.yaml")
    values = {str(figure.value) for study in published.nearby for figure in study.figures}
    assert values >= SEEN[name]


def test_the_derived_totals_return_the_printed_percentages() -> None:
    """82.2 and 83.4 % relapsed; 91 and 70 % responded (Blauvelt 2017, Reich 2020)."""
    shares = [(157, 191, 82.2), (176, 211, 83.4)]
    assert [round(100 * n / of, 1) for n, of, _ in shares] == [printed for _, _, printed in shares]
    assert (round(100 * 49 / 54), round(100 * 38 / 54)) == (91, 70)
