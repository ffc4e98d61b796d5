"""Theory's lines: at their place, told apart from what was measured, and never in its way."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from driving import MEDIUM, NARROW, WIDE, Drive, explorer, text_of
from rich.cells import cell_len
from writing import record, report

import core
from core import Experiment, run
from core.dynamics.theory import TheoryLine
from core.numerics.progress import Progress
from tui.explorer.background import dynamics_worker
from tui.explorer.panels.lags import LagsTable
from tui.explorer.session.preferences import load
from tui.explorer.widgets.lags_chart import LagsChart
from tui.explorer.widgets.theory_lines import _TEXTS, MEANS, Style, TheoryLegend
from tui.report.charts.lags import lags_chart, theory_anchor
from tui.report.charts.model import Chart, Series
from tui.report.charts.terminal import draw_plain
from tui.report.charts.theory import HEADROOM, STYLES, leaves, rise, theory_series, widened
from tui.report.numbers import magnitude
from tui.report.words.dynamics import line_factor, verdict_forms

SMALL = Experiment(timesteps=12, hidden_size=3)
LOG10_2 = math.log10(2.0)


def line(factor: float, kind: core.dynamics.theory.LineKind = "bound") -> TheoryLine:
    log2 = math.log2(factor) if factor else -math.inf
    return TheoryLine(kind, "a line", "f^k", "always", "so it is", log2, 0.0, np.zeros(1))


def points(series: Series) -> tuple[np.ndarray, np.ndarray]:
    """The points that are drawn, without the gaps between dashes."""
    x, y = np.asarray(series.x), np.asarray(series.y)
    return x[np.isfinite(x)], y[np.isfinite(y)]


# The lines


@pytest.mark.parametrize("factor", [0.5, 1.0, 2.0])
def test_a_line_is_straight_on_the_scale_of_logarithms_and_dashed(factor: float) -> None:
    (drawn,) = theory_series([line(factor)], 1.0, (-10.0, 10.0), 20.0, 60)
    x, y = points(drawn)
    assert (x[0], x[-1]) == (0.0, 20.0)
    np.testing.assert_allclose(y, 1.0 + x * math.log10(factor), atol=1e-12)
    gaps = np.isnan(np.asarray(drawn.x))
    assert 0.2 < gaps.mean() < 0.6
    assert np.array_equal(gaps, np.isnan(np.asarray(drawn.y))), "a gap that lifts the pen leaves no mark"
    assert drawn.label == "f^k"


def test_a_line_that_leaves_the_scale_ends_there_and_says_so() -> None:
    up, down = theory_series([line(10.0), line(0.01)], 0.0, (-4.0, 5.0), 20.0, 60)
    (x, y), (x_down, y_down) = points(up), points(down)
    assert (x[-1], y[-1], up.label) == (pytest.approx(5.0), pytest.approx(5.0), "f^k ▲")
    assert (x_down[-1], y_down[-1], down.label) == (pytest.approx(2.0), pytest.approx(-4.0), "f^k ▼")
    assert leaves(line(10.0), 0.0, (-4.0, 5.0), 20.0) == pytest.approx(5.0)
    assert leaves(line(1.1), 0.0, (-4.0, 5.0), 20.0) is None
    assert draw_plain(Chart([up, down], (0.0, 20.0), (-4.0, 5.0)), 60, 20).clipped == ()


def test_a_factor_of_exactly_zero_falls_off_at_once() -> None:
    (drawn,) = theory_series([line(0.0)], 0.0, (-4.0, 1.0), 20.0, 60)
    assert points(drawn)[0].tolist() == [0.0, 0.0]
    assert drawn.label == "f^k ▼"
    assert line_factor(line(0.0)) == "×0"


@pytest.mark.parametrize("rate", [1e-300, 0.5, 1.01, 1e6, 1e300])
@pytest.mark.parametrize("limits", [(-20.0, 0.0), (-0.5, 0.5)])
def test_a_line_widens_the_scale_no_further_than_some_headroom(rate: float, limits: tuple[float, float]) -> None:
    low, high = widened(limits, [line(rate)], -0.25, 5000.0)
    room = max(1.0, HEADROOM * (limits[1] - limits[0])) + 1e-9
    assert limits[0] - room <= low <= limits[0]
    assert limits[1] <= high <= limits[1] + room


def test_they_are_drawn_apart() -> None:
    styles = list(STYLES.values())
    assert len({style.glyph for style in styles}) == len({style.dashes for style in styles}) == 5


def test_a_path_of_gates_bends_as_its_gates_do_and_ends_with_its_lags() -> None:
    log2 = np.array([0.0, -1.0, -4.0, -4.5, np.nan, np.nan])
    path = TheoryLine("path", "direct path", "∏", "always", "so it is", -1.5, 0.0, log2)
    (drawn,) = theory_series([path], 2.0, (-10.0, 10.0), 5.0, 60)
    x, y = points(drawn)
    assert x[-1] == pytest.approx(3.0, abs=0.05)
    np.testing.assert_allclose(y, 2.0 + np.interp(x, range(4), log2[:4]) * LOG10_2, atol=1e-12)
    assert drawn.label == "∏"
    (short,) = theory_series([path], 2.0, (2.0 - 2.5 * LOG10_2, 10.0), 5.0, 60)
    assert points(short)[0][-1] == pytest.approx(1.5)
    assert short.label == "∏ ▼"
    assert widened((1.9, 2.0), [path], 2.0, 5.0) == (pytest.approx(0.9), 2.0)
    assert widened((-9.0, 2.0), [path], 2.0, 5.0) == (-9.0, 2.0)


# On the chart


@pytest.mark.parametrize("curve", ["typical", "summed"])
def test_they_hang_on_the_first_line_that_is_shown(curve: str) -> None:
    trace = run(SMALL)
    lines = core.theory_lines(trace.network, 12)
    for hidden, name in (((), "W_aa"), (("W_aa",), "W_ax"), (("W_aa", "W_ax"), "b_a")):
        size = trace.lags.typical(name)[0] if curve == "typical" else trace.lags.log2_summed[name][0]
        assert theory_anchor(trace, curve, hidden=hidden) == (name, pytest.approx(size * LOG10_2))
        chart = lags_chart(trace, curve=curve, hidden=hidden, theory=lines)
        hung = [series for series in chart.series if series.label]
        assert [series.label.rstrip(" ▲▼") for series in hung] == [one.formula for one in lines]
        assert all(points(series)[1][0] == pytest.approx(size * LOG10_2) for series in hung)
    assert theory_anchor(trace, curve, hidden=("W_aa", "W_ax", "b_a")) is None


def test_a_bound_that_rises_out_of_sight_leaves_the_measured_lines_their_room() -> None:
    trace = run(Experiment())
    lines = core.theory_lines(trace.network, 50)
    assert lines[0].log2[-1] * LOG10_2 > 10
    plain, with_theory = lags_chart(trace), lags_chart(trace, theory=lines)
    low, high = plain.y_limits
    assert with_theory.y_limits[1] - high <= max(1.0, HEADROOM * (high - low))
    drawing = draw_plain(with_theory, 80, 20)
    assert any("(γ σ_max)^k ▲" in row for row in drawing.lines)


def test_a_result_is_not_missed_where_all_of_the_work_was_reported_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine the last report of the progress came late enough to be sent, and was taken for the result."""

    def at_every_step(worker: object, ui_first: object, tell: Callable[[float], None]) -> Progress:
        return lambda done, total: tell(done / total)

    monkeypatch.setattr(dynamics_worker, "reporting", at_every_step)

    @explorer(SMALL.replace(cell="lstm"), only="work")  # whose direct path is found after all of the exponents
    async def look(drive: Drive) -> None:
        await drive.press("b")
        await drive.until(lambda: not drive.app.workers)
        await drive.pilot.pause()
        assert drive.screen.shown.measured.of(drive.trace) is not None

    look()


