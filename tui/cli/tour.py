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

    def tour(name: str = "", /, *, list: bool = False) -> int:
        return _print_list() if list else _open(name, run)

    tour.__doc__ = ABOUT
    tour.__annotations__ = {
        "name": Annotated[
            str, Parameter(help="A tour by its name, or a TOML file.", show_default=False), Values(_names)
        ],
        "list": Annotated[
            bool, Parameter(help="Print the tours that there are instead.", negative=(), show_default=False)
        ],
        "return": int,
    }
    return tour


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
