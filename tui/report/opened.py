"""A network in a file put on inputs: what a trace is made of, and what is said of it, on any screen or none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.settings.files import shortened
from core.sources.columns import check_columns
from core.sources.driving import PROBED, Asked, driven
from core.sources.given import Given
from core.sources.looking_up import column_of_ids
from core.sources.on_data import NoLossError
from core.sources.on_data import on_data as network_on_data
from core.tasks import input_names, input_size, make_batch, source_of
from core.trace import Origin
from tui.report.words.checkpoint import inferred, what_it_is

if TYPE_CHECKING:
    from core.numerics.scaled import Floats
    from core.settings.experiment import Experiment
    from core.sources.candidate import Candidate
    from core.sources.checkpoint import Checkpoint
    from core.sources.driving import Driven


@dataclass(frozen=True)
class Unanswered:
    """A network in a file, and what of it was said; somebody is to be asked for the rest."""

    checkpoint: Checkpoint
    asked: Asked
    on_data: bool
    """Whether the data of the settings drive it"""


def given_of(
    checkpoint: Checkpoint, asked: Asked, settings: Experiment, *, on_data: bool = False, trained: bool = False
) -> Given:
    """What a trace of a network in a file is made of: on data with the read-out that fits them, or on what is drawn.

    Args:
        checkpoint: The file.
        asked: What the file does not say.
        settings: How many steps and examples are drawn, with which seed; or the data.
        on_data: Whether the data of the settings drive it, instead of those in the file or of what is drawn.
        trained: Whether it is to be trained: then there must be a loss, and data that go with it.

    Raises:
        ValueError: something is not known and was not said, no cell here is that of the file, it does not read as
            many inputs as the data have, or it is to be trained and cannot be; one sentence.
    """
    candidate = checkpoint.candidate(asked.part)
    own, without = candidate.batch is not None and not on_data, ""
    if on_data:
        check_columns(candidate, settings)
    if (trained or (on_data and asked.readout != PROBED)) and not own:
        try:
            return _on_data(checkpoint, candidate, asked, settings)
        except NoLossError as error:
            if trained:
                raise
            without = f"{error}. "
    found = _driven(candidate if own else replace(candidate, batch=None), asked, settings, on_data)
    if trained and not found.network.readout.uses:
        raise ValueError(
            f"{candidate.name} has no read-out and so no loss to be trained by; give a task or a file of data, and "
            "readout new"
        )
    loss = f"{without}{found.loss[:1].upper()}{found.loss[1:]}" if without else found.loss
    origin = _origin(checkpoint, candidate, found.layer, found.inputs, loss, settings if on_data else None)
    if on_data and asked.layer in (None, 1) and found.batch.inputs.shape[2] == input_size(settings):
        found = replace(found, batch=replace(found.batch, input_names=tuple(input_names(settings))))
    return Given.of(
        found.network,
        found.batch,
        experiment=settings if on_data else None,
        origin=origin,
        k1=settings.k1,
        k2=settings.k2,
        asked=asked,
    )


def _on_data(checkpoint: Checkpoint, candidate: Candidate, asked: Asked, settings: Experiment) -> Given:
    """The network with a read-out, on what the settings make for it."""
    found = network_on_data(candidate, settings, asked)
    return Given.of(
        found.network,
        make_batch(found.experiment, units=found.network.parts[0].width),
        experiment=found.experiment,
        origin=_origin(checkpoint, candidate, found.layer, _data(found.experiment), found.loss, found.experiment),
        k1=settings.k1,
        k2=settings.k2,
        asked=asked,
    )


def _driven(candidate: Candidate, asked: Asked, settings: Experiment, on_data: bool) -> Driven:
    """The network on its own data, or on what is drawn in the place of some; of data only the inputs are taken."""
    return driven(
        candidate,
        asked=asked,
        steps=settings.timesteps,
        examples=settings.batch_size,
        seed=settings.seed,
        inputs=_inputs(candidate, settings) if on_data else None,
        name=_data(settings) if on_data else "",
        scored=settings.scored,
    )


def _inputs(candidate: Candidate, settings: Experiment) -> Floats:
    """The inputs that the settings make; those of a column of ids are looked up."""
    ids = column_of_ids(candidate, settings)
    return make_batch(settings).inputs if ids is None else ids


def _origin(
    checkpoint: Checkpoint, candidate: Candidate, layers: str, inputs: str, loss: str, data: Experiment | None
) -> Origin:
    """What is told of a network in a file, and of the data that drive it, if there are any."""
    told = {
        "network": what_it_is(checkpoint, candidate, layers),
        "inferred": inferred(candidate),
        "inputs": inputs,
        "loss": loss,
    }
    label = f"{shortened(Path(checkpoint.path).name)} {candidate.name}"
    source = None if data is None else source_of(data)
    return Origin(
        label if source is None else f"{label} on {source.label}",
        file=checkpoint.path,
        sha256=checkpoint.sha256,
        notes=() if source is None else source.notes,
        told=tuple((name, said) for name, said in told.items() if said),
    )


def _data(experiment: Experiment) -> str:
    """Which data they are: `those of the task adding`, or the file with its SHA-256."""
    source = source_of(experiment)
    if source.file is None:
        return f"those of the task {source.label}"
    return f"those of {source.label} (SHA-256 of the file {source.sha256})"


def is_to_choose(checkpoint: Checkpoint, asked: Asked) -> bool:
    """Whether a file leaves something open that was not said: which part or layer, or a fact that is not known."""
    candidate = checkpoint.candidate(asked.part)
    if candidate.batch is not None:
        return False
    several = asked.part is None and len(checkpoint.candidates) > 1
    unknown = any(getattr(asked, fact.name) is None for fact in candidate.unknown)
    apart = not candidate.whole and asked.layer is None and asked.direction is None
    return several or unknown or apart
