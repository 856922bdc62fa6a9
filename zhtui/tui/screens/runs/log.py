"""The end of a worker's output, read by the watcher and shown as it grows."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Hashable

from textual.message_pump import MessagePump

from zhtui.draw.grid import Page
from zhtui.draw.inks import FAINT, PLAIN, WRONG
from zhtui.runs.files import open_plain
from zhtui.runs.folder import OUTPUT, RunFolder
from zhtui.tui.widgets.window import Window

KEPT, WIDEST = 1000, 400  # lines, and cells of one that are shown
LATEST = 64 << 10  # bytes of what was there before
EVERY = 0.5  # seconds
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07")
ALARM = re.compile(r"\b\w*(Error|Exception|Warning)\b")


class LogTail:
    """Reads the end of `output.log`; called by the watcher's thread, taken by the screen."""

    def __init__(self, folder: RunFolder, target: MessagePump) -> None:
        self.folder, self.target = folder, target
        self.behind = False
        self.lines: deque[str] = deque(maxlen=KEPT)
        self._offset, self._rest = -1, ""
        self._next = 0.0

    def look(self, now: float) -> bool:
        """Reads what is new; whether there was anything."""
        if now < self._next:
            return False
        self._next = now + EVERY
        file = open_plain(self.folder.path / OUTPUT)
        if file is None:
            return False
        with file:
            size = file.seek(0, 2)
            if self._offset < 0 or size < self._offset:
                self._offset = max(size - LATEST, 0)
                self.lines.clear()
            file.seek(self._offset)
            text = file.read(LATEST).decode("utf-8", errors="replace")
            self._offset = file.tell()
            self.behind = self._offset < size
        if text:
            *lines, self._rest = (self._rest + text).split("\n")
            self.lines.extend(plain(line) for line in lines)
        return bool(text)

    def take(self) -> list[str]:
        """The lines so far, the one that is being written too."""
        return [*self.lines, *([plain(self._rest)] if self._rest else [])]


def plain(line: str) -> str:
    """A line without colours; of one that was written over, what was written last."""
    return CONTROL.sub("", line).rstrip("\r").rpartition("\r")[2]


class LogView(Window):
    """The lines; it follows their end unless it was scrolled up."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.lines: list[str] = []
        self.broad = 0

    def show(self, lines: list[str]) -> None:
        """Other lines."""
        if lines != self.lines:
            at_end = self.scroll_offset.y >= self.max_scroll_y
            self.lines, self.broad = lines, max(map(len, lines), default=0)
            self.redraw()
            if at_end:
                self.call_after_refresh(self.scroll_end, animate=False)

    def count(self) -> int:
        return max(len(self.lines), 1)

    def breadth(self) -> int:
        return min(self.broad, WIDEST)

    def looks(self, index: int) -> Hashable:
        return self.lines[index] if self.lines else None

    def row(self, index: int, width: int) -> Page:
        cells = Page(width, 1)
        if not self.lines:
            cells.put(1, 0, "the worker has written nothing", FAINT)
            return cells
        line = self.lines[index]
        cells.put(0, 0, line, WRONG if ALARM.search(line) else PLAIN)
        return cells
