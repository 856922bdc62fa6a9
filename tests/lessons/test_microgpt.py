"""The GPT of 4,192 numbers: of Values in lesson micrograd, of tensors in lesson gpt."""

from __future__ import annotations

import copy
import os
import random
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from lessons.blocks.text import Alphabet
from lessons.gpt import microgpt
from lessons.gpt.build import assemble
from lessons.gpt.config import PRESETS as OF_TENSORS
from lessons.gpt.train import train as train_tensors
from lessons.micrograd.config import PRESETS as OF_VALUES
from lessons.micrograd.microgpt import EDGE, MicroGPT, rms_norm, softmax
from lessons.micrograd.train import train as train_values
from zhtui.lab import DataError, Run, Text, View, find_data

NAMES = Path(os.environ.get("ZHTUI_DATA", "nowhere")) / "names.txt"
FIRST = (3.3660, 3.4243, 3.1778, 3.0664, 3.2209, 2.9452, 3.2894, 3.3245, 2.8990, 3.2229)


class Host:
    """Gives one file, restores what was saved, and remembers what is shown."""

    def __init__(self, path: Path, parts: dict[str, Any] | None = None) -> None:
        self.path, self.parts = path, parts or {}
        self.views: dict[str, View] = {}

    def data(self, name: str, auto: tuple[str, ...]) -> Path:
        return self.path

    def restore(self, name: str, part: Any) -> None:
        if name in self.parts:
            part.load_state_dict(self.parts[name])

    def show(self, step: int, name: str, view: View) -> None:
        self.views[name] = view

    def say(self, step: int, text: str) -> None: ...

    def measured(self, name: str, of: str, measure: Callable[[], float]) -> float:
        return 1.0


def values(path: Path, **knobs: Any) -> Run:
    return Run(replace(OF_VALUES["microgpt"], **knobs), seed=42, host=Host(path))


def losses(rows: Any, count: int) -> list[float]:
    return [float(row["loss"]) for row in islice(rows, count)]


def test_it_has_as_many_numbers_as_the_original() -> None:
    net = MicroGPT("abcdefghijklmnopqrstuvwxyz", random.Random(1).gauss)
    assert len(net.numbers) == 4192


@pytest.mark.skipif(not NAMES.exists(), reason="names.txt is not in $ZHTUI_DATA")
def test_the_first_losses_of_values_are_the_published_ones() -> None:
    """To all four digits, with the random numbers of the original: Python's, seed 42."""
    found = losses(train_values(values(NAMES)), 6)
    assert found == pytest.approx(FIRST[:6], abs=5e-5)


def test_values_and_tensors_are_one_net() -> None:
    path = find_data("given")
    config = replace(OF_TENSORS["microgpt"], data=str(path))
    tensors = losses(train_tensors(Run(config, seed=42, host=Host(path))), 4)
    assert losses(train_values(values(path)), 4) == pytest.approx(tensors, abs=2e-5)


def test_a_gradient_is_the_numeric_one_and_softmax_and_norm_are_as_written() -> None:
    net = MicroGPT("ab", random.Random(3).gauss, C=4, heads=2, room=6, spread=0.5)
    loss = net.loss("abba")
    loss.backward()
    for number in random.Random(4).sample(net.numbers, 12):
        gradient, h = number.grad, 1e-6
        number.data += h
        above = net.loss("abba").data
        number.data -= 2 * h
        below = net.loss("abba").data
        number.data += h
        assert (above - below) / (2 * h) == pytest.approx(gradient, abs=1e-6)
    one, seven = rms_norm([net.numbers[0] * 0 + 1, net.numbers[0] * 0 + 7])
    assert (one.data, seven.data) == pytest.approx((0.2, 1.4), abs=1e-5)
    assert sum(share.data for share in softmax(net.numbers[:5])) == pytest.approx(1)


def test_it_sees_no_character_that_is_still_to_come() -> None:
    net = MicroGPT("abc", random.Random(5).gauss, C=8)
    first, second = net.chances("abca"), net.chances("abcc")
    assert [c.data for c in first[:3]] == [c.data for c in second[:3]]
    assert first[3].data != second[3].data


def test_a_resumed_run_gives_the_same_bits() -> None:
    path, config = find_data("given"), replace(OF_VALUES["microgpt"], steps=6, show_every=3)
    whole = Run(config, seed=1, host=Host(path))
    expected = losses(train_values(whole), 6)
    first = Run(config, seed=1, host=Host(path))
    list(islice(train_values(first), 3))
    saved = {"net": copy.deepcopy(first.kept["net"].state_dict())}
    second = Run(config, seed=1, host=Host(path, saved))
    second.step = 3
    assert losses(train_values(second), 3) == expected[3:]
    names = whole._host.views["names"]  # type: ignore[attr-defined]
    assert isinstance(names, Text)
    assert EDGE not in str(names.text)


def test_what_is_no_list_of_names_is_refused(tmp_path: Path) -> None:
    for text in ("\n\n", "a.b\n"):
        path = tmp_path / "names.txt"
        path.write_text(text)
        with pytest.raises(DataError, match="one name a line"):
            next(train_values(values(path)))


@pytest.mark.slow
def test_a_thousand_names_teach_it_to_write_some() -> None:
    path = find_data("given")
    host = Host(path)
    config = replace(OF_TENSORS["microgpt"], data=str(path))
    torch.manual_seed(0)
    rows = list(train_tensors(Run(config, seed=42, host=host)))
    late = [float(row["loss"]) for row in rows[-100:]]
    assert sum(late) / 100 < 2.6


class Distant(torch.Tensor):
    """A weight on another device: a copy reaches it, the assignment of what lies here does not."""

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.Tensor.__setitem__ and not isinstance(args[2], cls):
            raise RuntimeError("Mismatching index_put_ device between self and values")
        return super().__torch_function__(func, types, args, kwargs or {})


def test_its_weights_are_drawn_for_a_model_on_a_gpu() -> None:
    config, symbols = replace(OF_TENSORS["microgpt"], data="given"), Alphabet("\nab")
    here, there = assemble(config, len(symbols)), assemble(config, len(symbols))
    microgpt.draw(here, symbols, random.Random(42))
    for module in there.modules():
        for name, weight in module.named_parameters(recurse=False):
            setattr(module, name, nn.Parameter(weight.detach().as_subclass(Distant)))
    assert isinstance(there.tokens.weight, Distant)
    microgpt.draw(there, symbols, random.Random(42))
    for ours, theirs in zip(here.parameters(), there.parameters(), strict=True):
        assert ours.tolist() == theirs.tolist()
