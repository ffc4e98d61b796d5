"""The units: a reduction that says what it shows, a heat map for every size and cell, and its panel."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from driving import drive_host
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import Static
from toy_cells import TOYS, registered

import core
from core.network.cells import CELLS
from tui.explorer.panels.units import UnitsPanel
from tui.explorer.session.cursor import Cursor
from tui.explorer.session.view import View
from tui.explorer.widgets.map_choices import MapChoice
from tui.explorer.widgets.units_chart import UnitsChart
from tui.report.charts.heatmap import PixelKind
from tui.report.charts.map_colors import signed_paints
from tui.report.charts.unit_grid import Covered, UnitGrid, reduce_units, unit_grid
from tui.report.charts.unit_table import draw_unit_table, unit_window
from tui.report.charts.units import draw_units, scale_of, unit_layout
from tui.report.numbers import MINUS, number
from tui.report.palette import contrast, dark_palette, light_palette
from tui.report.words.forms import fitting
from tui.report.words.units import (
    ABOVE,
    BELOW,
    DEAD,
    caption,
    cell_reading,
    chosen,
    counts,
    quantities,
    reading,
    value_at,
)


def grid_of(values: Any, *, saturated: Any = None, is_share: bool = False, dead: Any = None) -> UnitGrid:
    values = np.asarray(values, dtype=np.float64)
    return UnitGrid(
        symbol="q",
        made_by="z",
        is_share=is_share,
        values=values,
        sign=None,
        saturated=np.zeros(values.shape, dtype=bool) if saturated is None else np.asarray(saturated),
        above=values > 0,
        dead=np.zeros(len(values), dtype=bool) if dead is None else np.asarray(dead),
        last=values.shape[1],
    )


@pytest.fixture(scope="module")
def traces() -> dict[str, core.Trace]:
    base = core.Experiment(hidden_size=6, timesteps=12, batch_size=2, gain=2.0)
    found = {name: core.run(base.replace(cell=name)) for name in CELLS}
    found["relu"] = core.run(base.replace(activation="relu", bias=-1.0))
    found["leaky"] = core.run(base.replace(leak=0.5))
    for toy in TOYS:
        with registered(toy):
            found[toy.name] = core.run(base.replace(cell=toy.name))
    return found


KNOWN = (*CELLS, "relu", "leaky", *(toy.name for toy in TOYS))


def cell_of(name: str) -> Any:
    return next((registered(toy) for toy in TOYS if toy.name == name), nullcontext())


# What can be shown


def test_the_cells_say_what_can_be_shown_of_their_units(traces: dict[str, core.Trace]) -> None:
    def symbols(name: str) -> str:
        with cell_of(name):
            return " ".join(quantities(traces[name].network))

    assert symbols("rnn") == symbols("relu") == symbols("deep") == "a z φ' δ"
    assert symbols("leaky") == "a φ(z) z φ' δ"
    assert symbols("lstm") == "a c i f g o z_i z_f z_g z_o σ'_i σ'_f φ'_g σ'_o δ_i δ_f δ_g δ_o"
    assert symbols("gru") == "a r z n z_r z_z z_n m σ'_r σ'_z φ'_n δ_r δ_z δ_n δ_m"
    assert symbols("mgu") == "h u n z_u z_n m σ'_u φ'_n δ_u δ_n δ_m"
    assert symbols("two-layers") == "p q v w φ'_v φ'_w δ_v δ_w"


def test_a_candidate_is_no_gate_although_its_function_is_that_of_one() -> None:
    trace = core.run(core.Experiment(cell="lstm", activation="sigmoid", hidden_size=2, timesteps=3))
    found = quantities(trace.network)
    assert [name for name, one in found.items() if one.kind == "slope"] == ["σ'_i", "σ'_f", "φ'_g", "σ'_o"]
    assert (found["g"].is_gate, found["g"].is_share, found["f"].is_gate) == (False, True, True)
    assert "0 shut and 1 open" in caption(trace, found["f"], 3, by_decades=False)[0]
    assert "open" not in caption(trace, found["g"], 3, by_decades=False)[0]


def test_what_several_gates_make_is_saturated_by_none_of_them(traces: dict[str, core.Trace]) -> None:
    made_by = {name: one.made_by for name, one in quantities(traces["lstm"].network).items()}
    assert (made_by["a"], made_by["c"], made_by["f"], made_by["δ_o"]) == (None, None, "f", "o")
    assert quantities(traces["leaky"].network)["a"].made_by == "z", "one pre-activation moves a leaky state"
    assert counts(grid_of([[1.0]]), 1)[0].startswith(f"t = 1: {ABOVE}{BELOW} 0 of 1 units saturated")
    grid = unit_grid(traces["lstm"], quantities(traces["lstm"].network)["c"], None)
    assert grid is not None
    assert counts(grid, 1)[0] == "several gates make c⟨t⟩: which units are saturated is shown of each gate"


def test_what_is_not_there_gives_way_to_the_state(traces: dict[str, core.Trace]) -> None:
    assert chosen(traces["lstm"].network, "z_f").name == "f"
    assert chosen(traces["rnn"].network, "z_f").symbol == "a"
    with cell_of("two-layers"):
        assert chosen(traces["two-layers"].network, None).symbol == "q", "the part that is read out"


@pytest.mark.parametrize("name", KNOWN)
def test_the_numbers_are_those_of_the_first_example(traces: dict[str, core.Trace], name: str) -> None:
    trace = traces[name]
    with cell_of(name):
        parts = trace.network.by_part(trace.tape.states[1:, 0])
        z = trace.network.by_preactivation(trace.tape.preactivations[:, 0])
        functions = trace.network.cell.functions(trace.network.activation)
        for one in quantities(trace.network).values():
            grid = unit_grid(trace, one, trace.backward_pass)
            assert grid is not None
            values = grid.values if grid.sign is None else grid.sign * 2.0**grid.values
            f = functions.get(one.name)
            expected = {
                "state": lambda: parts[one.name],  # noqa: B023
                "value": lambda: f.value(z[one.name]),  # noqa: B023
                "preactivation": lambda: z[one.name],  # noqa: B023
                "slope": lambda: f.derivative(z[one.name]) / f.slope_bound,  # noqa: B023
                "gradient": lambda: np.array(
                    [trace.backward_pass.step(s).deltas[one.name].to_float64("δ")[0] for s in range(1, 13)]  # noqa: B023
                ),
            }[one.kind]()
            np.testing.assert_allclose(values, expected.T, rtol=1e-12)
            assert (grid.units, grid.steps) == expected.T.shape
            low, high = grid.limits
            assert low < high
            if one.is_share:
                assert 0.0 <= grid.values.min() <= grid.values.max() <= 1.0


def test_a_gradient_has_nothing_after_its_loss(traces: dict[str, core.Trace]) -> None:
    trace = traces["rnn"]
    back = core.backward_pass(trace.tape, losses=[7])
    grid = unit_grid(trace, quantities(trace.network)["δ"], back)
    assert grid is not None
    assert grid.last == 7
    kinds = reduce_units(grid, 6, 12)[0].kinds
    assert np.all(kinds[:, 7:] == PixelKind.NOTHING)
    assert not np.any(kinds[:, :7] == PixelKind.NOTHING)
    assert reading(grid, 2, 9)[0] == "unit 2: δ⟨9⟩: nothing, as the loss comes in at step 7"
    assert unit_grid(trace, quantities(trace.network)["δ"], None) is None


# Reducing


@given(
    units=st.integers(1, 40),
    steps=st.integers(1, 60),
    rows=st.integers(1, 30),
    columns=st.integers(1, 70),
    is_share=st.booleans(),
    seed=st.integers(0, 10_000),
)
@settings(max_examples=60)
def test_each_cell_shows_what_it_says_of_the_units_and_steps_it_covers(
    units: int, steps: int, rows: int, columns: int, is_share: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    values = rng.random((units, steps)) if is_share else rng.normal(0.0, 2.0, (units, steps))
    grid = grid_of(values, saturated=rng.random((units, steps)) < 0.4, is_share=is_share)
    heatmap, marks = reduce_units(grid, rows, columns)
    assert heatmap.values.shape == marks.shape == (rows, columns)
    assert np.all(heatmap.kinds == PixelKind.VALUE)
    for row in range(rows):
        for column in range(columns):
            at = np.ix_(heatmap.losses.items(row), heatmap.lags.items(column))
            covered, flat = values[at].ravel(), grid.saturated[at].ravel()
            if is_share:
                assert heatmap.values[row, column] == pytest.approx(covered.mean(), rel=1e-12)
            else:
                assert heatmap.values[row, column] == covered[np.argmax(np.abs(covered))]
            assert bool(marks[row, column]) == (flat.mean() >= 0.5)
            sides = np.sign(covered[flat])
            if marks[row, column] and sides.sum():
                assert marks[row, column] == np.sign(sides.sum())


@given(steps=st.integers(2, 40), seed=st.integers(0, 10_000), growth=st.floats(-30.0, 30.0))
@settings(max_examples=40)
def test_on_a_scale_of_decades_only_an_exact_zero_is_zero(steps: int, seed: int, growth: float) -> None:
    rng = np.random.default_rng(seed)
    sign = rng.integers(-1, 2, (3, steps)).astype(np.float64)
    log2 = np.where(sign == 0, -np.inf, rng.normal(0, 20, (3, steps)) + growth * np.arange(steps))
    grid = replace(grid_of(np.zeros((3, steps))), values=log2, sign=sign)
    heatmap, _ = reduce_units(grid, 3, steps)
    assert np.array_equal(heatmap.kinds == PixelKind.ZERO, sign == 0)
    assert np.array_equal(np.sign(heatmap.values), sign)
    low, high = grid.limits
    assert low == -high
    assert np.all(np.abs(heatmap.values) <= high * (1 + 1e-12))
    if np.any(sign):
        place, what = np.unravel_index(np.argmax(log2), log2.shape), scale_of(grid)
        assert abs(heatmap.values[place]) == pytest.approx(high)
        assert what.number(float(heatmap.values[place])) == value_at(grid, int(place[0]) + 1, int(place[1]) + 1)


def test_numbers_of_many_decades_have_a_scale_of_decades() -> None:
    trace = core.run(core.preset("relu-growth").replace(timesteps=60))
    grid = unit_grid(trace, quantities(trace.network)["a"], None)
    assert grid is not None
    assert grid.sign is not None
    heatmap, _ = reduce_units(grid, grid.units, 60)
    assert heatmap.kinds[grid.dead].tolist() == np.full((grid.dead.sum(), 60), PixelKind.ZERO).tolist()
    assert value_at(grid, 1, 5) == value_at(replace(grid, values=trace.tape.states[1:, 0].T, sign=None), 1, 5)


@pytest.mark.parametrize("largest", [0.0, 5e-324, 1e308])
def test_a_scale_of_any_size_has_ends(largest: float) -> None:
    grid = grid_of([[largest, -largest]])
    for palette in (None, dark_palette()):
        drawn = draw_units(grid, 40, 12, palette, unit=1, step=1)
        assert drawn is not None
    low, high = grid.limits
    assert np.isfinite(high - low)
    assert high > low


@pytest.mark.parametrize("is_share", [False, True])
def test_a_cell_is_read_as_what_its_color_stands_for(is_share: bool) -> None:
    values = np.random.default_rng(3).random((9, 30)) - (0.0 if is_share else 0.5)
    grid = grid_of(values, is_share=is_share)
    heatmap, _ = reduce_units(grid, 4, 7)
    units, steps = heatmap.losses.items(2), heatmap.lags.items(5)
    covered = Covered(range(units.start + 1, units.stop + 1), range(steps.start + 1, steps.stop + 1))
    words = cell_reading(grid, covered)
    assert number(float(heatmap.values[2, 5])) in words[0]
    assert f"units {units.start + 1}–{units.stop}, t {steps.start + 1}–{steps.stop}" in words[0]
    assert cell_reading(grid, Covered.one(4, 9)) == reading(grid, 4, 9)
    far = replace(grid, values=np.log2(np.abs(values)), sign=np.sign(values))
    assert far.furthest(covered) == replace(grid, is_share=False).furthest(covered)


# Drawing


@given(
    units=st.integers(1, 300),
    steps=st.integers(1, 90),
    width=st.integers(1, 90),
    height=st.integers(1, 30),
    plain=st.booleans(),
    seed=st.integers(0, 100),
)
@settings(max_examples=60)
def test_it_is_drawn_at_every_size_with_the_unit_and_the_step_marked(
    units: int, steps: int, width: int, height: int, plain: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    grid = grid_of(rng.normal(0, 1, (units, steps)), saturated=rng.random((units, steps)) < 0.3)
    unit, step = int(rng.integers(units)) + 1, int(rng.integers(steps)) + 1
    drawn = draw_units(grid, width, height, None if plain else light_palette(), unit=unit, step=step)
    layout = unit_layout(grid, width, height)
    assert (drawn is None) == (layout is None)
    if drawn is None or layout is None:
        return
    lines = drawn.lines()
    assert [len(line) for line in lines] == [width] * height
    marked = [y for y, line in enumerate(lines[: layout.rows]) if line[layout.gutter - 1] == "▶"]
    assert len(marked) == 1
    assert lines[marked[0]].startswith(f"{unit:>{layout.gutter - 2}}")
    assert lines[layout.rows].count("▲") == 1
    point = lines[layout.rows].index("▲")
    assert lines[marked[0]][point] == ("╋" if plain else "●")
    heatmap, marks = reduce_units(grid, layout.rows, layout.columns)
    assert unit - 1 in heatmap.losses.items(marked[0])
    assert step - 1 in heatmap.lags.items(point - layout.gutter)
    for y, line in enumerate(lines[: layout.rows]):
        for x, glyph in enumerate(line[layout.gutter :]):
            if (y, x) != (marked[0], point - layout.gutter):
                assert (glyph in (ABOVE, BELOW)) == bool(marks[y, x])


def test_dead_units_have_a_sign_beside_them_and_are_counted() -> None:
    trace = core.run(core.preset("relu-growth").replace(timesteps=40))
    grid = unit_grid(trace, quantities(trace.network)["φ'"], None)
    assert grid is not None
    assert 0 < grid.dead.sum() < grid.units
    drawn = draw_units(grid, 60, grid.units + 3, dark_palette(), unit=None, step=None)
    assert drawn is not None
    assert [line[4] == DEAD for line in drawn.lines()[: grid.units]] == grid.dead.tolist()
    assert f"{DEAD} {grid.dead.sum()} dead" in counts(grid, 3)[0]
    assert f"{grid.saturated[:, 2].sum()} of {grid.units} units saturated" in counts(grid, 3)[0]


def test_without_color_saturation_and_sign_are_seen() -> None:
    grid = grid_of([[-1.0, -0.4, 0.0, 0.4, 1.0]], saturated=[[True, False, False, False, True]])
    drawn = draw_units(grid, 15, 8, None, unit=None, step=None)
    assert drawn is not None
    assert drawn.lines()[0][5:] == f"{BELOW * 2}{'-' * 2}{'·' * 2}{'░' * 2}{ABOVE * 2}"
    assert drawn.lines()[-1].strip().startswith(f"{MINUS}1 ")


@pytest.mark.parametrize("palette", [dark_palette(), light_palette()])
def test_the_colors_of_the_two_signs_go_away_from_the_background_alike(palette: Any) -> None:
    scale = [((c >> 16) & 255, (c >> 8) & 255, c & 255) for c in signed_paints(palette).scale.tolist()]
    away = [contrast(color, palette.backdrop) for color in scale]
    half = len(scale) // 2
    assert away[:half] == sorted(away[:half], reverse=True)
    assert away[half:] == sorted(away[half:])
    assert min(away[0], away[-1]) > 3.0
    assert scale[0][2] > scale[0][0], "blue below 0"
    assert scale[-1][0] > scale[-1][2], "orange above it"


@pytest.mark.parametrize("name", KNOWN)
@pytest.mark.parametrize("plain", [True, False])
def test_every_quantity_of_every_cell_is_drawn(traces: dict[str, core.Trace], name: str, plain: bool) -> None:
    trace = traces[name]
    with cell_of(name):
        for one in quantities(trace.network).values():
            grid = unit_grid(trace, one, trace.backward_pass)
            assert grid is not None
            palette = None if plain else dark_palette()
            drawn = draw_units(grid, 50, 14, palette, unit=1, step=12)
            assert drawn is not None
            assert drawn.lines()[-1].strip(), "a scale below it"


# The table


def test_the_table_has_the_numbers_and_marks_what_is_saturated(traces: dict[str, core.Trace]) -> None:
    trace = traces["rnn"]
    grid = unit_grid(trace, quantities(trace.network)["z"], None)
    assert grid is not None
    window = unit_window(grid, 3, 12, 60, 9)
    assert window is not None
    assert 3 in window.losses
    assert 12 in window.lags
    drawn = draw_unit_table(grid, window, 60, 9, None, unit=3, step=12)
    lines = drawn.lines()
    assert "▼12" in lines[0]
    for row, unit in enumerate(window.losses, start=1):
        for column, step in enumerate(window.lags):
            x = window.gutter + column * window.column
            text = lines[row][x : x + window.column]
            mark = "" if not grid.saturated[unit - 1, step - 1] else ABOVE if grid.above[unit - 1, step - 1] else BELOW
            assert text.strip() == value_at(grid, unit, step) + mark
            assert window.place(x + 2, row) == (unit, step)
    assert grid.saturated[np.ix_([u - 1 for u in window.losses], [t - 1 for t in window.lags])].any()
    assert unit_window(grid, 1, 1, 5, 3) is None


def test_the_first_form_that_fits_is_said() -> None:
    assert fitting(("longest", "long", "l"), 4) == "long"
    assert fitting(("longest", "long"), 2) == "long"
    assert fitting((), 2) == ""


# The panel


class Host(App[None]):
    """Owns what the explorer owns."""

    def __init__(self, trace: core.Trace | None, position: int = 0) -> None:
        super().__init__()
        self.given, self.position = trace, position

    def compose(self) -> ComposeResult:
        yield UnitsPanel()

    def on_mount(self) -> None:
        if self.given is not None:
            shown = replace(self.panel.shown, trace=self.given, backward_pass=self.given.backward_pass)
            self.panel.shown = shown
            self.panel.cursor = Cursor(len(self.given.tape.losses)).at(self.position)
        self.chart.focus()

    @property
    def panel(self) -> UnitsPanel:
        return self.query_one(UnitsPanel)

    @property
    def chart(self) -> UnitsChart:
        return self.query_one(UnitsChart)

    def on_units_panel_quantity_chosen(self, message: UnitsPanel.QuantityChosen) -> None:
        self.panel.view = replace(self.panel.view, quantity=message.quantity)

    def on_units_panel_unit_chosen(self, message: UnitsPanel.UnitChosen) -> None:
        self.panel.view = replace(self.panel.view, unit=message.unit)

    def on_units_panel_picked(self, message: UnitsPanel.Picked) -> None:
        self.panel.view = replace(self.panel.view, unit=message.unit)
        if self.panel.cursor is not None:
            self.panel.cursor = self.panel.cursor.at_step(message.step)

    def says(self, where: str) -> str:
        return str(self.query_one(f"#units-{where}", Static).content)

    def painted(self) -> list[str]:
        return [self.chart.render_line(y).text for y in range(self.chart.size.height)]


def test_without_a_trace_the_panel_is_empty_and_deaf() -> None:
    app = Host(None)

    async def steps(pilot: Pilot[None]) -> None:
        await pilot.press("up", "down", "[", "]", "pagedown")
        await pilot.hover(UnitsChart, offset=(20, 3))
        await pilot.click(UnitsChart, offset=(20, 3))
        assert "".join(app.painted()).strip() == ""
        assert app.panel.view == View()

    drive_host(app, steps, (60, 20))


def test_keys_choose_the_unit_and_the_quantity_and_the_lines_below_say_them(traces: dict[str, core.Trace]) -> None:
    trace = traces["rnn"]
    app = Host(trace, 4)

    async def steps(pilot: Pilot[None]) -> None:
        grid = unit_grid(trace, quantities(trace.network)["a"], None)
        assert grid is not None
        assert app.says("caption") == "color: a⟨t⟩, the state of each unit, example 1 of 2"
        assert app.says("counts") == counts(grid, 5)[0]
        assert app.says("reading") == reading(grid, 1, 5)[0]
        await pilot.press("down", "down", "]")
        await pilot.pause()
        assert app.panel.view.quantity == "z"
        assert app.says("reading").startswith("unit 3: z⟨5⟩ = ")
        await pilot.press("[", "[")
        await pilot.pause()
        assert app.says("counts").startswith("t = 5: y = "), "the prediction is the last, the state the first"
        await pilot.press("[")
        await pilot.pause()
        assert app.says("reading").startswith("unit 3: δ⟨5⟩ = ")
        assert "gradient of L_12" in app.says("caption")
        await pilot.press("pagedown")
        assert app.panel.unit == 6
        await pilot.press("pageup")
        assert app.panel.unit == 1
        app.panel.cursor = Cursor(12).at(20)
        await pilot.pause()
        assert app.chart.step == 4
        assert app.says("reading").startswith("unit 1: δ⟨4⟩ = ")

    drive_host(app, steps, (110, 24))


def test_the_mouse_reads_a_value_and_goes_to_its_step(traces: dict[str, core.Trace]) -> None:
    app = Host(traces["rnn"])

    async def steps(pilot: Pilot[None]) -> None:
        await pilot.hover(UnitsChart, offset=(50, 8))
        await pilot.pause()
        covered = app.chart.point_at(50, 8)
        assert covered is not None
        assert not covered.several
        place = (covered.units[0], covered.steps[0])
        assert app.says("reading").startswith(f"mouse: unit {place[0]}: a⟨{place[1]}⟩ = ")
        await pilot.click(UnitsChart, offset=(50, 8))
        await pilot.pause()
        assert (app.panel.unit, app.chart.step) == place
        assert app.panel.cursor is not None
        assert app.panel.cursor.step == place[1]
        await pilot.hover(MapChoice)
        await pilot.pause()
        assert app.says("reading").startswith(f"unit {place[0]}:"), "the mouse has left the chart"
        await pilot.click(app.panel.query(MapChoice)[2])
        await pilot.pause()
        assert app.panel.view.quantity == "φ'"

    drive_host(app, steps, (90, 24))


def test_the_table_stands_in_the_place_of_the_heat_map(traces: dict[str, core.Trace]) -> None:
    app = Host(traces["gru"], 3)

    async def steps(pilot: Pilot[None]) -> None:
        app.panel.view = replace(app.panel.view, as_table=True, quantity="r", unit=2)
        await pilot.pause()
        assert app.says("caption").startswith("number: r⟨t⟩ of each unit")
        assert app.painted()[0].startswith("unit ╲ t")
        assert "▼4" in app.painted()[0]
        assert " 2 ▶" in app.painted()[2]

    drive_host(app, steps, (80, 20))


def test_another_network_with_fewer_units_keeps_the_last_marked(traces: dict[str, core.Trace]) -> None:
    app = Host(traces["lstm"])

    async def steps(pilot: Pilot[None]) -> None:
        app.panel.view = replace(app.panel.view, quantity="f", unit=6)
        await pilot.hover(UnitsChart, offset=(60, 2))
        await pilot.pause()
        small = core.run(core.Experiment(hidden_size=2, timesteps=3))
        app.panel.shown = replace(app.panel.shown, trace=small, backward_pass=small.backward_pass)
        app.panel.cursor = Cursor(3)
        await pilot.pause()
        assert app.panel.unit == 2
        assert app.says("reading").startswith("unit 2: a⟨1⟩ = ")

    drive_host(app, steps, (80, 20))


def test_nothing_is_made_for_a_panel_that_is_out_of_sight(
    traces: dict[str, core.Trace], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    monkeypatch.setattr(
        "tui.explorer.panels.units.unit_grid", lambda *given: (made.append(given), unit_grid(*given))[1]
    )
    app = Host(traces["rnn"])

    async def steps(pilot: Pilot[None]) -> None:
        assert len(made) == 1
        app.panel.display = False
        await pilot.pause()
        app.panel.shown = replace(app.panel.shown, trace=traces["relu"])
        app.panel.cursor = Cursor(12).at(3)
        await pilot.pause()
        assert len(made) == 1
        assert app.chart.grid is None, "what nobody looks at is not kept"
        app.panel.display = True
        await pilot.pause()
        await pilot.pause()
        assert len(made) == 2
        assert app.chart.step == 4
        app.panel.cursor = Cursor(12).at(5)
        await pilot.pause()
        assert len(made) == 2, "the cursor alone changes no number"

    drive_host(app, steps, (80, 20))
