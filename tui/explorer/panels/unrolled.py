"""The unrolled network: the cells around the cursor drawn, and all steps in rows, going forward and on the way back.

What is painted is `tui.report.charts.unrolled`; here is what the mouse does, and the legend of the scale.
"""

from __future__ import annotations

from textual import events
from textual.content import Content
from textual.message import Message
from textual.strip import Strip
from textual.style import Style
from textual.theme import Theme

from tui.explorer.help import help_text
from tui.explorer.painting.strips import strips_of
from tui.explorer.painting.view import PaintedView
from tui.explorer.widgets.session_panel import SessionPanel
from tui.report.charts.gradient_scale import color, legend
from tui.report.charts.unrolled import DrawnStrip, Unrolled, contents, draw_unrolled

SIDES = 2
"""Rows of the frame"""

SPARE = 2
"""Rows that a screen of middling height does without: those of x and y, which stand on the sides of the boxes then"""

MOST = 13
"""Rows that the strip of a stack has at least where it would need more: the charts need theirs"""

MIDDLING = 10
"""Rows that such a screen has for the strip in any case"""

AT_EACH = (
    "· at each step its own loss puts in again",
    "· each L_t puts in at its step",
    "· each L_t puts in",
)
"""What is said of the way back of all losses, which begins again at every step that has one; with less and less room"""

BEFORE = "‹"
"""What to click on for the loss before"""

AFTER = "›"
"""What to click on for the loss after"""


