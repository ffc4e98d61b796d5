"""What a trace shows, in plain words with its numbers: the title line's and the report's one source.

Every word here is decided by a rate and its standard error, never by the settings that were meant to bring
it about.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from core.bptt.parameter_groups import standing_for
from core.bptt.rate import FEW_LAGS, FEWEST_LAGS, HORIZON_SHARE, MATTERS, SIGNIFICANT, STEADY_WITHIN, Rate
from core.dynamics.settling import state_growth, still_growing
from core.network.network import cell_named
from core.tasks import source_of
from tui.report.numbers import factor, factor_with_error, magnitude, number
from tui.report.printable import printable
from tui.report.words.heads import head_brief, head_reads

if TYPE_CHECKING:
    from core.network.batch import Batch
    from core.network.cells.protocol import Cell
    from core.settings.experiment import Experiment
    from core.sources.given import Given
    from core.trace import Trace

_SHARE: Final = f"{100 * HORIZON_SHARE:g} %"


OWN_DATA: Final = "own data"
"""What data are called that nobody has named"""


def describe_setup(trace: Trace | Given, training_step: int | None = None) -> str:
    """Which network on which data: `vanilla RNN · tanh · 16 units · sunspots, 50 steps · trained 20 updates`.

    It is told of the network and the batch themselves, whether settings made them or not. Which steps have a loss is
    said unless it is as the task of that name has it.

    Args:
        trace: Of the network and the batch, or what it is to be made of.
        training_step: After how many steps of training the network is, instead of as many as the trace says.
    """
    network, batch, settings = trace.network, trace.whole_batch, trace.origin.experiment
    made = settings is not None and trace.origin.makes_batch
    scored = _scored_of(settings) if made and settings is not None else _which_scored(batch)
    steps, examples, _ = batch.inputs.shape
    step = trace.training_step if training_step is None else training_step
    data = _data(printable(trace.origin.label) or OWN_DATA, steps, examples, scored)
    return _what(network.cell, network.activation_name, network.hidden_size, data, step, head_brief(network))


def what_settings_make(experiment: Experiment, training_step: int = 0) -> str:
    """What `what` says of the network and batch that an experiment makes, before they are made."""
    cell = cell_named(experiment.cell_name, experiment.constants)
    data = _data(data_label(experiment), experiment.timesteps, experiment.batch_size, _scored_of(experiment))
    return _what(cell, experiment.activation, experiment.hidden_size, data, training_step)


def data_label(experiment: Experiment) -> str:
    """What the data that an experiment makes are called: the task, or the file and the columns asked for."""
    try:
        return printable(source_of(experiment).label)
    except ValueError:  # the file is not there, or does not have what is asked of it
        return experiment.task


def _what(cell: Cell, activation: str, units: int, data: str, training_step: int, head: str = "") -> str:
    parts = [cell.title, *([activation] if cell.activated else []), _count(units, "unit"), *([head] * bool(head)), data]
    if training_step:
        parts.append(f"trained {_count(training_step, 'update')}")
    return " · ".join(parts)


def _data(label: str, steps: int, examples: int, scored: str) -> str:
    data = f"{label}, {_count(steps, 'step')}"
    if examples > 1:
        data += f" × {examples}"
    return f"{data}, {scored}" if scored else data


def _scored_of(experiment: Experiment) -> str:
    return "last scored" if experiment.scored == "last" else ""


def _which_scored(batch: Batch) -> str:
    """`last scored`, `12 scored`, or nothing where all steps are; `31 of 36 targets scored` where examples differ."""
    found = np.flatnonzero(batch.scored_steps)
    if batch.probe_of:
        between = batch.scored.ndim == 1 and len(found) == 1 and found[0] < len(batch.scored) - 1
        where = f"state {found[0] + 1}" if between else "the last state"
        return f"no loss but a probe, {batch.probe_of} at {where}"
    if batch.scored.ndim == 2:
        return f"{int(batch.scored.sum())} of {batch.scored.size} targets scored"
    if len(found) == 1 and found[0] == len(batch.scored) - 1 > 0:
        return "last scored"
    return "" if len(found) == len(batch.scored) else f"{len(found) or 'none'} scored"


def recurrent_groups(trace: Trace) -> tuple[str, ...]:
    """The groups of parameters, by what they read, whose contributions pass through the Jacobians and have lags."""
    return tuple(name for name, group in trace.parameter_groups().items() if group.recurrent)


def group_reading(trace: Trace, reads: str) -> str:
    """The group that stands for those that read a, x or 1: W_aa, W_ax or b_a in the vanilla cell.

    In a stack it is that of the layer which reads x; the group that reads the state where a cell has no bias, and the
    one that reads the input where it has no recurrent matrix.
    """
    standing = standing_for(trace.network)
    name = standing.get(reads, standing.get("a", standing["x"]))
    return next(group.name for group in trace.parameter_groups().values() if name in group.parameters)


def regime_word(rate: Rate) -> str:
    """The verb for a rate: VANISHES, is STEADY, EXPLODES, passes nothing back, is undetermined."""
    return _WORDS[rate.regime]


ERROR_REACHES_1: Final = "twice its error reaches ×1"
"""Why a factor per step decides nothing: one rule for the rate and for the exponent λ₁"""

_WORDS: Final = {
    "vanishing": "VANISHES",
    "steady": "is STEADY",
    "exploding": "EXPLODES",
    "absent": "passes nothing back",
    "undetermined": "is undetermined",
}


def reference_group(trace: Trace) -> str:
    """The group whose rate stands for the whole: W_aa's, as long as it can speak for the shared factor δ.

    That of b_a, whose contribution is δ itself, takes over where W_aa reads states that are all zero, that grow or
    fade fast enough to tell its slope from b_a's, or that scatter so much that its slope tells nothing and b_a's does.
    Where there is no recurrent matrix, what reads the input stands in W_aa's place.
    """
    weights, biases, profile = group_reading(trace, "a"), group_reading(trace, "1"), trace.profile()
    own, other = profile.rate(weights), profile.rate(biases)
    hidden = own.regime == "undetermined" != other.regime
    return weights if agree(own, other) and not hidden else biases


def agree(one: Rate, other: Rate) -> bool:
    """Whether two slopes are not distinguishable: they differ by at most two standard errors of the difference."""
    if not (_known(one) and _known(other)):
        return False
    error = math.hypot(*(0.0 if math.isnan(rate.standard_error) else rate.standard_error for rate in (one, other)))
    return abs(one.log2_per_step - other.log2_per_step) <= max(SIGNIFICANT * error, 1e-9)


def headline(trace: Trace) -> str:
    """The title line: `gradient of W_aa VANISHES ×0.885 per step · under 1 % of lag 0 from lag 36 on`."""
    parts = (*_verdict(_State.of(trace)), overflow_told(trace))
    return " · ".join(part for part in parts if part)


def overflow_told(trace: Trace) -> str:
    """That the sequence is cut, briefly: `overflow at step 85`; empty where nothing left float64."""
    step = trace.tape.overflow_step
    if step is None:
        return ""
    return f"overflow over {_count(step, 'step')}" if trace.network.looks_ahead else f"overflow at step {step}"


@dataclass(frozen=True)
class Verdict:
    """What the title line says, in its parts."""

    rate: str | None
    """What becomes of the gradient of a typical loss, step by step: `gradient of W_aa VANISHES ×0.885 per step`; None
    where there is no number for it"""
    consequence: str
    """What follows over the lags there are: `under 1 % of lag 0 from lag 36 on`; may be empty"""
    few: bool = False
    """Whether there are too few lags to decide, as the consequence then says: `over only 18 lags`"""


def verdict(trace: Trace) -> Verdict:
    """The rate that stands for the whole, and what follows from it."""
    state = _State.of(trace)
    found = _verdict(state)
    if len(found) != 2:
        return Verdict(None, "")
    return Verdict(found[0], found[1], few=state.rate.regime == "undetermined" and state.rate.lags < FEW_LAGS)


def _verdict(state: _State) -> tuple[str, ...]:
    """The rate and its consequence; or the one sentence that there is instead."""
    rate = state.rate
    if not np.any(state.trace.lags.scored):
        return ("no gradient: no step has a loss",)
    if state.silent:
        return ("no gradient: exactly zero at every lag",)
    if state.last_lag < 0:
        return (f"no gradient reaches {_listed(list(recurrent_groups(state.trace)))}: exactly zero at every lag",)
    if rate.regime == "undetermined" and not _has_error(rate):
        return (f"gradient is undetermined: {_too_few(state)}",)
    whose = f"gradient of {state.reference}"
    if rate.regime == "undetermined":
        if rate.lags < FEW_LAGS:
            few = f"over only {_count(rate.lags, 'lag')}"
            return (f"{whose} is undetermined: ×{_value(rate)} per step", few)
        # Over these lags: in the long run it may well be decided, see the line e^(λ₁ k).
        over = f"is undetermined over {_count(rate.lags, 'lag')}"
        return (f"{whose} {over}: ×{_value(rate)} per step", ERROR_REACHES_1)
    if rate.regime == "absent":
        return ("gradient passes nothing back: exactly zero from lag 1 on",)
    if not _known(rate):
        return (f"gradient VANISHES: exactly zero from lag {state.last_lag + 1} on",)
    so_far = " so far" if state.starting else ""
    return f"{whose} {regime_word(rate)} {factor(rate.log2_per_step)} per step", _consequence(state) + so_far


def _consequence(state: _State) -> str:
    rate = state.rate
    if rate.regime == "steady" and state.bent is not None:
        return f"×{magnitude(state.bent[1])} of lag 0 at lag {state.bent[0]}"
    if rate.regime == "steady":
        return f"neither halves nor doubles over {_count(rate.lags, 'lag')}"
    if rate.regime == "vanishing" and rate.horizon is not None:
        return f"under {_SHARE} of lag 0 from lag {rate.horizon} on"
    if rate.half_life is None:
        return ""
    if abs(rate.half_life) < 1:
        return f"{state.share_left} of lag 0 at lag {state.last_lag}"
    return f"{'halves' if rate.half_life > 0 else 'doubles'} every {_steps(abs(rate.half_life))}"


def sentence(trace: Trace) -> str:
    """What the trace shows, in a few sentences: see `sentences`."""
    return " ".join(sentences(trace))


def sentences(trace: Trace) -> tuple[str, ...]:
    """The rate and what it means, who shares it, who does not, and how exact this is: one sentence each."""
    state = _State.of(trace)
    found = (
        _overflow(trace),
        _rate(state),
        _start(state),
        _ends(state),
        _shared(state),
        "" if state.silent else _depth(trace),
        "" if state.silent else _looks_ahead(trace),
        _readout(state),
        _scored(trace),
        "" if state.silent else _exactness(trace),
    )
    return tuple(text for text in found if text)


@dataclass(frozen=True)
class _State:
    """A trace with what several sentences ask of it."""

    trace: Trace
    rates: dict[str, Rate]
    reference: str
    lags: int
    """Lags k ≥ 1 there are between a scored step and the first"""
    last_lag: int
    """The last lag at which any recurrent parameter's contribution is not exactly zero, of those that look back as the
    reference does; −1 if none is"""
    silent: bool
    """Whether no parameter has any gradient"""

    @staticmethod
    def of(trace: Trace) -> _State:
        lags = trace.profile()
        curves = {name: lags.typical(name) for name in trace.parameter_groups()}
        reference = reference_group(trace)
        same_way = [name for name in recurrent_groups(trace) if lags.ahead(name) == lags.ahead(reference)]
        alive = [np.flatnonzero(np.isfinite(curves[name])) for name in same_way]
        scored = np.flatnonzero(lags.scored)
        return _State(
            trace=trace,
            rates={name: lags.rate(name) for name in recurrent_groups(trace)},
            reference=reference,
            lags=int(scored[-1]) if scored.size else 0,
            last_lag=max((int(found[-1]) for found in alive if found.size), default=-1),
            silent=not any(np.any(np.isfinite(curve)) for curve in curves.values()),
        )

    @property
    def share_left(self) -> str:
        """The contribution at the last lag that has any, over that at lag 0 of the same losses: `×2.1e+9`."""
        logs = self.trace.profile().log2_norm[self.reference][:, [0, self.last_lag]]
        both = logs[np.all(np.isfinite(logs), axis=1)]
        return "×" + magnitude(float(np.mean(both[:, 1] - both[:, 0])) if len(both) else math.nan)

    @property
    def bent(self) -> tuple[int, float] | None:
        """The last lag of the reference, and log₂ of its contribution over that at lag 0 of the same losses.

        None unless it is half of that at lag 0 or less, or double or more: then no line of a steady slope is it.
        """
        logs = self.trace.profile().log2_norm[self.reference]
        both = np.isfinite(logs) & np.isfinite(logs[:, :1])
        last = int(np.flatnonzero(both.any(axis=0))[-1]) if both.any() else 0
        of = both[:, last]
        change = float(np.mean(logs[of, last] - logs[of, 0])) if last else 0.0
        return (last, change) if abs(change) >= math.log2(MATTERS) else None

    @property
    def rate(self) -> Rate:
        """The rate that stands for the whole trace: that of its reference group."""
        return self.rates[self.reference]

    @property
    def starting(self) -> bool:
        """Whether a gradient that explodes may do so at the start of the sequence only."""
        return self.rate.regime == "exploding" and still_growing(self.trace.tape)


def _overflow(trace: Trace) -> str:
    step = trace.tape.overflow_step
    if step is None:
        return ""
    if trace.network.looks_ahead:
        return (
            f"Over {_count(step, 'step')} a direction leaves float64: all that stands here is of the first "
            f"{_count(step - 1, 'step')}, which both directions run over."
        )
    return (
        f"The forward pass left float64 at step {step}: all that stands here is of the "
        f"{_count(step - 1, 'step')} before it."
    )


def _rate(state: _State) -> str:
    rate = state.rate
    if not np.any(state.trace.lags.scored):
        return "No step here has a loss, and so no parameter a gradient."
    if state.silent:
        return "No parameter has a gradient: every contribution is exactly zero, at lag 0 too."
    if state.last_lag < 0:
        return (
            f"Nothing reaches the recurrent part: the contributions of {_listed(list(state.rates))} are exactly zero "
            "at every lag, lag 0 too" + _why_nothing(state.trace)
        )
    if rate.regime == "undetermined" and not _has_error(rate):
        return f"How fast the gradient changes cannot be known: {_too_few(state)}, and a rate needs {FEWEST_LAGS}."
    if rate.regime == "absent":
        return "Nothing passes back: every contribution is exactly zero from lag 1 on" + _why_nothing(state.trace)
    if not _known(rate):
        few = f"the {_count(rate.lags, 'lag')} before that {'is' if rate.lags == 1 else 'are'} too few for a rate"
        return f"The gradient is exactly zero from lag {state.last_lag + 1} on; {few}."
    over = "In the mean over all losses, each" if np.count_nonzero(state.trace.lags.scored) > 1 else "Each"
    opening = f"{over} step further back multiplies the gradient of {state.reference} by {_value(rate)}"
    if rate.regime == "undetermined" and rate.lags < FEW_LAGS:
        return (
            f"{opening} over the {_count(rate.lags, 'lag')} at hand: with fewer than {FEW_LAGS} that may be the start "
            "of the sequence, and what follows cannot be known yet."
        )
    if rate.regime == "undetermined":
        return (
            f"{opening}: within two standard errors of 1, but over {_count(rate.lags, 'lag')} that leaves room to fade "
            "as well as to grow. A longer sequence would narrow it down."
        )
    if rate.regime == "steady" and state.bent is not None:
        lag, change = state.bent
        return (
            f"{opening}: {_count(rate.lags, 'lag')} at that rate neither halve nor double it, yet lag {lag} gets "
            f"×{magnitude(change)} what lag 0 does, since the curve is not straight."
        )
    if rate.regime == "steady":
        return (
            f"{opening}: over {_count(rate.lags, 'lag')} it neither halves nor doubles, and two standard errors either "
            f"way it stays within a factor of {STEADY_WITHIN:.0f}."
        )
    if rate.half_life is None:
        return f"{opening}."
    pace = [f"{'it halves' if rate.half_life > 0 else 'it doubles'} every {_steps(abs(rate.half_life))}"]
    if abs(rate.half_life) < 1:
        pace = []
    if rate.regime == "vanishing" and rate.horizon is not None:
        pace.append(f"less than {_SHARE} of lag 0 is left from lag {rate.horizon} on, the horizon")
    elif rate.regime == "vanishing":
        pace.append(f"{_count(state.lags, 'lag')} do not bring it below {_SHARE} of lag 0 for good")
    elif not pace:
        pace.append(f"lag {state.last_lag} gets {state.share_left} what lag 0 does")
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


def _start(state: _State) -> str:
    if not state.starting:
        return ""
    return (
        f"The states still grow: over the later half of the steps they are {number(state_growth(state.trace.tape))} "
        "times as large as over the earlier. So this may be the start of the sequence only: the further φ is "
        "saturated, the smaller its slope."
    )


def _ends(state: _State) -> str:
    """Exact zeros beyond a lag, other than the one a state a⟨0⟩ of zeros leaves at W_aa's last lag."""
    if not _known(state.rate) or state.last_lag >= state.lags:
        return ""
    return f"Beyond lag {state.last_lag} every contribution is exactly zero" + _why_nothing(state.trace)


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
    known = ", ".join(f"layer {layer} {factor(rate.log2_per_step)}" for layer, rate in rates if _known(rate))
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
    pace = f": {factor(rate.log2_per_step)} for each step between" if _known(rate) else ""
    horizon = (
        "" if rate.horizon is None or not pace else f", less than 1 % from {_count(rate.horizon, 'step')} ahead on"
    )
    return f"The {name} looks ahead, from L_t to the steps after t, which are lags below 0{pace}{horizon}."


