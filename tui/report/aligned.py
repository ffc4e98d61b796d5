"""Numbers in a column below one another by their decimal points: `0.0323` and `12.3`, `8.8e−4` and `100 %`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_WHOLE: Final = re.compile(r"[−×±+-]?(?:10\^−?)?\d+")
"""What stands before the decimal point of a number, and before its power of ten where it has no point"""


def before_point(text: str) -> int:
    """Cells before the decimal point of the number that a text begins with, or before where it would be; 0 for words.

    Runnable example:

        >>> [before_point(text) for text in ("12.3", "9e−6", "−0.25", "49 of 50", "not known")]
        [2, 1, 2, 2, 0]
    """
    found = _WHOLE.match(text)
    return 0 if found is None else cell_len(found[0])


def pushed(text: str, before: int, width: int | None = None) -> str:
    """A text moved to the right until there are so many cells before its decimal point.

    Args:
        text: A number, which may have words behind it; words alone stay at the left.
        before: Cells.
        width: Cells that there are; the text is moved no further than leaves it whole.
    """
    own = before_point(text)
    by = max(0, before - own) if own else 0
    return " " * (by if width is None else max(0, min(by, width - cell_len(text)))) + text


def aligned(texts: Sequence[str]) -> list[str]:
    """A column of texts, their numbers below one another by their decimal points."""
    before = widest_before(texts)
    return [pushed(text, before) for text in texts]


def widest_before(texts: Iterable[str]) -> int:
    """The most cells that one of the texts has before its decimal point."""
    return max(map(before_point, texts), default=0)
