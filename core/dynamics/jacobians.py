"""Products of Jacobians: the singular values of ∂a⟨t⟩/∂a⟨t−k⟩ against the lag k, and the spectrum of W_aa.

    ∂a⟨t⟩/∂a⟨t−k⟩ = J⟨t⟩ J⟨t−1⟩ … J⟨t−k+1⟩        J⟨s⟩ = ∂a⟨s⟩/∂a⟨s−1⟩ = diag φ'(z⟨s⟩) W_aa

They say what a gradient at a⟨t⟩ can become k steps earlier: along the best direction, the worst, and all between.
The plain product loses all but the leading ones: below 1e−16 of the largest there is only rounding. Here the
product is kept as an orthogonal matrix times a triangular one,

    J⟨s⟩ᵀ Q⟨s⟩ = Q⟨s−1⟩ R⟨s⟩,      J⟨t⟩ … J⟨s⟩ = (R⟨s⟩ … R⟨t⟩)ᵀ Q⟨s−1⟩ᵀ ,

the triangular product by rows, each with its own power of two, so that every singular value keeps its digits
however far it lies below the largest. Two facts carry this: a QR factorisation commutes with a scaling of the
columns, and with Householder reflections it is accurate row by row when the rows come sorted by size (Cox &
Higham 1998).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.bptt.forward import Tape
from core.network.cells import Jacobian
from core.network.network import Network
from core.numerics.frozen import FrozenRecord
from core.numerics.graded import Graded, singular_values, sorted_qr
from core.numerics.progress import Progress
from core.numerics.scaled import Floats, Integers, freeze


@dataclass(frozen=True, eq=False)
class JacobianProfile(FrozenRecord):
    """Singular values of ∂a⟨t⟩/∂a⟨t−k⟩ for one loss time t and one example."""

    step: int
    """t"""
    example: int
    """Which of the batch, from 0"""
    lags: Integers
    """The lags k, (K,)"""
    log2_singular_values: Floats
    """(K, n_state) at [i, j]: log₂ of the j-th largest at lags[i]; −inf where it is exactly zero"""


def jacobian_profile(
    tape: Tape,
    *,
    step: int | None = None,
    example: int = 0,
    lags: Sequence[int] | None = None,
    progress: Progress | None = None,
) -> JacobianProfile:
    """All singular values of ∂a⟨t⟩/∂a⟨t−k⟩ against k.

    Exact zeros are those that the trajectory shows: at a step where m units of a relu network have φ' = 0,
    m singular values of every product through it are exactly zero. Units whose φ' is below 2^−1000 of the
    largest at the same step count as such.

    Args:
        tape: A forward pass.
        step: t; None takes the last scored step, or T if none is.
        example: Which example of the batch: its own trajectory has its own Jacobians.
        lags: Which k in 0 … t; None takes 0 … t − 1. The product is carried through all lags up to the
            largest, at two QR factorisations a lag; a lag asked for costs about ten more.
        progress: Called with (lags done, lags in all); raising from it ends the work.

    Raises:
        ValueError: if t, the example or a lag is outside its range.
    """
    steps, examples = tape.batch.inputs.shape[:2]
    if step is None:
        scored = np.flatnonzero(tape.batch.scored)
        step = int(scored[-1]) + 1 if scored.size else steps
    if not 1 <= step <= steps:
        raise ValueError(f"step must lie in 1 … {steps}, got {step}")
    if not 0 <= example < examples:
        raise ValueError(f"example must lie in 0 … {examples - 1}, got {example}")
    wanted = list(range(step)) if lags is None else sorted(set(lags))
    if not wanted or not 0 <= wanted[0] <= wanted[-1] <= step:
        raise ValueError(f"lags must lie in 0 … t = {step}, got {list(lags or ())}")
    linear, n = tape.linearization, tape.states.shape[2]
    found = np.full((len(wanted), n), -np.inf)
    basis, product = np.eye(n), Graded.identity(n)
    for k in range(wanted[-1] + 1):
        if progress is not None:
            progress(k, wanted[-1] + 1)
        if k > 0:
            jacobian = linear.jacobian((step - k) * examples + example)
            if k == 1:
                # A QR iteration turns towards the large directions; starting in their order spares it the search.
                sizes = Graded.scaled_rows(jacobian.scale, jacobian.rows).exponent
                basis = basis[:, np.argsort(-sizes, kind="stable")]
                product = Graded.plain(basis.T)
            basis, factor = _back(jacobian, basis)
            product = factor @ product
        if k in wanted:
            values = singular_values(product)
            found[wanted.index(k), : len(values)] = values
    found.flags.writeable = False
    lag_array = np.array(wanted, dtype=np.int64)
    freeze(lag_array)
    return JacobianProfile(step, example, lag_array, found)


def _back(jacobian: Jacobian, basis: Floats) -> tuple[Floats, Graded]:
    """Jᵀ Q = Q' R for J = diag(d) N, d of any range: diag(d) Q = Q₁ R₁, Nᵀ Q₁ = Q' R₂, and R = R₂ R₁."""
    scaled = Graded.scaled_rows(jacobian.scale, basis)
    alive = scaled.alive
    inner, first = sorted_qr(Graded(scaled.mantissa[alive], scaled.exponent[alive]))
    outer, second = np.linalg.qr(jacobian.rows[alive].T @ inner)
    return outer, Graded.plain(second) @ first


@dataclass(frozen=True, eq=False)
class RecurrentSpectrum(FrozenRecord):
    """Eigenvalues and the largest singular value of a recurrent matrix W: two different measures of its size.

    ρ = max |eigenvalue| rules the powers W^k for large k, σ_max what a single step can do: ρ ≤ σ_max, with
    equality for normal matrices (symmetric, orthogonal, diagonal) alone.
    """

    eigenvalues: NDArray[np.complex128]
    """(n_a,), the largest first"""
    spectral_radius: float
    """ρ"""
    largest_singular_value: float
    """σ_max = ‖W‖₂"""


def recurrent_spectrum(network: Network, parameter: str | None = None) -> RecurrentSpectrum:
    """Eigenvalues of a recurrent matrix, ρ and σ_max.

    Args:
        network: The network.
        parameter: Which matrix; None for W_aa, or the only one that a cell has.

    Raises:
        ValueError: if there is no such matrix, several to choose from, or one for each step.
    """
    title, names = network.cell.title, recurrent_matrices(network)
    if not names:
        several = [f"{network.layers} matrices {name}" for name, use in network.uses.items() if use.role == "recurrent"]
        raise ValueError(f"the {title} has {' and '.join(several)}; give a network of one of them")
    if parameter is None and len(names) > 1:
        raise ValueError(f"the {title} cell has several recurrent matrices; name one of {', '.join(names)}")
    if parameter is not None and parameter not in names:
        raise ValueError(f"{parameter!r} is no recurrent matrix of the {title} cell; it has {', '.join(names)}")
    matrix = network.parameters[names[0] if parameter is None else parameter]
    eigenvalues = np.linalg.eigvals(matrix).astype(np.complex128)
    eigenvalues = eigenvalues[np.argsort(-np.abs(eigenvalues), kind="stable")]
    freeze(eigenvalues)
    return RecurrentSpectrum(eigenvalues, float(np.abs(eigenvalues[0])), float(np.linalg.norm(matrix, 2)))


def recurrent_matrices(network: Network) -> tuple[str, ...]:
    """The parameters that read their own layer's state before, and are the same at every step."""
    return tuple(name for name, use in network.cell.uses().items() if use.role == "recurrent" and use.tied)
