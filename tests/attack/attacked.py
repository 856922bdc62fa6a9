"""A store with a sound run and a mutated one, something outside of it, and what must hold."""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from mutations import mutate

from zhtui.lesson import catalog
from zhtui.lesson.views import Text, Tree
from zhtui.runs import learner, view_files
from zhtui.runs.files import append_json, write_json
from zhtui.runs.folder import ARTIFACTS, CONTROL, EVENTS, GUESS, RunFolder
from zhtui.work import client, drive

LESSON = "micrograd"
RAW = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
COMMANDS = (
    ("list",),
    ("list", "--json"),
    ("show", "theirs"),
    ("show", "theirs", "--json"),
    ("note", "theirs"),
    ("export", "theirs", "--to", "csv"),
    ("export", "theirs", "--to", "json"),
    ("export", "theirs", "--to", "svg", "--into", "{out}"),
    ("export", "theirs", "--to", "tensorboard", "--into", "{out}"),
    ("pause", "theirs"),
    ("step", "theirs", "2"),
    ("stop", "theirs"),
    ("checkpoint", "theirs"),
    ("set", "theirs", "lr=0.5"),
    ("note", "theirs", "seen"),
    ("fork", "theirs", "steps=9", "--no-start", "--name", "child"),
    ("rename", "theirs", "other"),
    ("delete", "other", "--yes"),
    ("delete", "theirs", "--yes"),
)


def some(seed: int) -> list[tuple[str, ...]]:
    """Commands for a variant: those that read what no other reads, and the others in turn."""
    exports = [words for words in COMMANDS if words[0] == "export"]
    refused = [words for words in COMMANDS if words[0] in ("pause", "step", "stop", "checkpoint")]
    turn = {exports[seed % len(exports)], refused[seed % len(refused)]}
    turn.add(("list",) if seed % 2 else ("list", "--json"))
    turn.add(("show", "theirs") if seed % 3 else ("show", "theirs", "--json"))
    in_turn = {*exports, *refused, *(words for words in COMMANDS if words[0] in ("list", "show"))}
    return [words for words in COMMANDS if words in turn or words not in in_turn]


def sound(place: Path) -> Path:
    """A store with two runs of one kind: "sound", which stays so, and "theirs"."""
    store = place / "store"
    small = ("show_every=3", "points=12", "width=4", "depth=1")
    for name, steps in (("sound", 1), ("theirs", 6)):
        knobs = (f"steps={steps}", *small)
        run = client.create(
            store, catalog.one(LESSON), preset="tiny", knobs=knobs, where="cpu", name=name
        )
        assert drive.work(run) == 0
        extras(run)
    (place / "victim").write_text("own\n")
    (place / "outside").mkdir()
    (place / "outside" / "000001-secret.json").write_text("{}")
    return store


def extras(run: RunFolder) -> None:
    """What a finished run may have besides: a guess, a note, a knob, views of words."""
    guess = {"question": "?", "metric": "loss", "at": "last", "value": 0.5}
    write_json(run.path / GUESS, guess)
    learner.write_note(run, "a note")
    append_json(run.path / EVENTS, {"event": "knob", "step": 3, "knob": "lr", "value": "0.5"})
    append_json(run.path / EVENTS, {"event": "sample", "step": 4, "text": "wrote"})
    append_json(run.path / CONTROL, {"id": "a", "action": "stop"})
    for name, view in (("words", Text("a text", note="n")), ("tree", Tree("a", [Tree("b")]))):
        view_files.write(run.path / ARTIFACTS / f"000009-{name}.json", view)
        shown = {"event": "shown", "step": 9, "name": name, "kind": type(view).__name__}
        append_json(run.path / EVENTS, shown)


def attacked(base: Path, place: Path, seed: int) -> tuple[Path, str]:
    """A copy of the base with "theirs" mutated; its store, and what was done."""
    shutil.copytree(base, place, symlinks=True)
    said = mutate(place / "store" / LESSON / "theirs", seed)
    (place / "out").mkdir()
    return place / "store", said


def fingerprint(place: Path) -> dict[str, str]:
    """Everything outside of the store and of what was asked to be written, with its bytes."""
    found = {}
    for path in sorted(place.rglob("*")):
        inside = path.relative_to(place).parts[0] in ("store", "out", "cache")
        if not inside and path.is_file():
            found[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest()
        elif not inside:
            found[str(path)] = "folder"
    return found


class Terminal(io.StringIO):
    """Standard output as a terminal has it."""

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        raise io.UnsupportedOperation("fileno")


def said_raw(text: str) -> list[str]:
    """What would command a terminal in a text; a bar's own line is drawn in place."""
    return RAW.findall(text.replace("\r\x1b[2K", ""))


def settings(place: Path) -> Iterator[tuple[str, str]]:
    """The environment of a command that must not leave a place."""
    for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        yield name, str(place / "cache")
    yield "ZHTUI_STORE", str(place / "store")
    yield "ZHTUI_CONFIG", str(place / "cache" / "config.toml")
    yield "ZHTUI_OFFLINE", "1"
    yield "PYTHONPATH", os.environ.get("PYTHONPATH", "")
