"""Agents, records, ratings and tournaments; what is refused; `zhtui play` by pipe."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lessons.arena import agent as asked
from lessons.arena import rating
from lessons.arena.agents import agent, agents, game_of, learned, think, within
from lessons.arena.command import again
from lessons.arena.config import PRESETS
from lessons.arena.cross import Cross
from lessons.arena.match import Record, Table, played, read
from lessons.arena.train import train
from lessons.arena.views import table
from lessons.blocks.games.minimax import Table as Solved
from zhtui.lab import LabError, Run
from zhtui.lesson import catalog
from zhtui.work import client, drive

GAME = game_of("tic-tac-toe")


# Agents


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("mcts:0", "1 to"),
        ("mcts:9:greedy", "is not a player"),
        ("mcts:99999999999", "1 to"),
        ("Hello World", "not a player"),
        ("", "not a player"),
        ("../../etc", "not a player"),
        ("mcts:" + "9" * 5000, "not a player"),
        ("otter@" + "9" * 5000, "not a player"),
    ],
)
def test_who_cannot_play_is_one_sentence(name: str, words: str) -> None:
    with pytest.raises(LabError, match=words):
        agent(name)


@pytest.mark.parametrize("text", ["random", "random,random", ",,"])
def test_a_tournament_takes_two(text: str) -> None:
    with pytest.raises(LabError):
        agents(text)


def test_minimax_plays_only_what_keeps_the_value() -> None:
    solved, dice = Solved(GAME), random.Random(1)
    state = GAME.start()
    while GAME.result(state) is None:
        (thought,) = think(agent("minimax"), GAME, state, dice)
        assert thought.move in solved.best(state)
        state = GAME.apply(state, thought.move)
    assert GAME.result(state) == 0


def test_minimax_refuses_a_board_that_it_cannot_look_through() -> None:
    big = game_of("5x5x4")
    with pytest.raises(LabError, match="12 squares"):
        next(think(agent("minimax"), big, big.start(), random.Random(1)))


def test_a_search_thinks_in_parts_and_visits_add_up() -> None:
    thoughts = list(think(agent("mcts:100"), GAME, GAME.start(), random.Random(1)))
    assert [thought.done for thought in thoughts] == list(range(10, 101, 10))
    assert sum(thoughts[-1].visits.values()) == 100
    assert thoughts[-1].line[0] == thoughts[-1].move


def test_nobody_thinks_after_the_end() -> None:
    won = GAME.start()
    for word in ["a1", "a2", "b1", "b2", "c1"]:
        won = GAME.apply(won, GAME.read(won, word))
    for name in ("random", "minimax", "mcts:10"):
        with pytest.raises(LabError, match="over"):
            next(think(agent(name), GAME, won, random.Random(1)))


def test_the_engine_asks_any_agent_about_any_position() -> None:
    state = {"moves": [4, 0], "agent": "mcts:20", "seed": 3}
    assert "5x5x4" in asked.GAMES
    thoughts = list(asked.think(None, asked.GAMES["tic-tac-toe"], state))
    assert thoughts[-1].done == 20
    assert thoughts[-1].move not in (0, 4)


@pytest.mark.parametrize("name", ["twelve-rounds", "twelve-rounds@8", "self-taught"])
def test_a_shipped_run_plays(name: str) -> None:
    store = Path(__file__).parents[2] / "checkpoints"
    *_, thought = think(agent(name), GAME, GAME.start(), random.Random(1), store)
    assert thought.move in range(9)


def test_a_run_that_is_not_there_is_named() -> None:
    store = Path(__file__).parents[2] / "checkpoints"
    with pytest.raises(LabError, match="nobody-here"):
        next(think(agent("nobody-here"), GAME, GAME.start(), random.Random(1), store))


def test_a_run_that_trains_thinks_with_its_newest_checkpoint(tmp_path: Path) -> None:
    """What comes while it trains is used at the next move; NAME@STEP stays young."""
    entry, knobs = catalog.one("td"), ("episodes=100",)
    run = client.create(tmp_path, entry, preset="tiny", knobs=knobs, where="cpu", name="pupil")
    assert drive.work(run) == 0
    (step, _), *later = run.checkpoints()
    hidden = tmp_path / "not yet"
    hidden.mkdir()
    for _, path in later:
        path.rename(hidden / path.name)

    def values(name: str) -> Any:
        two_to_win = (0b11, 0b11000)  # X has a1 b1, O a2 b2
        return [
            thought.values
            for state in (GAME.start(), (1, 0), (1, 16), two_to_win)
            for thought in learned(agent(name), GAME, state, tmp_path)
        ]

    before = values("pupil")
    for _, path in later:
        (hidden / path.name).rename(path)
    assert values("pupil") != before
    assert values(f"pupil@{step}") == before


def test_an_agent_of_another_game_is_one_sentence() -> None:
    store, game = Path(__file__).parents[2] / "checkpoints", game_of("connect-four")
    for name in ("self-taught", "twelve-rounds"):
        with pytest.raises(LabError, match=r"connect-four|tic-tac-toe"):
            next(think(agent(name), game, game.start(), random.Random(1), store))


@pytest.mark.parametrize("name", ["1x1x1", "40x40x5"])
def test_the_smallest_and_the_largest_board_are_played(name: str) -> None:
    game = game_of(name)
    *_, thought = think(agent("mcts:2"), game, game.start(), random.Random(1))
    after = game.apply(game.start(), thought.move)
    assert game.result(after) == (1 if name == "1x1x1" else None)


@pytest.mark.parametrize("name", ["0x0x0", "41x41x5", "3x3", "draughts"])
def test_what_is_no_board_is_one_sentence(name: str) -> None:
    with pytest.raises(LabError, match=r"not a board|no game"):
        game_of(name)


def test_a_time_limit_takes_the_best_so_far() -> None:
    clock = iter(range(100)).__next__
    thoughts = list(
        within(think(agent("mcts:100"), GAME, GAME.start(), random.Random(1)), 3, clock)
    )
    assert [thought.done for thought in thoughts] == [10, 20, 30]
    assert len(list(within(iter(thoughts), 1e-9))) == 1, "one thought there always is"
    for seconds in (0, -1, float("nan"), float("inf")):
        with pytest.raises(LabError, match="such as 2"):
            next(within(iter(thoughts), seconds))


# Records


def test_the_same_seed_plays_the_same_game() -> None:
    tables = [Table(GAME, agent("mcts:30"), agent("random"), 7) for _ in range(2)]
    first, second = (played(table) for table in tables)
    assert first == second
    assert first != played(Table(GAME, agent("mcts:30"), agent("random"), 8))


@pytest.mark.parametrize("name", ["tic-tac-toe", "connect-four", "5x5x4"])
def test_a_record_replays_to_the_same_position(name: str) -> None:
    table = Table(game_of(name), agent("random"), agent("random"), 3)
    record = played(table)
    again = read(record.text())
    assert again == record
    assert again.positions()[-1] == table.state


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("result", "x result"), "lines"),
        (("seed 3", "seed three"), "whole number"),
        (("zhtui game", "chess"), "not the record"),
        (("x random", "y random"), "lines"),
        (("tic-tac-toe", "draughts"), "no game"),
    ],
)
def test_a_record_that_was_edited_is_refused(change: tuple[str, str], words: str) -> None:
    text = played(Table(GAME, agent("random"), agent("random"), 3)).text()
    with pytest.raises(LabError, match=words):
        read(text.replace(*change, 1))


def test_moves_that_do_not_fit_are_refused() -> None:
    text = Record("tic-tac-toe", "random", "random", 1, (0, 1, 2)).text()
    with pytest.raises(LabError, match="move 2"):
        read(text.replace("a1 b1", "a1 a1"))
    with pytest.raises(LabError, match="end in"):
        read(text.replace("result not over", "result draw"))


# Ratings


def test_elo_of_two_in_closed_form() -> None:
    points, games = np.array([[0, 76.0], [24.0, 0]]), np.array([[0, 100.0], [100.0, 0]])
    first, second = rating.elo(points, games)
    share = (76 + 0.25) / (100 + 0.5)
    assert first - second == pytest.approx(400 * np.log10(share / (1 - share)), abs=0.01)


def test_elo_orders_those_who_never_met() -> None:
    points = np.array([[0, 15.0, 0], [5.0, 0, 15.0], [0, 5.0, 0]])
    games = np.array([[0, 20.0, 0], [20.0, 0, 20.0], [0, 20.0, 0]])
    found = rating.elo(points, games)
    assert found[0] > found[1] > found[2]
    assert found.mean() == pytest.approx(0, abs=1e-6)


def test_who_won_all_has_a_finite_rating() -> None:
    points, games = np.array([[0, 50.0], [0.0, 0]]), np.array([[0, 50.0], [50.0, 0]])
    assert np.isfinite(rating.elo(points, games)).all()
    assert (rating.errors(rating.elo(points, games), games) > 0).all()


def test_an_interval_holds_its_share() -> None:
    low, high = rating.wilson(8, 10)
    assert (round(low, 2), round(high, 2)) == (0.49, 0.94)
    assert rating.wilson(0, 0) == (0.0, 1.0)


# Tournaments


def test_a_tournament_counts_every_game_once() -> None:
    run = Run(replace(PRESETS["tiny"], steps=4))
    *_, row = train(run)
    cross = run.once(Cross.of)
    assert cross.ends.sum() == 4 * 2
    assert row["x_wins"] + row["draws"] + row["o_wins"] == pytest.approx(1)
    assert row["optimal_2"] == 1.0  # minimax
    assert 0.5 < row["optimal_1"] < 0.66  # random: 0.58 of all moves are optimal
    assert row["elo_2"] > row["elo_1"]
    shown = table(cross)
    assert list(shown.columns)[-1] == "optimal"
    assert shown.rows[0][0] == "minimax"
    assert shown.rows[0][-1] == "100%"


def test_who_does_not_learn_is_examined_once(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(replace(PRESETS["tiny"], steps=4, eval_every=1))
    asked_of: list[str] = []
    usual = Cross.share_of_optimal

    def counted(self: Cross, who: Any, seed: int) -> float:
        asked_of.append(who.name)
        return usual(self, who, seed)

    monkeypatch.setattr(Cross, "share_of_optimal", counted)
    shares = [row["optimal_1"] for row in train(run)]
    assert asked_of == ["random", "minimax"]
    assert len(set(shares)) == 1


@pytest.mark.slow
def test_minimax_against_random_in_closed_form() -> None:
    *_, row = train(Run(PRESETS["paper"]))
    expected = {"second_x_win": 0.96781, "second_o_win": 0.77748, "second_o_draw": 0.22252}
    for name, value in expected.items():
        assert row[name] == pytest.approx(value, abs=0.005)
    assert row["second_x_loss"] == row["second_o_loss"] == 0


def test_random_against_random_in_closed_form() -> None:
    dice = random.Random(1)
    ends = [0, 0, 0]
    for _ in range(4000):
        state = GAME.start()
        while GAME.result(state) is None:
            *_, thought = think(agent("random"), GAME, state, dice)
            state = GAME.apply(state, thought.move)
        ends[1 - (GAME.result(state) or 0)] += 1
    shares = [end / 4000 for end in ends]
    assert shares == pytest.approx([0.58492, 0.12698, 0.28810], abs=0.025)


def test_a_tournament_is_refused_before_it_begins() -> None:
    config = replace(PRESETS["tiny"], game="5x5x4")
    with pytest.raises(LabError, match="12 squares"):
        next(train(Run(config)))


# By pipe


def play(typed: str, *words: str, cwd: Path) -> Any:
    command = [sys.executable, "-P", "-m", "zhtui", "play", *words]
    paths = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "ZHTUI_STORE": str(cwd)}
    return subprocess.run(
        command, input=typed, capture_output=True, text=True, cwd=cwd, timeout=100, check=False,
        env={**os.environ, **paths},
    )  # fmt: skip


def test_a_game_is_played_by_pipe(tmp_path: Path) -> None:
    done = play("b2\nb2\nz9\nu\na1\nq\n", "--o", "minimax", cwd=tmp_path)
    assert done.returncode == 0
    assert "b2 is taken" in done.stdout
    assert "'z9' is not a square" in done.stdout
    assert "left as it is" in done.stdout


def test_agents_play_write_a_record_and_show_it_again(tmp_path: Path) -> None:
    record = str(tmp_path / "game.txt")
    done = play("", "--x", "mcts:20", "--o", "minimax", "--record", record, cwd=tmp_path)
    assert done.returncode == 0
    again = play("", "--replay", record, cwd=tmp_path)
    assert again.stdout.splitlines()[-1] == done.stdout.splitlines()[-1]
    late = play("", "--x", "mcts:9", "--seconds", "0", cwd=tmp_path)
    assert late.returncode == 1
    assert "give it more than 0" in late.stderr
    (tmp_path / "game.txt").write_text("nonsense")
    assert play("", "--replay", record, cwd=tmp_path).returncode == 1


def test_a_record_without_end_is_not_read_to_it(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(64 << 20)
    tracemalloc.start()
    with pytest.raises(LabError, match="not the record of a game"):
        again(tmp_path / "large")
    assert tracemalloc.get_traced_memory()[1] < 4 << 20
    tracemalloc.stop()


@pytest.mark.parametrize("name", ["", "no/such/folder/game.txt"])
def test_a_record_that_cannot_be_written_is_told_before_the_game(tmp_path: Path, name: str) -> None:
    done = play(
        "", "--x", "random", "--o", "random", "--record", str(tmp_path / name), cwd=tmp_path
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "cannot be written; name a file" in done.stderr


def test_a_search_may_have_decisive_rollouts() -> None:
    assert agent("mcts:9:random") == agent("mcts:9")
    who = agent("mcts:200:decisive")
    assert (who.name, who.rollouts) == ("mcts:200:decisive", "decisive")
    line, plain = (
        [t.visits for t in think(each, GAME, GAME.start(), random.Random(1))]
        for each in (who, agent("mcts:200"))
    )
    assert line != plain
