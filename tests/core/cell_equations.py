"""The cells' equations, forward and one step back, for one example: written out, sharing no code with core.

Both work on arrays of any kind of number, and take what depends on it from `Functions`: float64 in `oracles`, 200 bits
in `precise`. A `Step` forward is also what automatic differentiation goes through.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import autograd.numpy as anp
import numpy as np

Array = Any
Numbers = Mapping[str, Array]


@dataclass(frozen=True)
class Functions:
    phi: Callable[[Array], Array]
    phi_slope: Callable[[Array], Array]
    gate: Callable[[Array], Array]
    gate_slope: Callable[[Array], Array]
    leak: float = 1.0
    step_size: float = 0.1
    diffusion: float = 0.1


def rnn_forward(p: Numbers, f: Functions, before: Array, x: Array) -> tuple[Array, dict[str, Array]]:
    z = p["W_aa"] @ before + p["W_ax"] @ x + p["b_a"]
    return (1 - f.leak) * before + f.leak * f.phi(z), {"z": z}


def rnn_back(p: Numbers, f: Functions, before: Array, made: Numbers, into: Array) -> tuple[dict[str, Array], Array]:
    z = f.leak * f.phi_slope(made["z"]) * into
    return {"z": z}, p["W_aa"].T @ z + (1 - f.leak) * into


def gru_forward(p: Numbers, f: Functions, before: Array, x: Array) -> tuple[Array, dict[str, Array]]:
    r = p["W_ra"] @ before + p["W_rx"] @ x + p["b_r"]
    z = p["W_za"] @ before + p["W_zx"] @ x + p["b_z"]
    m = p["W_na"] @ before + p["b_na"]
    n = p["W_nx"] @ x + p["b_n"] + f.gate(r) * m
    return (1 - f.gate(z)) * f.phi(n) + f.gate(z) * before, {"r": r, "z": z, "n": n, "m": m}


def gru_back(p: Numbers, f: Functions, before: Array, made: Numbers, into: Array) -> tuple[dict[str, Array], Array]:
    n = f.gate(-made["z"]) * f.phi_slope(made["n"]) * into
    z = (before - f.phi(made["n"])) * f.gate_slope(made["z"]) * into
    m = f.gate(made["r"]) * n
    r = made["m"] * f.gate_slope(made["r"]) * n
    previous = f.gate(made["z"]) * into + p["W_ra"].T @ r + p["W_za"].T @ z + p["W_na"].T @ m
    return {"r": r, "z": z, "n": n, "m": m}, previous


def before_forward(p: Numbers, f: Functions, before: Array, x: Array) -> tuple[Array, dict[str, Array]]:
    r = p["W_ra"] @ before + p["W_rx"] @ x + p["b_r"]
    z = p["W_za"] @ before + p["W_zx"] @ x + p["b_z"]
    n = p["W_nx"] @ x + p["b_n"] + p["W_na"] @ (f.gate(r) * before)
    return (1 - f.gate(z)) * f.phi(n) + f.gate(z) * before, {"r": r, "z": z, "n": n}


def before_back(p: Numbers, f: Functions, before: Array, made: Numbers, into: Array) -> tuple[dict[str, Array], Array]:
    n = f.gate(-made["z"]) * f.phi_slope(made["n"]) * into
    z = (before - f.phi(made["n"])) * f.gate_slope(made["z"]) * into
    v = p["W_na"].T @ n
    r = before * f.gate_slope(made["r"]) * v
    previous = f.gate(made["z"]) * into + f.gate(made["r"]) * v + p["W_ra"].T @ r + p["W_za"].T @ z
    return {"r": r, "z": z, "n": n}, previous


def lstm_forward(p: Numbers, f: Functions, before: Array, x: Array) -> tuple[Array, dict[str, Array]]:
    n = len(before) // 2
    a, c = before[:n], before[n:]
    made = {gate: p[f"W_{gate}a"] @ a + p[f"W_{gate}x"] @ x + p[f"b_{gate}"] for gate in "ifgo"}
    c = f.gate(made["f"]) * c + f.gate(made["i"]) * f.phi(made["g"])
    return anp.concatenate([f.gate(made["o"]) * f.phi(c), c]), made


def lstm_back(p: Numbers, f: Functions, before: Array, made: Numbers, into: Array) -> tuple[dict[str, Array], Array]:
    n = len(before) // 2
    i, forget, g, o = f.gate(made["i"]), f.gate(made["f"]), f.phi(made["g"]), f.gate(made["o"])
    c = made["c"] if "c" in made else forget * before[n:] + i * g
    cell = into[n:] + o * f.phi_slope(c) * into[:n]
    deltas = {
        "i": g * f.gate_slope(made["i"]) * cell,
        "f": before[n:] * f.gate_slope(made["f"]) * cell,
        "g": i * f.phi_slope(made["g"]) * cell,
        "o": f.phi(c) * f.gate_slope(made["o"]) * into[:n],
    }
    hidden = sum(p[f"W_{gate}a"].T @ delta for gate, delta in deltas.items())
    return deltas, np.concatenate([hidden, forget * cell])


def projected_forward(p: Numbers, f: Functions, before: Array, x: Array) -> tuple[Array, dict[str, Array]]:
    shown = len(p["W_am"])
    a, c = before[:shown], before[shown:]
    made = {gate: p[f"W_{gate}a"] @ a + p[f"W_{gate}x"] @ x + p[f"b_{gate}"] for gate in "ifgo"}
    c = f.gate(made["f"]) * c + f.gate(made["i"]) * f.phi(made["g"])
    m = f.gate(made["o"]) * f.phi(c)
    return anp.concatenate([p["W_am"] @ m, c]), {**made, "m": m}


def projected_back(
    p: Numbers, f: Functions, before: Array, made: Numbers, into: Array
) -> tuple[dict[str, Array], Array]:
    shown = len(p["W_am"])
    i, forget, g, o = f.gate(made["i"]), f.gate(made["f"]), f.phi(made["g"]), f.gate(made["o"])
    c = forget * before[shown:] + i * g
    at_m = p["W_am"].T @ into[:shown]
    cell = into[shown:] + o * f.phi_slope(c) * at_m
    deltas = {
        "i": g * f.gate_slope(made["i"]) * cell,
        "f": before[shown:] * f.gate_slope(made["f"]) * cell,
        "g": i * f.phi_slope(made["g"]) * cell,
        "o": f.phi(c) * f.gate_slope(made["o"]) * at_m,
    }
    hidden = sum(p[f"W_{gate}a"].T @ delta for gate, delta in deltas.items())
    return {**deltas, "p": into[:shown]}, np.concatenate([hidden, forget * cell])


def mingru_forward(p: Numbers, f: Functions, before: Array, x: Array) -> tuple[Array, dict[str, Array]]:
    z = p["W_zx"] @ x + p["b_z"]
    n = p["W_nx"] @ x + p["b_n"]
    return (1 - f.gate(z)) * before + f.gate(z) * n, {"z": z, "n": n}


def mingru_back(p: Numbers, f: Functions, before: Array, made: Numbers, into: Array) -> tuple[dict[str, Array], Array]:
    n = f.gate(made["z"]) * into
    z = (made["n"] - before) * f.gate_slope(made["z"]) * into
    return {"z": z, "n": n}, f.gate(-made["z"]) * into


def antisymmetric_forward(p: Numbers, f: Functions, before: Array, x: Array) -> tuple[Array, dict[str, Array]]:
    z = p["W_aa"] @ before - p["W_aa"].T @ before - f.diffusion * before + p["W_ax"] @ x + p["b_a"]
    return before + f.step_size * f.phi(z), {"z": z}


def antisymmetric_back(
    p: Numbers, f: Functions, before: Array, made: Numbers, into: Array
) -> tuple[dict[str, Array], Array]:
    z = f.step_size * f.phi_slope(made["z"]) * into
    return {"z": z}, into + p["W_aa"].T @ z - p["W_aa"] @ z - f.diffusion * z


@dataclass(frozen=True)
class Equations:
    forward: Callable[[Numbers, Functions, Array, Array], tuple[Array, dict[str, Array]]]
    """Parameters, functions, state before, input → state, pre-activations"""
    back: Callable[[Numbers, Functions, Array, Numbers, Array], tuple[dict[str, Array], Array]]
    """Parameters, functions, state before, pre-activations, gradient at the state → deltas, gradient at that before"""
    uses: Mapping[str, tuple[str, str]]
    """Parameter → its delta, and what it reads"""
    made: tuple[str, ...]
    """The pre-activations in the order in which core records them"""
    parts: int = 1
    """States have this many times n_a numbers"""
    untied: tuple[str, ...] = ()
    """Parameters with numbers of their own for every step"""
    gate: tuple[Callable[[Array], Array], Callable[[Array], Array]] | None = None
    """The gates' function and its slope, where it is not the logistic one"""
    antisymmetric: tuple[str, ...] = ()
    """Parameters W that are used as W − Wᵀ − κ1"""

    def contribution(self, name: str, delta: Array, reads: Array) -> Array:
        """What a use adds to a parameter's gradient, as a matrix; of deltas and reads of several examples their sum."""
        made = np.atleast_2d(delta).T @ np.atleast_2d(reads)
        return made - made.T if name in self.antisymmetric else made

    def multiplies(self, name: str, parameter: Array, f: Functions) -> Array:
        """The matrix that multiplies what a parameter reads."""
        matrix = parameter.reshape(len(parameter), -1)
        return matrix - matrix.T - f.diffusion * np.eye(len(matrix)) if name in self.antisymmetric else matrix

    def reads(self, f: Functions, before: Array, x: Array, made: Numbers) -> dict[str, Array]:
        """What the parameters read, of one example or of several in rows."""
        a = before[..., : before.shape[-1] // self.parts]
        found = {"a": a, "x": x, "1": np.ones((*a.shape[:-1], 1))}
        return found | {"r⊙a": f.gate(made["r"]) * a} if self.back is before_back else found

    def at(self, parameters: Numbers, step: int) -> dict[str, Array]:
        """What step index `step` uses."""
        return {name: value[step] if name in self.untied else value for name, value in parameters.items()}


def hard(width: float) -> tuple[Callable[[Array], Array], Callable[[Array], Array]]:
    """clip(z/width + ½, 0, 1) and its slope."""
    return (
        lambda z: anp.clip(z / width + 0.5, 0.0, 1.0),
        lambda z: np.where(np.abs(z) < width / 2, 1.0 / width, 0.0),
    )


RNN_USES = {"W_aa": ("z", "a"), "W_ax": ("z", "x"), "b_a": ("z", "1")}
GRU_USES = {
    **{f"W_{gate}{source}": (gate, source) for gate in "rz" for source in "ax"},
    **{f"b_{gate}": (gate, "1") for gate in "rzn"},
    "W_na": ("m", "a"),
    "b_na": ("m", "1"),
    "W_nx": ("n", "x"),
}

BEFORE_USES = {name: use for name, use in GRU_USES.items() if name != "b_na"} | {"W_na": ("n", "r⊙a")}

LSTM_USES = {
    name: (gate, source)
    for gate in "ifgo"
    for name, source in ((f"W_{gate}a", "a"), (f"W_{gate}x", "x"), (f"b_{gate}", "1"))
}

MINGRU_USES = {"W_zx": ("z", "x"), "b_z": ("z", "1"), "W_nx": ("n", "x"), "b_n": ("n", "1")}

GIVEN_ONLY = {
    "lstm-projected": Equations(
        projected_forward, projected_back, {**LSTM_USES, "W_am": ("p", "m")}, ("i", "f", "g", "o", "p")
    ),
}
"""Cells that networks are given with, whose parts have widths of their own"""

EQUATIONS = {
    "deep": Equations(rnn_forward, rnn_back, RNN_USES, ("z",), untied=("W_aa", "b_a")),
    "rnn": Equations(rnn_forward, rnn_back, RNN_USES, ("z",)),
    "gru": Equations(gru_forward, gru_back, GRU_USES, ("r", "z", "n", "m")),
    "gru-before": Equations(before_forward, before_back, BEFORE_USES, ("r", "z", "n")),
    "gru-hard": Equations(gru_forward, gru_back, GRU_USES, ("r", "z", "n", "m"), gate=hard(6.0)),
    "lstm-hard-keras2": Equations(lstm_forward, lstm_back, LSTM_USES, ("i", "f", "g", "o"), parts=2, gate=hard(5.0)),
    "gru-before-hard": Equations(before_forward, before_back, BEFORE_USES, ("r", "z", "n"), gate=hard(6.0)),
    "lstm": Equations(lstm_forward, lstm_back, LSTM_USES, ("i", "f", "g", "o"), parts=2),
    "mingru": Equations(mingru_forward, mingru_back, MINGRU_USES, ("z", "n")),
    "antisymmetric": Equations(antisymmetric_forward, antisymmetric_back, RNN_USES, ("z",), antisymmetric=("W_aa",)),
}


def initial(equations: Equations, n_a: int, given: Array | None) -> Array:
    """State 0 of one example: a⟨0⟩ as given, zeros elsewhere."""
    state = np.zeros(equations.parts * n_a)
    if given is not None:
        state[: len(given)] = given
    return state
