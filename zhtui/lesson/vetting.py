"""A stranger's lesson is imported in a process of its own first: it may exit, or never come back.

A lesson is code, and runs with the rights of who opens it; this protects nobody from its intent. It
keeps a lesson that is broken from taking the list of all the others along. What was found is kept
in the user's cache until the lesson's files change.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from zhtui.data.paths import put

LIMIT = 10.0  # seconds to be imported in
MOST_FILES = 2000
BUILT_IN = Path(__file__).resolve().parents[2]
SOUND = b"sound"


def built_in(folder: Path) -> bool:
    """Whether a folder of code came with the lab."""
    return BUILT_IN in folder.resolve().parents


def vetted(module: str, folder: Path) -> str:
    """Why a module must not be imported here; "" where it may be, or only raises an error."""
    stamp = _stamp(folder)
    known = _known().get(str(folder))
    if isinstance(known, list) and known[:1] == [stamp] and isinstance(known[-1], str):
        return known[-1]
    why = _tried(module)
    _keep(str(folder), [stamp, why])
    return why


def _tried(module: str) -> str:
    reader, writer = os.pipe()
    command = [sys.executable, "-P", "-m", "zhtui.lesson.probe", module, str(writer)]
    nothing = subprocess.DEVNULL
    with open(reader, "rb") as said:
        child = subprocess.Popen(
            command, stdin=nothing, stdout=nothing, stderr=nothing, pass_fds=(writer,),
            start_new_session=True,
        )  # fmt: skip
        os.close(writer)
        try:
            code = child.wait(LIMIT)
        except subprocess.TimeoutExpired:
            with suppress(OSError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            return f"it was not imported within {LIMIT:g} s"
        with suppress(OSError):
            os.set_blocking(reader, False)  # somebody that it started may hold the other end
            words = said.read(4096) or b""
    if words == SOUND:
        return ""
    return words.decode(errors="replace") or f"importing it ends Python, with code {code}"


def _stamp(folder: Path) -> str:
    """What changes when a lesson's files do."""
    digest = hashlib.sha256(f"{sys.version} {BUILT_IN}".encode())
    for path in sorted(folder.rglob("*.py"))[:MOST_FILES]:
        with suppress(OSError):
            status = path.stat()
            digest.update(f"{path}\0{status.st_mtime_ns}\0{status.st_size}\n".encode())
    return digest.hexdigest()


def _place() -> Path:
    from platformdirs import user_cache_path  # deferred: only where there are such lessons

    return user_cache_path("zhtui") / "lessons.json"


def _known() -> dict[str, object]:
    try:
        found = json.loads(_place().read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _keep(folder: str, what: list[str]) -> None:
    """Keeps what was found, if it can be; else it is found again."""
    kept = {name: each for name, each in _known().items() if Path(name).is_dir()}
    with suppress(OSError):
        put(_place(), json.dumps({**kept, folder: what}).encode())
