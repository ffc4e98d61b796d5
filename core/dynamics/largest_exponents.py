"""λ₁ of several networks of one kind, computed together.

As `core.dynamics.lyapunov` does it for one: a direction of each network is pushed through the Jacobians of its own
trajectory, and its lengths are kept. Of one direction QR is a norm. Each has the numbers that it has by itself, to
1e−12, and to the last bit the same whichever are beside it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.bptt.joint import JointTape
from core.dynamics.lyapunov import FEWEST_STEPS, first_directions
from core.network.cells.protocol import JointLinearization, pattern_of
from core.numerics.scaled import FAR_BELOW, Floats, magnitude, power_of_two
from core.numerics.shaking import Noise, noises, staying
from core.numerics.slow_series import errors_of_sums


def largest_exponents(joint: JointTape) -> tuple[Floats, Floats] | None:
    """λ₁ of each network along the trajectory of its first example, and its standard error.

    Args:
        joint: The networks.

    Returns:
        Two arrays (N,), in nats per step, what `lyapunov_along(tape, count=1)` says of each; None where the step back
        of such cells does not take several networks together.
    """
    tape, count = joint.tape, joint.count
    network, steps = tape.network, len(tape.preactivations)
    linear = network.cell.linearize(
        network.parameters, network.activation, tape.states[:, :count], tape.preactivations[:, :count]
    )
    if not isinstance(linear, JointLinearization):
        return None
    robust = linear.robust_of(count)
    sources = (None, *(() if robust.all() else noises()))
    found = [_lengths(linear, steps, count, noise) for noise in sources]
    discard = steps // 10
    kept = [logs[discard:] * np.log(2.0) for logs, _ in found]
    means = np.array([logs.mean(axis=0) for logs in kept])
    known = robust | staying(means[0], means[1:])
    exponents = np.where(found[0][1], np.where(known, means[0], np.nan), -np.inf)
    errors, finite = np.full(count, np.nan), np.isfinite(exponents)
    if steps - discard >= FEWEST_STEPS and finite.any():
        weights = np.full(steps - discard, 1.0 / (steps - discard))
        errors[finite] = errors_of_sums(weights, np.ascontiguousarray(kept[0].T[finite]))
    return exponents, errors


def _lengths(
    linear: JointLinearization, steps: int, count: int, noise: Noise | None
) -> tuple[Floats, NDArray[np.bool_]]:
    """What each step multiplies a direction of each network by, log₂, (T, N), and which are not cut off for good."""
    shared = None if noise is None else _the_same_for_all(noise)
    first = linear.jacobians(slice(0, count))
    direction = np.stack([first_directions(matrix, 1)[:, 0] for matrix in first.rows])
    logs, alive = np.empty((steps, count)), np.ones(count, dtype=bool)
    for s in range(steps):
        jacobian = linear.jacobians(slice(s * count, (s + 1) * count), shared)
        alive &= pattern_of(jacobian).any(axis=(1, 2))
        made = np.matmul(jacobian.rows, direction[..., np.newaxis])
        if shared is not None:
            made = made + shared(made.shape) * np.linalg.norm(jacobian.rows, axis=-1, keepdims=True)
        made = jacobian.scale.mantissa[..., np.newaxis] * made
        size = magnitude(made, axis=-1)
        exponent = np.where(made[..., 0] != 0, jacobian.scale.exponent + size[..., 0], FAR_BELOW)
        top = exponent.max(axis=1, keepdims=True)
        level = np.ldexp(made, -size)[..., 0] * power_of_two(exponent - top)
        length = np.sqrt(np.square(level).sum(axis=1))
        with np.errstate(divide="ignore"):
            logs[s] = np.log2(length) + np.where(length > 0, top[:, 0], 0)
        direction = level / np.where(length > 0, length, 1.0)[:, np.newaxis]
    return logs, alive


def _the_same_for_all(noise: Noise) -> Noise:
    """The errors that each network would have by itself, for all of them: one draw without the axis over networks."""
    return lambda shape: np.broadcast_to(noise(shape[1:]), shape)
