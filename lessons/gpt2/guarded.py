"""An update as a run makes it: under the alarm and the clock, and a sentence where memory ends.

Leaves out: the alarm for several ranks, which would all have to go back.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from lessons.gpt2.alarm import Alarm
from lessons.gpt2.batches import Source
from lessons.gpt2.clock import Clock
from lessons.gpt2.memory import largest, too_large
from lessons.gpt2.update import Update
from zhtui.lab import LabError, Run

Row = dict[str, Any]


def stepper(
    run: Run, update: Update, source: Source, texts: int
) -> tuple[Callable[[int], Row], Clock]:
    """What makes one step, guarded by the alarm and timed by the clock where they are asked for.

    Both are part of the run's checkpoints. Raises `LabError` where the alarm has several ranks.
    """
    c, parts = run.config, {"model": update.gpt, **update.kept}
    alarm, clock = Alarm(c.alarm, parts), Clock(c.minutes, c.steps)
    if c.alarm and update.team.size > 1:
        raise LabError("The alarm takes one process back, not several; choose alarm=0, or ranks=0.")
    run.keep(**({"alarm": alarm} if c.alarm else {}), **({"clock": clock} if c.minutes else {}))

    def once(step: int) -> Row:
        return fitting(run.config, update, clock.place(step), source.batch(texts))  # (B, T + 1)

    def stepped(step: int) -> Row:
        with clock.running():
            row = alarm.guard(lambda: once(step), run.say) if c.alarm else once(step)
            if c.minutes:
                row["loss"] = float(row["loss"])  # waits for the GPU, so that its time counts
        return row

    return stepped, clock


def fitting(config: Any, update: Update, place: int, batch: Tensor) -> Row:
    """An update by a batch (B, T + 1) at a place of the schedule.

    Raises `LabError` with the largest micro-batch that fits where this one does not.
    """
    try:
        return update.step(config, place, batch)
    except torch.OutOfMemoryError:
        if update.team.size > 1:
            raise
    # Here, and not in the clause above: its error would hold what the failed step had in memory.
    gc.collect()
    size, new = config.batch_size, not any(each.state for each in update.kept.values())
    found = largest(update.gpt, update.model, batch, size, averages=new)
    raise too_large(size, config.accumulation, found)
