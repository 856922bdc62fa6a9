"""The arena by keyboard: moves, seats, thoughts, hints, records; and how it looks."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import onscreen
import pytest
from recorded import record
from textual.pilot import Pilot

from lessons.arena import agent
from lessons.arena.screen import open_screen
from lessons.arena.screen.screen import ArenaScreen
from lessons.arena.screen.sitting import Sitting
from lessons.arena.screen.tournament import TournamentScreen
from zhtui.ask.client import Reply
from zhtui.errors import LabError
from zhtui.lesson import catalog
from zhtui.lesson.parts import Thought
from zhtui.runs.folder import RunFolder
from zhtui.tui.app import LabApp
from zhtui.tui.session import Opened
from zhtui.work import client, drive

WIDE, NARROW = (120, 40), (80, 24)


class AtOnce:
    """An engine that answers before it is asked twice, in this process."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.silent = False  # it never answers

    def ask(self, do: str, folder: None, heard: Callable[[], None], **fields: Any) -> Reply:
        """Thoughts of the lesson's own agent."""
        reply = Reply(len(self.asked) + 1, heard)
        self.asked.append(fields)
        if do == "think" and not self.silent:
            try:
                game = agent.GAMES[fields["game"]]
                reply.thoughts += list(agent.think(None, game, fields["state"]))
            except LabError as error:
                reply.error = str(error)
            reply.done = True
            heard()
        return reply

    def cancel(self, reply: Reply) -> None:
        """Nobody waits."""

    def close(self) -> None:
        """Nothing to end."""


@asynccontextmanager
async def arena(
    tmp_path: Path, size: tuple[int, int] = WIDE
) -> AsyncIterator[tuple[Pilot[int], ArenaScreen, AtOnce]]:
    app = LabApp(tmp_path / "store", watching=False)
    engine = AtOnce()
    app.session.explorer = engine  # type: ignore[assignment]
    async with app.run_test(size=size) as pilot:
        shown = open_screen(Opened(app.session, catalog.one("arena")))
        await app.push_screen(shown)
        await pilot.pause()
        yield pilot, shown, engine


async def until(pilot: Pilot[int], true: Callable[[], bool]) -> None:
    """Waits for a thing, however long a busy machine takes."""
    for _ in range(2000):
        if true():
            return
        await pilot.pause(0.01)
    raise AssertionError("it did not come")


async def test_a_game_by_the_numeric_pad(tmp_path: Path) -> None:
    async with arena(tmp_path) as (pilot, shown, _):
        await pilot.press("5")
        await until(pilot, lambda: len(shown.sitting.moves) == 2)
        assert shown.sitting.moves[0] == 4
        assert shown.before is not None
        assert sum(shown.before[2].visits.values()) == 100
        assert "mcts:100 played" in shown.note


async def test_arrows_and_enter_move(tmp_path: Path) -> None:
    async with arena(tmp_path) as (pilot, shown, _):
        await pilot.press("enter", "right", "down")
        await pilot.press("enter")
        assert shown.sitting.moves[:1] == [4]


async def test_a_square_that_is_taken_says_so(tmp_path: Path) -> None:
    async with arena(tmp_path) as (pilot, shown, engine):
        engine.silent = True
        await pilot.press("o", "o", "o", "o", "5", "5")  # round to a human
        shown.sitting.sit(1, "human")
        await pilot.press("5")
        assert shown.sitting.moves == [4]
        assert "b2 is taken" in shown.note


async def test_undo_takes_back_both_moves_and_older_positions_can_be_seen(tmp_path: Path) -> None:
    async with arena(tmp_path) as (pilot, shown, _):
        await pilot.press("5")
        await until(pilot, lambda: len(shown.sitting.moves) == 2)
        await pilot.press("comma")
        assert (shown.sitting.at, len(shown.sitting.moves)) == (1, 2)
        await pilot.press("full_stop", "u")
        assert shown.sitting.moves == []


async def test_advice_is_perfect_play_s(tmp_path: Path) -> None:
    async with arena(tmp_path) as (pilot, shown, engine):
        shown.sitting.sit(1, "human")
        await pilot.press("7", "a")
        await until(pilot, lambda: bool(shown.thinking.others))
        assert engine.asked[-1]["state"]["agent"] == "minimax"
        values = shown.thinking.others["minimax"].values
        assert values[4] == 0
        assert sorted(values.values())[:7] == [-1.0] * 7, "only the middle holds a corner"


