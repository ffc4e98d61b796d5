"""The frame of a plot: how large it is, its ticks with their numbers, the names of its axes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tui.report.charts.path import to_unit
from tui.report.figures.shapes import Line, Text, text_width

if TYPE_CHECKING:
    from tui.report.charts.path import Limits
    from tui.report.charts.ticks import Ticks
    from tui.report.figures.shapes import Sheet
    from tui.report.figures.themes import Look

_POWER: Final = re.compile(r"^([−-]?\d+(?:\.\d+)?)e([+−-])(\d+)$")
_RAISED: Final = str.maketrans("+−-0123456789", " ⁻⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def powered(label: str) -> str:
    """A number as it is printed in a figure: `1e−2` is 10⁻², `5e+3` is 5·10³.

    >>> powered("1e−12"), powered("2.5e+3"), powered("0.5")
    ('10⁻¹²', '2.5·10³', '0.5')
    """
    found = _POWER.match(label)
    if found is None:
        return label
    mantissa, sign, digits = found.groups()
    if int(digits) == 0:
        return mantissa
    power = "10" + f"{sign}{int(digits)}".translate(_RAISED).strip()
    return power if mantissa == "1" else f"{mantissa}·{power}"


@dataclass(frozen=True)
class Plot:
    """Where on a sheet the data is."""

    left: float
    top: float
    width: float
    height: float
    x_limits: Limits = (0.0, 1.0)
    y_limits: Limits = (0.0, 1.0)

    @property
    def right(self) -> float:
        """Where it ends at the right."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Where it ends at the bottom."""
        return self.top + self.height

    def x(self, value: float) -> float:
        """Where on the sheet an x is; beyond the plot where it is beyond the limits."""
        return self.left + self.width * float(to_unit(np.array([value]), self.x_limits)[0])

    def y(self, value: float) -> float:
        """Where on the sheet a y is."""
        return self.bottom - self.height * float(to_unit(np.array([value]), self.y_limits)[0])


def placed_ticks(ticks: Ticks, limits: Limits) -> list[tuple[float, str]]:
    """The ticks that are on a scale: their share of its length, and what is written there."""
    units = to_unit(np.asarray(ticks.positions, dtype=np.float64), limits).tolist()
    return [
        (unit, powered(label)) for unit, label in zip(units, ticks.labels, strict=True) if -1e-9 <= unit <= 1 + 1e-9
    ]


def draw_axes(
    sheet: Sheet, plot: Plot, look: Look, x_ticks: Ticks, y_ticks: Ticks, x_label: str, y_label: str, y_label_at: float
) -> None:
    """Ticks, numbers and names at the left and below; what has no room beside its neighbor is left out.

    Args:
        sheet: Where to draw.
        plot: Where the data is.
        look: Colors and sizes.
        x_ticks: Marks below, in data.
        y_ticks: Marks at the left.
        x_label: What the axis below is called.
        y_label: What the other one is called.
        y_label_at: The x at which that stands.
    """
    size, tick = look.font, look.font * 0.32
    small = size * 0.92
    ends = [(plot.left, plot.top), (plot.left, plot.bottom), (plot.right, plot.bottom)]
    marks, written = [], -1e9
    for unit, label in placed_ticks(x_ticks, plot.x_limits):
        x = plot.left + unit * plot.width
        marks.append([(x, plot.bottom), (x, plot.bottom + tick)])
        half = text_width(label, small) / 2
        if x - half > written + size * 0.4:
            sheet.add(Text((x, plot.bottom + tick + small * 1.05), label, small, look.ink, "middle"))
            written = x + half
    widest = 0.0
    for unit, label in placed_ticks(y_ticks, plot.y_limits):
        y = plot.bottom - unit * plot.height
        marks.append([(plot.left - tick, y), (plot.left, y)])
        sheet.add(Text((plot.left - tick - size * 0.25, y + small * 0.35), label, small, look.ink, "end"))
        widest = max(widest, text_width(label, small))
    sheet.add(Line([ends, *marks], look.muted, look.hair))
    if x_label:
        below = plot.bottom + tick + (small * 1.05 if x_ticks.labels else 0.0) + size * 1.25
        sheet.add(Text((plot.left + plot.width / 2, below), x_label, size, look.ink, "middle"))
    if y_label:
        at = (y_label_at, plot.top + plot.height / 2)
        sheet.add(Text(at, y_label, fitting_size(y_label, size, plot.height * 1.15), look.ink, "middle", upright=True))


def fitting_size(text: str, size: float, room: float) -> float:
    """The size at which a text has room, no smaller than three quarters of that wished for."""
    width = text_width(text, size)
    return size if width <= room else max(0.75 * size, size * room / width)


def left_margin(ticks: Ticks, limits: Limits, look: Look, *, named: bool) -> float:
    """What is needed at the left of a plot for its numbers and, if it has one, its name."""
    widest = max((text_width(label, look.font * 0.92) for _, label in placed_ticks(ticks, limits)), default=0.0)
    return widest + look.font * (0.32 + 0.25 + (1.75 if named else 0.3))


def bottom_margin(look: Look, *, ticked: bool, named: bool) -> float:
    """What is needed below a plot for its numbers and its name."""
    return look.font * (0.32 + (0.97 + 0.3 if ticked else 0.2) + (1.35 if named else 0.0))
