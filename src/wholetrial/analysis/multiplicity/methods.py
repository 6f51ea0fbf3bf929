"""The methods for several tests, each with its paper."""

from wholetrial.analysis.method import Method

MULTIPLICITY: tuple[Method, ...] = ()
