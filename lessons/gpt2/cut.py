"""Weights and optimizers in parts, one a rank (FSDP2), and whole again where somebody looks.

    cut = Cut(own, gpt, kept, make, config, team)    # own is trained; gpt and kept are whole
    cut.bring()                                      # rank 0: gpt has the trained weights

On rank 0 the whole model stays beside its part; its checkpoint, and that of the whole optimizers,
ask the other ranks for theirs. So a run that had n ranks goes on with any number.

Leaves out: checkpoints in parts (`torch.distributed.checkpoint`), which no single rank need hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from lessons.blocks.team import Team

Make = Callable[[nn.Module, Any], dict[str, Optimizer]]


class Cut:
    """A model of which every rank has its part of each weight; the first has it whole as well."""

    def __init__(
        self, own: Any, gpt: nn.Module, kept: Mapping[str, Optimizer], make: Make,
        config: Any, team: Team,
    ) -> None:  # fmt: skip
        from torch.distributed.device_mesh import init_device_mesh  # deferred: they take a second
        from torch.distributed.fsdp import fully_shard

        self.own = own
        self.team, self.fresh = team, False
        mesh = init_device_mesh(team.device.split(":")[0], (team.size,))
        for part in (*own.gpt.blocks, own):
            fully_shard(part, mesh=mesh)
        self.optimizers = make(own.gpt, config)
        for name, optimizer in kept.items():
            slice_states(optimizer, self.optimizers[name])
        first = team.rank == 0
        self.gpt: nn.Module = gpt if first else own.gpt
        self.kept: Mapping[str, Optimizer] = kept if first else self.optimizers
        self.hooks = self._hooked() if first else []

    def _hooked(self) -> list[Any]:
        """A checkpoint asks for states: then parts come together."""
        gpt: Any = self.gpt
        before = gpt.register_state_dict_pre_hook(lambda *_: self.bring())
        return [before, *(o.register_state_dict_post_hook(self._state) for o in self.kept.values())]

    def _state(self, kept: Optimizer, _: Any) -> dict[str, Any]:
        """The whole state of an optimizer, in place of its own, which is empty."""
        name = next(name for name, each in self.kept.items() if each is kept)
        self.team.tell({"do": name})
        return whole_state(self.optimizers[name])

    def obey(self, what: str) -> None:
        """The other ranks: their part of what the first asks for."""
        if what == "weights":
            self._gather()
        else:
            whole_state(self.optimizers[what])

    def bring(self) -> None:
        """Rank 0: fills the whole model, unless it is as new as the parts."""
        if not self.fresh:
            self.team.tell({"do": "weights"})
            self._gather()

    @torch.no_grad()
    def _gather(self) -> None:
        for there, part in zip(self.gpt.parameters(), self.own.gpt.parameters(), strict=True):
            full = whole(part)
            if self.team.rank == 0:
                there.copy_(full)
        self.fresh = True

    def finish(self) -> None:
        """Rank 0: model and optimizers are whole for good."""
        self.bring()
        states = {name: optimizer.state_dict() for name, optimizer in self.kept.items()}
        for hook in self.hooks:
            hook.remove()
        for name, state in states.items():
            self.kept[name].load_state_dict(state)


def whole(tensor: Tensor) -> Tensor:
    """All parts of a tensor, where it is in parts: every rank must ask."""
    full: Tensor = tensor.full_tensor() if hasattr(tensor, "full_tensor") else tensor
    return full


def whole_state(optimizer: Optimizer) -> dict[str, Any]:
    """An optimizer's state as one process would have it. Every rank must ask."""
    state = optimizer.state_dict()
    held: dict[int, dict[str, Tensor]] = {}
    for i, parts in state["state"].items():
        held[i] = {name: whole(part) for name, part in parts.items()}
    return {**state, "state": held}


def slice_states(source: Optimizer, target: Optimizer) -> None:
    """Gives an optimizer of parts its part of each average, and empties the whole one."""
    from torch.distributed.tensor import DTensor, distribute_tensor  # deferred, as above

    weights = [weight for group in target.param_groups for weight in group["params"]]
    states: dict[int, dict[str, Tensor]] = {}
    for i, held in source.state_dict()["state"].items():
        part = weights[i]
        assert isinstance(part, DTensor), "every weight is in parts"
        mesh, places, states[i] = part.device_mesh, part.placements, {}
        for name, value in held.items():
            alike = value.shape == part.shape
            cut = distribute_tensor(value, mesh, places, src_data_rank=None) if alike else value
            states[i][name] = cut
    target.load_state_dict({**target.state_dict(), "state": states})
    source.state.clear()


def spread(team: Team, optimizer: Optimizer) -> None:
    """Gives every rank the state of rank 0's optimizer."""
    state = optimizer.state_dict()
    held: dict[int, dict[str, Tensor]] = state["state"]
    rows: list[Any] = []
    for i, each in held.items():
        rows += [[i, name, [*v.shape], str(v.dtype), v.device.type] for name, v in each.items()]
    team.tell({"do": "state", "rows": rows})
    if team.rank:
        rows = team.hear()["rows"]
    for i, name, shape, dtype, place in rows:
        if team.rank == 0:
            team.first(held[i][name].to(team.device))
            continue
        kind = getattr(torch, dtype.removeprefix("torch."))
        value = team.first(torch.empty(shape, dtype=kind, device=team.device))
        held.setdefault(i, {})[name] = value.cpu() if place == "cpu" else value
    if team.rank:
        optimizer.load_state_dict({**state, "state": held})
