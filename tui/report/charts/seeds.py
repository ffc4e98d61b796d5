"""What other seeds make of the same settings, behind one network: their median, and where most of them are.

Lines of a cell share their Jacobians and lie beside one another, and so would their bands; one line stands for them,
that of the title, or the first that is shown.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from tui.report.charts.axis_text import fit
from tui.report.charts.dashes import PINNED, RECEDING
from tui.report.charts.model import Band, Series
from tui.report.charts.pins import AT_END, leading
from tui.report.numbers import LOG10_2
from tui.report.palette import SeriesStyle
from tui.report.styles import line_styles
from tui.report.words.seeds import SHARES, apart_from, count_told, of_theirs

if TYPE_CHECKING:
    from collections.abc import Collection

    from core.bptt.parameter_groups import Grouping
    from core.numerics.scaled import Floats
    from core.study.lines import EnsembleLines
    from core.trace import Trace

MEDIAN: Final = SeriesStyle((128, 128, 128), "≈")
"""How the median over seeds looks: no line of a network, and of no parameter's color"""


def band_of(ensemble: EnsembleLines | None, line: str | None) -> tuple[Floats, Floats, Floats] | None:
    """The lower edge, the median and the upper edge of a line over seeds, (K,) each, as log₂; None where there is none.

    Args:
        ensemble: The networks.
        line: Which line.
    """
    if ensemble is None or line is None or line not in ensemble.log2 or not ensemble.log2[line].size:
        return None
    low, middle, high = ensemble.quantiles(line, SHARES)
    return low, middle, high


def seeds_series(
    trace: Trace,
    ensemble: EnsembleLines | None,
    by: Grouping = "source",
    hidden: Collection[str] = (),
    faint_from: float = math.inf,
) -> tuple[list[Series], list[Band]]:
    """The median and the edges of the line that stands for all, and the band between these; nothing without seeds.

    Args:
        trace: The network before them.
        ensemble: The networks of other seeds; those of other settings are called so.
        by: What the parameters have in common that are shown as one line.
        hidden: Lines that are not shown.
        faint_from: The lag from which on few losses reach it.
    """
    line = leading(trace, by, hidden)
    edges = band_of(ensemble, line)
    if ensemble is None or line is None or edges is None:
        return [], []
    k = np.arange(len(edges[0]), dtype=np.float64)
    x, (low, middle, high) = (-k if trace.profile(by).ahead(line) else k), (edge * LOG10_2 for edge in edges)
    order, color = np.argsort(x), line_styles(trace.network, by)[line].color

    def drawn(name: str, y: Floats, **more: object) -> Series:
        y = y[order]
        at = np.where(np.isfinite(y), x[order], np.nan)  # no number and no line: the pen is lifted
        return Series(name=f"{line}, {name}", x=at, y=np.where(np.isfinite(y), y, np.nan), **more)  # type: ignore[arg-type]

    series = [
        drawn(f"{share:.0%} of seeds", edge, color=color, marker="·", dim=True, dash=RECEDING)
        for share, edge in ((SHARES[0], low), (SHARES[-1], high))
    ]
    called, looks = count_told(len(ensemble.seeds)), {"color": MEDIAN.color, "marker": MEDIAN.marker}
    other = apart_from(trace, ensemble)
    whole, end = (f"{called}{of_theirs(other)}", fit(other, AT_END).rstrip()) if other else (called, called)
    series.append(drawn(f"median of {whole}", middle, end=end, apart=True, dash=PINNED, faint_from=faint_from, **looks))
    return series, [Band(x[order], low[order], high[order], color)]
