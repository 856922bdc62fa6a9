"""Published against ours: what holds, what differs, what is skipped, and the exit code."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from zhtui.lesson import catalog
from zhtui.lesson.card import Reference
from zhtui.runs import figures
from zhtui.runs.figures import figure_of
from zhtui.work import client, drive, verify

CARD = """
    from .config import PRESETS, Config
    from zhtui.lab import Lesson, Reference

    def own(value, tolerance, label, **more):
        return Reference("loss", value, tolerance, label, "a page", preset="tiny", **more)

    lesson = Lesson(
        number=900, title="{name}", summary="a number drifts", part="Strangers", config=Config,
        presets=PRESETS,
        references=(
            own(0.0, 100.0, "wide"),
            own(9.0, 0.5, "wrong"),
            own(0.0, 100.0, "first", at="first"),
            own(0.0, 1.0, "on a GPU", gpu=True),
            own(0.0, 1.0, "other data", data="shakespeare"),
            own(0.0, 100.0, "pulled", knobs=dict(pull=1.0)),
            own(0.0, 100.0, "one", seeds=(1,)),
            own(0.0, 100.0, "two", seeds=(2,)),
            own(0.0, 100.0, "both", seeds=(1, 2)),
        ),
    )
    """


def test_each_reference_has_its_verdict(
    stranger: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("ZHTUI_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/nonexistent")
    stranger("checked", __init__=CARD)
    code = verify.run([catalog.one("checked")], where="cpu", as_json=True)
    out, err = capsys.readouterr()
    found = {row["reference"]["label"]: row for row in map(json.loads, out.splitlines())}
    verdicts = {label: row["verdict"] for label, row in found.items()}
    assert verdicts == {
        "wide": "holds",
        "wrong": "differs",
        "first": "holds",
        "pulled": "holds",
        "one": "holds",
        "two": "holds",
        "both": "holds",
        "on a GPU": "skipped",
        "other data": "skipped",
    }
    assert code == 1
    assert found["first"]["ours"] != found["wide"]["ours"]
    assert "hours" in found["on a GPU"]["why"]
    assert err.count("running checked") == 6, "settings that are the same run once"
    ours = {label: found[label]["ours"] for label in ("one", "two", "both")}
    assert ours["one"] != ours["two"]
    assert ours["both"] == pytest.approx((ours["one"] + ours["two"]) / 2)
    assert found["both"]["each"] == [ours["one"], ours["two"]]
    assert found["both"]["spread"] == pytest.approx(abs(ours["one"] - ours["two"]) / 2**0.5)
    assert found["both"]["margin"] == pytest.approx(100 - abs(ours["both"]))
    assert found["wrong"]["margin"] < 0
    assert found["one"]["spread"] is None


def test_only_what_holds_exits_with_0(
    stranger: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    stranger("checked", __init__=CARD)
    assert verify.run([catalog.one("checked")], where="cpu", only="WIDE") == 0
    line = capsys.readouterr().out
    assert line.startswith("✓ checked: wide: loss published 0 ± 100  ours ")
    assert "(preset tiny; a page)" in line


def test_several_seeds_are_told_with_their_spread(
    stranger: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    stranger("checked", __init__=CARD)
    assert verify.run([catalog.one("checked")], where="cpu", only="both") == 0
    line = capsys.readouterr().out.splitlines()[1]
    assert re.fullmatch(
        r"    n 2, mean -?\d\.\d{4}, spread \d\.\d{4}, margin 99\.\d{4}: "
        r"-?\d\.\d{4} with seed 1, -?\d\.\d{4} with seed 2",
        line,
    )


def test_a_long_run_says_how_long_before_it_goes_on(
    stranger: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is the very run that is interrupted and goes on: nothing is done twice."""
    stranger("checked", __init__=CARD)
    (quick,) = verify.outcomes(*both("checked"), "cpu")
    assert "about" not in capsys.readouterr().err
    monkeypatch.setattr(verify, "TRIAL", 0.0)
    (slow,) = verify.outcomes(*both("checked"), "cpu")
    assert re.search(
        r"about \d+:\d\d for 40 steps, evaluations aside; \d+:\d\d for this and 1 more",
        capsys.readouterr().err,
    )
    assert slow == quick


def both(name: str) -> tuple[catalog.Entry, list[Reference]]:
    entry = catalog.one(name)
    return entry, [one for one in entry.card.references if one.label == "both"]


@pytest.mark.parametrize(
    ("at", "value"), [("last", 2.5), ("best", 1.0), ("first", 3.0), (1, 1.0), (7, None)]
)
def test_the_row_that_counts(at: str | int, value: float | None) -> None:
    rows = [{"step": 0, "val": 3.0}, {"step": 1, "val": 1.0}, {"step": 2, "val": 2.5}, {"step": 3}]
    assert figure_of(rows, "val", at) == value


@pytest.mark.parametrize(
    ("at", "value"), [("best", 3.0), ("mean 2", 1.75), ("mean 100", 6.5 / 3), ("last", 2.5)]
)
def test_the_row_that_counts_where_more_is_better(at: str, value: float) -> None:
    rows = [{"step": 0, "val": 3.0}, {"step": 1, "val": 1.0}, {"step": 2, "val": 2.5}, {"step": 3}]
    assert figure_of(rows, "val", at, True) == pytest.approx(value)


RISING = """
    from .config import PRESETS, Config
    from zhtui.lab import Lesson, Reference

    def own(value, label, at):
        return Reference("score", value, 0.01, label, "a page", preset="tiny", at=at)

    lesson = Lesson(
        number=900, title="{name}", summary="a number rises", part="Strangers", config=Config,
        presets=PRESETS, figure="score", higher=True, charts=dict(score=("score",)),
        references=(own(1.0, "peak", "best"), own(0.89, "late", "mean 3")),
    )
    """
CLIMB = """
    def train(run):
        for step in run.steps():
            yield dict(loss=1.0 - step / 40, score=1.0 if step == 20 else 0.5 + step / 97.5)
    """


def test_a_figure_of_which_more_is_better(
    stranger: Callable[..., Path], store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A lesson that reached 1.0 was told that it had 0.5."""
    stranger("rising", __init__=RISING, train=CLIMB)
    entry = catalog.one("rising")
    assert verify.run([entry], where="cpu") == 0
    assert capsys.readouterr().out.count("✓") == 2
    run = client.create(store, entry, preset="tiny", where="cpu")
    assert drive.work(run) == 0
    best = run.status().best
    assert best == 1.0
    assert figures.reached(entry.card, best, "")
    assert figures.reached(entry.card, 0.99, "")
    assert not figures.reached(entry.card, 0.98, "")
    assert figures.better(entry.card, [0.5, None, float("nan"), 0.7]) == 0.7
    assert sorted([0.5, 0.7], key=lambda value: figures.rank(entry.card, value)) == [0.7, 0.5]
    assert not figures.higher(entry.card, "loss"), "of everything else less is better"
