"""Files with a network on the command line: `rnn-tui inspect FILE`, and what `report`, `train` and `compare` take.

The network of a file is on data where some were asked for or it is to be trained, with the read-out that fits them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, Final

from tui.cli import effects, terminal
from tui.cli.request import BadInputError, Request

if TYPE_CHECKING:
    from core.settings.experiment import Experiment
    from core.sources.checkpoint import Checkpoint
    from core.sources.driving import Asked
    from core.sources.given import Given
    from core.trace import Trace
    from tui.report.trace_document import About

ABOUT: Final = "Say what recurrent networks are in a file, what is known of each, and how it is known."
ANSWERS: Final = ("activation", "k1", "k2", "seed")
"""The settings that say of a network from a file what it does not, or what is looked at of it"""

DRAWN: Final = ("batch_size", "scored", "timesteps")
"""The settings of data, and of what is drawn in their place"""


OWN: Final = ("cell", "hidden_size", "layers", "leak")
"""The settings that are the file's, of the networks too that are drawn to be compared with its own"""


@dataclass(frozen=True)
class Read:
    """A network from a file, on its data."""

    trace: Trace
    about: About
    """What is said of where they come from"""
    experiment: Experiment
    """The settings: those of the data and of training; as far as they can, those of the network say what this one is"""


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
    """The options of the commands that take a file, which answer what it does not say."""
    from core.sources.candidate import LOSSES
    from core.sources.functions import HARD
    from core.sources.pooling import BETWEEN, POOLINGS
    from tui.cli.flags import text

    gates = ("sigmoid", *HARD)
    return {
        "part": text("Which recurrent part of FILE, where there are several; rnn-tui inspect FILE names them.", "NAME"),
        "layer": text("Which layer of it, from 1 at the bottom; all of them if absent.", "INTEGER"),
        "direction": text(
            "forward or backward, where it runs in both; both if absent.",
            "CHOICE",
            values=lambda: ("forward", "backward"),
        ),
        "gates": text(f"{', '.join(gates)}: what FILE has, where it does not say.", "CHOICE", values=lambda: gates),
        "loss": text(
            f"What is behind the read-out, where FILE does not say: {', '.join(LOSSES)}.",
            "CHOICE",
            values=lambda: LOSSES,
        ),
        "between": text(
            f"The function between layers of the read-out, where FILE does not say: {', '.join(BETWEEN)}.",
            "CHOICE",
            values=lambda: BETWEEN,
        ),
        "pooling": text(
            f"Which states the read-out reads, where FILE does not say: {', '.join(POOLINGS)}.",
            "CHOICE",
            values=lambda: POOLINGS,
        ),
    }


def answers_of(given: dict[str, Any], file: str) -> dict[str, str | None]:
    """Take the options of a file out of all that was given; without a file, `readout` is left there, a setting."""
    names = (*options(), *(("readout",) if file else ()))
    return {name: given.pop(name, None) for name in names}


def without_file(answers: Mapping[str, str | None], file: str = "") -> list[str]:
    """What is to be said of each option that is for a network in a file.

    Args:
        answers: The options.
        file: The file that was given instead, without a network in it; empty where none was.
    """
    why = f": {file} has no network" if file else " without a FILE"
    return [f"{effects.flag(name)} has no effect{why}" for name, value in answers.items() if value is not None]


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


def read(checkpoint: Checkpoint, request: Request, asked: Mapping[str, str | None], *, trained: bool = False) -> Read:
    """The trace of a network in a file, on the data that were asked for, those in the file, or what is drawn instead.

    Args:
        checkpoint: The file.
        request: The settings; those that were given one by one say what the file does not.
        asked: Those of `options` that were given.
        trained: Whether it is to be trained: then there must be a loss, and data that go with it.

    Raises:
        BadInputError: something is not known and not given, or it cannot be trained.
    """
    from core.bptt.truncation import truncates
    from tui.report.opened import given_of

    settings = request.experiment
    try:
        if checkpoint.candidate(asked.get("part")).batch is not None and not request.asks_for_data:
            effects.tell(_unneeded(request, asked))
        given = given_of(checkpoint, answered(request, asked), settings, on_data=request.asks_for_data, trained=trained)
    except ValueError as error:
        raise BadInputError(str(error)) from None
    if settings.k2 and not truncates(given.network, settings.k2):
        effects.tell([f"--k2 has no effect: the {given.network.cell.title} is not truncated"])
    return made(given, settings)


def made(given: Given, experiment: Experiment | None = None) -> Read:
    """The trace of what was given, and what is said of where it comes from.

    Args:
        given: What it is made of.
        experiment: The settings to train it with, where none came with it.

    Raises:
        BadInputError: network and data cannot be run.
    """
    from core.settings.experiment import Experiment
    from tui.report.trace_document import About, about_of

    meter = terminal.Meter(sys.stderr, "gradient, lag")
    try:
        trace = given.trace(meter if meter.shown else None)
    except ValueError as error:
        raise BadInputError(str(error)) from None
    finally:
        meter.clear()
    own = about_of(trace.origin.settings, trace.training_step)
    return Read(
        trace, About(own.title, own.look_for, dict(trace.origin.told)), given.experiment or experiment or Experiment()
    )


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
        readout=asked.get("readout"),
        loss=asked.get("loss"),
        between=asked.get("between"),
        pooling=asked.get("pooling"),
    )


def _unneeded(request: Request, asked: Mapping[str, str | None]) -> list[str]:
    """What is to be said of options where the file has the network's data too."""
    without = ("activation", "seed", *DRAWN)
    given = [name for name in request.flags if name in without]
    given += [name for name, value in asked.items() if value is not None and name != "part"]
    return [f"{effects.flag(name)} has no effect: the file has the whole network, and its data" for name in given]


def _layer(given: str | None) -> int | None:
    if given is None:
        return None
    if not given.isdecimal() or len(given) > 4 or int(given) < 1:
        raise ValueError(f"layer must be a whole number from 1, got {given}")
    return int(given)


def unused(request: Request, *, trained: bool = False, compared: bool = False, explored: bool = False) -> list[str]:
    """What is to be said of each setting that has no effect on a network from a file.

    Args:
        request: The settings, and which of them were given.
        trained: Whether the network is trained.
        compared: Whether it is compared with others that are drawn.
        explored: Whether it can be trained further, as in the explorer.
    """
    from core.settings.experiment import settings

    known, data = settings(), request.asks_for_data or trained

    def matters(name: str) -> bool:
        hint = known[name].hint
        drawn = compared and hint.group == "network" and name not in OWN
        of_data = data and (hint.group == "data" or name == "initial_state")
        return name in (*ANSWERS, *DRAWN) or of_data or ((trained or explored) and hint.trains) or drawn

    notes = [
        f"{effects.flag(name)} has no effect on a network from a file" for name in request.flags if not matters(name)
    ]
    others = replace(request, flags=tuple(name for name in request.flags if matters(name)))
    return [*notes, *effects.unused(others, untrained="" if trained or explored else "report")]
