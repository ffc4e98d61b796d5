"""What the report, the record, the files and the panels say of the layers of stacks, and of two directions."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
import tempfile
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from cases import make_both_ways
from driving import HOMES, NARROW, WIDE, Drive, explorer, text_of
from writing import record, report

import core
from core import Experiment, Trace
from core.bptt.directions import one_direction
from core.bptt.parameter_groups import groupings
from core.network.cells.bidirectional import Bidirectional
from tui.explorer.app import RnnApp
from tui.explorer.panels.unrolled import UnrolledNetwork
from tui.explorer.session.cursor import Cursor
from tui.explorer.widgets.lags_chart import LagsChart
from tui.explorer.widgets.layers_strip import LayersStrip
from tui.explorer.widgets.legend import Legend
from tui.report.charts.heatmap import PixelKind, reduce_map
from tui.report.charts.lags import lags_chart
from tui.report.charts.layers import by_layer, layers_chart, layers_strip
from tui.report.charts.map import draw_map
from tui.report.charts.map_frame import CrossHair, Layout
from tui.report.charts.map_table import Window, draw_table
from tui.report.charts.step_rows import log2_state_gradient
from tui.report.charts.unrolled import LABEL, Unrolled, draw_unrolled
from tui.report.charts.unrolled import contents as contents_of
from tui.report.document import Document, Section, Table
from tui.report.formats import Bundle, format_named
from tui.report.formats.text import document_text
from tui.report.lag_report import lags_section
from tui.report.numbers import magnitude
from tui.report.palette import dark_palette
from tui.report.styles import style_of_layer, styles
from tui.report.words.map import STATE, Point, choices, first_lag, log2_at, log2_map, reading
from tui.report.words.sentences import sentences

STACK = Experiment(cell="lstm", layers=3, hidden_size=4, timesteps=30)


@cache
def stack() -> Trace:
    return core.run(STACK)


@cache
def both_ways() -> Trace:
    settings = Experiment(cell="gru", hidden_size=3, timesteps=30)
    one, two = (core.make_network(settings.replace(seed=seed)) for seed in (1, 2))
    return core.run(settings, network=core.Network.bidirectional(one, two))


@cache
def stack_of_both_ways() -> Trace:
    case = make_both_ways("lstm", ((3, 2), (2, 3)), steps=20, seed=3)
    return core.run(network=case.network, batch=case.batch)


@cache
def small_stack_of_both_ways() -> Trace:
    case = make_both_ways("lstm", ((2, 2), (2, 2)), steps=10, seed=3)
    return core.run(network=case.network, batch=case.batch)


def contents(trace: Trace, kind: str) -> bytes:
    return format_named(kind).contents(Bundle(trace))


def test_the_report_tells_of_every_layer_lag_by_lag() -> None:
    text = report(stack())
    assert "lag by layer" in " ".join(text.split())
    assert "layer 3    layer 2    layer 1" in text
    found = record(stack())["layers"]
    assert list(found) == ["1", "2", "3"]
    for layer, of in found.items():
        expected = stack().lags.typical_of_layer(int(layer))
        np.testing.assert_allclose(of["typical"]["log2"], expected)
        assert of["rate"]["log2_per_step"] == stack().lags.rate_of_layer(int(layer)).log2_per_step
    assert record(core.run(STACK.replace(layers=1)))["layers"] == {}


def test_the_words_say_how_much_comes_down_and_how_fast_each_layer_fades() -> None:
    """The first number is the gradient at the lowest layer over that at the last, and not the other way round."""
    (said,) = [text for text in sentences(stack()) if "where the loss comes in" in text]
    lags = stack().lags
    lowest, last = (2.0 ** float(lags.typical_of_layer(layer)[0]) for layer in (1, 3))
    words = r"At lag 0 the gradient at the state of layer (\d) is ×(\S+) of that at layer (\d), where"
    found = re.match(words, said)
    assert found is not None and (found[1], found[3]) == ("1", "3")
    assert float(found[2]) == pytest.approx(lowest / last, rel=5e-3) != pytest.approx(last / lowest, rel=0.5)
    assert f"layer 2 ×{2.0 ** lags.rate_of_layer(2).log2_per_step:.3g}" in said


@pytest.mark.parametrize("width", [50, 80, 100, 140])
@pytest.mark.parametrize("layers", [2, 3, 8])
def test_columns_of_a_stacks_tables_do_not_run_into_each_other(layers: int, width: int) -> None:
    """Each head and each number is there whole, and a space before it; where they do not fit, tables go on below."""
    trace = core.run(STACK.replace(layers=layers, timesteps=12))
    table = lags_section(trace).blocks[0]
    assert isinstance(table, Table)
    lines = document_text(Document("", "", "", (Section((table,)),)), width=width).splitlines()
    assert max(map(len, lines)) <= width
    said = [head.strip() for line in lines for head in re.findall(r" [●■◆◉▣◈○□◇◎] (?:all )?\S+", line)]
    needed = [column.name for column in table.columns if not column.optional]
    assert [head[2:] for head in said][: len(needed)] == needed
    written = " ".join(lines).split()
    for row in table.parts[0]:
        for cell, column in zip(row.cells, table.columns, strict=True):
            assert column.optional or cell.text in written


def test_layers_can_be_told_apart_by_color_and_without() -> None:
    for cell, layers in (("rnn", 2), ("lstm", 3), ("lstm", 8)):
        network = core.make_network(STACK.replace(cell=cell, layers=layers, timesteps=4))
        for by in groupings(network):
            looks = list(styles(network, by).values())
            assert len(set(looks)) == len(looks), (cell, layers, by)
        colors = {(group.layers, styles(network)[name].color) for name, group in core.parameter_groups(network).items()}
        of_layers = [(layer, color) for layer, color in colors if layer]
        assert len({color for _, color in of_layers}) == len(of_layers) == layers
        assert len({style_of_layer(layer) for layer in range(1, layers + 1)}) == layers
    two = core.make_network(STACK.replace(layers=2))
    lines = [styles(two)[name].marker for name, group in core.parameter_groups(two).items() if group.recurrent]
    assert len(set(lines)) == len(lines) == 6


def test_lag_by_layer_is_the_gradient_at_each_layers_state() -> None:
    for loss in (None, 30, 7):
        lags, curves = by_layer(stack(), loss)
        assert list(curves) == [3, 2, 1] and lags == range(30 if loss is None else loss)
        assert all(len(curve) == (30 if loss is None else loss) for curve in curves.values())
    chart = layers_chart(stack(), 80, 20)
    assert [series.name for series in chart.series] == ["layer 3", "layer 2", "layer 1"]
    grid = layers_strip(stack(), 30, 60, None, 4)
    assert grid is not None
    assert [line.split()[:2] for line in grid.lines()[:3]] == [["layer", "3"], ["layer", "2"], ["layer", "1"]]
    assert grid.lines()[3].index("▲") == len("layer 3 ") + 4
    assert layers_strip(core.run(STACK.replace(layers=1)), 30, 60, None, 4) is None
    assert layers_strip(stack(), 30, 10, None, 4) is None


def test_lag_by_layer_of_layers_that_go_both_ways_has_the_steps_after_the_loss() -> None:
    """Against the backward pass of one loss, which is made step by step."""
    trace, loss, steps = stack_of_both_ways(), 8, 20
    below = trace.lags.below
    assert below is not None
    lags, curves = by_layer(trace, loss)
    assert lags == range(loss - steps, loss)
    for layer, curve in curves.items():
        for lag, size in zip(lags, curve, strict=True):
            table = trace.lags if lag >= 0 else below
            assert size == table.log2_layer_norm[layer][loss - 1, abs(lag)]
    assert np.isfinite(curves[1]).all()
    lags, curves = by_layer(trace)
    assert lags == range(1 - steps, steps) and all(len(curve) == len(lags) for curve in curves.values())
    chart = layers_chart(trace, 80, 20)
    assert chart.x_limits == (-19.0, 19.0)
    assert all((min(one.x), max(one.x)) == (-19, 19) for one in chart.series)
    grid = layers_strip(trace, loss, 60, None, -4)
    assert grid is not None
    row = grid.lines()[2]
    assert row.index("▲") == len("layer 2 ") + 12 - 4 and row[len("layer 2 ") :].startswith("−12")
    assert "−10" in report(trace).partition("whole state of layer l")[2].partition("per step")[0]
    np.testing.assert_allclose(
        record(trace)["layers"]["1"]["below"]["typical"]["log2"][1:], below.typical_of_layer(1)[1:]
    )


def test_the_map_of_layers_that_go_both_ways_has_lags_on_both_sides_of_0() -> None:
    trace, steps, name = stack_of_both_ways(), 20, "W_fa_fwd_1"
    below = trace.lags.below
    assert below is not None
    first, table = first_lag(trace, name), log2_map(trace, name)
    assert (first, table.shape) == (1 - steps, (steps, 2 * steps - 1))
    assert (first_lag(trace, STATE), first_lag(trace, "W_y"), first_lag(stack(), STATE)) == (1 - steps, 0, 0)
    whole = reduce_map(table, trace.lags.scored, steps, 2 * steps - 1, first_lag=first)
    t, k = np.indices(table.shape) + np.array([1, first])[:, np.newaxis, np.newaxis]
    there = (t - k >= 1) & (t - k <= steps)
    assert np.array_equal(whole.kinds != PixelKind.NOTHING, there)
    np.testing.assert_array_equal(whole.values[there], table[there] * np.log10(2.0))
    small = reduce_map(table, trace.lags.scored, 7, 9, first_lag=first)
    for row, column in np.ndindex(7, 9):
        cells = np.ix_(list(small.losses.items(row)), list(small.lags.items(column)))
        assert (small.kinds[row, column] != PixelKind.NOTHING) == there[cells].any()
        part = np.where(there[cells], table[cells], -np.inf)
        assert small.values[row, column] == part.max() * np.log10(2.0)
    assert log2_at(trace, name, 8, -5) == below.log2_norm[name][7, 5] == table[7, -5 - first]
    assert log2_at(trace, name, 8, 5) == trace.lags.log2_norm[name][7, 5]
    assert "lag −5 (s = 13)" in reading(trace, name, 8, -5)[0]
    assert "after the last step" in reading(trace, name, 18, -3)[1]
    found = Point.largest(trace, name, range(8, 9), range(-12, 0))
    assert found is not None and log2_at(trace, name, 8, found.k) == below.log2_norm[name][7, 1:13].max()
    assert Point.largest(trace, name, range(18, 19), range(-9, -2)) is None
    cross = CrossHair(8, -5)
    window = Window.around(cross, steps, 60, 10, lag_0_only=False, first_lag=first)
    assert window is not None and -5 in window.lags
    drawn = draw_table(table, trace.lags.scored, window, (60, 10), None, cross, first_lag=first)
    assert drawn is not None and "▼−5" in drawn.lines()[0]
    (own,) = [line for line in drawn.lines() if line.split()[:2] == ["8", "▶"]]
    assert magnitude(log2_at(trace, name, 8, -5)) in own
    layout = Layout.of(steps, 80, 20)
    assert layout is not None
    shown = reduce_map(table, trace.lags.scored, layout.pixel_rows(steps, plain=False), layout.columns, first_lag=first)
    painted = draw_map(shown, layout, dark_palette(), cross)
    assert painted is not None
    axis = painted.lines()[layout.rows + 1]
    assert axis.split()[:4] == ["−15", "−10", "−5", "0"]
    (marked,) = [line for line in painted.lines() if "●" in line]
    assert marked.index("●") < marked.rindex("─") and marked.split()[0] == "8"


def test_arrays_and_tables_of_a_stack_have_its_layers() -> None:
    arrays = np.load(io.BytesIO(contents(stack(), "npz")))
    for layer in (1, 2, 3):
        assert np.array_equal(arrays[f"log2_layer_norm_{layer}"], stack().lags.log2_layer_norm[layer])
    assert "looks_ahead" not in arrays


def test_what_looks_ahead_has_lags_below_0_in_table_and_chart() -> None:
    trace = both_ways()
    text = report(trace)
    rows = {line.split()[0]: line for line in text.splitlines() if line.strip().startswith(("−5", "5 ", "lag 0"))}
    assert set(rows) >= {"−5", "5"}
    chart = lags_chart(trace)
    assert chart.x_limits == (-29.0, 29.0)
    for series in chart.series:
        x = np.asarray(series.x)
        assert x.size == 1 or (x.max() == 0) == series.name.endswith(("bwd", "backward"))
        assert np.all(np.diff(x) > 0)
    of_loss = {series.name: np.asarray(series.x) for series in lags_chart(trace, curve=10).series}
    assert of_loss["all W_·a_fwd"].max() == 9
    assert of_loss["all W_·a_bwd"].min() == -20
    looks = styles(trace.network, "layer")
    assert looks["forward direction"] != looks["backward direction"]


def test_files_and_words_say_what_looks_ahead() -> None:
    trace = both_ways()
    rows = list(csv.DictReader(io.StringIO(contents(trace, "csv").decode())))
    lags = {row["lag"] for row in rows if row["parameter"] == "W_ra_bwd"}
    assert {"0", "-1", "-29"} <= lags and "1" not in lags
    assert "-1" not in {row["lag"] for row in rows if row["parameter"] == "W_ra_fwd"}
    assert set(np.load(io.BytesIO(contents(trace, "npz")))["looks_ahead"]) == {
        name for name, use in trace.network.cell.uses().items() if use.ahead
    }
    found = record(trace)
    assert found["parameters"]["W_ra_bwd"]["looks"] == "ahead" and found["parameters"]["W_ra_fwd"]["looks"] == "back"
    assert any("looks ahead" in text for text in sentences(trace))
    assert json.dumps(found)


def test_the_strip_has_the_gradient_before_and_after_the_loss() -> None:
    trace, loss = both_ways(), 10
    alone = core.backward_pass(trace.tape, losses=[loss])
    np.testing.assert_allclose(log2_state_gradient(trace, loss), alone.log2_state_gradient, rtol=1e-9)
    assert np.isfinite(log2_state_gradient(trace, loss)).all()


def test_the_map_of_a_parameter_that_looks_ahead_has_a_lag_for_each_step_after_the_loss() -> None:
    trace, steps = both_ways(), 30
    assert {"W_ra_fwd", "W_ra_bwd", "W_y"} <= set(choices(trace))
    assert STATE in choices(stack()) and STATE not in choices(trace)
    table, scored = trace.lags.log2_norm["W_rx_bwd"], trace.lags.scored
    whole = reduce_map(table, scored, steps, steps, ahead=True)
    t, k = np.indices((steps, steps))
    assert np.array_equal(whole.kinds != PixelKind.NOTHING, k + t < steps)
    np.testing.assert_allclose(whole.values[k + t < steps], table[k + t < steps] * np.log10(2.0))
    small = reduce_map(table, scored, 7, 5, ahead=True)
    for row, column in np.ndindex(7, 5):
        part = table[np.ix_(list(small.losses.items(row)), list(small.lags.items(column)))]
        assert small.values[row, column] == pytest.approx(part.max() * np.log10(2.0)) or np.isneginf(part).all()
    assert "lag −3 (s = 13)" in reading(trace, "W_rx_bwd", 10, 3)[0]
    assert "after the last step" in reading(trace, "W_rx_bwd", 28, 3)[1]
    assert "lag 3 (s = 7)" in reading(trace, "W_rx_fwd", 10, 3)[0]
    assert Point.largest(trace, "W_rx_bwd", range(29, 30), range(2, 4)) is None
    found = Point.largest(trace, "W_rx_bwd", range(29, 30), range(4))
    assert found is not None and found.k in (0, 1)


def test_each_direction_is_drawn_with_its_own_gradient() -> None:
    """The sizes by another route: each direction as a network of its own, its losses one by one."""
    trace, loss = both_ways(), 12
    alone = core.backward_pass(trace.tape, losses=[loss])
    ahead = core.backward_pass(one_direction(trace.tape, 1), losses=[31 - loss])
    back = core.backward_pass(one_direction(trace.tape, 0), losses=[loss])
    for at, (own, order) in enumerate(((back, slice(None)), (ahead, slice(None, None, -1)))):
        gradient, carried = alone.log2_directions[at]
        np.testing.assert_allclose(gradient, own.log2_state_gradient[order], rtol=1e-9)
        np.testing.assert_allclose(carried, own.log2_carried[order], rtol=1e-9)
    known = Unrolled(trace, alone, loss)
    for step in (12, 17, 5):
        drawn = draw_unrolled(
            known, step=step, backward=True, losses="L_12", width=150, height=14, palette=dark_palette()
        )
        assert drawn is not None
        rows = {line[:LABEL].strip(): line[LABEL:] for line in drawn.grid.lines()}
        back_here, ahead_here = (magnitude(float(sizes[step - 1])) for sizes, _ in alone.log2_directions)
        assert (step > loss and back_here == "0") or back_here in rows["◀ back"]
        assert (step < loss and ahead_here == "0") or ahead_here in rows["ahead ▶"]
        assert "▶" in rows["ahead ▶"] and "◀" not in rows["ahead ▶"] and "▶" not in rows["◀ back"]
        assert ("◀" in rows["◀ back"]) == (step < loss)
        assert f"lag {loss - step}".replace("-", "−") in drawn.grid.lines()[0] or step == loss


def test_a_directions_jacobians_are_those_of_its_own_steps() -> None:
    """∂a_bwd⟨t⟩/∂a_bwd⟨t+k⟩ by central differences of the cell itself, run over the steps t + k − 1 … t from there."""
    trace, t, k = both_ways(), 10, 3
    found = core.dynamics_of(trace.tape, step=t)
    assert found.ahead is not None and (found.state_name, found.ahead.state_name) == ("a_fwd", "a_bwd")
    assert found.profile is not None and found.ahead.profile is not None
    again = core.dynamics_of(trace.tape, step=t + 1, known=found)
    assert again.profile is not None and again.profile.step == t + 1 and list(again.spectra) == list(found.spectra)
    assert again.lyapunov is found.lyapunov and again.ahead is not None and again.ahead.lyapunov is found.ahead.lyapunov
    cell, network = trace.network.cell, trace.network
    assert isinstance(cell, Bidirectional)
    for at, of in ((0, found.profile), (1, found.ahead.profile)):
        one, own = cell.cells[at], cell.own(network.parameters, at)
        states = trace.tape.states[:, 0][:, cell.columns(at)]
        start, inputs = (states[t - k], slice(t - k, t)) if at == 0 else (states[t + k], slice(t + k - 2, t - 2, -1))
        steps = trace.batch.inputs[inputs]
        assert len(steps) == k
        moved = np.concatenate([start + 1e-5 * np.eye(len(start)), start - 1e-5 * np.eye(len(start))])
        every = np.repeat(steps, len(moved), axis=1)
        ends = one.forward(own, network.activation, every, moved)[0][-1]
        jacobian = (ends[: len(start)] - ends[len(start) :]).T / 2e-5
        expected = np.linalg.svd(jacobian, compute_uv=False)
        place = int(np.flatnonzero(of.lags == k)[0])
        np.testing.assert_allclose(2.0 ** of.log2_singular_values[place], expected, rtol=1e-6, atol=1e-9)


def test_a_cursor_goes_on_the_steps_after_a_loss_with_lags_below_0() -> None:
    cursor = Cursor(30, 30)
    assert [cursor.at_lag(lag, 10).signed_lag(10) for lag in (-25, -20, -3, 0, 4, 9, 12)] == [-20, -20, -3, 0, 4, 9, 9]
    assert cursor.at_lag(-3, 10).step == 13 and cursor.at_lag(-3, 10).lag(10) is None
    of_one = lags_chart(both_ways(), curve=10, lag=-3)
    assert [mark.label for mark in of_one.marks] == ["k = −3"]
    assert [mark.label for mark in lags_chart(both_ways(), lag=3).marks] == ["k = 3", "k = −3"]


def test_where_a_direction_overflows_the_sequence_is_cut_to_what_both_can_run_over() -> None:
    settings = Experiment(activation="relu", hidden_size=4, timesteps=400, gain=100.0)
    one, two = (core.make_network(settings.replace(seed=seed)) for seed in (1, 2))
    network, batch = core.Network.bidirectional(one, two), core.make_batch(settings)
    trace = core.run(settings, network=network)
    kept = len(trace.tape.losses)
    assert trace.tape.overflow_step == kept + 1 and 10 < kept < 400 and trace.lags.residual < 1e-12
    assert core.forward(network, batch.until(kept)).overflow_step is None
    assert core.forward(network, batch.until(kept + 1)).overflow_step == kept + 1
    np.testing.assert_array_equal(core.forward(network, batch.until(kept)).states, trace.tape.states)
    assert any(f"of the first {kept} steps, which both directions run over" in text for text in sentences(trace))


def test_on_a_low_screen_layers_have_a_row_each_and_those_without_one_are_named() -> None:
    """5 rows are what a terminal of 80 × 24 has for the drawing."""
    for backward in (True, False):
        for height in range(4, 30):
            there_is = contents_of(Unrolled(stack(), stack().backward_pass, None), 76)
            drawn = there_is.plan(height, backward=backward).drawn
            with_rows = {3 - row.layer for row in drawn if row.kind in ("forward", "way")}
            assert with_rows | set(there_is.left_out(height, backward=backward)) == {1, 2, 3}
            assert there_is.left_out(height, backward=backward) == ((1, 2), (1,), ())[min(height - 4, 2)]


@explorer(STACK, size=NARROW, only="work")
async def test_at_80_columns_and_24_rows_the_layers_without_a_row_are_told_and_the_chart_has_room(drive: Drive) -> None:
    await drive.press("end", "left")
    await drive.until(lambda: "layer 2" in text_of(drive.one(UnrolledNetwork)))
    assert "no room for layer 1" in str(drive.one(UnrolledNetwork).border_title)
    assert drive.one(Legend).size.height == 2 and drive.one(LagsChart).size.height >= 9
    await drive.pilot.resize_terminal(*WIDE)
    await drive.until(lambda: "no room" not in str(drive.one(UnrolledNetwork).border_title))


@explorer(STACK, size=WIDE, only="work")
async def test_the_rows_below_the_chart_are_there_for_a_stack(drive: Drive) -> None:
    strip = drive.one(LayersStrip)
    await drive.until(lambda: strip.display and strip.size.height == 4)
    await drive.press("end", "left")
    await drive.until(lambda: strip.lag == 28)
    assert [line.text.split()[1] for line in strip.paint(60, 4)[:3]] == ["3", "2", "1"]


@explorer(STACK.replace(layers=1), size=WIDE, only="work")
async def test_one_layer_has_no_rows_below_the_chart(drive: Drive) -> None:
    assert not drive.one(LayersStrip).display


def test_lines_of_a_stack_of_bidirectional_layers_have_lags_on_both_sides() -> None:
    trace = stack_of_both_ways()
    below = trace.lags.below
    assert below is not None
    lines = {series.name: series for series in lags_chart(trace, by="parameter", curve=8).series}
    low, top = lines["W_fa_fwd_1"], lines["W_fa_fwd_2"]
    assert (min(low.x), max(low.x), min(top.x), max(top.x)) == (-12, 7, 0, 7)
    for x, y in zip(low.x, low.y, strict=True):
        table = trace.lags if x >= 0 else below
        assert y == pytest.approx(table.log2_norm["W_fa_fwd_1"][7, int(abs(x))] * np.log10(2.0)) or np.isneginf(y)
    rows = list(csv.DictReader(io.StringIO(contents(trace, "csv").decode())))
    lags = [int(row["lag"]) for row in rows if row["parameter"] == "W_fa_bwd_1"]
    assert sorted(lags) == list(range(-19, 20))
    arrays = np.load(io.BytesIO(contents(trace, "npz")))
    assert np.array_equal(arrays["log2_norm_ahead_W_fa_bwd_1"], below.log2_norm["W_fa_bwd_1"])
    text = report(trace)
    assert "no Jacobian from one step to the next" in " ".join(text.split()) and "    −10 " in text
    assert record(trace)["theory"] is None
    told = record(trace)["parameters"]["W_fa_bwd_1"]["below"]["typical"]["log2"]
    np.testing.assert_allclose(told[1:18], below.typical("W_fa_bwd_1")[1:18])
    assert "lags below 0" in core.answer(trace).text() and any("lags below 0" in said for said in sentences(trace))


def test_every_direction_of_every_layer_is_drawn_with_its_own_gradient() -> None:
    """Against matrices of one loss by itself; the lower layer has a gradient before the loss and after it."""
    trace, loss, step = stack_of_both_ways(), 8, 11
    alone = core.backward_pass(trace.tape, losses=[loss])
    known = Unrolled(trace, alone, loss)
    drawn = draw_unrolled(known, step=step, backward=True, losses="L_8", width=150, height=22, palette=dark_palette())
    assert drawn is not None
    rows = {line[:LABEL].strip(): line[LABEL:] for line in drawn.grid.lines()}
    assert {"◀ back 1", "ahead 1 ▶", "◀ back 2", "ahead 2 ▶"} <= set(rows)
    gradient = alone.returned.state_gradient
    whole = gradient.mantissa[step - 1, 0] * 2.0 ** np.broadcast_to(gradient.exponent[step - 1, 0], (20,))
    places = {"◀ back 1": [0, 1, 2, 5, 6, 7], "ahead 1 ▶": [3, 4, 8, 9], "ahead 2 ▶": [12, 13, 14, 17, 18, 19]}
    for name, columns in places.items():
        assert magnitude(float(np.log2(np.linalg.norm(whole[columns])))) in rows[name]
    assert not whole[[10, 11, 15, 16]].any() and "◀" not in rows["◀ back 2"]
    np.testing.assert_allclose(log2_state_gradient(trace, loss), alone.log2_state_gradient, rtol=1e-9)


@pytest.mark.parametrize(
    ("trace", "size"),
    [(both_ways, NARROW), (small_stack_of_both_ways, WIDE)],
    ids=["one layer, narrow", "two layers, wide"],
)
def test_a_network_that_looks_ahead_goes_through_every_tab(trace: Callable[[], Trace], size: tuple[int, int]) -> None:
    async def run() -> None:
        async with RnnApp(None, given=trace()).run_test(size=size) as pilot:
            drive = Drive(pilot)
            await drive.until(lambda: drive.screen.shown.trace is not None)
            assert drive.screen.shown.loss == len(trace().lags.scored) // 2
            await drive.press("end", "left", "left", "g", "v", "v")
            chart = drive.one(LagsChart)
            await pilot.hover(chart, offset=(chart.size.width // 4, 4))
            await drive.until(lambda: chart._hovered is not None)
            assert -30 < chart._hovered < 0
            for tab in ("map", "units", "jacobians", "question", "training", "lags"):
                drive.screen.show_tab(f"tab-{tab}")
                await pilot.pause()
                await drive.press("left")

    with tempfile.TemporaryDirectory() as home, pytest.MonkeyPatch.context() as patch:
        for variable in HOMES:
            patch.setenv(variable, home)
        asyncio.run(run())
