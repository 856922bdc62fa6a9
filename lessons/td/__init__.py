"""Lesson 17: learning what will come from what comes next."""

from __future__ import annotations

from typing import Any

from lessons.td.config import MISTAKES, PRESETS, Config
from zhtui.lab import Cell, Lesson, Question, Reference

BOOK = "Sutton and Barto, Reinforcement Learning, 2nd edition (2018)"
SEEDS = (1337, 1, 2)  # `verify` prints n, mean and spread
WALK = f"{BOOK}, example 6.2; computed over 1,000 runs"
ROOMS = "the six rooms of McCullock's Q-learning tutorial; γ = .8, goal 100"


def walked(method: str, alpha: float, value: float) -> Reference:
    """RMS error at episode 100 in the walk of five states; .005 is five errors of such a mean."""
    label = f"{'TD(0)' if method == 'td0' else 'Monte Carlo'}, α {alpha:g}, at episode 100"
    knobs: dict[str, Any] = {"method": method, "alpha": alpha}
    line = method == "td0"
    return Reference("rms", value, 0.005, label, WALK, knobs=knobs, line=line, seeds=SEEDS)


def swept(preset: str, step: int, setting: str, value: float, figure: str) -> Reference:
    """The best error of one setting in the walk of 19 states, read off the book's figure."""
    label = f"19 states, {setting}: best error over α"
    return Reference(
        "rms", value, 0.01, label, f"{BOOK}, {figure}", preset, at=step, line=False, seeds=SEEDS
    )  # fmt: skip


def door(name: str, value: float) -> Reference:
    """Q of a door of the six rooms: from a room into a room."""
    label = f"six rooms: from {name[0]} into {name[1]}"
    return Reference(f"Q{name}", value, 0.0, label, ROOMS, "rooms", line=False)


def fallen(method: str, value: float, tolerance: float) -> Reference:
    """Mean return of episodes 401 to 500 at the cliff, over 500 runs."""
    source = f"{BOOK}, example 6.6; computed over 500 runs (the book's curve is of one draw)"
    label = f"cliff, {method}: return online"
    knobs = {"method": method}
    return Reference(
        "return_last", value, tolerance, label, source, "cliff-500", knobs, line=False, seeds=SEEDS
    )  # fmt: skip


def perfect(metric: str, value: float, label: str) -> Reference:
    """What 40,000 games of afterstates come to; computed, so that no luck is in it."""
    source = "40,000 games, α .2, ε .1, against exact odds over all games"
    return Reference(metric, value, 1e-9, label, source, "afterstate", line=False)


def after_50(alpha: float) -> Cell:
    """The error of TD(0) after 50 walks."""
    return Cell("walk", "error", 0, 50, frame=0, ask={"alpha": alpha, "episodes": 50})


