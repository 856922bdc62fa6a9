"""Any lesson can be deleted and the rest works; one that was moved away works by the variable."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import lessons
from zhtui.lesson import catalog

TOP = Path(lessons.__file__).parents[1]
OURS = [each for each in catalog.all_lessons() if each.package.startswith("lessons.")]
NAMES = [each.name for each in OURS if each.lesson]
WITHOUT_EACH = """
import os, pathlib, sys
from zhtui.lesson import catalog
for name in sys.argv[1:]:
    here, away = pathlib.Path("lessons", name), pathlib.Path("away")
    here.rename(away)
    print(name, end=":", flush=True)
    if (child := os.fork()) == 0:
        found = (f"{e.name}{'!' + e.error if e.error else ''}" for e in catalog.all_lessons())
        print(*found, flush=True)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    away.rename(here)
"""
EVERYTHING = """
import importlib, pkgutil, lessons
for each in pkgutil.walk_packages(lessons.__path__, "lessons."):
    importlib.import_module(each.name)
"""


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A folder whose package `lessons` is found before ours."""
    skip = shutil.ignore_patterns("__pycache__")
    shutil.copytree(TOP / "lessons", tmp_path / "shelf" / "lessons", ignore=skip)
    return tmp_path / "shelf"


def python(shelf: Path, *words: str, **more: str) -> str:
    env = {**os.environ, **more, "PYTHONPATH": os.pathsep.join(map(str, (shelf, TOP)))}
    done = subprocess.run(
        [sys.executable, "-P", *words], capture_output=True, text=True, env=env, cwd=shelf
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_without_a_lesson_the_others_are_found(shelf: Path) -> None:
    """Each is moved away in turn; a fork looks, so that none sees what another has imported."""
    said = dict(
        line.split(":", 1) for line in python(shelf, "-c", WITHOUT_EACH, *NAMES).splitlines()
    )
    assert set(said) == set(NAMES)
    for name, others in said.items():
        assert set(others.split()) == set(NAMES) - {name}


@pytest.mark.slow
def test_without_the_lesson_that_others_look_at_all_is_imported(shelf: Path) -> None:
    """What a lesson imports of another would fail here."""
    for name in ("gpt", "tokenizer"):
        shutil.rmtree(shelf / "lessons" / name)
    python(shelf, "-W", "ignore", "-c", EVERYTHING)


@pytest.mark.slow
def test_a_lesson_that_was_moved_away_works_by_the_variable(shelf: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    shutil.move(shelf / "lessons" / "bigram", own)
    said = python(shelf, "-m", "zhtui", "check", "bigram", ZHTUI_LESSONS=str(own))
    assert said.count("✓ bigram: ") == len(said.splitlines()) >= 9


@pytest.mark.slow
def test_a_copy_under_another_name_works_beside_it(shelf: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    shutil.copytree(shelf / "lessons" / "micrograd", own / "mine")
    said = python(shelf, "-m", "zhtui", "check", "mine", ZHTUI_LESSONS=str(own))
    assert said.count("✓ mine: ") == len(said.splitlines()) >= 9
