"""Textual's driver for a browser, counting what it sends; `zhtui --web` starts the lab with it."""

from __future__ import annotations

from contextlib import suppress

from textual.drivers.web_driver import WebDriver
from textual.messages import ExitApp

from zhtui.tui.terminal.output import Link


def web_driver(link: Link) -> type[WebDriver]:
    """What was written is out: the pipe to the server holds up whoever writes too much."""

    class CountingWebDriver(WebDriver):
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
