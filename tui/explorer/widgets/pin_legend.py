"""The legend of the pinned traces: the digit and the name of each; a click asks for their names."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.message import Message

from core import Grouping
from tui.explorer.widgets.entries import Entries, Entry
from tui.explorer.widgets.fitting_label import Fitting
from tui.report.charts.axis_text import fit
from tui.report.charts.pins import NamedPin, leading
from tui.report.curves import Curve, losses_named
from tui.report.palette import SeriesStyle

AROUND = 4
"""Cells of an entry beside the name: its digit, and the gaps"""


class PinEntry(Entry):
    """The digit and the name of a pinned trace."""

    class Clicked(Message):
        """A pinned trace's name was clicked."""

    def on_click(self) -> None:
        """Ask for the names of the pinned traces."""
        self.post_message(self.Clicked())


class PinLegend(Entries):
    """The pinned traces in their order, and which line of each is on the chart; not there while nothing is pinned."""

    ENTRY = PinEntry
    MARK = "-none"

    _names: Mapping[str, str] = {}

    def compose(self) -> ComposeResult:
        """Behind the entries, which line of each trace it is."""
        yield Fitting(id="pins-of")

    def show(self, pins: Sequence[NamedPin], curve: Curve, by: Grouping, hidden: Collection[str]) -> None:
        """Show these traces, or nothing.

        Args:
            pins: The traces.
            curve: What the chart shows of the trace before them.
            by: What the parameters have in common that are shown as one line.
            hidden: Lines that are not shown.
        """
        self.display = bool(pins)
        # Its own loss, where that is not the one of the title.
        self._names = {
            one.look.marker: one.name if one.curve == curve else f"{one.name} ({_told(one.curve)})" for one in pins
        }
        room = max(1, self.size.width // max(1, len(pins)) - AROUND)
        if sum(cell_len(name) + AROUND for name in self._names.values()) > self.size.width > 0:
            self._names = {digit: fit(name, min(room, cell_len(name))) for digit, name in self._names.items()}
        looks = {one.look.marker: one.look for one in pins}
        if looks != self.looks:
            self.looks = looks
        else:
            self.watch_looks()
        lines = dict.fromkeys(leading(one.trace, by, hidden) for one in pins)
        said = ", ".join(name for name in lines if name)
        self.query_one("#pins-of", Fitting).forms = (
            (f"dashes: {said} of what is pinned", f"pinned: {said}", f"{said}") if said else ("no line is shown", "")
        )

    def label(self, series: str, style: SeriesStyle) -> str:
        """The digit of a trace and its name."""
        return f"{style.marker} {self._names.get(series, '')}"

    def tip(self, series: str, place: int) -> str:
        """What a click does, and the keys."""
        return "Pinned. Click, or k: name it, or take it away; x swaps with the one pinned last; X unpins all."

    def is_marked(self, series: str) -> bool:
        """No entry has a mark: what is pinned is not hidden."""
        return False


def _told(curve: Curve) -> str:
    return losses_named(curve) if isinstance(curve, int) else curve
