"""A small network's step is shown with all its numbers: they are redone here from the screen's own text.

`Sheet` reads the text as somebody with paper does, and knows nothing of the program: an expression, what it is said to
make, and nothing but Python's arithmetic in between. The preset's numbers are exact, so that `=` is held to equality.
Numbers of other networks are rounded to three digits, and to two where they have an exponent: half a digit is allowed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import chain, pairwise
from typing import Any

import numpy as np
import pytest
from driving import MEDIUM, NARROW, WIDE, Drive, explorer
from hypothesis import given, settings
from hypothesis import strategies as st

import core
from core import Experiment, Trace
from tui.explorer.session.cursor import Cursor
from tui.explorer.widgets.step_backward import backward_text
from tui.explorer.widgets.step_forward import forward_text
from tui.report.palette import dark_palette
from tui.report.words.arithmetic import in_digits
from tui.report.words.by_hand import MOST

BY_HAND = core.preset("by-hand")


class Vector(tuple[float, ...]):
    """A few numbers; the product of two is their scalar product."""

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, Vector):
            return sum(a * b for a, b in zip(self, other, strict=True))
        return Vector(a * other for a in self)

    def __rmul__(self, factor: Any) -> Vector:
        return Vector(factor * a for a in self)

    def __add__(self, other: Any) -> Vector:
        return Vector(a + b for a, b in zip(self, other, strict=True))


FUNCTIONS = {
    "relu": lambda z: max(z, 0.0),
    "identity": lambda z: z,
    "tanh": np.tanh,
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "ln": np.log,
}


def worked_out(text: str) -> Any:
    """What an expression makes, by Python's own arithmetic."""
    text = text.replace("−", "-").replace("·", "*").replace("½", "0.5").replace("²", "**2")
    text = re.sub(r"\[(.*?)\]", lambda found: f"Vector(({found[1].replace(' ', ',')},))", text)
    text = re.sub(r"ln (\S+)", r"ln(\1)", text)
    return eval(text, {"Vector": Vector, **FUNCTIONS})


@dataclass
class Worked:
    """One line: what it makes of what."""

    name: str
    expression: str
    """Empty where a number only is shown"""
    sign: str
    """`=`, or `≈` where the result is rounded"""
    result: Any
    slope: Any = None

    @property
    def factors(self) -> list[Any]:
        """The numbers and vectors of the expression, in their order, with the sign that stands before them."""
        signed = self.expression.replace("− ", "−")
        return [worked_out(part) for part in re.findall(r"\[.*?\]|−?\d[\d.]*(?:e[−+]\d+)?", signed)]


@dataclass
class Sheet:
    """The text of a step."""

    text: str
    sections: dict[str, list[Worked]] = field(default_factory=dict)
    """First symbol of the equation, or parameter → the lines below it"""

    def __post_init__(self) -> None:
        joined = re.sub(r"\n {4}(?=\S)", " ", self.text).replace(" ·", "·")
        name = ""
        for line in joined.splitlines():
            head = re.match(r"(?:\S )?(injected|carried|W_\w+|b_\w+): |(\w|δ)⟨\d+⟩ = |(L)_\d+ = ", line)
            if head:
                name = head[1] or head[2] or head[3]
            elif re.match(r"  (\w[₁₂₃₄]?|L_\d+) [=≈] |  (unit \d|here.?|so far.?): ", line):
                self.sections.setdefault(name, []).append(self.line(line.strip()))

    @staticmethod
    def line(text: str) -> Worked:
        slope = None
        if " with φ' " in text:
            text, _, said = text.partition(" with φ' ")
            slope = worked_out(said.lstrip("=≈ "))
        name, _, rest = text.partition(": ") if ": " in text else text.partition(" ")
        *before, sign, result = re.split(r" ?([=≈]) ", rest) if re.search("[=≈] ", rest) else ["=", rest]
        return Worked(name, "".join(before).removeprefix("="), sign, worked_out(result), slope)

    @property
    def lines(self) -> list[Worked]:
        return [line for lines in self.sections.values() for line in lines]


