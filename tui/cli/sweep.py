"""`rnn-tui sweep`: many networks side by side. A setting that has several values is an axis of the grid.

Ctrl-C ends it with what there is; with a store the same command goes on from there.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final, get_args

from tui.cli import effects, figure, terminal
from tui.cli.outputs import outputs_among
from tui.cli.request import BadInputError, Request, request_of

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from core.study.grid import Grid
    from core.study.outcome import Outcome

ABOUT: Final = (
    "Compute many networks: every combination of values, as --gain 0.5:2:31 --cell rnn,gru, for several seeds."
)
FAILED: Final = 1
INTERRUPTED: Final = 130
"""128 + SIGINT, as a shell reports it."""


def kinds_of_seeds() -> tuple[str, ...]:
    """What a seed may draw."""
    from core.study.grid import Vary

    return get_args(Vary)


def options() -> Mapping[str, Any]:
    """What sweep has in addition to the settings, each of which takes several values here."""
    from tui.cli import flags
    from tui.report.formats.study import STUDY_FORMATS

    return {
        "seeds": flags.text(
            "How many networks of each combination, counted from --seed and --data-seed [1].", "INTEGER"
        ),
        "vary": flags.text(
            "What a seed draws: both, weights (the data held) or data (the weights held) [both].",
            "CHOICE",
            values=kinds_of_seeds,
        ),
        "draws": flags.text("How often settings written as 0.5:2:random are drawn, all of them together.", "INTEGER"),
        "trained": flags.switch("Train each network first, for --training-steps updates."),
        "lyapunov": flags.switch("Measure λ₁ of each network too; with gates it takes longer than everything else."),
        **computing(),
        **flags.outputs_as(STUDY_FORMATS),
        **figure.options(),
    }


def computing() -> Mapping[str, Any]:
    """The options that say who computes, and where results are kept."""
    from tui.cli import flags

    return {
        "store": flags.text("Keep each result in this file as it comes (SQLite), and go on from what is in it."),
        "workers": flags.text("How many processes compute; one for each core if absent.", "INTEGER"),
        "cluster": flags.text("Have a Dask cluster compute: tcp://…; DASK_SCHEDULER_ADDRESS if absent.", "ADDRESS"),
    }


def sweep(
    *,
    seeds: str | None = None,
    vary: str | None = None,
    draws: str | None = None,
    trained: bool = False,
    lyapunov: bool = False,
    store: str | None = None,
    workers: str | None = None,
    cluster: str | None = None,
    overwrite: bool = False,
    **given: Any,
) -> int:
    """Compute every network of a grid, and print what came out."""
    from core.study.study import Study
    from core.study.sweep import sweep as compute
    from tui.report.formats.study import STUDY_FORMATS, StudyBundle

    drawn = figure.asked_for(given, overwrite=overwrite, chart="sweep")
    asked = {one.name: given.pop(one.name, None) for one in STUDY_FORMATS if one.option}
    grid = _grid(given, seeds=seeds, vary=vary, draws=draws, trained=trained)
    outputs = outputs_among(STUDY_FORMATS, asked, overwrite=overwrite)
    files = [one.name for one in STUDY_FORMATS if one.option and not one.switch]
    if overwrite and drawn is None and not any(asked[name] for name in files):
        terminal.tell(f"--overwrite has no effect without {' or '.join(map(effects.flag, [*files, 'figure']))}")
    outcomes: dict[int, Outcome] = {}
    count = whole("workers", workers)
    with ExitStack() as stack:
        executor = executor_of(stack, cluster)
        with terminal.metered(meter := terminal.Bar(sys.stderr, "networks")) as ended:
            compute(
                grid,
                executor,
                store_of(store),
                lyapunov=lyapunov,
                workers=count,
                progress=meter,
                take=outcomes.__setitem__,
            )
    bundle = StudyBundle(Study(grid, outcomes), interrupted=ended.interrupted)
    for output in outputs:
        output.write(bundle)
    if drawn is not None and outcomes:
        drawn.write(figure.of_sweep(bundle.study))
    sys.stdout.flush()
    if ended.interrupted:
        terminal.tell(_how_to_go_on(len(outcomes), len(grid), store))
        return INTERRUPTED
    return FAILED if outcomes and len(bundle.study.failures) == len(outcomes) else 0


def _how_to_go_on(done: int, total: int, store: str | None) -> str:
    said = f"interrupted after {done} of {total} networks"
    if store is not None:
        return f"{said}; the same command goes on from there"
    return f"{said}; with --store FILE the same command would go on from there"


def _grid(
    given: Mapping[str, str | None], *, seeds: str | None, vary: str | None, draws: str | None, trained: bool
) -> Grid:
    """The grid that the flags describe: those with several values are its axes, the others settings of all networks."""
    from core.settings.experiment import settings
    from core.study.grid import grid
    from core.study.ranges import values_of

    axes: dict[str, str] = {}
    try:
        for name, text in given.items():
            if name not in settings() or text is None:
                continue
            values = values_of(name, text)
            if not isinstance(values, tuple) or len(values) > 1:
                axes[name] = text
    except ValueError as error:
        raise BadInputError(str(error)) from None
    request = request_of(**{name: text for name, text in given.items() if name not in axes})  # type: ignore[arg-type]
    effects.tell(_unused(request, axes, trained=trained))
    try:
        return grid(
            request.experiment,
            seeds=1 if seeds is None else whole("seeds", seeds) or 0,
            vary="both" if vary is None else vary,  # type: ignore[arg-type]
            draws=whole("draws", draws) or 0,
            trained=trained,
            **axes,
        )
    except ValueError as error:
        raise BadInputError(str(error)) from None


def _unused(request: Request, axes: Mapping[str, str], *, trained: bool) -> list[str]:
    """What is to be said of flags without effect, as far as no axis may give them one."""
    from core.settings.experiment import settings

    found = [*request.notes]
    for name in (*request.flags, *axes):
        setting = settings()[name]
        if setting.hint.trains and not trained:
            found.append(f"{effects.flag(name)} has no effect on sweep without --trained")
        elif (cause := setting.without_effect(request.experiment)) is not None and cause not in axes:
            value = getattr(request.experiment, cause)
            found.append(f"{effects.flag(name)} has no effect with {effects.flag(cause)} {value}")
    return found


def whole(name: str, text: str | None) -> int | None:
    """The whole number that was given for an option, None where none was.

    Raises:
        BadInputError: it is none, or less than 1.
    """
    if text is None:
        return None
    if not text.isdecimal() or len(text) > 9 or int(text) < 1:
        raise BadInputError(f"{name}: {text!r} was given, allowed is a whole number from 1")
    return int(text)


def store_of(path: str | None) -> str | None:
    """The file that results are kept in, None where none was asked for.

    Raises:
        BadInputError: an empty name was given.
    """
    if path is not None and not path.strip():
        raise BadInputError("--store: no file was named; give a path")
    return path


def executor_of(stack: ExitStack, cluster: str | None) -> Executor | None:
    """Who computes, if that is a cluster: it is left as it was in the end.

    Raises:
        BadInputError: there is none at the address, or nothing to reach it with.
    """
    from core.study.cluster import address_of, dask_executor

    address = address_of(cluster)
    if address is None:
        return None
    try:
        return stack.enter_context(dask_executor(address))
    except (ValueError, ImportError, OSError) as error:
        raise BadInputError(str(error)) from None
