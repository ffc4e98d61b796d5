"""Nothing that is painted is obeyed by the terminal, wherever its text is from."""

from __future__ import annotations

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from tui.report.printable import replace_obeyed


class ControlFilter(LineFilter):
    """Takes out of every line what a terminal would obey, at the width that the line was laid out with."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The line without it; the line itself, as nearly always, where there is none."""
        if all(segment.text.isprintable() for segment in segments):
            return segments
        return [
            segment if segment.control else Segment(replace_obeyed(segment.text, _blank), segment.style)
            for segment in segments
        ]


def _blank(character: str) -> str:
    return " " * cell_len(character)
