"""Creates runs, starts their workers, and asks things of them. Never imports torch."""

from __future__ import annotations

import atexit
import os
import platform
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from zhtui import __version__
from zhtui.errors import BusyError, CheckpointError, ConfigError, StoreError
from zhtui.lesson import catalog
from zhtui.lesson.catalog import Entry
from zhtui.lesson.knobs import find, from_json, parse, to_json
from zhtui.machine import device, gpu
from zhtui.runs import lease
from zhtui.runs.files import LONGEST, append_json, make_folder, open_own, write_json
from zhtui.runs.folder import CARD, CONTROL, EVENTS, FORMAT, OUTPUT, STATUS, RunFolder
from zhtui.runs.store import fresh_name
from zhtui.wording import json_text, one_line

PATIENCE = 30.0  # seconds that a new worker has before it counts as lost
# A worker leaves one core to the terminal. Threads that wait for each other spin: where they must
# share cores a step takes far longer; asleep while waiting, three times as long on a quiet machine.
PATIENT = {"OMP_NUM_THREADS": str(max(1, (os.cpu_count() or 2) - 1))}
# A log takes any text, whatever the language of the shell is, and at once.
WORKER = {"PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8:backslashreplace"}
ACTIONS = ("pause", "resume", "step", "stop", "checkpoint", "set", "sample")


def preset_for(entry: Entry, name: str, where: str) -> tuple[str, Any]:
    """(name, config) of a preset; "" is paper on a GPU, else quick. Raises `ConfigError`."""
    presets = entry.card.presets
    if not name:
        name = "paper" if where.startswith("cuda") or (where == "auto" and _gpu()) else "quick"
    if name not in presets:
        raise ConfigError(
            f"{entry.name} has no preset {name!r}; choose one of {', '.join(presets)}"
        )
    return name, presets[name]


def create(
    store: Path,
    entry: Entry,
    *,
    preset: str = "",
    knobs: tuple[str, ...] = (),
    seed: int = 1337,
    where: str = "auto",
    name: str = "",
    threads: int = 0,
    command: tuple[str, ...] = (),
    parent: Mapping[str, Any] | None = None,
) -> RunFolder:
    """Makes a run folder; nothing is started. Raises `ConfigError`, `DeviceError` or `StoreError`.

    Whether the device is here is seen when the run begins: it needs torch.
    """
    where = device.named(where)
    preset, settings = preset_for(entry, preset, where)
    settings = parse(settings, knobs)
    card = {"format": FORMAT, "lesson": entry.name, "preset": preset, "seed": seed}
    card |= {"config": to_json(settings), "device": where, "threads": threads, "data": None}
    card |= {"versions": _versions(), "command": _spelled(command), "parent": parent}
    card["created"] = time.strftime("%Y-%m-%dT%H:%M:%S%z")
    _check(card)
    try:
        store.mkdir(parents=True, exist_ok=True)
        make_folder(store / entry.name)
        folder = RunFolder(store / entry.name / fresh_name(store, entry.name, name))
        folder.path.mkdir()
        with whole_or_none(folder):
            write_json(folder.path / CARD, card)
            _promise(folder, int(settings.steps))
    except OSError as error:
        why = error.strerror or error
        raise StoreError(
            f"no run can be made in {store} ({why}); choose another --store"
        ) from error
    return folder


def _spelled(command: Sequence[str]) -> list[str]:
    """A command as a card takes it: no word is without end, none is half a character."""
    from zhtui.runs import border  # deferred: no part of the first frame

    return [word[: border.LINE].encode(errors="replace").decode() for word in command]


def _check(card: Mapping[str, Any]) -> None:
    """Raises `ConfigError` where a card would not be read as it is written: its run could neither
    be shown nor deleted.
    """
    from zhtui.runs import border  # deferred, as above

    content = json_text(card).encode()
    try:
        read = border.card(content, FORMAT)["config"]
    except border.Misfit as error:
        raise ConfigError(f"no run can be made with this ({error}); give something else") from error
    for key, value in card["config"].items():
        if read.get(key) != value:
            shown = one_line(f"{key}={value}")[:200]
            raise ConfigError(f"{shown} is no UTF-8; give the file or the text another name")
    if len(content) >= LONGEST:
        raise ConfigError("what this run is given is too long to be kept; shorten its texts")


@contextmanager
def whole_or_none(folder: RunFolder) -> Iterator[None]:
    """A new run's folder goes again where it could not be filled: it would keep its name."""
    try:
        yield
    except BaseException:
        shutil.rmtree(folder.path, ignore_errors=True)
        raise


def start(folder: RunFolder) -> int:
    """Starts a detached worker on a new or a stopped run. Returns its process id.

    The worker has its own session, so a closed terminal does not reach it. Raises `BusyError`.
    """
    folder.claim()
    with lease.turn(folder.path) as turn:
        if turn is None or folder.alive():
            raise BusyError(
                f"a worker is at {folder.name} already; `zhtui runs show {folder.name}`"
            )
        return _start(folder, turn)


