"""Strips hold the cells and colors of the text they came from, and nothing a terminal would act on."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from rich.color import Color
from rich.console import Console
from rich.segment import Segment, SegmentLines
from rich.style import Style
from rich.text import Text

from tui.explorer.painting.strips import half_blocks, strips_of
from tui.report.charts.glyph_grid import NONE, GlyphGrid
from tui.report.charts.model import Chart, Mark, Series
from tui.report.charts.terminal import draw, draw_plain
from tui.report.charts.ticks import decade_ticks, nice_ticks
from tui.report.palette import SERIES, dark_palette

BASE = Style.parse("rgb(9,9,9) on rgb(1,2,3)")


def chart() -> Chart:
    lag = np.arange(50)
    lines = [
        Series(name, lag, -0.1 * lag - 0.3 * row, style.color, style.marker, dim=row == 1)
        for row, (name, style) in enumerate(SERIES.items())
    ]
    ticks = nice_ticks(0, 49, 6), decade_ticks(-5, 0, 20)
    return Chart(lines, (0, 49), (-5, 0), *ticks, "lag k", "‖∂L/∂W‖", marks=[Mark("x", 12, "k = 12")])


def cells(segments: list[Segment]) -> list[tuple[str, Color | None, Color | None]]:
    """Each character with its color and background; the color of a blank is nobody's business."""
    found = []
    for text, style, _ in segments:
        color, behind = (style.color, style.bgcolor) if style else (None, None)
        found += [(character, None if character.isspace() else color, behind) for character in text]
    return found


def test_a_terminal_that_obeys_the_written_lines_shows_the_strips():
    drawing = draw(chart(), 100, 30, dark_palette())
    written = io.StringIO()
    console = Console(file=written, force_terminal=True, color_system="truecolor", width=200)
    console.print(SegmentLines(drawing.segments, new_lines=True), crop=False)
    lines = written.getvalue().splitlines()
    for line, text, strip in zip(lines, drawing.lines, strips_of(drawing.grid), strict=True):
        assert strip.text == text
        assert cells(list(strip)) == cells(list(Text.from_ansi(line).render(console)))


def test_strips_are_as_wide_as_their_lines():
    for drawing in (draw(chart(), 100, 30, dark_palette()), draw_plain(chart(), 100, 30)):
        assert {strip.cell_length for strip in strips_of(drawing.grid)} == {100}
        assert len(strips_of(drawing.grid)) == 30


def test_a_chart_in_plain_has_no_colors():
    grid = draw_plain(chart(), 100, 30).grid
    assert not np.any(grid.ink != NONE)
    assert not any(segment.style for y in range(30) for segment in grid.segments(y))


def test_text_is_written_as_far_as_it_fits_and_wide_characters_take_two_cells():
    grid = GlyphGrid(6, 2)
    grid.write(-2, 0, "abcdefghij", 5, 7)
    grid.write(1, 1, "漢x", 3)
    grid.write(0, 9, "nowhere")
    assert list(grid.runs(0)) == [("cdefgh", 5, 7)]
    assert list(grid.runs(1)) == [(" ", NONE, NONE), ("漢x", 3, NONE), ("  ", NONE, NONE)]
    assert grid.lines() == ("cdefgh", " 漢x  ")
    assert [(one.text, str(one.style)) for one in grid.segments(0)] == [("cdefgh", "#000005 on #000007")]


@given(st.text(st.sampled_from("ab⠑─\x1b[]0;2m38\x07\\\r\n\t\x9b") | st.characters()))
def test_no_control_ever_gets_through(line):
    grid = GlyphGrid(80, 1)
    grid.write(0, 0, line)
    text = "".join(grid.lines())
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in text)


@given(arrays(np.uint8, st.tuples(st.integers(0, 4).map(lambda n: 2 * n), st.integers(0, 7), st.just(3))))
def test_half_blocks_hold_every_pixel(rgb):
    strips = half_blocks(rgb)
    rows, columns = rgb.shape[0] // 2, rgb.shape[1]
    assert [strip.cell_length for strip in strips] == [columns] * rows
    for row, strip in enumerate(strips):
        painted = cells(list(strip))
        assert [character for character, _, _ in painted] == ["▀"] * columns
        assert [color.triplet for _, color, _ in painted] == [tuple(pixel) for pixel in rgb[2 * row].tolist()]
        assert [behind.triplet for _, _, behind in painted] == [tuple(p) for p in rgb[2 * row + 1].tolist()]


def test_equal_neighbors_share_a_segment():
    assert len(list(half_blocks(np.zeros((2, 80, 3), dtype=np.uint8))[0])) == 1


@pytest.mark.parametrize("shape", [(3, 4, 3), (4, 4), (4, 4, 4)])
def test_pixels_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r"expected uint8 of shape \(2·rows, columns, 3\), got uint8 of shape"):
        half_blocks(np.zeros(shape, dtype=np.uint8))


def test_pixels_of_another_type_are_refused():
    with pytest.raises(ValueError, match="got float64 of shape"):
        half_blocks(np.zeros((2, 2, 3)))
