"""record(model): one training step of a PyTorch model, as a Recording."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.numerics.frozen import FrozenMapping
from core.sources.recording import RecordedModule, RecordedSequence, Recording
from core.trace import Trace

if TYPE_CHECKING:
    from core.sources.pytorch.watching import Watching


class Step:
    """A step while it is recorded, and what was recorded of it once the block has ended."""

    def __init__(self, step: int) -> None:
        self.step = step
        """After how many steps of training"""
        self.loss: Any = None
        """The loss of the step, a number or a tensor of one number, if you set it"""
        self._watching: Watching | None = None
        self._made: Recording | None = None

    @property
    def recording(self) -> Recording:
        """Everything that was recorded.

        Raises:
            ValueError: the block has not ended, nothing recurrent ran, or no gradient came back.
        """
        if self._made is None:
            if self._watching is None:
                raise ValueError("the step has not ended; read it behind the with block of core.pytorch.record")
            modules, sequences, made_by = self._watching.found()
            loss = None if self.loss is None else float(getattr(self.loss, "detach", lambda: self.loss)())
            self._made = Recording(FrozenMapping(modules), FrozenMapping(sequences), self.step, loss, made_by)
            self._watching = None
        return self._made

    @property
    def traces(self) -> Mapping[str, Trace]:
        """Name of a module → its trace, as `Recording.traces`."""
        return self.recording.traces

    @property
    def modules(self) -> Mapping[str, RecordedModule]:
        """Name → module, as `Recording.modules`."""
        return self.recording.modules

    @property
    def sequences(self) -> Mapping[str, RecordedSequence]:
        """Name of a trace → what it is of, as `Recording.sequences`."""
        return self.recording.sequences

    @property
    def nbytes(self) -> int:
        """How many bytes `save` writes."""
        return self.recording.nbytes

    def residual(self, module: str) -> float:
        """How far the gradient worked out here is from a module's own, ‖difference‖ / ‖own‖: `Recording.residual`."""
        return self.recording.residual(module)

    def save(self, path: str | Path, *, float32: bool = False, overwrite: bool = False) -> None:
        """Write what was recorded to a file that the program opens, `.npz`; see `Recording.save`."""
        self.recording.save(path, float32=float32, overwrite=overwrite)

    def end(self, watching: Watching) -> None:
        """Take what was kept while the step ran."""
        self._watching = watching


@contextmanager
def record(model: Any, *, step: int = 0) -> Iterator[Step]:
    """Record the one forward and backward pass that the block makes, of every recurrent module in a model.

    Found are `torch.nn.RNN`, `GRU`, `LSTM` and the cells of these in a Python loop: stacked, bidirectional, projected,
    batch_first, packed, under autocast, in train mode with dropout between the layers, whose masks are recorded with
    what the layers read. Kept are the weights, inputs and initial states, the gradients that the rest of the model
    leaves at the outputs and the last states, and what the step adds to the module's own `.grad`. The model computes
    the same numbers as without, and is left as it was.

    Args:
        model: A `torch.nn.Module` that is, or holds, recurrent modules; not one of `torch.compile`.
        step: After how many steps of training, for titles and file names.

    Returns:
        A context manager, with the `Step`: behind the block it has `traces`, one `core.Trace` for each module by its
        name in the model, and `recording`, `residual(module)`, `save(path)`. Of a module that is called several times
        with states of their own there is a trace for each call, `rnn, call 2`; of one with dropout between its layers
        one for each layer, `rnn layer 2`; of one that goes both ways over packed sequences one for each length,
        `rnn, 7 steps`.

    Raises:
        ValueError: behind the block, if nothing recurrent ran in it or no gradient came back; if a state goes from
            cell to cell by a way that is not the cell's own; one sentence that says what to do.

    Runnable example (with PyTorch):

        import torch, core
        model = torch.nn.LSTM(3, 8)
        with core.pytorch.record(model) as recording:
            output, _ = model(torch.randn(20, 4, 3))
            output[-1].square().mean().backward()
        recording.traces["lstm"].lags.rate("W_fa")
    """
    from core.sources.pytorch.watching import Watching

    watching, own = Watching(model), Step(step)
    try:
        yield own
    finally:
        watching.remove()
    own.end(watching)
    watching.check()
