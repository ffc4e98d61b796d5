"""Strips hold the cells and colours of the text they came from, and nothing a terminal would act on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.strip import Strip

from tui.explorer.painting.strips import half_blocks, to_strips
from tui.report.charts.canvas import Chart, Mark, Series, decade_ticks, draw, draw_plain, nice_ticks
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
    """Each character with its colour and background; the colour of a blank is nobody's business."""
    found = []
    for text, style, _ in segments:
        color, behind = (style.color, style.bgcolor) if style else (None, None)
        found += [(character, None if character.isspace() else color, behind) for character in text]
    return found


def one(line: str, base: Style | None = None) -> Strip:
    (strip,) = to_strips([line], base)
    return strip


def test_a_chart_is_read_as_rich_reads_it():
    from rich.console import Console

    lines = draw(chart(), 100, 30, dark_palette()).lines
    console = Console(color_system="truecolor", width=200)
    for line, strip in zip(lines, to_strips(lines), strict=True):
        assert cells(list(strip)) == cells(list(Text.from_ansi(line).render(console)))


def test_strips_are_as_wide_as_their_lines():
    for lines in (draw(chart(), 100, 30, dark_palette()).lines, draw_plain(chart(), 100, 30).lines):
        assert {strip.cell_length for strip in to_strips(lines)} == {100}
        assert len(to_strips(lines)) == 30


def test_colours_lie_on_the_base_style_and_a_reset_goes_back_to_it():
    strip = one("a\x1b[38;2;7;8;9mb\x1b[0mc\x1b[1;48;2;4;5;6md\x1b[me", BASE)
    assert [(segment.text, segment.style) for segment in strip] == [
        ("a", BASE),
        ("b", BASE + Style(color=Color.from_rgb(7, 8, 9))),
        ("c", BASE),
        ("d", BASE + Style(bold=True, bgcolor=Color.from_rgb(4, 5, 6))),
        ("e", BASE),
    ]


def test_a_style_ends_with_its_line():
    _, second = to_strips(["\x1b[38;2;7;8;9ma", "b"], BASE)
    assert [segment.style for segment in second] == [BASE]


def test_the_default_colours_are_those_of_the_base():
    (segment,) = one("\x1b[38;2;7;8;9;48;2;4;5;6m\x1b[39;49ma", BASE)
    assert (segment.style.color, segment.style.bgcolor) == (BASE.color, BASE.bgcolor)


def test_indexed_colours_are_understood():
    (segment,) = one("\x1b[38;5;208;48;5;17ma")
    assert (segment.style.color, segment.style.bgcolor) == (Color.from_ansi(208), Color.from_ansi(17))


@pytest.mark.parametrize("unknown", ["99", "38;2;1", "38;2;300;0;0", "38;5", "38", "58;2;1;2;3", ";;", "38;9;1"])
def test_colours_it_cannot_read_change_nothing(unknown):
    assert one(f"\x1b[{unknown}mab", BASE).text == "ab"
    assert all(segment.style.color == BASE.color for segment in one(f"\x1b[{unknown}mab", BASE))


@pytest.mark.parametrize(
    "sequence",
    ["\x1b[2J", "\x1b[10;5H", "\x1b[?25l", "\x1b]0;title\x07", "\x1b]8;;http://x\x1b\\", "\x1bc", "\x1b(B", "\r", "\t"],
)
def test_every_other_control_is_dropped(sequence):
    assert one(f"a{sequence}b").text == "ab"


@given(st.text(st.sampled_from("ab⠑─\x1b[]0;2m38\x07\\\r\n\t\x9b") | st.characters()))
def test_no_control_ever_gets_through(line):
    text = one(line).text
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


def test_equal_neighbours_share_a_segment():
    assert len(list(half_blocks(np.zeros((2, 80, 3), dtype=np.uint8))[0])) == 1


@pytest.mark.parametrize("shape", [(3, 4, 3), (4, 4), (4, 4, 4)])
def test_a_picture_of_another_shape_is_refused(shape):
    with pytest.raises(ValueError, match=r"expected uint8 of shape \(2·rows, columns, 3\), got uint8 of shape"):
        half_blocks(np.zeros(shape, dtype=np.uint8))


def test_a_picture_of_another_type_is_refused():
    with pytest.raises(ValueError, match="got float64 of shape"):
        half_blocks(np.zeros((2, 2, 3)))
