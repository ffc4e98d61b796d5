"""The line that tells of the edge: how far its search is, or what it has found and which key sets it."""

from __future__ import annotations

from rich.text import Text
from textual.reactive import reactive

from tui.explorer.session.edge import Edge
from tui.explorer.widgets.plain_text import PlainText
from tui.report.words.edge import edge_told


class EdgeLine(PlainText):
    """` edge  ×1 per step at gain 1.31 ± 0.05, the mean over 20 seeds … · C sets it`; no room taken without one."""

    edge: reactive[Edge | None] = reactive(None)

    def watch_edge(self) -> None:
        """Show what is known when it changes, and take no room where nothing is asked for."""
        self.display = self.edge is not None
        if self.edge is not None:
            self.update(Text.assemble((" edge ", "reverse"), f" {told(self.edge)}"))


def told(edge: Edge) -> str:
    """What is known of the edge, and what can be done."""
    if edge.problem:
        return edge.problem
    if edge.found is None:
        return f"of {edge.name} over 20 seeds: computing, {edge.share or 0.0:.0%} · esc stops it"
    return f"{edge_told(edge.found)} · " + ("esc closes" if edge.value is None else "C sets it, esc closes")
