"""The Recorder in a training loop and as a callback of others' trainers, and which of its files it keeps."""

from __future__ import annotations

import warnings
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import core
from core.sources.pytorch.recorder import steps_in, surplus

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # they warn of their own dependencies
    try:
        import lightning.pytorch as lightning
    except ImportError:
        lightning = None
    try:
        import transformers
    except ImportError:
        transformers = None


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.rnn, self.out = nn.GRU(2, 4, batch_first=True), nn.Linear(4, 1)

    def forward(self, x: Any, labels: Any = None) -> Any:
        y = self.out(self.rnn(x)[0][:, -1])
        return y if labels is None else {"loss": ((y - labels) ** 2).mean(), "logits": y}


def data(count: int) -> list[dict[str, Any]]:
    return [{"x": torch.randn(6, 2), "labels": torch.randn(1)} for _ in range(count)]


def trained(recorder: core.pytorch.Recorder, steps: int) -> None:
    model = recorder.model
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    for _ in range(steps):
        with recorder as step:
            step.loss = loss = model(torch.randn(3, 6, 2)).square().mean()
            loss.backward()
        optimizer.step()
        optimizer.zero_grad()


def test_every_so_many_steps_have_a_file_each_with_its_weights_and_loss(tmp_path: Path) -> None:
    recorder = core.pytorch.Recorder(Model(), tmp_path / "runs" / "1", every=3)
    trained(recorder, 8)
    assert steps_in(recorder.folder) == [0, 3, 6] and recorder.step == 8
    first, last = (core.load_recording(recorder.folder / f"step_{n:08d}.npz") for n in (0, 6))
    assert (last.step, last.made_by) == (6, f"PyTorch {torch.__version__}") and last.loss != first.loss is not None
    assert not first.modules["rnn"].network.same_as(last.modules["rnn"].network)
    assert last.residual("rnn") < 1e-4 and last.traces["rnn"].training_step == 6
    with pytest.raises(ValueError, match=r"has recordings of steps up to 6 already; give another folder, or step=7"):
        core.pytorch.Recorder(recorder.model, recorder.folder)
    trained(core.pytorch.Recorder(recorder.model, recorder.folder, every=3, step=8), 2)
    assert steps_in(recorder.folder) == [0, 3, 6, 9]


def test_the_old_are_thinned_out_evenly_and_the_first_and_newest_stay(tmp_path: Path) -> None:
    trained(core.pytorch.Recorder(Model(), tmp_path, every=1, keep=5), 12)
    left = steps_in(tmp_path)
    assert len(left) == 5 and left[0] == 0 and left[-1] == 11
    gaps = [b - a for a, b in pairwise(left)]
    assert max(gaps) <= 4 * min(gaps)
    assert surplus([0, 1, 2, 3, 4], 5) == [] and surplus([0, 1], 1) == []
    many: list[int] = []
    for step in range(0, 100_000, 100):
        many.append(step)
        many = [one for one in many if one not in surplus(many, 50)]
    gaps = [b - a for a, b in pairwise(many)]
    assert len(many) == 50 and many[0] == 0 and many[-1] == 99_900 and max(gaps[:-1]) <= 2 * min(gaps[:-1]) + 100


def test_a_step_that_fails_leaves_the_model_as_it_was_and_the_training_goes_on(tmp_path: Path) -> None:
    model = Model()
    recorder = core.pytorch.Recorder(model, tmp_path, every=1)
    with pytest.raises(ValueError, match="no gradient came back"), recorder:
        model(torch.randn(1, 6, 2))  # the first one: what is wrong is wrong from the start
    assert not model.rnn._forward_hooks and not steps_in(tmp_path)
    trained(recorder, 1)
    with pytest.warns(RuntimeWarning, match="step 2 was not recorded: rnn ran, and no gradient came back"), recorder:
        model(torch.randn(1, 6, 2))
    with pytest.raises(KeyError), recorder:
        raise KeyError("in the loop")
    assert not model.rnn._forward_hooks and steps_in(tmp_path) == [1]
    with pytest.raises(ValueError, match="every must be 1 or more and keep 3 or more"):
        core.pytorch.Recorder(model, tmp_path, every=0)


@pytest.mark.skipif(lightning is None, reason="Lightning is not installed")
@pytest.mark.filterwarnings("ignore")
def test_lightning_records_its_batches(tmp_path: Path) -> None:
    class Module(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.model = Model()

        def training_step(self, batch: Any, index: int) -> Any:
            return self.model(**batch)["loss"]

        def validation_step(self, batch: Any, index: int) -> None:
            self.model(**batch)

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), lr=0.01)

    module = Module()
    recorder = core.pytorch.Recorder(module, tmp_path / "runs", every=2)
    quiet = {
        "logger": False,
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
    }
    clipping = {"gradient_clip_val": 1e-3}
    trainer = lightning.Trainer(max_epochs=2, accelerator="cpu", callbacks=[recorder.lightning()], **quiet, **clipping)
    loader = torch.utils.data.DataLoader(data(6), batch_size=2)
    trainer.fit(module, loader, loader)
    assert steps_in(recorder.folder) == [0, 2, 4] and not module.model.rnn._forward_hooks
    last = core.load_recording(recorder.folder / "step_00000004.npz")
    assert last.residual("model.rnn") < 1e-4 and last.loss is not None
    assert last.modules["model.rnn"].kept < 0.1  # its clipping is behind the backward pass, and is seen


@pytest.mark.skipif(transformers is None, reason="transformers is not installed")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("batches", [1, 2])
def test_the_hugging_face_trainer_records_its_steps(tmp_path: Path, batches: int) -> None:
    model = Model()
    recorder = core.pytorch.Recorder(model, tmp_path / "runs", every=2)
    own = transformers.TrainingArguments(
        str(tmp_path / "out"),
        max_steps=5,
        max_grad_norm=1e-3,
        per_device_train_batch_size=2,
        gradient_accumulation_steps=batches,
        report_to=[],
        save_strategy="no",
        disable_tqdm=True,
        use_cpu=True,
    )
    trainer = transformers.Trainer(model, own, train_dataset=data(40), callbacks=[recorder.trainer()])
    trainer.train()
    assert steps_in(recorder.folder) == [0, 2, 4] and not model.rnn._forward_hooks
    last = core.load_recording(recorder.folder / "step_00000004.npz")
    assert len(last.sequences) == batches and last.residual("rnn") < 1e-4
    assert last.modules["rnn"].kept < 0.1
