"""Training: going on, going back to an earlier network, and the remedies side by side."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual import work

from tui.explorer.actions import cursor, settings
from tui.explorer.background.remedies_run import Row, TriedRemedies
from tui.explorer.dialogs.leaving import WORTH_ASKING, Leaving
from tui.explorer.session.subject import Subject
from tui.explorer.widgets.training_chart import TRAINING_CHARTS

if TYPE_CHECKING:
    from tui.explorer.session_screen import SessionScreen


def train(explorer: SessionScreen) -> None:
    """Train on, or pause where training goes on; after its end, say why there are no more steps."""
    run = explorer.shown.run
    if explorer.trainer.running:
        explorer.trainer.pause()
    elif run is not None and run.ended is not None:
        explorer.notify(f"{run.ended}. Start over with z, or change the settings.", severity="warning")
    else:
        _start(explorer)


def train_one(explorer: SessionScreen) -> None:
    """Train for one step, unless the training has ended."""
    run = explorer.shown.run
    if run is None or run.ended is None:
        _start(explorer, 1)


def _start(explorer: SessionScreen, steps: int | None = None) -> None:
    if explorer.subject.watched is None:  # of a training elsewhere, the step that is looked at stays
        explorer.tracing.live = True
    explorer.trainer.start(explorer.subject, steps)
    explorer.view = replace(explorer.view, tab="tab-training")


def reset(explorer: SessionScreen) -> None:
    """Forget the training, and go back to the untrained network; where minutes are lost with it, ask first."""
    run = explorer.shown.run
    if run is None or run.seconds < WORTH_ASKING:
        _forget(explorer)
    else:
        ask = Leaving(run.seconds, run.length, over=True)
        explorer.app.push_screen(ask, lambda over: _forget(explorer) if over else None)


def _forget(explorer: SessionScreen) -> None:
    explorer.trainer.forget(explorer.subject)
    explorer.shown = replace(explorer.shown, run=None)
    explorer.training_step = 0
    explorer.refresh_commands()


def scrub(explorer: SessionScreen, by: int) -> None:
    """Show the network of a later or an earlier step of the training; ±10 stands for a tenth of it."""
    run = explorer.shown.run
    if run is not None:
        stride = by if abs(by) == 1 else by // abs(by) * max(1, (len(run.stops) - 1) // 10)
        show_step(explorer, run.stepped(explorer.training_step, stride))


def show_step(explorer: SessionScreen, step: int) -> None:
    """The network after a step of its training, the nearest that there is."""
    run = explorer.shown.run
    if run is not None:
        explorer.training_step = run.nearest(step)
        explorer.tracing.live = explorer.training_step == run.last_step


def newest(explorer: SessionScreen) -> None:
    """Show the network after the latest step of the training, and those that follow."""
    run = explorer.shown.run
    if run is not None:
        show_step(explorer, run.last_step)
        explorer.tracing.live = True


def chart(explorer: SessionScreen) -> None:
    """Show the next chart of the training, or the next few where several stand together."""
    from tui.explorer.panels.training import TrainingPanel  # which asks for more than a command without it

    together = explorer.query_one(TrainingPanel).together
    explorer.view = explorer.view.with_next_training_chart(list(TRAINING_CHARTS), together)


@work
async def remedies(explorer: SessionScreen) -> None:
    """Remedies side by side; the one that is chosen is opened with its training."""
    from tui.explorer.dialogs.remedies import RemediesScreen  # the start does not wait for it

    explorer.trainer.pause()
    experiment = explorer.subject.experiment
    if not explorer.remedies.is_of(experiment):
        explorer.remedies = TriedRemedies(experiment)
    screen = RemediesScreen(explorer.remedies)
    row = await explorer.ask(screen)
    explorer.remedies = screen.remedies
    if row is not None:
        _open(explorer, row)


def _open(explorer: SessionScreen, row: Row) -> None:
    assert row.found is not None
    explorer.problems = {}
    cursor.forget_loss(explorer)
    if row.run is not None:
        explorer.trainer.keep(row.run)
    explorer.tracing.live = True
    if Subject(row.found.experiment) != explorer.subject:
        settings.change(explorer, row.found.experiment)
    elif row.run is not None:
        explorer.shown = replace(explorer.shown, run=row.run)
        explorer.training_step = row.run.last_step
    explorer.refresh_bindings()
