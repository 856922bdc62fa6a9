"""A mechanism that can be explored: frames of views, a cell to point at, to poke, to predict.

A scene is a module with a frozen dataclass `Ask` of knobs and a generator:

    def explore(run, ask, poke):
        X = poke("X", embed(ask.text))  # X, or a copy with the one cell that the learner changed
        yield Frame("embedded", {"X": Heatmap(X)}, say="a row of numbers a letter")
        ...

It is pure: the same run, ask and poke give the same frames. `point(ask, frame, spot)` beside it
spells the arithmetic of one cell with its numbers. Standard library only.
"""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from zhtui.errors import LabError
from zhtui.lesson.card import knob
from zhtui.lesson.views import KINDS, Node, View, Words

if TYPE_CHECKING:
    from zhtui.lesson.views import Array

T = TypeVar("T")
NONE = "none"  # the choice of a mistake that is no mistake


@dataclass(frozen=True)
class Spot:
    """One cell of a view, counted from 0.

    What row and column are depends on the view: of a Heatmap, Table or Board they are just that; a
    Text has the character (0, i), Bars the bar (i, 0), a Scatter the point (i, 0), a Graph the node
    (i, 0), a Tree the node (i, 0) in the order of a walk from the root, Curves the point j of line
    i, a Histogram the bin j of series i.
    """

    view: str
    row: int
    column: int = 0

    def __post_init__(self) -> None:
        """An argmax of numpy's or torch's is a row too."""
        object.__setattr__(self, "row", int(self.row))
        object.__setattr__(self, "column", int(self.column))


@dataclass(frozen=True, eq=False)
class Frame:
    """What is seen after one stage of a mechanism.

    `say` tells what happened, with its numbers; `look` what to look for. A `chapter` is a place to
    jump to. `views` may be a function: it is called only for a frame that is shown, so it must
    close over values that stay as they are. `keep` is for `point` and never leaves the engine.
    `predict` is a cell that the learner may be asked for, right `within` so much of its value (a
    tenth of the view's range unless it is said). `still(spot)` gives, for a poke at `spot`, which
    cells must not move: a mask a view. `solved` names a task that reaching this frame solves.

    Arrays, lists and dicts are copied when the frame is made: a scene may go on changing its own.
    """

    title: str
    views: Mapping[str, View] | Callable[[], Mapping[str, View]]
    say: Words = ""
    look: Words = ""
    chapter: str = ""
    keep: Mapping[str, Any] = field(default_factory=dict)
    predict: Spot | None = None
    within: float | None = None
    still: Callable[[Spot], Mapping[str, Array]] | None = None
    solved: str = ""

    def __post_init__(self) -> None:
        if not callable(self.views):
            mine = {name: _own(view) for name, view in self.views.items()}
            object.__setattr__(self, "views", mine)
        object.__setattr__(self, "keep", {name: _own(part) for name, part in self.keep.items()})

    def shown(self) -> Mapping[str, View]:
        """The views of this frame by name, in the order in which they stand."""
        return self.views() if callable(self.views) else self.views


class Poke:
    """Called by a scene with everything that may be poked; changes the one cell that was.

    `Poke()` changes nothing. `open` holds the names that the scene has offered. An array is 1-D or
    2-D (of a 1-D one row + column is the place, as one of the two is 0); a text has one character a
    cell; a board is a list of rows.
    """

    def __init__(self, spot: Spot | None = None, value: Any = None) -> None:
        self.spot, self.value = spot, value
        self.open: dict[str, Any] = {}

    def __call__(self, name: str, values: T) -> T:
        """`values`, or a copy of it with the poked cell. Raises `LabError` outside of it."""
        self.open[name] = values
        if self.spot is None or self.spot.view != name:
            return values
        try:
            changed: T = _changed(values, self.spot, self.value)
        except (IndexError, TypeError, ValueError, OverflowError, RuntimeError) as error:
            where = f"{name} has no cell in row {self.spot.row}, column {self.spot.column}"
            raise LabError(f"{where} that takes {self.value!r}; choose another one") from error
        return changed


