"""What a GPT is asked while it trains, and what is measured: its loss, and the time of a step.

B texts a batch, T positions, n stretches of T + 1 tokens in the text.

Leaves out: how many bytes a token holds (`lessons/blocks/text.py`), the tables (`views.py`).
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from lessons.blocks.precision import autocast
from lessons.gpt.config import Config
from lessons.gpt.model import GPT
from zhtui.lab import Run

UNASKED = -100  # a target that cross-entropy leaves out
AT_ONCE = 64  # stretches of the whole text
ROUNDS = 5  # times that a step is timed in each form


@torch.no_grad()
def evaluate(run: Run, model: GPT, windows: Tensor, precision: str) -> Tensor:
    """Mean loss without dropout, over random stretches that are the same at every evaluation."""
    dice = torch.Generator().manual_seed(run.seed)
    shape = (run.config.eval_batches, run.config.batch_size)
    picks = torch.randint(len(windows), shape, generator=dice).to(run.device)
    model.eval()
    with autocast(precision, run.device):
        losses = [model.loss(x[:, :-1], x[:, 1:]) for x in (windows[pick] for pick in picks)]
    model.train()
    return torch.stack(losses).mean()


def stretches(config: Config, n: int) -> Tensor:
    """Which of n stretches make a batch: (B,), drawn anew, or the same ones at every step."""
    B = config.batch_size
    return torch.arange(B) * (n // B) if config.one_batch else torch.randint(n, (B,))


def asked(targets: Tensor, where: str) -> Tensor:
    """The targets (B, T) that count: all, the last of a stretch alone, or the first alone.

    [[5, 6, 7]], "last" -> [[−100, −100, 7]]
    """
    if where == "all":
        return targets
    only = torch.full_like(targets, UNASKED)
    place = 0 if where == "first" else -1
    only[:, place] = targets[:, place]
    return only


def taught(model: GPT, ids: Tensor, targets: Tensor) -> Tensor:
    """The loss with attention as it is taught: scores, mask, softmax, average, one by one."""
    logits = model.look(ids, lambda _, x: x)  # (B, T, V)
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten())


def timed(run: Run, model: GPT, batch: Tensor, precision: str) -> dict[str, float]:
    """Milliseconds of a forward and a backward pass as taught and as used, in turns; how much
    quicker the latter is. Medians; the gradients go nowhere.
    """
    forms: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
        "ms_taught": lambda ids, targets: taught(model, ids, targets),
        "ms_used": model.loss,
    }
    weights = list(model.parameters())
    took: dict[str, list[float]] = {name: [] for name in forms}
    for _ in range(ROUNDS + 1):
        for name, loss_of in forms.items():
            start = time.perf_counter()
            with autocast(precision, run.device):
                loss = loss_of(batch[:, :-1], batch[:, 1:])
            gradients = torch.autograd.grad(loss, weights)
            gradients[-1].sum().item()  # waits until it is done, on a GPU too
            took[name].append(1e3 * (time.perf_counter() - start))
    found = {name: statistics.median(each[1:]) for name, each in took.items()}
    return found | {"speedup": found["ms_taught"] / found["ms_used"]}


@torch.no_grad()
def whole(run: Run, model: GPT, ids: Tensor, precision: str) -> Tensor:
    """The mean loss over all stretches of T + 1 tokens of a text (n,), end to end: no luck is in
    it, and every token but the first of the text is asked once.
    """
    T = run.config.block_size
    n = (len(ids) - 1) // T
    x, y = (part[: n * T].view(n, T).to(run.device) for part in (ids, ids[1:]))  # (n, T) twice
    total = torch.zeros((), device=run.device)
    model.eval()
    with autocast(precision, run.device):
        for some, after in zip(torch.split(x, AT_ONCE), torch.split(y, AT_ONCE), strict=True):
            total += model.loss(some, after) * len(some)
    model.train()
    mean: Tensor = total / n
    return mean


def more(
    run: Run, model: GPT, batch: Tensor, ids: Tensor, precision: str
) -> dict[str, float | Tensor]:
    """What is measured where a knob asks for it: a step's time, the whole validation text."""
    found: dict[str, float | Tensor] = {}
    if run.config.timed:
        found |= timed(run, model, batch, precision)
    if run.config.whole and run.step + 1 == run.config.steps:
        found["val_whole"] = whole(run, model, ids, precision)
    return found
