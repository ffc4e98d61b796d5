"""The inspector's numbers of a network whose vectors have no room there, by nothing but plain NumPy.

They are recomputed from the network's own parameters. It shows three digits, so that the comparison is of text: what
`tui.report.numbers` makes of the number found here.
"""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest
from driving import MEDIUM, NARROW, WIDE, Drive, explorer
from rich.console import Console, RenderableType
from textual.widgets import TabbedContent

import core
from core import Experiment, Trace
from tui.explorer.panels.step import StepPanel
from tui.explorer.session.cursor import Cursor
from tui.explorer.widgets.step_backward import backward_text
from tui.explorer.widgets.step_equations import at_step
from tui.explorer.widgets.step_forward import forward_text
from tui.report.numbers import in_a_product, magnitude, number
from tui.report.palette import dark_palette
from tui.report.words.arithmetic import in_digits, row_cut

RECURRENT = {"tanh": lambda z: 1 - np.tanh(z) ** 2, "sigmoid": lambda z: (s := 1 / (1 + np.exp(-z))) * (1 - s)}


def size(values: np.ndarray) -> str:
    """A norm as the program writes it."""
    norm = float(np.linalg.norm(values))
    return magnitude(np.log2(norm) if norm else -np.inf)


def factor_of(values: np.ndarray) -> str:
    """A norm as it is written in a product."""
    norm = float(np.linalg.norm(values))
    return in_a_product(np.log2(norm) if norm else -np.inf)


def said(text: str, label: str) -> str:
    """The number at the end of the line that starts with a label."""
    for line in text.splitlines():
        if line.strip().startswith(label):
            return line.strip().removeprefix(label).strip()
    raise AssertionError(f"no line starts with {label!r}:\n{text}")


def plain(text: RenderableType) -> str:
    """A text as it is written, without colors."""
    console = Console(width=200, color_system=None)
    with console.capture() as written:
        console.print(text)
    return written.get()


def row(text: str, name: str) -> list[str]:
    """here, so far and whole of one parameter."""
    line = next(line for line in text.splitlines() if re.match(rf"\s*\S {name}\s", line))
    return line.split()[-3:]


def backpropagated(trace: Trace, losses: set[int] | None = None) -> list[dict[str, np.ndarray]]:
    """By step s, at [s]: injected, carried and delta (B, n), and each parameter's contribution."""
    p, tape = trace.network.parameters, trace.tape
    slope = RECURRENT[trace.experiment.activation](tape.preactivations)
    found: list[dict[str, np.ndarray]] = [{} for _ in range(len(tape.losses) + 1)]
    carried = np.zeros_like(tape.states[0])
    for s in range(len(tape.losses), 0, -1):
        error = tape.errors[s - 1] if losses is None or s in losses else 0 * tape.errors[s - 1]
        injected = error @ p["W_y"]
        delta = slope[s - 1] * (injected + carried)
        found[s] = {
            "injected": injected,
            "carried": carried,
            "delta": delta,
            "W_aa": delta.T @ tape.states[s - 1],
            "W_ax": delta.T @ trace.batch.inputs[s - 1],
            "b_a": delta.sum(axis=0),
            "W_y": error.T @ tape.states[s],
            "b_y": error.sum(axis=0),
        }
        carried = delta @ p["W_aa"]
    return found


def check_backward(text: str, trace: Trace, s: int, losses: set[int] | None = None) -> None:
    steps, found = len(trace.tape.losses), backpropagated(trace, losses)
    nothing = re.search(r"only L_\d+ is followed|L_\d+ is not scored", text)  # no loss that is followed comes in here
    assert said(text, f"injected ‖W_yᵀ e⟨{s}⟩‖") == size(found[s]["injected"])
    assert bool(nothing) == (size(found[s]["injected"]) == "0")
    carried = size(found[s]["carried"]) if s < steps else "none yet"
    assert said(text, f"carried ‖W_aaᵀ δ⟨{s + 1}⟩‖") == carried
    check_sizes_by_hand(text, trace, s, found[s])
    if s < steps and np.any(found[s + 1]["delta"]):
        gain = np.linalg.norm(found[s]["delta"]) / np.linalg.norm(found[s + 1]["delta"])
        assert said(text, f"‖δ⟨{s}⟩‖ / ‖δ⟨{s + 1}⟩‖") == f"×{magnitude(np.log2(gain), padded=True)}", (
            "as many digits as its parts"
        )
    for name in trace.network.parameters:
        so_far = np.sum([found[r][name] for r in range(s, steps + 1)], axis=0)
        whole = np.sum([found[r][name] for r in range(1, steps + 1)], axis=0)
        assert row(text, name) == [size(found[s][name]), size(so_far), size(whole)], name


