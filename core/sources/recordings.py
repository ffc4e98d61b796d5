"""A folder of recordings: the steps of one training, opened one at a time, also while it goes on.

A step's file is called step_NUMBER.npz, as `core.pytorch.Recorder` names it. Files come, are thinned out, and may be
only half there: everything that is found is told in a sentence, and nothing of it ends the training that is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from core.network.network import Network
from core.numerics.frozen import FrozenMapping, FrozenRecord
from core.settings.files import visible
from core.sources.given import Given
from core.sources.recording import Recording
from core.sources.recording_file import load_recording

_NAME: Final = re.compile(r"step_(\d{1,18})\.npz")
NAMED: Final = "step_NUMBER.npz"
"""How the file of a step is called"""


@dataclass(frozen=True)
class Listing(FrozenRecord):
    """What a folder has of recordings at a moment."""

    files: Mapping[int, Path]
    """Step → its file, in the order of the steps"""
    problem: str = ""
    """Why there is nothing, in a sentence; empty where there is something"""


def listing(folder: Path) -> Listing:
    """The recordings in a folder, or why there are none: it never raises.

    Args:
        folder: The folder, which need not be there.

    Runnable example:

        >>> import tempfile, pathlib
        >>> with tempfile.TemporaryDirectory() as place:
        ...     nothing = listing(pathlib.Path(place))
        ...     (pathlib.Path(place) / "step_00000100.npz").touch()
        ...     list(listing(pathlib.Path(place)).files), nothing.problem.endswith("has no recordings yet")
        ([100], True)
    """
    name = visible(str(folder))
    try:
        names = [one.name for one in folder.iterdir()]
    except FileNotFoundError:
        return Listing(FrozenMapping({}), f"there is no folder {name}")
    except NotADirectoryError:
        return Listing(FrozenMapping({}), f"{name} is a file; give the folder that a Recorder writes to")
    except OSError as error:
        return Listing(FrozenMapping({}), f"{name} cannot be read: {error.strerror or error}")
    found = sorted((int(step[1]), one) for one in names if (step := _NAME.fullmatch(one)))
    if found:
        return Listing(FrozenMapping({step: folder / one for step, one in found}))
    others = sum(one.endswith(".npz") for one in names)
    more = f": none of its {others} files .npz is called {NAMED}" if others else ""
    return Listing(FrozenMapping({}), f"{name} has no recordings yet{more}")


def steps_in(folder: Path) -> list[int]:
    """The numbers of the steps that a folder has recordings of, in order; [] where there is no folder."""
    return list(listing(folder).files)


@dataclass(frozen=True, eq=False)
class Watched(Given):
    """One part of the recordings in a folder: the step that was opened first, and how to come by every other.

    Unlike of a training here, each step has data of its own: those that were recorded.
    """

    folder: Path = Path()
    part: str = ""
    """The key of `Recording.sequences` that is looked at"""
    module: str = ""
    """The module that it is of"""
    parts: tuple[str, ...] = ()
    """All parts of the step that was opened first"""
    first: int = field(default=0)
    """Which step that was"""

    @staticmethod
    def of_step(path: Path, step: int, part: str | None = None) -> Watched:
        """A part of the recording in a file, as what the other steps of its folder are compared with.

        Args:
            path: The file of a step.
            step: Its number.
            part: The name of a part; None for the first.

        Raises:
            ValueError: the file cannot be read, or has no such part.
        """
        recording = load_recording(path)
        given = recording.given(part)
        chosen = next(iter(recording.sequences)) if part is None else part
        return Watched(
            given.network,
            given.whole_batch,
            replace(given.origin, training_step=0),
            folder=path.parent,
            part=chosen,
            module=recording.sequences[chosen].module,
            parts=tuple(recording.sequences),
            first=step,
        )

    def other(self, part: str) -> Watched:
        """Another part of the same recordings, as far as one of them can be opened.

        Raises:
            ValueError: there is no such part, or no file that can be read.
        """
        files = listing(self.folder).files
        if not files:
            raise ValueError(listing(self.folder).problem)
        step = self.first if self.first in files else max(files)
        return Watched.of_step(files[step], step, part)

    def at(self, step: int) -> Given:
        """This part at another step, read from its file.

        Args:
            step: Its number.

        Raises:
            ValueError: its file has gone, cannot be read, or is of another network; one sentence.
        """
        path = listing(self.folder).files.get(step)
        if path is None:
            raise ValueError(f"step {step:,} has no file any more in {visible(str(self.folder))}; go to another step")
        return self.in_recording(load_recording(path), step)

    def in_recording(self, recording: Recording, step: int) -> Given:
        """This part of a recording that has been read.

        Args:
            recording: A step's recording.
            step: Its number, as its file's name has it.

        Raises:
            ValueError: it has no such part, or another network in it.
        """
        name = part_of(recording, self.part, self.module)
        network = recording.modules[recording.sequences[name].module].network
        if not _alike(network, self.network):
            raise ValueError(
                f"step {step:,} is of another network, {_named(network)}, and the others are of {_named(self.network)}"
            )
        given = recording.given(name)
        return replace(given, origin=replace(given.origin, training_step=step))


def part_of(recording: Recording, part: str, module: str) -> str:
    """The part of this name, or else the first of the same module: of other lengths, or of another call.

    Raises:
        ValueError: it has neither.
    """
    own = [name for name, one in recording.sequences.items() if one.module == module]
    name = part if part in recording.sequences else next(iter(own), None)
    if name is None:
        raise ValueError(f"step {recording.step:,} has no part {part}; it has {', '.join(recording.sequences)}")
    return name


def _alike(one: Network, other: Network) -> bool:
    """Whether two networks are the same but for their numbers."""
    shapes = [{name: array.shape for name, array in each.parameters.items()} for each in (one, other)]
    same = one.cell_name == other.cell_name and one.activation_name == other.activation_name
    return same and shapes[0] == shapes[1]


def _named(network: Network) -> str:
    return f"{network.cell_name}, {network.hidden_size} units"
