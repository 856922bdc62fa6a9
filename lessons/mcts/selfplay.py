"""Self-play: the net plays both sides, its search is its teacher (Silver et al. 2018).

    at each move   pi = N^(1/T), the search's policy; a move is drawn from pi
    at the end     z = the result, seen by the player who was to move
    examples       (position, pi, z), each also turned and mirrored

All games of a batch are played side by side, so the net is asked for many positions at once.
A game opens with a few random moves, lest the net sees nothing but what it likes.

Leaves out: resignation, a replay buffer by age (here the newest positions), and the arena of
AlphaGo Zero in which a new net has to beat the old one (AlphaZero dropped it).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from lessons.blocks.games.symmetry import mirror, permutations
from lessons.mcts.batch import EvaluateAll, Forest
from lessons.mcts.net import Net, planes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zhtui.lab import Game

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Play:
    """How games are played: simulations a move, temperature for so many plies, noise, openings."""

    simulations: int = 50
    c: float = 1.25
    temperature: float = 1.0
    plies: int = 6  # after these the most visited move is played
    alpha: float = 1.0  # Dirichlet's; the paper takes about 10 / moves
    share: float = 0.25
    opening: int = 6  # random moves at most before the search begins
    flip_value: bool = True  # the result is told to the player who was to move


@dataclass(frozen=True)
class Examples:
    """(n, 2, R, C) planes, (n, A) policies, (n,) results for the mover."""

    planes: NDArray[np.float32]
    pi: NDArray[np.float32]
    z: NDArray[np.float32]


def evaluator(net: Net, game: Game[Any], device: str = "cpu") -> EvaluateAll:
    """The net as `Forest` asks it: priors over all moves, values; states that it saw are kept."""
    known: dict[Any, tuple[Floats, float]] = {}

    def evaluate(states: Sequence[Any]) -> tuple[Floats, Floats]:
        new = [state for state in dict.fromkeys(states) if state not in known]
        if new:
            with torch.no_grad():
                logits, values = net(torch.from_numpy(planes(game, new)).to(device))
            priors = logits.double().softmax(-1).cpu().numpy()  # (B, A)
            for state, prior, value in zip(new, priors, values.double().tolist(), strict=True):
                known[state] = prior, value
        found = [known[state] for state in states]
        return np.stack([prior for prior, _ in found]), np.array([value for _, value in found])

    return evaluate


def play(
    game: Game[Any],
    evaluate: EvaluateAll,
    games: int,
    how: Play,
    rng: np.random.Generator,
    told: Callable[[int], None] = lambda left: None,
) -> tuple[Examples, list[int]]:
    """So many games from their openings to their ends: the examples, and the results."""
    states = [opened(game, int(rng.integers(how.opening + 1)), rng) for _ in range(games)]
    seen: list[list[tuple[Any, Floats]]] = [[] for _ in states]
    going = list(range(games))
    ply = 0
    while going:
        visits = searched(game, [states[g] for g in going], evaluate, how, rng)
        shares = visits / visits.sum(-1, keepdims=True)  # (G, A)
        for g, row, tried in zip(going, shares, visits, strict=True):
            seen[g].append((states[g], row))
            states[g] = game.apply(states[g], drawn(tried, ply, how, rng))
        going = [g for g in going if game.result(states[g]) is None]
        ply += 1
        told(len(going))
    results = [int(game.result(state) or 0) for state in states]
    return examples(game, seen, results, how), results


def opened(game: Game[Any], plies: int, rng: np.random.Generator) -> Any:
    """A position after some random moves that is not over."""
    state = game.start()
    for _ in range(plies):
        moves = game.moves(state)
        after = game.apply(state, moves[int(rng.integers(len(moves)))])
        if game.result(after) is not None:
            break
        state = after
    return state


def searched(
    game: Game[Any],
    states: Sequence[Any],
    evaluate: EvaluateAll,
    how: Play,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """(G, A) visits of each position's moves, with noise at the roots where there is a share."""
    forest = Forest(game, states, how.simulations, evaluate, c=how.c)
    if how.share:
        legal = forest.legal[:, 0]  # (G, A)
        raw = rng.standard_gamma(how.alpha, legal.shape) * legal
        forest.stir(raw / raw.sum(-1, keepdims=True), how.share)
    return forest.grow()


def drawn(visits: NDArray[np.int64], ply: int, how: Play, rng: np.random.Generator) -> int:
    """A move drawn from N^(1/T), or the most visited one after the first plies."""
    if ply >= how.plies or how.temperature == 0:
        return int(visits.argmax())
    weights = (visits / visits.max()) ** (1 / how.temperature)
    return int(rng.choice(len(weights), p=weights / weights.sum()))


def examples(
    game: Game[Any],
    seen: Sequence[Sequence[tuple[Any, Floats]]],
    results: Sequence[int],
    how: Play,
) -> Examples:
    """What the net learns from: a win of player 0 is z = +1 where it is to move, −1 where not."""
    states = [state for row in seen for state, _ in row]
    pi = [policy for row in seen for _, policy in row]
    z = []
    for row, result in zip(seen, results, strict=True):
        for state, _ in row:
            second = game.to_move(state) == 1 and how.flip_value
            z.append(-result if second else result)
    whole = planes(game, states)
    return Examples(whole, np.array(pi, np.float32), np.array(z, np.float32))


def images(game: Game[Any], these: Examples) -> Examples:
    """The examples turned and mirrored: 8 of a square board, 2 of connect four."""
    rows, columns = game.squares
    if game.size == columns:  # a move is a column
        turned = np.array(mirror(columns))
        both = (these.planes, these.planes[..., ::-1]), (these.pi, these.pi[:, turned])
        z = np.concatenate([these.z] * 2)
        return Examples(np.concatenate(both[0]), np.concatenate(both[1]), z)
    flat = these.planes.reshape(len(these.z), 2, -1)  # (n, 2, R C)
    boards, policies = [], []
    for way in permutations(rows, columns):
        back = np.argsort(way)  # what stood on i stands on way[i]
        boards.append(flat[:, :, back].reshape(these.planes.shape))
        policies.append(these.pi[:, back])
    z = np.concatenate([these.z] * len(boards))
    return Examples(np.concatenate(boards), np.concatenate(policies), z)


class Replay:
    """The newest examples, as a ring of `room`; kept whole in a checkpoint."""

    def __init__(self, room: int, shape: tuple[int, int, int], moves: int) -> None:
        self.room, self.count = room, 0
        self.planes = np.zeros((room, *shape), np.uint8)
        self.pi = np.zeros((room, moves), np.float32)
        self.z = np.zeros(room, np.float32)

    def add(self, these: Examples) -> None:
        """Takes examples in, the oldest give way."""
        places = (self.count + np.arange(len(these.z))) % self.room
        self.planes[places], self.pi[places], self.z[places] = these.planes, these.pi, these.z
        self.count += len(these.z)

    def draw(self, batch: int, rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """A batch with replacement: planes (B, 2, R, C), pi (B, A), z (B,)."""
        these = rng.integers(min(self.count, self.room), size=batch)
        boards = torch.from_numpy(self.planes[these].astype(np.float32))
        return boards, torch.from_numpy(self.pi[these]), torch.from_numpy(self.z[these])

    def state_dict(self) -> dict[str, Any]:
        """All of it, for a checkpoint."""
        return {"planes": self.planes, "pi": self.pi, "z": self.z, "count": self.count}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """All of it, from a checkpoint."""
        self.planes, self.pi, self.z = (np.array(state[key]) for key in ("planes", "pi", "z"))
        self.count = int(state["count"])
