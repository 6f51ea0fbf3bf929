"""How far people's choice misleads a comparison of NCT04537689, and how far weighting mends it.

Writes confounding.json beside itself, which the page levels.md shows; takes a few minutes:

    python docs/confounding.py

The trial's file is changed so that both arms get the same: ixekizumab on the same days, the same
dropout, no treatment of relapses. Its effect is smaller in older people and in those whom psoriasis
bothers less, and these are the people who decline ixekizumab, by the odds that the file assumes, or
by stronger ones. So the true difference is zero, and what is found is due to choice alone.
"""

import json
import re
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wholetrial.analysis.statistic import Statistic
from wholetrial.programme.results import analyze_records
from wholetrial.protocol.load import load
from wholetrial.protocol.protocol import Protocol
from wholetrial.simulation.simulate import in_blocks, prepare

RESULTS = Path(__file__).with_name("confounding.json")
FILE = Path(__file__).resolve().parents[1] / "trials" / "NCT04537689" / "trial.yaml"
ENDPOINT, AT = "pasi_response", "PASI_75 at week 24"
OTHERS = ("sustained", "relapse_rate", "time_to_relapse", "quality_of_life")
SEED = 5
FILES_ODDS = "{age: 1.3 per 10 years, PASI: 0.8 per 5, DLQI: 0.8 per 5}"
STRONG_ODDS = "{age: 2 per 10 years, PASI: 0.8 per 5, DLQI: 0.6 per 5}"
COURSE = (
    "    for_the_young: {aim: {PASI_75 at week 24: 60 %}, half_effect: 3 weeks, spread: 1, "
    "half_lost: 20 weeks, depends_on: {age: 0.5 per 10 years, DLQI: 1.3 per 5}}\n"
)
SAME = "    same: {as_if: {ixekizumab: for_the_young}, succeeds: false}\n"
CHANGES = (
    (r"    doses:\n      - one_of:(.*\n)+?(?=    from)", "    doses: &same\n"),
    (r"    from: \{rest: registry, doses: trials, doses.0.one_of.2: assumed\}", "    from: trials"),
    (r"\nrules:\n(  .*\n)+", "\n"),
    (r"control: 15 % by week 24\}", "control: 10 % by week 24}"),
    (r"  scenarios:\n", f"  scenarios:\n{SAME}"),
    (r"  courses:\n", f"  courses:\n{COURSE}"),
)
"""What is changed of the trial's file, each once."""


class Setting(NamedTuple):
    """How many people, how they choose, and how many trials are simulated."""

    people: int
    odds: str
    trials: int


SETTINGS = {
    "40 people, the file's odds": Setting(40, FILES_ODDS, 2000),
    "40 people, stronger odds": Setting(40, STRONG_ODDS, 2000),
    "400 people, the file's odds": Setting(400, FILES_ODDS, 1000),
    "400 people, stronger odds": Setting(400, STRONG_ODDS, 1000),
}


@dataclass(frozen=True, slots=True)
class Misled:
    """A comparison over many trials: mean difference, its Monte Carlo error, the interval's hold.

    `difference` and `error` in percentage points; `holds` is the share of 95 % intervals that hold
    zero, the truth.
    """

    setting: str
    comparison: str
    trials: int
    difference: float
    error: float
    holds: float


def world(setting: Setting) -> Protocol:
    """The trial in which both arms get the same and people choose."""
    text = FILE.read_text("utf-8")
    plan = re.search(r"    doses:\n      - ixekizumab 160(.*\n)+?(?=    from)", text)
    assert plan is not None
    for old, new in CHANGES:
        text, times = re.subn(old, lambda _, new=new: new, text)
        assert times == 1, old
    each = setting.people // 2
    text = text.replace("    doses: &same\n", plan.group(0))
    text = text.replace(FILES_ODDS, setting.odds)
    text = text.replace("n: 20\n", f"n: {each}\n")
    text = text.replace("{ixekizumab: 20}", f"{{ixekizumab: {each}}}")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "trial.yaml"
        file.write_text(text, "utf-8")
        return load(file)


def misled(name: str, setting: Setting) -> list[Misled]:
    """The crude comparison and the weighted one in many trials of a setting."""
    protocol = world(setting)
    simulation = prepare(protocol, SEED, "same")
    found: dict[str, list[NDArray[np.float64]]] = {"crude": [], "weighted": []}
    for records in in_blocks(simulation, setting.trials):
        for one in analyze_records(protocol, records, without=OTHERS).statistics:
            if (one.endpoint, one.at) == (ENDPOINT, AT) and one.control:
                found[_kind(one)].append(np.stack([one.value, one.low, one.high]))
    return [_summary(name, kind, np.concatenate(parts, axis=-1)) for kind, parts in found.items()]


def _kind(one: Statistic) -> str:
    return "weighted" if one.method == "inverse_probability_weighting" else "crude"


def _summary(name: str, kind: str, found: NDArray[np.float64]) -> Misled:
    value, low, high = found
    there = ~np.isnan(value)
    mean, spread = float(value[there].mean()), float(value[there].std())
    holds = float(((low <= 0) & (high >= 0)).mean())
    error = 100 * spread / float(np.sqrt(there.sum()))
    return Misled(name, kind, value.size, 100 * mean, error, holds)


def main() -> None:
    """Simulate every setting and write what was found."""
    found = [one for name, setting in SETTINGS.items() for one in misled(name, setting)]
    rows = [asdict(one) for one in found]
    lines = ",\n".join(
        " " + json.dumps({k: round(v, 4) if isinstance(v, float) else v for k, v in row.items()})
        for row in rows
    )
    RESULTS.write_text(f"[\n{lines}\n]\n", "utf-8")


if __name__ == "__main__":
    main()
