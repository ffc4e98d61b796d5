"""A step of the backward pass as the step inspector shows it: its equations, with its numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from rich.text import Text

from core import BackwardPass, Network, Trace
from core.bptt.parameter_groups import standing_for
from core.network.cells import Use
from core.numerics.scaled import log2_norm
from tui.explorer.session.cursor import Cursor
from tui.explorer.widgets.step_equations import back_equations, deltas_rows, parts_rows, paths_rows, vectors_back
from tui.explorer.widgets.step_text import ROOM, Row, as_text, equation, note, numbers, title
from tui.explorer.widgets.text_columns import aligned
from tui.report.charts.gradient_flow import flow_of
from tui.report.curves import losses_named
from tui.report.numbers import in_a_product, magnitude
from tui.report.palette import Palette
from tui.report.styles import ink, styles
from tui.report.words.by_hand import backward_lines, in_full, takes_loss
from tui.report.words.formulas import error_at, read_at
from tui.report.words.heads import head_reads


def backward_text(
    trace: Trace,
    backward_pass: BackwardPass,
    cursor: Cursor,
    palette: Palette,
    loss: int | None = None,
    *,
    width: int = ROOM,
    cut: int = 0,
) -> Text:
    """Step s of the backward pass: what is injected, what is carried, and what each parameter gathers.

    Args:
        trace: What is shown.
        backward_pass: That of the losses that are shown.
        cursor: Where on it.
        palette: The colors to write in.
        loss: The t of the loss that it goes back from; None for all of them.
        width: Characters that a line may have.
        cut: How many lines a vector of many units may have, which shows as many as fit; 0 leaves it out.
    """
    s, network, both_ways = cursor.step, trace.network, trace.network.looks_ahead
    worked = backward_lines(backward_pass, s, width) if in_full(backward_pass.tape) else {}
    lines: list[Text] = [
        title(_title(cursor, loss, width, both_ways=both_ways)),
        *(
            _worked_step_back(backward_pass, s, width, worked, loss)
            if worked
            else _step_back(backward_pass, s, width, cut, loss)
        ),
        equation(f"‖∂{_of(loss)}/∂θ‖, here: the use at s = {s}"),
        aligned(_sizes(backward_pass, s, palette), others=8, gap=1, room=width),
        *_why_more(backward_pass, s),
        *_marked_rows(network, worked),
        *_worked_gradients(backward_pass, s, worked, palette),
        *_what_here_is(backward_pass, s, worked),
        note(_of_the_readout(network)),
    ]
    if loss is not None and s > loss:
        reaches = (
            "only the backward direction carries it to later steps"
            if both_ways
            else "nothing of it reaches later steps"
        )
        lines.append(note(f"L_{loss} comes in at s = {loss}: {reaches}."))
    elif s == 1:
        lines.append(note("The start of the sequence: so far is now the whole gradient."))
    return Text("\n").join(lines)


def _step_back(backward_pass: BackwardPass, s: int, width: int, cut: int, loss: int | None) -> list[Text]:
    """The equations of the step back, and the sizes of what is in them."""
    network = backward_pass.tape.network
    vanilla, weights = network.cell.elman, standing_for(network).get("a", "")
    put_in, last = _put_in(network, s), s == len(backward_pass)
    carried = "none yet" if last else magnitude(float(backward_pass.log2_carried[s - 1]))
    label = f"carried ‖{weights}ᵀ δ⟨{s + 1}⟩‖" if vanilla else f"carried from s = {s + 1}"
    why: list[Row] = [] if takes_loss(backward_pass, s) else [(f"  {_why_nothing(backward_pass, s, loss)}", "", None)]
    rows: list[Row] = [
        (f"injected ‖{put_in}‖", magnitude(float(backward_pass.log2_injected[s - 1])), None),
        *why,
        *(_carried_both_ways(backward_pass, s) or [(label, carried, None)]),
        *parts_rows(backward_pass, s),
        *paths_rows(backward_pass, s),
        *(deltas_rows(backward_pass, s) if len(backward_pass.log2_deltas) > 1 else ()),
        *_delta_rows(backward_pass, s),
    ]
    has_error = network.readout.linear and takes_loss(backward_pass, s)
    lines = [equation(error_at(backward_pass.tape, s))] if has_error else []
    lines.append(_delta_equation(network, s, last=last) if vanilla else back_equations(network, s, len(backward_pass)))
    return [*lines, *(Text(line) for line in vectors_back(backward_pass, s, width, cut=cut)), numbers(rows, width)]


def _carried_both_ways(backward_pass: BackwardPass, s: int) -> list[Row]:
    """Where a direction looks ahead, what comes back from the step after and what goes ahead from the step before."""
    if not backward_pass.log2_directions:
        return []
    rows: list[Row] = []
    for layer in flow_of(backward_pass.tape.network, backward_pass).layers:
        (way,) = layer.ways
        first, other = (1, s - 1) if layer.ahead else (len(backward_pass), s + 1)
        size = "none yet" if way.log2 is None or s == first else magnitude(float(way.log2[s - 1]))
        whose = f"layer {layer.number} " if layer.stacked else "carried "
        rows.append((f"{whose}{'ahead' if layer.ahead else 'back'} from s = {other}", size, None))
    return rows


def _worked_step_back(
    backward_pass: BackwardPass, s: int, width: int, worked: Mapping[str, list[str]], loss: int | None
) -> list[Text]:
    """The vanilla cell, small: the error, the two gradients that meet at a⟨s⟩, and δ with all their numbers."""
    network, last = backward_pass.tape.network, s == len(backward_pass)
    lines: list[Text] = []
    if "e" in worked:
        lines += [equation(error_at(backward_pass.tape, s)), as_text(worked["e"])]
    if "injected" in worked:
        lines += [equation(f"injected: {_put_in(network, s)}"), as_text(worked["injected"])]
    else:
        why = _why_nothing(backward_pass, s, loss)
        lines += [equation(f"injected: {_put_in(network, s)} = 0"), Text(f"  {why}")]
    if last:
        lines += [equation("carried: none yet"), Text(f"  {s} is the last step")]
    else:
        lines += [equation(f"carried: {standing_for(network)['a']}ᵀ δ⟨{s + 1}⟩"), as_text(worked["carried"])]
    lines += [_delta_equation(network, s, last=last), as_text(worked["delta"])]
    return [*lines, numbers(_delta_rows(backward_pass, s), width)]


def _worked_gradients(
    backward_pass: BackwardPass, s: int, worked: Mapping[str, list[str]], palette: Palette
) -> list[Text]:
    """Every parameter, small: what its use adds, and the running sum."""
    network = backward_pass.tape.network
    looks, lines = styles(network, "parameter"), []
    for name, product in zip(network.parameters, _uses(network, s), strict=True):
        if name in worked:
            lines += [Text(f"{looks[name].marker} {product}", style=ink(looks[name], palette)), as_text(worked[name])]
    return [Text(""), *lines] if lines else []


def _marked_rows(network: Network, worked: Mapping[str, list[str]]) -> list[Text]:
    """What the numbers at here₁ and so far₁ are, where a matrix is worked out row by row."""
    name = next(
        (one for one in network.parameters if any(line.strip().startswith("here₁") for line in worked.get(one, ()))), ""
    )
    if not name:
        return []
    return [note(f"here₁, so far₁: row 1 of the matrix {name}, δ₁ times what it reads; ₂ is row 2, and so on.")]


def _what_here_is(backward_pass: BackwardPass, s: int, worked: Mapping[str, list[str]]) -> list[Text]:
    """What each parameter's use adds in symbols, where its numbers do not say it, and a size to be checked by hand."""
    network, examples = backward_pass.tape.network, backward_pass.tape.batch.inputs.shape[1]
    if all(name in worked for name in network.parameters):
        return []
    uses = ",  ".join(_uses(network, s, examples))
    if examples == 1:
        return [*_as_products(backward_pass, s), Text(f"here = {uses}", style="dim")]
    return [
        Text(f"here = {uses};  each Σ adds the {examples} examples", style="dim"),
        note(f"Added, the δ of the examples may cancel; where they agree, their sum is √{examples} times ‖δ⟨{s}⟩‖."),
    ]


