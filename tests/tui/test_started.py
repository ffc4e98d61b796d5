"""A test of the explorer has a copy of a process in which one runs: what it does is gone, and how it ends is told."""

from __future__ import annotations

import asyncio
import os

import pytest
from driving import Drive, explorer
from started import CAN_COPY

from core import Experiment
from tui.explorer.session.cursor import Cursor

SMALL = Experiment(hidden_size=2, timesteps=4)
LEFT: list[int] = []

pytestmark = pytest.mark.skipif(not CAN_COPY, reason="processes are not copied here")


@pytest.mark.parametrize("time", ["first", "second"])
@explorer(SMALL, only="work")
async def test_what_a_test_does_is_gone_with_its_copy(drive: Drive, time: str) -> None:
    assert (drive.screen.cursor, LEFT, os.environ.get("LEFT")) == (Cursor(4), [], None)
    await drive.press("right")
    assert drive.screen.cursor == Cursor(4, 1)
    assert await asyncio.to_thread(os.getpid) == os.getpid()
    LEFT.append(os.getpid())
    os.environ["LEFT"] = "something"


@explorer(SMALL, only="work")
async def fails(drive: Drive) -> None:
    assert drive.screen.cursor is None, "there is a cursor"


@explorer(SMALL, only="work")
async def breaks_the_app(drive: Drive) -> None:
    drive.app.call_later(lambda: 1 // 0)
    await drive.pilot.pause()


@explorer(SMALL, only="work")
async def dies(drive: Drive) -> None:
    os._exit(3)


@explorer(SMALL, only="work")
async def skips(drive: Drive) -> None:
    pytest.skip("not here")


def test_a_failure_is_told_with_its_words_and_its_place() -> None:
    with pytest.raises(pytest.fail.Exception, match=r"(?s)in fails.*there is a cursor"):
        fails()
    with pytest.raises(pytest.fail.Exception, match="ZeroDivisionError"):
        breaks_the_app()
    with pytest.raises(pytest.fail.Exception, match="ended with status"):
        dies()
    with pytest.raises(pytest.skip.Exception, match="not here"):
        skips()
