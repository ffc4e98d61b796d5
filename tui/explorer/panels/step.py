"""The step inspector: this step's equation, in the notation of docs/equations.md, with its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
from rich.text import Text
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.theme import Theme
from textual.widgets import Static

from core import BackwardPass, ForwardStep, Network, Tape, Trace, forward_step
from core.bptt.parameter_groups import standing_for
from tui.explorer.help import help_text
from tui.explorer.painting.theme import theme_palette
from tui.explorer.painting.view import seen
from tui.explorer.session.cursor import Cursor
from tui.explorer.widgets.session_panel import SessionPanel
from tui.explorer.widgets.stable_static import StableStatic
from tui.explorer.widgets.step_equations import (
    back_equations,
    deltas_rows,
    gates_text,
    parts_rows,
    paths_rows,
    saturated_rows,
    vectors_back,
)
from tui.explorer.widgets.text_columns import aligned
from tui.report.curves import losses_named
from tui.report.numbers import magnitude, number
from tui.report.palette import Palette
from tui.report.styles import ink, styles
from tui.report.words.by_hand import backward_lines, forward_lines, has_vectors, in_full, takes_loss, vector_lines
from tui.report.words.formulas import at_step, error_at, loss_at, read_at

Row: TypeAlias = tuple[str, str, str | None]
"""A label, a number and the color of the label"""

ROOM = 78
"""Characters of a line where it is not known how many there are"""

_SLACK = 12
"""Lines at the end that may be empty, so that a step which breaks some lines less has no screen laid out again"""


class StepPanel(VerticalScroll, SessionPanel):
    """Where the cursor is, and what happens there."""

    BORDER_TITLE = "Step"
    HELP = help_text("step")

    _width = 0
    """Characters across that the lines were last broken for"""

    def compose(self) -> ComposeResult:
        """One text, as long as it needs to be."""
        yield StableStatic(classes="inspector", slack=_SLACK)

    def on_mount(self) -> None:
        """Follow the theme, whose background decides how the series' colors read."""
        self.app.theme_changed_signal.subscribe(self, self._recolor)
        self.show_when_changed("shown.trace", "shown.walk", "cursor")

    def on_show(self) -> None:
        """Catch up with the steps that were made out of sight."""
        self.show()

    def action_scroll_home(self) -> None:
        """Leave the key to the screen: it goes to the first step, as in every other tab."""
        raise SkipAction

    def action_scroll_end(self) -> None:
        """Leave the key to the screen: it goes to the last step back, as in every other tab."""
        raise SkipAction

    def on_resize(self) -> None:
        """Break the lines again where they have another width."""
        if self._room() != self._width:
            self.show()

    def _room(self) -> int:
        """Characters across, the scrollbar's left out whether it is there or not."""
        return self.content_size.width - self.styles.scrollbar_size_vertical

    def _recolor(self, theme: Theme) -> None:
        self.show()

    def show(self) -> None:
        """The text of this step; not where nobody sees it, of the two places that the inspector has."""
        if self.trace is None or self.walk is None or self.cursor is None or not seen(self):
            return
        palette = theme_palette(self.app.current_theme)
        self._width = width = self._room()
        if self.cursor.backward:
            text = backward_text(self.trace, self.walk, self.cursor, palette, self.shown.loss, width=width)
        else:
            text = forward_text(self.trace, self.cursor, palette, width=width)
        self.query_one(".inspector", Static).update(text)


def forward_text(trace: Trace, cursor: Cursor, palette: Palette, *, width: int = ROOM) -> Text:
    """Step t of the forward pass: z, a, y and the loss, of a small network with all its numbers.

    Args:
        trace: What is shown.
        cursor: Where in the forward pass.
        palette: The colors to write in.
        width: Characters that a line may have.
    """
    t, tape = cursor.step, trace.tape
    step = forward_step(tape, t)
    worked = forward_lines(tape, t, width) if in_full(tape) else {}
    lines: list[Text] = [_title(f"forward, t = {t} of {cursor.steps}")]
    if worked:
        lines += _worked_state(step, tape.network, worked)
    elif len(step.gates) == 1:
        lines += _one_gate(step, tape, palette, width)
    else:
        lines += gates_text(tape, step, width)
    lines += _loss(step, tape, worked)
    if step.inputs.shape[0] > 1:
        lines.append(_note(f"x, y and target: example 1 of {step.inputs.shape[0]}; norms: all of them."))
    if t == cursor.steps:
        lines.append(_note("The end of the forward pass: one step on, the gradient starts back."))
    elif t == 1 and not np.any(tape.states[0]):
        names = [name for name, use in tape.network.cell.uses().items() if use.role == "recurrent"]
        what = f"{', '.join(names[:-1])} and {names[-1]} have" if names[1:] else f"{names[0]} has"
        lines.append(_note(f"a⟨0⟩ is zero here, so {what} nothing to act on at the first step."))
    return Text("\n").join(lines)