def _as_products(backward_pass: BackwardPass, s: int) -> list[Text]:
    """The sizes of δ uᵀ of the weights that read a and x as products of two sizes, which they are for one example."""
    network = backward_pass.tape.network
    uses, standing = network.cell.uses(), standing_for(network)
    many, lines = _has_many_deltas(network), []
    for name in dict.fromkeys(standing[read] for read in ("a", "x") if read in standing):
        if uses[name].parametrization is not None:  # its gradient is no single product
            continue
        delta = uses[name].delta
        sizes = (
            backward_pass.log2_deltas[delta][s - 1],
            log2_norm(backward_pass.tape.reads[name][s - 1, 0]),
            backward_pass.log2_here[name][s - 1],
        )
        of_delta, of_read, here = (in_a_product(float(size)) for size in sizes)
        symbols = f"‖δ{f'_{delta}' if many else ''}⟨{s}⟩‖ · ‖{read_at(network, name, s)}‖"
        lines.append(Text(f"{name}: {symbols} = {of_delta} · {of_read} ≈ {here}", style="dim"))
    return lines


def _why_nothing(backward_pass: BackwardPass, s: int, loss: int | None) -> str:
    """Why the loss of a step puts nothing in: another one is followed, or there is none."""
    if not backward_pass.tape.batch.scored_steps[s - 1]:
        return f"L_{s} is not scored"
    return f"L_{s} is not followed" if loss is None else f"only L_{loss} is followed"


