"""What is asked of a lesson's scenes, and what the engine has answered. No widget, no key."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from zhtui.ask.client import Engine, Reply
from zhtui.errors import ConfigError
from zhtui.lesson import knobs
from zhtui.lesson.catalog import Entry
from zhtui.lesson.explore import Spot
from zhtui.lesson.knobs import Row
from zhtui.lesson.views import Words
from zhtui.runs.folder import RunFolder

if TYPE_CHECKING:
    from zhtui.ask.shown import Shown

PATIENCE = 2.0  # seconds after which a frame that does not come is told of
MISTAKE = "mistake"  # the knob that switches one on
TEXT = "text"  # the knob that takes what was written elsewhere


class Inquiry:
    """One frame is asked for at a time: the next question cancels the one before.

    `values` are the knobs that differ from the scene's own, `shown` is the frame that came last.
    """

    def __init__(
        self,
        engine: Engine,
        entry: Entry,
        heard: Callable[[], None],
        scene: str = "",
        text: str = "",
    ) -> None:
        """`text` is to be read by the first scene that has such a knob."""
        self.engine, self.entry, self.heard = engine, entry, heard
        self.folder: RunFolder | None = None
        self.step: int | None = None
        self.scene, self.text = scene or entry.scenes()[0], text
        self.values: dict[str, Any] = {}
        self.given: dict[str, str] = {}  # knobs that were brought along, as they are typed
        self.rows: tuple[Row, ...] = ()
        self.about = ""
        self.takes_run = True  # as long as the scene has not said that it looks at none
        self.poke: tuple[Spot, Any] | None = None
        self.shown: Shown | None = None
        self.words: Words = ""
        self.error = ""
        self.reply: Reply | None = None  # of the frame that was asked for last
        self.asked_at = 0.0
        self._form: Reply | None = None
        self._words: Reply | None = None

    # Asking

    def enter(self, scene: str) -> None:
        """Turns to a scene, or to another that reads the text that was brought along. Its form is
        asked for here, its frames by `ask`.
        """
        self.scene, self.values, self.poke, self.rows = scene, {}, None, ()
        self.shown, self.words, self.error, self.about = None, "", "", ""
        self.takes_run = True
        fields: dict[str, Any] = {"lesson": self.entry.name, "scene": scene}
        fields |= {"having": TEXT} if self.text else {}
        self._form = self.engine.ask("form", None, self.heard, **fields)

    def ask(self, frame: int, seek: str = "") -> None:
        """Asks for a frame, counted from 1, or for what `seek` says comes after it."""
        self.cancel()
        self.error, self.asked_at = "", time.monotonic()
        self.reply = self._send("explore", frame=frame, seek=seek)

    def point(self, spot: Spot | None) -> None:
        """Asks what stands on a cell of the frame in sight."""
        if self._words is not None and not self._words.done:
            self.engine.cancel(self._words)
        self.words, self._words = "", None
        if spot is not None and self.shown is not None:
            self._words = self._send("point", frame=self.shown.frame, spot=vars(spot))

    def _send(self, do: str, **fields: Any) -> Reply:
        poke = None if self.poke is None else {**vars(self.poke[0]), "value": self.poke[1]}
        known: dict[str, Any] = {"lesson": self.entry.name, "scene": self.scene, "poke": poke}
        owned = {row.name for row in self.owned}
        known |= {"ask": {name: value for name, value in self.values.items() if name not in owned}}
        return self.engine.ask(do, self.folder, self.heard, step=self.step, **known, **fields)

    def cancel(self) -> None:
        """Waits no longer for the frame that was asked for."""
        if self.reply is not None and not self.reply.done:
            self.engine.cancel(self.reply)
        self.reply = None

    def end(self) -> None:
        """Ends the engine amid a frame that does not come; the next question starts another."""
        self.reply = None
        self.engine.close()

    # Hearing

    @property
    def busy(self) -> bool:
        """Whether the frame that was asked for is still to come."""
        return self.reply is not None and self.reply.shown is None and not self.reply.done

    @property
    def late(self) -> bool:
        """Whether it should have come."""
        return self.busy and time.monotonic() - self.asked_at > PATIENCE

    def look(self) -> bool:
        """Takes what was answered; whether there is another frame, or more is known of it."""
        self._look_at_words()
        reply, before = self.reply, self.shown
        if reply is not None:
            self.error = reply.error
            self.shown = reply.shown or before
        return self.shown is not before

    def _look_at_words(self) -> None:
        if self._form is not None and self._form.done:
            self.rows, self.about = self._form.knobs, str(self._form.form.get("say", ""))
            self.scene = str(self._form.form.get("scene", self.scene))
            self.takes_run = bool(self._form.form.get("takes_run", True))
            self.error, self._form = self._form.error, None
        if self._words is not None and self._words.done:
            self.words, self._words = self._words.words or self._words.error, None

    @property
    def at(self) -> int | None:
        """The step of the run that answers."""
        return None if self.reply is None else self.reply.step

    @property
    def kept(self) -> Sequence[int]:
        """The checkpoints of that run."""
        return () if self.reply is None else self.reply.steps

    # Knobs

    @property
    def spare(self) -> tuple[Row, ...]:
        """The knobs that count without a run only: where there are any, the scene needs none."""
        return tuple(row for row in self.rows if row.knob.without_run)

    @property
    def owned(self) -> tuple[Row, ...]:
        """Those of them that the run in sight has itself; none where no run is looked at."""
        return () if self.folder is None else self.spare

    @property
    def offered(self) -> tuple[Row, ...]:
        """The knobs that count now."""
        return tuple(row for row in self.rows if self.folder is None or not row.knob.without_run)

    def row(self, name: str) -> Row | None:
        """A knob by its name."""
        return next((row for row in self.rows if row.name == name), None)

    def value(self, row: Row) -> Any:
        """What a knob is set to."""
        return self.values.get(row.name, row.default)

    def set(self, name: str, value: Any) -> None:
        """Sets a knob; the poke, which was of other numbers, goes. Raises `ConfigError`."""
        row = self.row(name)
        if row is None:
            raise ConfigError(f"there is no knob {name} here; {self.scene} has others")
        knobs.check(row, value)
        self.values[name] = float(value) if row.kind is float else value
        self.poke = None

    def wishes(self) -> bool:
        """Sets what was brought along, once: a text, knobs as they are typed; whether there was
        any.
        """
        given = dict(self.given)
        row = self.row(TEXT)
        if self.text and row is not None and row.kind is str:
            given.setdefault(TEXT, self.text)
        brought = bool(self.text or self.given)
        self.text, self.given = "", {}
        for name, value in given.items():
            known = self.row(name)
            if known is not None:
                self.values[name] = knobs.read(known, value)
        return brought

    @property
    def mistakes(self) -> tuple[str, ...]:
        """What the scene's mistake knob takes, "none" first; empty where it has none."""
        row = self.row(MISTAKE)
        return () if row is None else tuple(map(str, row.knob.choices))
