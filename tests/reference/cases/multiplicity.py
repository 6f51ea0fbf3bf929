"""Several tests against base R, graphicalMCP and multcomp."""

from comparing import Case

CASES: dict[str, Case] = {}
