"""Where in a lesson's code something is: a view, a metric, a knob, or what a note refers to.

Found in the live source by its syntax, so there is no table to keep. Standard library only; nothing
is imported or executed.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

FIRST = ("train.py", "config.py", "model.py")  # read in this order, then the others by name
LOOP = "train.py#train"
SHELF = "blocks"  # the folder beside the lessons that they share
DEFINITION = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class Place:
    """A line of a file, counted from 1."""

    path: Path
    line: int


def find(folder: Path, kind: str, name: str) -> Place | None:
    """A "view", "metric", "knob" or "reference" of a lesson; where there is none, its loop."""
    kinds = {"view": view, "metric": metric, "knob": knob, "reference": referred}
    return kinds[kind](folder, name) or referred(folder, LOOP)


def files(folder: Path) -> list[Path]:
    """A lesson's code in reading order."""
    known = [folder / name for name in FIRST if (folder / name).is_file()]
    rest = [*sorted(folder.glob("*.py")), *sorted(folder.glob("*/*.py"))]
    return [*known, *(path for path in rest if path not in known)]


def view(folder: Path, name: str) -> Place | None:
    """The function that makes a view, else the line that shows it under its name."""
    pairs = [(path, pair) for path in files(folder) for pair in _pairs(_tree(path))]
    fitting = [(path, node, made) for path, (node, key, made) in pairs if _names(key, name)]
    shows = [found for found in fitting if isinstance(found[1], ast.Call)]
    for path, node, made in [*shows, *fitting]:
        return _maker(folder, path, made) or Place(path, node.lineno)
    return _first(files(folder), lambda node: _spelled(node, name))


def metric(folder: Path, name: str) -> Place | None:
    """The line that puts a metric into a row; else one that has its name, or a pattern of it, in
    the card only where no other file has it.
    """
    put = _first(files(folder), lambda node: _keys(node, name))
    card = folder / "__init__.py"
    code = [path for path in files(folder) if path != card]
    spelled = _first([*code, card], lambda node: _spelled(node, name))
    return put or spelled or _on_shelf(folder, name)


def _on_shelf(folder: Path, name: str) -> Place | None:
    shelf = folder.parent / SHELF
    return _first(files(shelf), lambda node: _keys(node, name) or _spelled(node, name))


def _spelled(node: ast.AST, name: str) -> int | None:
    """The line of "name", or of a pattern such as f"elo_{i}" that gives it."""
    if isinstance(node, ast.Constant):
        return node.lineno if node.value == name else None
    return node.lineno if isinstance(node, ast.JoinedStr) and _names(node, name) else None


def knob(folder: Path, name: str) -> Place | None:
    """The line that declares a knob."""

    def declared(node: ast.AST) -> int | None:
        target = node.target if isinstance(node, ast.AnnAssign) else None
        return target.lineno if isinstance(target, ast.Name) and target.id == name else None

    return _first(files(folder), declared)


def referred(folder: Path, reference: str) -> Place | None:
    """What "model.py#GPT.stream" in a note means: the class, function, method or constant."""
    name, _, dotted = reference.partition("#")
    path = (folder / name).resolve()
    home = folder.resolve()
    inside = path.parent.parent == home.parent or home in path.parents
    if path.suffix != ".py" or not inside or not path.is_file():
        return None
    if not dotted:
        return Place(path, 1)
    line = _defined(_tree(path), dotted)
    return None if line is None else Place(path, line)


def _first(paths: Iterable[Path], line_of: Callable[[ast.AST], int | None]) -> Place | None:
    for path in paths:
        for node in ast.walk(_tree(path)):
            line = line_of(node)
            if line is not None:
                return Place(path, line)
    return None


def _keys(node: ast.AST, name: str) -> int | None:
    """The line of {"name": …} or of row["name"] = …"""
    if isinstance(node, ast.Dict):
        keys: list[ast.expr | None] = list(node.keys)
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
        keys = [node.slice]
    else:
        return None
    fitting = (key for key in keys if isinstance(key, ast.Constant) and key.value == name)
    return next((key.lineno for key in fitting), None)


def _pairs(tree: ast.AST) -> Iterator[tuple[ast.expr, ast.expr, ast.expr]]:
    """(node, name, view) of each `….show(name, view)` and of each pair (name, view)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Tuple) and len(node.elts) == 2:
            yield node, node.elts[0], node.elts[1]
        if isinstance(node, ast.Call) and len(node.args) == 2 and _is_show(node.func):
            yield node, node.args[0], node.args[1]


def _is_show(called: ast.expr) -> bool:
    return isinstance(called, ast.Attribute) and called.attr == "show"


def _names(key: ast.expr, name: str) -> bool:
    """Whether a string, or a pattern such as f"head {i}", gives the name."""
    parts = key.values if isinstance(key, ast.JoinedStr) else [key]
    texts = [part.value if isinstance(part, ast.Constant) else None for part in parts]
    pattern = [re.escape(text) if isinstance(text, str) else ".+" for text in texts]
    return any(map(str, filter(None, texts))) and bool(re.fullmatch("".join(pattern), name))


def _maker(folder: Path, path: Path, made: ast.expr) -> Place | None:
    """The lesson's own function whose result is shown, also where it went through a name."""
    if isinstance(made, ast.Name):
        given = [
            node.value
            for node in ast.walk(_tree(path))
            if isinstance(node, ast.Assign) and _is_name(node.targets[0], made.id)
        ]
        made = given[-1] if given else made
    if not isinstance(made, ast.Call):
        return None
    owner, _, name = ast.unparse(made.func).rpartition(".")
    if name[:1].isupper():  # a view of the lab's
        return None
    shelf = folder.parent / SHELF
    homes = [folder / f"{owner}.py", shelf / f"{owner}.py", path, *files(folder), *files(shelf)]
    for home in homes:
        line = _defined(_tree(home), name) if home.is_file() else None
        if line is not None:
            return Place(home, line)
    return None


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _defined(tree: ast.Module | ast.ClassDef, dotted: str) -> int | None:
    """The line of a definition, by its name or by the names of the class and what is in it."""
    first, _, rest = dotted.partition(".")
    for node in tree.body:
        if isinstance(node, DEFINITION) and node.name == first:
            if rest:
                return _defined(node, rest) if isinstance(node, ast.ClassDef) else None
            return node.lineno
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
        if not rest and any(_is_name(target, first) for target in targets):
            return node.lineno
    return None


def _tree(path: Path) -> ast.Module:
    """A file's syntax; an empty one where it cannot be read."""
    try:
        return _parsed(path, path.stat().st_mtime_ns)
    except (OSError, SyntaxError, ValueError):
        return ast.Module([], [])


@lru_cache(maxsize=64)
def _parsed(path: Path, changed: int) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))
