"""What the lab's loop costs over the bare generator, at nanoGPT's CPU setting.

Two runs of the same lesson go side by side in one process, a stretch of steps each in turn: one as
`for row in train(run)`, one recorded, with inbox, status and checkpoints. Gate: at most 2 %.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from zhtui.lesson import catalog
from zhtui.lesson.run import Run
from zhtui.work import client, drive
from zhtui.work.record import Recorder

STRETCH = 10  # steps


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stretches", type=int, default=60)
    options = parser.parse_args()
    entry = catalog.one("gpt")
    train = entry.function("train", "train")
    config = entry.card.presets["cpu"]
    bare = train(Run(config))
    with tempfile.TemporaryDirectory() as place:
        folder = client.create(Path(place), entry, preset="cpu", where="cpu")
        recorder = Recorder(folder, entry.card)
        run = Run(config, host=recorder)
        driven = drive.Drive(entry, run, recorder, drive._inbox(folder, None), drive.Asked())
        rows = train(run)
        ratios, own = [], []
        for number in range(options.stretches + 2):
            alone = _bare(bare)
            whole, lab = _driven(rows, driven)
            if number >= 2 and not _evaluates(run.step, config.eval_every):
                ratios.append(whole / alone)
                own.append(lab / (whole - lab))
    print(f"loop over bare generator, {len(ratios)} stretches of {STRETCH} steps, interleaved:")
    print(f"  whole stretches   median ratio {statistics.median(ratios):.4f}")
    print(f"  the lab's own part   median {100 * statistics.median(own):.2f} % of the training")


def _bare(rows) -> float:
    started = time.perf_counter()
    for _ in range(STRETCH):
        next(rows)
    return time.perf_counter() - started


def _driven(rows, driven: drive.Drive) -> tuple[float, float]:
    """Seconds of a stretch, and of what the lab did between the steps."""
    lab, started = 0.0, time.perf_counter()
    for _ in range(STRETCH):
        row = driven._next(rows)
        between = time.perf_counter()
        driven._after(row)
        driven._turn_knobs(driven.run.step + 1)
        lab += time.perf_counter() - between
    return time.perf_counter() - started, lab


def _evaluates(step: int, every: int) -> bool:
    """Whether the stretch that ended at a step held an evaluation; both runs make those alike."""
    return (step + 1) % every < STRETCH


if __name__ == "__main__":
    main()
