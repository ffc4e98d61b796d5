"""Backpropagation through time: the whole gradient, and the steps it takes, one by one.

From the last step to the first, with e⟨s⟩ = ∂L_s/∂o⟨s⟩,

    ∂L/∂a⟨s⟩ = W_yᵀ e⟨s⟩ + W_aaᵀ δ⟨s+1⟩        what the loss here injects + what the future carries in
    δ⟨s⟩     = φ'(z⟨s⟩) ⊙ ∂L/∂a⟨s⟩
    ∂L/∂W_aa = Σ_s δ⟨s⟩ a⟨s−1⟩ᵀ     ∂L/∂W_ax = Σ_s δ⟨s⟩ x⟨s⟩ᵀ     ∂L/∂b_a = Σ_s δ⟨s⟩
    ∂L/∂W_y  = Σ_s e⟨s⟩ a⟨s⟩ᵀ       ∂L/∂b_y  = Σ_s e⟨s⟩            (each summed over the batch)

(Werbos 1990; the vanilla cell's equations, other cells by their own `pull`.) Every quantity carries powers
of two, so nothing over- or underflows at any horizon.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from core.cells import Use
from core.network import Network
from core.scaled import Floats, Scaled, shift
from core.tape import Tape


@dataclass(frozen=True)
class Gradients(Mapping[str, Floats]):
    """∂L/∂θ for every parameter θ, each in the parameter's shape: `gradients["W_aa"]`.

    Reading one that is beyond float64 raises an OverflowError; `scaled` and `log2_norm` hold it all the same.
    """

    scaled: Mapping[str, Scaled]
    """Parameter → gradient as mantissas times a power of two"""

    def __getitem__(self, name: str) -> Floats:
        plain = self.scaled[name].to_float64(f"the gradient of {name}")
        plain.flags.writeable = False
        return plain

    def __iter__(self) -> Iterator[str]:
        return iter(self.scaled)

    def __len__(self) -> int:
        return len(self.scaled)

    def log2_norm(self, name: str) -> float:
        """log₂ of the Frobenius norm of ∂L/∂name; −inf where it is exactly zero."""
        return float(self.scaled[name].log2_norm())


@dataclass(frozen=True)
class BackwardStep:
    """What happens at step s on the way back. Matrices (B, n_a): one row an example."""

    step: int
    """s, from T down to 1"""
    injected: Scaled
    """W_yᵀ e⟨s⟩: the gradient that the loss at s puts in; zero where s is not scored"""
    carried: Scaled
    """W_aaᵀ δ⟨s+1⟩: the gradient that comes back from the steps after s; zero at s = T"""
    state_gradient: Scaled
    """∂L/∂a⟨s⟩, the sum of the two"""
    deltas: Mapping[str, Scaled]
    """Pre-activation → its gradient; the vanilla cell has one, z: δ⟨s⟩ = φ'(z⟨s⟩) ⊙ ∂L/∂a⟨s⟩"""
    contributions: Mapping[str, Scaled]
    """Parameter → what its use at step s adds to the gradient, in the parameter's shape"""
    so_far: Mapping[str, Scaled]
    """Parameter → the gradient gathered from T down to s"""


def backward(tape: Tape) -> Gradients:
    """The full gradient of L = Σ L_t over the scored steps."""
    (last,) = deque(backward_steps(tape), maxlen=1)
    return Gradients(last.so_far)


