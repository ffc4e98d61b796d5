"""Cursor: where in the forward or backward pass the user is. Moving it computes nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Cursor:
    """A position on one line of 2T: forward t = 1 … T, then backward s = T … 1."""

    steps: int
    """T"""
    position: int = 0
    """0 … 2T − 1"""
    loss: int | None = None
    """The t of the one loss that is followed back; None follows all of them together"""

    @property
    def last(self) -> int:
        """The last position."""
        return 2 * self.steps - 1

    @property
    def backward(self) -> bool:
        """Whether the gradient is travelling back."""
        return self.position >= self.steps

    @property
    def step(self) -> int:
        """The step, 1 … T: t on the way forward, s on the way back."""
        return 2 * self.steps - self.position if self.backward else self.position + 1

    @property
    def lag(self) -> int | None:
        """How far the gradient has come: t − s for the loss followed, T − s for all; None before it started."""
        start = self.steps if self.loss is None else self.loss
        return start - self.step if self.backward and self.step <= start else None

    def at(self, position: int) -> Cursor:
        """The cursor at a position, held within the line."""
        return replace(self, position=min(max(position, 0), self.last))

    def moved(self, by: int) -> Cursor:
        """The cursor some positions on, or back if negative."""
        return self.at(self.position + by)

    def at_step(self, step: int) -> Cursor:
        """The cursor at a step of the same direction."""
        step = min(max(step, 1), self.steps)
        return self.at(2 * self.steps - step if self.backward else step - 1)

    def turned(self) -> Cursor:
        """The same step in the other direction."""
        return self.at(self.last - self.position)

    def following(self, loss: int | None) -> Cursor:
        """The cursor with another loss followed, or all of them."""
        return replace(self, loss=loss)

    def resized(self, steps: int) -> Cursor:
        """The cursor on a line of another T.

        Forward the same step t, backward as far from the end, as far as there is one; a loss that is still there.
        """
        there = Cursor(steps, steps if self.backward else 0)
        there = there.at_step(steps - (self.steps - self.step) if self.backward else self.step)
        return there.following(self.loss if self.loss is not None and self.loss <= steps else None)
