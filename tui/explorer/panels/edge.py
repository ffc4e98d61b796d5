"""The line that tells of the edge: how far its search is, or what it has found and which key sets it."""

from __future__ import annotations

from typing import Final

from rich.text import Text
from textual.reactive import reactive

from tui.explorer.session.edge import Edge
from tui.explorer.widgets.plain_text import PlainText
from tui.report.words.edge import edge_told


class EdgeLine(PlainText):
    """` edge  ×1 per step at gain 1.31 ± 0.05, the mean over 20 seeds … · C sets it`; no room taken without one."""

    edge: reactive[Edge | None] = reactive(None)
    training_step: reactive[int] = reactive(0)
    """After how many updates the network is shown"""

    def watch_edge(self) -> None:
        """Show what is known when it changes, and take no room where nothing is asked for."""
        self.display = self.edge is not None
        if self.edge is not None:
            told_of = told(self.edge, trained=self.training_step > 0)
            self.update(Text.assemble((" edge ", "reverse"), f" {told_of}"))

    def watch_training_step(self) -> None:
        """Say whether it is that of the network on the screen."""
        self.watch_edge()


UNTRAINED: Final = "of untrained networks, which this one no longer is: "
"""What is said first beside a trained network: the edge is not its own"""


def told(edge: Edge, *, trained: bool = False) -> str:
    """What is known of the edge, and what can be done.

    Args:
        edge: The edge, of untrained networks.
        trained: Whether the network on the screen is a trained one.
    """
    return f"{UNTRAINED if trained and not edge.problem else ''}{_told(edge)}"


def _told(edge: Edge) -> str:
    if edge.problem:
        return edge.problem
    if edge.found is None:
        return f"of {edge.name} over 20 seeds: computing, {edge.share or 0.0:.0%} · esc stops it"
    return f"{edge_told(edge.found)} · " + ("esc closes" if edge.value is None else "C sets it, esc closes")
