"""Notes, names and exports of runs, from the shell and below it."""

from __future__ import annotations

import csv
import io
import json
import os
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from zhtui.cli.app import app
from zhtui.errors import BusyError, ConfigError, StoreError
from zhtui.lesson import catalog
from zhtui.runs import changes, export, learner, lease, tensorboard
from zhtui.runs.folder import LEASE, NOTE, RunFolder
from zhtui.runs.store import runs as all_runs
from zhtui.work import client, drive, fork
from zhtui.work.record import Recorder

Drop = Callable[..., Path]


@pytest.fixture
def run(stranger: Drop, store: Path) -> RunFolder:
    """A finished run of a stranger's lesson."""
    stranger()
    folder = client.create(store, catalog.one("drift"), preset="tiny", where="cpu", name="one")
    drive.work(folder)
    return folder


def zhtui(*words: str) -> str:
    """What a command prints."""
    result = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


# Notes and names


def test_a_note_is_written_read_and_taken_away(run: RunFolder) -> None:
    assert "has no note" in zhtui("runs", "note", "one")
    zhtui("runs", "note", "one", "the pull was too weak — try 0.5")
    assert zhtui("runs", "note", "one") == "the pull was too weak — try 0.5\n"
    zhtui("runs", "note", "one", "")
    assert not (run.path / NOTE).exists()


def test_a_note_has_an_end(run: RunFolder) -> None:
    with pytest.raises(StoreError, match="shorten it"):
        learner.write_note(run, "x" * 5000)
    (run.path / NOTE).write_bytes(b"\xff\xfe not utf-8")
    assert "not utf-8" in run.note()


def test_a_renamed_run_is_found_by_its_forks(run: RunFolder, store: Path) -> None:
    zhtui("runs", "fork", "one", "--step", "20", "--name", "child", "--no-start", "pull=0.5")
    assert "one is now first" in zhtui("runs", "rename", "one", "first")
    assert RunFolder(store / "drift" / "child").card()["parent"]["run"] == "first"
    assert len(RunFolder(store / "drift" / "first").rows()) == 40


def test_a_run_stays_as_old_as_it_is(run: RunFolder, store: Path, tmp_path: Path) -> None:
    """Its card is written again when its parent gets a name, and when it has found its data."""
    child = fork.fork(store, run, 20, name="child")
    newest = client.create(store, catalog.one("drift"), preset="tiny", name="newest")
    for age, folder in enumerate((newest, child, run)):
        os.utime(folder.path / "run.json", (1e9 - age, 1e9 - age))
    first = changes.rename(store, run, "first")
    assert child.card()["parent"]["run"] == "first"
    recorder = Recorder(child, catalog.one("drift").card)
    (tmp_path / "own.txt").write_text("a text")
    recorder.data(str(tmp_path / "own.txt"), ())
    recorder.close()
    assert child.card()["data"]
    assert all_runs(store) == [newest, child, first]
    (events,) = export.write(child, "tensorboard", tmp_path).iterdir()
    assert events.name == "events.out.tfevents.0999999999.zhtui"


def test_a_name_that_is_taken_or_none_is_refused(run: RunFolder, store: Path) -> None:
    client.create(store, catalog.one("drift"), preset="tiny", name="two")
    for name in ("two", "No Name", "../two", ""):
        with pytest.raises(StoreError):
            changes.rename(store, run, name)
    assert run.path.is_dir()


def test_a_run_at_work_is_neither_renamed_nor_deleted(run: RunFolder, store: Path) -> None:
    with lease.hold(run.path / LEASE):
        with pytest.raises(BusyError, match="stop it first"):
            changes.rename(store, run, "other")
        with pytest.raises(BusyError):
            changes.delete(run)
    changes.delete(run)
    changes.delete(run)  # gone already: nothing to say
    assert not run.path.exists()


