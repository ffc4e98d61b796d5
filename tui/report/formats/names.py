"""File names that tell what is in a file."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from tui.report.words.subject import OWN_DATA, data_label

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from core.settings.experiment import Experiment
    from core.trace import Trace
    from tui.report.curves import Curve
    from tui.report.formats.format import Format

_TAGS: Final[Mapping[str, str]] = {
    "activation": "{}",
    "leak": "leak{}",
    "step_size": "eps{}",
    "diffusion": "kappa{}",
    "initializer": "{}",
    "hidden_size": "n{}",
    "layers": "layers{}",
    "timesteps": "T{}",
    "batch_size": "B{}",
    "seed": "seed{}",
    "data_seed": "data{}",
    "clip": "clip-{}",
    "k1": "k1-{}",
    "k2": "k2-{}",
}
"""The settings that a suggested name tells where they are not the default's, after cell, task and gain."""


_UNFIT: Final = re.compile(r"[^a-zA-Z0-9.]+")
"""What no file name of ours has: spaces, separators and other signs"""

_LONGEST_LABEL: Final = 60

MOST_COPIES: Final = 1000
"""Up to so many files of one name are told apart by a number"""


def suggested_name(trace: Trace, kind: Format) -> str:
    """A file name that tells experiments apart: `rnn-sunspots-gain0.9.csv`, `rnn-noise-gain2-relu-T100-chart.svg`."""
    settings = trace.origin.settings
    parts = _parts(trace) if settings is None else _parts_of(settings)
    if trace.training_step:
        parts.append(f"step{trace.training_step}")
    if kind.named:
        parts.append(kind.name)
    return "-".join(parts) + kind.suffix


def figure_name(trace: Trace, chart: str, loss: Curve | str = "typical") -> str:
    """The name of a figure's file without its suffix: chart, cell, data, loss, seed and training step.

    It is `lags-rnn-sunspots-gain0.9-seed0-step0`, or `unrolled-lstm-adding-gain1-L50-seed3-step200`. Where no settings
    make the network it has no seed.

    Args:
        trace: What is drawn.
        chart: Which chart of it.
        loss: The t of the one loss that is shown, or which of them or which summary over them.
    """
    settings = trace.origin.settings
    parts = _parts(trace) if settings is None else [one for one in _parts_of(settings) if not one.startswith("seed")]
    which = [f"L{loss}"] if isinstance(loss, int) else [] if loss in ("typical", "last") else [loss]
    seed = [] if settings is None else [f"seed{settings.seed}"]
    return "-".join([chart, *parts, *which, *seed, f"step{trace.training_step}"])


def unused_name(name: str, folder: Path) -> str:
    """A name that nothing in a folder has: `a.svg`, or else `a-2.svg`, `a-3.svg` and so on.

    Args:
        name: A file's name.
        folder: Where it is to be written.
    """
    stem, dot, suffix = name.rpartition(".")
    for at in range(1, MOST_COPIES):
        found = name if at == 1 else f"{stem}-{at}{dot}{suffix}"
        if not os.path.lexists(folder / found):
            return found
    return name


def _parts_of(settings: Experiment) -> list[str]:
    label = settings.task if settings.task != "table" else _of_label(data_label(settings))
    return [settings.cell, label, f"gain{settings.gain:g}", *_differences(settings)]


def _of_label(label: str) -> str:
    """What data are called, as a part of a file name: of a file without its suffix, `airline-passengers-Passengers`."""
    file, colon, columns = label.partition(": ")
    stem = file.rpartition(".")[0] or file if colon else file
    return _UNFIT.sub("-", f"{stem}{colon}{columns}").strip("-.")[:_LONGEST_LABEL].strip("-.") or "data"


def _parts(trace: Trace) -> list[str]:
    """What the network and the batch are, where no settings make the two: `lstm-own-data-tanh-n32-T120-B4`."""
    network, (steps, examples, _) = trace.network, trace.whole_batch.inputs.shape
    parts = [_UNFIT.sub("-", network.cell_name), _of_label(trace.origin.label or OWN_DATA), network.activation_name]
    parts += [f"n{network.hidden_size}", f"T{steps}"]
    if network.leak != 1.0:
        parts.append(f"leak{network.leak:g}")
    return parts if examples == 1 else [*parts, f"B{examples}"]


def _differences(experiment: Experiment) -> Iterator[str]:
    fields = type(experiment).model_fields
    for name, tag in _TAGS.items():
        value = getattr(experiment, name)
        if value != fields[name].default:
            yield tag.format(value)
