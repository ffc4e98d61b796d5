"""`rnn-tui serve` with real processes behind it: who is answered, who is not, and that no process is left."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pyte
import pytest

pytest.importorskip("textual_serve")
if not Path("/proc/self/limits").exists():
    pytest.skip("processes are looked at in /proc", allow_module_level=True)

import aiohttp
from aiohttp.test_utils import TestClient, TestServer

from tui.cli.serve import Bounds, Place
from tui.cli.serve.server import Class
from tui.cli.serve.visitors import Visitor

PATIENCE = 90.0
SMALL = ("--timesteps=5", "--hidden-size=2")
TOKEN = "a-token"


class Browser:
    """What a browser would show of a connection: its screen, as text."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self._screen = pyte.Screen(100, 30)
        self._stream = pyte.ByteStream(self._screen)
        self.messages: list[Any] = []

    @property
    def text(self) -> str:
        return "\n".join(self._screen.display)

    async def until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not holds():
                message = await self.socket.receive()
                if message.type is aiohttp.WSMsgType.BINARY:
                    self._stream.feed(message.data)
                elif message.type is aiohttp.WSMsgType.TEXT:
                    self.messages.append(json.loads(message.data))
                else:
                    raise AssertionError(f"closed: {message.extra or message.data}\n{self.text}")

    async def type(self, keys: str) -> None:
        await self.socket.send_str(json.dumps(["stdin", keys]))

    async def closed(self) -> str:
        """Why the server closes the connection."""
        async with asyncio.timeout(PATIENCE):
            while True:
                message = await self.socket.receive()
                if message.type is aiohttp.WSMsgType.CLOSE:
                    return str(message.extra)
                assert message.type in (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT), message


@contextlib.asynccontextmanager
async def serving(*arguments: str, token: str = "", **bounds: Any) -> AsyncIterator[tuple[Class, TestClient[Any, Any]]]:
    served = Class(Place(token=token), Bounds(**bounds), arguments or SMALL)
    async with TestClient(TestServer(served.app())) as client:
        yield served, client


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(scenario())  # type: ignore[arg-type]


def gone(visitor: Visitor) -> bool:
    """Whether neither its process, its session nor its folder is there."""
    assert visitor.pid is not None
    with contextlib.suppress(ProcessLookupError):
        os.killpg(visitor.pid, 0)
        return False
    return not Path(visitor._folder).exists()


def test_without_the_token_nothing_is_served() -> None:
    async def scenario() -> None:
        async with serving(token=TOKEN) as (served, client):
            paths = ("/", "/ws", "/static/js/textual.js", "/page/page.js", "/download/x", "/nowhere")
            for path in paths:
                for query in ("", "?token=", "?token=another", f"?token={TOKEN}x", "?token=é"):
                    answer = await client.get(path + query)
                    assert answer.status == 403, path + query
                    assert "token=…" in await answer.text()
            page = await client.get(f"/?token={TOKEN}")
            assert page.status == 200 and page.cookies["rnn-tui-token"]["httponly"]
            assert TOKEN not in await page.text()
            assert (await client.get("/static/js/textual.js")).status == 200  # with the cookie
            assert not served.visitors

    run(scenario)


def test_a_cookie_that_is_no_text_is_refused_and_breaks_nothing() -> None:
    async def scenario() -> None:
        async with serving(token=TOKEN) as (_, client):
            reader, writer = await asyncio.open_connection(client.host, client.port)
            writer.write(b"GET / HTTP/1.1\r\nHost: here\r\nCookie: rnn-tui-token=\xff\xfe\r\nConnection: close\r\n\r\n")
            assert (await reader.readline()).split()[1] == b"403"
            writer.close()

    run(scenario)


def test_a_browser_that_asks_for_an_endless_terminal_stays_connected() -> None:
    async def scenario() -> None:
        async with serving() as (_, client), client.ws_connect("/ws?width=Infinity&height=24") as socket:
            browser = Browser(socket)
            for size in ("Infinity", "-Infinity", "NaN", "1e400", '"x"', "null", "9" * 400):
                await socket.send_str(f'["resize", {{"width": {size}, "height": {size}}}]')
            await socket.send_str('["ping", "still here"]')
            await browser.until(lambda: ["pong", "still here"] in browser.messages)

    run(scenario)


def test_another_site_is_not_answered() -> None:
    async def scenario() -> None:
        async with serving() as (_, client):
            for headers in ({"Origin": "https://example.org"}, {"Host": "example.org"}, {"Host": "example.org:8000"}):
                for path in ("/", "/ws"):
                    assert (await client.get(path, headers=headers)).status == 403
            page = await client.get("/")
            assert page.status == 200 and "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
            assert "http" not in (await page.text()).replace("<!DOCTYPE html>", "")

    run(scenario)


