"""A tiny GPT that was really trained, an engine shared by tests, and one that follows a script."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from zhtui.ask.client import Engine, Reply
from zhtui.lesson import catalog
from zhtui.lesson.sampling import Token
from zhtui.runs.folder import RunFolder
from zhtui.work import client, drive

VERSE = "ROMEO: the king shall be the world.\nJULIET: good night, good night!\n"
ALTERNATIVES = (("o", 0.612), ("e", 0.187), ("i", 0.081), ("a", 0.021), ("␣", 0.01), ("h", 0.008))


def trained(store: Path, name: str = "tiny-otter", *more: str) -> RunFolder:
    """A finished run of the tiny preset on a few lines of its own, with `more` knobs."""
    text = store / "verse.txt"
    text.write_text(VERSE * 40)
    knobs = (f"data={text}", *more)
    run = client.create(
        store, catalog.one("gpt"), preset="tiny", knobs=knobs, where="cpu", name=name
    )
    assert drive.work(run) == 0
    return run


class Kept(Engine):
    """An engine that outlives the app of one test, for the next one; `end` ends it."""

    def close(self) -> None:
        pass

    def end(self) -> None:
        super().close()


class Scripted(Engine):
    """Answers at once with what a test wrote; no process."""

    def __init__(self, parts: Callable[[str, Mapping[str, Any]], list[dict[str, Any]]]) -> None:
        super().__init__()
        self.parts = parts

    def _answer(self, reply: Reply, request: dict[str, Any]) -> None:
        for part in self.parts(request["do"], request):
            reply.grow(part)


def answer(*parts: dict[str, Any]) -> list[dict[str, Any]]:
    """An answer from step 1,240 to its end."""
    return [{"step": 1240, "steps": [400, 800, 1240]}, *parts, {"done": True}]


def tokens(text: str) -> list[dict[str, Any]]:
    """Each character as a token; vowels surprise little."""
    made = []
    for index, character in enumerate(text):
        chance = 0.612 if character in "aeiou " else 0.187 / (1 + index % 7)
        made.append({"token": asdict(Token(character, chance, 1.84, ALTERNATIVES, 3 + index % 4))})
    return made


async def until(pilot: Pilot[int], look: Callable[[], Any], seconds: float = 15.0) -> None:
    """Lets the app go on until something is so."""
    deadline = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < deadline, "it did not come"
        await pilot.pause(0.01)
    await pilot.pause()
