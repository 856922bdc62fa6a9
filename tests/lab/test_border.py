"""What is read from a run folder has its declared type, or is a sentence and one row's fault."""

from __future__ import annotations

import json
import math
import os
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhtui.errors import ConfigError, StoreError
from zhtui.lesson import catalog
from zhtui.lesson.views import Bars, Heatmap, Histogram, Table, Text, Tree
from zhtui.runs import border, checkpoint, learner, store, view_files
from zhtui.runs.files import append_json, read_settings
from zhtui.runs.folder import CARD, EVENTS, GUESS, METRICS, STATUS, RunFolder
from zhtui.tui.reading.columns import columns
from zhtui.tui.settings import file as settings
from zhtui.work import client, drive

Drop = Callable[..., Path]
TOP = Path(__file__).parents[2]
HUGE = "1" * 400
ODD = ['"x"', "[1]", "{}", "true", HUGE, "1e999", "-5", "NaN", "null", '"\\ud800"', "[" * 5000]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@pytest.fixture
def run(stranger: Drop, store: Path) -> RunFolder:
    """A run that has not begun, beside a sound one."""
    stranger()
    client.create(store, catalog.one("drift"), preset="tiny", where="cpu", name="sound")
    return client.create(store, catalog.one("drift"), preset="tiny", where="cpu", name="theirs")


def read(run: RunFolder) -> dict[str, Any] | StoreError:
    """A run's card, or why it has none."""
    try:
        return run.card()
    except StoreError as error:
        return error


def put(path: Path, field: str, literal: str) -> None:
    """A JSON object's field set to any text."""
    whole = json.loads(path.read_text()) if path.exists() else {}
    whole[field] = "@"
    path.write_text(json.dumps(whole).replace('"@"', literal))


@pytest.mark.parametrize("literal", ODD, ids=lambda text: text[:6])
@pytest.mark.parametrize("field", ["lesson", "preset", "seed", "config", "threads", "parent"])
def test_a_card_that_does_not_fit_is_a_sentence_and_one_row(
    run: RunFolder, field: str, literal: str
) -> None:
    put(run.path / CARD, field, literal)
    card = read(run)
    if isinstance(card, StoreError):
        assert "theirs" in str(card)
        assert len(str(card)) < 600
        assert "\n" not in str(card)
    else:  # it is what it may be
        assert isinstance(card["lesson"] + card["preset"], str)
        assert type(card["seed"]) is int
        assert abs(card["seed"]) < 2**63
        assert all(type(value) in (bool, int, float, str) for value in card["config"].values())
    names = [each.name for each in store.runs(run.path.parents[1])]
    assert sorted(names) == ["sound", "theirs"]
    assert RunFolder(run.path.with_name("sound")).card()["lesson"] == "drift"


@pytest.mark.parametrize("literal", ODD, ids=lambda text: text[:6])
@pytest.mark.parametrize("field", list(typing.get_type_hints(border.Status)))
def test_a_field_of_a_status_that_does_not_fit_counts_as_absent(
    run: RunFolder, field: str, literal: str
) -> None:
    (run.path / STATUS).write_text('{"state": "finished", "step": 3, "rate": 2.5}')
    put(run.path / STATUS, field, literal)
    status = run.status()
    assert isinstance(status.state, str)
    assert type(status.step) is type(status.steps) is type(status.pid) is int
    assert all(isinstance(value, int | float) for value in status.row.values())
    assert math.isfinite(float(status.rate))
    if not literal.startswith("[[") and field != "step":
        assert status.step == 3


@given(JSON)
def test_any_json_is_read_as_what_it_should_be_or_passed_over(value: Any) -> None:
    content = json.dumps(value).encode()
    hints = typing.get_type_hints(border.Event)
    event = border.event(content)
    assert event is None or set(event) <= set(hints)
    assert all(isinstance(key, str) for key in border.status(content))
    row = border.row(content)
    assert row is None or all(isinstance(number, int | float) for number in row.values())
    for reader in (border.request, border.did, border.guess, border.measured):
        reader(content)
    for strict in (border.card, border.state):
        with pytest.raises(border.Misfit):
            strict(content, 1)


