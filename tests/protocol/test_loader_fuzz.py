"""Whatever bytes come, the loader reads them or refuses them in words: never a traceback."""

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wholetrial.protocol.check import check_protocol
from wholetrial.protocol.describe import describe
from wholetrial.protocol.finding import InvalidTrialFileError
from wholetrial.protocol.load import from_json, load_bytes
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.source import Source

MINIMAL = (Path(__file__).parent / "data" / "minimal.yaml").read_text(encoding="utf-8")
LINES = MINIMAL.splitlines()
PIECES = [
    "a: ", "- ", "\n", "  ", "{", "}", "[", "]", ": ", ", ", "? ", "| ", "> ", "'", '"', "# ", "---\n",
    "&x ", "*x", "!!map ", "\t", "%", "design", "arms", "from", "because", "readings", "taken",
    "PASI >= 12", "1e308", "-1", "null", "true", "no", "0x10", "é", "\u2028", "\x00",
]  # fmt: skip
VALUES = [
    "[]", "{}", "null", "-1", "0", "1e300", "'x'", "[a, b]", "{a: b}", "true", "no", "week 0",
    "PASI >= 12", "weeks 100000, 1", "every day from week 0 to week 99999", "week 5 after last_dose",
    "{readings: {a: 1, b: 2}, taken: a}", "{readings: [], taken: 3}", "{from: nowhere}", "not " * 30 + "a",
    "week 1 after treatment", "within 4 weeks before treatment", "month -99999", "placebo",
]  # fmt: skip


def answer(content: bytes) -> None:
    """Load, check, describe and write as JSON, or be refused in words."""
    try:
        protocol, source = load_bytes(content, "trial.yaml")
    except InvalidTrialFileError as error:
        refused = error.findings
    else:
        refused = ()
        accept(protocol, source)
    for finding in refused:
        assert min(finding.place) >= 1
        assert str(finding).startswith("trial.yaml:")


def accept(protocol: Protocol, source: Source) -> None:
    for finding in check_protocol(protocol, source):
        assert str(finding).startswith("trial.yaml:")
    assert describe(protocol).endswith(".\n")
    assert from_json(protocol.model_dump_json()) == protocol


@given(st.binary(max_size=400))
@settings(max_examples=200)
def test_random_bytes(content: bytes) -> None:
    answer(content)


@given(st.lists(st.sampled_from(PIECES), max_size=40))
@settings(max_examples=300)
def test_text_that_looks_like_yaml(pieces: list[str]) -> None:
    answer("".join(pieces).encode())


@given(st.integers(0, len(MINIMAL) - 1), st.integers(0, 30), st.text(max_size=5))
@settings(max_examples=200)
def test_a_trial_file_with_a_few_characters_changed(start: int, length: int, new: str) -> None:
    answer((MINIMAL[:start] + new + MINIMAL[start + length :]).encode("utf-8", "surrogatepass"))


@given(st.lists(st.tuples(st.integers(0, len(LINES) - 1), st.sampled_from(VALUES)), max_size=3))
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
def test_a_trial_file_with_other_values(changes: list[tuple[int, str]]) -> None:
    lines = list(LINES)
    for index, value in changes:
        lines[index] = f"{lines[index].partition(':')[0]}: {value}"
    answer("\n".join(lines).encode())


@given(st.sets(st.integers(0, len(LINES) - 1), min_size=1, max_size=4))
@settings(max_examples=150)
def test_a_trial_file_with_lines_left_out(left_out: set[int]) -> None:
    answer("\n".join(line for i, line in enumerate(LINES) if i not in left_out).encode())
