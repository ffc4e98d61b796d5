"""The pages and connections of `rnn-tui serve`: textual-serve's parts, behind a token, with bounds.

Of textual-serve come the program that paints in the browser (xterm.js), its fonts, and what goes between a browser and
a process. The page is our own, and fetches nothing from elsewhere.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import re
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any, Final
from urllib.parse import quote

import textual_serve
from aiohttp import WSMsgType, web
from textual_serve.download_manager import Download

from tui.cli import terminal
from tui.cli.request import BadInputError
from tui.cli.serve import Bounds, Place, is_loopback
from tui.cli.serve.visitors import Visitor

COOKIE: Final = "rnn-tui-token"

LONGEST_MESSAGE: Final = 100_000
"""The most bytes of what a browser sends at once: a paste"""

SMALLEST: Final = (20, 8)
LARGEST: Final = (400, 150)
"""Columns and rows of a browser's terminal"""

EVERY: Final = 1.0
"""Seconds between two looks at who has been idle"""

RULES: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self' ws: wss:; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
"""What a browser is told with every answer: the page fetches nothing from elsewhere, and no other page shows it"""


class Class:
    """The visitors that there are, and the answers to their browsers."""

    def __init__(self, place: Place, bounds: Bounds, arguments: Sequence[str]) -> None:
        self.place, self.bounds, self.arguments = place, bounds, tuple(arguments)
        self.visitors: set[Visitor] = set()
        self._closing: dict[Visitor, web.WebSocketResponse] = {}
        self._places = 0
        """How many visitors are there or on their way"""

    def app(self) -> web.Application:
        """The web application: its addresses, and what begins and ends with it."""
        app = web.Application(middlewares=[self._guard])
        own, theirs = files("tui.cli.serve") / "page", Path(textual_serve.__file__).parent / "static"
        app.add_routes(
            [
                web.get("/", self._page),
                web.get("/ws", self._connection),
                web.get("/download/{key}", self._download),
                web.static("/static", theirs),
                web.static("/page", Path(str(own))),
            ]
        )
        app.on_startup.append(self._begin)
        app.on_shutdown.append(self._end)
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """Answer nobody without the token, nor who comes by way of another site's page."""
        problem = self._problem(request)
        if problem:
            return web.Response(status=403, text=f"{problem}\n", headers=RULES)
        response: web.StreamResponse = await handler(request)
        if not response.prepared:
            response.headers.update(RULES)
        return response

    def _problem(self, request: web.Request) -> str:
        if self.place.token:
            given = request.query.get("token") or request.cookies.get(COOKIE, "")
            if not hmac.compare_digest(given.encode("utf-8", "replace"), self.place.token.encode()):
                return "This address is not complete: it ends in ?token=…, as it was given to you."
        elif not is_loopback(_name_of(request.host)):
            return "This page is only for the computer that serves it."
        origin = request.headers.get("Origin", "")
        if origin and origin.partition("://")[2] != request.host:
            return "This page is not for other pages."
        return ""

    async def _page(self, request: web.Request) -> web.Response:
        if self._places >= self.bounds.visitors:
            text = _template("full.html").substitute(visitors=self.bounds.visitors)
            return web.Response(status=503, text=text, content_type="text/html", headers={"Retry-After": "60"})
        size = request.query.get("fontsize", "16")
        size = size if re.fullmatch(r"[1-9]\d", size) else "16"
        response = web.Response(text=_template("index.html").substitute(size=size), content_type="text/html")
        if self.place.token:
            response.set_cookie(COOKIE, self.place.token, httponly=True, samesite="Strict", path="/")
        return response

    async def _connection(self, request: web.Request) -> web.StreamResponse:
        """A process for a browser, as long as both are there."""
        websocket = web.WebSocketResponse(heartbeat=15, max_msg_size=LONGEST_MESSAGE)
        await websocket.prepare(request)
        if self._places >= self.bounds.visitors:
            await _close(websocket, f"All {self.bounds.visitors} places are taken. Please try again in a few minutes.")
            return websocket
        self._places += 1
        visitor: Visitor | None = None
        try:
            visitor = Visitor(
                self.arguments,
                memory=self.bounds.memory,
                write_bytes=websocket.send_bytes,
                write_str=websocket.send_str,
                close=lambda: _close(websocket, "You have left the explorer."),
            )
            self.visitors.add(visitor)
            self._closing[visitor] = websocket
            await visitor.start(*_size(request.query.get("width"), request.query.get("height")))
            async for message in websocket:
                if message.type == WSMsgType.TEXT:
                    await self._take(visitor, websocket, message.data)
        except (ConnectionError, RuntimeError):
            pass  # the browser has gone
        except OSError as error:
            terminal.tell(f"no process for a visitor: {error.strerror or error}")
            await _close(websocket, "The computer has no room for another visitor at the moment.")
        finally:
            if visitor is not None:
                await asyncio.shield(self._gone(visitor))
            self._places -= 1
        return websocket

    async def _gone(self, visitor: Visitor) -> None:
        try:
            await visitor.stop()
        finally:
            self.visitors.discard(visitor)
            self._closing.pop(visitor, None)

    async def _take(self, visitor: Visitor, websocket: web.WebSocketResponse, text: str) -> None:
        """Hand on to a process what its browser has sent; what makes no sense is passed over."""
        with suppress(ValueError, TypeError, KeyError, IndexError, AttributeError):
            what, *rest = json.loads(text)
            if what == "stdin":
                visitor.touched = time.monotonic()
                await visitor.send_bytes(rest[0].encode("utf-8", "replace"))
            elif what == "resize":
                await visitor.set_terminal_size(*_size(rest[0]["width"], rest[0]["height"]))
            elif what == "ping":
                await websocket.send_json(["pong", str(rest[0])[:40]])
            elif what == "blur":
                await visitor.blur()
            elif what == "focus":
                await visitor.focus()

    async def _download(self, request: web.Request) -> web.StreamResponse:
        """A file that a process hands over, under the name that was typed for it; each can be fetched once."""
        key = request.match_info["key"]
        for visitor in list(self.visitors):
            with suppress(KeyError):
                return await self._sent(request, visitor, key, await visitor.downloads.get_download_metadata(key))
        return web.Response(status=404, text="There is no such download any more; save it again.\n")

    async def _sent(self, request: web.Request, visitor: Visitor, key: str, found: Download) -> web.StreamResponse:
        response = web.StreamResponse(headers=RULES)
        response.headers["Content-Type"] = "application/octet-stream"
        response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(found.file_name, safe='')}"
        await response.prepare(request)
        async for chunk in visitor.downloads.download(key):
            await response.write(chunk)
        await response.write_eof()
        return response

    # From beginning to end

    async def _begin(self, app: web.Application) -> None:
        self._watch = asyncio.create_task(self._free_idle_places())
        terminal.tell(f"open {self.place.address} in a browser; Ctrl-C ends it")

    async def _free_idle_places(self) -> None:
        """Give the places of those to others who have not touched a key for long."""
        while True:
            await asyncio.sleep(EVERY)
            latest = time.monotonic() - 60 * self.bounds.idle
            for visitor, websocket in list(self._closing.items()):
                if visitor.touched < latest:
                    why = f"Nothing was pressed for {self.bounds.idle:g} minutes, so your place went to somebody else."
                    await _close(websocket, why)

    async def _end(self, app: web.Application) -> None:
        """End every process; none is left when this returns."""
        self._watch.cancel()
        closing = [_close(websocket, "The class has ended.") for websocket in list(self._closing.values())]
        await asyncio.gather(*closing, return_exceptions=True)
        await asyncio.gather(*map(self._gone, list(self.visitors)), return_exceptions=True)


