"""One generator of frames, walked to any frame: forward by stepping, backward from what is kept."""

from __future__ import annotations

import dataclasses
import math
import random
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from zhtui.errors import LabError, LessonError, boundary
from zhtui.lesson.explore import Frame, Poke
from zhtui.lesson.views import KINDS, View

NAME = re.compile(r"[A-Za-z][\w.-]*")  # of a view
SEED = 1337
FRAMES, BYTES = 64, 32 << 20  # what is kept of a walk, the newest of it

States = tuple[Any, Any, Any]  # of Python's, numpy's and torch's dice
Begin = Callable[[], tuple[Iterator[Frame], Poke]]


class Walk:
    """The frames of one ask, counted from 1. `of` is their number, None until the end was seen."""

    def __init__(self, begin: Begin, title: str) -> None:
        self.begin, self.title = begin, title
        self.dice = Dice()
        self.of: int | None = None
        self.chapters: dict[int, str] = {}  # the frame at which each begins
        self.asked: dict[int, None] = {}  # the frames with a number to predict, in order
        self.seen = 0  # frames that were ever made
        self._begin()

    def _begin(self) -> None:
        self.frames, self.poke = self.begin()
        self.dice.seed()
        self.kept: dict[int, Frame] = {}
        self.sizes: dict[int, int] = {}
        self.views: dict[int, Mapping[str, View]] = {}
        self.made = 0
        self.took = 0.0  # seconds for the last frame
        self.failed: LabError | None = None

    def reach(self, number: int, seconds: float = math.inf) -> bool:
        """Goes on to a frame, or to the last one where there are fewer, and keeps the one before
        it. False where the seconds are over before: call it again.
        """
        begun = time.monotonic()
        with self.dice:
            while not self.has(self.last(number)):
                if self.last(number) <= self.made:
                    self._begin()  # dropped: made anew from the first
                if not self._next() and not self.made:
                    raise LessonError(f"{self.title} has no frames for this; choose other knobs")
                if time.monotonic() - begun > seconds:
                    return self.has(self.last(number))
        return True

    def last(self, number: int) -> int:
        """The frame of that number, or the last one where it is known that there are fewer."""
        return number if self.of is None else min(number, self.of)

    def has(self, number: int) -> bool:
        """Whether a frame and the one before it are kept."""
        return number in self.kept and (number == 1 or number - 1 in self.kept)

    def step(self) -> bool:
        """Makes the next frame; False where there is none. Raises what the scene raises."""
        with self.dice:
            return self._next()

    def _next(self) -> bool:
        if self.failed is not None:
            raise self.failed
        begun = time.monotonic()
        try:
            with boundary(f"frame {self.made + 1} of {self.title}"):
                frame = next(self.frames, None)
                if not isinstance(frame, Frame | None):
                    kind = type(frame).__name__
                    raise LessonError(f"{self.title} yields {kind}, not a Frame; mend it")
        except LabError as error:
            self.failed = error
            raise
        self.took = time.monotonic() - begun
        if frame is None:
            self.of = self.made
            return False
        self._keep(frame)
        return True

    def _keep(self, frame: Frame) -> None:
        self.made += 1
        self.seen = max(self.seen, self.made)
        self.kept[self.made] = frame
        known = 0 if callable(frame.views) else _size(frame.views)
        self.sizes[self.made] = known + _size(frame.keep)
        if frame.chapter and frame.chapter not in self.chapters.values():
            self.chapters[self.made] = frame.chapter
        if frame.predict is not None:
            self.asked[self.made] = None
        self._drop()

    def _drop(self) -> None:
        """Drops the oldest, but the last two."""
        while len(self.kept) > FRAMES or (len(self.kept) > 2 and sum(self.sizes.values()) > BYTES):
            oldest = next(iter(self.kept))
            for known in (self.kept, self.sizes, self.views):
                known.pop(oldest, None)

    def shown(self, number: int) -> Mapping[str, View]:
        """The views of a frame that is kept. Raises `LessonError` where one is none."""
        if number not in self.views:
            with self.dice, boundary(f"frame {number} of {self.title}"):
                found = self.kept[number].shown()
                numbers = {name: _numpy(view) for name, view in found.items()}
            for name, view in found.items():
                if not (isinstance(view, KINDS) and NAME.fullmatch(name)):
                    kinds = "a view of zhtui.lab under a name like S"
                    raise LessonError(f"{self.title} shows {name!r}, which is not {kinds}; mend it")
            self.views[number] = numbers
            if callable(self.kept[number].views):
                self.sizes[number] += _size(self.views[number])
        return self.views[number]


class Dice:
    """The global randomness of one walk: walks that go on side by side do not disturb each other,
    and a scene that forgot its seed still gives the same frames again.
    """

    def __init__(self) -> None:
        self.mine: States | None = None
        self.theirs: States | None = None  # while it is this walk's turn

    def seed(self) -> None:
        """Begins anew: at the next turn, or now where it is this walk's turn."""
        self.mine = None
        if self.theirs is not None:
            _seed()

    def __enter__(self) -> None:
        self.theirs = _states()
        if self.mine is None:
            _seed()
        else:
            _restore(self.mine)

    def __exit__(self, *error: object) -> None:
        assert self.theirs is not None, "a turn that was begun"
        self.mine = _states()
        _restore(self.theirs)
        self.theirs = None


def _seed() -> None:
    random.seed(SEED)
    np.random.seed(SEED)
    if torch := sys.modules.get("torch"):
        torch.manual_seed(SEED)


def _states() -> States:
    torch = sys.modules.get("torch")
    return random.getstate(), np.random.get_state(), torch.get_rng_state() if torch else None


def _restore(states: States) -> None:
    random.setstate(states[0])
    np.random.set_state(states[1])
    if states[2] is not None:
        sys.modules["torch"].set_rng_state(states[2])


def _numpy(value: Any) -> Any:
    """A view, or what it is made of, whose tensors are arrays and whose single numbers are
    Python's.
    """
    if isinstance(value, (str, int, float)) or value is None:
        return float(value) if isinstance(value, np.floating) else value
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    if isinstance(value, (np.ndarray, np.generic)):
        return value if value.ndim else value.item()
    if isinstance(value, Mapping):
        return {key: _numpy(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        parts = [_numpy(part) for part in value]
        return parts if isinstance(value, list) else tuple(parts)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {item.name: getattr(value, item.name) for item in dataclasses.fields(value)}
        return dataclasses.replace(value, **{name: _numpy(part) for name, part in fields.items()})
    return value


def _size(value: Any) -> int:
    """Bytes of the arrays and texts in a frame's part, roughly."""
    if isinstance(value, Mapping):
        return sum(map(_size, value.values()))
    if hasattr(value, "nbytes"):
        return int(value.nbytes)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return sum(_size(getattr(value, item.name)) for item in dataclasses.fields(value))
    if isinstance(value, (list, tuple)):
        return 64 + sum(map(_size, value))
    return len(value) if isinstance(value, str) else 32
