"""The Lyapunov spectrum: the rates, in nats per step, at which nearby trajectories part or meet.

    J⟨s⟩ Q⟨s−1⟩ = Q⟨s⟩ R⟨s⟩        λ_i = mean over s of log |R⟨s⟩_ii|        J⟨s⟩ = ∂a⟨s⟩/∂a⟨s−1⟩

(Benettin, Galgani, Giorgilli & Strelcyn 1980). λ₁ is the long-run rate of a generic gradient, since Jᵀ has the
same exponents: below 0 it vanishes, above 0 it explodes, as e^(λ₁ k). The sum is known without any product,

    Σ λ_i / n = log |det W_aa| / n + ⟨log φ'(z)⟩        (vanilla cell; the mean over units and steps).

Where J⟨s⟩ is a sum, as in a gated cell, small exponents can be lost in rounding. Which are known is found as for the
singular values (`core.dynamics.jacobians`): by a repetition with errors much larger than rounding.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.bptt.forward import Tape
from core.network.cells import Linearization
from core.network.network import Network
from core.numerics.frozen import FrozenRecord
from core.numerics.graded import Graded, sorted_qr
from core.numerics.progress import Progress
from core.numerics.scaled import Floats, freeze
from core.numerics.shaking import Noise, noises, staying
from core.numerics.slow_series import error_of_sum

FEWEST_STEPS = 20
"""Fewest steps for a standard error."""

ROUNDING = 1e-12
"""Exponents nearer to 0 than this, in nats per step, are 0 but for rounding: a rotation stretches nothing."""


@dataclass(frozen=True, eq=False)
class Lyapunov(FrozenRecord):
    """Lyapunov exponents of one trajectory, the m largest or all: arrays (m,), in nats per step."""

    exponents: Floats
    """(m,), nats per step, the largest first; −inf for directions that a relu network cuts off. Before these, NaN for
    those that are not known, since float64's rounding has lost them"""
    standard_errors: Floats
    """(m,), nats per step: other data of the same kind and length stay within two of them in 95 of 100 cases; from the
    scatter over the steps and its memory (`core.numerics.slow_series`). NaN for fewer than 20 steps, for −inf and where
    nothing is known"""
    steps: int
    """Steps the mean was taken over"""
    discarded: int
    """Steps before them, while the directions were still turning"""
    size: int
    """n_state, how many exponents there are in all"""

    @property
    def kaplan_yorke_dimension(self) -> float | None:
        """The dimension j + (λ₁ + … + λ_j) / |λ_{j+1}| (Kaplan & Yorke 1979), j the most whose sum is not negative.

        0 for a stable trajectory, n_state if no volume shrinks; None if the exponents that were asked for and are
        known do not reach far enough to tell.
        """
        sums = np.cumsum(self.exponents)
        falling = np.flatnonzero(sums < -ROUNDING * np.arange(1, len(sums) + 1))
        if not falling.size:
            return float(self.size) if len(sums) == self.size and not np.isnan(sums[-1]) else None
        j = int(falling[0])
        before = max(0.0, float(sums[j - 1])) if j else 0.0
        return j + before / abs(float(self.exponents[j]))

    @property
    def entropy_rate(self) -> float | None:
        """Sum of the positive exponents, nats per step: the rate at which the network makes information.

        An upper bound, reached by smooth measures (Ruelle's inequality, Pesin's identity). None if all the
        exponents that were asked for and are known are positive and there are more.
        """
        known = self.exponents[: np.argmax(np.append(np.isnan(self.exponents), True))]
        positive = known[known > ROUNDING]
        if len(positive) == len(known) < self.size:
            return None
        return float(positive.sum())


def lyapunov_along(
    tape: Tape,
    *,
    example: int = 0,
    count: int | None = None,
    discard: int | None = None,
    progress: Progress | None = None,
) -> Lyapunov:
    """The Lyapunov exponents along one example's trajectory, in nats per step, with their standard errors.

    Args:
        tape: A forward pass.
        example: Which example of the batch.
        count: How many exponents, from the largest; None for all n_state.
        discard: Leading steps left out of the means, for the directions to settle; None for a tenth of T.
        progress: Called with (steps done, T); raising from it ends the work.

    Raises:
        ValueError: if an argument is out of range.

    Runnable example:

        >>> import core
        >>> trace = core.run(core.Experiment(hidden_size=2, timesteps=5))
        >>> core.lyapunov_along(trace.tape, count=1).exponents.shape
        (1,)
    """
    network, (steps, examples) = tape.network, tape.preactivations.shape[:2]
    if not 0 <= example < examples:
        raise ValueError(f"example must lie in 0 … {examples - 1}, got {example}")
    one = slice(example, example + 1)
    linear = network.cell.linearize(
        network.parameters, network.activation, tape.states[:, one], tape.preactivations[:, one]
    )
    return _along(linear, steps, tape.states.shape[2], count, discard, progress)


