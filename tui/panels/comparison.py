"""One line that says how the trace on the screen differs from the pinned one."""

from __future__ import annotations

from rich.text import Text
from textual.reactive import var

from core import Trace, settings
from core.experiment import Value
from tui.numbers import factor, number
from tui.panels.steady import Steady
from tui.words import horizon, regime_word, spokesman


class ComparisonPanel(Steady):
    """`pinned → now   gain 0.9 → 2   rate ×0.885 → ×1.02   horizon 36 → none`; not there while nothing is pinned."""

    trace: var[Trace | None] = var(None)
    pinned: var[Trace | None] = var(None)

    def on_mount(self) -> None:
        """Say it, and again whenever either trace changes."""
        for name in ("trace", "pinned"):
            self.watch(self, name, self.say)

    def say(self) -> None:
        """Show the line; take no room while nothing is pinned."""
        self.display = self.pinned is not None
        if self.trace is None or self.pinned is None:
            return
        text = Text.assemble((" pinned → now ", "reverse"))
        for name, before, after in differences(self.pinned, self.trace):
            text.append(f"   {name} ", style="dim")
            text.append(before if before == after else f"{before} → {after}")
        self.update(text)


def differences(pinned: Trace, trace: Trace) -> list[tuple[str, str, str]]:
    """(What, in the pinned trace, now): the settings that differ, and then the rate, the horizon and the loss."""
    before, after = pinned.experiment.model_dump(), trace.experiment.model_dump()
    rows = [
        (setting.label, _value(before[name]), _value(after[name]))
        for name, setting in settings().items()
        if before[name] != after[name]
    ]
    if pinned.training_step != trace.training_step:
        rows.append(("training steps", str(pinned.training_step), str(trace.training_step)))
    if not rows:
        rows.append(("settings", "the same", "the same"))
    rows.append(("gradient", _rate(pinned), _rate(trace)))
    rows.append(("1 % left at", _horizon(pinned), _horizon(trace)))
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
