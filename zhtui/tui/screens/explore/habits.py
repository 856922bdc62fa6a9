"""Which keys do what on the explore screen: nowhere in particular, in a picture, at the knobs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from zhtui.tui.keys import table as keys
from zhtui.tui.keys.table import Key, Place

FRAMES = keys.picked(
    keys.PLAYER, {"player.on": ("frame", "the next frame"), "player.run": ("play", "go on")}
)
# Where the arrows move something else: the frames by the other key that they are on.
STILL = tuple(replace(key, keys=key.keys.replace("right,", "")) for key in FRAMES)
CELL = keys.picked(keys.PICTURE, {"picture.right": ("cell", "the cell to the right")})
KNOBS = "explore.knobs"
OF_RUN = ("step", "newest", "fresh", "other")  # actions that choose a run, or a step of it
MOST = 9  # scenes that have a key


def own(scenes: int, *, of_run: bool = True) -> tuple[Key, ...]:
    """The screen's own keys, where there are so many scenes, and where this one looks at a run."""
    far = {f"explore.{number}" for number in range(scenes + 1, MOST + 1)}
    known = (key for key in keys.EXPLORE if key.id not in far)
    return tuple(key for key in known if of_run or key.action.partition("(")[0] not in OF_RUN)


def places(here: Place = "explore") -> Sequence[tuple[str, Place]]:
    """The keys by the places in which they work; `here` are the screen's own."""
    return (
        ("Here", here),
        ("Frames", "player"),
        ("In a picture", "picture"),
        ("At the knobs", "dials"),
    )


def line(here: Place, *, knobs: bool, cell: bool) -> Sequence[Place]:
    """What the line of keys shows where `here` are the screen's own: at the knobs, at a cell, or
    at neither, where the arrows go from frame to frame.
    """
    if not (knobs or cell):
        return FRAMES, here, "anywhere"
    rest = tuple(key for key in keys.row(here) if key.id != KNOBS)  # that key moves a cursor there
    return "dials" if knobs else CELL, STILL, rest, "anywhere"