@given(st.dictionaries(st.sampled_from(["step", "loss", "val"]), JSON))
def test_rows_read_one_by_one_and_as_columns_are_the_same(value: dict[str, Any]) -> None:
    line = json.dumps({"step": 1, "loss": 2.0, **value}).encode()
    row, series = border.row(line), columns([line])
    assert (row is None or set(row) == {"step"}) == (series == {})
    for name in series:
        assert row is not None
        assert float(series[name][1][0]) == pytest.approx(float(row[name]), nan_ok=True)


def test_a_step_that_is_none_is_no_row_in_a_long_run_either() -> None:
    lines = [b'{"step": %d, "loss": 1.5}' % i for i in range(200)]
    lines[7], lines[9] = b'{"step": 7.5, "loss": 1.5}', b'{"step": %s, "loss": 1.5}' % (b"9" * 400)
    lines[11], lines[12] = b'{"step": null, "loss": 1.5}', b'{"step": -1, "loss": 1.5}'
    steps, values = columns(lines)["loss"]
    assert steps.tolist() == [i for i in range(200) if i not in (7, 9, 11, 12)]
    assert values.tolist() == [1.5] * 196


def test_an_event_that_does_not_fit_is_passed_over(run: RunFolder) -> None:
    good = {"event": "knob", "step": 3, "knob": "pull", "value": "0.5"}
    for change in ({"step": None}, {"step": -1}, {"knob": 5}, {"value": {}}, {"step": 1.5}):
        append_json(run.path / EVENTS, {**good, **change})
    append_json(run.path / EVENTS, {"event": {"a": 1}})
    append_json(run.path / EVENTS, {"event": "knob"})
    append_json(run.path / EVENTS, good)
    assert run.events() == [good]
    assert drive.work(run) == 0


def test_a_request_that_does_not_fit_is_passed_over_and_the_next_obeyed(run: RunFolder) -> None:
    for line in ({"id": {"a": 1}, "action": "stop"}, {"action": ["stop"]}, {"steps": math.inf}):
        append_json(run.path / "control.jsonl", line)
    append_json(run.path / "control.jsonl", {"id": "z", "action": "step", "steps": 1e300})
    append_json(run.path / "control.jsonl", {"id": "a", "action": "stop"})
    assert drive.work(run, inbox=0) == 0
    answers = [(e["event"], e.get("id")) for e in run.events() if "action" in e]
    assert answers[-1] == ("obeyed", "a")
    assert ("refused", "z") in answers or ("obeyed", "z") in answers


@pytest.mark.parametrize("at", ["last", "best", "first", "mean 100", 7])
def test_a_guess_comes_back(run: RunFolder, at: str | int) -> None:
    kept = {"question": "?", "metric": "loss", "at": at, "value": 2}
    (run.path / GUESS).write_text(json.dumps(kept))
    assert learner.read(run) == learner.Guess("?", "loss", at, 2)
    for field, literal in (("at", '"mean x"'), ("value", HUGE), ("value", "NaN"), ("metric", "5")):
        (run.path / GUESS).write_text(json.dumps(kept))
        put(run.path / GUESS, field, literal)
        assert learner.read(run) is None


def test_a_row_of_a_thousand_metrics_is_none_of_ours(run: RunFolder) -> None:
    append_json(run.path / METRICS, {"step": 0, **{f"m{i}": i for i in range(2000)}})
    append_json(run.path / METRICS, {"step": 1, "loss": 1.0})
    assert [row["step"] for row in run.rows()] == [1]


VIEWS: list[Any] = [
    {"view": "Heatmap", "values": "x"},
    {"view": "Heatmap", "values": [[1, "a"]]},
    {"view": "Heatmap", "values": [[1, 2], [3]]},
    {"view": "Text", "text": 5},
    {"view": "Text", "text": "a", "spans": [[0, 1]]},
    {"view": "Text", "text": "a", "spans": [[0, 10**400, 1]]},
    {"view": "Bars", "labels": [1], "values": [2]},
    {"view": "Bars", "labels": ["a"], "values": ["b"]},
    {"view": "Table", "columns": ["a"], "rows": [[{"map": []}]]},
    {"view": "Graph", "nodes": ["a"], "edges": []},
    {"view": "Board", "cells": 3},
    {"view": "Histogram", "edges": [0, 1], "series": {"map": [[1, [2]]]}},
]  # fmt: skip


