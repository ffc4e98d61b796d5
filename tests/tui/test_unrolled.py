"""The unrolled network: bars that rise with the data, a gradient that arrives step by step, a cursor to point with."""

from __future__ import annotations

import numpy as np
import pytest
from driving import MEDIUM, NARROW, WIDE, Drive, explorer, text_of
from textual.events import MouseMove
from textual.geometry import Offset

import core
from core import Experiment
from tui.explorer.actions.settings import change as change_settings
from tui.explorer.panels.unrolled import UnrolledNetwork
from tui.explorer.session.cursor import Cursor
from tui.report.charts.glyph_grid import GlyphGrid, pack
from tui.report.charts.gradient_scale import color, decades
from tui.report.charts.step_rows import BARS, Window
from tui.report.charts.unrolled import LABEL, Unrolled, draw_unrolled
from tui.report.input_rows import input_rows
from tui.report.numbers import magnitude
from tui.report.palette import dark_palette

SMALL = Experiment(timesteps=12, hidden_size=3)


def painted(drive: Drive) -> dict[str, str]:
    """The rows by their label, and what the last one says of the cursor under ''."""
    strip = drive.one(UnrolledNetwork)
    lines = [strip.render_line(y).text for y in range(strip.size.height)]
    return {line[:LABEL].strip(): line[LABEL:] for line in lines}


def cells(drive: Drive, label: str) -> str:
    """One character a step of a row."""
    row, view = painted(drive)[label], window(drive)
    return "".join(row[view.columns(step)[0]] for step in view.steps)


def window(drive: Drive) -> Window:
    assert drive.screen.cursor is not None
    strip = drive.one(UnrolledNetwork)
    even = any(row.values is None for row in input_rows(drive.trace))
    return Window.around(drive.screen.cursor.step, drive.screen.cursor.steps, strip.size.width - LABEL, even=even)


def row_of(drive: Drive, label: str) -> int:
    """Which row of the strip has this name."""
    strip = drive.one(UnrolledNetwork)
    return next(y for y in range(strip.size.height) if strip.render_line(y).text.startswith(label))


def heights(text: str) -> list[int]:
    return [BARS.index(character) for character in text]


# What it shows


@explorer(SMALL, only="work")
async def test_the_bars_rise_with_the_input_the_output_and_the_target(drive: Drive) -> None:
    trace = drive.trace
    inputs, outputs, targets = trace.batch.inputs[:, 0, 0], trace.tape.outputs[:, 0, 0], trace.batch.targets[:, 0, 0]
    low, high = min(outputs.min(), targets.min()), max(outputs.max(), targets.max())
    for label, values, bottom, top in (
        ("input x", inputs, inputs.min(), inputs.max()),
        ("output y", outputs, low, high),
        ("target", targets, low, high),
    ):
        expected = (values - bottom) / (top - bottom) * 7
        assert np.allclose(heights(cells(drive, label)), expected, atol=0.51), label


@explorer(SMALL, only="work")
async def test_going_back_the_gradient_reaches_one_state_after_another(drive: Drive) -> None:
    await drive.press("end")
    whole = cells(drive, "gradient")
    norms = drive.trace.lags.log2_state_norm[11][::-1].tolist()
    by_norm = [height for _, height in sorted(zip(norms, heights(whole), strict=True))]
    assert by_norm == sorted(by_norm), "a larger gradient has no lower bar"
    assert by_norm[-1] == 7
    for s in range(2, 13):
        await drive.press("left")
        assert cells(drive, "gradient") == "·" * (s - 1) + whole[s - 1 :], "what is not reached yet is not told yet"


@explorer(SMALL, size=WIDE, only="work")
async def test_the_last_row_says_where_the_cursor_is_and_points_at_it(drive: Drive) -> None:
    for position in range(24):
        cursor = Cursor(12, position)
        told = painted(drive)[""]
        if cursor.backward:
            norm = magnitude(float(drive.trace.lags.log2_state_norm[11, 12 - cursor.step]))
            assert f"backward, s = {cursor.step} of 12: ‖∂L_12/∂a⟨{cursor.step}⟩‖ = {norm}" in told
        else:
            assert f"forward, t = {cursor.step} of 12" in told
        first, end = window(drive).columns(cursor.step)
        assert first <= told.index("▲") < end
        await drive.press("right")


