"""Theory's lines in words: what each is, what it says of this network, and under which condition."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import zip_longest
from typing import Final, Literal, TypeAlias

from rich.cells import cell_len
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Container
from textual.widgets import Static

from core.dynamics.theory import LineKind, TheoryLine
from tui.explorer.widgets.stable_static import StableStatic
from tui.report.charts.theory import STYLES
from tui.report.words.dynamics import line_factor, verdict_forms

Style: TypeAlias = Literal["tight", "lines", "folded", "whole"]
"""All on one line of the screen; each on its own, with its verdict, and with its meaning where that fits, or folded
onto a line of its own; each with its whole condition."""

MEANS: Final[Mapping[LineKind, str]] = {
    "bound": "below ×1 suffices to vanish",
    "radius": "below ×1 suffices, if linear",
    "lyapunov": "measured along this trajectory",
    "path": "without the matrices",
    "path_largest": "no unit keeps more without them",
}
"""What each line can decide, in a few words"""


class TheoryLegend(Container):
    """A line for each of theory's lines, or all of them on one where the screen is low; the tooltip says all."""

    DEFAULT_CSS = """
    TheoryLegend { display: none; height: auto; layout: vertical; }
    TheoryLegend > Static { height: auto; width: 1fr; }
    TheoryLegend.-shown { display: block; }
    TheoryLegend.-cut > Static { text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def compose(self) -> ComposeResult:
        """One place for each line that there can be."""
        for _ in range(3):
            yield StableStatic()

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._shown: tuple[Sequence[TheoryLine], str, Style] = ((), "", "lines")

    def show(self, lines: Sequence[TheoryLine], state: str, style: Style) -> None:
        """Say what each line says here; or how it stands, where there is none."""
        self._shown = (lines, state, style)
        self.add_class("-shown")
        self._say()

    def on_resize(self) -> None:
        """Fit the words to the new width; what was shown before there was a width was not fitted to any."""
        self._say()

    def _say(self) -> None:
        lines, state, style = self._shown
        self.set_class(style in ("tight", "lines"), "-cut")
        texts = [Text(state, "italic")] if state else _TEXTS[style](lines, self.size.width)
        for place, (entry, text) in enumerate(zip_longest(self.query(Static), texts)):
            entry.display = text is not None
            if text is not None:
                entry.update(text)
                told = lines if style == "tight" else lines[place : place + 1]
                entry.tooltip = Text("\n\n").join(map(condition, told)) if told else None


def _named(line: TheoryLine) -> str:
    return f"{_marked(line)} {line.formula}"


def _short(line: TheoryLine) -> str:
    return f"{_named(line)} {line_factor(line)}"


def _without_error(line: TheoryLine) -> str:
    return _short(line).partition(" ±")[0]


def _entry(line: TheoryLine, width: int) -> Text:
    """A line with its factor, its verdict and its meaning, or as much of these as fits, none of them cut."""
    beginnings = (_short(line), _without_error(line), _named(line))
    reason, *verdicts = verdict_forms(line)
    meaning = f" · {MEANS[line.kind]}"
    for told in (reason, verdicts[0]):
        if cell_len(f"{beginnings[0]}  {told}{meaning}") <= width:
            return Text(f"{beginnings[0]}  {told}").append(meaning, "dim")
    forms = [f"{beginning}  {told}" for beginning in beginnings for told in (reason, *verdicts)]
    return Text(_fitting((*forms, *beginnings), width))


def _tight(lines: Sequence[TheoryLine], width: int) -> Text:
    """All lines on one, with their factors where these fit."""
    # The one that is measured decides; what has no room is left out, and no line stands there without its name.
    forms = [
        "  ".join(_short(line) if line.kind == "lyapunov" else write(line) for line in lines)
        for write in (_short, _without_error, _named)
    ]
    measured = [line for line in lines if line.kind == "lyapunov"]
    others = [_named(line) for line in lines if line.kind != "lyapunov"]
    for write in (_short, _without_error, _named):
        kept = [write(line) for line in measured]
        forms += ["  ".join([*kept, *others[:count], "…"]) for count in range(len(others) - 1, -1, -1)]
    return Text(_fitting((*forms, "  ".join(map(_named, measured))), width))


def _marked(line: TheoryLine) -> str:
    return STYLES[line.kind].glyph * 2


def _fitting(forms: Sequence[str], width: int) -> str:
    """The first that fits, or else the last."""
    return next((form for form in forms if cell_len(form) <= width), forms[-1])


def _folded(line: TheoryLine, width: int) -> Text:
    """A line with its meaning, below it where there is no room beside it."""
    text, below = _entry(line, width), f"\n   {MEANS[line.kind]}"
    return text if MEANS[line.kind] in text.plain else text.append(below, "dim")


def _whole(line: TheoryLine) -> Text:
    return Text(f"{STYLES[line.kind].glyph * 2} {line.formula}  ").append(condition(line))


def condition(line: TheoryLine) -> Text:
    """A line's name, its factor and its condition."""
    return Text.assemble((f"{line.name}, {line_factor(line)} per lag.", "bold"), f" {line.condition}")


_TEXTS: Final[Mapping[Style, Callable[[Sequence[TheoryLine], int], list[Text]]]] = {
    "tight": lambda lines, width: [_tight(lines, width)],
    "lines": lambda lines, width: [_entry(line, width) for line in lines],
    "folded": lambda lines, width: [_folded(line, width) for line in lines],
    "whole": lambda lines, width: list(map(_whole, lines)),
}
