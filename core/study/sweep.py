"""`sweep` and `ensemble`: a grid of experiments computed, with whatever there is to compute with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from contextlib import closing, nullcontext
from pathlib import Path

from core.numerics.frozen import FrozenMapping
from core.numerics.progress import Progress
from core.settings.experiment import Experiment, InvalidSettingsError
from core.study.evaluate import evaluate
from core.study.grid import Grid, Vary, grid
from core.study.outcome import Outcome
from core.study.store import Store
from core.study.study import Study
from core.study.work import What


def sweep(
    found: Grid,
    executor: Executor | None = None,
    store: Store | Path | str | None = None,
    *,
    lyapunov: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
    take: Callable[[int, Outcome], object] | None = None,
) -> Study:
    """Compute every network of a grid, and keep a summary of each.

    The numbers are the same to the last bit whoever computes, in what order, and however often it was interrupted.

    Args:
        found: The grid.
        executor: Who computes: any `concurrent.futures.Executor`, of processes, threads, or other machines. None for
            this process where there is little to do, and else for a process for each core; a script that calls this
            then needs `if __name__ == "__main__":`, as all that start processes do.
        store: A file, or an open store, in which each result is kept as it comes, and where results are looked for
            first: the same call goes on where it was ended.
        lyapunov: Whether λ₁ is measured too, which with gates takes longer than everything else.
        workers: How many processes, or how many tasks the executor computes at a time; None for one for each core.
        progress: Called with (networks done, networks in all), several times a second; raising from it ends the work,
            and what has come by then is in the store.
        take: Called with a network's place in the grid and what came out for it, as it comes. Who keeps these has what
            there is when the work is ended: `Study(grid, outcomes)` takes any part of them.

    Raises:
        ValueError: the store cannot be opened.

    Runnable example:

        >>> import core
        >>> study = core.sweep(core.grid(gain=[0.5, 1.0, 2.0], seeds=4, hidden_size=4, timesteps=30))
        >>> study.values("rate").shape, len(study.failures)
        ((3, 1, 1, 4), 0)
        >>> [round(found.mean, 1) for found in study.over_seeds("spectral_radius")]
        [0.5, 0.9, 1.8]
    """
    opened = store if isinstance(store, Store) or store is None else Store(store)
    what, outcomes = What(found.trained, lyapunov), dict[int, Outcome]()
    with nullcontext() if opened is store or opened is None else closing(opened):
        for place, outcome in evaluate(
            experiments_of(found), what=what, executor=executor, store=opened, workers=workers, progress=progress
        ):
            outcomes[place] = outcome
            if take is not None:
                take(place, outcome)
    return Study(found, FrozenMapping(outcomes))


def experiments_of(found: Grid, networks: Iterable[int] | None = None) -> list[Experiment | InvalidSettingsError]:
    """The settings of networks of a grid, or what is wrong with them where they do not go together.

    Args:
        found: The grid.
        networks: Their places; None for every network.
    """
    experiments: list[Experiment | InvalidSettingsError] = []
    for network in range(len(found)) if networks is None else networks:
        try:
            experiments.append(found.experiment_at(network))
        except InvalidSettingsError as error:
            experiments.append(error)
    return experiments


def ensemble(
    experiment: Experiment | None = None,
    seeds: int | Sequence[int] = 20,
    *,
    vary: Vary = "both",
    trained: bool = False,
    executor: Executor | None = None,
    store: Store | Path | str | None = None,
    lyapunov: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Study:
    """The networks that some settings make with one seed after another: what of one of them is the settings' doing.

    Args:
        experiment: The settings; None for the defaults.
        seeds: How many, or which, counted from those of the experiment: 0 is the experiment itself.
        vary: What a seed draws: `both`, the `weights` with the data held, or the `data` with the weights held.
        trained: Whether each network is trained first, for `training_steps` updates.
        executor: Who computes, as in `core.sweep`.
        store: Where results are kept, as in `core.sweep`.
        lyapunov: Whether λ₁ is measured too.
        workers: How many at a time, as in `core.sweep`.
        progress: Called with (networks done, networks in all); raising from it ends the work.

    Raises:
        ValueError: a seed is not allowed, or the store cannot be opened.

    Runnable example:

        >>> import core
        >>> (rate,) = core.ensemble(core.Experiment(hidden_size=8), seeds=20).over_seeds("rate")
        >>> rate.count, rate.deviation > 2 * rate.of_one_network  # another seed is another network
        (20, True)
    """
    return sweep(
        grid(experiment, seeds=seeds, vary=vary, trained=trained),
        executor,
        store,
        lyapunov=lyapunov,
        workers=workers,
        progress=progress,
    )
