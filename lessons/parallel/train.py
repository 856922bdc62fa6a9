"""Each step is computed whole here, and shared by n processes; both must agree.

Leaves out: what is gained, which is time on machines that have one device a rank.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from lessons.parallel.launch import started
from lessons.parallel.net import loss_of, masks, net, rows
from lessons.parallel.views import watch, watch_memory
from zhtui.lab import LabError, Run


def check(run: Run) -> None:
    """Raises `LabError` where the knobs do not go together."""
    c = run.config
    share = c.ranks if c.way in ("ddp", "fsdp") else max(c.ranks // 2, 1)
    if c.batch % (c.ranks * c.micro) or c.batch % (share * c.micro):
        raise LabError(f"batch={c.batch} is not divided by ranks · micro = {c.ranks * c.micro}")
    if c.way == "pp" and c.layers % c.ranks:
        raise LabError(f"layers={c.layers} are not divided by {c.ranks} stages; choose another")
    if c.way == "pp" and (c.dropout or c.mistake in ("last-only", "divided", "norm-twice")):
        raise LabError("a pipeline here has no dropout and adds up by itself; choose way=ddp")
    if c.micro == 1 and c.mistake in ("last-only", "divided"):
        raise LabError(f"mistake={c.mistake} is of several micro-batches; choose micro=2")
    if c.mistake == "dropout" and (not c.dropout or c.way not in ("tp", "ddp+tp")):
        raise LabError("mistake=dropout is of a layer that is shared; set dropout=0.5 and way=tp")
    if c.way == "ddp+tp" and c.ranks % 2:
        raise LabError("ddp+tp takes an even number of ranks; choose ranks=2 or 4")


def place(run: Run) -> str:
    """The kind of device that the ranks compute on: each needs one of its own, so else the CPU."""
    kind, n = run.device.split(":")[0], run.config.ranks
    if kind == "mps":
        run.say("torch shares no step on an Apple GPU: the ranks compute on the CPU")
        return "cpu"
    if kind == "cuda" and (count := torch.cuda.device_count()) < n:
        here = f"{count} {'is' if count == 1 else 'are'} here"
        run.say(f"{n} ranks need as many GPUs, and {here}: they compute on the CPU")
        return "cpu"
    return kind


def train(run: Run) -> Iterator[dict[str, Any]]:
    check(run)
    c = run.config
    model = net(c.width, c.layers)
    optimizer = torch.optim.SGD(model.parameters(), lr=c.lr)
    run.keep(model=model, optimizer=optimizer)
    asked = {
        "way": c.way, "width": c.width, "layers": c.layers, "micro": c.micro,
        "mistake": c.mistake, "device": place(run), "step": run.step,
        "memory": c.memory and run.step == 0,
    }  # fmt: skip
    run.work("row", c.batch)

    with started(asked, c.ranks) as ranks:
        held = ranks.held() if asked["memory"] else []
        for step in run.steps():
            optimizer.param_groups[0]["lr"] = run.config.lr
            x, wanted = rows(c.batch, c.width, torch.default_generator)  # (B, C) each
            told = {"x": x, "wanted": wanted}
            if c.dropout:
                told["kept"] = masks(c.layers, c.batch, c.width, c.dropout, torch.default_generator)
                for pair, kept in zip(model, told["kept"], strict=True):
                    pair.kept = kept
            each = ranks.answer(dict(model.named_parameters()), told)
            shared = each[0]
            loss = loss_of(model(x), wanted)
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            norm = torch.nn.utils.get_total_norm([p.grad for p in model.parameters()])  # type: ignore
            optimizer.step()
            row = {"loss": loss.item(), "norm": norm.item()}
            row |= {"loss_gap": gap(shared["loss"], row["loss"])}
            row |= {"norm_gap": gap(shared["norm"], row["norm"])}
            if step + 1 == c.steps or step % max(1, c.steps // 5) == 0:
                watch(run, row, each)
            if held:
                row["held_gap"], held = watch_memory(run, held), []
            yield row


def gap(shared: float, whole: float) -> float:
    """How far apart, relative to the whole: rounded to where float32 ends."""
    found = abs(shared - whole) / max(abs(whole), 1e-12)
    return found if found > 1e-5 else round(found, 6)
