"""What is known of a statistical method: its name in a trial file, its title, its paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["test", "interval", "curve", "model", "procedure", "imputation"]


@dataclass(frozen=True, slots=True)
class Method:
    """A statistical method: the name in a trial file, its title in print, and its paper."""

    name: str
    title: str
    kind: Kind
    reference: str