@pytest.mark.parametrize("task", ["adding", "text", "copy", "sunspots"])
def test_the_inputs_have_the_color_of_how_much_they_act_on_the_loss(task: str) -> None:
    trace = core.run(SMALL.replace(task=task))
    one = core.backward_pass(trace.tape, losses=[12])
    of, palette = Unrolled(trace, one, 12), dark_palette()

    def drawn(*, backward: bool) -> tuple[GlyphGrid, dict[str, int], list[int]]:
        strip = draw_unrolled(of, step=5, backward=backward, losses="", width=100, height=30, palette=palette)
        assert strip is not None
        rows = {label: len(strip.plan.drawn) + y for y, label in enumerate(strip.plan.below)}
        return strip.grid, rows, [LABEL + strip.window.columns(step)[0] for step in range(1, 13)]

    grid, rows, columns = drawn(backward=True)
    gradient = one.gradients.inputs[:, 0]
    whole = np.linalg.norm(gradient, axis=1)
    bars = "".join(str(grid.glyphs[rows["at input x"], x]) for x in columns)
    assert bars[:4] == "····"
    reached = one.log2_inputs[4:]
    assert [heights(bars[4:])[at] for at in np.argsort(reached)] == sorted(heights(bars[4:]))
    for row in of.inputs:
        sizes = whole if row.column is None else np.abs(gradient[:, row.column])
        for step in range(6, 13):  # the cursor at 5 has a color of its own
            with np.errstate(divide="ignore"):
                size = decades(float(np.log2(sizes[step - 1])), float(np.log2(whole.max())))
            expected = color(size, palette, text=row.values is None)
            near = {color(size + by, palette, text=row.values is None) for by in (-1e-9, 1e-9)}
            assert grid.ink[rows[row.label], columns[step - 1]] in {expected, *near}, (row.label, step)
        assert grid.ink[rows[row.label], columns[0]] == pack(palette.muted)
    grid, rows, columns = drawn(backward=False)
    assert {str(grid.glyphs[rows["at input x"], x]) for x in columns} == {"·"}
    assert grid.ink[rows[of.inputs[0].label], columns[0]] == pack(palette.foreground)


@explorer(SMALL.replace(cell="lstm"), size=WIDE, only="work")
async def test_the_gradient_at_a_state_of_two_parts_is_told_as_that_of_both(drive: Drive) -> None:
    await drive.press("end", "f")
    await drive.until(lambda: drive.screen.shown.loss is None)
    backward_pass = drive.trace.backward_pass
    both, alone = (
        magnitude(float(logs[0])) for logs in (backward_pass.log2_state_gradient, backward_pass.log2_parts["a"])
    )
    assert both != alone
    assert f"‖∂L/∂(a, c)⟨1⟩‖ = {both}" in painted(drive)[""]
    await drive.press("p")
    change_settings(drive.screen, SMALL)
    await drive.settled()
    await drive.press("end")
    now = magnitude(float(drive.trace.backward_pass.log2_state_gradient[0]))
    assert f"‖∂L/∂a⟨1⟩‖ = {now}, pinned, of (a, c), {both}" in painted(drive)[""]


@explorer(SMALL, size=WIDE, only="work")
async def test_a_pinned_gradient_stands_below_on_the_same_scale(drive: Drive) -> None:
    await drive.press("p", "end", "f")
    await drive.until(lambda: drive.screen.shown.loss is None)
    assert cells(drive, "pinned") == cells(drive, "gradient")
    change_settings(drive.screen, SMALL.replace(gain=4.0, timesteps=10))
    await drive.settled()
    pinned, strip = drive.screen.shown.pinned, drive.one(UnrolledNetwork)
    assert pinned is not None
    now, then = drive.trace.backward_pass.log2_state_gradient, pinned.backward_pass.log2_state_gradient
    both = np.concatenate([now, then])
    low = min(both.min(), both.max() - 2 * np.log2(10))
    shown = heights(cells(drive, "gradient") + cells(drive, "pinned"))
    expected = (np.concatenate([now, then[: len(now)]]) - low) / (both.max() - low) * 7
    assert np.allclose(shown, expected, atol=0.51)
    assert f"pinned {magnitude(float(then[0]))}" in painted(drive)[""]

    drive.screen.set_focus(strip)
    await drive.press("f", "less_than_sign", "less_than_sign", "less_than_sign")
    await drive.until(lambda: drive.screen.shown.loss == 7)
    await drive.press("end")
    assert f"pinned {magnitude(float(pinned.lags.log2_state_norm[6, 6]))}" in painted(drive)[""]
    drive.screen.view = drive.screen.view.following("last")
    await drive.until(lambda: drive.screen.shown.loss == 10)
    theirs = magnitude(float(pinned.lags.log2_state_norm[11, 11]))
    assert f"pinned L_12 {theirs}" in painted(drive)[""], "each goes back from its own last loss"
    await drive.press("X")
    assert "pinned" not in painted(drive)
    assert "pinned" not in painted(drive)[""]


