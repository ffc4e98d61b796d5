"""Ticks at round numbers, on an axis of numbers and on one of logarithms."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

MINUS: Final = "−"
_FAR: Final = 1e300  # an axis beyond it gets no ticks: its steps would overflow


@dataclass(frozen=True)
class Ticks:
    """Marks on an axis: where, and what is written there."""

    positions: tuple[float, ...] = ()
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.positions) != len(self.labels):
            raise ValueError(f"expected a label a tick, got {len(self.labels)} for {len(self.positions)}")


NO_TICKS: Final = Ticks()


def nice_ticks(lo: float, hi: float, count: int, *, integer: bool = True) -> Ticks:
    """Put at most `count` ticks at multiples of 1, 2 or 5 times a power of ten, no finer than 1 unless told."""
    if not (abs(lo) < _FAR and abs(hi) < _FAR):
        return Ticks()
    lo, hi = min(lo, hi), max(lo, hi)
    step = _step(lo, hi, count, smallest=1.0 if integer else 0.0)
    values = [0.0 if k == 0 else k * step for k in _multiples(lo, hi, step)]
    if lo == hi and not integer:
        return Ticks((lo,), (f"{lo:g}".replace("-", MINUS),))
    largest = max(map(abs, values), default=0.0)
    labels = tuple(_number(value, step, largest) for value in values)
    return Ticks(tuple(min(max(value, lo), hi) for value in values), labels)


def decade_ticks(lo: float, hi: float, height: int) -> Ticks:
    """Put ticks on an axis of base-10 logarithms from `lo` to `hi`, `height` cells high.

    Whole decades, thinned by 2, 5, 10, 20, … to fit; within fewer than three decades 1 and 5 of each, or 1, 2 and 5, or
    round numbers, whichever says most. Positions are logarithms, labels the numbers themselves.
    """
    if not (abs(lo) < _FAR and abs(hi) < _FAR):
        return Ticks()
    lo, hi = min(lo, hi), max(lo, hi)
    room = max(2, (height + 2) // 3)
    whole = _multiples(lo, hi, 1.0)
    if whole.stop - whole.start >= 3:
        step = _step(lo, hi, room, smallest=1.0)
        decades = [round(k * step) for k in _multiples(lo, hi, step)]
        if len(decades) < 2:
            decades = [whole[0], whole[-1]]
        labels = tuple(_scientific(1, e, 0) for e in decades)
        return Ticks(tuple(min(max(float(e), lo), hi) for e in decades), labels)
    first, last = math.floor(lo), math.floor(hi)
    choices = [
        [
            (float(m), e, 0)
            for e in range(first, last + 1)
            for m in mantissas
            if lo - 1e-9 <= e + math.log10(m) <= hi + 1e-9
        ]
        for mantissas in ((1,), (1, 5), (1, 2, 5))
    ]
    if 1e-6 < hi - lo < 0.7:
        bottom, top = 10 ** (lo - first), 10 ** (hi - first)
        step = _step(bottom, top, room)
        digits = max(0, -math.floor(math.log10(step) + 1e-9))
        choices.append([(k * step, first, digits) for k in _multiples(bottom, top, step)])
    best = max((choice for choice in choices if len(choice) <= room), key=len)
    if not best:
        middle = lo + (hi - lo) / 2
        best = [(10 ** (middle - math.floor(middle)), math.floor(middle), 2)]
    plain = all(-4 < e < 4 for _, e, _ in best)
    labels = tuple(_decimal(*one) if plain else _scientific(*one) for one in best)
    return Ticks(tuple(min(max(e + math.log10(m), lo), hi) for m, e, _ in best), labels)


def _multiples(lo: float, hi: float, step: float) -> range:
    """List the k for which k·step lies on the axis, its ends included despite rounding."""
    return range(math.ceil(lo / step - 1e-9), math.floor(hi / step + 1e-9) + 1)


def _step(lo: float, hi: float, count: int, smallest: float = 0.0) -> float:
    """Find the least of …, 1, 2, 5, 10, … with at most `count` multiples from `lo` to `hi`."""
    count = max(1, count)
    raw = max(hi / count - lo / count, smallest, abs(hi) * 1e-12, abs(lo) * 1e-12, 1e-300)
    power = 10.0 ** math.floor(math.log10(raw))
    steps = [factor * power for factor in (1, 2, 5, 10, 20, 50) if factor * power >= smallest]
    for step in steps:
        found = _multiples(lo, hi, step)
        if found.stop - found.start <= count:
            break
    return step


def _number(value: float, step: float, largest: float) -> str:
    """Write a number with the decimals that distinguish it from one a step away."""
    place = math.floor(math.log10(step) + 1e-9)
    if value == 0:
        return "0"
    if place >= -5 and largest < 1e6:
        return f"{value:.{max(0, -place)}f}".replace("-", MINUS)
    exponent = math.floor(math.log10(abs(value)) + 1e-9)
    return _scientific(value / 10.0**exponent, exponent, min(15, max(0, exponent - place)))


def _decimal(mantissa: float, exponent: int, digits: int) -> str:
    return f"{mantissa * 10.0**exponent:.{max(0, digits - exponent)}f}"


def _scientific(mantissa: float, exponent: int, digits: int) -> str:
    if abs(mantissa) >= 10:
        mantissa, exponent, digits = mantissa / 10, exponent + 1, digits + 1
    text = f"{mantissa:.{digits}f}e{exponent:+d}"
    return text.replace("-", MINUS)
