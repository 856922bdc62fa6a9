"""The ranks of a run: none but this process, or n−1 more that torchrun starts.

This process is rank 0, whatever their number: it holds the run's lease, reads the text, writes rows
and checkpoints, and takes requests. Between two steps it tells the others what all do next, with
the knobs as they are; so a pause is a word that does not come, and a stop is the last one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import partial
from typing import Any

import torch

from lessons.blocks.precision import choose
from lessons.blocks.team import Team, lead
from lessons.blocks.torchrun import RankEnded
from lessons.gpt2.build import elsewhere, shape_of
from lessons.gpt2.model import GPT2
from lessons.gpt2.update import Update, sample
from zhtui.lab import LabError, Run

MODULE = "lessons.gpt2.rank"


def check(run: Run) -> None:
    """Raises `LabError` where so many ranks cannot share a step."""
    c, cards = run.config, torch.cuda.device_count()
    if c.batch_size * c.accumulation < c.ranks:
        raise LabError(f"{c.ranks} ranks share {c.batch_size * c.accumulation} texts a step; "
                       "give fewer ranks, or more texts with batch_size")  # fmt: skip
    if c.mistake == "undivided":
        raise LabError("mistake=undivided is shown in one process; leave ranks out")
    if c.optimizer == "muon" and c.sharding == "fsdp":
        raise LabError("Muon needs whole matrices; choose sharding=ddp, or optimizer=adamw")
    if run.device == "cpu":
        return
    if run.device not in ("cuda", "cuda:0") or cards < c.ranks:
        raise LabError(f"{c.ranks} ranks need as many GPUs, and {cards} are here; "
                       "give fewer, or --device cpu")  # fmt: skip


@contextmanager
def shared(run: Run, gpt: GPT2) -> Iterator[Update]:
    """The update of a run, of one process or of n; it is kept, and begins where the run stands.

    Raises `LabError` where a rank ends.
    """
    if run.config.ranks > 1:
        check(run)
    config = replace(run.config, precision=precision_of(run, gpt))
    if config.ranks < 2:
        with begun(run, config, gpt, Team(device=run.device)) as update:
            yield update
        return
    asked = {"config": asdict(config), "model": asdict(gpt.size)}
    try:
        with (
            lead(MODULE, asked, config.ranks, run.device) as team,
            begun(run, config, gpt, team) as update,
        ):
            yield update
    except RankEnded as error:
        raise LabError(
            f"{error}; its last checkpoint stands: resume the run, with as many ranks or others"
        ) from error


def precision_of(run: Run, gpt: GPT2) -> str:
    """What `auto` stands for: bfloat16 where a step is quicker in it, and the same on a resume."""
    c, size = run.config, gpt.size
    if c.precision == "auto" and not run.once(shape_of).chooses:
        return "fp32"
    step = f"{c.batch_size} x {c.block_size} of {size.vocab}"
    trial = partial(gpt.loss, *sample(gpt, c, run.device))
    shape = f"gpt2 {size.n_layer} x {size.n_embd}, {step}"
    found = choose(c.precision, run.device, run.measured, shape, trial)
    gpt.zero_grad(set_to_none=True)
    return found


@contextmanager
def begun(run: Run, config: Any, gpt: GPT2, team: Team) -> Iterator[Update]:
    """An update with what the run keeps, shared by a team."""
    update = Update(gpt, config, team)
    run.keep(**update.kept)
    if config.compile and (problem := update.compile_loss(config)):
        run.say(f"torch.compile does not work here ({problem}); training goes on without it.")
    update.share(config)
    run.once(elsewhere).append(update.bring)
    if team.size > 1:
        run.say(f"{team.size} ranks share each step ({config.sharding})")
    try:
        yield update
        update.finish()
    finally:
        run.once(elsewhere).clear()
