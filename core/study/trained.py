"""Networks of one kind trained together, each on its own batches and with its own optimizer's memory.

An update of a small network takes longer to ask NumPy for than to compute. So networks of one kind go through the
forward pass and the way back as one (`core.bptt.joint`), and their parameters and moments are rows of one table, in
which an optimizer's rule works number by number. Whatever is out of the ordinary, a number that needs a power of two, a
state that leaves float64, the network has by itself: `core.advance` does its update, or says why it has none.

Every product is one network's, and of the same arrays as by itself, so that nothing depends on which are trained
together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.bptt.backward import backpropagate
from core.bptt.joint import JointTape, joint_tape
from core.network.batch import Batch
from core.network.network import Network
from core.network.networks import Networks
from core.numerics.rows import apart
from core.numerics.scaled import COMFORT, Floats, Scaled
from core.settings.experiment import Experiment
from core.study.batched import Drawn, at_once, goes_together, kind
from core.tasks import make_batch
from core.training.clipping import clip
from core.training.optimizers import OptimizerState, make_optimizer
from core.training.steps import TrainingState, advance, begin, train

OF_WEIGHTS = (
    *("seed", "gain", "input_gain", "bias", "forget_bias", "leak", "initializer", "input_initializer"),
    *("output_initializer", "learning_rate", "momentum", "clip_at"),
)
"""Settings that no batch depends on: networks that differ only in these are trained on the same ones"""

RULE = ("training_steps", "optimizer", "learning_rate", "momentum", "clip", "clip_at")
"""Settings that networks which are trained together have in common"""


def trained(experiments: Sequence[Experiment]) -> list[TrainingState]:
    """The state after training of each: that of the last step of `core.train`, sooner.

    Args:
        experiments: The settings, of any kinds in any order.

    Raises:
        ValueError: what `core.train` raises, for the first experiment of which it does.

    Runnable example:

        >>> import core
        >>> every = [core.Experiment(hidden_size=3, timesteps=9, training_steps=4, seed=seed) for seed in (0, 1)]
        >>> [state.step for state in trained(every)]
        [4, 4]
    """
    found: dict[int, TrainingState] = {}
    groups: dict[tuple[object, ...], list[tuple[int, TrainingState]]] = {}
    most: dict[tuple[object, ...], int] = {}
    for place, experiment in enumerate(experiments):
        start = begin(experiment)
        one = Drawn(place, experiment, start.network, make_batch(experiment, 0))
        if not _goes_together(one):
            found[place] = _by_itself(experiment, start)
            continue
        key = (*kind(one), *(getattr(experiment, name) for name in RULE))
        groups.setdefault(key, []).append((place, start))
        most[key] = at_once(one)
    for key, group in groups.items():
        for first in range(0, len(group), most[key]):
            some = group[first : first + most[key]]
            if len(some) == 1:  # by itself it is sooner done, to the same bits
                ((place, start),) = some
                found[place] = _by_itself(experiments[place], start)
                continue
            together = _Together([experiments[place] for place, _ in some], [start for _, start in some])
            found.update(zip((place for place, _ in some), together.states(), strict=True))
    return [found[place] for place in range(len(experiments))]


def _goes_together(one: Drawn) -> bool:
    """Whether a network is trained with others: one that is analyzed with others, by whole gradients from a⟨0⟩ on."""
    own = one.experiment
    plain = own.window_state == "fresh" and not own.update_every and not own.k2
    return plain and own.training_steps > 0 and goes_together(one.network, one.batch)


def _by_itself(experiment: Experiment, state: TrainingState) -> TrainingState:
    for step in train(experiment, start=state):
        state = step.state
    return state


@dataclass
class _Table:
    """What changes from update to update: a row for each network."""

    numbers: Floats
    """(N, P): all parameters"""
    moments: tuple[Floats, ...]
    """(N, P) each: what the optimizer remembers"""


class _Together:
    """Networks of one kind that are trained by one rule."""

    def __init__(self, experiments: Sequence[Experiment], starts: Sequence[TrainingState]) -> None:
        self._experiments, self._network = experiments, starts[0].network
        self._rule = make_optimizer(*(getattr(experiments[0], name) for name in RULE[1:4]))
        numbers = np.stack([_flat(start.network) for start in starts])
        moments = zip(*(start.optimizer.moments for start in starts), strict=True)
        self._table = _Table(numbers, tuple(np.stack(of_each) for of_each in moments))
        self._going = list(range(len(starts)))
        """Which networks the rows are of"""
        self._ended: dict[int, TrainingState] = {}
        self._data = [_data(experiment) for experiment in experiments]

    def states(self) -> list[TrainingState]:
        """The state of each after its last update."""
        steps = self._experiments[0].training_steps
        for done in range(steps):
            if not self._going:
                break
            self._update(done)
        left = {place: self._state(row, steps) for row, place in enumerate(self._going)}
        return [(self._ended | left)[place] for place in range(len(self._experiments))]

    def _update(self, done: int) -> None:
        """One more update of every network that is still in training."""
        batches, before = self._batches(done), self._table
        gradients, plain = self._gradients(batches)
        own = self._experiments[0]
        if own.clip != "none":
            none = np.zeros(1, dtype=np.int64)
            rows = [clip(Scaled(row, none), own.clip, own.clip_at).mantissa for row in gradients]
            gradients = np.stack(rows)
        with np.errstate(over="ignore", invalid="ignore"):
            state, update = self._rule.update(OptimizerState(done, before.moments), gradients)
            after = _Table(before.numbers + update, state.moments)
        for values in (after.numbers, *after.moments):
            plain &= np.all(np.isfinite(values), axis=1)
        if plain.all():
            self._table = after
            return
        self._table = _Table(after.numbers, tuple(np.array(values) for values in after.moments))
        self._one_by_one(before, np.flatnonzero(~plain).tolist(), done)

    def _one_by_one(self, before: _Table, rows: Sequence[int], done: int) -> None:
        """The update of some networks by themselves; those of which it is the last leave the table."""
        ended = []
        for row in rows:
            step = advance(self._experiments[self._going[row]], self._state(row, done, before))
            if step.ended is not None:
                self._ended[self._going[row]] = step.state
                ended.append(row)
                continue
            self._table.numbers[row] = _flat(step.network)
            for values, own in zip(self._table.moments, step.state.optimizer.moments, strict=True):
                values[row] = own
        if ended:
            kept = [row for row in range(len(self._going)) if row not in set(ended)]
            self._going = [self._going[row] for row in kept]
            moments = tuple(values[kept] for values in self._table.moments)
            self._table = _Table(self._table.numbers[kept], moments)

    def _batches(self, done: int) -> list[Batch]:
        """The batch of each; one that several have in common is drawn once."""
        drawn: dict[str, Batch] = {}
        for place in self._going:
            if self._data[place] not in drawn:
                drawn[self._data[place]] = make_batch(self._experiments[place], done)
        return [drawn[self._data[place]] for place in self._going]

    def _gradients(self, batches: Sequence[Batch]) -> tuple[Floats, NDArray[np.bool_]]:
        """∂L/∂θ of each (N, P), and of which networks they are right: the others' need powers of two, or are none."""
        first = batches[0]
        alike = np.array([batch is first or _scored_alike(batch, first) for batch in batches])
        if not alike.all():
            batches = [batch if same else first for batch, same in zip(batches, alike, strict=True)]
        joint, within = joint_tape(self._joint(), batches)
        plain = alike & within
        if not within.all():  # whose rows, infinite or not a number, may be of no harm to the others
            return np.zeros_like(self._table.numbers), np.zeros_like(plain)
        sums = _sums(joint, plain)
        names = self._network.parameters
        found = np.concatenate([sums[name].reshape(len(plain), -1) for name in names], axis=1)
        return found, plain & _comfortable(found)

    def _joint(self) -> Networks:
        """All of them as one network."""
        one, arrays, start = self._network, {}, 0
        for name, array in one.parameters.items():
            part = self._table.numbers[:, start : start + array.size]
            arrays[name] = np.ascontiguousarray(part).reshape(-1, *array.shape)
            start += array.size
        return Networks(one.cell_name, arrays, one.activation_name, one.readout_name, one.leak)

    def _state(self, row: int, steps: int, table: _Table | None = None) -> TrainingState:
        """A row as the state of a network after so many updates."""
        table, parameters, start = table or self._table, {}, 0
        for name, array in self._network.parameters.items():
            parameters[name] = table.numbers[row, start : start + array.size].reshape(array.shape)
            start += array.size
        memory = OptimizerState(steps, tuple(np.array(values[row]) for values in table.moments))
        return TrainingState(steps, self._network.replace_parameters(**parameters), memory)


