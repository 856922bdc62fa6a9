"""A pane: a titled box that takes part in a screen's arrangement."""

from __future__ import annotations

from textual.containers import Vertical
from textual.widget import Widget

from zhtui.lesson.source import LOOP


class Pane(Vertical):
    """A box with a number and a title, at first `short`; `target` is what takes the keys."""

    def __init__(
        self, number: int, title: str, id: str, *content: Widget, classes: str = ""
    ) -> None:
        super().__init__(*content, id=id, classes=f"pane {classes}".strip())
        self.number, self.short, self.name_ = number, title, ""
        self.name_it(title)

    def name_it(self, title: str) -> None:
        """Another title: the border is drawn again, so only where it is another."""
        if title != self.name_:
            self.name_ = title
            self.border_title = f"{self.number} {title}"

    def on_descendant_focus(self) -> None:
        self._light(True)

    def on_descendant_blur(self) -> None:
        self._light(False)

    def _light(self, lit: bool) -> None:
        self.mark("-lit", lit)

    def mark(self, name: str, on: bool) -> None:
        """Gives the box alone a class: what lies in it looks as before, and would take 40 ms to
        style.
        """
        if self.has_class(name) != on:
            self.set_class(on, name, update=False)
            self.app.stylesheet.update_nodes([self])

    @property
    def target(self) -> Widget | None:
        """The first widget inside that takes the focus."""
        return next((child for child in self.query("*") if child.focusable), None)

    @property
    def origin(self) -> tuple[str, str]:
        """What the cursor is at, for the source: its kind and its name."""
        return "reference", LOOP