async def test_two_agents_play_to_the_end_and_can_be_stopped(tmp_path: Path) -> None:
    async with arena(tmp_path) as (pilot, shown, _):
        shown.sitting.sit(0, "minimax")
        shown.sitting.sit(1, "minimax")
        await pilot.press("space")
        assert not shown.watching
        await pilot.press("space")
        await until(pilot, lambda: shown.sitting.result is not None)
        assert shown.sitting.result == 0
        assert "a draw" in shown.note


async def test_both_are_asked_about_the_same_position(tmp_path: Path) -> None:
    async with arena(tmp_path) as (pilot, shown, engine):
        await pilot.press("c")
        assert "seat two different agents" in shown.note
        engine.silent = True
        shown.sitting.sit(0, "minimax")
        engine.silent = False
        shown.watching = False
        await pilot.press("c")
        await until(pilot, lambda: len(shown.thinking.others) == 2)
        assert shown.other.display
        await pilot.press("c")
        assert not shown.other.display


async def test_simulations_seats_sides_and_boards(tmp_path: Path) -> None:
    async with arena(tmp_path) as (pilot, shown, _):
        await pilot.press("plus")
        assert shown.sitting.seats[1] == "mcts:200"
        await pilot.press("minus", "minus")
        assert shown.sitting.seats[1] == "mcts:1"
        await pilot.press("b")
        assert shown.sitting.seats == ["mcts:1", "human"]
        await pilot.press("space", "g")
        assert shown.sitting.game.name == "connect-four"
        await pilot.press("g", "g")
        assert shown.sitting.game.name == "tic-tac-toe"


async def test_who_is_nobody_is_said_and_the_line_stays(tmp_path: Path) -> None:
    async with arena(tmp_path) as (pilot, shown, _):
        await pilot.press("e")
        shown.field.offer("no body")
        await pilot.press("enter")
        assert "is not a player" in shown.note
        assert shown.field.display
        await pilot.press("escape")
        assert not shown.field.display


async def test_a_name_that_no_run_has_is_refused_in_the_line(tmp_path: Path) -> None:
    async with arena(tmp_path) as (pilot, shown, _):
        before = list(shown.sitting.seats)
        for key, typed in (("e", "nonsense"), ("T", "random, nonsense")):
            await pilot.press(key)
            shown.field.offer(typed)
            await pilot.press("enter")
            remedy = "write random, minimax, mcts:500 or a run's name: there is no run 'nonsense'"
            assert shown.note.startswith(remedy)
            assert shown.field.display, "the line stays"
            await pilot.press("escape")
        assert shown.sitting.seats == before
        assert shown.tournament is None


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
async def test_the_tree_can_be_read(tmp_path: Path, size: tuple[int, int]) -> None:
    async with arena(tmp_path, size) as (pilot, shown, _):
        await pilot.press("7", "t")
        await until(pilot, lambda: len(shown.sitting.moves) == 2)
        await pilot.pause()
        text = onscreen.shown(pilot)
        assert "mcts:100, before its move: N and Q" in text
        thought = shown.before[2]  # type: ignore[index]
        for move, visits in thought.visits.items():
            spelled = shown.sitting.game.spell(shown.sitting.states[1], move)
            assert f"{spelled} {visits:>2} {thought.values[move]:+.2f}" in text
        assert shown.branches.size.width > (60 if size == WIDE else 40)
        shown.sitting.sit(1, "mcts:2000")
        await pilot.press("u", "space", "space", "7")
        await until(pilot, lambda: len(shown.sitting.moves) == 2)
        await pilot.pause()
        if shown.branches.max_scroll_x:
            assert "> more" in onscreen.shown(pilot)
            await pilot.press(*[">"] * 4)
            await pilot.pause()
            assert "> more" not in onscreen.shown(pilot)
            await pilot.press(*["<"] * 4)
            assert shown.branches.scroll_x == 0


