"""A step of GPT-2: what it is compiled and rounded as, and what it counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from typing import Any

import pytest
import torch

from lessons.blocks.team import Team
from lessons.gpt.config import PRESETS as OF_GPT
from lessons.gpt.train import train as train_gpt
from lessons.gpt2.build import model
from lessons.gpt2.config import PRESETS
from lessons.gpt2.train import train
from lessons.gpt2.update import Update
from zhtui.lab import Run, find_data

TINY = replace(PRESETS["tiny"], data="python", tokenizer="characters", precision="fp32")


@pytest.fixture
def graphs(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What torch.compile was given to compile: each graph once, whatever it makes of it."""
    made: list[Any] = []
    real = torch.compile

    def backend(graph: Any, inputs: Any) -> Callable[..., Any]:
        made.append(graph)
        return graph.forward  # type: ignore[no-any-return]

    monkeypatch.setattr(torch, "compile", lambda function: real(function, backend=backend))
    torch._dynamo.reset()
    return made


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("lesson", ["gpt2", "gpt"])
def test_what_is_tried_is_what_trains(graphs: list[Any], lesson: str, precision: str) -> None:
    """Of another batch, or outside of autocast, a graph would be compiled for nothing."""
    if lesson == "gpt2":
        run, rows = Run(replace(TINY, compile=True, precision=precision)), train
    else:
        config = replace(OF_GPT["tiny"], data=str(find_data("given")), compile=True)
        run, rows = Run(replace(config, precision=precision, baselines=False)), train_gpt
    steps = islice(rows(run), 2)
    next(steps)
    assert len(graphs) == 1
    next(steps)
    assert len(graphs) == 1


def test_parts_are_not_compiled_and_it_is_said(graphs: list[Any]) -> None:
    """What was compiled would not be what is trained, and would keep its gradients."""
    config = replace(TINY, compile=True, ranks=2, sharding="fsdp")
    update = Update(model(Run(config)), config, Team(size=2))
    assert "sharding=fsdp" in str(update.compile_loss(config))
    assert not graphs
    assert not update.scored.fast
    assert update.compile_loss(replace(config, sharding="ddp")) is None
    assert len(graphs) == 1
    assert all(weight.grad is None for weight in update.gpt.parameters())