@explorer(SMALL.replace(cell="lstm"), size=WIDE, only="work")
async def test_what_the_gates_let_by_has_its_two_lines_in_chart_legend_and_table(drive: Drive) -> None:
    await drive.press("b")
    await drive.until(lambda: drive.one(LagsChart).theory)
    lines = drive.one(LagsChart).theory
    assert [one.kind for one in lines] == ["lyapunov", "path", "path_largest"]

    def said() -> str:
        return " ".join(text_of(entry) for entry in drive.one(TheoryLegend).children if entry.display)

    await drive.until(lambda: "max ∏" in text_of(drive.one(LagsChart)) and "max ∏" in said())
    chart, words = text_of(drive.one(LagsChart)), said()
    for one in lines[1:]:
        assert one.formula in chart
        assert one.formula in words
        assert one.verdict in words
    await drive.press("v")
    await drive.until(lambda: "┈┈ max ∏ f⟨r⟩" in drive.one(LagsTable).columns)
    row = drive.one(LagsTable).get_row_at(5)
    anchor = theory_anchor(drive.trace, len(drive.trace.tape.losses), "source")
    assert anchor is not None
    assert row[-2:] == [magnitude(anchor[1] / LOG10_2 + float(one.log2[5])) for one in lines[1:]]


@pytest.mark.parametrize(
    ("settings", "formula"),
    [
        ({"cell": "lstm"}, "rms ∏ f⟨r⟩"),
        ({"cell": "gru"}, "rms ∏ z⟨r⟩"),
        ({"leak": 0.1}, "(1 − α)^k"),
    ],
)
def test_what_the_gates_alone_let_by_is_on_the_chart_and_in_the_report(
    settings: dict[str, object], formula: str
) -> None:
    trace = run(SMALL.replace(**settings))  # type: ignore[arg-type]
    (line,) = [one for one in core.dynamics_of(trace.tape, profile=False).lines if one.kind == "path"]
    assert line.formula == formula
    np.testing.assert_array_equal(line.log2, core.direct_path(trace.tape).log2_rms)
    chart = lags_chart(trace, theory=[line])
    (hung,) = [series for series in chart.series if series.label]
    anchor = theory_anchor(trace, "typical")
    assert anchor is not None
    assert points(hung)[1][0] == pytest.approx(anchor[1])
    assert points(hung)[1][-1] == pytest.approx(max(chart.y_limits[0], anchor[1] + line.log2[-1] * LOG10_2))
    told = record(trace)["theory"]["lines"]["path"]
    assert told["log2"] == pytest.approx(list(line.log2))
    assert told["formula"] == formula
    assert line.condition in " ".join(report(trace, width=100).split())


