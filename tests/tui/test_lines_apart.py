"""Lines that coincide can be told apart, by color and without, and each has its name where it ends."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import core
from core import Experiment, Trace
from core.settings.presets import preset
from tui.report.charts.end_labels import EndColumn, EndLabel, apart, end_column, write_ends
from tui.report.charts.glyph_grid import GlyphGrid, pack
from tui.report.charts.lags import NOTHING, TAIL_ROOM, TOGETHER, brackets, few_from, lags_chart
from tui.report.charts.line_markers import GAP, owners
from tui.report.charts.model import Bracket, Chart, Mark, Series
from tui.report.charts.terminal import Drawing, draw, draw_plain
from tui.report.palette import SERIES, dark_palette

THREE = ("W_aa", "W_ax", "b_a")
DARK = dark_palette()
PLAIN, COLORED = (lambda chart, *size: draw_plain(chart, *size)), (lambda chart, *size: draw(chart, *size, DARK))


@pytest.fixture(scope="module")
def trace() -> Trace:
    return core.run(Experiment())


def line(name: str, y: Sequence[float], **options: object) -> Series:
    look = SERIES[name]
    return Series(name, np.arange(len(y)), y, look.color, look.marker, apart=True, end=name, **options)  # type: ignore[arg-type]


def coinciding(count: int = 50) -> Chart:
    """Three lines through the same points."""
    return Chart([line(name, np.linspace(0, -3, count).tolist()) for name in THREE], (0, count - 1), (-3, 0))


def cells(drawing: Drawing) -> list[str]:
    """The cells that data can fall on."""
    area = drawing.area
    assert area is not None
    rows = ["".join(row) for row in drawing.grid.glyphs.tolist()]
    return [row[area.left : area.left + area.width] for row in rows[area.top : area.top + area.height]]


# Lines that coincide


@pytest.mark.parametrize("make", [PLAIN, COLORED], ids=["plain", "colored"])
@pytest.mark.parametrize("size", [(70, 12), (45, 20), (90, 40)])
def test_where_three_lines_coincide_each_has_its_marker_again_and_again(make: object, size: tuple[int, int]) -> None:
    rows = cells(make(coinciding(), *size))  # type: ignore[operator]
    columns = ["".join(column) for column in zip(*rows, strict=True)]
    for start in range(0, len(columns) - len(THREE) * GAP, len(THREE) * GAP):
        seen = "".join(columns[start : start + len(THREE) * GAP])
        assert {SERIES[name].marker for name in THREE} <= set(seen)


@pytest.mark.parametrize("count", [3, 4, 6, 12])
def test_with_few_points_every_marker_is_at_a_point(count: int) -> None:
    rows = cells(COLORED(coinciding(count), 100, 20))
    found = {column for row in rows for column, cell in enumerate(row) if cell in "●■◆"}
    width = len(rows[0])
    points = {int(place * (2 * width - 1)) // 2 for place in np.linspace(0, 1, count)}
    near = {point + by for point in points for by in (-1, 0, 1)}
    assert found, "they are marked"
    assert found <= near
    assert len(found) >= count - 1, "each point but the last, beside which the names begin"


def test_where_lines_coincide_their_colors_take_turns() -> None:
    drawing = draw(coinciding(), 70, 12, DARK)
    area = drawing.area
    assert area is not None
    place = slice(area.top, area.top + area.height), slice(area.left, area.left + area.width)
    glyphs, ink = drawing.grid.glyphs[place], drawing.grid.ink[place]
    braille = (glyphs >= "⠁") & (glyphs <= "⣿")
    counts = [int(np.count_nonzero(braille & (ink == pack(DARK.readable(SERIES[name].color))))) for name in THREE]
    assert min(counts) > 0.2 * sum(counts)


def test_a_cell_of_one_line_is_that_lines_and_a_shared_one_goes_round() -> None:
    covered = np.zeros((2, 1, 6), dtype=bool)
    covered[0, 0, :5] = covered[1, 0, 2:] = True
    assert owners(covered, 1).tolist() == [[-1, -1, 0, 1, 0, -1]]


def test_a_line_that_is_dimmed_has_no_part_in_it() -> None:
    pinned = Series("W_aa, pinned", [0, 49], [0, 0], (1, 2, 3), "●", dim=True)
    rows = cells(draw_plain(Chart([pinned, line("b_a", [0.0] * 50)], (0, 49), (-1, 0)), 60, 10))
    assert set(rows[0].rstrip()) == {"◆"}


# Names at the ends


@pytest.mark.parametrize("size", [(45, 16), (74, 12), (74, 38), (120, 40)])
@pytest.mark.parametrize("curve", ["typical", "summed", 50, 30])
def test_the_names_stand_right_of_all_data_in_the_order_of_the_ends(
    trace: Trace, size: tuple[int, int], curve: object
) -> None:
    drawing = draw_plain(lags_chart(trace, width=size[0], height=size[1], curve=curve), *size)  # type: ignore[arg-type]
    assert drawing.area is not None
    rows = ["".join(row) for row in drawing.grid.glyphs.tolist()]
    found = {}
    for name in THREE:
        wanted = f"{SERIES[name].marker} {name}"
        ((row, column),) = [(y, row.rindex(wanted)) for y, row in enumerate(rows) if wanted in row]
        assert not re.search("[●■◆·]", rows[row][column + len(wanted) :])
        found[name] = row
    assert len(set(found.values())) == len(THREE)


@given(st.integers(1, 40), st.data())
def test_every_name_has_a_row_of_its_own_the_wanted_one_where_that_is_free(height: int, data: st.DataObject) -> None:
    wanted = sorted(data.draw(st.lists(st.integers(0, height - 1), max_size=height)))
    rows = apart(wanted, height)
    assert rows == sorted(set(rows))
    assert all(0 <= row < height for row in rows)
    if len(set(wanted)) == len(wanted):
        assert rows == wanted


def test_names_give_way_to_the_data_where_it_is_narrow() -> None:
    bracket = [Bracket(THREE, TOGETHER)]
    columns = (6, 20, 30, 40, 120)
    found = [end_column(THREE, bracket, one) for one in columns]
    assert [(one.markers, one.names, one.bracket, one.words) for one in found] == [
        (False, False, False, False),
        (True, False, False, False),
        (True, True, False, False),
        (True, True, True, False),
        (True, True, True, True),
    ]
    assert all(one.width <= 0.3 * width for one, width in zip(found, columns, strict=True))


def test_where_names_have_no_room_the_markers_stand_at_the_ends() -> None:
    drawing = draw_plain(coinciding(), 22, 12)
    rows = ["".join(row).rstrip() for row in drawing.grid.glyphs.tolist()]
    assert [row[-1] for row in rows if row[-2:-1] == " "] == [SERIES[name].marker for name in THREE]


def test_a_bracket_is_around_its_lines_and_no_other() -> None:
    def drawn(rows: Sequence[int]) -> list[str]:
        grid = GlyphGrid(20, 6)
        labels = [EndLabel(name, "●", row, 0) for name, row in zip("abc", rows, strict=True)]
        write_ends(
            labels, [Bracket(("a", "b"), "same")], end_column("abc", [Bracket(("a",), "same")], 99), grid, 0, 0, 6, 0
        )
        return ["".join(row).rstrip() for row in grid.glyphs.tolist()]

    assert drawn((0, 2, 5)) == ["● a ┐", "    ├ same", "● b ┘", "", "", "● c"]
    assert not any(set(row) & set("┐├┘┤│") for row in drawn((0, 3, 2)))


def test_the_words_of_a_bracket_stand_above_it_or_below_where_they_have_no_room_behind_it() -> None:
    def drawn(above: str, below: str) -> list[str]:
        grid = GlyphGrid(12, 5)
        grid.write(0, 0, above)
        grid.write(0, 4, below)
        labels = [EndLabel(name, "●", row, 0) for name, row in (("W_aa", 1), ("W_ax", 3))]
        room = EndColumn(markers=True, names=True, bracket=True, width=9, longest=4)
        write_ends(labels, [Bracket(("W_aa", "W_ax"), "together")], room, grid, 3, 0, 5, 0)
        return ["".join(row).rstrip() for row in grid.glyphs.tolist()]

    assert drawn("", "") == ["   together", "   ● W_aa ┐", "          │", "   ● W_ax ┘", ""]
    assert drawn("a line", "0")[-1] == "0  together"
    assert drawn("a line", "  0")[-1] == "  0", "nothing is touched"


@pytest.mark.parametrize("width", [45, 60, 74])
def test_what_a_0_means_is_said_in_its_own_row_where_the_axis_has_no_room(trace: Trace, width: int) -> None:
    drawing = draw_plain(lags_chart(trace, width=width, height=17, curve=50), width, 17)
    rows = [row for row in drawing.lines if "0: exactly zero" in row]
    assert len(rows) == 1
    assert rows[0] in (drawing.lines[-1], drawing.lines[-3])
    assert TOGETHER in "\n".join(drawing.lines)


def test_the_default_lines_are_said_to_go_together_and_those_of_unequal_slopes_are_not(trace: Trace) -> None:
    assert [one.names for one in brackets(trace)] == [THREE]
    text = "\n".join(draw_plain(lags_chart(trace, width=100, height=20), 100, 20).lines)
    assert TOGETHER in text
    growing = core.run(preset("exploding"))
    rates = [growing.profile().rate(name) for name in THREE]
    assert max(rate.log2_per_step for rate in rates) > min(rate.log2_per_step for rate in rates)
    assert brackets(core.run(Experiment(timesteps=8))) == []  # too few lags to tell slopes apart


def test_the_names_of_single_points_hide_nothing_and_name_all_that_share_a_cell() -> None:
    points = [
        Series(name, [0], [0.0], look.color, look.marker, "points", end=name, remark="lag 0 only")
        for name, look in ((name, SERIES[name]) for name in ("W_y", "b_y"))
    ]
    top = cells(draw_plain(Chart(points, (0, 49), (-1, 0)), 60, 10))[0]
    assert top.strip() == "□ ○ W_y □ b_y: lag 0 only"
    level = line("W_aa", [0.0] * 20)
    shifted = cells(draw_plain(Chart([level, *points], (0, 49), (-1, 0)), 80, 10))[0]
    assert shifted.count("●") > 20
    assert re.search("●+ ● W_aa +○ W_y □ b_y: lag 0 only", shifted)


# The scale and what is at its bottom


@pytest.mark.parametrize("lag", [2, 10, 40, 49])
@pytest.mark.parametrize("size", [(44, 10), (60, 14), (100, 30)])
def test_what_is_said_of_single_points_stays_wherever_the_cursor_is(
    trace: Trace, lag: int, size: tuple[int, int]
) -> None:
    chart = lags_chart(trace, width=size[0], height=size[1], curve=50, lag=lag)
    said = "\n".join(draw_plain(chart, *size).lines)
    assert ("lag 0 only" if size[0] > 44 else "b_y: lag 0") in said and f"k = {lag}" in said
    assert "○ W_y" in said and "b_y" in said


def test_what_few_losses_reach_is_faint_and_hardly_sets_the_scale(trace: Trace) -> None:
    few = few_from(trace.lags)
    chart = lags_chart(trace)
    assert few is not None
    lines = [one for one in chart.series if one.apart]
    assert [one.faint_from for one in lines] == [few] * 3
    clear = np.concatenate([np.asarray(one.y)[:few] for one in chart.series])
    low, high = float(clear.min()), float(clear.max())
    assert chart.y_limits[0] >= low - 2.1 * TAIL_ROOM * (high - low)
    assert chart.y_limits[1] <= high + TAIL_ROOM * (high - low)


def test_a_tail_that_falls_off_ends_at_the_border_and_leaves_the_scale_alone() -> None:
    fall = np.concatenate([np.linspace(0, -2, 41), np.full(9, -40.0)])
    chart = Chart([line("W_aa", fall.tolist(), faint_from=41)], (0, 49), (-2.3, 0))
    drawing = draw(chart, 60, 14, DARK)
    area = drawing.area
    assert area is not None
    last = drawing.grid.glyphs[area.top + area.height - 1]
    assert "▼" in last
    faint = pack(DARK.dimmed(SERIES["W_aa"].color))
    assert faint in drawing.grid.ink


def test_exact_zeros_are_a_0_at_the_bottom_where_no_point_is(trace: Trace) -> None:
    drawing = draw_plain(lags_chart(trace, width=74, height=20), 74, 20)
    rows = cells(drawing)
    assert rows[-1].strip(" │") == "0"
    assert "0: exactly zero" in drawing.lines[-1]
    without = draw_plain(lags_chart(core.run(Experiment(initial_state=1.0)), width=74, height=20), 74, 20)
    assert "exactly zero" not in "\n".join(without.lines)


def test_where_there_is_nothing_but_zeros_words_say_so() -> None:
    trace = core.run(Experiment(timesteps=20, input_gain=0.0, scored="last"))
    hidden = [name for name in trace.parameter_groups() if np.isfinite(trace.profile().typical(name)).any()]
    chart = lags_chart(trace, hidden=hidden)
    assert chart.series
    assert NOTHING in draw_plain(chart, 80, 14).lines[0]


@pytest.mark.parametrize(
    ("curve", "label"),
    [
        (50, "‖∂L_50/∂θ through step 50−k‖"),
        ("typical", "typical ‖∂L_t/∂θ through step t−k‖"),
        ("summed", "‖Σ_t ∂L_t/∂θ through step t−k‖"),
    ],
)
def test_the_axis_says_what_the_lines_are_the_sizes_of(trace: Trace, curve: object, label: str) -> None:
    chart = lags_chart(trace, width=60, curve=curve)  # type: ignore[arg-type]
    assert draw_plain(chart, 60, 12).lines[0].startswith(label)
    assert len(lags_chart(trace, width=30, curve=curve).y_label) <= 30  # type: ignore[arg-type]


def test_the_name_of_a_mark_touches_no_point_and_no_other_mark_where_there_is_room() -> None:
    top = line("W_aa", [0.0] * 30)
    marks = [Mark("x", 24.0, "< 10 losses →"), Mark("x", 20.0, "k = 20")]
    drawing = draw_plain(Chart([top], (0, 29), (-3, 0), marks=marks), 60, 14)
    rows = cells(drawing)
    for mark in marks:
        ((row, column),) = [(y, text.index(mark.label)) for y, text in enumerate(rows) if mark.label in text]
        assert row > 0, "the line is above"
        assert set(rows[row][max(0, column - 1)] + rows[row][column + len(mark.label)]) <= set(" ")
