"""Where in a lesson's code something is."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from zhtui.lesson import catalog, knobs, source
from zhtui.lesson.catalog import Entry
from zhtui.lesson.source import Place
from zhtui.runs.folder import RunFolder

TOP = Path(__file__).parents[2]
ENTRIES = [entry for entry in catalog.all_lessons() if entry.lesson is not None]
SHIPPED = sorted(path.parent for path in (TOP / "checkpoints").glob("*/*/run.json"))
LESSONS = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
RUNS = pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.parent.name)


def line(place: Place | None) -> str:
    """What stands there."""
    assert place is not None
    return place.path.read_text(encoding="utf-8").splitlines()[place.line - 1].strip()


def spelled(text: str, name: str) -> bool:
    """Whether a line has a name in quotes, or a pattern in quotes that gives it."""
    quoted = re.findall(r'"([^"]+)"', text)
    patterns = (re.sub(r"\\\{.*?\\\}", ".+", re.escape(each)) for each in quoted)
    return any(re.fullmatch(pattern, name) for pattern in patterns)


@RUNS
def test_every_view_of_a_shipped_run_is_found(path: Path) -> None:
    run, folder = RunFolder(path), catalog.one(path.parent.name).folder
    names = {name for _, name in run.artifacts()}
    assert names
    for name in names:
        text = line(source.view(folder, name))
        assert text.startswith("def ") or spelled(text, name), (name, text)


@RUNS
def test_every_metric_of_a_shipped_run_is_found(path: Path) -> None:
    folder = catalog.one(path.parent.name).folder
    metrics = {key for row in RunFolder(path).rows() for key in row} - {"step", "time"}
    for name in metrics:
        assert spelled(line(source.metric(folder, name)), name), name


@LESSONS
def test_every_knob_is_found_where_it_is_declared(entry: Entry) -> None:
    for row in knobs.knobs(entry.card.config):
        assert line(source.knob(entry.folder, row.name)).startswith(f"{row.name}:")


@LESSONS
def test_every_reference_in_the_notes_is_found(entry: Entry) -> None:
    notes = (entry.folder / "notes.md").read_text(encoding="utf-8")
    references = re.findall(r"\]\(([^)]+)\)", notes)
    assert references
    for reference in references:
        text = line(source.referred(entry.folder, reference))
        name = reference.partition("#")[2].rpartition(".")[2]
        assert name in text, (reference, text)


FILES = {
    "train.py": """
from own import pictures

def train(run):
    for step in run.steps():
        row = {"loss": 1.0}
        row["val"] = 2.0
        moved = pictures.movement(row)
        run.show("moves", moved)
        run.show("scores", pictures.scores(row))
        run.show("table", Table(("a", "b"), []))
        for name, view in pictures.look():
            run.show(name, view)
        yield row
""",
    "pictures.py": """
LIMIT = 3
WIDTH: int = 4

def movement(row): ...

def scores(row): ...

class Look:
    size: int = 1

    @property
    def heads(self): ...

def look():
    yield "heads", Look().heads
    for i in range(3):
        yield f"head {i}", scores(i)
""",
    "config.py": "class Config:\n    lr: float = knob(1.0, 'rate')\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A lesson's folder beside another one."""
    lesson = tmp_path / "lessons" / "own"
    lesson.mkdir(parents=True)
    for name, text in FILES.items():
        (lesson / name).write_text(text)
    (tmp_path / "lessons" / "blocks").mkdir()
    (tmp_path / "lessons" / "blocks" / "text.py").write_text("def words(): ...\n")
    (tmp_path / "secret.py").write_text("KEY = 1\n")
    return lesson


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("moves", "def movement(row): ..."),
        ("scores", "def scores(row): ..."),
        ("table", 'run.show("table", Table(("a", "b"), []))'),
        ("heads", 'yield "heads", Look().heads'),
        ("head 2", "def scores(row): ..."),
    ],
)
def test_a_view_is_found_at_what_makes_it(folder: Path, name: str, text: str) -> None:
    assert line(source.view(folder, name)) == text


def test_a_metric_is_found_in_the_code_before_the_card(folder: Path) -> None:
    (folder / "__init__.py").write_text('of = [f"Q{i}" for i in range(3)]\n')
    assert line(source.metric(folder, "Q2")) == 'of = [f"Q{i}" for i in range(3)]'
    (folder / "views.py").write_text('def row(name): return [(f"Q{name}", 1.0)]\n')
    assert line(source.metric(folder, "Q2")) == 'def row(name): return [(f"Q{name}", 1.0)]'


def test_what_is_not_there_is_not_found(folder: Path) -> None:
    assert source.view(folder, "head") is None
    assert source.metric(folder, "gap") is None
    assert source.knob(folder, "steps") is None
    assert source.view(folder / "nowhere", "head") is None


@pytest.mark.parametrize(
    ("reference", "text"),
    [
        ("pictures.py#LIMIT", "LIMIT = 3"),
        ("pictures.py#WIDTH", "WIDTH: int = 4"),
        ("pictures.py#Look.heads", "def heads(self): ..."),
        ("pictures.py#Look.size", "size: int = 1"),
        ("../blocks/text.py#words", "def words(): ..."),
        ("config.py", "class Config:"),
    ],
)
def test_a_reference_is_found(folder: Path, reference: str, text: str) -> None:
    assert line(source.referred(folder, reference)) == text


@pytest.mark.parametrize(
    "reference",
    [
        "pictures.py#Look.tail",
        "gone.py#x",
        "../../secret.py#KEY",
        "/etc/hosts",
        "",
        "#x",
        "notes.md",
    ],
)
def test_a_reference_to_nothing_or_out_of_the_lessons_is_none(folder: Path, reference: str) -> None:
    assert source.referred(folder, reference) is None


def test_a_broken_file_is_passed_over_and_a_changed_one_read_afresh(folder: Path) -> None:
    assert source.metric(folder, "loss") == Place(folder / "train.py", 6)
    (folder / "train.py").write_text("def train(run:\n")
    assert source.metric(folder, "loss") is None
    (folder / "train.py").write_text(json.dumps({"loss": 1}) + "\n")
    assert source.metric(folder, "loss") == Place(folder / "train.py", 1)
