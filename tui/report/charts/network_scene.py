"""One moment of the network as it is drawn: what has been reached, what comes back, and what the rows are called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tui.report.charts.cell_places import BOX

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.trace import Trace
    from tui.report.charts.gradient_flow import Flow, Layer, Way

INSIDE: Final = BOX - 2
"""Columns within a box"""


LABEL: Final = 11
"""Columns at the left for the rows' names"""


@dataclass(frozen=True)
class Row:
    """A row of the drawing."""

    kind: str
    """`y`, `lag`, `top`, `forward`, `way`, `gates`, `between`, `bottom` or `x`"""
    layer: int = 0
    """Which of the flow's layers, from 0 at the top"""
    way: int = 0
    """Which of the layer's ways"""


@dataclass(frozen=True, eq=False)
class Scene:
    """What is drawn: a network at one moment of its forward or backward pass."""

    trace: Trace
    flow: Flow
    step: int
    backward: bool
    loss: int | None
    """t of the one loss that is followed; None for all"""
    inputs: Sequence[str]
    """x⟨t⟩ in brief, for every step at [t − 1]"""
    outputs: Sequence[str]
    """y⟨t⟩ in the same way"""

    @property
    def answers(self) -> bool:
        """Whether there are outputs: a network without a read-out has none."""
        return bool(self.trace.network.readout.uses)

    def reached(self, step: int, layer: Layer | None = None) -> bool:
        """Whether the pass has come to a step; of a backward direction, before what it shows there is read out."""
        forward = layer is None or not layer.ahead
        return (step >= self.step) if self.backward or not forward else (step <= self.step)

    def comes(self, step: int, layer: Layer) -> bool:
        """Whether anything comes back to a step from the one after it, and has come already."""
        last = len(self.trace.tape.losses) if layer.below_top else self.flow.last
        return self.backward and self.step <= step < last

    def goes_ahead(self, step: int, layer: Layer) -> bool:
        """Whether anything goes on to a step from the one before it, and the pass has come there."""
        first = 1 if layer.below_top else self.flow.first
        return self.backward and max(self.step, first + 1) <= step and self.flow.first > 0

    def lag(self, step: int) -> str:
        """How far a step is from the one loss that is followed back; nothing where there are several.

        After the loss there is a lag where a direction looks ahead: it is below 0.
        """
        both_ways = any(layer.ahead for layer in self.flow.layers)
        if not self.backward or self.loss is None or (step > self.loss and not both_ways):
            return ""
        return f"lag {self.loss - step}".replace("-", "−")

    def enters(self, step: int) -> bool:
        """Whether a loss comes in at a step, and has already."""
        if not self.backward or not 1 <= step <= self.flow.last or not self.reached(step):
            return False
        return step == self.loss if self.loss is not None else bool(self.trace.lags.scored[step - 1])


def state_label(layer: Layer, step: int) -> str:
    """The state of a cell, all parts if they fit."""
    whole = f"{','.join(layer.parts)}⟨{step}⟩"
    return whole if len(whole) <= INSIDE else f"{layer.parts[0]}⟨{step}⟩"


def way_label(way: Way, layer: Layer, *, stack: bool, backward: bool) -> str:
    """What a row with a way is called: by what a direct way multiplies by, or by its layer in a stack."""
    if backward and not layer.remembers:
        return f"▼ layer {layer.number}"
    if way.name == "direct":
        symbol = f"direct {way.symbol}" if len(way.symbol) == 1 else way.symbol
        return f"◀ {symbol}" if backward else f"{symbol} ▶"
    if not backward:
        return f"‖{','.join(layer.parts)}‖"
    if layer.direction:
        number = f" {layer.number}" if layer.stacked else ""
        return f"ahead{number} ▶" if layer.ahead else f"◀ back{number}"
    if way.name == "matrices":
        return "◀ matrices"
    size = f"◀ ‖∂L/∂{','.join(layer.parts)}‖"
    return f"◀ layer {layer.number}" if stack else size if len(size) < LABEL else "◀ back"
