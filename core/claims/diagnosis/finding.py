"""What is wrong with a network on its data: one finding, and all of them in the order in which to look at them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

from core.claims.evidence import Answer, Evidence
from core.numerics.frozen import FrozenMapping

Kind: TypeAlias = Literal[
    "exploding",
    "vanishing",
    "saturated units",
    "dead units",
    "forget gates shut",
    "recurrent matrix",
    "clipping",
    "truncation",
    "initial state",
    "input scale",
    "float32",
    "bfloat16",
    "float16",
]

KINDS: tuple[Kind, ...] = get_args(Kind)
"""Every kind of finding"""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, how much it matters, and what to try."""

    kind: Kind
    where: str
    """What it is said of: a group of parameters, a layer, a gate, a matrix; empty for the whole network"""
    weight: float
    """How much it matters, 0 … 1: a share of the lags, the units, the updates or the gradient that it takes away"""
    said: Answer
    """What was found, in one or two sentences, with its numbers"""
    remedy: str
    """What to try, in one sentence"""
    evidence: tuple[Evidence, ...]
    """The numbers behind it, that which decides first"""
    explains: tuple[Kind, ...] = ()
    """What else it may be the cause of, and is named before"""

    @property
    def number(self) -> Evidence:
        """The number that decides whether it is found: the first of the evidence."""
        return self.evidence[0]


@dataclass(frozen=True)
class Precision:
    """To which lag a floating-point format can hold the gradient at the state of a typical loss."""

    name: str
    """`float16`, `bfloat16` or `float32`"""
    underflows: int | None
    """The first lag at which a typical number of it is smaller than the smallest of the format; None if at none"""
    overflows: int | None
    """The first lag at which its norm is larger than the largest number of the format; None if at none"""

    @property
    def ends(self) -> int | None:
        """The first lag that the format cannot hold; None if it can hold all."""
        lags = [lag for lag in (self.underflows, self.overflows) if lag is not None]
        return min(lags) if lags else None


@dataclass(frozen=True)
class Diagnosis:
    """Everything that was found, what matters most first; nothing on a healthy network."""

    findings: tuple[Finding, ...]
    precisions: tuple[Precision, ...]
    """How far float16, bfloat16 and float32 would reach"""
    not_looked_at: Mapping[str, str] = field(default_factory=lambda: FrozenMapping({}))
    """Kind → why it could not be looked at here, of those that were not: nothing was trained, there is no gate"""

    def __bool__(self) -> bool:
        """Whether there is any finding; False for a healthy network."""
        return bool(self.findings)

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What was found, each kind once, in the order of the findings."""
        return tuple(dict.fromkeys(one.kind for one in self.findings))


def ranked(findings: list[Finding]) -> tuple[Finding, ...]:
    """The findings with what matters most first, and a cause before what it explains.

    A cause matters at least as much as what it explains: whoever removes the cause may be rid of the rest.
    """
    heaviest: dict[Kind, float] = {}
    for one in findings:
        heaviest[one.kind] = max(heaviest.get(one.kind, 0.0), one.weight)

    def order(one: Finding) -> tuple[float, int]:
        return -max(one.weight, *(heaviest.get(kind, 0.0) for kind in (one.kind, *one.explains))), -len(one.explains)

    return tuple(sorted(findings, key=order))
