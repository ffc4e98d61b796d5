"""What a trace shows, in a few sentences with their numbers, as the report opens with them.

Every word here is decided by a rate and its standard error, never by the settings that were meant to bring it about.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from core.bptt.parameter_groups import standing_for
from core.bptt.rate import FEW_LAGS, FEWEST_LAGS, MATTERS, SIGNIFICANT, STEADY_WITHIN
from core.dynamics.settling import state_growth
from tui.report.numbers import factor, magnitude, number
from tui.report.words.counted import counted, listed
from tui.report.words.heads import head_reads
from tui.report.words.overall import SHARE, Overall, factor_told, has_error, steps_told
from tui.report.words.reference import agree, group_reading, is_known, reference_group

if TYPE_CHECKING:
    from core.trace import Trace


def sentences(trace: Trace) -> tuple[str, ...]:
    """The rate and what it means, who shares it, who does not, and how exact this is: one sentence each."""
    overall = Overall.of(trace)
    found = (
        _overflow(trace),
        _rate(overall),
        _start(overall),
        _ends(overall),
        _shared(overall),
        "" if overall.silent else _depth(trace),
        "" if overall.silent else _looks_ahead(trace),
        _readout(overall),
        _scored(trace),
        "" if overall.silent else _exactness(trace),
    )
    return tuple(text for text in found if text)


def _overflow(trace: Trace) -> str:
    step = trace.tape.overflow_step
    if step is None:
        return ""
    if trace.network.looks_ahead:
        return (
            f"Over {counted(step, 'step')} a direction leaves float64: all that stands here is of the first "
            f"{counted(step - 1, 'step')}, which both directions run over."
        )
    return (
        f"The forward pass left float64 at step {step}: all that stands here is of the "
        f"{counted(step - 1, 'step')} before it."
    )


def _rate(overall: Overall) -> str:
    rate = overall.rate
    if not np.any(overall.trace.lags.scored):
        return "No step here has a loss, and so no parameter a gradient."
    if overall.silent:
        return "No parameter has a gradient: every contribution is exactly zero, at lag 0 too."
    if overall.last_lag < 0:
        return (
            f"Nothing reaches the recurrent part: the contributions of {listed(list(overall.rates))} are exactly zero "
            "at every lag, lag 0 too" + _why_nothing(overall.trace)
        )
    if rate.regime == "undetermined" and not has_error(rate):
        return f"How fast the gradient changes cannot be known: {overall.too_few}, and a rate needs {FEWEST_LAGS}."
    if rate.regime == "absent":
        return "Nothing passes back: every contribution is exactly zero from lag 1 on" + _why_nothing(overall.trace)
    if not is_known(rate):
        few = f"the {counted(rate.lags, 'lag')} before that {'is' if rate.lags == 1 else 'are'} too few for a rate"
        return f"The gradient is exactly zero from lag {overall.last_lag + 1} on; {few}."
    over = "In the mean over all losses, each" if overall.trace.lags.has_several_losses else "Each"
    opening = f"{over} step further back multiplies the gradient of {overall.reference} by {factor_told(rate)}"
    if rate.regime == "undetermined" and rate.lags < FEW_LAGS:
        return (
            f"{opening} over the {counted(rate.lags, 'lag')} at hand: with fewer than {FEW_LAGS} that may be the start "
            "of the sequence, and what follows cannot be known yet."
        )
    if rate.regime == "undetermined":
        return (
            f"{opening}: within two standard errors of 1, but over {counted(rate.lags, 'lag')} that leaves room to "
            "fade as well as to grow. A longer sequence would narrow it down."
        )
    if rate.regime == "steady" and overall.bent is not None:
        lag, change = overall.bent
        return (
            f"{opening}: {counted(rate.lags, 'lag')} at that rate neither halve nor double it, yet lag {lag} gets "
            f"×{magnitude(change)} what lag 0 does, since the curve is not straight."
        )
    if rate.regime == "steady":
        return (
            f"{opening}: over {counted(rate.lags, 'lag')} it neither halves nor doubles, and two standard errors "
            f"either way it stays within a factor of {STEADY_WITHIN:.0f}."
        )
    if rate.half_life is None:
        return f"{opening}."
    pace = [f"{'it halves' if rate.half_life > 0 else 'it doubles'} every {steps_told(abs(rate.half_life))}"]
    if abs(rate.half_life) < 1:
        pace = []
    if rate.regime == "vanishing" and rate.horizon is not None:
        pace.append(f"less than {SHARE} of lag 0 is left from lag {rate.horizon} on, the horizon")
    elif rate.regime == "vanishing":
        pace.append(f"{counted(overall.lags, 'lag')} do not bring it below {SHARE} of lag 0 for good")
    elif not pace:
        pace.append(f"lag {overall.last_lag} gets {overall.share_left} what lag 0 does")
    return f"{opening}: {', and '.join(pace)}."


def _why_nothing(trace: Trace) -> str:
    parameters, weights = trace.network.parameters, group_reading(trace, "a")
    direct = trace.network.cell.direct
    if direct is None and not any(np.any(parameters[name]) for name in trace.parameter_groups()[weights].parameters):
        return f", because {weights} is all zeros and every path back in time goes through it."
    if wall := trace.network.readout.wall(parameters):
        return f", because {wall} is all zeros and every path starts through it."
    if trace.network.activation_name == "relu" and trace.network.cell.activated:
        return ", because the ReLU units it would pass through are off, where φ' is 0."
    return "."


def _start(overall: Overall) -> str:
    if not overall.starting:
        return ""
    return (
        f"The states still grow: over the later half of the steps they are {number(state_growth(overall.trace.tape))} "
        "times as large as over the earlier. So this may be the start of the sequence only: the further φ is "
        "saturated, the smaller its slope."
    )


def _ends(overall: Overall) -> str:
    """Exact zeros beyond a lag, other than the one a state a⟨0⟩ of zeros leaves at W_aa's last lag."""
    if not is_known(overall.rate) or overall.last_lag >= overall.lags:
        return ""
    return f"Beyond lag {overall.last_lag} every contribution is exactly zero" + _why_nothing(overall.trace)


