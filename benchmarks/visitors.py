"""Many visitors of `rnn-tui serve` at once: how soon each is answered, what each takes, and that none is left.

    python -m benchmarks.visitors --visitors 30 --minutes 5

Each opens the explorer at 120x36 and goes about as a person does: a key every few seconds, steps, tabs, a setting. An
answer is the first thing that is painted after a key.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import random
import statistics
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import aiohttp

KEYS = ("\x1b[C", "\x1b[C", "\x1b[D", "2", "1", "v", "v", "n", "t", "f", "f", "t")
"""Steps, tabs, tables, losses, and other seeds, for which everything is computed again: each changes what is shown"""

PORT = 8765


async def visitor(
    number: int, until: float, session: aiohttp.ClientSession, waits: list[float], faults: list[str]
) -> None:
    """One visitor, from opening the page until leaving."""
    draw = random.Random(number)
    address = f"http://127.0.0.1:{PORT}/"
    async with session.get(address) as page:
        if page.status != 200:
            faults.append(f"visitor {number}: {page.status}")
            return
    async with session.ws_connect(f"{address}ws?width=120&height=36", max_msg_size=0) as socket:
        began = time.monotonic()
        first = await _painted(socket, 90.0)
        if first is None:
            faults.append(f"visitor {number}: nothing was painted within 90 s")
            return
        await _quiet(socket, 2.0)
        opened = time.monotonic() - began
        waits.append(-opened)
        for key in itertools.cycle(KEYS):
            await asyncio.sleep(draw.uniform(1.0, 6.0))
            if time.monotonic() > until:
                return
            await _quiet(socket, 0.01)
            sent = time.monotonic()
            await socket.send_str(json.dumps(["stdin", key]))
            if await _painted(socket, 20.0) is None:
                faults.append(f"visitor {number}: no answer to {key!r} ({socket.close_code})")
                return
            waits.append(time.monotonic() - sent)


async def serving() -> None:
    """Wait until the server answers."""
    async with aiohttp.ClientSession() as session:
        while True:
            with suppress(aiohttp.ClientConnectorError):
                async with session.get(f"http://127.0.0.1:{PORT}/"):
                    return
            await asyncio.sleep(0.2)


async def _painted(socket: aiohttp.ClientWebSocketResponse, patience: float) -> int | None:
    """How many bytes came first; None where none came."""
    try:
        message = await asyncio.wait_for(socket.receive(), patience)
    except TimeoutError:
        return None
    return len(message.data) if message.type is aiohttp.WSMsgType.BINARY else None


async def _quiet(socket: aiohttp.ClientWebSocketResponse, seconds: float) -> None:
    """Read what comes until nothing has come for so long."""
    while await _painted(socket, seconds) is not None:
        pass


def memory(pids: list[int]) -> list[float]:
    """Megabytes of each process that it shares with no other, and its part of what it shares."""
    found = []
    for pid in pids:
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
        except OSError:
            continue
        found.append(int(text.partition("\nPss:")[2].split()[0]) / 1000)
    return found


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()]


async def measure(
    visitors: int, seconds: float, server: int, started: set[int]
) -> tuple[list[float], list[float], list[str]]:
    """Have visitors come over a quarter of a minute, go about, and leave; waits, megabytes of each, and faults."""
    waits: list[float] = []
    faults: list[str] = []
    until = time.monotonic() + seconds
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        tasks = []
        for number in range(visitors):
            tasks.append(asyncio.create_task(visitor(number, until, session, waits, faults)))
            await asyncio.sleep(15 / visitors)
        megabytes: list[float] = []
        while not all(task.done() for task in tasks):
            await asyncio.sleep(5)
            started |= {*children(server)}
            now = memory(children(server))
            megabytes = max(megabytes, now, key=sum)
        await asyncio.gather(*tasks)
    return waits, megabytes, faults


def main() -> None:
    """Serve, measure, end, and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--visitors", type=int, default=30)
    options.add_argument("--minutes", type=float, default=5.0)
    asked = options.parse_args()
    started: set[int] = set()
    command = [sys.executable, "-m", "tui", "serve", "--port", str(PORT), "--visitors", str(asked.visitors)]
    server = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": os.getcwd()})
    try:
        asyncio.run(serving())
        waits, megabytes, faults = asyncio.run(measure(asked.visitors, 60 * asked.minutes, server.pid, started))
    finally:
        server.terminate()
        server.wait(30)
    left = [pid for pid in started if Path(f"/proc/{pid}").exists()]
    opened, answers = sorted(-one for one in waits if one < 0), sorted(one for one in waits if one > 0)
    deciles = statistics.quantiles(answers, n=20)
    print(f"visitors {asked.visitors}, faults {len(faults)}: {faults[:5]}")
    print(f"opened and at rest after {opened[0]:.1f} … {opened[-1]:.1f} s, median {statistics.median(opened):.1f} s")
    print(
        f"answers {len(answers)}: median {1000 * deciles[9]:.0f} ms, 95 % within {1000 * deciles[18]:.0f} ms, "
        f"slowest {answers[-1]:.2f} s"
    )
    print(
        f"memory of a visitor: median {statistics.median(megabytes):.0f} MB, most {max(megabytes):.0f} MB, "
        f"all {sum(megabytes):.0f} MB"
    )
    print(f"processes left: {len(left)}; exit status {server.returncode}; load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
