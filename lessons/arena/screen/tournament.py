"""A tournament as it is played: the cross table of its run, Elo, and where the last game ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widget import Widget

from lessons.arena.agents import agents
from lessons.arena.screen.keys import TOURNAMENT, TOURNAMENT_HELP
from lessons.arena.screen.sitting import HUMAN, Sitting
from zhtui.lab import Bars, Board, LabError, Table
from zhtui.screen import ONE, LabScreen, Opened, Part, bindings, layout, picture, words

ROUNDS = 20
EVERY = 0.5  # seconds between two looks at the run's folder
SHOWN = ("table", "elo", "last game")  # the views of a tournament's run
WAITING = "the first round is being played"


def offered(sitting: Sitting) -> str:
    """Who might play: random, minimax where it can look to the end, and who sits here."""
    rows, columns = sitting.game.squares
    usual = ["random", *(["minimax"] if rows * columns <= 12 else []), "mcts:50"]
    return ", ".join(dict.fromkeys([*usual, *(s for s in sitting.seats if s != HUMAN)]))


def knobs(names: str, game: str) -> tuple[str, ...]:
    """The settings of a tournament between agents that were named. Raises `LabError`."""
    if HUMAN in [name.strip() for name in names.split(",")]:
        raise LabError("a tournament is played by agents alone; leave human out")
    known = ", ".join(each.name for each in agents(names))
    return f"agents={known}", f"game={game}", f"steps={ROUNDS}", "eval_every=1"


class TournamentScreen(LabScreen):
    """Looks at a run of lesson arena while a worker plays it."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(TOURNAMENT)
    AUTO_FOCUS = ""
    NEEDS_ROOM = True
    explained = (TOURNAMENT_HELP, (("At a tournament", TOURNAMENT),))
    DEFAULT_CSS = """
    TournamentScreen #table { height: 2fr; padding: 0 1; }
    TournamentScreen #below { height: 1fr; padding: 0 1; }
    TournamentScreen #elo { width: 2fr; height: 1fr; }
    TournamentScreen #last { width: 1fr; height: 1fr; padding: 0 0 0 2; }
    TournamentScreen.-narrow #last { display: none; }
    """

    def __init__(self, opened: Opened, folder: Any) -> None:
        super().__init__()
        self.opened, self.folder = opened, folder
        self.widgets = {
            "table": picture(Table(("agent",), [], note=WAITING), id="table"),
            "elo": picture(Bars([], []), id="elo"),
            "last game": picture(Board([[" "]]), id="last"),
        }
        self.seen: dict[str, int] = {}  # the step at which each of these was shown

    def stage(self) -> Iterable[Widget]:
        yield self.widgets["table"]
        with Horizontal(id="below"):
            yield self.widgets["elo"]
            yield self.widgets["last game"]

    def on_mount(self) -> None:
        self.set_interval(EVERY, self.look)
        self.look()

    def room(self) -> Mapping[str, bool]:
        return {"-small": self.small, "-narrow": layout(*self.app.size) == ONE}

    def look(self) -> None:
        """Draws what the run has shown since."""
        newest = {name: step for step, name in self.folder.artifacts() if name in SHOWN}
        for name, step in newest.items():
            if self.seen.get(name) != step:
                self.widgets[name].show(self.folder.artifact(step, name))
                self.seen[name] = step
        self.top.show(self._top())

    def _top(self) -> list[Part]:
        status = self.folder.status()
        parts = [words(f"tournament · {self.folder.name}", "title", 9)]
        parts.append(words(f"round {status.step} of {status.steps}", "lit", 8))
        parts.append(words(status.state, "", 7))
        if status.error:
            parts.append(words(status.error, "wrong", 8))
        return parts

    def action_stop(self) -> None:
        """Ends it after this round, or lets it go on."""
        session = self.opened.session
        if self.folder.status().live:
            session.ask(self.folder, "stop", "the tournament stops after this round")
        else:
            session.pause_or_resume(self.folder)

    def action_lesson(self) -> None:
        """The run in its lesson: charts, replay, forks."""
        self.opened.session.doors.lesson(self.opened.entry, run=self.folder.name)

    def action_back(self) -> None:
        """To the board."""
        self.dismiss(None)
