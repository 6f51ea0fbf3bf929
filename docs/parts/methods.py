"""Parts about statistical methods: those that are built, and those only planned in files."""

from parts.tables import code, table
from wholetrial.analysis.methods import METHODS
from wholetrial.protocol.analysis_methods import INTERVALS, SUMMARIES, TESTS

ALWAYS_THERE = {
    *("none", "proportion", "risk_difference", "mean_change"),
    *("log_log", "log", "plain", "bootstrap"),
}
"""Names of a file that stand for no method of their own, or belong to one."""


def methods_built() -> str:
    """Every method that is built, with its paper."""
    columns = ("name in a file", "method", "kind", "reference")
    rows = [(code(one.name), one.title, one.kind, one.reference) for one in METHODS.values()]
    return table(columns, rows)


def methods_planned() -> str:
    """What a file may plan and no one computes yet."""
    known = {*METHODS, *ALWAYS_THERE}
    kinds = {"tests": TESTS, "estimates": SUMMARIES, "intervals": INTERVALS}
    return "\n".join(
        f"- {kind}: {', '.join(code(name) for name in names if name not in known)}"
        for kind, names in kinds.items()
    )
