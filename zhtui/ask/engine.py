"""Answers what is asked of runs and scenes: tokens, views, frames, thoughts. It writes nothing.

Used by `zhtui sample` in this process, and by the app through a child process:
`python -P -m zhtui.ask.engine` reads one request a line on stdin and answers by lines on stdout,
each with the request's id.

    {"id": 7, "do": "generate", "run": path, "step": null, …}   or open, score, think
    {"id": 7, "do": "cancel"}                                   between two answers of request 7
    {"id": 8, "do": "forget", "run": path}
    {"id": 9, "do": "explore", "lesson": name, "scene": name, "run": path or null, "step": null,
     "ask": {…}, "poke": {"view", "row", "column", "value"} or null, "frame": 1}
    {"id": 9, "do": "point", …, "frame": 1, "spot": {"view", "row", "column"}}
    {"id": 9, "do": "form", "lesson": name, "scene": name, "having": knob}
    {"id": 9, "do": "think", "lesson": name, "run": path or null, "game": name, "state": …}

First comes {"id", "step", "steps"}: the checkpoint that is asked, and all that there are. Then
{"id", "token": {…}}, {"id", "thought"}, {"id", "shown"} and {"id", "of"},
{"id", "words"} or {"id", "form"}; last {"id", "done": true} or {"id", "error": sentence}.
A "form" tells the knobs of a scene, of the first that is "having" a knob where that is asked. An
"explore" with "seek" goes on from its frame to the next "chapter" or number to "predict", to a
"chapter NAME", or to the "end". Requests that are under way at the same time are answered in turn,
a part of each. It ends when stdin does.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TextIO

from zhtui.ask.explore import RESTS, Explorer, Part
from zhtui.ask.reading import newest, open_run, passing_over
from zhtui.errors import LabError, LessonError, StoreError, boundary
from zhtui.lesson import catalog, knobs
from zhtui.lesson.catalog import Entry
from zhtui.lesson.run import Run
from zhtui.lesson.sampling import Sampling, Token
from zhtui.runs.folder import RunFolder
from zhtui.wording import json_text

WARM = 3  # opened runs that are kept
QUIET = 0.05  # seconds without a request, after which a frame is made ahead


def sample(folder: RunFolder, run: Run, prompt: str, sampling: Sampling) -> Iterator[Token]:
    """Tokens of the lesson's own `generate`. Raises `LessonError` where it has none."""
    return _tokens(folder, "generate", run, prompt, sampling)


def score(
    folder: RunFolder, run: Run, prompt: str, text: str, sampling: Sampling
) -> Iterator[Token]:
    """The tokens of `text` after `prompt`, as `generate` would tell of them had it chosen them.

    Raises `LessonError` where the lesson's generate.py has no `score`.
    """
    entry = catalog.one(folder.lesson)
    if not hasattr(sys.modules[entry.function("generate", "generate").__module__], "score"):
        raise LessonError(
            f"{entry.name} cannot read a text that you give; let it write one of its own"
        )
    return _tokens(folder, "score", run, prompt, text, sampling)


def _tokens(folder: RunFolder, name: str, *asked: Any) -> Iterator[Token]:
    entry = catalog.one(folder.lesson)
    tokens = iter(entry.function("generate", name)(*asked))
    while True:
        with boundary(f"sampling from {folder.name}"):
            token = next(tokens, None)
        if token is None:
            return
        if not isinstance(token, Token):
            raise StoreError(
                f"lesson {entry.name} yields {type(token).__name__}, not a Token; mend it"
            )
        yield token


@dataclass(frozen=True)
class Opened:
    """A run that stays warm; `last` is the newest checkpoint that was there when it was opened."""

    run: Run
    source: Path
    last: int

    def holds(self, step: int | None, last: int) -> bool:
        """Whether it is still there, and still the newest where no step is named."""
        return self.source.is_dir() and (step is not None or self.last == last)


