"""Whether gradients vanish or explode, layer by layer, and what of it the recurrent matrices alone decide."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from core.bptt.parameter_groups import ParameterGroup
from core.bptt.rate import HORIZON_SHARE, Rate
from core.claims.diagnosis.finding import Finding
from core.claims.diagnosis.opening import opening
from core.claims.evidence import Answer, Evidence, factor_evidence
from core.trace import Trace

FORGOTTEN = 0.5
"""A gradient vanishes too soon if from less than this share of the lags on under 1 % of it is left"""

GROWN = 10.0
"""A gradient explodes if it grows by this factor or more over the lags at hand"""

_AT_MOST = 20.0
"""Bits of growth, a millionfold, beyond which it cannot matter more"""


def gradients(trace: Trace) -> Iterator[Finding]:
    """A finding for each layer, or direction of one, whose parameters' gradients vanish or explode."""
    groups = [group for group in trace.parameter_groups().values() if group.recurrent]
    for path in dict.fromkeys(group.path for group in groups):
        own = [group for group in groups if group.path == path]
        yield from _of_path(trace, own, _where(trace, path))
    if trace.tape.overflow_step is not None:
        yield _overflow(trace)


def _where(trace: Trace, path: tuple[tuple[int, ...], bool]) -> str:
    """What parameters of the same layer and direction are called together; empty where there is only one."""
    layers, ahead = path
    paths = {group.path for group in trace.parameter_groups().values() if group.recurrent}
    parts = []
    if len({one for one, _ in paths}) > 1:
        parts.append(f"layer {', '.join(map(str, layers))}")
    if len({direction for _, direction in paths}) > 1:
        parts.append("backward direction" if ahead else "forward direction")
    return ", ".join(parts)


def _of_path(trace: Trace, groups: list[ParameterGroup], where: str) -> Iterator[Finding]:
    profile = trace.profile()
    rates = {group.name: profile.rate(group.name) for group in groups}
    known = {name: rate for name, rate in rates.items() if not np.isnan(rate.log2_per_step)}
    if not known:
        return
    lags = len(trace.lags.scored) - 1
    evidence = tuple(number for name, rate in known.items() for number in factor_evidence(name, rate))
    # All go back through the same Jacobians: the one that keeps most says what the layer keeps.
    name, rate = max(known.items(), key=lambda item: item[1].log2_per_step)
    at = f" of {where}" if where else ""
    factor = evidence[list(known).index(name)]
    if rate.regime == "exploding" and rate.log2_per_step * rate.lags >= np.log2(GROWN):
        bits = rate.log2_per_step * rate.lags
        grown = Evidence("growth over all lags", bits, "size")
        yield Finding(
            "exploding",
            where,
            min(1.0, bits / _AT_MOST),
            Answer(
                f"{_what(name, list(known), at, ('explodes', 'explode', 'grows'))}: {{factor}}, {{grown}} times as "
                f"large after {rate.lags} steps back.",
                {"factor": factor, "grown": grown},
            ),
            "Clip the gradient's norm (clip norm), and draw the recurrent matrix smaller (gain) or orthogonal.",
            (factor, grown, *(one for one in evidence if one is not factor)),
        )
    elif rate.regime == "vanishing" and rate.horizon is not None and rate.horizon < FORGOTTEN * lags:
        said = _what(name, list(known), at, ("vanishes", "vanish", "keeps"))
        yield _vanishing(trace, name, rate, lags, (where, said), evidence)


def _what(name: str, names: list[str], at: str, verbs: tuple[str, str, str]) -> str:
    """Whose gradients do something together, and which of them does it most: the factor that follows is that one's."""
    if len(names) == 1:
        return f"The gradient of {name}{at} {verbs[0]}"
    listed = f"{', '.join(names[:-1])} and {names[-1]}"
    return f"The gradients of {listed}{at} {verbs[1]} together. That of {name}, which {verbs[2]} most"


