"""Flags that have no effect: nothing is ignored in silence, and nothing that can be run is refused.

A script may go through many cells or tasks with the same flags, of which some have no effect here and there. So this
is said on standard error, and the exit status stays what it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tui.cli import terminal
from tui.cli.request import Request

if TYPE_CHECKING:
    from core.settings.experiment import Experiment, Setting
    from core.training.remedies import Remedy


def tell(notes: Iterable[str]) -> None:
    """Print each note on a line of its own on standard error."""
    for note in notes:
        terminal.tell(note)


def flag(name: str) -> str:
    """How a setting is given on the command line: `--hidden-size`."""
    return f"--{name.replace('_', '-')}"


def unused(request: Request, *, untrained: str = "") -> list[str]:
    """What is to be said of each flag that has no effect on the experiment it is part of.

    Args:
        request: The experiment, and the flags that were given.
        untrained: The command that runs it, if that is one that trains nothing.
    """
    from core.settings.experiment import settings

    notes = [*request.notes]
    if untrained and request.setup is not None and request.setup.trained:
        updates = request.setup.trained
        notes.append(f"--setup: its network has had {updates} updates, and {untrained} is of the untrained one")
    for setting in (settings()[name] for name in request.flags):
        if untrained and setting.hint.trains:
            notes.append(f"{flag(setting.name)} has no effect on {untrained}, which does not train; train does")
        elif (cause := setting.without_effect(request.experiment)) is not None:
            notes.append(_because(setting, cause, request.experiment))
    return notes


def unused_by_remedies(request: Request, remedies: Sequence[Remedy]) -> list[str]:
    """What is to be said of each flag that has no effect on any of these remedies."""
    from core.settings.experiment import settings

    notes = [*request.notes]
    for setting in (settings()[name] for name in request.flags):
        left = [remedy.applied(request.experiment) for remedy in remedies if setting.name not in remedy.decides]
        causes = {setting.without_effect(experiment) for experiment in left}
        if None not in causes:
            decided = set.intersection(*(set(remedy.decides) for remedy in remedies)) if remedies else set()
            (cause, *_) = [*(causes - decided), ""]
            if cause:
                notes.append(_because(setting, cause, request.experiment))
            else:
                notes.append(f"{flag(setting.name)} has no effect on compare: each remedy decides it")
    return notes


def _because(setting: Setting, cause: str, experiment: Experiment) -> str:
    fitting = setting.hint.only.get(cause)
    remedy = f"it is for {flag(cause)} {' or '.join(fitting)}" if fitting else f"choose another {flag(cause)}"
    return f"{flag(setting.name)} has no effect with {flag(cause)} {getattr(experiment, cause)}; {remedy}"