def run(place: Place, bounds: Bounds, arguments: Sequence[str]) -> int:
    """Serve until somebody ends it; the exit status.

    Raises:
        BadInputError: nothing can be served at this place.
    """
    served = Class(place, bounds, arguments)
    try:
        asyncio.run(_run(served))
    except OSError as error:
        told = error.strerror or str(error)
        raise BadInputError(f"port {place.port} of {place.host}: {told}; give another --port or --host") from None
    finally:
        for visitor in served.visitors:
            visitor.kill()
    return 0


async def _run(served: Class) -> None:
    runner = web.AppRunner(served.app(), handle_signals=False, access_log=None, shutdown_timeout=10)
    ended, loop = asyncio.Event(), asyncio.get_running_loop()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        with suppress(NotImplementedError, AttributeError):
            loop.add_signal_handler(getattr(signal, name), ended.set)
    await runner.setup()
    try:
        await web.TCPSite(runner, served.place.host, served.place.port).start()
        await ended.wait()
    finally:
        await runner.cleanup()


async def _close(websocket: web.WebSocketResponse, why: str) -> None:
    with suppress(ConnectionError, RuntimeError, asyncio.TimeoutError):
        await websocket.close(message=why.encode()[:120])


def _name_of(host: str) -> str:
    """The name or address in a Host header, without its port."""
    return host.partition("]")[0].removeprefix("[") if host.startswith("[") else host.rpartition(":")[0] or host


def _size(width: object, height: object) -> tuple[int, int]:
    """A size that a browser asks for, within what there is."""
    found = []
    for given, usual, low, high in zip((width, height), (80, 24), SMALLEST, LARGEST, strict=True):
        try:
            asked = int(given)  # type: ignore[call-overload]
        except (TypeError, ValueError, OverflowError):  # JSON of a browser may have an Infinity
            asked = usual
        found.append(min(max(asked, low), high))
    return found[0], found[1]


def _template(name: str) -> Template:
    return Template((files("tui.cli.serve") / "page" / name).read_text(encoding="utf-8"))
