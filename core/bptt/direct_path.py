"""The two ways back from a state to the one before: through the matrices, and directly.

    ∂L/∂a⟨s−1⟩ = C⟨s⟩ ⊙ ∂L/∂a⟨s⟩ + Σ_j W_jᵀ δ_j⟨s⟩        C: z⟨s⟩ in a GRU, 1 − α in a leaky cell
    ∂L/∂c⟨s−1⟩ = f⟨s⟩ ⊙ ∂L/∂c⟨s⟩                          in an LSTM, whose hidden path is ∂L/∂a⟨s−1⟩ = Σ_j W_jᵀ δ_j⟨s⟩

The direct path multiplies each unit by a number of its own and mixes none, so that what it lets through k steps is a
plain product for each unit: the part of a gradient's life that no matrix has a say in (Hochreiter & Schmidhuber 1997;
Gers, Schmidhuber & Cummins 2000).

    P_i(t, k) = ∏ C_i⟨r⟩ over r = t−k+1 … t                             of unit i, for the loss at step t
    rms(k)² = mean of P_i(t, k)² over scored t > k, examples, units      max(k) = the largest of these P_i(t, k)

What a gradient g at the state keeps is ‖P ⊙ g‖ / ‖g‖. It is never more than max(k); and rms(k) is the root of what is
left in the mean of the squared sizes, if g has the same expected square at every unit, example and loss. The units that
keep decide both. A geometric mean would not do: one unit in a hundred whose gate is shut takes it to nothing, and the
gradient goes back through the other ninety-nine as before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.bptt.backward import StateGradients
from core.bptt.forward import Tape
from core.network.cells import Cell
from core.network.network import Network
from core.numerics.frozen import FrozenMapping, FrozenRecord
from core.numerics.progress import Progress
from core.numerics.scaled import Floats, Scaled, freeze


@dataclass(frozen=True, eq=False)
class DirectPath(FrozenRecord):
    """What the direct path leaves of a gradient at the state k steps back, whatever the matrices do.

    Arrays (T,) at [k], log₂ of a factor without a unit.
    """

    log2_rms: Floats
    """(T,) at [k]: log₂ of the root mean square of the products ∏ C⟨r⟩ over the k steps before a loss, over the scored
    losses that have k steps before them, the examples and the units. 0 at lag 0, −inf where every product is exactly
    zero, nan where no loss has that lag"""
    log2_largest: Floats
    """(T,) at [k]: log₂ of the largest of these products, −inf and nan in the same way"""


def direct_path(tape: Tape, progress: Progress | None = None) -> DirectPath:
    """What the direct path leaves: rms and largest of ∏ f⟨r⟩ of an LSTM, ∏ z⟨r⟩ of a GRU, (1 − α)^k of a leaky cell.

    Logarithms are summed, and so nothing under- or overflows over any number of steps. Cost: B n_a numbers for every
    pair of loss and lag.

    Args:
        tape: A forward pass.
        progress: Called with (lags done, lags in all); raising from it ends the work.

    Raises:
        ValueError: if the cell has no direct path.

    Runnable example:

        >>> import core
        >>> trace = core.run(core.Experiment(leak=0.5, hidden_size=2, timesteps=5))
        >>> core.direct_path(trace.tape).log2_rms.tolist()  # (1 − α)^k
        [0.0, -1.0, -2.0, -3.0, -4.0]
    """
    found = find_direct_path(tape, progress)
    if found is None:
        raise ValueError(
            f"the {tape.network.cell.title} cell has no path but that through its matrices; choose gru or lstm, or a "
            "leak below 1"
        )
    return found


def find_direct_path(tape: Tape, progress: Progress | None = None, *, furthest: int | None = None) -> DirectPath | None:
    """`direct_path`, or None where the cell has no direct path.

    Args:
        tape: A forward pass.
        progress: As in `direct_path`.
        furthest: The last lag that is looked at; those beyond are nan. None looks at all.
    """
    network = tape.network
    factor = network.cell.log2_direct(network.activation, tape.preactivations)
    if factor is None:
        return None
    steps, times = len(factor), np.flatnonzero(tape.entering_steps) + 1
    rms, largest = np.full(steps, np.nan), np.full(steps, np.nan)
    product = np.zeros((len(times), *factor.shape[1:]))
    last = times[-1] if times.size else 0
    if furthest is not None:
        last = min(last, furthest + 1)
    for k in range(last):
        if progress is not None:
            progress(k, last)
        if k > 0:
            first = np.searchsorted(times, k, side="right")
            times, product = times[first:], product[first:]
            product += factor[times - k]
        rms[k], largest[k] = _root_mean_square(product), product.max()
    freeze(rms, largest)
    return DirectPath(rms, largest)


def _root_mean_square(logs: Floats) -> float:
    """log₂ of the root mean square of numbers that are given as log₂."""
    largest = float(logs.max())
    if largest == -np.inf:
        return largest
    return largest + float(np.log2(np.mean(np.exp((logs - largest) * (2.0 * np.log(2.0)))))) / 2.0


def log2_paths(tape: Tape, returned: StateGradients) -> Mapping[str, Floats]:
    """How much of the gradient carried to each step came by either way.

    Returns:
        `matrices`, where the cell has any that read the state, and `direct`, where it has such a way → (T,) at [s − 1]:
        log₂ of the Frobenius norm of what goes from step s + 1 to step s by that way, −inf at s = T. In an LSTM these
        are the parts of the carried gradient at a and at c; elsewhere the two add up to it, and may cancel.
    """
    network, carried = tape.network, returned.carried
    if network.cell.direct is None:
        return FrozenMapping({"matrices": carried.log2_norm(axis=(1, 2))})
    found: dict[str, list[Floats]] = {"matrices": [], "direct": []}
    for layer in _layers(network):
        read_out = layer.columns[layer.read_out]
        others = [columns for name, columns in layer.columns.items() if name != layer.read_out]
        factor = layer.cell.log2_direct(network.activation, tape.preactivations[..., layer.made])
        if factor is None or others:
            found["matrices"].append(_columns(carried, read_out).log2_norm(axis=(1, 2)))
            found["direct"] += [_columns(carried, columns).log2_norm(axis=(1, 2)) for columns in others]
        else:
            found["matrices"].append(_before(_by_matrices(tape, returned, layer, factor).log2_norm(axis=(1, 2))))
            gradient = _columns(returned.state_gradient, read_out)
            found["direct"].append(_before(_directly(factor, gradient).log2_norm(axis=(1, 2))))
    if not network.reads_state:
        del found["matrices"]
    together = {way: np.logaddexp2.reduce(2.0 * np.stack(logs)) / 2.0 for way, logs in found.items()}
    freeze(*together.values())
    return FrozenMapping(together)


def _by_matrices(tape: Tape, returned: StateGradients, layer: _Layer, factor: Floats) -> Scaled:
    """What goes from the state of each step of a layer to the one before by its matrices, (T, B, n); at s, from s."""
    uses, columns = tape.network.cell.uses(), layer.columns[layer.read_out]
    recurrent = [name for name, use in uses.items() if (use.role, use.layer) == ("recurrent", layer.number)]
    if not recurrent:  # all of it is direct
        nothing = np.zeros_like(tape.states[1:, :, columns])
        return Scaled(nothing, np.zeros((*nothing.shape[:-1], 1), dtype=np.int64))
    if all(uses[name].source == layer.read_out for name in recurrent):
        return through(tape, returned, recurrent)
    # A gate before the matrix: what is not direct is the rest.
    carried = _columns(returned.carried, columns)
    straight = _directly(factor, _columns(returned.state_gradient, columns))
    there = Scaled(-straight.mantissa[1:], np.broadcast_to(straight.exponent, straight.mantissa.shape)[1:])
    rest = Scaled(carried.mantissa[:-1], np.broadcast_to(carried.exponent, carried.mantissa.shape)[:-1]) + there
    first = np.zeros((1, *carried.mantissa.shape[1:]))
    exponent = np.broadcast_to(rest.exponent, rest.mantissa.shape)
    return Scaled(np.concatenate([first, rest.mantissa]), np.concatenate([first.astype(np.int64), exponent])).shared(
        (1, 2)
    )


@dataclass(frozen=True)
class _Layer:
    """A layer of a stack, or the only one: its cell, and where its parts and pre-activations stand."""

    number: int
    cell: Cell
    read_out: str
    columns: Mapping[str, slice]
    made: slice


def _layers(network: Network) -> Iterator[_Layer]:
    parts, widths = iter(network.parts), iter(network.cell.widths(network.hidden_size).values())
    start = begin = 0
    for number, cell in enumerate(network.cell.stack, 1):
        columns, read_out = {}, ""
        for own in cell.parts(1):
            part = next(parts)
            columns[part.name] = slice(start, start + part.width)
            start += part.width
            read_out = part.name if own.read_out else read_out
        stop = begin + sum(next(widths) for _ in cell.functions(network.activation))
        yield _Layer(number, cell, read_out, columns, slice(begin, stop))
        begin = stop


def _columns(values: Scaled, columns: slice) -> Scaled:
    exponent = values.exponent if values.exponent.shape[-1] == 1 else values.exponent[..., columns]
    return Scaled(values.mantissa[..., columns], exponent)


def _before(norms: Floats) -> Floats:
    """From where it sets out, [s − 1], to where it arrives."""
    return np.append(norms[1:], -np.inf)


def _directly(log2_factor: Floats, gradient: Scaled) -> Scaled:
    whole = np.maximum(np.floor(log2_factor), -(2.0**60))
    factor = np.exp2(log2_factor - whole)
    return Scaled(gradient.mantissa * factor, gradient.exponent + whole.astype(np.int64))


def through(tape: Tape, returned: StateGradients, names: Sequence[str]) -> Scaled:
    """Σ_j W_jᵀ δ_j⟨s⟩ of every step over some matrices, which read one and the same, (T, B, width of what they read).

    Args:
        tape: A forward pass.
        returned: Its way back.
        names: The matrices, of the cell's parameters.
    """
    uses, parts = tape.network.cell.uses(), []
    for name in names:
        delta = returned.deltas[uses[name].delta]
        delta = delta if delta.exponent.shape[-1] == 1 else delta.shared(axis=-1)
        w = Scaled.canonical(tape.network.matrix(name), axis=(-2, -1))
        steps = slice(0, len(delta.mantissa)) if w.mantissa.ndim == 3 else slice(None)
        parts.append(Scaled(delta.mantissa @ w.mantissa[steps], delta.exponent + w.exponent[steps]))
    whole = parts[0]
    for part in parts[1:]:
        whole = (whole + part).normalized(axis=-1)
    return whole
