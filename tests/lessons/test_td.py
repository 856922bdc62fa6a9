"""Lesson td: the methods against closed forms, the fast forms against the taught ones, the figures.

What takes minutes is marked slow; `zhtui verify td` reproduces the published figures.
"""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lessons.blocks.games.minimax import Table
from lessons.blocks.games.outcomes import play
from lessons.blocks.games.tic_tac_toe import TicTacToe
from lessons.td import abreast, lesson, methods, race
from lessons.td.afterstate import Afterstates, Indexed
from lessons.td.agent import think
from lessons.td.config import METHODS, PRESETS, SHOWS, Config
from lessons.td.control import GUESSES, episode, epsilon_greedy, expected_sarsa
from lessons.td.experiments.board import perfect
from lessons.td.experiments.grid import falling
from lessons.td.experiments.walk import ALPHAS
from lessons.td.gridworld import best_values, cliff, greedy_path, path_return, six_rooms
from lessons.td.menace import Menace
from lessons.td.train import build, train
from lessons.td.walk import FIVE, NINETEEN, Episode
from zhtui.lab import LabError, Run
from zhtui.lesson import catalog
from zhtui.runs.files import append_json
from zhtui.runs.folder import RunFolder
from zhtui.work import client, drive

GAME = TicTacToe()
ENTRY = catalog.one("td")


def rows(config: Config, seed: int = 1337) -> list[dict[str, float]]:
    return list(train(Run(config, seed=seed)))


def last(config: Config, seed: int = 1337) -> dict[str, float]:
    """The newest value of each metric."""
    whole: dict[str, float] = {}
    for row in rows(config, seed):
        whole |= row
    return whole


def drain(updates: Any) -> None:
    for _ in updates:
        pass


# The walk


def test_the_true_values_lie_on_a_line_and_are_what_walks_bring() -> None:
    assert FIVE.truth()[1:-1] == pytest.approx(np.arange(1, 6) / 6)
    assert NINETEEN.truth()[1:-1] == pytest.approx(np.arange(-9, 10) / 10)
    rng = random.Random(3)
    walks = [FIVE.episode(rng) for _ in range(3_000)]
    assert sum(walk.rewards[-1] for walk in walks) / 3_000 == pytest.approx(0.5, abs=0.03)
    assert sum(walk.T for walk in walks) / 3_000 == pytest.approx(9.0, abs=0.5)  # 3 * 3


STRAIGHT = Episode([3, 4, 5, 6], [0.0, 0.0, 1.0])  # C, D, E, end


def test_the_first_walk_moves_one_value_by_td_and_three_by_monte_carlo() -> None:
    V = FIVE.values()
    updates = list(methods.td0(V, STRAIGHT, 0.1))
    assert pytest.approx([0, 0.5, 0.5, 0.5, 0.5, 0.55, 0]) == V
    assert [update.target for update in updates] == [0.5, 0.5, 1.0]
    V = FIVE.values()
    drain(methods.monte_carlo(V, STRAIGHT, 0.1))
    assert pytest.approx([0, 0.5, 0.5, 0.55, 0.55, 0.55, 0]) == V


def test_discounting_counts_from_the_step_itself() -> None:
    assert methods.discounted([0, 0, 1], 0.5) == 0.25
    V = FIVE.values()
    drain(methods.n_step(V, STRAIGHT, 2, 1.0, gamma=0.5))
    assert V[3] == 0.5**2 * 0.5  # two rewards of 0, then a guess of ½
    assert V[4] == 0.5 * 1.0
    assert V[5] == 1.0


@pytest.mark.parametrize("walk", [FIVE, NINETEEN])
def test_one_step_is_td_and_all_steps_are_monte_carlo_to_the_bit(walk: Any) -> None:
    rng = random.Random(4)
    one, td, every, carlo = (walk.values() for _ in range(4))
    for _ in range(60):
        taken = walk.episode(rng)
        drain(methods.n_step(one, taken, 1, 0.3))
        drain(methods.td0(td, taken, 0.3))
        drain(methods.n_step(every, taken, taken.T, 0.3))
        drain(methods.monte_carlo(carlo, taken, 0.3))
    assert np.array_equal(one, td)
    assert np.array_equal(every, carlo)
    assert not np.array_equal(td, carlo)


