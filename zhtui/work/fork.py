"""A fork: the same weights, seed and data from some step on, with a knob changed. Never imports
torch.

The child begins at the parent's newest sound checkpoint at or before the step and holds the
parent's rows, events and views up to there, so its history is whole. A live knob is turned at the
very step; until then the child walks in the parent's own steps, bit for bit. Any other knob counts
from the checkpoint on.

What a checkpoint holds comes back as it was: a knob that lives inside a kept part (an optimizer's
own betas) does not change, and one that changes a weight's shape makes the worker refuse.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from zhtui.data.noted import noted
from zhtui.errors import CheckpointError, ConfigError, StoreError
from zhtui.lesson import catalog, knobs
from zhtui.lesson.catalog import Entry
from zhtui.runs import checkpoint
from zhtui.runs.files import Appender, is_file, scan, write_json
from zhtui.runs.folder import ARTIFACTS, CARD, EVENTS, METRICS, STATUS, RunFolder
from zhtui.work import client

# The parent's events that are the child's too.
INHERITED = ("data", "measured", "said", "shown", "sample")


def fork(
    store: Path, folder: RunFolder, step: int, pairs: Sequence[str] = (), *, name: str = ""
) -> RunFolder:
    """Makes a run that goes its own way after `step` steps of `folder`; nothing is started.

    `pairs` are KEY=VALUE. Raises `ConfigError`, `LessonError` or `StoreError`.
    """
    card = folder.card()
    entry = catalog.one(str(card["lesson"]))
    fixed, live = _sorted(entry, pairs)
    start = _start(folder, check(folder, step, pairs))
    settings = knobs.parse(knobs.from_json(entry.card.config, card["config"]), fixed)
    whole = tuple(f"{key}={knobs.text(v)}" for key, v in knobs.to_json(settings).items())
    child = client.create(
        store,
        entry,
        preset=str(card["preset"]),
        knobs=whole,
        seed=int(card["seed"]),
        where=str(card.get("device", "auto")),
        threads=int(card.get("threads") or 0),
        name=name,
        parent=_origin(folder, step, pairs),
    )
    try:
        with client.whole_or_none(child):
            _inherit(folder, child, card, start)
            _append(child.path / EVENTS, _events(folder, start[0], step, (fixed, live)))
    except OSError as error:
        why = error.strerror or error
        raise StoreError(f"{folder.name} could not be copied ({why}); try again") from error
    return child


def check(folder: RunFolder, step: int, pairs: Sequence[str]) -> int:
    """The step, where a fork of the run with these knobs can be made there. Raises `LabError`."""
    card = folder.card()
    entry = catalog.one(str(card["lesson"]))
    settings = knobs.parse(knobs.from_json(entry.card.config, card["config"]), list(pairs))
    done = max([folder.status().step, *(at for at, _ in folder.checkpoints())])
    if not 0 <= step <= done:
        raise ConfigError(f"{folder.name} has made {done:,} steps; fork it at one of 0 … {done:,}")
    if step >= settings.steps:
        raise ConfigError(
            f"a fork at step {step:,} of {settings.steps:,} has nothing left to do; "
            f"give more with steps={settings.steps * 2}, or fork it earlier"
        )
    return step


def caution(folder: RunFolder, pairs: Sequence[str]) -> str:
    """What to know before a fork with knobs that are not live, in one sentence; "" where all is
    well.
    """
    fixed, _ = _sorted(catalog.one(folder.lesson), pairs)
    names = ", ".join(pair.partition("=")[0] for pair in fixed)
    if not fixed:
        return ""
    return (
        f"{names} is not live: it counts from the checkpoint on, and where it changes the shape of "
        "a weight the run will fail; start a new run for that"
    )


def live_knobs(entry: Entry) -> list[str]:
    """The knobs that can be turned at any step."""
    return [row.name for row in knobs.knobs(entry.card.config) if row.knob.live]


def _sorted(entry: Entry, pairs: Sequence[str]) -> tuple[list[str], list[str]]:
    """(those that are set from the checkpoint on, those that are turned at the step)."""
    fixed: list[str] = []
    live: list[str] = []
    for pair in pairs:
        row = knobs.find(entry.card.config, pair.partition("=")[0])
        (live if row.knob.live else fixed).append(pair)
    return fixed, live


def _origin(folder: RunFolder, step: int, pairs: Sequence[str]) -> dict[str, Any]:
    """What the child's card says of its parent, and of what was changed: {"lr": "200"}."""
    origin = {"run": folder.name, "lesson": folder.lesson, "step": step}
    split = [text.partition("=") for text in pairs]
    changed = {name.strip(): value.strip() for name, _, value in split}
    return {**origin, "changed": changed} if changed else origin