@cache
def gated_lines() -> tuple[TheoryLine, ...]:
    """Theory's lines of a network that has all of them."""
    return core.dynamics_of(core.run(core.Experiment(cell="lstm", timesteps=40)).tape, step=40).lines


@pytest.mark.parametrize("width", [12, 30, 44, 60, 78, 120])
@pytest.mark.parametrize("style", ["tight", "lines", "folded"])
def test_no_word_of_a_line_is_cut_at_any_width(width: int, style: Style) -> None:
    found = gated_lines()
    texts = _TEXTS[style](found, width)
    for line, text in zip(found, texts, strict=False):
        parts = {line_factor(line), line_factor(line).partition(" ±")[0], *verdict_forms(line), MEANS[line.kind]}
        left = text.plain.replace("\n", " ")
        for one in found if style == "tight" else [line]:
            parts |= {line_factor(one), line_factor(one).partition(" ±")[0]}
            left = left.replace(STYLES[one.kind].glyph * 2, "").replace(one.formula, "")
        for part in sorted(parts, key=len, reverse=True):
            left = left.replace(part, "")
        if style == "tight":  # what has no room is left out
            assert all(text.plain.count(STYLES[one.kind].glyph * 2) == (one.formula in text.plain) for one in found)
            left = left.replace("…", "")
        assert not left.replace("·", "").strip(), "nothing but whole parts"
        if width >= 44:
            assert all(cell_len(row) <= width for row in text.plain.split("\n"))


