"""Numbers as people read them: three significant digits, a true minus sign, and no bound on their size.

A gradient k steps back can be 2^−1800, far below float64, so that sizes arrive here as their log₂.
"""

from __future__ import annotations

import math
from typing import Final

MINUS: Final = "−"
WIDTH: Final = 9
"""No formatted number is longer than this many characters."""

UNKNOWN: Final = "–"
INFINITE: Final = "∞"

LOG10_2: Final = math.log10(2.0)
_PLAIN_FROM = -3
"""The power of ten from which a number is written without an exponent: 0.001."""
_PLAIN_BELOW = 4
"""The power of ten from which it has one again: 10,000."""
_MOST: Final = 3
"""Significant digits that a number has; one more where it ends in a 5 there, which who checks it on paper would round
the other way: 2.125"""
_EXACT: Final = 1e-13
"""How far, as a share, a number that went through its logarithm may be from one that is exact"""
_ROUNDING: Final = 30
"""An error that is 2^−30, a billionth, of its factor or less is rounding."""


def magnitude(log2: float, *, padded: bool = False, digits: int = 3, room: int = WIDTH) -> str:
    """A size given as its log₂: `0.61`, `12.3`, `3.4e−12`, `2.1e−548`; −inf is `0`, nan is `–`.

    At most `room` characters: digits give way to the exponent, and an exponent past a million is rounded
    itself (`10^−4.3e9`).

    Args:
        log2: log₂ of the size.
        padded: Keep the zeros at the end, `0.610`, for a column of numbers.
        digits: Significant digits of a number that is written without an exponent, at most 3.
        room: Characters that there are, 8 or more.
    """
    if math.isnan(log2):
        return UNKNOWN
    if math.isinf(log2):
        return "0" if log2 < 0 else INFINITE
    return _from_log10(log2 * LOG10_2, room, digits, padded=padded)


def in_a_product(log2: float) -> str:
    """A size as a factor is written, given as its log₂: three digits with or without an exponent, as in `3.00e−9`.

    Who multiplies what is written comes to what is written for the product, within the last digit or two of it.
    """
    if not math.isfinite(log2):
        return magnitude(log2)
    return _from_log10(log2 * LOG10_2, padded=True, decimals=2)


def number(x: float, digits: int = 3) -> str:
    """A plain number in the same way: `0`, `−0.25`, `1.2e+9`; nan is `–`.

    Args:
        x: The number.
        digits: Significant digits, at most 3.
    """
    if math.isnan(x):
        return UNKNOWN
    if x == 0:
        return "0"
    if math.isinf(x):
        return INFINITE if x > 0 else MINUS + INFINITE
    return (MINUS if x < 0 else "") + _from_log10(math.log10(abs(x)), WIDTH - (x < 0), digits)


def share(log2: float) -> str:
    """A share given as its log₂, in percent: `66 %`, `0.34 %`, `2.1e−40 %`, `130 %`; nan is `–`."""
    if math.isnan(log2):
        return UNKNOWN
    percent = log2 + math.log2(100)
    plain = -9 < percent < math.log2(99.5)
    return (number(2.0**percent, digits=2) if plain else magnitude(percent)) + " %"


def cosine(value: float) -> str:
    """A cosine: `0.931`, `−0.25`; `0.9997` keeps the digit that is not 1; nan is `–`."""
    if math.isnan(value):
        return UNKNOWN
    away = 1 - abs(value)
    decimals = -math.floor(math.log10(away)) if 1e-7 < away < 0.0005 else 3
    text = _bare(f"{abs(value):.{decimals}f}")
    return MINUS + text if value < 0 and text != "0" else text


def finite(value: float) -> float | None:
    """The number, or None where JSON has no word for it."""
    return value if math.isfinite(value) else None


def factor(log2_per_step: float) -> str:
    """What one more step multiplies by, from its log₂: `×0.885`; `×0.9997` keeps the digit that is not 1."""
    if math.isnan(log2_per_step):
        return UNKNOWN
    away = abs(math.expm1(log2_per_step * math.log(2.0))) if abs(log2_per_step) < 1 else 1.0
    if 1e-7 < away < 0.005:
        decimals = -math.floor(math.log10(away))
        return "×" + _bare(f"{2.0**log2_per_step:.{decimals}f}")
    return "×" + (magnitude(log2_per_step) if away >= 0.005 else "1")


