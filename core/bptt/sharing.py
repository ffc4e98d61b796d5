"""Which parameters share a delta, and what they read: the factors of their gradients, together.

Those that share a delta stand side by side, apart from those of which each step has its own, and from those that make
the matrix which multiplies what is read (`Parametrization`).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import NamedTuple

from core.network.cells import Use
from core.network.cells.protocol import Parametrization
from core.numerics.outer_products import Sources
from core.numerics.pulled_products import PulledSources
from core.numerics.scaled import Floats


class Shared(NamedTuple):
    """What parameters have in common whose gradients are made of the same factors."""

    delta: str
    """The pre-activation that they make"""
    tied: bool
    """Whether all steps have the same numbers"""
    parametrization: Parametrization | None


def shared_sources(uses: Mapping[str, Use], reads: Mapping[str, Floats], examples: int) -> Mapping[Shared, Sources]:
    """What the parameters read, (T·B, n_u) each, by what they have in common.

    Args:
        uses: Parameter → its use.
        reads: Parameter → what it reads, (T, B, n_u).
        examples: B.
    """
    found: dict[Shared, dict[str, Floats]] = {}
    for name, use in uses.items():
        found.setdefault(Shared(use.delta, use.tied, use.parametrization), {})[name] = reads[name]
    made: dict[tuple[Hashable, ...], Sources] = {}
    return {shared: _read_once(made, shared, own, examples) for shared, own in found.items()}


def _read_once(
    made: dict[tuple[Hashable, ...], Sources], shared: Shared, own: Mapping[str, Floats], examples: int
) -> Sources:
    """The sources of one delta: those of another whose parameters read the same arrays, as those of every gate do."""
    same = (shared.parametrization, *(id(values) for values in own.values()))
    if same not in made:
        made[same] = (
            Sources(own, examples)
            if shared.parametrization is None
            else PulledSources(own, examples, shared.parametrization.pulled_back)
        )
        return made[same]
    return made[same].named(tuple(own))