def test_without_a_trace_td_lambda_is_td() -> None:
    rng, z = random.Random(5), np.zeros(7)
    td, zero, full = (FIVE.values() for _ in range(3))
    for _ in range(60):
        taken = FIVE.episode(rng)
        drain(methods.td0(td, taken, 0.2))
        drain(methods.td_lambda(zero, z, taken, 0.0, 0.2))
        drain(methods.td_lambda(full, z, taken, 1.0, 0.2))
    assert zero == pytest.approx(td, abs=1e-12)
    assert full != pytest.approx(td, abs=1e-3)


def test_with_a_full_trace_and_small_steps_td_lambda_is_monte_carlo() -> None:
    taken = FIVE.episode(random.Random(6))
    one, carlo, z, alpha = FIVE.values(), FIVE.values(), np.zeros(7), 1e-6
    drain(methods.td_lambda(one, z, taken, 1.0, alpha))
    drain(methods.monte_carlo(carlo, taken, alpha))
    assert (one - FIVE.values()) / alpha == pytest.approx((carlo - FIVE.values()) / alpha, abs=1e-3)


@pytest.mark.parametrize("walk", [FIVE, NINETEEN])
def test_many_walks_at_once_have_the_bits_of_each_alone(walk: Any) -> None:
    rng, R = np.random.default_rng(7), 6
    fast = {name: np.tile(walk.values(), (R, 1)) for name in ("td", "mc", "n", "lambda")}
    slow = {name: [walk.values() for _ in range(R)] for name in fast}
    for _ in range(12):
        walks = race.walks(walk, R, rng)
        race.td0(fast["td"], walks, 0.1)
        race.monte_carlo(fast["mc"], walks, 0.05)
        race.n_step(fast["n"], walks, 3, 0.4)
        race.td_lambda(fast["lambda"], walks, 0.8, 0.2)
        for i in range(R):
            taken, z = walks.one(i), np.zeros(walk.states + 2)
            drain(methods.td0(slow["td"][i], taken, 0.1))
            drain(methods.monte_carlo(slow["mc"][i], taken, 0.05))
            drain(methods.n_step(slow["n"][i], taken, 3, 0.4))
            drain(methods.td_lambda(slow["lambda"][i], z, taken, 0.8, 0.2))
    for name, values in fast.items():
        assert np.array_equal(values, np.array(slow[name])), name


def test_a_batch_ends_where_the_counts_say() -> None:
    walks = [race.walks(FIVE, 1, np.random.default_rng(seed)) for seed in range(6)]
    counts = race.Counts(FIVE, 1)
    for each in walks:
        counts.see(each)
    episodes = [each.one(0) for each in walks]
    td, carlo = FIVE.values(), FIVE.values()
    methods.batch(td, episodes, methods.td0, alpha=0.01)
    methods.batch(carlo, episodes, methods.monte_carlo, alpha=0.01)
    assert td == pytest.approx(counts.td()[0], abs=1e-4)
    assert carlo == pytest.approx(counts.monte_carlo()[0], abs=1e-4)


def test_of_one_experience_td_makes_more_than_monte_carlo() -> None:
    """Figure 6.2: the batch error of TD lies below that of Monte Carlo, all the way."""
    learner: Any = None
    run = Run(PRESETS["batch"])
    drain(train(run))
    learner = run.once(build)
    errors = np.array(learner.history)  # TD, then MC
    assert (errors[5:, 0] < errors[5:, 1]).all()
    assert errors[-1, 0] == pytest.approx(0.036, abs=0.01)


@pytest.mark.slow
def test_the_errors_of_the_walk_are_the_published_ones() -> None:
    for one in lesson.references:
        if one.preset == "paper":
            config = replace(PRESETS["paper"], **one.knobs)
            assert last(config)["rms"] == pytest.approx(one.value, abs=one.tolerance), one.label


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["n-step", "lambda"])
def test_the_sweeps_are_those_of_the_book(preset: str) -> None:
    ours = [row["rms"] for row in rows(PRESETS[preset])]
    for one in (one for one in lesson.references if one.preset == preset):
        assert isinstance(one.at, int)
        assert ours[one.at] == pytest.approx(one.value, abs=one.tolerance), one.label


