"""What the inspector says comes back to a step: its numbers satisfy its own equation, at the steps that stand in it.

The equation is read off the panel and computed as it is written, from gates, gradients and weights of the steps named.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from test_step_panel import plain, said, size

import core
from core import Trace
from core.network.cells import CELLS
from core.network.cells.bidirectional import directions_of
from tui.explorer.session.cursor import Cursor
from tui.explorer.widgets.step_backward import backward_text
from tui.report.palette import dark_palette

STEPS = 6
NETWORKS: list[dict[str, Any]] = [{"cell": name} for name in CELLS] + [
    {"cell": "rnn", "leak": 0.3},
    {"cell": "deep", "leak": 0.3},
]


class Written:
    """The quantities of a trace by the names that they have in an equation."""

    def __init__(self, trace: Trace) -> None:
        self.trace, self.pass_ = trace, trace.backward_pass

    def at(self, name: str, step: int) -> np.ndarray:
        """The value of a gate, a candidate or a part of the state; what the equations name on the way is made here."""
        if name == "γ":
            cell, shown = self.gradient("c", step), self.gradient("a", step)
            return cell + self.at("o", step) * (1 - np.tanh(self.at("c", step)) ** 2) * shown
        if name == "v":
            return self.weights("W_na").T @ self.delta("n", step)
        gates = core.forward_step(self.trace.tape, step).gates
        if name in gates:
            return gates[name].values[0]
        return self.trace.network.by_part(self.trace.tape.states[step])[name][0]

    def gradient(self, part: str, step: int) -> np.ndarray:
        gradient = self.pass_.step(step).state_gradient
        return self.trace.network.by_part(np.ldexp(gradient.mantissa, gradient.exponent))[part][0]

    def delta(self, name: str, step: int) -> np.ndarray:
        delta = self.pass_.step(step).deltas[name or "z"]
        return np.ldexp(delta.mantissa, delta.exponent)[0]

    def weights(self, name: str, step: int = 0) -> np.ndarray:
        values = self.trace.network.parameters[name]
        return values[step - 1] if step else values

    def value(self, formula: str) -> np.ndarray:
        """What an equation's right side comes to."""
        text = formula.replace("⊙", "*").replace("−", "-")
        text = re.sub(r"∂L/∂(\w)⟨(\d+)⟩", r"own.gradient('\1', \2)", text)
        text = re.sub(r"δ(?:_(\w))?⟨(\d+)⟩", r"own.delta('\1', \2)", text)
        text = re.sub(r"(W_\w+)⟨(\d+)⟩ᵀ ", r"own.weights('\1', \2).T @ ", text)
        text = re.sub(r"(W_\w+)ᵀ (?!-)", r"own.weights('\1').T @ ", text)
        text = text.replace("(W_aaᵀ - W_aa - κ1) ", "(own.weights('W_aa').T - own.weights('W_aa') - damping) @ ")
        text = re.sub(r"(?<![\w'])(\w)⟨(\d+)⟩", r"own.at('\1', \2)", text).replace("(1 - α) ", "(1 - leak) * ")
        experiment = self.trace.experiment
        names = {"own": self, "leak": experiment.leak, "damping": experiment.diffusion * np.eye(experiment.hidden_size)}
        found: np.ndarray = eval(text, names)  # the program's own equation, turned into Python above
        return found


def shown(trace: Trace, s: int) -> str:
    return plain(backward_text(trace, trace.backward_pass, Cursor(STEPS).at(2 * STEPS - s), dark_palette()))


@pytest.mark.parametrize("settings", NETWORKS, ids=str)
def test_what_is_carried_is_what_its_equation_says_at_the_steps_named_there(settings: dict[str, Any]) -> None:
    trace = core.run(core.Experiment(timesteps=STEPS, hidden_size=5, **settings))
    own = Written(trace)
    for s in (1, 3, STEPS - 1):
        text = shown(trace, s)
        if trace.network.cell.elman:
            formula = re.search(rf"φ'\(z⟨{s}⟩\) ⊙ \(.* \+ (W_aaᵀ δ⟨\d+⟩)\)", text)
            assert formula is not None
            assert said(text, f"carried ‖{formula[1]}‖") == size(own.value(formula[1]))
            continue
        formulas = re.findall(r"carried: (.*)", text)
        values = np.concatenate([own.value(formula.strip()) for formula in formulas])
        assert said(text, f"carried from s = {s + 1}") == size(values)
        if trace.network.cell.direct is not None:
            way = re.search(r"directly, × (\S+(?: − \S+)?)", text)
            assert way is not None
            of = "c" if "c" in {part.name for part in trace.network.parts} else "a"
            gradient = own.at("γ", s + 1) if of == "c" else own.gradient(of, s + 1)
            direct = own.value(way[1].replace("α)", "leak)")) * gradient
            assert said(text, f"directly, × {way[1]}") == size(direct)


@pytest.mark.parametrize("settings", NETWORKS, ids=str)
def test_nothing_is_carried_to_the_last_step_and_no_equation_names_a_step_after_it(settings: dict[str, Any]) -> None:
    trace = core.run(core.Experiment(timesteps=STEPS, hidden_size=5, **settings))
    text = shown(trace, STEPS)
    assert f"⟨{STEPS + 1}⟩" not in text.replace(f"‖W_aaᵀ δ⟨{STEPS + 1}⟩‖", "")
    assert "none yet" in text


def test_a_direction_that_looks_ahead_carries_from_the_step_before() -> None:
    lines = directions_of([CELLS["gru"], CELLS["gru"]]).equations().back
    assert "z_fwd⟨s+1⟩ ⊙ ∂L/∂a_fwd⟨s+1⟩" in lines["a_fwd"]
    assert "z_bwd⟨s−1⟩ ⊙ ∂L/∂a_bwd⟨s−1⟩" in lines["a_bwd"]
    assert "a_bwd⟨s+1⟩ − n_bwd⟨s⟩" in lines["z_bwd"]
