"""A recorded training step on the command line: its report, its parts, and what is in its file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import core
from tui import cli


def recorded(place: Path) -> Path:
    """Two modules of a training step, with the gradients that the library itself is said to have worked out."""
    networks, batches, gradients = {}, {}, {}
    for name, n in (("encoder", 3), ("decoder", 2)):
        drawn = core.make_network(core.Experiment(cell="gru", hidden_size=n))
        own = {one: drawn.parameters[one] for one in drawn.cell.uses()}
        networks[name] = core.Network("gru", own, "tanh", "none")
        batches[name] = core.Batch.injected(np.ones((30, 2, 1)), np.ones((30, 2, n)))
        gradients[name] = core.run(network=networks[name], batch=batches[name]).gradients
    recording = core.Recording.of(networks, batches, gradients, step=400, loss=0.5, precision="float32")
    recording.save(place / "step.npz")
    return place / "step.npz"


def test_a_report_is_on_the_first_part_or_the_one_that_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = recorded(tmp_path)
    for arguments, named, other in (((), "encoder", "decoder"), (("--part", "decoder"), "decoder", "encoder")):
        assert cli.main(["report", str(path), *arguments]) == 0
        said = " ".join(capsys.readouterr().out.split())
        assert f"GRU · tanh · {3 if named == 'encoder' else 2} units · {named}, 30 steps × 2 · trained 400" in said
        assert "The recording: The loss of the step was 0.5." in said and "the rounding of float32" in said
        assert f"Its other parts are {other}." in said
    assert cli.main(["report", str(path), "--part", "head"]) == 2
    assert "the recording has no part 'head'; it has encoder, decoder" in capsys.readouterr().err
    assert cli.main(["inspect", str(path)]) == 0
    assert "2 recurrent parts: encoder, decoder" in capsys.readouterr().out
