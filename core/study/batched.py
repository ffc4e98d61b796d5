"""Summaries of many networks, those of one kind computed together.

A small network takes longer to ask NumPy for than to compute. So networks of one shape go through the forward pass, the
way back and the lag sweep as one (`core.bptt.joint`); each has the numbers that it has by itself, to 1e−12, and to
the last bit the same whichever are computed together, and in whichever order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.bptt.joint import JointTables, JointTape, joint_tables, joint_tape
from core.bptt.lag_sweep import TILE
from core.bptt.parameter_groups import Grouping, parameter_groups
from core.bptt.rate import States, fit_rates, share_of_past
from core.dynamics.largest_exponents import largest_exponents
from core.dynamics.lyapunov import lyapunov_along
from core.network.batch import Batch
from core.network.network import Network
from core.numerics.progress import Progress
from core.numerics.scaled import Floats
from core.settings.experiment import Experiment
from core.settings.identity import fingerprint, program_version
from core.study.summary import LineSummary, MatrixSummary, Summary, finite_or_none, line_summary, summary
from core.tasks import make_batch
from core.tasks.drawn import make_network
from core.trace import run
from core.training.steps import TrainingState

NUMBERS = TILE
"""Numbers of one lag, T·B·n_state of all networks that are computed together, at most: those of a lag are one tile
then, which a processor's second-level cache holds"""

FITTED = 1 << 18
"""Numbers of one line's table, K² of each network, of as many networks as are fitted together, about"""

LARGEST = 1 << 13
"""A network of more numbers than this is computed by itself: NumPy is asked for little else than its numbers then"""


@dataclass(frozen=True, eq=False)
class Drawn:
    """What an experiment makes, and where its summary goes."""

    place: int
    experiment: Experiment
    network: Network
    batch: Batch
    step: int = 0
    """After how many steps of training the network is as it is"""


def summaries(
    experiments: Sequence[Experiment],
    progress: Progress | None = None,
    *,
    lyapunov: bool = False,
    states: Sequence[TrainingState] | None = None,
) -> list[Summary]:
    """The summary of every experiment: that of `core.summary(core.run(experiment))`, sooner.

    Every number is the same to 1e−12, but for the residual, which is another rounding. It does not depend on which
    experiments are given together, nor on their order. Computed one by one are networks of which `goes_together` is
    False, and those whose states leave float64.

    Args:
        experiments: The settings, of any kinds in any order.
        progress: Called with (experiments done, all); raising from it ends the work.
        lyapunov: Whether λ₁ is measured too.
        states: Their networks after training; None for the networks as they are drawn.

    Raises:
        ValueError: what `core.run` raises, for the first experiment of which it does.

    Runnable example:

        >>> import core
        >>> found = summaries([core.Experiment(gain=gain, seed=seed) for gain in (0.5, 0.9) for seed in range(3)])
        >>> [one.lines[0].regime for one in found[:3]]
        ['vanishing', 'vanishing', 'vanishing']
    """
    found: dict[int, Summary] = {}
    waiting: dict[tuple[object, ...], list[Drawn]] = {}

    def done() -> None:
        if progress is not None:
            progress(len(found), len(experiments))

    for place, experiment in enumerate(experiments):
        one = _drawn(place, experiment, None if states is None else states[place])
        if not goes_together(one.network, one.batch):
            found[place] = _by_itself(one, lyapunov)
            done()
            continue
        group = waiting.setdefault(kind(one), [])
        group.append(one)
        if len(group) >= at_once(one):
            found.update(summaries_of(group, lyapunov=lyapunov))
            group.clear()
            done()
    for group in waiting.values():
        if group:
            found.update(summaries_of(group, lyapunov=lyapunov))
            done()
    return [found[place] for place in range(len(experiments))]


def _drawn(place: int, experiment: Experiment, state: TrainingState | None) -> Drawn:
    """What an experiment makes, and trains if that has been done."""
    batch = make_batch(experiment)
    if state is None:
        return Drawn(place, experiment, make_network(experiment), batch)
    return Drawn(place, experiment, state.network, batch, state.step)


def goes_together(network: Network, batch: Batch) -> bool:
    """Whether a network is computed together with others of its kind.

    So are cells that say `in_rows` of themselves, as long as a network is small, and some step is scored.
    """
    small = network.cell.in_rows and _numbers(network, batch) <= LARGEST
    plain = network.readout.linear or not network.readout.uses
    return small and plain and batch.weights is None and bool(batch.scored_steps.any())


def _numbers(network: Network, batch: Batch) -> int:
    return batch.inputs.shape[0] * batch.inputs.shape[1] * network.state_size


