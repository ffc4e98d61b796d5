"""The title line: what the network is, and in plain words what happens to its gradient."""

from __future__ import annotations

from textwrap import wrap

from rich.style import Style
from rich.text import Text
from textual.app import RenderResult
from textual.reactive import reactive, var

from core import Experiment, Trace
from tui.explorer.session.shown import Shown
from tui.explorer.session.subject import Subject
from tui.explorer.session.touring import Touring
from tui.explorer.widgets.plain_text import PlainText
from tui.explorer.widgets.stable_static import StableStatic
from tui.report.words.overall import Overall
from tui.report.words.seeds import title as title_among_seeds
from tui.report.words.subject import describe_setup, what_settings_make
from tui.report.words.title import title

KEPT_BACK = "what becomes of its gradient stands here after your answer"
"""What is said in the place of the verdict, where that would answer the question that is asked"""


class Headline(StableStatic):
    """`vanilla RNN · tanh · 16 units · sunspots, 50 steps   typical gradient of W_aa VANISHES ×0.885 …`."""

    COMPONENT_CLASSES = {"headline--name", "headline--what", "headline--says", "headline--busy"}

    subject: var[Subject] = var(Subject(Experiment()))
    training_step: var[int] = var(0)
    shown: var[Shown] = var(Shown())
    touring: var[Touring | None] = var(None)
    """The tour that is under way, whose questions the line does not answer before the person does"""
    progress: var[float | None] = var(None)
    """Share of the running computation that is done; None when nothing runs"""

    _painted: Subject | None = None
    """What the line was painted with last"""

    def on_mount(self) -> None:
        """Show the line, and show it again whenever what it tells of changes."""
        for name in ("subject", "training_step", "shown", "touring", "progress"):
            self.watch(self, name, self.say)
        # The colors of a theme are there once it is painted.
        self.app.theme_changed_signal.subscribe(self, lambda theme: self.call_after_refresh(self._say))

    def on_resize(self) -> None:
        """Show the line again: it takes one row or two, by the width."""
        self.say()

    def say(self) -> None:
        """Show the line: another subject at once, and what comes of them after the charts, unless all is one repaint.

        A repaint is of a rectangle around all that has changed. With a line across the screen
        every widget is within it.
        """
        if self._painted == self.subject:
            self.call_after_refresh(self._say)
        else:
            self._say()

    def render(self) -> RenderResult:
        """The line; what it is of is noted, since it is on the screen from now on."""
        self._painted = self.subject
        return super().render()

    def _say(self) -> None:
        self.update(self._line(self.content_size.width))

    def _line(self, width: int) -> Text:
        """The line, in two parts that go onto two lines where one is too short."""
        name = " rnn-tui "
        what = fitted(self._what(), width - len(name) - 2)
        left = Text.assemble((name, self._style("name")), (f" {what} ", self._style("what")))
        if self.progress is not None:
            below = " · the network before is shown" if self._before() is not None else ""
            says = Text(f"computing {self.progress:.0%}{below} · esc stops it ", self._style("busy"))
        else:
            says = Text(self._says(width), self._style("says"))
        # Two lines are all there are, and the second is the verdict's.
        if width:
            left.truncate(width, overflow="ellipsis")
        gap = width - left.cell_len - says.cell_len
        between = " " * gap if gap > 0 else "\n "
        return Text.assemble(left, between, says)

    def _says(self, width: int) -> str:
        """What happens to the gradient, in the fullest words that fit on a line."""
        if self.shown.trace is None:
            return ""
        kept_back = self.touring is not None and self.touring.keeps_verdict_back
        if kept_back and not Overall.of(self.shown.trace).has_no_rate:
            return f"{KEPT_BACK} "
        seeds = self.shown.seeds.near(self.shown.trace)
        among = () if seeds is None else title_among_seeds(self.shown.trace, seeds)
        measured = self.shown.measured.of(self.shown.trace)
        lines = () if measured is None else measured.lines
        forms = [f"{form} " for form in among or title(self.shown.trace, self.shown.loss, lines)]
        return next((form for form in forms if len(form) < width), forms[-1])

    def _what(self) -> str:
        before = self._before()
        if before is not None and self.progress is None:
            return describe_setup(before)  # as all numbers below it are, until it is said that others are on their way
        if self.subject.given is None:
            return what_settings_make(self.subject.experiment, self.training_step)
        return describe_setup(self.subject.given, self.subject.given.training_step + self.training_step)

    def _before(self) -> Trace | None:
        """The trace that is shown, where it is not yet of what is in force."""
        trace = self.shown.trace
        return None if trace is None or self._is_of(trace) else trace

    def _is_of(self, trace: Trace) -> bool:
        """Whether a trace is of what is in force."""
        if self.subject.given is None:
            return trace.origin.settings == self.subject.experiment
        return trace.origin.digest == self.subject.given.origin.digest

    def _style(self, part: str) -> Style:
        return self.get_visual_style(f"headline--{part}").rich_style


def fitted(what: str, room: int) -> str:
    """What the network is, without the words that say least where there is no room: not the number at its end is cut.

    Args:
        what: `vanilla RNN · tanh · 16 units · sunspots, 50 steps · trained 60 updates`.
        room: Characters.
    """
    return what if len(what) <= room else what.replace("trained ", "").replace("vanilla ", "")


MOST_ROWS = 3
"""Rows of what to look for, at most: the charts need the rest"""


class LookFor(PlainText):
    """What to look for in a preset; no room taken where there is nothing to say."""

    look_for: reactive[str] = reactive("")

    def watch_look_for(self) -> None:
        """Show what to look for when it changes, and take no room where there is nothing."""
        self._say()
        self.display = bool(self.look_for)

    def on_resize(self) -> None:
        """Cut it elsewhere, where there is another width."""
        self._say()

    def _say(self) -> None:
        name, width = " look for ", self.content_size.width or self.app.size.width
        told = cut_off(f"{name} {self.look_for}", width, MOST_ROWS)
        self.update(Text.assemble((name, "reverse"), told.removeprefix(name)))


def cut_off(text: str, width: int, rows: int) -> str:
    """A text that is too long for so many rows, ended by … after the last word that fits."""
    lines = wrap(text, max(width, 1), drop_whitespace=False)
    if len(lines) <= rows:
        return text
    kept = "".join(lines[:rows]).rstrip()
    while len(wrap(f"{kept} …", max(width, 1), drop_whitespace=False)) > rows and " " in kept:
        kept = kept.rpartition(" ")[0]
    return f"{kept} …"
