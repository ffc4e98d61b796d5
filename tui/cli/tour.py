"""`rnn-tui tour`: a tour in the explorer, as a page or a worksheet, or the list of those that there are."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Annotated, Final

from tui.cli import documents, terminal
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

    from tui.cli.flags import switch, text

    def tour(
        name: str = "",
        /,
        *,
        list: bool = False,
        html: str | None = None,
        worksheet: bool = False,
        answers: bool = False,
        overwrite: bool = False,
    ) -> int:
        if list:
            return _print_list()
        kinds = {"--worksheet": worksheet, "--answers": answers, "--overwrite": overwrite}
        if html is not None:
            return _write(name, html, worksheet=worksheet, answers=answers, overwrite=overwrite)
        if given := [option for option, there in kinds.items() if there]:
            raise BadInputError(f"{given[0]} is for a page: add --html FILE")
        return _open(name, run)

    tour.__doc__ = ABOUT
    tour.__annotations__ = {
        "name": Annotated[
            str, Parameter(help="A tour by its name, or a TOML file.", show_default=False), Values(_names)
        ],
        "list": switch("Print the tours that there are instead."),
        "html": text("Write the tour as a page for a browser to this file, its answers folded; - is standard output."),
        "worksheet": switch("With --html: a worksheet, with empty lines in the place of the answers."),
        "answers": switch("With --html: the worksheet with its answers."),
        "overwrite": switch("Replace a file that is already there."),
        "return": int,
    }
    return tour


def _names() -> Iterable[str]:
    from tui.explorer.tours.library import shipped_tours

    return shipped_tours()


def _named(name: str) -> Tour:
    from tui.explorer.tours.library import MAIN, named_tour

    try:
        return named_tour(name or MAIN)
    except ValueError as error:
        raise BadInputError(str(error)) from None


def _open(name: str, run: Callable[[Tour], int]) -> int:
    tour = _named(name)
    if missing := terminal.missing_terminal():
        raise BadInputError(
            f"{missing}, and a tour needs one; {PROGRAM} tour --html FILE writes it as a page, and {PROGRAM} tour "
            "--list prints which there are"
        )
    return run(tour)


def _write(name: str, html: str, *, worksheet: bool, answers: bool, overwrite: bool) -> int:
    """Write a tour as a page, as a worksheet, or as one with its answers."""
    from core.settings.provenance import provenance
    from tui.explorer.tours.networks import Networks
    from tui.explorer.tours.page import Kind, tour_page

    if worksheet and answers:
        raise BadInputError("--worksheet and --answers were both given; --answers is the worksheet with its answers")
    kind: Kind = "worksheet" if worksheet else "answers" if answers else "page"
    tour = _named(name)
    outputs = documents.pages(html, overwrite=overwrite)
    meter = terminal.Meter(sys.stderr, "update")
    try:
        document = tour_page(tour, provenance(), kind=kind, networks=Networks(meter if meter.shown else None))
        documents.write(document, documents.as_it_is, outputs)
    except ValueError as error:
        raise BadInputError(str(error)) from None
    finally:
        meter.clear()
    return 0


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