def _start(folder: RunFolder, step: int) -> tuple[int, Path | None]:
    """(steps done, folder) of the newest sound checkpoint at or before a step; (0, None) if none:
    then all is done again.
    """
    for done, path in reversed(folder.checkpoints()):
        if done <= step:
            try:
                checkpoint.read(path)
            except CheckpointError:
                continue
            return done, path
    return 0, None


def _inherit(
    parent: RunFolder,
    child: RunFolder,
    card: Mapping[str, Any],
    start: tuple[int, Path | None],
) -> None:
    """Gives the child what the parent was and had said when it stood at the checkpoint."""
    done, source = start
    own, before = child.card(), card["config"].get("data")
    other = None if own["config"].get("data") == before else before  # the child reads another one
    read = {name: row for name, row in noted(card).items() if row["asked"] != other}
    if read:
        write_json(child.path / CARD, {**own, "data": read})
    rows = [row for row in parent.rows() if row["step"] < done]
    _append(child.path / METRICS, rows)
    (child.path / ARTIFACTS).mkdir()
    for at, name in parent.artifacts():
        if at < done:
            file = f"{at:06d}-{name}.json"
            _link(parent.path / ARTIFACTS / file, child.path / ARTIFACTS / file)
    status = {"state": "stopped", "step": done, "steps": own["config"]["steps"]}
    last = rows[-1] if rows else {}
    status["row"] = {name: last[name] for name in last if name not in ("step", "time")}
    if source is not None:
        aside = child.path / f".{source.name}"
        aside.mkdir()
        for part in scan(source):
            _link(Path(part.path), aside / part.name)
        aside.rename(child.path / source.name)
        status["best"] = checkpoint.read(source)["facts"].get("best")
    write_json(child.path / STATUS, {**status, "time": time.time()})


def _events(
    parent: RunFolder, done: int, step: int, pairs: tuple[Sequence[str], Sequence[str]]
) -> list[dict[str, Any]]:
    """What was said and shown before the checkpoint, the knobs turned up to the step, and our own:
    of a knob that the child has its own value of, the parent's turns end there.
    """
    kept = [{"event": "forked", "step": step, "run": parent.name, "lesson": parent.lesson}]
    fixed, live = (dict(_split(pair) for pair in each) for each in pairs)
    ends = dict.fromkeys(live, step) | dict.fromkeys(fixed, 0)
    for event in parent.events():
        kind, at = event["event"], event.get("step", 0)
        said = kind in INHERITED and at < max(done, 1)
        if said or (kind == "knob" and at < ends.get(event["knob"], step + 1)):
            kept.append(event)
    ours = {"event": "knob", "step": step, "time": round(time.time(), 3)}
    return [*kept, *({**ours, "knob": key, "value": value} for key, value in live.items())]


def _split(pair: str) -> tuple[str, str]:
    """KEY and VALUE."""
    key, _, value = pair.partition("=")
    return key, value


def _append(path: Path, objects: Sequence[Mapping[str, Any]]) -> None:
    lines = Appender(path)
    try:
        for value in objects:
            lines.append(value)
    finally:
        lines.close()


def _link(source: Path, target: Path) -> None:
    """A second name for a file that is written once, or a copy where the disk has no such names.

    A parent may come from a stranger: what is not a plain file there stays there.
    """
    if not is_file(source):
        return
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)
