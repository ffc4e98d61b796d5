"""Files of other libraries on the command line: `rnn-tui inspect FILE`, and the trace of `rnn-tui report FILE`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final

from tui.cli import effects, terminal
from tui.cli.request import BadInputError, Request

if TYPE_CHECKING:
    from core.sources.checkpoint import Checkpoint
    from core.sources.driving import Asked
    from core.sources.given import Given
    from core.trace import Trace
    from tui.report.trace_document import About

ABOUT: Final = "Say what recurrent networks are in a file, what is known of each, and how it is known."
MATTERS: Final = ("activation", "batch_size", "k1", "k2", "seed", "timesteps")
"""The settings that have an effect on a network from a file; those of the data do where a task is asked for"""


def command() -> Callable[..., int]:
    """The command `inspect` as the parser takes it."""
    from cyclopts import Parameter

    def inspect(file: str = "", /, *, json: bool = False) -> int:
        return _inspect(file, json=json)

    inspect.__doc__ = ABOUT
    inspect.__annotations__ = {
        "file": Annotated[str, Parameter(help="A file with a network: .npz, .safetensors, .pt …", show_default=False)],
        "json": Annotated[
            bool, Parameter(help="Print JSON for machines instead of text.", negative=(), show_default=False)
        ],
        "return": int,
    }
    return inspect


def options() -> Mapping[str, Any]:
    """The options of report that answer what a file does not say."""
    from tui.cli.flags import text

    return {
        "part": text("Which recurrent part of FILE, where there are several; rnn-tui inspect FILE names them.", "NAME"),
        "layer": text("Which layer of it, from 1 at the bottom; all of them if absent.", "INTEGER"),
        "direction": text("forward or backward, where it runs in both; both if absent.", "CHOICE"),
        "gates": text("sigmoid, hard-sigmoid or hard-sigmoid-keras2, where FILE does not say which.", "CHOICE"),
    }


def _inspect(file: str, *, json: bool) -> int:
    from tui.report.checkpoint_document import checkpoint_document
    from tui.report.formats.json import document_json
    from tui.report.formats.text import document_lines

    document = checkpoint_document(_opened(file))
    if json:
        sys.stdout.write(document_json(document))
    else:
        terminal.write_lines(document_lines(document, width=terminal.columns(sys.stdout)))
    return 0


def _opened(file: str) -> Checkpoint:
    from core.sources.checkpoint import open_checkpoint

    if not file:
        raise BadInputError("no file was named; give the path of a file with a network")
    try:
        return open_checkpoint(file)
    except ValueError as error:
        raise BadInputError(str(error)) from None


def read(checkpoint: Checkpoint, request: Request, asked: Mapping[str, str | None]) -> tuple[Trace, About]:
    """The trace of a network in a file, and what is said of where it comes from.

    Args:
        checkpoint: The file.
        request: The settings; those that were given one by one say what the file does not.
        asked: Those of `options` that were given.

    Raises:
        BadInputError: something is not known and not given.
    """
    from tui.report.opened import given_of

    try:
        given = given_of(checkpoint, answered(request, asked), request.experiment, on_data=asks_for_data(request))
    except ValueError as error:
        raise BadInputError(str(error)) from None
    return made(given)


def made(given: Given) -> tuple[Trace, About]:
    """The trace of what was given, and what is said of where it comes from.

    Raises:
        BadInputError: network and data cannot be run.
    """
    from tui.report.trace_document import About, about_of

    meter = terminal.Meter(sys.stderr, "gradient, lag")
    try:
        trace = given.trace(meter if meter.shown else None)
    except ValueError as error:
        raise BadInputError(str(error)) from None
    finally:
        meter.clear()
    own = about_of(trace.origin.settings, trace.training_step)
    return trace, About(own.title, own.look_for, dict(trace.origin.told))


def asks_for_data(request: Request) -> bool:
    """Whether somebody said what the data are: by a task or a file of them."""
    return any(name in request.flags for name in ("task", "data", "text_file"))


def answered(request: Request, asked: Mapping[str, str | None]) -> Asked:
    """What was said of a network in a file.

    Raises:
        BadInputError: a layer is no whole number.
    """
    from core.sources.driving import Asked

    try:
        layer = _layer(asked.get("layer"))
    except ValueError as error:
        raise BadInputError(str(error)) from None
    return Asked(
        part=asked.get("part"),
        layer=layer,
        direction=asked.get("direction"),
        activation=request.experiment.activation if "activation" in request.flags else None,
        gates=asked.get("gates"),
    )


def _layer(given: str | None) -> int | None:
    if given is None:
        return None
    if not given.isdecimal() or len(given) > 4 or int(given) < 1:
        raise ValueError(f"layer must be a whole number from 1, got {given}")
    return int(given)


def unused(request: Request, *, explored: bool = False) -> list[str]:
    """What is to be said of each setting that has no effect on a network from a file.

    Args:
        request: The settings, and which of them were given.
        explored: Whether it can be trained further, as in the explorer.
    """
    from core.settings.experiment import settings

    known = settings()
    data = ("data", "task")
    return [
        f"{effects.flag(name)} has no effect on a network from a file"
        for name in request.flags
        if name not in MATTERS
        and not (known[name].hint.group in data and asks_for_data(request))
        and not (known[name].hint.group == "training" and explored)
    ]
