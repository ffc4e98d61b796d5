"""Charts as text: nothing a series holds may end the process, shift a line or be lost without a mark.

Geometry is checked on the plain drawing, one character a cell; a cell's place is exact, so there are no
tolerances but those of float64 where a line is cut at the border.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from canvas_fuzz import described, random_chart
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.theme import BUILTIN_THEMES

from tui.explorer.painting.theme import theme_palette
from tui.report.charts.label_placement import cells_between
from tui.report.charts.model import Chart, Mark, Series
from tui.report.charts.path import sanitize
from tui.report.charts.terminal import draw, draw_plain
from tui.report.charts.ticks import Ticks, decade_ticks, nice_ticks
from tui.report.palette import READABLE, SERIES, contrast, dark_palette, light_palette

ROOT = Path(__file__).parents[2]
NAN, INF = float("nan"), float("inf")
DARK = dark_palette()

anything = st.floats() | st.sampled_from([0.0, 1.0, -0.5, 0.25, 1.5, 1e300, -1e300, NAN, INF, -INF])
near = st.floats(-2, 3)
share = st.integers(0, 64).map(lambda n: n / 64)


def series(x, y, **options) -> Series:
    return Series(**{"name": "s", "x": x, "y": y, "color": (213, 94, 0), "marker": "●", **options})


def body(chart: Chart, width: int = 40, height: int = 12) -> list[str]:
    """The cells that data can fall on."""
    drawing = draw_plain(chart, width, height)
    area = drawing.area
    return [line[area.left :] for line in drawing.lines[area.top : area.top + area.height]]


def columns_with(rows: list[str], glyph: str) -> list[int]:
    return sorted({column for row in rows for column, cell in enumerate(row) if cell == glyph})


def in_a_process(*arguments: str, code: str = "") -> subprocess.CompletedProcess[bytes]:
    script = ["-c", code] if code else [str(Path(__file__).with_name("canvas_fuzz.py")), *arguments]
    command = [sys.executable, "-W", "error", *script]
    return subprocess.run(
        command,
        check=False,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "20", "LINES": "5"},
        timeout=60,
    )


# A drawing


@pytest.mark.parametrize(("seed", "count"), [(0, 120), pytest.param(120, 180, marks=pytest.mark.slow)])
def test_the_worst_numbers_there_are_neither_end_the_process_nor_break_the_size(seed, count):
    result = in_a_process("fuzz", str(seed), str(count))
    last = result.stdout.decode().splitlines()[-1:]
    assert result.returncode == 0, f"after chart {last}: {result.stderr.decode()[-2000:]}"
    assert last[0].startswith(f"{seed + count - 1} ")


@pytest.mark.parametrize("size", [(12, 5), (13, 5), (12, 6), (40, 10), (80, 24), (100, 30), (200, 60)])
@pytest.mark.parametrize("footed", [True, False])
def test_a_drawing_has_exactly_the_size_asked_for(size, footed):
    ticks = nice_ticks(0, 49, 5) if footed else Ticks()
    chart = Chart([series(range(50), range(50))], (0, 49), (0, 49), ticks, ticks, "lag k", "y", "title")
    for drawing in (draw_plain(chart, *size), draw(chart, *size, DARK)):
        widths = {cell_len(line) for line in drawing.lines}
        assert (widths, len(drawing.lines)) == ({size[0]}, size[1])


@pytest.mark.parametrize(
    ("size", "first"), [((11, 30), "needs 12×5 "), ((100, 4), "needs 12×5"), ((3, 2), "ne…"), ((1, 1), "…")]
)
def test_too_small_a_canvas_says_so_and_keeps_its_size(size, first):
    drawing = draw(Chart([series([0, 1], [0, 1])], (0, 1), (0, 1)), *size, DARK)
    assert [len(line) for line in drawing.lines] == [size[0]] * size[1]
    assert drawing.lines[0] == first.ljust(size[0])
    assert drawing.area is None


def test_no_cells_give_no_text():
    assert draw_plain(Chart([], (0, 1), (0, 1)), 0, 3).lines == ("", "", "")
    assert draw_plain(Chart([], (0, 1), (0, 1)), 30, 0).lines == ()


def test_the_plain_drawing_has_no_escapes_and_tells_series_by_marker():
    lines = [series([0, 49], [i, i], name=n, marker=s.marker) for i, (n, s) in enumerate(SERIES.items())]
    text = "\n".join(draw_plain(Chart(lines, (0, 49), (-1, 6)), 60, 20).lines)
    assert "\x1b" not in text
    assert all(text.count(style.marker) > 40 for style in SERIES.values())


def test_a_series_is_drawn_in_its_color_and_a_pinned_one_recedes():
    chart = Chart([series([0, 1], [0, 0]), series([0, 1], [1, 1], dim=True)], (0, 1), (0, 1))
    found = [segment for line in draw(chart, 40, 10, DARK).segments for segment in line]
    for color, dots in ((DARK.readable((213, 94, 0)), "⣀⣀⣀"), (DARK.dimmed((213, 94, 0)), "⠉⠉⠉")):
        assert any(dots in one.text and one.style.color.triplet == color for one in found)
    assert all(one.style.bgcolor is None for one in found)


def test_a_pinned_series_never_hides_a_live_one():
    live, pinned = series([0, 1], [0, 0], marker="■"), series([0, 1], [0, 0], dim=True)
    assert set(body(Chart([live, pinned], (0, 1), (0, 1)))[-1]) == {"■"}


def test_what_was_drawn_before_leaves_no_trace():
    seeds = [seed for seed in range(40) if random_chart(seed)[1] >= 40][:3]
    alone = {seed: in_a_process("alone", str(seed)).stdout.decode().split("\n") for seed in seeds}
    for first, second in combinations(seeds, 2):
        for seed in (first, second, first):
            chart, width, height = random_chart(seed)
            assert described(draw(chart, width, height, DARK)) == alone[seed]


def test_a_figure_left_in_any_state_is_started_again():
    import plotext

    chart = Chart([series(range(9), range(9))], (0, 8), (0, 8), x_label="k")
    before = draw(chart, 40, 12, DARK)
    figure = plotext.figure
    figure.subplots(2, 2)
    figure.theme("matrix").title("left over").legend(True)
    figure.ruler("both", "both").scale("log").direction(-1).grid(True)
    figure.line(3, "x")
    figure.draw(figure.signal([1, 2], [3, 4]))
    assert draw(chart, 40, 12, DARK).segments == before.segments


BESIDE_A_BUSY_THREAD = """
import resource, threading
from tui.report.charts.model import Chart, Series
from tui.report.charts.terminal import draw
from tui.report.palette import dark_palette