def check_sizes_by_hand(text: str, trace: Trace, s: int, found: dict[str, np.ndarray]) -> None:
    """‖δ‖, and what connects it with the shares: the size of a product, or of a batch what its examples add up to."""
    examples, together = found["delta"].shape[0], " ".join(text.split())
    if examples == 1:
        assert said(text, f"‖δ⟨{s}⟩‖ ") == size(found["delta"])
        delta = factor_of(found["delta"])
        reads = {"W_aa": (f"a⟨{s - 1}⟩", trace.tape.states[s - 1]), "W_ax": (f"x⟨{s}⟩", trace.batch.inputs[s - 1])}
        for name, (symbol, read) in reads.items():
            product = f"‖δ⟨{s}⟩‖ · ‖{symbol}‖ = {delta} · {factor_of(read)} ≈ {factor_of(found[name])}"
            assert f"{name}: {product}" in together
    else:
        assert said(text, f"‖δ⟨{s}⟩‖ of {examples} examples") == size(found["delta"])
        assert said(text, f"‖Σ δ⟨{s}⟩‖ of their sum") == size(found["delta"].sum(axis=0)) == row(text, "b_a")[0]
        assert f"W_aa: Σ δ⟨{s}⟩ a⟨{s - 1}⟩ᵀ" in together
        assert f"b_a: Σ δ⟨{s}⟩," in together
        assert f"each Σ adds the {examples} examples" in together


def check_forward(text: str, trace: Trace, t: int) -> None:
    p, tape = trace.network.parameters, trace.tape
    x, before = trace.batch.inputs[t - 1], tape.states[t - 1]
    z = before @ p["W_aa"].T + x @ p["W_ax"].T + p["b_a"]
    a = np.tanh(z)
    y = a @ p["W_y"].T + p["b_y"]
    assert said(text, f"‖W_aa a⟨{t - 1}⟩‖") == size(before @ p["W_aa"].T)
    assert said(text, f"‖W_ax x⟨{t}⟩‖") == size(x @ p["W_ax"].T)
    assert said(text, f"‖z⟨{t}⟩‖") == size(z)
    assert said(text, f"‖a⟨{t}⟩‖") == size(a)
    assert said(text, "mean slope φ'") == number(float(np.mean(1 - a**2)))
    assert said(text, "saturated units") == f"{np.sum(1 - a**2 < 0.1)} of {a.size}"
    assert said(text, "φ' below") == "0.1"
    assert said(text, f"x⟨{t}⟩  ") == number(float(x[0, 0]))
    assert said(text, f"y⟨{t}⟩  ") == number(float(y[0, 0]))
    assert said(text, "target") == number(float(trace.batch.targets[t - 1, 0, 0]))
    loss = float(np.mean(0.5 * np.sum((y - trace.batch.targets[t - 1]) ** 2, axis=1)))
    assert said(text, f"L_{t}  ") == number(loss)


@pytest.mark.parametrize(
    "experiment",
    [Experiment(timesteps=7, hidden_size=5, initial_state=0.5), Experiment(timesteps=7, hidden_size=5, batch_size=3)],
    ids=["one example", "a batch"],
)
def test_every_number_of_every_step_is_the_networks_own(experiment: Experiment) -> None:
    @explorer(experiment, only="work")
    async def walk(drive: Drive) -> None:
        await drive.press("home")
        for t in range(1, 8):
            assert f"forward, t = {t} of 7" in drive.inspector()
            check_forward(drive.inspector(), drive.trace, t)
            await drive.press("right")
        for s in range(7, 0, -1):
            assert f"backward, s = {s} of 7" in drive.inspector()
            check_backward(drive.inspector(), drive.trace, s, {7})
            assert f"backward, s = {s} of 7, L_7, lag {7 - s}" in drive.inspector()
            await drive.press("right")

    walk()


