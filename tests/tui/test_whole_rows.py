"""A row that is too long for its place is broken between its parts or says less, and is not cut in the middle."""

from __future__ import annotations

import re

import numpy as np
import pytest
from driving import NARROW, WIDE, Drive, explorer, text_of
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.widgets import Static

import core
from core import Experiment
from tui.explorer.actions import tour as touring
from tui.explorer.panels.training import LabeledChart
from tui.explorer.session.cursor import Cursor
from tui.explorer.tours.library import MAIN, shipped
from tui.explorer.widgets.step_backward import backward_text
from tui.explorer.widgets.text_columns import aligned
from tui.explorer.widgets.written import text_on
from tui.report.charts.step_rows import Window
from tui.report.palette import dark_palette

NUMBER = r"(×?[\d.]+(e[+−]\d+)?|none yet|–)"

labels = st.lists(
    st.sampled_from(["δ", "‖δ⟨26⟩‖", "‖∂L/∂(a_1, a_2, a_3)⟨26⟩‖", "所所所所所所所"]), min_size=1, max_size=8
)


@given(labels, st.lists(st.sampled_from(["0", "1.25", "9.2e−5"]), min_size=8, max_size=8), st.integers(12, 60))
def test_a_label_that_is_too_long_for_its_row_stands_above_its_number(
    names: list[str], values: list[str], room: int
) -> None:
    rows = aligned(list(zip(names, values, strict=False)), room=room).plain.split("\n")
    assert all(cell_len(row) <= room or row in names for row in rows)
    parts = [part for row in rows for part in row.split("  ") if part]
    assert [part.strip() for part in parts] == [part for row in zip(names, values, strict=False) for part in row]
    ends = {cell_len(row) for row in rows if row not in names}
    assert len(ends) == 1, "the numbers end in one column"


@pytest.mark.parametrize(
    "settings",
    [{"layers": 3}, {"cell": "lstm", "layers": 2}, {"cell": "gru", "layers": 4}, {"layers": 3, "cell": "lstm"}],
    ids=str,
)
def test_the_numbers_of_a_step_of_a_stack_stay_in_their_column(settings: dict[str, object]) -> None:
    steps, width = 12, 37
    trace = core.run(Experiment(timesteps=steps, hidden_size=8, **settings))
    told = backward_text(trace, trace.backward_pass, Cursor(steps).at(steps + 2), dark_palette(), width=width).plain
    rows = [row for row in told.split("\n") if re.search(rf" {{3,}}{NUMBER}$", row)]
    assert len(rows) > 8
    assert max(map(cell_len, rows)) <= width


@pytest.mark.parametrize("size", [NARROW, (100, 30)], ids=str)
@pytest.mark.parametrize("place", [1, 2, 5])
def test_of_the_values_at_a_lag_a_low_screen_shows_those_that_have_room_in_a_tour(
    size: tuple[int, int], place: int
) -> None:
    @explorer(Experiment(timesteps=8, hidden_size=3), size=size)
    async def scenario(drive: Drive) -> None:
        touring.start(drive.screen, shipped(MAIN), place=place)
        await drive.settled()
        readout = drive.one(Static, "#lags-readout")
        await drive.until(lambda: "lag 0" in str(readout.content))
        told = str(readout.content)
        assert len(told.split("\n")) == readout.size.height
        assert cell_len(told) <= readout.size.width
        named = [name for name in ("W_aa", "W_ax", "b_a", "W_y", "b_y", "x") if f" {name} " in told]
        assert len(named) > 3, "the words before them give way first"
        assert len(named) == 6 or told.endswith("…"), "where there are more, a sign says so"

    scenario()


@pytest.mark.parametrize("size", [NARROW, (100, 30), WIDE, (200, 60)], ids=str)
@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_the_legends_of_the_jacobians_are_broken_between_their_parts(size: tuple[int, int], cell: str) -> None:
    @explorer(Experiment(timesteps=50, hidden_size=4, cell=cell), size=size)
    async def scenario(drive: Drive) -> None:
        drive.screen.show_tab("tab-jacobians")
        await drive.until(
            lambda: drive.screen.query("#plane-legend") and str(drive.one(Static, "#plane-legend").content)
        )
        for name in ("#values-legend", "#plane-legend"):
            legend = drive.one(Static, name)
            await drive.until(
                lambda legend=legend: (
                    [row.rstrip() for row in str(legend.content).split("\n")]
                    == [row for row in text_of(legend).split("\n") if row]
                )
            )
        if cell == "rnn":
            values, plane = (str(drive.one(Static, name).content) for name in ("#values-legend", "#plane-legend"))
            assert "largest" in values and "smallest" in values and "next" in values
            assert plane.endswith("unit circle") or re.search(r"σ_max [\d.]+$", plane)

    scenario()


@explorer(Experiment(timesteps=8, hidden_size=2, training_steps=2), size=WIDE)
async def test_the_line_above_a_chart_of_the_training_is_broken_between_its_parts(drive: Drive) -> None:
    drive.screen.show_tab("tab-training")
    await drive.press("w")

    def heads() -> list[str]:
        charts = (chart for chart in drive.screen.query(LabeledChart) if chart.region.area)
        return [text_of(chart.query_one(".name", Static)) for chart in charts]

    await drive.until(lambda: any("running mean" in head for head in heads()))
    assert any("\n■ batch, running mean" in head for head in heads())


@given(st.integers(1, 200), st.data())
def test_characters_have_as_many_columns_each_and_all_that_there_are_room_for(width: int, data: st.DataObject) -> None:
    steps = data.draw(st.integers(1, 300))
    window = Window.around(data.draw(st.integers(1, steps)), steps, width, even=True)
    ends = np.array([window.columns(step) for step in window.steps])
    assert len({int(last - first) for first, last in ends}) == 1
    assert window.width <= width < window.width + window.count
    assert [window.step_at(first) for first, _ in ends] == list(window.steps)


@explorer(Experiment(task="text"), size=NARROW)
async def test_a_text_can_be_read_on_the_strip(drive: Drive) -> None:
    words = "every␣step␣of␣it"
    assert words in text_on(drive.screen.query_one("#strip"))
