"""`zhtui --web`: the lab in a browser at the other end of an SSH tunnel, through textual-serve.

Every user of a machine reaches its loopback, and so does every page that is open in the browser. So

- the server listens on 127.0.0.1 and nowhere else;
- every path begins with 256 random bits, which only this terminal is told and which end with the
  server. They are no cookie, because a browser shows a cookie to every other port of the host;
- the Host must be the very one that was printed, so that no page reaches us by a name of its own;
- a websocket, which starts a lab, is opened for our own page alone, by its Origin;
- a page loads nothing from elsewhere, is kept in no cache, and tells nobody where it was.
"""

from __future__ import annotations

import secrets
import shlex
import socket
import sys
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler
from textual_serve.server import Server

from zhtui.errors import LabError

LOOPBACK = "127.0.0.1"
SHUTDOWN = 1.0  # seconds for pages that are open to say goodbye


class LabServer(Server):
    """textual-serve's server behind a guard; `address` is where its page is."""

    def __init__(self, command: str, port: int, token: str = "") -> None:
        super().__init__(command, host=LOOPBACK, port=port, title="zhtui")
        self.token = token or secrets.token_urlsafe(32)
        self.own_host = f"{LOOPBACK}:{port}"
        self.public_url = f"http://{self.own_host}"
        self.address = f"{self.public_url}/{self.token}/"

    async def guarded(self) -> web.Application:
        """The application to serve: textual-serve's own below the token, and a guard before all."""
        outer = web.Application(middlewares=[self._guard])
        outer.on_response_prepare.append(self._seal)
        outer.add_subapp(f"/{self.token}/", await self._make_app())
        return outer

    async def on_startup(self, app: web.Application) -> None:
        """Says nothing; `serve` has said it."""

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
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
    server = LabServer(shlex.join(command), port)
    print(f"The lab is at  {server.address}")
    print(f"From elsewhere ssh -N -L {port}:{LOOPBACK}:{port} {socket.gethostname()}")
    print("Anyone who has the address can use the lab. ctrl+c ends it; runs go on.", flush=True)
    web.run_app(
        server.guarded(), sock=listener, print=None, access_log=None, shutdown_timeout=SHUTDOWN
    )
