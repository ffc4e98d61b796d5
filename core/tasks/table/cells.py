"""The cells of one column, text by text, as numbers, gaps and words.

A cell is a number, a **gap** (nothing, NA, NaN, null, …) or a word. Numbers may have a decimal comma (3,5) or commas
between thousands (1,234.5): which of the two a lone `1,234` is, the separator of the file decides, because only a
file that does not separate its cells by commas can have decimal commas without quotes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.numerics.scaled import Floats

GAPS: Final = frozenset(
    ("", "na", "n/a", "#n/a", "#na", "<na>", "nan", "-nan", "null", "none", "nil", "missing", "-", "--", "?", ".")
)
"""What stands in a cell, in small letters, where there is no value"""

_DECIMAL: Final = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+),\d+(?:[eE][+-]?\d+)?")
_THOUSANDS: Final = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?")

_CLOCK: Final = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?"
_DATE: Final = re.compile(
    rf"\d{{1,4}}[-/.]\d{{1,2}}(?:[-/.]\d{{1,4}})?(?:[T ]{_CLOCK}(?: ?(?:Z|UTC|[+-]\d{{2}}:?\d{{2}}))?)?"
    rf"|{_CLOCK}"
    r"|(?:\d{1,2}[-/. ])?[A-Za-z]{3,9}\.?[-/. ](?:\d{1,2},? )?\d{2,4}"
    r"|\d{4}[- ]?[QWqw]\d{1,2}"
)


def is_gap(text: str) -> bool:
    """Whether a cell says that there is no value."""
    return text.strip().lower() in GAPS


def looks_like_time(text: str) -> bool:
    """Whether a text is written as dates and times are: 1949-01, 1-01, 31.12.1990 08:30, Jan 1990, 1990Q3.

    Runnable example:

        >>> [looks_like_time(text) for text in ("1949-01", "1-01", "31/12/1990", "NW", "3.5")]
        [True, True, True, False, False]
    """
    return text.count(".") != 1 and _DATE.fullmatch(text) is not None


def number_of(text: str, *, decimal_comma: bool) -> float | None:
    """The number that a text is; None if it is none.

    Args:
        text: Without spaces around it.
        decimal_comma: Whether a lone comma before three digits begins the decimals, as in 1,234 for 1.234.

    Runnable example:

        >>> number_of("1,234", decimal_comma=True), number_of("1,234", decimal_comma=False), number_of("NW",
        ...     decimal_comma=True)
        (1.234, 1234.0, None)
    """
    try:
        return None if "_" in text else float(text)
    except ValueError:
        pass
    if "," not in text:
        return None
    decimal, thousands = _DECIMAL.fullmatch(text), _THOUSANDS.fullmatch(text)
    if decimal and (decimal_comma or not thousands):
        return float(text.replace(".", "").replace(",", "."))
    return float(text.replace(",", "")) if thousands else None


MOST_TOLD: Final = 100_000
"""How many different cells of a column are remembered: words and dates come again and again"""


class CellReader:
    """One column while its file is read, some thousand cells at a time."""

    def __init__(self, *, decimal_comma: bool) -> None:
        self._decimal_comma = decimal_comma
        self._numbers: list[Floats] = []
        self._places: list[NDArray[np.int32]] = []
        self._words: dict[str, int] = {}
        self._told: dict[str, tuple[float, int]] = {}

    def add(self, cells: Sequence[str]) -> None:
        """Read on with the next cells of the column."""
        numbers, places = self._as_numbers(cells), np.zeros(len(cells), dtype=np.int32)
        if numbers is None:
            told = self._told
            pairs = [told[cell] if cell in told else self._tell(cell) for cell in cells]
            numbers = np.fromiter((pair[0] for pair in pairs), dtype=np.float64, count=len(cells))
            places = np.fromiter((pair[1] for pair in pairs), dtype=np.int32, count=len(cells))
        self._numbers.append(numbers)
        self._places.append(places)

    def _tell(self, cell: str) -> tuple[float, int]:
        """The number of a cell, nan for none, and the place of its word, 0 for none; told once for the same text."""
        text, value = cell.strip(), None
        if text.lower() in GAPS:
            found = (np.nan, 0)
        elif (value := number_of(text, decimal_comma=self._decimal_comma)) is None:
            found = (np.nan, self._words.setdefault(text, len(self._words) + 1))
        else:
            found = (value, 0)
        if len(self._told) < MOST_TOLD:
            self._told[cell] = found
        return found

    @staticmethod
    def _as_numbers(cells: Sequence[str]) -> Floats | None:
        """All at once, where each is a plain number; float() would take 1_000 for one."""
        try:
            found = np.fromiter(map(float, cells), dtype=np.float64, count=len(cells))
        except ValueError:
            return None
        return None if any("_" in cell for cell in cells) else found

    def read(self) -> tuple[Floats, NDArray[np.int32], tuple[str, ...]]:
        """The numbers, nan where there is none; which word stands in each cell, from 1, 0 for none; the words."""
        if not self._numbers:
            return np.empty(0), np.empty(0, dtype=np.int32), ()
        numbers = np.concatenate(self._numbers)
        numbers[~np.isfinite(numbers)] = np.nan
        return numbers, np.concatenate(self._places), tuple(self._words)
