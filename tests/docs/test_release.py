"""Version, changelog and license belong together, and importing the package stays light."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import wholetrial

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("numpy", "scipy", "polars", "pydantic", "matplotlib", "yaml", "rich", "typer")


def test_the_version_is_the_same_everywhere() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text("utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    top = re.search(r"^## (\S+)$", changes, re.M)
    assert top is not None
    assert top[1] == wholetrial.__version__ == project["version"]


def test_the_license_is_the_one_named() -> None:
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_importing_the_package_imports_nothing_heavy() -> None:
    program = f"import sys, wholetrial; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, encoding="utf-8"
    )
    assert done.stdout.strip() == "[]"
