"""What a step of a tour shows, as blocks of a document: the charts of its tab, or its numbers, without a screen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from core import Trace, backward_pass
from tui.explorer.session.cursor import Cursor
from tui.explorer.session.pins import Pins
from tui.explorer.session.shown import Shown
from tui.explorer.session.tour import Look
from tui.explorer.session.touring import shown_place
from tui.explorer.session.view import View
from tui.explorer.tours.networks import StepNetwork
from tui.explorer.tours.texts import Seen
from tui.report.charts.jacobians import eigenvalues_chart, singular_values_chart, spectra_chart
from tui.report.charts.lags import lags_chart
from tui.report.charts.model import Chart
from tui.report.charts.training import dynamics_chart, metric_chart, norms_chart
from tui.report.curves import INPUT, losses_named
from tui.report.document import Block, Definitions, Figure, Sized
from tui.report.page.claims import claims_section
from tui.report.styles import styles
from tui.report.words.by_hand import backward_lines, forward_lines, in_full
from tui.report.words.trace import headline

BY_NAME: dict[str, Callable[..., Chart]] = {"metric": metric_chart, "norms": norms_chart, "dynamics": dynamics_chart}
"""The charts of a training over its updates"""

WIDTH = 60
"""Characters of a line of numbers"""


@dataclass(frozen=True, eq=False)
class Scene:
    """A network, and how it is looked at."""

    network: StepNetwork
    pins: Pins
    view: View
    look: Look
    """What says where the cursor is"""

    @property
    def shown(self) -> Shown:
        """What of it would stand on the screen."""
        return Shown(self.network.trace, asked=self.view.loss, pins=self.pins)

    @property
    def seen(self) -> Seen:
        """What the numbers of a text are made from."""
        found = Seen.of(self.shown, self.view, self.look)
        assert found is not None  # there is a trace
        return found

    @property
    def cursor(self) -> Cursor:
        """Where the cursor is."""
        found = shown_place(self.look, self.shown)
        assert found is not None  # there is a trace
        return found

    @property
    def hidden(self) -> frozenset[str]:
        """The lines of this network that are not drawn."""
        trace = self.network.trace
        return self.view.hidden_of((*trace.parameter_groups(self.view.grouping), INPUT))

    def blocks(self) -> tuple[Block, ...]:
        """The charts of the tab that is open."""
        tab = self.view.tab.removeprefix("tab-")
        trace = self.network.trace
        if tab == "question":
            return claims_section(trace).blocks
        if tab == "step" and in_full(trace.tape):
            return (by_hand(trace, self.cursor, self.seen.loss),)
        if tab == "training" and self.network.run is not None:
            return (self._training(),)
        if tab == "jacobians" and self.network.dynamics is not None:
            return self._jacobians()
        return (self._lags(),)

    def _lags(self) -> Figure:
        shown, view, trace = self.shown, self.view, self.network.trace
        pins = shown.named_pins(view.curve)
        dynamics = self.network.dynamics if view.theory else None
        loss = shown.loss
        chart = partial(
            lags_chart,
            trace,
            curve=view.curve if loss is None else loss,
            by=view.grouping,
            lag=self.seen.lag,
            hidden=self.hidden,
            pinned=shown.pinned if len(pins) == 1 else None,
            pinned_curve=view.curve if shown.pinned_loss is None else shown.pinned_loss,
            pins=pins,
            theory=() if dynamics is None else dynamics.lines,
            lags=None if view.lags is None else (view.lags.first, view.lags.last),
        )
        drawn = [name for name in (*trace.parameter_groups(view.grouping), INPUT) if name not in self.hidden]
        said = f"The gradient against the lag, {losses_named(loss)}, the lines {', '.join(drawn) or 'none'}."
        return Figure(Sized(chart), "", said)

    def _jacobians(self) -> tuple[Figure, ...]:
        found = self.network.dynamics
        assert found is not None
        figures = []
        if found.profile is not None:
            theory = found.lines if self.view.theory else ()
            chart = partial(
                singular_values_chart, found.profile, lag=self.seen.lag, theory=theory, whole=self.view.spectrum
            )
            figures.append(Figure(Sized(chart), "", "The singular values of the product of k Jacobians against k."))
        if found.spectrum is not None:
            eigenvalues = Sized(partial(eigenvalues_chart, found.spectrum))
            figures.append(Figure(eigenvalues, "", "The eigenvalues of the recurrent matrix in the complex plane."))
        elif found.spectra:
            spectra = Sized(partial(spectra_chart, found.spectra, styles(self.network.trace.network, "parameter")))
            figures.append(Figure(spectra, "", "The eigenvalues of the recurrent matrices in the complex plane."))
        return tuple(figures)

    def _training(self) -> Figure:
        run = self.network.run
        assert run is not None
        chart = BY_NAME.get(self.view.training_chart, metric_chart)
        said = f"The training over {run.last_step} updates. {headline(self.network.trace)}"
        return Figure(Sized(partial(chart, run, step=run.last_step)), "", said)


def by_hand(trace: Trace, cursor: Cursor, loss: int | None) -> Definitions:
    """The numbers of the step where the cursor is, each with how it is worked out.

    Args:
        trace: Of a network small enough for it.
        cursor: Where one is.
        loss: The t of the loss that is followed back; None for all of them.
    """
    if cursor.backward:
        lines = backward_lines(backward_pass(trace.tape, losses=None if loss is None else [loss]), cursor.step, WIDTH)
        name = f"The way back, at step s = {cursor.step}"
    else:
        lines = forward_lines(trace.tape, max(cursor.step, 1), WIDTH)
        name = f"The way forward, at step t = {max(cursor.step, 1)}"
    return Definitions(name, tuple((key, "; ".join(one.strip() for one in said)) for key, said in lines.items()))
