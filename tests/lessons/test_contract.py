"""What every lesson found must hold, whatever it teaches."""

from __future__ import annotations

import hashlib
import math
import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from zhtui.ask import engine
from zhtui.lesson import catalog, knobs
from zhtui.lesson.catalog import Entry
from zhtui.lesson.sampling import Sampling, Token
from zhtui.runs.files import append_json
from zhtui.runs.folder import RunFolder
from zhtui.work import client, drive

ENTRIES = [entry for entry in catalog.all_lessons() if entry.package.startswith("lessons.")]
LESSONS = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
KEEP = ("tiny", "quick", "paper")


def make(store: Path, entry: Entry, name: str) -> RunFolder:
    return client.create(store, entry, preset="tiny", where="cpu", name=name, threads=1)


def work(run: RunFolder, stop_at: int = -1) -> int:
    """Drives a run; asks it to stop when the row of a step was recorded."""

    def listen(kind: str, value: Any) -> None:
        if kind == "row" and value["step"] == stop_at:
            append_json(run.path / "control.jsonl", {"id": "s", "action": "stop"})

    return drive.work(run, listeners=(listen,))


def rows(run: RunFolder) -> list[dict[str, float]]:
    return [{key: value for key, value in row.items() if key != "time"} for row in run.rows()]


def weights(run: RunFolder) -> dict[str, str]:
    """The final checkpoint's tensor files by hash."""
    step, path = run.checkpoints()[-1]
    files = {file.name: file.read_bytes() for file in path.glob("*.safetensors")}
    return {"step": str(step)} | {n: hashlib.sha256(raw).hexdigest() for n, raw in files.items()}


@LESSONS
def test_the_card_is_whole(entry: Entry) -> None:
    card = entry.card
    assert set(KEEP) <= set(card.presets)
    assert all(isinstance(preset, card.config) for preset in card.presets.values())
    for row in knobs.knobs(card.config):
        assert row.knob.text
        assert "\n" not in row.knob.text
    for preset in card.presets.values():
        assert knobs.replace(card.config(), knobs.to_json(preset)) == preset
    for reference in card.references:
        assert reference.preset in card.presets
        knobs.replace(card.presets[reference.preset], reference.knobs)
        assert reference.tolerance >= 0
        assert reference.source
    assert card.questions
    drawn = {metric for metrics in card.charts.values() for metric in metrics}
    for question in card.questions:
        assert all((question.ask, question.predict, question.see, question.say))
        assert question.metric in drawn, "a guess is drawn in a chart"
        knobs.replace(card.presets[question.preset], question.knobs)
    assert len({question.ask for question in card.questions}) == len(card.questions) >= 3
    notes = (entry.folder / "notes.md").read_text(encoding="utf-8")
    assert len(notes) > 500


@LESSONS
def test_tiny_runs_and_its_rows_are_numbers(entry: Entry, store: Path) -> None:
    run = make(store, entry, "whole")
    assert work(run) == 0, run.status().error
    found = rows(run)
    assert all(math.isfinite(value) for row in found for value in row.values())
    assert any(entry.card.figure in row for row in found)
    have = {key for row in found for key in row}
    assert all(have & set(metrics) for metrics in entry.card.charts.values())
    assert {question.metric for question in entry.card.questions} <= have
    assert run.artifacts()
    for step, name in run.artifacts():
        run.artifact(step, name)


@LESSONS
def test_a_stop_and_a_resume_give_the_same_bits(entry: Entry, store: Path) -> None:
    whole, halted = make(store, entry, "whole"), make(store, entry, "halted")
    assert work(whole) == 0
    steps = [row["step"] for row in rows(whole)]
    assert work(halted, stop_at=int(random.choice(steps[:-2]))) == 0
    assert work(halted) == 0
    assert rows(halted) == rows(whole)
    assert weights(halted) == weights(whole)


@LESSONS
def test_a_kill_and_a_resume_give_the_same_bits(entry: Entry, store: Path) -> None:
    whole, killed = make(store, entry, "whole"), make(store, entry, "killed")
    assert work(whole) == 0
    steps = [int(row["step"]) for row in rows(whole)]
    step = random.choice(steps[: max(1, len(steps) - 2)])
    assert _killed_at(killed, step) == -signal.SIGKILL
    assert killed.status().state == "lost"
    assert work(killed) == 0
    assert rows(killed) == rows(whole)
    assert weights(killed) == weights(whole)


@LESSONS
def test_what_it_generates_follows_from_the_seed(entry: Entry, store: Path) -> None:
    if not entry.has("generate"):
        assert not entry.has("generate"), "nothing to generate"
        return
    run = make(store, entry, "whole")
    assert work(run) == 0
    texts = []
    for seed in (1, 1, 2):
        opened = engine.open_run(run, where="cpu")
        sampling = Sampling(tokens=40, seed=seed)
        tokens = list(engine.sample(run, opened, "", sampling))
        assert all(isinstance(token, Token) for token in tokens)
        assert len(tokens) <= 40
        assert all(0 <= token.probability <= 1 and token.entropy >= 0 for token in tokens)
        texts.append("".join(token.text for token in tokens))
    assert texts[0] == texts[1]
    assert texts[0] != texts[2]


@LESSONS
def test_a_sample_in_the_middle_does_not_change_the_run(entry: Entry, store: Path) -> None:
    whole, asked = make(store, entry, "whole"), make(store, entry, "asked")
    assert work(whole) == 0
    middle = rows(whole)[len(rows(whole)) // 2]["step"]

    def listen(kind: str, value: Any) -> None:
        if kind == "row" and value["step"] == middle:
            request = {"id": "s", "action": "sample", "tokens": 20}
            append_json(asked.path / "control.jsonl", request)

    assert drive.work(asked, listeners=(listen,)) == 0
    told = [event for event in asked.events() if event.get("id") == "s"]
    answered = "sample" if entry.has("generate") else "refused"
    assert answered in [event["event"] for event in told]
    assert rows(asked) == rows(whole)
    assert weights(asked) == weights(whole)


KILL = """
import os, signal, sys
from pathlib import Path
from zhtui.work import drive
from zhtui.runs.folder import RunFolder

def listen(kind, value):
    if kind == "row" and value["step"] == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

drive.work(RunFolder(Path(sys.argv[1])), listeners=(listen,))
"""


def _killed_at(run: RunFolder, step: int) -> int:
    command = [sys.executable, "-c", KILL, str(run.path), str(step)]
    return subprocess.run(command, env=dict(os.environ), check=False, timeout=100).returncode
