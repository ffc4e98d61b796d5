"""Cursor: where in the forward or backward pass the user is. Moving it computes nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Cursor:
    """A position on one line of 2T: forward t = 1 … T, then backward s = T … 1."""

    steps: int
    """How many steps T the sequence has"""
    position: int = 0
    """Where on that line, 0 … 2T − 1"""

    @property
    def last(self) -> int:
        """The last position: step 1 of the backward pass."""
        return 2 * self.steps - 1

    @property
    def backward(self) -> bool:
        """Whether the position is one of the backward pass."""
        return self.position >= self.steps

    @property
    def step(self) -> int:
        """The step, 1 … T: t on the way forward, s on the way back."""
        return 2 * self.steps - self.position if self.backward else self.position + 1

    def lag(self, loss: int | None) -> int | None:
        """How far the gradient has come back; None before it has started.

        Args:
            loss: The t of the loss that is followed, from which t − s is counted; None for all of them, T − s.
        """
        start = self.steps if loss is None else loss
        return start - self.step if self.backward and self.step <= start else None

    def signed_lag(self, loss: int | None) -> int | None:
        """The lag of the step on the way back, t − s, below 0 after the loss; None on the way forward."""
        return (self.steps if loss is None else loss) - self.step if self.backward else None

    def at(self, position: int) -> Cursor:
        """The cursor at a position, held within the line."""
        return replace(self, position=min(max(position, 0), self.last))

    def at_lag(self, lag: int, loss: int | None) -> Cursor:
        """The cursor on the way back, where the gradient has come back so far.

        Args:
            lag: How far; below 0 so many steps after the loss, where a direction looks ahead.
            loss: The t of the loss that is followed; None for all of them.
        """
        start = self.steps if loss is None else loss
        return self.at(2 * self.steps - min(max(start - lag, 1), self.steps))

    def moved(self, by: int) -> Cursor:
        """The cursor some positions on, or back if negative."""
        return self.at(self.position + by)

    def at_step(self, step: int) -> Cursor:
        """The cursor at a step of the same direction."""
        step = min(max(step, 1), self.steps)
        return self.at(2 * self.steps - step if self.backward else step - 1)

    def turned(self) -> Cursor:
        """The cursor at this step in the other direction."""
        return self.at(self.last - self.position)

    def resized(self, steps: int) -> Cursor:
        """The cursor on a line of another T.

        Forward the same step t, backward as far from the end, as far as there is one.
        """
        there = Cursor(steps, steps if self.backward else 0)
        return there.at_step(steps - (self.steps - self.step) if self.backward else self.step)
