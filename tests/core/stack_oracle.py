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
    kinds = network.cell_name.split("+")
    made_of = [functions(network, kind) for kind in kinds]
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
    of_layer = [np.zeros((steps, steps)) for _ in layers]
    one = np.ones(1)

    def add(name: str, t: int, k: int, delta: Floats, reads: Floats) -> None:
        at = 0 if alone else int(name.rpartition("_")[2]) - 1 if name not in ("W_y", "b_y") else -1
        own_name = name if alone else name.rpartition("_")[0]
        made = layers[at].contribution(own_name, delta, reads)
        parts[name][t, k] += made.reshape(parts[name].shape[2:])
        bounds[name][t, k] += np.linalg.norm(delta) * np.linalg.norm(reads)

    w_y, b_y = network.parameters["W_y"], network.parameters["b_y"]
    for b in range(examples):
        start = np.zeros(sum(sizes)) if batch.initial_state is None else batch.initial_state[b]
        states = [np.split(start, np.cumsum(sizes)[:-1])]
        reads, made = [], []
        for x in batch.inputs[:, b]:
            now, read, record = [], [], []
            for at, equations in enumerate(layers):
                state, preactivations = equations.forward(own[at], made_of[at], states[-1][at], x)
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
                    of_layer[at][t, k] += into[at] @ into[at]
                    equations, before = layers[at], states[s][at]
                    deltas, back = equations.back(own[at], made_of[at], before, made[s][at], into[at])
                    of = {"a": before[: widths[at]], "x": reads[s][at], "1": one, "m": made[s][at].get("m")}
                    if "W_am" not in own[at]:
                        of = equations.reads(made_of[at], before, reads[s][at], made[s][at])
                    for name, (delta, source) in equations.uses.items():
                        add(name if alone else f"{name}_{at + 1}", t, k, deltas[delta], of[source])
                        if at and source == "x":
                            into[at - 1][: widths[at - 1]] += own[at][name].T @ deltas[delta]
                    into[at] = back
    own_norms = {at + 1: np.sqrt(found) for at, found in enumerate(of_layer)}
    return TakenApart(parts, bounds, np.sqrt(squares), own_norms)


def take_apart_directions(case: Case) -> TakenApart:
    """A bidirectional network's losses carried back, or ahead, by themselves; at [t−1, k] what k steps away adds."""
    network, batch = case.network, case.batch
    kinds = network.cell_name.split("&")
    made_of = [functions(network, kind) for kind in kinds]
    own = [
        {name.removesuffix(way): value for name, value in network.parameters.items() if name.endswith(way)}
        for way in ("_fwd", "_bwd")
    ]
    widths = [len(next(iter(of.values()))) for of in own]
    steps, examples = batch.inputs.shape[:2]
    parts = {name: np.zeros((steps, steps, *value.shape)) for name, value in network.parameters.items()}
    bounds = {name: np.zeros((steps, steps)) for name in network.parameters}
    squares = np.zeros((steps, steps))

    def add(name: str, t: int, k: int, delta: Floats, reads: Floats) -> None:
        at = 1 if name.endswith("_bwd") else 0
        made = EQUATIONS[kinds[at]].contribution(name.removesuffix("_fwd").removesuffix("_bwd"), delta, reads)
        parts[name][t, k] += made.reshape(parts[name].shape[2:])
        bounds[name][t, k] += np.linalg.norm(delta) * np.linalg.norm(reads)

    w_y, b_y = network.parameters["W_y"], network.parameters["b_y"]
    orders = [list(range(steps)), list(range(steps - 1, -1, -1))]
    for b in range(examples):
        start, others = batch.initial_state[b], sum(widths)
        states: list[dict[int, Floats]] = []
        before: list[dict[int, Floats]] = []
        made: list[dict[int, dict[str, Floats]]] = []
        for at, (kind, width) in enumerate(zip(kinds, widths, strict=True)):
            state = start[: widths[0]] if at == 0 else start[widths[0] : sum(widths)]
            if EQUATIONS[kind].parts == 2:
                state, others = np.concatenate([state, start[others : others + width]]), others + width
            now: dict[int, Floats] = {}
            was: dict[int, Floats] = {}
            record: dict[int, dict[str, Floats]] = {}
            for s in orders[at]:
                was[s] = state
                state, record[s] = EQUATIONS[kind].forward(own[at], made_of[at], state, batch.inputs[s, b])
                now[s] = state
            states.append(now)
            before.append(was)
            made.append(record)
        for t in np.flatnonzero(batch.scored):
            a = np.concatenate([states[at][t][: widths[at]] for at in (0, 1)])
            e = _output_error(network.readout_name, w_y @ a + b_y, batch.targets[t, b]) / examples
            add("W_y", t, 0, e, a)
            add("b_y", t, 0, e, np.ones(1))
            for at, way in enumerate(("_fwd", "_bwd")):
                into = np.zeros(len(states[at][t]))
                into[: widths[at]] = (w_y.T @ e)[: widths[0]] if at == 0 else (w_y.T @ e)[widths[0] :]
                path = orders[at][orders[at].index(t) :: -1]
                for k, s in enumerate(path):
                    squares[t, k] += into @ into
                    equations = EQUATIONS[kinds[at]]
                    deltas, into = equations.back(own[at], made_of[at], before[at][s], made[at][s], into)
                    of = equations.reads(made_of[at], before[at][s], batch.inputs[s, b], made[at][s])
                    for name, (delta, source) in equations.uses.items():
                        add(name + way, t, k, deltas[delta], of[source])
    return TakenApart(parts, bounds, np.sqrt(squares))
