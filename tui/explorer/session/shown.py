"""What has been computed and stands on the screen, replaced as a whole, so that no two parts of it can differ."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from core import BackwardPass, Dynamics, EnsembleLines, Grouping, Trace
from tui.explorer.session.losses import Loss, shown_loss
from tui.explorer.session.pins import Pin, Pins, Source, pin_of
from tui.explorer.session.run import Run
from tui.report.charts.pins import NamedPin
from tui.report.curves import Curve, OverLosses
from tui.report.words.pins import names
from tui.report.words.seeds import apart


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


@dataclass(frozen=True, eq=False)
class SeedsState:
    """What is known of the networks that the same settings make with other seeds."""

    found: EnsembleLines | None = None
    share: float | None = None
    """How much of what is being worked out is done; None while nothing is"""
    problem: str = ""
    """Why there is nothing to show"""

    def of(self, trace: Trace | None) -> EnsembleLines | None:
        """The networks beside a trace: never those of other settings."""
        found = self.found
        if found is None or trace is None or trace.training_step or trace.origin.settings != found.experiment:
            return None
        return found

    def near(self, trace: Trace | None) -> EnsembleLines | None:
        """The networks beside a trace, or those of settings near its own, which is to be said wherever they are shown.

        These stand behind it until its own have been worked out: while a value is dragged, again and again.
        """
        found, own = self.found, None if trace is None or trace.training_step else trace.origin.settings
        return found if found is not None and own is not None and apart(found.experiment, own) is not None else None

    def lines_near(self, trace: Trace | None, curve: Curve, by: Grouping) -> EnsembleLines | None:
        """The networks beside a trace, or near it, where their lines are those that are shown of it."""
        found = self.near(trace)
        return found if found is not None and (found.curve, found.by) == (curve, by) else None


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
    pins: Pins = ()
    """The traces that are kept behind it, to compare"""
    run: Run | None = None
    """The training of what is in force, as far as it has gone"""
    seeds: SeedsState = SeedsState()
    """The networks of other seeds, as far as they have been worked out"""
    measured: DynamicsState = DynamicsState()
    """Jacobians, Lyapunov exponents and theory's lines, as far as they have been worked out"""

    @cached_property
    def loss(self) -> int | None:
        """The t of the one loss that is shown; None for all of them together, and where there is none."""
        return None if self.trace is None else shown_loss(self.trace.lags.scored, self.asked)

    @cached_property
    def front(self) -> Pin | None:
        """The pin that a chart with room for one shows: the last that is not on the screen already."""
        there = pin_of(self.pins, self.trace, self.source)
        return next((one for one in reversed(self.pins) if one is not there), there)

    @property
    def pinned(self) -> Trace | None:
        """The trace of the pin in front."""
        return None if self.front is None else self.front.trace

    @property
    def behind(self) -> Run | None:
        """The training of the trace of the pin in front, if it is another one's."""
        return None if self.front is None else self.front.run

    @cached_property
    def pin_names(self) -> tuple[str, ...]:
        """What each pinned trace is called: as a person has named it, or by what sets it apart."""
        own = names([one.trace for one in self.pins], self.trace)
        return tuple(one.called or name for one, name in zip(self.pins, own, strict=True))

    def named_pins(self, curve: OverLosses) -> tuple[NamedPin, ...]:
        """The pinned traces, each with its own last loss where that is shown.

        Args:
            curve: Which summary over the losses is shown, where all of them are.
        """
        return tuple(
            NamedPin(one.trace, self._curve_of(one.trace, curve), name, one.look)
            for one, name in zip(self.pins, self.pin_names, strict=True)
        )

    def _curve_of(self, trace: Trace, curve: OverLosses) -> Curve:
        loss = shown_loss(trace.lags.scored, self.asked)
        return curve if loss is None else loss

    @cached_property
    def pinned_loss(self) -> int | None:
        """The t of the pinned trace's loss, whose last may be another; of a t where it has none nothing is shown."""
        return None if self.pinned is None else shown_loss(self.pinned.lags.scored, self.asked)

    @cached_property
    def last_lag(self) -> int:
        """The last lag that the charts have, of the trace or of a pinned one."""
        every = (self.trace, *(one.trace for one in self.pins))
        return max((len(one.lags.scored) - 1 for one in every if one is not None), default=0)

    @property
    def both_ways(self) -> bool:
        """Whether a gradient goes ahead, too, from a loss to later steps: a direction of the network looks there."""
        return self.trace is not None and self.trace.network.looks_ahead

    @property
    def following(self) -> bool:
        """Whether a training goes on, whose networks follow one another faster than is worth saying."""
        return self.run is not None and self.run.hurries
