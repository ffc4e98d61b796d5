"""What a training run leaves behind: scalars of every step, and the networks of some of them.

Memory is bounded by thinning, not by dropping: states are kept at every 2^m-th step, and m grows when there would be
too many of them, but the first and the latest are always there. The network of any other step is derived again
from the nearest one kept before it, to the last bit, because a step of training is a pure function.
"""

from __future__ import annotations

import threading
from array import array
from collections.abc import Mapping
from typing import Any

import numpy as np

from core.network.batch import Batches
from core.network.network import Network
from core.numerics.frozen import FrozenMapping
from core.numerics.progress import Progress
from core.numerics.scaled import Floats, Integers, freeze
from core.settings.experiment import Experiment
from core.training.steps import TrainingState, TrainingStep, advance, begin

MOST_STATES = 128
"""How many states are kept at most."""

FEWEST_STATES = 4
"""How many states are kept at least, however large they are."""

MOST_BYTES = 256_000_000
"""About as much memory as the kept states may take."""

SCALARS = ("loss", "metric", "accuracy", "log2_gradient", "log2_clipped", "held_back")
"""The numbers that are kept of every step, by their names in `TrainingStep`; nan where there is none."""


class TrainingHistory:
    """The steps of one run, append-only: what was added does not change. One thread may add while others read."""

    def __init__(
        self, experiment: Experiment, start: TrainingState | None = None, batches: Batches | None = None
    ) -> None:
        """An empty history of a run.

        Args:
            experiment: The settings.
            start: Where it starts; None for the network that the settings describe.
            batches: Where its training batches come from; None for the task of the settings.
        """
        self.experiment = experiment
        self.batches = batches
        self.start = begin(experiment) if start is None else start
        self._latest = self.start
        self.ended: str | None = None
        """Why the run ended before its time; None if it did not"""
        self._scalars = {name: array("d") for name in SCALARS}
        # An array cannot grow while a copy of it is being made.
        self._lock = threading.Lock()
        self._kept: dict[int, TrainingState] = {}
        self._every = 1
        state = self.start
        arrays = (*state.network.parameters.values(), *state.optimizer.moments)
        size = sum(one.nbytes for one in arrays)
        self._most = int(np.clip(MOST_BYTES // max(size, 1), FEWEST_STATES, MOST_STATES))

    def __getstate__(self) -> dict[str, Any]:
        """What is recorded; the lock stays in its process."""
        with self._lock:
            return {name: value for name, value in self.__dict__.items() if name != "_lock"} | {
                "_scalars": {name: array("d", values) for name, values in self._scalars.items()}
            }

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take up the record, with a lock of its own."""
        self.__dict__.update(state, _lock=threading.Lock())

    def __len__(self) -> int:
        """How many steps of training were recorded."""
        return len(self._scalars["loss"])

    def add(self, step: TrainingStep) -> None:
        """Record the next step.

        Raises:
            ValueError: if it is not the one after the latest, or the run has ended.
        """
        expected = self.start.step + len(self) + 1
        if self.ended is not None:
            raise ValueError(f"the run has ended ({self.ended}); begin another history")
        if step.step != expected:
            raise ValueError(f"step {step.step} was given, the next one is {expected}; add them in their order")
        accuracy = float("nan") if step.metrics.accuracy is None else step.metrics.accuracy
        aside = float("nan") if step.held_back is None else step.held_back.value
        values = (step.metrics.loss, step.metrics.value, accuracy, step.log2_gradient, step.log2_clipped, aside)
        with self._lock:
            for name, value in zip(SCALARS, values, strict=True):
                self._scalars[name].append(value)
        self._latest, self.ended = step.state, step.ended
        if step.ended is None and (step.step - self.start.step) % self._every == 0:
            self._keep(step.state)

    def _keep(self, state: TrainingState) -> None:
        kept = {**self._kept, state.step: state}
        while len(kept) + 2 > self._most:  # in addition to these the first and the latest
            self._every *= 2
            kept = {s: one for s, one in kept.items() if (s - self.start.step) % self._every == 0}
        self._kept = kept

    @property
    def latest(self) -> TrainingState:
        """After the last step recorded; the last finite one where the run has ended."""
        return self._latest

    @property
    def steps(self) -> Integers:
        """The numbers of the steps that are recorded, (S,), ascending."""
        return np.arange(self.start.step + 1, self.start.step + len(self) + 1)

    def scalars(self, name: str) -> Floats:
        """One number of every step, in the order of `steps`; a copy of what there is by now.

        Raises:
            ValueError: if there is none of that name.
        """
        if name not in self._scalars:
            raise ValueError(f"{name!r} was given, allowed is {', '.join(SCALARS)}")
        with self._lock:
            found = np.array(self._scalars[name])
        freeze(found)
        return found

    def score_after(self, step: int) -> float:
        """The metric of the network after a step, on the batch that it was trained on next; nan where there was none.

        Args:
            step: Which, `start.step` for the network before the first.
        """
        place = step - self.start.step
        with self._lock:
            return self._scalars["metric"][place] if 0 <= place < len(self) else float("nan")

    @property
    def network(self) -> Network:
        """The network before the first step."""
        return self.start.network

    @property
    def newest(self) -> int:
        """The step after which the latest network stands."""
        return self._latest.step

    @property
    def states(self) -> Mapping[int, TrainingState]:
        """Step → state, those that are kept: evenly spaced, with the first and the latest."""
        kept = {self.start.step: self.start, **self._kept, self._latest.step: self._latest}
        return FrozenMapping(dict(sorted(kept.items())))

    def state_at(self, step: int, progress: Progress | None = None) -> TrainingState:
        """The state after any step so far, trained again from the nearest one kept before it.

        Args:
            step: Which.
            progress: Called with (steps trained again, how many there are); raising from it ends the work.

        Raises:
            ValueError: if the run has no such step.
        """
        if not self.start.step <= step <= self._latest.step:
            raise ValueError(f"step must lie in {self.start.step} … {self._latest.step}, got {step}")
        kept = self.states
        state = kept[first := max(s for s in kept if s <= step)]
        while state.step < step:
            if progress is not None:
                progress(state.step - first, step - first)
            state = advance(self.experiment, state, self.batches).state
        return state

    def network_at(self, step: int, progress: Progress | None = None) -> Network:
        """The network after any step so far, trained again from the nearest one kept before it.

        Args:
            step: Which.
            progress: Called with (steps trained again, how many there are); raising from it ends the work.

        Raises:
            ValueError: if the run has no such step.
        """
        return self.state_at(step, progress).network

    def thinned(self, most: int) -> tuple[int, ...]:
        """At most `most` steps whose states are kept, evenly spaced, with the first and the latest."""
        kept = list(self.states)
        places = np.unique(np.linspace(0, len(kept) - 1, min(most, len(kept))).round().astype(int))
        return tuple(kept[place] for place in places)
