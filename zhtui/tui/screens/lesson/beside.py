"""A second view beside the first one, where there is room for two."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical

from zhtui.draw.inks import FAINT
from zhtui.lesson.views import View
from zhtui.tui.widgets.lines import Line, words
from zhtui.tui.widgets.views import ViewWidget, widget_for


class BesideView(Vertical):
    """A view under its name."""

    DEFAULT_CSS = "BesideView { width: 1fr; border-left: solid $border; padding: 0 0 0 1; }"

    def __init__(self) -> None:
        super().__init__()
        self.head = Line()
        self.shown: ViewWidget | None = None

    def compose(self) -> ComposeResult:
        yield self.head

    async def show(self, step: int, name: str, view: View) -> None:
        """Another view, or another picture of it."""
        self.head.show([words(f"{name} · step {step:,}", FAINT)])
        if self.shown is not None and type(self.shown.view) is type(view):
            self.shown.show(view)
            return
        if self.shown is not None:
            await self.shown.remove()
        self.shown = widget_for(view, eager=True)
        await self.mount(self.shown)
