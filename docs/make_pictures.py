"""Make the pictures of the documentation from the real program: `python docs/make_pictures.py`.

`--all FOLDER` makes every screen that is worth looking at, at every size and in every look, into a folder: some 600
pictures, in half an hour. `--only WORD` makes those alone whose name has the word in it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from textual.pilot import Pilot, WaitForScreenTimeout

from core import Experiment, preset
from tui.explorer.actions import tour as touring
from tui.explorer.actions.settings import change as change_settings
from tui.explorer.app import RnnApp
from tui.explorer.screen import Explorer
from tui.explorer.tours.library import MAIN, shipped

PICTURES: Final = Path(__file__).parent / "pictures"

LEARNS: Final = Experiment(
    task="adding", cell="lstm", forget_bias=1.0, batch_size=32, learning_rate=0.02, training_steps=300
)

THREADS: Final = ("trace", "training", "dynamics", "remedies", "pinned")
"""The groups of the program's work; a dialog that is open is none of it"""

STARTS: Final = ("w", "R")
"""Keys after which work begins only when a screen or a thread is there"""

BACK: Final = ("end", "shift+left", "shift+left", "left", "left", "left")
"""To the way back, some steps before its end"""

HALF_WAY: Final = ("end", "shift+left", "shift+left", *("left",) * 5)
"""To the step in the middle of 50, on the way back"""

SIZES: Final = ((80, 24), (100, 30), (120, 36), (160, 48), (200, 60))
"""Columns and rows"""

LOOKS: Final = {"dark": "textual-dark", "light": "textual-light", "ansi": "ansi-dark", "plain": "textual-dark"}
"""Look → theme; `plain` is without color, as NO_COLOR asks for it"""


@dataclass(frozen=True)
class Scene:
    """What is on the screen of a picture."""

    keys: tuple[str, ...] = ()
    """What is pressed, one key after the other, each once the work of those before is done"""
    tab: str = "lags"
    experiment: Experiment | None = None
    """What the program opens on"""
    then: Experiment | None = None
    """Train the first experiment, pin it, and go on to this one before the keys"""
    tour: int | None = None
    """The step of the main tour that is begun with, from 0"""
    welcome: bool = False
    """Whether it is as on the very first start"""


LESSON: Final = Scene(
    (
        *("S", *"Forward", "enter", *"The network reads {steps} numbers.", "ctrl+s", "end"),
        *("S", *"And back", "enter", *"Each step back multiplies the gradient by {rate}.", "enter"),
        *(*"Which parameters' gradients fade?", "enter", *"W_aa's; *all but W_y's and b_y's; none", "enter"),
        *(*"They share every factor.", "enter", "E"),
    )
)
"""The editor of a lesson, with two screens kept as its steps"""


def shown_in_the_documents() -> Iterator[tuple[str, Scene, tuple[int, int], str]]:
    """The pictures that stand in the documentation: name, scene, size and look."""
    yield "explorer", Scene(BACK), (160, 48), "dark"
    yield "explorer-light", Scene(BACK), (160, 48), "light"
    yield "explorer-80x24", Scene(), (80, 24), "dark"
    yield "tour", Scene(tour=2), (120, 36), "dark"
    yield "lesson", LESSON, (80, 24), "dark"
    yield "map", Scene(BACK, tab="map"), (120, 36), "dark"
    yield "truncated", Scene(BACK, experiment=preset("truncated")), (120, 36), "dark"
    yield "question", Scene(tab="question"), (120, 36), "dark"
    for cell in ("rnn", "gru", "lstm", "deep"):
        yield f"cell-{cell}", Scene(BACK, experiment=Experiment(cell=cell)), (120, 36), "dark"
    yield "jacobians", Scene(("end", *("left",) * 20), tab="jacobians"), (120, 36), "dark"
    yield "training", Scene(("w",), experiment=LEARNS), (160, 48), "dark"
    clipped = Scene(("w",), experiment=preset("training-explodes"), then=preset("training-clipped"))
    yield "clipping", clipped, (160, 48), "dark"
    yield "remedies", Scene(("R",), experiment=LEARNS.replace(cell="rnn", gain=0.5)), (120, 36), "dark"