def _worked_state(step: ForwardStep, network: Network, worked: Mapping[str, list[str]]) -> list[Text]:
    """The vanilla cell, small: z and a with the numbers that they are made of."""
    forward, t = network.cell.equations().forward, step.step
    (z,), a = step.gates, network.read_out.name
    return [
        _equation(at_step(forward[z], t)),
        _lines(worked["z"]),
        _equation(at_step(forward[a], t, network.activation_name)),
        _lines(worked["a"]),
        _numbers(_slopes(step)),
    ]


def _slopes(step: ForwardStep) -> list[Row]:
    (gate,) = step.gates.values()
    rows = [("mean slope φ'", number(step.mean_slope)), *saturated_rows(gate, "φ'")]
    return [(label, value, None) for label, value in rows]


def _loss(step: ForwardStep, tape: Tape, worked: Mapping[str, list[str]]) -> list[Text]:
    """The output, its error and its loss: with the numbers that they are made of, or as many as have room."""
    t, network, examples = step.step, tape.network, len(step.inputs)
    has_loss = step.scored and bool(network.readout.uses)
    if "y" in worked:
        lines = [_equation(_output(network, t)), _lines(worked["y"])]
        if not has_loss:
            return [*lines, _numbers([(f"L_{t}", "not scored", None)])]
        lines += [_equation(error_at(network, t, examples)), _lines(worked["e"])]
        return [*lines, _equation(loss_at(network, t, examples)), _lines(worked["L"])]
    rows = [
        (f"x⟨{t}⟩", _values(step.inputs[0]), None),
        (f"y⟨{t}⟩", _values(step.outputs[0]), None),
        ("target", _values(np.atleast_1d(step.targets[0])), None),
        (f"L_{t}", number(step.loss) if step.scored else "not scored", None),
    ]
    made = [Text(loss_at(network, t, examples), style="italic")] if has_loss else []
    return [_equation(_output(network, t)), *made, _numbers(rows)]


def _one_gate(step: ForwardStep, tape: Tape, palette: Palette, width: int) -> list[Text]:
    """A cell with one pre-activation: z, what adds to it, and the state it makes."""
    network = tape.network
    looks, forward, t = styles(network, "parameter"), network.cell.equations().forward, step.step
    drives = [
        (f"‖{' '.join([name, read_at(network, name, t)]).strip()}‖", magnitude(size), ink(looks[name], palette))
        for name, size in step.log2_drives.items()
    ]
    (z,), a = step.gates, network.read_out.name
    state = {f"{a}⟨{t}⟩": network.by_part(tape.states[t, 0])[a]} if has_vectors(tape) else {}
    return [
        _equation(at_step(forward[z], t)),
        _numbers([*drives, (f"‖{z}⟨{t}⟩‖", magnitude(step.log2_preactivation), None)]),
        _equation(at_step(forward[a], t, network.activation_name)),
        *(Text(line) for line in vector_lines(state, width)),
        _numbers(
            [
                (f"‖{a}⟨{t}⟩‖", magnitude(step.log2_state), None),
                *_slopes(step),
            ]
        ),
    ]


