"""`rnn-tui serve`: the explorer in browsers, for a class. Each visitor has a process of their own."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from tui.cli import terminal
from tui.cli.request import BadInputError
from tui.cli.serve.visitor import FOLDER
from tui.cli.terminal import PROGRAM

ABOUT: Final = "Open the explorer in browsers, for a class: on this computer, or with --host for others."

LOOPBACK: Final = "127.0.0.1"


@dataclass(frozen=True)
class Bounds:
    """What visitors may take of the computer."""

    visitors: int = 30
    """How many there are at a time"""
    memory: int = 1000
    """Megabytes that the process of each may take"""
    idle: float = 30.0
    """Minutes without a key or a mouse after which a place is given to somebody else"""


@dataclass(frozen=True)
class Place:
    """Where the pages are served."""

    host: str = LOOPBACK
    port: int = 8000
    token: str = ""
    """What an address must have to be answered; empty where only this computer is"""

    @property
    def address(self) -> str:
        """The address that a visitor types into the browser."""
        name = socket.gethostname() if self.host in ("0.0.0.0", "::") else self.host
        name = f"[{name}]" if ":" in name else name
        return f"http://{name}:{self.port}/{f'?token={self.token}' if self.token else ''}"


def is_loopback(host: str) -> bool:
    """Whether only this computer can reach an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def options() -> Mapping[str, Any]:
    """What serve has in addition to the settings."""
    from tui.cli import flags

    return {
        "host": flags.text("The address that other computers reach; only this computer if absent.", "ADDRESS"),
        "port": flags.text("The port [8000].", "INTEGER"),
        "visitors": flags.text("How many visitors there are at a time [30].", "INTEGER"),
        "memory": flags.text("Megabytes that the process of each may take [1000].", "INTEGER"),
        "idle": flags.text("Minutes without a key or a mouse after which a place is free again [30].", "NUMBER"),
    }


PATHS: Final = ("data", "text_file", "experiment")
"""The options that name a file"""


def only_one(name: str, value: str, given: Mapping[str, Any]) -> str:
    """A value in the place of the first argument, where its option was not given too.

    Raises:
        BadInputError: it was.
    """
    if given.get(name) is not None:
        raise BadInputError(f"{value} and --{name} were both given; give one of them")
    return value


def arguments_of(file: str, given: Mapping[str, Any]) -> list[str]:
    """What the explorer of a visitor is started with: what was given, with whole paths, for its folder is another."""
    from core.settings.files import expanded  # short answers do not wait for it

    whole = [os.path.abspath(expanded(file))] if file else []
    for name, value in given.items():
        if value is not None:
            said = os.path.abspath(expanded(value)) if name in PATHS and value else value
            whole.append(f"--{name.replace('_', '-')}={said}")
    return whole


def close_all_but(file: str, given: Mapping[str, Any]) -> None:
    """Close the files of this computer to a visitor, all but those that were named when the class began."""
    from core.settings.files import close_files  # nor for this

    named = (file, *(given.get(name) for name in PATHS))
    close_files([path for path in named if path], os.environ[FOLDER])


def asked_for(given: dict[str, Any]) -> tuple[Place, Bounds]:
    """Where is served, and what visitors may take, taken out of what was given.

    Args:
        given: The options, as texts; None where they were not given.

    Raises:
        BadInputError: one is not allowed.
    """
    own = {name: given.pop(name, None) for name in options()}
    place = Place(own["host"] or LOOPBACK, _number("port", own["port"], 8000, 1, 65535))
    return place, Bounds(
        _number("visitors", own["visitors"], 30, 1, 1000),
        _number("memory", own["memory"], 1000, 200, 1_000_000),
        _number("idle", own["idle"], 30, 0.05, 10_000, whole=False),
    )


def serve(arguments: Sequence[str], place: Place, bounds: Bounds) -> int:
    """Serve the explorer until Ctrl-C; the exit status.

    Args:
        arguments: What the explorer of each visitor is started with, as it stands on the command line; looked at
            already.
        place: Where.
        bounds: What visitors may take.

    Raises:
        BadInputError: the extra is not installed, or the port is taken.
    """
    try:
        from tui.cli.serve.server import run
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in ("aiohttp", "textual_serve"):
            raise
        raise BadInputError(f"serve needs its extra; install it with: pip install '{PROGRAM}[serve]'") from None
    if not is_loopback(place.host):
        import secrets

        place = replace(place, token=secrets.token_urlsafe(16))
        terminal.tell(
            f"everyone who has this address and reaches {place.host} can use this computer's processor and memory, "
            f"{bounds.visitors} at a time; what they send is not encrypted"
        )
    return run(place, bounds, arguments)


def _number(name: str, text: str | None, usual: float, low: float, high: float, *, whole: bool = True) -> Any:
    """The number of an option.

    Raises:
        BadInputError: it is no number, or not allowed.
    """
    read: Callable[[str], float] = int if whole else float
    try:
        found = usual if text is None else read(text)
    except ValueError:
        found = float("nan")
    if not low <= found <= high:
        what = "a whole number" if whole else "a number"
        raise BadInputError(f"{name}: {text!r} was given, allowed is {what} {low:g} … {high:g}")
    return found
