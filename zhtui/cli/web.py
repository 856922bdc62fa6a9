"""`zhtui --web`: the lab in a browser at the other end of an SSH tunnel, through textual-serve.

Every user of a machine reaches its loopback, and so does every page that is open in the browser. So

- the server listens on 127.0.0.1 and nowhere else;
- every path begins with 256 random bits, which only this terminal is told and which end with the
  server. They are no cookie, because a browser shows a cookie to every other port of the host;
- the Host must be the very one that was printed, so that no page reaches us by a name of its own;
- a websocket, which starts a lab, is opened for our own page alone, by its Origin;
- a page loads nothing from elsewhere, is kept in no cache, and tells nobody where it was;
- whoever does not finish a request is sent away, and so many labs are open at a time;
- a lab ends with its page, whether it is asked to or not.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import shlex
import socket
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from aiohttp import WSMessage, WSMsgType, web
from aiohttp.typedefs import Handler
from aiohttp.web_runner import GracefulExit
from textual_serve import server as textual_server
from textual_serve.app_service import AppService
from textual_serve.server import Server

from zhtui.errors import LabError
from zhtui.say import say

LOOPBACK = "127.0.0.1"
SHUTDOWN = 1.0  # seconds for pages that are open to say goodbye
MOST_LABS = 8  # at a time
MOST_WAITING, PATIENCE = 64, 10.0  # connections without a whole request, and seconds for it
ENDS = 3.0  # seconds that a lab has to end by itself
LOOK = 0.5  # seconds between two looks at the connections


class Lab(AppService):
    """A lab behind a page, which ends with it."""

    async def stop(self) -> None:
        """Asks the lab to end; one that does not is ended."""
        with suppress(TimeoutError):
            await asyncio.wait_for(super().stop(), ENDS)
        process = self._process
        if process is not None and process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


vars(textual_server)["AppService"] = Lab


class Heard:
    """A websocket of which only what a page of ours says is heard."""

    def __init__(self, websocket: web.WebSocketResponse) -> None:
        self.websocket = websocket

    async def __aiter__(self) -> AsyncIterator[WSMessage]:
        async for message in self.websocket:
            if message.type == WSMsgType.TEXT and sound(message.data):
                yield message

    async def send_json(self, value: Any) -> None:
        """An answer."""
        await self.websocket.send_json(value)


def sound(text: str) -> bool:
    """Whether a message is one that textual-serve knows, with what it needs."""
    try:
        kind, *more = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return False
    first = more[0] if more else None
    if kind == "stdin":
        return isinstance(first, str)
    if kind == "resize":
        sizes = (first.get("width"), first.get("height")) if isinstance(first, dict) else ("", "")
        return all(type(size) is int and abs(size) < 2**31 for size in sizes)
    return kind in ("blur", "focus") or (kind == "ping" and bool(more))


class LabServer(Server):
    """textual-serve's server behind a guard; `address` is where its page is."""

    def __init__(self, command: str, port: int, token: str = "") -> None:
        super().__init__(command, host=LOOPBACK, port=port, title="zhtui")
        self.token = token or secrets.token_urlsafe(32)
        self.own_host = f"{LOOPBACK}:{port}"
        self.public_url = f"http://{self.own_host}"
        self.address = f"{self.public_url}/{self.token}/"
        self.labs = 0
        self._asked: set[int] = set()  # connections that have made a request
        self._since: dict[int, float] = {}  # those that have not, and since when

    async def guarded(self) -> web.Application:
        """The application to serve: textual-serve's own below the token, and a guard before all."""
        outer = web.Application(middlewares=[self._guard])
        outer.on_response_prepare.append(self._seal)
        outer.add_subapp(f"/{self.token}/", await self._make_app())
        return outer

    async def on_startup(self, app: web.Application) -> None:
        """Says nothing; `serve` has said it."""

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        if self.labs >= MOST_LABS:
            raise web.HTTPServiceUnavailable(text=f"{MOST_LABS} labs are open; close one")
        self.labs += 1
        try:
            return await super().handle_websocket(request)
        finally:
            self.labs -= 1

    async def _process_messages(self, websocket: Any, app_service: AppService) -> None:
        await super()._process_messages(Heard(websocket), app_service)  # type: ignore[arg-type]

    def sweep(self, connections: Sequence[Any], now: float) -> None:
        """Sends away who has waited too long with a request, and the oldest where there are too
        many.
        """
        known = {id(each): each for each in connections}
        self._asked &= known.keys()
        waiting = [number for number in known if number not in self._asked]
        self._since = {number: self._since.get(number, now) for number in waiting}
        oldest = sorted(waiting, key=lambda number: self._since[number])
        for place, number in enumerate(oldest):
            late = now - self._since[number] > PATIENCE
            if late or place < len(oldest) - MOST_WAITING:
                known[number].force_close()

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self._asked.add(id(request.protocol))
        hosts, origins = request.headers.getall("Host", []), request.headers.getall("Origin", [])
        if hosts != [self.own_host]:
            raise web.HTTPForbidden(
                text=f"open the lab at its own address, http://{self.own_host}/…"
            )
        upgrades = "upgrade" in request.headers
        if origins != [self.public_url] and (origins or upgrades):
            raise web.HTTPForbidden(text="only the lab's own page may ask this")
        return await handler(request)

    async def _seal(self, request: web.Request, response: web.StreamResponse) -> None:
        own = "'self' 'unsafe-inline'"
        response.headers.update(
            {
                "Content-Security-Policy": f"default-src 'self'; script-src {own}; "
                f"style-src {own}; img-src 'self' data:; connect-src 'self' ws://{self.own_host}; "
                "frame-ancestors 'none'; form-action 'none'; base-uri 'none'",
                "Referrer-Policy": "no-referrer",
                "Cache-Control": "no-store",
                "X-Content-Type-Options": "nosniff",
                "Cross-Origin-Resource-Policy": "same-origin",
                "Cross-Origin-Opener-Policy": "same-origin",
            }
        )


def serve(store: Path, port: int = 0, *options: str) -> None:
    """Serves the lab until it is interrupted, one for each page; port 0 is any that is free.

    Raises `LabError` where the port is taken.
    """
    try:
        listener = socket.create_server((LOOPBACK, port))
    except (OSError, OverflowError) as error:
        raise LabError(f"port {port} cannot be used ({error}); choose another --port") from error
    port = listener.getsockname()[1]
    command = [sys.executable, "-P", "-m", "zhtui", "--store", str(store), *options]
    server = LabServer(f"exec {shlex.join(command)}", port)
    say(f"The lab is at  {server.address}")
    say(f"From elsewhere ssh -N -L {port}:{LOOPBACK}:{port} {socket.gethostname()}")
    say("Anyone who has the address can use the lab. ctrl+c ends it; runs go on.")
    with suppress(GracefulExit, KeyboardInterrupt):
        asyncio.run(hold(server, listener))


async def hold(server: LabServer, listener: socket.socket) -> None:
    """Serves on a listening socket until it is interrupted."""
    runner = web.AppRunner(
        await server.guarded(),
        handle_signals=True,
        access_log=None,
        shutdown_timeout=SHUTDOWN,
        keepalive_timeout=PATIENCE,
    )
    await runner.setup()
    await web.SockSite(runner, listener).start()
    try:
        while runner.server is not None:
            await asyncio.sleep(LOOK)
            server.sweep(runner.server.connections, time.monotonic())
    finally:
        await runner.cleanup()
