"""The knobs of a tournament, and its settings."""

from __future__ import annotations

from dataclasses import dataclass, replace

from zhtui.lab import knob


@dataclass(frozen=True)
class Config:
    """Every agent meets every other from both sides; a step is one game of each ordered pair."""

    agents: str = knob("random, minimax, mcts:50", "who plays, with commas (runs too: NAME@STEP)")
    game: str = knob("tic-tac-toe", "tic-tac-toe, connect-four, or MxNxK")
    steps: int = knob(
        40, "rounds; in one, each pair plays a game from both sides", low=1, high=10**7
    )
    shared: int = knob(1, "games each pair plays in a round", low=1, high=100_000)
    examine: bool = knob(True, "share of optimal moves, where the game is solved")
    eval_every: int = knob(10, "rounds between two updates of the table", low=1, high=10**7)


ODDS = Config(agents="random, minimax", steps=100, shared=100, examine=False, eval_every=20)
PRESETS = {
    "tiny": Config(agents="random, minimax", steps=5, eval_every=5),
    "quick": Config(),
    "paper": replace(ODDS, steps=200),
    "odds": ODDS,
    "simulations": Config(agents="mcts:10, mcts:30, mcts:100, mcts:300, minimax", steps=20),
    "connect-four": Config(
        agents="random, mcts:50, mcts:200", game="connect-four", steps=10, eval_every=2
    ),
    "four-in-a-row": Config(
        agents="random, mcts:50, mcts:200", game="5x5x4", steps=10, eval_every=2
    ),
}
