"""Saved traces: what an archive of every array says of its trace, so that load_trace(path) gives it back whole.

The numbers are computed again from the network and the batch, which are in the archive to the last bit. What these do
not tell stands beside them in JSON under `saved`: the settings, where both come from, k1 and k2. The steps after an
overflow, which the other arrays do not have, stand in `whole_inputs`, `whole_targets`, `whole_scored`, `whole_weights`;
a⟨0⟩ in the shape in which it was given in `given_initial_state`.
"""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.numerics.progress import Progress
from core.settings.experiment import Experiment, InvalidSettingsError
from core.settings.files import expanded, visible
from core.settings.provenance import provenance
from core.sources import own_files
from core.sources.arrays import Arrays
from core.sources.formats import read_file
from core.sources.given import Given
from core.sources.own_files import SAVED
from core.sources.saving import write_whole
from core.trace import Origin, Trace, origin_of

FORMAT: Final = 1
"""The version of what stands under `saved`: raised when it changes its meaning"""


def beside(trace: Trace) -> dict[str, NDArray[Any]]:
    """What an archive of every array has in addition, so that its trace can be made again."""
    batch, arrays = trace.whole_batch, {SAVED: _told(trace)}
    if batch.initial_state is not None:
        arrays["given_initial_state"] = batch.initial_state
    if len(batch.inputs) > len(trace.batch.inputs):
        arrays |= {f"whole_{name}": values for name, values in batch.arrays.items() if name != "initial_state"}
    return arrays


def _told(trace: Trace) -> NDArray[Any]:
    """What the arrays do not tell of a trace, as JSON."""
    origin, batch, truncation = trace.origin, trace.whole_batch, trace.truncation
    told = {
        "format": FORMAT,
        "experiment": None if origin.experiment is None else origin.experiment.model_dump(),
        "makes": [origin.makes_network, origin.makes_batch],
        "label": origin.label,
        "file": origin.file,
        "sha256": origin.sha256,
        "notes": origin.notes,
        "told": origin.told,
        "precision": origin.precision,
        "training_step": origin.training_step,
        "digest": origin.digest,
        "k1": 0 if truncation is None else truncation.k1,
        "k2": 0 if truncation is None else truncation.k2,
        "probe_of": batch.probe_of,
        "input_names": batch.input_names,
        "target_names": batch.target_names,
        "initial_state": batch.initial_state is not None,
    }
    return np.array(json.dumps(told))


def saved_trace(arrays: Arrays, path: Path, sha256: str) -> Given | None:
    """What a saved trace is made of; None where a file is none.

    Args:
        arrays: What stands in the file.
        path: The file, of which an archive without `saved`, of an earlier version, is told.
        sha256: SHA-256 of the file, in hexadecimal.

    Raises:
        ValueError: it is damaged, or of a later version.
    """
    own = own_files.candidate(arrays)
    if own is None or own.batch is None:
        return None
    network, batch = own.network(), own.batch
    told = own_files.loaded(arrays.metadata.get(SAVED, ""))
    if told is None:
        return Given.of(network, batch, origin=Origin(path.name, file=str(path), sha256=sha256))
    if told.get("format") != FORMAT:
        raise ValueError("it is from a later version of rnn-tui; update the program")
    try:
        saved, makes, k1, k2 = _origin(told), tuple(told["makes"]), int(told["k1"]), int(told["k2"])
        if not 0 <= k1 <= 2**31 or not 0 <= k2 <= 2**31:
            raise ValueError
    except (KeyError, TypeError, ValueError, OverflowError):
        raise ValueError("what it says of its trace is damaged; save the trace again") from None
    here = origin_of(saved.experiment, network, batch, saved.training_step, replace(saved, digest=""))
    same = (here.makes_network, here.makes_batch) == makes
    origin = replace(saved, makes_network=makes[0], makes_batch=makes[1]) if same else here
    return Given(network, batch, origin, k1, k2)


def _origin(told: dict[str, Any]) -> Origin:
    """What a file says of where its trace comes from; the settings, if this version knows them."""
    experiment = None
    if told["experiment"] is not None:
        try:
            experiment = Experiment(**told["experiment"])
        except InvalidSettingsError:  # of another version, or changed: the numbers are there without them
            experiment = None
    return Origin(
        label=str(told["label"]),
        experiment=experiment,
        file=None if told["file"] is None else str(told["file"]),
        sha256=None if told["sha256"] is None else str(told["sha256"]),
        notes=tuple(str(one) for one in told["notes"]),
        told=tuple((str(name), str(said)) for name, said in told["told"]),
        training_step=int(told["training_step"]),
        precision=str(told.get("precision", "")),
        digest=str(told["digest"]),
    )


def save_trace(trace: Trace, path: str | Path, *, overwrite: bool = False) -> None:
    """Write a trace to a file that `load_trace` gives back whole: its network, its batch, and where both come from.

    Args:
        trace: Any trace.
        path: Ends in `.npz`.
        overwrite: Whether to replace a file that is there.

    Raises:
        ValueError: the name ends in something else, the file is there already or cannot be written: one sentence.

    Runnable example:

        >>> import core, tempfile, pathlib
        >>> trace = core.run(core.Experiment(hidden_size=2, timesteps=5))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     core.save_trace(trace, pathlib.Path(folder) / "trace.npz")
        ...     again = core.load_trace(pathlib.Path(folder) / "trace.npz")
        >>> again.origin == trace.origin, again.lags.residual == trace.lags.residual
        (True, True)
    """
    place = expanded(str(path))
    if place.suffix != ".npz":
        raise ValueError(f"{visible(place)}: a trace is saved as .npz; end the name so")
    arrays: dict[str, Any] = {own_files.KEY: np.array(own_files.described(trace.network)), SAVED: _told(trace)}
    batch = {"loss_weights" if name == "weights" else name: one for name, one in trace.whole_batch.arrays.items()}
    file = io.BytesIO()
    made = provenance().of(trace.origin.settings, trained=trace.training_step)
    arrays |= {**trace.network.parameters, **batch, "provenance": np.array(made.json)}
    np.savez_compressed(file, **arrays)
    write_whole(place, file.getvalue(), overwrite=overwrite)


def load_trace(path: str | Path, *, progress: Progress | None = None) -> Trace:
    """A trace as it was saved: by `save_trace`, `rnn-tui report --npz`, or the explorer as every array for NumPy.

    Args:
        path: The .npz file.
        progress: Called with (done, total) as it is computed again; raising from it ends the work.

    Raises:
        ValueError: there is no such file, or it is no saved trace: one sentence that says what was found.

    Runnable example:

        >>> import core, tempfile, pathlib
        >>> trace = core.run(core.Experiment(cell="gru", hidden_size=2, timesteps=5))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     core.save_trace(trace, pathlib.Path(folder) / "trace.npz")
        ...     again = core.load_trace(pathlib.Path(folder) / "trace.npz")
        >>> again.network.same_as(trace.network), again.batch.same_as(trace.batch)
        (True, True)
    """
    place = expanded(str(path))
    arrays, data = read_file(place)
    try:
        given = saved_trace(arrays, place, hashlib.sha256(data).hexdigest())
    except ValueError as error:
        raise ValueError(f"{visible(place)}: {error}") from None
    if given is None:
        raise ValueError(
            f"{visible(place)}: it is {arrays.format}, and no trace that was saved; rnn-tui report --npz saves one"
        )
    return given.trace(progress)
