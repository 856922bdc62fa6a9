"""Run folders as an attacker, a full disk or another program leaves them.

`mutate(folder, seed)` changes a sound run's folder, always alike for a seed: a file, a field, a
line, a name. It covers every file of a run; what it did is told in a few words.
"""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from zhtui.runs.folder import (
    ARTIFACTS,
    CARD,
    CONTROL,
    EVENTS,
    GUESS,
    LEASE,
    METRICS,
    NOTE,
    OUTPUT,
    STATUS,
)

STATE = "state.json"
STEER = "\x1b]0;PWNED\x07\x1b]52;c;UFdORUQ=\x07\x1b[2J\x9b31m\u202egnp.exe\u2066\x08\x7f\r\n"
DIGITS = "1" * 400
# JSON texts that stand in place of a value.
LITERALS = (
    "null", "true", "false", "0", "-1", "1.5", "-0.0", "1e308", "1e999", "-1e999", "NaN",
    "Infinity", DIGITS, "-" + DIGITS, "9" * 5000, "9223372036854775808", "1e-400", '""', '"x"',
    '"\\u0000"', '"\\ud800"', '"\\u202e"', json.dumps(STEER), json.dumps("x" * 300_000), "[]", "{}",
    "[1, 2]", '{"a": 1}', "[" * 3000 + "]" * 3000, '{"a":' * 3000 + "1" + "}" * 3000, "[[[[]]]]",
    '"../../../etc/passwd"', '"/dev/zero"', '"2024-01-01"', '{"val": "x"}', "]", '"', "",
)  # fmt: skip
OBJECTS = (CARD, STATUS, GUESS, STATE, "artifact")
LINES = (METRICS, EVENTS, CONTROL)
PLAIN = (*OBJECTS, *LINES, NOTE, OUTPUT, LEASE)
Mutation = Callable[[Path, random.Random], str]


def mutate(folder: Path, seed: int) -> str:
    """Changes a run's folder; what was done."""
    dice = random.Random(seed)
    kinds: tuple[Mutation, ...] = (
        field,
        field,
        field,
        line,
        line,
        line,
        whole,
        other,
        place,
        names,
    )
    said = kinds[seed % len(kinds)](folder, dice)
    if dice.random() < 0.2:
        said += "; " + dice.choice(kinds)(folder, dice)
    return said


def _file(folder: Path, name: str) -> Path:
    """A file of a run by its name; of views and checkpoints the last."""
    if name == STATE:
        return max([*folder.glob("step-*/state.json"), folder / STATE])
    if name == "artifact":
        return max([*(folder / ARTIFACTS).glob("*.json"), folder / "000001-none.json"])
    return folder / name


def _plain(path: Path) -> None:
    """Raises OSError for what an earlier mutation made a pipe or a device: to open it may hang."""
    if path.exists() and not path.is_file():
        raise OSError(f"{path.name} is no file any more")


