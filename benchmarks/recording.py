"""What it costs to record a training step of PyTorch: the step with it over the step without."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import core
from benchmarks.measure import Clock, alternate

EVERY = 100
MODELS: Mapping[str, tuple[str, int, int, int, int, float]] = {
    "GRU, n = 64, T = 50, B = 16": ("GRU", 64, 1, 50, 16, 0.0),
    "LSTM, n = 128, T = 100, B = 32": ("LSTM", 128, 1, 100, 32, 0.0),
    "LSTM of 2 layers with dropout, n = 256, T = 64, B = 32": ("LSTM", 256, 2, 64, 32, 0.2),
}
"""Name → kind, units, layers, steps, examples, share that is dropped"""


IN_A_LOOP = 2 * EVERY
"""Steps of a training with a Recorder, and as many without, one by one in turn"""


class Training:
    """A text model with Adam that is trained on one batch."""

    def __init__(self, kind: str, n: int, layers: int, steps: int, examples: int, dropped: float) -> None:
        import torch

        torch.manual_seed(0)
        self._embedding = torch.nn.Embedding(100, n)
        self._rnn = {"GRU": torch.nn.GRU, "LSTM": torch.nn.LSTM}[kind](n, n, layers, dropout=dropped)
        self._out = torch.nn.Linear(n, 100)
        self.model = torch.nn.ModuleDict({"embedding": self._embedding, "rnn": self._rnn, "out": self._out})
        self._optimizer = torch.optim.Adam(self.model.parameters())
        self._ids = torch.randint(0, 100, (steps + 1, examples))

    def backward(self) -> None:
        """Make the gradient of the loss on this batch."""
        import torch

        y = self._out(self._rnn(self._embedding(self._ids[:-1]))[0])
        torch.nn.functional.cross_entropy(y.flatten(0, 1), self._ids[1:].flatten()).backward()

    def update(self) -> None:
        """Take a step of Adam along the gradient."""
        self._optimizer.step()
        self._optimizer.zero_grad()


def contenders(training: Training) -> Mapping[str, Callable[[], Any]]:
    """A step of a training: as it is, recorded, and recorded and saved to a file."""
    folder = tempfile.TemporaryDirectory()

    def plain() -> None:
        training.backward()
        training.update()

    def recorded() -> None:
        with core.pytorch.record(training.model):
            training.backward()
        training.update()

    def saved() -> None:
        with core.pytorch.record(training.model) as recording:
            training.backward()
        recording.save(Path(folder.name) / "step.npz", overwrite=True)
        training.update()

    return {"plain": plain, "recorded": recorded, "saved": saved}


def in_a_loop(model: tuple[str, int, int, int, int, float], clock: Clock) -> float:
    """How much longer a training takes with a Recorder at every hundredth step, as a share of what it takes without.

    Both are trained in the same run, a step of one after a step of the other, so that a machine that becomes slower
    does so for both.
    """
    without, seconds = Training(*model), {False: 0.0, True: 0.0}
    training = Training(*model)
    with tempfile.TemporaryDirectory() as folder:
        recorder = core.pytorch.Recorder(training.model, folder, every=EVERY)
        for _ in range(3):  # neither has been run before
            without.backward()
            without.update()
            training.backward()
            training.update()
        for _ in range(IN_A_LOOP):
            began = clock()
            without.backward()
            without.update()
            between = clock()
            with recorder:
                training.backward()
            training.update()
            seconds[False] += between - began
            seconds[True] += clock() - between
    return seconds[True] / seconds[False] - 1.0


def recordings(rounds: int, clock: Clock) -> Iterator[str]:
    """Rows: the model, a step without, how many times as long it takes with, and what a whole loop takes more."""
    if find_spec("torch") is None:
        yield "PyTorch is not installed."
        return
    yield f"| model | ms per step | recorded | recorded and saved | {IN_A_LOOP} steps, every {EVERY}th so, in all |"
    yield "|---|---|---|---|---|"
    for name, sizes in MODELS.items():
        found = alternate(contenders(Training(*sizes)), rounds, clock)
        recorded, saved = (found.ratio(which, "plain") for which in ("recorded", "saved"))
        more = in_a_loop(sizes, clock)
        yield f"| {name} | {1e3 * found.median('plain'):.1f} | {recorded:.2f}× | {saved:.2f}× | {more:+.1%} |"