def backward_text(
    trace: Trace, walk: BackwardPass, cursor: Cursor, palette: Palette, loss: int | None = None, *, width: int = ROOM
) -> Text:
    """Step s of the way back: what is injected, what is carried, and what each parameter gathers.

    Args:
        trace: What is shown.
        walk: The way back.
        cursor: Where on it.
        palette: The colors to write in.
        loss: The t of the loss that it goes back from; None for all of them.
        width: Characters that a line may have.
    """
    s, network = cursor.step, trace.network
    worked = backward_lines(walk, s, width) if in_full(walk.tape) else {}
    lines: list[Text] = [
        _title(f"backward, s = {s} of {cursor.steps}{_followed(cursor, loss)}"),
        *(_worked_step_back(walk, s, worked) if worked else _step_back(walk, s, width)),
        _equation(f"‖∂{_of(loss)}/∂θ‖ through the use at this step"),
        aligned(_sizes(walk, s, palette), gap=1),
        *_worked_gradients(walk, s, worked, palette),
        *_what_here_is(network, s, worked),
        _note(_of_the_readout(network)),
    ]
    if any(_is_seen_to_be_more(walk, name, s) for name in network.parameters):
        lines.append(_note("So far can be more than the whole: what the steps before s add points against it."))
    if loss is not None and s > loss:
        lines.append(_note(f"L_{loss} comes in at s = {loss}: nothing of it reaches later steps."))
    elif s == 1:
        lines.append(_note("The start of the sequence: so far is now the whole gradient."))
    return Text("\n").join(lines)


def _step_back(walk: BackwardPass, s: int, width: int) -> list[Text]:
    """The equations of the step back, and the sizes of what is in them."""
    network, examples = walk.tape.network, walk.tape.batch.inputs.shape[1]
    vanilla, weights = network.cell.elman, standing_for(network)["a"]
    put_in, last = _put_in(network, s), s == len(walk)
    carried = "none yet" if last else magnitude(float(walk.log2_carried[s - 1]))
    rows: list[Row] = [
        (f"injected ‖{put_in}‖", magnitude(float(walk.log2_injected[s - 1])), None),
        (f"carried ‖{weights}ᵀ δ⟨{s + 1}⟩‖" if vanilla else f"carried from s = {s + 1}", carried, None),
        *parts_rows(walk, s),
        *paths_rows(walk, s),
        *(deltas_rows(walk, s) if len(walk.log2_deltas) > 1 else ()),
        *_delta_rows(walk, s),
    ]
    has_error = network.readout.uses and takes_loss(walk, s)
    lines = [_equation(error_at(network, s, examples))] if has_error else []
    lines.append(_delta_equation(network, s, last=last) if vanilla else back_equations(network, s))
    return [*lines, *(Text(line) for line in vectors_back(walk, s, width)), _numbers(rows)]


def _worked_step_back(walk: BackwardPass, s: int, worked: Mapping[str, list[str]]) -> list[Text]:
    """The vanilla cell, small: the error, the two gradients that meet at a⟨s⟩, and δ with all their numbers."""
    network, last = walk.tape.network, s == len(walk)
    lines: list[Text] = []
    if "e" in worked:
        lines += [_equation(error_at(network, s, 1)), _lines(worked["e"])]
    if "injected" in worked:
        lines += [_equation(f"injected: {_put_in(network, s)}"), _lines(worked["injected"])]
    else:
        why = "followed" if walk.tape.batch.scored[s - 1] else "scored"
        lines += [_equation(f"injected: {_put_in(network, s)} = 0"), Text(f"  L_{s} is not {why}")]
    if last:
        lines += [_equation("carried: none yet"), Text(f"  {s} is the last step")]
    else:
        lines += [_equation(f"carried: {standing_for(network)['a']}ᵀ δ⟨{s + 1}⟩"), _lines(worked["carried"])]
    lines += [_delta_equation(network, s, last=last), _lines(worked["delta"])]
    return [*lines, _numbers(_delta_rows(walk, s))]


def _worked_gradients(walk: BackwardPass, s: int, worked: Mapping[str, list[str]], palette: Palette) -> list[Text]:
    """Every parameter, small: what its use adds, and the running sum."""
    network = walk.tape.network
    looks, lines = styles(network, "parameter"), []
    for name, product in zip(network.parameters, _uses(network, s), strict=True):
        if name in worked:
            lines += [Text(f"{looks[name].marker} {product}", style=ink(looks[name], palette)), _lines(worked[name])]
    return [Text(""), *lines] if lines else []


def _what_here_is(network: Network, s: int, worked: Mapping[str, list[str]]) -> list[Text]:
    """What each parameter's use adds in symbols, where its numbers do not say it."""
    if all(name in worked for name in network.parameters):
        return []
    return [_note("here = " + ",  ".join(_uses(network, s)))]


def _put_in(network: Network, s: int) -> str:
    return f"W_yᵀ e⟨{s}⟩" if network.readout.uses else f"g⟨{s}⟩"


