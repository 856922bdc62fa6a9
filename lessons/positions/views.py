"""What is shown while it trains: the loss of each position up to 2T, how far heads look."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from lessons.positions.build import model, text_of
from lessons.positions.generate import generate
from lessons.positions.model import Block, sinusoid, turn_halves, turn_neighbours
from zhtui.lab import Bars, Curves, Heatmap, Run, Sampling, Text

SAMPLE = Sampling(tokens=30, temperature=0.8)
CHECKED = 128  # stretches of 2T characters of the validation text, the same every time


@torch.no_grad()
def by_position(run: Run) -> Tensor:
    """Mean loss of each position of stretches twice as long as those of training: (2T,)."""
    length, val = 2 * run.config.block_size, run.once(text_of).val
    starts = torch.linspace(0, len(val) - length - 1, CHECKED).long()
    batch = val[starts[:, None] + torch.arange(length + 1)].to(run.device)  # (CHECKED, 2T + 1)
    return model(run).losses(batch[:, :-1], batch[:, 1:]).mean(0)


@torch.no_grad()
def reach(run: Run) -> Tensor:
    """How far back each head of the first block looks, in positions on average: (H,)."""
    small, T = model(run), run.config.block_size
    ids = run.once(text_of).val[:T].to(run.device)
    first = small.blocks[0]
    assert isinstance(first, Block)
    q, k, _ = first.split(small.embed(ids[None]))  # (1, H, T, D)
    bias = small.kind.bias(small.H, T).to(q)
    weights = (q @ k.mT * q.size(-1) ** -0.5 + bias).softmax(-1)[0]  # (H, T, T)
    place = torch.arange(T, device=q.device)
    far: Tensor = (weights * (place[:, None] - place).clamp(min=0)).sum(-1).mean(-1)
    return far


def shifted() -> dict[str, float]:
    """How far products move when all positions are shifted by 1,000, in double: 0 by theory."""
    dice = torch.Generator().manual_seed(0)
    q, k = torch.randn(2, 32, 64, dtype=torch.double, generator=dice)  # (T, D) each
    at, moved = torch.arange(32), {}
    for name, turn in (("rope_shift", turn_neighbours), ("rope_half_shift", turn_halves)):
        near, far = (turn(q, where) @ turn(k, where).T for where in (at, at + 1000))  # (T, T)
        moved[name] = (near - far).abs().max().item()
    PE = sinusoid(1032, 64)
    products = (PE[5:] * PE[:-5]).sum(1)  # PE(p + 5) · PE(p) for every p
    return moved | {"sinusoid_shift": (products - products[0]).abs().max().item()}


def watch(run: Run, losses: Tensor) -> None:
    """Shows the losses (2T,) and what else changed."""
    T, small = run.config.block_size, model(run)
    x = np.arange(2 * T, dtype=float)
    note = "mean NLL at each position; the model was never trained on those after the mark"
    lines = {run.config.kind: (x, losses.cpu().numpy().round(4))}
    curves = Curves(lines, marks=[(float(T), "T")], x_name="position", note=note)
    run.show("loss by position", curves)
    far = reach(run).tolist()
    run.show("reach", Bars([f"head {h + 1}" for h in range(len(far))], far, note="positions back"))
    if small.table is not None:
        table = small.table.detach().cpu().numpy().round(3)
        run.show("table", Heatmap(table, signed=True, note="row = position, 2T of them"))
    written = "".join(token.text for token in generate(run, "", SAMPLE))
    run.show("sample", Text(written, note=f"temperature {SAMPLE.temperature}"))
