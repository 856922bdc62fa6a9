"""A step's loss and gradient, shared by torch's own parts: DDP, FSDP2, tensor and pipeline.

    ddp      every rank has all weights and its own rows; gradients are averaged
    fsdp     every rank has a part of each weight, and gathers a layer when it is its turn
    tp       every rank has a part of each pair of layers, and all rows
    pp       every rank has some of the layers, and the rows come in micro-batches
    ddp+tp   a mesh of both

Leaves out: overlap, which is what makes these quick, and mixed precision.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from lessons.parallel.net import loss_of, net

if TYPE_CHECKING:  # each way loads what it needs: together they take three seconds
    from torch.distributed.device_mesh import DeviceMesh
    from torch.distributed.pipelining import Schedule1F1B


def tensor_parallel(model: nn.Sequential, mesh: DeviceMesh) -> None:
    """The first of each pair by rows, the second by columns: one all-reduce a pair."""
    from torch.distributed.tensor.parallel import (
        ColwiseParallel,
        RowwiseParallel,
        parallelize_module,
    )

    for pair in model:
        parallelize_module(pair, mesh, {"up": ColwiseParallel(), "down": RowwiseParallel()})


@dataclass
class Shared:
    """A net whose work is shared, and how."""

    asked: Mapping[str, Any]
    model: nn.Module  # what is called
    plain: nn.Sequential  # the same parameters, under the run's names
    rows: int  # ranks that share the rows
    row: int  # which of them this one is
    loss: float | None = None  # of this rank's own rows, in the step before

    def take(self, weights: Mapping[str, Tensor]) -> None:
        """The run's weights, each rank its part of them."""
        with torch.no_grad():
            for name, parameter in self.plain.named_parameters():
                whole = weights[name].to(self.asked["device"])
                parameter.copy_(like(parameter, whole))
        self.model.zero_grad(set_to_none=True)

    def step(self, x: Tensor, wanted: Tensor, kept: Tensor | None) -> tuple[float, float]:
        """The loss over all rows, and the norm of the gradient of all weights.

        `kept` (L, B, C) is what dropout leaves of each pair's output.
        """
        mine = slice(self.row * len(x) // self.rows, (self.row + 1) * len(x) // self.rows)
        total = torch.zeros((), device=self.asked["device"])
        for part, last in self.micro_batches(mine):
            self.drop(kept, part)
            sync = last or not isinstance(self.model, DistributedDataParallel)
            inputs, targets = (each[part].to(total.device) for each in (x, wanted))
            if sync:
                loss = self.forward(inputs, targets)
            else:
                with self.model.no_sync():  # type: ignore[operator]
                    loss = self.forward(inputs, targets)
            total += loss
        self.loss = total.item() / int(self.asked["micro"])
        dist.all_reduce(total)
        mean = total.item() / dist.get_world_size() / int(self.asked["micro"])
        return mean, self.norm()

    def drop(self, kept: Tensor | None, part: slice) -> None:
        """Dropout for some rows: whoever shares a layer must leave out the same of it."""
        if kept is None:
            return
        if self.asked["mistake"] == "dropout":  # each rank has dice of its own
            kept = kept.roll(dist.get_rank(), -1)
        for pair, mine in zip(self.plain, kept, strict=True):
            pair.kept = mine[part].to(self.asked["device"])

    def forward(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """Forward and backward of a micro-batch; its gradient is added to what is there."""
        loss = loss_of(self.model(inputs), targets)
        divided = int(self.asked["micro"]) if self.asked["mistake"] == "divided" else 1
        torch.autograd.backward(loss / int(self.asked["micro"]) / divided)
        return loss.detach()

    def micro_batches(self, mine: slice) -> Iterator[tuple[slice, bool]]:
        """The rank's rows in equal parts, and which is the last."""
        m = int(self.asked["micro"])
        size = (mine.stop - mine.start) // m
        for i in range(m):
            if self.asked["mistake"] == "last-only":
                self.model.zero_grad(set_to_none=True)
            begin = mine.start + i * size
            yield slice(begin, begin + size), i == m - 1

    def own(self) -> dict[str, Any]:
        """What this rank has of a step: its rows' loss, its part's norm and bytes."""
        squares, weights, gradients = 0.0, 0, 0
        for parameter in self.model.parameters():
            assert parameter.grad is not None, "every weight has a gradient after a step"
            grad = local(parameter.grad)
            squares += float(grad.square().sum())
            weights, gradients = weights + local(parameter).nbytes, gradients + grad.nbytes
        return {"mine": self.loss, "part": squares**0.5, "weights": weights, "grads": gradients}

    def norm(self) -> float:
        """The norm of the whole gradient: parts are squared and added over those who hold them."""
        squares = torch.zeros((), device=self.asked["device"])
        for parameter in self.plain.parameters():
            grad = parameter.grad
            assert grad is not None, "every weight has a gradient after a step"
            whole: Tensor = grad.full_tensor() if hasattr(grad, "full_tensor") else grad
            squares += whole.square().sum()
        if self.asked["mistake"] == "norm-twice":
            dist.all_reduce(squares)
        return float(squares.sqrt())


class Staged(Shared):
    """A pipeline: this rank has some of the layers, and micro-batches pass through."""

    def step(self, x: Tensor, wanted: Tensor, kept: Tensor | None) -> tuple[float, float]:
        schedule: Schedule1F1B = self.asked["schedule"]
        rank, last, losses = dist.get_rank(), dist.get_world_size() - 1, list[Tensor]()
        x, wanted = x.to(self.asked["device"]), wanted.to(self.asked["device"])
        if rank == 0:
            schedule.step(x, target=wanted if rank == last else None, losses=losses)
        else:
            schedule.step(target=wanted if rank == last else None, losses=losses)
        total = torch.stack(losses).mean() if losses else torch.zeros((), device=x.device)
        self.loss = float(total) if losses else None  # the last stage alone sees it
        dist.all_reduce(total)  # only the last stage has any
        squares = torch.zeros((), device=x.device)
        for parameter in self.plain.parameters():
            if parameter.grad is not None:
                squares += parameter.grad.square().sum()
        dist.all_reduce(squares)
        return float(total), float(squares.sqrt())


def local(tensor: Tensor) -> Tensor:
    """The part of a tensor that this rank holds; all of it where it is not in parts."""
    part: Tensor = tensor.to_local() if hasattr(tensor, "to_local") else tensor
    return part


def like(parameter: Any, whole: Tensor) -> Tensor:
    """A whole tensor, in parts as a parameter is."""
    if not hasattr(parameter, "placements"):
        return whole
    from torch.distributed.tensor import distribute_tensor

    cut: Tensor = distribute_tensor(whole, parameter.device_mesh, parameter.placements)
    return cut


def shared_by(asked: dict[str, Any]) -> Shared:
    """The net, shared as it is asked for."""
    way, n, rank, device = asked["way"], dist.get_world_size(), dist.get_rank(), asked["device"]
    plain = net(int(asked["width"]), int(asked["layers"])).to(device)
    if way == "ddp":
        return Shared(asked, DistributedDataParallel(plain), plain, n, rank)
    if way == "pp":
        return staged(asked, plain, n, rank)
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard

    if way == "fsdp":
        for part in (*plain, plain):
            fully_shard(part, mesh=init_device_mesh(device, (n,)))
        return Shared(asked, plain, plain, n, rank)
    if way == "tp":
        tensor_parallel(plain, init_device_mesh(device, (n,)))
        return Shared(asked, plain, plain, 1, 0)
    mesh = init_device_mesh(device, (n // 2, 2), mesh_dim_names=("rows", "parts"))
    tensor_parallel(plain, mesh["parts"])
    for pair in plain:
        fully_shard(pair, mesh=mesh["rows"])
    fully_shard(plain, mesh=mesh["rows"])
    return Shared(asked, plain, plain, n // 2, rank // 2)


def staged(asked: dict[str, Any], plain: nn.Sequential, n: int, rank: int) -> Shared:
    """This rank's layers as a stage of a pipeline; the others' are dropped."""
    from torch.distributed.pipelining import PipelineStage, Schedule1F1B

    each = len(plain) // n
    mine = plain[rank * each : (rank + 1) * each]
    stage = PipelineStage(mine, rank, n, torch.device(asked["device"]))
    schedule = Schedule1F1B(stage, int(asked["micro"]) * n, loss_fn=loss_of)
    return Staged({**asked, "schedule": schedule}, mine, plain, 1, 0)