@explorer(SMALL, only="work")
async def test_every_kind_of_network_is_drawn(drive: Drive) -> None:
    strip = drive.one(UnrolledNetwork)
    for experiment in (
        SMALL.replace(input_gain=0.0),
        SMALL.replace(task="noise", readout="softmax", batch_size=3),
        SMALL.replace(readout="sigmoid", scored="last"),
        SMALL.replace(timesteps=1),
        SMALL.replace(activation="relu", bias=-50.0),
        Experiment(timesteps=60, hidden_size=2, gain=1e6, activation="identity"),
        Experiment(timesteps=60, hidden_size=2, gain=1e-6),
    ):
        change_settings(drive.screen, experiment)
        await drive.settled()
        for key in ("home", "end", "t", "shift+right"):
            await drive.press(key)
            rows = strip.paint(strip.size.width, strip.size.height)
            assert rows
            assert all(line.cell_length <= strip.size.width for line in rows)
            assert "nan" not in painted(drive)[""]


# Pointing


@pytest.mark.parametrize("backward", [False, True])
@explorer(SMALL, only="work")
async def test_a_click_goes_to_the_step_under_the_mouse(drive: Drive, backward: bool) -> None:
    strip = drive.one(UnrolledNetwork)
    if backward:
        await drive.press("end")
    edge = strip.content_region.offset - strip.region.offset
    for step in (1, 5, 8, 12):
        column = sum(window(drive).columns(step)) // 2
        row = row_of(drive, "gradient" if backward else "state a")
        await drive.pilot.click(strip, offset=edge + Offset(LABEL + column, row))
        assert drive.screen.cursor is not None
        assert (drive.screen.cursor.step, drive.screen.cursor.backward) == (step, backward)


@explorer(SMALL, only="work")
async def test_a_click_on_an_output_or_a_target_shows_the_loss_of_its_step(drive: Drive) -> None:
    strip = drive.one(UnrolledNetwork)
    edge = strip.content_region.offset - strip.region.offset
    for label, t in (("output y", 5), ("target", 8), ("output y", 12)):
        y = row_of(drive, label)
        column = sum(window(drive).columns(t)) // 2
        await drive.pilot.click(strip, offset=edge + Offset(LABEL + column, y))
        await drive.until(lambda t=t: drive.screen.shown.loss == t)
        assert drive.screen.cursor == Cursor(12), "the cursor stays"
        assert strip.title.plain == f"Unrolled network · ‹ L_{t} › "
    assert drive.screen.view.loss == "last", "that of the last step is the last, in a longer sequence too"


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
@pytest.mark.parametrize("size", [NARROW, MEDIUM])
def test_a_click_on_an_arrow_of_the_title_shows_the_loss_before_or_after(cell: str, size: tuple[int, int]) -> None:
    @explorer(SMALL.replace(cell=cell), size=size, only="work")
    async def clicked(drive: Drive) -> None:
        strip = drive.one(UnrolledNetwork)
        for arrow, t in (("‹", 11), ("‹", 10), ("›", 11)):
            column = 3 + strip.title.plain.index(arrow)
            await drive.pilot.click(strip, offset=(column, 0))
            await drive.until(lambda t=t: drive.screen.shown.loss == t, f"{arrow} to L_{t}")
        assert drive.screen.cursor == Cursor(12), "the cursor stays"

    clicked()


