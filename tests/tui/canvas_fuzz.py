"""Draw random charts of the worst numbers there are, and check the size of what comes back.

A script, run in a process of its own: what plotext does to a number it cannot place is end the process. The
last line printed says which chart that was.

    python canvas_fuzz.py fuzz SEED COUNT        print one line a chart; exit status 0 if all came out right
    python canvas_fuzz.py alone SEED             print chart SEED, drawn first in this process
"""

from __future__ import annotations

import random
import sys
from typing import Any

import numpy as np
from rich.cells import cell_len

from tui.explorer.painting.strips import strips_of
from tui.report.charts.model import Chart, Mark, Series
from tui.report.charts.terminal import Drawing, draw, draw_plain
from tui.report.charts.ticks import Ticks, decade_ticks, nice_ticks
from tui.report.palette import SERIES, dark_palette, light_palette

NUMBERS = (
    *(0.0, -0.0, 1.0, -1.0, 0.5, 3.0, 10.0, 1e9, -1e9, 1e300, -1e300, 1e-300, -1e-300, 5e-324),
    *(sys.float_info.max, -sys.float_info.max, float("inf"), -float("inf"), float("nan")),
)
SIZES = (
    *((0, 0), (0, 7), (7, 0), (1, 1), (1, 40), (3, 2)),
    *((12, 5), (13, 6), (40, 10), (60, 16), (100, 30), (161, 48)) * 3,
)
LABELS = ("", "lag k", "‖∂L/∂W_aa‖", "\x1b[31mred\x1b[0m", "一二三四五六七八", "x" * 200, "two\nlines", "é́́")
MARKERS = ("●", "■", "", "ab", "🙂", "\x1b", "\t", "braille")


def values(rng: random.Random, size: int) -> Any:
    kind = rng.randrange(6)
    noise = np.random.default_rng(rng.randrange(2**32))
    if kind == 0:
        return np.array([rng.choice(NUMBERS) for _ in range(size)])
    if kind == 1:
        return [rng.choice(NUMBERS)] * size
    if kind == 2:
        with np.errstate(over="ignore"):
            return np.exp(noise.normal(0, 300, size)) * noise.choice([-1, 1], size)
    if kind == 3:
        steps = noise.normal(0, 1, size).cumsum()
        steps[noise.random(size) < 0.1] = rng.choice(NUMBERS)
        return steps
    return np.arange(size, dtype=[np.float64, np.int64][kind - 4])


def limits(rng: random.Random) -> tuple[float, float]:
    if rng.random() < 0.5:
        return (rng.choice(NUMBERS), rng.choice(NUMBERS))
    return rng.choice([(0.0, 49.0), (-8.0, 1.0), (3.0, -3.0), (0.0, 1e-300), (-2000.0, 10.0)])


def ticks(rng: random.Random, span: tuple[float, float]) -> Ticks:
    kind = rng.randrange(4)
    if kind == 0:
        return decade_ticks(*span, rng.randrange(60))
    if kind == 1:
        return nice_ticks(*span, rng.randrange(-1, 20), integer=rng.random() < 0.5)
    if kind == 2:
        count = rng.randrange(5)
        return Ticks(tuple(rng.choice(NUMBERS) for _ in range(count)), tuple(rng.choice(LABELS) for _ in range(count)))
    return Ticks()


def random_chart(seed: int) -> tuple[Chart, int, int]:
    rng = random.Random(seed)
    series = []
    for index in range(rng.randrange(6)):
        size = rng.choice((0, 1, 2, 3, 50, 50, 50, 400))
        x = np.arange(5000) if rng.random() < 0.05 else values(rng, size)
        style = rng.choice(("line", "line", "points"))
        color = rng.choice(list(SERIES.values())).color
        series.append(
            Series(f"s{index}", x, values(rng, len(x)), color, rng.choice(MARKERS), style, dim=rng.random() < 0.2)
        )
    marks = [
        Mark(rng.choice(("x", "y")), rng.choice(NUMBERS), rng.choice(LABELS), rng.choice((None, (1, 2, 3))))
        for _ in range(rng.randrange(3))
    ]
    across, up = limits(rng), limits(rng)
    chart = Chart(
        series,
        across,
        up,
        ticks(rng, across),
        ticks(rng, up),
        *(rng.choice(LABELS) for _ in range(3)),
        marks=marks,
        equal=rng.random() < 0.2,
    )
    return chart, *rng.choice(SIZES)


def described(drawing: Drawing) -> list[str]:
    """Each row of a drawing, its colors in words."""
    return [" ".join(f"{one.text!r} in {one.style}" for one in line) for line in drawing.segments]


def check(seed: int) -> None:
    chart, width, height = random_chart(seed)
    palette = dark_palette() if seed % 2 else light_palette()
    drawn = draw(chart, width, height, palette)
    colored, plain = drawn.lines, draw_plain(chart, width, height).lines
    for lines in (colored, plain):
        assert len(lines) == height, (len(lines), height)
        for line in lines:
            assert cell_len(line) == width, (line, cell_len(line), width)
            assert "\x1b" not in line, line
    assert [strip.cell_length for strip in strips_of(drawn.grid)] == [width] * height


def main(mode: str, seed: int, count: int = 1) -> None:
    if mode == "alone":
        chart, width, height = random_chart(seed)
        sys.stdout.buffer.write("\n".join(described(draw(chart, width, height, dark_palette()))).encode())
        return
    for number in range(seed, seed + count):
        sys.stdout.write(f"{number} {random_chart(number)[1:]}\n")
        sys.stdout.flush()
        check(number)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