def _depth(trace: Trace) -> str:
    """In a stack: how much of the gradient is left in the lowest layer at lag 0, and how fast each layer's fades."""
    lags = trace.lags
    layers = list(lags.log2_layer_norm)
    if not layers:
        return ""
    top, bottom = (float(lags.typical_of_layer(layer)[0]) for layer in (layers[-1], layers[0]))
    whose = f"that at layer {layers[-1]}, where the loss comes in"
    left = "is exactly zero" if bottom == -math.inf else f"is ×{magnitude(bottom - top)} of {whose}"
    start = f"At lag 0 the gradient at the state of layer {layers[0]} {left}"
    rates = [(layer, lags.rate_of_layer(layer)) for layer in reversed(layers)]
    known = ", ".join(f"layer {layer} {factor(rate.log2_per_step)}" for layer, rate in rates if is_known(rate))
    return f"{start}; per step back it changes: {known}." if known else f"{start}."


def _looks_ahead(trace: Trace) -> str:
    """In a bidirectional network, what its backward direction does."""
    if trace.lags.below is not None:
        return _on_both_sides(trace)
    profile = trace.profile("layer")
    name = next((name for name in profile.log2_norm if profile.ahead(name)), "")
    if not name:
        return ""
    rate = profile.rate(name)
    pace = f": {factor(rate.log2_per_step)} for each step between" if is_known(rate) else ""
    horizon = (
        "" if rate.horizon is None or not pace else f", less than 1 % from {counted(rate.horizon, 'step')} ahead on"
    )
    return f"The {name} looks ahead, from L_t to the steps after t, which are lags below 0{pace}{horizon}."


def _on_both_sides(trace: Trace) -> str:
    """In a stack of bidirectional layers, where the lags below 0 come from."""
    reference, below = reference_group(trace), trace.profile().below
    assert below is not None
    rate = below.rate(reference)
    pace = f" Ahead, {reference} goes {factor(rate.log2_per_step)} for each step between." if is_known(rate) else ""
    return (
        "A path from a loss goes back in one layer and ahead in the next, so that uses after t, at lags below 0, have "
        f"a part in its gradient as uses before it have.{pace}"
    )


