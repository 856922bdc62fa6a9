"""The contract on a stranger's lesson: whole, it holds; with a fault, the sentence says which."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from zhtui.cli.app import app
from zhtui.lesson import catalog
from zhtui.work import check, check_runs, check_scenes

Drop = Callable[..., Path]
CARD = """
from dataclasses import dataclass
from zhtui.lab import Lesson, Mistake, Question, Reference, knob

@dataclass(frozen=True)
class Config:
    steps: int = knob(20, "steps to take", low=1)

lesson = Lesson(
    number=903, title="walk", summary="a drunkard", part="Strangers", config=Config,
    presets={{"tiny": Config()}}, {more}
)
"""
WALKER = """
class Walker:
    place = 10.0
    def state_dict(self):
        return {"place": self.place}
    def load_state_dict(self, state):
        self.place = state["place"]

def train(run):
    walker = Walker()
    run.keep(walker=walker)
    for step in run.steps():
        walker.place += run.rng.gauss(0, 1)
        yield {"loss": abs(walker.place)}
"""
SCENE = """
import time
from dataclasses import dataclass
import numpy as np
from zhtui.lab import Frame, Heatmap, Mistake, knob, mistakes

MISTAKES = (Mistake("late", "it begins too late", meters=("W",)),)

@dataclass(frozen=True)
class Ask:
    count: int = knob(3, "steps", low=1, high=900)
    mistake: str = mistakes(MISTAKES)

def explore(run, ask, poke):
    W = poke("W", np.arange(ask.count) + (ask.mistake == "late"))
    yield Frame("walked", {"W": Heatmap(W[None])}, say="on and on")
"""
TOLD = 'mistakes=(Mistake("late", "it begins too late", meters=("W",)),)'
NOWHERE = 'mistakes=(Mistake("late", "it begins too late", line="no.py"),)'
FORGETFUL = WALKER.replace("run.keep(walker=walker)", "run.keep(walker=Walker())")
NOTED = "# Walk\n\nSee [the loop](train.py#train) and [nothing](train.py#nowhere).\n"
UNKNOWN = (
    'references=(Reference(metric="loss", value=1.0, tolerance=0.1, label="him", source="he"),)'
)


REFERENCE = """references=(Reference(
    metric="{metric}", value=1.0, tolerance=0.1, label="him", source="he", preset="tiny", at={at}
),)"""
QUESTION = """questions=(Question(
    ask="far?", predict="how far", metric="loss", see="it", say="so", preset="tiny", {more}
),)"""


def reference(metric: str, at: str) -> dict[str, str]:
    return {"more": REFERENCE.format(metric=metric, at=at)}


def question(more: str) -> dict[str, str]:
    return {"more": QUESTION.format(more=more)}


def made(stranger: Drop, name: str, *, more: str = "", train: str = WALKER, **files: str) -> str:
    notes = files.pop("notes", "")
    folder = stranger(name, __init__=CARD.format(more=more), train=train, **files)
    (folder / "notes.md").write_text(notes, encoding="utf-8")
    return name


def why(name: str, asked: check.Check, store: Path) -> str:
    return check.verdict(asked, catalog.one(name), store)


def test_a_whole_lesson_holds(stranger: Drop, store: Path) -> None:
    name = made(stranger, "sober", more=TOLD, explore=SCENE)
    done = CliRunner().invoke(app, ["check", name])
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert len(lines) == len(check.CHECKS)
    assert all(line.startswith("✓ sober: ") for line in lines)


def test_a_knob_that_counts_without_a_run_changes_nothing_beside_one(
    stranger: Drop, store: Path
) -> None:
    always = SCENE.replace("high=900", "high=900, without_run=True")
    spared = always.replace("np.arange(ask.count)", "np.arange(9 if run else ask.count)")
    for name, scene in (("always", always), ("spared", spared)):
        made(stranger, name, more=f'{TOLD}, subjects=("{name}",)', explore=scene)
    assert "count changes always beside a run" in why("always", check_scenes.scenes, store)
    assert why("spared", check_scenes.scenes, store) == ""


@pytest.mark.parametrize("at", ['"last"', '"best"', '"first"', '"mean 100"', "0", "19"])
def test_a_sound_place_holds(stranger: Drop, store: Path, at: str) -> None:
    made_of = reference("loss", at)
    assert (
        why(made(stranger, f"there{zlib.crc32(at.encode())}", **made_of), check.card, store) == ""
    )


def test_a_lesson_with_a_fault_fails_and_says_which(stranger: Drop) -> None:
    name = made(stranger, "forgetful", train=FORGETFUL)
    done = CliRunner().invoke(app, ["check", name])
    assert done.exit_code == 1
    assert "✗ forgetful: A run that was stopped and resumed gives the same bits" in done.output
    assert "run.keep()" in done.output


@pytest.mark.parametrize(
    ("asked", "made_of", "sentence"),
    [
        (check.card, {"more": UNKNOWN}, "names no preset 'paper'"),
        (check.card, reference("loss", '"middle"'), "reference 'him' is at 'middle'; write"),
        (check.card, reference("loss", '"mean 0"'), "reference 'him' is at 'mean 0'; write"),
        (check.card, reference("loss", "20"), "'him' is at step 20 of 20; name one below 20"),
        (check_runs.tiny, reference("gain", '"best"'), "no row has gain, the metric of reference"),
        (check.card, question('at="end"'), "the question 'far?' is at 'end'; write"),
        (check.card, question('known={"a": float("nan")}'), "'far?' tells no number of a"),
        (check.notes, {"notes": NOTED}, "train.py#nowhere, in the notes, leads nowhere"),
        (check.notes, {"more": NOWHERE}, "no.py, in the mistake"),
        (check.files, {"generate": "def write(): ..."}, "generate"),
        (check_runs.tiny, {"more": 'figure="val"'}, "no row has val"),
        (check_runs.tiny, {"more": 'charts={"a": ("gain",)}'}, "the chart 'a' draws gain"),
        (check_runs.tiny, {"train": "def train(run):\n    yield from ()\n"}, "no row"),
        (check_runs.killed, {"train": FORGETFUL}, "another row at step"),
        (
            check_scenes.scenes,
            {"explore": SCENE.replace("np.arange(ask.count)", "np.array([time.perf_counter()])")},
            "other frames the second time",
        ),
        (
            check_scenes.scenes,
            {"explore": SCENE.replace("np.arange(ask.count)", "np.arange(300_000)")},
            "1 MB can be shown",
        ),
        (
            check_scenes.scenes,
            {"explore": f"{SCENE}\ndef point(ask, frame, spot):\n    return [1][spot.column]\n"},
            "pointing at W",
        ),
        (
            check_scenes.scenes,
            {
                "explore": SCENE.replace("high=900", "high=900, without_run=True")
                + "\nTAKES_RUN = False\n"
            },
            "never looks at a run, where count would not count",
        ),
        (check_scenes.mistakes, {"more": TOLD}, "no knob offers 'late', a mistake of the card"),
        (check_scenes.mistakes, {"explore": SCENE}, "which the card does not name"),
        (
            check_scenes.mistakes,
            {"more": TOLD, "explore": SCENE.replace('(ask.mistake == "late")', "0")},
            "changes none of its meters (W)",
        ),
    ],
)
def test_each_fault_has_its_sentence(
    stranger: Drop, store: Path, asked: check.Check, made_of: dict[str, str], sentence: str
) -> None:
    number = zlib.crc32(repr(made_of).encode())  # a module is imported once
    assert sentence in why(made(stranger, f"faulty{number}", **made_of), asked, store)
