"""Views on disk: a view as JSON and back. Arrays are base64 beside their type and shape."""

from __future__ import annotations

import base64
import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np

from zhtui.errors import StoreError
from zhtui.lesson.views import KINDS, Node, View
from zhtui.runs import border, view_shapes
from zhtui.runs.files import make_folder, read_plain, replace_file
from zhtui.wording import json_text

NAMES: dict[str, Any] = {kind.__name__: kind for kind in (*KINDS, Node)}
NUMBERS = "fiub"  # numpy's kinds of plain numbers
LARGEST = 64 << 20  # bytes of one view on disk


def write(path: Path, view: View) -> None:
    """Writes a view, and the folder that it lies in. Raises `OSError` or `StoreError`."""
    make_folder(path.parent)
    replace_file(path, json_text(encode(view)).encode())


def read(path: Path) -> View:
    """Reads a view. Raises `StoreError` where the file is none."""
    content = read_plain(path, LARGEST)
    if content is None:
        raise StoreError(f"{path.name} is not there; choose another step")
    try:
        return view_shapes.check(decode(border.anything(content)))
    except (ValueError, KeyError, TypeError, RecursionError, MemoryError) as error:
        raise StoreError(f"{path.name} cannot be read as a view; delete it and go on") from error


def encode(view: View | Any) -> Any:
    """A view, or what views are made of, as JSON holds it."""
    return _plain(view)


def part(value: Any) -> Any:
    """What `encode` made of arrays, words and maps. Raises as `decode` does."""
    return _view(value)


def decode(value: Any) -> View:
    """A view from its JSON. Raises `ValueError`, `KeyError` or `TypeError` where it is none."""
    view: View = _view(value)
    if not isinstance(view, KINDS):
        raise ValueError(f"{type(view).__name__} is not a view")
    return view


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        shown = {item.name: _plain(getattr(value, item.name)) for item in dataclasses.fields(value)}
        return {"view": type(value).__name__, **shown}
    if hasattr(value, "detach"):  # a tensor that a lesson did not turn into an array
        value = value.detach().cpu().numpy()
    if isinstance(value, np.ndarray):
        raw = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode()
        return {"array": raw, "type": value.dtype.str, "shape": value.shape}
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return {"number": str(value)}  # which JSON lacks
    if isinstance(value, dict):
        return {"map": [[_plain(key), _plain(item)] for key, item in value.items()]}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _view(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_view(item) for item in value)
    if not isinstance(value, dict):
        return value
    if "number" in value:
        return float(value["number"])
    if "array" in value:
        kind = np.dtype(value["type"])
        if kind.kind not in NUMBERS:
            raise ValueError(f"an array of {kind}")
        raw = base64.b64decode(value["array"])
        return np.frombuffer(raw, kind).reshape(value["shape"])
    if "map" in value:
        return {_view(key): _view(item) for key, item in value["map"]}
    shape = NAMES[value["view"]]
    known = {item.name for item in dataclasses.fields(shape)}
    return shape(**{name: _view(item) for name, item in value.items() if name in known})
