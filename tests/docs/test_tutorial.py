"""The file that the tutorial builds is a part of the one that ships, and runs."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from parts.page import grown

from wholetrial.programme.run import run
from wholetrial.protocol.check import check_file, has_errors
from wholetrial.protocol.provenance import Provenance

ROOT = Path(__file__).resolve().parents[2]
TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
SHIPPED = ROOT / "trials" / "NCT06374979" / "trial.yaml"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file after the last step."""
    text = ""
    for block in re.findall(r"^```yaml guttate\.yaml\n(.*?)^```", TUTORIAL, re.S | re.M):
        text = grown(text, block)
    file = tmp_path_factory.mktemp("tutorial") / "guttate.yaml"
    file.write_text(text, "utf-8")
    return file


def absent(part: Any, whole: Any, path: str = "") -> list[str]:
    """What stands in a part and not, or not so, in the whole."""
    if not (isinstance(part, dict) and isinstance(whole, dict)):
        return [] if part == whole else [path]
    return [
        missing
        for name, inner in part.items()
        for missing in absent(inner, whole.get(name), f"{path}.{name}".lstrip("."))
    ]


def test_every_statement_of_it_stands_in_the_shipped_file(built: Path) -> None:
    part, whole = (yaml.safe_load(file.read_text("utf-8")) for file in (built, SHIPPED))
    assert absent(part, whole) == []


def test_it_has_no_errors_and_keeps_its_sources(built: Path) -> None:
    protocol, findings = check_file(built)
    assert protocol is not None
    assert not has_errors(findings)
    assert protocol.provenance != Provenance()
    assert protocol.provenance.source("design.phase") == "registry"


def test_it_runs(built: Path) -> None:
    contents = run(built, replicates=20)
    assert contents.not_simulated == ""
    assert contents.simulated is not None
    assert {one.endpoint for one in contents.simulated.statistics} == {
        "pasi_90_week_16",
        "pga_0_1_week_16",
        "pasi_100_week_16",
        "time_to_relapse",
        "any_ae",
    }