def worth_looking_at() -> dict[str, Scene]:
    """Every scene that is to be right at every size and in every look, by name."""
    scenes = {"first-start": Scene(welcome=True), "start": Scene(), "half-way": Scene(HALF_WAY)}
    for place, step in enumerate(shipped(MAIN).steps):
        scenes[f"tour-{place + 1}"] = Scene(tour=place)
        if step.question is not None:
            scenes[f"tour-{place + 1}-answered"] = Scene((str(step.question.right or 1),), tour=place)
    return scenes | {
        "lstm": Scene(HALF_WAY, experiment=Experiment(cell="lstm")),
        "stack": Scene(HALF_WAY, experiment=Experiment(cell="lstm", layers=2)),
        "adding": Scene(HALF_WAY, experiment=Experiment(task="adding")),
        "text": Scene(HALF_WAY, experiment=Experiment(task="text")),
        "exploding": Scene(HALF_WAY, experiment=preset("exploding")),
        "by-hand": Scene(("end",), experiment=preset("by-hand")),
        "training-before": Scene(tab="training"),
        "training": Scene(("w",), tab="training", experiment=Experiment(training_steps=60)),
        "jacobians": Scene(HALF_WAY, tab="jacobians"),
        "map": Scene(HALF_WAY, tab="map"),
        "units": Scene(HALF_WAY, tab="units"),
        "question": Scene(tab="question"),
        "open": Scene(("o",)),
        "keep-a-step": Scene(("S", *"A title", "enter", *"By {rate} per step")),
        "lesson": LESSON,
    }


@contextmanager
def environment(*looks: str) -> Iterator[None]:
    """With NO_COLOR or without it, and with a home that nobody has used: the maker's preferences are in no picture."""
    variables = ("NO_COLOR", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME")
    before = {name: os.environ.pop(name, None) for name in variables}
    with tempfile.TemporaryDirectory() as nowhere:
        os.environ.update(dict.fromkeys(variables[1:], nowhere))
        if "plain" in looks:
            os.environ["NO_COLOR"] = "1"
        try:
            yield
        finally:
            for name, value in before.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value


async def picture(scene: Scene, size: tuple[int, int], files: Mapping[str, Path]) -> None:
    """Save the screen of a scene.

    Args:
        scene: What is on the screen.
        size: Columns and rows.
        files: Look → where, with the ending `.svg`; `plain` goes with no other one.
    """
    with environment(*files):
        app = RnnApp(scene.experiment, welcome=scene.welcome)
        async with app.run_test(size=size) as pilot:
            app.theme = LOOKS[next(iter(files))]
            explorer = app.screen
            assert isinstance(explorer, Explorer)
            while explorer.shown.trace is None:
                await pilot.pause(0.01)
            if scene.then is not None:
                await press(pilot, "w", "p")
                change_settings(explorer, scene.then)
            if not scene.welcome:
                await explorer.show(replace(explorer.view, tab=f"tab-{scene.tab}"))
            if scene.tour is not None:
                touring.start(explorer, shipped(MAIN), place=scene.tour)
            await press(pilot, *scene.keys)
            for look, file in files.items():
                if app.theme != LOOKS[look]:
                    app.theme = LOOKS[look]
                    await pilot.pause(0.2)
                # The reader's own monospaced font: a picture fetches nothing.
                drawn = re.sub(r"@font-face \{.*?\}", "", app.export_screenshot(title="rnn-tui"), flags=re.DOTALL)
                file.write_text(drawn, encoding="utf-8")


async def press(pilot: Pilot[None], *keys: str) -> None:
    """Press keys, and wait each time until what they started is done and painted."""
    for key in keys:
        with suppress(WaitForScreenTimeout):  # a busy machine is slow, not wrong: the work is waited for below
            await pilot.press(key)
        await pilot.pause(0.3 if key in STARTS else 0)
        await done(pilot)
    await pilot.pause(0.2)
    await done(pilot)
    await pilot.pause(0.3)


async def done(pilot: Pilot[None]) -> None:
    """Wait until no work is going on."""
    while any(worker.is_running and worker.group in THREADS for worker in pilot.app.workers):
        await pilot.pause(0.05)


async def main(folder: Path | None, word: str) -> None:
    """Make those of the documentation, or all of them into a folder."""
    if folder is None:
        PICTURES.mkdir(exist_ok=True)
        for name, scene, size, look in shown_in_the_documents():
            if word in name:
                await picture(scene, size, {look: PICTURES / f"{name}.svg"})
        return
    folder.mkdir(parents=True, exist_ok=True)
    for scene_name, scene in worth_looking_at().items():
        for columns, rows in SIZES:
            files = {look: folder / f"{scene_name}-{look}-{columns}x{rows}.svg" for look in LOOKS}
            files = {look: file for look, file in files.items() if word in file.stem}
            plain = {look: file for look, file in files.items() if look == "plain"}
            for some in (plain, {look: file for look, file in files.items() if look not in plain}):
                if some:
                    await picture(scene, (columns, rows), some)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", metavar="FOLDER", type=Path, help="every scene, size and look, into this folder")
    parser.add_argument("--only", metavar="WORD", default="", help="those alone whose name has this word in it")
    given = parser.parse_args()
    asyncio.run(main(given.all, given.only))
