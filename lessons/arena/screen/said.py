"""What the arena says in words: the line on top, and the lines under the board."""

from __future__ import annotations

from typing import Any

from lessons.arena.screen import pictures
from lessons.arena.screen.sitting import Sitting
from lessons.arena.screen.thinking import Thinking
from zhtui.lab import Thought
from zhtui.screen import Part, words


def top(sitting: Sitting, thinking: Thinking) -> list[Part]:
    """The game, who plays, whose turn it is, and how far a thought is."""
    parts = [words(f"arena · {sitting.game.name}", "title", 9)]
    for side, mark in enumerate("XO"):
        role = "yours" if side == 0 else "published"
        lit = sitting.result is None and sitting.mover == side
        sign = "▸ " if lit else ""
        parts.append(words(f"{sign}{mark} {sitting.seats[side]}", role if lit else "", 8 - side))
    place = f"move {sitting.at}"
    if sitting.at < len(sitting.moves):
        place += f" of {len(sitting.moves)}"
    parts.append(words(place, "faint", 5))
    if sitting.result is not None:
        parts.append(words(pictures.WORDS[sitting.result], "good", 9))
    elif thinking.busy:
        parts.append(words(thinking.progress, "lit", 6))
    elif thinking.asks:
        parts.append(words(f"asks {' and '.join(thinking.asks)}", "lit", 6))
    return parts


def told(
    sitting: Sitting, thinking: Thinking, before: tuple[int, str, Thought] | None
) -> tuple[str, Any, Thought | None]:
    """Whose thought the side shows, of which position: a hint, who thinks, who just moved, which
    was told `before`.
    """
    if thinking.others:
        name, thought = next(iter(thinking.others.items()))
        return name, sitting.state, thought
    if thinking.thought is not None:
        return sitting.seats[sitting.mover], sitting.state, thinking.thought
    if before is not None and before[0] == sitting.at - 1:
        at, name, thought = before
        return f"{name}, before its move", sitting.states[at], thought
    return "nobody yet", sitting.state, None


def under(
    game: Any, state: Any, who: str, told: Thought | None, note: str
) -> list[list[tuple[str, str]]]:
    """Who is ahead, what the thought expects or says, and what has just happened."""
    value = None if told is None else told.value
    lines = [[(pictures.ahead(value, game.to_move(state)), "")]]
    if told is not None and told.line:
        line = pictures.spelled(game, state, told.line)
        lines.append([(f"{who}: expects ", "faint"), (line, "lit")])
    elif told is not None and told.say:
        lines.append([(f"{who}: ", "faint"), (told.say, "")])
    else:
        lines.append([])
    lines.append([(note, "")])
    return lines
