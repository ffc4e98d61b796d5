"""How the trace on the screen differs from each pinned one, a line for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

from rich.text import Text
from textual.reactive import var

from core import Trace
from core.settings.experiment import settings
from core.settings.hints import Value
from tui.explorer.session.shown import Shown
from tui.explorer.session.touring import Touring
from tui.explorer.widgets.stable_static import StableStatic
from tui.report.curves import ALL_LOSSES
from tui.report.numbers import factor, number
from tui.report.printable import printable
from tui.report.words.reference import reference_group
from tui.report.words.subject import OWN_DATA
from tui.report.words.verdict import regime_word

Difference: TypeAlias = tuple[str, str, str]
"""What, in the pinned trace, now"""

ONE_LOSS: Final = "gradient"
"""What the first number is of, where both networks have one loss"""

RATE: Final = f"{ALL_LOSSES}: {ONE_LOSS}"
"""What it is of where there are more: a mean over all losses, whichever is shown"""

OF_ALL: Final = f"{ALL_LOSSES}:"
"""What stands before the first number where there is no room for more"""

SHORT: Final = {"its horizon": "horizon", "one seed:": "seeds:"}
"""Shorter names, where there is no room"""

OTHERS: Final = "M shows 20 others"
"""What tells whether it is the cell or the seed; it is said once"""

BRIEF: Final = "M"
"""The key by itself, where there is no room"""


class ComparisonPanel(StableStatic):
    """`1 gain 0.9 → now   all losses: gradient …   horizon lag 36 → none   …`; not there while nothing is pinned.

    The trace that was pinned last stands first: where there is no room for all, it is the one that stays. Of each, what
    there is no room for is left out whole, and counted.
    """

    shown: var[Shown] = var(Shown())
    touring: var[Touring | None] = var(None)
    """The tour that is under way, whose questions the lines do not answer before the person does"""

    _said: tuple[object, ...] | None = None

    def on_mount(self) -> None:
        """Show the comparison, and show it again whenever either trace changes."""
        self.watch(self, "shown", self.say)
        self.watch(self, "touring", self.say)

    def on_resize(self) -> None:
        """Fit the lines to the new width."""
        self.say()

    def say(self) -> None:
        """Show the lines; take no room while nothing is pinned."""
        pins, trace, names, width = self.shown.pins, self.shown.trace, self.shown.pin_names, self.screen.size.width
        told_later = self.touring is not None and self.touring.keeps_verdict_back
        self.display = bool(pins) and not told_later
        self.set_class(len(pins) > 1, "-several")
        if trace is None or not pins or self._said == (pins, names, trace, width):
            return
        self._said = pins, names, trace, width
        marked = [f"{pin.look.marker} {name}" for pin, name in zip(pins, names, strict=True)]  # as on the chart
        told = [(name, differences(pin.trace, trace)) for pin, name in zip(pins, marked, strict=True)]
        told = [(name, [row for row in rows if row[1] != OTHERS]) for name, rows in told[:-1]] + told[-1:]
        self.update(Text("\n").join(reversed([fitted(name, rows, width) for name, rows in told])))
        self.tooltip = Text("\n").join(reversed([_line(name, rows) for name, rows in told]))


def fitted(name: str, rows: Sequence[Difference], width: int) -> Text:
    """The line with as many differences as fit on it, the first ones in any case; those left out are counted.

    Args:
        name: What the pinned trace is called.
        rows: See `differences`.
        width: Columns.
    """
    short = [(SHORT.get(what, what), before, after) for what, before, after in rows]
    numbers = [(what.replace(RATE, OF_ALL), _number(before), _number(after)) for what, before, after in short]
    for some in (rows, short, numbers):
        if (line := _line(name, some)).cell_len <= width:
            return line
    least = [(what.replace(OF_ALL, ONE_LOSS), before, after) for what, before, after in numbers[:1]]
    for some in (*(numbers[:count] for count in range(len(rows) - 1, 0, -1)), least):
        more = f"   +{len(rows) - len(some)}"
        if (line := _line(name, some)).cell_len + len(more) <= width:
            return line.append(more, style="dim")
    line = _line(name, least)
    line.truncate(width, overflow="ellipsis")
    return line


def _number(told: str) -> str:
    """The factor by itself: `×0.653` of `W_aa VANISHES ×0.653`; a lag's number; the key by itself of what it shows."""
    return BRIEF if told == OTHERS else "".join(told.partition("×")[1:]) or told.removeprefix("lag ")


def _line(name: str, rows: Sequence[Difference]) -> Text:
    text = Text.assemble((f" {name} → now ", "reverse"))
    for what, before, after in rows:
        text.append(f"   {what} ", style="dim")
        text.append(before if before == after else f"{before} → {after}")
    return text


def differences(pinned: Trace, trace: Trace) -> list[Difference]:
    """(What, in the pinned trace, now): the rate, the horizon and the loss, then the settings that differ.

    Networks that settings make with the same seed are one of each kind, and other seeds may tell otherwise: said, too.

    The settings can be many, and where there is no room for all it is not the numbers that go. Where settings do not
    make both traces, it is what their networks and batches are that stands there.
    """
    one, other = pinned.origin.settings, trace.origin.settings
    made = one is not None and other is not None
    before, after = (one.model_dump(), other.model_dump()) if one and other else (_facts(pinned), _facts(trace))
    called = _label if made else str
    rows = [(called(name), _value(before[name]), _value(after[name])) for name in after if before[name] != after[name]]
    untrained = not pinned.training_step and not trace.training_step
    alone = made and bool(rows) and before["seed"] == after["seed"] and untrained
    if pinned.training_step != trace.training_step:
        rows.append(("updates", str(pinned.training_step), str(trace.training_step)))
    if not rows and (made or pinned.origin == trace.origin):
        rows.append(("settings" if made else "network and data", "the same", "the same"))
    several = pinned.lags.has_several_losses or trace.lags.has_several_losses
    return [
        (RATE if several else ONE_LOSS, _rate(pinned), _rate(trace)),
        ("its horizon", _horizon(pinned), _horizon(trace)),
        *([("one seed:", OTHERS, OTHERS)] if alone else []),
        ("loss", number(pinned.tape.loss), number(trace.tape.loss)),
        *rows,
    ]


def _facts(trace: Trace) -> dict[str, Value]:
    """What a network and its batch are, whoever made them."""
    network, batch = trace.network, trace.whole_batch
    steps, examples, inputs = batch.inputs.shape
    return {
        "cell": network.cell.title,
        "activation": network.activation_name,
        "read-out": network.readout_name,
        "units": network.hidden_size,
        "leak": network.leak,
        **network.constants,
        "data": printable(trace.origin.label) or OWN_DATA,
        "steps": steps,
        "examples": examples,
        "inputs": inputs,
        "outputs": network.output_size,
    }


def _label(name: str) -> str:
    """A setting as the form calls it, `forget bias`; what is no setting by its own name."""
    return settings()[name].label if name in settings() else name


def _value(value: Value) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _rate(trace: Trace) -> str:
    name = reference_group(trace)
    rate = trace.profile().rate(name)
    word = regime_word(rate).removeprefix("is ")
    return f"{name} {word} {factor(rate.log2_per_step)}" if rate.lags else f"{name} {word}"


def _horizon(trace: Trace) -> str:
    lag = trace.profile().rate(reference_group(trace)).horizon
    return "none" if lag is None else f"lag {lag}"
