"""The Recorder as a callback of Lightning and of the Hugging Face Trainer, each imported when it is asked for."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.sources.pytorch.recorder import Recorder


def lightning_callback(recorder: Recorder) -> Any:
    """A callback of Lightning, by either of its names, that records what `recorder` records.

    Raises:
        ValueError: Lightning is not installed.
    """
    # Both names may be installed, each with a Callback of its own: the one that the program has imported is meant.
    names = sorted(("lightning.pytorch", "pytorch_lightning"), key=lambda name: name not in sys.modules)
    base = _first(names, "Lightning", "lightning").Callback

    class LightningRecorder(base):  # type: ignore[misc, valid-type]
        """Begins and ends a step with each batch of the training."""

        def on_train_batch_start(self, trainer: Any, *others: Any, **more: Any) -> None:
            """Begin a step before the forward pass of a batch."""
            self.step = recorder.begin(trainer.fit_loop.total_batch_idx)

        def on_train_batch_end(self, trainer: Any, module: Any, outputs: Any, *others: Any, **more: Any) -> None:
            """End it after the backward pass, and keep its loss."""
            loss = outputs.get("loss") if isinstance(outputs, dict) else outputs
            self.step.loss = None if loss is None else loss.detach()
            recorder.end()

        def on_exception(self, *others: Any, **more: Any) -> None:
            """Leave the model as it was."""
            recorder.stop()

    return LightningRecorder()


def trainer_callback(recorder: Recorder) -> Any:
    """A callback of the Hugging Face Trainer that records what `recorder` records.

    Raises:
        ValueError: transformers is not installed.
    """
    base = _first(["transformers"], "transformers", "transformers").TrainerCallback

    class TrainerRecorder(base):  # type: ignore[misc, valid-type]
        """Begins and ends a step with each step of the optimizer, all its batches together."""

        def on_step_begin(self, args: Any, state: Any, control: Any, **more: Any) -> None:
            """Before the first forward pass."""
            recorder.begin(state.global_step)

        def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **more: Any) -> None:
            """After the last backward pass."""
            recorder.end()

        def on_train_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
            """Leave the model as it was, also in the middle of a step."""
            recorder.stop()

    return TrainerRecorder()


def keras_callback(recorder: Recorder) -> Any:
    """A callback of Keras that records what `recorder` records.

    Raises:
        ValueError: Keras is not installed, or runs on another backend than PyTorch.
    """
    keras = _first(["keras"], "Keras", "keras")
    if keras.backend.backend() != "torch":
        raise ValueError(
            f"Keras runs on {keras.backend.backend()}; set KERAS_BACKEND=torch, or give core.Recording.of the arrays"
        )
    base = _first(["keras.callbacks"], "Keras", "keras").Callback

    class KerasRecorder(base):  # type: ignore[misc, valid-type]
        """Begins and ends a step with each batch of the training."""

        def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
            """Begin a step before the forward pass of a batch."""
            recorder.begin()

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            """End it after the backward pass."""
            recorder.end()

        def on_train_end(self, logs: Any = None) -> None:
            """Leave the model as it was, also in the middle of a step."""
            recorder.stop()

    return KerasRecorder()


def _first(names: list[str], title: str, package: str) -> Any:
    for name in names:
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise ValueError(f"{title} is not installed; pip install {package}")
