"""`rnn-tui watch FOLDER`: follow a training that records its steps, from its first recording on."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from tui.cli import terminal
from tui.cli.request import BadInputError
from tui.cli.terminal import PROGRAM

if TYPE_CHECKING:
    from core.sources.recordings import Watched

ABOUT: Final = "Follow a training that records its steps into a folder: the newest is shown as it arrives."
EVERY: Final = 0.5
"""Seconds between two looks at a folder that has nothing yet"""


def command(run: Callable[[Watched], int]) -> Callable[..., int]:
    """The command as the parser takes it.

    Args:
        run: Opens the explorer on a folder.
    """
    from cyclopts import Parameter

    def watch(folder: str = "", /, *, part: str | None = None) -> int:
        return _watch(folder, part, run)

    watch.__doc__ = ABOUT
    watch.__annotations__ = {
        "folder": Annotated[
            str,
            Parameter(
                help="Where the recordings are, as a Recorder writes them.", metavar="FOLDER", show_default=False
            ),
        ],
        "part": Annotated[
            str | None,
            Parameter(
                help="Which recurrent part of the model; the first if absent.", metavar="NAME", show_default=False
            ),
        ],
        "return": int,
    }
    return watch


def _watch(folder: str, part: str | None, run: Callable[[Watched], int]) -> int:
    from core.settings.files import expanded

    if not folder:
        raise BadInputError(f"no folder was given; give the one that a Recorder writes to: {PROGRAM} watch FOLDER")
    if missing := terminal.missing_terminal():
        raise BadInputError(f"{missing}, and watch needs one; {PROGRAM} report FILE prints one recorded step")
    try:
        place = expanded(folder)
    except ValueError as error:
        raise BadInputError(str(error)) from None
    if place.is_file():
        raise BadInputError(
            f"{folder} is a file; give the folder, or open the step with {PROGRAM} {shlex.quote(folder)}"
        )
    found, told = None, ""
    while found is None:
        found, problem = newest_of(place, part)
        if found is None and problem != told:
            terminal.tell(f"{problem}; it is looked at again until there is one, and Ctrl-C ends that")
            told = problem
        if found is None:
            time.sleep(EVERY)
    return run(found)


def newest_of(folder: Path, part: str | None) -> tuple[Watched | None, str]:
    """The newest recording in a folder that can be read; or None, and why there is none.

    Args:
        folder: The folder, which need not be there.
        part: The name of a part; None for the first.

    Raises:
        BadInputError: the newest has no such part.
    """
    from core.sources.recording_file import load_recording
    from core.sources.recordings import Watched, listing

    found = listing(folder)
    problem = found.problem
    for step, path in reversed(list(found.files.items())):
        try:
            parts = load_recording(path).sequences
        except ValueError as error:
            problem = problem or str(error)
            continue
        if part is not None and part not in parts:
            raise BadInputError(f"the recordings have no part {part!r}; they have {', '.join(parts)}")
        try:
            return Watched.of_step(path, step, part), ""
        except ValueError as error:
            problem = problem or str(error)
    return None, problem
