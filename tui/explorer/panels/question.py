"""The question that the program is named for: six claims, and what this network says to each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.message import Message
from textual.reactive import var
from textual.theme import Theme
from textual.widgets import Static
from textual.worker import get_current_worker

from core import QUESTION, Answer, Claim, Evidence, Trace, answer, claims
from tui.explorer.background.responsiveness import HandOff, UiFirst
from tui.explorer.background.trace_worker import Superseded, reporting
from tui.explorer.help import help_text
from tui.explorer.painting.theme import theme_palette
from tui.explorer.session.shown import Shown
from tui.explorer.widgets.plain_text import PlainText
from tui.explorer.widgets.stable_static import StableStatic
from tui.report.palette import Palette, SeriesStyle
from tui.report.styles import ink, styles
from tui.report.words.claims import VERDICTS as TOLD
from tui.report.words.evidence import written

if TYPE_CHECKING:
    from core.claims import Verdict

_CLASSES: Final[dict[Verdict, str]] = {
    "holds": "-holds",
    "fails": "-fails",
    "premise true, conclusion false": "-half",
    "so, but for another reason": "-other",
    "not decidable here": "-open",
}

VERDICTS: Final[dict[Verdict, tuple[str, str, str]]] = {
    verdict: (*told, _CLASSES[verdict]) for verdict, told in TOLD.items()
}
"""Verdict → glyph, so that its color is not the only sign; words; and class"""

IN_BRIEF: Final[dict[Verdict, str]] = {
    "holds": "holds",
    "fails": "fails",
    "premise true, conclusion false": "premise only",
    "so, but for another reason": "so, other reason",
    "not decidable here": "not decidable",
}
"""Verdict → a word or two, for the line that has all of them"""

AT_ONCE: Final = 150
"""Up to so many steps the claims are tested at once; with more it is said that it takes a while."""

ANSWER: Final = "The answer in this network"

OVER_ALL: Final = f"{ANSWER} (rates: typical of all losses)"
"""Where there are several losses, every rate here is a mean over them, whichever is followed elsewhere"""

VERDICT_ROWS: Final = 3
"""Rows of a claim, the empty one above it among them, until its verdict is seen"""


class ClaimView(Vertical):
    """A claim, its verdict, the numbers that decide it and why."""

    DEFAULT_CSS = """
    ClaimView {
        height: auto; margin-top: 1; padding: 0 1; border-left: outer $foreground 20%;
        & > Static { width: 1fr; height: auto; }
        & > .statement { text-style: bold; }
        & > .verdict { width: auto; padding: 0 1; text-style: bold; color: auto; background: $foreground 20%; }
        & > .evidence { padding-left: 2; }
        &.-holds { border-left: outer $success; & > .verdict { background: $success; } }
        &.-fails { border-left: outer $error; & > .verdict { background: $error; } }
        &.-half, &.-other { border-left: outer $warning; & > .verdict { background: $warning; } }
        &:ansi > .verdict { background: ansi_default; color: ansi_default; }
        &:ansi.-holds > .verdict { color: $success; }
        &:ansi.-fails > .verdict { color: $error; }
        &:ansi.-half > .verdict, &:ansi.-other > .verdict { color: $warning; }
    }
    """

    def compose(self) -> ComposeResult:
        """A widget for each part: the statement, the verdict, the evidence, and why."""
        for part in ("statement", "verdict", "evidence", "why"):
            yield (PlainText if part == "verdict" else StableStatic)(classes=part)

    def show(self, place: int, claim: Claim, palette: Palette, looks: Mapping[str, SeriesStyle]) -> None:
        """Show a claim, the one at this place among the six."""
        glyph, words, kind = VERDICTS[claim.verdict]
        if not self.has_class(kind):  # a verdict is as wide as its words, and another lays out the whole screen
            for _, _, other in VERDICTS.values():
                self.set_class(other == kind, other)
            self.query_one(".verdict", Static).update(Text(f"{glyph} {words}"))
        said = Text.assemble(f"{place}. {claim.statement} ", (f"({claim.said_by})", "not bold dim"))
        self.query_one(".statement", Static).update(said)
        self.query_one(".evidence", Static).update(evidence_table(claim.evidence, palette, looks))
        self.query_one(".why", Static).update(Text(claim.explanation))


class QuestionPanel(VerticalScroll):
    """The question, its answer in this network, and the six claims that were made about it."""

    BORDER_TITLE = "The question"
    HELP = help_text("question")
    DEFAULT_CSS = """
    QuestionPanel {
        padding: 0 1; scrollbar-size-vertical: 1;
        &:focus { background: $surface; }
        & > Static { width: 1fr; height: auto; padding-right: 1; }
        & > .heading { color: $text-muted; }
        & > .answer { text-style: bold; margin-bottom: 1; }
        & > .question { margin-bottom: 1; }
        & > .below { dock: bottom; height: auto; text-align: right; background: $panel; color: $foreground; }
        & > .testing { display: none; color: $text-warning; text-style: italic; }
        &.-testing > .testing { display: block; }
        &.-testing > .tested { display: none; }
    }
    """

    shown: var[Shown] = var(Shown())

    class Tested(Message):
        """The claims of a trace have been tested."""

        def __init__(self, trace: Trace, tested: tuple[Claim, ...], says: Answer) -> None:
            self.trace, self.claims, self.says = trace, tested, says
            super().__init__()

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._tested_of: tuple[Trace, tuple[Claim, ...], Answer] | None = None
        self._asked: Trace | None = None
        """The trace whose claims are being tested"""

    def compose(self) -> ComposeResult:
        """The question as it was asked, then what depends on the network."""
        yield PlainText("The question", classes="heading")
        yield PlainText(Text(QUESTION), classes="question")
        yield PlainText(ANSWER, classes="heading tested", id="answer-heading")
        yield StableStatic(classes="answer tested")
        yield PlainText("Six claims, by the one who asked and by those who answered", classes="heading tested")
        yield PlainText(classes="testing")
        yield PlainText(classes="below")

    def on_mount(self) -> None:
        """Follow the theme, whose background decides how the series' colors read."""
        self.app.theme_changed_signal.subscribe(self, self._recolor)
        self.watch(self, "shown", self._test)
        # What is below the fold is known once all is laid out, and again with every row that is scrolled.
        for where in ("scroll_y", "virtual_size", "container_size"):
            self.watch(self, where, self._tell_below)

    def _tell_below(self) -> None:
        self.call_after_refresh(self._say_below)

    def _say_below(self) -> None:
        """Say at the bottom how many claims are below, with the verdicts of all, or nothing where none is."""
        line, views = self.query_one(".below", Static), list(self.query(ClaimView))
        tested = () if self._tested_of is None else self._tested_of[1]
        # A claim counts as seen once its verdict is, two rows below its top.
        end = self.scroll_offset.y + self.container_size.height - max(1, line.size.height)
        below = sum(view.virtual_region.y + VERDICT_ROWS > end for view in views) if len(views) == len(tested) else 0
        line.display = bool(below)
        if below:
            more = f"↓ {'all' if below == len(views) else f'{below} of'} {len(views)} claims below "
            line.update(Text("\n".join(_in_brief(tested, more, self.content_size.width))))

    @property
    def trace(self) -> Trace | None:
        """The trace whose claims are tested."""
        return self.shown.trace

    @property
    def is_testing(self) -> bool:
        """Whether it is looked at, and the claims of the trace are not there yet."""
        tested = self._tested_of is not None and self._tested_of[0] is self.trace
        return self.trace is not None and self.is_on_screen and not tested

    def on_show(self) -> None:
        """Catch up with the trace: a panel that is not seen tests nothing."""
        self._test()

    def _recolor(self, theme: Theme) -> None:
        if self._tested_of is not None:
            self._show(*self._tested_of)

    def _test(self) -> None:
        if self.trace is None or not self.is_on_screen or (self._tested_of and self.trace is self._tested_of[0]):
            return
        steps = len(self.trace.tape.losses)
        if steps > AT_ONCE:
            self.query_one(".testing", Static).update(f"Testing the claims on {steps} steps …")
            self.add_class("-testing")
        if self.trace is not self._asked:
            self._asked = self.trace
            self._test_aside(HandOff(self.trace), UiFirst())

    # Without a description of its own a worker is described by the repr of all that it is given: here, every array.
    @work(thread=True, exclusive=True, group="claims", description="test the claims")
    def _test_aside(self, handed: HandOff[Trace], ui_first: UiFirst) -> None:
        trace, progress = handed.take(), reporting(get_current_worker(), ui_first, lambda share: None)
        try:
            self.post_message(self.Tested(trace, claims(trace, progress=progress), answer(trace)))
        except Superseded:
            return

    @on(Tested)
    async def _tested(self, message: Tested) -> None:
        if message.trace is self._asked:
            self._asked = None
        if message.trace is self.trace:  # also out of sight: it is there when the tab is opened again
            if not self.query(ClaimView):
                await self.mount_all([ClaimView(classes="tested") for _ in message.claims], before=".testing")
            # Meanwhile the program may have been left, which takes the parts away one by one, or another trace be asked
            # for.
            whole = self.is_attached and len(self.query(ClaimView)) == len(message.claims)
            if whole and message.trace is self.trace:
                self._show(message.trace, message.claims, message.says)

    def _show(self, trace: Trace, tested: tuple[Claim, ...], says: Answer) -> None:
        palette, looks = theme_palette(self.app.current_theme), styles(trace.network, "parameter")
        self.query_one("#answer-heading", Static).update(OVER_ALL if trace.lags.has_several_losses else ANSWER)
        self.query_one(".answer", Static).update(Text(says.text(written)))
        for place, (view, claim) in enumerate(zip(self.query(ClaimView), tested, strict=True), 1):
            view.show(place, claim, palette, looks)
        self.remove_class("-testing")
        self._tested_of = (trace, tested, says)
        self._tell_below()


