"""Products of Jacobians: the singular values of ∂a⟨t⟩/∂a⟨t−k⟩ against the lag k, and the spectrum of W_aa.

    ∂a⟨t⟩/∂a⟨t−k⟩ = J⟨t⟩ J⟨t−1⟩ … J⟨t−k+1⟩        J⟨s⟩ = ∂a⟨s⟩/∂a⟨s−1⟩ = diag φ'(z⟨s⟩) W_aa

They say what a gradient at a⟨t⟩ can become k steps earlier: along the best direction, the worst, and all between.
The plain product loses all but the leading ones: below 1e−16 of the largest there is only rounding. Here the
product is kept as an orthogonal matrix times a triangular one,

    J⟨s⟩ᵀ Q⟨s⟩ = Q⟨s−1⟩ R⟨s⟩,      J⟨t⟩ … J⟨s⟩ = (R⟨s⟩ … R⟨t⟩)ᵀ Q⟨s−1⟩ᵀ ,

the triangular product by rows, each with its own power of two. Two facts carry this: a QR factorization commutes with a
scaling of the columns, and with Householder reflections it is accurate row by row when the rows come sorted by size
(Cox & Higham 1998). So what is computed is the product of J̃⟨s⟩ = diag(d) (1 + G) N with ‖G‖ of the size of rounding,
for J⟨s⟩ = diag(d) N.

How much G changes a singular value depends on N. Where N is one W that is far from singular (`Linearization.robust`, as
in the vanilla cell), every value keeps its digits however far it lies below the largest. Where J⟨s⟩ is a sum, diag C +
Σ_j diag K_j W_j, rows of N can be nearly parallel, and what they differ by, which the small values come from, is lost.
Then the whole computation is repeated with errors 2^11 times as large as rounding (`core.numerics.shaking`): in the
factors of J⟨s⟩, in both factorizations and in the product. Values that stay are right to 1e−3 in their log₂. From the
first that does not stay down to the exact zeros they are not known, and NaN.
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
from core.numerics.shaking import Noise, noises, staying


@dataclass(frozen=True, eq=False)
class JacobianProfile(FrozenRecord):
    """Singular values of ∂a⟨t⟩/∂a⟨t−k⟩ for one loss time t and one example: (K, n_state), as log₂, for K lags."""

    step: int
    """The loss time t"""
    example: int
    """Which of the batch, from 0"""
    lags: Integers
    """The lags k, (K,)"""
    log2_singular_values: Floats
    """(K, n_state) at [i, j]: log₂ of the j-th largest at lags[i]; −inf where it is exactly zero, NaN where it is not
    known, since float64's rounding has lost it"""

    @property
    def unknown(self) -> Integers:
        """(K,): how many singular values of each lag are not known; they lie below all that are, and above 0."""
        return np.isnan(self.log2_singular_values).sum(axis=1)


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
    m singular values of every product through it are exactly zero. What is lost in rounding is NaN.

    Args:
        tape: A forward pass.
        step: t; None takes the last scored step, or T if none is.
        example: Which example of the batch: its own trajectory has its own Jacobians.
        lags: Which k in 0 … t; None takes 0 … t − 1. The product is carried through all lags up to the
            largest, at two QR factorizations per lag; a lag asked for costs about ten more. Twice as much where it
            takes a repetition to tell which values are known.
        progress: Called with (lags done, lags in all); raising from it ends the work.

    Raises:
        ValueError: if t, the example or a lag is outside its range.

    Runnable example:

        >>> import core
        >>> trace = core.run(core.Experiment(hidden_size=2, timesteps=5))
        >>> profile = core.jacobian_profile(trace.tape)
        >>> profile.lags.tolist(), profile.log2_singular_values.shape
        ([0, 1, 2, 3, 4], (5, 2))
    """
    steps, examples = tape.batch.inputs.shape[:2]
    if step is None:
        scored = np.flatnonzero(tape.entering_steps)
        step = int(scored[-1]) + 1 if scored.size else steps
    if not 1 <= step <= steps:
        raise ValueError(f"step must lie in 1 … {steps}, got {step}")
    if not 0 <= example < examples:
        raise ValueError(f"example must lie in 0 … {examples - 1}, got {example}")
    chosen = list(range(step)) if lags is None else sorted(set(lags))
    if not chosen or not 0 <= chosen[0] <= chosen[-1] <= step:
        raise ValueError(f"lags must lie in 0 … t = {step}, got {list(lags or ())}")
    linear, n = tape.linearization, tape.states.shape[2]
    runs = [_Product(n, noise) for noise in (None, *(() if linear.robust else noises()))]
    found, nonzero = np.full((len(runs), len(chosen), n), -np.inf), n
    rank = np.full(len(chosen), n)
    for k in range(chosen[-1] + 1):
        if progress is not None:
            progress(k, chosen[-1] + 1)
        if k > 0:
            for run in runs:
                alive = run.extend(linear.jacobian((step - k) * examples + example, run.noise))
            # Of the last run: what sums cancel to only by chance is not zero in one with errors.
            nonzero = min(nonzero, alive)
        if k in chosen:
            at = chosen.index(k)
            rank[at] = nonzero
            for values, run in zip(found[:, at], runs, strict=True):
                sizes = singular_values(run.graded)
                values[: len(sizes)] = sizes
    values = _known(found[0], found[1:], rank)
    lag_array = np.array(chosen, dtype=np.int64)
    freeze(values, lag_array)
    return JacobianProfile(step, example, lag_array, values)


def _known(logs: Floats, shaken: Floats, rank: Integers) -> Floats:
    """The values (K, n) that can be trusted, NaN for the others.

    Those are, at each lag, the largest ones as long as all of them stay in every repetition, and the exact zeros.
    """
    place = np.arange(logs.shape[1])
    stays = np.isfinite(logs) & staying(logs, shaken)
    known = np.logical_and.accumulate(stays, axis=1)
    zero = place >= rank[:, np.newaxis]
    return np.where(zero, -np.inf, np.where(known, logs, np.nan))


class _Product:
    """J⟨t⟩ … J⟨t−k+1⟩ = graded ᵀ basisᵀ, made longer by one step back at a time."""

    def __init__(self, n: int, noise: Noise | None) -> None:
        self.noise, self.length = noise, 0
        self.basis, self.graded = np.eye(n), Graded.identity(n)

    def extend(self, jacobian: Jacobian) -> int:
        """Take one more factor; how many of its rows are not exactly zero."""
        if self.length == 0:
            # A QR iteration turns toward the large directions; starting in their order spares it the search.
            sizes = Graded.scaled_rows(jacobian.scale, jacobian.rows).exponent
            self.basis = self.basis[:, np.argsort(-sizes, kind="stable")]
            self.graded = Graded.plain(self.basis.T)
        self.basis, factor = _back(jacobian, self.basis, self.noise)
        self.graded = factor @ self.graded
        self.length += 1
        return jacobian.rank


def _back(jacobian: Jacobian, basis: Floats, noise: Noise | None = None) -> tuple[Floats, Graded]:
    """Jᵀ Q = Q' R for J = diag(d) N, d of any range: diag(d) Q = Q₁ R₁, Nᵀ Q₁ = Q' R₂, and R = R₂ R₁."""
    if noise is not None:
        basis = basis + noise(basis.shape)
    scaled = Graded.scaled_rows(jacobian.scale, basis)
    alive = scaled.alive
    inner, first = sorted_qr(Graded(scaled.mantissa[alive], scaled.exponent[alive]))
    turned = jacobian.rows[alive].T @ inner
    if noise is not None:
        turned = turned + noise(turned.shape) * np.linalg.norm(turned, axis=0)
        first = Graded(first.mantissa * (1.0 + noise(first.mantissa.shape)), first.exponent)
    outer, second = np.linalg.qr(turned)
    if noise is not None:
        second = second * (1.0 + noise(second.shape))
    return outer, Graded.plain(second) @ first


@dataclass(frozen=True, eq=False)
class RecurrentSpectrum(FrozenRecord):
    """Eigenvalues, (n_a,), and the largest singular value of a recurrent matrix W: two different measures of its size.

    W is what multiplies the state before: of an antisymmetric cell W_aa − W_aaᵀ − κ1.

    ρ = max |eigenvalue| rules the powers W^k for large k, σ_max what a single step can do: ρ ≤ σ_max, with
    equality for normal matrices, such as symmetric, orthogonal and diagonal ones.
    """

    eigenvalues: NDArray[np.complex128]
    """(n_a,), the largest first"""
    spectral_radius: float
    """ρ, the largest |eigenvalue|"""
    largest_singular_value: float
    """σ_max = ‖W‖₂, the largest singular value"""


def recurrent_spectrum(network: Network, parameter: str | None = None) -> RecurrentSpectrum:
    """Eigenvalues of a recurrent matrix, ρ and σ_max.

    Args:
        network: The network.
        parameter: Which matrix; None for W_aa, or the only one that a cell has.

    Raises:
        ValueError: if there is no such matrix, several to choose from, one for each step, or none that is square.

    Runnable example:

        >>> import core
        >>> trace = core.run(core.Experiment(hidden_size=2, timesteps=5))
        >>> found = core.recurrent_spectrum(trace.network)
        >>> found.spectral_radius <= found.largest_singular_value
        True
    """
    title, names = network.cell.title, recurrent_matrices(network)
    if not names:
        recurrent = [name for name, use in network.uses.items() if use.role == "recurrent"]
        if not recurrent:
            raise ValueError(f"the {title} has no recurrent matrix, and so no eigenvalues")
        if network.layers is None:
            raise ValueError(f"{', '.join(recurrent)} of the {title} are not square, and so have no eigenvalues")
        several = [f"{network.layers} matrices {name}" for name in recurrent]
        raise ValueError(f"the {title} has {' and '.join(several)}; give a network of one of them")
    if parameter is None and len(names) > 1:
        raise ValueError(f"the {title} cell has several recurrent matrices; name one of {', '.join(names)}")
    if parameter is not None and parameter not in names:
        raise ValueError(f"{parameter!r} is no recurrent matrix of the {title} cell; it has {', '.join(names)}")
    matrix = network.matrix(names[0] if parameter is None else parameter)
    eigenvalues = np.linalg.eigvals(matrix).astype(np.complex128)
    eigenvalues = eigenvalues[np.argsort(-np.abs(eigenvalues), kind="stable")]
    freeze(eigenvalues)
    return RecurrentSpectrum(eigenvalues, float(np.abs(eigenvalues[0])), float(np.linalg.norm(matrix, 2)))


def recurrent_matrices(network: Network) -> tuple[str, ...]:
    """The square matrices that read their own layer's state before, and are the same at every step.

    A matrix that reads fewer numbers than it makes, where a layer projects its units, has no eigenvalues.
    """
    tied = [name for name, use in network.cell.uses().items() if use.role == "recurrent" and use.tied]
    return tuple(name for name in tied if len(set(network.matrix(name).shape)) == 1)
