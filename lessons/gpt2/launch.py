"""The ranks of a run: none but this process, or n−1 more that torchrun starts.

This process is rank 0, whatever their number: it holds the run's lease, reads the text, writes rows
and checkpoints, and takes requests. Between two steps it tells the others what all do next, with
the knobs as they are; so a pause is a word that does not come, and a stop is the last one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

import torch

from lessons.blocks.team import Team, lead
from lessons.blocks.torchrun import RankEnded
from lessons.gpt2.build import elsewhere
from lessons.gpt2.model import GPT2
from lessons.gpt2.update import Update
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
    if run.config.ranks < 2:
        with begun(run, gpt, Team(device=run.device)) as update:
            yield update
        return
    check(run)
    asked = {"config": asdict(run.config), "model": asdict(gpt.size)}
    try:
        with (
            lead(MODULE, asked, run.config.ranks, run.device) as team,
            begun(run, gpt, team) as update,
        ):
            yield update
    except RankEnded as error:
        raise LabError(
            f"{error}; its last checkpoint stands: resume the run, with as many ranks or others"
        ) from error


@contextmanager
def begun(run: Run, gpt: GPT2, team: Team) -> Iterator[Update]:
    """An update with what the run keeps, shared by a team."""
    update = Update(gpt, run.config, team)
    run.keep(**update.kept)
    if run.config.compile and (problem := update.compile_loss(run.config)):
        run.say(f"torch.compile does not work here ({problem}); training goes on without it.")
    update.share(run.config)
    run.once(elsewhere).append(update.bring)
    if team.size > 1:
        run.say(f"{team.size} ranks share each step ({run.config.sharding})")
    try:
        yield update
        update.finish()
    finally:
        run.once(elsewhere).clear()