def _shared(overall: Overall) -> str:
    """Who goes back in time side by side with whom, and who does not."""
    rates = overall.rates
    known = [name for name in rates if is_known(rates[name])]
    silent = [name for name in rates if not np.any(np.isfinite(overall.trace.profile().typical(name)))]
    short = [name for name in rates if name not in known and name not in silent]
    if not known:
        return ""
    factors = ", ".join(f"{name} {factor(rates[name].log2_per_step)}" for name in known)
    layers = {name: group.path for name, group in overall.trace.parameter_groups().items()}
    pairs = [(one, other) for i, one in enumerate(known) for other in known[i + 1 :] if layers[one] == layers[other]]
    apart = {name for pair in pairs if not agree(rates[pair[0]], rates[pair[1]]) for name in pair}
    if len(known) == 1:
        text = f"Only {known[0]} has a rate"
    elif apart:
        text = f"{listed(known)} share their Jacobians, but not one slope ({factors}): "
        text += _why_apart(overall.trace, apart)
    else:
        where = ""
        if len({path for path in layers.values() if path[0]}) > 1:
            where = ", direction by direction" if overall.trace.lags.directions else ", layer by layer"
        if max(rates[name].lags for name in known) < FEW_LAGS:
            few = counted(max(rates[name].lags for name in known), "lag")
            text = f"{listed(known)} cannot be distinguished{where} by {few} ({factors})"
        elif any(SIGNIFICANT * rates[name].standard_error > math.log2(MATTERS) for name in known):
            text = f"{listed(known)} cannot be distinguished{where} by rates as uncertain as these ({factors})"
        else:
            text = f"{listed(known)} go side by side{where} ({factors}), equal within two standard errors"
        if len(known) == 3:
            text += ": they share every Jacobian"
    if silent:
        text += f"; {listed(silent)} {_have(silent)} no gradient, as {_reads_zero(overall.trace, silent)}"
    if short:
        text += f"; {listed(short)} {_have(short)} too few lags for a rate"
    return text + "."


def _have(names: list[str]) -> str:
    return "has" if len(names) == 1 else "have"


def _why_apart(trace: Trace, apart: set[str]) -> str:
    """Why slopes differ: each contribution carries the size of what its parameter reads at step s."""
    weights, network = group_reading(trace, "a"), trace.network
    symbols = [network.symbol(name) for name in standing_for(network).values()]
    sizes = [one if one == "1" else f"‖{one}‖" for one in symbols]
    if weights in apart and "a" in standing_for(network):
        growth = _log2_drift(trace.tape.reads[standing_for(network)["a"]])
        if abs(growth) > 0.01:
            verb = "grows" if growth > 0 else "fades"
            itself = f"{verb} {factor(growth)} per step of time"
            return f"{weights}'s contributions also carry {sizes[0]}, which itself {itself}"
    return f"their contributions also carry {listed(sizes)}, which change along the sequence in their own way"


def _log2_drift(values: np.ndarray) -> float:
    """Least-squares slope over time of log₂ ‖values⟨t⟩‖, for values (T, B, n); 0 with fewer than 3 steps."""
    largest = np.max(np.abs(values), axis=(1, 2))
    at = np.flatnonzero(largest > 0)
    if len(at) < 3:
        return 0.0
    scaled = values[at] / largest[at, np.newaxis, np.newaxis]
    logs = np.log2(largest[at]) + 0.5 * np.log2(np.sum(scaled**2, axis=(1, 2)))
    centered = at - at.mean()
    return float(centered @ logs / (centered @ centered))


def _reads_zero(trace: Trace, names: list[str]) -> str:
    reads = {"recurrent": "every state it reads is zero", "input": "every input it reads is zero"}
    roles = [trace.parameter_groups()[name].roles[0] for name in names]
    return " and ".join(reads.get(role, "its δ is zero") for role in roles)


def _readout(overall: Overall) -> str:
    if overall.silent:
        return ""
    names = list(overall.trace.network.readout.uses)
    probe = overall.trace.batch.probe_of
    if not names and probe:
        return f"There is no loss: a probe, a gradient of {probe} at the last state, stands in its place."
    if not names:
        return "There is no read-out: the gradients are given at the states that one would read."
    lag_0 = f"{listed(names)} {_have(names)} lag 0 only: no path of theirs passes through a Jacobian."
    return f"{lag_0} {head_reads(overall.trace.network)}".rstrip()


def _scored(trace: Trace) -> str:
    if int(np.count_nonzero(trace.lags.scored)) != 1 or len(trace.lags.scored) == 1:
        return ""
    return f"One loss is taken, at step {int(np.flatnonzero(trace.lags.scored)[0]) + 1}; the lags count back from it."


def _exactness(trace: Trace) -> str:
    residual = trace.lags.residual
    near = "the last bit" if residual == 0 else f"{number(residual)} of the sum of their sizes"
    return f"Summed over every loss and lag, the contributions are the BPTT gradient, to {near}."
