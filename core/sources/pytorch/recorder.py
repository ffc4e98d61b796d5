"""Recorder(model, folder): every hundredth step of a training, one file each, for as long as it runs."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from core.settings.files import visible
from core.sources.pytorch.callbacks import keras_callback, lightning_callback, trainer_callback
from core.sources.pytorch.record import Step, record
from core.sources.recordings import steps_in


class Recorder:
    """Records steps of a training into a folder, and does nothing in the others.

    Of more than `keep` files those are removed between whose neighbors there are the fewest steps, the oldest first:
    what is left is spread over the whole training, and always has its first and its newest step.

    Example (with PyTorch):

        recorder = core.pytorch.Recorder(model, "runs/1", every=100)
        for inputs, targets in loader:
            with recorder as step:
                step.loss = loss = criterion(model(inputs), targets)
                loss.backward()
            optimizer.step()
            optimizer.zero_grad()

    `recorder.lightning()`, `recorder.trainer()` and `recorder.keras()` are the same as callbacks of Lightning, of the
    Hugging Face Trainer and of Keras.
    """

    def __init__(
        self,
        model: Any,
        folder: str | Path,
        *,
        every: int = 100,
        keep: int = 200,
        float32: bool = False,
        step: int = 0,
    ) -> None:
        """Prepare a folder; nothing is touched before the first step that is recorded.

        Args:
            model: As in `core.pytorch.record`.
            folder: Where the files go, `step_00000100.npz` and so on; it is made if it is not there.
            every: Record the first step and every so many after it, 1 or more.
            keep: How many files there are at most, 3 or more.
            float32: Whether what a model of float64 computed is rounded to float32, which halves the files.
            step: The number of the first step; of a training that goes on, how many it has behind it.

        Raises:
            ValueError: if a number is out of range, or the folder has recordings of later steps already.
        """
        if every < 1 or keep < 3:
            raise ValueError(f"every must be 1 or more and keep 3 or more, got every = {every} and keep = {keep}")
        self.model, self.folder, self.every, self.keep = model, Path(folder), every, keep
        self.step = step
        """The number of the next step"""
        self._float32, self._written = float32, False
        self._running, self._current = ExitStack(), Step(step)
        later = [number for number in steps_in(self.folder) if number >= step]
        if later:
            raise ValueError(
                f"{visible(str(folder))} has recordings of steps up to {later[-1]:,} already; give another folder, or "
                f"step={later[-1] + 1} for a training that goes on"
            )

    def begin(self, step: int | None = None) -> Step:
        """Begin a step, and to record it where its turn has come.

        Args:
            step: Its number, for a loop that counts by itself; None for the next.
        """
        self.step = self.step if step is None else step
        self.stop()
        self._current = Step(self.step)
        if self.step % self.every == 0:
            self._current = self._running.enter_context(record(self.model, step=self.step))
        return self._current

    def end(self) -> None:
        """End the step; write its file if it was recorded, and thin out the old ones.

        Raises:
            ValueError: if the first step that is recorded cannot be, or cannot be written. Of a later one a warning
                tells, and the training goes on.
        """
        recorded = self.step % self.every == 0
        try:
            self._running.close()
            if recorded:
                self._write()
        except ValueError as error:
            if not self._written:
                raise
            warnings.warn(f"step {self.step:,} was not recorded: {error}", RuntimeWarning, stacklevel=3)
        finally:
            self._running = ExitStack()
            self.step += 1

    def _write(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ValueError(f"{visible(str(self.folder))}: {error.strerror or error}") from None
        path = self.folder / f"step_{self.step:08d}.npz"
        self._current.save(path, float32=self._float32, overwrite=True)
        self._written = True
        for number in surplus(steps_in(self.folder), self.keep):
            (self.folder / f"step_{number:08d}.npz").unlink(missing_ok=True)

    def __enter__(self) -> Step:
        return self.begin()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.end()
        else:
            self.stop()

    def stop(self) -> None:
        """Give up the step that has begun, after an error: the model is left as it was, and nothing is written."""
        gone = RuntimeError("the step was given up")
        with suppress(RuntimeError):
            self._running.__exit__(RuntimeError, gone, None)
        self._running = ExitStack()

    def lightning(self) -> Any:
        """A callback for `lightning.pytorch.Trainer(callbacks=[…])`; its steps are those of the trainer."""
        return lightning_callback(self)

    def trainer(self) -> Any:
        """A callback for `transformers.Trainer(callbacks=[…])`; its steps are those of the trainer."""
        return trainer_callback(self)

    def keras(self) -> Any:
        """A callback for `model.fit(callbacks=[…])` of Keras on its PyTorch backend; it counts the batches."""
        return keras_callback(self)


def surplus(steps: Sequence[int], keep: int) -> list[int]:
    """Which steps to remove so that `keep` are left, as even as they can be; never the first nor the last.

    Runnable example:

        >>> surplus([0, 100, 200, 300, 400, 500], 4)
        [100, 300]
    """
    left, removed = list(steps), []
    while len(left) > max(keep, 2):
        at = min(range(1, len(left) - 1), key=lambda i: (left[i + 1] - left[i - 1], i))
        removed.append(left.pop(at))
    return removed
