"""Covariate-adjusted differences against beeca and RobinCar2."""

from comparing import Case

CASES: dict[str, Case] = {}
