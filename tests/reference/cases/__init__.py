"""Every kind of reference case, by a pattern of its folder's name."""

from comparing import Case

from cases.adjusted import CASES as ADJUSTED
from cases.continuous import CASES as CONTINUOUS
from cases.imputation import CASES as IMPUTATION
from cases.mixed_models import CASES as MIXED_MODELS
from cases.multiplicity import CASES as MULTIPLICITY
from cases.paired_and_trends import CASES as PAIRED_AND_TRENDS
from cases.power import CASES as POWER
from cases.proportions import CASES as PROPORTIONS
from cases.ranks import CASES as RANKS
from cases.rates import CASES as RATES
from cases.stratified import CASES as STRATIFIED
from cases.survival import CASES as SURVIVAL

ALL: dict[str, Case] = {
    **PROPORTIONS,
    **SURVIVAL,
    **STRATIFIED,
    **ADJUSTED,
    **CONTINUOUS,
    **MIXED_MODELS,
    **IMPUTATION,
    **MULTIPLICITY,
    **RATES,
    **RANKS,
    **PAIRED_AND_TRENDS,
    **POWER,
}
