"""A network in a file put on inputs: what a trace is made of, and what is said of it, on any screen or none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.settings.files import shortened
from core.sources.columns import check_columns
from core.sources.driving import Asked, driven
from core.sources.given import Given
from core.tasks import input_names, make_batch, source_of
from core.trace import Origin
from tui.report.words.checkpoint import inferred, what_it_is

if TYPE_CHECKING:
    from core.numerics.scaled import Floats
    from core.settings.experiment import Experiment
    from core.sources.candidate import Candidate
    from core.sources.checkpoint import Checkpoint


@dataclass(frozen=True)
class Unanswered:
    """A network in a file, and what of it was said; somebody is to be asked for the rest."""

    checkpoint: Checkpoint
    asked: Asked
    on_data: bool
    """Whether the data of the settings drive it"""


def given_of(checkpoint: Checkpoint, asked: Asked, settings: Experiment, *, on_data: bool = False) -> Given:
    """What a trace of a network in a file is made of.

    Args:
        checkpoint: The file.
        asked: What the file does not say.
        settings: How many steps and examples are drawn, with which seed; and the data.
        on_data: Whether the data of the settings drive it, instead of what is drawn.

    Raises:
        ValueError: something is not known and was not said, no cell here is that of the file, or it does not read as
            many inputs as the data have; one sentence.
    """
    candidate = checkpoint.candidate(asked.part)
    inputs = _inputs(candidate, settings) if on_data else None
    found = driven(
        candidate,
        asked=asked,
        steps=settings.timesteps,
        examples=settings.batch_size,
        seed=settings.seed,
        inputs=inputs,
        name=_named(settings) if on_data else "",
    )
    told = {
        "network": what_it_is(checkpoint, candidate, found),
        "inferred": inferred(candidate),
        "inputs": found.inputs,
        "loss": found.loss,
    }
    label = f"{shortened(Path(checkpoint.path).name)} {candidate.name}"
    source = source_of(settings) if on_data else None
    origin = Origin(
        label if source is None else f"{label} on {source.label}",
        file=checkpoint.path,
        sha256=checkpoint.sha256,
        notes=() if source is None else source.notes,
        told=tuple((name, said) for name, said in told.items() if said),
        input_names=tuple(input_names(settings)) if on_data and asked.layer in (None, 1) else (),
    )
    return Given.of(
        found.network,
        found.batch,
        experiment=settings if on_data else None,
        origin=origin,
        k1=settings.k1,
        k2=settings.k2,
        asked=asked,
    )


def _inputs(candidate: Candidate, settings: Experiment) -> Floats:
    check_columns(candidate, settings)
    return make_batch(settings).inputs


def _named(settings: Experiment) -> str:
    """Which data they are: `those of the task adding`, or the file with its SHA-256."""
    source = source_of(settings)
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
