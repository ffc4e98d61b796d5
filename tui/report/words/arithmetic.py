"""Arithmetic as it is written on paper: numbers of few digits, vectors as rows, products, sums, and lines of them.

Every vector is written as a row, whichever way it stands in the equation, and a product of two is their scalar product.
One of a single number is that number. A number of up to six digits is written in full; one that has more is rounded to
three, and follows ≈.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np

from core.numerics.scaled import Floats, Scaled
from tui.report.numbers import MINUS, in_a_product, number

SUBSCRIPTS: Final = "₁₂₃₄"
_DIGITS: Final = 6
_INDENT: Final = "    "
"""What a line that goes on begins with"""
_NOISE: Final = 1e-12
"""A number this close to one of few digits is that number, and rounding"""

Line: TypeAlias = tuple[str, list[str]]
"""What is made, and the pieces of what it is made of, between which the line may be broken"""


def pairs(values: Floats | Scaled) -> list[tuple[float, int]]:
    """A vector's mantissas, each with its power of two."""
    if not isinstance(values, Scaled):
        return [(value, 0) for value in values.ravel().tolist()]
    if not values.exponent.any():
        return [(value, 0) for value in values.mantissa.ravel().tolist()]
    powers = np.broadcast_to(values.exponent, values.mantissa.shape)
    return list(zip(values.mantissa.ravel().tolist(), powers.ravel().tolist(), strict=True))


@lru_cache(maxsize=4096)
def in_digits(value: float, power: int = 0) -> str:
    """A number: with all of its digits where they are few."""
    if (short := _short(value, power)) is not None:
        return short.replace("-", MINUS)
    size = in_a_product(float(np.log2(abs(value))) + power)
    if power == 0 and "e" not in size:
        return number(value)
    return (MINUS if value < 0 else "") + size


@lru_cache(maxsize=4096)
def _short(value: float, power: int) -> str | None:
    """All of a number's digits; None where they are many."""
    plain = float(np.ldexp(value, power)) if abs(power) < 1000 else np.inf
    if value == 0:
        return "0"
    if not 1e-6 < abs(plain) < 1e6:
        return None
    text = f"{plain:.{_DIGITS}g}"
    return text if "e" not in text and abs(float(text) - plain) <= _NOISE * abs(plain) else None


def result(value: float, power: int = 0) -> str:
    """`= 0.25`, or `≈ 0.333` where it is rounded."""
    return f"{'≈' if _short(value, power) is None else '='} {in_digits(value, power)}"


def row_of(values: Floats | Scaled) -> str:
    """A vector as a row, `[0.5 −1]`; of a single number that number."""
    texts = [in_digits(*pair) for pair in pairs(values)]
    return texts[0] if len(texts) == 1 else f"[{' '.join(texts)}]"


def times(values: Floats | Scaled) -> str:
    """The second factor of a product."""
    return f"·{bracketed(row_of(values))}"


def row_result(values: Floats | Scaled) -> str:
    """`= [0.5 1]`, or `≈` where any number is rounded."""
    rounded = any(_short(*pair) is None for pair in pairs(values))
    return f"{'≈' if rounded else '='} {row_of(values)}"


def row_cut(name: str, values: Floats | Scaled, width: int, lines: int) -> list[str]:
    """A vector as far as it fits on so many lines: `a⟨2⟩ ≈ [0.5 −1 0.25 … 13 more]`.

    Args:
        name: What it is called.
        values: The vector.
        width: Characters that a line may have.
        lines: How many lines there may be, at least 1.
    """
    texts = [in_digits(*pair) for pair in pairs(values)]
    for count in range(len(texts), 0, -1):
        whole = count == len(texts)
        sign = row_result(values)[0] if whole else "≈"
        shown = [*texts[:count], *([] if whole else [f"… {len(texts) - count} more"])]
        found = [f"  {name} {sign} [{shown[0]}"]
        for text in shown[1:]:
            if len(found[-1]) + 1 + len(text) + 1 > width:
                found.append(_INDENT.removesuffix(" "))
            found[-1] += f" {text}"
        if len(found) <= lines:
            break
    return [*found[:-1], f"{found[-1]}]"]


def plus(text: str) -> str:
    """A number added to what stands before it."""
    return f"{MINUS} {text[1:]}" if text.startswith(MINUS) else f"+ {text}"


def bracketed(text: str) -> str:
    """A number as it stands behind a sign: `(−0.5)`."""
    return f"({text})" if text.startswith(MINUS) else text


def alone(text: str) -> str:
    """A result that nothing stands before: without its `=`."""
    return text.removeprefix("= ")


def summed(pieces: Sequence[str]) -> list[str]:
    """A sum from its first term on."""
    sign, _, first = pieces[0].partition(" ")
    return [f"= {first if sign == '+' else sign + first}", *pieces[1:]]


def entries(symbol: str, count: int) -> list[str]:
    """What the entries of a vector are called: `y₁`, `y₂`; `y` where there is one."""
    return [symbol] if count == 1 else [f"{symbol}{SUBSCRIPTS[i]}" for i in range(count)]


def wrapped(lines: Iterable[Line], width: int) -> list[str]:
    """Each line as one, or broken where it is longer than the width: between its terms, and factors if it has to be."""
    found = []
    for name, pieces in lines:
        text = f"  {name}"
        for term in _terms(pieces, width - len(_INDENT)):
            if len(text) + 1 + len(term) > width:
                found.append(text)
                text = _INDENT.removesuffix(" ")
            text += f" {term}" if not term.startswith("·") or text.isspace() else term
        found.append(text)
    return found


def _terms(pieces: Sequence[str], room: int) -> list[str]:
    """The pieces, each product as one of them where there is room for it."""
    terms: list[str] = []
    for piece in pieces:
        if piece.startswith("·") and len(terms[-1]) + len(piece) <= room:
            terms[-1] += piece
        else:
            terms.append(piece)
    return terms
