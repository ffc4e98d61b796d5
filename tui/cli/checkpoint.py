"""Files of other libraries on the command line: `rnn-tui inspect FILE`, and the trace of `rnn-tui report FILE`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from tui.cli import effects, terminal
from tui.cli.request import BadInputError, Request

if TYPE_CHECKING:
    from core.numerics.scaled import Floats
    from core.sources.checkpoint import Checkpoint
    from core.sources.driving import Driven
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


def read(file: str, request: Request, asked: Mapping[str, str | None]) -> tuple[Trace, About]:
    """The trace of a network in a file, and what is said of where it comes from.

    Args:
        file: The path.
        request: The settings; those that were given one by one say what the file does not.
        asked: Those of `options` that were given.

    Raises:
        BadInputError: the file cannot be read, or something is not known and not given.
    """
    from core.trace import Origin, run
    from tui.report.trace_document import About
    from tui.report.words.checkpoint import inferred, what_it_is

    checkpoint = _opened(file)
    meter = terminal.Meter(sys.stderr, "gradient, lag")
    settings = request.experiment
    try:
        candidate = checkpoint.candidate(asked.get("part"))
        if candidate.batch is not None:
            effects.tell(_unneeded(request, asked))
        found = _driven(checkpoint, request, asked)
        label = f"{Path(checkpoint.path).name} {candidate.name}"
        trace = run(
            network=found.network,
            batch=found.batch,
            origin=Origin(label, file=checkpoint.path, sha256=checkpoint.sha256),
            k1=settings.k1,
            k2=settings.k2,
            progress=meter if meter.shown else None,
        )
    except ValueError as error:
        raise BadInputError(str(error)) from None
    finally:
        meter.clear()
    given = {
        "network": what_it_is(checkpoint, candidate, found),
        "inferred": inferred(candidate),
        "inputs": found.inputs,
        "loss": found.loss,
    }
    return trace, About(given={name: said for name, said in given.items() if said})


def _driven(checkpoint: Checkpoint, request: Request, asked: Mapping[str, str | None]) -> Driven:
    from core.sources.driving import Asked, driven

    settings, task = request.experiment, "task" in request.flags
    candidate = checkpoint.candidate(asked.get("part"))
    inputs = _inputs(request) if task else None
    if inputs is not None and inputs.shape[2] != candidate.input_size:
        raise ValueError(
            f"{candidate.name} reads {candidate.input_size} inputs, and {settings.task} has {inputs.shape[2]}; "
            "leave --task away for inputs that fit"
        )
    answers = Asked(
        layer=_layer(asked.get("layer")),
        direction=asked.get("direction"),
        activation=settings.activation if "activation" in request.flags else None,
        gates=asked.get("gates"),
    )
    return driven(
        candidate,
        asked=answers,
        steps=settings.timesteps,
        examples=settings.batch_size,
        seed=settings.seed,
        inputs=inputs,
        name=f"those of the task {settings.task}",
    )


def _unneeded(request: Request, asked: Mapping[str, str | None]) -> list[str]:
    """What is to be said of options where the file has the network's data too."""
    given = [name for name in request.flags if name in MATTERS and name not in ("k1", "k2")]
    given += [name for name, value in asked.items() if value is not None and name != "part"]
    return [f"{effects.flag(name)} has no effect: the file has the whole network, and its data" for name in given]


def _inputs(request: Request) -> Floats:
    from core.tasks import make_batch

    return make_batch(request.experiment).inputs


def _layer(given: str | None) -> int | None:
    if given is None:
        return None
    if not given.isdecimal() or len(given) > 4 or int(given) < 1:
        raise ValueError(f"layer must be a whole number from 1, got {given}")
    return int(given)


def unused(request: Request) -> list[str]:
    """What is to be said of each setting that has no effect on a network from a file."""
    from core.settings.experiment import settings

    known = settings()
    data = ("data", "task")
    return [
        f"{effects.flag(name)} has no effect on a network from a file"
        for name in request.flags
        if name not in MATTERS and not (known[name].hint.group in data and "task" in request.flags)
    ]
