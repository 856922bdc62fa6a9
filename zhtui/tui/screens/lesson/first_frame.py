"""What a lesson shows before any run: the first frame of its first scene, which the explorer makes.

Nothing of the lesson runs in the app. Where no frame comes (a scene that needs a run, or a fault)
nothing is shown, and the notes keep the place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from zhtui.ask.client import Reply
from zhtui.draw.inks import FAINT, PLAIN
from zhtui.lesson.catalog import Entry
from zhtui.lesson.views import plain
from zhtui.tui.asking.answers import Answered, Listener
from zhtui.tui.asking.asked_run import subjects
from zhtui.tui.session import Session
from zhtui.tui.widgets.story import Story
from zhtui.tui.widgets.tiles import Tiles

if TYPE_CHECKING:
    from zhtui.ask.shown import Shown


class FirstFrame(Vertical):
    """Asks for the frame when it is mounted; `shown` is there once it came."""

    DEFAULT_CSS = "FirstFrame { height: 1fr; } FirstFrame Story { height: 3; }"

    class Came(Message):
        """The frame is there."""

        def __init__(self, title: str) -> None:
            super().__init__()
            self.title = title

    def __init__(self, session: Session, entry: Entry) -> None:
        super().__init__()
        self.session, self.entry = session, entry
        self.listener = Listener(self, session.link, self._look)
        self.tiles, self.story = Tiles(), Story()
        self.reply: Reply | None = None
        self.shown: Shown | None = None

    def compose(self) -> ComposeResult:
        yield self.tiles
        yield self.story

    def on_mount(self) -> None:
        run = next(iter(subjects(self.session, self.entry)), None)
        asked: dict[str, Any] = {"lesson": self.entry.name, "scene": self.entry.scenes()[0]}
        asked |= {"frame": 1}
        self.reply = self.session.explorer.ask("explore", run, self.listener.tell, **asked)

    def on_unmount(self) -> None:
        if self.reply is not None and not self.reply.done:
            self.session.explorer.cancel(self.reply)

    def on_answered(self, message: Answered) -> None:
        self.listener.soon()

    def on_resize(self) -> None:
        self.call_after_refresh(self.tiles.place)

    @property
    def origin(self) -> tuple[str, str]:
        """Where the scene is written."""
        scene = self.entry.scenes()[0]
        return "reference", f"explore/{scene}.py#explore" if scene else "explore.py#explore"

    def _look(self) -> None:
        shown = None if self.reply is None else self.reply.shown
        if shown is None or self.shown is not None or not self.is_attached:
            return
        self.shown = shown
        self.tiles.show(shown, None)
        told = [(shown.say, PLAIN)] if plain(shown.say) else []
        self.story.show([*told, (f"look for: {plain(shown.look)}", FAINT)] if shown.look else told)
        scene = self.entry.scenes()[0]
        self.post_message(self.Came(" · ".join(filter(None, ("explore", scene, shown.title)))))
