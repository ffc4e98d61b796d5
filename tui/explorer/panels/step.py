"""The step inspector: this step's equation, in the notation of docs/equations.md, with its numbers."""

from __future__ import annotations

import numpy as np
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.theme import Theme
from textual.widgets import Static

from core import BackwardPass, ForwardStep, Network, Trace, forward_step
from core.bptt.parameter_groups import standing_for
from tui.explorer.help import help_text
from tui.explorer.painting.theme import theme_palette
from tui.explorer.painting.view import seen
from tui.explorer.session.cursor import Cursor
from tui.explorer.widgets.session_panel import SessionPanel
from tui.explorer.widgets.stable_static import StableStatic
from tui.explorer.widgets.step_equations import back_equations, deltas_rows, gates_text, parts_rows, paths_rows
from tui.explorer.widgets.text_columns import aligned
from tui.report.curves import losses_named
from tui.report.numbers import magnitude, number
from tui.report.palette import Palette
from tui.report.styles import ink, styles
from tui.report.words.formulas import at_step, read_at


class StepPanel(VerticalScroll, SessionPanel):
    """Where the cursor is, and what happens there."""

    BORDER_TITLE = "Step"
    HELP = help_text("step")

    def compose(self) -> ComposeResult:
        """One text, as long as it needs to be."""
        yield StableStatic(classes="inspector")

    def on_mount(self) -> None:
        """Follow the theme, whose background decides how the series' colors read."""
        self.app.theme_changed_signal.subscribe(self, self._recolor)
        self.show_when_changed("shown.trace", "shown.walk", "cursor")

    def on_show(self) -> None:
        """Catch up with the steps that were made out of sight."""
        self.show()

    def _recolor(self, theme: Theme) -> None:
        self.show()

    def show(self) -> None:
        """The text of this step; not where nobody sees it, of the two places that the inspector has."""
        if self.trace is None or self.walk is None or self.cursor is None or not seen(self):
            return
        palette = theme_palette(self.app.current_theme)
        if self.cursor.backward:
            text = backward_text(self.trace, self.walk, self.cursor, palette, self.shown.loss)
        else:
            text = forward_text(self.trace, self.cursor, palette)
        self.query_one(".inspector", Static).update(text)


def forward_text(trace: Trace, cursor: Cursor, palette: Palette) -> Text:
    """Step t of the forward pass: z, a, y and the loss."""
    t, tape = cursor.step, trace.tape
    step = forward_step(tape, t)
    lines: list[Text] = [
        _title(f"forward, t = {t} of {cursor.steps}"),
        *(_one_gate(step, tape.network, palette) if len(step.gates) == 1 else gates_text(tape.network, step)),
        _equation(_output(tape.network, t)),
        _numbers(
            [
                (f"x⟨{t}⟩", _values(step.inputs[0]), None),
                (f"y⟨{t}⟩", _values(step.outputs[0]), None),
                ("target", _values(np.atleast_1d(step.targets[0])), None),
                (f"L_{t}", number(step.loss) if step.scored else "not scored", None),
            ]
        ),
    ]
    if step.inputs.shape[0] > 1:
        lines.append(_note(f"x, y and target: example 1 of {step.inputs.shape[0]}; norms: all of them."))
    if t == cursor.steps:
        lines.append(_note("The end of the forward pass: one step on, the gradient starts back."))
    elif t == 1 and not np.any(tape.states[0]):
        names = [name for name, use in tape.network.cell.uses().items() if use.role == "recurrent"]
        what = f"{', '.join(names[:-1])} and {names[-1]} have" if names[1:] else f"{names[0]} has"
        lines.append(_note(f"a⟨0⟩ is zero here, so {what} nothing to act on at the first step."))
    return Text("\n").join(lines)


def _one_gate(step: ForwardStep, network: Network, palette: Palette) -> list[Text]:
    """A cell with one pre-activation: z, what adds to it, and the state it makes."""
    looks, forward, t = styles(network, "parameter"), network.cell.equations().forward, step.step
    drives = [
        (f"‖{' '.join([name, read_at(network, name, t)]).strip()}‖", magnitude(size), ink(looks[name], palette))
        for name, size in step.log2_drives.items()
    ]
    (z,), a = step.gates, network.read_out.name
    return [
        _equation(at_step(forward[z], t)),
        _numbers([*drives, (f"‖{z}⟨{t}⟩‖", magnitude(step.log2_preactivation), None)]),
        _equation(at_step(forward[a], t, network.activation_name)),
        _numbers(
            [
                (f"‖{a}⟨{t}⟩‖", magnitude(step.log2_state), None),
                ("mean slope φ'", number(step.mean_slope), None),
                ("saturated units", f"{step.saturated} of {step.units}", None),
            ]
        ),
    ]


