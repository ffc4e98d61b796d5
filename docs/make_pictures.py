"""Make the pictures of the documentation from the real program: `python docs/make_pictures.py`."""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from dataclasses import replace
from pathlib import Path

from textual.pilot import Pilot

from core import Experiment, preset
from tui.explorer.actions.settings import change as change_settings
from tui.explorer.app import RnnApp
from tui.explorer.screen import Explorer

PICTURES = Path(__file__).parent / "pictures"

LEARNS = Experiment(task="adding", cell="lstm", forget_bias=1.0, batch_size=32, learning_rate=0.02, training_steps=300)
CLIPPED = preset("training-clipped")

THREADS = ("trace", "training", "dynamics", "remedies")
"""The groups of the program's work; a dialog that is open is none of it"""

STARTS = ("w", "R")
"""Keys after which work begins only when a screen or a thread is there"""

BACK = ("end", "shift+left", "shift+left", "left", "left", "left")
"""To the way back, some steps before its end"""


async def picture(
    name: str,
    size: tuple[int, int],
    *,
    theme: str = "textual-dark",
    keys: tuple[str, ...] = (),
    tab: str = "lags",
    experiment: Experiment | None = None,
    then: Experiment | None = None,
) -> None:
    """Save the screen after some keys.

    Args:
        name: The picture's file, without its ending.
        size: Columns and rows.
        theme: Light or dark.
        keys: What is pressed, one key after the other, each once the work of those before is done.
        tab: The tab that is open.
        experiment: What the program opens on.
        then: Train the first experiment, pin it, and go on to this one before the keys.
    """
    app = RnnApp(experiment)
    async with app.run_test(size=size) as pilot:
        app.theme = theme
        explorer = app.screen
        assert isinstance(explorer, Explorer)
        while explorer.shown.trace is None:
            await pilot.pause(0.01)
        if then is not None:
            await press(pilot, "w", "p")
            change_settings(explorer, then)
        await explorer.show(replace(explorer.view, tab=f"tab-{tab}"))
        await press(pilot, *keys)
        # The reader's own monospaced font: a picture fetches nothing.
        drawn = re.sub(r"@font-face \{.*?\}", "", app.export_screenshot(title="rnn-tui"), flags=re.DOTALL)
        (PICTURES / f"{name}.svg").write_text(drawn, encoding="utf-8")


async def press(pilot: Pilot[None], *keys: str) -> None:
    """Press keys, and wait each time until what they started is done and painted."""
    for key in keys:
        await pilot.press(key)
        await pilot.pause(0.3 if key in STARTS else 0)
        while any(worker.is_running and worker.group in THREADS for worker in pilot.app.workers):
            await pilot.pause(0.05)
    await pilot.pause(0.5)


async def main() -> None:
    """Make them all."""
    PICTURES.mkdir(exist_ok=True)
    await picture("explorer", (160, 48), keys=BACK)
    await picture("explorer-light", (160, 48), theme="textual-light", keys=BACK)
    await picture("explorer-80x24", (80, 24))
    await picture("map", (120, 36), keys=BACK, tab="map")
    await picture("truncated", (120, 36), keys=BACK, experiment=preset("truncated"))
    await picture("question", (120, 36), tab="question")
    await picture("exploding", (120, 36), experiment=preset("exploding"))
    for cell in ("rnn", "gru", "lstm", "deep"):
        await picture(f"cell-{cell}", (120, 36), experiment=Experiment(cell=cell), keys=BACK)
    await picture("jacobians", (120, 36), keys=("end", *("left",) * 20), tab="jacobians")
    await picture("training", (160, 48), experiment=LEARNS, keys=("w",))
    await picture("clipping", (160, 48), experiment=preset("training-explodes"), then=CLIPPED, keys=("w",))
    await picture("remedies", (120, 36), experiment=LEARNS.replace(cell="rnn", gain=0.5), keys=("R",))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as nowhere:
        # The maker's own theme and preferences have no place in the pictures.
        os.environ["XDG_CONFIG_HOME"] = nowhere
        asyncio.run(main())