@pytest.mark.parametrize(
    ("runs", "within"), [(60, 0.025), pytest.param(300, 0.012, marks=pytest.mark.slow)]
)
def test_some_runs_already_show_the_errors_of_the_walk(runs: int, within: float) -> None:
    run = Run(replace(PRESETS["quick"], runs=runs))
    drain(train(run))
    learner: Any = run.once(build)
    names = ["TD α .1", "TD α .05", "TD α .15", "MC .01", "MC .02", "MC .03", "MC .04"]
    known = [0.0549, 0.0351, 0.07, 0.0980, 0.0829, 0.0943, 0.1077]
    for name, ours, theirs in zip(names, learner.history[-1], known, strict=True):
        assert ours == pytest.approx(theirs, abs=within), name


# Grid worlds


FIXED = {
    "04": 80.0, "13": 64.0, "15": 100.0, "23": 64.0, "31": 80.0,
    "32": 51.2, "34": 80.0, "40": 64.0, "43": 64.0, "45": 100.0,
}  # fmt: skip


def test_the_six_rooms_come_to_their_fixed_point_exactly() -> None:
    row = last(PRESETS["rooms"])
    assert {name[1:]: value for name, value in row.items() if name[0] == "Q"} == FIXED
    assert row["rms"] == 0.0


def test_every_method_finds_the_way_out_of_the_rooms() -> None:
    world = six_rooms()
    for name, guess in GUESSES.items():
        Q, draw = world.nothing(), random.Random(8).random
        for _ in range(400):
            drain(episode(world, Q, guess, 0.2, 0.8, 0.2, draw))
        for start in world.starts:
            path = greedy_path(world, Q, start)
            assert world.ends[path[-1]], name
            assert len(path) <= 4


def test_one_number_decides_whether_and_what_to_try() -> None:
    row = np.array([1.0, -np.inf, 3.0, 3.0])
    draws = [epsilon_greedy(row, 0.3, (i + 0.5) / 3_000) for i in range(3_000)]
    assert [draws.count(a) for a in range(4)] == [300, 0, 1_350, 1_350]
    assert epsilon_greedy(row, 0.0, 0.0) == 2
    assert epsilon_greedy(row, 1.0, 0.999999) == 3
    assert expected_sarsa(np.array([0.0, -4.0]), 0, 0.5) == -1.0


@pytest.mark.parametrize("method", list(GUESSES))
def test_many_cliffs_at_once_have_the_bits_of_each_alone(method: str) -> None:
    world, R = cliff(), 4
    draws = [np.random.default_rng(seed) for seed in range(R)]
    alone = [np.random.default_rng(seed) for seed in range(R)]
    fast = np.tile(world.nothing(), (R, 1, 1))
    slow = [world.nothing() for _ in range(R)]
    for _ in range(15):
        brought = abreast.episode(
            world,
            fast,
            method,
            0.5,
            1.0,
            0.1,
            lambda runs: np.array([draws[i].random() for i in runs]),
        )
        for i in range(R):
            rule = (GUESSES[method], 0.5, 1.0, 0.1)
            changes = list(episode(world, slow[i], *rule, alone[i].random))
            assert sum(change.reward for change in changes) == brought[i]
    assert np.array_equal(fast, np.array(slow))


def soft_value(epsilon: float) -> float:
    """What the best ε-soft policy brings from the start of the cliff, by value iteration."""
    world = cliff()
    Q = np.where(world.open, 0.0, 0.0)
    for _ in range(5_000):
        V = (1 - epsilon) * Q.max(-1) + epsilon * Q.mean(-1)
        V[world.ends] = 0.0
        Q = world.reward + V[world.after]
    return float(V[world.starts[0]])


@pytest.mark.slow
def test_at_the_cliff_sarsa_is_ahead_while_it_learns_and_q_learning_after() -> None:
    row = {name: last(replace(PRESETS["cliff-500"], method=name)) for name in GUESSES}
    q, sarsa = row["q-learning"], row["sarsa"]
    assert q["greedy"] == -13.0
    assert sarsa["return_last"] == pytest.approx(-27, abs=2)
    assert q["return_last"] == pytest.approx(-51, abs=3)
    assert sarsa["return_last"] - q["return_last"] >= 15
    expected = row["expected-sarsa"]["return_last"]
    assert expected == pytest.approx(soft_value(0.1), abs=0.6)