def _vanishing(
    trace: Trace, name: str, rate: Rate, lags: int, words: tuple[str, str], evidence: tuple[Evidence, ...]
) -> Finding:
    where, said = words
    assert rate.horizon is not None
    several = trace.lags.has_several_losses
    typical = ", typical over all losses" if several else ""
    horizon = Evidence(f"lag from which on less than 1 % is left{typical}", rate.horizon, "count", f"of {lags}")
    gated = trace.network.cell.direct is not None
    factors = [one for one in evidence if one.name == name]
    if factors and np.isfinite(factors[0].value):
        said += ": {factor}"
    else:
        said += ": exactly zero from some lag on"
    return Finding(
        "vanishing",
        where,
        1.0 - rate.horizon / (lags + 1),
        Answer(
            f"{said}. {'Typical over all losses, less' if several else 'Less'} than {100 * HORIZON_SHARE:g} % of it is "
            f"left from {{horizon}} steps back on{' (of one loss that may be another lag)' if several else ''}: what "
            "lies further back is hardly learned from.",
            {"horizon": Evidence("", rate.horizon, "count"), **({"factor": factors[0]} if factors else {})},
        ),
        _of_the_direct_path(trace)
        if gated
        else "Use a cell with a direct path (lstm, gru, or a leak below 1), or draw the recurrent matrix orthogonal "
        "(initializer orthogonal).",
        (horizon, *evidence),
    )


def _of_the_direct_path(trace: Trace) -> str:
    """What to try where a path goes past the matrices."""
    cell = trace.network.cell
    setting = opening(cell)
    if not setting or cell.direct is None:
        return "Give it shorter sequences."
    return f"Let more through on the direct path, {cell.direct.symbol}: {setting}. Or give it shorter sequences."


def _overflow(trace: Trace) -> Finding:
    step = trace.tape.overflow_step
    assert step is not None
    found = Evidence("step that left float64", step, "count")
    return Finding(
        "exploding",
        "forward pass",
        1.0,
        Answer("The states explode on the way forward: step {step} leaves float64.", {"step": found}),
        "Draw the recurrent matrix smaller (gain), or use a function that is bounded (activation tanh).",
        (found,),
    )


def matrices(trace: Trace, *, explodes: bool) -> Iterator[Finding]:
    """A finding for each recurrent matrix that by itself, whatever the states are, lets a gradient vanish or explode.

    Where σ_max sup φ' < 1 every Jacobian shrinks every gradient (Pascanu, Mikolov & Bengio 2013); of cells with a path
    past the matrices that says nothing, and they are left out. Where ρ > 1 a gradient can grow, and is said to if it
    does.

    Args:
        trace: The trace.
        explodes: Whether a gradient does.
    """
    network, lags = trace.network, len(trace.lags.scored) - 1
    if network.cell.direct is not None or lags < 1:
        return
    gamma = network.activation.slope_bound if network.cell.activated else 1.0
    for name, use in network.cell.uses().items():
        matrix = network.matrix(name)
        if use.role != "recurrent" or matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
            continue
        radius, largest = float(np.max(np.abs(np.linalg.eigvals(matrix)))), float(np.linalg.norm(matrix, 2))
        rho, sigma = Evidence(f"ρ of {name}", radius, "number"), Evidence(f"σ_max of {name}", largest, "number")
        bound = np.inf if largest * gamma <= 0 else np.log(HORIZON_SHARE) / np.log(min(largest * gamma, 1 - 1e-12))
        if largest * gamma < 1 and bound < FORGOTTEN * lags:
            lag = Evidence("lag from which on less than 1 % can be left", float(np.ceil(bound)), "count", f"of {lags}")
            yield Finding(
                "recurrent matrix",
                name,
                1.0 - float(np.ceil(bound)) / (lags + 1),
                Answer(
                    f"{name} is so small that every gradient must vanish: its largest singular value is {{sigma}}, φ' "
                    f"is at most {gamma:g}, and no step back keeps more than their product. From {{lag}} steps back "
                    "on, less than 1 % can be left.",
                    {"sigma": sigma, "lag": Evidence("", lag.value, "count")},
                ),
                "Draw it larger (gain), or orthogonal with gain 1 (initializer orthogonal).",
                (sigma, rho, lag),
                explains=("vanishing",),
            )
        elif radius * gamma > 1 and explodes:
            yield Finding(
                "recurrent matrix",
                name,
                min(1.0, float(np.log2(radius * gamma))),
                Answer(
                    f"{name} is so large that gradients can grow: its spectral radius is {{rho}}, its largest singular "
                    "value {sigma}, and the units are not saturated enough to hold them.",
                    {"rho": rho, "sigma": sigma},
                ),
                "Draw it smaller (divide gain by the spectral radius), or orthogonal with gain 1.",
                (rho, sigma),
                explains=("exploding",),
            )