def _delta_equation(network: Network, s: int, *, last: bool) -> Text:
    carried = "" if last else f" + {standing_for(network)['a']}ᵀ δ⟨{s + 1}⟩"
    return _equation(f"δ⟨{s}⟩ = φ'(z⟨{s}⟩) ⊙ ({_put_in(network, s)}{carried})")


def _delta_rows(walk: BackwardPass, s: int) -> list[Row]:
    """The size of δ, and what this step did to it."""
    delta = np.logaddexp2.reduce([2 * logs for logs in walk.log2_deltas.values()]) / 2
    rows: list[Row] = [(f"‖δ⟨{s}⟩‖", magnitude(float(delta[s - 1])), None)]
    if s < len(walk):
        gain = f"×{magnitude(float(delta[s - 1] - delta[s]))}" if np.isfinite(delta[s]) else "–"
        rows.append((f"‖δ⟨{s}⟩‖ / ‖δ⟨{s + 1}⟩‖", gain, None))
    return rows


def _sizes(walk: BackwardPass, s: int, palette: Palette) -> list[list[Text | str]]:
    """A table: each parameter's size here, so far and whole."""
    network = walk.tape.network
    looks = styles(network, "parameter")
    sizes: list[list[Text | str]] = [["", *(Text(head, style="dim") for head in ("here", "so far", "whole"))]]
    for name in network.parameters:
        label = Text(f"{looks[name].marker} {name}", style=ink(looks[name], palette))
        sizes.append([label, magnitude(float(walk.log2_here[name][s - 1])), *_so_far_and_whole(walk, name, s)])
    return sizes


def _so_far_and_whole(walk: BackwardPass, name: str, s: int) -> list[str]:
    return [magnitude(size) for size in (float(walk.log2_so_far[name][s - 1]), walk.gradients.log2_norm(name))]


def _is_seen_to_be_more(walk: BackwardPass, name: str, s: int) -> bool:
    """Whether what is gathered so far is more than the whole, by what can be seen, not by a rounding."""
    so_far, whole = _so_far_and_whole(walk, name, s)
    return float(walk.log2_so_far[name][s - 1]) > walk.gradients.log2_norm(name) and so_far != whole


def _uses(network: Network, s: int) -> list[str]:
    """What every parameter's use at this step adds: `W_aa: δ⟨2⟩ a⟨1⟩ᵀ`."""
    many = len({use.delta for use in network.cell.uses().values()}) > 1
    uses = [
        f"{name}: δ{f'_{use.delta}' if many else ''}⟨{s}⟩ {_transposed(network, name, s)}".rstrip()
        for name, use in network.cell.uses().items()
    ]
    return uses + [f"{name}: e⟨{s}⟩ {_transposed(network, name, s)}".rstrip() for name in network.readout.uses]


def _of(loss: int | None) -> str:
    return "L" if loss is None else f"L_{loss}"


def _followed(cursor: Cursor, loss: int | None) -> str:
    lag = cursor.lag(loss)
    return f", {losses_named(loss)}" + ("" if lag is None or loss is None else f", lag {lag}")


def _title(text: str) -> Text:
    return Text(text, style="bold")


def _equation(text: str) -> Text:
    return Text(f"\n{text}", style="italic")


def _lines(lines: list[str]) -> Text:
    return Text("\n".join(lines))


def _note(text: str) -> Text:
    return Text(f"\n{text}", style="dim")


def _numbers(rows: Sequence[Row]) -> Text:
    return aligned([(Text(f"  {label}", style=color or ""), value) for label, value, color in rows], first=18)


def _transposed(network: Network, parameter: str, s: int) -> str:
    read = read_at(network, parameter, s)
    return f"{read}ᵀ" if read else ""


def _output(network: Network, t: int) -> str:
    g, a = network.readout, f"{network.read_out.name}⟨{t}⟩"
    if not g.uses:
        return f"L_{t} = ⟨g⟨{t}⟩, {a}⟩, with the gradient g that is given"
    made = f"W_y {a} + b_y"
    return f"y⟨{t}⟩ = {made if g.name == 'identity' else f'{g.name}({made})'}"


def _of_the_readout(network: Network) -> str:
    if not network.readout.uses:
        return "There is no read-out here: the gradients g at the states are given."
    return f"{' and '.join(network.readout.uses)} only meet the loss of their own step: no Jacobian stands between."


def _values(values: np.ndarray) -> str:
    shown = [number(float(value)) for value in values[:4]]
    return " ".join(shown) + (" …" if len(values) > 4 else "")
