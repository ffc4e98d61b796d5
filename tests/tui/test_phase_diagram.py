"""The phase diagram has each point's color, and its lines lie where the rate is ×1."""

from __future__ import annotations

import numpy as np
import pytest

from core.study.over_seeds import over_seeds
from tui.report.charts.glyph_grid import unpack
from tui.report.charts.phase_diagram import PhaseDiagram, between, crossings, draw_phases, phase_layout, shade_of
from tui.report.charts.study import Curve, study_chart
from tui.report.charts.terminal import draw, draw_plain
from tui.report.palette import dark_palette, light_palette

DOWN, ACROSS = ("64", "16", "4"), ("0.5", "1", "1.5", "2")
MEAN = np.array([[-1.0, -0.1, 0.3, 0.5], [-1.1, -0.3, 0.1, 0.3], [-2.0, -1.0, -0.5, -0.2]])
FOUND = PhaseDiagram(DOWN, ACROSS, "units", "gain", MEAN, np.full((3, 4), 0.15))


@pytest.mark.parametrize("size", [(160, 48), (120, 18), (80, 18), (40, 8)])
def test_the_line_stands_where_the_mean_is_one(size: tuple[int, int]) -> None:
    grid = draw_phases(FOUND, *size, None)
    assert grid is not None
    lines = grid.lines()
    layout = phase_layout(FOUND, *size)
    assert layout is not None
    left, columns, rows = layout.gutter, layout.columns, layout.rows
    upright = [(y, x - left) for y, line in enumerate(lines[:rows]) for x, one in enumerate(line) if one == "┃"]
    assert upright
    field = between(MEAN, rows, columns)
    for y, x in upright:
        assert field[y, x - 1] * field[y, x] <= 0
    top = [x for y, x in upright if y == 0]
    # Between the second point, −0.1, and the third, 0.3, a quarter of the way.
    assert top == [pytest.approx((1.5 + 0.25) / 4 * columns, abs=1.5)]
    dotted = [x - left for x, one in enumerate(lines[0]) if one == "┊"]
    assert [x < top[0] for x in dotted] == [True, False], "two standard errors less, and more"


def test_values_lie_straight_between_the_points() -> None:
    assert between(np.array([[0.0, 1.0]]), 1, 4).tolist() == [[0.0, 0.25, 0.75, 1.0]]
    assert between(np.array([[5.0]]), 2, 3).tolist() == [[5.0] * 3] * 2
    plane = np.add.outer(2 * np.arange(4.0), np.arange(5.0))
    fine = between(plane, 40, 50)
    inner = fine[5:35, 5:45]
    assert np.diff(inner, axis=1) == pytest.approx(np.full((30, 39), 0.1))
    assert np.diff(inner, axis=0) == pytest.approx(np.full((29, 40), 0.2))


def test_nothing_crosses_where_nothing_is_known() -> None:
    in_row, in_column = crossings(np.array([[np.nan, 1.0, -1.0], [1.0, 1.0, np.nan]]))
    assert in_row.tolist() == [[False, False, True], [False, False, False]]
    assert not in_column.any()


@pytest.mark.parametrize("palette", [dark_palette(), light_palette()], ids=["dark", "light"])
def test_what_vanishes_is_blue_and_what_explodes_is_not(palette: object) -> None:
    grid = draw_phases(FOUND, 80, 18, palette)  # type: ignore[arg-type]
    assert grid is not None
    red, _, blue = unpack(int(grid.behind[12, 10]))
    assert blue > red
    red, _, blue = unpack(int(grid.behind[0, 78]))
    assert red > blue


def test_every_value_is_named_where_there_is_room_and_what_is_unknown_is_empty() -> None:
    hole = MEAN.copy()
    hole[0, 0] = np.nan
    grid = draw_phases(PhaseDiagram(DOWN, ACROSS, "units", "gain", hole, np.full((3, 4), np.nan)), 80, 18, None)
    assert grid is not None
    text = "\n".join(grid.lines())
    assert all(f"{label} ┤" in text for label in DOWN)
    assert [label for label in ACROSS if label in grid.lines()[-3].split()] == list(ACROSS)
    assert "×1" in grid.lines()[-1]
    assert grid.lines()[0][8:20].strip() == ""
    assert "┊" not in text, "with one seed nothing is known of the mean's error"


def test_there_is_none_without_room() -> None:
    assert draw_phases(FOUND, 14, 18, None) is None
    assert draw_phases(FOUND, 80, 5, None) is None


def test_the_color_tells_small_rates_apart() -> None:
    assert [shade_of(rate) for rate in (-4.0, -0.25, 0.0, 0.25)] == [-2.0, -0.5, 0.0, 0.5]


@pytest.mark.parametrize("far", [False, True])
def test_curves_have_their_means_and_where_nine_of_ten_are(far: bool) -> None:
    scale = 8.0 if far else 1.0
    rates = [over_seeds(scale * np.array([-1.0, -0.5, 0.0]) + gain, np.full(3, 0.1)) for gain in (0.0, 0.5, 1.0)]
    curves = [Curve(name, (0.1, 1.0, 10.0), tuple(rates)) for name in ("units 4", "units 16")]
    for logarithmic in (False, True):
        chart = study_chart(curves, "gain", logarithmic=logarithmic)
        assert len(chart.series) == 6
        _, high, middle = chart.series[:3]
        x = [-1.0, 0.0, 1.0] if logarithmic else [0.1, 1.0, 10.0]
        means = np.array([one.mean for one in rates])
        assert np.asarray(middle.x).tolist() == pytest.approx(x)
        assert np.asarray(middle.y).tolist() == pytest.approx(means * np.log10(2) if far else 2**means)
        assert np.all(np.asarray(high.y) > np.asarray(middle.y))
        assert chart.y_limits[0] < min(np.asarray(chart.series[0].y)) and chart.marks[0].at == (0.0 if far else 1.0)
        assert draw(chart, 80, 18, dark_palette()).clipped == draw_plain(chart, 80, 18).clipped == ()


def test_a_curve_with_holes_is_drawn_without_them() -> None:
    empty = over_seeds(np.array([np.nan]), np.array([np.nan]))
    one = over_seeds(np.array([-1.0]), np.array([0.1]))
    chart = study_chart([Curve("", (1.0, 2.0, 3.0), (one, empty, one))], "gain", logarithmic=False, bands=False)
    assert len(chart.series) == 1
    assert draw_plain(chart, 60, 12).area is not None
    assert draw_plain(study_chart([Curve("", (1.0,), (empty,))], "gain", logarithmic=False), 60, 12).area is not None
