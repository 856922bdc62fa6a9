"""Opens a run to ask things of it: the model of its newest sound checkpoint, never written to.

Used by `zhtui sample` in this process, and by the app through a child process.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zhtui import catalog, checkpoint, config, device
from zhtui.errors import CheckpointError, StoreError, boundary
from zhtui.folder import RunFolder
from zhtui.record import data_of
from zhtui.run import Run
from zhtui.sampling import Sampling, Token
from zhtui.views import View


@dataclass
class Reader:
    """What stands behind a run that is only looked at: its checkpoint is read, nothing is kept."""

    folder: RunFolder
    source: tuple[Path, dict[str, Any]] | None = None
    said: list[str] = field(default_factory=list)

    def data(self, name: str, auto: tuple[str, ...]) -> Path:
        """The data set that the run was trained on."""
        return data_of(self.folder.card(), name, auto).path

    def restore(self, name: str, part: Any) -> None:
        """Gives a part the state of the checkpoint."""
        if self.source is not None:
            checkpoint.restore(*self.source, name, part)

    def show(self, step: int, name: str, view: View) -> None:
        pass

    def say(self, step: int, text: str) -> None:
        self.said.append(text)


def newest(folder: RunFolder, step: int | None = None) -> tuple[Path, dict[str, Any]]:
    """The newest sound checkpoint, not above `step`. Raises `CheckpointError` if none."""
    worst = ""
    for done, path in reversed(folder.checkpoints()):
        if step is None or done <= step:
            try:
                return path, checkpoint.read(path)
            except CheckpointError as error:
                worst = f" ({error})"
    name = folder.name
    raise CheckpointError(
        f"{name} has no sound checkpoint yet{worst}; let it train a while: `zhtui runs show {name}`"
    )


def open_run(folder: RunFolder, *, where: str = "auto", step: int | None = None) -> Run:
    """The run as it stood at its newest sound checkpoint (not above `step`)."""
    card = folder.card()
    entry = catalog.one(str(card["lesson"]))
    source = newest(folder, step)
    chosen = device.choose(where)
    settings = config.from_json(entry.card.config, card.get("config", {}))
    if entry.has("generate"):
        entry.function("generate", "generate")  # loads torch before anything is drawn
    run = Run(
        settings, seed=int(card.get("seed", 1337)), device=chosen, host=Reader(folder, source)
    )
    run.step = int(source[1]["step"])
    return run


def sample(folder: RunFolder, run: Run, prompt: str, sampling: Sampling) -> Iterator[Token]:
    """Tokens of the lesson's own `generate`. Raises `LessonError` where it has none."""
    entry = catalog.one(folder.lesson)
    generate = entry.function("generate", "generate")
    tokens = iter(generate(run, prompt, sampling))
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
