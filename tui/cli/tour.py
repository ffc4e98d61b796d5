"""`rnn-tui tour`: a tour in the explorer, as a page or a worksheet, or the list of those that there are."""

from __future__ import annotations

import shlex
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
        cast: str | None = None,
        keys: str | None = None,
        setup: str | None = None,
        size: str | None = None,
        overwrite: bool = False,
    ) -> int:
        if list:
            return _print_list()
        of_page = {"--worksheet": worksheet, "--answers": answers}
        of_recording = {"--keys": keys is not None, "--setup": setup is not None, "--size": size is not None}
        if html is not None and cast is not None:
            raise BadInputError("--html and --cast were both given; give one of them")
        if html is None and (given := [option for option, there in of_page.items() if there]):
            raise BadInputError(f"{given[0]} is for a page: add --html FILE")
        if cast is None and (given := [option for option, there in of_recording.items() if there]):
            raise BadInputError(f"{given[0]} is for a recording: add --cast FILE")
        if html is not None:
            return _write(name, html, worksheet=worksheet, answers=answers, overwrite=overwrite)
        if cast is not None:
            return _record(cast, name, keys=keys, setup=setup, size=size, overwrite=overwrite)
        if overwrite:
            raise BadInputError("--overwrite is for a page or a recording: add --html FILE or --cast FILE")
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
        "cast": text("Record it into this file instead, an asciicast of version 2, for slides."),
        "keys": text("The keys that are recorded, as right*10,end,2; without NAME no tour.", "KEYS"),
        "setup": text("With --keys, the code of the setup that the recording begins with.", "CODE"),
        "size": text("Columns and rows of the recording [120x36].", "SIZE"),
        "overwrite": switch("Replace a file that is already there."),
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
    terminal.tell(f"{path}: {seconds // 60} min {seconds % 60} s; asciinema play {shlex.quote(str(path))} shows it")
    return 0


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
