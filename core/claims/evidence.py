"""What a claim is, and the numbers that decide it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from core.bptt.rate import Rate

if TYPE_CHECKING:
    pass


Verdict = Literal[
    "holds", "fails", "premise true, conclusion false", "so, but for another reason", "not decidable here"
]
Voice = Literal["the asker", "one answer", "another answer"]


@dataclass(frozen=True)
class Evidence:
    """A number that decides a claim, and how to read it."""

    name: str
    value: float
    kind: Literal["factor", "size", "share", "deviation", "count", "number"]
    """factor: value is log₂ of what one more lag multiplies by. size: log₂ of a norm, −inf for exactly zero.
    share: a part of 1. deviation: a relative difference. count: a whole number. number: any other, as it is"""
    unit: str = ""
    error: float | None = None
    """For a factor, the standard error of its log₂; None where it is unknown"""

    def __str__(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        if self.kind == "share":
            return f"{self.value:.0%}{unit}"
        if self.kind in ("factor", "size"):
            return f"{'×' if self.kind == 'factor' else ''}{_power(self.value)}{unit}"
        return f"{self.value:.0f}{unit}" if self.kind == "count" else f"{self.value:.3g}{unit}"


@dataclass(frozen=True)
class Claim:
    """One claim, what became of it in this network, and why."""

    id: str
    statement: str
    said_by: Voice
    verdict: Verdict
    evidence: tuple[Evidence, ...]
    """The numbers that decide it"""
    explanation: str
    """Why the verdict is what it is, in two sentences"""


@dataclass(frozen=True)
class Answer:
    """The answer to the question in this network: a text whose numbers are still to be written out."""

    template: str
    numbers: Mapping[str, Evidence]

    def text(self, show: Callable[[Evidence], str] = str) -> str:
        """The sentences, each number written by `show`."""
        return self.template.format(**{name: show(number) for name, number in self.numbers.items()})

    def __str__(self) -> str:
        return self.text()


def factor_evidence(name: str, rate: Rate) -> tuple[Evidence, ...]:
    """A rate as evidence; none where it is unknown."""
    if np.isnan(rate.log2_per_step):
        return ()
    error = float(rate.standard_error) if np.isfinite(rate.standard_error) else None
    return (Evidence(name, float(rate.log2_per_step), "factor", "per step", error),)


def _power(log2: float) -> str:
    """2^log2 in three digits, past float64 too."""
    if abs(log2) < 1000 or np.isinf(log2):
        return f"{np.exp2(log2):.3g}"
    log10 = log2 * np.log10(2.0)
    return f"{10 ** (log10 - np.floor(log10)):.3g}e{int(np.floor(log10)):+d}"
