"""DQN in a run: tic-tac-toe against itself, or CartPole."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import torch

from lessons.blocks.games.tic_tac_toe import State, TicTacToe
from lessons.td import views
from lessons.td.cartpole import CartPole
from lessons.td.config import Config
from lessons.td.dqn import Array, QNet, Replay, follow, learn, seen
from lessons.td.experiments.board import BOTH, History, measured, show, undecided
from lessons.td.experiments.grid import LAST, falling
from zhtui.lab import Run

GAME = TicTacToe()
TRIES = 5  # greedy episodes of CartPole that a look takes the mean of


class Learner:
    """A net, its target net, its optimizer and what it remembers."""

    def __init__(self, run: Run, inputs: int, actions: int, sign: float) -> None:
        config = run.config
        self.net = QNet(inputs, actions, config.hidden).to(run.device)
        self.frozen = QNet(inputs, actions, config.hidden).to(run.device)
        follow(self.frozen, self.net)
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=config.lr, fused=True)
        self.replay = Replay(config.replay, inputs, actions)
        self.updates, self.sign, self.device = 0, sign, run.device
        self.history = History()

    def parts(self) -> dict[str, Any]:
        """What a checkpoint holds; `memory` is needed by who learns on, not by who plays."""
        parts = {"net": self.net, "frozen": self.frozen, "optimizer": self.optimizer}
        return parts | {"memory": self, "history": self.history}

    def update(self, config: Config, rng: np.random.Generator) -> float:
        """One step of descent on a batch of what is remembered; returns its loss."""
        batch = self.replay.sample(config.batch, rng)
        for group in self.optimizer.param_groups:
            group["lr"] = config.lr
        if config.mistake == "terminal-bootstraps":  # an end is taken for a state like others
            batch = batch._replace(ended=torch.zeros_like(batch.ended))
        batch = type(batch)(*(field.to(self.device) for field in batch))
        gamma = 1.0 if config.mistake == "gamma-left-out" else config.gamma
        rule = (gamma, config.double, self.sign)
        loss = learn(batch, self.net, self.frozen, self.optimizer, *rule)
        self.updates += 1
        if self.updates % config.target_every == 0:
            follow(self.frozen, self.net)
        return float(loss)

    @torch.no_grad()
    def values(self, states: Array) -> Array:
        """Q (B, A) of states (B, D)."""
        out: Array = self.net(torch.from_numpy(states).to(self.device)).cpu().numpy()
        return out

    def state_dict(self) -> dict[str, Any]:
        """The memory and the number of updates."""
        return {"replay": self.replay.state_dict(), "updates": self.updates}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Takes both back."""
        self.replay.load_state_dict(state["replay"])
        self.updates = int(state["updates"])


@cache
def positions() -> tuple[dict[State, int], Array, Array]:
    """Each undecided board's row; all as a net sees them (4520, 9); what is allowed (4520, 9)."""
    boards = undecided()
    as_seen = np.stack([seen(board, GAME.to_move(board)) for board in boards])
    return {board: i for i, board in enumerate(boards)}, as_seen, as_seen == 0


