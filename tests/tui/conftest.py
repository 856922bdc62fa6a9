"""A lab on recorded runs: its own clock and lessons; its watcher looks when it is told."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from asked import Kept, trained
from recorded import NOW, pulse

from zhtui.lab import Lesson, Question, Reference, knob
from zhtui.lesson import catalog
from zhtui.lesson.catalog import Entry
from zhtui.runs.folder import RunFolder
from zhtui.tui.app import LabApp


@dataclass(frozen=True)
class Config:
    """Knobs of the lessons that the tests show."""

    lr: float = knob(1e-3, "learning rate at its peak", low=0.0, live=True)
    n_layer: int = knob(4, "blocks", low=1, high=12)
    rung: str = knob("full", "how far up the ladder", choices=("bigram", "head", "full"))
    steps: int = knob(1000, "updates", low=1)


PRESETS = {"tiny": Config(steps=20), "quick": Config(), "paper": Config(steps=5000)}


def lesson(number: float, title: str, summary: str, part: str, **more: Any) -> Lesson:
    """A lesson's card."""
    return Lesson(number, title, summary, part, Config, PRESETS, **more)


QUESTIONS = (
    Question(
        ask="What is the residual path for?",
        predict="Without it one layer is at 2.39 after 600 steps. And three of them?",
        metric="val",
        see="2.57, worse than one.",
        say="x + f(x) passes the gradient on unchanged beside f.",
        preset="tiny",
        knobs={"n_layer": 3, "steps": 600},
        known={"one layer": 2.3918},
        data="shakespeare",
    ),
    Question(
        ask="How fast does the rate fall?",
        predict="What is lr at the first step?",
        metric="lr",
        see="0.001.",
        say="It does not fall.",
        at="first",
    ),
)
LESSONS = (
    lesson(1, "micrograd", "a number that knows its gradient", "gradients"),
    lesson(2, "bigram", "which letter follows which", "letters"),
    lesson(
        9,
        "gpt",
        "attention, residuals and LayerNorm",
        "attention",
        figure="val",
        noisy=("loss",),
        charts={"loss": ("loss", "train", "val"), "rate": ("lr",)},
        references=(
            Reference("val", 1.88, 0.02, "nanoGPT on a CPU", "nanoGPT, README"),
            Reference("val", 1.4697, 0.02, "nanoGPT, an A100", "nanoGPT, README", gpu=True),
        ),
        questions=QUESTIONS,
    ),
)


@pytest.fixture
def entries(tmp_path: Path) -> list[Entry]:
    """Three lessons and a broken one."""
    folder = tmp_path / "lessons"
    found = []
    for card in LESSONS:
        (folder / card.title).mkdir(parents=True)
        notes = f"# {card.title}\n\nWhat does it see? Press **r**, and watch the loss.\n"
        (folder / card.title / "notes.md").write_text(notes)
        found.append(Entry(card.title, f"own.{card.title}", folder / card.title, card))
    broken = "lesson broken could not be loaded: NameError: name 'x' is not defined; correct it"
    return [*found, Entry("broken", "own.broken", folder / "broken", None, broken)]


@pytest.fixture
def make(
    store: Path, entries: list[Entry], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., LabApp]:
    """Makes a lab on the test's store; `tick` looks into it."""
    monkeypatch.delenv("NO_COLOR", raising=False)

    def app(**options: Any) -> LabApp:
        known: dict[str, Any] = {"clock": lambda: NOW, "device": lambda: "cpu · 2 cores ·  31 %"}
        lab = LabApp(store, **{**known, "entries": entries, "watching": False, **options})
        lab.session.watch.clock = itertools.count(1).__next__
        lab.session.pulse = pulse
        return lab

    return app


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A tiny GPT that was really trained; a test that changes its run trains one of its own."""
    return trained(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def engine() -> Iterator[Kept]:
    """One process that answers all tests of a file."""
    engine = Kept()
    yield engine
    engine.end()


@pytest.fixture(scope="module")
def explorer() -> Iterator[Kept]:
    """One process that shows the scenes of all tests of a file."""
    engine = Kept()
    yield engine
    engine.end()


@pytest.fixture
def lab(make: Callable[..., LabApp], engine: Kept) -> Callable[..., LabApp]:
    """Makes a lab whose engine is warm from one test to the next."""

    def app(**options: Any) -> Any:
        made = make(**options)
        made.session.engine = engine
        return made

    return app


@pytest.fixture
def explore(
    make: Callable[..., LabApp], explorer: Kept, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., LabApp]:
    """Makes a lab with the stranger's lesson in `folder`, whose explorer is warm between tests."""
    monkeypatch.setenv("ZHTUI_LESSONS", str(folder))

    def app(**options: Any) -> LabApp:
        lab = make(entries=[catalog.one("strange")], **options)
        lab.session.explorer = explorer
        return lab

    return app
