"""What is remembered between runs: how a person likes the program, never what they look at with it.

A TOML file in the user's configuration folder (`$XDG_CONFIG_HOME/rnn-tui/preferences.toml` on Linux). Reading
and writing it never fails: the program starts and runs without it, and says what is wrong.
"""

from __future__ import annotations

import errno
import os
import stat
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, get_args

import platformdirs
import tomli_w

from tui.report.atomic_files import shown, write_whole
from tui.report.curves import OverLosses

MOST_BYTES: Final = 1_000_000
"""The largest file of preferences"""

_FASTEST: Final = 1000
_CURVES: Final[tuple[str, ...]] = get_args(OverLosses)


@dataclass(frozen=True)
class Preferences:
    """How a person likes the program."""

    theme: str = ""
    """A theme's name, which this version may not know; empty for the program's own choice"""
    curve: OverLosses = "typical"
    """Which curve over all losses the lags chart starts on"""
    speed: int = 5
    """Steps a second of play, 1 … 1000"""
    as_table: bool = False
    """Whether charts start as tables of numbers"""
    theory: bool = False
    """Whether theory's lines are shown from the start"""
    toured: bool = True
    """Whether the tour of the first start has been shown, as is taken to be wherever there is a file of preferences"""


_ALLOWED: Final[Mapping[str, tuple[Callable[[Any], bool], str]]] = {
    "theme": (lambda value: isinstance(value, str), "a theme's name in quotes"),
    "curve": (lambda value: isinstance(value, str) and value in _CURVES, " or ".join(_CURVES)),
    "speed": (lambda value: type(value) is int and 1 <= value <= _FASTEST, f"a whole number 1 … {_FASTEST}"),
    "as_table": (lambda value: isinstance(value, bool), "true or false"),
    "theory": (lambda value: isinstance(value, bool), "true or false"),
    "toured": (lambda value: isinstance(value, bool), "true or false"),
}


def path() -> Path:
    """The file, whether it is there or not."""
    return platformdirs.user_config_path("rnn-tui", appauthor=False) / "preferences.toml"


def load() -> tuple[Preferences, str | None]:
    """What is remembered, and in one line what of it cannot be used, if anything.

    A file that cannot be read gives the defaults, a value that is not allowed its own default. Keys that are not
    known here, a newer version's perhaps, are passed over.
    """
    place = path()
    try:
        table = tomllib.loads(_content(place))
    except FileNotFoundError:
        return Preferences(toured=False), None
    except OSError as error:
        return Preferences(), f"{shown(place)}: cannot be read: {error.strerror or error}; using the defaults"
    except (ValueError, RecursionError):
        return Preferences(), f"{shown(place)}: not valid TOML; using the defaults, mend or delete it"
    known = {name: value for name, value in table.items() if name in _ALLOWED}
    wrong = [name for name, value in known.items() if not _ALLOWED[name][0](value)]
    kept = {name: value for name, value in known.items() if name not in wrong}
    problems = "; ".join(f"{name} must be {_ALLOWED[name][1]}" for name in wrong)
    return Preferences(**kept), f"{shown(place)}: {problems}; using the default" if wrong else None


def _content(place: Path) -> str:
    """The text of an ordinary file of a size that can be meant; the core, which reads so too, is not imported yet."""
    if not stat.S_ISREG(os.stat(place).st_mode):
        raise OSError(errno.EINVAL, "not an ordinary file")
    with open(place, "rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise OSError(errno.EFBIG, f"longer than the {MOST_BYTES:,} bytes that are allowed")
    return content.decode("utf-8-sig")


def save(preferences: Preferences) -> str | None:
    """Remember these from now on; the line to show if that is not possible, None if it is done."""
    from core.settings.provenance import provenance  # the start does not wait for it

    place, contents = path(), f"# {provenance().line}\n\n{tomli_w.dumps(asdict(preferences))}"
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        write_whole(contents.encode, place, overwrite=True)
    except ValueError as error:
        return f"preferences not saved: {error}"
    except OSError as error:
        return f"preferences not saved: {shown(place.parent)}: {error.strerror or error}"
    return None