def lyapunov_spectrum(
    network: Network,
    inputs: Floats,
    *,
    initial_state: Floats | None = None,
    count: int | None = None,
    discard: int | None = None,
    progress: Progress | None = None,
) -> Floats:
    """Lyapunov exponents (m,) of a network driven by one sequence, in nats per step, the largest first.

    Args:
        network: The network.
        inputs: x⟨1⟩ … x⟨T⟩, (T, n_x); zeros for a network left to itself.
        initial_state: a⟨0⟩, (n_state,); None for zeros, which without input and bias is a fixed point.
        count: How many exponents, from the largest; None for all.
        discard: Leading steps left out of the means; None for a tenth of T.
        progress: Called with (steps done, T); raising from it ends the work.

    Raises:
        ValueError: if a shape does not fit, an argument is out of range or the states overflow.

    Runnable example:

        >>> import numpy as np
        >>> import core
        >>> network = core.make_network(core.Experiment(hidden_size=2, initializer="orthogonal", gain=0.5))
        >>> exponents = core.lyapunov_spectrum(network, np.zeros((5, 1)))  # at a = 0 every step halves
        >>> np.allclose(exponents, np.log(0.5))
        True
    """
    return lyapunov_of(
        network, inputs, initial_state=initial_state, count=count, discard=discard, progress=progress
    ).exponents


def lyapunov_of(
    network: Network,
    inputs: Floats,
    *,
    initial_state: Floats | None = None,
    count: int | None = None,
    discard: int | None = None,
    progress: Progress | None = None,
) -> Lyapunov:
    """Lyapunov exponents of a network driven by one sequence, in nats per step, with their standard errors.

    Args:
        network: The network.
        inputs: x⟨1⟩ … x⟨T⟩, (T, n_x); zeros for a network left to itself.
        initial_state: a⟨0⟩, (n_state,); None for zeros, which without input and bias is a fixed point.
        count: How many exponents, from the largest; None for all.
        discard: Leading steps left out of the means; None for a tenth of T.
        progress: Called with (steps done, T); raising from it ends the work.

    Raises:
        ValueError: if a shape does not fit, an argument is out of range or the states overflow.

    Runnable example:

        >>> import numpy as np
        >>> import core
        >>> network = core.make_network(core.Experiment(hidden_size=2, initializer="orthogonal", gain=1))
        >>> found = core.lyapunov_of(network, np.zeros((5, 1)))  # at a = 0 a rotation, which stretches nothing
        >>> np.allclose(found.exponents, 0), found.steps
        (True, 5)
    """
    x = np.asarray(inputs, dtype=np.float64)
    if x.ndim != 2 or not len(x) or x.shape[1] != network.input_size:
        raise ValueError(f"inputs must have shape (T, n_x) with n_x = {network.input_size}, got {x.shape}")
    start = np.zeros(network.state_size) if initial_state is None else np.asarray(initial_state, dtype=np.float64)
    if start.shape != (network.state_size,):
        raise ValueError(f"the initial state must have shape ({network.state_size},), got {start.shape}")
    cell, parameters, activation = network.cell, network.parameters, network.activation
    with np.errstate(over="ignore", invalid="ignore"):
        states, z = cell.forward(parameters, activation, x[:, np.newaxis], start[np.newaxis])
    finite = np.all(np.isfinite(states[1:]), axis=(1, 2)) & np.all(np.isfinite(z), axis=(1, 2))
    if not np.all(finite):
        raise ValueError(
            f"the state overflows at step {int(np.argmin(finite)) + 1}; lower the gain, or give fewer steps"
        )
    linear = cell.linearize(parameters, activation, states, z)
    return _along(linear, len(z), states.shape[2], count, discard, progress)


