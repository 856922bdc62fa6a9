"""A stranger's lesson with scenes, for the explore screen: small attention, a long walk, faults.

And keys that wait until all that they asked for has come.
"""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

from asked import until
from textual.pilot import Pilot

from zhtui.tui.app import LabApp
from zhtui.tui.screens.explore.screen import ExploreScreen

CARD = """
from .config import PRESETS, Config
from zhtui.lab import Lesson, Mistake

MISTAKES = (
    Mistake("leak", "every row saw its future", meters=("A",), line="explore/mix.py#explore"),
    Mistake("flat", "all shares were equal", meters=("A",)),
)
lesson = Lesson(
    number=7, title="strange", summary="who looks at whom", part="Strangers", config=Config,
    presets=PRESETS, scenes=("mix", "walk", "bad"), mistakes=MISTAKES,
)
"""
MIX = '''
"""A row becomes shares of the rows before it."""

from dataclasses import dataclass

import numpy as np
from zhtui.lab import Bars, Frame, Heatmap, Spot, Text, knob, mistakes
from . import MISTAKES

@dataclass(frozen=True)
class Ask:
    text: str = knob("the cat", "what is read")
    heat: float = knob(1.0, "temperature of the shares", low=0.1, high=10.0)
    row: int = knob(2, "the row that asks", low=0, high=30, points="A.row")
    causal: bool = knob(True, "the future is hidden")
    mistake: str = mistakes(MISTAKES)

def explore(run, ask, poke):
    text = poke("text", ask.text)
    n, sides = len(text), list(text)
    codes = np.array([ord(each) for each in text])
    X = poke("X", np.sin(codes[:, None] * np.arange(1, 5)).round(2))
    yield Frame("embedded", {"text": Text(text), "X": Heatmap(X, rows=sides, signed=True)},
        say="each letter is a row of four numbers", look="equal letters, equal rows",
        chapter="rows")
    S = X @ X.T / ask.heat
    yield Frame("scores", {"X": Heatmap(X, rows=sides, signed=True),
        "S": Heatmap(S, rows=sides, columns=sides, signed=True)}, keep={"X": X},
        say="a score is the product of two rows", look="the diagonal is large",
        predict=Spot("S", 2, 1), chapter="shares")
    hidden = np.triu(np.ones((n, n), bool), 1) & ask.causal & (ask.mistake != "leak")
    A = np.exp(np.where(hidden, -np.inf, S))
    A = np.ones((n, n)) / n if ask.mistake == "flat" else A / A.sum(1, keepdims=True)
    still = lambda spot: {"A": np.arange(n)[:, None] < np.full((1, n), spot.row)}
    yield Frame("shares", {"S": Heatmap(S, rows=sides, columns=sides, signed=True),
        "A": Heatmap(A, rows=sides, columns=sides, low=0.0),
        "row": Bars(sides, A[min(ask.row, n - 1)])},
        say=(("row ", ""), (sides[min(ask.row, n - 1)], "lit"), (" sums to one", "")),
        look="no row sees its future", predict=Spot("A", 1, 0), within=0.05, still=still)
    yield Frame("mixed", lambda: {"A": Heatmap(A, low=0.0), "O": Heatmap(A @ X, signed=True)},
        say="each row is a mix of the rows before it", solved="mix", chapter="out")

def point(ask, frame, spot):
    if spot.view != "S" or "X" not in frame.keep:
        return ""
    X = frame.keep["X"]
    terms = " + ".join(f"{a:.2f}*{b:.2f}" for a, b in zip(X[spot.row], X[spot.column]))
    return f"{terms} = {X[spot.row] @ X[spot.column]:.2f}"
'''
WALK = """
from dataclasses import dataclass

import numpy as np
from zhtui.lab import Bars, Curves, Frame, knob

@dataclass(frozen=True)
class Ask:
    frames: int = knob(10_000, "how many", low=1)

def explore(run, ask, poke):
    x = 0.0
    for i in range(ask.frames):
        x = 0.9 * x + np.sin(i)
        bars = Bars(["now", "before"], [x, i / ask.frames])
        yield Frame(f"step {i}", {"B": bars}, say=f"x is {x:.3f}", chapter=f"part {i // 1000}")
"""
BAD = """
import time
from dataclasses import dataclass

import numpy as np
from zhtui.lab import Bars, Frame, Heatmap, knob

HOW = ("raise", "loop", "huge", "slow")

@dataclass(frozen=True)
class Ask:
    how: str = knob("raise", "the fault", choices=HOW)

def explore(run, ask, poke):
    yield Frame("good", {"B": Bars(["b"], [1.0])})
    if ask.how == "raise":
        raise ValueError("a bug in the scene")
    while ask.how == "loop":
        pass
    for i in range(100 if ask.how == "slow" else 0):
        time.sleep(0.05)
        yield Frame(f"slow {i}", {"B": Bars(["b"], [float(i)])})
    yield Frame("huge", {"H": Heatmap(np.zeros((600, 600)))})
"""
CONFIG = """
from dataclasses import dataclass
from zhtui.lab import knob

@dataclass(frozen=True)
class Config:
    steps: int = knob(4, "steps", low=1)

PRESETS = dict(tiny=Config(), quick=Config(), paper=Config())
"""
TRAIN = """
def train(run):
    for step in run.steps():
        yield dict(loss=1 / (1 + step))
"""


def drop(folder: Path) -> Path:
    """Writes the lesson into a folder of lessons."""
    place = folder / "strange"
    (place / "explore").mkdir(parents=True)
    files = {"__init__": CARD, "config": CONFIG, "train": TRAIN}
    scenes = {"__init__": "from .. import MISTAKES", "mix": MIX, "walk": WALK, "bad": BAD}
    files |= {f"explore/{name}": text for name, text in scenes.items()}
    for name, text in files.items():
        (place / f"{name}.py").write_text(textwrap.dedent(text), encoding="utf-8")
    (place / "notes.md").write_text(
        "# strange\n\nWho looks at whom? See [A](explore/mix.py#explore).\n"
    )
    return place


async def settled(pilot: Pilot[int]) -> None:
    """All that was asked for has come."""
    known = [s for s in pilot.app.screen_stack if isinstance(s, ExploreScreen)]
    if not known:
        return  # it was left
    screen = known[0]
    await until(pilot, lambda: not screen.inquiry.busy and not screen.listener.news)
    await until(pilot, lambda: screen.inquiry._words is None and not screen.listener.news)


async def press(pilot: Pilot[int], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await settled(pilot)


async def opened(pilot: Pilot[int], scene: str = "mix", **more: Any) -> ExploreScreen:
    """The screen of the lab's first lesson, its first frame in sight."""
    app = pilot.app
    assert isinstance(app, LabApp)
    app.session.doors.explore(app.session.entries[0], scene=scene, **more)
    await pilot.pause()
    screen = app.screen
    assert isinstance(screen, ExploreScreen)
    await until(pilot, lambda: screen.inquiry.shown is not None and screen.inquiry.rows)
    await settled(pilot)
    return screen
