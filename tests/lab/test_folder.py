"""Run folders as a reader meets them: torn, giant, linked, newer, and found by name."""

from __future__ import annotations

import dataclasses
import io
import json
import math
import os
import tempfile
import time
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhtui.errors import StoreError
from zhtui.lesson.views import (
    Bars,
    Board,
    Graph,
    Heatmap,
    Histogram,
    Node,
    Scatter,
    Table,
    Text,
    Tree,
)
from zhtui.runs import export, files, folder, lease, view_files
from zhtui.runs import store as runs_store
from zhtui.runs.files import Tail, append_json
from zhtui.runs.folder import RunFolder
from zhtui.tui.reading.columns import columns
from zhtui.wording import json_text


def anything(line: bytes) -> Any:
    """Any object in a line."""
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def make(store_root: Path, lesson: str, name: str, **card: object) -> RunFolder:
    path = store_root / lesson / name
    path.mkdir(parents=True)
    whole = {"format": 1, "lesson": lesson, "preset": "tiny", "config": {}, "seed": 1, **card}
    (path / "run.json").write_text(json.dumps(whole))
    return RunFolder(path)


def test_a_tail_gives_complete_lines_once(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    tail = Tail(path)
    assert tail.read(anything) == []
    path.write_bytes(b'{"step": 0}\n{"step"')
    assert tail.read(anything) == [{"step": 0}]
    with path.open("ab") as file:
        file.write(b': 1}\nno json\n[1]\n{"step": 2}\n')
    assert tail.read(anything) == [{"step": 1}, {"step": 2}]
    assert tail.read(anything) == []


@given(st.lists(st.integers(1, 7), max_size=30), st.integers(0, 10**6))
def test_a_tail_does_not_mind_where_writes_are_cut(cuts: list[int], number: int) -> None:
    whole = b"".join(json.dumps({"step": number + i}).encode() + b"\n" for i in range(6))
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "rows.jsonl"
        tail, seen, at = Tail(path), [], 0
        for cut in [*cuts, len(whole)]:
            with path.open("ab") as file:
                file.write(whole[at : at + cut])
            at += cut
            seen += tail.read(anything)
    assert seen == [{"step": number + i} for i in range(6)]


def test_a_giant_line_is_passed_over_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    with path.open("wb") as file:
        file.write(b'{"step": 0}\n{"text": "')
        for _ in range(64):
            file.write(b"x" * (1 << 20))
        file.write(b'"}\n{"step": 1}\n')
    tracemalloc.start()
    assert Tail(path).read(anything) == [{"step": 0}, {"step": 1}]
    assert tracemalloc.get_traced_memory()[1] < 16 << 20
    tracemalloc.stop()


def test_a_file_that_was_replaced_by_a_shorter_one_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"step": 0}\n{"step": 1}\n')
    tail = Tail(path)
    tail.read(anything)
    path.write_text('{"step": 7}\n')
    assert tail.read(anything) == [{"step": 7}]


def test_a_link_and_a_pipe_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text('{"step": 0}\n')
    (tmp_path / "rows.jsonl").symlink_to(secret)
    assert Tail(tmp_path / "rows.jsonl").read(anything) == []
    os.mkfifo(tmp_path / "pipe")
    assert Tail(tmp_path / "pipe").read(anything) == []
    assert files.read_plain(tmp_path / "rows.jsonl") is None