chart = Chart([Series("s", range(99), [i % 7 for i in range(99)], (213, 94, 0), "●")], (0, 99), (0, 7))
draw(chart, 60, 16, dark_palette())
ended = threading.Event()

def busy():
    while not ended.is_set():
        sum(range(1000))

threading.Thread(target=busy).start()
before = resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw
draw(chart, 60, 16, dark_palette())
print(resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw - before)
ended.set()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="counts a thread's waits by getrusage, as Linux has it")
def test_a_chart_is_drawn_without_waiting_for_other_threads_at_every_call_of_the_kernel():
    done = in_a_process(code=BESIDE_A_BUSY_THREAD)
    # Some 99 points × 20 calls if each is one; a few, where the interpreter itself hands over.
    assert int(done.stdout) < 200, done.stderr.decode()


def test_the_size_of_the_real_terminal_does_not_matter(monkeypatch):
    chart = Chart([series(range(9), range(9))], (0, 8), (0, 8))
    before = draw(chart, 90, 30, DARK)
    monkeypatch.setenv("COLUMNS", "20")
    monkeypatch.setenv("LINES", "5")
    assert draw(chart, 90, 30, DARK).segments == before.segments


def test_one_module_knows_plotext_and_it_waits_for_the_first_chart():
    def imports(path: Path) -> set[str]:
        nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        names = [
            n.module or "" if isinstance(n, ast.ImportFrom) else n.names[0].name
            for n in nodes
            if isinstance(n, ast.Import | ast.ImportFrom)
        ]
        return {name.split(".")[0] for name in names}

    knowing = {path.name for path in (ROOT / "tui").rglob("*.py") if "plotext" in imports(path)}
    assert knowing == {"plotext_canvas.py"}
    late = in_a_process(code="import sys, tui.report.charts.terminal; sys.exit('plotext' in sys.modules)")
    assert late.returncode == 0, late.stderr.decode()