def at_once(one: Drawn) -> int:
    """How many networks of this kind are computed together."""
    return max(1, NUMBERS // _numbers(one.network, one.batch))


def kind(one: Drawn) -> tuple[object, ...]:
    """What networks that are computed together have in common."""
    batch, parameters = one.batch, one.network.parameters
    arrays = tuple((name, values.shape, values.dtype.str) for name, values in batch.arrays.items())
    recurrent = [parameters[name] for name, use in one.network.uses.items() if use.role == "recurrent"]
    diagonal = all(np.count_nonzero(w) == np.count_nonzero(np.diagonal(w)) for w in recurrent)
    return one.network.kind, arrays, batch.scored.tobytes(), diagonal


def _by_itself(one: Drawn, lyapunov: bool) -> Summary:
    trace = run(one.experiment, network=one.network, batch=one.batch, training_step=one.step)
    return summary(trace, lyapunov_along(trace.tape, count=1) if lyapunov else None)


def summaries_of(group: Sequence[Drawn], *, lyapunov: bool = False) -> Mapping[int, Summary]:
    """The summaries of networks of one kind, by their places; with λ₁ if it is asked for."""
    joint, within = joint_tape([one.network for one in group], [one.batch for one in group])
    if not within.all():
        inside = [one for one, stays in zip(group, within, strict=True) if stays]
        outside = [one for one, stays in zip(group, within, strict=True) if not stays]
        alone = {one.place: _by_itself(one, lyapunov) for one in outside}
        return {**alone, **(summaries_of(inside, lyapunov=lyapunov) if inside else {})}
    exponents = largest_exponents(joint) if lyapunov else (np.full(len(group), np.nan),) * 2
    if exponents is None:
        return {one.place: _by_itself(one, lyapunov) for one in group}
    tables = joint_tables(joint)
    lines, matrices = _lines(joint, tables), _matrices(joint)
    losses, version = joint.losses.sum(axis=1).tolist(), program_version()
    return {
        one.place: Summary(
            lines=lines[i],
            matrices=matrices[i],
            lyapunov=finite_or_none(float(exponents[0][i])),
            lyapunov_standard_error=finite_or_none(float(exponents[1][i])),
            loss=finite_or_none(losses[i]),
            residual=finite_or_none(float(tables.residuals[i])),
            steps=joint.losses.shape[1],
            overflow_step=None,
            training_step=one.step,
            version=version,
            fingerprint=fingerprint(one.experiment),
        )
        for i, one in enumerate(group)
    }


def _lines(joint: JointTape, tables: JointTables) -> list[tuple[LineSummary, ...]]:
    """The lines of each network: the gradient at the state, and every group of recurrent parameters."""
    return [line for some in tables_of_lines(joint, tables) for line in lines_of(some)]


def tables_of_lines(joint: JointTape, tables: JointTables, by: Grouping = "source") -> Iterator[Mapping[str, Floats]]:
    """The tables (N, K, K) of each line, `state` first, of as many networks at a time as are fitted together."""
    groups = {n: g.parameters for n, g in parameter_groups(joint.tape.network, by).items() if g.recurrent}
    few = max(1, FITTED // tables.state[0].size)
    for start in range(0, joint.count, few):
        some = slice(start, start + few)
        norms = {name: table[some] for name, table in tables.norms.items()}
        grouped = {name: _together(norms, names) for name, names in groups.items()}
        yield {"state": tables.state[some], **grouped}


def lines_of(tables: Mapping[str, Floats]) -> list[tuple[LineSummary, ...]]:
    """The lines of some networks, from the tables of each line (N, K, K), that of the state first."""
    found: dict[int, tuple[LineSummary, ...]] = {}
    count = len(tables["state"])
    for places in alike(tables):
        own = tables if len(places) == count else {name: table[places] for name, table in tables.items()}
        of_state = fit_rates(own["state"])
        states = States(own["state"], np.array([rate.standard_error for rate in of_state]))
        lines = [[line_summary("state", rate, None) for rate in of_state]]
        for name, table in list(own.items())[1:]:
            pairs = zip(fit_rates(table, states), share_of_past(table).tolist(), strict=True)
            lines.append([line_summary(name, rate, share) for rate, share in pairs])
        found.update(zip(places, zip(*lines, strict=True), strict=True))
    return [found[place] for place in range(count)]


def _together(norms: Mapping[str, Floats], names: Sequence[str]) -> Floats:
    """log₂ of the root of the sum of squares of several parameters' norms."""
    if len(names) == 1:
        return norms[names[0]]
    total = 2.0 * norms[names[0]]
    for name in names[1:]:
        np.logaddexp2(total, 2.0 * norms[name], out=total)
    total /= 2.0
    return total


def alike(tables: Mapping[str, Floats]) -> list[list[int]]:
    """The networks of which all tables have their exact zeros in the same places."""
    there = [np.isfinite(table) for table in tables.values()]
    count = len(there[0])
    if all(np.array_equal(finite, np.broadcast_to(finite[0], finite.shape)) for finite in there):
        return [list(range(count))]
    found: dict[bytes, list[int]] = {}
    for i in range(count):
        found.setdefault(b"".join(np.packbits(finite[i]).tobytes() for finite in there), []).append(i)
    return list(found.values())


def _matrices(joint: JointTape) -> list[tuple[MatrixSummary, ...]]:
    """ρ and σ_max of each network's recurrent matrices."""
    network = joint.tape.network
    first = [name for name, use in network.uses.items() if use.role == "recurrent"]
    radii = {name: np.abs(np.linalg.eigvals(network.parameters[name])).max(axis=1).tolist() for name in first}
    largest = {name: np.linalg.norm(network.parameters[name], 2, axis=(1, 2)).tolist() for name in first}
    return [tuple(MatrixSummary(name, radii[name][i], largest[name][i]) for name in first) for i in range(joint.count)]