def test_a_run_whose_worker_comes_is_neither_renamed_nor_deleted(
    run: RunFolder, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From its start on, long before it holds the lease: this one never does."""
    slow = tmp_path / "slow"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(slow))
    client.start(run)
    worker = client._children[-1]
    try:
        assert not run.alive()
        with pytest.raises(BusyError, match="stop it first"):
            changes.rename(store, run, "other")
        with pytest.raises(BusyError, match="stop it first"):
            changes.delete(run)
    finally:
        worker.kill()
        worker.wait()
    changes.rename(store, run, "other")


def test_while_a_run_is_deleted_no_worker_starts(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile(_: Path) -> None:
        with pytest.raises(BusyError, match="a worker is at"):
            client.start(run)

    monkeypatch.setattr("shutil.rmtree", meanwhile)
    changes.delete(run)


def test_a_fork_says_where_it_comes_from(run: RunFolder) -> None:
    said = zhtui("runs", "fork", "one", "--step", "20", "--no-start", "pull=0.5")
    assert "forked from one at step 20" in said
    assert "zhtui run --resume" in said


# Exports


def test_csv_and_json_hold_every_row(run: RunFolder, tmp_path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(zhtui("runs", "export", "one"))))
    assert [float(row["loss"]) for row in rows] == [row["loss"] for row in run.rows()]
    lines = zhtui("runs", "export", "one", "--to", "json").splitlines()
    assert [json.loads(line) for line in lines] == run.rows()
    path = export.write(run, "csv", tmp_path / "new")
    assert path.read_text().startswith("step,time,loss")


def test_an_export_that_is_none_names_those_that_are(run: RunFolder, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="csv, json, tensorboard, svg"):
        export.write(run, "xlsx", tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        export.write(run, "csv", tmp_path / "file")


def test_a_lesson_may_offer_its_own(stranger: Drop, store: Path, tmp_path: Path) -> None:
    command = """
        def words(folder, into):
            path = into / "words.txt"
            path.write_text(folder.name)
            return path

        EXPORTS = {"words": words}
        """
    stranger("wordy", command=command)
    folder = client.create(store, catalog.one("wordy"), preset="tiny", name="one")
    assert export.names(folder)[-1] == "words"
    assert export.write(folder, "words", tmp_path).read_text() == "one"


def test_the_picture_is_well_formed_and_shows_the_curve(run: RunFolder, tmp_path: Path) -> None:
    tree = ElementTree.parse(export.write(run, "svg", tmp_path))
    paths = tree.findall(".//{http://www.w3.org/2000/svg}path")
    assert paths[0].attrib["d"].count("L") == 39


# TensorBoard's files, read by a reader of our own


def masked(data: bytes) -> int:
    """The checksum by its definition: division by the polynomial, bit by bit."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 & -(crc & 1))
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def records(data: bytes) -> Iterator[bytes]:
    """The records of an event file, their checksums held."""
    while data:
        (length,) = struct.unpack("<Q", data[:8])
        body = data[12 : 12 + length]
        assert struct.unpack("<I", data[8:12]) == (masked(data[:8]),)
        assert struct.unpack("<I", data[12 + length : 16 + length]) == (masked(body),)
        yield body
        data = data[16 + length :]


def varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte, at = data[at], at + 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """(field, value) of a message in wire format."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        field, wire = key >> 3, key & 7
        if wire == 0:
            value, at = varint(data, at)
            yield field, value
        elif wire == 2:
            size, at = varint(data, at)
            yield field, data[at : at + size]
            at += size
        else:
            size, code = {1: (8, "<d"), 5: (4, "<f")}[wire]
            yield field, struct.unpack(code, data[at : at + size])[0]
            at += size


def test_the_checksum_is_that_of_the_standard() -> None:
    assert tensorboard.crc32c(b"123456789") == 0xE3069283
    assert tensorboard.crc32c(bytes(32)) == 0x8A9136AA  # RFC 3720, B.4
    assert tensorboard.crc32c(b"\xff" * 32) == 0x62A8AB43


def test_the_event_file_reads_back(run: RunFolder, tmp_path: Path) -> None:
    place = export.write(run, "tensorboard", tmp_path)
    assert place == tmp_path / "drift" / "one"
    (file,) = place.iterdir()
    assert file.name.startswith("events.out.tfevents.")
    first, *events = [dict(fields(body)) for body in records(file.read_bytes())]
    assert first[3] == b"brain.Event:2"
    rows = run.rows()
    assert [event.get(2, 0) for event in events] == [row["step"] for row in rows]
    for event, row in zip(events, rows, strict=True):
        (value,) = [dict(fields(part)) for field, part in fields(event[5]) if field == 1]
        assert value[1] == b"loss"
        assert value[2] == pytest.approx(row["loss"], rel=1e-6)
        assert event[1] - first[1] == pytest.approx(row["time"], abs=1e-3)


def test_numbers_that_no_single_holds_are_written_all_the_same() -> None:
    rows = [{"step": 300, "big": 1e300, "low": -1e300, "nan": float("nan"), "word": "x"}]
    _, body = records(b"".join(tensorboard.records(rows, 0.0)))
    values = [dict(fields(part)) for _, part in fields(dict(fields(body))[5])]
    assert [value[1] for value in values] == [b"big", b"low", b"nan"]
    assert values[0][2] == float("inf")
