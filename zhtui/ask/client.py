"""Asks the engine, a child process, on behalf of the app. Never imports torch or textual.

    engine = Engine()
    reply = engine.ask("generate", folder, heard, prompt="ROMEO:", sampling=Sampling())
    reply = engine.ask("explore", None, heard, lesson="attention", scene="head", ask={}, frame=1)

The engine is started by the first request, and again by the next one where it has died. A thread
of its own reads what it answers into the replies, and calls `heard` whenever one has grown.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from zhtui.lesson import knobs
from zhtui.lesson.knobs import Row
from zhtui.lesson.parts import Thought
from zhtui.lesson.sampling import Sampling, Token
from zhtui.lesson.views import Words
from zhtui.runs.folder import RunFolder

if TYPE_CHECKING:
    from zhtui.ask.shown import Shown

COMMAND = (sys.executable, "-P", "-m", "zhtui.ask.engine")


@dataclass
class Reply:
    """What was answered so far. It grows on the reader's thread; `done` is set last, once."""

    number: int
    heard: Callable[[], None]
    step: int | None = None  # of the checkpoint that is asked; None until the run is open
    steps: tuple[int, ...] = ()  # all checkpoints of the run
    tokens: list[Token] = field(default_factory=list)
    thoughts: list[Thought] = field(default_factory=list)
    shown: Shown | None = None  # a frame of a scene
    words: Words = ""  # what a scene says of a cell
    form: dict[str, Any] = field(default_factory=dict)  # of a scene, with its knobs
    knobs: tuple[Row, ...] = ()  # of that form, or of the lesson's own `Sampling`
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
        if "thought" in part:
            self.thoughts.append(thought_of(part["thought"]))
        self._explored(part)
        if "error" in part or "done" in part:
            self.error = str(part.get("error", ""))
            self.done = True
        self.heard()

    def _explored(self, part: dict[str, Any]) -> None:
        """What is told of a scene, and the knobs that something has."""
        if "shown" in part:
            from zhtui.ask import shown  # deferred: it needs numpy, a first frame does not

            self.shown = shown.from_wire(part["shown"])
        if "of" in part and self.shown is not None:
            self.shown = replace(self.shown, of=int(part["of"]))
        if "words" in part:
            self.words = words_of(part["words"])
        if "form" in part:
            self.form = part["form"]
        rows = part.get("dials") or part.get("form", {}).get("knobs")
        if rows is not None:
            self.knobs = tuple(map(knobs.heard, rows))


def words_of(value: Any) -> Words:
    """Words from their JSON."""
    return (
        value if isinstance(value, str) else tuple((str(text), str(role)) for text, role in value)
    )


def thought_of(value: dict[str, Any]) -> Thought:
    """A thought from its JSON, whose mappings have their moves as text."""
    by_move = {
        name: {int(move): number for move, number in value[name].items()}
        for name in ("visits", "values", "bonus")
    }
    return Thought(**{**value, **by_move, "line": tuple(value["line"])})


@dataclass
class Child:
    """One engine process, and the replies that wait for it."""

    process: subprocess.Popen[bytes]
    waiting: dict[int, Reply] = field(default_factory=dict)
    ended: bool = False
    outbox: queue.SimpleQueue[bytes | None] = field(default_factory=queue.SimpleQueue)

    def send(self, request: dict[str, Any]) -> None:
        """Puts a request on its way; however busy the engine is, nobody waits for it here."""
        self.outbox.put(json.dumps(request).encode() + b"\n")

    def write(self) -> None:
        """Writes requests until the engine ends; a thread of its own."""
        assert self.process.stdin is not None
        with suppress(OSError), self.process.stdin as lines:  # it ended: its reader tells of it
            while (line := self.outbox.get()) is not None:
                lines.write(line)
                lines.flush()


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
        folder: RunFolder | None,
        heard: Callable[[], None],
        *,
        sampling: Sampling | Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> Reply:
        """Asks something of a run, or of none; `heard` is called on another thread as the answer
        grows.
        """
        self._last += 1
        reply = Reply(self._last, heard)
        path = None if folder is None else str(folder.path)
        request: dict[str, Any] = {"id": reply.number, "do": do, "run": path}
        if sampling is not None:
            given = asdict(sampling) if isinstance(sampling, Sampling) else sampling
            request["sampling"] = given
        self._answer(reply, request | fields)
        return reply

    def _answer(self, reply: Reply, request: dict[str, Any]) -> None:
        """Sends a request to the engine, which is started where there is none."""
        try:
            with self._lock:
                if self._child is None or self._child.ended:
                    self._child = self._start()
                self._child.waiting[reply.number] = reply
                self._child.send(request)
        except OSError as error:
            reply.grow({"error": f"the engine cannot be asked ({error.strerror}); ask again"})

    def cancel(self, reply: Reply) -> None:
        """Waits no longer for a reply: the engine stops before its next token or view."""
        with self._lock:
            if self._child is not None and reply.number in self._child.waiting:
                self._child.send({"id": reply.number, "do": "cancel"})

    def close(self) -> None:
        """Ends the engine, also amid an answer that does not come; it holds nothing that could be
        lost, and the next request starts another one.
        """
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
        for work in (child.write, partial(self._read, child)):
            threading.Thread(target=work, name="zhtui-engine", daemon=True).start()
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
        child.outbox.put(None)
        how = f"signal {-code}" if code < 0 else f"code {code}"
        for reply in left:
            sentence = f"the engine ended in the middle of its answer ({how}); ask again"
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


def _opened(log: Path | None) -> IO[bytes]:
    """Where the engine's stderr goes: its log, afresh for each engine, or nowhere."""
    try:
        if log is not None:
            log.parent.mkdir(parents=True, exist_ok=True)
            return log.open("wb")
    except OSError:
        pass  # a log is no reason to answer nothing
    return open(os.devnull, "wb")


def usual_log(name: str = "engine") -> Path:
    """An engine's log in the user's own folder of logs."""
    from platformdirs import user_log_path  # deferred: most starts ask nothing

    return user_log_path("zhtui") / f"{name}.log"
