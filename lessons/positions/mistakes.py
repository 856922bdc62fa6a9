"""What can be got wrong about positions; the knob `mistake` puts one in place."""

from __future__ import annotations

from dataclasses import replace

from lessons.positions.model import KINDS, Kind, Offsets, turn_halves, turn_neighbours
from zhtui.lab import LabError


def kind_of(name: str, mistake: str = "none") -> Kind:
    """A kind of positions, with one mistake or none. Raises `LabError` where it has no pairs."""
    kind = KINDS[name]
    if mistake == "mixed-pairing":
        if not name.startswith("rope"):
            raise LabError(f"kind={name} has no pairs to mix; take kind=rope")
        return replace(kind, turn_q=turn_neighbours, turn_k=turn_halves)
    return replace(kind, times=2) if mistake == "added-twice" else kind


def offsets(mistake: str = "none") -> Offsets:
    """A cache's positions; in place, all keys hold the one tensor that goes on changing."""
    return Offsets(lambda at: at.add_(1)) if mistake == "in-place" else Offsets()
