"""Files with a network on the command line: `rnn-tui inspect FILE`, and what `report`, `train` and `compare` take.

The network of a file is on data where some were asked for or it is to be trained, with the read-out that fits them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from tui.cli import effects, terminal
from tui.cli.request import BadInputError, Request

if TYPE_CHECKING:
    from core.network.batch import Batch
    from core.numerics.progress import Progress
    from core.settings.experiment import Experiment
    from core.sources.candidate import Candidate
    from core.sources.checkpoint import Checkpoint
    from core.sources.driving import Asked, Driven
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
    from tui.cli.flags import text

    return {
        "part": text("Which recurrent part of FILE, where there are several; rnn-tui inspect FILE names them.", "NAME"),
        "layer": text("Which layer of it, from 1 at the bottom; all of them if absent.", "INTEGER"),
        "direction": text("forward or backward, where it runs in both; both if absent.", "CHOICE"),
        "gates": text("sigmoid, hard-sigmoid or hard-sigmoid-keras2, where FILE does not say which.", "CHOICE"),
        "loss": text(f"What is behind the read-out, where FILE does not say: {', '.join(LOSSES)}.", "CHOICE"),
    }


def answers_of(given: dict[str, Any], file: str) -> dict[str, str | None]:
    """Take the options of a file out of all that was given; without a file, `readout` is left there, a setting."""
    names = (*options(), *(("readout",) if file else ()))
    return {name: given.pop(name, None) for name in names}


def without_file(answers: Mapping[str, str | None]) -> list[str]:
    """What is to be said of each option of a file that was given without one."""
    return [
        f"{effects.flag(name)} has no effect without a FILE" for name, value in answers.items() if value is not None
    ]


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


def read(file: str, request: Request, asked: Mapping[str, str | None], *, trained: bool = False) -> Read:
    """The trace of a network in a file, on the data that were asked for, those in the file, or what is drawn instead.

    Args:
        file: The path.
        request: The settings; those that were given one by one say what the file does not.
        asked: Those of `options` that were given.
        trained: Whether it is to be trained: then there must be a loss, and data that go with it.

    Raises:
        BadInputError: the file cannot be read, something is not known and not given, or it cannot be trained.
    """
    checkpoint = _opened(file)
    meter = terminal.Meter(sys.stderr, "gradient, lag")
    try:
        return _read(checkpoint, request, asked, trained, meter if meter.shown else None)
    except ValueError as error:
        raise BadInputError(str(error)) from None
    finally:
        meter.clear()


def _read(
    checkpoint: Checkpoint,
    request: Request,
    asked: Mapping[str, str | None],
    trained: bool,
    progress: Progress | None,
) -> Read:
    from core.bptt.truncation import truncates
    from core.sources.driving import PROBED, Asked
    from core.sources.on_data import NoLossError, on_data
    from core.trace import Origin, run
    from tui.report.trace_document import About
    from tui.report.words.checkpoint import inferred, what_it_is

    candidate, settings = checkpoint.candidate(asked.get("part")), request.experiment
    answers = Asked(
        layer=_layer(asked.get("layer")),
        direction=asked.get("direction"),
        activation=settings.activation if "activation" in request.flags else None,
        gates=asked.get("gates"),
        readout=asked.get("readout"),
        loss=asked.get("loss"),
    )
    label = f"{Path(checkpoint.path).name} {candidate.name}"
    own_data = candidate.batch is not None and not request.asks_for_data
    found, without = None, ""
    if (trained or (request.asks_for_data and answers.readout != PROBED)) and not own_data:
        try:
            found = on_data(candidate, settings, answers)
        except NoLossError as error:
            if trained:
                raise
            without = str(error)
    if found is None:
        if own_data:
            effects.tell(_unneeded(request, asked, trained=trained))
        driven = _driven(candidate, request, answers)
        if trained and not driven.network.readout.uses:
            raise ValueError(
                f"{candidate.name} has no read-out and so no loss to be trained by; give a task or a file of data, and "
                "readout new"
            )
        loss = f"{without}. {driven.loss[:1].upper()}{driven.loss[1:]}" if without else driven.loss
        network, batch, experiment, layer = driven.network, driven.batch, None, driven.layer
        inputs = driven.inputs
    else:
        network, batch, experiment, layer, loss = found.network, None, found.experiment, found.layer, found.loss
        inputs = _data_said(found.experiment)
        label = f"{label} on {source_label(found.experiment)}"
    if settings.k2 and not truncates(network, settings.k2):
        effects.tell([f"--k2 has no effect: the {network.cell.title} is not truncated"])
    trace = run(
        experiment,
        network=network,
        batch=batch,
        origin=Origin(label, file=checkpoint.path, sha256=checkpoint.sha256),
        k1=settings.k1,
        k2=settings.k2,
        progress=progress,
    )
    given = {
        "network": what_it_is(checkpoint, candidate, layer),
        "inferred": inferred(candidate),
        "inputs": inputs,
        "loss": loss,
    }
    about = About(given={name: said for name, said in given.items() if said})
    return Read(trace, about, experiment or settings)


def _driven(candidate: Candidate, request: Request, answers: Asked) -> Driven:
    """The network on its own data, or on what is drawn in the place of some; of data only the inputs are taken."""
    import numpy as np

    from core.sources.driving import driven

    settings, own = request.experiment, candidate.batch is not None
    if own and request.asks_for_data:
        candidate = replace(candidate, batch=None)
    data = _data(request) if request.asks_for_data else None
    if data is not None and data.inputs.shape[2] != candidate.input_size:
        raise ValueError(
            f"{candidate.name} reads {candidate.input_size} inputs, and {source_label(settings)} has "
            f"{data.inputs.shape[2]}; choose data with {candidate.input_size}, or none for inputs that fit"
        )
    found = driven(
        candidate,
        asked=answers,
        steps=settings.timesteps,
        examples=settings.batch_size,
        seed=settings.seed,
        inputs=None if data is None else data.inputs,
        name=_data_said(settings) if request.asks_for_data else "",
        scored=settings.scored,
    )
    if data is None or not np.array_equal(found.batch.inputs, data.inputs):
        return found
    return replace(found, batch=replace(found.batch, input_names=data.input_names))


def source_label(experiment: Experiment) -> str:
    """What the data of an experiment are called."""
    from core.tasks import source_of

    return source_of(experiment).label


def _data_said(experiment: Experiment) -> str:
    """Which data they are: `those of the task adding`, or the file with its SHA-256."""
    from core.tasks import source_of

    source = source_of(experiment)
    if source.file is None:
        return f"those of the task {source.label}"
    return f"those of {source.label} (SHA-256 of the file {source.sha256})"


def _unneeded(request: Request, asked: Mapping[str, str | None], *, trained: bool) -> list[str]:
    """What is to be said of options where the file has the network's data too."""
    without = ("activation", "seed", *DRAWN)
    given = [name for name in request.flags if name in without]
    given += [name for name, value in asked.items() if value is not None and name != "part"]
    return [f"{effects.flag(name)} has no effect: the file has the whole network, and its data" for name in given]


