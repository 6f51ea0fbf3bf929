"""Shared by the tests of the protocol: a small valid trial file, and what a change of it prints."""

from collections.abc import Callable
from pathlib import Path

import pytest

from wholetrial.protocol.check import check_file

Change = tuple[str, str]
MINIMAL = Path(__file__).parent / "data" / "minimal.yaml"


@pytest.fixture(scope="session")
def minimal() -> str:
    """A small valid trial file without findings."""
    return MINIMAL.read_text(encoding="utf-8")


@pytest.fixture
def findings(minimal: str, tmp_path: Path) -> Callable[..., list[str]]:
    """What checking prints after changes of the minimal file, each (old, new)."""

    def check(*changes: Change) -> list[str]:
        text = minimal
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new, 1)
        file = tmp_path / "trial.yaml"
        file.write_text(text, encoding="utf-8")
        printed = [str(finding) for finding in check_file(file)[1]]
        return [line.removeprefix(f"{tmp_path}/") for line in printed]

    return check