def test_a_torn_last_line_is_closed_before_the_next(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"step": 0}\n{"ste')
    append_json(path, {"step": 1})
    assert Tail(path).read(anything) == [{"step": 0}, {"step": 1}]


def test_the_last_row_of_a_step_counts(store: Path) -> None:
    run = make(store, "gpt", "calm-fox")
    for step, loss in [(0, 3.0), (1, 2.0), (2, 1.5), (1, 2.5)]:
        append_json(run.path / "metrics.jsonl", {"step": step, "loss": loss})
    assert [(row["step"], row["loss"]) for row in run.rows()] == [(0, 3.0), (1, 2.5), (2, 1.5)]


def test_a_run_that_says_running_with_a_free_lease_is_lost(store: Path) -> None:
    run = make(store, "gpt", "calm-fox")
    files.write_json(run.path / "status.json", {"state": "running", "step": 3, "steps": 9})
    assert run.status().state == "lost"
    assert run.status().step == 3


def test_a_run_that_is_starting_has_until_its_promise(store: Path) -> None:
    run = make(store, "gpt", "calm-fox")
    promise = time.time() + 30
    files.write_json(run.path / "status.json", {"state": "starting", "promise": promise})
    assert run.status().state == "starting"
    files.write_json(run.path / "status.json", {"state": "starting", "promise": 1.0})
    assert run.status().state == "lost"


def test_a_worker_that_came_and_is_gone_has_no_time_left(store: Path) -> None:
    run = make(store, "gpt", "calm-fox")
    known = {"state": "starting", "promise": time.time() + 30, "pid": 4711}
    files.write_json(run.path / "status.json", known)
    assert run.status().state == "lost"
    with lease.hold(run.path / "lease"):
        assert run.status().state == "starting"


def test_a_status_of_wrong_types_is_read_as_far_as_it_goes(store: Path) -> None:
    run = make(store, "gpt", "calm-fox")
    odd = {"state": "finished", "step": "three", "row": [1], "new": 1}
    files.write_json(run.path / "status.json", odd)
    assert run.status() == folder.Status(state="finished")


def test_a_newer_format_is_refused_with_what_to_do(store: Path) -> None:
    run = make(store, "gpt", "calm-fox", format=99)
    with pytest.raises(StoreError, match="newer zhtui; update"):
        run.card()
    assert [found.name for found in runs_store.runs(store)] == ["calm-fox"]


@pytest.mark.parametrize("text", ["", "..", "../../etc", "/"])
def test_a_path_is_no_name(store: Path, text: str) -> None:
    make(store, "gpt", "calm-fox")
    with pytest.raises(StoreError):
        runs_store.find(store, text)


def test_a_run_is_found_by_name_lesson_or_beginning(store: Path) -> None:
    one = make(store, "gpt", "calm-fox")
    make(store, "bigram", "calm-wren")
    assert runs_store.find(store, "calm-fox") == one
    assert runs_store.find(store, "gpt/calm-fox") == one
    assert runs_store.find(store, "calm-f") == one
    assert runs_store.find(store, str(one.path)) == one
    with pytest.raises(StoreError, match="may be any of"):
        runs_store.find(store, "calm")
    with pytest.raises(StoreError, match="did you mean calm-fox"):
        runs_store.find(store, "clam-fox")


def test_what_is_no_run_is_not_listed(store: Path, tmp_path: Path) -> None:
    make(store, "gpt", "calm-fox")
    (store / "gpt" / "empty").mkdir()
    (store / "gpt" / "notes.txt").write_text("x")
    (store / "README.md").write_text("x")
    elsewhere = make(tmp_path / "other", "gpt", "far-fox")
    (store / "gpt" / "linked").symlink_to(elsewhere.path)
    (store / "linked").symlink_to(tmp_path / "other" / "gpt")
    assert [run.name for run in runs_store.runs(store)] == ["calm-fox"]


def test_names_are_fresh_and_wishes_are_checked(store: Path) -> None:
    names = set()
    for _ in range(300):
        name = runs_store.fresh_name(store, "gpt")
        assert runs_store.NAME.fullmatch(name)
        names.add(name)
    assert len(names) > 50
    make(store, "gpt", "mine")
    for wish in ("mine", "../up", "UPPER", "a b"):
        with pytest.raises(StoreError):
            runs_store.fresh_name(store, "gpt", wish)


def test_the_store_is_where_it_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert runs_store.root(Path("here")) == tmp_path / "here"
    assert runs_store.root() == tmp_path / "store"
    monkeypatch.delenv("ZHTUI_STORE")
    assert runs_store.root().name == "checkpoints"
    assert runs_store.root() != tmp_path / "checkpoints"
    (tmp_path / "checkpoints").mkdir()
    assert runs_store.root() == tmp_path / "checkpoints"


VIEWS = [
    Heatmap(np.arange(6.0, dtype=np.float32).reshape(2, 3), rows="ab", signed=True, note="n"),
    Histogram(np.linspace(0, 1, 4), {"layer 1": np.array([1, 2, 3])}),
    Bars(["a", "b"], [0.25, 0.75], cut=1),
    Scatter(np.zeros(2), np.ones(2), field=np.eye(2), extent=(0.0, 1.0, 0.0, 1.0)),
    Text("héllo", weights=np.ones(5), spans=[(0, 2, 1)]),
    Table(["a", "b"], [[1, "x"], [2.5, "y"]], mark=1),
    Graph([Node("a", ["2.0"], lit=True), Node("b", ["3.0"])], [("a", "b")]),
    Tree("root", [Tree("leaf", lit=True)]),
    Board([["X", ""], ["", "O"]], np.zeros((2, 2))),
]


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: type(view).__name__)
def test_a_view_comes_back_as_it_was(view: Any, tmp_path: Path) -> None:
    path = tmp_path / "artifacts" / "000001-view.json"
    view_files.write(path, view)
    back = view_files.read(path)
    assert type(back) is type(view)
    for name in view.__dataclass_fields__:
        before, after = getattr(view, name), getattr(back, name)
        if isinstance(before, np.ndarray):
            np.testing.assert_array_equal(before, after)
            assert before.dtype == after.dtype
        elif isinstance(before, dict):
            assert before.keys() == after.keys()
        elif not isinstance(before, (list, tuple, str)):
            assert before == after


