"""The exact decomposition of the BPTT gradient by lag, for every loss time and every parameter.

With δ_{t,s} = ∂L_t/∂z⟨s⟩ and the lag k = t − s,

    δ_{t,t} = φ'(z⟨t⟩) ⊙ (W_yᵀ e⟨t⟩)          δ_{t,s} = φ'(z⟨s⟩) ⊙ (W_aaᵀ δ_{t,s+1})
    contribution(t, k):  W_aa: δ_{t,s} a⟨s−1⟩ᵀ    W_ax: δ_{t,s} x⟨s⟩ᵀ    b_a: δ_{t,s}    (summed over the batch)
                         W_y:  e⟨t⟩ a⟨t⟩ᵀ at k = 0 only                     b_y: e⟨t⟩ at k = 0 only

Summed over t and k these are the BPTT gradient. One sweep over k carries the gradient of every loss time at
once: at lag k the row of loss t stands at step s = t − k, so that going from k to k + 1 is one matrix product
for all t, and all contributions of one lag are at hand together: their sum over t needs no further memory.
Cost n_a² B T² flops for the carry and as many for the sums; memory O(T·B·n_a) in addition to the (T, T) results.

The carry is `core.bptt.lag_sweep`, norms and sums without the matrices `core.numerics.outer_products`; every row has
its own power of two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial, reduce
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.bptt.backward import Gradients, backward
from core.bptt.directions import goes_both_ways, looks_ahead, one_direction
from core.bptt.every_step import every_step
from core.bptt.forward import Tape
from core.bptt.input_gradients import InputNorms, InputTables
from core.bptt.lag_sweep import LagSweep
from core.bptt.lag_tables import LagTables, Norms
from core.bptt.rate import Rate, State, fit_rate, horizon_of, share_of_past, typical_curve
from core.network.cells.bidirectional import Bidirectional, in_order
from core.numerics.frozen import FrozenMapping, FrozenRecord
from core.numerics.progress import Progress, beat
from core.numerics.scaled import Floats, freeze

Curve: TypeAlias = Literal["typical", "summed"] | int
"""Over all losses, typical or summed; or the t of one loss L_t"""


@dataclass(frozen=True, eq=False)
class LagProfile(FrozenRecord):
    """How much of the gradient of each L_t passes through the use of each parameter k steps before t.

    Tables (T, T) at [t−1, k] and curves (T,) at [k], log₂ of Frobenius norms, −inf for an exact zero.
    """

    log2_norm: Mapping[str, Floats]
    """Parameter → (T, T) at [t−1, k]: log₂ ‖contribution(t, k)‖_F, −inf where there is none; made when read"""
    log2_state_norm: Floats
    """(T, T) at [t−1, k]: log₂ of the norm of the gradient at the whole state: ‖∂L_t/∂a⟨t−k⟩‖, and
    ‖∂L_t/∂(a, c)⟨t−k⟩‖ in an LSTM"""
    log2_summed: Mapping[str, Floats]
    """Parameter → (T,) at [k]: log₂ ‖Σ_t contribution(t, k)‖_F, what an optimizer sees"""
    scored: NDArray[np.bool_]
    """(T,): which steps have a loss"""
    residual: float
    """Largest ‖Σ contributions − BPTT gradient‖ / S(θ) over the parameters θ, S(θ) = Σ_{t,s,b} ‖δ_{t,s,b}‖ ‖u⟨s,b⟩‖ the
    sum of the sizes of the terms that both of them add up: rounding, 1e−12 at most, if all is well. On that scale the
    sum is as right as its terms also where these cancel, and the gradient itself is nothing but rounding."""
    inputs: InputNorms
    """How much the input of each step acts on each loss, of all columns of x together and of each"""

    log2_layer_norm: Mapping[int, Floats] = field(default_factory=lambda: FrozenMapping({}))
    """Layer of a stack, from 1 at the bottom → (T, T) at [t−1, k]: log₂ of the norm of the gradient at that layer's
    state; {} where there is one layer"""
    directions: tuple[LagProfile, ...] = ()
    """In a bidirectional network, the forward and the backward direction's own profiles, that one's in the reversed
    order of its steps; () for every other. The backward direction's lag k in a table or curve here is the lag −k: the
    use at step s = t + k"""

    below: LagProfile | None = None
    """The lags below 0 of a stack of bidirectional layers, of every parameter of the cell and of the states: [t−1, k]
    is the step t + k, for k ≥ 1. None for every other network"""

    @property
    def below_names(self) -> tuple[str, ...]:
        """The lines that have lags below 0 beside those above: none but in a stack of bidirectional layers."""
        return () if self.below is None else tuple(self.below.log2_norm)

    @property
    def log2_input_norm(self) -> Floats:
        """(T, T) at [t−1, k]: log₂ ‖∂L_t/∂x⟨t−k⟩‖, −inf where it is exactly zero or there is none.

        Over a batch the norm is the Frobenius norm of (B, n_x). `inputs.column(j)` is the same of one column of x. Of a
        bidirectional network the lags k ≥ 0 are those of inputs up to the loss; `directions[1].log2_input_norm` is of
        those ahead of it.
        """
        return self.inputs.whole

    def input_curve(self, curve: Literal["typical", "summed"]) -> Floats:
        """(T,) at [k]: how much of each loss comes to the input k steps before it, over all losses.

        Args:
            curve: `typical` for the mean over scored t of log₂ ‖∂L_t/∂x⟨t−k⟩‖, exact zeros left out of the mean;
                `summed` for log₂ of the norm of all of them laid side by side, since each is at another input.
        """
        if curve not in self._input_curves:
            norms = self.log2_input_norm
            found = typical_curve(norms) if curve == "typical" else np.logaddexp2.reduce(2.0 * norms, axis=0) / 2.0
            freeze(found)
            self._input_curves[curve] = found
        return self._input_curves[curve]

    @cached_property
    def input_averaged(self) -> NDArray[np.intp]:
        """(T,) at [k]: over how many losses the typical `input_curve` is the mean: those where it is not zero."""
        count = np.count_nonzero(np.isfinite(self.log2_input_norm), axis=0)
        freeze(count)
        return count

    @cached_property
    def input_rate(self) -> Rate:
        """How fast the typical gradient at the input, ‖∂L_t/∂x⟨t−k⟩‖, changes from lag to lag."""
        state = State(self._reached(self.log2_state_norm), self.state_rate.standard_error)
        return fit_rate(self._reached(self.log2_input_norm), state)

    def ahead(self, name: str) -> bool:
        """Whether a line looks ahead, so that its lag k stands for the step t + k."""
        return bool(self.directions) and name in self.directions[1].log2_norm

    def last_lag(self, name: str, t: int) -> int:
        """The last k that a line has for the loss at t: t − 1, or T − t where it looks ahead."""
        return len(self.scored) - t if self.ahead(name) else t - 1

    def losses_of(self, name: str) -> NDArray[np.intp]:
        """(T,) at [k]: how many losses have a step k back or, where a line looks ahead, k ahead."""
        return self.directions[1].losses if self.ahead(name) else self.losses

    def _direction(self, name: str) -> LagProfile | None:
        """The profile of the direction that has a line; None where there is one direction, and for the read-out."""
        return next((one for one in self.directions if name in one.log2_norm), None)

    @property
    def losses(self) -> NDArray[np.intp]:
        """(T,) at [k]: how many losses have a step k back, that is, scored t > k."""
        return np.cumsum(self.scored[::-1], dtype=np.intp)[::-1]

    @property
    def has_several_losses(self) -> bool:
        """Whether more than one step has a loss, so that what is typical of them need not be true of each."""
        return bool(np.count_nonzero(self.scored) > 1)

    def typical(self, name: str) -> Floats:
        """(T,) at [k]: the mean over scored t of log₂ ‖contribution(t, k)‖, exact zeros left out of the mean.

        −inf where every contribution of that lag is exactly zero.
        """
        if name not in self._typical:
            curve = typical_curve(self.log2_norm[name])
            freeze(curve)
            self._typical[name] = curve
        return self._typical[name]

    def curve(self, name: str, of: Curve) -> Floats:
        """The size of a line's contributions at [k], as log₂; −inf where it is exactly zero.

        (T,); of one loss L_t (t,), as no lag k ≥ t exists, or (T − t + 1,) where the line looks ahead, k standing for
        step t + k; and (0,) where that step is not scored.

        Args:
            name: Which parameter.
            of: `typical` or `summed`, of all losses; or the t of one.
        """
        if isinstance(of, int):
            there = 1 <= of <= len(self.scored) and self.scored[of - 1]
            norms = self.log2_norm[name]
            return norms[of - 1, : self.last_lag(name, of) + 1] if there else norms[0, :0]
        return self.typical(name) if of == "typical" else self.log2_summed[name]

    def averaged(self, name: str) -> NDArray[np.intp]:
        """(T,) at [k]: over how many losses `typical` is the mean: those whose contribution is not exactly zero."""
        if name not in self._averaged:
            count = np.count_nonzero(np.isfinite(self.log2_norm[name]), axis=0)
            freeze(count)
            self._averaged[name] = count
        return self._averaged[name]

    def rate(self, name: str) -> Rate:
        """How fast the typical contribution of a parameter changes from lag to lag."""
        direction = self._direction(name)
        if direction is not None:
            return direction.rate(name)
        if name not in self._rates:
            state = State(self._reached(self.log2_state_norm), self.state_rate.standard_error)
            self._rates[name] = fit_rate(self._reached(self.log2_norm[name]), state)
        return self._rates[name]

    def horizon(self, name: str, t: int) -> int | None:
        """The lag from which on less than 1 % of what L_t has at lag 0 is left; None if its last lag keeps more.

        Args:
            name: Which parameter.
            t: 1 … T, a step that is scored.
        """
        return horizon_of(self.log2_norm[name][t - 1, : self.last_lag(name, t) + 1])

    def share_of_past(self, name: str) -> float:
        """How much of a parameter's contributions to one loss comes from lags k ≥ 1: a share of their sizes, 0 … 1.

            mean over scored t ≥ 2 of  Σ_{k≥1} ‖contribution(t, k)‖ / Σ_{k≥0} ‖contribution(t, k)‖

        Losses of which every contribution is exactly zero are left out; 0 if all are.
        """
        direction = self._direction(name)
        if direction is not None:
            return direction.share_of_past(name)
        return float(share_of_past(self.log2_norm[name].T[np.newaxis])[0])

    def grouped(self, groups: Mapping[str, Sequence[str]]) -> LagProfile:
        """Take the parameters of each group together, as one long vector: a profile by groups.

            ‖contribution(t, k) of a group‖² = Σ over its parameters of ‖contribution(t, k)‖²

        Args:
            groups: Group → its parameters.
        """
        if all(list(names) == [group] for group, names in groups.items()):
            return self
        makers = {group: partial(_together, self.log2_norm, names) for group, names in groups.items()}
        summed = {group: _together(self.log2_summed, names) for group, names in groups.items()}
        freeze(*summed.values())
        own = [
            {group: names for group, names in groups.items() if names[0] in one.log2_norm} for one in self.directions
        ]
        directions = tuple(one.grouped(of) for one, of in zip(self.directions, own, strict=True))
        below = None
        if self.below is not None:
            of_cell = {group: names for group, names in groups.items() if names[0] in self.below.log2_norm}
            below = self.below.grouped(of_cell)
        return replace(
            self, log2_norm=Norms(makers), log2_summed=FrozenMapping(summed), directions=directions, below=below
        )

    @cached_property
    def state_rate(self) -> Rate:
        """How fast the typical gradient at the whole state, ‖∂L_t/∂a⟨t−k⟩‖, changes from lag to lag.

        It is the rate of the product of Jacobians; of an LSTM's state that is ‖∂L_t/∂(a, c)⟨t−k⟩‖. Of two directions it
        is the slower fading one's.
        """
        if self.directions:
            rates = [one.state_rate for one in self.directions]
            return max(rates, key=lambda rate: -np.inf if np.isnan(rate.log2_per_step) else rate.log2_per_step)
        return fit_rate(self._reached(self.log2_state_norm))

    def typical_of_layer(self, layer: int) -> Floats:
        """(T,) at [k]: the mean over scored t of log₂ of the gradient at a layer's state k steps back, zeros left out.

        −inf where every one is exactly zero.

        Args:
            layer: A key of `log2_layer_norm`.
        """
        if layer not in self._typical_layers:
            curve = typical_curve(self.log2_layer_norm[layer])
            freeze(curve)
            self._typical_layers[layer] = curve
        return self._typical_layers[layer]

    def rate_of_layer(self, layer: int) -> Rate:
        """How fast the typical gradient at a layer's state changes from lag to lag.

        Args:
            layer: A key of `log2_layer_norm`.
        """
        if layer not in self._layer_rates:
            self._layer_rates[layer] = fit_rate(self._reached(self.log2_layer_norm[layer]))
        return self._layer_rates[layer]

    def _reached(self, log2_norms: Floats) -> Floats:
        """The norms without the losses after the last that is scored, and without the lags that none reaches."""
        reach = int(np.flatnonzero(self.scored)[-1]) + 1 if self.scored.any() else 0
        return log2_norms[:reach, :reach]

    # Made when first asked for, once: a table of T² numbers is behind each.

    @cached_property
    def _input_curves(self) -> dict[str, Floats]:
        return {}

    @cached_property
    def _typical(self) -> dict[str, Floats]:
        return {}

    @cached_property
    def _averaged(self) -> dict[str, NDArray[np.intp]]:
        return {}

    @cached_property
    def _rates(self) -> dict[str, Rate]:
        return {}

    @cached_property
    def _typical_layers(self) -> dict[int, Floats]:
        return {}

    @cached_property
    def _layer_rates(self) -> dict[int, Rate]:
        return {}


def _together(log2_norms: Mapping[str, Floats], names: Sequence[str]) -> Floats:
    """log₂ of the root of the sum of squares of norms given as log₂."""
    if len(names) == 1:
        return log2_norms[names[0]]
    total = 2.0 * log2_norms[names[0]]
    for name in names[1:]:
        total = np.logaddexp2(total, 2.0 * log2_norms[name])
    return total / 2.0


def lag_profile(
    tape: Tape, gradients: Gradients | None = None, progress: Progress | None = None, *, inputs: bool = False
) -> LagProfile:
    """Take the gradient apart by loss time t and lag k, for every parameter.

    Args:
        tape: A forward pass.
        gradients: Its BPTT gradient, if at hand, for the residual.
        progress: Called with (lags done, lags in all); raising from it ends the work.
        inputs: Whether the gradients at the inputs are taken in the same sweep; if not, they have one of their own
            when `log2_input_norm` is first read.

    Returns:
        The contributions' norms, (T, T) at [t − 1, k] for each parameter, as log₂.

    Runnable example:

        >>> import core
        >>> trace = core.run(core.Experiment(hidden_size=2, timesteps=5))
        >>> lags = core.lag_profile(trace.tape)
        >>> lags.log2_norm["W_aa"].shape, lags.residual < 1e-12
        ((5, 5), True)
    """
    gradients = backward(tape, beat(progress)) if gradients is None else gradients
    if goes_both_ways(tape.network):
        return _every_step(tape, gradients, progress)
    if looks_ahead(tape.network):
        return _both_directions(tape, gradients, progress)
    tables, at_inputs = LagTables(tape), None
    if tape.entering_steps.any():
        tables.add_readout(tape)
        sweep = LagSweep(tape, tables.first, tables.last)
        at_inputs = InputTables(tape, tables.first, tables.last) if inputs else None
        for tile in sweep:
            if progress is not None:
                for lag in range(tile.lag, tile.lag + len(tile.squares)):
                    progress(lag, sweep.last + 1)
            tables.add(tile)
            if at_inputs is not None:
                at_inputs.add(tile)
    residual = max(tables.residuals(gradients.scaled))
    state = tables.state()
    layers = tables.layers()
    freeze(state, *layers.values(), *tables.summed.values())
    return LagProfile(
        log2_norm=tables.norms(),
        log2_state_norm=state,
        log2_summed=FrozenMapping(tables.summed),
        scored=tape.entering_steps,
        residual=residual,
        inputs=InputNorms(tape, None if at_inputs is None else at_inputs.tables()[0]),
        log2_layer_norm=FrozenMapping(layers),
    )


def _both_directions(tape: Tape, gradients: Gradients, progress: Progress | None) -> LagProfile:
    """The profile of a bidirectional network: each direction's own, and the read-out's, in the order of the steps."""
    cell, readout = tape.network.cell, LagTables(tape)
    assert isinstance(cell, Bidirectional)
    found = []
    for at in (0, 1):
        own = one_direction(tape, at)
        scaled = {name: gradients.scaled[cell.named(name, at)] for name in own.network.parameters}
        profile = lag_profile(own, Gradients(FrozenMapping(scaled)), progress)
        found.append(profile.grouped({cell.named(name, at): (name,) for name in own.network.parameters}))
    if tape.entering_steps.any():
        readout.add_readout(tape)
    own_norms, names = readout.norms(), tape.readout_names
    makers = {name: partial(_in_steps, one, at, name) for at, one in enumerate(found) for name in one.log2_norm}
    state = np.logaddexp2(2.0 * found[0].log2_state_norm, 2.0 * found[1].log2_state_norm[::-1]) / 2.0
    freeze(state)
    summed = {name: curve for one in found for name, curve in one.log2_summed.items()}
    return LagProfile(
        log2_norm=Norms({**makers, **{name: partial(own_norms.__getitem__, name) for name in names}}),
        log2_state_norm=state,
        log2_summed=FrozenMapping({**summed, **{name: readout.summed[name] for name in names}}),
        scored=tape.entering_steps,
        residual=max([one.residual for one in found] + list(readout.readout_residuals(gradients.scaled))),
        inputs=InputNorms(tape),
        directions=tuple(found),
    )


def _every_step(tape: Tape, gradients: Gradients, progress: Progress | None) -> LagProfile:
    """The profile of a stack of bidirectional layers, and in it that of the lags below 0."""
    readout, every = LagTables(tape), every_step(tape, progress)
    if tape.entering_steps.any():
        readout.add_readout(tape)
    names, summed, states = every.norms(), every.summed(), every.states()
    (inputs,) = every.inputs(slice(None), apart=False, same=None)
    uses = tape.readout_names
    residual = max([*every.residuals(gradients.scaled), *readout.readout_residuals(gradients.scaled)], default=0.0)

    def side(of: Literal["back", "ahead"], at: int, more: Mapping[str, Floats], below: LagProfile | None) -> LagProfile:
        tables = {name: getattr(one, of) for name, one in names.items()} | {n: readout.norms()[n] for n in more}
        layers = {number: getattr(one, of) for number, one in states.items()}
        whole = reduce(np.logaddexp2, [2.0 * table for table in layers.values()]) / 2.0
        sums = {name: both[at] for name, both in summed.items()} | dict(more)
        freeze(whole, *layers.values(), *sums.values())
        return LagProfile(
            log2_norm=Norms({name: partial(np.copy, table) for name, table in tables.items()}),
            log2_state_norm=whole,
            log2_summed=FrozenMapping(sums),
            scored=tape.entering_steps,
            residual=residual,
            inputs=InputNorms(tape, getattr(inputs, of)),
            log2_layer_norm=FrozenMapping(layers),
            below=below,
        )

    return side("back", 0, {name: readout.summed[name] for name in uses}, side("ahead", 1, {}, None))


def _in_steps(profile: LagProfile, at: int, name: str) -> Floats:
    """A direction's table (T, T) with its losses in the order of the steps."""
    return in_order(profile.log2_norm[name], at).copy()
