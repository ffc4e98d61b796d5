"""From the calls of a module to the sequences that it ran over, in NumPy.

Calls that hand their state on, as the cells of a Python loop do, are one sequence. Where both directions of a module
read packed sequences, the examples of each length are a sequence of their own: the backward direction starts at the end
of each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.network.batch import Batch
from core.network.initial_state import places_of
from core.network.network import Network
from core.numerics.scaled import Floats
from core.sources.pytorch.calls import Call, Watch
from core.sources.pytorch.keras_layers import KerasWatch
from core.sources.recording import RecordedSequence

_NOT_FOLLOWED = (
    "its initial state was made of what an earlier call returned, by something in between: what goes back that way "
    "enters where that call ends"
)


@dataclass(frozen=True, eq=False)
class _Run:
    """A call in NumPy, time-major."""

    inputs: Floats
    """(T, B, n_x)"""
    gradients: Floats
    """(T, B, n_state): what entered at the whole state"""
    start: Floats | None
    """(B, n_state)"""
    lengths: NDArray[np.intp]
    """(B,)"""


def sequences_of(watch: Watch | KerasWatch, network: Network) -> Mapping[str, RecordedSequence]:
    """What a module ran over, by the names of the traces; {} where no gradient came back to it.

    Raises:
        ValueError: if the state goes from call to call by a way that is not the module's own.
    """
    chains = [chain for chain in _chains(watch.calls) if any(call.gradients for call in chain)]
    _refuse(watch, chains)
    found: dict[str, RecordedSequence] = {}
    for number, chain in enumerate(chains, start=1):
        name = watch.name if len(chains) == 1 else f"{watch.name}, call {number}"
        notes = (f"Of call {number}, {_NOT_FOLLOWED}.",) if chain[0].made_of_earlier else ()
        runs = [_run(watch, network, call) for call in chain]
        for label, batch in _batches(name, network, runs):
            found[label] = RecordedSequence(watch.name, batch, notes)
    return found


def _chains(calls: Sequence[Call]) -> list[list[Call]]:
    """Calls that go on from one another; a state that two calls go on from is told of both."""
    chains: list[list[Call]] = []
    for call in calls:
        chain = next((one for one in chains if one[-1] is call.follows), None)
        if call.follows is not None and chain is None:
            raise ValueError(
                "two calls go on from the same state, as a search among several continuations does; record a step in "
                "which every state is read once"
            )
        if chain is None:
            chains.append([call])
        else:
            chain.append(call)
    return chains


def _refuse(watch: Watch | KerasWatch, chains: Sequence[Sequence[Call]]) -> None:
    """Single steps whose state goes another way are no sequence."""
    single = [chain for chain in chains if len(chain) == 1 and chain[0].made_of_earlier]
    if len(single) > 1 and all(_is_one_step(watch, chain[0]) for chain in single):
        raise ValueError(
            f"the state that {watch.name} reads is made of what it returned a step before, by something in between, as "
            "dropout, a mask or a slice: that way back in time is not the cell's own and cannot be followed; hand the "
            "state on as it was returned"
        )


def _is_one_step(watch: Watch | KerasWatch, call: Call) -> bool:
    if watch.is_cell or call.packing is not None:
        return watch.is_cell
    return bool(call.inputs.shape[1 if call.inputs.ndim == 3 and watch.batch_first else 0] == 1)


def _run(watch: Watch | KerasWatch, network: Network, call: Call) -> _Run:
    inputs, lengths = _steps(watch, call, call.inputs)
    steps, examples = inputs.shape[:2]
    gradients = np.zeros((steps, examples, network.state_size))
    places = places_of(network)
    two = 2 if getattr(watch.module, "bidirectional", False) else 1
    if "output" in call.gradients:
        entered, _ = _steps(watch, call, call.gradients["output"])
        for at, n in places[-two:]:
            gradients[..., at[:n]] += entered[..., :n]
            entered = entered[..., n:]
    ends = lengths - 1, np.arange(examples)
    for what in ("h", "c"):
        if what not in call.gradients:
            continue
        for number, (own, (at, n)) in enumerate(zip(_by_layer(watch, call.gradients[what]), places, strict=True)):
            columns = at[:n] if what == "h" else at[n:]
            last = (np.zeros(examples, np.intp), ends[1]) if two == 2 and number % 2 else ends
            gradients[last[0][:, np.newaxis], last[1][:, np.newaxis], columns] += own
    return _Run(inputs, gradients, _start(watch, network, call, examples), lengths)


def _start(watch: Watch | KerasWatch, network: Network, call: Call, examples: int) -> Floats | None:
    if call.start is None:
        return None
    start = np.zeros((examples, network.state_size))
    for what, state in enumerate(call.start):
        for own, (at, n) in zip(_by_layer(watch, state), places_of(network), strict=True):
            start[:, at[n:] if what else at[:n]] = own
    return start


def _steps(watch: Watch | KerasWatch, call: Call, values: Any) -> tuple[Floats, NDArray[np.intp]]:
    """What has a number of steps as (T, B, n), and the lengths (B,)."""
    if call.packing is not None:
        from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

        sizes, in_order, back = call.packing
        padded, lengths = pad_packed_sequence(PackedSequence(values, sizes, in_order, back))
        return in_float64(padded), lengths.numpy().astype(np.intp)
    found = in_float64(values)
    if watch.is_cell:
        found = found[np.newaxis, np.newaxis] if found.ndim == 1 else found[np.newaxis]
    elif found.ndim == 2:
        found = found[:, np.newaxis]
    elif watch.batch_first:
        found = found.swapaxes(0, 1)
    return found, np.full(found.shape[1], len(found), dtype=np.intp)


def _by_layer(watch: Watch | KerasWatch, state: Any) -> Floats:
    """A state as (layers · directions, B, n), from that of a module, of a cell, or of one example without a batch."""
    found = in_float64(state)
    if watch.is_cell:
        return found.reshape(1, -1, found.shape[-1])
    return found if found.ndim == 3 else found[:, np.newaxis]


def _batches(name: str, network: Network, runs: Sequence[_Run]) -> Iterator[tuple[str, Batch]]:
    """Name → batch: one, or one for each length."""
    inputs, gradients = (np.concatenate([getattr(run, of) for run in runs]) for of in ("inputs", "gradients"))
    start, lengths = runs[0].start, runs[0].lengths
    every = np.unique(lengths).tolist() if len(runs) == 1 and network.looks_ahead else []
    if len(every) < 2:
        yield name, _injected(network, inputs, gradients, start)
        return
    for length in every:
        own = lengths == length
        first = None if start is None else start[own]
        yield f"{name}, {length} steps", _injected(network, inputs[:length, own], gradients[:length, own], first)


def _injected(network: Network, inputs: Floats, gradients: Floats, start: Floats | None) -> Batch:
    """At the part that is read out, where nothing enters elsewhere."""
    read = gradients[..., network.read_out_columns]
    elsewhere = np.delete(gradients, np.r_[network.read_out_columns], axis=2)
    return Batch.injected(inputs, gradients if elsewhere.any() else read, start)


def in_float64(tensor: Any) -> Floats:
    """A tensor as an array of our own."""
    return np.asarray(tensor.detach().cpu().double().numpy())
