"""`rnn-tui tour`: a tour in the explorer, or the list of those that there are."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Annotated, Final

from tui.cli import terminal
from tui.cli.flags import Values
from tui.cli.request import BadInputError
from tui.cli.terminal import PROGRAM

if TYPE_CHECKING:
    from tui.explorer.session.tour import Tour

ABOUT: Final = "Open a tour: a few steps that show and ask what the gradient does."


def command(run: Callable[[Tour], int]) -> Callable[..., int]:
    """The command as the parser takes it.

    Args:
        run: Opens the explorer on a tour.
    """
    from cyclopts import Parameter

    from tui.cli import flags

    def tour(
        name: str = "",
        /,
        *,
        list: bool = False,
        cast: str | None = None,
        keys: str | None = None,
        setup: str | None = None,
        size: str | None = None,
        overwrite: bool = False,
    ) -> int:
        if list:
            return _print_list()
        if cast is not None:
            return _record(cast, name, keys=keys, setup=setup, size=size, overwrite=overwrite)
        for option, value in (("keys", keys), ("setup", setup), ("size", size), ("overwrite", overwrite or None)):
            if value is not None:
                terminal.tell(f"--{option} has no effect without --cast")
        return _open(name, run)

    tour.__doc__ = ABOUT
    tour.__annotations__ = {
        "name": Annotated[
            str, Parameter(help="A tour by its name, or a TOML file.", show_default=False), Values(_names)
        ],
        "list": Annotated[
            bool, Parameter(help="Print the tours that there are instead.", negative=(), show_default=False)
        ],
        "cast": flags.text("Record it into this file instead, an asciicast of version 2, for slides."),
        "keys": flags.text("The keys that are recorded, as right*10,end,2; without NAME no tour.", "KEYS"),
        "setup": flags.text("With --keys, the code of the setup that the recording begins with.", "CODE"),
        "size": flags.text("Columns and rows of the recording [120x36].", "SIZE"),
        "overwrite": flags.switch("Replace a file that is already there."),
        "return": int,
    }
    return tour


def _record(file: str, name: str, *, keys: str | None, setup: str | None, size: str | None, overwrite: bool) -> int:
    """Record a tour or keys into a file, and say where it is.

    Raises:
        BadInputError: something that was given is not allowed, or nothing can be written.
    """
    from tui.cli import cast
    from tui.cli.outputs import refused
    from tui.cli.request import setup_given
    from tui.explorer.background.responsiveness import limit_blas_threads
    from tui.explorer.tours.library import MAIN, named_tour
    from tui.report.atomic_files import ExportError, destination, may_write

    coded = None if setup is None else setup_given(setup)
    if coded is not None and (name or keys is None or coded.file is not None):
        raise BadInputError("--setup begins a recording of --keys, without a tour and without a network from a file")
    try:
        tour = None if keys is not None and not name else named_tour(name or MAIN)
        presses = cast.presses_through(tour) if keys is None and tour is not None else cast.presses_of(keys or "")
        found = cast.size_of(size)
    except ValueError as error:
        raise BadInputError(str(error)) from None
    try:
        path = destination(file, cast.SUFFIX)
        may_write(path, overwrite=overwrite)
        limit_blas_threads()
        events = cast.record(presses, found, tour=tour, setup=coded)
        title = "rnn-tui" if tour is None else f"rnn-tui: {tour.title}"
        cast.save(path, cast.contents(events, found, title, setup or ""), overwrite=overwrite)
    except ExportError as error:
        raise refused(error) from None
    seconds = round(events[-1].seconds)
    terminal.tell(f"{path}: {seconds // 60} min {seconds % 60} s; asciinema play {path} shows it")
    return 0


def _names() -> Iterable[str]:
    from tui.explorer.tours.library import shipped_tours

    return shipped_tours()


def _open(name: str, run: Callable[[Tour], int]) -> int:
    from tui.explorer.tours.library import MAIN, named_tour

    try:
        tour = named_tour(name or MAIN)
    except ValueError as error:
        raise BadInputError(str(error)) from None
    if missing := terminal.missing_terminal():
        raise BadInputError(f"{missing}, and a tour needs one; {PROGRAM} tour --list prints which there are")
    return run(tour)


def _print_list() -> int:
    """Every tour by topic: its name, how much it asks of a reader, and what it is about."""
    from tui.explorer.tours.library import own_tours, shipped_tours

    own, problems = own_tours()
    tours = {**shipped_tours(), **{str(path): tour for path, tour in own.items()}}
    width = max(map(len, shipped_tours()))
    lines: list[str] = []
    for topic in dict.fromkeys(tour.topic for tour in tours.values()):
        lines += ["", topic]
        for name, tour in tours.items():
            if tour.topic == topic:
                lines.append(f"  {name:<{width}}  {tour.title} ({tour.level}, {len(tour.steps)} steps)")
    sys.stdout.write("\n".join([*lines[1:], ""]))
    for problem in problems:
        terminal.tell(problem)
    return 0
