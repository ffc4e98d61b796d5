"""What a network's Jacobians do to a gradient, measured together: singular values, exponents, theory's lines.

All of it can be worked out for any network, but not for any length in a time that somebody waits. What would take
longer than `BUDGET` allows is thinned, and what was looked at is part of the result: fewer lags, evenly spaced,
of the singular values; the largest exponents of the spectrum, of a large state only as many as it takes to tell its
dimension and its entropy rate. A step costs some n³ operations and an overhead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from core.bptt.direct_path import find_direct_path
from core.bptt.directions import goes_both_ways, looks_ahead, one_direction
from core.bptt.forward import Tape
from core.dynamics.jacobians import (
    JacobianProfile,
    RecurrentSpectrum,
    jacobian_profile,
    recurrent_matrices,
    recurrent_spectrum,
)
from core.dynamics.lyapunov import Lyapunov, lyapunov_along
from core.dynamics.theory import TheoryLine, theory_lines
from core.network.cells.bidirectional import Bidirectional
from core.numerics.frozen import FrozenMapping, FrozenRecord
from core.numerics.progress import Progress
from core.numerics.shaking import REPEATS

BUDGET = 3e10
"""Operations that one measurement may cost: some ten seconds on one core."""

LEADING = BUDGET / 30
"""Operations that the leading exponents may cost at first: mostly they say already what is asked of all of them."""

FEWEST = 8
"""Exponents that are measured at least, where there are so many and `BUDGET` allows them."""

OVERHEAD = 150_000
"""Fixed cost of one step, in operations, that is added to its n³."""

MOST_LAGS = 240
"""How many lags a chart has room for."""


@dataclass(frozen=True, eq=False)
class Dynamics(FrozenRecord):
    """One example's trajectory, linearized: what the Jacobians of its T steps do, one by one and multiplied together.

    Exponents are in nats per step, theory's lines and singular values log₂ at [k], eigenvalues plain numbers.
    """

    tape: Tape
    """The forward pass that this is measured along"""
    spectra: Mapping[str, RecurrentSpectrum]
    """Recurrent matrix → its eigenvalues, ρ and σ_max; none for a cell that has a matrix for each step"""
    lyapunov: Lyapunov
    """The exponents, or the largest of them"""
    lines: tuple[TheoryLine, ...]
    """Theory's lines, for lags 0 … T − 1"""
    profile: JacobianProfile | None
    """Singular values of ∂a⟨t⟩/∂a⟨t−k⟩ against k; None where they were not asked for"""
    ahead: Dynamics | None = None
    """What a bidirectional network's backward direction has of all this, in the order of its own steps; exponents,
    lines and singular values here are then of the forward direction"""
    own: Tape | None = field(default=None, repr=False)
    """The forward pass of one direction of two by itself; None for any other network"""
    state: str = ""
    """What the state is called; empty where it is that of the network"""

    @property
    def state_name(self) -> str:
        """The state that the Jacobians are of, in symbols: `a`, `(a, c)`; `a_fwd` of one direction of two."""
        return self.state or self.tape.network.state_name

    @property
    def spectrum(self) -> RecurrentSpectrum | None:
        """Eigenvalues of W_aa, ρ and σ_max; None for a cell with several recurrent matrices, or one for each step."""
        return next(iter(self.spectra.values())) if len(self.spectra) == 1 else None


def dynamics_of(
    tape: Tape,
    *,
    step: int | None = None,
    profile: bool = True,
    known: Dynamics | None = None,
    progress: Progress | None = None,
) -> Dynamics:
    """Measure what there is to know of the Jacobians along the first example's trajectory.

    Args:
        tape: A forward pass.
        step: The t whose products are looked at; None takes the last scored step.
        profile: Whether to work out the singular values too, which cost the most.
        known: What was measured already; what belongs to this tape and this step is used again.
        progress: Called with (done, total); raising from it ends the work.

    Raises:
        ValueError: if step is out of range.

    Runnable example:

        >>> import core
        >>> trace = core.run(core.Experiment(hidden_size=2, timesteps=5))
        >>> found = core.dynamics_of(trace.tape)
        >>> found.lyapunov.exponents.shape, found.profile.log2_singular_values.shape, len(found.lines)
        ((2,), (5, 2), 3)
    """
    if goes_both_ways(tape.network):
        raise ValueError(
            f"a {tape.network.cell.title} has no Jacobian from one step to the next, as paths go both ways; look at "
            "one of its layers"
        )
    if looks_ahead(tape.network):
        return _of_both_directions(tape, step, known, progress, profile=profile)
    steps, n = len(tape.losses), tape.states.shape[2]
    last = _last_step(tape) if step is None else step
    repeated = 1 if tape.linearization.robust else 1 + REPEATS
    lags = affordable_lags(last - 1, n, repeated) if profile else range(0)
    exponents, total = steps, steps + (lags[-1] + 1 if lags else 0)
    if known is not None and known.tape is not tape:
        known = None
    if known is None:
        names = recurrent_matrices(tape.network)
        spectra = FrozenMapping({name: recurrent_spectrum(tape.network, name) for name in names})
        spectrum = spectra[names[0]] if len(names) == 1 else None
        lyapunov = _leading_exponents(tape, steps * repeated, _part(progress, 0, total))
        heartbeat = None if progress is None else lambda *_: progress(exponents, total)
        lines = theory_lines(tape.network, steps, lyapunov, spectrum, find_direct_path(tape, heartbeat))
        known = Dynamics(tape, spectra, lyapunov, lines, None)
    if not profile or (known.profile is not None and known.profile.step == last):
        return known
    found = jacobian_profile(tape, step=last, lags=lags, progress=_part(progress, exponents, total))
    return replace(known, profile=found)


