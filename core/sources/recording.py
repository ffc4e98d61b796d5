"""Recordings: one step of somebody's own training, as NumPy has it, whatever library it was recorded in.

For a recurrent module inside any model, the gradient that its outputs receive from the rest of the model, with the
recurrent path cut, is all that has to be known of the rest: together with the module's weights, inputs and initial
state it makes the exact gradient by lag of that training step. The time t of a loss is the step at which the gradient
enters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np

from core.bptt.backward import backward
from core.bptt.forward import forward
from core.network.batch import Batch
from core.network.network import Network
from core.numerics.frozen import FrozenMapping, FrozenRecord
from core.numerics.scaled import Floats, freeze
from core.settings.files import expanded, visible
from core.sources.given import Given
from core.sources.saving import write_whole
from core.trace import Origin, Trace

EPSILONS: Final[Mapping[str, float]] = {
    "float64": 2.0**-52,
    "float32": 2.0**-23,
    "float16": 2.0**-10,
    "bfloat16": 2.0**-7,
}
"""Arithmetic → the distance from 1 to the next number"""

_ROUNDINGS: Final = 8192
"""What many roundings add up to at most in a gradient, in units of the distance above"""


@dataclass(frozen=True, eq=False)
class RecordedModule(FrozenRecord):
    """A recurrent module as it was in the step: its weights and their gradients, each (n, n_u) or (n,)."""

    network: Network
    """The module's weights as a network without a read-out"""
    gradients: Mapping[str, Floats] = field(default_factory=lambda: FrozenMapping({}))
    """Parameter → the gradient that the library itself worked out in this step, in the parameter's shape, (n, n_u) or
    (n,); parameters that it has none of are left out"""
    precision: str = "float64"
    """The arithmetic in which the library computed, a key of `EPSILONS`"""
    kept: float | None = None
    """How long the gradient was when the recording ended, over its length before, in 0 … 1: less than 1 where it was
    clipped by norm in what was recorded; None where it was changed in another way, or nobody looked"""

    def __post_init__(self) -> None:
        arrays = {name: np.array(array, np.float64) for name, array in self.gradients.items()}
        for name, array in arrays.items():
            own = self.network.parameters.get(name)
            if own is None or own.shape != array.shape:
                shape = "no such parameter" if own is None else f"the parameter has shape {own.shape}"
                raise ValueError(f"the gradient of {name} has shape {array.shape}, and {shape}")
        freeze(*arrays.values())
        object.__setattr__(self, "gradients", FrozenMapping(arrays))
        if self.kept is not None and not 0 < self.kept <= 1:
            raise ValueError(f"kept must lie above 0 and be at most 1, or None, got {self.kept}")
        if self.precision not in EPSILONS:
            raise ValueError(f"precision must be {', '.join(EPSILONS)}, got {self.precision!r}")


@dataclass(frozen=True, eq=False)
class RecordedSequence(FrozenRecord):
    """What a module ran over: a call, or several that hand their state on."""

    module: str
    """The name of the module"""
    batch: Batch
    """Inputs, the gradients that entered, and the initial state"""
    notes: tuple[str, ...] = ()
    """What is to be known of it, in sentences"""