@pytest.mark.parametrize(
    ("runs", "steps", "ahead"), [(4, 120, 5), pytest.param(12, 130, 12, marks=pytest.mark.slow)]
)
def test_a_few_cliffs_show_it_already(runs: int, steps: int, ahead: float) -> None:
    few = replace(PRESETS["cliff-500"], runs=runs, steps=steps, eval_every=steps)
    q, sarsa = (last(replace(few, method=name)) for name in ("q-learning", "sarsa"))
    assert q["greedy"] == -13.0
    assert sarsa["return_last"] - q["return_last"] >= ahead


def test_the_shortest_way_is_along_the_edge() -> None:
    world = cliff()
    Q = best_values(world, 1.0)
    path = greedy_path(world, Q)
    assert path_return(world, path, Q) == -13
    assert path[1:-1] == list(range(24, 36))


# Tic-tac-toe


def test_some_thousand_games_against_itself_are_nearly_enough() -> None:
    table = Indexed(symmetry=True)
    table.play(6_000, 0.2, 0.1, random.Random(1).random)
    assert play(GAME, table.best, GAME.moves).loss < 0.01
    assert play(GAME, GAME.moves, table.best).win < 0.05


@pytest.mark.slow
@pytest.mark.parametrize("symmetry", [False, True])
def test_forty_thousand_games_against_itself_are_enough_to_play_perfectly(symmetry: bool) -> None:
    table = Indexed(symmetry)
    table.play(40_000, 0.2, 0.1, random.Random(1).random)
    assert play(GAME, table.best, GAME.moves).loss == 0
    assert play(GAME, GAME.moves, table.best).win == 0
    assert play(GAME, table.best, perfect().best).draw == pytest.approx(1)
    assert play(GAME, perfect().best, table.best).draw == pytest.approx(1)
    assert len(table.boards) == (765 if symmetry else 5_478)
    assert sum(table.seen) <= len(table.boards)


@pytest.mark.parametrize("symmetry", [False, True])
def test_the_fast_table_plays_the_games_of_the_taught_one(symmetry: bool) -> None:
    taught, fast = Afterstates(symmetry), Indexed(symmetry)
    one, two = random.Random(2).random, random.Random(2).random
    for _ in range(300):
        *_, turn = taught.game(0.2, 0.1, one)
        assert fast.play(1, 0.2, 0.1, two) == [GAME.result(turn.after)]
    assert taught.V
    assert all(fast.value(board) == value for board, value in taught.V.items())


def test_menace_gives_beads_for_what_was_drawn() -> None:
    machine = Menace()
    assert machine.box((0, 0)) == {0: 4, 1: 4, 4: 4}
    machine.learn([((0, 0), 4)], 1)
    assert machine.box((0, 0)) == {0: 4, 1: 4, 4: 7}
    assert machine.odds((0, 0))[4] == pytest.approx(7 / 15)
    assert machine.odds((0, 0))[8] == pytest.approx(4 / 15 / 4)  # one of four corners
    for state in random.Random(3).sample(list(Table(GAME).known or [(1, 0), (1, 16)]), 2):
        assert sum(machine.odds(state).values()) == pytest.approx(1)
    for _ in range(9):
        machine.learn([((0, 0), 0)], -1)
    assert machine.box((0, 0))[0] == 0
    single = Menace()
    single.boxes[(0, 0)] = {0: 1, 1: 0, 4: 0}
    single.learn([((0, 0), 0)], -1)
    assert single.box((0, 0))[0] == 1  # the last bead stays


def test_a_bead_is_drawn_as_often_as_its_share() -> None:
    machine, state = Menace(), (0b10_0000_0000 >> 1, 0b1)  # X in c3, O in a1
    odds, drawn = machine.odds(state), [0] * 9
    for i in range(5_000):
        move, _, _ = machine.draw(state, (i + 0.5) / 5_000)
        drawn[move] += 1
    for chance in odds.values():
        mirror = [other for other, same in odds.items() if same == chance]
        share = sum(drawn[other] for other in mirror) / 5_000
        assert share == pytest.approx(sum(odds[other] for other in mirror), abs=1e-3)