@explorer(Experiment(timesteps=9, hidden_size=5, activation="sigmoid"), only="work")
async def test_one_loss_followed_alone_shows_its_own_gradient(drive: Drive) -> None:
    await drive.press(*["less_than_sign"] * 3)
    await drive.until(lambda: drive.screen.shown.loss == 6)
    await drive.press("end", "left", "left")
    check_backward(drive.inspector(), drive.trace, 3, {6})
    await drive.press("f")
    await drive.until(lambda: drive.screen.shown.loss is None)
    await drive.press("end", "left", "left")
    check_backward(drive.inspector(), drive.trace, 3)
    assert "backward, s = 3 of 9, all losses" in drive.inspector()


@explorer(Experiment(timesteps=5, hidden_size=5, scored="last"), only="work")
async def test_steps_without_a_loss_say_so(drive: Drive) -> None:
    assert said(drive.inspector(), "L_1") == "not scored"
    await drive.press("end")
    assert said(drive.inspector(), "injected ‖W_yᵀ e⟨1⟩‖") == "0"
    assert "L_1 is not scored" in drive.inspector()
    check_backward(drive.inspector(), drive.trace, 1)


@explorer(Experiment(timesteps=4, hidden_size=3), only="work")
async def test_the_ends_of_the_line_are_explained(drive: Drive) -> None:
    together = " ".join(drive.inspector().split())
    assert "a⟨0⟩ is zero here, so W_aa has nothing to act on" in together
    await drive.press("right", "right", "right")
    assert "one step on, the gradient starts back" in " ".join(drive.inspector().split())
    await drive.press("end")
    assert "so far is now the whole gradient" in " ".join(drive.inspector().split())


@explorer(Experiment(timesteps=4, hidden_size=3, readout="softmax", batch_size=2), size=WIDE, only="work")
async def test_classes_and_batches_are_named(drive: Drive) -> None:
    text = drive.inspector()
    assert "y⟨1⟩ = softmax(W_y a⟨1⟩ + b_y)" in text
    assert said(text, "y⟨1⟩  ") == " ".join(number(float(y)) for y in drive.trace.tape.outputs[0, 0])
    assert said(text, "target") == number(float(drive.trace.batch.targets[0, 0]))
    assert "example 1 of 2" in " ".join(text.split())


@explorer(
    Experiment(timesteps=60, hidden_size=3, activation="relu", initializer="identity", gain=1e6, bias=1.0), only="work"
)
async def test_an_overflow_leaves_the_steps_before_it(drive: Drive) -> None:
    steps = len(drive.trace.tape.losses)
    assert steps < 60
    assert f"forward, t = 1 of {steps}" in drive.inspector()
    await drive.press("end")
    assert f"backward, s = 1 of {steps}" in drive.inspector()
    assert "nan" not in drive.inspector().lower()
    assert "inf" not in drive.inspector().lower()


@explorer(Experiment(timesteps=7, hidden_size=5), size=NARROW, only="work")
async def test_where_there_is_no_room_beside_the_charts_it_is_a_tab(drive: Drive) -> None:
    drive.one(TabbedContent).active = "tab-step"
    await drive.pilot.pause()
    drive.screen.action_go("end")
    await drive.pilot.pause()
    check_backward(drive.inspector(), drive.trace, 1, {len(drive.trace.tape.losses)})


