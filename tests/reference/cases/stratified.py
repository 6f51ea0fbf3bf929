"""Stratified tables against base R, coin and ratesci."""

from comparing import Case

CASES: dict[str, Case] = {}