@pytest.mark.parametrize("value", VIEWS, ids=json.dumps)
def test_a_view_whose_fields_have_other_types_is_refused(value: Any, tmp_path: Path) -> None:
    path = tmp_path / "000001-view.json"
    path.write_text(json.dumps(value))
    with pytest.raises(StoreError, match="delete it"):
        view_files.read(path)


def test_a_view_without_end_is_refused_and_a_long_text_cut(tmp_path: Path) -> None:
    path = tmp_path / "000001-view.json"
    deep: Any = {"view": "Tree", "label": "a"}
    for _ in range(300):
        deep = {"view": "Tree", "label": "a", "children": [deep]}
    path.write_text(json.dumps(deep))
    with pytest.raises(StoreError, match="delete it"):
        view_files.read(path)
    path.write_text(json.dumps({"view": "Text", "text": "ab\n" * 7_000_000}))
    view = view_files.read(path)
    assert isinstance(view, Text)
    assert len(view.text) == 100_000
    assert view.note == "the first 100,000 of 21,000,000 characters"


def test_what_the_lab_writes_is_taken_back(tmp_path: Path) -> None:
    views = [
        Heatmap(np.ones((2, 2)), rows="ab", texts=[["1", ""], ["", "2"]], low=0.0),
        Histogram(np.linspace(0, 1, 3), {"a": np.array([1, 2])}, note=[("n", "lit")]),
        Table(("a", "b"), [[1, [("x", "good")]], [2.5, "y"]], mark=1),
        Tree([("r", "lit")], [Tree("leaf")]),
        Bars(("a",), np.array([math.inf]), levels={"l": math.nan}),
    ]
    for view in views:
        view_files.write(tmp_path / "artifacts" / "000001-view.json", view)
        assert type(view_files.read(tmp_path / "artifacts" / "000001-view.json")) is type(view)


@pytest.mark.parametrize("path", sorted((TOP / "checkpoints").glob("*/*")), ids=lambda p: p.name)
def test_every_shipped_run_fits(path: Path) -> None:
    run = RunFolder(path)
    if not (path / CARD).exists():
        pytest.skip("no run")
    run.card()
    raw = [json.loads(line) for line in (path / EVENTS).read_text().splitlines()]
    assert len(run.events()) == len(raw)
    assert len(run.rows()) == len(
        {json.loads(x)["step"] for x in (path / METRICS).read_text().splitlines()}
    )
    assert set(json.loads((path / STATUS).read_text())) <= set(run.status().__dict__)
    for step, name in run.artifacts():
        run.artifact(step, name)
    for _, kept in run.checkpoints():
        checkpoint.read(kept)


def test_a_settings_file_may_be_a_link_but_no_pipe_and_not_endless(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('theme = "light"\n')
    path = tmp_path / "config.toml"
    path.symlink_to(tmp_path / "own.toml")
    assert settings.load().theme == "light"
    for make in (os.mkfifo, lambda path: path.symlink_to("/dev/zero"), Path.mkdir):
        if path.is_dir():
            path.rmdir()
        path.unlink(missing_ok=True)
        make(path)
        assert "cannot be read" in settings.load().complaint
    (tmp_path / "long").write_bytes(b"#" * (2 << 20))
    with pytest.raises(OSError, match="more than"):
        read_settings(tmp_path / "long")


@pytest.mark.parametrize(
    "text", ["a = " + "[" * 5000, f"bytes_a_second = {HUGE}", "[keys]\n" + "a." * 3000 + 'b = "r"',
             f"bytes_a_second = {'1' * 5000}", 'theme = ["x"]', "mouse = 1979-05-27"],
)  # fmt: skip
def test_settings_without_end_are_a_sentence(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        settings.read(text)
    assert "\n" not in str(caught.value)
