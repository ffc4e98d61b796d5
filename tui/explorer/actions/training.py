"""Training: going on, going back to an earlier network, and the gallery of remedies."""

from __future__ import annotations

from textual import on, work

from tui.explorer.actions.stepping import Stepping
from tui.explorer.background.remedies_run import Gallery, Row
from tui.explorer.background.trainer import Trained
from tui.explorer.panels.training import TrainingPanel
from tui.explorer.session.preferences import Preferences
from tui.explorer.session.subject import Subject
from tui.explorer.widgets.training_chart import KINDS


class Training(Stepping):
    """Trains the network that is shown."""

    def __init__(self, subject: Subject, preferences: Preferences) -> None:
        super().__init__(subject, preferences)
        self._gallery = Gallery(subject.experiment)

    @on(Trained)
    def _trained(self, message: Trained) -> None:
        if message.subject != self.subject:
            return
        if message.run is None:
            self.notify(message.problem, title="Cannot train", severity="error")
            return
        self.run = message.run
        self._refresh_commands()
        self._keep_up()

    def action_train(self) -> None:
        """Train on, or pause."""
        if self._trainer.running:
            self._trainer.pause()
        elif self.run is not None and self.run.ended is not None:
            self.notify(f"{self.run.ended}. Start over with z, or change the settings.", severity="warning")
        else:
            self._train()

    def action_train_one(self) -> None:
        """One step of training."""
        if self.run is None or self.run.ended is None:
            self._train(1)

    def _train(self, steps: int | None = None) -> None:
        self._live = True
        self._trainer.start(self.subject, steps)
        self.show_tab("tab-training")

    def action_train_reset(self) -> None:
        """Back to the untrained network."""
        self._trainer.forget(self.subject)
        self.run = None
        self.training_step = 0
        self._refresh_commands()

    def action_scrub(self, by: int) -> None:
        """Another step of the training; ±10 stands for a tenth of it."""
        if self.run is not None:
            stride = by if abs(by) == 1 else by // abs(by) * max(1, self.run.last_step // 10)
            self._show_step(self.training_step + stride)

    def action_picture(self) -> None:
        """The next picture of the training."""
        names = list(KINDS)
        self.picture = names[(names.index(self.picture) + 1) % len(names)]

    @work
    async def action_gallery(self) -> None:
        """Remedies side by side; the one that is chosen is opened with its training."""
        from tui.explorer.dialogs.remedies import GalleryScreen  # the start does not wait for it

        self._trainer.pause()
        if not self._gallery.is_of(self.experiment):
            self._gallery = Gallery(self.experiment)
        screen = GalleryScreen(self._gallery)
        row = await self.app.push_screen_wait(screen)
        self._gallery = screen.gallery
        if row is not None:
            self._open(row)

    def _open(self, row: Row) -> None:
        assert row.found is not None
        self.problems = {}
        if self.cursor is not None:
            self.cursor = self.cursor.following(None)  # a loss of another network's means nothing in this one
        if row.run is not None:
            self._trainer.keep(row.run)
        self._live = True
        if Subject(row.found.experiment) != self.subject:
            self.change(row.found.experiment)
        elif row.run is not None:
            self.run, self.training_step = row.run, row.run.last_step
        self.refresh_bindings()

    @on(TrainingPanel.Scrubbed)
    def _scrubbed(self, message: TrainingPanel.Scrubbed) -> None:
        self._show_step(message.step)

    def _show_step(self, step: int) -> None:
        if self.run is not None:
            self.training_step = min(max(step, 0), self.run.last_step)
            self._live = self.training_step == self.run.last_step
