"""A browser for the pages, and the pages of all trials that ship."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from wholetrial.programme.publish import publish_site

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "screening")]

CHROMIUM = os.environ.get("WHOLETRIAL_CHROMIUM") or shutil.which("chromium")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # a name that is no localhost, served here, where a browser offers no WebCrypto
    "--host-resolver-rules=MAP volunteer.example 127.0.0.1",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Debian's chromium."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip(
            "chromium is not installed: apt-get install chromium, or set WHOLETRIAL_CHROMIUM"
        )
    with playwright.sync_playwright() as started:
        found = started.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield found
        found.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published site of all trials that ship."""
    folder = tmp_path_factory.mktemp("site")
    publish_site(folder)
    return folder