lesson = Lesson(
    number=17,
    title="td",
    summary="learning a guess from the next guess",
    part="playing",
    config=Config,
    presets=PRESETS,
    figure="rms",
    noisy=("return",),
    charts={
        "error": ("rms", "rms_average"),
        "return": ("return", "return_last", "greedy"),
        "against random": ("win_random", "draw_random", "loss_random"),
        "against minimax": ("draw_minimax", "loss_minimax"),
    },
    scenes=("walk", "rooms", "cliff", "board", "menace"),
    mistakes=MISTAKES,
    references=(
        walked("td0", 0.05, 0.0351),
        walked("td0", 0.1, 0.0549),
        walked("td0", 0.15, 0.0700),
        walked("monte-carlo", 0.01, 0.0980),
        walked("monte-carlo", 0.02, 0.0829),
        walked("monte-carlo", 0.03, 0.0943),
        walked("monte-carlo", 0.04, 0.1077),
        swept("n-step", 0, "n = 1", 0.347, "figure 7.2"),
        swept("n-step", 1, "n = 2", 0.278, "figure 7.2"),
        swept("n-step", 2, "n = 4", 0.264, "figure 7.2"),
        swept("n-step", 3, "n = 8", 0.283, "figure 7.2"),
        swept("n-step", 4, "n = 16", 0.313, "figure 7.2"),
        swept("lambda", 0, "λ = 0", 0.347, "figure 12.6"),
        swept("lambda", 1, "λ = .4", 0.275, "figure 12.6"),
        swept("lambda", 2, "λ = .8", 0.261, "figure 12.6"),
        swept("lambda", 3, "λ = .9", 0.285, "figure 12.6"),
        swept("lambda", 4, "λ = .95", 0.334, "figure 12.6"),
        door("04", 80.0), door("13", 64.0), door("15", 100.0), door("23", 64.0),
        door("31", 80.0), door("32", 51.2), door("34", 80.0), door("40", 64.0),
        door("43", 64.0), door("45", 100.0),
        fallen("sarsa", -27.0, 2.0),
        fallen("q-learning", -51.0, 3.0),
        Reference(
            "greedy", -13.0, 0.0, "cliff, q-learning: the way without tries",
            f"{BOOK}, example 6.6", "cliff-500", {"method": "q-learning"}, line=False, seeds=SEEDS,
        ),
        perfect("loss_random", 0.0, "afterstates: losses to random"),
        perfect("draw_minimax", 1.0, "afterstates: draws with perfect play"),
    ),
    questions=(
        Question(
            ask="A reward goes back door by door",
            predict="Six rooms. Going out into 5 pays 100, all else 0, and each step further "
            "away a reward is worth 0.8 of that. 1 and 4 have a door to 5, 3 has doors to 1, 2 "
            "and 4. Put three doors in order of their worth in the end, the most first.",
            metric="", kind="order",
            among={
                "from 1 to 5": Cell("rooms", "Q", 5, 0, frame=0),
                "from 3 to 4": Cell("rooms", "Q", 4, 0, frame=0),
                "from 3 to 2": Cell("rooms", "Q", 4, 3, frame=0),
            },
            see="100, 80 and 51.2: room 2 lies away from the goal, so one has to come back.",
            say="Q of a door is what it pays, plus γ times the best door behind it. From room 2 "
            "the only way is back to 3, so two steps are lost.",
        ),
        Question(
            ask="How large should a step be?",
            predict="TD(0) learns five values from the same 50 walks, with one of three step "
            "sizes. With which one are the values nearest to the truth in the end?",
            metric="", kind="choose", lowest=True,
            among={
                "α = .02": after_50(0.02),
                "α = .1": after_50(0.1),
                "α = .5": after_50(0.5),
            },
            see="α = .1. The small step has not arrived yet, the large one jumps around the truth.",
            say="A step size is a compromise: what is learned fast is forgotten fast, and the "
            "values depend on the luck of the last walks. Steps that get smaller would come to "
            "rest.",
        ),
        Question(
            ask="Monte Carlo or TD(0)?",
            predict="Monte Carlo waits for the end and uses what was really paid: after 100 walks "
            "its error is 0.083 at its best α. TD(0) learns from its own guesses. Its error?",
            metric="rms",
            knobs={"method": "td0", "alpha": 0.05},
            known={"Monte Carlo, α .02": 0.0829, "start": 0.2357},
            see="0.035. In the view race every TD line ends below the best one of Monte Carlo.",
            say="A return carries the luck of all steps up to the end. A guess of the next state "
            "carries the luck of one step only, and holds what other walks taught about that "
            "state.",
        ),
        Question(
            ask="How far should a target look?",
            predict="Nineteen states, ten walks: with one reward a target the best error is 0.347, "
            "with two 0.278. And with sixteen?",
            metric="rms",
            preset="n-step",
            at=4,
            known={"n=1": 0.347, "n=2": 0.278},
            see="0.31 at α .15; n = 4 is best, with 0.26. The view sweep has a valley for each.",
            say="More steps see further and carry more luck. The best lies between the two ends, "
            "and so it does for λ.",
        ),
        Question(
            ask="Q-learning or Sarsa at the edge?",
            predict="Q-learning knows the shortest way along the cliff, −13. While it learns it "
            "tries a random step in ten. What does a walk bring, as a mean of the last 100?",
            metric="return_last",
            preset="falling",
            knobs={"method": "q-learning", "epsilon_last": 0.1},
            known={"without tries": -13.0, "Sarsa": -27.0},
            see="About −50: it falls again and again, and Sarsa, which takes a longer way, does "
            "better.",
            say="Q-learning learns what would be best if it stopped trying; Sarsa learns what is "
            "best for someone who tries. Let ε fall to 0, and both come to the same.",
        ),
        Question(
            ask="Can one learn to play without a teacher?",
            predict="It knows only the rules, and plays 2,000 games against itself. What share "
            "of games does it then lose to a random player?",
            metric="loss_random",
            preset="afterstate",
            knobs={"steps": 20},
            known={"a random player": 0.437, "after 40,000 games": 0.0},
            see="0.10. After 40,000 games it never loses to anyone.",
            say="In each game the result moves one board further back. Each player teaches the "
            "other, and both get better together.",
        ),
        Question(
            ask="What is γ for?",
            predict="In the six rooms γ = .8, and the door from 3 to 2 is worth 51.2. With γ left "
            "out, how far is Q from its fixed point (RMS)?",
            metric="rms",
            preset="rooms",
            knobs={"mistake": "gamma-left-out"},
            known={"with γ": 0.0},
            see="29.6: all doors are worth 100, and the arrows point everywhere.",
            say="Without γ a reward is worth the same however late it comes, so no door is better "
            "than another.",
        ),
    ),
)  # fmt: skip
