"""The values of a setting that are worth looking at around the one that it has, as a range in a line of text."""

from __future__ import annotations

import math
from typing import Final

from core.settings.experiment import Experiment, Setting, settings

FINEST: Final = 16
"""A range has about so many steps at most"""

FACTOR: Final = 2.0
"""Where equal factors count, a range goes from the value over this to the value times this"""

WHOLE_FACTOR: Final = 4
"""A factor of whole numbers: there is less between them"""


def can_be_an_axis(setting: Setting, experiment: Experiment, *, trained: bool = False) -> bool:
    """Whether several values of a setting side by side say something: they have an effect, and are no names of files.

    Args:
        setting: The setting.
        experiment: What the others are.
        trained: Whether networks are trained first, so that settings of the training have an effect.
    """
    if setting.kind == "text" or (setting.hint.trains and not trained):
        return False
    if setting.kind != "choice" and setting.hint.slider is None:
        return False
    return setting.matters(experiment)


def around(experiment: Experiment, name: str) -> str:
    """A range of a setting around its value, as `core.study.ranges` reads it; every choice of one that has choices.

    Where equal factors count it goes from about half the value to about twice it, for whole numbers from a quarter to
    four times; elsewhere over what the setting's slider reaches. Its ends and its steps are round numbers.

    Args:
        experiment: Where the value is taken from.
        name: The setting: a choice, or a number with a slider.

    Raises:
        ValueError: there is no such setting, or it is neither.

    Runnable example:

        >>> import core
        >>> [around(core.Experiment(), name) for name in ("gain", "hidden_size", "bias", "layers", "activation")]
        ['0.5:2:16', '4:64:9:log', '-3:3:13', '1:8:8', 'tanh,relu,sigmoid,identity']
    """
    setting = settings().get(name)
    if setting is None or (setting.kind != "choice" and setting.hint.slider is None):
        raise ValueError(f"{name!r} was given, allowed is a setting with choices, or a number with a slider")
    if setting.kind == "choice":
        return ",".join(setting.choices)
    assert setting.hint.slider is not None
    low, high = setting.hint.slider
    value = float(getattr(experiment, name))
    if not setting.hint.logarithmic or value <= 0:
        return _even(setting, low, high)
    if setting.kind == "number":
        return _even(setting, _round(value / FACTOR), min(_round(value * FACTOR), setting.high))
    least, most = max(round(value / WHOLE_FACTOR), int(setting.low), 1), min(round(value * WHOLE_FACTOR), setting.high)
    halvings = round(2 * math.log2(most / least)) if most > least else 0
    return f"{least}:{most:.0f}:{halvings + 1}:log" if halvings else _even(setting, low, high)


def _even(setting: Setting, low: float, high: float) -> str:
    """A range of round steps, of as many as there may be."""
    least = 1.0 if setting.kind == "integer" else 0.0
    rough = max((high - low) / FINEST, least)
    step = next(one for one in _steps(rough) if one >= rough * (1 - 1e-9))
    count = max(1, math.floor((high - low) / step + 1e-9))
    high = low + count * step
    return f"{low:.6g}:{high:.6g}:{count + 1}"


def _steps(rough: float) -> list[float]:
    power = 10.0 ** math.floor(math.log10(rough))
    return [power, 2 * power, 5 * power, 10 * power]


def _round(value: float) -> float:
    """The nearest of 1, 2 and 5 times a power of ten, by factors."""
    power = 10.0 ** math.floor(math.log10(value))
    return min((one * power for one in (1, 2, 5, 10)), key=lambda one: abs(math.log(one / value)))