def _put_in(network: Network, s: int) -> str:
    return f"W_yᵀ e⟨{s}⟩" if network.readout.linear else f"g⟨{s}⟩"


def _delta_equation(network: Network, s: int, *, last: bool) -> Text:
    carried = "" if last else f" + {standing_for(network)['a']}ᵀ δ⟨{s + 1}⟩"
    return equation(f"δ⟨{s}⟩ = φ'(z⟨{s}⟩) ⊙ ({_put_in(network, s)}{carried})")


def _delta_rows(backward_pass: BackwardPass, s: int) -> list[Row]:
    """The size of δ, and what this step did to it."""
    delta = np.logaddexp2.reduce([2 * logs for logs in backward_pass.log2_deltas.values()]) / 2
    rows: list[Row] = [(f"‖δ⟨{s}⟩‖", magnitude(float(delta[s - 1])), None)]
    network, examples = backward_pass.tape.network, backward_pass.tape.batch.inputs.shape[1]
    biases = standing_for(network).get("1")
    if examples > 1 and biases is not None and not _has_many_deltas(network):
        rows[0] = (f"‖δ⟨{s}⟩‖ of {examples} examples", *rows[0][1:])
        rows.append((f"‖Σ δ⟨{s}⟩‖ of their sum", magnitude(float(backward_pass.log2_here[biases][s - 1])), None))
    if s < len(backward_pass) and not backward_pass.log2_directions:
        gain = f"×{magnitude(float(delta[s - 1] - delta[s]), padded=True)}" if np.isfinite(delta[s]) else "–"
        rows.append((f"‖δ⟨{s}⟩‖ / ‖δ⟨{s + 1}⟩‖", gain, None))
    return rows


def _sizes(backward_pass: BackwardPass, s: int, palette: Palette) -> list[list[Text | str]]:
    """A table: each parameter's size here, so far and whole."""
    network = backward_pass.tape.network
    looks = styles(network, "parameter")
    sizes: list[list[Text | str]] = [["", *(Text(head, style="dim") for head in ("here", "so far", "whole"))]]
    for name in network.parameters:
        label = Text(f"{looks[name].marker} {name}", style=ink(looks[name], palette))
        sizes.append(
            [label, magnitude(float(backward_pass.log2_here[name][s - 1])), *_so_far_and_whole(backward_pass, name, s)]
        )
    return sizes


