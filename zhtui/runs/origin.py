"""Where a run comes from, as its card says: the knobs that it began with, its parent, what a fork
changed. A card may be a stranger's: what is broken in it counts as not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zhtui.wording import one_line


def config(card: Mapping[str, Any]) -> Mapping[str, Any]:
    """The knobs that a run began with."""
    known = card.get("config")
    return known if isinstance(known, Mapping) else {}


def parent(card: Mapping[str, Any]) -> tuple[str, int] | None:
    """(run, step) that a run was forked from; None for one that was not."""
    known = card.get("parent")
    if not isinstance(known, Mapping) or not isinstance(known.get("step"), int):
        return None
    return str(known.get("run")), known["step"]


def changed(card: Mapping[str, Any]) -> str:
    """What was changed where a run was forked, "lr=200"; "" where nothing was, or in no fork."""
    known = card.get("parent")
    pairs = known.get("changed") if isinstance(known, Mapping) else None
    if not isinstance(pairs, Mapping):
        return ""
    return " ".join(one_line(f"{name}={value}") for name, value in pairs.items())


def words(card: Mapping[str, Any]) -> str:
    """Where a fork comes from: "from brisk-otter at step 250, with lr=200"; "" for no fork."""
    known = parent(card)
    if known is None:
        return ""
    how = changed(card)
    return one_line(f"from {known[0]} at step {known[1]:,}{f', with {how}' if how else ''}")
