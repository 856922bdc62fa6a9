"""How long a run takes here."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from zhtui.runs.durations import expected, told
from zhtui.runs.folder import CARD, FORMAT, METRICS, STATUS, RunFolder

CONFIG = {"lr": 0.1, "steps": 100}


def made(store: Path, name: str, config: dict[str, Any], seconds: float, host: str) -> RunFolder:
    """A run that took so long for 100 steps."""
    folder = store / "gpt" / name
    folder.mkdir(parents=True)
    (folder / CARD).write_text(
        json.dumps(
            {"format": FORMAT, "lesson": "gpt", "preset": "tiny", "seed": 1, "config": config}
        )
    )
    rows = [{"step": step, "time": seconds * (step + 1) / 100} for step in (0, 49, 99)]
    (folder / METRICS).write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / STATUS).write_text(json.dumps({"state": "finished", "step": 100, "host": host}))
    return RunFolder(folder)


def test_the_pace_of_the_same_setting_counts_whatever_its_steps(tmp_path: Path) -> None:
    run = made(tmp_path, "one", CONFIG, 20.0, socket.gethostname())
    assert expected([run], CONFIG) == pytest.approx(20)
    assert expected([run], CONFIG | {"steps": 1000}) == pytest.approx(200)


def test_another_setting_or_another_machine_says_nothing(tmp_path: Path) -> None:
    other = made(tmp_path, "one", CONFIG | {"lr": 1.0}, 20.0, socket.gethostname())
    shipped = made(tmp_path, "two", CONFIG, 20.0, "")
    gone = RunFolder(tmp_path / "gpt" / "gone")
    assert expected([other, shipped, gone], CONFIG) is None


@pytest.mark.parametrize(("seconds", "words"), [
    (0.4, "about a second"), (7.2, "about 7 s"), (23, "about 25 s"), (88, "about 90 s"),
    (200, "about 3 min"), (7300, "about 2 h"),
])  # fmt: skip
def test_a_duration_is_told_no_finer_than_it_is_known(seconds: float, words: str) -> None:
    assert told(seconds) == words
