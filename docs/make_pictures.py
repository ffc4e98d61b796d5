"""Make the pictures of the documentation from the real program: `python docs/make_pictures.py`."""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from pathlib import Path

from core import Experiment, preset
from tui.app import RnnApp
from tui.explorer import Explorer

PICTURES = Path(__file__).parent / "pictures"

BACK = ("end", "shift+left", "shift+left", "left", "left", "left")
"""To the way back, some steps before its end"""


async def picture(
    name: str,
    size: tuple[int, int],
    *,
    theme: str = "textual-dark",
    keys: tuple[str, ...] = (),
    experiment: Experiment | None = None,
) -> None:
    """Save the screen after some keys."""
    app = RnnApp(experiment)
    async with app.run_test(size=size) as pilot:
        app.theme = theme
        explorer = app.screen
        assert isinstance(explorer, Explorer)
        while explorer.trace is None:
            await pilot.pause(0.01)
        await pilot.press(*keys)
        await pilot.pause()
        await app.workers.wait_for_complete()
        await pilot.pause(0.3)
        # The reader's own monospaced font: a picture fetches nothing.
        drawn = re.sub(r"@font-face \{.*?\}", "", app.export_screenshot(title="rnn-tui"), flags=re.DOTALL)
        (PICTURES / f"{name}.svg").write_text(drawn, encoding="utf-8")


async def main() -> None:
    """Make them all."""
    PICTURES.mkdir(exist_ok=True)
    await picture("explorer", (160, 48), keys=BACK)
    await picture("explorer-light", (160, 48), theme="textual-light", keys=BACK)
    await picture("explorer-80x24", (80, 24))
    await picture("map", (120, 36), keys=(*BACK, "full_stop"))
    await picture("question", (120, 36), keys=("full_stop", "full_stop"))
    await picture("exploding", (120, 36), experiment=preset("exploding"))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as nowhere:
        # The maker's own theme and preferences have no place in the pictures.
        os.environ["XDG_CONFIG_HOME"] = nowhere
        asyncio.run(main())
