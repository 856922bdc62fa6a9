"""The code of a lesson, as it stands on disk."""

from __future__ import annotations

from pathlib import Path

from rich.console import Group
from rich.syntax import Syntax
from rich.text import Text

from zhtui.tui.screens.dialogs import Reader

ORDER = ("model.py", "train.py", "generate.py", "inspect.py", "config.py")


def source_screen(folder: Path) -> Reader:
    """The lesson's files in reading order: the model first."""
    files = sorted(folder.glob("*.py"), key=_place)
    parts: list[Text | Syntax] = []
    plain = []
    for path in files:
        code = path.read_text(encoding="utf-8", errors="replace")
        plain.append(code)
        parts += [Text(f"\n{path.name}", "bold"), Syntax(code, "python", theme="ansi_dark")]
    return Reader(f"{folder.name}: the code that runs", Group(*parts), "\n".join(plain), wide=True)


def _place(path: Path) -> tuple[int, str]:
    known = path.name in ORDER
    return (ORDER.index(path.name) if known else len(ORDER), path.name)