@explorer(SMALL.replace(scored="last"), only="work")
async def test_a_click_on_a_step_without_a_loss_goes_there_whatever_the_row(drive: Drive) -> None:
    strip = drive.one(UnrolledNetwork)
    edge = strip.content_region.offset - strip.region.offset
    y = row_of(drive, "output y")
    await drive.pilot.click(strip, offset=edge + Offset(LABEL + sum(window(drive).columns(4)) // 2, y))
    assert drive.screen.cursor is not None and drive.screen.cursor.step == 4
    assert (drive.screen.view.loss, drive.screen.shown.loss) == ("last", 12)


@explorer(SMALL, size=WIDE, only="work")
async def test_the_way_back_of_one_loss_begins_where_it_is_taken(drive: Drive) -> None:
    drive.screen.view = drive.screen.view.following(7)
    await drive.until(lambda: drive.screen.shown.loss == 7)
    await drive.press("end")
    assert cells(drive, "gradient")[7:] == "·" * 5
    assert "·" not in cells(drive, "gradient")[:7]
    await drive.press(*["left"] * 9)
    assert "backward, s = 10 of 12: L_7 comes in at s = 7" in painted(drive)[""]


@explorer(SMALL, only="work")
async def test_the_cursor_follows_a_drag_and_stays_when_let_go(drive: Drive) -> None:
    strip = drive.one(UnrolledNetwork)
    edge = strip.content_region.offset - strip.region.offset

    def at(step: int) -> Offset:
        return edge + Offset(LABEL + sum(window(drive).columns(step)) // 2, row_of(drive, "input x"))

    await drive.pilot.mouse_down(strip, offset=at(3))
    assert drive.screen.cursor is not None
    assert drive.screen.cursor.step == 3
    await drive.pilot._post_mouse_events([MouseMove], strip, offset=at(9), button=1)
    assert drive.screen.cursor.step == 9
    await drive.pilot.mouse_up(strip, offset=at(9))
    await drive.pilot.hover(strip, offset=at(5))
    assert drive.screen.cursor.step == 9


# More steps than columns


@explorer(Experiment(timesteps=400, hidden_size=2), size=NARROW, only="work")
async def test_the_window_goes_with_the_cursor_and_an_overview_shows_where_it_is(drive: Drive) -> None:
    for keys, step in ((["home"], 1), (["shift+right"] * 4, 41), (["end"], 1), (["t"], 1), (["t", "t"], 1)):
        await drive.press(*keys)
        assert drive.screen.cursor is not None
        assert drive.screen.cursor.step == step
        assert step in window(drive).steps
        overview = painted(drive)["all steps"].rstrip()
        assert overview.index("●") == pytest.approx((step - 1) / 400 * len(overview), abs=1)
        heavy = [i for i, character in enumerate(overview) if character in "━●"]
        assert len(heavy) / len(overview) == pytest.approx(window(drive).count / 400, abs=0.05)


@explorer(Experiment(timesteps=400, hidden_size=2), size=NARROW, only="work")
async def test_a_click_on_the_overview_goes_anywhere(drive: Drive) -> None:
    strip = drive.one(UnrolledNetwork)
    edge = strip.content_region.offset - strip.region.offset
    row, columns = strip.size.height - 2, strip.size.width - LABEL
    for share in (0.9, 0.5, 0.0):
        await drive.pilot.click(strip, offset=edge + Offset(LABEL + round(share * columns), row))
        assert drive.screen.cursor is not None
        assert drive.screen.cursor.step == pytest.approx(1 + share * 400, abs=400 / columns + 1)


@explorer(SMALL.replace(task="adding"), size=WIDE, only="work")
async def test_the_marks_of_the_adding_task_are_seen(drive: Drive) -> None:
    marks = drive.trace.batch.inputs[:, 0, 1]
    assert heights(cells(drive, "mark")) == (7 * marks).astype(int).tolist()
    assert {"number", "mark", "state a", "output y", "target", ""} <= set(painted(drive))


@explorer(SMALL.replace(task="text"), size=NARROW, only="work")
async def test_a_text_can_be_read(drive: Drive) -> None:
    (row,) = input_rows(drive.trace)
    assert cells(drive, "input x") == row.glyphs
    assert len(set(row.glyphs)) > 3


# The network drawn; its numbers are held by test_network_drawing.py


@explorer(SMALL, only="work")
async def test_the_cells_go_with_the_cursor_and_the_legend_with_the_way_back(drive: Drive) -> None:
    strip = drive.one(UnrolledNetwork)
    assert "a⟨1⟩" in text_of(strip) and "◀" not in text_of(strip)
    assert not str(strip.border_subtitle)
    await drive.press("end", "left", "left")
    text = text_of(strip)
    for s, lag in ((3, 9), (4, 8)):
        assert f"a⟨{s}⟩" in text and f"lag {lag}" in text
    assert "L_12 ▼" in text and "┃◀" in text
    assert str(strip.border_subtitle).startswith("arrows ◀, "), "the rows below have a scale of their own"
    assert "in parts of what L_12 puts in: " in str(strip.border_subtitle) and "▃▃" in str(strip.border_subtitle)
    await drive.press("space")
    assert str(strip.border_subtitle).startswith("playing") and "▄▄" in str(strip.border_subtitle)
    await drive.press("space", "home")
    assert not str(strip.border_subtitle)


@explorer(SMALL, only="work")
async def test_a_click_on_a_cell_goes_to_its_step_and_on_its_output_to_its_loss(drive: Drive) -> None:
    strip = drive.one(UnrolledNetwork)
    edge = strip.content_region.offset - strip.region.offset
    lines = text_of(strip).splitlines()
    (y,) = (y for y, line in enumerate(lines) if "a⟨3⟩" in line)
    await drive.pilot.click(strip, offset=edge + Offset(lines[y].index("a⟨3⟩"), y))
    assert drive.screen.cursor == Cursor(12, 2)
    lines = text_of(strip).splitlines()
    await drive.pilot.click(strip, offset=edge + Offset(lines[0].index("y⟨4⟩"), 0))
    await drive.until(lambda: drive.screen.shown.loss == 4)
    assert drive.screen.cursor == Cursor(12, 2), "the cursor stays"
    cell = edge + Offset(text_of(strip).splitlines()[y].index("a⟨4⟩"), y)
    await drive.pilot.mouse_down(strip, offset=cell)
    await drive.pilot._post_mouse_events([MouseMove], strip, offset=cell + Offset(1, 0), button=1)
    assert drive.screen.cursor == Cursor(12, 3), "the cells have gone on below the mouse, which is no drag"
    await drive.pilot.mouse_up(strip, offset=cell)


@explorer(SMALL.replace(cell="lstm"), size=NARROW, only="work")
async def test_at_80_columns_and_24_rows_there_is_a_smaller_drawing(drive: Drive) -> None:
    await drive.press("end", "right")
    strip = drive.one(UnrolledNetwork)
    assert strip.size.height <= 6
    labels = [line[:LABEL].strip() for line in text_of(strip).splitlines()]
    assert labels[-1] == "" and {"◀ direct f", "◀ matrices", "gradient"} <= set(labels)


@pytest.mark.parametrize(("more", "rows"), [({}, 10), ({"cell": "lstm"}, 12), ({"task": "adding", "cell": "lstm"}, 13)])
def test_a_middling_screen_gives_the_strip_the_rows_that_it_needs(more: dict[str, str], rows: int) -> None:
    @explorer(SMALL.replace(**more), only="work")
    async def scenario(drive: Drive) -> None:
        strip = drive.one(UnrolledNetwork)
        for key in ("home", "end"):
            await drive.press(key)
            assert strip.size.height == rows
            labels = {line[:LABEL].strip() for line in text_of(strip).splitlines()}
            assert {row.label for row in input_rows(drive.trace)} | {"output y", "target"} <= labels

    scenario()


@pytest.mark.parametrize("size", [(20, 6), (40, 20), (60, 12), (200, 24)])
def test_a_terminal_of_any_size_has_what_fits(size: tuple[int, int]) -> None:
    @explorer(SMALL.replace(cell="gru"), size=size, only="work")
    async def scenario(drive: Drive) -> None:
        for keys in (("end", "left"), ("p",), ("home", "right")):
            await drive.press(*keys)
            text_of(drive.one(UnrolledNetwork))

    scenario()


@explorer(SMALL, only="work")
async def test_the_scale_has_the_colors_of_the_theme_that_is_chosen_later(drive: Drive) -> None:
    await drive.press("end")
    strip = drive.one(UnrolledNetwork)

    def scale() -> list[object]:
        assert strip._border_subtitle is not None
        return [(span.start, span.end, span.style) for span in strip._border_subtitle.spans]

    dark = scale()
    assert len(dark) > 1
    drive.app.theme = "textual-light"
    await drive.until(lambda: scale() != dark)
    light = scale()
    await drive.press("left", "right")
    assert scale() == light, "as it is when it is written anew"


@explorer(Experiment(timesteps=30, hidden_size=2), size=WIDE, only="work")
async def test_a_repaint_before_another_network_was_taken_in_is_of_that_network(drive: Drive) -> None:
    """As a resize does it, between the moment when a trace is shown and that when the panel looks at it."""
    drive.screen.cursor = Cursor(30).at_step(30).turned()
    await drive.settled()
    strip, arrived, painted = drive.one(UnrolledNetwork), UnrolledNetwork._arrived, list[int]()

    def after_a_repaint(panel: UnrolledNetwork) -> None:
        panel.paint(panel.size.width, panel.size.height)
        assert panel._known is not None
        painted.append(panel._known.steps)
        arrived(panel)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(UnrolledNetwork, "_arrived", after_a_repaint)
        for steps in (6, 40):
            change_settings(drive.screen, drive.screen.subject.experiment.replace(timesteps=steps))
            await drive.settled()
    assert painted[-1] == 40 and 6 in painted
    assert strip._drawn is not None
