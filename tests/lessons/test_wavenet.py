"""The wavenet lesson: its modules against torch, its tree, the other nets, mistakes, scenes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from lessons.blocks.descent import Flat
from lessons.wavenet import lesson, views
from lessons.wavenet.build import build, corpus_of, net_of, stepper
from lessons.wavenet.config import TYPES
from lessons.wavenet.explore import beside, tree
from lessons.wavenet.generate import generate
from lessons.wavenet.model import (
    BatchNorm1d,
    FlattenConsecutive,
    Linear,
    Sequential,
    wavenet,
)  # fmt: skip
from lessons.wavenet.others import GRUCell, LSTMCell, RNNCell, other
from lessons.wavenet.train import train
from zhtui.lab import Frame, LabError, Poke, Run, Sampling, Spot

WORDS = ["emma", "olivia", "ava", "isabella", "sophia", "mia", "charlotte", "amelia", "zoe", "ann"]
TINY = lesson.presets["tiny"]


class Desk:
    """A host that gives one file and remembers what was shown."""

    def __init__(self, path: Path) -> None:
        self.path, self.shown = path, {}

    def data(self, name: str, auto: tuple[str, ...]) -> Path:
        return self.path

    def restore(self, name: str, part: Any) -> None: ...

    def show(self, step: int, name: str, view: Any) -> None:
        self.shown.setdefault(name, []).append(view)

    def say(self, step: int, text: str) -> None: ...


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    path = tmp_path / "words.txt"
    path.write_text("\n".join(WORDS * 4), encoding="utf-8")
    return Desk(path)


def rows(run: Run) -> list[dict[str, float]]:
    return [{name: float(value) for name, value in row.items()} for row in train(run)]


def dice() -> torch.Generator:
    return torch.Generator().manual_seed(42)


# ----- the modules --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("preset", "size"),
    [("context-3", 12_097), ("context-8", 22_097), ("norm", 22_397), ("paper", 76_579)],
)
def test_sizes_are_the_lectures(preset: str, size: int) -> None:
    net = net_of(lesson.presets[preset], 27, dice())
    assert sum(p.numel() for p in net.parameters()) == size


def test_neighbours_are_joined_and_the_last_place_goes() -> None:
    x = torch.arange(16.0).view(1, 8, 2)
    pairs = FlattenConsecutive(2)(x)
    assert pairs.shape == (1, 4, 4)
    assert pairs[0, 1].tolist() == [4, 5, 6, 7]
    assert FlattenConsecutive(8)(x).shape == (1, 16)


@pytest.mark.parametrize("shape", [(16, 5), (16, 4, 5)])
def test_batchnorm_is_torchs_over_all_places(shape: tuple[int, ...]) -> None:
    ours, theirs = BatchNorm1d(5), nn.BatchNorm1d(5)
    x = torch.randn(shape) * 3 + 1
    rows_ = x.reshape(-1, 5)
    biased = (len(rows_) - 1) / len(rows_)
    torch.testing.assert_close(
        ours(x).reshape(-1, 5), theirs(rows_) * biased**0.5, rtol=1e-3, atol=1e-3
    )
    torch.testing.assert_close(ours.mean, theirs.running_mean)
    torch.testing.assert_close(ours.var, theirs.running_var)
    assert torch.equal(ours.eval()(x), ours(x))


def test_the_tree_halves_down_to_one_place() -> None:
    net = wavenet(27, 8, 10, 6, dice())
    shapes = [tuple(out.shape[1:]) for layer, out in net.through(torch.zeros(2, 8).long())]
    assert shapes == [
        (8, 10), (4, 20), (4, 6), (4, 6), (4, 6), (2, 12), (2, 6), (2, 6), (2, 6), (12,), (6,),
        (6,), (6,), (27,),
    ]  # fmt: skip


@pytest.mark.parametrize("mistake", ["none", "places"])
@pytest.mark.parametrize("kind", ["wavenet", "flat"])
def test_the_fast_form_has_the_gradients_of_autograd(desk: Desk, kind: str, mistake: str) -> None:
    run = Run(replace(TINY, type=kind, mistake=mistake), host=desk)
    corpus, (_, net, _) = run.once(corpus_of), run.once(build)
    flat = Flat(net.parameters())
    fast = stepper(net.train(), flat, corpus.train, run)
    pick = torch.arange(32)
    loss = fast.step(pick)
    mine = flat.gradient.clone()
    running = [b.clone() for b in net.buffers()]
    for b in net.buffers():
        b.zero_()
    again = run.once(build)[1]
    expected = F.cross_entropy(again(corpus.train.X[pick]), corpus.train.Y[pick])
    theirs = torch.autograd.grad(expected, list(net.parameters()))
    assert loss == pytest.approx(expected.item(), abs=1e-5)
    torch.testing.assert_close(mine, torch.cat([g.flatten() for g in theirs]), rtol=1e-3, atol=1e-5)
    for one, other_ in zip(running, net.buffers(), strict=True):
        assert one.shape == other_.shape


def test_cells_are_torchs() -> None:
    x, state, memory = torch.randn(4, 3), torch.randn(4, 5), torch.randn(4, 5)
    ours, theirs = RNNCell(3, 5), nn.RNNCell(3, 5)
    with torch.no_grad():
        theirs.weight_ih.copy_(ours.both.weight[:, :3])
        theirs.weight_hh.copy_(ours.both.weight[:, 3:])
        theirs.bias_ih.copy_(ours.both.bias)
        theirs.bias_hh.zero_()
    torch.testing.assert_close(ours(x, state, memory)[0], theirs(x, state))
    lstm, torchs = LSTMCell(3, 5), nn.LSTMCell(3, 5)
    f, i, o, g = lstm.gates.weight.chunk(4)
    bf, bi, bo, bg = lstm.gates.bias.chunk(4)
    with torch.no_grad():
        torchs.weight_ih.copy_(torch.cat([i, f, g, o])[:, :3])
        torchs.weight_hh.copy_(torch.cat([i, f, g, o])[:, 3:])
        torchs.bias_ih.copy_(torch.cat([bi, bf + 1, bg, bo]))
        torchs.bias_hh.zero_()
    for one, other_ in zip(lstm(x, state, memory), torchs(x, (state, memory)), strict=True):
        torch.testing.assert_close(one, other_)
    gru = GRUCell(3, 5)
    with torch.no_grad():
        gru.gates.bias[:5] = -50  # z = 0: the old state stays
    torch.testing.assert_close(gru(x, state, memory)[0], state)


SLOWER = ("gru", "lstm", "transformer")  # seven to thirty seconds each


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, marks=[pytest.mark.slow] * (kind in SLOWER))
        for kind in TYPES
        if kind not in ("wavenet", "flat")
    ],
)
def test_each_other_net_learns(desk: Desk, kind: str) -> None:
    config = replace(TINY, type=kind, rule="adam", lr=0.01, embedding=8, hidden=16, steps=150)
    found = rows(Run(config, host=desk))
    assert found[-1]["train"] < 2.0 < found[0]["loss"]


def test_only_a_bag_does_not_know_the_order() -> None:
    X = torch.tensor([[1, 2, 3, 4]])
    for kind in ("bag", "rnn", "gru", "lstm", "transformer"):
        net = other(kind, 9, 4, 8, 8)
        same = torch.allclose(net(X), net(X.flip(1)), atol=1e-6)
        assert same == (kind == "bag")


# ----- a run --------------------------------------------------------------------------------------


def test_a_run_learns_and_shows_its_tree(desk: Desk) -> None:
    found = rows(Run(TINY, host=desk))
    assert found[-1]["train"] < 1.6 < found[0]["loss"]
    assert set(desk.shown) == {"shapes", "tree", "ladder", "samples"}
    assert desk.shown["tree"][-1].values.shape == (7, 16)
    assert "published" in desk.shown["ladder"][-1].roles
    assert "test" in found[-1]


def test_looking_changes_nothing(desk: Desk) -> None:
    seldom, often = (Run(replace(TINY, look_every=n), host=desk) for n in (200, 20))
    rows(seldom)
    rows(often)
    pairs = zip(
        seldom.kept["model"].state_dict().values(),
        often.kept["model"].state_dict().values(),
        strict=True,
    )
    assert all(torch.equal(one, other_) for one, other_ in pairs)


def test_a_tree_needs_a_power_of_two(desk: Desk) -> None:
    with pytest.raises(LabError, match="halved"):
        rows(Run(replace(TINY, context=3), host=desk))


def test_places_keep_statistics_of_their_own(desk: Desk) -> None:
    run = Run(replace(TINY, mistake="places", steps=20, look_every=20), host=desk)
    rows(run)
    norms = [m for m in run.kept["model"].modules() if isinstance(m, BatchNorm1d)]
    assert [tuple(n.mean.shape) for n in norms] == [(4, 16), (2, 16), (16,)]


def test_it_writes_and_stays_in_training(desk: Desk) -> None:
    run = Run(TINY, host=desk)
    next(train(run))
    assert len(list(generate(run, "", Sampling(tokens=7)))) == 7
    assert run.kept["model"].training


def test_every_type_has_its_shapes() -> None:
    for kind in TYPES:
        net = net_of(replace(TINY, type=kind), 11, dice())
        table = views.shapes(net.eval(), torch.zeros(1, 8).long())
        assert len(table.rows) >= 2


# ----- scenes -------------------------------------------------------------------------------------


def frames(scene: Any, ask: Any = None, poke: Poke | None = None) -> list[Frame]:
    return list(scene.explore(None, ask or scene.Ask(), poke or Poke()))


@pytest.mark.parametrize("scene", [tree, beside])
def test_every_frame_speaks_and_can_be_asked(scene: Any) -> None:
    for frame in frames(scene):
        assert frame.say
        assert frame.look
        for name in frame.shown():
            assert scene.point(scene.Ask(), frame, Spot(name, 0, 0))
        if frame.predict:
            assert frame.predict.view in frame.shown()


@pytest.mark.parametrize("character", range(8))
def test_a_poked_character_moves_one_node_a_level(character: int) -> None:
    spot = Spot("window", 0, character)
    plain, poked = frames(tree), frames(tree, poke=Poke(spot, "q"))
    for level in range(1, 4):
        one, other_ = (each[level].shown()[f"L{level}"].values for each in (plain, poked))
        moved = np.flatnonzero((one != other_).any(1)).tolist()
        assert moved == [character >> level]
        assert not (one != other_)[plain[level].still(spot)[f"L{level}"]].any()
    assert (plain[-1].shown()["p"].values != poked[-1].shown()["p"].values) is not False


def test_the_far_mistake_moves_what_must_not_move_and_says_what_it_reads() -> None:
    spot, ask = Spot("window", 0, 1), tree.Ask(mistake="far")
    plain, poked = frames(tree, ask), frames(tree, ask, Poke(spot, "q"))
    one, other_ = (each[1].shown()["L1"].values for each in (plain, poked))
    assert (one != other_)[plain[1].still(spot)["L1"]].any()
    assert list(plain[1].shown()["L1"].rows) == ["ie", "sl", "al", "ba"]
    s = plain[0].keep["s"]
    assert s.under(1, 0) == [0, 4]
    assert s.under(3, 0) == [0, 4, 2, 6, 1, 5, 3, 7]


def test_the_places_mistake_shows_in_the_statistics() -> None:
    right, wrong = (frames(tree, tree.Ask(mistake=m))[1].shown() for m in ("none", "places"))
    assert list(right["statistics"].values) == [3, 3, 3]
    assert list(wrong["statistics"].values) == [12, 6, 3]


def test_the_lit_way_goes_up_to_the_guess() -> None:
    graph = frames(tree, tree.Ask(character=6))[1].shown()["tree"]
    lit = [node.id for node in graph.nodes if node.lit]
    assert lit == ["0.6", "1.3", "2.1", "3.0"]
    assert set(graph.lit) == {("0.6", "1.3"), ("1.3", "2.1"), ("2.1", "3.0")}
    assert len(graph.edges) == 14


def test_a_run_is_looked_at_and_only_a_tree(desk: Desk) -> None:
    run = Run(TINY, host=desk)
    rows(run)
    found = list(tree.explore(run, tree.Ask("emma"), Poke()))
    assert found[0].shown()["window"].text == "....emma"
    assert found[1].shown()["L1"].values.shape == (4, 16)
    flat = Run(replace(TINY, type="flat", steps=2), host=desk)
    rows(flat)
    with pytest.raises(LabError, match="type=wavenet"):
        list(tree.explore(flat, tree.Ask("emma"), Poke()))
    with pytest.raises(LabError, match="'7'"):
        frames(tree, tree.Ask("7"))


def test_both_nets_have_about_as_many_parameters() -> None:
    first, second, third = frames(beside)
    flat, as_tree = second.shown()["parameters"].values
    assert (flat, as_tree) == (22_097, 22_397)
    assert first.shown()["flat"].note == "22,097 parameters"
    alone, shared = third.shown()["nodes"].values
    assert shared < alone == 63


def test_shared_nodes_are_counted_as_a_dictionary_counts_them() -> None:
    def slow(context: int, length: int) -> int:
        text = "." * context + "".join(chr(97 + i) for i in range(length))  # all letters differ
        seen = set()
        for end in range(length + 1):
            window = text[end : end + context]
            span = 2
            while span <= context:
                seen |= {window[i : i + span] for i in range(0, context, span)}
                span *= 2
        return len(seen)

    for context in (2, 4, 8):
        for length in (1, 3, 8):
            assert beside.nodes(context, length)[1] == slow(context, length)


def test_the_tree_is_the_flat_net_where_all_is_fused_at_once() -> None:
    one, other_ = wavenet(9, 2, 3, 4, dice(), 2), wavenet(9, 2, 3, 4, dice(), 2)
    assert isinstance(one, Sequential)
    X = torch.randint(9, (5, 2))
    assert torch.equal(one(X), other_(X))
    assert [type(layer) for layer in one.layers][2] is Linear
