"""The lines of pinned traces that have names: one for each trace, in a color, a digit and dashes of its own."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tui.report.charts.axis_text import fit
from tui.report.charts.dashes import PINNED
from tui.report.charts.model import Series
from tui.report.curves import log2_curve
from tui.report.numbers import LOG10_2
from tui.report.palette import SeriesStyle
from tui.report.words.reference import reference_group

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from core.bptt.parameter_groups import Grouping
    from core.trace import Trace
    from tui.report.curves import Curve

LOOKS: Final[Sequence[SeriesStyle]] = (
    SeriesStyle((148, 103, 189), "1"),
    SeriesStyle((188, 189, 34), "2"),
    SeriesStyle((227, 119, 194), "3"),
    SeriesStyle((150, 150, 150), "4"),
)
"""How the pinned traces look, in their places: with hues and markers that no line of a network has"""

AT_END: Final = 13
"""Cells of a name at the end of its line; the legend has all of it"""


@dataclass(frozen=True, eq=False)
class NamedPin:
    """A pinned trace as the chart against the lag shows it."""

    trace: Trace
    curve: Curve
    """Which summary over its losses, or the t of one of them"""
    name: str
    look: SeriesStyle


def leading(trace: Trace, by: Grouping = "source", hidden: Collection[str] = ()) -> str | None:
    """The one line that stands for a trace among others: that of the title, or the first recurrent one that is shown.

    None where no recurrent one is shown.

    Args:
        trace: The trace.
        by: What the parameters have in common that are shown as one line.
        hidden: Lines that are not shown.
    """
    groups = trace.parameter_groups(by).items()
    shown = [name for name, group in groups if group.recurrent and name not in hidden]
    titled = reference_group(trace)
    return titled if titled in shown else next(iter(shown), None)


def pin_series(pin: NamedPin, by: Grouping, hidden: Collection[str], faint_from: float = math.inf) -> Series | None:
    """The line of a pinned trace: its leading one, with its name at the end; None where it has none.

    Args:
        pin: The trace.
        by: What the parameters have in common that are shown as one line.
        hidden: Lines that are not shown.
        faint_from: The lag from which on few losses reach it.
    """
    line = leading(pin.trace, by, hidden)
    values = None if line is None else log2_curve(pin.trace.profile(by), line, pin.curve) * LOG10_2
    if values is None or not values.size:
        return None
    return Series(
        name=f"{line}, {pin.name}",
        x=np.arange(len(values), dtype=np.float64),
        y=values,
        color=pin.look.color,
        marker=pin.look.marker,
        end=fit(pin.name, AT_END).rstrip(),
        apart=True,
        dash=PINNED,
        faint_from=faint_from,
    )
