"""What the report, the record, the files and the panels say of the layers of stacks, and of two directions."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
import tempfile
from functools import cache

import numpy as np
import pytest
from driving import HOMES, NARROW, WIDE, Drive, explorer, text_of
from writing import record, report

import core
from core import Experiment, Trace
from core.bptt.parameter_groups import groupings
from tui.explorer.app import RnnApp
from tui.explorer.panels.unrolled import UnrolledNetwork
from tui.explorer.widgets.lags_chart import LagsChart
from tui.explorer.widgets.layers_strip import LayersStrip
from tui.explorer.widgets.legend import Legend
from tui.report.charts.lags import lags_chart
from tui.report.charts.layers import by_layer, layers_chart, layers_strip
from tui.report.charts.step_rows import log2_state_gradient
from tui.report.charts.unrolled import Unrolled
from tui.report.charts.unrolled import contents as contents_of
from tui.report.document import Document, Section, Table
from tui.report.formats import Bundle, format_named
from tui.report.formats.text import document_text
from tui.report.lag_report import lags_section
from tui.report.styles import style_of_layer, styles
from tui.report.words.map import STATE, choices
from tui.report.words.trace import sentences

STACK = Experiment(cell="lstm", layers=3, hidden_size=4, timesteps=30)


@cache
def stack() -> Trace:
    return core.run(STACK)


@cache
def both_ways() -> Trace:
    settings = Experiment(cell="gru", hidden_size=3, timesteps=30)
    one, two = (core.make_network(settings.replace(seed=seed)) for seed in (1, 2))
    return core.run(settings, network=core.Network.bidirectional(one, two))


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
        curves = by_layer(stack(), loss)
        assert list(curves) == [3, 2, 1]
        assert all(len(curve) == (30 if loss is None else loss) for curve in curves.values())
    chart = layers_chart(stack(), 80, 20)
    assert [series.name for series in chart.series] == ["layer 3", "layer 2", "layer 1"]
    grid = layers_strip(stack(), 30, 60, None, 4)
    assert grid is not None
    assert [line.split()[:2] for line in grid.lines()[:3]] == [["layer", "3"], ["layer", "2"], ["layer", "1"]]
    assert grid.lines()[3].index("▲") == len("layer 3 ") + 4
    assert layers_strip(core.run(STACK.replace(layers=1)), 30, 60, None, 4) is None
    assert layers_strip(stack(), 30, 10, None, 4) is None


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


def test_the_map_shows_the_direction_that_looks_back() -> None:
    shown = choices(both_ways())
    assert "W_ra_fwd" in shown and "W_y" in shown
    assert not [name for name in shown if name.endswith("_bwd")]
    assert STATE in choices(stack()) and STATE not in shown


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


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=str)
def test_a_bidirectional_network_goes_through_every_tab(size: tuple[int, int]) -> None:
    async def run() -> None:
        async with RnnApp(None, given=both_ways()).run_test(size=size) as pilot:
            drive = Drive(pilot)
            await drive.until(lambda: drive.screen.shown.trace is not None)
            await drive.press("end", "left", "left", "g", "v", "v")
            chart = drive.one(LagsChart)
            await pilot.hover(chart, offset=(chart.size.width // 4, 4))
            await drive.until(lambda: chart._hovered is not None)
            assert 0 <= chart._hovered < 30
            for tab in ("map", "units", "jacobians", "question", "training", "lags"):
                drive.screen.show_tab(f"tab-{tab}")
                await pilot.pause()
                await drive.press("left")

    with tempfile.TemporaryDirectory() as home, pytest.MonkeyPatch.context() as patch:
        for variable in HOMES:
            patch.setenv(variable, home)
        asyncio.run(run())