def redo(sheet: Sheet) -> None:
    """Every line of exact numbers makes what it says."""
    assert sheet.lines
    for line in sheet.lines:
        if line.expression and "(o)" not in line.expression:
            assert line.sign == "=", line
            assert worked_out(line.expression) == line.result, line


@dataclass
class Paper:
    """What a person who goes through the screens writes down: the network, its data, and its gradient."""

    W_aa: list[Vector]
    W_ax: list[Vector]
    b_a: Vector
    W_y: Vector
    b_y: float
    x: list[Vector] = field(default_factory=list)
    target: list[float] = field(default_factory=list)

    def gradient(self, losses: set[int]) -> dict[str, Any]:
        """Backpropagation by loops over single numbers, for one output and relu."""
        n, steps = len(self.b_a), len(self.x)
        a: list[Vector] = [Vector([0.0] * n)]
        z, y = [], []
        for x in self.x:
            z.append([self.W_aa[i] * a[-1] + self.W_ax[i] * x + self.b_a[i] for i in range(n)])
            a.append(Vector(max(value, 0.0) for value in z[-1]))
            y.append(self.W_y * a[-1] + self.b_y)
        W_aa, W_ax = [[0.0] * n for _ in range(n)], [0.0] * n
        b_a, W_y, b_y = [0.0] * n, [0.0] * n, 0.0
        delta = [0.0] * n
        for s in range(steps, 0, -1):
            e = y[s - 1] - self.target[s - 1] if s in losses else 0.0
            carried = [sum(self.W_aa[j][i] * delta[j] for j in range(n)) for i in range(n)]
            delta = [(self.W_y[i] * e + carried[i]) * (z[s - 1][i] > 0) for i in range(n)]
            for i in range(n):
                W_ax[i] += delta[i] * self.x[s - 1][0]
                b_a[i] += delta[i]
                W_y[i] += e * a[s][i]
                for j in range(n):
                    W_aa[i][j] += delta[i] * a[s - 1][j]
            b_y += e
        return {"W_aa": W_aa, "W_ax": W_ax, "b_a": b_a, "W_y": W_y, "b_y": [b_y]}


def written_down(sheets: list[Sheet]) -> Paper:
    """The network and its data, read off the forward screens."""
    rows = [line.factors for line in sheets[0].sections["z"]]
    (made,) = sheets[0].sections["y"]
    paper = Paper(
        [r[0] for r in rows],
        [Vector([r[2]]) for r in rows],
        Vector(r[4] for r in rows),
        made.factors[0],
        made.factors[2],
    )
    before = Vector([0.0] * len(rows))
    for sheet in sheets:
        x = Vector([sheet.sections["z"][0].factors[3]])
        for i, line in enumerate(sheet.sections["z"]):
            assert line.factors == [paper.W_aa[i], before, *paper.W_ax[i], *x, paper.b_a[i]]
        before = Vector(line.result for line in sheet.sections["a"])
        (y,), (e,), (loss,) = (sheet.sections[name] for name in "yeL")
        assert y.factors[:2] == [paper.W_y, before]
        assert e.expression.startswith(f"{y.result:g} − ".replace("-", "−"))
        assert abs(e.result) == abs(worked_out(loss.expression.removeprefix("½·").rstrip("²")))
        assert [line.slope for line in sheet.sections["a"]] == [float(line.result > 0) for line in sheet.sections["z"]]
        paper.x.append(x)
        paper.target.append(y.result - e.result)
    return paper