def _start(folder: RunFolder, turn: int) -> int:
    control = folder.path / CONTROL
    inbox = control.stat().st_size if control.exists() else 0
    command = [sys.executable, "-P", "-m", "zhtui.work.worker", str(folder.path)]
    try:
        before = folder.status()
        _promise(folder, before.steps, before.step)
        with open(open_own(folder.path / OUTPUT, os.O_WRONLY | os.O_APPEND), "ab") as output:
            worker = subprocess.Popen(
                [*command, str(inbox), str(turn)],
                pass_fds=(turn,),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                env={**PATIENT, **os.environ, **surroundings(folder), **WORKER},
            )
    except OSError as error:
        raise StoreError(f"no worker could be started ({error.strerror}); try again") from error
    _children.append(worker)
    _reap()
    return worker.pid


def surroundings(folder: RunFolder) -> dict[str, str]:
    """What a run is told of where it lies: it finds others by name in its own store."""
    return {"ZHTUI_STORE": str(folder.path.parent.parent)}


def request(folder: RunFolder, action: str, **fields: Any) -> str:
    """Asks something of a run's worker. Returns the request's id, which its answer will carry.

    Raises `StoreError` where no worker is there to obey.
    """
    assert action in ACTIONS, f"no such request: {action}"
    folder.claim()
    if not folder.status().live:
        name = folder.name
        raise StoreError(f"no worker is at {name}; start it with `zhtui run --resume {name}`")
    number = uuid.uuid4().hex[:12]
    append_json(folder.path / CONTROL, {"id": number, "action": action, **fields})
    return number


def turn(folder: RunFolder, *pairs: str) -> None:
    """Turns knobs (KEY=VALUE) of a run that no worker is at, from its newest sound checkpoint on:
    live ones, and those that may be others where a run goes on. All of them, or none.

    Raises `ConfigError` where one cannot be turned, `BusyError` where a worker is at the run.
    """
    card = folder.claim()
    turns = list(_turns(catalog.one(str(card["lesson"])), card["config"], pairs))
    with lease.turn(folder.path) as turn:
        if turn is None or folder.alive():
            how = f"turn a live knob with `zhtui runs set {folder.name} KEY=VALUE`"
            raise BusyError(f"a worker is at {folder.name}; {how}, or stop it first")
        at = {"step": _sound(folder), "time": round(time.time(), 3)}
        for knob, value in turns:
            append_json(folder.path / EVENTS, {"event": "knob", "knob": knob, "value": value, **at})


def _turns(
    entry: Entry, config: Mapping[str, Any], pairs: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """(knob, value) of each pair, looked at one after the other, as the worker will turn them."""
    settings = from_json(entry.card.config, config)
    for pair in pairs:
        settings = parse(settings, [pair])
        key, _, value = pair.partition("=")
        row = find(entry.card.config, key.strip())
        if not (row.knob.live or row.knob.resumes):
            raise ConfigError(f"{row.name} cannot change on a resume; start a new run with {pair}")
        yield row.name, value


def _sound(folder: RunFolder) -> int:
    """Steps done at the newest checkpoint that is sound: from there a worker goes on."""
    from zhtui.runs import checkpoint  # deferred: numpy

    for step, path in reversed(folder.checkpoints()):
        with suppress(CheckpointError):
            checkpoint.read(path)
            return step
    return 0


def answer(folder: RunFolder, number: str, seconds: float = 10.0) -> dict[str, Any]:
    """Waits for the event that answers a request. Raises `StoreError` where none comes."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for event in folder.events():
            if event.get("id") == number and event["event"] in ("obeyed", "refused"):
                return event
        time.sleep(0.02)
    raise StoreError(f"{folder.name} has not answered within {seconds:g} s; look with `zhtui runs`")


_children: list[subprocess.Popen[bytes]] = []


def _reap() -> None:
    """Workers outlive us or end before us; those that ended are collected here."""
    _children[:] = [child for child in _children if child.poll() is None]


@atexit.register
def _let_go() -> None:
    """Workers that outlive us do so on purpose: Python would warn of each."""
    _reap()
    for child in _children:
        child.returncode = 0


def _promise(folder: RunFolder, steps: int, step: int = 0) -> None:
    now = time.time()
    status = {"state": "starting", "step": step, "steps": steps, "time": now}
    write_json(folder.path / STATUS, {**status, "promise": now + PATIENCE})


def _gpu() -> bool:
    """Whether a GPU is here and the installed torch could use one, found out without loading it."""
    return bool(gpu.readings()) and "+cpu" not in _versions()["torch"]


def _versions() -> dict[str, str]:
    found = {"zhtui": __version__, "python": platform.python_version()}
    for package in ("torch", "numpy"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "none"
    return found