# Where things are


@pytest.mark.parametrize("size", [(40, 10), (100, 30), (133, 20)])
def test_cursor_tick_and_data_of_one_lag_share_a_column_and_a_click_there_finds_it(size):
    for lag in range(0, 30, 7):
        ticks = Ticks((float(lag),), ("k",))
        chart = Chart([series([lag], [0.0], style="points")], (0, 29), (-1, 1), ticks, marks=[Mark("x", lag)])
        drawing = draw_plain(chart, *size)
        column = drawing.lines[-2].index("┬")
        assert [line.find("●") for line in drawing.lines if "●" in line] == [column]
        cursor = [line.find("│", drawing.area.left) for line in drawing.lines[: drawing.area.height]]
        assert set(cursor) <= {column, -1} and cursor.count(column) == drawing.area.height - 1
        assert round(drawing.area.x_at(column)) == lag


def test_y_runs_upward_and_a_click_finds_it():
    drawing = draw_plain(Chart([series([0, 0], [0, 9], style="points")], (0, 1), (0, 9)), 40, 12)
    rows = [row for row, line in enumerate(drawing.lines) if "●" in line]
    assert rows == [0, drawing.area.height - 1]
    assert [round(drawing.area.y_at(row)) for row in rows] == [9, 0]


def test_limits_may_run_backwards():
    points = series([0, 1, 2], [0, 2, 1], style="points")
    forward, back = (body(Chart([points], limits, (0, 2))) for limits in ((0, 2), (2, 0)))
    assert back == [row[::-1] for row in forward]


@pytest.mark.parametrize("size", [(100, 30), (40, 30)])
def test_with_equal_units_a_circle_is_round_and_wholly_shown(size):
    angle = np.linspace(0, 2 * np.pi, 300)
    drawing = draw_plain(Chart([series(np.cos(angle), np.sin(angle))], (-1, 1), (1, -1), equal=True), *size)
    area = drawing.area
    (left, right), (low, high) = area.x_limits, area.y_limits
    # Braille dots, two across and four up a cell, are as far apart across as up in a cell twice as high as wide.
    assert (right - left) / (2 * area.width - 1) == pytest.approx((low - high) / (4 * area.height - 1))
    assert min(right - left, low - high) == pytest.approx(2)
    assert (left + right, low + high) == pytest.approx((0, 0))
    assert drawing.clipped == ()


def test_a_line_is_broken_where_a_value_is_missing():
    chart = Chart([series([0, 10, 20, 30], [0, NAN, 0, 0])], (0, 30), (0, 1))
    shown = columns_with(body(chart), "●")
    width = len(body(chart)[0])
    assert shown[0] == 0
    assert shown[1] == pytest.approx(width * 2 / 3, abs=1)
    assert shown[1:] == list(range(shown[1], width))


def test_a_line_leaves_the_scale_where_it_truly_does():
    # From the middle of the left edge to a billion: inside the scale it is vertical, and not a slope.
    rows = body(Chart([series([0, 10], [0.5, 1e9])], (0, 10), (0, 1)))
    assert columns_with(rows, "●") == [0]
    assert columns_with(rows, "▲") == [len(rows[0]) - 1]


def test_a_line_that_dips_off_the_scale_within_a_column_comes_back():
    rows = body(Chart([series([0, 10, 20], [1, -1e-9, 1])], (0, 20), (0, 1)))
    assert columns_with(rows, "●") == [column for column in range(len(rows[0])) if rows[-1][column] != "▼"]


def test_noise_beyond_both_ends_of_the_scale_fills_it():
    noise = np.random.default_rng(0).normal(0, 9, 5000)
    rows = body(Chart([series(range(5000), noise)], (0, 4999), (-1, 1)))
    assert [set(row) for row in rows] == [{"▲"}, *[{"●"}] * (len(rows) - 2), {"▼"}]


