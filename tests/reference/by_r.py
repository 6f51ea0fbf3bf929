"""Runs a reference script of R again, where R is; and lays a JSON document flat."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from comparing import numbers

HERE = Path(__file__).parent


def stored(name: str) -> Any:
    """What the script NAME.R gave when it was run for the tests."""
    return json.loads((HERE / f"{name}.json").read_text())


def computed_again(name: str, *packages: str) -> Any:
    """What the script NAME.R gives now; skips the test where R or one of its packages is not."""
    rscript = shutil.which("Rscript")
    if rscript is None:
        pytest.skip("R is not installed: the stored results are not computed again")
    for package in packages:
        if _printed(rscript, "-e", f'cat(requireNamespace("{package}", quietly=TRUE))') != "TRUE":
            pytest.skip(f"R has no package {package}: the stored results are not computed again")
    return json.loads(_printed(rscript, str(HERE / f"{name}.R")))


def flat(document: Any) -> np.ndarray:
    """Every number of a document in order; null is missing, texts are left out."""
    if isinstance(document, dict):
        document = list(document.values())
    if isinstance(document, list):
        parts = [flat(part) for part in document]
        return np.concatenate(parts) if parts else np.empty(0)
    if isinstance(document, str) and document not in ("Inf", "-Inf"):
        return np.empty(0)
    return numbers(document)


def shape(document: Any) -> Any:
    """The document with a mark for every number, so that names, nulls and texts must agree."""
    if isinstance(document, dict):
        return {name: shape(part) for name, part in document.items()}
    if isinstance(document, list):
        return [shape(part) for part in document]
    return "number" if isinstance(document, (int, float)) else document


def _printed(program: str, *arguments: str) -> str:
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=True)
    return done.stdout
