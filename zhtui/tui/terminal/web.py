"""Textual's driver for a browser, counting what it sends; `zhtui --web` starts the lab with it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from textual.drivers import web_driver as textual_web
from textual.drivers.web_driver import WebDriver
from textual.messages import ExitApp

from zhtui.tui.terminal.output import Link
from zhtui.tui.terminal.sequences import Typed
from zhtui.tui.terminal.size import USUAL, bounded


def web_driver(link: Link) -> type[WebDriver]:
    """What was written is out: the pipe to the server holds up whoever writes too much."""
    vars(textual_web)["XTermParser"] = Typed  # what is typed there is read alike

    class CountingWebDriver(WebDriver):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self._size = bounded(*(self._size or USUAL))

        def on_meta(self, packet_type: str, payload: dict[str, Any]) -> None:
            """What the page says of itself; a size only if it is one, within bounds."""
            if packet_type == "resize":
                columns, rows = payload.get("width"), payload.get("height")
                if not (isinstance(columns, int) and isinstance(rows, int)):
                    return
                payload["width"], payload["height"] = bounded(columns, rows)
            super().on_meta(packet_type, payload)

        def write(self, data: str) -> None:
            size = len(data.encode(errors="replace"))
            link.queue(size)
            with suppress(OSError):  # the server is gone: nobody reads on
                super().write(data)
            link.flushed(size)

        def write_meta(self, data: dict[str, object]) -> None:
            with suppress(OSError):
                super().write_meta(data)

        def run_input_thread(self) -> None:
            """Leaves the lab when the server's end is closed, however that came about."""
            super().run_input_thread()
            if not self.exit_event.is_set():
                self._app.post_message(ExitApp())

    return CountingWebDriver
