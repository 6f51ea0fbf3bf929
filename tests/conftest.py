"""Shared by all tests: shipped trials, small records, a browser, and skips that fail where none may."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from wholetrial.data.records import Exposures, Records, empty_events
from wholetrial.protocol.load import load
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.timeline import visits

ROOT = Path(__file__).resolve().parents[1]
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

# No test depends on a time, and continuous integration judges the change, not the draw.
settings.register_profile(
    "untimed",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=bool(os.environ.get("WHOLETRIAL_NO_SKIPS")),
)
settings.load_profile("untimed")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Where WHOLETRIAL_NO_SKIPS is set (continuous integration), a skipped test is a failure."""
    outcome = yield
    report = outcome.get_result()
    if report.skipped and os.environ.get("WHOLETRIAL_NO_SKIPS") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may skip: {report.longrepr}"


@pytest.fixture(scope="session")
def krueger() -> Protocol:
    """The 2007 trial of CNTO 1275: five arms of 64, PASI, an additional dose, a crossover."""
    return load(ROOT / "trials" / "NCT00320216" / "trial.yaml")


@pytest.fixture(scope="session")
def guttate() -> Protocol:
    """The single-arm trial of ixekizumab in guttate psoriasis: visits after week 16 on condition."""
    return load(ROOT / "trials" / "NCT06374979" / "trial.yaml")


@pytest.fixture
def records_of() -> Callable[..., Records]:
    """Makes records of a few participants from {measure: {visit: [one value each]}}."""

    def make(
        protocol: Protocol,
        values: dict[str, dict[str, list[float]]],
        *,
        arm: list[int] | None = None,
        **changes: Any,
    ) -> Records:
        planned = visits(protocol)
        people = len(next(iter(next(iter(values.values())).values())))
        table = {name: np.full((people, len(planned)), np.nan) for name in values}
        day = np.full((people, len(planned)), np.nan)
        for name, by_visit in values.items():
            for label, column in by_visit.items():
                index = [visit.label for visit in planned].index(label)
                table[name][:, index] = column
                day[:, index] = np.where(np.isnan(column), day[:, index], planned[index].day)
        codes = np.asarray(arm or [0] * people, np.int8)
        found = {
            "arm": codes,
            "received": codes,
            "facts": {},
            "events": {},
            "exposures": Exposures(
                np.empty((people, 0)), np.empty((people, 0)), np.empty((people, 0), np.int8)
            ),
            "adverse_events": empty_events((people,)),
            **changes,
        }
        return Records(
            arms=tuple(protocol.arms),
            interventions=tuple(protocol.interventions),
            visits=planned,
            participants=tuple(f"P{number + 1}" for number in range(people)),
            day=day,
            values=table,
            **found,
        )

    return make


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