def _along(
    linear: Linearization, steps: int, n: int, count: int | None, discard: int | None, progress: Progress | None
) -> Lyapunov:
    count = n if count is None else count
    discard = steps // 10 if discard is None else discard
    if not 1 <= count <= n:
        raise ValueError(f"count must lie in 1 … {n}, got {count}")
    if not 0 <= discard < steps:
        raise ValueError(f"discard must lie in 0 … {steps - 1}, one step less than there are, got {discard}")
    sources = (None, *(() if linear.robust else noises()))
    pushed = [_Pushed(linear, count, noise) for noise in sources]
    logs, rank = np.empty((len(sources), steps, count)), n
    rests = np.empty_like(logs)
    for s in range(steps):
        if progress is not None:
            progress(s, steps)
        for found, rest, run in zip(logs, rests, pushed, strict=True):
            found[s], rest[s], alive = run.step(s)
        rank = min(rank, alive)
    kept = logs[:, discard:] * np.log(2.0)
    means = kept.mean(axis=1)
    known = np.logical_and.accumulate(staying(means[0], means[1:]))
    lost = np.flatnonzero(~known & (np.arange(count) < rank))
    if len(lost):
        # Among what is left where it stops to be known may be a direction that grows faster than some that are known.
        known &= means[0] > rests[:, discard:, lost[0]].max(axis=0).mean() * np.log(2.0)
    exponents = np.where(np.arange(count) >= rank, -np.inf, np.where(known, means[0], np.nan))
    order = np.argsort(-np.where(np.isnan(exponents), np.finfo(np.float64).min, exponents), kind="stable")
    errors = np.where(np.isfinite(exponents), _standard_errors(kept[0]), np.nan)
    exponents, errors = exponents[order], errors[order]
    freeze(exponents, errors)
    return Lyapunov(exponents, errors, steps - discard, discard, n)


class _Pushed:
    """Directions (n, m) that each step's Jacobian pushes on, orthonormal again after it."""

    def __init__(self, linear: Linearization, count: int, noise: Noise | None) -> None:
        self.linear, self.noise = linear, noise
        self.basis = first_directions(linear.jacobian(0).rows, count)
        self.count = count

    def step(self, s: int) -> tuple[Floats, Floats, int]:
        """What one step does to the directions.

        Returns:
            log₂ |R_ii| (m,), −inf where a direction is cut off; log₂ of the norm of R from row i on, (m,), at least
            what the step does to any direction among the i-th and those after it; and how many rows of J are not 0.
        """
        jacobian, basis = self.linear.jacobian(s, self.noise), self.basis
        rows = jacobian.rows @ basis
        if self.noise is not None:
            rows = rows + self.noise(rows.shape) * np.linalg.norm(jacobian.rows, axis=1, keepdims=True)
        pushed = Graded.scaled_rows(jacobian.scale, rows)
        alive = pushed.alive
        q, r = sorted_qr(Graded(pushed.mantissa[alive], pushed.exponent[alive]))
        self.basis = np.zeros((len(basis), q.shape[1]))
        self.basis[alive] = q
        logs, rest = np.full(self.count, -np.inf), np.full(self.count, -np.inf)
        with np.errstate(divide="ignore"):
            sizes = np.log2(np.abs(np.diagonal(r.mantissa)))
            norms = 2.0 * (np.log2(np.linalg.norm(r.mantissa, axis=1)) + r.exponent)
        logs[: len(sizes)] = sizes + r.exponent[: len(sizes)]
        rest[: len(norms)] = np.logaddexp2.accumulate(norms[::-1])[::-1] / 2.0
        return logs, rest, jacobian.rank


def first_directions(matrix: Floats, count: int) -> Floats:
    """Directions (n, count) to start from: the first axes, unless J maps them among a part of the axes only.

    Such a part, a single axis of a diagonal W_aa, would keep its own exponents, be they the largest or not.
    """
    n = len(matrix)
    reached, size = np.arange(n) < count, 0
    while size < np.count_nonzero(reached):
        size = int(np.count_nonzero(reached))
        reached |= np.any(matrix[:, reached] != 0, axis=1)
    if np.all(reached):
        # Axes that this step maps to 0 come last: before others they would cut off the first directions.
        order = np.argsort(~matrix.any(axis=0), kind="stable")
        return np.eye(n)[:, order[:count]]
    return np.linalg.qr(np.random.default_rng(0).standard_normal((n, count)))[0]


def _standard_errors(values: Floats) -> Floats:
    """Standard errors of the means of columns (T, m), each of which may be slow."""
    steps, errors = len(values), np.full(values.shape[1], np.nan)
    if steps >= FEWEST_STEPS:
        for column in np.flatnonzero(np.all(np.isfinite(values), axis=0)):
            errors[column] = error_of_sum(np.full(steps, 1.0 / steps), values[:, column])
    return errors
