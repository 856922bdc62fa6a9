"""The report of a training: its numbers are the run's own, and nothing in it can break out."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from lessons.gpt2 import curve, report
from lessons.gpt2.evaluation import Score
from zhtui.cli.app import app
from zhtui.lab import LabError, run_folder
from zhtui.lesson import catalog
from zhtui.runs.folder import RunFolder
from zhtui.work import client, drive


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A finished tiny run, `told`."""
    place = tmp_path_factory.mktemp("store")
    made = client.create(
        place, catalog.one("gpt2"), preset="tiny", knobs=("data=python", "lr=0.002"), name="told"
    )
    assert drive.work(made) == 0
    return run_folder(made.path)


def cells(page: str, first: str) -> list[str]:
    """The cells of the row that begins with a word."""
    row = next(line for line in page.splitlines() if line.startswith(f"| {first} |"))
    return [cell.strip() for cell in row.strip("|").split(" | ")]


def test_the_numbers_are_the_run_s_own(folder: RunFolder, tmp_path: Path) -> None:
    done = CliRunner().invoke(
        app, ["gpt2", "report", "told", "--to", str(tmp_path), "--price", "3600",
              "--store", str(folder.path.parents[1])],
    )  # fmt: skip
    page = (tmp_path / "report.md").read_text()
    assert done.stdout.strip() == str(tmp_path / "report.md")
    rows = folder.rows()
    last = rows[-1]
    vals = [row for row in rows if "val" in row]
    assert [row["step"] + 1 for row in vals] == [6, 12]
    for row in vals:
        found = cells(page, f"{row['step'] + 1}")
        assert found[1:3] == [f"{128 * (row['step'] + 1):,}", f"{row['val']:.4f}"]
    assert cells(page, "tokens")[1] == f"{12 * 128:,}"
    assert cells(page, "training time")[1].startswith(f"{last['time']:,.1f} s")
    assert cells(page, "at 3600 an hour")[1] == f"{last['time']:.2f}"
    assert cells(page, "lr")[1:] == ["0.002", "preset: 0.003"]
    assert cells(page, "n_layer")[1] == "2"
    assert f"best validation loss {min(row['val'] for row in vals):.4f}" in page
    assert folder.card()["data"]["python"]["sha256"] in page
    assert "core" in cells(page, "machine")[1], "the machine is that which the run was on"
    assert "bits per byte" in page
    assert "29,280 weights; finished, 12 of 12 steps" in page


def test_a_curve_is_a_picture_with_a_point_a_row(folder: RunFolder, tmp_path: Path) -> None:
    report.write(folder, tmp_path)
    root = ElementTree.fromstring((tmp_path / "loss.svg").read_text())
    lines = [e for e in root.iter() if e.tag.endswith("polyline")]
    assert [len(line.get("points", "").split()) for line in lines] == [12, 2]
    words = [e.text for e in root.iter() if e.tag.endswith("text")]
    assert {"step", "loss, nats a token", "loss", "val"} <= set(words)
    loss = [row["loss"] for row in folder.rows()]
    heights = [float(p.split(",")[1]) for p in lines[0].get("points", "").split()]
    assert heights.index(max(heights)) == loss.index(min(loss)), "low losses are drawn low"


def test_a_spike_is_not_thinned_away() -> None:
    points = [(float(i), 1.0) for i in range(10_000)]
    points[5003] = (5003.0, 9.0)
    thin = curve.thinned(points)
    assert len(thin) <= 2 * curve.COLUMNS
    assert (5003.0, 9.0) in thin


@pytest.mark.parametrize(
    ("low", "high", "found"),
    [(0, 11, [0, 2, 4, 6, 8, 10]), (3.2, 3.4, [3.2, 3.25, 3.3, 3.35, 3.4])],
)
def test_ticks_are_round(low: float, high: float, found: list[float]) -> None:
    assert curve.ticks(low, high) == pytest.approx(found)


def test_hostile_words_stay_words() -> None:
    bad = 'a|b\n<script>alert(1)</script>\x1b[2J`x` & "'
    row = report.table(("what",), [(bad,)]).splitlines()
    assert len(row) == 3
    assert "<script" not in row[2]
    assert "\x1b" not in row[2]
    assert row[2].count("|") == 2
    svg = curve.drawn(bad, {bad: [(0, 1), (1, math.nan), (2, 3)]}, {bad: 2}, bad, bad)
    root = ElementTree.fromstring(svg)
    assert not [e for e in root.iter() if "script" in e.tag]
    text = report.fenced("``` ends\x1b[0m\n````")
    assert text.startswith("`````text\n")
    assert "\x1b" not in text


def test_scores_are_told_with_their_scorer(folder: RunFolder, tmp_path: Path) -> None:
    page = report.write(folder, tmp_path, [Score("HellaSwag", "per token", 0.25, 8)]).read_text()
    assert cells(page, "HellaSwag") == ["HellaSwag", "per token", "0.2500 right", "8"]
    assert "Not measured" in report.evaluation([])


def test_a_run_that_goes_on_or_has_not_begun(folder: RunFolder, tmp_path: Path) -> None:
    store = tmp_path / "store"
    fresh = client.create(store, catalog.one("gpt2"), preset="tiny", knobs=(), name="fresh")
    with pytest.raises(LabError, match="no recorded step"):
        report.write(fresh, tmp_path / "to")
    row = {"step": 0, "time": 0.5, "loss": 4.0, "lr": 0.1, "grad_norm": 1.0}
    (fresh.path / "metrics.jsonl").write_text(json.dumps(row) + '\n{"step": 1, "ti')
    page = report.write(fresh, tmp_path / "to").read_text()
    assert "1 of 12 steps; no evaluation yet" in page
    assert "no checkpoint yet" in page


def test_a_folder_that_cannot_be_written_is_one_sentence(folder: RunFolder, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LabError, match="choose another"):
        report.write(folder, tmp_path / "file")


def test_other_lessons_have_no_such_report(tmp_path: Path) -> None:
    client.create(tmp_path, catalog.one("bigram"), preset="tiny", knobs=(), name="pairs")
    words: list[Any] = ["gpt2", "report", "pairs", "--to", str(tmp_path), "--store", str(tmp_path)]
    assert "lesson gpt2" in str(CliRunner().invoke(app, words).exception)


@pytest.mark.parametrize("name", [report.PAGE, report.CURVE])
def test_a_link_in_the_folder_is_not_written_through(
    folder: RunFolder, tmp_path: Path, name: str
) -> None:
    outside, to = tmp_path / "outside", tmp_path / "to"
    outside.write_text("mine")
    to.mkdir()
    (to / name).symlink_to(outside)
    report.write(folder, to)
    assert outside.read_text() == "mine"
    assert (to / name).is_file()
    assert not (to / name).is_symlink()
