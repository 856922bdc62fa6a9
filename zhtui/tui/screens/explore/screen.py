"""The explore screen: a lesson's scenes, frame by frame, to point at, poke, break and predict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from textual.containers import Horizontal
from textual.timer import Timer
from textual.widget import Widget

from zhtui.lesson.catalog import Entry
from zhtui.lesson.played import EXPLORE, VIEW, Action
from zhtui.runs import learner
from zhtui.runs.folder import RunFolder
from zhtui.tui.asking.answers import Answered, Listener
from zhtui.tui.keys import table as keys
from zhtui.tui.keys.keyboard import keyboard_of
from zhtui.tui.keys.table import Place
from zhtui.tui.messages import RunGrew
from zhtui.tui.screens.explore import habits, words
from zhtui.tui.screens.explore.dials import Dialled, KnobRows
from zhtui.tui.screens.explore.games import MistakeGame, NumberGame
from zhtui.tui.screens.explore.inquiry import PATIENCE, Inquiry
from zhtui.tui.screens.explore.poking import Poked
from zhtui.tui.screens.explore.watched import Looking, Watched
from zhtui.tui.screens.shared.layout import ONE, layout
from zhtui.tui.session import Session
from zhtui.tui.widgets.ask import AskLine
from zhtui.tui.widgets.lines import Line
from zhtui.tui.widgets.player import Played, Player
from zhtui.tui.widgets.story import Story
from zhtui.tui.widgets.tiles import Tiles
from zhtui.tui.widgets.views import ViewWidget

GAP = 0.02  # seconds between two looks at what was answered


class ExploreScreen(Played, Poked, Dialled, Looking):
    """One lesson's scenes, of a run where they look at one."""

    BINDINGS = keys.bindings("explore", "player")
    CSS_PATH = "screen.tcss"
    AUTO_FOCUS = ""  # the picture has the keys, as soon as there is one
    explained = words.HELP, habits.places()

    def __init__(
        self,
        session: Session,
        entry: Entry,
        run: RunFolder | None = None,
        step: int | None = None,
        scene: str = "",
        text: str = "",
    ) -> None:
        super().__init__()
        self.session, self.entry = session, entry
        self.listener = Listener(self, session.link, self._look, GAP)
        self.inquiry = Inquiry(session.explorer, entry, self.listener.tell, scene, text)
        self._explain()
        self.watched = Watched(session, entry, self, run, step)
        self.player = Player(self, lambda at: self.ask(at + 1), ready=lambda: not self.inquiry.busy)
        self.tiles, self.knobs, self.story = Tiles(), KnobRows(self.inquiry), Story()
        self.scenes, self.line = Line(id="scenes"), AskLine(id="names")
        self.mistakes, self.numbers = MistakeGame(self), NumberGame(self)
        self.typed: Callable[[str], None] | None = None  # takes what is typed in the line
        self.knobs_wanted = False
        self.solved: set[str] = set()
        self._patience: Timer | None = None

    def stage(self) -> Iterable[Widget]:
        self.scenes.display = len(self.entry.scenes()) > 1
        yield self.scenes
        yield Horizontal(self.tiles, self.knobs, id="body")
        yield self.line
        yield self.story

    def on_mount(self) -> None:
        super().on_mount()
        self.tiles.single = layout(*self.app.size) == ONE
        self.watched.follow()
        self._enter(self.inquiry.scene)

    def on_unmount(self) -> None:
        self.watched.leave()
        self.inquiry.cancel()

    def _enter(self, scene: str) -> None:
        self.mistakes.over()
        self.inquiry.folder = self.watched.folder
        self.inquiry.enter(scene)
        self.tiles.forget()
        self.story.forget()
        self.player.stop()
        self.player.stands(0, None)
        if self.inquiry.text:
            self.tell()  # which scene reads it is known with the form
        else:
            self.ask(1)

    # Asking and hearing

    def ask(self, frame: int = 0, seek: str = "") -> None:
        """Asks for a frame, the one in sight where none is named, or for what comes after it."""
        self.numbers.begin(looking=seek == "predict")
        self.inquiry.folder, self.inquiry.step = self.watched.folder, self.watched.step
        self.inquiry.ask(frame or self.player.at + 1, seek)
        if self._patience is not None:
            self._patience.stop()
        self._patience = self.set_timer(PATIENCE + 0.05, self.tell)
        self.tell()

    def on_answered(self, message: Answered) -> None:
        self.listener.soon()

    def _look(self) -> None:
        if not self.wanted:
            return
        inquiry, rows, before = self.inquiry, self.inquiry.rows, self.inquiry.shown
        if inquiry.look():
            assert inquiry.shown is not None, "a frame that came"
            last = None if inquiry.shown.of is None else inquiry.shown.of - 1
            self.player.stands(inquiry.shown.frame - 1, last)
            if before is None or before.views is not inquiry.shown.views:
                self._take()
        elif inquiry.error:
            self._stay()
        if inquiry.rows is not rows:
            self._fold()
        self.watched.note(inquiry.reply)
        self.tell()

    def _stay(self) -> None:
        """No other frame comes: the player stands at the one in sight."""
        self.player.stop()
        if self.inquiry.shown is not None:
            self.player.stands(self.inquiry.shown.frame - 1, self.player.last)

    def _fold(self) -> None:
        """The knobs have come: they are shown, and what was brought along is set; where that counts
        without a run only, none is looked at.
        """
        inquiry = self.inquiry
        self._explain()
        if inquiry.wishes():
            if any(row.name in inquiry.values for row in inquiry.owned):
                self.watched.look_at(None)
            self.ask(1)
        self.knobs.refill()
        self.fit()
        self.lay_out()

    def _explain(self) -> None:
        """The keys of this scene, for the help and the line of keys."""
        own = habits.own(len(self.entry.scenes()), of_run=self.inquiry.takes_run)
        self.explained = words.HELP, habits.places(own)

    def _take(self) -> None:
        """Shows a frame that came."""
        shown = self.inquiry.shown
        assert shown is not None, "a frame that came"
        self.numbers.take(shown)
        self.tiles.show(shown, self.numbers.hidden)
        self.go_in(shown)
        self.inquiry.point(self.tiles.cursor)
        if shown.solved and shown.solved not in self.solved:
            self.solved.add(shown.solved)
            self.note(learner.Did("solved", self.entry.name, shown.solved, self.inquiry.scene))

    def on_run_grew(self, message: RunGrew) -> None:
        """A newer checkpoint is looked at, unless an older one was chosen."""
        if self.watched.grew() and not self.inquiry.busy and self.typed is None:
            verdict = self.numbers.verdict
            self.ask()
            self.numbers.verdict = verdict  # it is the same frame that is asked for
        self.watched.note(self.inquiry.reply)  # by now it may be known to be live
        self.tell()

    # What is drawn

    def room(self) -> Mapping[str, bool]:
        wide = layout(*self.app.size) != ONE and bool(self.inquiry.rows)
        return {**super().room(), "-knobs": wide or self.knobs_wanted}

    def lay_out(self) -> None:
        self.tiles.single = layout(*self.app.size) == ONE
        self.call_after_refresh(self._arrange)

    def _arrange(self) -> None:
        self.tiles.place()
        self.tell()

    def tell(self) -> None:
        """All words of the screen."""
        if not self.wanted:
            return
        self.show_keys()
        inquiry, chosen = self.inquiry, self.tiles.chosen
        number = f"{self.entry.card.number:g}"
        own = words.top(inquiry, number, self.player.place, self.mistakes.on)
        self.top.show([*own, *(self.watched.parts(inquiry.at) if inquiry.takes_run else ())])
        self.scenes.show(words.scenes(inquiry))
        self.line.show(words.names(inquiry.shown, chosen) if self.tiles.hides else ())
        escape = keyboard_of(self.app).first("explore.back")
        told = words.story(inquiry, self.numbers.verdict or inquiry.words, self.numbers.asked)
        self.story.show([*words.state(inquiry, escape, self.watched.waits), *told])

    def key_places(self) -> Sequence[Place]:
        cell = isinstance(self.focused, ViewWidget) and self.focused.cursor is not None
        knobs = isinstance(self.focused, KnobRows)
        return habits.line(self.explained[1][0][1], knobs=knobs, cell=cell)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool:
        """Whether a key has something to do: there are not nine scenes everywhere, and not every
        scene looks at a run.
        """
        if action in habits.OF_RUN:
            return self.inquiry.takes_run
        return action != "scene" or parameters[0] in range(1, len(self.entry.scenes()) + 1)

    # The line that is typed in

    def type(self, question: str, value: str, then: Callable[[str], None]) -> None:
        """Asks for something in the line below the pictures."""
        self.typed = then
        self.to_pictures()  # what is asked for stands in one
        self.line.ask(question, value)

    def on_ask_line_taken(self, event: AskLine.Taken) -> None:
        """Takes what was typed; what cannot be taken is refused with a sentence."""
        then = self.typed
        if then is not None and self.tried(lambda: then(event.value)):
            self._end_line()

    def _end_line(self) -> None:
        self.typed = None
        self.line.end()
        self.to_pictures()
        self.tell()

    def action_ask_where(self) -> None:
        """Asks for the number of a frame."""
        here = str(self.player.at + 1)
        self.type("frame", here, lambda text: self.player.to(round(learner.number(text)) - 1))

    # Keys

    def action_predict(self) -> None:
        """Goes to the next number that can be predicted."""
        self.player.stop()
        self.ask(0, "predict")

    def action_mistake(self) -> None:
        """Switches a mistake on, draws one, or says which one it is."""
        self.mistakes.ask()

    def action_view(self, by: int) -> None:
        """The next picture has the keys."""
        self.to_pictures()
        self.tiles.turn(by)
        self.inquiry.point(self.tiles.cursor)
        self.tell()

    def action_zoom(self) -> None:
        """One picture alone, or all again."""
        self.to_pictures()
        self.tiles.alone = not self.tiles.alone
        self._arrange()

    def action_chapter(self, by: int) -> None:
        """The next chapter, or the beginning of this one or the one before."""
        known = [at for _, at in self.inquiry.shown.chapters] if self.inquiry.shown else []
        before = [at for at in known if at < self.player.at + 1]
        if by > 0:
            self.ask(0, "chapter")
        elif before:
            self.player.to(before[-1] - 1)

    def action_scene(self, number: int) -> None:
        """A scene by its number."""
        known = self.entry.scenes()
        if number <= len(known) and known[number - 1] != self.inquiry.scene:
            self._enter(known[number - 1])

    def action_source(self) -> None:
        """The code of the scene, of the knob at the cursor, or of the mistake that is on."""
        from zhtui.tui.screens.shared.source import SourceScreen  # deferred: seldom asked for

        self.app.push_screen(SourceScreen(self.entry, *self.mistakes.origin()))

    def action_notes(self) -> None:
        """The lesson's text; what is chosen in it is played."""
        from zhtui.tui.screens.shared.notes import NotesScreen  # deferred: seldom asked for

        self.app.push_screen(NotesScreen(self.entry), self._play)

    def _play(self, action: Action | None) -> None:
        """A scene and a view of this frame are shown here, all else on the lesson's screen."""
        if action is None:
            return
        if action.kind == EXPLORE:
            self.inquiry.given = dict(pair.split("=", 1) for pair in action.pairs)
            self._enter(action.name)
        elif action.kind == VIEW and action.name in self.tiles.known:
            self.to_pictures()
            self.tiles.take(action.name)
            self.tell()
        else:
            self.session.doors.play(self.entry, action)

    def action_back(self) -> None:
        """Leaves the line, a frame that does not come, the knobs, the zoom, this screen."""
        if self.typed is not None:
            self.numbers.reveal()
            self._end_line()
        elif self.inquiry.late:
            self.inquiry.end()
            self._stay()
            self.tell()
        elif self.focused is self.knobs:
            self.action_knobs()
        elif self.tiles.alone:
            self.action_zoom()
        else:
            self.dismiss(None)
