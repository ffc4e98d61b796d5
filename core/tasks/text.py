"""Prediction of the next character of a text: a file that the user names, or a short text of our own.

x⟨t⟩ is the character as a row of the identity over the text's own characters, the target the next one. To guess
by the characters' frequencies costs their entropy −Σ p ln p in nats (Shannon 1951).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.numerics.frozen import FrozenRecord
from core.settings.experiment import Experiment
from core.settings.files import expanded, ordinary_file, visible
from core.settings.files import read_text as read_file
from core.tasks.task import CROSS_ENTROPY, Baseline, ClassTask, Drawn, Following, entropy, laid_out, one_hot

MOST_BYTES = 64_000_000
"""The largest text file that is read, in bytes."""
MOST_CHARACTERS = 256
"""Most different characters: as many inputs and outputs has the network."""
_FEWEST = 2


@dataclass(frozen=True, eq=False)
class Text(FrozenRecord):
    """A text as numbers: its different characters, and for each place of the text, (length,), which of them it is."""

    characters: str
    """The different ones, sorted"""
    ids: NDArray[np.uint8]
    """Each character's place among these, (length,)"""
    name: str


def read_text(experiment: Experiment) -> Text:
    """The text of an experiment.

    Raises:
        ValueError: no such file, or one that is empty, too long, not UTF-8, of too few or too many different
            characters, or shorter than a sequence and the character after it.
    """
    if not experiment.text_file:
        text = _shipped()
    else:
        try:
            path = expanded(experiment.text_file)
        except ValueError as error:
            raise ValueError(f"text_file: {error}") from None
        try:
            state = ordinary_file(path, MOST_BYTES)
            text = _read(path, state.st_mtime_ns, state.st_size)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise ValueError(f"text_file: {visible(path)} is no file; give the path of a text file") from None
        except OSError as error:
            why = error.strerror or error
            raise ValueError(
                f"text_file: {visible(path)} cannot be read: {why}; give the path of a text file"
            ) from None
    if len(text.ids) <= experiment.timesteps:
        raise ValueError(
            f"text_file: {text.name} has {len(text.ids):,} characters, needed are timesteps + 1 = "
            f"{experiment.timesteps + 1:,}; lower timesteps or give a longer text"
        )
    return text


@lru_cache(maxsize=4)
def _read(path: Path, modified: int, size: int) -> Text:
    """The file as it is at this time; another time or size is another text."""
    try:
        content = read_file(path, MOST_BYTES)
    except UnicodeDecodeError as error:
        raise ValueError(f"text_file: {visible(path)} is not UTF-8 at byte {error.start:,}; save it as UTF-8") from None
    return _as_numbers(content.replace("\r\n", "\n"), visible(path))


@lru_cache(maxsize=1)
def _shipped() -> Text:
    return _as_numbers((files("core.tasks") / "data" / "text.txt").read_text(encoding="utf-8"), "the text of our own")


def _as_numbers(content: str, name: str) -> Text:
    if not content:
        raise ValueError(f"text_file: {name} is empty; give a file with some text in it")
    codes = np.frombuffer(content.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    places = np.zeros(int(codes.max()) + 1, dtype=np.int64)
    places[codes] = 1  # by a table: to sort a long text takes half a minute
    different = np.flatnonzero(places)
    if not _FEWEST <= len(different) <= MOST_CHARACTERS:
        raise ValueError(
            f"text_file: {name} has {len(different):,} different characters, allowed are {_FEWEST} … "
            f"{MOST_CHARACTERS}; give a text of a plain alphabet"
        )
    places[different] = np.arange(len(different))
    ids = places.astype(np.uint8)[codes]
    ids.flags.writeable = False
    return Text("".join(map(chr, different)), ids, name)


class NextCharacter(ClassTask):
    """The next character of the text, at every step."""

    def input_size(self, experiment: Experiment) -> int:
        """n_x: a unit for each of the text's characters."""
        return len(read_text(experiment).characters)

    def input_names(self, experiment: Experiment) -> Sequence[str]:
        """The text's different characters, one for each input."""
        return read_text(experiment).characters

    def output_size(self, experiment: Experiment) -> int:
        """n_y: a class for each of the text's characters."""
        return len(read_text(experiment).characters)

    def output_names(self, experiment: Experiment) -> Sequence[str]:
        """The text's different characters, one for each class."""
        return read_text(experiment).characters

    def draw(self, experiment: Experiment, rng: np.random.Generator) -> Drawn:
        """B stretches of T characters that start anywhere in the text, and for each step the character after it."""
        text = read_text(experiment)
        starts = rng.integers(len(text.ids) - experiment.timesteps, size=experiment.batch_size)
        return self._stretches(text, experiment.timesteps, starts)

    def following(self, experiment: Experiment, index: int) -> Following:
        """Stretches side by side from the beginning of the text on."""
        text, steps = read_text(experiment), experiment.timesteps
        starts, continued = laid_out(np.arange(0, len(text.ids) - steps, steps), steps, experiment.batch_size, index)
        return Following(self._stretches(text, steps, starts), continued)

    @staticmethod
    def _stretches(text: Text, steps: int, starts: NDArray[np.int64]) -> Drawn:
        at = starts + np.arange(steps)[:, np.newaxis]
        return Drawn(
            one_hot(text.ids[at], len(text.characters)), text.ids[at + 1].astype(np.int64), np.ones(steps, dtype=bool)
        )

    def baselines(self, experiment: Experiment) -> tuple[Baseline, ...]:
        """A predictor that always says the characters' frequencies: their entropy in nats."""
        ids = read_text(experiment).ids
        source = "Shannon 1951: the entropy of the characters' frequencies in the text"
        return (Baseline("the frequencies", entropy(np.bincount(ids) / len(ids)), CROSS_ENTROPY, source),)
