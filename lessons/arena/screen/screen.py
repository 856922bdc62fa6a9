"""The arena: a board, who sits at it, and what each thinks. Agents think in the engine."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, ClassVar

from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from lessons.arena.agents import agent, agents
from lessons.arena.screen import pictures, players, said
from lessons.arena.screen.keys import HELP, HERE, PAD, TOURNAMENT
from lessons.arena.screen.records import load, save
from lessons.arena.screen.sitting import HUMAN, Sitting, perfect
from lessons.arena.screen.thinking import Thinking
from lessons.arena.screen.tournament import TournamentScreen, knobs, offered
from zhtui.lab import LabError, Thought
from zhtui.screen import (
    ONE,
    Answered,
    AskLine,
    LabScreen,
    Listener,
    Opened,
    Sheet,
    ViewWidget,
    bindings,
    layout,
    picture,
)

SEEN = 0.25  # seconds for which a move of two agents is seen at least


class ArenaScreen(LabScreen):
    """A game, and the thought of who is to move."""

    BINDINGS: ClassVar[list[BindingType]] = bindings((*HERE, *PAD))
    AUTO_FOCUS = ""
    NEEDS_ROOM = True
    explained = (HELP, (("In the arena", HERE), ("At a tournament", TOURNAMENT)))
    DEFAULT_CSS = """
    ArenaScreen #stage { height: 1fr; padding: 0 1; }
    ArenaScreen #board { width: 1fr; height: 1fr; }
    ArenaScreen #other { width: 1fr; height: 1fr; display: none; }
    ArenaScreen #thought { width: 2fr; max-width: 46; height: 1fr; padding: 0 0 0 2; }
    ArenaScreen #moves { height: 1fr; }
    ArenaScreen #whose { height: 1; display: none; }
    ArenaScreen #tree { height: 1fr; display: none; }
    ArenaScreen #said { height: 4; padding: 0 1; overflow: hidden hidden; }
    ArenaScreen #field { padding: 0 1; display: none; }
    ArenaScreen.-narrow #thought { max-width: 30; }
    ArenaScreen.-tree #thought { max-width: 72; }
    ArenaScreen.-tree.-narrow #thought { max-width: 46; }
    """

    def __init__(self, opened: Opened) -> None:
        super().__init__()
        self.opened, self.sitting = opened, Sitting()
        self.listener = Listener(self, opened.session.link, self._heard)
        self.thinking = Thinking(opened, self.listener.tell)
        self.watching, self.comparing, self.as_tree = True, False, False
        self.before: tuple[int, str, Thought] | None = None  # the last agent's move, who, and why
        self.moved = 0.0  # when the last move was made
        self.wish = ""  # what is typed for: a name, agents, or a file
        self.tournament: Any = None  # the folder of the run that was begun here
        state = self.sitting.state
        self.board = picture(pictures.board(self.sitting.game, state, None, None), id="board")
        self.other = picture(pictures.board(self.sitting.game, state, None, None), id="other")
        self.moves = picture(pictures.moves(self.sitting.game, state, None, ""), id="moves")
        self.branches = picture(pictures.tree(self.sitting.game, state, None), id="tree")
        self.board.eager = True
        self.other.can_focus = self.moves.can_focus = self.branches.can_focus = False
        self.whose = Sheet("whose")
        self.said, self.field = Sheet("said"), AskLine(most=300, id="field")
        self.note = "your move: arrows and enter, or 1 to 9"

    def stage(self) -> Iterable[Widget]:
        with Horizontal(id="stage"):
            yield self.board
            yield self.other
            with Vertical(id="thought"):
                yield from (self.moves, self.whose, self.branches)
        yield self.said
        yield self.field

    def on_mount(self) -> None:
        self.board.focus()
        self.set_interval(0.1, self._tick)
        self._show()

    def on_unmount(self) -> None:
        self.thinking.cancel()

    def room(self) -> Mapping[str, bool]:
        narrow = layout(*self.app.size) == ONE
        return {"-small": self.small, "-narrow": narrow, "-tree": self.as_tree}

    # -- what is shown ----------------------------------------------------------------------------

    def _show(self) -> None:
        """Draws everything from the position in sight."""
        sitting, game, state = self.sitting, self.sitting.game, self.sitting.state
        last = sitting.moves[sitting.at - 1] if sitting.at else None
        advice = next(iter(self.thinking.others.values()), None)
        thought = advice or self.thinking.thought
        if self.comparing:
            thought = self.thinking.others.get(sitting.seats[0])
        self.board.show(pictures.board(game, state, thought, last))
        self.other.display = self.comparing
        if self.comparing:
            second = self.thinking.others.get(sitting.seats[1])
            self.other.show(pictures.board(game, state, second, last))
        self.moves.display = not self.as_tree
        self.whose.display = self.branches.display = self.as_tree
        who, state, told = said.told(sitting, self.thinking, self.before)
        if self.as_tree:
            self.branches.show(pictures.tree(game, state, told))
            self.call_after_refresh(self._head, pictures.heading(told, who))
        else:
            self.moves.show(pictures.moves(game, state, told, who))
        self.top.show(said.top(sitting, self.thinking))
        self.said.show(said.under(game, state, who, told, self.note))

    def _head(self, text: str) -> None:
        """Over the tree: whose it is, and whether it goes on at a side."""
        more = self.branches.scroll_x < self.branches.max_scroll_x
        self.whose.show([[("> more  " if more else "", "lit"), (text, "faint")]])

    def _say(self, note: str) -> None:
        self.note = note
        self._show()

    # -- thinking ---------------------------------------------------------------------------------

    def _tick(self) -> None:
        """Lets who is to move think, when it is an agent's turn and it may."""
        if not (self.is_active and self.watching and not self.thinking.busy and not self.comparing):
            return
        if not self.sitting.waits_for_agent or time.monotonic() - self.moved < SEEN:
            return
        self.thinking.mover(self.sitting)

    def on_answered(self, message: Answered) -> None:
        self.listener.soon()

    def _heard(self) -> None:
        """Takes what was thought; the move is made when the thought is done."""
        if not self.wanted:
            return
        done, wrong = self.thinking.take()
        if done:
            self._settled(wrong)
        elif wrong:
            self.note = wrong
        self._show()

    def _settled(self, error: str) -> None:
        """An agent has thought: its move is made, or what kept it from one is said."""
        who = self.sitting.seats[self.sitting.mover]
        if error:
            self.watching = False
            self.note = f"x or o seats somebody else, space asks again: {who} cannot move: {error}"
        elif self.thinking.thought is not None and self.sitting.waits_for_agent:
            thought = self.thinking.thought
            spelled = self.sitting.game.spell(self.sitting.state, thought.move)
            self.before = (self.sitting.at, who, thought)
            self._play(thought.move)
            said = f": {thought.say}" if thought.say else ""
            self.note = f"{who} played {spelled}{said}. {self.note}".rstrip(". ")

    def _play(self, move: int) -> None:
        try:
            self.sitting.play(move)
        except LabError as error:
            self.note = str(error)
            return
        self.moved = time.monotonic()
        self.thinking.forget()
        self.comparing = False
        ended = pictures.WORDS.get(self.sitting.result, "")
        self.note = f"{ended}; n begins a new game" if ended else ""

    def _changed(self, note: str = "") -> None:
        """Another position or other players: what was thought is no longer of it."""
        self.thinking.forget()
        self.comparing = False
        self._say(note)

    # -- keys -------------------------------------------------------------------------------------

    def _mine(self, move: int) -> None:
        """A move by hand."""
        if self.sitting.result is not None:
            self._say("the game is over; n begins a new one")
        elif self.sitting.seats[self.sitting.mover] != HUMAN and self.sitting.waits_for_agent:
            mark = "XO"[self.sitting.mover]
            self._say(f"{self.sitting.seats[self.sitting.mover]} moves {mark}; wait for it")
        else:
            self.thinking.cancel()
            self._play(move)
            self._show()

    def action_play(self) -> None:
        """The move at the cursor."""
        if self.board.cursor is None:
            rows, columns = self.sitting.game.squares
            self.board.point((rows // 2, columns // 2))
            self._say("arrows choose a square, enter moves there")
        else:
            self._mine(self.sitting.move_at(*self.board.cursor))

    def on_view_widget_chosen(self, event: ViewWidget.Chosen) -> None:
        if event.widget is self.board:
            self._mine(self.sitting.move_at(event.row, event.column))

    def action_digit(self, number: int) -> None:
        """The move of a digit."""
        try:
            self._mine(self.sitting.digit(number))
        except LabError as error:
            self._say(str(error))

    def action_hint(self) -> None:
        """Asks who knows best about the position in sight."""
        if self.sitting.result is not None:
            self._say("the game is over; there is no move to find")
            return
        who = perfect(self.sitting).name
        self.thinking.others.clear()
        self.thinking.other(self.sitting, who)
        self._say("")

    def action_both(self) -> None:
        """Asks both sides about the position in sight, and shows both boards."""
        if self.comparing or self.sitting.result is not None:
            self._changed()
            return
        agents = [name for name in self.sitting.seats if name != HUMAN]
        if len(agents) < 2 or agents[0] == agents[1]:
            self._say("seat two different agents, by x and o, to compare what they would do")
            return
        self.thinking.forget()
        self.comparing = True
        for name in agents:
            self.thinking.other(self.sitting, name)
        self._say(f"left {agents[0]}, right {agents[1]}; c goes on with the game")

    def action_tree(self) -> None:
        """The moves as a tree, or as a table."""
        self.as_tree = not self.as_tree
        self.fit()
        self._show()

    def action_aside(self, by: int) -> None:
        """Along the tree, where it is wider than its place."""
        wide = self.branches.size.width // 2
        self.branches.scroll_relative(x=by * wide, animate=False, immediate=True)
        self._show()

    def action_undo(self) -> None:
        """Takes back."""
        self.sitting.undo()
        self._changed("taken back")

    def action_through(self, by: int) -> None:
        """To an older or a newer position."""
        self.sitting.through(by)
        self._changed("a move from here takes back what came after" if by < 0 else "")

    def action_watch(self) -> None:
        """Stops the agents, or lets them go on."""
        self.watching = not self.watching
        if not self.watching:
            self.thinking.cancel()
        self._say("agents go on" if self.watching else "agents wait; space lets them go on")

    def action_new(self) -> None:
        """An empty board."""
        self.sitting.new()
        self.watching = True
        self._changed("a new game")

    def action_game(self) -> None:
        """Another board."""
        self.sitting.next_game()
        self.board.clear_cursor()
        self._changed(f"{self.sitting.game.name}: an empty board")

    def action_swap(self) -> None:
        """The two change sides."""
        self.sitting.swap()
        self._changed("the two have changed sides")

    def action_simulations(self, by: int) -> None:
        """More or fewer simulations."""
        self._changed(self.sitting.simulations(by))

    def action_now(self) -> None:
        """Takes what is thought so far for a move."""
        thought = self.thinking.thought
        if not (self.thinking.busy and thought is not None):
            self._say("no agent is thinking about a move now")
            return
        self.thinking.stop()
        self._settled("")
        self._show()

    def action_age(self, by: int) -> None:
        """A run's younger or older self."""
        self._changed(self.sitting.age(by, partial(players.kept, self.opened)))

    def action_seat(self, side: int) -> None:
        """The next one at a side."""
        known = players.offered(self.opened)
        here = known.index(self.sitting.seats[side]) if self.sitting.seats[side] in known else -1
        self.sitting.sit(side, known[(here + 1) % len(known)])
        self.watching = True
        self._changed(f"{'XO'[side]} is {self.sitting.seats[side]}")

    def action_type(self) -> None:
        """Types a name for the side to move."""
        self._line("name", f"who plays {'XO'[self.sitting.mover]}? ", "mcts:500")

    def action_tournament(self) -> None:
        """Who plays a tournament; of one that is under way, its table."""
        if self.tournament is not None and self.tournament.status().live:
            self.app.push_screen(TournamentScreen(self.opened, self.tournament))
        else:
            self._line("tournament", "who plays? ", offered(self.sitting))

    async def _begin(self, settings: tuple[str, ...]) -> None:
        """Starts a tournament's worker and shows its table."""
        opened = self.opened
        begun = await opened.session.start(opened.entry, "quick", settings)
        if begun is not None and self.wanted:
            self.tournament = begun.folder
            self.app.push_screen(TournamentScreen(opened, begun.folder))

    def action_save(self) -> None:
        """Saves the record beside where the lab was opened."""
        self._line("save", "save as ", f"game-{time.strftime('%Y%m%d-%H%M%S')}.txt")

    def action_load(self) -> None:
        """Reads a record."""
        self._line("load", "read ", "")

    def _line(self, wish: str, question: str, value: str) -> None:
        self.wish, self.field.question = wish, question
        self.field.display = True
        self.field.offer(value)
        self.set_focus(self.field)  # at once: what is typed next is the name

    def on_ask_line_taken(self, event: AskLine.Taken) -> None:
        """A name, or a file."""
        try:
            note = self._taken(event.value.strip())
        except LabError as error:
            self._say(str(error))
            return
        self._leave_line()
        self._changed(note)

    def _taken(self, value: str) -> str:
        if self.wish == "name":
            side = self.sitting.mover
            if value != HUMAN:
                players.check([agent(value)], self.opened.session.root)
            self.sitting.sit(side, value)
            self.watching = True
            return f"{'XO'[side]} is {self.sitting.seats[side]}"
        if self.wish == "tournament":
            settings = knobs(value, self.sitting.game.name)
            players.check(agents(value), self.opened.session.root)
            self.run_worker(self._begin(settings))
            return "a worker plays the tournament; T shows its table again"
        return (save if self.wish == "save" else load)(self.sitting, value)

    def _leave_line(self) -> None:
        self.field.display = False
        self.board.focus()

    def action_back(self) -> None:
        """Leaves the line, the comparison, the board, the screen."""
        if self.field.display:
            self._leave_line()
        elif self.comparing or self.thinking.others:
            self._changed()
        elif not self.board.clear_cursor():
            self.dismiss(None)


def open_screen(opened: Opened) -> ArenaScreen:
    """The lesson's own screen, as the lab asks for it."""
    return ArenaScreen(opened)