def _changed(values: Any, spot: Spot, value: Any) -> Any:
    if spot.row < 0 or spot.column < 0:
        raise IndexError
    if isinstance(values, str):
        if len(str(value)) != 1 or spot.row or spot.column >= len(values):
            raise ValueError
        return values[: spot.column] + str(value) + values[spot.column + 1 :]
    if isinstance(values, (list, tuple)):
        row = _changed_row(values[spot.row], spot.column, value)
        return type(values)([*values[: spot.row], row, *values[spot.row + 1 :]])
    if not hasattr(values, "ndim"):
        raise TypeError
    copied = values.clone() if hasattr(values, "clone") else values.copy()
    place = (spot.row + spot.column,) if copied.ndim == 1 else (spot.row, spot.column)
    copied[place] = _held(value, copied.dtype)
    return copied


def _changed_row(row: Any, column: int, value: Any) -> Any:
    """A row of a board or a table: a text, or a list of texts and numbers."""
    if isinstance(row, str):
        return _changed(row, Spot("", 0, column), value)
    parts = list(row)
    before = parts[column]
    if isinstance(before, (int, float)):
        value = float(value)
        whole = isinstance(before, int) and value.is_integer()
        parts[column] = int(value) if whole else value
    else:
        parts[column] = str(value)
    return type(row)(parts)


def _held(value: Any, kind: Any) -> float:
    """A number as an array of that dtype holds it. Raises `ValueError` where it would be another,
    `OverflowError` where the array says so.
    """
    number, name = float(value), str(kind)
    if "int" not in name and "bool" not in name:
        return number
    if number != int(number) or ("bool" in name and number not in (0, 1)):
        raise ValueError
    return int(number)


def _own(value: Any) -> Any:
    """A copy of an array, a list or a dict, with all that they hold, also inside a view or a tuple.
    Anything else as it is, so nothing is copied that cannot change.
    """
    if value is None or isinstance(value, (str, int, float)):
        return value
    if hasattr(value, "__array__"):
        return value.clone() if hasattr(value, "clone") else value.copy()
    if isinstance(value, dict):
        mine = value.copy()  # a Counter stays one
        for key, part in value.items():
            mine[key] = _own(part)
        return mine
    if isinstance(value, (list, tuple)):
        return _own_row(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _own_fields(value)
    return value


def _own_row(value: Any) -> Any:
    parts = [_own(part) for part in value]
    if isinstance(value, list):
        return parts
    if all(map(operator.is_, parts, value)):
        return value
    return value._make(parts) if hasattr(value, "_make") else tuple(parts)


def _own_fields(value: Any) -> Any:
    """Of what is no view only the arrays: a lesson's own node may lead to its whole tree."""
    fields = {item.name: getattr(value, item.name) for item in dataclasses.fields(value)}
    if not isinstance(value, (*KINDS, Node)):
        fields = {name: part for name, part in fields.items() if hasattr(part, "__array__")}
    mine = {name: _own(part) for name, part in fields.items()}
    changed = {name: part for name, part in mine.items() if part is not fields[name]}
    return dataclasses.replace(value, **changed) if changed else value


@dataclass(frozen=True)
class Mistake:
    """A real mistake as a switch: what it did, the views that show it, and the line it was in.

    `line` is a reference into the lesson's code, as notes write them ("model.py#Heads.forward").
    """

    name: str
    what_it_did: str
    meters: Sequence[str] = ()
    line: str = ""


def mistakes(known: Sequence[Mistake], **more: Any) -> Any:
    """The knob that switches one of a lesson's mistakes on; "none" is right."""
    names = (NONE, *(each.name for each in known))
    return knob(NONE, "a mistake to find by its meters", choices=names, **more)
