"""Reference-based imputation against rbmi and code on top of mmrm."""

from comparing import Case

CASES: dict[str, Case] = {}
