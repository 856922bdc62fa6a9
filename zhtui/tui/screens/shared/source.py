"""The code of a lesson as it stands on disk, at the line that something comes from."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Iterable, Sequence
from pathlib import Path

from textual.widget import Widget

from zhtui.draw import code
from zhtui.draw.grid import Page
from zhtui.draw.inks import CHOSEN, FAINT, TITLE
from zhtui.lesson import source
from zhtui.lesson.catalog import Entry
from zhtui.tui.keys import table as keys
from zhtui.tui.screens.shared.lab_screen import LabScreen
from zhtui.tui.widgets.lines import Part
from zhtui.tui.widgets.window import Window

HELP = """
The lesson's own code, as it runs. The line with the mark is where the thing at the cursor comes
from: the function that makes a view, the line that puts a metric into a row, a knob where it is
declared, or what the notes refer to.
"""
ABOVE = 4  # lines in sight over the one that is lit


class CodeView(Window):
    """One file."""

    DEFAULT_CSS = "CodeView { overflow: auto scroll; }"

    def __init__(self) -> None:
        super().__init__(id="code")
        self.rows: Sequence[Sequence[code.Word]] = ()
        self.lit = self.broad = 0

    def show(self, rows: Sequence[Sequence[code.Word]], lit: int) -> None:
        """Another file, scrolled to its lit line, or to its top."""
        self.rows, self.lit, self.broad = rows, lit, code.breadth(rows)
        self.redraw()
        top = max(lit - 1 - ABOVE, 0)
        self.call_after_refresh(self.scroll_to, 0, top, animate=False)

    def count(self) -> int:
        return len(self.rows)

    def breadth(self) -> int:
        return self.broad

    def looks(self, index: int) -> Hashable:
        return code.margin(self.rows), tuple(self.rows[index]), index + 1 == self.lit

    def row(self, index: int, width: int) -> Page:
        return code.line(self.rows, index, index + 1 == self.lit, width)


class SourceScreen(LabScreen):
    """A lesson's files, one at a time; the first is the one where `kind` and `name` come from."""

    BINDINGS = keys.bindings("source")
    explained = (HELP, [("Keys", "source")])

    def __init__(self, entry: Entry, kind: str = "reference", name: str = source.LOOP) -> None:
        super().__init__()
        self.entry, self.kind, self.name_ = entry, kind, name
        self.files: list[Path] = []
        self.at = 0
        self.place: source.Place | None = None
        self.text = ""

    def stage(self) -> Iterable[Widget]:
        yield CodeView()

    def on_mount(self) -> None:
        self.query_one(CodeView).focus()
        self.run_worker(self._find(), exit_on_error=False)

    async def _find(self) -> None:
        folder = self.entry.folder
        self.place = await asyncio.to_thread(source.find, folder, self.kind, self.name_)
        self.files = source.files(folder)
        if self.place is not None and self.place.path not in self.files:
            self.files.append(self.place.path)
        self.at = self.files.index(self.place.path) if self.place is not None else 0
        await self._show()

    async def _show(self) -> None:
        if not self.files:
            return
        path = self.files[self.at]

        def read() -> tuple[str, list[list[code.Word]]]:
            text = path.read_text(encoding="utf-8", errors="replace")
            return text, code.lex(text)

        try:
            self.text, rows = await asyncio.to_thread(read)
        except OSError as error:
            self.text, rows = "", [[(f"{path.name} cannot be read ({error.strerror})", FAINT)]]
        here = self.place is not None and self.place.path == path
        lit = self.place.line if self.place is not None and here else 0
        self.query_one(CodeView).show(rows, lit)
        self.top.show(self._top(path, lit))

    def _top(self, path: Path, lit: int) -> list[Part]:
        """The lesson, what is shown, and the names of the files."""
        lesson = Part(((self.entry.card.title, TITLE),), 99)
        what = f"{self.kind} {self.name_}" if self.kind != "reference" else ""
        about = [Part(((what, CHOSEN), (f" · line {lit}", FAINT)), 97)] if what and lit else []
        names = [Part(((self._shown(other), FAINT),), 50 - i) for i, other in enumerate(self.files)]
        names[self.at] = Part(((self._shown(path), CHOSEN),), 98)
        return [lesson, *about, *names]

    def _shown(self, path: Path) -> str:
        there = path.parent == self.entry.folder
        return path.name if there else f"{path.parent.name}/{path.name}"

    def action_file(self, by: int) -> None:
        """Another file."""
        if self.files:
            self.at = (self.at + by) % len(self.files)
            self.run_worker(self._show(), exit_on_error=False)

    def action_scroll(self, lines: int) -> None:
        """Scrolls by lines."""
        self.query_one(CodeView).scroll_relative(y=lines, animate=False)

    def action_side(self, columns: int) -> None:
        """Scrolls sideways."""
        self.query_one(CodeView).scroll_relative(x=columns, animate=False)

    def action_copy(self) -> None:
        """Copies the file through the terminal (OSC 52)."""
        self.app.copy_to_clipboard(self.text)
        self.notify("copied")

    def action_back(self) -> None:
        """Back to where the cursor was."""
        self.dismiss(None)
