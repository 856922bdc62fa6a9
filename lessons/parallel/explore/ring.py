"""Ring all-reduce by steps, with the numbers in the chunks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lessons.parallel import ring
from zhtui.lab import Bars, Frame, Heatmap, Poke, Run, Spot, Words, knob

TAKES_RUN = False


@dataclass(frozen=True)
class Ask:
    ranks: int = knob(4, "ranks on the ring, n", low=2, high=12)
    seed: int = knob(1, "the numbers", low=0, high=10_000)


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    n = ask.ranks
    vectors = np.random.default_rng(ask.seed).integers(1, 10, (n, n)).astype(float)
    vectors = poke("chunks", vectors)
    whole = vectors.sum(0)
    names = [f"rank {i + 1}" for i in range(n)]
    columns = [f"c{i + 1}" for i in range(n)]
    sent = np.zeros(n)
    for step in ring.steps(vectors):
        values = step.chunks[..., 0]  # (n, n)
        done = int((values == whole).all(0).sum())
        sent = sent + (step.sent >= 0)
        texts = [[f"{x:g}" for x in row] for row in values]
        yield Frame(
            f"{step.phase} {step.number}" if step.number else "start",
            {
                "chunks": Heatmap(values, names, columns, 0.0, float(whole.max()), texts=texts),
                "sent": Bars(names, sent.tolist(), note="chunks sent by each rank"),
            },
            say=told(step, done, n),
            look="every link carries one chunk in every step: no rank waits, none is a root",
            chapter=step.phase,
            keep={"step": step, "before": vectors},
            predict=Spot("chunks", 0, (n - 1) % n) if step.number == 1 else None,
        )


def told(step: ring.Step, done: int, n: int) -> str:
    """What moved, and how far it is."""
    if not step.number:
        return f"each of {n} ranks has its own numbers; all want the sum of each column"
    what = "adds" if step.phase == "reduce-scatter" else "keeps"
    return f"each rank sends a chunk on, the next {what} it; {done} of {n} columns are whole"


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    n = ask.ranks
    if spot.view == "sent":
        return f"2 (n − 1) / n = {2 * (n - 1)} / {n} of the vector is sent in all by each rank"
    step, start = frame.keep["step"], frame.keep["before"]
    value = step.chunks[spot.row, spot.column, 0]
    parts = " + ".join(f"{x:g}" for x in start[:, spot.column])
    if value == start[:, spot.column].sum():
        return f"{value:g} = {parts}: the whole sum"
    return f"{value:g}: part of {parts}"
