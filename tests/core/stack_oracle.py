"""Stacks taken apart one example, one loss and one step at a time, from the layers' own equations; no code of core.

A layer's equations are those of `cell_equations`; between layers the gradient goes by Σ_j W_jᵀ δ_j over the matrices
that read the layer below.
"""

from __future__ import annotations

import numpy as np
from cases import Case
from cell_equations import EQUATIONS, GIVEN_ONLY
from oracles import Floats, TakenApart, _output_error, functions


def take_apart_stack(case: Case) -> TakenApart:
    """Every loss carried back by itself."""
    network, batch = case.network, case.batch
    kinds, made_of = network.cell_name.split("+"), functions(network)
    layers = [{**EQUATIONS, **GIVEN_ONLY}[kind] for kind in kinds]
    alone = len(kinds) == 1
    own = [
        {
            name if alone else name.rpartition("_")[0]: value
            for name, value in network.parameters.items()
            if (name not in ("W_y", "b_y") if alone else name.endswith(f"_{at + 1}"))
        }
        for at in range(len(kinds))
    ]
    units = [next(value.shape[0] for value in of.values()) for of in own]
    widths = [len(of["W_am"]) if "W_am" in of else n for of, n in zip(own, units, strict=True)]
    sizes = [
        width + n if "W_am" in of else n * equations.parts
        for of, width, n, equations in zip(own, widths, units, layers, strict=True)
    ]
    steps, examples = batch.inputs.shape[:2]
    parts = {name: np.zeros((steps, steps, *value.shape)) for name, value in network.parameters.items()}
    bounds = {name: np.zeros((steps, steps)) for name in network.parameters}
    squares = np.zeros((steps, steps))
    one = np.ones(1)

    def add(name: str, t: int, k: int, delta: Floats, reads: Floats) -> None:
        parts[name][t, k] += np.outer(delta, reads).reshape(parts[name].shape[2:])
        bounds[name][t, k] += np.linalg.norm(delta) * np.linalg.norm(reads)

    w_y, b_y = network.parameters["W_y"], network.parameters["b_y"]
    for b in range(examples):
        start = np.zeros(sum(sizes)) if batch.initial_state is None else batch.initial_state[b]
        states = [np.split(start, np.cumsum(sizes)[:-1])]
        reads, made = [], []
        for x in batch.inputs[:, b]:
            now, read, record = [], [], []
            for at, equations in enumerate(layers):
                state, preactivations = equations.forward(own[at], made_of, states[-1][at], x)
                read.append(x)
                now.append(state)
                record.append(preactivations)
                x = state[: widths[at]]
            states.append(now)
            reads.append(read)
            made.append(record)
        for t in np.flatnonzero(batch.scored):
            a = states[t + 1][-1][: widths[-1]]
            e = _output_error(network.readout_name, w_y @ a + b_y, batch.targets[t, b]) / examples
            add("W_y", t, 0, e, a)
            add("b_y", t, 0, e, one)
            into = [np.zeros(size) for size in sizes]
            into[-1][: widths[-1]] = w_y.T @ e
            for k in range(t + 1):
                s = t - k
                for at in range(len(layers) - 1, -1, -1):
                    squares[t, k] += into[at] @ into[at]
                    equations, before = layers[at], states[s][at]
                    deltas, back = equations.back(own[at], made_of, before, made[s][at], into[at])
                    of = {"a": before[: widths[at]], "x": reads[s][at], "1": one, "m": made[s][at].get("m")}
                    for name, (delta, source) in equations.uses.items():
                        add(name if alone else f"{name}_{at + 1}", t, k, deltas[delta], of[source])
                        if at and source == "x":
                            into[at - 1][: widths[at - 1]] += own[at][name].T @ deltas[delta]
                    into[at] = back
    return TakenApart(parts, bounds, np.sqrt(squares))
