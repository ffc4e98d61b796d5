"""The code of a setup, shown for where the terminal has no clipboard, with how it is opened and what is not in it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical

from tui.explorer.dialogs.closing import Dialog
from tui.explorer.session.setup import Setup
from tui.explorer.widgets.plain_text import PlainText
from tui.report.printable import printable


class SetupDialog(Dialog[None]):
    """Shows the code until a key closes it."""

    DEFAULT_CSS = """
    SetupDialog { align: center middle; }
    SetupDialog > #setup-box {
        width: 76; max-width: 100%; height: auto; max-height: 100%; padding: 1 2; overflow-y: auto;
        background: $surface; border: round $border;
        border-title-color: $foreground; border-title-style: bold; border-subtitle-color: $foreground-muted;
    }
    SetupDialog PlainText { height: auto; }
    SetupDialog #setup-command { background: $panel; padding: 0 1; margin: 1 0; }
    SetupDialog .setup-note { color: $foreground-muted; }
    """

    BINDINGS = [
        Binding("escape,enter,q", "cancel", "Close"),
        Binding("Y", "copy", "Copy again", show=False),
    ]

    def __init__(self, setup: Setup, code: str, *, pins: int = 0) -> None:
        """Show a code.

        Args:
            setup: What it says.
            code: The code, which has been copied.
            pins: How many traces are pinned, which are not in it.
        """
        super().__init__()
        self._setup, self._code, self._pins = setup, code, pins

    def compose(self) -> ComposeResult:
        """What it is, the command that opens it, and what is not in it."""
        with Vertical(id="setup-box") as box:
            box.border_title = "This setup in a line"
            box.border_subtitle = "Y copies again · esc"
            yield PlainText("The code of these settings, of what is looked at and where, was sent to the clipboard.")
            yield PlainText(Text(self.command, overflow="fold"), id="setup-command")
            for note in self._notes():
                yield PlainText(note, classes="setup-note")

    @property
    def command(self) -> str:
        """The command that opens the code."""
        file = self._setup.file
        name = f"{shlex.quote(printable(file.name))} " if file is not None and file.name else ""
        return f"rnn-tui {name}--setup {self._code}"

    def _notes(self) -> Iterator[str]:
        yield "If the clipboard has nothing, the terminal does not take it (OSC 52): select the code with the mouse."
        if self._setup.file is not None and not self._setup.file.name:
            yield "No code carries a network that was given from Python: save its trace, and open that."
        elif self._setup.files:
            names = " and ".join(map(printable, self._setup.files))
            yield f"No code carries a file: who opens it needs {names} too."
        if self._pins:
            yield "The pinned traces are not in it; a lesson (S) keeps them."

    def action_copy(self) -> None:
        """Copy the code once more."""
        self.app.copy_to_clipboard(self._code)
        self.notify("Sent to the clipboard.", timeout=2)

    def action_cancel(self) -> None:
        """Close it, and change nothing."""
        self.dismiss(None)
