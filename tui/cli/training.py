"""`rnn-tui train` and `rnn-tui compare`: long runs without a screen. Ctrl-C ends them with what there is."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from tui.cli import effects, terminal
from tui.cli.request import BadInputError, request_of

if TYPE_CHECKING:
    from core.network.network import Network
    from core.numerics.progress import Progress
    from core.settings.experiment import Experiment
    from core.training.profile import ProbeProfile
    from tui.report.document import Document

INTERRUPTED: Final = 130
"""128 + SIGINT, as a shell reports it."""


def train(*, json: bool = False, **given: Any) -> int:
    """Train the network of an experiment, and print how it went."""
    from core.training.history import TrainingHistory
    from core.training.steps import train as steps_of
    from tui.report.training_document import OVERFLOWED, training_document

    request = request_of(**given)
    experiment = request.experiment
    effects.tell(effects.unused(request))
    meter, interrupted = _meter("update"), False
    try:
        history = TrainingHistory(experiment)
        for step in steps_of(experiment, start=history.start):
            history.add(step)
            if meter.shown:
                meter(step.step, experiment.training_steps)
    except KeyboardInterrupt:
        interrupted = True
    except ValueError as error:
        raise BadInputError(str(error)) from None
    finally:
        meter.clear()
    profiles: list[ProbeProfile | None] = []
    without, meter = OVERFLOWED, _meter("lag")
    try:
        for state in (history.start, history.latest):
            profiles.append(_profile(experiment, state.network, state.step, meter))  # noqa: PERF401, the first is kept when the second is interrupted
    except KeyboardInterrupt:
        interrupted, without = True, "not worked out: interrupted"
    finally:
        meter.clear()
    before, after = (*profiles, None, None)[:2]
    document = training_document(history, before, after, interrupted=interrupted, without=without)
    return _print(document, json=json, interrupted=interrupted)


def compare(*, json: bool = False, remedies: str | None = None, **given: Any) -> int:
    """Train an experiment with each remedy, and print a table."""
    from core.training.remedies import Compared
    from core.training.remedies import compare as rows_of
    from core.training.remedies import remedies as all_remedies
    from tui.report.training_document import comparison_document

    request = request_of(**given)
    experiment = request.experiment
    only = None if remedies is None else [name.strip() for name in remedies.split(",") if name.strip()]
    known = all_remedies()
    if only == []:
        raise BadInputError(f"remedies: no name was given, allowed is {', '.join(known)}")
    meter, interrupted = _meter("update"), False
    rows: list[Compared] = []
    try:
        if only is None or set(only) <= set(known):
            effects.tell(effects.unused_by_remedies(request, [known[name] for name in only or known]))
        for row in rows_of(experiment, only=only, progress=meter if meter.shown else None):
            rows.append(row)  # noqa: PERF402, what there is is kept when the next one is interrupted
    except KeyboardInterrupt:
        interrupted = True
    except ValueError as error:
        raise BadInputError(str(error)) from None
    finally:
        meter.clear()
    return _print(comparison_document(experiment, rows, interrupted=interrupted), json=json, interrupted=interrupted)


def _meter(what: str) -> terminal.Meter:
    from tui.explorer.background.responsiveness import limit_blas_threads

    limit_blas_threads()
    return terminal.Meter(sys.stderr, what)


def _profile(experiment: Experiment, network: Network, step: int, progress: Progress) -> ProbeProfile | None:
    """A network on the probe batch; None where not even its first step stays within float64."""
    from core.bptt.forward import FirstStepOverflowError
    from core.training.profile import probe_profile

    try:
        return probe_profile(experiment, network, step, progress=progress)
    except FirstStepOverflowError:
        return None


def _print(document: Document, *, json: bool, interrupted: bool) -> int:
    from tui.report.formats.json import document_json
    from tui.report.formats.text import document_lines

    if json:
        sys.stdout.write(document_json(document))
    else:
        terminal.write_lines(document_lines(document, width=terminal.columns(sys.stdout)))
    return INTERRUPTED if interrupted else 0
