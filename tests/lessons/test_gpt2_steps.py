"""A step of GPT-2: what it is compiled and rounded as, and what it counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch

from lessons.blocks import precision
from lessons.blocks.team import Team
from lessons.gpt.config import PRESETS as OF_GPT
from lessons.gpt.train import train as train_gpt
from lessons.gpt2 import kinds, launch, weights
from lessons.gpt2.build import Shape, model, shape_of
from lessons.gpt2.config import PRESETS
from lessons.gpt2.model import GPT2, Size
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


def seen(run: Run, monkeypatch: pytest.MonkeyPatch) -> list[torch.dtype]:
    """The precisions in which a run multiplies, in the order in which each is first used."""
    found: list[torch.dtype] = []

    def looked(_: Any, inputs: Any, y: torch.Tensor) -> None:
        if y.dtype not in found:
            found.append(y.dtype)

    monkeypatch.setattr("lessons.gpt2.train.watch", lambda run: None)  # it looks in float32
    model(run).head.register_forward_hook(looked)
    for row in train(run):
        assert torch.isfinite(torch.as_tensor(row["loss"]))
    return found


@pytest.mark.parametrize(("gain", "dtype"), [(3.0, torch.bfloat16), (1.0, torch.float32)])
def test_auto_is_the_quicker_precision_of_training_and_evaluation(
    gain: float, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "able", lambda device: True)
    run, asked = Run(replace(TINY, precision="auto", steps=2, eval_every=2)), list[str]()

    def measured(name: str, of: str, measure: Callable[[], float]) -> float:
        asked.append(of)
        return gain

    run.measured = measured  # type: ignore[method-assign]
    assert seen(run, monkeypatch) == [dtype]
    assert asked == [f"gpt2 2 x 32, 4 x 16 of {model(run).size.vocab}"]


def test_a_run_that_began_before_auto_chose_goes_on_as_it_began(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(precision, "able", lambda device: True)
    run = Run(replace(TINY, precision="auto"))
    run.measured = lambda name, of, measure: 3.0  # type: ignore[method-assign]
    assert launch.precision_of(run, model(run)) == "bf16"
    shape = run.once(shape_of)
    again = Shape()
    again.load_state_dict(shape.state_dict())
    assert (again.size, again.chooses) == (shape.size, True)
    shape.load_state_dict(asdict(model(run).size))  # as a checkpoint of then has it
    assert launch.precision_of(run, model(run)) == "fp32"


def test_the_trial_leaves_no_gradient_and_other_ranks_hear_what_was_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(precision, "able", lambda device: True)
    run, told = Run(replace(TINY, precision="auto", ranks=2)), list[Any]()

    class Stopped(Exception): ...

    def lead(module: str, asked: Any, size: int, device: str) -> Any:
        told.append(asked)
        raise Stopped

    def measured(name: str, of: str, measure: Callable[[], float]) -> float:
        measure()
        return 2.0

    monkeypatch.setattr(launch, "lead", lead)
    run.measured = measured  # type: ignore[method-assign]
    gpt = model(run)
    with pytest.raises(Stopped), launch.shared(run, gpt):
        pass
    assert told[0]["config"]["precision"] == "bf16"
    assert all(weight.grad is None for weight in gpt.parameters())


@pytest.mark.parametrize("T", [8, 16])
def test_the_work_of_a_step_is_that_of_its_own_texts(T: int, tmp_path: Path) -> None:
    """A model goes on with texts shorter than its context, as preset finetune does."""
    size = Size(2, 2, 32, 16, 128)
    weights.write(GPT2(size), kinds.config_of(size), tmp_path)
    run = Run(replace(TINY, weights=str(tmp_path), block_size=T))
    next(train(run))
    body = 2 * (12 * 32 * 32 + 13 * 32) + 128 * 32 + 2 * 32
    assert run.units == 4 * 2 * T
    assert run.flops == run.units * (6 * body + 12 * 2 * 32 * T)