def _on_both_sides(trace: Trace) -> str:
    """In a stack of bidirectional layers, where the lags below 0 come from."""
    reference, below = reference_group(trace), trace.profile().below
    assert below is not None
    rate = below.rate(reference)
    pace = f" Ahead, {reference} goes {factor(rate.log2_per_step)} for each step between." if _known(rate) else ""
    return (
        "A path from a loss goes back in one layer and ahead in the next, so that uses after t, at lags below 0, have "
        f"a part in its gradient as uses before it have.{pace}"
    )


def _shared(state: _State) -> str:
    """Who goes back in time side by side with whom, and who does not."""
    rates = state.rates
    known = [name for name in rates if _known(rates[name])]
    silent = [name for name in rates if not np.any(np.isfinite(state.trace.profile().typical(name)))]
    short = [name for name in rates if name not in known and name not in silent]
    if not known:
        return ""
    factors = ", ".join(f"{name} {factor(rates[name].log2_per_step)}" for name in known)
    layers = {name: group.path for name, group in state.trace.parameter_groups().items()}
    pairs = [(one, other) for i, one in enumerate(known) for other in known[i + 1 :] if layers[one] == layers[other]]
    apart = {name for pair in pairs if not agree(rates[pair[0]], rates[pair[1]]) for name in pair}
    if len(known) == 1:
        text = f"Only {known[0]} has a rate"
    elif apart:
        text = f"{_listed(known)} share their Jacobians, but not one slope ({factors}): "
        text += _why_apart(state.trace, apart)
    else:
        where = ""
        if len({path for path in layers.values() if path[0]}) > 1:
            where = ", direction by direction" if state.trace.lags.directions else ", layer by layer"
        if max(rates[name].lags for name in known) < FEW_LAGS:
            few = _count(max(rates[name].lags for name in known), "lag")
            text = f"{_listed(known)} cannot be distinguished{where} by {few} ({factors})"
        elif any(SIGNIFICANT * rates[name].standard_error > math.log2(MATTERS) for name in known):
            text = f"{_listed(known)} cannot be distinguished{where} by rates as uncertain as these ({factors})"
        else:
            text = f"{_listed(known)} go side by side{where} ({factors}), equal within two standard errors"
        if len(known) == 3:
            text += ": they share every Jacobian"
    if silent:
        text += f"; {_listed(silent)} {_have(silent)} no gradient, as {_reads_zero(state.trace, silent)}"
    if short:
        text += f"; {_listed(short)} {_have(short)} too few lags for a rate"
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
    return f"their contributions also carry {_listed(sizes)}, which change along the sequence in their own way"


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