def test_a_line_between_numbers_too_large_to_add_to_is_cut_on_the_border():
    for ratio in np.linspace(0.1, 9, 40):
        path = sanitize([0, 1], [-1e299, ratio * 1e299], (0, 1), (0, 1), 40)
        assert path.v.tolist() == [0, 1]
        assert path.u == pytest.approx(np.full(2, 1 / (1 + ratio)))


def test_a_point_alone_is_shown_beside_others_off_the_scale():
    path = sanitize([0, 1, 2, 3], [9, NAN, 0.5, NAN], (0, 3), (0, 1), 40)
    assert (path.u.tolist(), path.v.tolist(), path.joined.tolist()) == ([2 / 3], [0.5], [False])


def test_what_the_scale_cannot_show_is_marked_in_its_column_and_counted():
    y = np.zeros(9)
    y[2], y[4], y[5], y[6], y[8] = 7, -7, INF, -INF, NAN
    drawing = draw(Chart([series(range(9), y)], (0, 8), (-1, 1)), 40, 12, DARK)
    (clipped,) = drawing.clipped
    assert (clipped.above, clipped.below, clipped.infinite, clipped.minus_infinite, clipped.undefined) == (1,) * 5
    assert str(clipped) == "s: 1 above the scale, 1 below the scale, 1 infinite, 1 −infinite, 1 not a number"
    plain = draw_plain(Chart([series(range(9), y)], (0, 8), (-1, 1)), 40, 12)
    for row, glyph, lags in ((0, "▲", [2, 5]), (0, "×", [8]), (plain.area.height - 1, "▼", [4, 6])):
        columns = columns_with([plain.lines[row]], glyph)
        assert [round(plain.area.x_at(column)) for column in columns] == lags


def test_a_point_missing_in_both_coordinates_breaks_the_line_and_is_no_loss():
    path = sanitize([0, NAN, 1], [0, NAN, 1], (0, 1), (0, 1), 40)
    assert path.joined.tolist() == [False, False]
    assert path.clipped.total == 0


def test_a_reference_line_off_the_scale_is_reported():
    drawing = draw_plain(
        Chart([], (0, 1), (0, 1), marks=[Mark("y", 3, "bound"), Mark("x", -1), Mark("y", NAN, "ρ^k")]), 40, 12
    )
    assert [str(one) for one in drawing.clipped] == [
        "bound: 1 above the scale",
        "x = -1: 1 beside the scale",
        "ρ^k: 1 not a number",
    ]


def test_a_constant_on_a_scale_of_no_length_is_in_the_middle():
    rows = body(Chart([series([0, 1], [3, 3])], (0, 1), (3, 3)), height=12)
    assert [row for row, cells in enumerate(rows) if "●" in cells] == [len(rows) // 2]


def test_labels_cannot_inject_escapes_or_shift_a_line():
    ticks = Ticks((0.0, 1.0), ("\x1b[31m0", "一二三"))
    chart = Chart([], (0, 1), (0, 1), ticks, ticks, "\x1b[2J", "一" * 90, "a\nb", [Mark("x", 0.5, "\x1b[H🙂")])
    for line in draw_plain(chart, 40, 12).lines:
        assert (cell_len(line), "\x1b" in line) == (40, False)


def test_x_and_y_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="'loss': expected as many x as y, got 2 and 3"):
        sanitize([1, 2], [1, 2, 3], (0, 1), (0, 1), 10, name="loss")
    with pytest.raises(ValueError, match="expected a label a tick, got 1 for 2"):
        Ticks((1.0, 2.0), ("one",))


def test_the_first_chart_does_not_wait_for_plotexts_manual_which_is_there_for_who_asks() -> None:
    code = """
import sys
from tui.report.charts.model import Chart, Series
from tui.report.charts.terminal import draw_plain
line = Series("a", [0.0, 1.0], [0.0, 1.0], (255, 0, 0), "●")
assert "●●●" in draw_plain(Chart([line], (0, 1), (0, 1)), 40, 10).lines[0]
assert "plotext" in sys.modules and not [name for name in sys.modules if name.startswith("plotext._doc")]
from plotext._doc.doc import docs
assert docs is not None
"""
    done = in_a_process(code=code)
    assert done.returncode == 0, done.stderr.decode()