def factor_error(log2_per_step: float, standard_error: float) -> float:
    """Standard error of the factor per step, f · ln 2 · that of the slope.

    nan where either is unknown; ∞ or 0 where it is beyond float64, which `log2_factor_error` is not.
    """
    log2 = log2_factor_error(log2_per_step, standard_error)
    return math.inf if log2 >= 1024 else 2.0**log2


def log2_factor_error(log2_per_step: float, standard_error: float) -> float:
    """log₂ of the standard error of the factor per step; −inf for none, nan where either is unknown."""
    if not math.isfinite(log2_per_step) or not math.isfinite(standard_error):
        return math.nan
    return log2_per_step + math.log2(math.log(2.0) * standard_error) if standard_error else -math.inf


def factor_with_error(log2_per_step: float, standard_error: float) -> str:
    """The factor per step and its standard error: `×0.885 ± 0.015`.

    Both have the decimals of the error's second digit. An error that is unknown, or rounding, is left out.
    """
    log2_error = log2_factor_error(log2_per_step, standard_error)
    if math.isnan(log2_error) or log2_error <= log2_per_step - _ROUNDING:
        return factor(log2_per_step)
    decimals = 1 - math.floor(log2_error * LOG10_2)
    if decimals > 6 or log2_per_step * LOG10_2 >= _PLAIN_BELOW or log2_error * LOG10_2 >= 3:
        return f"{factor(log2_per_step)} ± {magnitude(log2_error, digits=2)}"
    value, error, decimals = 2.0**log2_per_step, 2.0**log2_error, max(decimals, 0)
    return f"×{value:.{decimals}f} ± {error:.{decimals}f}"


def with_error(value: float, error: float) -> str:
    """A number and its standard error, both with the decimals of the error's second digit: `1.310 ± 0.048`.

    Args:
        value: The number.
        error: The standard error; one that is not known, or rounding, is left out.
    """
    if not math.isfinite(error) or error <= abs(value) * 2.0**-_ROUNDING:
        return number(value)
    decimals = min(max(0, 1 - math.floor(math.log10(error))), 6)
    return f"{value:.{decimals}f} ± {error:.{decimals}f}"


def _from_log10(log10: float, room: int = WIDTH, digits: int = 3, *, padded: bool = False, decimals: int = 1) -> str:
    """10^log10 in at most `room` characters, or in as few as it takes."""
    if _PLAIN_FROM <= log10 < _PLAIN_BELOW:
        plain = _plain(10.0**log10, digits)
        if plain != str(10**_PLAIN_BELOW):
            return plain if padded else _bare(plain)
    text = ""
    forms = [*((_scientific, after) for after in range(decimals, -1, -1)), (_tower, 1), (_tower, 0)]
    for form, after in forms:
        text = form(log10, after)
        if len(text) <= room:
            break
    return text if padded else text.replace(".0e", "e")


def _plain(value: float, digits: int) -> str:
    """A number with so many digits and no power of ten, such as `0.610`."""
    decimals = digits - 1 - math.floor(math.log10(value))
    if digits == _MOST and _is_halfway(value * 10.0**decimals):
        decimals += 1
        digits += 1
    rounded = round(value, decimals)
    return f"{rounded:.{max(0, digits - 1 - math.floor(math.log10(rounded)))}f}"


def _is_halfway(value: float) -> bool:
    """Whether a number lies in the middle between two whole ones, as exact ones do and measured ones hardly ever."""
    return abs(value % 1.0 - 0.5) < _EXACT * value


def _bare(text: str) -> str:
    """The number's text without the zeros at the end of a fraction."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def _scientific(log10: float, decimals: int) -> str:
    """A number given by its log₁₀ with a power of ten, such as `3.4e−12`."""
    whole = math.floor(log10)
    mantissa = f"{10.0 ** (log10 - whole):.{decimals}f}"
    if mantissa.startswith("10"):
        mantissa, whole = f"{1:.{decimals}f}", whole + 1
    return f"{mantissa}e{MINUS if whole < 0 else '+'}{abs(whole)}"


def _tower(log10: float, decimals: int) -> str:
    """A number given by its log₁₀, where that has a power of ten itself, such as `10^−4.3e9`."""
    mantissa, power = f"{abs(log10):.{decimals}e}".split("e")
    return f"10^{MINUS if log10 < 0 else ''}{mantissa}e{int(power)}"