def test_names_do_not_lie_upon_each_other() -> None:
    lines = [line(1.0), line(1.001, "radius"), line(0.999, "lyapunov")]
    series = theory_series(lines, 0.0, (-5.0, 5.0), 20.0, 60)
    drawn = draw_plain(Chart(series, (0.0, 20.0), (-5.0, 5.0)), 60, 16).lines
    assert sum(row.count("f^k") for row in drawn) == 3


# In the explorer


@pytest.mark.parametrize("size", [WIDE, MEDIUM, NARROW], ids=str)
def test_a_key_shows_each_line_with_its_name_factor_and_condition(size: tuple[int, int]) -> None:
    @explorer(SMALL, size=size, only="work")
    async def look(drive: Drive) -> None:
        legend = drive.one(TheoryLegend)
        assert not legend.display or not legend.region.area
        await drive.press("b")
        await drive.until(lambda: drive.one(LagsChart).theory)
        await drive.pilot.pause()
        lines = drive.one(LagsChart).theory
        assert [one.kind for one in lines] == ["bound", "radius", "lyapunov"]
        said = "\n".join(text_of(entry) for entry in legend.children if entry.display)
        for one in lines:
            assert one.formula in said
            assert line_factor(one).split(" ")[0] in said
            assert size == NARROW or one.verdict.split(":")[0] in said
            assert size != WIDE or MEANS[one.kind] in said, "what it can decide is there whole"
        assert "(γ σ_max)^k" in text_of(drive.one(LagsChart))
        told = "\n".join(str(entry.tooltip) for entry in legend.children)
        assert all(one.condition in told for one in lines)
        await drive.press("b")
        await drive.until(lambda: not drive.one(LagsChart).theory)
        assert "σ_max" not in text_of(drive.one(LagsChart))

    look()


@explorer(SMALL, size=WIDE, only="work")
async def test_the_table_has_the_lines_and_their_whole_conditions(drive: Drive) -> None:
    await drive.press("b", "v")
    await drive.until(lambda: len(drive.one(LagsTable).columns) == 10)
    lines = core.dynamics_of(drive.trace.tape, profile=False).lines
    first, last = drive.one(LagsTable).get_row_at(0), drive.one(LagsTable).get_row_at(11)
    assert first[7:] == [first[1]] * 3, "all hang on W_aa's size at lag 0"
    assert last[7] != last[8] != last[9]
    words = " ".join(" ".join(text_of(entry) for entry in drive.one(TheoryLegend).children).split())
    for one in lines:
        assert one.condition in words


@explorer(SMALL)
async def test_the_lines_follow_the_network(drive: Drive) -> None:
    await drive.press("b")
    await drive.until(lambda: drive.one(LagsChart).theory)
    before = drive.one(LagsChart).theory
    await drive.enter("gain", 0.3)
    await drive.until(lambda: drive.one(LagsChart).theory not in ((), before))
    bound = drive.one(LagsChart).theory[0]
    assert bound.verdict == "must vanish"
    assert rise(bound) == pytest.approx(rise(before[0]) + math.log10(0.3 / 0.9))


@explorer(SMALL, only="work")
async def test_they_are_remembered(drive: Drive) -> None:
    await drive.press("b")
    await drive.until(lambda: drive.one(LagsChart).theory)
    await drive.app.action_quit()
    assert load()[0].theory


@explorer(SMALL, only="work")
async def test_with_every_line_hidden_it_says_why_there_is_none(drive: Drive) -> None:
    await drive.press("b")
    for line in ("W_aa", "W_ax", "b_a"):
        drive.screen.toggle_line(line)
    await drive.until(lambda: drive.one(LagsChart).theory)
    await drive.pilot.pause()
    assert "no line is shown to hang on" in text_of(drive.one(TheoryLegend).children[0])
