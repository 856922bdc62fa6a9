"""What a lesson's runs must hold: rows of numbers, exact resume, samples that change nothing."""

from __future__ import annotations

import hashlib
import math
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

from zhtui.ask import engine
from zhtui.ask.reading import open_run
from zhtui.errors import LessonError
from zhtui.lesson import source
from zhtui.lesson.card import Question, Reference
from zhtui.lesson.catalog import Entry
from zhtui.lesson.sampling import Token
from zhtui.runs.files import append_json
from zhtui.runs.folder import CONTROL, RunFolder
from zhtui.work import client, drive

SEED = 7  # of the steps at which a run is stopped and killed
KILL = """
import os, signal, sys
from pathlib import Path
from zhtui.runs.folder import RunFolder
from zhtui.work import drive

def listen(kind, value):
    if kind == "row" and value["step"] == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

drive.work(RunFolder(Path(sys.argv[1])), listeners=(listen,))
"""


def must(holds: bool, why: str) -> None:
    """Raises `LessonError` where something does not hold."""
    if not holds:
        raise LessonError(why)


def _new(entry: Entry, store: Path, name: str) -> RunFolder:
    return client.create(store, entry, preset="tiny", where="cpu", name=name, threads=1)


def whole_run(entry: Entry, store: Path) -> RunFolder:
    """A tiny run from its start to its end."""
    name = f"whole-{entry.name.replace('_', '-')}"
    run = RunFolder(store / entry.name / name)
    if not run.path.is_dir():
        run = _new(entry, store, name)
    if run.status().state != "finished":
        _work(run)
    return run


def _work(run: RunFolder, stop_at: int = -1) -> None:
    """Drives a run; asks it to stop when the row of a step was recorded."""

    def listen(kind: str, value: Any) -> None:
        if kind == "row" and value["step"] == stop_at:
            append_json(run.path / CONTROL, {"id": "s", "action": "stop"})

    if drive.work(run, listeners=(listen,)):
        raise LessonError(f"the run failed: {run.status().error}")


def _rows(run: RunFolder) -> list[dict[str, float]]:
    rows = [{key: value for key, value in row.items() if key != "time"} for row in run.rows()]
    if not rows:
        raise LessonError("the run recorded no row; yield one mapping of metrics a step")
    return rows


def _weights(run: RunFolder) -> dict[str, str]:
    """The final checkpoint's tensor files by hash."""
    step, path = run.checkpoints()[-1]
    found = {file.name: file.read_bytes() for file in path.glob("*.safetensors")}
    return {"step": str(step)} | {n: hashlib.sha256(raw).hexdigest() for n, raw in found.items()}


def _same(whole: RunFolder, other: RunFolder, how: str) -> None:
    """Whether two runs are one, to the bit."""
    for mine, theirs in zip(_rows(whole), _rows(other), strict=False):
        if mine != theirs:
            raise LessonError(
                f"{how} it has another row at step {mine['step']:g}: {theirs}, not {mine}; keep "
                "what it depends on with run.keep(), and draw from run.rng or torch alone"
            )
    must(len(_rows(whole)) == len(_rows(other)), f"{how} it has more rows or fewer")
    if whole.checkpoints() and _weights(whole) != _weights(other):
        why = f"{how} it ends in other weights; keep with run.keep() all that has a state"
        raise LessonError(why)


def tiny(entry: Entry, store: Path) -> None:
    """A tiny run finishes, and records what its card speaks of."""
    run, lesson = whole_run(entry, store), entry.card
    rows = _rows(run)
    have = {key for row in rows for key in row}
    finite = all(math.isfinite(value) for row in rows for value in row.values())
    must(finite, "a row has a number that is not finite; look at its first step")
    must(lesson.figure in have, f"no row has {lesson.figure}, its figure; yield it")
    for title, metrics in lesson.charts.items():
        some = bool(have & set(metrics))
        must(some, f"the chart {title!r} draws {', '.join(metrics)}, of which no row has any")
    for question in lesson.questions:
        for metric in question.metrics.values():
            known = metric in have or _elsewhere(entry, question, metric)
            must(known, f"no row has {metric}, which is asked for")
    for one in lesson.references:
        known = one.metric in have or _elsewhere(entry, one, one.metric)
        must(known, f"no row has {one.metric}, the metric of reference {one.label!r}; correct it")
    for step, name in run.artifacts():
        run.artifact(step, name)


def _elsewhere(entry: Entry, asked: Question | Reference, metric: str) -> bool:
    """Whether code beside the card puts the metric into a row, for another setting than tiny's."""
    place = source.metric(entry.folder, metric)
    another = asked.preset != "tiny" or asked.data or asked.knobs
    return bool(another) and place is not None and place.path.name != "__init__.py"


def stopped(entry: Entry, store: Path) -> None:
    """A run that was stopped and resumed gives the same bits."""
    whole, halted = whole_run(entry, store), _new(entry, store, "halted")
    steps = [row["step"] for row in _rows(whole)]
    _work(halted, stop_at=int(random.Random(SEED).choice(steps[:-2] or steps[:1])))
    _work(halted)
    _same(whole, halted, "stopped and resumed")


def killed(entry: Entry, store: Path) -> None:
    """A run that was killed and resumed gives the same bits."""
    whole, dead = whole_run(entry, store), _new(entry, store, "killed")
    steps = [int(row["step"]) for row in _rows(whole)]
    step = random.Random(SEED).choice(steps[: max(1, len(steps) - 2)])
    command = [sys.executable, "-P", "-c", KILL, str(dead.path), str(step)]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)
    must(ended.returncode < 0, f"the run was not to be killed:\n{ended.stderr.strip()}")
    _work(dead)
    _same(whole, dead, "killed and resumed")


def sampled(entry: Entry, store: Path) -> None:
    """A sample that is asked for in the middle does not change the run."""
    whole, asked = whole_run(entry, store), _new(entry, store, "asked")
    rows = _rows(whole)
    middle = rows[len(rows) // 2]["step"]

    def listen(kind: str, value: Any) -> None:
        if kind == "row" and value["step"] == middle:
            append_json(asked.path / CONTROL, {"id": "s", "action": "sample", "tokens": 20})

    must(drive.work(asked, listeners=(listen,)) == 0, asked.status().error)
    answers = [event["event"] for event in asked.events() if event.get("id") == "s"]
    wanted = "sample" if entry.has("generate") else "refused"
    must(wanted in answers, f"asked for a sample it says {', '.join(answers) or 'nothing'}")
    _same(whole, asked, "asked for a sample")


def written(entry: Entry, store: Path) -> None:
    """What it generates follows from the seed."""
    if not entry.has("generate"):
        return
    run, texts = whole_run(entry, store), []
    for seed in (1, 1, 2):
        opened = open_run(run, where="cpu")
        sampling = entry.sampling({"tokens": 40, "seed": seed})
        tokens = list(engine.sample(run, opened, "", sampling))
        must(all(isinstance(token, Token) for token in tokens), "generate() yields Tokens alone")
        must(len(tokens) <= 40, "it writes more tokens than were asked for; heed sampling.tokens")
        sound = all(0 <= each.probability <= 1 and each.entropy >= 0 for each in tokens)
        must(sound, "a token has a probability outside 0 … 1, or an entropy below 0")
        texts.append("".join(token.text for token in tokens))
    must(texts[0] == texts[1], "one seed gives two texts; draw from the sampling's seed alone")
    must(texts[0] != texts[2], "two seeds give one text; draw from the sampling's seed")
