"""The methods for adverse events, each with its paper."""

from wholetrial.analysis.method import Method

SAFETY: tuple[Method, ...] = ()