def _sums(joint: JointTape, plain: NDArray[np.bool_]) -> Mapping[str, Floats]:
    """Parameter → Σ δ uᵀ of each network, (N, n, n_u); networks of which a factor needs a power of two are marked."""
    tape, returned, found = joint.tape, backpropagate(joint.tape), {}
    deltas = {name: returned.deltas[use.delta] for name, use in tape.network.cell.uses().items()}
    for values, names in tape.readout_deltas.values():
        deltas |= dict.fromkeys(names, Scaled(values, np.zeros((*values.shape[:2], 1), dtype=np.int64)))
    rows: dict[int, Floats] = {}
    for name, delta in deltas.items():
        if id(delta) not in rows:
            rows[id(delta)] = _of_each(delta.mantissa, joint.count)
            _mark(plain, delta.mantissa, np.any(delta.exponent, axis=2))
        read = tape.reads[name]
        _mark(plain, read, np.zeros(read.shape[:2], dtype=bool))
        found[name] = np.matmul(rows[id(delta)].swapaxes(1, 2), _of_each(read, joint.count))
    return found


def _of_each(values: Floats, count: int) -> Floats:
    """The rows of each network by themselves, (N, T·B, n): laid out as those of one by itself."""
    return np.ascontiguousarray(apart(values, count))


def _mark(plain: NDArray[np.bool_], values: Floats, scaled: NDArray[np.bool_]) -> None:
    """Take out the networks of which a row of (T, B·N, n) has or needs a power of two."""
    odd = scaled | ~(_comfortable(values) | ~values.any(axis=-1))
    if odd.any():
        plain &= ~odd.reshape(-1, len(plain)).any(axis=0)


def _comfortable(values: Floats) -> NDArray[np.bool_]:
    """Whether the norm of each row (…, n) is far from the ends of float64."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        squares = np.vecdot(values, values)
    return np.asarray((squares <= 4.0**COMFORT) & (squares >= 4.0**-COMFORT))


def _scored_alike(one: Batch, other: Batch) -> bool:
    """Whether the same steps and examples of two batches count, and as much."""
    return one.weights is None and one.inputs.shape == other.inputs.shape and np.array_equal(one.scored, other.scored)


def _data(experiment: Experiment) -> str:
    """What an experiment's batches depend on."""
    return repr([value for name, value in experiment.model_dump().items() if name not in OF_WEIGHTS])


def _flat(network: Network) -> Floats:
    return np.concatenate([array.ravel() for array in network.parameters.values()])