async def test_an_agent_that_fails_does_not_end_the_game(tmp_path: Path) -> None:
    async with arena(tmp_path) as (pilot, shown, _):
        shown.sitting.sit(1, "no-such-run")
        await pilot.press("5")
        await until(pilot, lambda: "cannot move" in shown.note)
        assert shown.sitting.moves == [4]
        shown.sitting.sit(1, "random")
        await pilot.press("space")
        await until(pilot, lambda: len(shown.sitting.moves) == 2)


async def test_an_engine_that_dies_does_not_end_the_game(tmp_path: Path) -> None:
    app = LabApp(tmp_path / "store", watching=False)
    async with app.run_test(size=WIDE) as pilot:
        shown = open_screen(Opened(app.session, catalog.one("arena")))
        await app.push_screen(shown)
        shown.sitting.sit(1, "mcts:10000000")
        await pilot.press("5")
        await until(pilot, lambda: shown.thinking.thought is not None)
        first = app.session.explorer.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await until(pilot, lambda: "cannot move" in shown.note)
        assert shown.sitting.moves == [4]
        await pilot.press("space")
        await until(pilot, lambda: app.session.explorer.pid not in (None, first))
        await until(pilot, lambda: shown.thinking.busy and shown.thinking.thought is not None)
        await pilot.press("m")
        await until(pilot, lambda: len(shown.sitting.moves) == 2)


@pytest.fixture
def pupil(tmp_path: Path) -> Iterator[RunFolder]:
    """A run that a worker has just begun: it keeps a checkpoint once a minute, or when asked."""
    knobs = ("steps=1000000", "eval_every=1000000")
    entry, store = catalog.one("td"), tmp_path / "store"
    run = client.create(store, entry, preset="tiny", knobs=knobs, where="cpu", name="pupil")
    pid = client.start(run)
    yield run
    if run.alive():
        os.kill(pid, signal.SIGKILL)


async def test_a_run_is_played_while_it_trains(tmp_path: Path, pupil: RunFolder) -> None:
    """Its worker is asked for what it knows by now, so each move is of a newer self."""
    app = LabApp(tmp_path / "store")
    async with app.run_test(size=WIDE) as pilot:
        shown = open_screen(Opened(app.session, catalog.one("arena")))
        await app.push_screen(shown)
        await until(pilot, lambda: [run.folder.name for run in app.session.runs("td")])
        await until(pilot, lambda: app.session.runs("td")[0].status.live)
        shown.sitting.sit(1, "pupil")
        await pilot.press("5")
        while len(shown.sitting.moves) < 2:  # "cannot move: … has no checkpoint yet"
            await until(pilot, lambda: not shown.thinking.busy)
            if not shown.watching:
                await pilot.press("space")
            await pilot.pause(0.05)
        kept = [step for step, _ in pupil.checkpoints()]
        shown.thinking.asked_for = 0.0  # a human thinks for longer than a test
        await pilot.press("n", "5")
        await until(pilot, lambda: max(step for step, _ in pupil.checkpoints()) > kept[-1])
        await until(pilot, lambda: len(shown.sitting.moves) == 2)


async def test_a_record_is_saved_and_read_again(tmp_path: Path) -> None:
    async with arena(tmp_path) as (pilot, shown, _):
        await pilot.press("5")
        await until(pilot, lambda: len(shown.sitting.moves) == 2)
        moves = list(shown.sitting.moves)
        await pilot.press("S")
        shown.field.offer(str(tmp_path / "game.txt"))
        await pilot.press("enter")
        assert "saved" in shown.note
        await pilot.press("n", "L")
        shown.field.offer(str(tmp_path / "game.txt"))
        await pilot.press("enter")
        assert shown.sitting.moves == moves
        assert shown.sitting.seats == ["human", "human"]
        await pilot.press("L")
        shown.field.offer(str(tmp_path / "nothing.txt"))
        await pilot.press("enter")
        assert "name another file" in shown.note


