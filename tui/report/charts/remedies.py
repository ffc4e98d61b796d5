"""The gradient by lag of every remedy on one chart, before training or after it, one color and marker each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np

from core.training.profile import STATE
from tui.report.charts.lags import y_limits_of
from tui.report.charts.model import Chart, Series
from tui.report.charts.ticks import decade_ticks, nice_ticks
from tui.report.numbers import LOG10_2
from tui.report.palette import SERIES, SeriesStyle

if TYPE_CHECKING:
    from core.training.remedies import Compared

When: TypeAlias = Literal["before", "after"]
"""Which network: the untrained one, or the last of its training."""

LOOKS: Final[Mapping[str, SeriesStyle]] = MappingProxyType(
    {
        "vanilla": SERIES["W_aa"],
        "orthogonal": SERIES["W_ax"],
        "identity-relu": SERIES["b_a"],
        "leaky": SERIES["W_y"],
        "clipping": SERIES["b_y"],
        "gru": SERIES["state"],
        "lstm": SeriesStyle((138, 99, 255), "×"),
        "untied": SeriesStyle((150, 150, 150), "◇"),
    }
)
"""Remedy → how it looks in the table and on the chart"""


def remedies_chart(rows: Sequence[Compared], when: When, *, width: int = 80, height: int = 20) -> Chart:
    """‖∂L_t/∂a⟨t−k⟩‖ of a typical loss on the probe batch, log₁₀, over the lag k.

    Args:
        rows: The remedies that were trained; one that overflowed at its first step of time has no line.
        when: Before training or after it.
        width: Cells across, for the number of ticks.
        height: Cells down, for the number of ticks.
    """
    series = []
    for row in rows:
        profile = row.before if when == "before" else row.after
        if profile is not None:
            values, look = profile.typical[STATE] * LOG10_2, LOOKS[row.remedy.name]
            style: Literal["line", "points"] = "line" if len(values) > 1 else "points"
            x = np.arange(len(values), dtype=np.float64)
            name = row.remedy.name
            series.append(Series(name, x, values, look.color, look.marker, style, label=name))
    limits = y_limits_of(np.asarray(one.y) for one in series)
    last = float(max([1, *(len(np.asarray(one.x)) - 1 for one in series)]))
    return Chart(
        series=series,
        x_limits=(0.0, last),
        y_limits=limits,
        x_ticks=nice_ticks(0.0, last, max(2, width // 12)),
        y_ticks=decade_ticks(*limits, height),
        x_label="lag k",
        y_log10=True,
    )
