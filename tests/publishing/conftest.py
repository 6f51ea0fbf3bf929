"""The published pages of all trials that ship."""

import sys
from pathlib import Path

import pytest

from wholetrial.programme.publish import publish_site

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "screening")]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published site of all trials that ship."""
    folder = tmp_path_factory.mktemp("site")
    publish_site(folder)
    return folder
