"""The knobs of the lesson, its settings, and the mistakes that can be switched on."""

from __future__ import annotations

from dataclasses import dataclass, replace

from zhtui.lab import LabError, Mistake, knob, mistakes

NO_FLIP = Mistake(
    "no-flip",
    "a result is backed up without its sign turned: both sides count player X's wins as good",
    meters=("edges", "visits"),
    line="uct.py#back_up",
)
BY_VALUE = Mistake(
    "argmax-q",
    "the move is chosen by Q in place of visits: one lucky game decides",
    meters=("rule", "edges"),
    line="uct.py#best",
)
NEVER_TRIED = Mistake(
    "never-tried",
    "a move without a child is never tried: the move that was tried first gets all visits",
    meters=("visits", "tree"),
    line="uct.py#expand",
)
CANONICAL = Mistake(
    "canonical",
    "the board is turned for the player to move, the result is not: O learns to lose",
    meters=("optimal_o", "value_loss"),
    line="selfplay.py#examples",
)
MISTAKES = (NO_FLIP, BY_VALUE, NEVER_TRIED, CANONICAL)
GAMES = ("tic-tac-toe", "connect-four", "5x5x4")
METHODS = ("alphazero", "uct")
ROLLOUTS = ("random", "decisive")


@dataclass(frozen=True)
class Config:
    """Self-play of a net and its search, or UCT held against perfect play; a step is one round."""

    method: str = knob("alphazero", "self-play, or UCT at 1, 2, 5 … simulations", choices=METHODS)
    game: str = knob("tic-tac-toe", "what is played (or MxNxK, k in a row)")
    steps: int = knob(12, "rounds of self-play, or sizes of a search", low=1, high=100_000)
    games: int = knob(128, "games a round, side by side", low=1, high=4096)
    simulations: int = knob(50, "simulations a move", low=1, high=10_000, live=True)
    c: float = knob(1.4, "how much UCT tries out", low=0, high=100)
    rollouts: str = knob("random", "UCT plays on at random, or wins where it can", choices=ROLLOUTS)
    minimax: int = knob(0, "games of UCT against perfect play, each size", low=0, high=10_000)
    c_puct: float = knob(1.25, "how much PUCT trusts the priors", low=0, high=100, live=True)
    temperature: float = knob(1.0, "T of the first moves of a game", low=0, high=10, live=True)
    plies: int = knob(
        6, "moves that are drawn by visits; later moves are the most visited", low=0, high=1600
    )
    alpha: float = knob(1.0, "Dirichlet noise α at the root", low=0.01, high=100)
    share: float = knob(0.25, "share of the noise in the priors", low=0, high=1, live=True)
    opening: int = knob(6, "random moves before a game at most", low=0, high=1600)
    width: int = knob(128, "units a layer, or channels", low=4, high=1024)
    blocks: int = knob(0, "residual blocks; 0 is two plain layers", low=0, high=40)
    lr: float = knob(2e-3, "learning rate at the start; it falls evenly", low=0, high=1, live=True)
    decay: float = knob(1e-4, "weight decay", low=0, high=1)
    updates: int = knob(60, "gradient steps a round", low=1, high=100_000)
    batch: int = knob(512, "positions a gradient step", low=1, high=65_536)
    replay: int = knob(100_000, "positions that are kept", low=100, high=10_000_000)
    eval_every: int = knob(2, "rounds between two evaluations", low=1, high=100_000)
    match: int = knob(40, "games against UCT in an evaluation (larger boards)", low=2, high=1000)
    positions: int = knob(0, "positions that are examined; 0 is all", low=0, high=10_000)
    mistake: str = mistakes((CANONICAL,))


def check(config: Config) -> None:
    """Raises `LabError` where the knobs do not go together."""
    if config.method == "uct" and config.game != "tic-tac-toe":
        raise LabError("method=uct is held against perfect play; choose game=tic-tac-toe.")


BASE = Config()
PRESETS = {
    "tiny": replace(
        BASE, steps=3, games=8, simulations=6, width=16, updates=4, batch=32, replay=2_000,
        eval_every=2, positions=200,
    ),
    "quick": BASE,
    "paper": replace(BASE, steps=30, games=256, updates=100),
    "uct": replace(BASE, method="uct", steps=10, eval_every=1),
    "uct-quick": replace(BASE, method="uct", steps=8, eval_every=1, positions=150),
    "decisive": replace(
        BASE, method="uct", rollouts="decisive", minimax=200, steps=10, eval_every=1
    ),
    "canonical": replace(BASE, mistake="canonical"),
    "connect-four": replace(
        BASE, game="connect-four", steps=100, games=64, simulations=64, plies=12, opening=4,
        width=64, blocks=3, updates=100, batch=256, eval_every=5,
    ),
    "connect-four-gpu": replace(
        BASE, game="connect-four", steps=200, games=1024, simulations=200, plies=12, opening=4,
        width=128, blocks=5, updates=400, batch=1024, replay=1_000_000, eval_every=5,
    ),
    "5x5x4": replace(
        BASE, game="5x5x4", steps=80, games=64, simulations=64, plies=8, opening=4, width=64,
        blocks=2, updates=100, batch=256, eval_every=5,
    ),
}  # fmt: skip
