"""Shared by the tests of screening: a PostgreSQL server for those that need one."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def postgresql_address() -> Iterator[str]:
    """The address of a server that runs while the tests do."""
    from servers import postgresql

    with postgresql() as address:
        yield address