@pytest.mark.parametrize("settings", [{"cell": "gru"}, {"cell": "lstm"}, {"cell": "deep"}, {"leak": 0.3}], ids=str)
def test_every_cell_shows_its_own_equations_with_the_step_in_them(settings: dict[str, Any]) -> None:
    trace = core.run(core.Experiment(timesteps=6, hidden_size=3, **settings))
    forward = plain(forward_text(trace, Cursor(6).at(2), dark_palette()))
    backward = plain(backward_text(trace, trace.backward_pass, Cursor(6).at(8), dark_palette()))
    equations = trace.network.cell.equations()
    for equation in equations.forward.values():
        assert at_step(equation, 3, "tanh") in forward
    for equation in equations.back.values():
        assert at_step(equation, 4) in backward
    assert "⟨t" not in forward
    assert "⟨s" not in backward
    for name in trace.network.parameters:
        assert name in backward


def test_the_ways_back_of_a_gated_cell_are_those_that_core_measures() -> None:
    trace = core.run(core.Experiment(cell="lstm", timesteps=6, hidden_size=3))
    said = plain(backward_text(trace, trace.backward_pass, Cursor(6).at(8), dark_palette()))
    for name, words in (("matrices", "through matrices"), ("direct", "directly, × f⟨5⟩")):
        size = magnitude(float(trace.backward_pass.log2_paths[name][3]))
        assert re.search(rf"{words}\s+{re.escape(size)}", said)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("cell", ["rnn", "gru"])
def test_so_far_is_told_to_be_more_than_the_whole_where_the_table_shows_it(cell: str, seed: int) -> None:
    """At s = 1 the two are one gradient summed in two orders, a rounding apart: nothing is told."""
    trace = core.run(Experiment(cell=cell, hidden_size=2, timesteps=8, seed=seed))
    for s in range(1, 9):
        text = plain(backward_text(trace, trace.backward_pass, Cursor(8).at(16 - s), dark_palette()))
        sizes = [row(text, name)[1:] for name in trace.network.parameters]
        seen = any(
            so_far != whole and trace.backward_pass.log2_so_far[name][s - 1] > trace.gradients.log2_norm(name)
            for name, (so_far, whole) in zip(trace.network.parameters, sizes, strict=True)
        )
        assert ("more than the whole" in " ".join(text.split())) == (seen and s > 1)


# Vectors of many units


