"""The whole clinical trial in one file.

A trial's protocol is one readable file of data. The verbs of this module check it, say it in
words, analyze data by it, simulate it, screen people by it, publish its page, and help to run it:

>>> import wholetrial
>>> protocol = wholetrial.load("NCT00320216")
>>> protocol.n, list(protocol.arms)
(320, ['once_45', 'once_90', 'weekly_45', 'weekly_90', 'placebo'])
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from wholetrial.conduct.allocation_list import allocation_list as randomize
    from wholetrial.conduct.calendar_plan import calendar_plan as plan
    from wholetrial.programme.amendment import amendment
    from wholetrial.programme.analyze import analyze
    from wholetrial.programme.drafting import import_record
    from wholetrial.programme.feasibility import feasibility
    from wholetrial.programme.publish import publish, publish_site
    from wholetrial.programme.run import run
    from wholetrial.programme.screening import screen_people as screen
    from wholetrial.programme.trials import check_trial as check
    from wholetrial.programme.trials import load, shipped_trials
    from wholetrial.protocol.describe import describe

_HOMES = {
    "amendment": ("wholetrial.programme.amendment", "amendment"),
    "analyze": ("wholetrial.programme.analyze", "analyze"),
    "check": ("wholetrial.programme.trials", "check_trial"),
    "describe": ("wholetrial.protocol.describe", "describe"),
    "feasibility": ("wholetrial.programme.feasibility", "feasibility"),
    "import_record": ("wholetrial.programme.drafting", "import_record"),
    "load": ("wholetrial.programme.trials", "load"),
    "plan": ("wholetrial.conduct.calendar_plan", "calendar_plan"),
    "publish": ("wholetrial.programme.publish", "publish"),
    "publish_site": ("wholetrial.programme.publish", "publish_site"),
    "randomize": ("wholetrial.conduct.allocation_list", "allocation_list"),
    "run": ("wholetrial.programme.run", "run"),
    "screen": ("wholetrial.programme.screening", "screen_people"),
    "shipped_trials": ("wholetrial.programme.trials", "shipped_trials"),
}

__all__ = [
    "amendment",
    "analyze",
    "check",
    "describe",
    "feasibility",
    "import_record",
    "load",
    "plan",
    "publish",
    "publish_site",
    "randomize",
    "run",
    "screen",
    "shipped_trials",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'wholetrial' has no attribute '{name}'")
    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
