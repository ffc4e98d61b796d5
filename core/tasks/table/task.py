"""The task `table`: predict a person's own data, from the file that the setting `data` names.

Empty, the setting stands for the yearly sunspot numbers that come with the program, read as any other file is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from importlib.resources import as_file, files
from typing import Final

import numpy as np

from core.network.batch import Batch
from core.network.readout import READOUTS, Targets
from core.numerics.scaled import Floats
from core.settings.experiment import Experiment
from core.tasks.table.opening import open_table
from core.tasks.table.scores import class_baselines, value_baselines
from core.tasks.table.table import Choice, Table
from core.tasks.table.windows import Windows, windows_of
from core.tasks.task import Baseline, Drawn, Following, Source, Task, laid_out

LONGEST: Final = 36
"""Characters of the file's name, and of those of the columns, in a title"""


def table_of(experiment: Experiment) -> Table:
    """The table of an experiment.

    Raises:
        ValueError: there is no such file, or it is no table.
    """
    if not experiment.data:
        return _shipped()
    try:
        return open_table(experiment.data)
    except ValueError as error:
        raise ValueError(f"data: {error}") from None


@lru_cache(maxsize=1)
def _shipped() -> Table:
    with as_file(files("core.tasks") / "data" / "sunspots.csv") as path:
        return open_table(path)


def table_windows(experiment: Experiment) -> Windows:
    """The windows of an experiment's table.

    Raises:
        ValueError: there is no such file or column, or no window fits.
    """
    windows = windows_of(table_of(experiment), Choice.of(experiment))
    if not windows.trained.size:
        raise ValueError(windows.too_short())
    return windows


@lru_cache(maxsize=4)
def _thresholds(windows: Windows) -> tuple[Floats, Floats]:
    """The means of the targets that are trained on, (n_y,), and what parts those of the first in thirds, (2,)."""
    known = windows.targets[windows.kept & windows.known]
    return known.mean(axis=0), np.quantile(known[:, 0], [1 / 3, 2 / 3])


def fitting_window(experiment: Experiment) -> int:
    """The timesteps of an experiment, or where no window of so many rows fits its table, fewer that do.

    Half of the longest stretch without a gap that is trained on, so that there are many windows; of several sequences,
    each by itself a natural window, all of one.

    Raises:
        ValueError: there is no such file or column, or not even a window of one row fits.
    """
    windows = windows_of(table_of(experiment), Choice.of(experiment))
    if windows.trained.size:
        return experiment.timesteps
    most = windows.longest - experiment.ahead
    if most < 1:
        raise ValueError(windows.too_short())
    return most if len(windows.bounds) > 2 else max(most // 2, 1)


def _brief(text: str) -> str:
    """A name as a title has room for it: the beginning and the end of a long one."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 13]}…{text[-12:]}"


class TableTask(Task):
    """Windows of a table, and what stands some rows further down in its columns."""

    def draw(self, experiment: Experiment, rng: np.random.Generator) -> Drawn:
        """Windows that start anywhere in the rows that are trained on."""
        windows = table_windows(experiment)
        starts = windows.trained
        if experiment.scored == "last":  # where targets are masked, the last may be missing
            starts = starts[windows.known[starts + experiment.timesteps - 1 + experiment.ahead]]
        if not starts.size:
            raise ValueError(
                f"data: the target is missing at the last step of every window of {windows.name}; score every step, or "
                "give another missing"
            )
        starts = starts[rng.integers(len(starts), size=experiment.batch_size)]
        batch = windows.batch(starts)
        return Drawn(batch.inputs, batch.targets, batch.scored)

    def following(self, experiment: Experiment, index: int) -> Following:
        """Windows that do not overlap, one after another through the rows that are trained on."""
        windows = table_windows(experiment)
        starts, continued = laid_out(windows.apart, experiment.timesteps, experiment.batch_size, index)
        begins = np.isin(starts, windows.bounds)
        batch = windows.batch(starts)
        return Following(Drawn(batch.inputs, batch.targets, batch.scored), continued & ~begins)

    def input_size(self, experiment: Experiment) -> int:
        """n_x: a number for each column, a unit for each word of a column of words."""
        return len(table_windows(experiment).selection.input_names)

    def input_names(self, experiment: Experiment) -> Sequence[str]:
        """The names of the columns, and of their words."""
        return table_windows(experiment).selection.input_names

    def output_size(self, experiment: Experiment) -> int:
        """n_y: a number for each column asked for; a class for each word, or for each third of the numbers."""
        selection = table_windows(experiment).selection
        if selection.classes:
            return len(selection.classes)
        return 3 if READOUTS[experiment.readout].classes else len(selection.targets)

    def output_names(self, experiment: Experiment) -> Sequence[str]:
        """The words that are asked for, or the columns of numbers; thirds of one have no names."""
        selection = table_windows(experiment).selection
        if selection.classes:
            return selection.classes
        return () if READOUTS[experiment.readout].classes else [column.name for column in selection.targets]

    def readout(self, experiment: Experiment) -> str:
        """The read-out g by name: softmax where words are asked for, else the setting `readout`.

        Raises:
            ValueError: the data are not there, or several columns are asked for by softmax.
        """
        selection = table_windows(experiment).selection
        if selection.classes:
            return "softmax"
        if READOUTS[experiment.readout].classes and len(selection.targets) > 1:
            raise ValueError(
                f"readout: softmax asks for one column, {len(selection.targets)} were given; choose identity or "
                "sigmoid, or one target"
            )
        return experiment.readout

    def targets(self, experiment: Experiment, answers: Targets) -> Targets:
        """Class ids (T, B) as they are; numbers (T, B, n_y), whether they are above their mean, or their third."""
        windows = table_windows(experiment)
        if windows.selection.classes or self.readout(experiment) == "identity":
            return answers
        mean, thirds = _thresholds(windows)
        if experiment.readout == "sigmoid":
            return (answers > mean).astype(np.float64)
        return np.searchsorted(thirds, answers[..., 0])

    def baselines(self, experiment: Experiment) -> tuple[Baseline, ...]:
        """The mean, persistence and its like on the rows held back; of classes, their shares."""
        windows, units = table_windows(experiment), experiment.hidden_size
        if windows.selection.classes:
            return class_baselines(windows, units, windows.targets, len(windows.selection.classes))
        if experiment.readout == "identity":
            return value_baselines(windows, units)
        answers = self.targets(experiment, windows.targets)
        if experiment.readout == "softmax":
            return class_baselines(windows, units, answers, 3)
        return class_baselines(windows, units, answers.astype(np.int64), 2)

    def held_back(self, experiment: Experiment) -> Batch | None:
        """Windows whose last step asks for a row that was held back; None where there is none."""
        windows = table_windows(experiment)
        starts = windows.scored_starts(experiment.hidden_size)
        if not starts.size:
            return None
        batch = windows.batch(starts, last=True)
        targets, names = self.targets(experiment, batch.targets), self.output_names(experiment)
        return replace(batch, targets=targets, target_names=names)

    def source(self, experiment: Experiment) -> Source:
        """The file's name and the columns asked for; how it is read and what is asked of it, in sentences."""
        windows, table = table_windows(experiment), table_of(experiment)
        asked = ", ".join(column.name for column in windows.selection.targets)
        label = f"{_brief(table.name)}: {_brief(asked)}"
        return Source(label, experiment.data or None, table.sha256, windows.notes)
