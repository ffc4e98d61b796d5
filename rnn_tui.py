"""Where `rnn-tui` and `python -m tui` start: outside of the packages `core` and `tui`, names that others may have too.

A folder `core` in PYTHONPATH, a `core.py` where `python -m tui` is called, or another distribution that puts its files
over ours would otherwise end in a traceback from somewhere within.
"""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec

OURS = {
    "core": b'"""Backpropagation through time taken apart',
    "tui": b'"""What a person sees',
}
"""Each of our packages, with what its `__init__.py` begins with."""

FAILED = 1
INTERRUPTED = 130
"""128 + SIGINT, as a shell reports it."""


def main() -> int:
    """Run the command line and return the exit status; 1, and one line on standard error, without our packages."""
    try:
        problem = packages_problem()
        if problem:
            sys.stderr.write(f"rnn-tui: {problem}\n")
            return FAILED
        from tui.cli import main as run

        return run()
    except KeyboardInterrupt:  # while it is still being imported
        return INTERRUPTED
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in OURS:
            raise
        sys.stderr.write(f"rnn-tui: {_another(error.name or '', error.path or 'none')}\n")
        return FAILED


def packages_problem() -> str:
    """Which of our packages Python finds another one for, where, and what to do; empty if it finds our own."""
    folders = set()
    for package, beginning in OURS.items():
        spec = find_spec(package)
        place = spec.origin if spec is not None else None
        if place is None or not _begins(place, beginning):
            folders_only = [] if spec is None else list(spec.submodule_search_locations or ())
            return _another(package, place or next(iter(folders_only), "none"))
        folders.add(os.path.dirname(os.path.dirname(os.path.realpath(place))))
        if len(folders) > 1:  # one of them is from another copy of the program
            return _another(package, place)
    return ""


def _begins(place: str, beginning: bytes) -> bool:
    """Whether a package is our own; one that lies in an archive, or is compiled, is taken to be."""
    if not place.endswith("__init__.py"):
        return not place.endswith(".py")
    try:
        with open(place, "rb") as file:
            return file.read(len(beginning)) == beginning
    except OSError:
        return True


def _another(package: str, place: str) -> str:
    line = (
        f"needs its own package {package}, and Python finds {place}; take that out of PYTHONPATH, start rnn-tui from "
        "another folder, or install it in a virtual environment of its own"
    )
    return "".join(one if one.isprintable() else "?" for one in line)
