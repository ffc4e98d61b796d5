"""A sweep as a document: a table of every combination of settings, curves along one of them, a diagram over two.

Each ± is told for what it is: of the mean over seeds, or of one network by itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from core.settings.setup_code import setup_code
from tui.report.charts.drawn import RATE, Drawn
from tui.report.charts.phase_diagram import draw_phases
from tui.report.charts.study import MOST_CURVES, Curve, study_chart
from tui.report.document import Bullets, Cell, Column, Diagram, Document, Figure, Lines, Paragraph, Row, Section, Table
from tui.report.figures.charts import curves_figure
from tui.report.figures.maps import phase_figure
from tui.report.numbers import UNKNOWN, factor, factor_error, factor_with_error, number
from tui.report.printable import printable
from tui.report.study_charts import phase_diagram
from tui.report.words.study import crossing_text, crossings_of, others, subject, value_text

if TYPE_CHECKING:
    from core.study.grid import Axis, Point
    from core.study.over_seeds import OverSeeds
    from core.study.study import Study
    from tui.report.charts.model import Chart
    from tui.report.charts.phase_diagram import PhaseDiagram
    from tui.report.document import Block
    from tui.report.palette import Palette
    from tui.report.styled_lines import Line

ROWS: Final = 40
"""Rows of the table at most; of more combinations some are shown, evenly spaced"""

FEWEST: Final = 3
"""A diagram has at least so many rows: of two, a curve for each says more"""

MOST_FAILURES: Final = 5
"""So many failures are told one by one"""


def study_document(study: Study, *, interrupted: bool = False) -> Document:
    """What a sweep has found; the keys of its record are described in docs/sweeps.md.

    Args:
        study: The sweep.
        interrupted: Whether it was ended before its last network.
    """
    rates = study.over_seeds("rate")
    blocks: list[Block] = [
        Paragraph(others(study.grid), name="All of them"),
        _table(study, rates),
        *_fewer(study, rates),
        *_figures(study, rates),
        *_failed(study),
    ]
    if interrupted:
        blocks.append(Lines((f"Interrupted after {len(study.outcomes):,} of {len(study.grid):,} networks.",)))
    record = {**study.record(), "interrupted": interrupted}
    return Document(
        "",
        subject(study.grid),
        _headline(study, rates),
        (Section(tuple(blocks), record, "Every combination"),),
        setup_code(study.grid.experiment),
    )


def _headline(study: Study, rates: Sequence[OverSeeds]) -> str:
    known = [one for one in rates if one.count]
    if not known:
        return "no network has a rate"
    if len(known) == 1:
        (one,) = known
        if one.count == 1:
            return f"{factor_with_error(one.mean, one.of_one_network)} per step, ± of this network"
        return (
            f"{factor_with_error(one.mean, one.standard_error)} per step, the mean over {one.count} seeds; of one "
            f"network {_apart(one)}"
        )
    curves = curves_of(study, rates)
    said = []
    for axis, some in [curves] if curves else []:
        for curve in some:
            mean, error = (np.array([getattr(one, name) for one in curve.rates]) for name in ("mean", "standard_error"))
            found = crossings_of(np.array(curve.x), mean, error, logarithmic=axis.logarithmic)
            if found:
                of = f" ({curve.name})" if curve.name else ""
                said.append(f"{' and '.join(crossing_text(axis.name, one) for one in found)}{of}")
    if said:
        return f"×1 per step at {', '.join(said)}"
    low, high = min(one.mean for one in known), max(one.mean for one in known)
    how = "vanishes everywhere" if high < 0 else "explodes everywhere" if low > 0 else "from vanishing to exploding"
    return f"{how}: {factor(low)} … {factor(high)} per step"


def _apart(one: OverSeeds) -> str:
    return f"{factor(one.quantiles[0])} … {factor(one.quantiles[-1])} in nine of ten"


def _table(study: Study, rates: Sequence[OverSeeds]) -> Table:
    horizons, regimes = study.over_seeds("horizon"), study.regimes()
    step = max(1, math.ceil(len(study.points) / ROWS))
    names = [name for axis in study.grid.axes for name in axis.names]
    labels = [[printable(value_text(point.values[name])) for name in names] for point in study.points]
    widths = [max(len(name), *(len(label[place]) for label in labels)) for place, name in enumerate(names)]
    rows = []
    for place in range(0, len(study.points), step):
        label = "  ".join(f"{text:>{wide}}" for text, wide in zip(labels[place], widths, strict=True))
        rows.append(Row(label or "all", _cells(rates[place], horizons[place], regimes[place])))
    seeds = len(study.grid.seeds)
    over = f"over {seeds} seeds" if seeds > 1 else "of 1 seed"
    columns = (
        Column(f"mean {over}", width=19),
        Column("5 … 95 %", width=18),
        Column("± of one", width=10),
        Column("1 % at lag", width=12),
        Column("vanishes", width=10, optional=True),
        Column("explodes", width=10, optional=True),
    )
    every = f"One combination of {step} is shown; --csv has all. " if step > 1 else ""
    note = (
        f"{every}What one more step back multiplies the gradient at the state by: its geometric mean over seeds ± the "
        "standard error of that mean; between which factors nine of ten seeds lie; the standard error of one network, "
        "in the middle over seeds; the lag, in the middle over seeds, from which under 1 % is left (– never)."
    )
    return Table(
        "",
        columns,
        (tuple(rows),),
        note=note,
        label="  ".join(f"{name:>{wide}}" for name, wide in zip(names, widths, strict=True)),
        label_width=max(4, sum(widths) + 2 * len(widths)),
    )


def _cells(rate: OverSeeds, horizon: OverSeeds, regimes: Any) -> tuple[Cell, ...]:
    def plain(value: float) -> float | None:
        return value if math.isfinite(value) else None

    if not rate.count:
        own = [Cell(UNKNOWN)] * 3
    else:
        apart = UNKNOWN if rate.count == 1 else f"{factor(rate.quantiles[0])} … {factor(rate.quantiles[-1])}"
        error = factor_error(rate.median, rate.of_one_network)
        own = [
            Cell(factor_with_error(rate.mean, rate.standard_error), plain(rate.mean)),
            Cell(apart, plain(rate.deviation)),
            Cell(number(error, 2), plain(rate.of_one_network)),
        ]
    lag = horizon.median
    told = sum(regimes.values())
    return (
        *own,
        Cell(number(lag) if math.isfinite(lag) else UNKNOWN, plain(lag)),
        *(Cell(f"{regimes.get(name, 0)} of {told}", regimes.get(name, 0)) for name in ("vanishing", "exploding")),
    )


def _ordered(study: Study) -> list[tuple[int, Axis]]:
    """The axes of numbers, each with its place, the longest first."""
    numeric = [(place, axis) for place, axis in enumerate(study.grid.axes) if axis.numeric and len(axis.values) > 1]
    return sorted(numeric, key=lambda one: -len(one[1].values))


def curves_of(
    study: Study, rates: Sequence[OverSeeds], named: Callable[[str], str] = str
) -> tuple[Axis, list[Curve]] | None:
    """A line along the longest axis for each combination of the others; None where these are too many, or none is.

    Args:
        study: The sweep.
        rates: The quantity over the seeds of each combination.
        named: What a setting is called; by itself as on the command line.
    """
    numeric = _ordered(study)
    if not numeric:
        return None
    _, axis = numeric[0]
    grid = study.grid
    if math.prod(grid.shape[:-1]) // len(axis.values) > MOST_CURVES:
        return None
    curves: dict[str, list[tuple[float, OverSeeds]]] = {}
    for point, rate in zip(study.points, rates, strict=True):
        rest = {name: value for name, value in point.values.items() if name != axis.name}
        name = ", ".join(printable(f"{named(key)} {value_text(value)}") for key, value in rest.items())
        curves.setdefault(name, []).append((float(point.values[axis.name]), rate))
    found = []
    for name, along in curves.items():
        along.sort(key=lambda one: one[0])
        found.append(Curve(name, tuple(x for x, _ in along), tuple(rate for _, rate in along)))
    return axis, found


def _figures(study: Study, rates: Sequence[OverSeeds]) -> list[Block]:
    blocks: list[Block] = []
    bands = len(study.grid.seeds) > 1
    curves = curves_of(study, rates)
    if curves is not None:
        axis, some = curves
        around = "; dotted: where nine of ten seeds are" if bands else ""
        said = f"The mean over {len(study.grid.seeds)} seeds{around}." if bands else ""
        drawn = said.replace("dotted", "shaded")
        alt = f"The factor per step against {axis.name}."
        chart = partial(_chart, some, axis.name, axis.logarithmic, bands)
        blocks.append(Figure(chart, said, alt, partial(curves_figure, chart, f"Along {axis.name}", alt), drawn))
    diagram = phases_of(study, rates)
    if diagram is not None:
        lines = "Line: ×1, straight between the points"
        dotted = "; dotted: ×1 with the mean over seeds two standard errors lower or higher" if bands else ""
        alt = f"The factor per step over {diagram.across_name} and {diagram.down_name}, as a heat map."
        name = f"Over {diagram.across_name} and {diagram.down_name}"
        drawing = partial(phase_figure, diagram, name, alt)
        blocks.append(Diagram(partial(_painted, diagram), f"{lines}{dotted}.", alt, drawing))
    return blocks


def _chart(curves: Sequence[Curve], name: str, logarithmic: bool, bands: bool, width: int, height: int) -> Chart:
    return study_chart(curves, name, logarithmic=logarithmic, width=width, height=height, bands=bands)


def _painted(diagram: PhaseDiagram, width: int, height: int, palette: Palette | None) -> Sequence[Line]:
    grid = draw_phases(diagram, width, height, palette)
    return [] if grid is None else [grid.segments(y) for y in range(len(grid.glyphs))]


def phases_of(
    study: Study, rates: Sequence[OverSeeds], drawn: Drawn = RATE, named: Callable[[str], str] = str
) -> PhaseDiagram | None:
    """The diagram over two axes of numbers, if these are all that there are.

    Args:
        study: The sweep.
        rates: The quantity over the seeds of each combination.
        drawn: The quantity.
        named: What a setting is called; by itself as on the command line.
    """
    numeric = _ordered(study)
    if len(numeric) != 2 or len(study.grid.axes) != 2 or len(numeric[1][1].values) < FEWEST:
        return None
    return phase_diagram(study, rates, drawn, across=numeric[0][0], named=named)


def _fewer(study: Study, rates: Sequence[OverSeeds]) -> list[Block]:
    """How many combinations have a rate of some of their seeds only."""
    some = sum(1 for one in rates if 0 < one.count < len(study.grid.seeds))
    none = sum(1 for one in rates if not one.count)
    told = [f"{_combinations(some)} a rate of some seeds only"] if some else []
    told += [f"{_combinations(none)} no rate of any"] if none else []
    return [Lines((f"{'; '.join(told)}.",))] if told else []


def _combinations(count: int) -> str:
    return "1 combination has" if count == 1 else f"{count} combinations have"


def _failed(study: Study) -> list[Block]:
    failures = study.failures
    if not failures:
        return []
    counted: dict[str, list[int]] = {}
    for place, one in failures.items():
        counted.setdefault(one.message, []).append(place)
    told = [
        f"{_which(study, places)}: {printable(message)}" for message, places in list(counted.items())[:MOST_FAILURES]
    ]
    more = len(counted) - MOST_FAILURES
    rest = [f"and {more} other reasons, in --csv and --json"] if more > 0 else []
    networks = "1 network" if len(failures) == 1 else f"{len(failures):,} networks"
    return [Lines((f"{networks} failed:",)), Bullets(tuple(told + rest))]


def _which(study: Study, places: Sequence[int]) -> str:
    point: Point = study.points[places[0] // len(study.grid.seeds)]
    first = ", ".join(f"{name} {value_text(value)}" for name, value in point.values.items()) or f"network {places[0]}"
    return printable(first if len(places) == 1 else f"{first} and {len(places) - 1} more")
