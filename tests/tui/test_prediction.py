"""The prediction over the target: lines, words and table against the trace, and the Units tab that shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from driving import MEDIUM, Drive, explorer, text_of
from textual.widgets import Static

import core
from core import Experiment, Trace
from tui.explorer.panels.units import UnitsPanel
from tui.explorer.widgets.units_chart import UnitsChart
from tui.report.charts.model import Series
from tui.report.charts.prediction import is_made, prediction, prediction_chart
from tui.report.charts.terminal import draw, draw_plain
from tui.report.input_rows import input_rows
from tui.report.numbers import number
from tui.report.palette import dark_palette
from tui.report.words.prediction import caption, reading, table

SMALL = Experiment(timesteps=12, hidden_size=4)


@pytest.fixture(scope="module")
def traces() -> Mapping[str, Trace]:
    return {
        "numbers": core.run(SMALL),
        "last": core.run(SMALL.replace(task="adding", scored="last", batch_size=3)),
        "classes": core.run(SMALL.replace(task="copy")),
        "text": core.run(SMALL.replace(task="text")),
    }


def lines(trace: Trace) -> Mapping[str, Series]:
    return {one.name: one for one in prediction_chart(prediction(trace), width=80, height=20, step=3).series}


def test_numbers_are_two_lines_over_all_steps(traces: Mapping[str, Trace]) -> None:
    trace, found = traces["numbers"], lines(traces["numbers"])
    np.testing.assert_array_equal(found["y"].x, np.arange(1, 13))
    np.testing.assert_array_equal(found["y"].y, trace.tape.outputs[:, 0, 0])
    np.testing.assert_array_equal(found["target"].y, trace.batch.targets[:, 0, 0])
    assert found["target"].dash is not None and found["y"].dash is None, "told apart without color"


def test_a_target_is_there_only_where_there_is_a_loss(traces: Mapping[str, Trace]) -> None:
    found = lines(traces["last"])
    assert found["target"].style == "points"
    assert np.asarray(found["target"].x).tolist() == [12.0]
    assert np.size(found["y"].x) == 12
    assert "no loss here" in reading(traces["last"], prediction(traces["last"]), 3)[0]
    assert "example 1 of 3" in caption(prediction(traces["last"]))[0]


@pytest.mark.parametrize("task", ["classes", "text"])
def test_classes_are_the_probability_of_the_right_one(traces: Mapping[str, Trace], task: str) -> None:
    trace = traces[task]
    (line,) = lines(trace).values()
    right = [trace.tape.outputs[t, 0, trace.batch.targets[t, 0]] for t in range(12)]
    scored = trace.lags.scored
    np.testing.assert_array_equal(np.asarray(line.y)[scored], np.array(right)[scored])
    np.testing.assert_allclose(-np.log(np.array(right)[scored]), trace.tape.losses[scored])


def test_the_cursor_and_chance_are_marked(traces: Mapping[str, Trace]) -> None:
    chart = prediction_chart(prediction(traces["classes"]), width=80, height=20, step=5)
    assert [(mark.axis, mark.at) for mark in chart.marks] == [("y", pytest.approx(1 / 9)), ("x", 5.0)]
    assert chart.marks[-1].label == "t = 5"


def test_the_error_that_is_read_off_is_the_one_of_the_tape(traces: Mapping[str, Trace]) -> None:
    trace = traces["numbers"]
    said = reading(trace, prediction(trace), 7)[0]
    assert said.startswith("t = 7: ")
    assert f"e = y − target = {number(float(trace.tape.errors[6, 0, 0]))}" in said
    assert said.endswith(f"L_7 = {number(float(trace.tape.losses[6]))}")


def test_a_class_is_said_by_its_name(traces: Mapping[str, Trace]) -> None:
    trace = traces["text"]
    for t in (1, 2, 5):
        read_next = input_rows(trace)[0].glyphs[t]
        assert f"P(target {read_next})" in reading(trace, prediction(trace), t)[0], "the character to come"


@pytest.mark.parametrize("task", ["numbers", "last", "classes"])
def test_the_table_has_the_rows_around_the_step(traces: Mapping[str, Trace], task: str) -> None:
    trace = traces[task]
    rows = table(trace, prediction(trace), 12, 6)
    assert len(rows) == 6
    assert [row.split()[0] for row in rows[1:-1]] == ["8", "9", "10", "11"]
    assert rows[-1].startswith("▶ 12")
    assert number(float(trace.tape.losses[11])) in rows[-1]


@pytest.mark.parametrize("size", [(20, 6), (52, 14), (120, 40)])
@pytest.mark.parametrize("task", ["numbers", "last", "classes", "text"])
def test_it_is_drawn_at_every_size_with_and_without_color(
    traces: Mapping[str, Trace], task: str, size: tuple[int, int]
) -> None:
    chart = prediction_chart(prediction(traces[task]), width=size[0], height=size[1], step=1)
    for drawing in (draw(chart, *size, dark_palette()), draw_plain(chart, *size)):
        assert len(drawing.lines) == size[1]
        assert not drawing.clipped


def test_several_outputs_are_shown_one_by_one() -> None:
    weights = core.run(SMALL).network.parameters
    both = core.Network(
        "rnn", {**weights, "W_y": np.ones((2, 4)), "b_y": np.array([0.0, 9.0])}, readout_name="identity"
    )
    batch = core.Batch(np.zeros((5, 1, 1)), np.zeros((5, 1, 2)), np.ones(5, dtype=bool))
    found = prediction(core.run(network=both, batch=batch), 2)
    assert (found.output, found.outputs, found.rows) == (2, 2, 2)
    np.testing.assert_allclose(found.values, 9.0)
    assert "output 2 of 2" in caption(found)[0]


def test_without_a_read_out_there_is_nothing_to_predict() -> None:
    start = core.run(SMALL)
    recurrent = {name: one for name, one in start.network.parameters.items() if not name.endswith("_y")}
    silent = core.run(
        network=core.Network("rnn", recurrent, readout_name="none"),
        batch=core.Batch.injecting(np.zeros((5, 1, 1)), np.ones((5, 1, 4))),
    )
    assert is_made(start) and not is_made(silent)


@explorer(SMALL, size=MEDIUM, only="work")
async def test_the_units_tab_shows_it_and_a_click_goes_to_a_step(drive: Drive) -> None:
    await drive.screen.show(replace(drive.screen.view, tab="tab-units"))
    await drive.press("left_square_bracket")
    await drive.until(lambda: drive.screen.view.quantity == "y")
    await drive.press("right", "right")
    await drive.pilot.pause()
    panel, chart = drive.one(UnitsPanel), drive.one(UnitsChart)
    assert "over its target" in text_of(panel.query_one("#units-caption", Static))
    assert text_of(panel.query_one("#units-counts", Static)).startswith("t = 3: y = ")
    assert "t = 3" in text_of(chart) and "■ y" in text_of(chart) and "○ target" in text_of(chart)
    await drive.pilot.click(chart, offset=(chart.size.width // 2, chart.size.height // 2))
    await drive.until(lambda: drive.screen.cursor is not None and drive.screen.cursor.step > 3)
    await drive.press("v")
    await drive.pilot.pause()
    assert text_of(chart).splitlines()[0].split() == ["t", "y", "target", "e", "L_t"]
    await drive.press("right_square_bracket")
    await drive.until(lambda: drive.screen.view.quantity == "a")
    await drive.pilot.pause()
    assert chart.prediction is None and chart.grid is not None
