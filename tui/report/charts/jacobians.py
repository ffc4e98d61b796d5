"""The singular values of ∂a⟨t⟩/∂a⟨t−k⟩ against the lag, and the eigenvalues of W_aa in the complex plane."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from tui.report.charts.lags import y_limits_of
from tui.report.charts.model import Chart, Mark, Series
from tui.report.charts.theory import STYLES, theory_series, widened
from tui.report.charts.ticks import decade_ticks, nice_ticks
from tui.report.numbers import LOG10_2
from tui.report.palette import SERIES, SeriesStyle

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.dynamics.jacobians import JacobianProfile, RecurrentSpectrum
    from core.dynamics.theory import TheoryLine
    from core.numerics.scaled import Floats
    from tui.report.charts.path import Limits
    from tui.report.palette import RGB

LARGEST: Final = SERIES["state"]
SMALLEST: Final = SeriesStyle((240, 228, 66), "×")
EIGENVALUE: Final = SERIES["W_aa"]
LEADING: Final = 6
"""So many of the largest have a line, where the scale is theirs"""

ROOM_BELOW: Final = 0.5
"""The scale of the largest goes on below it by this share"""

BETWEEN: Final = 6
"""At most so many lines between the largest and the smallest."""

FARTHEST: Final = 2.5
"""A circle of radius σ_max is on the chart where it is no larger than this many times what else is there."""

_GRAY: Final[RGB] = (150, 150, 150)


def ranks(n: int, most: int) -> list[int]:
    """At most `most` of the n places of a sorted list, the first and the last among them, evenly spaced."""
    return sorted({round(i * (n - 1) / max(1, min(n, most) - 1)) for i in range(min(n, most))})


def drawn_ranks(n: int, *, whole: bool) -> list[int]:
    """Which of the n places of the sorted singular values have a line: the first few and the last, or some of all."""
    return ranks(n, BETWEEN + 2) if whole else sorted({*range(min(n, LEADING)), n - 1})


def singular_values_chart(
    profile: JacobianProfile,
    *,
    width: int = 80,
    height: int = 20,
    lag: int | None = None,
    pinned: JacobianProfile | None = None,
    theory: Sequence[TheoryLine] = (),
    whole: bool = False,
) -> Chart:
    """The largest and the smallest singular value, and thin lines for some of those between.

    The scale is log₁₀. It fits the largest, which decides what becomes of a gradient, with some room below: the next
    ones and the smallest end where they leave it. With `whole` it fits all that is shown, evenly chosen.
    An exact zero is a `0` at the bottom. Lines have gaps where values are not known, and a mark stands at the first lag
    of one.

    Args:
        profile: What to show.
        width: Cells across, for the number of ticks.
        height: Cells down, for the number of ticks.
        lag: The lag to mark.
        pinned: Another network's, of which largest and smallest stand behind, dimmed.
        theory: Theory's lines; they start at 1.
        whole: Whether the scale is that of the whole spectrum.
    """
    n = profile.log2_singular_values.shape[1]
    behind = [] if pinned is None else _extremes(pinned, dim=True)
    between = [
        _series(profile, j, f"σ_{j + 1}", SeriesStyle(_GRAY, "·"), dim=True)
        for j in drawn_ranks(n, whole=whole)
        if 0 < j < n - 1
    ]
    series = [*behind, *between, *_extremes(profile)]
    if whole:
        limits = y_limits_of(np.asarray(one.y) for one in series)
    else:
        low, high = y_limits_of(np.asarray(one.y) for one in series if one.name == "largest")
        limits = (low - ROOM_BELOW * (high - low), high)
    last = float(max(1, *(int(one.lags[-1]) for one in (profile, pinned) if one is not None)))
    limits = widened(limits, theory, 0.0, last) if theory else limits
    series = [*behind, *(_ended(one, limits) for one in (*between, *_extremes(profile)))]
    zeros = any(bool(np.isneginf(np.asarray(one.y)).any()) for one in series)
    return Chart(
        series=[*theory_series(theory, 0.0, limits, last, width), *series],
        x_limits=(0.0, last),
        y_limits=limits,
        x_ticks=nice_ticks(0.0, last, max(2, width // 12)),
        y_ticks=decade_ticks(*limits, height),
        x_label="lag k",
        marks=[*_lost(profile), *(() if lag is None else (Mark("x", float(lag), f"k = {lag}"),))],
        zero="0",
        note="0: exactly zero" if zeros else "",
        y_log10=True,
    )


def _ended(series: Series, limits: Limits) -> Series:
    """A line with its name where it ends: at the right, or where it falls off the scale for good."""
    y = np.asarray(series.y)
    known = np.flatnonzero(np.isfinite(y))
    if not known.size or np.size(series.x) == 1:
        return series
    if y[known[-1]] >= limits[0]:
        return replace(series, end=series.name, quiet=True)
    return replace(series, label="" if series.dim else f"{series.name} ▼", quiet=True)


def _lost(profile: JacobianProfile) -> list[Mark]:
    """From which lag on some values are not known."""
    lost = np.flatnonzero(profile.unknown)
    return [Mark("x", float(profile.lags[lost[0]]), "some not known →", _GRAY)] if lost.size else []


def _extremes(profile: JacobianProfile, *, dim: bool = False) -> list[Series]:
    n = profile.log2_singular_values.shape[1]
    found = [_series(profile, n - 1, "smallest", SMALLEST, dim=dim)] if n > 1 else []
    return [*found, _series(profile, 0, "largest", LARGEST, dim=dim)]


def _series(profile: JacobianProfile, rank: int, name: str, style: SeriesStyle, *, dim: bool = False) -> Series:
    values = profile.log2_singular_values[:, rank] * LOG10_2
    lags = profile.lags.astype(np.float64)
    return Series(name, lags, values, style.color, style.marker, "points" if len(lags) == 1 else "line", dim)


def eigenvalues_chart(
    spectrum: RecurrentSpectrum, *, width: int = 40, height: int = 20, pinned: RecurrentSpectrum | None = None
) -> Chart:
    """The eigenvalues, the unit circle, and circles of radius ρ and σ_max; a circle is round.

    Args:
        spectrum: What to show.
        width: Cells across, for the number of ticks.
        height: Cells down, for the number of ticks.
        pinned: Another network's, dimmed, behind.
    """
    rho, sigma = spectrum.spectral_radius, spectrum.largest_singular_value
    reach = max(1.0, *(one.spectral_radius for one in (spectrum, pinned) if one is not None))
    reach = 1.12 * (max(reach, sigma) if sigma <= FARTHEST * reach else reach)
    series = [_circle("1", 1.0, _GRAY, "·", (True,), 0.25)]
    series.append(_circle("ρ", rho, STYLES["radius"].color, STYLES["radius"].glyph, STYLES["radius"].dashes, -0.25))
    if sigma <= reach:
        style = STYLES["bound"]
        series.append(_circle("σ_max", sigma, style.color, style.glyph, style.dashes, 0.75))
    if pinned is not None:
        series.append(_points("pinned", pinned, EIGENVALUE, dim=True))
    series.append(_points("eigenvalues", spectrum, EIGENVALUE))
    return _plane(series, reach, width, height)


def spectra_chart(
    spectra: Mapping[str, RecurrentSpectrum], looks: Mapping[str, SeriesStyle], *, width: int = 40, height: int = 20
) -> Chart:
    """The eigenvalues of several recurrent matrices, each in its parameter's color and marker, and the unit circle.

    Args:
        spectra: Matrix → its spectrum.
        looks: Matrix → how it looks.
        width: Cells across, for the number of ticks.
        height: Cells down, for the number of ticks.
    """
    reach = 1.12 * max(1.0, *(one.spectral_radius for one in spectra.values()))
    points = [_points(name, spectrum, looks[name]) for name, spectrum in spectra.items()]
    return _plane([_circle("1", 1.0, _GRAY, "·", (True,), 0.25), *points], reach, width, height)


def _plane(series: Sequence[Series], reach: float, width: int, height: int) -> Chart:
    """The complex plane as far as `reach`, on which a circle is round."""
    ticks = nice_ticks(-reach, reach, max(4, min(width // 7, height // 3)), integer=False)
    return Chart(
        series=series,
        x_limits=(-reach, reach),
        y_limits=(-reach, reach),
        x_ticks=ticks,
        y_ticks=ticks,
        x_label="real",
        y_label="imaginary",
        equal=True,
    )


def _points(name: str, spectrum: RecurrentSpectrum, look: SeriesStyle, *, dim: bool = False) -> Series:
    values = spectrum.eigenvalues
    return Series(name, values.real, values.imag, look.color, look.marker, "points", dim)


def _circle(name: str, radius: float, color: RGB, glyph: str, dashes: tuple[bool, ...], end: float) -> Series:
    """A circle that starts and ends, where its name stands, at `end` half turns from the right."""
    x, y = round_points(radius, end)
    gaps = ~np.resize(dashes, len(x))
    gaps[-1] = False
    return Series(name, np.where(gaps, np.nan, x), np.where(gaps, np.nan, y), color, glyph, label=name)


def round_points(radius: float, end: float, count: int = 240) -> tuple[Floats, Floats]:
    """Points of a circle around 0, from one angle, in half turns, once round and back to it."""
    angle = np.pi * (end + 2.0 * np.arange(count + 1) / count)
    return radius * np.cos(angle), radius * np.sin(angle)