def backward_text(trace: Trace, walk: BackwardPass, cursor: Cursor, palette: Palette, loss: int | None = None) -> Text:
    """Step s of the way back: what is injected, what is carried, and what each parameter gathers.

    Args:
        trace: What is shown.
        walk: The way back.
        cursor: Where on it.
        palette: The colors to write in.
        loss: The t of the loss that it goes back from; None for all of them.
    """
    s, network, looks = cursor.step, trace.network, styles(trace.network, "parameter")
    delta = np.logaddexp2.reduce([2 * logs for logs in walk.log2_deltas.values()]) / 2
    carried = magnitude(float(walk.log2_carried[s - 1])) if s < cursor.steps else "none yet"
    vanilla, weights = network.cell.elman, standing_for(network)["a"]
    put_in = f"W_yᵀ e⟨{s}⟩" if network.readout.uses else f"g⟨{s}⟩"
    rows: list[tuple[str, str, str | None]] = [
        (f"injected ‖{put_in}‖", magnitude(float(walk.log2_injected[s - 1])), None),
        (f"carried ‖{weights}ᵀ δ⟨{s + 1}⟩‖" if vanilla else f"carried from s = {s + 1}", carried, None),
        *parts_rows(walk, s),
        *paths_rows(walk, s),
        *(deltas_rows(walk, s) if len(walk.log2_deltas) > 1 else ()),
        (f"‖δ⟨{s}⟩‖", magnitude(float(delta[s - 1])), None),
    ]
    if s < cursor.steps:
        gain = f"×{magnitude(float(delta[s - 1] - delta[s]))}" if np.isfinite(delta[s]) else "–"
        rows.append((f"‖δ⟨{s}⟩‖ / ‖δ⟨{s + 1}⟩‖", gain, None))
    equation = f"δ⟨{s}⟩ = φ'(z⟨{s}⟩) ⊙ ({put_in}"
    equation += f" + {weights}ᵀ δ⟨{s + 1}⟩)" if s < cursor.steps else ")"
    step_back = _equation(equation) if vanilla else back_equations(network, s)
    sizes: list[list[Text | str]] = [["", *(Text(head, style="dim") for head in ("here", "so far", "whole"))]]
    more = False
    for name in network.parameters:
        label = Text(f"{looks[name].marker} {name}", style=ink(looks[name], palette))
        so_far, whole = float(walk.log2_so_far[name][s - 1]), walk.gradients.log2_norm(name)
        shown = [magnitude(size) for size in (float(walk.log2_here[name][s - 1]), so_far, whole)]
        sizes.append([label, *shown])
        more |= so_far > whole and shown[1] != shown[2]  # by what can be seen, not by a rounding
    many = len(walk.log2_deltas) > 1
    uses = [
        f"{name}: δ{f'_{use.delta}' if many else ''}⟨{s}⟩ {_transposed(network, name, s)}"
        for name, use in network.cell.uses().items()
    ]
    uses += [f"{name}: e⟨{s}⟩ {_transposed(network, name, s)}" for name in network.readout.uses]
    lines: list[Text] = [
        _title(f"backward, s = {s} of {cursor.steps}{_followed(cursor, loss)}"),
        step_back,
        _numbers(rows),
        _equation(f"‖∂{_of(loss)}/∂θ‖ through the use at this step"),
        aligned(sizes, gap=1),
        _note("here = " + ",  ".join(part.rstrip() for part in uses)),
        _note(_of_the_readout(network)),
    ]
    if more:
        lines.append(_note("So far can be more than the whole: what the steps before s add points against it."))
    if loss is not None and s > loss:
        lines.append(_note(f"L_{loss} comes in at s = {loss}: nothing of it reaches later steps."))
    elif s == 1:
        lines.append(_note("The start of the sequence: so far is now the whole gradient."))
    return Text("\n").join(lines)


def _of(loss: int | None) -> str:
    return "L" if loss is None else f"L_{loss}"


def _followed(cursor: Cursor, loss: int | None) -> str:
    lag = cursor.lag(loss)
    return f", {losses_named(loss)}" + ("" if lag is None or loss is None else f", lag {lag}")


def _title(text: str) -> Text:
    return Text(text, style="bold")


def _equation(text: str) -> Text:
    return Text(f"\n{text}", style="italic")


def _note(text: str) -> Text:
    return Text(f"\n{text}", style="dim")


def _numbers(rows: list[tuple[str, str, str | None]]) -> Text:
    return aligned([(Text(f"  {label}", style=color or ""), value) for label, value, color in rows], first=18)


def _transposed(network: Network, parameter: str, s: int) -> str:
    read = read_at(network, parameter, s)
    return f"{read}ᵀ" if read else ""


def _output(network: Network, t: int) -> str:
    g, a = network.readout, f"{network.read_out.name}⟨{t}⟩"
    if not g.uses:
        return f"L_{t} = ⟨g⟨{t}⟩, {a}⟩, with the gradient g that is given"
    return f"y⟨{t}⟩ = {'' if g.name == 'identity' else g.name}(W_y {a} + b_y)"


def _of_the_readout(network: Network) -> str:
    if not network.readout.uses:
        return "There is no read-out here: the gradients g at the states are given."
    return f"{' and '.join(network.readout.uses)} only meet the loss of their own step: no Jacobian stands between."


def _values(values: np.ndarray) -> str:
    shown = [number(float(value)) for value in values[:4]]
    return " ".join(shown) + (" …" if len(values) > 4 else "")
