"""What is kept: a trace pinned behind the next ones, presets, exports."""

from __future__ import annotations

from textual import work
from textual.widgets import TabbedContent

from core import presets
from tui.explorer.actions.looking import Looking
from tui.report.words.trace import headline, what


class Keeping(Looking):
    """Keeps traces and brings them back."""

    def action_pin(self) -> None:
        """Keep this trace behind the next ones; or let go of the pinned one."""
        self._pinned_of = self._shown if self.pinned is None else None
        self.pinned = self.trace if self.pinned is None else None
        self._refresh_commands()

    def action_swap(self) -> None:
        """The pinned trace on the screen, and this one pinned."""
        if self.pinned is not None and self.trace is not None and self._pinned_of is not None:
            (subject, _), self._pinned_of = self._pinned_of, self._shown
            self.pinned = self.trace
            self.take_up(subject)

    @work
    async def action_presets(self) -> None:
        """Choose a preset."""
        from tui.explorer.dialogs.presets import PresetPicker  # the start does not wait for it

        name = await self.app.push_screen_wait(PresetPicker(self.experiment if self.given is None else None))
        if name is not None:
            self.problems = {}
            if self.cursor is not None:
                self.cursor = self.cursor.following(None)  # a loss of another network's means nothing in this one
            preset = presets()[name]
            self.change(preset.experiment)
            if self.run is not None and self.run.last_step:
                self._trainer.pause()
                self._show_step(0)
                self.notify(f"Untrained; d and D go on to step {self.run.last_step} of its training.")
            self.preset = preset
            if preset.topic:
                self.show_tab(f"tab-{preset.topic}")

    @work
    async def action_export(self) -> None:
        """Save what is shown."""
        from tui.explorer.dialogs.export import ExportDialog, trace_kinds, widget_picture  # nor for this

        if self.trace is None:
            return
        pane = self.query_one("#tabs", TabbedContent).active_pane or self
        title = f"{what(self.trace)} — {headline(self.trace)}"
        chart = widget_picture(pane, title)
        screen, found = self.app.export_screenshot(title=title), self.measured.of(self.trace)
        kinds = trace_kinds(self.trace, chart=chart, screen=screen, dynamics=found)
        path = await self.app.push_screen_wait(ExportDialog(kinds))
        if path is not None:
            again = f"; rnn-tui --experiment {path.name} opens it" if path.suffix == ".toml" else ""
            self.notify(f"Saved {path}{again}")
