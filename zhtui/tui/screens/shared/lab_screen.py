"""What all screens are: a line on top, a stage, the keys below, and the class of their room.

A screen says what stands on its stage, which classes a room gives it, and what its first frame does
not wait for. Widgets are styled as seldom as can be: each time takes up to a millisecond a widget.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.events import DescendantBlur, DescendantFocus, Resize
from textual.widget import Widget
from textual.widgets import Static

from zhtui.tui.keys.table import TYPED, Place
from zhtui.tui.screens.shared.layout import KINDS, SMALL, layout
from zhtui.tui.terminal.beneath import Beneath
from zhtui.tui.terminal.garbage import Tidy
from zhtui.tui.widgets.lines import KeyLine, Line, Rule

TOO_SMALL = "This terminal is too small: 50 x 12 cells at least."


class LabScreen(Beneath):
    """The base of every screen, a lesson's own too.

    A subclass gives `BINDINGS` and, in `explained`, its help: a text, then (title, place) of its
    keys, the first of which stand in the line of keys. It implements `stage`, and where they are
    wanted `room`, `lay_out` and `complete`. Where `NEEDS_ROOM`, a terminal below 50 x 12 shows a
    sentence instead of the stage.
    """

    explained: tuple[str, Sequence[tuple[str, Place]]] = ("", ())
    NEEDS_ROOM: ClassVar[bool] = False

    def __init__(self) -> None:
        super().__init__(classes="-whole" if self.NEEDS_ROOM else None)
        self.top, self.rule = Line(id="top"), Rule(id="rule")
        self.keys = KeyLine(*self.key_places(), id="keys")

    def compose(self) -> ComposeResult:
        self.fit()  # before there are widgets to be styled
        yield self.top
        yield self.rule
        yield from self.stage()
        if self.NEEDS_ROOM:
            yield Static(TOO_SMALL, id="small")
        yield self.keys

    def stage(self) -> Iterable[Widget]:
        """What stands between the line on top and the keys."""
        return ()

    # Room

    def room(self) -> Mapping[str, bool]:
        """The classes that the terminal's size gives and takes: one of small, one, two, all."""
        kind = layout(*self.app.size)
        return {f"-{each}": each == kind for each in KINDS}

    @property
    def small(self) -> bool:
        """Whether there is no room for more than a sentence."""
        return layout(*self.app.size) == SMALL

    def fit(self) -> None:
        """Takes the classes of the room there is, at once: each change styles every widget."""
        marks = self.room()
        classes = (self.classes - marks.keys()) | {name for name, on in marks.items() if on}
        if classes != self.classes:
            self.set_classes(classes)

    def on_resize(self, event: Resize) -> None:
        self.fit()
        self.lay_out()

    def lay_out(self) -> None:
        """Shows what there is room for; called when the room is another."""

    # After the first frame

    def on_mount(self) -> Awaitable[None] | None:
        self.call_after_refresh(self._complete)
        return None

    async def _complete(self) -> None:
        if self.wanted:
            await self.complete()

    async def complete(self) -> None:
        """What the first frame does not wait for. After each `await` the screen may have been left:
        `wanted` tells, and so does what `add` returns.
        """

    @property
    def wanted(self) -> bool:
        """Whether the screen is still there to be drawn on."""
        return self.is_attached and self.is_running

    async def add(self, box: Widget, *widgets: Widget) -> bool:
        """Puts widgets into a box; whether they are there, and the screen with them."""
        if self.wanted and box.is_attached:
            await box.mount_all(widgets)
        return self.wanted and all(widget.is_attached for widget in widgets)

    def stays(self) -> None:
        """What this screen has made by now it keeps until it is left: nobody need look meanwhile
        whether it is garbage, which would hold up a key for 80 ms where it is much.
        """
        tidy = getattr(self.app, "tidy", None)
        if isinstance(tidy, Tidy):
            tidy.stays()

    # Keys

    def key_places(self) -> Sequence[Place]:
        """The places whose keys stand in the line of keys."""
        return (*(place for _, place in self.explained[1][:1]), "anywhere")

    def show_keys(self) -> None:
        """The keys that work now: of the line that one types in, else of the screen."""
        focused = self.focused
        typing = focused is not None and focused.check_consume_key("x", "x")
        self.keys.places(*((TYPED,) if typing else self.key_places()))

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        self.show_keys()

    def on_descendant_blur(self, event: DescendantBlur) -> None:
        self.show_keys()
