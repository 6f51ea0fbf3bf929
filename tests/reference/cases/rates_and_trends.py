"""Person-time rates, paired tables, trends and ranks against coin, exactci and ratesci."""

from comparing import Case

CASES: dict[str, Case] = {}
