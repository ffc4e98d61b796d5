"""Contributions held against the product of Jacobians that they must equal."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from core.bptt.forward import Tape
from core.bptt.lag_profile import lag_profile
from core.bptt.rate import Rate, fit_rate
from core.claims.findings import Findings, sure
from core.network.batch import Batch
from core.numerics.progress import Progress
from core.numerics.scaled import Floats, log2_norm

LOSSES_COMPARED = 500
"""At most so many losses, the latest, are held against the product of Jacobians and against each other."""

LOG_DIGITS = 4e-15
"""A log₂ is known to this share of itself, some twenty roundings: 2^−1e12 is known to a factor of 1.003."""


@dataclass(frozen=True)
class Comparison:
    """Contributions of one example, held against two things they must equal if the Jacobians are all there is.

    In a batch a contribution is a sum of matrices, which may cancel, so that neither is true of its norm; there the
    example with the largest last error is taken apart on its own.
    """

    examples: int
    example: int
    pairs: int
    """Pairs (t, k), k ≥ 1, with a contribution that is not zero"""
    from_product: float
    """Worst relative deviation of a contribution to the latest loss from ‖injected‖ · Π gains · ‖u⟨s⟩‖"""
    from_ratio: float | None
    """Worst relative deviation of W_ax's over W_aa's contribution from ‖x⟨s⟩‖ / ‖a⟨s−1⟩‖; None if never both are,
    the two have no delta in common, or there is no such W_aa"""

    @staticmethod
    def of(found: Findings, progress: Progress | None = None) -> Comparison:
        """Compare the contributions of a trace with the product of its Jacobians."""
        tape, profile, names = found.trace.tape, found.trace.lags, found.products
        uses, examples = tape.network.cell.uses(), tape.batch.inputs.shape[1]
        example = int(np.argmax(np.max(np.abs(tape.errors[found.lags]), axis=1)))
        if examples > 1:
            tape = _alone(tape, example, found.lags)
            profile = lag_profile(tape, progress=progress)
        start = max(0, len(tape.losses) - LOSSES_COMPARED)
        norms = {reads: profile.log2_norm[name][start:] for reads, name in names.items()}
        sizes = {reads: log2_norm(tape.reads[name], axis=2)[:, 0] for reads, name in names.items()}
        pairs = np.any([np.isfinite(norm[:, 1:]) for norm in norms.values()], axis=0)
        if not np.any(pairs):
            return Comparison(examples, example, 0, 0.0, None)
        t = int(np.flatnonzero(np.any(pairs, axis=1))[-1]) + start
        steps = t - np.arange(min(t + 1, _longest(tape)))
        deltas = _through_jacobians(tape, t, len(steps))
        product = max(
            _deviation(
                profile.log2_norm[name][t, : len(steps)],
                deltas[uses[name].delta] + sizes[reads][steps],
                _finite_size(deltas[uses[name].delta]),
            )
            for reads, name in names.items()
        )
        if not {"x", "a"} <= names.keys():
            return Comparison(examples, example, int(pairs.sum()), product, None)
        back = np.arange(start, len(tape.losses))[:, np.newaxis] - np.arange(len(tape.losses))
        both = (back >= 0) & np.isfinite(norms["x"]) & np.isfinite(norms["a"])
        s = back[both]
        ratio = None
        if s.size and uses[names["x"]].delta == uses[names["a"]].delta:
            one, other = norms["x"][both], norms["a"][both]
            ratio = _deviation(one - other, sizes["x"][s] - sizes["a"][s], np.maximum(np.abs(one), np.abs(other)))
        return Comparison(examples, example, int(pairs.sum()), product, ratio)


def _longest(tape: Tape) -> int:
    """How many steps a comparison goes back: fewer in a large network, so that it takes no more than a moment."""
    most = LOSSES_COMPARED if tape.batch.inputs.shape[1] == 1 else LOSSES_COMPARED // 5
    return int(np.clip(30_000 // tape.network.state_size, 30, most))


def _alone(tape: Tape, example: int, last: int) -> Tape:
    """One example of a batch, at the latest of the steps up to index `last`."""
    steps = slice(max(0, last + 1 - _longest(tape)), last + 1)
    one = slice(example, example + 1)
    return replace(
        tape,
        network=tape.network.of_steps(steps),
        batch=Batch(tape.batch.inputs[steps, one], tape.batch.targets[steps, one], tape.entering[steps, one]),
        states=tape.states[steps.start : last + 2, one],
        preactivations=tape.preactivations[steps, one],
        outputs=tape.outputs[steps, one],
        losses=tape.losses[steps],
        errors=tape.errors[steps, one],
        read_back=None,
    )


def _through_jacobians(tape: Tape, t: int, depth: int) -> dict[str, Floats]:
    """log₂ ‖δ_{t,s}‖ at lags k < depth (s = t − k, from 0), as a product of one-step gains.

        ‖δ_{t,s}‖ = ‖W_yᵀ e⟨t⟩‖ · Π gains · ‖φ'(z⟨s⟩) ⊙ v‖,    gain = ‖J⟨r⟩ᵀ v‖,  r = t … s+1

    where the direction v is brought back to length 1 after every step.
    """
    network = tape.network
    linearization = tape.linearization
    found = {use.delta: np.full(depth, -np.inf) for use in network.cell.uses().values()}
    direction = network.injected(tape.errors[t])
    size = float(log2_norm(direction))
    for k in range(depth):
        if size == -np.inf:
            break
        direction = direction / np.max(np.abs(direction))
        direction /= np.linalg.norm(direction)
        pulled = linearization.pull(direction, slice(t - k, t - k + 1))
        for name, delta in pulled.deltas.items():
            found[name][k] = size + float(log2_norm(delta)) + int(np.max(pulled.delta_exponents[name]))
        direction = pulled.previous
        size += float(log2_norm(direction)) + int(np.max(pulled.previous_exponent))
    return found


def _deviation(one: Floats, other: Floats, size: Floats) -> float:
    """Worst relative difference of numbers given as log₂; exact zeros on both sides agree, on one side do not.

    Args:
        one: log₂ of numbers.
        other: log₂ of those that they are held against.
        size: The largest log₂ that either was computed from. What this cannot tell apart is no difference.
    """
    apart = one != other
    if not np.any(apart):
        return 0.0
    difference = one[apart] - other[apart]
    beyond = np.maximum(np.abs(difference) - LOG_DIGITS * size[apart], 0.0)
    return float(np.max(np.abs(np.expm1(np.clip(np.copysign(beyond, difference) * np.log(2.0), -700.0, 700.0)))))


def _finite_size(logs: Floats) -> Floats:
    """|log₂| of numbers that are not zero; 0 of those that are."""
    return np.where(np.isfinite(logs), np.abs(logs), 0.0)


def ratio_rate(found: Findings) -> Rate:
    """How fast W_ax's contribution over W_aa's changes with the lag, pair by pair; both have to be there."""
    x, a = (found.trace.lags.log2_norm[found.names[reads]] for reads in ("x", "a"))
    with np.errstate(invalid="ignore"):
        return sure(fit_rate(x - a))