class UnrolledNetwork(PaintedView, SessionPanel, can_focus=True):
    """The network at the cursor, rows for x⟨t⟩, a⟨t⟩, y⟨t⟩ and the target, and where the cursor is."""

    BORDER_TITLE = "Unrolled network"
    HELP = help_text("strip")

    class Pointed(Message):
        """A step was pointed at, 1 … T."""

        def __init__(self, step: int) -> None:
            self.step = step
            super().__init__()

    class LossChosen(Message):
        """The output or the target of a step that has a loss was pointed at, 1 … T."""

        def __init__(self, t: int) -> None:
            self.t = t
            super().__init__()

    _known: Unrolled | None = None
    """What does not change with the cursor"""
    _drawn: DrawnStrip | None = None
    """What is painted, and what is where on it"""
    _choosing: bool = False
    """Whether the button went down on an output or a target"""
    _playing: str = ""
    title = Content("")
    """What stands at the top of the frame"""

    def on_mount(self) -> None:
        """Paint again whenever anything that is shown changes; the legend has the colors of the theme."""
        self.app.theme_changed_signal.subscribe(self, lambda theme: self.call_after_refresh(self._write_legend))
        self.show_when_changed("shown.trace", "shown.backward_pass", "shown.asked", "shown.pinned", "cursor")

    def show(self) -> None:
        """Paint again, on as many rows as there is something to show."""
        self._know()
        self._take_height()
        self._write_title()
        self._write_legend()
        self.stale()

    def _write_title(self) -> None:
        """Which losses are shown, and which layers the drawing has no room for."""
        missing: tuple[int, ...] = ()
        if self._known is not None and self.cursor is not None:
            there_is = contents(self._known, self.content_size.width)
            missing = there_is.left_out(self.content_size.height, backward=self.cursor.backward)
        said = f"layer {missing[0]}" if len(missing) == 1 else f"layers {missing[0]}–{missing[-1]}" if missing else ""
        more = f" · no room for {said}" if said else ""
        if self._known is not None and self.cursor is not None and self.cursor.backward and self._of_several:
            room = self.content_size.width - 4 - len(self._titled()) - len(more)
            more = next((form for form in AT_EACH if len(form) <= room), "") + more
        self.title = self.border_title = self._titled() + Content(more)

    @property
    def _of_several(self) -> bool:
        """Whether several losses are followed together."""
        return self.shown.loss is None and self.trace is not None and self.trace.lags.has_several_losses

    def _titled(self) -> Content:
        """Which losses are shown, and where there are several, an arrow to the loss before and one to the loss after.

        A click on them works on every screen: a low one has no row of outputs to click on.
        """
        if self.trace is None or not self.losses:
            return Content(self.BORDER_TITLE)
        name = Content(f"{self.BORDER_TITLE} ·")
        if not self.trace.lags.has_several_losses:
            return name + Content(f" {self.losses}")
        clicks = (Style.from_meta({"@click": f"screen.loss({by})"}) for by in (-1, 1))
        before, after = (
            Content.styled(f" {arrow} ", click) for arrow, click in zip((BEFORE, AFTER), clicks, strict=True)
        )
        return name + before + Content(self.losses) + after

    def on_resize(self) -> None:
        """Take another height where the columns decide on the rows: with all steps in sight one row is spared."""
        self._take_height()
        self._write_title()
        self._write_legend()

    def _take_colors(self, theme: Theme) -> None:
        """The scale of the arrows has the theme's colors too."""
        super()._take_colors(theme)
        self._write_legend()

    def play(self, text: str) -> None:
        """Say that it plays, or with nothing to say that it does not."""
        self._playing = text
        self._write_legend()

    def paint(self, width: int, height: int) -> list[Strip]:
        """The strip, as much of it as fits."""
        self._know()  # a resize has it painted before `show` is called
        self._drawn = None
        if self._known is not None and self.cursor is not None:
            self._drawn = draw_unrolled(
                self._known,
                step=self.cursor.step,
                backward=self.cursor.backward,
                losses=self.losses,
                width=width,
                height=height,
                palette=self.palette,
            )
        return [] if self._drawn is None else strips_of(self._drawn.grid)

    def _know(self) -> None:
        """Keep what is known of the network as long as it is the same."""
        shown = self.shown
        if shown.trace is None or shown.backward_pass is None:
            self._known = None
            return
        known = self._known
        now = (shown.trace, shown.backward_pass, shown.loss, shown.pinned, shown.pinned_loss)
        if known is None or (known.trace, known.backward_pass, known.loss, known.pinned, known.pinned_loss) != now:
            self._known = Unrolled(*now)

    def _take_height(self) -> None:
        """No more rows than there is something to show on, and where the screen has them, hardly fewer."""
        if self._known is None:
            return
        there_is = contents(self._known, self.size.width)
        tall = self.screen.has_class("-tall")
        self.styles.max_height = there_is.most + SIDES
        least = max(MIDDLING, min(MOST, there_is.height - SPARE)) if tall else there_is.least
        if self.screen.has_class("-touring"):  # whose text takes room from the charts
            least = there_is.least
        self.styles.min_height = least + SIDES

    def _write_legend(self) -> None:
        """Below the strip: whether it plays, and on the way back what the width and color of an arrow mean."""
        pieces: list[Content] = [Content(self._playing)] if self._playing else []
        if self._known is not None and self.cursor is not None and self.cursor.backward and self._known.last:
            pieces.append(
                self._scale(self._known, self.content_size.width - 2 - sum(len(piece) + 3 for piece in pieces))
            )
        self.border_subtitle = Content(" · ").join(pieces) if pieces else ""

    def _scale(self, known: Unrolled, room: int) -> Content:
        """The legend of the arrows, in so many columns as far as it goes."""
        parts = [
            (part.text, "" if part.size is None else f"#{color(part.size, self.palette):06x}")
            for part in legend(*known.flow.range)
        ]
        whose = "the most that a loss puts in" if known.loss is None else f"what L_{known.loss} puts in"
        forms = (f"arrows ◀, in parts of {whose}: ", f"arrows, of {whose}: ", "arrows, of the start: ", "arrows: ", "")
        taken = sum(len(text) for text, _ in parts)
        return Content.assemble(next((form for form in forms if len(form) + taken <= room), ""), *parts)

    def _point(self, event: events.MouseEvent) -> None:
        offset = event.get_content_offset(self)
        if self.cursor is None or offset is None or self._drawn is None:
            return
        step = self._drawn.step_at(offset.x, offset.y)
        if not self._choosing:
            self.post_message(self.Pointed(step))
        elif self.trace is not None and self.trace.lags.scored[step - 1]:
            self.post_message(self.LossChosen(step))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Go to the step under the mouse; on its output or target, take its loss, if it has one."""
        self.capture_mouse()
        self._choosing = self._is_on_a_loss(event)
        self._point(event)

    def _is_on_a_loss(self, event: events.MouseEvent) -> bool:
        offset = event.get_content_offset(self)
        if self.cursor is None or self.trace is None or offset is None or self._drawn is None:
            return False
        step = self._drawn.step_at(offset.x, offset.y)
        return self._drawn.is_loss(offset.y) and bool(self.trace.lags.scored[step - 1])

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Follow the mouse along a row with all steps while a button is held."""
        offset = event.get_content_offset(self)
        if event.button and offset is not None and self._drawn is not None and not self._drawn.is_cell(offset.y):
            self._point(event)

    def on_mouse_up(self) -> None:
        """End the dragging that chose a step."""
        self._choosing = False
        self.release_mouse()
