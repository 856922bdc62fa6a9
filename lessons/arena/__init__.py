"""The arena: human against agent, agent against agent, and tournaments."""

from __future__ import annotations

from lessons.arena.config import PRESETS, Config
from zhtui.lab import Lesson, Question, Reference

TREE = "closed form over all 255,168 games of tic-tac-toe"


def minimax(metric: str, value: float, label: str) -> Reference:
    """A figure of minimax (ties drawn evenly) against random."""
    return Reference(metric, value, 0.005, label, TREE, line=False)


lesson = Lesson(
    number=19,
    title="arena",
    summary="play, watch others play, and see who is better",
    part="playing",
    config=Config,
    presets=PRESETS,
    figure="draws",
    higher=True,
    charts={
        "games": ("x_wins", "draws", "o_wins"),
        "the second agent": (
            "second_x_win",
            "second_x_draw",
            "second_x_loss",
            "second_o_win",
            "second_o_draw",
            "second_o_loss",
        ),
        "Elo": ("elo_1", "elo_2", "elo_3", "elo_4", "elo_5", "elo_6"),
        "optimal moves": ("optimal_1", "optimal_2", "optimal_3", "optimal_4", "optimal_5"),
    },
    commands=("play",),
    references=(
        minimax("second_x_win", 0.96781, "minimax as X v random: wins"),
        minimax("second_x_draw", 0.03219, "minimax as X v random: draws"),
        minimax("second_x_loss", 0.0, "minimax as X v random: losses"),
        minimax("second_o_win", 0.77748, "minimax as O v random: wins"),
        minimax("second_o_draw", 0.22252, "minimax as O v random: draws"),
        minimax("second_o_loss", 0.0, "minimax as O v random: losses"),
    ),
    questions=(
        Question(
            ask="How often does perfect play win against chance?",
            predict="Minimax begins, its opponent plays random moves. Which share of the "
            "games does minimax win? (Among moves of equal value it chooses at random too.)",
            metric="second_x_win",
            preset="odds",
            see="0.968; never a loss. A player that counts on the opponent's mistakes would win "
            "0.995.",
            say="Perfect play is safe, not greedy: among moves that all draw it sees no "
            "difference, though some are harder to answer.",
        ),
        Question(
            ask="What is the first move worth?",
            predict="The same two, and minimax moves second. Which share does it win now?",
            metric="second_o_win",
            preset="odds",
            known={"as X": 0.968},
            see="0.777, and 0.223 draws.",
            say="X has five of nine squares. With perfect play of both it is still a draw.",
        ),
        Question(
            ask="Does a stronger player win more against a perfect one?",
            predict="mcts:10, mcts:30, mcts:100, mcts:300 and minimax play each other. What "
            "share of all games is drawn?",
            metric="draws",
            preset="simulations",
            see="0.47. Minimax and mcts:300 draw all games where mcts:300 begins; as O it loses "
            "about one in five.",
            say="Elo between two players who mostly draw says little about either: 120 and 114. "
            "The share of optimal moves tells them apart.",
        ),
    ),
)
