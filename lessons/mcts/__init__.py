"""Lesson 18: which move is good is found by playing on, and by believing what won."""

from __future__ import annotations

from lessons.mcts.config import MISTAKES, PRESETS, Config
from zhtui.lab import Lesson, Question, Reference

UCT = "Kocsis and Szepesvari 2006; all positions of tic-tac-toe against minimax"
DECISIVE = "Teytaud and Teytaud 2010, decisive moves; 200 games against minimax"
ALPHAZERO = "Silver et al. 2018, held against minimax on all 4,520 positions"

lesson = Lesson(
    number=18,
    title="mcts",
    summary="a tree that grows where winning is likely",
    part="playing",
    config=Config,
    presets=PRESETS,
    figure="optimal",
    higher=True,
    noisy=("loss", "policy_loss", "value_loss", "games_a_second"),
    charts={
        "optimal moves": (
            "optimal",
            "optimal_x",
            "optimal_o",
            "policy_optimal",
            "tactical",
            "score_uct",
        ),
        "loss": ("loss", "policy_loss", "value_loss"),
        "games": ("draws", "elo_uct", "lost"),
    },
    scenes=("uct", "puct", "agreement"),
    subjects=("mcts",),
    mistakes=MISTAKES,
    references=(
        Reference(
            "optimal",
            1.0,
            0.01,
            "perfect play, 50 simulations",
            ALPHAZERO,
            preset="paper",
            seeds=(1337,),
        ),
        Reference(
            "tactical",
            1.0,
            0.0005,
            "UCT at 1,000 simulations",
            UCT,
            preset="uct",
            seeds=(1337, 1, 2),
            line=False,
        ),
        Reference(
            "lost",
            0.0,
            0.0,
            "games of 200 lost to minimax at 1,000",
            DECISIVE,
            preset="decisive",
            seeds=(1337, 1, 2),
            line=False,
        ),
    ),
    questions=(
        Question(
            ask="How many random games does it take to find a good move?",
            predict="UCT looks at positions with a win in one, or one threat to block. With one "
            "simulation it plays right by luck in half of them. And with 10?",
            metric="tactical",
            at=3,
            preset="uct-quick",
            see="0.84 to 0.91 on 150 positions; with 50 it is above 0.99.",
            say="A win in one is found as soon as its move was tried. A threat needs more: the "
            "opponent's winning reply must be tried often enough to pull the mean down.",
        ),
        Question(
            ask="What does turning the board do?",
            predict="A net that always sees the player to move as the first plays right in most "
            "positions after 12 rounds. If only the board is turned and not the result, which "
            "share of O's moves is optimal?",
            metric="optimal_o",
            preset="canonical",
            known={"turned with the result": 0.99},
            see="About half, hardly better than chance; X's own moves get worse too.",
            say="O learns that X's wins are good for whoever is to move. A canonical form turns "
            "the board and the value, or neither.",
        ),
        Question(
            ask="Is the search better than the net that guides it?",
            predict="After the first two rounds, in which share of positions does the net alone, "
            "without a search, name an optimal move?",
            metric="policy_optimal",
            at=1,
            see="About 0.80 to 0.90; the search with 50 simulations is near 0.98 by then.",
            say="The search corrects the net, and the net learns the correction. Each round the "
            "teacher is a little better than the pupil.",
        ),
    ),
)
