"""Where tours are: those that come with the program, and a person's own."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

import platformdirs

from core import Preset, presets
from core.settings.files import closed_files, expanded
from core.settings.provenance import provenance
from tui.explorer.session.tour import Tour, TourStep
from tui.explorer.tours.reading import is_name, parsed, read_tour
from tui.explorer.tours.writing import tour_contents
from tui.report.atomic_files import ExistsAlreadyError, ExportError, shown, write_whole

MAIN: Final = "question"
"""The tour of the first start"""

SUFFIX: Final = ".toml"

SESSION_TITLE: Final = "Where you left off"
SESSION_ABOUT: Final = "The network, the charts and the step as they were when you left the program. u undoes it."

MOST_DRAFTS: Final = 100
"""The most drafts of one name"""

LONGEST_NAME: Final = 60
"""Characters of a name that is made from a title"""

_ORDER: Final = ("question", "gates", "exploding", "truncation", "edge-of-chaos", "by-hand", "your-network")


@cache
def shipped_tours() -> Mapping[str, Tour]:
    """Every tour that comes with the program, by name, in the order in which they are best taken."""
    found = {
        entry.name.removesuffix(".toml"): parsed(entry.read_text(encoding="utf-8"), entry.name)
        for entry in files("tui.explorer.tours").iterdir()
        if entry.name.endswith(".toml")
    }
    return dict(sorted(found.items(), key=lambda item: (_ORDER.index(item[0]) if item[0] in _ORDER else 99, item[0])))


def following(tour: Tour) -> Mapping[str, Tour | Preset]:
    """What a tour names to be tried after it, by name: a tour where there is one of that name, or else a preset."""
    known: dict[str, Tour | Preset] = {**presets(), **shipped_tours()}
    return {name: known[name] for name in tour.next if name in known}


@cache
def shipped(name: str) -> Tour:
    """A tour that comes with the program; no other one is read.

    Raises:
        ValueError: there is none of that name; the message lists those there are.
    """
    entry = files("tui.explorer.tours") / f"{name}.toml"
    if not is_name(name) or not entry.is_file():
        raise ValueError(f"tour: {name!r} was given, allowed is {', '.join(shipped_tours())}, or a TOML file")
    return parsed(entry.read_text(encoding="utf-8"), entry.name)


def named_tour(given: str) -> Tour:
    """A tour by its name, or in a file.

    Raises:
        ValueError: there is no such tour, or the file is not one.
    """
    if not is_name(given):
        return read_tour(expanded(given))
    own = own_folder() / f"{given}{SUFFIX}"
    return read_tour(own) if own.exists() else shipped(given)


def own_folder() -> Path:
    """Where a person's own tours are kept, whether it is there or not."""
    return platformdirs.user_data_path("rnn-tui", appauthor=False) / "tours"


def own_tours(folder: Path | None = None) -> tuple[Mapping[Path, Tour], tuple[str, ...]]:
    """A person's own tours by their file, and what is wrong with the files that are none.

    Args:
        folder: Where they are looked for; `own_folder()` if None.
    """
    found: dict[Path, Tour] = {}
    problems = []
    try:
        paths = sorted((own_folder() if folder is None else folder).glob(f"*{SUFFIX}"))
    except OSError as error:
        return {}, (f"{error.filename}: {error.strerror or error}",)
    for path in paths:
        try:
            found[path] = read_tour(path)
        except ValueError as error:
            problems.append(str(error))
    return found, tuple(problems)


def made_own_folder() -> Path:
    """The folder of a person's own tours, made where it was not there; the current folder where it cannot be made."""
    folder = own_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return Path()
    return folder


def told_name(path: Path) -> str:
    """How a shell tells `rnn-tui tour` of a person's own tour: by its name where that is enough, or else by its path.

    A visitor's browser has put it where only the browser knows: there it is the name of the file.
    """
    if closed_files() is not None:
        return shlex.quote(path.name)
    return path.stem if path.parent == own_folder() and is_name(path.stem) else shlex.quote(str(path))


def name_for(title: str) -> str:
    """A name for a tour of this title, as `rnn-tui tour` takes it: `the-first-hour`."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:LONGEST_NAME].strip("-") or "lesson"


def session_file() -> Path:
    """Where it stands how the screen was when the program was left last, whether it is there or not."""
    return platformdirs.user_state_path("rnn-tui", appauthor=False) / f"last-session{SUFFIX}"


def last_session() -> Tour | None:
    """How the screen was when the program was left last, as a tour of one step; None where nobody knows."""
    try:
        return read_tour(session_file())
    except ValueError:
        return None


def keep_session(step: TourStep) -> None:
    """Remember how the screen is, for the next start; without a word where that is not possible."""
    place = session_file()
    tour = Tour(title=SESSION_TITLE, about=SESSION_ABOUT, topic="Your last session", steps=(step,))
    with suppress(OSError, ExportError):
        place.parent.mkdir(parents=True, exist_ok=True)
        write_whole(lambda: tour_contents(tour, provenance().line), place, overwrite=True)


def keep_draft(tour: Tour) -> Path:
    """Save a tour under a name that no file has among a person's own; its path.

    Raises:
        ExportError: it cannot be written; one line.
    """
    folder, name = made_own_folder(), f"{name_for(tour.title)}-not-saved"
    for number in range(1, MOST_DRAFTS + 1):
        path = folder / f"{name}{'' if number == 1 else f'-{number}'}{SUFFIX}"
        with suppress(ExistsAlreadyError):
            return write_whole(lambda: tour_contents(tour, provenance().line), path, overwrite=False)
    raise ExportError(f"there are {MOST_DRAFTS} such drafts in {shown(folder)}; delete some")


def rewrite_draft(tour: Tour, path: Path) -> None:
    """Put a tour in the place of what was kept of it before.

    Raises:
        ExportError: it cannot be written; one line.
    """
    write_whole(lambda: tour_contents(tour, provenance().line), path, overwrite=True)


def without_draft(path: Path) -> None:
    """Take away what was kept of a tour that is saved by now.

    Raises:
        OSError: it cannot be taken away.
    """
    path.unlink(missing_ok=True)
