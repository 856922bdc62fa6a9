"""zhtui/README.md says of each room what the room says of itself, and names no other."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import zhtui

LAB = Path(zhtui.__file__).parent
PAGE = (LAB / "README.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| `([\w/.]+)` \| (.+) \|$", PAGE, re.M))
ROOMS = [LAB, LAB / "tui", LAB / "tui" / "screens"]
FOLDERS = [each.parent for room in ROOMS for each in sorted(room.glob("*/__init__.py"))]


def said(path: Path) -> str:
    """The first paragraph of a module's docstring."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(text.split("\n\n")[0].split())


def row_of(folder: Path) -> str:
    inside = folder.relative_to(LAB / "tui") if LAB / "tui" in folder.parents else folder.name
    return f"{inside}/"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(LAB)))
def test_a_room_is_on_the_page_in_its_own_words(folder: Path) -> None:
    if folder == LAB / "tui" / "screens":
        return  # each of its folders has a row
    assert ROWS.get(row_of(folder)) == said(folder / "__init__.py")


def test_the_page_names_nothing_that_is_not_there() -> None:
    rooms = {row_of(folder) for folder in FOLDERS}
    for name, words in ROWS.items():
        if name.endswith("/") and name not in ("artifacts/", "step-000500/"):
            assert name in rooms, name
        if name.endswith(".py"):
            paths = [path for path in (LAB / name, LAB / "tui" / name) if path.is_file()]
            assert any(said(path) == words for path in paths), name


def test_paths_in_the_text_are_there() -> None:
    for path in re.findall(r"`(tui/[\w/]+\.py)`", PAGE):
        assert (LAB / path).is_file(), path