def _data(request: Request) -> Batch:
    from core.tasks import make_batch

    return make_batch(request.experiment)


def _layer(given: str | None) -> int | None:
    if given is None:
        return None
    if not given.isdecimal() or len(given) > 4 or int(given) < 1:
        raise ValueError(f"layer must be a whole number from 1, got {given}")
    return int(given)


def unused(request: Request, *, trained: bool = False, compared: bool = False) -> list[str]:
    """What is to be said of each setting that has no effect on a network from a file.

    Args:
        request: The settings, and which of them were given.
        trained: Whether the network is trained.
        compared: Whether it is compared with others that are drawn.
    """
    from core.settings.experiment import settings

    known, data = settings(), request.asks_for_data or trained

    def matters(name: str) -> bool:
        hint = known[name].hint
        drawn = compared and hint.group == "network" and name not in OWN
        of_data = data and (hint.group == "data" or name == "initial_state")
        return name in (*ANSWERS, *DRAWN) or of_data or (trained and hint.trains) or drawn

    notes = [
        f"{effects.flag(name)} has no effect on a network from a file" for name in request.flags if not matters(name)
    ]
    others = replace(request, flags=tuple(name for name in request.flags if matters(name)))
    return [*notes, *effects.unused(others, untrained="" if trained else "report")]
