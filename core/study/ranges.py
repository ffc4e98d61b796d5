"""Values of a setting written in a line: `0.9`, `16,64,256`, `0.5:2:31`, `1e-3:10:9:log`, `0.5:2:random`.

A range is `lowest:highest:count`, both ends included, `:log` behind it for equal factors in place of equal steps; in
the place of the count, `random` draws. Parts with commas between follow each other.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.settings.experiment import Setting, settings
from core.settings.files import shortened
from core.settings.hints import Value

LOG: Final = "log"
RANDOM: Final = "random"
MOST_VALUES: Final = 100_000
"""The most values of one setting"""
_DIGITS: Final = 12
"""Significant digits that a value of a range has, so that 0.6 of a range is the 0.6 that somebody types"""


@dataclass(frozen=True)
class Drawn:
    """A range of a setting that values are drawn from at random, evenly, or evenly in their logarithm."""

    name: str
    low: float
    high: float
    logarithmic: bool = False

    def values(self, rng: np.random.Generator, count: int) -> tuple[Value, ...]:
        """So many values, in the order in which they are drawn.

        Args:
            rng: Where the random numbers come from.
            count: How many.
        """
        shares = rng.random(count)
        return tuple(_placed(settings()[self.name], self.low, self.high, shares.tolist(), log=self.logarithmic))


def values_of(name: str, given: str | Value | Iterable[Value]) -> tuple[Value, ...] | Drawn:
    """The values of a setting that a text or a sequence stands for, checked, each once.

    Args:
        name: The setting.
        given: A value, several, or a text as it is typed: see the top of this module.

    Raises:
        ValueError: there is no such setting, or a value is not allowed.

    Runnable example:

        >>> values_of("gain", "0.5:2:4"), values_of("hidden_size", "1:64:4:log"), values_of("cell", "rnn,gru")
        ((0.5, 1.0, 1.5, 2.0), (1, 4, 16, 64), ('rnn', 'gru'))
        >>> values_of("gain", "0.5:2:random")
        Drawn(name='gain', low=0.5, high=2.0, logarithmic=False)
    """
    if name not in settings():
        raise ValueError(f"{shortened(name)!r} is not a setting; the settings are {', '.join(settings())}")
    setting = settings()[name]
    parts: Sequence[object]
    if isinstance(given, str):
        parts = [given] if setting.kind == "text" else [part.strip() for part in given.split(",")]
    else:
        parts = list(given) if isinstance(given, Iterable) else [given]
    found: list[Value] = []
    for part in parts:
        if isinstance(part, str) and ":" in part and setting.kind in ("integer", "number"):
            ranged = _range(setting, part)
            if isinstance(ranged, Drawn):
                if len(parts) > 1:
                    raise ValueError(f"{name}: {shortened(part)!r} draws at random; give it without other values")
                return ranged
            found += ranged
        else:
            found.append(setting.parse(part if isinstance(part, str) else str(part)))
    if not found:
        raise ValueError(f"{name}: no value was given, allowed is {setting.allowed}")
    return tuple(dict.fromkeys(found))


def _range(setting: Setting, text: str) -> list[Value] | Drawn:
    """The values of one range."""
    form = f"{setting.name}: {shortened(text)!r} is no range; write lowest:highest:count, as 0.5:2:31, or 0.01:10:9:log"
    ends, how = text.split(":")[:2], text.split(":")[2:]
    log = len(how) == 2 and how[1] == LOG
    if len(how) not in (1, 2) or (len(how) == 2 and not log) or not (how[0] == RANDOM or how[0].isdecimal()):
        raise ValueError(f"{form}, or 0.5:2:{RANDOM}")
    low, high = (float(setting.parse(end)) for end in ends)
    if not low < high:
        raise ValueError(f"{setting.name}: {shortened(text)!r}: the lowest value comes first, and the two differ")
    if log and low <= 0:
        raise ValueError(f"{setting.name}: {shortened(text)!r}: equal factors need a lowest value above 0")
    if how[0] == RANDOM:
        return Drawn(setting.name, low, high, log)
    count = int(how[0][:9])
    if not 2 <= count <= MOST_VALUES:
        raise ValueError(f"{setting.name}: {shortened(text)!r} has {how[0][:9]} values, allowed is 2 … {MOST_VALUES}")
    return _placed(setting, low, high, np.linspace(0.0, 1.0, count).tolist(), log=log)


def _placed(setting: Setting, low: float, high: float, shares: Iterable[float], *, log: bool) -> list[Value]:
    """The values at these shares of the way from the lowest to the highest."""
    found: list[Value] = []
    for share in shares:
        at = low * (high / low) ** share if log else low + (high - low) * share
        found.append(round(at) if setting.kind == "integer" else _short(at, low, high))
    return found


def _short(value: float, low: float, high: float) -> float:
    if value == 0 or not math.isfinite(value):
        return value
    return min(max(float(f"{value:.{_DIGITS}g}"), low), high)
