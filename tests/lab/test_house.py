"""The promises of the house: what is imported where, how long a file may be, what is not called."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
LAB = sorted((TOP / "zhtui").rglob("*.py"))
LESSONS = sorted((TOP / "lessons").rglob("*.py"))
FILES = LAB + LESSONS


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a file; the promises read each one several times."""
    return ast.parse(path.read_text(encoding="utf-8"))


def loaded(code: str) -> set[str]:
    """The modules that a fresh interpreter has after running some code."""
    probe = f"import sys\n{code}\nprint(*sys.modules)"
    return set(subprocess.check_output([sys.executable, "-c", probe], text=True).split())


def test_the_face_that_a_lesson_sees_costs_the_standard_library() -> None:
    have = loaded("import zhtui.lab")
    assert not {"torch", "numpy", "textual", "rich", "typer", "safetensors", "platformdirs"} & have


def test_the_app_never_loads_torch() -> None:
    rooms = "zhtui.work.client, zhtui.runs.store, zhtui.data.sets, zhtui.machine.device"
    have = loaded(f"import zhtui.tui.app, {rooms}")
    assert "textual" in have
    assert not {"torch", "safetensors", "zhtui.work.drive", "zhtui.runs.checkpoint"} & have


@pytest.mark.parametrize(
    "module", ["zhtui.work.worker", "zhtui.work.headless", "zhtui.cli.app", "zhtui.work.verify"]
)
def test_what_trains_never_loads_textual(module: str) -> None:
    assert "textual" not in loaded(f"import {module}")


def test_a_model_works_in_a_notebook() -> None:
    """Whatever one of them loads, it is none of the lab's working parts."""
    models = sorted(path.parent.name for path in (TOP / "lessons").glob("*/model.py"))
    assert len(models) >= 12
    have = loaded("\n".join(f"import lessons.{name}.model" for name in models))
    assert not {"textual", "rich", "typer", "zhtui.runs.folder", "zhtui.work.drive"} & have


def _limit(path: Path) -> int:
    if path.name == "train.py":
        return 100
    return 300 if path.name == "model.py" else 400


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_no_file_is_too_long_to_read() -> None:
    assert not {str(path): lines(path) for path in FILES if lines(path) > _limit(path)}


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Counted from the first line of its body: a command's options are its documentation."""
    first = function.body[0].lineno
    return (function.end_lineno or first) - first + 1


def test_no_function_of_the_lab_is_over_40_lines() -> None:
    each = ((path, function) for path in LAB for function in functions(parsed(path)))
    assert not [f"{path}: {function.name}" for path, function in each if body_lines(function) > 40]


def test_a_scene_says_that_it_takes_no_run_where_it_never_looks_at_one() -> None:
    said, meant = set(), set()
    for path in [each for each in LESSONS if "explore" in each.parts[-2:][0] + each.stem]:
        for part in parsed(path).body:
            if isinstance(part, ast.Assign) and ast.unparse(part) == "TAKES_RUN = False":
                said.add(path)
            if isinstance(part, ast.FunctionDef) and part.name == "explore":
                names = {node.id for node in ast.walk(part) if isinstance(node, ast.Name)}
                meant |= set() if part.args.args[0].arg in names else {path}
    assert said == meant
    assert len(said) > 5


def test_the_median_function_of_the_lab_is_short() -> None:
    lengths = [
        (function.end_lineno or 0) - function.lineno + 1
        for path in LAB
        for function in functions(parsed(path))
    ]
    assert sorted(lengths)[len(lengths) // 2] <= 8


def forbidden(node: ast.AST) -> str:
    """What a call or an import runs that came from outside; "" where it runs none."""
    if isinstance(node, ast.Call):
        name = ast.unparse(node.func)
        return name if name in ("eval", "exec", "compile", "os.system", "torch.load") else ""
    if isinstance(node, ast.Import | ast.ImportFrom):
        names = {alias.name for alias in node.names} | {getattr(node, "module", "") or ""}
        return ", ".join(names & {"pickle", "marshal", "shelve", "dill", "cloudpickle"})
    return ""


def test_nothing_is_pickled_or_executed() -> None:
    every = ((path, node) for path in FILES for node in ast.walk(parsed(path)))
    assert not [f"{path}: {found}" for path, node in every if (found := forbidden(node))]


def unexplained(path: Path) -> Iterator[str]:
    """What is public in a file of the lab and has no docstring; of a lesson's, the module."""
    tree = parsed(path)
    if not ast.get_docstring(tree):
        yield f"{path} does not say what it is"
    defined = [each for each in tree.body if isinstance(each, ast.FunctionDef | ast.ClassDef)]
    for node in defined if path in LAB else ():
        if node.name[0] != "_" and not ast.get_docstring(node):
            yield f"{path}: {node.name}"


def test_what_is_public_is_explained() -> None:
    assert not [each for path in FILES for each in unexplained(path)]


def test_no_room_is_named_for_leftovers() -> None:
    leftovers = ("utils", "helpers", "manager", "base", "common", "misc")
    assert not [path for path in FILES if path.stem in leftovers]
