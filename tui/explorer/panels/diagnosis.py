"""What is wrong with the network on its data: the findings, what matters most first, and what to try."""

from __future__ import annotations

from typing import Final

from rich.text import Text
from textual import events, on, work
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.message import Message
from textual.reactive import var
from textual.theme import Theme

from core import Trace, TrainingHistory, diagnose
from core.training.recorded import RecordedHistory
from tui.explorer.background.responsiveness import HandOff
from tui.explorer.help import help_text
from tui.explorer.painting.theme import theme_palette
from tui.explorer.session.shown import Shown
from tui.explorer.widgets.stable_static import StableStatic
from tui.report.diagnosis_document import diagnosis_document
from tui.report.document import Document

LOOKING: Final = "Looking for what is wrong …"


class DiagnosisPanel(VerticalScroll):
    """The findings on the trace that is shown, made in a thread once they are looked at."""

    BORDER_TITLE = "Diagnosis"
    HELP = help_text("diagnosis")
    DEFAULT_CSS = """
    DiagnosisPanel {
        padding: 0 1; scrollbar-size-vertical: 1;
        &:focus { background: $surface; }
        & > Static { width: 1fr; height: auto; }
        & > .headline { text-style: bold; margin-bottom: 1; }
    }
    """

    shown: var[Shown] = var(Shown())

    class Diagnosed(Message):
        """A trace has been looked at."""

        def __init__(self, trace: Trace, document: Document) -> None:
            self.trace, self.document = trace, document
            super().__init__()

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._found_of: tuple[Trace, Document] | None = None
        self._asked: Trace | None = None

    def compose(self) -> ComposeResult:
        """What was found in a line, and the findings below it."""
        yield StableStatic(LOOKING, classes="headline")
        yield StableStatic(classes="findings")

    def on_mount(self) -> None:
        """Follow the theme and what is shown."""
        self.app.theme_changed_signal.subscribe(self, self._recolor)
        self.watch(self, "shown", self._look)

    def on_show(self) -> None:
        """Catch up with the trace: a panel that is not seen looks for nothing."""
        self._look()

    def on_resize(self, event: events.Resize) -> None:
        """Break the sentences again, where there is another width for them."""
        self._write()

    def _recolor(self, theme: Theme) -> None:
        self._write()

    @property
    def is_looking(self) -> bool:
        """Whether it is looked at, and the findings on the trace are not there yet."""
        trace = self.shown.trace
        found = self._found_of is not None and self._found_of[0] is trace
        return trace is not None and self.is_on_screen and not found

    def _look(self) -> None:
        trace = self.shown.trace
        if self.is_looking and trace is not None and trace is not self._asked:
            self._asked = trace
            run = self.shown.run
            history = None if run is None or not len(run.history) else run.history
            self._look_aside(HandOff(trace), history)

    # Without a description of its own a worker is described by the repr of all that it is given: here, every array.
    @work(thread=True, exclusive=True, group="diagnosis", description="diagnose")
    def _look_aside(self, handed: HandOff[Trace], history: TrainingHistory | RecordedHistory | None) -> None:
        trace = handed.take()
        self.post_message(self.Diagnosed(trace, diagnosis_document(trace, diagnose(trace, history))))

    @on(Diagnosed)
    def _diagnosed(self, message: Diagnosed) -> None:
        if message.trace is self._asked:
            self._asked = None
        if message.trace is self.shown.trace:  # also out of sight: it is there when the tab is opened again
            self._found_of = (message.trace, message.document)
            self._write()

    def _write(self) -> None:
        if self._found_of is None or not self.is_attached:
            return
        document, width = self._found_of[1], self.content_size.width - 1  # a bar for scrolling may come
        self.query_one(".headline", StableStatic).update(Text(document.headline))
        if width > 0:
            from tui.report.formats.text import body_lines  # with every format: the start does not wait for them

            lines = body_lines(document, width=width, palette=theme_palette(self.app.current_theme))
            text = Text("\n").join(Text.assemble(*((part.text, part.style or "") for part in line)) for line in lines)
            self.query_one(".findings", StableStatic).update(text)