def _so_far_and_whole(backward_pass: BackwardPass, name: str, s: int) -> list[str]:
    return [
        magnitude(size)
        for size in (float(backward_pass.log2_so_far[name][s - 1]), backward_pass.gradients.log2_norm(name))
    ]


def _is_seen_to_be_more(backward_pass: BackwardPass, name: str, s: int) -> bool:
    """Whether what is gathered so far is more than the whole, by what can be seen, not by a rounding."""
    so_far, whole = _so_far_and_whole(backward_pass, name, s)
    return float(backward_pass.log2_so_far[name][s - 1]) > backward_pass.gradients.log2_norm(name) and so_far != whole


def _why_more(backward_pass: BackwardPass, s: int) -> list[Text]:
    """How a sum can shrink, where one is seen to."""
    if not any(_is_seen_to_be_more(backward_pass, name, s) for name in backward_pass.tape.network.parameters):
        return []
    return [Text("So far can be more than the whole: these are sizes of vectors, which can cancel.", style="dim")]


def _uses(network: Network, s: int, examples: int = 1) -> list[str]:
    """What every parameter's use at this step adds: `W_aa: δ⟨2⟩ a⟨1⟩ᵀ`; of several examples, with a Σ."""
    many, sign = _has_many_deltas(network), "Σ " if examples > 1 else ""

    def used(name: str, use: Use) -> str:
        delta = f"δ{f'_{use.delta}' if many else ''}⟨{s}⟩"
        if use.parametrization is not None:
            product = use.parametrization.gradient_written(delta, read_at(network, name, s))
            return f"{name}: {f'Σ ({product})' if sign else product}"
        return f"{name}: {sign}{delta} {_transposed(network, name, s)}".rstrip()

    uses = [used(name, use) for name, use in network.cell.uses().items()]
    return uses + [
        f"{name}: {sign}{_error(network, use)}⟨{s}⟩ {_transposed(network, name, s)}".rstrip()
        for name, use in network.readout.uses.items()
    ]


def _error(network: Network, use: Use) -> str:
    """What the gradient in the read-out is called that a parameter of it has as a factor: e at the output."""
    return "e" if use.delta == "o" else f"δ_{use.delta.replace('_', '')}"


def _has_many_deltas(network: Network) -> bool:
    return len({use.delta for use in network.cell.uses().values()}) > 1


def _transposed(network: Network, parameter: str, s: int) -> str:
    read = read_at(network, parameter, s)
    return f"{read}ᵀ" if read else ""


def _of(loss: int | None) -> str:
    return "L" if loss is None else f"L_{loss}"


def _title(cursor: Cursor, loss: int | None, width: int, *, both_ways: bool) -> str:
    """Where the cursor is, on one line: `backward, s = 38 of 50, L_50, lag 12`; without T where too long."""
    lag, s = cursor.signed_lag(loss) if both_ways else cursor.lag(loss), cursor.step
    followed = f", {losses_named(loss)}" + ("" if lag is None or loss is None else f", lag {lag}".replace("-", "−"))
    whole = f"backward, s = {s} of {cursor.steps}{followed}"
    return whole if len(whole) <= width else f"backward, s = {s}{followed}"


def _of_the_readout(network: Network) -> str:
    if not network.readout.uses:
        return "There is no read-out here: the gradients g at the states are given."
    if network.readout.linear:
        return f"{' and '.join(network.readout.uses)} only meet the loss of their own step: no Jacobian stands between."
    put_in = "g⟨s⟩ is what the head puts into the state; no Jacobian stands between the loss and its parameters."
    return f"{put_in} {head_reads(network)}".rstrip()
