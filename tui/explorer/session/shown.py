"""What has been computed and stands on the screen, replaced as a whole, so that no two parts of it can differ."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from core import BackwardPass, Dynamics, Trace
from tui.explorer.session.losses import Loss, shown_loss
from tui.explorer.session.run import Run
from tui.explorer.session.subject import Subject


@dataclass(frozen=True, eq=False)
class DynamicsState:
    """What is known of the trace on the screen, and of the pinned one."""

    now: Dynamics | None = None
    pinned: Dynamics | None = None
    share: float | None = None
    """How much of what is being worked out is done; None while nothing is"""
    problem: str = ""
    """Why there is nothing to show"""

    def of(self, trace: Trace | None) -> Dynamics | None:
        """What is known of a trace: never what belongs to another."""
        return next((found for found in (self.now, self.pinned) if found and trace and found.tape is trace.tape), None)


@dataclass(frozen=True)
class Source:
    """What a trace was made of."""

    subject: Subject
    training_step: int = 0
    """After how many steps of training the network is as it is"""


@dataclass(frozen=True, eq=False)
class Shown:
    """A trace, the backward pass that is looked at, and what it is compared with."""

    trace: Trace | None = None
    source: Source | None = None
    """What the trace was made of; None as long as there is no trace"""
    asked: Loss = "last"
    """Which losses `backward_pass` goes back from, as it was asked for; the trace has them"""
    backward_pass: BackwardPass | None = None
    """The backward pass of that loss, or of all of them"""
    pinned: Trace | None = None
    """A trace that is kept behind the others, to compare"""
    pinned_source: Source | None = None
    """What the pinned trace was made of"""
    run: Run | None = None
    """The training of what is in force, as far as it has gone"""
    behind: Run | None = None
    """The training of the pinned trace, if it is another one's"""
    measured: DynamicsState = DynamicsState()
    """Jacobians, Lyapunov exponents and theory's lines, as far as they have been worked out"""

    @cached_property
    def loss(self) -> int | None:
        """The t of the one loss that is shown; None for all of them together, and where there is none."""
        return None if self.trace is None else shown_loss(self.trace.lags.scored, self.asked)

    @cached_property
    def pinned_loss(self) -> int | None:
        """The t of the pinned trace's loss, whose last may be another; of a t where it has none nothing is shown."""
        return None if self.pinned is None else shown_loss(self.pinned.lags.scored, self.asked)

    @cached_property
    def last_lag(self) -> int:
        """The last lag that the charts have, of the trace or of the pinned one."""
        return max((len(one.lags.scored) - 1 for one in (self.trace, self.pinned) if one is not None), default=0)

    @property
    def following(self) -> bool:
        """Whether a training goes on, whose networks follow one another faster than is worth saying."""
        return self.run is not None and self.run.running
