"""What a step of a tour shows, as blocks of a document: the charts of its tab, or its numbers, without a screen."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from core import Dynamics, Trace, backward_pass, ensemble_lines
from tui.explorer.session.cursor import Cursor
from tui.explorer.session.pins import Pins
from tui.explorer.session.shown import Shown
from tui.explorer.session.tour import Look
from tui.explorer.session.touring import shown_place
from tui.explorer.session.view import View
from tui.explorer.tours.networks import StepNetwork
from tui.explorer.tours.texts import Seen
from tui.report.charts.lags import lags_chart
from tui.report.charts.model import Chart
from tui.report.curves import INPUT, losses_named
from tui.report.document import Block, Definitions, Drawing
from tui.report.figures.charts import jacobians_figure, lags_figure, training_figure, unrolled_figure
from tui.report.figures.maps import map_figure
from tui.report.page.claims import claims_section
from tui.report.page.training import FinishedRun
from tui.report.words.by_hand import backward_lines, forward_lines, in_full
from tui.report.words.seeds import why_none
from tui.report.words.subject import describe_setup

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
    points_at_network: bool = False
    asking: bool = False
    """Whether a question waits for its answer, which is then not told in numbers"""
    keeps_back: bool = False
    """Whether lines come with the answer that are not drawn before"""

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
        """Where the cursor is, on the way forward or back."""
        found = shown_place(self.look, self.shown)
        assert found is not None  # there is a trace
        return found

    @property
    def hidden(self) -> frozenset[str]:
        """The lines of this network that are not drawn."""
        trace = self.network.trace
        return self.view.hidden_of((*trace.parameter_groups(self.view.grouping), INPUT))

    def blocks(self) -> tuple[Block, ...]:
        """What is pointed at, where that is the network, and the charts of the tab that is open."""
        tab, trace = self.view.tab.removeprefix("tab-"), self.network.trace
        network = (self._network(),) if self.points_at_network and not self.asking else ()
        if tab == "question":
            return claims_section(trace).blocks
        if tab == "step" and in_full(trace.tape):
            return () if self.asking else (by_hand(trace, self.cursor, self.seen.loss),)
        if tab == "training" and self.network.run is not None:
            return (self._training(self.network.run),)
        if tab == "jacobians" and self.network.dynamics is not None:
            return (self._jacobians(self.network.dynamics),)
        if tab == "map":
            return (Drawing(partial(map_figure, trace, self.view.parameter)),)
        return (*network, self._lags())

    @property
    def answers_in_numbers(self) -> bool:
        """Whether it shows more once the question is answered, whatever the answer reveals."""
        by_hand = self.view.tab == "tab-step" and in_full(self.network.trace.tape)
        return self.asking and (by_hand or self.points_at_network)

    def _network(self) -> Drawing:
        return Drawing(partial(unrolled_figure, self.network.trace, self.shown.loss))

    def _lags(self) -> Drawing:
        shown, view, trace = self.shown, self.view, self.network.trace
        pins = shown.named_pins(view.curve)
        dynamics = self.network.dynamics if view.theory else None
        curve = view.curve if shown.loss is None else shown.loss
        settings, ensemble = trace.origin.settings, None
        if view.seeds and settings is not None and not why_none(trace):
            ensemble = ensemble_lines(settings, view.seeds, curve=curve, by=view.grouping)

        def chart(width: int, height: int) -> Chart:
            return lags_chart(
                trace,
                width=width,
                height=height,
                curve=curve,
                by=view.grouping,
                lag=self.seen.lag,
                hidden=self.hidden,
                pinned=shown.pinned if len(pins) == 1 else None,
                pinned_curve=view.curve if shown.pinned_loss is None else shown.pinned_loss,
                pins=pins,
                theory=() if dynamics is None else dynamics.lines,
                ensemble=ensemble,
                lags=None if view.lags is None else (view.lags.first, view.lags.last),
            )

        every = (*trace.parameter_groups(view.grouping), INPUT)
        drawn = [name for name in every if name not in self.hidden]
        lines = f"lines of {', '.join(drawn)}" if drawn else "no lines yet"
        lag = "" if self.seen.lag is None else f", lag {self.seen.lag} marked"
        more = f" {'More of them' if drawn else 'They'} come with the answer." if self.keeps_back else ""
        said = f"The gradient of {losses_named(shown.loss)} against the lag: {lines}{lag}.{more}"
        return Drawing(partial(lags_figure, trace, curve, shown=chart), said, said if self.asking else "")

    def _jacobians(self, found: Dynamics) -> Drawing:
        theory, whole = self.view.theory, self.view.spectrum
        return Drawing(partial(jacobians_figure, self.network.trace, found, theory=theory, whole=whole))

    def _training(self, run: FinishedRun) -> Drawing:
        title = f"Training: {describe_setup(self.network.trace)}"
        return Drawing(partial(training_figure, run, title), f"After update {run.last_step}.")


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
