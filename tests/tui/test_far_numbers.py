"""No warning, no inf and no NaN on a screen or in an export, far beyond the range of float64.

Warnings are errors here, as in every test. −inf stands in an NPZ file alone, for the logarithm of an exact zero.
"""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from driving import MEDIUM, Drive, explorer, text_of
from textual.widgets import TabbedContent
from writing import record, report, written

from core import Experiment, Trace, run
from tui.explorer.panels.headline import Headline
from tui.explorer.panels.lags import LagsTable
from tui.explorer.widgets.theory_lines import TheoryLegend
from tui.report.numbers import magnitude

SMALLEST = -1074
"""log2 of the smallest number above zero in float64"""

ACTIVATIONS = ("tanh", "sigmoid", "relu", "identity")


def far(**settings: object) -> Experiment:
    """Steps enough to leave float64 at these gains: tanh at 0.05 is below 2^−1,074 then, at 50 far below."""
    return Experiment(**{"timesteps": 280, "scored": "last", **settings})


def least(trace: Trace) -> float:
    """The smallest contribution to the gradient that is not exactly zero, as log2."""
    norms = trace.lags.log2_summed["b_a"]
    return float(norms[np.isfinite(norms)].min())


def words(text: str) -> set[str]:
    return set(re.findall(r"[a-z0-9.]+", text.lower()))


@pytest.mark.parametrize("units", [4, pytest.param(64, marks=pytest.mark.slow)])
@pytest.mark.parametrize("gain", [0.05, 50.0])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_report_has_none_as_text_and_as_json(activation: str, gain: float, units: int) -> None:
    trace = run(far(activation=activation, gain=gain, hidden_size=units))
    assert not words(report(trace)) & {"nan", "inf"}
    told = record(trace)
    json.dumps(told, allow_nan=False)
    overflows = gain == 50.0 and activation in ("relu", "identity")
    assert (told["overflow_step"] is not None) == overflows
    assert overflows or units > 4 or least(trace) < SMALLEST, "of many units some keep the gradient, 280 steps long"
    if overflows:
        assert f"overflow at step {told['overflow_step']}" in report(trace)


@pytest.mark.slow
def test_the_report_has_none_after_two_thousand_steps() -> None:
    """Numbers down to 2^−40,000; core is held to its numbers at 5000 steps."""
    trace = run(far(timesteps=2000, gain=50.0, hidden_size=4))
    assert not words(report(trace)) & {"nan", "inf"}
    json.dumps(record(trace), allow_nan=False)


@pytest.mark.parametrize(("activation", "gain"), [("tanh", 50.0), ("sigmoid", 0.05), ("relu", 50.0)])
def test_the_files_have_none(activation: str, gain: float, tmp_path: pytest.TempPathFactory) -> None:
    trace = run(far(activation=activation, gain=gain, hidden_size=4))
    table = written("csv", trace, f"{tmp_path}/a.csv").read_text(encoding="utf-8")
    assert not words(table) & {"nan", "inf"}
    with np.load(written("npz", trace, f"{tmp_path}/a.npz")) as found:
        for key in found.files:
            values = found[key]
            if values.dtype.kind == "f":
                assert not np.isnan(values).any(), key
                assert not np.isposinf(values).any(), key
                assert key.startswith("log2") or np.isfinite(values).all(), key


@pytest.mark.parametrize(
    ("activation", "gain"),
    [
        ("sigmoid", 0.05),
        pytest.param("identity", 50.0, marks=pytest.mark.slow),
        pytest.param("tanh", 50.0, marks=pytest.mark.slow),
        pytest.param("relu", 50.0, marks=pytest.mark.slow),
    ],
)
def test_no_screen_shows_any(activation: str, gain: float) -> None:
    @explorer(far(activation=activation, gain=gain, hidden_size=4), size=MEDIUM, only="work")
    async def look(drive: Drive) -> None:
        await drive.press("b", "end")
        await drive.until(lambda: drive.screen.shown.measured.of(drive.trace))
        for pane in ("lags", "map", "jacobians", "question", "step"):
            drive.one(TabbedContent, "#tabs").active = f"tab-{pane}"
            if pane == "jacobians":
                await drive.until(lambda: drive.screen.shown.measured.of(drive.trace).profile)
            for _ in range(2):
                await drive.pilot.pause()
                screen = "\n".join(strip.text for strip in drive.screen._compositor.render_strips())
                assert not words(screen) & {"nan", "inf"}, pane
                assert "∞" not in screen, pane
                await drive.press("v")
        overflow = drive.trace.tape.overflow_step
        assert overflow is None or f"overflow at step {overflow}" in " ".join(text_of(drive.one(Headline)).split())
        assert all(line.verdict for line in drive.screen.shown.measured.of(drive.trace).lines)
        assert drive.one(TheoryLegend).has_class("-shown")

    look()


@pytest.mark.parametrize("steps", [280, pytest.param(2000, marks=pytest.mark.slow)])
def test_no_chart_and_no_table_has_any_at_any_place(steps: int) -> None:
    """At the cursor's first, middle and last places; of the table of lags every row, in sight or not."""

    @explorer(far(timesteps=steps, activation="sigmoid", gain=0.05, hidden_size=4), size=MEDIUM, only="work")
    async def look(drive: Drive) -> None:
        assert drive.screen.cursor is not None
        for pane in ("lags", "map", "step"):
            drive.one(TabbedContent, "#tabs").active = f"tab-{pane}"
            for key in ("c", "v"):
                await drive.press(key)
                for position in (0, steps * 3 // 2, 2 * steps - 1):
                    drive.screen.cursor = drive.screen.cursor.at(position)
                    await drive.pilot.pause()
                    screen = "\n".join(strip.text for strip in drive.screen._compositor.render_strips())
                    assert not words(screen) & {"nan", "inf"}, (pane, position)
                    assert "∞" not in screen, (pane, position)
        table = drive.one(LagsTable)
        assert table.row_count == steps
        for lag in range(steps):
            assert not words(" ".join(table.get_row_at(lag))) & {"nan", "inf"}
        assert table.get_row_at(steps - 2)[3] == magnitude(float(drive.trace.lags.log2_summed["b_a"][steps - 2]))

    look()
