"""Threads that work let the interface go first, and get on all the same."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable

from tui.courtesy import LONGEST, Courtesy


def beside(interface: Callable[[], None], work: Callable[[Courtesy], object]) -> object:
    """What `work` returns in a thread beside a loop that runs `interface` over and over."""
    found: list[object] = []

    async def run() -> None:
        courtesy = Courtesy()
        thread = threading.Thread(target=lambda: found.append(work(courtesy)))
        thread.start()
        while thread.is_alive():
            interface()
            await asyncio.sleep(0)

    asyncio.run(run())
    return found[0]


def waits(courtesy: Courtesy) -> float:
    began = time.monotonic()
    courtesy.give_way()
    return time.monotonic() - began


def test_an_interface_that_is_busy_goes_first_but_not_for_ever() -> None:
    waited = beside(lambda: time.sleep(0.01), waits)
    assert isinstance(waited, float)
    assert waited >= 0.9 * LONGEST


def test_who_has_just_asked_does_not_ask_again() -> None:
    def twice(courtesy: Courtesy) -> bool:
        courtesy.give_way()
        asked = courtesy._gave_way
        courtesy.give_way()
        return courtesy._gave_way == asked

    assert beside(lambda: None, twice)


def test_work_goes_on_after_the_interface_has_ended() -> None:
    async def made() -> Courtesy:
        return Courtesy()

    assert waits(asyncio.run(made())) < LONGEST
