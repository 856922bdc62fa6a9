"""What a run's card says of its data: each set that it read, by name, with its hash."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zhtui.data.dataset import DataSet
from zhtui.errors import DataError

if TYPE_CHECKING:
    from zhtui.data.sets import Found

KEYS = ("asked", "name", "path", "sha256")
Note = Mapping[str, str]


def noted(card: Mapping[str, Any]) -> dict[str, Note]:
    """A card's data sets by name. Cards of before had one, which stood alone."""
    kept = card.get("data")
    if not isinstance(kept, Mapping):
        return {}
    rows = [kept] if isinstance(kept.get("name"), str) else list(kept.values())
    named = [row for row in rows if isinstance(row, Mapping) and row.get("name")]
    return {str(row["name"]): {key: str(row.get(key, "")) for key in KEYS} for row in named}


def note(asked: str, found: Found) -> dict[str, Note]:
    """What a card says of a data set that was found."""
    values = (asked, found.name, str(found.path), found.sha256)
    return {found.name: dict(zip(KEYS, values, strict=True))}


def data_of(
    card: Mapping[str, Any], name: str, auto: tuple[str, ...], own: Iterable[DataSet] = ()
) -> Found:
    """The data set asked for, or the very one that a run began with. Raises `DataError`."""
    from zhtui.data import sets  # deferred: whoever reads a card alone looks for no data

    before = next((row for row in noted(card).values() if row["asked"] == name), None)
    if before is None:
        return sets.find(name, auto=auto, own=own)
    there, pinned = Path(before["path"]), {data.name for data in own}
    at_hand = before["name"] not in pinned and there.is_absolute() and there.is_file()
    found = sets.find(str(there) if at_hand else before["name"], own=own)
    if found.sha256 != before["sha256"]:
        raise DataError(
            f"{found.path} has changed since this run began; "
            "put the old file back, or start a new run"
        )
    return found
