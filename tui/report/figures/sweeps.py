"""A sweep as a figure: a quantity along one setting with its bands, or over two as a diagram."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.report.charts.drawn import DRAWN
from tui.report.charts.study import study_chart
from tui.report.figures.charts import curves_figure
from tui.report.figures.maps import phase_figure
from tui.report.study_charts import curve_chart
from tui.report.study_document import curves_of, phases_of
from tui.report.words.study import by_label

if TYPE_CHECKING:
    from core.study.study import Study
    from tui.report.charts.model import Chart
    from tui.report.figures.compose import Figure


def sweep_figure(study: Study, drawn: str = "rate") -> Figure:
    """The figure of a sweep, its settings called as on the screen.

    Args:
        study: The sweep.
        drawn: The name of the quantity, one of `tui.report.charts.drawn.DRAWN`.

    Raises:
        ValueError: it has no setting of numbers with several values, or too many lines.
    """
    quantity, seeds = DRAWN[drawn], len(study.grid.seeds)
    over = quantity.over_seeds(study)
    around = ", shaded where nine of ten seeds are" if seeds > 1 else ""
    axes = study.grid.axes
    if len(axes) == 1:

        def along(width: int, height: int) -> Chart:
            return curve_chart(study, over, quantity, width=width, height=height, named=by_label)

        name = by_label(axes[0].name)
        return curves_figure(along, f"Sweep of {name}", f"{quantity.title} against {name}{around}.")
    diagram = phases_of(study, over, quantity, by_label)
    if diagram is not None:
        return phase_figure(diagram, f"Sweep of {' and '.join(by_label(axis.name) for axis in axes)}")
    curves = curves_of(study, over, by_label)
    if curves is None:
        raise ValueError("a figure of a sweep needs a setting of numbers with several values, and few of the others")
    axis, lines = curves
    name = by_label(axis.name)

    def several(width: int, height: int) -> Chart:
        return study_chart(
            lines, name, logarithmic=axis.logarithmic, width=width, height=height, bands=seeds > 1, drawn=quantity
        )

    return curves_figure(several, f"Sweep of {name}", f"{quantity.title} against {name}{around}.")