def follow_back(sheets: list[Sheet], forward: list[Sheet], paper: Paper, losses: set[int]) -> None:
    """Every number of the way back stands where it came from, one screen before."""
    n, delta = len(paper.b_a), None
    for s, sheet in zip(range(len(sheets), 0, -1), sheets, strict=True):
        followed = s in losses
        assert ("e" in sheet.sections) == followed
        e = sheet.sections["e"][0].result if followed else 0.0
        injected = [line.result for line in sheet.sections["injected"]] if followed else [0.0] * n
        if followed:
            assert e == forward[s - 1].sections["e"][0].result
            assert [line.factors for line in sheet.sections["injected"]] == [[w, e] for w in paper.W_y]
        else:
            (loss,) = losses
            assert f"injected: W_yᵀ e⟨{s}⟩ = 0 only L_{loss} is followed" in " ".join(sheet.text.split())
        carried = [0.0] * n
        if delta is not None:
            columns = [Vector(row[i] for row in paper.W_aa) for i in range(n)]
            assert [line.factors for line in sheet.sections["carried"]] == [[column, delta] for column in columns]
            carried = [line.result for line in sheet.sections["carried"]]
        slopes = [line.slope for line in forward[s - 1].sections["a"]]
        here = [slope * (one + other) for slope, one, other in zip(slopes, injected, carried, strict=True)]
        assert [line.result for line in sheet.sections["δ"]] == here
        delta = Vector(here)
        before = paper.b_a if s < 1 else Vector([0.0] * n)
        if s > 1:
            before = Vector(line.result for line in forward[s - 2].sections["a"])
        after = Vector(line.result for line in forward[s - 1].sections["a"])
        assert [line.factors for line in sheet.sections["W_aa"][::2]] == [[d, before] for d in delta]
        assert sheet.sections["W_ax"][0].factors == [delta, paper.x[s - 1][0]]
        assert sheet.sections["b_a"][0].result == delta
        assert sheet.sections["W_y"][0].factors == [e, after]
        assert sheet.sections["b_y"][0].result == e
    for later, sheet in pairwise(sheets):
        for name in ("W_aa", "W_ax", "b_a", "W_y", "b_y"):
            for i in range(1, len(sheet.sections[name]), 2):
                sums = [later.sections[name][i].result, sheet.sections[name][i - 1].result]
                assert sheet.sections[name][i].factors == sums


async def read_all(drive: Drive) -> tuple[list[Sheet], list[Sheet]]:
    """The screens of every step, forward and back, by the keyboard."""
    steps = len(drive.trace.tape.losses)
    await drive.press("home")
    sheets = []
    for i in range(2 * steps):
        if i:
            await drive.press("right")
        sheets.append(Sheet(drive.inspector()))
        assert ("forward, t = " if i < steps else "backward, s = ") in sheets[-1].text
    return sheets[:steps], sheets[steps:]


async def redo_on_paper(drive: Drive) -> None:
    forward, back = await read_all(drive)
    for sheet in (*forward, *back):
        redo(sheet)
    paper, loss = written_down(forward), drive.screen.shown.loss
    losses = {1, 2, 3} if loss is None else {loss}
    follow_back(back, forward, paper, losses)
    gradient = paper.gradient(losses)
    gathered = {name: [line.result for line in back[-1].sections[name][1::2]] for name in gradient}
    by_core = core.backward_pass(drive.trace.tape, losses=losses).gradients
    for name, on_paper in gradient.items():
        np.testing.assert_array_equal(np.ravel(gathered[name]), np.ravel(on_paper))
        np.testing.assert_array_equal(by_core[name].ravel(), np.ravel(on_paper))
    together = core.backward_pass(drive.trace.tape).gradients
    for name, on_paper in paper.gradient({1, 2, 3}).items():
        np.testing.assert_array_equal(together[name].ravel(), np.ravel(on_paper))


@pytest.mark.parametrize("size", [MEDIUM, WIDE], ids=str)
def test_every_number_of_by_hand_is_redone_on_paper_from_the_screens_own_text(size: tuple[int, int]) -> None:
    @explorer(BY_HAND, size=size, only="work")
    async def walk(drive: Drive) -> None:
        await redo_on_paper(drive)
        before = drive.screen.shown.loss
        await drive.press("home", "right", "right", "f")
        await drive.until(lambda: drive.screen.shown.loss != before)
        await redo_on_paper(drive)

    walk()


