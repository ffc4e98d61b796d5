"""The map: a reduction that loses no maximum and keeps zeros apart, a heat map for every size, and its panel."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from driving import drive_host
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import Static
from toy_cells import TOYS, registered

import core
from tui.explorer.help import help_text
from tui.explorer.painting.strips import strips_of
from tui.explorer.panels.map import MapPanel
from tui.explorer.session.cursor import Cursor
from tui.explorer.session.losses import Loss, meaning, other_loss
from tui.explorer.session.pins import Pin
from tui.explorer.session.view import View
from tui.explorer.widgets import map_chart
from tui.explorer.widgets.map_chart import MapChart
from tui.explorer.widgets.map_choices import MapChoice
from tui.report.charts.heatmap import Blocks, PixelKind, on_one_scale, reduce_map
from tui.report.charts.map import draw_map
from tui.report.charts.map_colors import NOTES, paints
from tui.report.charts.map_frame import CrossHair, Layout
from tui.report.charts.map_table import Window, draw_table
from tui.report.colormap import APART, visible
from tui.report.numbers import magnitude
from tui.report.palette import contrast, dark_palette, light_palette
from tui.report.words.map import STATE, Point, choices, chosen, log2_map, reading

SIZES = [(1, 1), (2, 3), (7, 5), (36, 34), (64, 90)]
STEPS = [1, 2, 5, 7, 50, 203]


def triangle(steps: int, seed: int = 0) -> np.ndarray:
    """Log norms of every sign and size where k < t, −inf elsewhere."""
    values = np.random.default_rng(seed).normal(-20, 40, (steps, steps))
    return np.where(np.tril(np.ones((steps, steps), dtype=bool)), values, -np.inf)


def every(steps: int) -> np.ndarray:
    return np.ones(steps, dtype=bool)


def map_strips(*given: Any) -> list[Any]:
    return strips_of(draw_map(*given))


def table_strips(*given: Any) -> list[Any]:
    return strips_of(draw_table(*given))


def lines(strips: list[Any]) -> list[str]:
    return [strip.text for strip in strips]


# Sharing cells


@pytest.mark.parametrize("count", STEPS)
@pytest.mark.parametrize("cells", [1, 2, 34, 90])
def test_every_item_has_a_cell_and_every_cell_shows_what_it_spans(count: int, cells: int) -> None:
    blocks = Blocks(count, cells)
    assert all(len(blocks.span(item)) for item in range(count))
    assert all(len(blocks.items(cell)) for cell in range(cells))
    assert {(i, c) for i in range(count) for c in blocks.span(i)} == {
        (i, c) for c in range(cells) for i in blocks.items(c)
    }


# Reducing


@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize(("rows", "columns"), SIZES)
def test_each_pixel_is_the_largest_of_what_it_covers(steps: int, rows: int, columns: int) -> None:
    values = triangle(steps)
    heatmap = reduce_map(values, every(steps), rows, columns)
    assert heatmap.values.shape == heatmap.kinds.shape == (rows, columns)
    for row in range(rows):
        for column in range(columns):
            covered = values[np.ix_(heatmap.losses.items(row), heatmap.lags.items(column))]
            assert heatmap.values[row, column] == np.max(covered) * np.log10(2)


@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize(("rows", "columns"), SIZES)
@pytest.mark.parametrize("order", ["C", "F"])
def test_the_maximum_of_all_is_never_lost(steps: int, rows: int, columns: int, order: Any) -> None:
    values = np.array(triangle(steps, seed=steps), order=order)
    heatmap = reduce_map(values, every(steps), rows, columns)
    assert heatmap.values.max() == values.max() * np.log10(2)
    assert heatmap.limits is not None
    assert heatmap.limits[1] >= heatmap.values.max()


def test_one_bright_contribution_among_thousands_is_seen() -> None:
    values = np.where(np.tril(np.ones((600, 600), dtype=bool)), -900.0, -np.inf)
    values[411, 137] = 12.0
    heatmap = reduce_map(values, every(600), 20, 30)
    assert np.count_nonzero(heatmap.values == 12.0 * np.log10(2)) == 1


@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize(("rows", "columns"), SIZES)
def test_exact_zeros_are_never_values(steps: int, rows: int, columns: int) -> None:
    values = triangle(steps)
    values[np.random.default_rng(1).random(values.shape) < 0.6] = -np.inf
    heatmap = reduce_map(values, every(steps), rows, columns)
    for row in range(rows):
        for column in range(columns):
            losses, lags = heatmap.losses.items(row), heatmap.lags.items(column)
            possible = any(k <= t for t in losses for k in lags)
            finite = np.any(np.isfinite(values[np.ix_(losses, lags)]))
            expected = PixelKind.VALUE if finite else PixelKind.ZERO if possible else PixelKind.NOTHING
            assert heatmap.kinds[row, column] == expected


def test_nothing_but_zeros_has_no_scale_and_no_value() -> None:
    heatmap = reduce_map(np.full((40, 40), -np.inf), every(40), 30, 30)
    assert heatmap.limits is None
    assert set(np.unique(heatmap.kinds)) == {PixelKind.NOTHING, PixelKind.ZERO}


def test_steps_without_a_loss_are_neither_zero_nor_empty() -> None:
    scored = np.arange(10) >= 8
    values = np.where(scored[:, np.newaxis], triangle(10), -np.inf)
    values[9, 3] = -np.inf
    kinds = reduce_map(values, scored, 10, 10).kinds
    assert np.all(kinds[:8][np.tril(np.ones((8, 10), dtype=bool))] == PixelKind.UNSCORED)
    assert np.all(kinds[np.triu(np.ones((10, 10), dtype=bool), 1)] == PixelKind.NOTHING)
    assert kinds[9, 3] == PixelKind.ZERO
    assert kinds[9, 2] == kinds[8, 8] == PixelKind.VALUE


def test_a_scored_zero_outweighs_unscored_neighbors() -> None:
    scored = np.array([False, False, False, True])
    assert reduce_map(np.full((4, 4), -np.inf), scored, 1, 1).kinds.tolist() == [[PixelKind.ZERO]]


def test_a_parameter_without_a_past_has_one_column_and_no_zeros_beside_it() -> None:
    values = np.full((50, 50), -np.inf)
    values[:, 0] = np.linspace(-3, 3, 50)
    values[7, 0] = -np.inf
    kinds = reduce_map(values, every(50), 50, 20, lag_0_only=True).kinds
    assert np.all(kinds[:, 1:] == PixelKind.NOTHING)
    assert kinds[7, 0] == PixelKind.ZERO
    assert np.count_nonzero(kinds[:, 0] == PixelKind.VALUE) == 49


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_what_is_no_number_is_said_to_be_none(wrong: float) -> None:
    values = triangle(6)
    values[4, 2] = wrong
    heatmap = reduce_map(values, every(6), 6, 6)
    assert heatmap.kinds[4, 2] == PixelKind.UNDEFINED
    assert heatmap.limits is not None
    assert np.all(np.isfinite(heatmap.limits))


def test_few_steps_fill_the_whole_panel() -> None:
    kinds = reduce_map(triangle(3), every(3), 31, 50).kinds
    assert np.all(kinds[:, 0] == PixelKind.VALUE)
    assert np.all(kinds[-1] == PixelKind.VALUE)


@pytest.mark.parametrize("level", [-1800.0, 0.0, 4e3])
def test_equal_values_get_a_decade_around_them(level: float) -> None:
    values = np.where(np.isfinite(triangle(9)), level, -np.inf)
    limits = reduce_map(values, every(9), 9, 9).limits
    assert limits is not None
    assert limits == pytest.approx((level * np.log10(2) - 0.5, level * np.log10(2) + 0.5))


def test_a_single_step_is_a_single_value() -> None:
    heatmap = reduce_map(np.array([[-2.0]]), every(1), 8, 11)
    assert np.all(heatmap.kinds == PixelKind.VALUE)
    assert heatmap.limits is not None


# Drawing


@pytest.mark.parametrize("palette", [dark_palette(), light_palette(), None])
@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize("size", [(12, 5), (13, 6), (34, 9), (60, 16), (161, 48)])
@pytest.mark.parametrize("zeros", [0.0, 0.5, 1.0])
def test_every_size_is_filled_exactly(palette: Any, steps: int, size: tuple[int, int], zeros: float) -> None:
    width, height = size
    layout = Layout.of(steps, width, height)
    assert layout is not None
    values = triangle(steps)
    values[np.random.default_rng(2).random(values.shape) < zeros] = -np.inf
    rows = layout.pixel_rows(steps, plain=palette is None)
    heatmap = reduce_map(values, every(steps), rows, layout.columns)
    for cross in (None, CrossHair(steps, None), CrossHair(steps, steps - 1), CrossHair(1, steps - 1)):
        strips = map_strips(heatmap, layout, palette, cross)
        assert [len(text) for text in lines(strips)] == [width] * height
        assert [strip.cell_length for strip in strips] == [width] * height


def test_no_room_has_no_layout() -> None:
    assert Layout.of(50, 11, 20) is None
    assert Layout.of(50, 40, 4) is None


@pytest.mark.parametrize("palette", [dark_palette(), light_palette()])
def test_no_other_kind_has_a_color_of_the_scale(palette: Any) -> None:
    colors = paints(palette)
    others = {colors.zero, colors.unscored, colors.undefined, -1}
    assert len(others) == 4
    assert not others & set(colors.scale.tolist())


@pytest.mark.parametrize("palette", [dark_palette(), light_palette()])
def test_zeros_are_painted_in_their_own_color(palette: Any) -> None:
    values = triangle(30)
    values[np.diag_indices(30)] = -np.inf
    layout = Layout.of(30, 33, 33)
    assert layout is not None
    heatmap = reduce_map(values, every(30), layout.pixel_rows(30, plain=False), layout.columns)
    colors = paints(palette)
    strips = map_strips(heatmap, layout, palette)
    for row, strip in enumerate(strips[: layout.rows]):
        painted: list[set[int]] = []
        for segment in strip:
            style = segment.style
            assert style is not None
            used = {
                color.triplet.red << 16 | color.triplet.green << 8 | color.triplet.blue
                for color in (style.color, style.bgcolor)
                if color is not None and color.triplet is not None
            }
            painted += [used] * len(segment.text)
        for column in range(layout.columns):
            kinds = set(heatmap.kinds[2 * row : 2 * row + 2, column].tolist())
            cell = painted[layout.gutter + column]
            assert (PixelKind.ZERO in kinds) == (colors.zero in cell)
            assert (PixelKind.VALUE in kinds) == bool(cell & set(colors.scale.tolist()))


def test_without_color_there_is_no_color_and_each_kind_has_a_character() -> None:
    scored = np.arange(40) >= 20
    values = np.where(scored[:, np.newaxis], triangle(40), -np.inf)
    values[30:, 5:15] = -np.inf
    layout = Layout.of(40, 50, 44)
    assert layout is not None
    heatmap = reduce_map(values, scored, layout.pixel_rows(40, plain=True), layout.columns)
    strips = map_strips(heatmap, layout, None, CrossHair(40, 20))
    assert all(not segment.style or segment.style.color is None for strip in strips for segment in strip)
    assert all(not segment.style or segment.style.bgcolor is None for strip in strips for segment in strip)
    expected = {PixelKind.NOTHING: " ", PixelKind.ZERO: "0", PixelKind.UNSCORED: "·"}
    for row, text in enumerate(lines(strips)[: layout.rows]):
        for column in range(layout.columns):
            kind = PixelKind(int(heatmap.kinds[row, column]))
            assert text[layout.gutter + column] in expected.get(kind, "░▒▓█") + "╋"
    assert all(NOTES[kind][0] in lines(strips)[-1] for kind in (PixelKind.ZERO, PixelKind.UNSCORED))


def test_the_key_names_only_what_is_there() -> None:
    layout = Layout.of(20, 60, 20)
    assert layout is not None
    heatmap = reduce_map(triangle(20), every(20), layout.rows * 2, layout.columns)
    assert not any(long in lines(map_strips(heatmap, layout, dark_palette()))[-1] for long, _ in NOTES.values())


def test_the_color_bar_carries_decades() -> None:
    values = np.where(np.isfinite(triangle(20)), np.linspace(-20, 0, 20) / np.log10(2), -np.inf)
    layout = Layout.of(20, 60, 20)
    assert layout is not None
    heatmap = reduce_map(values, every(20), layout.rows * 2, layout.columns)
    bar = lines(map_strips(heatmap, layout, dark_palette()))[-1]
    assert "1e−20" in bar
    assert "1e−10" in bar
    assert "1e+0" in bar


def test_numbers_stand_in_cells_that_have_room_for_them() -> None:
    values = triangle(4)
    values[2, 1] = -np.inf
    layout = Layout.of(4, 60, 20)
    assert layout is not None
    heatmap = reduce_map(values, every(4), layout.pixel_rows(4, plain=False), layout.columns)
    words = " ".join(lines(map_strips(heatmap, layout, dark_palette(), CrossHair(4, 2)))[: layout.rows]).split()
    assert all(magnitude(value) in words for value in values[np.isfinite(values)])
    assert "0" in words


def test_the_cross_hair_names_its_t_and_its_k_on_the_axes() -> None:
    layout = Layout.of(50, 70, 24)
    assert layout is not None
    heatmap = reduce_map(triangle(50), every(50), layout.rows * 2, layout.columns)
    text = lines(map_strips(heatmap, layout, dark_palette(), CrossHair(37, 13)))
    assert any(line.startswith("37 ▶") and "●" in line for line in text)
    assert text[layout.rows].index("▲") == layout.gutter + heatmap.lags.span(13)[0]
    assert "13" in text[layout.rows + 1].split()


def test_a_lag_before_the_first_step_has_no_point() -> None:
    layout = Layout.of(50, 70, 24)
    assert layout is not None
    heatmap = reduce_map(triangle(50), every(50), layout.rows * 2, layout.columns)
    assert not any("●" in line for line in lines(map_strips(heatmap, layout, dark_palette(), CrossHair(10, 30))))


@pytest.mark.parametrize("backdrop", [(18, 18, 18), (255, 255, 255), (224, 224, 224), (128, 128, 128)])
def test_neither_end_of_the_scale_sinks_into_the_background(backdrop: tuple[int, int, int]) -> None:
    for end in visible(64, backdrop)[[0, -1]]:
        assert contrast((int(end[0]), int(end[1]), int(end[2])), backdrop) >= APART


# On one scale


def test_two_maps_on_one_scale_have_one_color_for_one_value() -> None:
    heatmaps = [reduce_map(triangle(9, seed) * size, every(9), 9, 9) for seed, size in ((1, 0.1), (2, 3.0))]
    own = [heatmap.limits for heatmap in heatmaps]
    assert own[0] is not None and own[1] is not None
    shared = [heatmap.limits for heatmap in on_one_scale(heatmaps)]
    assert shared == [(min(own[0][0], own[1][0]), max(own[0][1], own[1][1]))] * 2
    for before, after in zip(heatmaps, on_one_scale(heatmaps), strict=True):
        assert before.values is after.values


def test_a_map_of_zeros_takes_the_scale_of_the_one_beside_it() -> None:
    silent, loud = (reduce_map(values, every(9), 9, 9) for values in (np.full((9, 9), -np.inf), triangle(9)))
    assert on_one_scale([silent, silent])[0].limits is None
    assert on_one_scale([silent, loud])[0].limits == loud.limits


# As a table


@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize("size", [(20, 5), (60, 16), (161, 48)])
@pytest.mark.parametrize("palette", [dark_palette(), None])
def test_a_table_holds_the_number_of_every_step_in_its_window(steps: int, size: tuple[int, int], palette: Any) -> None:
    values = triangle(steps)
    values[0, 0] = -np.inf
    for cross in (CrossHair(steps, steps - 1), CrossHair(1, None), CrossHair((steps + 1) // 2, steps // 2)):
        window = Window.around(cross, steps, *size, lag_0_only=False)
        assert window is not None
        assert cross.t in window.losses
        assert (cross.k or 0) in window.lags
        strips = table_strips(values, every(steps), window, size, palette, cross)
        assert [strip.cell_length for strip in strips] == [size[0]] * size[1]
        for y, text in enumerate(lines(strips)[1:], start=1):
            for x in range(window.gutter, size[0]):
                at = window.place(x, y)
                if at is None:
                    assert text[x] == " "
                    continue
                t, k = at
                start = window.gutter + (x - window.gutter) // 10 * 10
                shown = text[start : start + 10].strip()
                assert shown == (magnitude(float(values[t - 1, k])) if k < t else "")


def test_a_table_says_where_there_is_no_loss_and_what_is_exactly_zero() -> None:
    scored = np.array([False, True, True])
    values = np.full((3, 3), -np.inf)
    window = Window.around(CrossHair(3, None), 3, 60, 8, lag_0_only=False)
    assert window is not None
    head, *rows = [text.split() for text in lines(table_strips(values, scored, window, (60, 8), None))]
    assert head == ["t", "╲", "k", "0", "1", "2"]
    assert rows[:3] == [["1", "no", "loss"], ["2", "0", "0"], ["3", "0", "0", "0"]]


def test_a_table_of_a_parameter_without_a_past_has_one_column() -> None:
    window = Window.around(CrossHair(5, 4), 9, 80, 20, lag_0_only=True)
    assert window is not None
    assert list(window.lags) == [0]


@pytest.mark.parametrize("size", [(11, 20), (40, 4)])
def test_no_room_has_no_table(size: tuple[int, int]) -> None:
    assert Window.around(CrossHair(5, 4), 9, *size, lag_0_only=False) is None


# Words


@pytest.fixture(scope="module")
def trace() -> core.Trace:
    return core.run(core.Experiment())


@pytest.fixture(scope="module")
def last_only() -> core.Trace:
    return core.run(core.Experiment(scored="last", timesteps=30))


def test_the_reading_gives_t_the_lag_the_step_and_the_size(trace: core.Trace) -> None:
    size = magnitude(float(trace.lags.log2_norm["W_aa"][49, 12]))
    assert reading(trace, "W_aa", 50, 12)[0] == f"L_50, lag 12 (s = 38): ‖∂L_50/∂W_aa through step 38‖ = {size}"
    size = magnitude(float(trace.lags.log2_state_norm[49, 12]))
    assert reading(trace, STATE, 50, 12)[0] == f"L_50, lag 12 (s = 38): ‖∂L_50/∂a⟨38⟩‖ = {size}"


@pytest.mark.parametrize(
    ("cell", "first"),
    [("rnn", "W_aa"), ("deep", "W_aa"), ("gru", "W_ra"), ("lstm", "W_ia"), ("mgu", "P"), ("two-layers", "W_pp")],
)
def test_what_is_shown_at_first_is_a_fact_of_the_network(cell: str, first: str) -> None:
    toy = {one.name: one for one in TOYS}.get(cell)
    with nullcontext() if toy is None else registered(toy):
        trace = core.run(core.Experiment(cell=cell, timesteps=4, hidden_size=3))
    assert chosen(trace, View().parameter) == first
    assert chosen(trace, "of another cell") == first
    assert [chosen(trace, name) for name in choices(trace)] == list(choices(trace))
    assert chosen(None, None) == ""


def test_an_exact_zero_is_called_so_with_its_reason(trace: core.Trace) -> None:
    assert "= 0 exactly, as a⟨0⟩ = 0" in reading(trace, "W_aa", 50, 49)[0]


def test_the_reading_says_why_there_is_nothing(trace: core.Trace, last_only: core.Trace) -> None:
    assert "no step comes before the first" in reading(trace, "W_aa", 10, 10)[0]
    assert "W_y acts on L_50 at lag 0 only" in reading(trace, "W_y", 50, 3)[0]
    assert "no loss at t = 29" in reading(last_only, "W_aa", 29, 3)[0]


def test_a_point_is_the_largest_that_its_cell_covers(trace: core.Trace) -> None:
    losses, lags = range(20, 25), range(3, 9)
    point = Point.largest(trace, "W_aa", losses, lags)
    assert point is not None
    block = trace.lags.log2_norm["W_aa"][19:24, 3:9]
    assert trace.lags.log2_norm["W_aa"][point.t - 1, point.k] == block.max()


def test_no_point_where_there_is_no_step_or_no_path(trace: core.Trace) -> None:
    assert Point.largest(trace, "W_aa", range(3, 5), range(4, 9)) is None
    assert Point.largest(trace, "W_y", range(40, 45), range(1, 9)) is None


def test_a_point_among_zeros_is_one_that_has_a_step() -> None:
    silent = core.run(core.Experiment(gain=0.0, timesteps=12))
    point = Point.largest(silent, "W_aa", range(4, 7), range(2, 6))
    assert point is not None
    assert 0 <= point.k < point.t
    assert point.scored


# The panel


class Host(App[None]):
    """Owns what the explorer owns."""

    def __init__(self, trace: core.Trace | None, position: int = 0, *, obey: bool = True) -> None:
        super().__init__()
        self.given, self.position, self.obey = trace, position, obey
        self.heard: list[MapPanel.Picked | MapPanel.ParameterChosen] = []

    def compose(self) -> ComposeResult:
        yield MapPanel()

    def on_mount(self) -> None:
        if self.given is not None:
            self.panel.shown = replace(self.panel.shown, trace=self.given)
            self.panel.cursor = Cursor(len(self.given.tape.losses)).at(self.position)
        self.query_one(MapChart).focus()

    @property
    def panel(self) -> MapPanel:
        return self.query_one(MapPanel)

    def on_map_panel_picked(self, message: MapPanel.Picked) -> None:
        self.heard.append(message)
        if message.clicked and self.given is not None and self.panel.cursor is not None:
            cursor = self.panel.cursor
            self.show_loss(meaning(self.given.lags.scored, message.t))
            self.panel.cursor = cursor.at(2 * cursor.steps - (message.t - message.k))

    def on_map_panel_parameter_chosen(self, message: MapPanel.ParameterChosen) -> None:
        asked = message.parameter
        self.heard.append(MapPanel.ParameterChosen(lambda: asked))
        if self.obey:
            self.panel.view = replace(self.panel.view, parameter=asked)

    def on_map_panel_loss_moved(self, message: MapPanel.LossMoved) -> None:
        asked = self.panel.shown.asked
        if self.given is not None and asked != "all":
            self.show_loss(other_loss(self.given.lags.scored, asked, message.by))

    def show_loss(self, asked: Loss) -> None:
        self.panel.shown = replace(self.panel.shown, asked=asked)

    def says(self, where: str) -> str:
        return str(self.query_one(f"#{where}", Static).content)

    def painted(self) -> list[str]:
        chart = self.query_one(MapChart)
        return [chart.render_line(y).text for y in range(chart.size.height)]


def test_without_a_trace_the_panel_is_empty_and_deaf() -> None:
    app = Host(None)

    async def steps(pilot: Pilot[None]) -> None:
        await pilot.press("up", "down", "[", "]", "pageup")
        await pilot.hover(MapChart, offset=(20, 3))
        assert app.heard == []
        assert "".join(app.painted()).strip() == ""

    drive_host(app, steps, (60, 20))


def test_the_cross_hair_is_at_the_last_loss_and_the_cursors_lag(trace: core.Trace) -> None:
    app = Host(trace, 62)

    async def steps(pilot: Pilot[None]) -> None:
        assert app.query_one(MapChart).cross == CrossHair(50, 12)
        assert app.says("map-here") == reading(trace, "W_aa", 50, 12)[0]
        app.panel.cursor = Cursor(50).at(65)
        await pilot.pause()
        assert app.query_one(MapChart).cross == CrossHair(50, 15)
        assert app.says("map-here") == reading(trace, "W_aa", 50, 15)[0]

    drive_host(app, steps, (100, 30))


def test_at_the_end_of_the_way_back_nothing_is_said_to_be_further(trace: core.Trace) -> None:
    app = Host(trace, 12)

    async def steps(pilot: Pilot[None]) -> None:
        assert "→ further back" in app.says("map-under")
        app.panel.cursor = Cursor(50).at(99)
        await pilot.pause()
        assert "further back" not in app.says("map-under") and "another loss" in app.says("map-under")

    drive_host(app, steps, (100, 30))


def test_going_forward_only_the_loss_is_marked(trace: core.Trace) -> None:
    app = Host(trace, 12)

    async def steps(pilot: Pilot[None]) -> None:
        assert app.query_one(MapChart).cross == CrossHair(50, None)
        assert app.says("map-here").startswith("L_50, going forward")
        assert not any(mark in line for line in app.painted() for mark in "●▲")
        app.show_loss("all")
        await pilot.pause()
        assert app.query_one(MapChart).cross is None
        assert app.says("map-here").startswith("all losses, going forward")
        assert not any(mark in line for line in app.painted() for mark in "●▲▶")

    drive_host(app, steps, (100, 30))


@pytest.mark.parametrize("as_table", [False, True])
def test_where_all_losses_are_shown_no_row_is_marked(trace: core.Trace, as_table: bool) -> None:
    app = Host(trace, 62)

    async def steps(pilot: Pilot[None]) -> None:
        app.panel.view = replace(app.panel.view, as_table=as_table)
        app.show_loss("all")
        await pilot.pause()
        assert app.query_one(MapChart).cross == CrossHair(None, 12)
        assert app.says("map-here").startswith("all losses, lag 12")
        assert not any(mark in line for line in app.painted() for mark in "●▶")
        assert any(("▼12" if as_table else "▲") in line for line in app.painted())

    drive_host(app, steps, (100, 30))


def test_a_step_later_than_the_loss_has_nothing_of_it(trace: core.Trace) -> None:
    app = Host(trace, 55)

    async def steps(pilot: Pilot[None]) -> None:
        app.show_loss(20)
        await pilot.pause()
        assert app.query_one(MapChart).cross == CrossHair(20, None)
        assert app.says("map-here") == "L_20 comes in at s = 20: → steps on to it"

    drive_host(app, steps, (100, 30))


def test_up_and_down_choose_the_loss(trace: core.Trace) -> None:
    app = Host(trace, 62)

    async def steps(pilot: Pilot[None]) -> None:
        await pilot.press("up", "up")
        assert app.query_one(MapChart).cross == CrossHair(48, 10)
        await pilot.press("pageup")
        assert app.query_one(MapChart).cross == CrossHair(38, 0)
        assert app.says("map-here") == reading(trace, "W_aa", 38, 0)[0]
        await pilot.press("pagedown", "pagedown", "pagedown", "down")
        assert app.panel.shown.asked == "last"
        await pilot.press(*["pageup"] * 7)
        assert app.panel.shown.loss == 1
        assert app.says("map-here").startswith("L_1 comes in at s = 1")

    drive_host(app, steps, (100, 30))


def test_only_steps_with_a_loss_can_be_chosen(last_only: core.Trace) -> None:
    app = Host(last_only, 35)

    async def steps(pilot: Pilot[None]) -> None:
        await pilot.press("up")
        assert app.panel.shown.loss == 30
        chart = app.query_one(MapChart)
        await pilot.click(MapChart, offset=(6, chart.size.height - 6))
        assert app.heard == []
        assert app.panel.shown.loss == 30
        assert "no loss at t" in app.says("map-under")

    drive_host(app, steps, (100, 30))


def test_brackets_go_round_all_there_is_to_show(trace: core.Trace) -> None:
    app = Host(trace, 62)
    names = choices(trace)

    async def steps(pilot: Pilot[None]) -> None:
        await pilot.press(*["]"] * len(names))
        asked = [message.parameter for message in app.heard if isinstance(message, MapPanel.ParameterChosen)]
        assert asked == [*names[1:], names[0]]
        app.heard.clear()
        await pilot.press("[")
        assert app.panel.mapped == STATE == names[-1]
        assert "a⟨38⟩" in app.says("map-here")

    drive_host(app, steps, (100, 30))


def test_the_panel_asks_for_another_parameter_and_changes_nothing_itself(trace: core.Trace) -> None:
    app = Host(trace, 62, obey=False)

    async def steps(pilot: Pilot[None]) -> None:
        await pilot.press("]")
        [message] = app.heard
        assert isinstance(message, MapPanel.ParameterChosen)
        assert message.parameter == "W_ax"
        assert app.panel.mapped == "W_aa"

    drive_host(app, steps, (100, 30))


@pytest.mark.parametrize("width", [40, 100])
def test_a_click_on_a_name_asks_for_it_and_the_chosen_one_is_marked(trace: core.Trace, width: int) -> None:
    app = Host(trace, 62)

    async def steps(pilot: Pilot[None]) -> None:
        for name in (STATE, "b_y", "W_aa"):
            choice = next(choice for choice in app.query(MapChoice) if choice.series == name)
            assert choice.region.right <= width
            await pilot.click(choice)
            assert app.panel.view.parameter == name
            await pilot.pause()
            assert [choice.series for choice in app.query(MapChoice) if choice.has_class("-chosen")] == [name]

    drive_host(app, steps, (width, 20))


def test_a_parameter_this_network_does_not_have_gives_way_to_one_it_has(trace: core.Trace) -> None:
    app = Host(trace, 62)

    async def steps(pilot: Pilot[None]) -> None:
        app.panel.view = replace(app.panel.view, parameter="W_forget")
        await pilot.pause()
        assert app.panel.mapped == "W_aa"
        app.painted()

    drive_host(app, steps, (60, 20))


@pytest.mark.parametrize("size", [(100, 30), (40, 12)])
def test_a_parameter_with_lag_0_only_is_said_to_have_one_column(trace: core.Trace, size: tuple[int, int]) -> None:
    app = Host(trace, 62)

    async def steps(pilot: Pilot[None]) -> None:
        for name in ("W_y", "b_y"):
            app.panel.view = replace(app.panel.view, parameter=name)
            await pilot.pause()
            assert name in app.says("map-caption")
            assert "lag 0 only" in app.says("map-caption")
            assert "one column" in app.says("map-caption")

    drive_host(app, steps, size)


def test_the_mouse_reads_a_value_and_a_click_picks_it(trace: core.Trace) -> None:
    app = Host(trace, 62)

    async def steps(pilot: Pilot[None]) -> None:
        chart = app.query_one(MapChart)
        at = (10, chart.size.height // 2)
        under = chart.point_at(*at)
        assert under is not None
        assert under[0] is trace
        point = under[1]
        await pilot.hover(MapChart, offset=at)
        [hovered] = app.heard
        assert isinstance(hovered, MapPanel.Picked)
        assert (hovered.t, hovered.k, hovered.clicked) == (point.t, point.k, False)
        assert app.panel.shown.loss == 50
        said = app.says("map-under")
        assert said.startswith("mouse: ")
        assert magnitude(float(log2_map(trace, "W_aa")[point.t - 1, point.k])) in said

        await pilot.click(MapChart, offset=at)
        picked = app.heard[-1]
        assert isinstance(picked, MapPanel.Picked)
        assert (picked.t, picked.k, picked.clicked) == (point.t, point.k, True)
        assert app.panel.shown.loss == point.t
        assert app.query_one(MapChart).cross == CrossHair(point.t, point.k)

        await pilot.hover("#map-caption")
        assert not app.says("map-under").startswith("mouse: ")

    drive_host(app, steps, (100, 30))


def test_the_empty_triangle_and_the_axes_are_not_picked(trace: core.Trace) -> None:
    app = Host(trace, 62)

    async def steps(pilot: Pilot[None]) -> None:
        chart = app.query_one(MapChart)
        for at in ((chart.size.width - 2, 1), (0, 5), (20, chart.size.height - 1), (20, chart.size.height - 2)):
            await pilot.click(MapChart, offset=at)
        assert app.heard == []
        assert app.panel.shown.loss == 50

    drive_host(app, steps, (100, 30))


def test_the_color_under_the_mouse_and_the_number_read_there_agree() -> None:
    long = core.run(core.Experiment(timesteps=300))
    app = Host(long, 320)

    async def steps(pilot: Pilot[None]) -> None:
        chart = app.query_one(MapChart)
        layout = Layout.of(300, *chart.size)
        assert layout is not None
        heatmap = reduce_map(
            long.lags.log2_norm["W_aa"], long.lags.scored, layout.pixel_rows(300, plain=False), layout.columns
        )
        for row in range(layout.rows):
            for column in range(0, layout.columns, 3):
                pixels = slice(2 * row, 2 * row + 2)
                under = chart.point_at(layout.gutter + column, row)
                if under is None:
                    assert np.all(heatmap.kinds[pixels, column] == PixelKind.NOTHING)
                else:
                    log2 = float(long.lags.log2_norm["W_aa"][under[1].t - 1, under[1].k])
                    assert log2 * np.log10(2) == np.max(heatmap.values[pixels, column])

    drive_host(app, steps, (60, 20))


def test_moving_the_cursor_reduces_nothing_again(trace: core.Trace, monkeypatch: pytest.MonkeyPatch) -> None:
    reduced = []

    def counted(*given: Any, **named: Any) -> Any:
        reduced.append(given[2:])
        return reduce_map(*given, **named)

    monkeypatch.setattr(map_chart, "reduce_map", counted)
    app = Host(trace, 51)

    async def steps(pilot: Pilot[None]) -> None:
        app.painted()
        before = len(reduced)
        for position in range(52, 58):
            app.panel.cursor = Cursor(50).at(position)
            await pilot.press("up")
            app.painted()
        await pilot.hover(MapChart, offset=(12, 8))
        app.painted()
        assert len(reduced) == before
        app.panel.view = replace(app.panel.view, parameter="b_a")
        await pilot.pause()
        app.painted()
        assert len(reduced) == before + 1
        await pilot.resize_terminal(70, 24)
        await pilot.pause()
        app.painted()
        assert len(reduced) > before + 1

    drive_host(app, steps, (100, 30))


@pytest.fixture(scope="module")
def networks() -> list[core.Trace]:
    settings: list[dict[str, Any]] = [
        {"timesteps": 1},
        {"timesteps": 200},
        {"timesteps": 5},
        {"gain": 3.0},
        {"gain": 0.0, "scored": "last"},
        {"activation": "relu", "hidden_size": 4, "bias": -0.5},
        {"activation": "identity", "gain": 40.0, "timesteps": 250},
    ]
    return [core.run(core.Experiment(**changes)) for changes in settings]


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "ansi-dark"])
def test_every_network_and_theme_is_shown_at_every_size(networks: list[core.Trace], theme: str) -> None:
    app = Host(networks[0])

    async def steps(pilot: Pilot[None]) -> None:
        app.theme = theme
        for size in ((100, 30), (40, 12), (20, 6), (5, 3)):
            await pilot.resize_terminal(*size)
            for one in networks:
                app.panel.shown = replace(app.panel.shown, trace=one)
                app.panel.cursor = Cursor(len(one.tape.losses)).at(10**6)
                for name in ("W_y", STATE, "W_aa"):
                    app.panel.view = replace(app.panel.view, parameter=name)
                    await pilot.pause()
                    chart = app.query_one(MapChart)
                    assert {len(line) for line in app.painted()} <= {chart.size.width}
                    assert chart.cross is not None
                    assert chart.cross.t == len(one.tape.losses)

    drive_host(app, steps, (100, 30))


def test_as_a_table_the_map_follows_the_same_keys_and_the_same_mouse(trace: core.Trace) -> None:
    app = Host(trace, 62)

    async def steps(pilot: Pilot[None]) -> None:
        app.panel.view = replace(app.panel.view, as_table=True)
        await pilot.press("up", "up")
        chart = app.query_one(MapChart)
        assert chart.cross == CrossHair(48, 10)
        assert app.says("map-caption").startswith("number: ")
        heatmap = app.painted()
        [row] = [line for line in heatmap if "48 ▶" in line]
        assert magnitude(float(trace.lags.log2_norm["W_aa"][47, 10])) in row.split()
        assert "▼10" in heatmap[0]
        y = heatmap.index(row) - 3
        x = heatmap[0].index(" 12 ")
        await pilot.click(MapChart, offset=(x, y))
        picked = app.heard[-1]
        assert isinstance(picked, MapPanel.Picked)
        assert (picked.t, picked.k, picked.clicked) == (45, 12, True)

    drive_host(app, steps, (100, 30))


@pytest.mark.parametrize("as_table", [False, True])
def test_a_pinned_trace_stands_beside_on_the_same_scale(trace: core.Trace, as_table: bool) -> None:
    pinned = core.run(core.Experiment(gain=2.0, timesteps=30))
    app = Host(trace, 62)

    async def steps(pilot: Pilot[None]) -> None:
        app.panel.view = replace(app.panel.view, as_table=as_table)
        app.panel.shown = replace(app.panel.shown, pins=(Pin(pinned),))
        await pilot.pause()
        chart = app.query_one(MapChart)
        text = "\n".join(app.painted())
        assert "now" in text
        assert "pinned" in text
        assert chart.cross == CrossHair(50, 12)
        await pilot.press(*["up"] * 25)
        app.panel.cursor = Cursor(50).at(100 - 13)
        await pilot.pause()
        size = magnitude(float(pinned.lags.log2_norm["W_aa"][24, 12]))
        assert app.says("map-here").endswith(f" · pinned {size}")
        found = [chart.point_at(x, y) for y in range(chart.size.height) for x in range(chart.size.width)]
        assert {id(under[0]) for under in found if under is not None} == {id(trace), id(pinned)}
        await pilot.hover(MapChart, offset=(chart.size.width // 2 + 12, chart.size.height - 8))
        assert app.says("map-under").startswith("mouse, pinned: ")
        await pilot.resize_terminal(50, 20)
        await pilot.pause()
        assert "pinned" not in "\n".join(app.painted())
        assert "pinned" in app.says("map-here")

    drive_host(app, steps, (120, 36))


def test_a_loss_that_only_the_pinned_trace_has_is_read_but_not_picked(trace: core.Trace) -> None:
    short = core.run(core.Experiment(timesteps=10))
    app = Host(short, 15)

    async def steps(pilot: Pilot[None]) -> None:
        app.panel.shown = replace(app.panel.shown, pins=(Pin(trace),))
        await pilot.pause()
        chart = app.query_one(MapChart)
        y = chart.size.height - 5
        await pilot.click(MapChart, offset=(chart.size.width // 2 + 6, y))
        assert app.says("map-under").startswith("mouse, pinned: ")
        assert app.heard == []
        assert app.panel.shown.loss == 10
        app.panel.shown = replace(app.panel.shown, pins=())
        await pilot.pause()
        assert not app.says("map-under").startswith("mouse")

    drive_host(app, steps, (120, 36))


def test_another_cell_is_painted_whatever_parameter_was_shown(trace: core.Trace) -> None:
    app, gated = Host(trace, 62), core.run(core.Experiment(cell="gru", timesteps=10))
    only = next(name for name in gated.network.parameters if name not in trace.network.parameters)

    async def steps(pilot: Pilot[None]) -> None:
        for one, name in ((gated, only), (trace, only), (gated, "W_aa"), (trace, "W_aa")):
            app.panel.shown = replace(app.panel.shown, trace=one)
            app.painted()  # as a repaint may come before the panel has shown the new trace
            app.panel.view = replace(app.panel.view, parameter=name)
            app.painted()
            await pilot.pause()
            assert app.query_one(MapChart).trace is one
            assert app.panel.mapped in choices(one)
            app.painted()

    drive_host(app, steps, (100, 30))


def test_another_theme_repaints_on_its_own_background(trace: core.Trace) -> None:
    app = Host(trace, 62)

    async def steps(pilot: Pilot[None]) -> None:
        chart = app.query_one(MapChart)
        for theme, dark in (("textual-light", False), ("textual-dark", True)):
            app.theme = theme
            await pilot.pause()
            styles = [segment.style for segment in chart.render_line(chart.size.height - 1)]
            chip = f"#{paints(chart.palette).zero:06x}"
            assert chart.palette.dark is dark
            assert any(style is not None and style.color is not None and style.color.name == chip for style in styles)

    drive_host(app, steps, (60, 20))


def test_without_color_the_panel_paints_shades(trace: core.Trace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = Host(trace, 62)

    async def steps(pilot: Pilot[None]) -> None:
        assert app.no_color
        assert not app.query_one(MapChart).palette.hues
        text = "".join(app.painted())
        assert all(shade in text for shade in "░▒▓█")
        assert "▀" not in text
        under = app.query_one(MapChart).point_at(10, 8)
        assert under is not None
        assert len(under[1].losses) >= 2

    drive_host(app, steps, (60, 20))


def test_too_small_a_chart_says_what_it_needs(trace: core.Trace) -> None:
    app = Host(trace, 62)

    async def steps(pilot: Pilot[None]) -> None:
        await pilot.resize_terminal(11, 20)
        await pilot.pause()
        assert "needs" in "".join(app.painted())
        assert app.query_one(MapChart).point_at(5, 2) is None

    drive_host(app, steps, (60, 20))


def test_the_map_has_help_of_its_own() -> None:
    assert help_text("map") == MapChart.HELP
    assert help_text("map").startswith("# Map")