def backward_steps(tape: Tape, *, losses: Collection[int] | None = None) -> Iterator[BackwardStep]:
    """Walk back from s = T to 1.

    Args:
        tape: A forward pass.
        losses: Follow the losses of these steps t (1 … T) alone; None follows all that are scored.

    Raises:
        ValueError: if a step in `losses` is outside 1 … T.
    """
    network, uses = tape.network, tape.network.cell.uses()
    steps, examples = len(tape.losses), tape.batch.inputs.shape[1]
    errors = _errors(tape, losses)
    injections = errors @ network.parameters["W_y"]
    linearization = network.cell.linearize(network.parameters, network.activation, tape.preactivations)
    carried = Scaled(np.zeros((examples, tape.states.shape[2])), np.zeros((examples, 1), dtype=np.int64))
    so_far: Mapping[str, Scaled] | None = None
    for s in range(steps, 0, -1):
        injected = Scaled.canonical(_as_state(injections[s - 1], carried.mantissa.shape[1]), axis=1)
        gradient = (injected + carried).normalized(axis=1)
        pulled = linearization.pull(gradient.mantissa, slice((s - 1) * examples, s * examples))
        deltas = {
            name: Scaled.canonical(delta, gradient.exponent + pulled.delta_exponent, axis=1)
            for name, delta in pulled.deltas.items()
        }
        here = {
            name: _outer(deltas[use.delta], source(tape, use.source)[s - 1], network.parameters[name].ndim)
            for name, use in uses.items()
        }
        here.update(_readout_contributions(network, errors[s - 1], tape.states[s]))
        so_far = (
            here
            if so_far is None
            else {name: (so_far[name] + contribution).normalized() for name, contribution in here.items()}
        )
        yield BackwardStep(
            step=s,
            injected=injected,
            carried=carried,
            state_gradient=gradient,
            deltas=MappingProxyType(deltas),
            contributions=MappingProxyType(here),
            so_far=MappingProxyType(so_far),
        )
        carried = Scaled.canonical(pulled.previous, gradient.exponent + pulled.previous_exponent, axis=1)


def source(tape: Tape, name: str) -> Floats:
    """What a parameter reads at every step, (T, B, n_source): a⟨s−1⟩, x⟨s⟩ or 1."""
    if name == "a":
        return tape.states[:-1, :, : tape.network.hidden_size]
    if name == "x":
        return tape.batch.inputs
    return np.ones((*tape.batch.inputs.shape[:2], 1))


READOUT_USES: Mapping[str, Use] = MappingProxyType({"W_y": Use("o", "a"), "b_y": Use("o", "1")})
"""The read-out's parameters: e⟨s⟩ times a⟨s⟩ (not a⟨s−1⟩) and times 1."""


def _readout_contributions(network: Network, error: Floats, state: Floats) -> dict[str, Scaled]:
    e = Scaled.canonical(error, axis=1)
    sources = {"a": state[:, : network.hidden_size], "1": np.ones((len(state), 1))}
    return {
        name: _outer(e, sources[use.source], network.parameters[name].ndim) for name, use in READOUT_USES.items()
    }


def _errors(tape: Tape, losses: Collection[int] | None) -> Floats:
    if losses is None:
        return tape.errors
    steps = len(tape.losses)
    outside = [t for t in losses if not 1 <= t <= steps]
    if outside:
        raise ValueError(f"losses must be steps in 1 … {steps}, got {outside[0]}")
    kept = np.zeros(steps, dtype=bool)
    kept[[t - 1 for t in losses]] = True
    return np.where(kept[:, np.newaxis, np.newaxis], tape.errors, 0.0)


def _as_state(gradient: Floats, width: int) -> Floats:
    """Pad ∂L/∂a with zeros for the parts of a cell's state that the read-out does not see."""
    return np.pad(gradient, ((0, 0), (0, width - gradient.shape[1])))


def _outer(delta: Scaled, reads: Floats, dimensions: int) -> Scaled:
    """Σ_b δ_b u_bᵀ, in the shape of a matrix (n, n_source) or, for a bias, (n,)."""
    u = Scaled.canonical(reads, axis=1)
    exponent = delta.exponent + u.exponent
    alive = np.any(delta.mantissa, axis=1, keepdims=True) & np.any(u.mantissa, axis=1, keepdims=True)
    common = int(np.max(exponent[alive])) if np.any(alive) else 0
    product = shift(delta.mantissa, exponent - common).T @ u.mantissa
    return Scaled.canonical(product[:, 0] if dimensions == 1 else product, common)