# What reaches plotext


@given(
    st.lists(st.tuples(anything, anything)), st.tuples(anything, anything), st.tuples(anything, anything), st.booleans()
)
def test_only_numbers_of_the_unit_square_reach_plotext(points, x_limits, y_limits, line):
    x, y = (list(values) for values in zip(*points, strict=True)) if points else ([], [])
    path = sanitize(x, y, x_limits, y_limits, 30, line=line)
    for values in (path.u, path.v, path.over, path.under):
        assert np.all((values >= 0) & (values <= 1))
    assert len(path.u) == len(path.v) == len(path.joined)
    assert not path.joined[:1].any()


@given(st.lists(st.tuples(anything, anything)))
def test_every_point_is_shown_counted_or_a_lifted_pen(points):
    x, y = (list(values) for values in zip(*points, strict=True)) if points else ([], [])
    path = sanitize(x, y, (0, 1), (0, 1), 30, line=False)
    lifted = sum(np.isnan(a) and np.isnan(b) for a, b in points)
    assert len(path.u) + path.clipped.total + lifted == len(points)


def most_in_a_column(x, y) -> int:
    columns = np.floor(sanitize(x, y, (0, 1), (0, 1), 7).u * (2 * 7 - 1) + 0.5) // 2
    return int(np.bincount(columns.astype(int), minlength=1).max())


@given(st.lists(share, min_size=14, max_size=80))
def test_an_evenly_sampled_line_keeps_at_most_two_points_a_column(y):
    assert most_in_a_column(np.linspace(0, 1, len(y)), y) <= 2


@given(st.lists(near, min_size=1, max_size=60).map(sorted), st.data())
def test_any_line_that_does_not_turn_back_keeps_at_most_four_points_a_column(x, data):
    assert most_in_a_column(x, data.draw(st.lists(anything, min_size=len(x), max_size=len(x)))) <= 4


def test_a_dense_column_is_left_from_where_the_data_leaves_it():
    path = sanitize([0, 0, 0, 1], [0, 1, 0.5, 0.5], (0, 1), (0, 1), 40)
    assert path.v.tolist() == [0, 1, 0.5, 0.5]


