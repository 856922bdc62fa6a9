"""A pipeline, slot by slot: forwards and backwards of micro-batches, the bubble, the stashes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from lessons.parallel import pipeline
from lessons.parallel.config import DRAIN
from zhtui.lab import Bars, Frame, Heatmap, LabError, Poke, Run, Spot, Table, Words, knob, mistakes

TAKES_RUN = False

SHADE = {"F": 0.55, "B": 0.85, "W": 0.35}


@dataclass(frozen=True)
class Ask:
    schedule: str = knob("1f1b", "who does what when", choices=pipeline.KINDS)
    stages: int = knob(4, "stages, p", low=1, high=16)
    micro: int = knob(8, "micro-batches, m", low=1, high=64)
    chunks: int = knob(2, "chunks of layers a stage (interleaved)", low=1, high=8)
    mistake: str = mistakes((DRAIN,))


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    p, m = ask.stages, ask.micro
    try:
        whole = pipeline.timeline(ask.schedule, p, m, ask.chunks)
    except ValueError as error:
        raise LabError(f"{error}; choose another micro") from error
    last = max(i for row in whole.slots for i, work in enumerate(row) if work and work.what == "F")
    length = last + 1 if ask.mistake == "drain" else whole.length
    names = [f"stage {i + 1}" for i in range(p)]
    for slot in range(1, length + 1):
        yield frame(ask, whole, names, slot)
    peak = whole.stashes()
    waits = sum(work is None for row in whole.slots for work in row[:length])
    share = waits / (p * length)
    yield Frame(
        "the whole",
        {
            "timeline": picture(whole, names, length),
            "stashes": Bars(names, [float(x) for x in peak], note="most micro-batches kept"),
            "schedules": beside(ask),
        },
        say=f"{length} slots, bubble {share:.3f}, at most {max(peak)} stashes a stage",
        look="1F1B has GPipe's bubble and p stashes in place of m: its gain is memory",
        chapter="whole",
        predict=Spot("schedules", pipeline.KINDS.index(ask.schedule), 2),
    )


def picture(whole: pipeline.Timeline, names: list[str], until: int) -> Heatmap:
    """Slots to the right, stages down; a cell says F, B or W and the micro-batch."""
    values = np.zeros((len(names), until))
    texts = [[""] * until for _ in names]
    for i, row in enumerate(whole.slots):
        for j, work in enumerate(row[:until]):
            if work is not None:
                values[i, j] = SHADE[work.what]
                texts[i][j] = f"{work.what}{work.micro + 1}"
    slots = [str(j + 1) for j in range(until)]
    return Heatmap(values, names, slots, 0.0, 1.0, texts=texts)


def frame(ask: Ask, whole: pipeline.Timeline, names: list[str], slot: int) -> Frame:
    """The timeline up to a slot."""
    now = [row[slot - 1] for row in whole.slots]
    busy = [f"{name} {w.what}{w.micro + 1}" for name, w in zip(names, now, strict=True) if w]
    held = [
        sum(w is not None and w.what == "F" for w in row[:slot])
        - sum(w is not None and w.what == "B" for w in row[:slot])
        for row in whole.slots
    ]
    waits = sum(work is None for work in now)
    return Frame(
        f"slot {slot}",
        {
            "timeline": picture(whole, names, slot),
            "stashes": Bars(names, [float(x) for x in held], note="micro-batches kept now"),
        },
        say=", ".join(busy) + f"; {waits} of {ask.stages} wait",
        look="a forward needs the stage before, a backward the stage after: hence the bubble",
        chapter=f"slot {slot}" if slot % 10 == 1 else "",
        keep={"slot": slot},
        predict=Spot("stashes", 0) if slot == ask.stages else None,
    )


def beside(ask: Ask) -> Table:
    """All schedules for these stages and micro-batches."""
    rows: list[tuple[Any, ...]] = []
    for kind in pipeline.KINDS:
        try:
            found = pipeline.timeline(kind, ask.stages, ask.micro, ask.chunks)
        except ValueError:
            rows.append((kind, "–", "–", "–"))
            continue
        rows.append((kind, found.length, round(found.bubble, 3), max(found.stashes())))
    mark = pipeline.KINDS.index(ask.schedule)
    return Table(("schedule", "slots", "bubble", "stashes"), rows, mark)


def waited(ask: Ask, kind: str) -> str:
    """The bubble of a schedule, spelled."""
    p, m = ask.stages, ask.micro
    if kind == "interleaved" and m % p:
        return f"interleaved needs micro-batches in groups of {p}"
    if kind == "zero-bubble":
        found = pipeline.timeline(kind, p, m, ask.chunks)
        cells = [work for row in found.slots for work in row]
        return f"{cells.count(None)} slots of {len(cells)} are waited in = {found.bubble:.3f}"
    v = ask.chunks if kind == "interleaved" else 1
    of = f"{'v m' if v > 1 else 'm'} + p − 1"
    return f"(p − 1) / ({of}) = {p - 1} / {v * m + p - 1} = {pipeline.bubble(p, m, v):.3f}"


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    view: Any = frame.shown().get(spot.view)
    if spot.view == "timeline":
        text = view.texts[spot.row][spot.column]
        if not text:
            return f"stage {spot.row + 1} waits in slot {spot.column + 1}: part of the bubble"
        what = {"F": "forward", "B": "backward", "W": "the weights' gradients"}[text[0]]
        return f"stage {spot.row + 1}, slot {spot.column + 1}: {what} of micro-batch {text[1:]}"
    if spot.view == "schedules" and spot.column == 2:
        return waited(ask, pipeline.KINDS[spot.row])
    if spot.view == "stashes":
        return f"stage {spot.row + 1} keeps {view.values[spot.row]:.0f} micro-batches' activations"
    return ""