@pytest.mark.parametrize(
    "raw",
    [b"", b"{}", b'{"view": "RunFolder", "path": "/"}', b'{"view": "Node", "id": "a", "lines": []}',
     b'{"array": "gASV", "type": "|O", "shape": [1]}', b"[" * 100_000, b"\x80\x04\x95"],
)  # fmt: skip
def test_what_is_no_view_is_refused(raw: bytes, tmp_path: Path) -> None:
    path = tmp_path / "000001-view.json"
    path.write_bytes(raw)
    with pytest.raises(StoreError, match="delete it"):
        view_files.read(path)


def strict(text: str) -> Any:
    """JSON as other programs read it."""

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    return json.loads(text, parse_constant=refuse)


NO_NUMBERS = st.sampled_from([math.nan, math.inf, -math.inf])


@given(st.dictionaries(st.sampled_from("abcd"), NO_NUMBERS | st.floats(-9, 9), min_size=1))
def test_what_is_no_number_is_null_in_every_json_and_nan_to_us(row: dict[str, float]) -> None:
    with tempfile.TemporaryDirectory() as place:
        run = make(Path(place), "gpt", "otter")
        append_json(run.path / folder.METRICS, {"step": 0, **row})
        files.write_json(
            run.path / folder.STATUS, {"state": "failed", "row": row, "best": math.inf}
        )
        line = (run.path / folder.METRICS).read_text()
        assert set(strict(line)) == {"step", *row}
        status = strict((run.path / folder.STATUS).read_text())
        assert status["best"] is None
        (read,), series = run.rows(), columns([line.encode()])
        for name, value in row.items():
            known = (read[name], run.status().row[name], float(series[name][1][0]))
            whole = value if math.isfinite(value) else math.nan
            assert known == pytest.approx((whole,) * 3, nan_ok=True)
        out = io.StringIO()
        export.stream(run, "json", out)
        assert strict(out.getvalue())["step"] == 0
        printed = strict(json_text({**dataclasses.asdict(run.status()), "of": [{"row": row}]}))
        assert set(printed["row"]) == set(row)


def test_a_view_keeps_its_infinities_in_json(tmp_path: Path) -> None:
    path = tmp_path / "artifacts" / "000001-bars.json"
    view = Bars(["a", "b"], [1.0, 2.0], levels={"never": math.inf, "none": math.nan})
    view_files.write(path, view)
    strict(path.read_text())
    read = view_files.read(path)
    assert isinstance(read, Bars)
    assert read.levels["never"] == math.inf
    assert math.isnan(read.levels["none"])
