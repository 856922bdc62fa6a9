"""What answers a card that asks for cells of scenes: the numbers that stand there, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zhtui.ask import cells
from zhtui.ask.shown import Shown
from zhtui.errors import LessonError
from zhtui.lesson.card import LINES, Cell, Question
from zhtui.lesson.views import Curves

Frame = tuple[str, int, str]  # a scene, a frame of it, its knobs as a text


def frame_of(cell: Cell) -> Frame:
    """What is asked of the engine for a cell; cells of one frame ask once."""
    return cell.scene, cell.frame, repr(sorted(cell.ask.items()))


def request(cell: Cell) -> dict[str, Any]:
    """A cell's frame as it is asked for."""
    known: dict[str, Any] = {"scene": cell.scene, "ask": dict(cell.ask)}
    return known | ({"frame": cell.frame} if cell.frame else {"frame": 1, "seek": "end"})


def lines(question: Question, shown: Mapping[Frame, Shown]) -> Curves:
    """The lines that a card of that kind shows. Raises `LessonError` where there are none."""
    assert question.cell is not None, "a card with lines names their view"
    view = shown[frame_of(question.cell)].views.get(question.cell.view)
    if not isinstance(view, Curves) or len(view.lines) < 2:
        raise LessonError(f"{_where(question.cell)} has no lines to tell apart; correct the card")
    return view


def truth(question: Question, shown: Mapping[Frame, Shown]) -> dict[str, float]:
    """The number of each cell by its name; of lines their place. Raises `LessonError`."""
    if question.kind == LINES:
        return {name: float(i) for i, name in enumerate(lines(question, shown).lines)}
    return {name: _number(cell, shown[frame_of(cell)]) for name, cell in question.cells.items()}


def _number(cell: Cell, shown: Shown) -> float:
    view, found = shown.views.get(cell.view), None
    if view is not None and shown.frame == (cell.frame or shown.of):
        found = cells.value(view, cell.row, cell.column)
    if not isinstance(found, (int, float)):
        raise LessonError(f"{_where(cell)} has no number; correct the card")
    return float(found)


def _where(cell: Cell) -> str:
    return f"frame {cell.frame} of scene {cell.scene}, {cell.view}[{cell.row}, {cell.column}],"
