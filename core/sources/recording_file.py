"""Recordings in files: one .npz for each step, read without running anything in it.

    provenance                   JSON: with what, when and by which command it was written
    recording                    JSON: the version of this format, step, loss, made_by, and two lists in their order:
                                 modules (name, network, precision, kept) and sequences (name, module, notes)
    module1/W_aa …               the parameters of the first module, as `core.save_network` names them
    module1/gradient/W_aa …      the gradients that the library itself worked out, as far as it has any
    sequence1/inputs             (T, B, n_x)
    sequence1/targets            the gradients that entered, (T, B, n) at what is read out or (T, B, n_state) at the
                                 whole state, as in a saved trace
    sequence1/initial_state      (B, n_state); left out where it is 0

Every array is float32 where that holds its numbers exactly, and else float64.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.network.batch import Batch
from core.numerics.frozen import FrozenMapping
from core.settings.files import expanded, visible
from core.settings.provenance import provenance
from core.sources import own_files
from core.sources.arrays import Arrays
from core.sources.formats import read_file
from core.sources.recording import RecordedModule, RecordedSequence, Recording

KEY: Final = "recording"
FORMAT: Final = 1
"""The version of what stands under the key: raised when it changes its meaning"""

_GRADIENT: Final = "gradient/"


def packed(recording: Recording, *, float32: bool = False) -> bytes:
    """What stands in the file of a recording.

    Args:
        recording: Any recording.
        float32: Whether all numbers are rounded to float32.
    """
    arrays: dict[str, NDArray[Any]] = {
        KEY: np.array(json.dumps(_told(recording))),
        "provenance": np.array(provenance().json),
    }
    for number, module in enumerate(recording.modules.values(), start=1):
        arrays |= {f"module{number}/{name}": array for name, array in module.network.parameters.items()}
        arrays |= {f"module{number}/{_GRADIENT}{name}": array for name, array in module.gradients.items()}
    for number, sequence in enumerate(recording.sequences.values(), start=1):
        own = {name: array for name, array in sequence.batch.arrays.items() if name != "scored"}
        arrays |= {f"sequence{number}/{name}": array for name, array in own.items()}
    file = io.BytesIO()
    every: dict[str, Any] = {name: _narrow(array, float32) for name, array in arrays.items()}
    np.savez(file, **every)
    return file.getvalue()


def _told(recording: Recording) -> dict[str, Any]:
    """What the arrays do not tell."""
    return {
        "format": FORMAT,
        "step": recording.step,
        "loss": recording.loss,
        "made_by": recording.made_by,
        "modules": [
            {"name": name, "network": own_files.described(one.network), "precision": one.precision, "kept": one.kept}
            for name, one in recording.modules.items()
        ],
        "sequences": [
            {"name": name, "module": one.module, "notes": list(one.notes)} for name, one in recording.sequences.items()
        ],
    }


def _narrow(array: NDArray[Any], rounded: bool) -> NDArray[Any]:
    """An array as float32 where that is exact, or was asked for and is within its range."""
    if array.dtype != np.float64:
        return array
    with np.errstate(over="ignore", under="ignore"):
        single = array.astype(np.float32)
    fits = np.isfinite(single).all() if rounded else np.array_equal(single, array)
    return single if fits else array


def load_recording(path: str | Path) -> Recording:
    """A recording as `Recording.save` wrote it.

    Args:
        path: The .npz file.

    Raises:
        ValueError: there is no such file, or it is no recording: one sentence that says what was found.

    Runnable example:

        >>> import core, tempfile, pathlib
        >>> trace = core.run(core.Experiment(hidden_size=2, timesteps=5))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     core.save_trace(trace, pathlib.Path(folder) / "trace.npz")
        ...     try:
        ...         core.load_recording(pathlib.Path(folder) / "trace.npz")
        ...     except ValueError as error:
        ...         print(str(error).split(": ")[-1])
        it is NumPy npz, and no recording of a training step; core.pytorch.record makes one
    """
    place = expanded(str(path))
    arrays, data = read_file(place)
    try:
        found = recording_of(arrays, place, hashlib.sha256(data).hexdigest())
    except ValueError as error:
        raise ValueError(f"{visible(place)}: {error}") from None
    if found is None:
        raise ValueError(
            f"{visible(place)}: it is {arrays.format}, and no recording of a training step; core.pytorch.record makes "
            "one"
        )
    return found


def recording_of(arrays: Arrays, path: Path | None = None, sha256: str | None = None) -> Recording | None:
    """The recording in a file; None where it is none.

    Args:
        arrays: What stands in the file.
        path: The file.
        sha256: SHA-256 of the file, in hexadecimal.

    Raises:
        ValueError: it is damaged, or of a later version.
    """
    told = own_files.loaded(arrays.metadata.get(KEY, ""))
    if told is None:
        return None
    if told.get("format") != FORMAT:
        raise ValueError("it is from a later version of rnn-tui; update the program")
    try:
        modules = {str(one["name"]): _module(arrays, at, one) for at, one in enumerate(told["modules"], start=1)}
        sequences = {str(one["name"]): _sequence(arrays, at, one) for at, one in enumerate(told["sequences"], start=1)}
        loss = None if told["loss"] is None else float(told["loss"])
        step, made_by = int(told["step"]), str(told["made_by"])
        if not sequences or any(one.module not in modules for one in sequences.values()) or not 0 <= step < 2**63:
            raise ValueError
    except (KeyError, TypeError, OverflowError, AttributeError):
        raise ValueError("what it says of its training step is damaged; record a step again") from None
    except ValueError as error:
        why = f" ({error})" if str(error) else ""
        raise ValueError(f"what it says of its training step is damaged{why}; record a step again") from None
    file = None if path is None else str(path)
    return Recording(FrozenMapping(modules), FrozenMapping(sequences), step, loss, made_by, file, sha256)


def _module(arrays: Arrays, number: int, told: Mapping[str, Any]) -> RecordedModule:
    own = _under(arrays, f"module{number}/")
    gradients = {name.removeprefix(_GRADIENT): array for name, array in own.items() if name.startswith(_GRADIENT)}
    weights = {name: array for name, array in own.items() if not name.startswith(_GRADIENT)}
    described = Arrays(arrays.format, "", weights, metadata={own_files.KEY: str(told["network"])})
    candidate = own_files.candidate(described)
    if candidate is None:
        raise ValueError(f"nothing says what the network of {told['name']} is")
    kept = told.get("kept")
    return RecordedModule(candidate.network(), gradients, str(told["precision"]), None if kept is None else float(kept))


def _sequence(arrays: Arrays, number: int, told: Mapping[str, Any]) -> RecordedSequence:
    own = _under(arrays, f"sequence{number}/")
    batch = Batch.injected(own["inputs"], own["targets"], own.get("initial_state"))
    return RecordedSequence(str(told["module"]), batch, tuple(str(note) for note in told["notes"]))


def _under(arrays: Arrays, folder: str) -> dict[str, NDArray[Any]]:
    """The arrays in a folder of the archive, by their names in it."""
    return {name.removeprefix(folder): array for name, array in arrays.arrays.items() if name.startswith(folder)}
