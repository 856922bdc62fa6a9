"""A frame as it is shown: what the engine sends of it, and what the command line prints."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from zhtui.ask.cells import Shape
from zhtui.errors import LessonError, boundary
from zhtui.lesson.explore import Spot
from zhtui.lesson.views import View, Words, plain
from zhtui.runs import view_files

if TYPE_CHECKING:
    from zhtui.lesson.views import Array

LARGEST = 1 << 20  # bytes of a frame on the wire


@dataclass(frozen=True, eq=False)
class Shown:
    """Frame `frame` of `of` (None until the end was seen), counted from 1.

    `chapters` are those met so far, with the frame at which each begins. `open` has the views that
    can be poked, with their rows and columns. `moved` and `wrong` are masks by view: what differs
    from the frame before, or by the poke; and what differs and must not.
    """

    frame: int
    of: int | None
    title: str
    views: Mapping[str, View]
    chapter: str = ""
    say: Words = ""
    look: Words = ""
    chapters: tuple[tuple[str, int], ...] = ()
    open: Mapping[str, Shape] = field(default_factory=dict)
    moved: Mapping[str, Array] = field(default_factory=dict)
    wrong: Mapping[str, Array] = field(default_factory=dict)
    predict: Spot | None = None
    within: float | None = None
    solved: str = ""


def to_wire(shown: Shown) -> dict[str, Any]:
    """A frame as JSON that `from_wire` reads back. Raises `LessonError` where it is too large."""
    with boundary(f"sending frame {shown.frame} ({shown.title})"):
        about = {name: view_files.encode(part) for name, part in vars(shown).items()}
        about["predict"] = None if shown.predict is None else asdict(shown.predict)
        size = len(json.dumps(about))
    if size > LARGEST:
        sizes = {name: len(json.dumps(view_files.encode(v))) for name, v in shown.views.items()}
        worst = max(sizes, key=lambda name: sizes[name]) if sizes else "its words"
        raise LessonError(
            f"frame {shown.frame} ({shown.title}) is {size / LARGEST:.1f} MB, most of it {worst}, "
            f"and 1 MB can be shown; choose smaller knobs, or let the scene show a window of it"
        )
    return about


def from_wire(about: Mapping[str, Any]) -> Shown:
    """A frame from its JSON. Raises `ValueError`, `KeyError` or `TypeError` where it is none."""
    parts = {name: view_files.part(part) for name, part in about.items() if name != "predict"}
    parts["chapters"] = tuple((str(name), int(at)) for name, at in parts["chapters"])
    predict = about["predict"]
    return Shown(**parts, predict=None if predict is None else Spot(**predict))


def to_json(shown: Shown) -> dict[str, Any]:
    """A frame for other programs: plain lists, None where a number is not finite."""
    about: dict[str, Any] = {
        "frame": shown.frame,
        "of": shown.of,
        "chapter": shown.chapter,
        "title": shown.title,
    }
    about |= {"say": plain(shown.say), "look": plain(shown.look)}
    about["views"] = {name: _simple(view) for name, view in shown.views.items()}
    if shown.solved:
        about["solved"] = shown.solved
    return about


def where(masks: Mapping[str, Array]) -> dict[str, list[list[int]]]:
    """The cells of masks by view, as [row, column]."""
    return {name: np.argwhere(mask).tolist() for name, mask in masks.items()}


def _simple(value: Any) -> Any:
    if hasattr(value, "__dataclass_fields__"):
        fields = {name: _simple(getattr(value, name)) for name in value.__dataclass_fields__}
        return {"view": type(value).__name__, **fields}
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {_key(key): _simple(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_simple(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _key(key: Any) -> str:
    return " ".join(map(str, key)) if isinstance(key, tuple) else str(key)