def test_a_visitor_steps_exports_and_leaves_and_nothing_is_left() -> None:
    async def scenario() -> None:
        async with (
            serving(visitors=1, memory=700) as (served, client),
            client.ws_connect("/ws?width=100&height=30") as socket,
        ):
            browser = Browser(socket)
            await browser.until(lambda: "t = 1 of 5" in browser.text)
            (visitor,) = served.visitors
            bound = re.search(r"Max data size +(\d+)", Path(f"/proc/{visitor.pid}/limits").read_text("utf-8"))
            assert bound is not None and bound[1] == "700000000"
            full = await client.get("/")
            assert full.status == 503 and "All 1 places are taken" in await full.text()
            async with client.ws_connect("/ws") as second:
                assert "All 1 places are taken" in await Browser(second).closed()
            for wrong in ("{", "[]", '["stdin"]', '["resize", {"width": "wide"}]', "null", '["stdin", 7]'):
                await socket.send_str(wrong)
            await browser.type("\x1b[C")
            await browser.until(lambda: "t = 2 of 5" in browser.text)
            await browser.type("e")
            await browser.until(lambda: "Name of the download" in browser.text)
            await browser.type("\r")
            await browser.until(lambda: [one for one in browser.messages if one[0] == "deliver_file_start"])
            key = browser.messages[-1][1]
            answer = await client.get(f"/download/{key}")
            data = await answer.read()
            assert data.startswith(b"<svg") and b"rnn-tui" in data
            assert ".svg" in answer.headers["Content-Disposition"]
            assert (await client.get(f"/download/{key}")).status == 404
            await browser.type("q")
            assert await browser.closed() == "You have left the explorer."
            async with asyncio.timeout(PATIENCE):
                while served.visitors:
                    await asyncio.sleep(0.01)
            assert gone(visitor)

    run(scenario)


@pytest.mark.slow
def test_the_idle_those_who_hang_and_the_last_are_ended() -> None:
    async def scenario() -> None:
        async with serving(idle=10) as (served, client):
            async with client.ws_connect("/ws?width=100&height=30") as idle, client.ws_connect("/ws") as hanging:
                await Browser(idle).until(lambda: len(served.visitors) == 2 or None)
                browser = Browser(idle)
                await browser.until(lambda: "t = 1 of 5" in browser.text)
                everyone = set(served.visitors)
                first = next(one for one, socket in served._closing.items() if one.pid is not None)
                for one in everyone - {first}:
                    assert one.pid is not None
                    os.kill(one.pid, signal.SIGSTOP)
                for one in everyone:
                    one.touched -= 60 * 11
                assert "Nothing was pressed for 10 minutes" in await browser.closed()
                assert "Nothing was pressed for 10 minutes" in await Browser(hanging).closed()
                async with asyncio.timeout(PATIENCE):
                    while served.visitors:
                        await asyncio.sleep(0.01)
            assert all(map(gone, everyone))
            async with client.ws_connect("/ws") as socket:
                await Browser(socket).until(lambda: bool(served.visitors))
                (last,) = served.visitors
                await served._end(client.app)  # type: ignore[arg-type]
                assert gone(last)

    run(scenario)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_the_server_leaves_no_process_however_it_ends(number: int, tmp_path: Path) -> None:
    program = f"""
import sys; sys.path.insert(0, {str(Path(__file__).resolve().parents[2])!r})
from tui import cli
sys.exit(cli.main(["serve", "--port", "8797", *{SMALL!r}]))
"""
    server = subprocess.Popen([sys.executable, "-c", program], cwd=tmp_path, stderr=subprocess.DEVNULL)

    async def scenario() -> None:
        address = "http://127.0.0.1:8797"
        async with aiohttp.ClientSession() as session, asyncio.timeout(PATIENCE):
            while True:
                with contextlib.suppress(aiohttp.ClientConnectorError):
                    async with session.get(address):
                        break
                await asyncio.sleep(0.05)
            async with session.ws_connect(f"{address}/ws?width=100&height=30") as socket:
                browser = Browser(socket)
                await browser.until(lambda: "t = 1 of 5" in browser.text)
                children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
                assert len(children) == 1
                server.send_signal(number)
                while Path(f"/proc/{children[0]}").exists():
                    await asyncio.sleep(0.05)

    run(scenario)
    assert server.wait(PATIENCE) == (-signal.SIGKILL if number == signal.SIGKILL else 0)
