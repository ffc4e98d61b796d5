"""The history of a training that goes on elsewhere: its recorded steps, read from their folder as they arrive.

Of a training that is done here every step is known. Here are those that were recorded, as many as are worth a profile:
where there are more than `MOST`, every second of them, or fourth, and always the newest. What was read of a file stays
after the file has been thinned out.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np

from core.network.network import Network
from core.numerics.frozen import FrozenMapping, FrozenRecord
from core.numerics.scaled import Floats, Integers, freeze
from core.settings.experiment import Experiment
from core.settings.files import visible
from core.sources.recording import Recording
from core.sources.recording_file import load_recording
from core.sources.recordings import Watched, listing, part_of
from core.training.history import SCALARS
from core.training.profile import ProbeProfile, probe_profile

MOST: Final = 256
"""Recordings of so many steps are looked at, about as many as a chart has columns"""


@dataclass(frozen=True, eq=False)
class RecordedStep(FrozenRecord):
    """What is kept of one recorded step."""

    step: int
    loss: float
    """The loss of the step; nan where nobody said"""
    profile: ProbeProfile
    """What is measured of the network of the step, on the batch that was recorded with it"""
    log2_clipped: float = float("nan")
    """log₂ ‖∂L/∂θ‖ after clipping, where it was seen to be clipped or not; nan where it could not be seen"""
    stamp: object = None
    """When the file was written and how long it was, as it was read"""


@dataclass(frozen=True, eq=False)
class RecordedHistory(FrozenRecord):
    """The recorded steps as they were at a moment; in the form in which `TrainingHistory` tells of a training here."""

    experiment: Experiment
    """The settings in force, none of which made this training"""
    network: Network
    """The network of the step that was opened first"""
    measured: tuple[RecordedStep, ...] = ()
    """What is known, in the order of the steps"""
    present: tuple[int, ...] = ()
    """The steps that have a file that can be read, in order: those that can be gone to"""
    problem: str = ""
    """Why there are none any more; empty where there are"""
    left_out: Mapping[int, str] = field(default_factory=lambda: FrozenMapping({}))
    """Step → why its file could not be read"""
    waiting: int = 0
    """How many of the steps that are worth a profile have not been read yet"""

    def __len__(self) -> int:
        """How many steps are known."""
        return len(self.measured)

    @property
    def steps(self) -> Integers:
        """The numbers of the steps that are known, (S,), ascending."""
        return np.array([one.step for one in self.measured], dtype=np.intp)

    @property
    def newest(self) -> int:
        """The newest step that is known and can be gone to."""
        known = [one.step for one in self.measured]
        there = set(self.present).intersection(known)
        return max(there) if there else max(known, default=0)

    @property
    def clips(self) -> bool:
        """Whether the gradient of some step was seen to be clipped."""
        return any(one.log2_clipped < one.profile.log2_gradient - 1e-6 for one in self.measured)

    @property
    def profiles(self) -> tuple[ProbeProfile, ...]:
        """The profile of every step that is known."""
        return tuple(one.profile for one in self.measured)

    def scalars(self, name: str) -> Floats:
        """One number of every known step, by the names that `TrainingHistory` has; nan where there is none.

        Raises:
            ValueError: if there is none of that name.
        """
        if name not in SCALARS:
            raise ValueError(f"{name!r} was given, allowed is {', '.join(SCALARS)}")
        values = {
            "loss": [one.loss for one in self.measured],
            "metric": [one.loss for one in self.measured],
            "log2_gradient": [one.profile.log2_gradient for one in self.measured],
            "log2_clipped": [one.log2_clipped for one in self.measured],
        }
        found = np.array(values.get(name, [np.nan] * len(self)), dtype=np.float64)
        freeze(found)
        return found

    def under(self, experiment: Experiment) -> RecordedHistory:
        """This history with other settings in force.

        Args:
            experiment: The settings.
        """
        return replace(self, experiment=experiment)

    def score_after(self, step: int) -> float:
        """The loss at a step; nan where it is not known."""
        return next((one.loss for one in self.measured if one.step == step), float("nan"))


class Reader:
    """Reads a folder again and again: what is new, what can be read by now, what has gone."""

    def __init__(self, watched: Watched, history: RecordedHistory) -> None:
        """Go on from what is known.

        Args:
            watched: The folder, and the part that is looked at.
            history: What is known of it.
        """
        self._watched, self._experiment = watched, history.experiment
        self._known = {one.step: one for one in history.measured}
        self._failed: dict[int, tuple[object, str]] = {}
        self._stamps: dict[int, object] = {one.step: one.stamp for one in history.measured}
        self._files: Mapping[int, Path] = {}
        self._problem = history.problem

    def look(self) -> bool:
        """List the folder; whether anything has changed since it was looked at last."""
        before = (list(self._files), self._problem, len(self._failed), len(self._known))
        found = listing(self._watched.folder)
        self._files, self._problem = found.files, found.problem
        if self._problem and self._known:
            kept = f"what was read of {len(self._known)} steps stays"
            self._problem = f"{self._problem}; {kept}"
        for step in {*self._stamps, *self._failed}:
            stamp = self._failed[step][0] if step in self._failed else self._stamps[step]
            if step in self._files and _stamp(self._files[step]) != stamp:  # written again, or on to its end
                self._failed.pop(step, None)
                self._stamps.pop(step, None)
                self._known.pop(step, None)
        if self._files:
            newest = max(self._files)
            self._known = {step: one for step, one in self._known.items() if step <= newest}  # of a training before
            self._failed = {step: one for step, one in self._failed.items() if step in self._files}
        return before != (list(self._files), self._problem, len(self._failed), len(self._known))

    @property
    def due(self) -> int | None:
        """The step to read next: the newest, then those farthest from what is known; None where all are known."""
        unread = self._unread
        if not unread:
            return None
        if unread[-1] == max(self._files) or not self._known:
            return unread[-1]
        known = np.array(sorted(self._known))
        return max(unread, key=lambda step: int(np.min(np.abs(known - step))))

    @property
    def _unread(self) -> list[int]:
        return [
            step for step in _worth_reading(list(self._files)) if step not in self._known and step not in self._failed
        ]

    def read(self, step: int, progress: Callable[[int, int], None] | None = None) -> None:
        """Read the file of a step, and measure it; what is wrong with it is kept as a sentence.

        Args:
            step: Which.
            progress: Called with (lags done, lags in all); raising from it ends the work.
        """
        path = self._files[step]
        stamp = _stamp(path)
        try:
            recording = load_recording(path)
            given = self._watched.in_recording(recording, step)
            profile = probe_profile(self._experiment, given.network, step, batch=given.whole_batch, progress=progress)
            loss = float("nan") if recording.loss is None else recording.loss
            part = part_of(recording, self._watched.part, self._watched.module)
            left = log2_kept(recording, recording.sequences[part].module)
            self._known[step] = RecordedStep(step, loss, profile, profile.log2_gradient + left, stamp)
            self._stamps[step] = stamp
            self._failed.pop(step, None)
        except (ValueError, MemoryError) as error:
            said = str(error) or "there is not enough memory for it"
            self._failed[step] = (stamp, said.removeprefix(f"{visible(path)}: ").removeprefix(f"{visible(path)} "))
        self._thin()

    @property
    def history(self) -> RecordedHistory:
        """What is known by now."""
        return RecordedHistory(
            self._experiment,
            self._watched.network,
            tuple(self._known[step] for step in sorted(self._known)),
            tuple(step for step in self._files if step not in self._failed),
            self._problem,
            FrozenMapping({step: said for step, (_, said) in sorted(self._failed.items())}),
            len(self._unread),
        )

    def _thin(self) -> None:
        """Forget every second of the steps that need not be known, where there are too many."""
        if len(self._known) <= 2 * MOST:
            return
        worth = set(_worth_reading(list(self._files)))
        spare = sorted(step for step in self._known if step not in worth)
        for step in spare[1::2]:
            del self._known[step]
            self._stamps.pop(step, None)


def _worth_reading(steps: list[int]) -> list[int]:
    """Which of these steps are worth a profile: all, or every second of them, or fourth; always the newest.

    Runnable example:

        >>> len(_worth_reading(list(range(10_000)))), _worth_reading([0, 100, 200])
        (158, [0, 100, 200])
    """
    every = 1
    while len(steps) > every * MOST:
        every *= 2
    chosen = steps[::every]
    return chosen if not steps or chosen[-1] == steps[-1] else [*chosen, steps[-1]]


def _stamp(path: Path) -> object:
    """What changes when a file is written; None where there is none."""
    try:
        state = os.stat(path)
    except OSError:
        return None
    return state.st_mtime_ns, state.st_size


@dataclass(frozen=True, eq=False)
class RecordedSizes(FrozenRecord):
    """How long the gradients of recorded steps were, each (S,): of recordings at hand, without a folder."""

    log2_gradient: Floats
    """log₂ ‖∂L/∂θ‖ of a module, (S,), as its library worked it out, before clipping"""
    log2_clipped: Floats
    """log₂ ‖∂L/∂θ‖ after clipping, (S,); nan where that could not be seen"""

    @staticmethod
    def of(recordings: Iterable[Recording], part: str | None = None) -> RecordedSizes:
        """The sizes of one part's module in some recordings, those left out that have no gradient of it.

        Args:
            recordings: Recorded steps of one training.
            part: A key of their `sequences`; None for the first of each.
        """
        before, after = [], []
        for one in recordings:
            name = part if part is not None and part in one.sequences else next(iter(one.sequences))
            module = one.modules[one.sequences[name].module]
            size = float(np.sqrt(sum(float(np.sum(np.square(g))) for g in module.gradients.values())))
            if size > 0:
                before.append(float(np.log2(size)))
                after.append(before[-1] + log2_kept(one, one.sequences[name].module))
        return RecordedSizes(np.array(before), np.array(after))

    @staticmethod
    def together(several: Iterable[RecordedSizes]) -> RecordedSizes:
        """The sizes of several, one after the other.

        Args:
            several: At least one.
        """
        every = list(several)
        return RecordedSizes(
            np.concatenate([one.log2_gradient for one in every]), np.concatenate([one.log2_clipped for one in every])
        )

    def scalars(self, name: str) -> Floats:
        """`log2_gradient` or `log2_clipped`, in the order of the recordings."""
        return {"log2_gradient": self.log2_gradient, "log2_clipped": self.log2_clipped}[name]


def log2_kept(recording: Recording, module: str) -> float:
    """log₂ of what clipping left of a module's gradient, 0 where it left all; nan where that could not be seen."""
    kept = recording.modules[module].kept
    return float("nan") if kept is None else float(np.log2(kept))
