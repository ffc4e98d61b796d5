"""Lines of styled text: what a document and a chart are in a terminal, before anything is written to one.

A line is a list of rich's segments, each a text and its style. Only who writes to a terminal turns styles into the
sequences that it obeys, in as many colors as it has; everybody else takes the text as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from rich.segment import Segment

Line: TypeAlias = list[Segment]


def plain(line: Line) -> str:
    """The text without its styles."""
    return "".join(segment.text for segment in line)


def padded(line: Line, width: int) -> Line:
    """The line with spaces at its end, so that it takes as many cells; a longer one as it is."""
    missing = width - Segment.get_line_length(line)
    return [*line, Segment(" " * missing)] if missing > 0 else line


def stripped(line: Line) -> Line:
    """The line without the spaces at its end that have no style."""
    end = len(line)
    while end and not line[end - 1].style and not line[end - 1].text.strip(" "):
        end -= 1
    found = line[:end]
    if found and not found[-1].style:
        found[-1] = Segment(found[-1].text.rstrip(" "))
    return found


def plain_text(lines: Iterable[Line]) -> str:
    """All of them as text without a style, each ended by a line break."""
    return "".join(f"{plain(line)}\n" for line in lines)