def _of_both_directions(
    tape: Tape, step: int | None, known: Dynamics | None, progress: Progress | None, *, profile: bool
) -> Dynamics:
    """Each direction measured as the network of its own that it is: the products of one have nothing of the other."""
    cell, last = tape.network.cell, _last_step(tape) if step is None else step
    assert isinstance(cell, Bidirectional)
    if not 1 <= last <= len(tape.losses):
        raise ValueError(f"step must lie in 1 … {len(tape.losses)}, got {last}")
    before = None if known is None or known.tape is not tape or known.ahead is None else (known, known.ahead)
    found = []
    for at in (0, 1):
        own = one_direction(tape, at) if before is None or before[at].own is None else before[at].own
        assert own is not None
        told = None
        if before is not None:
            spectra = {name: before[0].spectra[cell.named(name, at)] for name in recurrent_matrices(own.network)}
            told = replace(before[at], tape=own, spectra=FrozenMapping(spectra), ahead=None, own=None, state="")
        one = dynamics_of(
            own,
            step=len(tape.losses) + 1 - last if at else last,
            profile=profile,
            known=told,
            progress=None if progress is None else _half(progress, at),
        )
        found.append(replace(one, state=cell.state_of(at), own=own))
    every = {cell.named(name, at): one for at in (0, 1) for name, one in found[at].spectra.items()}
    return replace(found[0], tape=tape, spectra=FrozenMapping(every), ahead=found[1])


def affordable_lags(last: int, n: int, repeated: int = 1) -> range:
    """Lags from 0, evenly spaced, up to `last` or as far as `BUDGET` goes: half for the way, half for the stops.

    Args:
        last: The largest lag that there is.
        n: How many numbers a state has.
        repeated: How often everything is computed, to tell what is known.
    """
    affordable = max(2, int(BUDGET / 2 / repeated / (OVERHEAD + n**3)))
    furthest = min(last, affordable - 1)
    stride = max(1, -(-furthest // (min(MOST_LAGS, affordable) - 1)))
    return range(0, furthest + 1, stride)


def _leading_exponents(tape: Tape, steps: int, progress: Progress | None) -> Lyapunov:
    """The largest exponents, as many as tell the dimension and the entropy rate, or as `BUDGET` allows.

    Each is what it is among all: directions that are pushed on and made orthonormal in their order know nothing of
    those after them.
    """
    n = tape.states.shape[2]
    most = affordable_exponents(steps, n)
    count = min(most, max(FEWEST, affordable_exponents(steps, n, LEADING)))
    while True:
        found = lyapunov_along(tape, count=count, progress=progress)
        if count == most or told_enough(found):
            return found
        count = min(most, 4 * count)


def told_enough(found: Lyapunov) -> bool:
    """Whether more exponents would tell nothing more of the dimension and the entropy rate."""
    if np.isnan(found.exponents).any():
        return True
    return found.kaplan_yorke_dimension is not None and found.entropy_rate is not None


def affordable_exponents(steps: int, n: int, budget: float = BUDGET) -> int:
    """How many exponents a budget allows, m of n, at some n m (n + m) operations per step."""
    room = budget / steps / n
    return max(1, min(n, int((n * n / 4 + room) ** 0.5 - n / 2)))


def _last_step(tape: Tape) -> int:
    scored = tape.entering_steps.nonzero()[0]
    return int(scored[-1]) + 1 if scored.size else len(tape.losses)


def _half(progress: Progress, half: int) -> Progress:
    return lambda done, total: progress(done + half * total, 2 * total)


def _part(progress: Progress | None, before: int, total: int) -> Progress | None:
    """Report a part of the work as such."""
    return None if progress is None else lambda done, _: progress(before + done, total)
