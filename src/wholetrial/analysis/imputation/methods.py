"""The methods for missing values, each with its paper."""

from wholetrial.analysis.method import Method

IMPUTATION: tuple[Method, ...] = ()