@given(st.lists(share, min_size=1, max_size=60).map(sorted), st.data())
def test_a_line_keeps_the_lowest_and_highest_point_of_each_column(x, data):
    y = np.array(data.draw(st.lists(share, min_size=len(x), max_size=len(x))))
    path = sanitize(x, y, (0, 1), (0, 1), 7)
    before, after = (np.floor(np.asarray(u) * (2 * 7 - 1) + 0.5) // 2 for u in (x, path.u))
    assert set(before) == set(after)
    for column in set(before):
        assert path.v[after == column].min() == y[before == column].min()
        assert path.v[after == column].max() == y[before == column].max()


@given(st.lists(anything, min_size=1, max_size=40))
def test_no_line_crosses_a_missing_value(y):
    # x = 0, 1, 2, … in columns of their own; within the scale wherever finite: one point out for one in.
    y = np.array([value if not np.isfinite(value) else value % 1.0 for value in y])
    path = sanitize(np.arange(len(y)), y, (0, max(1, len(y) - 1)), (0, 1), 1000)
    kept = np.flatnonzero(np.isfinite(y))
    assert np.rint(path.u * max(1, len(y) - 1)).astype(int).tolist() == kept.tolist()
    assert path.joined.tolist() == [i > 0 and np.isfinite(y[i - 1]) for i in kept]


def distances(points, starts, ends):
    """From each point to the nearest of the segments, at its nearest place t on each: shape (points,)."""
    steps = ends - starts
    to = points[:, None] - starts
    t = np.clip((to * steps).sum(axis=2) / np.maximum((steps**2).sum(axis=1), 1e-300), 0, 1)
    return np.hypot(*np.moveaxis(to - t[:, :, None] * steps, 2, 0)).min(axis=1)


@given(st.lists(st.tuples(st.integers(-8, 12), near), min_size=2, max_size=12))
def test_a_cut_line_is_the_part_of_the_line_within_the_limits(points):
    # No step straight up: with a million columns nothing shares one, and so nothing is thinned.
    line = np.array([(x / 7, y) for x, y in points])
    line = line[np.concatenate(([True], np.diff(line[:, 0]) != 0))]
    path = sanitize(*line.T, (0, 1), (0, 1), 10**6)
    shown = np.stack((path.u, path.v), axis=1)
    starts, ends = shown[:-1][path.joined[1:]], shown[1:][path.joined[1:]]
    if len(line) > 1 and len(shown):
        middles = np.concatenate((shown, (starts + ends) / 2))
        assert distances(middles, line[:-1], line[1:]).max() < 1e-6
    along = np.linspace(0, 1, 101)[:, None, None]
    samples = (line[:-1] + along * np.diff(line, axis=0)).reshape(-1, 2)
    samples = samples[np.all((samples > 1e-6) & (samples < 1 - 1e-6), axis=1)]
    if len(samples):
        assert len(starts)
        assert distances(samples, starts, ends).max() < 1e-5


# Ticks


@pytest.mark.parametrize(
    ("span", "labels"),
    [
        ((-8, 1, 27), ("1e−8", "1e−6", "1e−4", "1e−2", "1e+0")),
        ((-2000, 10, 27), ("1e−2000", "1e−1500", "1e−1000", "1e−500", "1e+0")),
        ((-1.2, 0.3, 20), ("0.1", "0.2", "0.5", "1")),
        ((-0.3, 0.3, 20), ("0.6", "0.8", "1.0", "1.2", "1.4", "1.6", "1.8")),
        ((-2.75, -1.08, 11), ("0.005", "0.01", "0.05")),
        ((-6.3, -5.8, 20), ("6e−7", "8e−7", "1.0e−6", "1.2e−6", "1.4e−6")),
        ((-8.5, -1.2, 3), ("1e−8", "1e−2")),
        ((-3, -3, 20), ("0.001",)),
        ((0.5, 0.5, 20), ("3.16",)),
        ((1, -8, 27), ("1e−8", "1e−6", "1e−4", "1e−2", "1e+0")),
        ((NAN, 1, 20), ()),
        ((0, INF, 20), ()),
    ],
)
def test_decade_ticks_say_the_numbers_themselves(span, labels):
    assert decade_ticks(*span).labels == labels


@given(st.floats(-3000, 3000), st.floats(0, 5000), st.integers(0, 80))
def test_decade_ticks_fit_lie_on_the_axis_and_are_where_their_labels_say(lo, length, height):
    ticks = decade_ticks(lo, lo + length, height)
    assert 1 <= len(ticks.positions) <= max(2, (height + 2) // 3)
    assert list(ticks.positions) == sorted(set(ticks.positions))
    assert all(lo <= position <= lo + length for position in ticks.positions)
    assert len(set(ticks.labels)) == len(ticks.labels)
    for position, label in zip(ticks.positions, ticks.labels, strict=True):
        mantissa, _, exponent = label.replace("−", "-").partition("e")
        # A lone tick where no round number lies is labeled to three digits: log10(1.005) = 0.0022.
        assert int(exponent or 0) + np.log10(float(mantissa)) == pytest.approx(position, abs=0.0022)


@pytest.mark.parametrize(
    ("span", "labels"),
    [
        ((0, 49, 8), ("0", "10", "20", "30", "40")),
        ((0, 3, 9), ("0", "1", "2", "3")),
        ((1700, 2008, 8), ("1700", "1750", "1800", "1850", "1900", "1950", "2000")),
        ((7, 7, 5), ("7",)),
        ((-5, 5, 3), ("−5", "0", "5")),
        ((0.2, 0.8, 5), ()),
        ((0, NAN, 5), ()),
    ],
)
def test_lag_ticks_are_round_whole_numbers(span, labels):
    assert nice_ticks(*span).labels == labels


@given(st.floats(-1e9, 1e9), st.floats(0, 1e9), st.integers(1, 30), st.booleans())
def test_nice_ticks_fit_and_lie_on_the_axis(lo, length, count, integer):
    ticks = nice_ticks(lo, lo + length, count, integer=integer)
    assert len(ticks.positions) <= count
    assert all(lo <= position <= lo + length for position in ticks.positions)
    assert len(set(ticks.labels)) == len(ticks.labels)


def test_tick_labels_never_touch():
    ticks = Ticks(tuple(np.arange(50.0)), tuple(f"{k:03}" for k in range(50)))
    labels = draw_plain(Chart([], (0, 49), (0, 1), ticks), 60, 10).lines[-1].split()
    assert len(labels) > 10
    assert all(len(label) == 3 for label in labels)


# Colors


def lab(color):
    """CIE L*a*b* of an sRGB color under D65."""
    linear = np.array([v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in np.array(color) / 255])
    to_xyz = np.array([[0.4125, 0.3576, 0.1804], [0.2127, 0.7152, 0.0722], [0.0193, 0.1192, 0.9503]])
    x, y, z = (to_xyz @ linear) / (0.9505, 1.0, 1.0888)
    x, y, z = (np.cbrt(t) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("theme", BUILTIN_THEMES.values(), ids=BUILTIN_THEMES.keys())
def test_every_series_reads_on_every_theme_and_none_is_taken_for_another(theme):
    palette = theme_palette(theme)
    colors = [palette.readable(style.color) for style in SERIES.values()]
    assert all(contrast(color, palette.backdrop) >= READABLE for color in (*colors, palette.muted, palette.accent))
    # CIE 1976: 2.3 is a just noticeable difference.
    apart = [np.linalg.norm(lab(a) - lab(b)) for a, b in combinations((*colors, palette.accent), 2)]
    assert min(apart) > 15


def test_the_plain_palettes_read_and_okabe_and_itos_colors_are_kept_on_the_dark_one():
    assert all(DARK.readable(style.color) == style.color for style in SERIES.values())
    light = light_palette()
    assert contrast(light.foreground, light.backdrop) > contrast(light.muted, light.backdrop) >= READABLE


def test_each_series_has_a_marker_of_its_own_that_is_no_border_mark():
    markers = [style.marker for style in SERIES.values()]
    assert len(set(markers)) == len(markers)
    assert all(cell_len(marker) == 1 for marker in markers)
    assert not set(markers) & set("▲▼×")


# Names


def rows_of(chart: Chart, width: int = 40, height: int = 12) -> list[str]:
    return list(draw_plain(chart, width, height).lines)


@given(st.lists(st.floats(0, 49), min_size=1, max_size=4, unique=True), st.integers(20, 90), st.integers(6, 30))
def test_names_of_marks_are_whole_and_never_on_one_another(places, width, height):
    names = [f"mark {i}" for i in range(len(places))]
    chart = Chart([], (0, 49), (0, 1), marks=[Mark("x", at, name) for at, name in zip(places, names, strict=True)])
    text = "\n".join(rows_of(chart, width, height))
    shown = [name for name in names if name in text]
    assert names[-1] in shown  # the last one is never the one to go
    assert text.count("mark") == len(shown)


def test_the_name_of_a_level_hides_no_point_where_it_can():
    line = series(np.arange(50), np.where(np.arange(50) > 20, 0.5, 0.9))
    chart = Chart([line], (0, 49), (0, 1), marks=[Mark("y", 0.5, "level")])
    (row,) = (row for row in rows_of(chart, 60) if "level" in row)
    assert row.index("level") < row.index("●")


def test_lines_between_points_count_as_points():
    found = cells_between(np.array([0.5, 9.5]), np.array([0.5, 4.5]), [1], 10, 5)
    assert found.any(axis=0).all()
    assert found.any(axis=1).all()
    assert not cells_between(np.array([0.5, 9.5]), np.array([0.5, 4.5]), [], 10, 5)[:, 1:9].any()
