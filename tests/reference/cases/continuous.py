"""Analysis of covariance against emmeans and base R."""

from comparing import Case

CASES: dict[str, Case] = {}