def _paths(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every field of a JSON value."""
    children = value.items() if isinstance(value, dict) else ()
    children = enumerate(value[:3]) if isinstance(value, list) else children
    for key, item in children:
        yield (*way, key)
        yield from _paths(item, (*way, key))


def _put(value: Any, dice: random.Random) -> tuple[str, str]:
    """JSON with one field set to anything, left out, or with one more; and which."""
    way = dice.choice([*_paths(value)] or [()])
    literal = dice.choice(LITERALS)
    if not way:
        return literal, f"all = {literal[:20]!r}"
    inner = value
    for key in way[:-1]:
        inner = inner[key]
    if dice.random() < 0.15:
        del inner[way[-1]]
        return json.dumps(value), f"without {way}"
    key = dice.choice([STEER, "x" * 5000, "__class__"]) if dice.random() < 0.1 else way[-1]
    if isinstance(inner, dict):
        inner[key] = "@@"
    else:
        inner[way[-1]] = "@@"
    return json.dumps(value).replace('"@@"', literal), f"{way} = {literal[:20]!r}"


def field(folder: Path, dice: random.Random) -> str:
    """One field of a JSON file."""
    name = dice.choice(OBJECTS)
    path = _file(folder, name)
    try:
        _plain(path)
        text, said = _put(json.loads(path.read_text()), dice)
        path.write_text(text)
    except (OSError, ValueError, RecursionError):
        return f"{name} is not to be read"
    return f"{name}: {said}"


def line(folder: Path, dice: random.Random) -> str:
    """One field of one line, or lines more."""
    name = dice.choice(LINES)
    path = folder / name
    try:
        _plain(path)
        lines = path.read_text().splitlines() or ["{}"]
        at = dice.randrange(len(lines))
        lines[at], said = _put(json.loads(lines[at]), dice)
    except (OSError, ValueError, RecursionError):
        return f"{name} is not to be read"
    more = dice.choice(["", "\x00\xff", "{}", "x" * 3_000_000, '{"step": 1}\n' * 20_000])
    path.write_bytes("\n".join([*lines, more]).encode())
    return f"{name}: line {at}: {said}, and {more[:9]!r} at its end"


def whole(folder: Path, dice: random.Random) -> str:
    """A whole file in other bytes."""
    name = dice.choice(PLAIN)
    path = _file(folder, name)
    content = dice.choice(
        [b"", b"\x00" * 1000, STEER.encode(), b"[" * 4_000_000, b"\x80\x04\x95gASV.", b"null",
         dice.randbytes(3000), b"{}" * 500_000, b"\xff\xfe{\x00}\x00",
         b'{"a": "' + b"x" * 9_000_000]
    )  # fmt: skip
    how = dice.choice(["replaced", "cut", "sparse"])
    try:
        _plain(path)
        if how == "replaced":
            path.write_bytes(content)
        elif how == "cut":
            path.write_bytes(path.read_bytes()[: dice.randrange(200)])
        else:
            with path.open("ab") as file:
                file.truncate(3 << 30)
    except OSError:
        return f"{name} is not to be written"
    return f"{name} {how}: {content[:9]!r}"


def other(folder: Path, dice: random.Random) -> str:
    """Something else under a file's name: a link, a pipe, a folder."""
    name = dice.choice(PLAIN)
    path = _file(folder, name)
    victim = folder.parents[2] / "victim"
    kinds: dict[str, Callable[[], object]] = {
        "link": lambda: path.symlink_to(victim),
        "hard link": lambda: os.link(victim, path),
        "device": lambda: path.symlink_to("/dev/zero"),
        "pipe": lambda: os.mkfifo(path),
        "folder": lambda: path.mkdir(),
        "nothing": lambda: None,
        "loop": lambda: path.symlink_to(path.name),
    }
    kind = dice.choice([*kinds])
    path.unlink(missing_ok=True)
    kinds[kind]()
    return f"{name} is a {kind}"


def place(folder: Path, dice: random.Random) -> str:
    """A folder of the run's that is something else."""
    inner = dice.choice([folder / ARTIFACTS, max([*folder.glob("step-*"), folder / "step-000001"])])
    outside = folder.parents[2] / "outside"
    kind = dice.choice(["link", "pipe", "file", "gone"])
    if inner.is_dir() and not inner.is_symlink():
        shutil.rmtree(inner)
    else:
        inner.unlink(missing_ok=True)
    if kind == "link":
        inner.symlink_to(outside)
    elif kind == "pipe":
        os.mkfifo(inner)
    elif kind == "file":
        inner.write_bytes(b"x")
    return f"{inner.name} is a {kind}"


def names(folder: Path, dice: random.Random) -> str:
    """Names without end, and names that steer a terminal."""
    kind = dice.choice(["steps", "views", "steer", "lesson", "giant"])
    if kind == "steps":
        for step in range(300):
            (folder / f"step-{step:06d}").mkdir(exist_ok=True)
    elif kind == "views" and (folder / ARTIFACTS).is_dir():
        for step in range(1000):
            (folder / ARTIFACTS / f"{step:06d}-a {step % 7}.json").touch()
    elif kind == "steer":
        for inner in (folder, folder / ARTIFACTS):
            if inner.is_dir() and not inner.is_symlink():
                (inner / ("000001-" + STEER.replace("/", "") + ".json")).touch()
    elif kind == "lesson":
        (folder.parents[1] / ("x" + STEER.replace("/", ""))).mkdir(exist_ok=True)
    else:
        (folder / "step-999999999999").mkdir(exist_ok=True)
        (folder / ("step-" + "9" * 200)).mkdir(exist_ok=True)
    return f"names: {kind}"
