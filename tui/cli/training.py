"""`rnn-tui train` and `rnn-tui compare`, of settings or of a file: long runs without a screen.

Ctrl-C ends them with what there is.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from functools import partial
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tui.cli import checkpoint, documents, effects, figure, opening, terminal
from tui.cli.request import BadInputError, Request, request_of
from tui.report.printable import printable

if TYPE_CHECKING:
    from core.network.batch import Batch
    from core.network.network import Network
    from core.numerics.progress import Progress
    from core.settings.experiment import Experiment
    from core.settings.provenance import Provenance
    from core.sources.checkpoint import Checkpoint
    from core.training.profile import ProbeProfile
    from tui.report.training_document import StartingNetwork

FAILED: Final = 1
INTERRUPTED: Final = 130
"""128 + SIGINT, as a shell reports it."""


def saving() -> dict[str, Any]:
    """The options of train that write what was trained."""
    from tui.cli.flags import text

    told = "Write the trained network to this file, .npz or .safetensors, to open it again."
    return {"save_network": text(told), **figure.options()}


def train(*, file: str = "", save_network: str | None = None, overwrite: bool = False, **given: Any) -> int:
    """Train the network of an experiment or of a file, and print how it went."""
    from core.settings.provenance import provenance
    from core.training.history import TrainingHistory
    from core.training.steps import begin
    from core.training.steps import train as steps_of
    from tui.report.page.documents import training_page
    from tui.report.training_document import OVERFLOWED, training_document
    from tui.report.words.subject import describe_setup

    drawn = figure.asked_for(given, overwrite=overwrite, chart="training")
    others = {"save_network": save_network, "figure": None if drawn is None else "there"}
    outputs = documents.asked_for(given, overwrite=overwrite, others=others)
    network = opening.network_of(file, given)
    answers = checkpoint.answers_of(given, "" if network is None else file)
    opening.answer_as_coded("" if network is None else file, given, answers)
    request = request_of(**given, of_file=network is not None)
    place = None if save_network is None else _place(save_network, overwrite=overwrite)
    found = _start(network, request, answers, file)
    experiment, start = (request.experiment, None) if found is None else (found.experiment, found.trace)
    if found is None:
        effects.tell(effects.unused(request))
    with terminal.metered(meter := _meter("update")) as ended:
        history = (
            TrainingHistory(experiment)
            if start is None
            else TrainingHistory(experiment, begin(experiment, start.network), start.batches)
        )
        for step in steps_of(experiment, start=history.start, batches=history.batches):
            history.add(step)
            if meter.shown:
                meter(step.step, experiment.training_steps)
    made = provenance().of(experiment if found is None else None, trained=history.latest.step)
    problem = "" if place is None else _save(history.latest.network, place, made, overwrite=overwrite)
    profiles: list[ProbeProfile | None] = []
    probe = None if start is None else start.whole_batch
    with terminal.metered(meter := _meter("lag")) as without:
        for state in (history.start, history.latest):
            profiles.append(_profile(experiment, state.network, state.step, probe, meter))  # noqa: PERF401, the first is kept when the second is interrupted
    before, after = (*profiles, None, None)[:2]
    interrupted = ended.interrupted or without.interrupted
    document = training_document(
        history,
        before,
        after,
        interrupted=interrupted,
        without="not worked out: interrupted" if without.interrupted else OVERFLOWED,
        given=_given(found),
        saved="" if place is None or problem else str(place),
    )
    measured = [one for one in (before, after) if one is not None]
    if found is None and (drawn is not None or documents.has_page(outputs)):
        measured = figure.profiles_of(history)
    documents.write(document, partial(training_page, history, measured, from_file=found is not None), outputs)
    if drawn is not None:
        of = f"{experiment.cell}, {experiment.hidden_size} units" if start is None else describe_setup(start)
        drawn.write(figure.of_training(history, measured, of, described=start is None))
    if problem:
        terminal.tell(problem)
        return FAILED
    return INTERRUPTED if interrupted else 0


def _start(
    network: Checkpoint | None,
    request: Request,
    answers: Mapping[str, str | None],
    file: str,
    *,
    compared: bool = False,
) -> checkpoint.Read | None:
    """The network of a file on its data, to be trained; None without one, of whose options it is said so."""
    if network is None:
        effects.tell(checkpoint.without_file(answers, file))
        return None
    effects.tell(checkpoint.unused(request, trained=True, compared=compared))
    return checkpoint.read(network, request, answers, trained=True)


def _given(found: checkpoint.Read | None) -> StartingNetwork | None:
    from tui.report.training_document import StartingNetwork

    return None if found is None else StartingNetwork(found.trace, found.about)


def _place(given: str, *, overwrite: bool) -> Path:
    """The file that a network is written to, before it is trained.

    Raises:
        BadInputError: it is no name for one, or no file can be written there.
    """
    from core.sources.saving import SUFFIXES
    from tui.cli.outputs import STANDARD_OUTPUT, refused
    from tui.report.atomic_files import ExportError, destination, may_write

    if not given.strip() or given in STANDARD_OUTPUT:
        raise BadInputError("--save-network: no file was named; give a path that ends in .npz or .safetensors")
    suffix = Path(given).suffix.lower()
    if suffix not in ("", *SUFFIXES):
        raise BadInputError(f"--save-network: a network is written as .npz or .safetensors, got {printable(given)}")
    try:
        path = destination(given, suffix or SUFFIXES[0])
        may_write(path, overwrite=overwrite)
    except ExportError as error:
        raise refused(error) from None
    return path


def _save(network: Network, path: Path, made: Provenance, *, overwrite: bool) -> str:
    """Write a network, whole or not at all; why it could not be written, else nothing."""
    from tui.report.atomic_files import ExportError, write_whole
    from tui.report.formats.network import network_file

    try:
        write_whole(lambda: network_file(network, path.suffix.lower(), made), path, overwrite=overwrite)
    except ExportError as error:
        return str(error)
    return ""


def comparing() -> dict[str, Any]:
    """The options of compare that say what is compared, and over how many seeds."""
    from tui.cli.flags import text

    return {
        "remedies": text("Which, with commas between; all of them if absent.", "NAMES", values=_names),
        "seeds": text("How many seeds of weights and data, and where those lie; 1 if absent.", "N"),
    }


def _names() -> Iterable[str]:
    from core.training.remedies import remedies

    return remedies()


def compare(
    *, file: str = "", remedies: str | None = None, seeds: str | None = None, overwrite: bool = False, **given: Any
) -> int:
    """Train an experiment with each remedy, and print a table; of a file, its network beside them."""
    from core.training.remedies import Compared, comparable
    from core.training.remedies import compare as rows_of
    from core.training.remedies_over_seeds import Score, score, with_seed
    from tui.cli.sweep import whole
    from tui.report.page.documents import comparison_page
    from tui.report.remedies_over_seeds import remedies_over_seeds
    from tui.report.training_document import comparison_document

    outputs = documents.asked_for(given, overwrite=overwrite)
    network = opening.network_of(file, given)
    answers = checkpoint.answers_of(given, "" if network is None else file)
    opening.answer_as_coded("" if network is None else file, given, answers)
    request = request_of(**given, of_file=network is not None)
    count = 1 if seeds is None else whole("seeds", seeds) or 1
    only = None if remedies is None else [name.strip() for name in remedies.split(",") if name.strip()]
    found = _start(network, request, answers, file, compared=True)
    experiment, own = (request.experiment, None) if found is None else (found.experiment, found.trace.network)
    known = comparable(own)
    if only == []:
        raise BadInputError(f"remedies: no name was given, allowed is {', '.join(known)}")
    if found is not None and not found.trace.origin.makes_batch:
        raise BadInputError("the networks beside that of a file need data of their own; give a task or a file of data")
    rows: list[Compared] = []
    scores: list[Score] = []
    with terminal.metered(meter := _meter("update")) as ended:
        if found is None and (only is None or set(only) <= set(known)):
            effects.tell(effects.unused_by_remedies(request, [known[name] for name in only or known]))
        for row in rows_of(experiment, only=only, network=own, progress=meter if meter.shown else None):
            rows.append(row)  # noqa: PERF402, what there is is kept when the next one is interrupted
        scores = [score(row, 0) for row in rows] if count > 1 else []
        for trial, (seed, remedy) in enumerate(product(range(1, count), [row.remedy for row in rows])):
            each = partial(_of_trials, meter, trial, (count - 1) * len(rows)) if meter.shown else None
            (row,) = rows_of(with_seed(experiment, seed), only=[remedy.name], network=own, progress=each)
            scores.append(score(row, seed))
    over_seeds = remedies_over_seeds(experiment, scores)
    document = comparison_document(
        experiment, rows, interrupted=ended.interrupted, given=_given(found), over_seeds=over_seeds
    )
    chosen = {"remedies": remedies, "seeds": seeds}
    more = tuple(f"--{name}={value}" for name, value in chosen.items() if value is not None)
    documents.write(document, partial(comparison_page, experiment, more=more, from_file=found is not None), outputs)
    return INTERRUPTED if ended.interrupted else 0


def _of_trials(meter: terminal.Meter, trial: int, trials: int, done: int, total: int) -> None:
    """Show how far one of several trials of equal length is, as a part of all of them."""
    meter(trial * total + done, trials * total)


def _meter(what: str) -> terminal.Meter:
    from tui.explorer.background.responsiveness import limit_blas_threads

    limit_blas_threads()
    return terminal.Meter(sys.stderr, what)


def _profile(
    experiment: Experiment, network: Network, step: int, batch: Batch | None, progress: Progress
) -> ProbeProfile | None:
    """A network on the probe batch; None where not even its first step stays within float64."""
    from core.bptt.forward import FirstStepOverflowError
    from core.training.profile import probe_profile

    try:
        return probe_profile(experiment, network, step, batch=batch, progress=progress)
    except FirstStepOverflowError:
        return None