class Server:
    """Answers requests, a part of each in turn; `answer` takes a part as its line.

    `cancelled` holds the ids that nobody waits for.
    """

    def __init__(self, answer: Callable[[str], None]) -> None:
        self.answer = answer
        self.cancelled: set[int] = set()
        self.opened: dict[tuple[Path, int | None], Opened] = {}
        self.unfit: dict[Path, Exception] = {}  # checkpoints that no lesson here can take
        self.under_way: list[Iterator[str | Part]] = []
        self.resting: list[Iterator[str | Part]] = []  # one at most: the newest that rests
        self.explorer = Explorer(self._open)

    def take(self, request: Mapping[str, Any]) -> None:
        """One more request to answer."""
        self.under_way.append(self._guarded(request))

    def turn(self) -> None:
        """The next part of each answer that is under way."""
        for answers in list(self.under_way):
            part = next(answers, None)
            if part is None:
                self.under_way.remove(answers)
            elif part is RESTS:
                self.under_way.remove(answers)
                self.wake()  # the one before sees that it is not alone, and ends
                self.resting = [answers]
            elif isinstance(part, str):  # else it is a turn that was taken without a word
                self.answer(part)

    def wake(self) -> None:
        """What rests goes on."""
        self.under_way += self.resting
        self.resting = []

    def _alone(self) -> bool:
        """Whether nobody but who asks this waits for an answer."""
        return len(self.under_way) < 2 and not self.resting

    def _guarded(self, request: Mapping[str, Any]) -> Iterator[str | Part]:
        """All parts of an answer to its end, each as its line; whatever goes wrong is a part too,
        also where a part is no JSON.
        """
        about = {"id": request.get("id")}
        try:
            with boundary(f"the request {request.get('do')!r}"):
                for part in self._answers(request):
                    if about["id"] in self.cancelled:
                        break
                    yield json_text({**about, **part}, nan=True) if part else part
        except LabError as error:
            yield json_text({**about, "error": str(error)})
        else:
            yield json_text({**about, "done": True})

    def _answers(self, request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        if request["do"] in ("form", "explore", "point"):
            yield from self.explorer.answers(request, self._alone)
            return
        folder = RunFolder(Path(request["run"])) if request.get("run") else None
        if request["do"] == "think" and "lesson" in request:
            yield from self._think(folder, request)
        elif folder is None:
            raise StoreError(f"{request['do']!r} asks something of a run; name one")
        elif request["do"] == "forget":
            self._forget(folder.path)
        else:
            yield from self._of_a_run(folder, request)

    def _of_a_run(self, folder: RunFolder, request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """An answer by the newest checkpoint that the lesson can take; first, which one that is."""
        step, begun = request.get("step"), False

        def opened() -> tuple[Path, Run]:
            run = self._open(folder, step)
            return self.opened[folder.path, step].source, run

        def use(run: Run) -> Iterator[dict[str, Any]]:
            return self._asked(request["do"], folder, run, request)

        for run, part in passing_over(opened, use, self.unfit):
            if not begun:
                yield {"step": run.step, "steps": [done for done, _ in folder.checkpoints()]}
            begun = True
            if part is not None:
                yield part

    def _asked(
        self, do: str, folder: RunFolder, run: Run, request: Mapping[str, Any]
    ) -> Iterator[dict[str, Any]]:
        entry, prompt = catalog.one(folder.lesson), str(request.get("prompt", ""))
        given = request.get("sampling") or {}
        if do == "generate":
            tokens = sample(folder, run, prompt, entry.sampling(given))
            yield from ({"token": vars(token)} for token in tokens)
        elif do == "score":
            tokens = score(folder, run, prompt, str(request["text"]), entry.sampling(given))
            yield from ({"token": vars(token)} for token in tokens)
        elif do == "think":
            yield from thoughts(entry, run, request)
        elif do == "open":  # the model is built and has worked once, so that what follows is quick
            if entry.has("generate"):
                sampling = entry.sampling({"tokens": 1})
                next(sample(folder, run, "", sampling), None)
                yield {"dials": [knobs.told(row) for row in knobs.of(sampling)]}
        else:
            raise StoreError(f"the engine does not know {do!r}; update zhtui")

    def _think(
        self, folder: RunFolder | None, request: Mapping[str, Any]
    ) -> Iterator[dict[str, Any]]:
        """Thoughts of any lesson's agent, with a run or without."""
        run = None if folder is None else self._open(folder, request.get("step"))
        yield from thoughts(catalog.one(str(request["lesson"])), run, request)

    def _open(self, folder: RunFolder, step: int | None) -> Run:
        """The run at a checkpoint; the newest one, looked for each time, where none is named."""
        entry = catalog.one(str(folder.card()["lesson"]))
        if entry.has("generate"):  # a live run's checkpoint may go while torch loads
            entry.function("generate", "generate")
        last = max((done for done, _ in folder.checkpoints()), default=-1)
        known = self.opened.pop((folder.path, step), None)
        if known is None or known.source in self.unfit or not known.holds(step, last):
            source = newest(folder, step, self.unfit)
            known = Opened(open_run(folder, source=source), source[0], last)
        self.opened[folder.path, step] = known  # at the end: the one used last
        while len(self.opened) > WARM:
            del self.opened[next(iter(self.opened))]
        return known.run

    def _forget(self, path: Path) -> None:
        for key in [key for key in self.opened if key[0] == path]:
            del self.opened[key]
        self.explorer.forget(path)


def written(
    folder: RunFolder, prompt: str, sampling: Any, *, where: str, step: int | None
) -> Iterator[tuple[int, Token | None]]:
    """Tokens by the newest checkpoint (not above `step`, where there is such a one) that the lesson
    can take, each with the checkpoint's step; None where nothing is written.
    """
    unfit: dict[Path, Exception] = {}

    def opened() -> tuple[Path, Run]:
        source = newest(folder, step, unfit)
        return source[0], open_run(folder, where=where, source=source)

    def use(run: Run) -> Iterator[Token]:
        return sample(folder, run, prompt, sampling)

    for run, token in passing_over(opened, use, unfit):
        yield run.step, token


def thoughts(entry: Entry, run: Run | None, request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What a lesson's agent thinks of a state of a game, as parts of an answer.

    `game` names one of the GAMES of its agent.py. Lists in the state become tuples, as a game's
    states are. Raises `LessonError`.
    """
    think = entry.function("agent", "think")
    games = getattr(sys.modules[think.__module__], "GAMES", {})
    name = str(request.get("game", ""))
    if name not in games:
        known = ", ".join(games) or "none"
        raise LessonError(f"{entry.name} knows no game {name!r}; its GAMES are {known}")
    for thought in think(run, games[name], frozen(request.get("state"))):
        yield {"thought": {item.name: getattr(thought, item.name) for item in fields(thought)}}


def frozen(value: Any) -> Any:
    """JSON with tuples for its lists."""
    return tuple(map(frozen, value)) if isinstance(value, list) else value


def _listen(lines: TextIO, inbox: queue.SimpleQueue[dict[str, Any]], cancelled: set[int]) -> None:
    """Reads requests while another is answered; the end of stdin is the end of the engine."""
    for line in lines:
        try:
            request = json.loads(line)
        except ValueError:
            continue  # half a line of a client that died
        if request.get("do") == "cancel":
            cancelled.add(request.get("id"))
        else:
            inbox.put(request)
    os._exit(0)


def main() -> None:
    """Serves stdin and stdout; what a lesson prints goes to stderr, and it can read nothing."""
    lines, out = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)

    def answer(line: str) -> None:
        out.write(line + "\n")
        out.flush()

    server = Server(answer)
    inbox: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(lines, inbox, server.cancelled), daemon=True).start()
    while True:
        while server.under_way and inbox.empty():
            server.turn()
        try:
            server.take(inbox.get(timeout=QUIET if server.resting else None))
        except queue.Empty:
            server.wake()


if __name__ == "__main__":
    main()
