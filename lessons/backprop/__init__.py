"""Lesson 5: every gradient of a net, written by the learner."""

from __future__ import annotations

from lessons.backprop.config import MISTAKES, PRESETS, Config
from zhtui.lab import Lesson

lesson = Lesson(
    number=5, title="backprop", summary="", part="letters", config=Config, presets=PRESETS
)