class BoardNet:
    """Tic-tac-toe by DQN: what is good for who moves next is bad for me."""

    def __init__(self, run: Run) -> None:
        self.learner = Learner(run, 9, 9, sign=-1.0)
        self.history = self.learner.history

    def parts(self) -> dict[str, Any]:
        """What a checkpoint holds."""
        return self.learner.parts()

    def learn(self, run: Run) -> dict[str, float]:
        """`episodes` games side by side, an update of the net for every three moves."""
        config, epsilon = run.config, falling(run.config, run.step)
        rng = np.random.default_rng(run.rng.getrandbits(64))
        playing, ends, losses = [GAME.start()] * config.episodes, [], []
        while playing:
            after = [self.move(state, Q, epsilon, rng) for state, Q in self.asked(playing)]
            if len(self.learner.replay) >= config.batch:
                for _ in range(max(1, len(playing) // 3)):
                    losses.append(self.learner.update(config, rng))
            ends += [result for state in after if (result := GAME.result(state)) is not None]
            playing = [state for state in after if GAME.result(state) is None]
        self.history.results.append(sum(ends) / len(ends))
        loss = sum(losses) / max(1, len(losses))
        return {"return": self.history.results[-1], "td_loss": loss, "epsilon": epsilon}

    def asked(self, boards: list[State]) -> list[tuple[State, Array]]:
        """Each board with Q (9,) of its squares, −∞ where one is taken."""
        as_seen = np.stack([seen(board, GAME.to_move(board)) for board in boards])
        Q = np.where(as_seen == 0, self.learner.values(as_seen), -np.inf)
        return list(zip(boards, Q, strict=True))

    def move(self, state: State, Q: Array, epsilon: float, rng: np.random.Generator) -> State:
        """Makes a move, tried or best, and remembers it: 1 for the move that wins, else 0."""
        mover, explore = GAME.to_move(state), rng.random() < epsilon
        move = int(rng.choice(GAME.moves(state))) if explore else int(Q.argmax())
        after = GAME.apply(state, move)
        ended, reward = GAME.result(after) is not None, float(abs(GAME.result(after) or 0))
        then = seen(after, 1 - mover)
        before = seen(state, mover)
        self.learner.replay.add(before, move, reward, then, ended, (then == 0) | ended)
        return after

    def values(self, state: State) -> dict[int, float]:
        """Q of each move, as who moves sees it."""
        _, Q = self.asked([state])[0]
        return {move: float(Q[move]) for move in GAME.moves(state)}

    def policy(self) -> dict[State, list[int]]:
        """The move in every undecided board."""
        rows, as_seen, allowed = positions()
        best = np.where(allowed, self.learner.values(as_seen), -np.inf).argmax(1)
        return {board: [int(best[i])] for board, i in rows.items()}

    def look(self, run: Run) -> dict[str, float]:
        """Shows Q of a few boards and how it plays."""
        row = measured(self.policy().__getitem__, BOTH)
        row["return_last"] = float(np.mean(self.history.results[-LAST:]))
        self.history.add((run.step + 1) * run.config.episodes, row)
        show(run, lambda state: views.moves(state, self.values(state)))
        run.show("score", views.score(self.history.rows))
        return row


class CartPoleRun:
    """CartPole by DQN; an update of the net every `update_every` steps of the cart."""

    def __init__(self, run: Run) -> None:
        self.world = CartPole()
        self.learner = Learner(run, CartPole.inputs, CartPole.actions, sign=1.0)
        self.history = self.learner.history

    def parts(self) -> dict[str, Any]:
        """What a checkpoint holds."""
        return self.learner.parts()

    def learn(self, run: Run) -> dict[str, float]:
        """`episodes` episodes."""
        config, epsilon = run.config, falling(run.config, run.step)
        rng, losses, brought = np.random.default_rng(run.rng.getrandbits(64)), [], 0.0
        for _ in range(config.episodes):
            brought, done = 0.0, False
            state, _ = self.world.reset(int(rng.integers(2**31)))
            while not done:
                explore = rng.random() < epsilon
                best = int(rng.integers(2)) if explore else self.greedy(state)
                after, reward, ended, cut, _ = self.world.step(best)
                self.learner.replay.add(state, best, reward, after, ended)
                state, done, brought = after, ended or cut, brought + reward
                due = self.learner.replay.added % config.update_every == 0
                if due and len(self.learner.replay) >= 4 * config.batch:
                    losses.append(self.learner.update(config, rng))
        self.history.results.append(brought)
        loss = sum(losses) / max(1, len(losses))
        return {"return": brought, "td_loss": loss, "epsilon": epsilon}

    def greedy(self, state: Array) -> int:
        """The better of the two pushes."""
        return int(self.learner.values(state[None]).argmax())

    def look(self, run: Run) -> dict[str, float]:
        """Shows an episode without tries; measures the mean of a few of them."""
        walks = [self.watch(seed) for seed in range(TRIES)]
        run.show("episode", views.pole(walks[0]))
        run.show("returns", views.returns(self.history.results))
        last = float(np.mean(self.history.results[-LAST:]))
        return {"greedy": float(np.mean([len(walk) for walk in walks])), "return_last": last}

    def watch(self, seed: int) -> list[tuple[float, float, float]]:
        """An episode without tries: (x, θ, max Q) a step."""
        world, rows, done = CartPole(), [], False
        state, _ = world.reset(seed)
        while not done:
            Q = self.learner.values(state[None])[0]
            rows.append((float(state[0]), float(state[2]), float(Q.max())))
            state, _, ended, cut, _ = world.step(int(Q.argmax()))
            done = ended or cut
        return rows
