"""Mixed models for repeated measures against mmrm."""

from comparing import Case

CASES: dict[str, Case] = {}
