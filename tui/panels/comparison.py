"""One line that says how the trace on the screen differs from the pinned one."""

from __future__ import annotations

from rich.text import Text
from textual.reactive import reactive
from textual.widgets import Static

from core import Trace
from core.experiment import Value
from tui.numbers import factor, number
from tui.words import horizon, regime_word, spokesman


class ComparisonPanel(Static):
    """`pinned → now   gain 0.9 → 2   rate ×0.885 → ×1.02   horizon 36 → none`; not there while nothing is pinned."""

    trace: reactive[Trace | None] = reactive(None, layout=True)
    pinned: reactive[Trace | None] = reactive(None, layout=True)

    def watch_pinned(self) -> None:
        """Take no room while nothing is pinned."""
        self.display = self.pinned is not None

    def render(self) -> Text:
        """The line."""
        if self.trace is None or self.pinned is None:
            return Text("")
        text = Text.assemble((" pinned → now ", "reverse"))
        for name, before, after in differences(self.pinned, self.trace):
            text.append(f"   {name} ", style="dim")
            text.append(before if before == after else f"{before} → {after}")
        return text


def differences(pinned: Trace, trace: Trace) -> list[tuple[str, str, str]]:
    """(What, in the pinned trace, now): the settings that differ, and then the rate, the horizon and the loss."""
    before, after = pinned.experiment.model_dump(), trace.experiment.model_dump()
    rows = [(name, _value(before[name]), _value(after[name])) for name in after if before[name] != after[name]]
    if pinned.training_step != trace.training_step:
        rows.append(("training steps", str(pinned.training_step), str(trace.training_step)))
    if not rows:
        rows.append(("settings", "the same", "the same"))
    rows.append(("gradient", _rate(pinned), _rate(trace)))
    rows.append(("horizon", _horizon(pinned), _horizon(trace)))
    rows.append(("loss", number(pinned.tape.loss), number(trace.tape.loss)))
    return rows


def _value(value: Value) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _rate(trace: Trace) -> str:
    rate = trace.profile().rate(spokesman(trace))
    return f"{regime_word(rate)} {factor(rate.log2_per_step)}" if rate.lags else regime_word(rate)


def _horizon(trace: Trace) -> str:
    lag = horizon(trace, spokesman(trace))
    return "none" if lag is None else f"lag {lag}"