@pytest.mark.slow
def test_menace_against_perfect_play_loses_about_66_games_long() -> None:
    """Games before twenty in a row that are not lost, with beads +1, 0, −1; reported: 66."""
    before = []
    for seed in range(100):
        machine, draw = Menace((1, 0, -1)), random.Random(seed).random
        played, streak = 0, 0
        while streak < 20 and played < 1_000:
            streak = 0 if machine.game(perfect().best, draw) < 0 else streak + 1
            played += 1
        before.append(played - streak)
    assert np.median(before) == pytest.approx(66, abs=10)


def test_menace_gets_better_against_a_random_player() -> None:
    few = last(replace(PRESETS["menace"], steps=1, episodes=1))
    many = last(replace(PRESETS["menace"], eval_every=1_000))
    assert many["loss_random"] < 0.5 * few["loss_random"]


# DQN


def test_cartpole_is_gymnasiums() -> None:
    gymnasium = pytest.importorskip("gymnasium", reason="gymnasium is not installed")
    from lessons.td.cartpole import CartPole

    ours, theirs = CartPole(), gymnasium.make("CartPole-v1")
    rng = random.Random(9)
    for seed in range(20):
        mine, _ = ours.reset(seed)
        other, _ = theirs.reset(seed=seed)
        assert np.array_equal(mine, other)
        assert mine.dtype == other.dtype
        done = False
        while not done:
            action = rng.randrange(2) if seed % 2 else int(mine[2] + 0.3 * mine[3] > 0)
            mine, reward, ended, cut, _ = ours.step(action)
            other, paid, over, short, _ = theirs.step(action)
            assert mine == pytest.approx(other, rel=1e-6, abs=1e-7)
            assert (reward, ended, cut) == (paid, over, short)
            done = ended or cut
    with pytest.raises(ValueError, match="left"):
        ours.step(2)


def test_the_targets_of_dqn_by_hand() -> None:
    import torch

    from lessons.td.dqn import Batch, QNet, targets

    class Fixed(QNet):
        def __init__(self, rows: list[list[float]]) -> None:
            super().__init__(1, 3, 1)
            self.rows = torch.tensor(rows)

        def forward(self, states: torch.Tensor) -> torch.Tensor:
            return self.rows[: len(states)]

    own = Fixed([[5.0, 1.0, 9.0]] * 2)
    frozen = Fixed([[1.0, 4.0, 8.0]] * 2)
    allowed = torch.tensor([[True, True, False]] * 2)
    batch = Batch(
        torch.zeros(2, 1), torch.zeros(2, dtype=torch.long), torch.tensor([1.0, 1.0]),
        torch.zeros(2, 1), torch.tensor([0.0, 1.0]), allowed,
    )  # fmt: skip
    assert targets(batch, own, frozen, 0.5, double=False).tolist() == [3.0, 1.0]
    assert targets(batch, own, frozen, 0.5, double=True).tolist() == [1.5, 1.0]
    assert targets(batch, own, frozen, 0.5, double=False, sign=-1).tolist() == [-1.0, 1.0]


def test_a_replay_is_a_ring_and_comes_back_as_it_was() -> None:
    from lessons.td.dqn import Replay

    replay = Replay(3, 1, 2)
    for i in range(5):
        replay.add(np.array([i]), i % 2, float(i), np.array([i + 1]), i == 4)
    assert sorted(replay.rewards.tolist()) == [2.0, 3.0, 4.0]
    again = Replay(3, 1, 2)
    again.load_state_dict(replay.state_dict())
    assert again.added == 5
    for a, b in zip(
        replay.sample(8, np.random.default_rng(1)), again.sample(8, np.random.default_rng(1)),
        strict=True,
    ):  # fmt: skip
        assert a.tolist() == b.tolist()


@pytest.mark.slow
def test_dqn_learns_tic_tac_toe() -> None:
    row = last(PRESETS["dqn"])
    assert row["loss_random"] < 0.01
    assert row["draw_minimax"] > 0.9


