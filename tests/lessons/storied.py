"""Scenes as a lesson's tests look at them: the frames of one, and what each of them must tell."""

from __future__ import annotations

import importlib
from collections.abc import Collection, Mapping
from types import ModuleType
from typing import Any

from zhtui.lab import Frame, Heatmap, Poke, Spot, plain

WIDTH = 80  # columns that what a cell says must fit into
Frames = Mapping[str, Frame]


def scene(lesson: str, name: str) -> ModuleType:
    """The module of a scene."""
    return importlib.import_module(f"lessons.{lesson}.explore.{name}")


def frames(lesson: str, name: str, poke: Poke | None = None, **asked: Any) -> dict[str, Frame]:
    """The frames of a scene by their titles; `run` is what it looks at, the rest are its knobs."""
    module, run = scene(lesson, name), asked.pop("run", None)
    made = module.explore(run, module.Ask(**asked), poke or Poke())
    return {frame.title: frame for frame in made}


def tells_a_story(module: ModuleType, told: Frames, least: int, most: int) -> None:
    """So many frames, each with words, and three numbers at least that can be predicted and are
    spelled.
    """
    assert least <= len(told) <= most
    asked = [frame for frame in told.values() if frame.predict is not None]
    assert len(asked) >= 3
    for frame in asked:
        assert frame.predict is not None
        assert frame.predict.view in frame.shown()
        assert plain(module.point(module.Ask(), frame, frame.predict))
    assert all(plain(frame.say) and plain(frame.look) for frame in told.values())


def spells_its_heatmaps(module: ModuleType, told: Frames, plainly: Collection[str] = ()) -> None:
    """The last cell of each heatmap says something, in lines that fit; of the views in `plainly`
    the lab reads the number alone.
    """
    for frame in told.values():
        for view, shown in frame.shown().items():
            if isinstance(shown, Heatmap):
                spot = Spot(view, shown.values.shape[0] - 1, shown.values.shape[1] - 1)
                words = plain(module.point(module.Ask(), frame, spot))
                assert words or view in plainly, (frame.title, view)
                assert all(len(line) <= WIDTH for line in words.splitlines()), words
