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


def contenders(
    kind: str, n: int, layers: int, steps: int, examples: int, dropped: float
) -> Mapping[str, Callable[[], Any]]:
    """A step of a text model with Adam: as it is, recorded, and recorded and saved to a file."""
    import torch

    torch.manual_seed(0)
    embedding = torch.nn.Embedding(100, n)
    rnn = {"GRU": torch.nn.GRU, "LSTM": torch.nn.LSTM}[kind](n, n, layers, dropout=dropped)
    model = torch.nn.ModuleDict({"embedding": embedding, "rnn": rnn, "out": torch.nn.Linear(n, 100)})
    optimizer = torch.optim.Adam(model.parameters())
    ids = torch.randint(0, 100, (steps + 1, examples))

    def backward() -> None:
        y = model["out"](rnn(embedding(ids[:-1]))[0])
        torch.nn.functional.cross_entropy(y.flatten(0, 1), ids[1:].flatten()).backward()

    def update() -> None:
        optimizer.step()
        optimizer.zero_grad()

    def plain() -> None:
        backward()
        update()

    def recorded() -> None:
        with core.pytorch.record(model):
            backward()
        update()

    folder = tempfile.TemporaryDirectory()

    def saved() -> None:
        with core.pytorch.record(model) as recording:
            backward()
        recording.save(Path(folder.name) / "step.npz", overwrite=True)
        update()

    return {"plain": plain, "recorded": recorded, "saved": saved}


def recordings(rounds: int, clock: Clock) -> Iterator[str]:
    """Rows: the model, a step without, and how many times as long it takes with."""
    if find_spec("torch") is None:
        yield "PyTorch is not installed."
        return
    yield f"| model | ms per step | recorded | recorded and saved | every {EVERY}th saved, in all |"
    yield "|---|---|---|---|---|"
    for name, sizes in MODELS.items():
        found = alternate(contenders(*sizes), rounds, clock)
        recorded, saved = (found.ratio(which, "plain") for which in ("recorded", "saved"))
        more = (saved - 1.0) / EVERY
        yield f"| {name} | {1e3 * found.median('plain'):.1f} | {recorded:.2f}× | {saved:.2f}× | {more:+.1%} |"
