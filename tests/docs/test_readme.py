"""The README shows the real output of the main job."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def test_the_output_shown_is_the_output() -> None:
    (shown,) = re.findall(r"```console\n\$ wholetrial run NCT00320216\n(.*?)\n```", README, re.S)
    command = [sys.executable, "-c", "from wholetrial.cli import main; main()", "run"]
    done = subprocess.run(
        [*command, "NCT00320216"], capture_output=True, check=True, cwd=ROOT, encoding="utf-8"
    )
    assert done.stdout.strip() == shown


def test_the_first_sentence_says_what_it_is() -> None:
    first = README.split("\n\n")[1]
    assert "clinical trial" in first
    assert re.search(r"!\[.+\]\(docs/picture\.svg\)", README)
    assert README.index("make run") < README.index("```console")


def test_the_two_commands_are_targets_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for page in ("README.md", "CONTRIBUTING.md"):
        named = set(re.findall(r"^(?:\$ )?make (\w+)", (ROOT / page).read_text("utf-8"), re.M))
        assert named
        for target in named:
            assert re.search(rf"^{target}:", makefile, re.M), f"{page}: make {target}"


def test_there_is_no_badge() -> None:
    assert "shields.io" not in README
    assert "badge" not in README.lower()
