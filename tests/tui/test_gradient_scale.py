"""One scale for every arrow: its limits are those that the legend names, and it tells sizes apart without color."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.report.charts.glyph_grid import pack
from tui.report.charts.gradient_scale import LIMITS, NAMES, START, WIDTHS, ZERO, color, decades, glyph, legend
from tui.report.palette import Palette, contrast, dark_palette, light_palette

SIZES = st.floats(-400, 400)
PALETTES = (dark_palette(), light_palette())
NAMED = {"½": 0.5, "10⁻²": 1e-2, "10⁻⁴": 1e-4, "10⁻¹⁰": 1e-10, "10⁴": 1e4}


def rgb(packed: int) -> tuple[int, int, int]:
    return packed >> 16, packed >> 8 & 255, packed & 255


@given(SIZES, SIZES)
def test_no_smaller_gradient_has_a_wider_arrow(one: float, other: float) -> None:
    small, large = sorted((one, other))
    assert WIDTHS.index(glyph(small)) <= WIDTHS.index(glyph(large))


def test_a_factor_of_two_and_one_of_ten_to_the_ten_do_not_look_alike() -> None:
    at = [WIDTHS.index(glyph(size)) for size in (0.0, math.log10(0.5) - 1e-9, -10.0 - 1e-9)]
    assert at[0] - at[1] == 1
    assert at[1] - at[2] >= 3
    assert glyph(math.log10(2.0) + 1e-9) != glyph(0.0) != glyph(10.0)


def test_the_limits_are_the_factors_that_the_legend_names() -> None:
    parts = legend(-300.0, 300.0)
    widths, names = parts[::2], parts[1:-1:2]
    assert parts[-1].text == " less", "the last width has no limit of its own below it"
    assert "".join(part.text[0] for part in widths) == WIDTHS[::-1]
    for above, name, below in zip(widths[:-1], names, widths[1:], strict=True):
        text = name.text.strip()
        limit = math.log10(NAMED.get(text) or float(text))
        assert glyph(limit + 1e-9) == above.text[0]
        assert glyph(limit - 1e-9) == below.text[0]
        assert name.size is None
    for part in widths:
        assert part.size is not None
        assert glyph(part.size) == part.text[0], "the legend's color is one of that width"
    assert len(NAMES) == len(LIMITS) == len(WIDTHS) - 1


@given(st.floats(-20, 0), st.floats(0, 20))
def test_the_legend_goes_from_the_largest_width_that_is_used_to_the_smallest(smallest: float, largest: float) -> None:
    shown = "".join(part.text[0] for part in legend(smallest, largest)[::2])
    assert (shown[0], shown[-1]) == (glyph(largest), glyph(min(smallest, -0.5)))
    assert WIDTHS[START] in shown and WIDTHS[START - 1] in shown, "with one limit at least"
    assert shown in WIDTHS[::-1]


def test_sizes_are_relative_to_the_start() -> None:
    assert decades(-7.0, -7.0) == 0.0
    assert decades(-7.0 - math.log2(1000), -7.0) == pytest.approx(-3.0)
    assert decades(-math.inf, 2.0) == decades(3.0, -math.inf) == -math.inf
    assert glyph(-math.inf) == ZERO
    assert glyph(math.nan) not in WIDTHS + ZERO


@pytest.mark.parametrize("palette", PALETTES, ids=["dark", "light"])
@given(size=SIZES)
def test_every_color_can_be_seen(palette: Palette, size: float) -> None:
    assert contrast(rgb(color(size, palette)), palette.backdrop) >= 3.0
    assert contrast(rgb(color(size, palette, text=True)), palette.backdrop) >= 4.5


@pytest.mark.parametrize("palette", PALETTES, ids=["dark", "light"])
def test_a_gradient_that_grows_has_colors_of_its_own(palette: Palette) -> None:
    falling = {color(-d / 10, palette) for d in range(3, 400)}
    growing = {color(d / 10, palette) for d in range(3, 400)}
    assert not falling & growing
    assert len(falling) > 20 and len(growing) > 20
    assert color(-math.inf, palette) == pack(palette.muted)


@pytest.mark.parametrize("width", WIDTHS)
def test_every_width_takes_one_cell(width: str) -> None:
    assert cell_len(width) == 1


@pytest.mark.parametrize("palette", PALETTES, ids=["dark", "light"])
def test_what_has_grown_does_not_recede_where_only_lightness_is_seen(palette: Palette) -> None:
    plain = replace(palette, hues=False)
    shrunk = contrast(rgb(color(-0.5, plain)), palette.backdrop)
    for size in (0.5, 1.5, 3.0, 24.0):
        assert contrast(rgb(color(size, plain)), palette.backdrop) > shrunk
        assert color(size, plain) != color(size, palette), "on a screen with colors it has a hue"
