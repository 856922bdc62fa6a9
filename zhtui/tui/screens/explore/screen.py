"""The explore screen: a lesson's scenes, frame by frame, to point at, poke, break and predict."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from textual.containers import Horizontal
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input

from zhtui.errors import LabError
from zhtui.lesson.catalog import Entry
from zhtui.lesson.explore import Spot
from zhtui.runs import learner
from zhtui.runs.folder import RunFolder
from zhtui.tui.asking.answers import Answered, Ear
from zhtui.tui.keys import table as keys
from zhtui.tui.keys.keyboard import keyboard_of
from zhtui.tui.messages import RunGrew
from zhtui.tui.screens.explore import poking, words
from zhtui.tui.screens.explore.guesses import Verdict, judged, question
from zhtui.tui.screens.explore.inquiry import MISTAKE, PATIENCE, Inquiry
from zhtui.tui.screens.explore.knobs import KnobRows
from zhtui.tui.screens.explore.mistakes import MistakeGame
from zhtui.tui.screens.explore.tiles import Tiles
from zhtui.tui.screens.explore.watched import Watched
from zhtui.tui.screens.explore.words import Story
from zhtui.tui.screens.shared.lab_screen import LabScreen
from zhtui.tui.screens.shared.layout import ONE, layout
from zhtui.tui.session import Session
from zhtui.tui.widgets.ask import AskLine
from zhtui.tui.widgets.lines import Line
from zhtui.tui.widgets.player import Played, Player
from zhtui.tui.widgets.rows import Rows
from zhtui.tui.widgets.views import ViewWidget

GAP = 0.02  # seconds between two looks at what was answered


class ExploreScreen(Played, LabScreen):
    """One lesson's scenes, of a run where they look at one."""

    BINDINGS = keys.bindings("explore", "player")
    CSS_PATH = "screen.tcss"
    AUTO_FOCUS = ""  # the picture has the keys, as soon as there is one
    explained: ClassVar = (
        words.HELP,
        (("Here", "explore"), ("Frames", "player"), ("In a picture", "picture")),
    )

    def __init__(
        self,
        session: Session,
        entry: Entry,
        run: RunFolder | None = None,
        step: int | None = None,
        scene: str = "",
    ) -> None:
        super().__init__()
        self.session, self.entry = session, entry
        self.ear = Ear(self, session.link, self._look, GAP)
        self.inquiry = Inquiry(session.explorer, entry, self.ear.heard, scene)
        self.watched = Watched(session, entry, self, run, step)
        self.player = Player(self, lambda at: self.ask(at + 1), ready=lambda: not self.inquiry.busy)
        self.tiles, self.knobs, self.story = Tiles(), KnobRows(self.inquiry), Story()
        self.names, self.scenes = Line(id="names"), Line(id="scenes")
        self.game = MistakeGame(self, random.Random())
        self.line, self.typed = AskLine("", ""), None
        self.hidden: Spot | None = None  # the cell that is asked for
        self.seeks = False  # a number to predict is looked for
        self.verdict: tuple[tuple[str, str], ...] = ()
        self.knobs_wanted = False
        self.solved: set[str] = set()
        self._patience: Timer | None = None

    typed: Callable[[str], None] | None

    def stage(self) -> Iterable[Widget]:
        yield self.scenes
        yield self.names
        yield Horizontal(self.tiles, self.knobs, id="body")
        yield self.line
        yield self.story

    def on_mount(self) -> None:
        super().on_mount()
        self.watched.follow()
        self._enter(self.inquiry.scene)

    def on_unmount(self) -> None:
        self.watched.leave()
        self.inquiry.cancel()

    def _enter(self, scene: str) -> None:
        self.game.over()
        self.inquiry.enter(scene)
        self.inquiry.folder, self.inquiry.step = self.watched.folder, self.watched.step
        self.tiles.chosen, self.tiles.pinned = "", False
        self.player.stop()
        self.player.stands(0, None)
        self.ask(1)

    # Asking and hearing

    def ask(self, frame: int = 0, seek: str = "") -> None:
        """Asks for a frame, the one in sight where none is named, or for what comes after it."""
        self.hidden, self.verdict, self.seeks = None, (), seek == "predict"
        self.inquiry.folder, self.inquiry.step = self.watched.folder, self.watched.step
        self.inquiry.ask(frame or self.player.at + 1, seek)
        if self._patience is not None:
            self._patience.stop()
        self._patience = self.set_timer(PATIENCE + 0.05, self.tell)
        self.tell()

    def on_answered(self, message: Answered) -> None:
        self.ear.due()

    def _look(self) -> None:
        if not self.wanted:
            return
        rows, shown = self.inquiry.rows, self.inquiry.shown
        if self.inquiry.look():
            self._take(shown is not None and shown.views is self.inquiry.shown.views)  # type: ignore[union-attr]
        if self.inquiry.rows is not rows:
            self.knobs.refill()
            self._fold()
        self.watched.hear(self.inquiry.reply)
        self.tell()

    def _take(self, same: bool) -> None:
        """Shows a frame that came; `same` where only its length has become known."""
        shown = self.inquiry.shown
        assert shown is not None, "a frame that came"
        self.player.stands(shown.frame - 1, None if shown.of is None else shown.of - 1)
        if same:
            return
        if self.seeks and shown.predict is not None:
            self.hidden, self.seeks = shown.predict, False
            self._type(question(shown), "", self._guess)
        self.tiles.show(shown, self.hidden)
        self.inquiry.point(self.tiles.cursor)
        if shown.solved and shown.solved not in self.solved:
            self.solved.add(shown.solved)
            self.note(learner.Did("solved", self.entry.name, shown.solved, self.inquiry.scene))

    def note(self, did: learner.Did) -> None:
        """Keeps what the learner did."""
        self.session.do(lambda: learner.did(self.session.root, did))

    def on_run_grew(self, message: RunGrew) -> None:
        """A newer checkpoint is looked at, unless an older one was chosen."""
        if self.watched.grew() and not self.inquiry.busy and self.hidden is None:
            self.ask()
        self.tell()

    # What is drawn

    def room(self) -> Mapping[str, bool]:
        kind = layout(*self.app.size)
        has_rows = kind != ONE and bool(self.inquiry.rows)
        return {
            **super().room(),
            "-knobs": has_rows or self.knobs_wanted,
            "-asks": bool(self.typed),
        }

    def lay_out(self) -> None:
        self.tiles.single = layout(*self.app.size) == ONE
        self.call_after_refresh(self._arranged)

    def _arranged(self) -> None:
        self.tiles.arrange()
        self.tell()

    def _fold(self) -> None:
        self.fit()
        self.lay_out()

    def tell(self) -> None:
        """All words of the screen."""
        if not self.wanted:
            return
        escape = keyboard_of(self.app).first("explore.back")
        number = f"{self.entry.card.number:g}"
        own = words.top(self.inquiry, number, self.player.place, self.game.on)
        self.top.show([*own, *self.watched.parts(self.inquiry.at)])
        asked = question(self.inquiry.shown) if self.hidden and self.inquiry.shown else ""
        told = words.story(self.inquiry, self.verdict or self.inquiry.words, asked)
        self.story.show([*words.state(self.inquiry, escape), *told])
        many = len(self.entry.scenes()) > 1
        self.scenes.display = many
        self.scenes.show(words.scenes(self.inquiry) if many else ())
        hides = any(not each.display for each in self.tiles.known.values())
        self.names.display = hides
        self.names.show(words.names(self.inquiry.shown, self.tiles.chosen) if hides else ())

    # The line that is typed in

    def _type(self, word: str, text: str, then: Callable[[str], None]) -> None:
        self.typed = then
        self.fit()
        self.line.ask(word, text)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Takes what was typed; what cannot be taken is refused with a sentence."""
        then = self.typed
        try:
            if then is not None:
                then(event.value)
        except LabError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        self._close_line()

    def _close_line(self) -> None:
        self.typed = None
        self.fit()
        self.set_focus(self.tiles.widget, scroll_visible=False)

    def action_ask_where(self) -> None:
        """Asks for the number of a frame."""
        self._type(
            "frame",
            str(self.player.at + 1),
            lambda text: self.player.to(int(learner.number(text)) - 1),
        )

    # Predict

    def action_predict(self) -> None:
        """Goes to the next number that can be predicted."""
        self.player.stop()
        self.ask(0, "predict")

    def _guess(self, text: str) -> None:
        assert self.inquiry.shown is not None, "a frame that asks"
        self.judge(judged(self.inquiry.shown, text, self.entry.name, self.inquiry.scene))
        self._reveal()

    def judge(self, verdict: Verdict) -> None:
        """Tells what came of a guess, and keeps it."""
        self.verdict = verdict.words
        self.note(verdict.did)
        self.tell()

    def _reveal(self) -> None:
        self.hidden = None
        if self.inquiry.shown is not None:
            self.tiles.show(self.inquiry.shown, None)
        self.tell()

    # The cursor, and the poke

    def on_view_widget_pointed(self, message: ViewWidget.Pointed) -> None:
        name = self.tiles.name_of(message.widget)
        if name and name != self.tiles.chosen:
            self.tiles.take(name)
        spot = Spot(name, message.row, message.column)
        self.inquiry.point(None if spot == self.hidden else spot)
        self.verdict = ()
        self.tell()

    def on_view_widget_left(self, message: ViewWidget.Left) -> None:
        self.inquiry.point(None)
        self.tell()

    def on_view_widget_chosen(self, message: ViewWidget.Chosen) -> None:
        """A cell that a knob points at sets the knob."""
        name = self.tiles.name_of(message.widget)
        for row, value in poking.pointed(self.inquiry.rows, name, message.row, message.column):
            self.turn(row.name, value)

    def action_poke(self, by: int) -> None:
        """Changes the cell at the cursor by a little."""
        spot, shown = self.tiles.cursor, self.inquiry.shown
        if self._can_poke() and spot is not None and shown is not None:
            self._poke(spot, poking.beside(shown.views[spot.view], spot, by))

    def _can_poke(self) -> bool:
        why = words.pokeable(self.inquiry.shown, self.tiles.cursor)
        if why:
            self.notify(why, markup=False)
        return not why

    def _poke(self, spot: Spot, value: Any) -> None:
        self.inquiry.poke = spot, value
        self.ask()

    def action_undo(self) -> None:
        """Takes the poke back."""
        if self.inquiry.poke is not None:
            self.inquiry.poke = None
            self.ask()

    # Knobs and mistakes

    def turn(self, name: str, value: Any) -> None:
        """Sets a knob, and looks at the same frame again."""
        try:
            self.inquiry.set(name, value)
        except LabError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        self.knobs.refill()
        self.ask()

    def on_knob_rows_turned(self, message: KnobRows.Turned) -> None:
        self.turn(message.knob, message.value)

    def on_rows_chosen(self, message: Rows.Chosen) -> None:
        self._edit_knob()

    def action_edit(self) -> None:
        """Types the cell at the cursor, else the knob."""
        spot, shown = self.tiles.cursor, self.inquiry.shown
        if self.focused is self.knobs or spot is None or shown is None:
            self._edit_knob()
        elif self._can_poke():
            value = poking.spelled(shown.views[spot.view], spot)
            self._type(
                f"{spot.view}[{spot.row}, {spot.column}] becomes",
                value,
                lambda text: self._poke(spot, poking.read(shown.views[spot.view], text)),
            )

    def _edit_knob(self) -> None:
        row = self.knobs.row
        if self.focused is not self.knobs or row is None:
            self.action_knobs()
        elif row.name == MISTAKE:
            self.game.ask()
        else:
            self.app.push_screen(
                poking.dialog(self.inquiry, row), lambda text: self._typed_knob(row.name, text)
            )

    def _typed_knob(self, name: str, text: str | None) -> None:
        row = self.inquiry.row(name)
        if text is not None and row is not None:
            self.turn(name, poking.value_of(row, text))

    def action_knobs(self) -> None:
        """To the knobs, or back to the picture."""
        to_rows = self.focused is not self.knobs
        self.knobs_wanted = to_rows
        self._fold()
        self.set_focus(self.knobs if to_rows else self.tiles.widget, scroll_visible=False)

    def action_mistake(self) -> None:
        """Switches a mistake on, draws one, or says which one it is."""
        self.game.ask()

    # Where one is

    def action_view(self, by: int) -> None:
        """The next picture has the keys."""
        self.tiles.turn(by)
        self.inquiry.point(self.tiles.cursor)
        self.tell()

    def action_zoom(self) -> None:
        """One picture alone, or all again."""
        self.tiles.alone = not self.tiles.alone
        self._arranged()

    def action_chapter(self, by: int) -> None:
        """The next chapter, or the beginning of the one before."""
        here = self.player.at + 1
        known = [at for _, at in self.inquiry.shown.chapters] if self.inquiry.shown else []
        before = [at for at in known if at < here]
        if by > 0:
            self.ask(0, "chapter")
        elif before:
            self.player.to(before[-1] - 1)

    def action_scene(self, number: int) -> None:
        """A scene by its number."""
        known = self.entry.scenes()
        if number <= len(known) and known[number - 1] != self.inquiry.scene:
            self._enter(known[number - 1])

    def action_step(self, by: int) -> None:
        """An older or a newer checkpoint of the run."""
        if self.watched.turn(by):
            self.ask()

    def action_newest(self) -> None:
        """The newest checkpoint, from now on."""
        self.watched.newest()
        self.ask()

    def action_fresh(self) -> None:
        """Asks a live run for a checkpoint, and looks at it."""
        self.watched.beg()
        self.tell()

    def action_other(self, by: int) -> None:
        """An older or a newer run."""
        if self.watched.other(by):
            self.ask()

    def action_source(self) -> None:
        """The code of the scene, of the knob at the cursor, or of the mistake that is on."""
        from zhtui.tui.screens.shared.source import SourceScreen  # deferred: seldom asked for

        self.app.push_screen(SourceScreen(self.entry, *self.game.origin()))

    def action_notes(self) -> None:
        """The lesson's text."""
        from zhtui.tui.screens.shared.notes import NotesScreen  # deferred: seldom asked for

        self.app.push_screen(NotesScreen(self.entry))

    def action_back(self) -> None:
        """Leaves the line, a frame that does not come, the knobs, the zoom, this screen."""
        if self.typed is not None:
            self._close_line()
            self._reveal()
        elif self.inquiry.late:
            self.inquiry.end()
            self.tell()
        elif self.focused is self.knobs:
            self.action_knobs()
        elif self.tiles.alone:
            self.action_zoom()
        else:
            self.dismiss(None)