@dataclass(frozen=True, eq=False)
class Recording(FrozenRecord):
    """One step of a training: its recurrent modules, what they ran over, and the gradients that entered them.

    Runnable example:

        >>> import numpy as np
        >>> import core
        >>> weights = {"weight_ih": np.ones((2, 1)), "weight_hh": np.eye(2)}
        >>> network = core.Network.from_torch(weights, activation="tanh")
        >>> batch = core.Batch.injected(np.ones((5, 1, 1)), np.ones((5, 1, 2)))
        >>> own = core.run(network=network, batch=batch).gradients  # in real life those of another library
        >>> recording = core.Recording.of({"rnn": network}, {"rnn": batch}, {"rnn": own}, step=100)
        >>> recording.traces["rnn"].training_step, recording.residual("rnn") < 1e-12
        (100, True)
    """

    modules: Mapping[str, RecordedModule]
    """Name → module"""
    sequences: Mapping[str, RecordedSequence]
    """Name of a trace → what it is of. It has the module's name where the module ran over one sequence only"""
    step: int = 0
    """After how many steps of training it was recorded"""
    loss: float | None = None
    """The loss of the step; None where nobody said"""
    made_by: str = ""
    """The library and its version"""
    file: str | None = None
    """The file that it was read from"""
    sha256: str | None = None
    """SHA-256 of that file, in hexadecimal"""

    @staticmethod
    def of(
        networks: Mapping[str, Network],
        batches: Mapping[str, Batch],
        gradients: Mapping[str, Mapping[str, Floats]] | None = None,
        *,
        precision: str = "float64",
        kept: float | None = None,
        step: int = 0,
        loss: float | None = None,
        made_by: str = "",
    ) -> Recording:
        """A recording from arrays, of any library: one sequence for each module.

        Args:
            networks: Name → a recurrent network without a read-out, as `Network.from_torch` and `from_keras` make it.
            batches: Name → `Batch.injected` of what it read and of the gradients at its outputs.
            gradients: Name → parameter → the gradient that the library worked out itself, if it is to be compared.
            precision: The arithmetic in which the library computed: float64, float32, float16 or bfloat16.
            kept: Where the gradient's norm is clipped in the step, that norm after clipping over that before; 1 where
                it was short enough; None where nothing is clipped or nobody knows.
            step: After how many steps of training.
            loss: The loss of the step.
            made_by: The library.

        Raises:
            ValueError: if the names are not the same, or a gradient has another shape than its parameter.
        """
        if set(networks) != set(batches):
            raise ValueError(f"networks are given for {', '.join(networks)}, and batches for {', '.join(batches)}")
        own = gradients or {}
        modules = {
            name: RecordedModule(network, FrozenMapping(dict(own.get(name, {}))), precision, kept)
            for name, network in networks.items()
        }
        sequences = {name: RecordedSequence(name, batch) for name, batch in batches.items()}
        return Recording(FrozenMapping(modules), FrozenMapping(sequences), step, loss, made_by)

    @cached_property
    def traces(self) -> Mapping[str, Trace]:
        """Name → the trace of a sequence, computed when it is first read."""
        return _Traces(self)

    def given(self, name: str | None = None) -> Given:
        """What a trace is made of: network, batch and where they come from.

        Args:
            name: A key of `sequences`; None for the first.

        Raises:
            ValueError: there is none of that name; the message lists those there are.
        """
        chosen = next(iter(self.sequences)) if name is None else name
        if chosen not in self.sequences:
            raise ValueError(f"the recording has no part {name!r}; it has {', '.join(self.sequences)}")
        sequence = self.sequences[chosen]
        said = [f"The loss of the step was {self.loss:.6g}."] if self.loss is not None else []
        said += [self.agreement(sequence.module), *sequence.notes]
        if len(self.sequences) > 1:
            said.append(f"Its other parts are {', '.join(one for one in self.sequences if one != chosen)}.")
        origin = Origin(
            chosen,
            file=self.file,
            sha256=self.sha256,
            training_step=self.step,
            precision=self.modules[sequence.module].precision,
            told=(("the recording", " ".join(said)),),
        )
        return Given.of(self.modules[sequence.module].network, sequence.batch, origin=origin)

    def residual(self, module: str) -> float:
        """How far the gradient worked out here is from the library's own: ‖difference‖ / ‖own‖, the largest of all θ.

        The gradient here is that of all sequences of the module together. NaN where the library's own was not recorded.

        Args:
            module: A key of `modules`.
        """
        if module not in self._residuals:
            self._residuals[module] = self._distance(module)
        return self._residuals[module]

    @cached_property
    def _residuals(self) -> dict[str, float]:
        return {}

    def _distance(self, module: str) -> float:
        recorded, total = self.modules[module], dict[str, Floats]()
        if not recorded.gradients:
            return float("nan")
        for sequence in self.sequences.values():
            if sequence.module == module:
                found = backward(forward(recorded.network, sequence.batch))
                for name in recorded.gradients:
                    total[name] = found[name] + total.get(name, 0.0)
        worst = 0.0
        for name, own in recorded.gradients.items():
            distance, size = float(np.linalg.norm(total[name] - own)), float(np.linalg.norm(own))
            worst = max(worst, distance / size if size else (np.inf if distance else 0.0))
        return worst

    def agreement(self, module: str) -> str:
        """What is to be said of `residual`: that it is rounding, of which arithmetic, or that it is more."""
        residual, precision = self.residual(module), self.modules[module].precision
        if np.isnan(residual):
            return (
                f"The gradient that the library itself worked out for {module} was not recorded: nothing is compared."
            )
        compared = f"Summed over all lags, the gradient differs from {module}'s own by {residual:.1e} of it"
        if residual <= min(0.25, _ROUNDINGS * EPSILONS[precision]):
            return f"{compared}: the rounding of {precision}, in which the step was computed."
        return (
            f"{compared}, which is more than the rounding of {precision}: its weights may have another use in the "
            "loss, or were changed in the step."
        )

    @property
    def nbytes(self) -> int:
        """How many bytes `save` writes."""
        from core.sources.recording_file import packed  # it reads recordings too, and so is above them

        return len(packed(self))

    def save(self, path: str | Path, *, float32: bool = False, overwrite: bool = False) -> None:
        """Write it to a file that `core.load_recording`, `rnn-tui FILE` and `rnn-tui report FILE` open.

        Every array is written in the narrowest type that holds its numbers exactly: what a model of float32 computed
        takes four bytes a number. The file gets its name once it is complete.

        Args:
            path: Ends in `.npz`.
            float32: Whether all numbers are rounded to float32, which halves the file of a model of float64.
            overwrite: Whether to replace a file that is there.

        Raises:
            ValueError: the name ends in something else, the file is there already or cannot be written: one sentence.

        Runnable example:

            >>> import numpy as np, tempfile, pathlib
            >>> import core
            >>> weights = {"weight_ih": np.ones((2, 1)), "weight_hh": np.eye(2)}
            >>> network = core.Network.from_torch(weights, activation="tanh")
            >>> batch = core.Batch.injected(np.ones((5, 1, 1)), np.ones((5, 1, 2)))
            >>> recording = core.Recording.of({"rnn": network}, {"rnn": batch}, step=100)
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     recording.save(pathlib.Path(folder) / "step.npz")
            ...     again = core.load_recording(pathlib.Path(folder) / "step.npz")
            >>> again.step, again.traces["rnn"].tape.loss == recording.traces["rnn"].tape.loss
            (100, True)
        """
        from core.sources.recording_file import packed

        place = expanded(str(path))
        if place.suffix != ".npz":
            raise ValueError(f"{visible(place)}: a recording is saved as .npz; end the name so")
        write_whole(place, packed(self, float32=float32), overwrite=overwrite)


class _Traces(Mapping[str, Trace]):
    """The traces of a recording, each computed when it is first read."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._made: dict[str, Trace] = {}

    def __getitem__(self, name: str) -> Trace:
        if name not in self._recording.sequences:
            raise KeyError(name)
        if name not in self._made:
            self._made[name] = self._recording.given(name).trace()
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._recording.sequences)

    def __len__(self) -> int:
        return len(self._recording.sequences)
