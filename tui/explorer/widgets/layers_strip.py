"""Lag × layer in a few rows: the gradient at every layer of a stack, along the lags."""

from __future__ import annotations

from textual.reactive import var
from textual.strip import Strip

from core import Trace
from tui.explorer.painting.strips import strips_of
from tui.explorer.painting.view import PaintedView
from tui.report.charts.layers import layers_strip


class LayersStrip(PaintedView):
    """A row for each layer, the last on top: the wider and brighter, the larger the gradient at its state."""

    DEFAULT_CSS = """
    LayersStrip { height: auto; margin: 0 0 0 0; }
    """

    trace: var[Trace | None] = var(None)
    loss: var[int | None] = var(None)
    """The one loss that is shown; None for all of them, typically"""
    lag: var[int | None] = var(None)

    def on_mount(self) -> None:
        """Paint again whenever anything that is shown changes."""
        for name in ("trace", "loss", "lag"):
            self.watch(self, name, self.stale, init=False)

    def paint(self, width: int, height: int) -> list[Strip]:
        """The rows at this width; empty for a network of one layer."""
        if self.trace is None or not width or not height:
            return []
        palette = None if self.app.no_color else self.palette
        grid = layers_strip(self.trace, self.loss, width, palette, self.lag)
        return [] if grid is None else strips_of(grid)[:height]
