"""The promises of the house: what is imported where, how long a file may be, what is not called."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
LAB = sorted((TOP / "zhtui").rglob("*.py"))
LESSONS = sorted((TOP / "lessons").rglob("*.py"))
FILES = pytest.mark.parametrize("path", LAB + LESSONS, ids=lambda p: str(p.relative_to(TOP)))


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


@pytest.mark.parametrize("path", sorted((TOP / "lessons").glob("*/model.py")), ids=str)
def test_a_model_works_in_a_notebook(path: Path) -> None:
    have = loaded(f"import lessons.{path.parent.name}.model")
    assert not {"textual", "rich", "typer", "zhtui.runs.folder", "zhtui.work.drive"} & have


def _limit(path: Path) -> int:
    if path.name == "train.py":
        return 100
    return 300 if path.name == "model.py" else 400


@FILES
def test_no_file_is_too_long_to_read(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= _limit(path)


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("path", LAB, ids=lambda p: str(p.relative_to(TOP)))
def test_no_function_of_the_lab_is_over_40_lines(path: Path) -> None:
    """Counted from the first line of its body: a command's options are its documentation."""
    for function in functions(ast.parse(path.read_text(encoding="utf-8"))):
        body = function.body[0].lineno
        assert (function.end_lineno or body) - body < 40, f"{path.name}: {function.name}"


def test_the_median_function_of_the_lab_is_short() -> None:
    lengths = []
    for path in LAB:
        for function in functions(ast.parse(path.read_text(encoding="utf-8"))):
            lengths.append((function.end_lineno or 0) - function.lineno + 1)
    assert sorted(lengths)[len(lengths) // 2] <= 8


@FILES
def test_nothing_is_pickled_or_executed(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            assert name not in ("eval", "exec", "compile", "os.system", "torch.load"), name
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = {alias.name for alias in node.names} | {getattr(node, "module", "") or ""}
            assert not names & {"pickle", "marshal", "shelve", "dill", "cloudpickle"}


@FILES
def test_what_is_public_is_explained(path: Path) -> None:
    """Modules and public functions of the lab have docstrings; a lesson's modules have one."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), f"{path.name} does not say what it is"
    if path in LAB:
        for node in tree.body:
            shown = isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name[0] != "_"
            assert not shown or ast.get_docstring(node), f"{path.name}: {node.name}"


@FILES
def test_no_room_is_named_for_leftovers(path: Path) -> None:
    assert path.stem not in ("utils", "helpers", "manager", "base", "common", "misc")