def _in_brief(tested: Sequence[Claim], more: str, width: int) -> list[str]:
    """The verdicts of all claims and what their marks mean, on one line or two: `1✓ 2✗ 4◐` needs to be told."""
    glyphs = " ".join(f"{place}{VERDICTS[claim.verdict][0]}" for place, claim in enumerate(tested, 1))
    key = "  ".join(dict.fromkeys(f"{VERDICTS[one.verdict][0]} {IN_BRIEF[one.verdict]}" for one in tested))
    forms = ([f"{glyphs}   {key}   {more}"], [f"{key} ", f"{glyphs}   {more}"], [more])
    return next((form for form in forms if max(map(cell_len, form)) < width), forms[-1])


def evidence_table(evidence: tuple[Evidence, ...], palette: Palette, looks: Mapping[str, SeriesStyle]) -> Table:
    """What was measured, then its value, a parameter in its own color and with its marker."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(overflow="fold")
    table.add_column(no_wrap=True)
    for item in evidence:
        name = Text(item.name)
        if item.name in looks:
            style = looks[item.name]
            name = Text(f"{style.marker} {item.name}'s gradient", ink(style, palette))
        if item.kind == "factor":
            table.add_row(name.append(f", {item.unit}"), written(item, unit=False))
        else:
            table.add_row(name, written(item))
    return table
