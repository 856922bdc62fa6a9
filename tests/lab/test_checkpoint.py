"""Checkpoints: every kind of state comes back bit for bit, and damage is found and named."""

from __future__ import annotations

import os
import resource
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from zhtui.errors import CheckpointError
from zhtui.runs import checkpoint


class Bag:
    """A part with any state."""

    def __init__(self, state: Any = None) -> None:
        self.state = state

    def state_dict(self) -> Any:
        return self.state

    def load_state_dict(self, state: Any) -> None:
        self.state = state


def model() -> nn.Module:
    torch.manual_seed(0)
    tied = nn.ModuleDict({"read": nn.Embedding(7, 4), "norm": nn.BatchNorm1d(4)})
    tied["write"] = nn.Linear(4, 7, bias=False)
    tied["write"].weight = tied["read"].weight
    return tied


def trained() -> tuple[nn.Module, torch.optim.Optimizer]:
    net = model()
    optimizer = torch.optim.AdamW(
        [{"params": [net["read"].weight]}, {"params": net["norm"].parameters(), "lr": 0.5}]
    )
    net["write"](net["norm"](net["read"](torch.arange(5)))).square().sum().backward()
    optimizer.step()
    return net, optimizer


def test_a_module_its_optimizer_and_a_generator_come_back_bit_for_bit(tmp_path: Path) -> None:
    net, optimizer = trained()
    dice = torch.Generator().manual_seed(5)
    torch.rand(3, generator=dice)
    path = checkpoint.save(tmp_path, 12, {"model": net, "optimizer": optimizer, "dice": dice}, {})
    state = checkpoint.read(path)
    assert path.name == "step-000012"
    assert state["step"] == 12

    other = model()
    second = torch.optim.AdamW(
        [{"params": [other["read"].weight]}, {"params": other["norm"].parameters()}]
    )
    again = torch.Generator()
    for name, part in (("model", other), ("optimizer", second), ("dice", again)):
        checkpoint.restore(path, state, name, part)
    assert other["write"].weight is other["read"].weight
    for key, value in net.state_dict().items():
        assert torch.equal(value, other.state_dict()[key]), key
    before, after = optimizer.state_dict(), second.state_dict()
    assert before["param_groups"] == after["param_groups"]
    for index, slots in before["state"].items():
        for slot, value in slots.items():
            assert torch.equal(value, after["state"][index][slot])
    assert torch.equal(torch.rand(4, generator=dice), torch.rand(4, generator=again))


def test_shared_weights_are_written_once(tmp_path: Path) -> None:
    from safetensors.torch import load_file

    checkpoint.save(tmp_path, 1, {"model": model()}, {})
    names = set(load_file(tmp_path / "step-000001" / "model.safetensors"))
    assert "read.weight" in names
    assert "write.weight" not in names


STATES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False)
    | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers(), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(STATES)
def test_any_state_of_json_comes_back(state: Any) -> None:
    tensors: dict[str, Any] = {}
    packed = checkpoint._packed(state, "", tensors, {})
    assert checkpoint._unpacked(packed, tensors) == state


def test_numpy_arrays_come_back_in_their_own_type(tmp_path: Path) -> None:
    state = {"w": np.arange(6, dtype=np.float64).reshape(2, 3).T, "n": [np.int64(3).reshape(1)]}
    path = checkpoint.save(tmp_path, 3, {"bag": Bag(state)}, {"elapsed": 1.5})
    whole, bag = checkpoint.read(path), Bag()
    checkpoint.restore(path, whole, "bag", bag)
    np.testing.assert_array_equal(bag.state["w"], state["w"])
    assert bag.state["w"].dtype == np.float64
    assert whole["facts"] == {"elapsed": 1.5}


def _cut(path: Path) -> None:
    file = path / "bag.safetensors"
    file.write_bytes(file.read_bytes()[:-3])


def _flip(path: Path) -> None:
    file = path / "bag.safetensors"
    raw = bytearray(file.read_bytes())
    raw[-1] ^= 1
    file.write_bytes(bytes(raw))


def _pickle(path: Path) -> None:
    (path / "state.json").write_bytes(b"\x80\x04\x95gASV.")


def _link(path: Path) -> None:
    file = path / "bag.safetensors"
    file.rename(path / "elsewhere")
    file.symlink_to(path / "elsewhere")


def _climb(path: Path) -> None:
    text = (path / "state.json").read_text()
    (path / "state.json").write_text(text.replace('"bag"', '"../bag"'))


@pytest.mark.parametrize("damage", [_cut, _flip, _pickle, _link, _climb])
def test_damage_is_found_and_named(tmp_path: Path, damage: Any) -> None:
    path = checkpoint.save(tmp_path, 7, {"bag": Bag({"w": np.ones(100)})}, {})
    damage(path)
    with pytest.raises(CheckpointError, match="step-000007 is damaged"):
        checkpoint.read(path)


def test_a_part_that_does_not_fit_is_one_sentence(tmp_path: Path) -> None:
    path = checkpoint.save(tmp_path, 1, {"model": nn.Linear(2, 3)}, {})
    state = checkpoint.read(path)
    with pytest.raises(CheckpointError, match="does not fit this lesson any more"):
        checkpoint.restore(path, state, "model", nn.Linear(5, 3))
    with pytest.raises(CheckpointError, match="holds no optimizer"):
        checkpoint.restore(path, state, "optimizer", Bag())


def test_the_same_step_may_be_saved_again(tmp_path: Path) -> None:
    for value in (1.0, 2.0):
        path = checkpoint.save(tmp_path, 5, {"bag": Bag({"x": value})}, {})
    bag = Bag()
    checkpoint.restore(path, checkpoint.read(path), "bag", bag)
    assert bag.state == {"x": 2.0}
    assert [entry.name for entry in tmp_path.iterdir()] == ["step-000005"]


def test_a_full_disk_leaves_the_last_good_one(tmp_path: Path) -> None:
    """A file-size limit stands for the full disk: the same failing write, without root."""
    good = checkpoint.save(tmp_path, 1, {"bag": Bag({"w": np.ones(10)})}, {})
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        try:
            checkpoint.save(tmp_path, 2, {"bag": Bag({"w": np.ones(100_000)})}, {})
        except CheckpointError as error:
            os._exit(0 if "make room" in str(error) else 2)
        os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    assert [entry.name for entry in tmp_path.iterdir()] == ["step-000001"]
    checkpoint.read(good)
