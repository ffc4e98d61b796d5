"""What mean-field theory has of a random network of n → ∞ units: its gradient at every lag of a given sequence.

Of many units with gaussian matrices each sees the sum over all others only, which is gaussian, and independent of what
any single one of them does (Sompolinsky, Crisanti & Sommers 1988; Poole et al. 2016 and Schoenholz et al. 2017 of deep
networks, in which each layer has a matrix of its own; Chen, Pennington & Schoenholz 2018 and Gilboa et al. 2019 of
recurrent ones). So does the way back: Wᵀ δ is gaussian, and independent of the way there since W_y is (Yang 2020).
Where a step passes a gradient through one matrix and nothing beside it, variances are enough:

    q⟨t⟩ = g² ⟨φ(z⟨t−1⟩)²⟩ + g_x² |x⟨t⟩|²/n_x        z⟨t⟩ ~ N(b, q⟨t⟩)        χ⟨t⟩ = g² ⟨φ'(z⟨t⟩)²⟩
    ‖∂L_t/∂a⟨t−k⟩‖² / ‖∂L_t/∂a⟨t⟩‖² = χ⟨t⟩ χ⟨t−1⟩ … χ⟨t−k+1⟩

The input is one number for all units, and another at each step (as in Massar & Massar 2013), so that the variance goes
up and down with it. Of n units the mean of a logarithm lies below the logarithm of the mean, by half the variance:

    rate = ⟨½ log χ⟩ − (3κ − 1)/4n        κ = ⟨φ'⁴⟩/⟨φ'²⟩²

for ‖Wᵀ D δ‖²/‖δ‖² has the relative variance 3(κ − 1)/n, of which units δ lies on, and 2/n of the gaussian W.

A gated cell adds to what goes through the matrices what goes around them. What W made of one step is then there at the
next, and it counts that W is the same at every step: the sums are gaussian processes, of covariances

    ⟨(W a⟨s−1⟩) (W a⟨s'−1⟩)⟩ = g² ⟨a⟨s−1⟩ a⟨s'−1⟩⟩        ⟨(Wᵀ δ⟨s⟩) (Wᵀ δ⟨s'⟩)⟩ = g² ⟨δ⟨s⟩ δ⟨s'⟩⟩

whose averages are taken over many units that are drawn from them, step by step. With another W at each step, which
Chen et al. and Gilboa et al. assume, nothing is left of them but s = s'.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from core.bptt.rate import fit_rate

Floats = NDArray[np.float64]

XI, WEIGHT = np.polynomial.hermite_e.hermegauss(101)
WEIGHT = WEIGHT / WEIGHT.sum()


def halved(function: Callable[[float], float], low: float, high: float, rounds: int = 50) -> float:
    """Where an increasing function is 0."""
    for _ in range(rounds):
        middle = (low + high) / 2
        low, high = (middle, high) if function(middle) < 0 else (low, middle)
    return (low + high) / 2


def tanh_logs(gain: float, from_outside: Floats, *, bias: float = 0.0, units: float = np.inf) -> Floats:
    """log₂ of what steps 1 … t multiply the norm of a gradient by, at [t], (T + 1,), of tanh units from a⟨0⟩ = 0.

    Args:
        gain: g.
        from_outside: The variance over units that the input adds at each step, (T,).
        bias: b.
        units: n; ∞ leaves the term with 1/n out.
    """
    found, squares = np.zeros(len(from_outside) + 1), 0.0
    for t, variance in enumerate(from_outside, 1):
        z = bias + np.sqrt(gain**2 * squares + variance) * XI
        squares, slopes = float(WEIGHT @ np.tanh(z) ** 2), np.cosh(z) ** -2.0
        mean = float(WEIGHT @ slopes**2)
        kappa = float(WEIGHT @ slopes**4) / mean**2
        found[t] = np.log2(gain**2 * mean) / 2 - (3 * kappa - 1) / (4 * units) / np.log(2)
    return np.cumsum(found)


def rate_of(logs: Floats, *, scored: str = "every") -> float:
    """The slope of log₂ norms at [t−1, k] = logs[t] − logs[t−k], logs (T + 1,), fitted as that of a trace is."""
    steps = len(logs) - 1
    table = np.full((steps, steps), -np.inf)
    for t in range(1, steps + 1) if scored == "every" else (steps,):
        table[t - 1, :t] = logs[t] - logs[t:0:-1]
    return fit_rate(table).log2_per_step


class _Sums:
    """Sums over all units, step after step: gaussian with the covariance scale² ⟨u⟨s⟩ u⟨s'⟩⟩, of many units."""

    def __init__(self, rng: np.random.Generator, matrices: int, steps: int, units: int, *, tied: bool) -> None:
        self._noise, self._tied = rng.standard_normal((matrices, steps, units)), tied
        self._root = np.zeros((steps, steps))
        """Row s has the shares of independent noise in the s-th sum: the covariance is root rootᵀ"""
        self._read: list[list[Floats]] = []

    def next(self, scale: float, read: list[Floats]) -> list[Floats]:
        """What each matrix makes of what is read now, (units,); the squares of several that are read add up.

        Args:
            scale: √n times the standard deviation of a matrix's entries.
            read: Vectors (units,), at every step as many.
        """
        s, row = len(self._read), self._root[len(self._read)]
        self._read.append(read)
        for j in range(s if self._tied else 0):
            common = scale**2 * sum(float(now @ then) / len(now) for now, then in zip(read, self._read[j], strict=True))
            alone = self._root[j, j]
            row[j] = (common - float(row[:j] @ self._root[j, :j])) / alone if alone > 0 else 0.0
        whole = scale**2 * sum(float(now @ now) / len(now) for now in read)
        rest = whole - float(row[:s] @ row[:s])
        row[s] = np.sqrt(rest) if rest > 1e-12 * whole else 0.0
        return [row[: s + 1] @ noise[: s + 1] for noise in self._noise]


