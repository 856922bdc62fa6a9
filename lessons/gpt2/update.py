"""One update, which every rank makes alike: in one process, in n with a copy each, or a part each.

    ddp     every rank has all weights and its own texts; gradients are averaged (Li 2020)
    fsdp    every rank has a part of each weight and of AdamW's averages (ZeRO-3, by FSDP2)

What a checkpoint holds is whole, whatever the number of ranks: the model and optimizers as one
process has them. With `fsdp` rank 0 has the whole weights beside its part; they are filled when
somebody looks, and the optimizers' averages only while they are written.

Leaves out: overlap by hand, ranks on several machines, tensor and pipeline parallelism (lesson 16).
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import asdict
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.nn.utils import clip_grad_norm_

from lessons.blocks.compilation import compiled
from lessons.blocks.precision import autocast
from lessons.blocks.team import Team
from lessons.gpt2.accumulation import Quiet, accumulate, accumulate_share
from lessons.gpt2.cut import Cut, spread, whole
from lessons.gpt2.model import GPT2
from lessons.gpt2.optimizers import optimizers, set_rates


def rounded(precision: str, device: str) -> torch.autocast:
    """The context of matrix products; TF32 is a switch of the GPU beside it."""
    tf32 = precision == "tf32"
    if device != "cpu":
        torch.set_float32_matmul_precision("high" if tf32 else "highest")
    return autocast("fp32" if tf32 else precision, device)


def sample(gpt: GPT2, config: Any, device: str) -> tuple[Tensor, Tensor]:
    """A micro-batch of any tokens, to try a step on: (B, T) twice, lying as a step's own do."""
    B, T = config.batch_size, config.block_size
    ids = torch.arange(B * (T + 1), device=device).view(B, T + 1) % gpt.size.vocab
    return ids[:, :-1], ids[:, 1:]


class Scored(nn.Module):
    """The loss as a module, in the precision asked for: what is shared is what is called."""

    def __init__(self, gpt: GPT2, precision: str, device: str) -> None:
        super().__init__()
        self.gpt, self.precision, self.device = gpt, precision, device
        self.fast: list[Any] = []  # the compiled loss; in a list, it is no part of the module

    def compile_loss(self, ids: Tensor, targets: Tensor) -> str | None:
        """Compiles it for (B, T) such as these where that works; returns why not."""
        inside = rounded(self.precision, self.device)
        loss, problem = compiled(self.gpt.loss, ids, targets, model=self.gpt, inside=inside)
        self.fast = [] if problem else [loss]
        return problem

    def forward(self, ids: Tensor, targets: Tensor) -> Tensor:
        with rounded(self.precision, self.device):
            loss: Tensor = (self.fast[0] if self.fast else self.gpt.loss)(ids, targets)
        return loss


class Update:
    """A GPT-2 and its optimizers, as one process has them; `share` gives every rank its part."""

    def __init__(self, gpt: GPT2, config: Any, team: Team) -> None:
        self.gpt, self.team, self.kept = gpt, team, optimizers(gpt, config)
        self.scored = Scored(gpt, config.precision, team.device)
        self.model: nn.Module = self.scored
        self.working = self.kept
        self.quiet: Quiet = nullcontext
        self.cut: Cut | None = None

    def compile_loss(self, config: Any) -> str | None:
        """Compiles what is trained, where that works; returns why not.

        With `fsdp` another copy is trained, whose blocks fetch their weights as they are called.
        """
        if self.team.size > 1 and config.sharding == "fsdp":
            return "not with sharding=fsdp; ddp is compiled"
        return self.scored.compile_loss(*sample(self.gpt, config, self.team.device))

    def share(self, config: Any) -> None:
        """Every rank begins where rank 0 stands; from here on, `step` is one of all ranks."""
        if self.team.size == 1:
            return
        for weight in self.gpt.parameters():
            self.team.first(weight.data)
        for optimizer in self.kept.values():
            spread(self.team, optimizer)
        if config.sharding == "fsdp":
            own = Scored(copy.deepcopy(self.gpt), config.precision, self.team.device)
            self.cut = Cut(own, self.gpt, self.kept, optimizers, config, self.team)
            self.model, self.working = own, self.cut.optimizers
        else:
            places = None if self.team.device == "cpu" else [self.team.rank]
            model = DistributedDataParallel(self.scored, device_ids=places)
            self.model, self.quiet = model, model.no_sync
        self.team.wait()

    def step(self, config: Any, step: int, batch: Tensor) -> dict[str, Any]:
        """One update by a batch (B, T + 1); its loss, rate, and length of gradient."""
        team = self.team
        team.tell({"do": "step", "step": step, "config": asdict(config)})
        batch = team.first(batch)
        lr = set_rates(self.working, step, config)
        self.model.zero_grad(set_to_none=True)
        total = team.mean(self._gradient(config, batch))
        longest = config.grad_clip or float("inf")
        grad_norm = whole(clip_grad_norm_(self.model.parameters(), longest))
        for optimizer in self.working.values():
            optimizer.step()
        if self.cut is not None:
            self.cut.fresh = False
        return {"loss": total, "lr": lr, "grad_norm": grad_norm}

    def obey(self, word: Mapping[str, Any], config: Any) -> None:
        """What a rank that is not the first does at a word."""
        if word["do"] == "step":
            shape = (config.batch_size * config.accumulation, config.block_size + 1)
            batch = torch.empty(shape, dtype=torch.long, device=self.team.device)
            self.step(config, int(word["step"]), batch)
        elif self.cut is not None:
            self.cut.obey(str(word["do"]))

    def bring(self) -> None:
        """Rank 0: makes the model that others look at the one that has been trained."""
        if self.cut is not None:
            self.cut.bring()

    def finish(self) -> None:
        """Rank 0, at the end: all is whole again, and stays so."""
        if self.cut is not None:
            self.cut.finish()
            self.cut = None

    def _gradient(self, config: Any, batch: Tensor) -> Tensor:
        """Adds the gradient of this rank's texts; their part of the mean loss."""
        team, divided = self.team, config.mistake != "undivided"
        if team.size == 1:
            return accumulate(self.model, batch, config.accumulation, divided)
        texts = len(batch)
        k = -(-texts // (team.size * config.batch_size))  # as many parts on every rank
        k = min(k, texts // team.size)
        return accumulate_share(self.model, team.mine(batch), k, texts / team.size, self.quiet)
