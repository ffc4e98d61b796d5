"""The prediction over the target, through time: two lines, y⟨t⟩ and target, or the probability of the right class.

Of a batch the first example is shown, as on the strip and among the units.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tui.report.charts.model import Chart, Mark, Series
from tui.report.charts.ticks import nice_ticks
from tui.report.palette import SeriesStyle

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core import Trace
    from core.numerics.scaled import Floats
    from tui.report.charts.dashes import Dash
    from tui.report.charts.path import Limits

Y: Final = SeriesStyle((86, 180, 233), "■")
TARGET: Final = SeriesStyle((230, 159, 0), "○")
TARGET_DASH: Final[Dash] = (2.0, 1.0)

ROOM: Final = 0.05
"""What part of the range is free above and below the lines"""


LOW: Final = 0.4
"""Where no probability is above this, the scale does not go up to 1"""


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a network says at every step, and what it was to say, of the first example and of one of its outputs."""

    values: Floats
    """(T,): y⟨t⟩ of the output; of classes the probability of the right one"""
    targets: Floats
    """(T,): the target of that output; of classes which is the right one, from 0"""
    likeliest: NDArray[np.intp] | None
    """(T,): the likeliest class; None where y is numbers"""
    scored: NDArray[np.bool_]
    """(T,): the steps that have a loss"""
    losses: Floats
    """(T,): L_t, over the whole batch"""
    examples: int
    """How many examples the batch has"""
    output: int
    """Which output is shown, from 1"""
    outputs: int
    """How many there are: numbers, or classes"""

    @property
    def classes(self) -> bool:
        """Whether it says which of several classes comes."""
        return self.likeliest is not None

    @property
    def rows(self) -> int:
        """How many outputs can be shown, one after the other; of classes only the right one is."""
        return 1 if self.classes else self.outputs

    @property
    def steps(self) -> int:
        """T, the number of steps that stayed finite."""
        return len(self.values)


def is_made(trace: Trace) -> bool:
    """Whether a network predicts anything: one without a read-out does not."""
    return bool(trace.network.readout.uses)


def prediction(trace: Trace, output: int = 1) -> Prediction:
    """Take the predictions and targets of the first example out of a trace.

    Args:
        trace: Of a network with a read-out.
        output: Which of its outputs, from 1; the last where there are fewer.
    """
    y = trace.tape.outputs[:, 0]
    steps, outputs = y.shape
    targets, scored = trace.batch.targets[:steps, 0], trace.batch.scored_steps[:steps]
    if trace.network.readout.classes:
        right = np.asarray(targets, dtype=np.intp)
        values, likeliest, output = y[np.arange(steps), right], y.argmax(axis=1), 1
        targets = right.astype(np.float64)
    else:
        output = min(max(output, 1), outputs)
        values, targets, likeliest = y[:, output - 1], targets[:, output - 1], None
    examples = trace.batch.inputs.shape[1]
    return Prediction(
        values, np.asarray(targets), likeliest, np.asarray(scored), trace.tape.losses, examples, output, outputs
    )


def prediction_chart(found: Prediction, *, width: int, height: int, step: int | None = None) -> Chart:
    """The lines over the steps, with the cursor's step marked; targets only where there is a loss.

    Args:
        found: What is shown.
        width: Cells across, for the number of ticks.
        height: Cells down, for the number of ticks.
        step: The step to mark, from 1.
    """
    t = np.arange(1, found.steps + 1, dtype=np.float64)
    marks = [] if step is None else [Mark("x", float(step), f"t = {step}")]
    if found.classes:
        shown = np.where(found.scored, found.values, np.nan)
        lines = [_line("right class", t, shown, found.scored, Y, "P(target)")]
        marks = [Mark("y", 1 / found.outputs, f"by chance {1 / found.outputs:.2g}"), *marks]
        # All of it, unless it is so far below that nothing could be told apart.
        largest = float(np.max(found.values[found.scored], initial=1 / found.outputs))
        limits, label = (0.0, 1.0 if largest > LOW else 1.2 * largest), "probability of the target"
    else:
        targets = np.where(found.scored, found.targets, np.nan)
        lines = [
            _line("target", t, targets, found.scored, TARGET, "target", TARGET_DASH),
            _line("y", t, found.values, np.ones_like(found.scored), Y, "y"),
        ]
        limits = _around(np.concatenate([found.values, found.targets[found.scored]]))
        which = "" if found.outputs == 1 else f", output {found.output} of {found.outputs}"
        label = f"y⟨t⟩ and target{which}"
    return Chart(
        series=lines,
        x_limits=(1.0, float(max(found.steps, 2))),
        y_limits=limits,
        x_ticks=nice_ticks(1.0, float(max(found.steps, 2)), max(2, width // 12)),
        y_ticks=nice_ticks(*limits, max(2, height // 4), integer=False),
        x_label="step t",
        y_label=label,
        marks=marks,
    )


def _line(
    name: str,
    t: Floats,
    values: Floats,
    there: NDArray[np.bool_],
    style: SeriesStyle,
    end: str,
    dash: Dash | None = None,
) -> Series:
    """A line through the steps that there is something at; points where no two of them follow one another."""
    if not (there[1:] & there[:-1]).any():
        return Series(name, t[there], values[there], style.color, style.marker, style="points", end=end)
    # Where there is nothing the pen is lifted: a break that leaves no mark.
    x = np.where(there, t, np.nan)
    return Series(name, x, values, style.color, style.marker, end=end, apart=True, dash=dash)


def _around(values: Floats) -> Limits:
    """The limits that fit all finite values, with a little room."""
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    room = ROOM * (high - low) or 0.5
    return (low - room, high + room) if math.isfinite(room) else (low, high)