def _sigmoid(z: Floats) -> Floats:
    return 0.5 + 0.5 * np.tanh(z / 2)


def gated_logs(
    cell: str,
    gain: float,
    inputs: Floats,
    *,
    input_gain: float = 1.0,
    forget_bias: float = 0.0,
    tied: bool = True,
    units: int = 8000,
    seed: int = 0,
) -> Floats:
    """log₂ of the norms of a last loss' gradient at the state, (T + 1,) at [s] as `rate_of` takes them: from zeros.

    Args:
        cell: `gru` or `lstm`.
        gain: g of every recurrent matrix.
        inputs: x⟨1⟩ … x⟨T⟩, (T,), one number that all units read.
        input_gain: The standard deviation of what it is read with.
        forget_bias: b_f of an LSTM; all other biases are 0.
        tied: Whether the matrices are the same at every step.
        units: How many units averages are taken over.
        seed: Of the noise, so that two gains can be compared.
    """
    rng, steps = np.random.default_rng(seed), len(inputs)
    gates = {"gru": "rznm", "lstm": "ifgo"}[cell]
    read_with = dict(zip(gates, input_gain * rng.standard_normal((4, units)), strict=True))
    there, back = (_Sums(rng, count, steps, units, tied=tied) for count in (4, 1))
    step_there, step_back = (_gru, _gru_back) if cell == "gru" else (_lstm, _lstm_back)
    a, c, past = np.zeros(units), np.zeros(units), []
    for x in inputs:
        made = dict(zip(gates, there.next(gain, [a]), strict=True))
        a, c, kept = step_there(made, {gate: weights * x for gate, weights in read_with.items()}, a, c, forget_bias)
        past.append(kept)
    at_a, at_c, logs = rng.standard_normal(units), np.zeros(units), []
    for kept in reversed(past):
        logs.append(-np.log2(np.mean(at_a**2 + at_c**2)) / 2)
        deltas, around, at_c = step_back(kept, at_a, at_c)
        (sums,) = back.next(gain, deltas)
        at_a = around + sums
    return np.array([0.0, *logs[::-1]])


Made = dict[str, Floats]
There = tuple[Floats, Floats, tuple[Floats, ...]]
Back = tuple[list[Floats], Floats, Floats]


def _gru(made: Made, outside: Made, a: Floats, c: Floats, forget_bias: float) -> There:
    r, z = (_sigmoid(made[gate] + outside[gate]) for gate in "rz")
    n = np.tanh(outside["n"] + r * made["m"])
    return (1 - z) * n + z * a, c, (r, z, n, made["m"], a)


def _gru_back(kept: tuple[Floats, ...], at_a: Floats, at_c: Floats) -> Back:
    r, z, n, m, before = kept
    at_n = (1 - z) * (1 - n**2) * at_a
    return [m * r * (1 - r) * at_n, (before - n) * z * (1 - z) * at_a, r * at_n], z * at_a, at_c


def _lstm(made: Made, outside: Made, a: Floats, c: Floats, forget_bias: float) -> There:
    i, o = (_sigmoid(made[gate] + outside[gate]) for gate in "io")
    f, g = _sigmoid(made["f"] + outside["f"] + forget_bias), np.tanh(made["g"] + outside["g"])
    after = f * c + i * g
    return o * np.tanh(after), after, (i, f, g, o, c, np.tanh(after))


def _lstm_back(kept: tuple[Floats, ...], at_a: Floats, at_c: Floats) -> Back:
    i, f, g, o, before, shown = kept
    whole = at_c + o * (1 - shown**2) * at_a
    deltas = [g * i * (1 - i) * whole, before * f * (1 - f) * whole, i * (1 - g**2) * whole]
    return [*deltas, shown * o * (1 - o) * at_a], np.zeros_like(at_a), f * whole