async def test_a_move_after_the_end_is_refused_and_a_thought_can_be_cut_short(
    tmp_path: Path,
) -> None:
    async with arena(tmp_path) as (pilot, shown, engine):
        shown.sitting.sit(1, "human")
        await pilot.press("7", "8", "4", "5", "1")  # X has the left column
        assert shown.sitting.result == 1
        await pilot.press("3")
        assert "the game is over" in shown.note
        assert len(shown.sitting.moves) == 5
        await pilot.press("m")
        assert "no agent is thinking" in shown.note
        engine.silent = True
        shown.sitting.sit(1, "mcts:1000")
        await pilot.press("n", "5")
        await until(pilot, lambda: shown.thinking.busy)
        shown.thinking.thought = Thought(0, 0.5, {0: 40}, {0: 0.5}, done=40, of=1000)
        await pilot.press("m")
        assert shown.sitting.moves == [4, 0]
        assert "mcts:1000 played a1" in shown.note


async def test_a_younger_self_is_seated(tmp_path: Path) -> None:
    folder = tmp_path / "store" / "td" / "pupil"
    record(tmp_path / "store", "td", "pupil")
    for step in (100, 200):
        (folder / f"step-{step:06d}").mkdir()
    async with arena(tmp_path) as (pilot, shown, _):
        await pilot.press("left_square_bracket")
        assert "no run plays here" in shown.note
        shown.opened.session.watch.look()
        shown.watching = False
        shown.sitting.sit(1, "pupil")
        seats = []
        for key in ("left_square_bracket",) * 3 + ("right_square_bracket",) * 3:
            await pilot.press(key)
            seats.append(shown.sitting.seats[1])
        assert seats == ["pupil@200", "pupil@100", "pupil@100", "pupil@200", "pupil", "pupil"]
        shown.sitting.sit(1, "nobody-here")
        await pilot.press("left_square_bracket")
        assert "no checkpoint yet" in shown.note


async def test_a_tournament_is_begun_and_its_table_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[RunFolder] = []
    monkeypatch.setattr("zhtui.work.client.start", begun.append)
    async with arena(tmp_path) as (pilot, shown, _):
        await pilot.press("T")
        assert shown.field.value == "random, minimax, mcts:50, mcts:100"
        shown.field.offer("random")
        await pilot.press("enter")
        assert "takes two agents" in shown.note
        shown.field.offer("human, random")
        await pilot.press("enter")
        assert "leave human out" in shown.note
        shown.field.offer("random, minimax")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, TournamentScreen))
        screen, (folder,) = pilot.app.screen, begun
        assert isinstance(screen, TournamentScreen)
        config = folder.card()["config"]
        assert (config["agents"], config["game"]) == ("random, minimax", "tic-tac-toe")
        assert screen.seen == {}
        drive.work(folder)  # what a worker would do
        screen.look()
        table = folder.artifact(19, "table")
        assert screen.seen["table"] == 19
        assert screen.widgets["table"].view.rows == table.rows
        await pilot.pause()
        assert "round 20 of 20" in onscreen.shown(pilot)
        assert "minimax" in onscreen.shown(pilot)
        await pilot.press("escape")
        assert pilot.app.screen is shown


def test_a_move_from_an_older_position_takes_the_later_ones_back() -> None:
    sitting = Sitting()
    for move in (4, 0, 8):
        sitting.play(move)
    sitting.through(-2)
    sitting.play(2)
    assert sitting.moves == [4, 2]
    with pytest.raises(LabError, match="taken"):
        sitting.play(4)


async def test_it_explains_itself(tmp_path: Path) -> None:
    async with arena(tmp_path) as (pilot, _, _engine):
        await pilot.press("question_mark")
        assert "what would perfect play do?" in pilot.app.screen.plain  # type: ignore[attr-defined]


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_the_arena_while_an_agent_has_thought(
    snap_compare: Any, tmp_path: Path, size: tuple[int, int]
) -> None:
    app = LabApp(tmp_path / "store", watching=False)
    app.session.explorer = AtOnce()  # type: ignore[assignment]

    async def before(pilot: Pilot[int]) -> None:
        shown = open_screen(Opened(app.session, catalog.one("arena")))
        await app.push_screen(shown)
        shown.sitting.sit(1, "mcts:400")
        await pilot.press("7")
        await until(pilot, lambda: len(shown.sitting.moves) == 2)
        await pilot.press("a")
        await until(pilot, lambda: bool(shown.thinking.others))
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=before)
