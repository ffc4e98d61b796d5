"""`rnn-tui serve` in a real Chromium: it opens, steps, changes a setting, exports, is closed, and asks nobody else.

The browser is told what to do in its own protocol. What it shows is painted on a canvas, so what came over the
connection is read by a terminal of its own.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pyte
import pytest

pytest.importorskip("textual_serve")

import aiohttp
from aiohttp.test_utils import TestServer

from tui.cli.serve import Bounds, Place
from tui.cli.serve.server import Class

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")]

PATIENCE = 120.0
KEYS = {"ArrowRight": (39, ""), "Enter": (13, "\r"), "Escape": (27, "")}


class Page:
    """A page in the browser, and what it has asked for and received."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket, self._sent = socket, 0
        self._screen = pyte.Screen(400, 150)
        self._stream = pyte.ByteStream(self._screen)
        self._answers: dict[int, Any] = {}
        self.requests: list[str] = []
        self.problems: list[str] = []

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self._screen.display)

    async def call(self, method: str, **given: Any) -> Any:
        self._sent += 1
        number = self._sent
        await self._socket.send_json({"id": number, "method": method, "params": given})
        await self.until(lambda: number in self._answers)
        answer = self._answers.pop(number)
        assert "error" not in answer, (method, answer)
        return answer["result"]

    async def until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not holds():
                self._take(await self._socket.receive_json())

    def _take(self, message: dict[str, Any]) -> None:
        method, given = message.get("method"), message.get("params", {})
        if "id" in message:
            self._answers[message["id"]] = message
        elif method == "Network.requestWillBeSent":
            self.requests.append(given["request"]["url"])
        elif method == "Network.webSocketCreated":
            self.requests.append(given["url"])
        elif method == "Network.webSocketFrameReceived" and given["response"]["opcode"] == 2:
            self._stream.feed(base64.b64decode(given["response"]["payloadData"]))
        elif method == "Runtime.exceptionThrown":
            self.problems.append(str(given))
        elif method == "Log.entryAdded" and given["entry"]["level"] == "error":
            self.problems.append(given["entry"]["text"])

    async def says(self, script: str) -> Any:
        """What a script on the page gives."""
        return (await self.call("Runtime.evaluate", expression=script))["result"].get("value")

    async def press(self, key: str) -> None:
        """Press a key as a person does: the page itself has to have the focus in the right place."""
        code, text = KEYS.get(key, (ord(key.upper()[0]), key))
        given = {"key": key, "windowsVirtualKeyCode": code, **({"text": text} if text else {})}
        await self.call("Input.dispatchKeyEvent", type="keyDown", **given)
        await self.call("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)


@contextlib.asynccontextmanager
async def browser(folder: Path) -> AsyncIterator[Page]:
    """A Chromium without a window, at an empty page, whose downloads go into a folder."""
    assert CHROMIUM is not None
    options = ("--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", "--window-size=1280,800")
    command = [CHROMIUM, *options, f"--user-data-dir={folder / 'profile'}", "about:blank"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        told = folder / "profile" / "DevToolsActivePort"
        async with asyncio.timeout(PATIENCE), aiohttp.ClientSession() as session:
            while not told.exists() or len(told.read_text().split()) < 2:
                await asyncio.sleep(0.05)
            port = told.read_text().split()[0]
            async with session.get(f"http://127.0.0.1:{port}/json") as answer:
                address = next(one["webSocketDebuggerUrl"] for one in await answer.json() if one["type"] == "page")
            async with session.ws_connect(address, max_msg_size=0) as socket:
                page = Page(socket)
                for domain in ("Network", "Runtime", "Log", "Page"):
                    await page.call(f"{domain}.enable")
                await page.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(folder / "got"))
                yield page
    finally:
        process.terminate()
        process.wait(PATIENCE)


def test_a_visit_in_a_browser(tmp_path: Path) -> None:
    async def scenario() -> None:
        served = Class(Place(token="a-token"), Bounds(), ("--timesteps=5", "--hidden-size=2"))
        async with TestServer(served.app(), host="127.0.0.1") as server, browser(tmp_path) as page:
            address = str(server.make_url("/"))
            await page.call("Page.navigate", url=f"{address}?token=a-token")
            await page.until(lambda: "forward, t = 1 of 5" in page.text)
            await page.press("ArrowRight")
            await page.until(lambda: "forward, t = 2 of 5" in page.text)
            await page.press("n")
            await page.until(lambda: "undo" in page.text)  # other seeds: the settings have changed
            await page.press("e")
            await page.until(lambda: "Name of the download" in page.text)
            await page.press("Enter")
            async with asyncio.timeout(PATIENCE):
                while not (got := list((tmp_path / "got").glob("*.svg"))):
                    await asyncio.sleep(0.05)
            assert b"<metadata>" in got[0].read_bytes() and b"rnn-tui" in got[0].read_bytes()
            await page.until(lambda: "Sent to your browser" in page.text)
            assert await page.says("document.body.className.includes('-first-byte')")
            loaded = await page.says("[...document.fonts].filter(one => one.status === 'loaded').length")
            assert loaded >= 3  # Roboto Mono, the signs and the braille, of the page itself
            await page.press("q")
            async with asyncio.timeout(PATIENCE):
                while served.visitors:
                    await asyncio.sleep(0.05)
            said = ""
            async with asyncio.timeout(PATIENCE):
                while "left" not in said:
                    said = await page.says("document.querySelector('#ended').innerText")
            assert "You have left the explorer." in said and "Start again" in said
            own = (address, address.replace("http", "ws", 1), "data:")
            assert len(page.requests) > 6 and [one for one in page.requests if not one.startswith(own)] == []
            assert page.problems == []

    asyncio.run(scenario())
