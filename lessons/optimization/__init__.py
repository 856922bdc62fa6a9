"""Lesson 4: how a net begins, and what keeps its numbers in the middle."""

from __future__ import annotations

from lessons.optimization.config import PRESETS, Config
from lessons.optimization.mistakes import MISTAKES
from zhtui.lab import Lesson

lesson = Lesson(
    number=4,
    title="optimization",
    summary="how a net begins, and what BatchNorm keeps",
    part="letters",
    config=Config,
    presets=PRESETS,
    figure="val",
)
