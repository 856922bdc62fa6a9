"""What a rank really holds with ZeRO's stages, by torch's own parts, counted in bytes.

    0   DistributedDataParallel and Adam
    1   the same, and ZeroRedundancyOptimizer: each rank has the averages of some weights, of whole
        tensors: of eight equal ones three ranks have 3, 3 and 2, which the formula does not know
    2   fully_shard(reshard_after_forward=False): weights stay whole from forward to backward
    3   fully_shard: each layer's weights are whole only while it computes

All in float32: a weight has 4 bytes, its gradient 4, Adam's two averages 8. Weights are counted
after the forward pass, gradients after the backward pass, averages after the update. Beside the
whole weights FSDP2 keeps its part of them, which in mixed precision are Adam's float32 weights; in
stage 2 it is not counted twice.

Leaves out: activations, buffers of messages, what an allocator keeps.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.optim import ZeroRedundancyOptimizer
from torch.nn.parallel import DistributedDataParallel
from torch.optim import Adam, Optimizer

from lessons.parallel.net import loss_of, net, rows
from lessons.parallel.step import local

STAGES = range(4)


def measure(asked: dict[str, Any]) -> list[dict[str, int]]:
    """Bytes of weights, gradients and averages on this rank, by stage."""
    return [one(stage, int(asked["width"]), int(asked["layers"]), asked["device"]) for stage in
            STAGES]  # fmt: skip


def one(stage: int, C: int, layers: int, device: str) -> dict[str, int]:
    """The same of a stage, after a step over as many rows as there are ranks."""
    torch.manual_seed(1)
    plain = net(C, layers).to(device)
    model, optimizer = shared(stage, plain)
    x, wanted = (
        each.to(device) for each in rows(dist.get_world_size(), C, torch.default_generator)
    )
    loss = loss_of(model(x), wanted)
    weights = held(list(plain.parameters()))
    torch.autograd.backward(loss)
    gradients = held([weight.grad for weight in plain.parameters() if weight.grad is not None])
    optimizer.step()
    inner: Optimizer = getattr(optimizer, "optim", optimizer)  # ZeRO-1 wraps one of its own weights
    states = [value for each in inner.state.values() for value in each.values()]
    return {"weights": weights, "gradients": gradients, "optimizer": held(states)}


def shared(stage: int, plain: nn.Sequential) -> tuple[nn.Module, Optimizer]:
    """The net and its Adam, shared by all ranks."""
    if stage < 2:
        model = DistributedDataParallel(plain, gradient_as_bucket_view=True)
        if stage == 0:
            return model, Adam(plain.parameters())
        return model, ZeroRedundancyOptimizer(plain.parameters(), optimizer_class=Adam)
    mesh = init_device_mesh(next(plain.parameters()).device.type, (dist.get_world_size(),))
    for part in (*plain, plain):
        fully_shard(part, mesh=mesh, reshard_after_forward=stage == 3)
    return plain, Adam(plain.parameters())


def held(tensors: list[Tensor]) -> int:
    """Bytes that this rank holds of them."""
    return sum(local(tensor).nbytes for tensor in tensors)
