"""What all tests share: a throw-away store, no network, and lessons of a stranger."""

from __future__ import annotations

import gc
import os
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from zhtui.lesson import vetting

# Four workers, and the processes that they start, share two cores: threads of torch's that wait for
# each other there cost more than they bring, up to seventeen times the time of one.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# A busy machine makes no test fail: what takes long is not what is held here.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def pytest_collection_finish() -> None:
    """What is imported by now (torch, transformers, scikit-learn: a million objects) stays to the
    end. Python need not look through it again and again for what is no longer used: a third of the
    time of a test that opens a screen.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


DRIFT = {
    "__init__.py": """
        from .config import PRESETS, Config
        from zhtui.lab import Lesson

        lesson = Lesson(
            number=900, title="{name}", summary="a number drifts to zero", part="Strangers",
            config=Config, presets=PRESETS,
        )
        """,
    "config.py": """
        from dataclasses import dataclass, replace
        from zhtui.lab import knob

        @dataclass(frozen=True)
        class Config:
            steps: int = knob(40, "steps", low=1)
            pull: float = knob(0.1, "how fast", low=0.0, high=1.0, live=True)
            mode: str = knob("plain", "how", choices=("plain", "nan", "raise", "slow", "exit"))

        QUICK, PAPER = replace(Config(), steps=400), replace(Config(), steps=100_000)
        PRESETS = dict(tiny=Config(), quick=QUICK, paper=PAPER)
        """,
    "train.py": """
        import time

        class Place:
            def __init__(self):
                self.x = 1.0
            def state_dict(self):
                return dict(x=self.x)
            def load_state_dict(self, state):
                self.x = state["x"]

        def train(run):
            place = Place()
            run.keep(place=place)
            for step in run.steps():
                place.x += run.config.pull * (run.rng.gauss(0, 1) - place.x)
                if run.config.mode == "nan" and step == 25:
                    place.x = float("nan")
                if run.config.mode == "raise" and step == 25:
                    raise ValueError("the lesson has a bug")
                if run.config.mode == "exit" and step == 25:
                    raise SystemExit(3)
                if run.config.mode == "slow":
                    time.sleep(0.005)
                yield dict(loss=place.x)
        """,
}


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No network, no store and no settings but the test's own."""
    monkeypatch.setenv("ZHTUI_OFFLINE", "1")
    monkeypatch.setenv("ZHTUI_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("ZHTUI_STORE", str(tmp_path / "store"))


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """An empty store."""
    place = tmp_path / "store"
    place.mkdir()
    return place


@pytest.fixture
def stranger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Drops a stranger's lesson into a folder that ZHTUI_LESSONS names; returns its folder."""

    def drop(name: str = "drift", **files: str) -> Path:
        folder = tmp_path / "own" / name
        folder.mkdir(parents=True)
        own = {f"{part}.py": text for part, text in files.items()}
        for file, text in {**DRIFT, **own}.items():
            body = textwrap.dedent(text).replace("{name}", name)
            (folder / file).write_text(body, encoding="utf-8")
        monkeypatch.setenv("ZHTUI_LESSONS", str(tmp_path / "own"))
        return folder

    # A process each would cost a quarter of a second; what it is for is tested by itself.
    monkeypatch.setattr(vetting, "vetted", lambda module, folder: "")
    return drop


def data_folder() -> Path:
    """The folder of the classic data sets; skips the test where there is none."""
    place = os.environ.get("ZHTUI_DATA")
    if not place or not Path(place).is_dir():
        pytest.skip("ZHTUI_DATA names no folder with the classic data sets")
    return Path(place)
