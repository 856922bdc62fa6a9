"""Lesson 17: learning what will come from what comes next."""

from __future__ import annotations

from lessons.td.config import MISTAKES, PRESETS, Config
from zhtui.lab import Lesson

lesson = Lesson(
    number=17,
    title="td",
    summary="learning a guess from the next guess",
    part="playing",
    config=Config,
    presets=PRESETS,
    figure="rms",
    charts={
        "error": ("rms", "rms_average"),
        "return": ("return", "return_last", "greedy"),
        "against random": ("win_random", "draw_random", "loss_random"),
        "against minimax": ("draw_minimax", "loss_minimax"),
    },
    mistakes=MISTAKES,
)
