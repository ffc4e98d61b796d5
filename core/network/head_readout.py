"""A read-out of more than W_y and b_y: it may read several states, and it may have hidden layers.

    h_0⟨t⟩ = a⟨t⟩, or the mean, the maximum or an attention over a⟨1⟩ … a⟨t⟩ (`core.network.over_time`), or of two
    directions their product, a_fwd⟨t⟩ ⊙ a_bwd⟨t⟩, as Keras' Bidirectional multiplies them
    h_l⟨t⟩ = φ_l(W_h·l h_{l−1}⟨t⟩ + b_h·l)        o⟨t⟩ = W_y h_L⟨t⟩ + b_y        y⟨t⟩ = g(o⟨t⟩)

Its name says all of it but the numbers: `relu>softmax` has one hidden layer with relu before a softmax, `mean:identity`
reads the mean over time, `attention:tanh>sigmoid` both, `product:identity` the product of two directions.
Its parameters are `W_h1`, `b_h1`, … , `W_y`, `b_y`, and `q`.

L_t acts on a⟨s⟩ directly for every s ≤ t that is read. The recurrence sees of it only what comes in at each state,

    g⟨s⟩ = Σ_{t≥s} ∂L_t/∂a⟨s⟩        with every other state held fixed

So what is told of a loss time t is the part of L that comes in at a⟨t⟩, and the lag k = t − s counts the Jacobians
between there and the use at s. For a head that reads only a⟨t⟩ this is L_t.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from core.network.activations import ACTIVATIONS
from core.network.cells.protocol import Use
from core.network.over_time import OVER_TIME, first_maximum
from core.network.readout import BIAS, READOUTS, WEIGHTS, ReadBack, Readout
from core.numerics.frozen import FrozenMapping
from core.numerics.scaled import Floats, freeze

QUERY = "q"

PRODUCT = "product"
"""In the place of a way to read several states: the product of the two directions at a step"""


@dataclass(frozen=True)
class HeadReadout(Readout):
    """A read-out with hidden layers, or over several states."""

    activations: tuple[str, ...] = ()
    """φ of each hidden layer, the lowest first"""
    over_time: str = ""
    """A key of `OVER_TIME`; empty where only the state of the step is read"""
    output: bool = True
    """Whether there are W_y and b_y; what is read is the output itself where there are no layers at all"""
    product: bool = False
    """Whether it reads the product of the first half of what is shown and the second: of two directions"""

    @property
    def linear(self) -> bool:
        """Whether o⟨t⟩ = W_y a⟨t⟩ + b_y."""
        return False

    @property
    def layers(self) -> tuple[tuple[str, str, str], ...]:
        """Weights, bias and φ of each layer, that of the output last."""
        hidden = ((f"W_h{i}", f"b_h{i}", phi) for i, phi in enumerate(self.activations, 1))
        return (*hidden, *(((WEIGHTS, BIAS, "identity"),) if self.output else ()))

    def equations(self, a: str) -> tuple[str, ...]:
        """How y⟨t⟩ is made from the states that are read, in symbols, `a` their name, the lowest first."""
        found, read = [], f"{a}⟨t⟩"
        if self.over_time:
            found, read = [f"h_0⟨t⟩ = {OVER_TIME[self.over_time].equation.replace('a⟨s⟩', f'{a}⟨s⟩')}"], "h_0⟨t⟩"
        elif self.product:
            one, other = (a.replace("a", f"a_{way}", 1) for way in ("fwd", "bwd"))
            found, read = [f"h_0⟨t⟩ = {one}⟨t⟩ ⊙ {other}⟨t⟩"], "h_0⟨t⟩"
        for i, (weights, bias, phi) in enumerate(self.layers[:-1], 1):
            made = f"{weights} {read} + {bias}"
            found.append(f"h_{i}⟨t⟩ = {made if phi == 'identity' else f'{phi}({made})'}")
            read = f"h_{i}⟨t⟩"
        return (*found, *self._output(read))

    def between(self, parameters: Mapping[str, Floats]) -> tuple[int, ...]:
        """How many numbers each hidden layer makes."""
        return tuple(parameters[weights].shape[0] for weights, _, _ in self.layers[:-1])

    def shapes(self, n_y: int, n: int, between: Sequence[int] = ()) -> Mapping[str, tuple[int, ...]]:
        """Parameter → shape, for n_y outputs made from n numbers of the state, with so many numbers in between."""
        widths = (n // 2 if self.product else n, *(between or (1,) * len(self.activations)), n_y)
        found: dict[str, tuple[int, ...]] = {}
        for i, (weights, bias, _) in enumerate(self.layers):
            found |= {weights: (widths[i + 1], widths[i]), bias: (widths[i + 1],)}
        return {**found, **({QUERY: (n,)} if self._query else {})}

    @property
    def _query(self) -> bool:
        return bool(self.over_time) and OVER_TIME[self.over_time].query

    def made(self, parameters: Mapping[str, Floats], state: Floats) -> Floats:
        """o⟨1⟩ … o⟨T⟩, (T, B, n_y), from a⟨1⟩ … a⟨T⟩, (T, B, n)."""
        return self._rows(parameters, state)[0][-1]

    def _rows(self, parameters: Mapping[str, Floats], state: Floats) -> tuple[list[Floats], list[Floats]]:
        """What every layer reads and what the last one makes, and what each makes before its φ."""
        pooled = OVER_TIME[self.over_time].read(state, parameters.get(QUERY)) if self.over_time else state
        if self.product:
            one, other = np.split(state, 2, axis=2)
            pooled = one * other
        reads, drives = [pooled], []
        for weights, bias, phi in self.layers:
            drives.append(reads[-1] @ parameters[weights].T + parameters[bias])
            reads.append(ACTIVATIONS[phi].value(drives[-1]))
        return reads, drives

    def injected(self, parameters: Mapping[str, Floats], errors: Floats) -> Floats:
        """What comes in at the part that is read: the errors of such a tape are there already."""
        return errors.copy()

    def wall(self, parameters: Mapping[str, Floats]) -> str:
        """The matrix of the head that is all zeros and lets no gradient by; else ''."""
        return next((weights for weights, _, _ in self.layers if not np.any(parameters[weights])), "")

    def entering(self, scored: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """At which steps, (T, …), something comes in: over time at all up to the last that is scored."""
        return np.asarray(np.logical_or.accumulate(scored[::-1])[::-1]) if self.over_time else scored

    def sides(self, parameters: Mapping[str, Floats], state: Floats) -> Mapping[str, NDArray[np.intp]]:
        """Which state has the maximum, and on which side of the kinks of its φ each number of a hidden layer is."""
        found: dict[str, NDArray[np.intp]] = {}
        if self.over_time == "max":
            found["h_0"] = first_maximum(state)
        for (weights, _, phi), drive in zip(self.layers, self._rows(parameters, state)[1], strict=True):
            if kinks := ACTIVATIONS[phi].kinks:
                found[self.uses[weights].delta] = np.searchsorted(kinks, drive, side="left")
        return found

    def read_back(self, parameters: Mapping[str, Floats], state: Floats, errors: Floats) -> ReadBack:
        """∂L/∂o⟨t⟩, (T, B, n_y), back to the states."""
        reads, drives = self._rows(parameters, state)
        ones = np.ones((*state.shape[:2], 1))
        deltas: dict[str, Floats] = {}
        read: dict[str, Floats] = {}
        at = errors
        for (weights, bias, phi), below, drive in reversed(list(zip(self.layers, reads[:-1], drives, strict=True))):
            delta = at * ACTIVATIONS[phi].derivative(drive)
            deltas[self.uses[weights].delta] = delta
            read |= {weights: below, bias: ones}
            at = delta @ parameters[weights]
        if self.product:
            one, other = np.split(state, 2, axis=2)
            at = np.concatenate([at * other, at * one], axis=2)
        if self.over_time:
            at, score = OVER_TIME[self.over_time].back(at, state, parameters.get(QUERY))
            if score is not None:
                deltas[self.uses[QUERY].delta], read[QUERY] = score, state
        freeze(at, *deltas.values(), *read.values())
        return ReadBack(at, FrozenMapping(deltas), FrozenMapping(read))


@lru_cache(maxsize=64)
def readout_of(name: str) -> Readout:
    """The read-out of that name.

    Args:
        name: A key of `READOUTS`, before it the φ of hidden layers, each with a > behind it, and before these how
            several states are read, a key of `OVER_TIME` with a : behind it.

    Raises:
        ValueError: if there is no such read-out.

    Runnable example:

        >>> head = readout_of("mean:relu>softmax")
        >>> head.over_time, head.activations, head.g, list(head.uses)
        ('mean', ('relu',), 'softmax', ['W_h1', 'b_h1', 'W_y', 'b_y'])
    """
    if name in READOUTS:
        return READOUTS[name]
    over_time, _, chain = str(name).rpartition(":")
    *activations, g = chain.split(">")
    if g not in READOUTS or not READOUTS[g].uses or (over_time and over_time not in (*OVER_TIME, PRODUCT)):
        over = ", ".join(f"{one}:identity" for one in OVER_TIME)
        raise ValueError(
            f"unknown readout {name!r}; known are {', '.join(READOUTS)}, and heads such as relu>softmax and {over}"
        )
    for phi in activations:
        if phi not in ACTIVATIONS:
            raise ValueError(f"unknown activation {phi!r} in the head {name!r}; known are {', '.join(ACTIVATIONS)}")
    return head_readout(over_time, activations, g)


def head_readout(over_time: str, activations: Sequence[str], g: str, output: bool = True) -> Readout:
    """A read-out of these hidden layers, over so many states; the plain one of g where it has neither.

    Args:
        over_time: A key of `OVER_TIME`, `PRODUCT`, or empty.
        activations: φ of each hidden layer, the lowest first.
        g: A key of `READOUTS`.
        output: Whether it has W_y and b_y.
    """
    plain, uses = READOUTS[g], dict[str, Use]()
    for i, _ in enumerate(activations, 1):
        below = f"h_{i - 1}" if i > 1 or over_time else "a"
        uses[f"W_h{i}"] = Use(f"h_{i}", below, role="readout", gate=f"h_{i}")
        uses[f"b_h{i}"] = Use(f"h_{i}", "1", role="readout", gate=f"h_{i}")
    if output:
        last = f"h_{len(activations)}" if activations or over_time else "a"
        uses |= {WEIGHTS: Use("o", last, role="readout", gate="y"), BIAS: Use("o", "1", role="readout", gate="y")}
    if over_time not in ("", PRODUCT) and OVER_TIME[over_time].query:
        uses[QUERY] = Use("score", "a", role="readout", gate="α")
    name = f"{over_time}:" * bool(over_time) + ">".join([*activations, g])
    over_time, product = ("", True) if over_time == PRODUCT else (over_time, False)
    told = plain.loss_name, plain.value, plain.loss, plain.difference, plain.loss_equation, plain.error_equation
    return HeadReadout(name, *told, plain.classes, FrozenMapping(uses), tuple(activations), over_time, output, product)