@explorer(BY_HAND, size=NARROW, only="work")
async def test_in_a_small_window_it_is_the_tab_step_and_all_of_it_can_be_scrolled_to(drive: Drive) -> None:
    drive.screen.show_tab("tab-step")
    await drive.pilot.pause()
    await redo_on_paper(drive)
    panel = drive.one(type(drive.screen.query("StepPanel").first()), "#tab-step StepPanel")
    panel.focus()
    before = drive.inspector()
    for _ in range(panel.virtual_size.height // panel.size.height + 1):
        await drive.press("pagedown")
    await drive.until(lambda: panel.scroll_y == panel.max_scroll_y > 0)
    await drive.press("home")
    assert "forward, t = 1 of 3" in drive.inspector() != before


# Any small network


def seen(trace: Trace, backward_pass: core.BackwardPass, width: int = 200) -> tuple[list[Sheet], list[Sheet]]:
    steps = len(trace.tape.losses)
    cursor, palette = Cursor(steps), dark_palette()
    forward = [Sheet(forward_text(trace, cursor.at(i), palette, width=width).plain) for i in range(steps)]
    places = range(steps, 2 * steps)
    back = [Sheet(backward_text(trace, backward_pass, cursor.at(i), palette, width=width).plain) for i in places]
    return forward, back


def close(said: Any, values: Any) -> None:
    """What a line says is the number, to half a digit of the three that are shown, or of two next to an exponent.

    A sum of numbers of size 1 that cancels is 0 in one order of the terms, and 1e−17 in another.
    """
    said, values = np.ravel(np.asarray(said, dtype=float)), np.ravel(values)
    assert said.shape == values.shape
    plain = (np.abs(values) >= 1e-3) & (np.abs(values) < 1e4)
    allowed = np.where(plain, 0.0051, 0.051) * np.abs(values) + 1e-13
    assert np.all(np.abs(said - values) <= allowed), (said, values)


SLOPE = {
    "tanh": lambda z: 1 - np.tanh(z) ** 2,
    "sigmoid": lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2,
    "relu": lambda z: (z > 0).astype(float),
    "identity": np.ones_like,
}
VALUE = {"tanh": np.tanh, "sigmoid": lambda z: 1 / (1 + np.exp(-z)), "relu": lambda z: np.maximum(z, 0)}


@settings(deadline=None, max_examples=60)
@given(
    experiment=st.builds(
        Experiment,
        hidden_size=st.integers(1, MOST),
        timesteps=st.integers(1, 5),
        activation=st.sampled_from(sorted(SLOPE)),
        initializer=st.sampled_from(["gaussian", "orthogonal", "identity", "round"]),
        gain=st.sampled_from([0.5, 1.0, 2.0]),
        bias=st.sampled_from([0.0, -0.3]),
        initial_state=st.sampled_from([0.0, 1.0]),
        task=st.sampled_from(["noise", "adding", "sunspots", "echo"]),
        readout=st.sampled_from(["identity", "sigmoid", "softmax"]),
        scored=st.sampled_from(["every", "last"]),
        seed=st.integers(0, 1000),
        data_seed=st.integers(0, 1000),
    ),
    one=st.booleans(),
)
def test_the_numbers_of_any_small_network_are_its_own(experiment: Experiment, one: bool) -> None:
    """Forward and back a second time in NumPy, from the network's parameters and its batch only."""
    trace = core.run(experiment)
    p, batch, steps = trace.network.parameters, trace.batch, experiment.timesteps
    losses = [steps] if one else None
    forward, back = seen(trace, core.backward_pass(trace.tape, losses=losses))
    phi, slope = VALUE.get(experiment.activation, lambda z: z), SLOPE[experiment.activation]
    initial = np.zeros(experiment.hidden_size) if batch.initial_state is None else batch.initial_state[0]
    a, z, errors = [initial], [], []
    for t in range(steps):
        x, target = batch.inputs[t, 0], batch.targets[t, 0]
        z.append(p["W_aa"] @ a[-1] + p["W_ax"] @ x + p["b_a"])
        a.append(phi(z[-1]))
        o = p["W_y"] @ a[-1] + p["b_y"]
        y = {"identity": o, "sigmoid": 1 / (1 + np.exp(-o)), "softmax": np.exp(o) / np.exp(o).sum()}[experiment.readout]
        errors.append(y - (np.eye(3)[target] if experiment.readout == "softmax" else target))
        lines = forward[t].sections
        for i, line in enumerate(lines["z"]):
            close(line.result, z[-1][i])
            for part, whole in zip(line.factors, [p["W_aa"][i], a[-2], p["W_ax"][i], x], strict=False):
                close(part, whole)
        close([line.result for line in lines["a"]], a[-1])
        close([line.slope for line in lines["a"]], slope(z[-1]))
        close(lines["y"][-1].result, y if experiment.readout == "softmax" else y[-1:])
        assert ("e" in lines) == bool(batch.scored[t])
        if batch.scored[t]:
            close([line.result for line in lines["e"]], errors[-1])
            close(lines["L"][0].result, trace.tape.losses[t])
    delta, so_far = np.zeros(experiment.hidden_size), {name: np.zeros(array.shape) for name, array in p.items()}
    for s in range(steps, 0, -1):
        lines, followed = back[steps - s].sections, bool(batch.scored[s - 1]) and (not one or s == steps)
        e, carried = errors[s - 1] if followed else 0 * errors[s - 1], p["W_aa"].T @ delta
        assert ("injected" in lines) == followed
        if followed:
            close([line.result for line in lines["injected"]], p["W_y"].T @ e)
        if s < steps:
            close([line.result for line in lines["carried"]], carried)
        delta = slope(z[s - 1]) * (p["W_y"].T @ e + carried)
        close([line.result for line in lines["δ"]], delta)
        reads = {"W_aa": a[s - 1], "W_ax": batch.inputs[s - 1, 0], "b_a": None, "W_y": a[s], "b_y": None}
        for name, read in reads.items():
            made = e if name.endswith("y") else delta
            here = made if read is None else np.outer(made, read)
            so_far[name] += here.reshape(so_far[name].shape)
            close([line.result for line in lines[name][::2]], here)
            close([line.result for line in lines[name][1::2]], so_far[name])


@pytest.mark.parametrize("width", [24, 37, 60, 200])
def test_a_line_is_broken_between_its_pieces_and_says_the_same_at_every_width(width: int) -> None:
    trace = core.run(Experiment(hidden_size=4, timesteps=4, task="adding", initial_state=1.0))
    for broken, whole in zip(*(chain(*seen(trace, trace.backward_pass, at)) for at in (width, 200)), strict=True):
        assert [(line.name, line.expression, line.result) for line in broken.lines] == [
            (line.name, line.expression, line.result) for line in whole.lines
        ]
        pieces = [line for line in broken.text.splitlines() if re.match(r" {4}\S.*\[", line) and len(line) > width]
        assert all(line.count("[") == 1 for line in pieces)


@pytest.mark.parametrize(
    "settings",
    [{"hidden_size": MOST + 1}, {"hidden_size": 2, "batch_size": 2}, {"hidden_size": 2, "leak": 0.5}],
    ids=str,
)
def test_larger_networks_batches_and_other_cells_show_sizes_as_before(settings: dict[str, Any]) -> None:
    trace = core.run(Experiment(timesteps=4, **settings))
    forward, back = seen(trace, trace.backward_pass)
    assert "‖W_aa a⟨1⟩‖" in forward[1].text
    assert "L_2 = ½ ‖y⟨2⟩ − target‖²" in forward[1].text
    assert "injected ‖W_yᵀ e⟨3⟩‖" in back[1].text
    batch = settings.get("batch_size", 1)
    assert ("e⟨3⟩ = (y⟨3⟩ − target) / 2" if batch == 2 else "e⟨3⟩ = y⟨3⟩ − target\n") in back[1].text
    assert (", mean over 2 examples" in forward[1].text) == (batch == 2)
    alone = seen(trace, core.backward_pass(trace.tape, losses=[4]))[1]
    assert ["target" in sheet.text for sheet in alone] == [True, False, False, False]


@pytest.mark.parametrize("task", ["copy", "text"])
def test_inputs_and_outputs_without_room_are_told_by_what_they_make(task: str) -> None:
    trace = core.run(Experiment(hidden_size=2, timesteps=4, task=task))
    forward, back = seen(trace, trace.backward_pass)
    p, x = trace.network.parameters, trace.batch.inputs[1, 0]
    for i, line in enumerate(forward[1].sections["z"]):
        close(line.factors[2] if "− " not in line.expression else abs(line.factors[2]), abs((p["W_ax"] @ x)[i]))
        close(line.result, trace.tape.preactivations[1, 0, i])
    close([line.result for line in back[0].sections["injected"]], trace.backward_pass.step(4).injected.to_float64())
    assert set(back[0].sections) == {"injected", "δ", "W_aa", "b_a"}


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_a_small_cell_with_gates_shows_the_vectors_of_its_gates_and_gradients(cell: str) -> None:
    trace = core.run(Experiment(cell=cell, hidden_size=3, timesteps=4))
    cursor, palette = Cursor(4), dark_palette()
    forward = forward_text(trace, cursor.at(1), palette).plain
    back = backward_text(trace, trace.backward_pass, cursor.at(5), palette).plain

    def said(text: str, symbol: str) -> Any:
        return worked_out(re.search(rf"^  {re.escape(symbol)} [=≈] (\[.*\])$", text, re.MULTILINE)[1])  # type: ignore[index]

    for name, gate in core.forward_step(trace.tape, 2).gates.items():
        close(said(forward, f"{name}⟨2⟩"), gate.values)
        assert re.search(rf"slope below\s+{gate.saturated_below:g}\n", forward)
    for name, part in trace.network.by_part(trace.tape.states[2, 0]).items():
        close(said(forward, f"{name}⟨2⟩"), part)
    step = trace.backward_pass.step(3)
    for name, delta in step.deltas.items():
        close(said(back, f"δ_{name}⟨3⟩"), delta.to_float64())
    for name, part in trace.network.by_part(step.state_gradient.to_float64()).items():
        close(said(back, f"∂L/∂{name}⟨3⟩"), part)


def test_numbers_beyond_float64_are_shown_as_everywhere() -> None:
    trace = core.run(core.preset("saturated").replace(hidden_size=2, scored="last"))
    steps = len(trace.tape.losses)
    text = backward_text(trace, trace.backward_pass, Cursor(steps).at(2 * steps - 2), dark_palette(), width=37).plain
    assert re.search(r"δ₁ = \S+·\(0 [+−] \S+e−\d{3}\)\s+≈ −?\S+e−\d{3}", text)
    assert "nan" not in text
    assert "∞" not in text


def test_a_number_that_is_not_known_is_not_told_as_endless() -> None:
    told = [in_digits(value, power) for value in (float("nan"), -float("inf"), 0.0) for power in (0, 5)]
    assert told == ["–", "–", "−∞", "−∞", "0", "0"]


def test_without_a_read_out_the_given_gradients_are_what_is_put_in() -> None:
    rng = np.random.default_rng(0)
    network = core.Network(
        "rnn",
        {"W_aa": rng.normal(size=(2, 2)), "W_ax": rng.normal(size=(2, 1)), "b_a": np.zeros(2)},
        readout_name="none",
    )
    given_gradients = rng.normal(size=(3, 1, 2))
    trace = core.run(network=network, batch=core.Batch.injecting(rng.normal(size=(3, 1, 1)), given_gradients))
    forward, back = seen(trace, trace.backward_pass)
    close([line.result for line in back[1].sections["injected"]], given_gradients[1])
    assert "y" not in forward[0].sections
    assert "injected: g⟨2⟩" in back[1].text
