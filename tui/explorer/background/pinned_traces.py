"""The work behind the pins of a tour's step: networks made, trained as far as the step says, and traced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.numerics.progress import Progress
from tui.explorer.background.trace_worker import TraceRequest, compute
from tui.explorer.background.training_run import go_on
from tui.explorer.session.pins import Pins, Source, pinned
from tui.explorer.session.run import Run
from tui.explorer.session.subject import Subject


def pinned_traces(sources: Sequence[tuple[Source, str]], progress: Progress) -> Pins:
    """The pins of these networks, in this order, each with its training if it has one.

    Args:
        sources: What each is made of, and what it is called.
        progress: Called again and again; what it raises ends the work.

    Raises:
        ValueError, MemoryError: one cannot be made, or its training ends before the step that is asked for.
    """
    pins: Pins = ()
    for source, called in sources:
        steps = source.training_step
        run = _trained(source.subject, steps, progress) if steps else None
        request = TraceRequest(source.subject, training=run, training_step=steps)
        *others, made = pinned(pins, compute(request, progress).trace, source, called)
        pins = (*others, replace(made, run=run))
    return pins


def _trained(subject: Subject, steps: int, progress: Progress) -> Run:
    reports: list[Run] = []

    def stopped() -> bool:
        progress(0, 1)
        return False

    go_on(Run.of(subject), steps, reports.append, stopped)
    run = reports[-1]
    if run.last_step < steps:
        raise ValueError(f"the training ended before update {steps}: {run.ended}")
    return run
