"""What makes a GPT-2 quicker, one thing after the other, each measured on this machine.

    for rung in RUNGS:
        found = measure(rung, kept, size, device)     # Measured(ms, …), or why it is not here

A step is forward, backward and update of one batch; the best of several counts, after two that warm
up. What did not help here is left out of the rungs above it.

Letters: B texts, T positions, C channels, V tokens in the vocabulary.

Leaves out: the reading of texts, several GPUs, and FP8.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import cache

import torch
from torch import Tensor

from lessons.blocks.cache import Cache
from lessons.blocks.compilation import compiled
from lessons.blocks.optimization import decay_groups
from lessons.blocks.precision import able, autocast
from lessons.gpt2.model import GPT2, Attention, Size, attend

TRIES, PATIENCE = 7, 2.0  # steps that are timed, and seconds after which no more is
SIZES = {  # batch and shape
    "small": (4, Size(2, 4, 128, 64, 1003)),
    "medium": (4, Size(4, 8, 256, 256, 8003)),
    "124M": (16, Size()),
}


@dataclass(frozen=True)
class Rung:
    """One thing that makes it quicker, and what it made of a step on an A100 (ms), if published."""

    name: str
    what: str
    a100: float | None


# build-nanogpt's lecture: 124M, 16 texts of 1,024 tokens, one A100
RUNGS = (
    Rung("fp32", "every product in 32 bits, attention in four steps", 1000),
    Rung("tf32", "products of 19 bits, sums of 32: a switch of the GPU", 333),
    Rung("bf16", "products of 16 bits with float32's range; weights stay in 32", 300),
    Rung("compile", "torch.compile: what lies between products becomes few kernels", 130),
    Rung("flash", "attention without its matrix of scores in memory", 96),
    Rung("padded", "a vocabulary that is a multiple of 128", 93),
    Rung("fused", "AdamW in one kernel for all weights", 90),
    Rung("muon", "another optimizer: dearer steps, of which fewer are needed", None),
)


class Taught(Attention):
    """Attention as it is written down: scores, mask, softmax, sum, each in memory."""

    def forward(self, x: Tensor, past: Cache | None = None) -> Tensor:
        q, k, v = self.split(x)  # (B, H, T, D) each
        return self.merge(attend(q, k, v))  # (B, T, C)


@dataclass(frozen=True)
class Measured:
    """A step's milliseconds, tokens a second and arithmetic a second; or why there are none."""

    ms: float = 0.0
    tokens: int = 0
    flops: float = 0.0  # of one step, forward and backward
    why: str = ""

    @property
    def rate(self) -> float:
        """Tokens a second: 256 tokens in 10 ms -> 25,600"""
        return self.tokens / self.ms * 1000

    @property
    def speed(self) -> float:
        """FLOP/s of the step."""
        return self.flops / self.ms * 1000


def missing(name: str, device: str, compile: bool) -> str:
    """Why a rung is not to be had here; "" where it is."""
    cuda = device.startswith("cuda")
    if name == "tf32" and not (cuda and torch.cuda.get_device_capability(device) >= (8, 0)):
        return "TF32 needs an NVIDIA GPU from Ampere on"
    if name == "bf16" and not able(device):
        return "this processor does not multiply bfloat16 itself"
    if name == "compile" and not compile:
        return "not tried, it takes up to a minute: compile=true"
    return ""


def padded(size: Size) -> Size:
    return replace(size, vocab=-(-size.vocab // 128) * 128)


@cache
def measure(kept: tuple[str, ...], size: str, device: str, compile: bool) -> Measured:
    """A step with the rungs `kept`, of which the last is the new one; once in a process."""
    if why := missing(kept[-1], device, compile):
        return Measured(why=why)
    B, shape = SIZES[size]
    seconds, why = timed(kept, B, shape, device)
    tokens = B * shape.block_size
    with torch.device("meta"):
        flops = tokens * GPT2(shape).flops_per_token()  # of the unpadded: padding is no work done
    return Measured(1000 * seconds, tokens, flops, why)


def timed(kept: tuple[str, ...], B: int, shape: Size, device: str) -> tuple[float, str]:
    """The quickest of several steps, in seconds; and why not."""
    shape = padded(shape) if "padded" in kept else shape
    with torch.inference_mode(False), torch.enable_grad(), torch.random.fork_rng():
        gpt = GPT2(shape).to(device)
        if "flash" not in kept:
            for block in gpt.blocks:
                block.attention = Taught(shape.n_embd, shape.n_head).to(device)
        ids = torch.randint(shape.vocab - 128, (B, shape.block_size + 1), device=device)
        x, y = ids[:, :-1], ids[:, 1:]  # (B, T) each
        if device.startswith("cuda"):
            torch.set_float32_matmul_precision("high" if "tf32" in kept else "highest")
        rounded = autocast("bf16" if "bf16" in kept else "fp32", device)
        loss, problem = gpt.loss, None
        if "compile" in kept:
            loss, problem = compiled(gpt.loss, x, y, model=gpt, inside=rounded)
        if problem:
            return 0.0, f"torch.compile does not work here ({problem[:60]})"
        steps = optimizers_of(gpt, kept)
        best, began = float("inf"), time.perf_counter()
        for number in range(2 + TRIES):
            start = time.perf_counter()
            with rounded:
                value = loss(x, y)
            torch.autograd.backward(value)
            for optimizer in steps:
                optimizer.step()
                optimizer.zero_grad(set_to_none=True)
            if device.startswith("cuda"):
                torch.cuda.synchronize(device)
            if number > 1:
                best = min(best, time.perf_counter() - start)
            if time.perf_counter() - began > PATIENCE and number > 1:
                break
    return best, ""


def optimizers_of(gpt: GPT2, kept: tuple[str, ...]) -> list[torch.optim.Optimizer]:
    """AdamW, fused or one weight after the other; Muon for the matrices in blocks."""
    groups = decay_groups(gpt, 0.1)
    made: list[torch.optim.Optimizer] = []
    if "muon" in kept:
        matrices = [w for n, w in gpt.named_parameters() if "blocks" in n and w.dim() == 2]
        mine = {id(weight) for weight in matrices}
        groups[0]["params"] = [w for w in groups[0]["params"] if id(w) not in mine]
        made.append(torch.optim.Muon(matrices, lr=0.02, weight_decay=0.0))
    fused = "fused" in kept
    made.append(torch.optim.AdamW(groups, lr=6e-4, fused=fused, foreach=False))
    return made


def kind_of(names: tuple[str, ...]) -> str:
    """What products are rounded to with these rungs. ("fp32", "tf32", "flash") -> "tf32" """
    return next((name for name in ("bf16", "tf32") if name in names), "fp32")


@cache
def peak(device: str, kind: str) -> float:
    """FLOP/s of a large matrix product in "fp32", "tf32" or "bf16" here, the most that a step could
    reach: measured.
    """
    n = 4096 if device.startswith("cuda") else 768
    dtype = torch.bfloat16 if kind == "bf16" else torch.float32
    if device.startswith("cuda"):
        torch.set_float32_matmul_precision("high" if kind == "tf32" else "highest")
    with torch.inference_mode(False), torch.no_grad():
        a = torch.ones(n, n, dtype=dtype, device=device)
        best = float("inf")
        for _ in range(6):
            start = time.perf_counter()
            a @ a
            if device.startswith("cuda"):
                torch.cuda.synchronize(device)
            best = min(best, time.perf_counter() - start)
    return float(2 * n**3 / best)
