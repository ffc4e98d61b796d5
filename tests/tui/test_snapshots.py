"""The screens that matter, character by character, at every layout.

A screen is compared as the text that it shows, so that a diff can be read and a new shade is no failure; colors have
tests of their own. After a change that is meant: `pytest tests/tui/test_snapshots.py --snapshot-update`, and read
the diff.
"""

from __future__ import annotations

import html
import re

import pytest
from driving import MEDIUM, NARROW, WIDE, Drive, blank_scroll_bars, explorer, threads_ended
from syrupy.assertion import SnapshotAssertion

from core import Experiment

CELL = (12.2, 24.4)
"""Width and height of a cell in the picture of a screen"""

# Few numbers, so that no machine's linear algebra rounds one of them another way.
SMALL = Experiment(hidden_size=2, timesteps=8, seed=1, data_seed=1)
GATED = SMALL.replace(cell="gru")


def characters(drive: Drive) -> str:
    """What is on the screen, line by line."""
    columns, rows = drive.app.size
    lines = [[" "] * columns for _ in range(rows)]
    drawn = drive.app.export_screenshot()
    pattern = r'<text class="[^"]*" x="([\d.]+)" y="([\d.]+)"[^>]*clip-path[^>]*>(.*?)</text>'
    for x, y, content in re.findall(pattern, drawn, flags=re.DOTALL):
        text = html.unescape(content).replace("\N{NO-BREAK SPACE}", " ")
        column, row = round(float(x) / CELL[0]), round((float(y) - 20) / CELL[1])
        lines[row][column : column + len(text)] = text
    blank_scroll_bars(drive.app, lines)
    return "\n".join("".join(line)[:columns].rstrip() for line in lines)


async def same(drive: Drive, snapshot: SnapshotAssertion) -> None:
    await threads_ended(drive.app)
    await drive.pilot.pause()
    assert characters(drive) == snapshot


@explorer(SMALL, size=WIDE)
async def test_wide(drive: Drive, snapshot: SnapshotAssertion) -> None:
    await drive.press("end", "left", "left")
    await same(drive, snapshot)


@explorer(SMALL, size=MEDIUM)
async def test_medium(drive: Drive, snapshot: SnapshotAssertion) -> None:
    await same(drive, snapshot)


@explorer(SMALL, size=NARROW)
async def test_narrow(drive: Drive, snapshot: SnapshotAssertion) -> None:
    await same(drive, snapshot)


@explorer(SMALL, size=NARROW)
async def test_narrow_with_the_settings_open(drive: Drive, snapshot: SnapshotAssertion) -> None:
    await drive.press("s")
    await same(drive, snapshot)


@explorer(GATED, size=MEDIUM)
async def test_a_cell_with_gates_on_the_way_back(drive: Drive, snapshot: SnapshotAssertion) -> None:
    await drive.press("g", "end", "left")
    await same(drive, snapshot)


@pytest.mark.parametrize("tab", ["tab-map", "tab-units", "tab-question", "tab-training"])
def test_tabs(tab: str, snapshot: SnapshotAssertion) -> None:
    @explorer(SMALL, size=MEDIUM, alone=True)
    async def shown(drive: Drive) -> None:
        await drive.press("end")
        drive.screen.show_tab(tab)
        await drive.pilot.pause()
        await same(drive, snapshot)

    shown()
