"""Takes a finished run into the repository, so that a new user finds one a lesson.

    python tests/ship.py STORE/gpt/brisk-otter …

Copies its card, rows, events, views and newest checkpoint to `checkpoints/`, and older ones so that
a replay can ask them: all where they are small, else three; without what belongs to the machine
that made it (paths, host, process) and without what only a resume needs (the optimizer).
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

STORE = Path(__file__).parents[1] / "checkpoints"
SMALL = 64 * 1024  # bytes of checkpoints that are all taken along
RESUME = ("optimizer", "replay")  # parts of a checkpoint
TENTHS = (1, 2, 5)  # of a run, after which larger ones are


def ship(run: Path) -> None:
    """One run folder."""
    there = STORE / run.parent.name / run.name
    shutil.rmtree(there, ignore_errors=True)
    there.mkdir(parents=True)
    card = json.loads((run / "run.json").read_text())
    for read in (card.get("data") or {}).values():
        read["path"] = Path(read["path"]).name
    card["command"] = ["zhtui", "run", run.parent.name, "--preset", card["preset"]]
    (there / "run.json").write_text(json.dumps(card) + "\n")
    status = json.loads((run / "status.json").read_text()) | {"host": "", "pid": 0}
    (there / "status.json").write_text(json.dumps(status) + "\n")
    for name in ("metrics.jsonl", "events.jsonl"):
        shutil.copyfile(run / name, there / name)
    shutil.copytree(run / "artifacts", there / "artifacts")
    *older, newest = sorted(run.glob("step-*"))
    chosen = [checkpoint for checkpoint in older if _worth(checkpoint, newest)] or older[-2:]
    for checkpoint in (*chosen, newest):
        take(checkpoint, there)


def _worth(checkpoint: Path, newest: Path) -> bool:
    small = sum(file.stat().st_size for file in checkpoint.iterdir()) <= SMALL
    return small or 10 * _step(checkpoint) / _step(newest) in TENTHS


def _step(checkpoint: Path) -> int:
    return int(checkpoint.name.partition("-")[2])


def take(checkpoint: Path, there: Path) -> None:
    """One checkpoint, without what only a resume needs."""
    left = shutil.ignore_patterns(*(f"{part}.*" for part in RESUME))
    shutil.copytree(checkpoint, there / checkpoint.name, ignore=left)
    state = json.loads((checkpoint / "state.json").read_text())
    for part in RESUME:
        state["parts"].pop(part, None)
    (there / checkpoint.name / "state.json").write_text(json.dumps(state) + "\n")


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        ship(Path(argument))
