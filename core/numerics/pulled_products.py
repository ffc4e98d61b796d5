"""Sums of outer products that a parameter gets through a matrix that is made of it.

Where M(W) multiplies what is read, an affine function of the parameter W, the gradient with respect to M is Σ δ uᵀ, and
that with respect to W a linear function P of it: P(G) = G − Gᵀ for M = W − Wᵀ. P commutes with sums over steps and
losses, so that they are added up as they are and pulled back once. The norm of P(δ uᵀ) is no product of two norms: the
matrices are made, n n_u numbers for each step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from core.numerics.outer_products import Sources, SummedProduct
from core.numerics.scaled import Floats, Integers, Scaled

HELD = 1 << 20
"""Numbers of matrices that are held at once, about"""


class PulledSources(Sources):
    """Sources of parameters that share a delta, and how they make the matrices that multiply these."""

    def __init__(self, sources: Mapping[str, Floats], examples: int, pulled_back: Callable[[Floats], Floats]) -> None:
        """Lay the sources side by side.

        Args:
            sources: Parameter → what is read at every step, (T, B, n_u).
            examples: B.
            pulled_back: P, gradients (…, n, n_u) → those of the parameter, (…, ·, ·).
        """
        super().__init__(sources, examples)
        self._pulled_back = pulled_back

    @property
    def separable(self) -> bool:
        """No: P(δ uᵀ) is in general no outer product."""
        return False

    def pulled_back(self, matrices: Floats) -> Floats:
        """P of gradients (…, n, n_u)."""
        return self._pulled_back(matrices)

    def norms(self, delta: Floats, exponent: Integers | None, rows: slice) -> dict[str, Floats]:
        """log₂ ‖P(Σ_b δ_b u_bᵀ)‖_F for each group of B rows, by parameter, (m,); the arguments are those of `sums`."""
        widest = max(self.width(name) for name in self.names)
        most = max(1, HELD // (delta.shape[1] * widest)) * self.examples
        found: dict[str, list[Floats]] = {name: [] for name in self.names}
        for start in range(0, len(delta), most):
            part = slice(start, min(start + most, len(delta)))
            powers = None if exponent is None else exponent[part]
            for name, made in self.each(delta[part], powers, slice(rows.start + part.start, rows.start + part.stop)):
                found[name].append(made.log2_norm(axis=(1, 2)))
        return {name: np.concatenate(logs) if logs else np.empty(0) for name, logs in found.items()}

    def sums(self, delta: Floats, exponent: Integers | None, rows: slice) -> Iterator[SummedProduct]:
        """P(Σ over rows of δ uᵀ), parameter by parameter."""
        for part in super().sums(delta, exponent, rows):
            yield replace(part, mantissa=self._pulled_back(part.mantissa))

    def each(self, delta: Floats, exponent: Integers | None, rows: slice) -> Iterator[tuple[str, Scaled]]:
        """P(Σ_b δ_b u_bᵀ) of each group of B rows by itself, (m, ·, ·), parameter by parameter."""
        for name, own in super().each(delta, exponent, rows):
            yield name, Scaled.canonical(self._pulled_back(own.mantissa), own.exponent, axis=(1, 2))
