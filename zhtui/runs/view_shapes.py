"""Whether what was read is a view: every field of its declared type, and of a size to be drawn."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np

from zhtui.lesson import views
from zhtui.lesson.views import Text, View

LONGEST_TEXT = 100_000  # characters of a text that are shown
MOST = 4_000_000  # characters, words and numbers in a view beside its arrays
LARGEST_ARRAY = 1 << 24  # numbers
DEEPEST = 200  # nodes of a tree below each other


def check(view: View) -> View:
    """The view, its text cut to what can be shown. Raises `ValueError` where it cannot be drawn."""
    if isinstance(view, Text) and isinstance(view.text, str) and len(view.text) > LONGEST_TEXT:
        more = f"the first {LONGEST_TEXT:,} of {len(view.text):,} characters"
        view = replace(view, text=view.text[:LONGEST_TEXT], note=more)
    if not _fits(view, type(view), 0):
        raise ValueError(f"a field of the {type(view).__name__} has another type")
    if sum(_sizes(view)) > MOST:
        raise ValueError(f"the {type(view).__name__} is too large")
    return view


def _sizes(value: Any) -> Iterator[int]:
    """What each part takes, but for arrays."""
    if isinstance(value, str):
        yield len(value)
    elif is_dataclass(value):
        for item in fields(value):
            yield from _sizes(getattr(value, item.name))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _sizes(key)
            yield from _sizes(item)
    elif isinstance(value, tuple):
        for item in value:
            yield from _sizes(item)
    yield 1


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind, {**vars(views), "Array": np.ndarray, "NDArray": np.ndarray})


def _fits(value: Any, hint: Any, depth: int) -> bool:
    """Whether a value is of a declared type, with all that it holds."""
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any:
        return True
    if origin in (Union, types.UnionType):
        return any(_fits(value, each, depth) for each in inner)
    if origin is tuple:
        pairs = zip(value, inner, strict=True) if isinstance(value, tuple) else ()
        sized = isinstance(value, tuple) and len(value) == len(inner)
        return sized and all(_fits(item, each, depth) for item, each in pairs)
    if origin is Sequence:
        if isinstance(value, np.ndarray):
            return inner[0] is not str and value.size <= LARGEST_ARRAY
        listed = isinstance(value, tuple) or (isinstance(value, str) and inner[0] is str)
        return listed and all(_fits(item, inner[0], depth + 1) for item in value)
    if origin is Mapping:
        return isinstance(value, Mapping) and all(
            _fits(key, inner[0], depth) and _fits(item, inner[1], depth)
            for key, item in value.items()
        )
    return _is_one(value, hint, depth)


def _is_one(value: Any, hint: Any, depth: int) -> bool:
    """The same of what holds nothing of a declared type, or is a view's own part."""
    if hint is np.ndarray:  # an array, or what makes one
        array = isinstance(value, np.ndarray) and value.size <= LARGEST_ARRAY
        return array or (isinstance(value, tuple) and np.asarray(value).dtype.kind in "fiub")
    if hint is float:
        return isinstance(value, float) or (isinstance(value, int) and abs(value) < 2**63)
    if hint is int:
        return isinstance(value, int) and abs(value) < 2**63
    if not isinstance(value, hint) or not is_dataclass(value):
        return isinstance(value, hint)
    kind: Any = type(value)
    known = _hints(kind).items()
    return depth < DEEPEST and all(_fits(getattr(value, n), each, depth) for n, each in known)
