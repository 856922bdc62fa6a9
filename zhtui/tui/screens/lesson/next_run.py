"""The run that would be started next: a preset and the knobs that differ from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from zhtui.lesson import knobs
from zhtui.lesson.card import Lesson
from zhtui.lesson.knobs import Row

PRESET = "preset"  # stands among a run's knobs, though it is none


@dataclass
class Draft:
    """Knobs as text; what is set is checked at once."""

    lesson: Lesson
    preset: str = "quick"
    changes: dict[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> tuple[Row, ...]:
        """The lesson's knobs."""
        return knobs.knobs(self.lesson.config)

    def value(self, name: str) -> str:
        """A knob's value in the next run."""
        if name in self.changes:
            return self.changes[name]
        return knobs.text(getattr(self.lesson.presets[self.preset], name))

    def check(self, name: str, value: str) -> None:
        """Raises `ConfigError` where a value does not go, alone or with the others."""
        pairs = {**self.changes, name: value}
        knobs.parse(self.lesson.presets[self.preset], [f"{k}={v}" for k, v in pairs.items()])

    def set(self, name: str, value: str) -> None:
        """Sets a knob; one that has the preset's own value is no change. Raises `ConfigError`."""
        self.check(name, value)
        self.changes.pop(name, None)
        typed = knobs.parse(self.lesson.presets[self.preset], [f"{name}={value}"])
        text = knobs.text(getattr(typed, name))
        if text != self.value(name):
            self.changes[name] = text

    def turn(self, by: int) -> None:
        """Another preset, without changes."""
        names = list(self.lesson.presets)
        self.preset = names[(names.index(self.preset) + by) % len(names)]
        self.changes.clear()

    def pairs(self) -> tuple[str, ...]:
        """The changes as KEY=VALUE."""
        return tuple(f"{name}={value}" for name, value in self.changes.items())


def of_run(card: Mapping[str, Any], changed: Mapping[str, str]) -> dict[str, str]:
    """A run's knobs as text: its card's, and what was changed while it ran."""
    values = card.get("config")
    known = values if isinstance(values, Mapping) else {}
    texts = {name: knobs.text(value) for name, value in known.items()}
    return {PRESET: str(card.get("preset", "")), **texts, **changed} if texts else {}
