"""A run that is only looked at: its newest sound checkpoint is read, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from zhtui.data.noted import data_of
from zhtui.errors import CheckpointError
from zhtui.lesson import catalog, knobs
from zhtui.lesson.run import Run
from zhtui.lesson.views import View
from zhtui.machine import device
from zhtui.runs import checkpoint
from zhtui.runs.checkpoint import Unfit
from zhtui.runs.folder import RunFolder, measured_of

NOTHING: Mapping[Path, Exception] = MappingProxyType({})
T = TypeVar("T")


@dataclass
class Reader:
    """What stands behind a run that is only looked at: its checkpoint is read, nothing is kept."""

    folder: RunFolder
    source: tuple[Path, dict[str, Any]] | None = None
    said: list[str] = field(default_factory=list)

    def data(self, name: str, auto: tuple[str, ...]) -> Path:
        """The data set that the run was trained on."""
        own = catalog.one(self.folder.lesson).card.data
        return data_of(self.folder.card(), name, auto, own).path

    def restore(self, name: str, part: Any) -> None:
        """Gives a part the state of the checkpoint."""
        if self.source is not None:
            checkpoint.restore(*self.source, name, part)

    def show(self, step: int, name: str, view: View) -> None:
        pass

    def measured(self, name: str, of: str, measure: Callable[[], float]) -> float:
        """What the run measured; where it has not, it is measured and not kept."""
        before = measured_of(self.folder, name, of)
        return measure() if before is None else before

    def say(self, step: int, text: str) -> None:
        self.said.append(text)


def newest(
    folder: RunFolder, step: int | None = None, without: Mapping[Path, Exception] = NOTHING
) -> tuple[Path, dict[str, Any]]:
    """The newest sound checkpoint, not above `step`; where none was kept by then, the first after.

    `without` are those that the lesson could not take, each with the reason. Raises
    `CheckpointError` where there is none at all.
    """
    worst = "".join(f" ({error})" for error in list(without.values())[:1])
    found = [each for each in folder.checkpoints() if each[1] not in without]
    before = [each for each in found if step is None or each[0] <= step]
    for _, path in [*reversed(before), *found[len(before) :]]:
        try:
            return path, checkpoint.read(path)
        except CheckpointError as error:
            worst = f" ({error})"
    name = folder.name
    raise CheckpointError(
        f"{name} has no sound checkpoint yet{worst}; let it train a while: `zhtui runs show {name}`"
    )


def open_run(
    folder: RunFolder,
    *,
    where: str = "auto",
    step: int | None = None,
    source: tuple[Path, dict[str, Any]] | None = None,
) -> Run:
    """The run as it stood at its newest sound checkpoint (not above `step`), or at `source`."""
    card = folder.card()
    entry = catalog.one(str(card["lesson"]))
    source = source or newest(folder, step)
    chosen = device.choose(where)
    settings = knobs.from_json(entry.card.config, card.get("config", {}))
    if entry.has("generate"):
        entry.function("generate", "generate")  # loads torch before anything is drawn
    run = Run(
        settings, seed=int(card.get("seed", 1337)), device=chosen, host=Reader(folder, source)
    )
    run.step = int(source[1]["step"])
    return run


def passing_over(
    opened: Callable[[], tuple[Path, Run]],
    use: Callable[[Run], Iterator[T]],
    unfit: dict[Path, Exception],
) -> Iterator[tuple[Run, T | None]]:
    """What `use` yields of the newest checkpoint that the lesson can take, each with its run; with
    None where it yields nothing.

    `opened` gives the newest one that is not in `unfit`, and raises `CheckpointError` where there
    is none; one that turns out not to fit is put there.
    """
    while True:
        source, run = opened()
        parts = use(run)
        try:
            first = next(parts, None)
        except Unfit as error:
            unfit[source] = error
            continue
        yield run, first
        yield from ((run, part) for part in parts)
        return
