"""Asks the engine, a child process, on behalf of the app. Never imports torch or textual.

    engine = Engine()
    reply = engine.ask("generate", folder, heard, prompt="ROMEO:", sampling=Sampling())

The engine is started by the first request, and again by the next one where it has died. A thread
of its own reads what it answers into the replies, and calls `heard` whenever one has grown.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from zhtui.lesson.sampling import Sampling, Token
from zhtui.lesson.views import View
from zhtui.runs.folder import RunFolder

COMMAND = (sys.executable, "-P", "-m", "zhtui.ask.engine")


@dataclass
class Reply:
    """What was answered so far. It grows on the reader's thread; `done` is set last, once."""

    number: int
    heard: Callable[[], None]
    step: int | None = None  # of the checkpoint that is asked; None until the run is open
    steps: tuple[int, ...] = ()  # all checkpoints of the run
    tokens: list[Token] = field(default_factory=list)
    views: dict[str, View] = field(default_factory=dict)
    thoughts: list[dict[str, Any]] = field(default_factory=list)
    error: str = ""
    done: bool = False

    def grow(self, part: dict[str, Any]) -> None:
        """Takes one line of the engine in."""
        if "step" in part:
            self.step, self.steps = int(part["step"]), tuple(part["steps"])
        if "token" in part:
            token = part["token"]
            pairs = tuple((text, chance) for text, chance in token["alternatives"])
            self.tokens.append(Token(**{**token, "alternatives": pairs}))
        if "view" in part:
            from zhtui.runs import (
                view_files,
            )  # deferred: it needs numpy, the lab's first frame does not

            self.views[str(part["name"])] = view_files.decode(part["view"])
        if "thought" in part:
            self.thoughts.append(part["thought"])
        if "error" in part or "done" in part:
            self.error = str(part.get("error", ""))
            self.done = True
        self.heard()


@dataclass
class Child:
    """One engine process, and the replies that wait for it."""

    process: subprocess.Popen[bytes]
    waiting: dict[int, Reply] = field(default_factory=dict)
    ended: bool = False


class Engine:
    """The engine as the app sees it; `log` takes what it says besides its answers."""

    def __init__(self, log: Path | None = None, command: tuple[str, ...] = COMMAND) -> None:
        self.log, self.command = log, command
        self._lock = threading.Lock()
        self._child: Child | None = None
        self._last = 0

    @property
    def pid(self) -> int | None:
        """The process that answers now, if there is one."""
        return self._child.process.pid if self._child and not self._child.ended else None

    def ask(
        self,
        do: str,
        folder: RunFolder,
        heard: Callable[[], None],
        *,
        sampling: Sampling | None = None,
        **fields: Any,
    ) -> Reply:
        """Asks something of a run; `heard` is called on another thread as the answer grows."""
        self._last += 1
        reply = Reply(self._last, heard)
        settings = asdict(sampling or Sampling())
        request = {"id": reply.number, "do": do, "run": str(folder.path), "sampling": settings}
        self._answer(reply, request | fields)
        return reply

    def _answer(self, reply: Reply, request: dict[str, Any]) -> None:
        """Sends a request to the engine, which is started where there is none."""
        try:
            with self._lock:
                if self._child is None or self._child.ended:
                    self._child = self._start()
                self._child.waiting[reply.number] = reply
                _send(self._child, request)
        except OSError as error:
            reply.grow({"error": f"the engine cannot be asked ({error.strerror}); ask again"})

    def cancel(self, reply: Reply) -> None:
        """Waits no longer for a reply: the engine stops before its next token or view."""
        with self._lock:
            if self._child is not None and reply.number in self._child.waiting:
                try:
                    _send(self._child, {"id": reply.number, "do": "cancel"})
                except OSError:
                    return  # it died; its reader tells the replies

    def close(self) -> None:
        """Ends the engine; it holds nothing that could be lost."""
        with self._lock:
            child, self._child = self._child, None
        if child is not None:
            child.process.kill()
            child.process.wait()

    def _start(self) -> Child:
        cores = max(1, (os.cpu_count() or 2) // 2)  # the other half draws, or trains
        with _opened(self.log) as log:
            process = subprocess.Popen(
                self.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
                env={"OMP_NUM_THREADS": str(cores), **os.environ},
            )
        child = Child(process)
        threading.Thread(target=self._read, args=(child,), name="zhtui-engine", daemon=True).start()
        return child

    def _read(self, child: Child) -> None:
        """Reads answers until the engine ends; who still waits then is told so."""
        assert child.process.stdout is not None
        with child.process.stdout as lines:
            for line in lines:
                self._take(child, line)
        code = child.process.wait()
        with self._lock:
            child.ended = True
            left = list(child.waiting.values())
        if child.process.stdin is not None:
            try:
                child.process.stdin.close()
            except BrokenPipeError:
                pass  # a request that it never read
        how = f"signal {-code}" if code < 0 else f"code {code}"
        for reply in left:
            sentence = f"the engine ended in the midst of its answer ({how}); ask again"
            reply.grow({"error": sentence})

    def _take(self, child: Child, line: bytes) -> None:
        try:
            part = json.loads(line)
            reply = child.waiting[part["id"]]
        except (ValueError, KeyError, TypeError):
            return  # half a line of an engine that was killed
        if "error" in part or "done" in part:
            with self._lock:
                del child.waiting[reply.number]
        reply.grow(part)


def _send(child: Child, request: dict[str, Any]) -> None:
    assert child.process.stdin is not None
    child.process.stdin.write(json.dumps(request).encode() + b"\n")
    child.process.stdin.flush()


def _opened(log: Path | None) -> IO[bytes]:
    """Where the engine's stderr goes: its log, afresh for each engine, or nowhere."""
    try:
        if log is not None:
            log.parent.mkdir(parents=True, exist_ok=True)
            return log.open("wb")
    except OSError:
        pass  # a log is no reason to answer nothing
    return open(os.devnull, "wb")


def usual_log() -> Path:
    """The engine's log in the user's own folder of logs."""
    from platformdirs import user_log_path  # deferred: most starts ask nothing

    return user_log_path("zhtui") / "engine.log"