@pytest.mark.slow
def test_dqn_learns_to_balance() -> None:
    found = [row["greedy"] for row in rows(PRESETS["cartpole"]) if "greedy" in row]
    assert max(found) >= 195


# Mistakes, bad input, resume


SMALL: dict[str, Config] = {
    "walk": replace(PRESETS["quick"], steps=8, runs=5, eval_every=3),
    "batch": replace(PRESETS["batch"], steps=8, runs=5, eval_every=3),
    "sweep": replace(PRESETS["n-step"], world="walk5", steps=4, runs=3),
    "rooms": replace(PRESETS["rooms"], steps=12, eval_every=4),
    "cliff": replace(PRESETS["cliff"], steps=12, eval_every=4),
    "cliffs": replace(PRESETS["cliff-500"], steps=8, runs=3, eval_every=4),
    "afterstate": replace(PRESETS["afterstate"], steps=8, episodes=5, eval_every=4),
    "menace": replace(PRESETS["menace"], steps=8, episodes=2, eval_every=4),
    "dqn": replace(PRESETS["dqn"], steps=8, episodes=4, hidden=8, batch=16, eval_every=4),
    "cartpole": replace(PRESETS["cartpole"], steps=16, hidden=8, batch=16, eval_every=8),
}


def made(store: Path, config: Config, name: str) -> RunFolder:
    knobs = [f"{key}={value}" for key, value in vars(config).items()]
    return client.create(
        store, ENTRY, preset="tiny", knobs=tuple(knobs), where="cpu", name=name, threads=1
    )


def told(run: RunFolder) -> list[dict[str, float]]:
    return [{key: value for key, value in row.items() if key != "time"} for row in run.rows()]


@pytest.mark.parametrize("name", list(SMALL))
def test_every_learner_goes_on_as_if_it_had_not_stopped(name: str, tmp_path: Path) -> None:
    whole, halted = (made(tmp_path, SMALL[name], each) for each in ("whole", "halted"))
    assert drive.work(whole) == 0, whole.status().error

    def stop(kind: str, value: Any) -> None:
        if kind == "row" and value["step"] == SMALL[name].steps // 2 - 1:
            append_json(halted.path / "control.jsonl", {"id": "s", "action": "stop"})

    assert drive.work(halted, listeners=(stop,)) == 0
    assert halted.status().state == "stopped"
    assert drive.work(halted) == 0, halted.status().error
    assert told(halted) == told(whole)
    one, two = (run.checkpoints()[-1][1] for run in (whole, halted))
    for file in one.glob("*.safetensors"):
        assert file.read_bytes() == (two / file.name).read_bytes()


def test_the_same_seed_is_the_same_game() -> None:
    for name in ("afterstate", "menace", "walk", "cliff"):
        config = replace(SMALL[name], steps=4, eval_every=4)
        once = rows(config, 5)
        assert once == rows(config, 5)
        assert once != rows(config, 6)


def test_an_alpha_that_is_not_used_never_comes_to_rest() -> None:
    right = replace(PRESETS["quick"], runs=30, steps=30, alpha=0.05)
    wrong = replace(right, mistake="alpha-unused")
    assert last(wrong)["rms"] > 2 * last(right)["rms"]
    short = replace(wrong, steps=5)
    assert rows(short) == rows(replace(short, alpha=0.3))  # α does nothing


def test_without_gamma_every_door_is_worth_the_same() -> None:
    row = last(replace(PRESETS["rooms"], mistake="gamma-left-out"))
    assert {value for name, value in row.items() if name[0] == "Q"} == {100.0}
    assert row["rms"] > 25


def test_an_epsilon_that_never_falls_never_gets_calm() -> None:
    config = replace(PRESETS["falling"], steps=60, runs=3, method="q-learning")
    right, wrong = last(config), last(replace(config, mistake="epsilon-never-falls"))
    assert (right["epsilon"], wrong["epsilon"]) == (0.0, 0.1)
    assert right["return"] == -13
    assert wrong["return_last"] < right["return_last"] - 5
    assert falling(replace(config, steps=5, epsilon=1.0, fall=0.5), 1) == 0.5


