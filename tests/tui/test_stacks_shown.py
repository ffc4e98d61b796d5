"""What the report, the record, the files and the panels say of the layers of stacks, and of two directions."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import tempfile
from functools import cache

import numpy as np
import pytest
from driving import HOMES, NARROW, WIDE, Drive, explorer
from writing import record, report

import core
from core import Experiment, Trace
from tui.explorer.app import RnnApp
from tui.explorer.widgets.lags_chart import LagsChart
from tui.explorer.widgets.layers_strip import LayersStrip
from tui.report.charts.lags import lags_chart
from tui.report.charts.layers import by_layer, layers_chart, layers_strip
from tui.report.charts.step_rows import log2_state_gradient
from tui.report.formats import Bundle, format_named
from tui.report.styles import styles
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
    (said,) = [text for text in sentences(stack()) if text.startswith("What the loss puts into layer 3")]
    lags = stack().lags
    left = 2.0 ** (lags.typical_of_layer(1)[0] - lags.typical_of_layer(3)[0])
    assert f"×{left:.3g} of it in layer 1 at lag 0" in said.replace("is ×", "×")
    assert f"layer 2 ×{2.0 ** lags.rate_of_layer(2).log2_per_step:.3g}" in said


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