def _readout(state: _State) -> str:
    if state.silent:
        return ""
    names = list(state.trace.network.readout.uses)
    probe = state.trace.batch.probe_of
    if not names and probe:
        return f"There is no loss: a probe, a gradient of {probe} at the last state, stands in its place."
    if not names:
        return "There is no read-out: the gradients are given at the states that one would read."
    lag_0 = f"{_listed(names)} {_have(names)} lag 0 only: no path of theirs passes through a Jacobian."
    return f"{lag_0} {head_reads(state.trace.network)}".rstrip()


def _scored(trace: Trace) -> str:
    if int(np.count_nonzero(trace.lags.scored)) != 1 or len(trace.lags.scored) == 1:
        return ""
    return f"One loss is taken, at step {int(np.flatnonzero(trace.lags.scored)[0]) + 1}; the lags count back from it."


def _exactness(trace: Trace) -> str:
    residual = trace.lags.residual
    near = "the last bit" if residual == 0 else f"{number(residual)} of the sum of their sizes"
    return f"Summed over every loss and lag, the contributions are the BPTT gradient, to {near}."


def _too_few(state: _State) -> str:
    if state.lags == 0:
        return "one step has no lag to look back over"
    found = state.rate.lags
    if found < state.lags:
        return f"only {_count(found, 'lag')} of {state.lags} {'has' if found == 1 else 'have'} any gradient"
    return f"only {_count(state.lags, 'lag')} to look at"


def _has_error(rate: Rate) -> bool:
    return math.isfinite(rate.standard_error)


def _known(rate: Rate) -> bool:
    return math.isfinite(rate.log2_per_step)


def _value(rate: Rate) -> str:
    """The factor with its standard error: `0.885 ± 0.015`."""
    return factor_with_error(rate.log2_per_step, rate.standard_error).removeprefix("×")


def _steps(count: float) -> str:
    text = magnitude(math.log2(count))
    return f"{text} {'step' if text == '1' else 'steps'}"


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