@pytest.mark.parametrize("lines", [1, 2, 4])
@pytest.mark.parametrize("width", [30, 46, 90])
def test_a_vector_of_many_units_shows_as_many_as_fit(lines: int, width: int) -> None:
    values = np.linspace(-1.234, 1.234, 40)
    found = row_cut("a⟨3⟩", values, width, lines)
    assert len(found) <= lines and all(len(line) <= width for line in found)
    text = " ".join(found)
    shown, _, more = text.partition(" … ")
    numbers = shown.partition("[")[2].removesuffix("]").split()
    assert numbers == [in_digits(value) for value in values[: len(numbers)].tolist()]
    assert more == (f"{40 - len(numbers)} more]" if len(numbers) < 40 else "")
    assert len(numbers) == 40 or len(found) == lines, "no line is left over"
    assert len(numbers) >= lines * ((width - 14) // 8 - 1)


@explorer(Experiment(timesteps=12), size=WIDE, only="work")
async def test_the_vectors_stand_where_there_is_room_and_nothing_is_pushed_below_the_fold(drive: Drive) -> None:
    panel = drive.one(StepPanel, "#side")
    await drive.press("right")
    await drive.pilot.pause()
    assert "a⟨2⟩ ≈ [" in drive.inspector() and "z⟨2⟩ ≈ [" in drive.inspector()
    assert not panel.show_vertical_scrollbar
    await drive.press("end")
    await drive.pilot.pause()
    assert "δ⟨1⟩ ≈ [" in drive.inspector() and "∂L/∂a⟨1⟩ ≈ [" in drive.inspector()
    assert not panel.show_vertical_scrollbar
    await drive.pilot.resize_terminal(120, 30)
    await drive.until(lambda: "≈ [" not in drive.inspector())


@explorer(Experiment(timesteps=12, task="copy"), size=MEDIUM, only="work")
async def test_no_row_of_numbers_is_broken(drive: Drive) -> None:
    rows = drive.inspector().splitlines()
    for label in ("x⟨1⟩", "y⟨1⟩", "target", "L_1"):
        (row,) = [row for row in rows if row.strip().startswith(label) and "=" not in row]
        assert len(row.split()) > 1, row


# Losses with masks and weights


def test_a_masked_and_a_weighted_target_are_told_as_such() -> None:
    drawn = core.make_network(Experiment(hidden_size=6))
    x, y = np.linspace(-1, 1, 12).reshape(6, 2, 1), np.ones((6, 2, 1))
    mask = np.array([[True, True], [False, True], [False, False], [True, False], [True, True], [True, True]])
    trace = core.run(network=drawn, batch=core.Batch(x, y, mask))
    texts = [plain(forward_text(trace, Cursor(6).at(t), dark_palette())) for t in range(6)]
    assert said(texts[0], "target") == "1"
    assert said(texts[1], "target") == "not scored (1 of 2 examples scored)"
    assert said(texts[3], "target") == "1 (1 of 2 examples scored)"
    assert said(texts[2], "L_3") == "not scored"
    assert "summed over the 1 scored of 2 examples, / 2" in texts[1]
    weighted = core.run(network=drawn, batch=core.Batch.of(x, y, scored=mask, reduction="mean"))
    assert "L_1 = w⟨1⟩ · (½ ‖y⟨1⟩ − target‖²), summed over 2 examples" in plain(
        forward_text(weighted, Cursor(6).at(0), dark_palette())
    )


def test_the_arithmetic_of_a_weighted_loss_has_the_weight() -> None:
    drawn = core.make_network(Experiment(hidden_size=2))
    batch = core.Batch.of(np.ones((4, 1, 1)), np.ones((4, 1, 1)), reduction="mean")
    text = plain(forward_text(core.run(network=drawn, batch=batch), Cursor(4).at(1), dark_palette()))
    assert "e⟨2⟩ = w⟨2⟩ · (y⟨2⟩ − target)" in text
    worked = next(line for line in text.splitlines() if line.strip().startswith("e = "))
    weight, y, target, result = (
        float(number.replace("−", "-")) for number in re.findall(r"−?\d+\.?\d*(?:e[−+]\d+)?", worked)[:4]
    )
    assert weight == 0.25
    assert weight * (y - target) == pytest.approx(result, rel=2e-3)


def test_the_products_that_are_written_come_out_of_the_factors_that_are_written() -> None:
    """At every size: `3e−9 · 2.04 ≈ 6.2e−9` does not, as a reader with a pocket calculator finds."""
    trace, checked = core.run(core.Experiment(seed=5, gain=0.9)), 0
    back = core.backward_pass(trace.tape, losses=[50])
    for s in range(50, 0, -1):
        text = " ".join(plain(backward_text(trace, back, Cursor(50).at_step(s), dark_palette(), 50)).split())
        for one, other, made in re.findall(r"= ([\d.e−+]+) · ([\d.e−+]+) ≈ ([\d.e−+]+)", text):
            factors, product = (float(x.replace("−", "-")) for x in (one, other)), float(made.replace("−", "-"))
            assert math.prod(factors) == pytest.approx(product, rel=0.0151)  # half a unit of the third digit, thrice
            assert all(len(re.sub(r"e.*|\.", "", x).lstrip("0")) >= 3 for x in (one, other, made) if x != "0")
            checked += 1
    assert checked == 100


@explorer(Experiment(), size=WIDE, only="work")
async def test_a_text_that_just_fits_is_laid_out_once_whether_it_is_scrolled_or_not(drive: Drive) -> None:
    """Its width is the same with a scroll bar and without: lines that break elsewhere would bring it and take it."""
    panel = drive.one(StepPanel, "#side")
    widths = set()
    for height in (20, 30, 40, 60):
        await drive.pilot.resize_terminal(160, height)
        for key in ("home", "end", "left"):
            await drive.press(key)
            await drive.pilot.pause()
            widths.add((panel.show_vertical_scrollbar, panel.query_one(".inspector").size.width))
    assert {bar for bar, _ in widths} == {False, True}
    assert len({width for _, width in widths}) == 1