def test_an_end_that_is_guessed_at_lifts_all_values() -> None:
    for method in ("td0", "n-step", "td-lambda"):
        config = replace(PRESETS["quick"], runs=30, steps=25, alpha=0.3, method=method)
        wrong = replace(config, mistake="terminal-bootstraps")
        run = Run(wrong)
        drain(train(run))
        learner: Any = run.once(build)
        off = learner.V[0].mean(0)[1:-1] - FIVE.truth()[1:-1]
        assert (off > 0.15).all(), method  # on the way to ½ too much
    endless = replace(PRESETS["rooms"], steps=600, eval_every=600)
    rooms = last(replace(endless, mistake="terminal-bootstraps"))
    assert rooms["Q15"] == pytest.approx(500, abs=1)  # 100 / (1 − γ)


def test_a_sum_that_is_one_short_forgets_the_reward() -> None:
    config = replace(PRESETS["quick"], runs=30, steps=50, method="n-step", n=2)
    right, wrong = last(config), last(replace(config, mistake="n-off-by-one"))
    assert wrong["rms"] > 2 * right["rms"]


def test_an_end_is_no_state_to_go_on_from_with_a_net_either() -> None:
    config = SMALL["cartpole"]
    assert rows(replace(config, mistake="terminal-bootstraps")) != rows(config)
    assert rows(replace(config, mistake="gamma-left-out")) != rows(config)


@pytest.mark.parametrize(
    ("knobs", "word"),
    [
        ({"world": "rooms", "method": "td0"}, "q-learning"),
        ({"world": "walk5", "method": "dqn"}, "td0"),
        ({"world": "rooms", "method": "q-learning", "runs": 2}, "runs=1"),
        ({"world": "walk5", "mistake": "gamma-left-out"}, "world=rooms"),
        ({"method": "td0", "mistake": "n-off-by-one"}, "method=n-step"),
        ({"method": "monte-carlo", "mistake": "terminal-bootstraps"}, "method=td0"),
        ({"world": "cliff", "method": "sarsa", "sweep": "n"}, "sweep=none"),
    ],
)
def test_knobs_that_do_not_go_together_are_refused(knobs: dict[str, Any], word: str) -> None:
    with pytest.raises(LabError, match=word):
        build(Run(replace(Config(), **knobs)))


def test_each_method_has_a_world_and_each_mistake_too() -> None:
    assert set(SHOWS) == {mistake.name for mistake in lesson.mistakes}
    for preset in PRESETS.values():
        assert preset.method in METHODS[preset.world]
    assert len(ALPHAS) == len(set(ALPHAS.tolist()))


# The agent


@pytest.mark.parametrize("name", ["afterstate", "menace", "dqn"])
def test_a_run_plays_tic_tac_toe(name: str) -> None:
    run = Run(SMALL[name])
    drain(train(run))
    state = GAME.start()
    while GAME.result(state) is None:
        *_, thought = think(run, GAME, state)
        assert thought.move in GAME.moves(state)
        if name != "menace":
            assert set(thought.values) == set(GAME.moves(state))
            assert thought.value == max(thought.values.values())
        state = GAME.apply(state, thought.move)
    with pytest.raises(LabError, match="over"):
        next(think(run, GAME, state))


def test_a_run_that_learned_takes_the_win_for_either_side() -> None:
    run = Run(replace(PRESETS["afterstate"], steps=100, eval_every=100))
    drain(train(run))
    x_wins = (0b11, 0b11000)
    *_, thought = think(run, GAME, x_wins)
    assert (thought.move, thought.value) == (2, 1.0)
    o_to_move = (0b001_000_110, 0b000_011_000)  # X: b1 c1 a3, O: a2 b2, so c2 wins
    *_, thought = think(run, GAME, o_to_move)
    assert (thought.move, thought.value) == (5, 1.0)


def test_a_run_of_another_world_does_not_play() -> None:
    from lessons.blocks.games import MNK

    with pytest.raises(LabError, match="world=tic-tac-toe"):
        next(think(Run(PRESETS["rooms"]), GAME, (0, 0)))
    with pytest.raises(LabError, match="not 4x4x3"):
        next(think(Run(SMALL["afterstate"]), MNK(4, 4, 3), (0, 0)))
