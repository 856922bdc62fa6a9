"""The optimization lesson: its layers against torch, its meters, its mistakes, its scenes."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from lessons.blocks.descent import Flat
from lessons.optimization import lesson, views
from lessons.optimization.build import build, corpus_of, model, net_of, stepper
from lessons.optimization.explore import adam, batchnorm, fold, init
from lessons.optimization.explore import rows as five
from lessons.optimization.generate import generate
from lessons.optimization.history import History
from lessons.optimization.model import BatchNorm1d, Linear, kaiming
from lessons.optimization.model import fold as fold_net
from lessons.optimization.train import train
from zhtui.lab import Frame, LabError, Poke, Run, Sampling, Spot

WORDS = ["emma", "olivia", "ava", "isabella", "sophia", "mia", "charlotte", "amelia", "zoe", "ann"]
TINY = lesson.presets["tiny"]
SCENES = (init, batchnorm, adam, fold)


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
    return torch.Generator().manual_seed(1)


# ----- the net ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("preset", "size"), [("naive", 11_897), ("kaiming", 11_897), ("paper", 12_097)]
)
def test_sizes_are_the_lectures(preset: str, size: int) -> None:
    net = net_of(lesson.presets[preset], 27, dice())
    assert sum(p.numel() for p in net.parameters()) == size
    assert sum(p.numel() for p in fold_net(net.eval()).parameters()) == 11_897


def test_batchnorm_is_torchs_in_both_modes() -> None:
    ours, theirs = BatchNorm1d(5, momentum=0.1), torch.nn.BatchNorm1d(5, momentum=0.1)
    for _ in range(3):
        x = torch.randn(16, 5) * 3 + 1
        hat = (x - x.mean(0)) / (x.var(0) + 1e-5).sqrt()
        torch.testing.assert_close(ours(x), hat)
        theirs(x)
    torch.testing.assert_close(ours.mean, theirs.running_mean)
    torch.testing.assert_close(ours.var, theirs.running_var)
    x = torch.randn(4, 5)
    torch.testing.assert_close(ours.eval()(x), theirs.eval()(x))


def test_kaiming_keeps_the_spread() -> None:
    layer = Linear(400, 400, dice(), kaiming(400, 1.0), None)
    y = layer(torch.randn(500, 400))
    assert y.std().item() == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("preset", ["quick", "kaiming", "deep", "deep-norm"])
def test_a_first_loss_is_an_even_guess_where_the_last_layer_begins_small(preset: str) -> None:
    net = net_of(lesson.presets[preset], 27, dice())
    X, Y = torch.randint(27, (200, 3)), torch.randint(27, (200,))
    assert net.loss(X, Y).item() == pytest.approx(math.log(27), abs=0.1)
    wild = net_of(lesson.presets["naive"], 27, dice())
    assert wild.loss(X, Y).item() > 15


def test_folding_changes_nothing_but_the_number_of_parameters(desk: Desk) -> None:
    run = Run(replace(TINY, depth=3), host=desk)
    found = rows(run)
    assert found[-1]["fold_gap"] < 1e-5
    net = model(run)
    small = fold_net(net)
    assert not [m for m in small.modules() if isinstance(m, BatchNorm1d)]
    X = torch.randint(10, (50, 3))
    torch.testing.assert_close(small(X), net(X), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("knobs", [{}, {"activation": "relu"}, {"norm": False, "depth": 3}])
def test_the_fast_form_has_the_gradients_of_autograd(desk: Desk, knobs: dict[str, Any]) -> None:
    run = Run(replace(TINY, last=0.5, **knobs), host=desk)
    corpus, (_, net, _) = run.once(corpus_of), run.once(build)
    flat = Flat(net.parameters())
    fast = stepper(net.train(), flat, corpus.train, run)
    pick = torch.arange(32)
    loss = fast.step(pick)
    mine = flat.gradient.clone()
    expected = F.cross_entropy(net(corpus.train.X[pick]), corpus.train.Y[pick])
    theirs = torch.autograd.grad(expected, list(net.parameters()))
    assert loss == pytest.approx(expected.item(), abs=1e-5)
    torch.testing.assert_close(mine, torch.cat([g.flatten() for g in theirs]), rtol=1e-4, atol=1e-5)


# ----- runs ---------------------------------------------------------------------------------------


def test_all_zero_learns_the_last_bias_alone(desk: Desk) -> None:
    """E01: nothing but the output bias gets a gradient, so it settles at the unigram."""
    config = replace(lesson.presets["zero"], steps=3000, look_every=3000, width=10)
    run = Run(config, host=desk)
    last = rows(run)[-1]
    names = dict(run.kept["model"].named_parameters())
    assert {name for name, p in names.items() if p.any()} == {"layers.2.b"}
    counts = torch.bincount(run.once(corpus_of).train.Y).double()
    share = counts / counts.sum()
    entropy = -(torch.xlogy(share, share)).sum().item()
    assert last["train"] == pytest.approx(entropy, abs=0.02)


@pytest.mark.parametrize("rule", ["sgd", "momentum", "adam"])
def test_each_rule_learns(desk: Desk, rule: str) -> None:
    lr = {"sgd": 0.1, "momentum": 0.01, "adam": 0.003}[rule]
    found = rows(Run(replace(TINY, rule=rule, lr=lr, steps=300), host=desk))
    assert found[-1]["train"] < 2.0 < found[0]["loss"]


def test_views_are_shown_and_agree_with_the_net(desk: Desk) -> None:
    rows(Run(TINY, host=desk))
    assert set(desk.shown) == {
        "activations", "gradients", "activation bands", "gradient bands", "saturation",
        "update by data", "first loss", "running",
    }  # fmt: skip
    bands = desk.shown["activation bands"][-1].values
    assert bands.shape == (views.BINS, 5)
    assert bands.sum(0) == pytest.approx(np.ones(5), abs=0.01)
    lines = desk.shown["update by data"][-1].lines
    assert {len(x) for x, _ in lines.values()} == {5}
    assert all(0 < y[-1] < 1 for _, y in lines.values())
    assert desk.shown["first loss"][-1].levels.keys() == {f"ln {len(set(''.join(WORDS))) + 1}"}


def test_looking_changes_nothing(desk: Desk) -> None:
    seldom = Run(replace(TINY, look_every=200), host=desk)
    often = Run(replace(TINY, look_every=10), host=desk)
    rows(seldom)
    rows(often)
    for one, other in zip(
        seldom.kept["model"].state_dict().values(),
        often.kept["model"].state_dict().values(),
        strict=True,
    ):
        assert torch.equal(one, other)


def test_full_and_dead_units_are_seen() -> None:
    h = torch.tensor([[1.0, 0.1], [-1.0, 0.99]])
    seen = views.saturation(h, "tanh")
    assert seen.values.tolist() == [[1, 1], [0, 1]]
    assert "1 units" in str(seen.note)
    assert views.saturation(torch.tensor([[0.0, 2.0]]), "relu").values.tolist() == [[1], [0]]


def test_a_history_comes_back() -> None:
    one, other = History(), History()
    one.first = 3.0
    for _ in range(70):
        one.note_band("a", torch.ones(4) / 4)
    other.load_state_dict(one.state_dict())
    assert other.first == 3.0
    assert other.band("a").shape == (4, 60)


def test_a_sample_leaves_the_net_in_training(desk: Desk) -> None:
    run = Run(TINY, host=desk)
    steps = train(run)
    next(steps)
    list(generate(run, "", Sampling(tokens=5)))
    assert run.kept["model"].training


def test_each_mistake_shows_in_a_run(desk: Desk) -> None:
    config = replace(TINY, depth=1, steps=300, look_every=150)
    off = []
    for mistake in ("none", "noise"):
        desk.shown.clear()
        rows(Run(replace(config, mistake=mistake, momentum=0.1), host=desk))
        seen = desk.shown["running"][-1]
        off.append(np.abs(seen.x - seen.y).mean())
    assert off[1] > 2 * off[0]
    desk.shown.clear()
    rows(Run(replace(config, mistake="no-root"), host=desk))
    no_root = desk.shown["saturation"][0].values.mean()
    desk.shown.clear()
    rows(Run(config, host=desk))
    assert no_root != desk.shown["saturation"][0].values.mean()
    desk.shown.clear()
    rows(Run(replace(config, mistake="axes"), host=desk))
    axes = desk.shown["running"][-1]
    assert np.allclose(axes.y[: len(axes.y) // 2], 0)  # nothing ran along
    deep = replace(config, norm=False, depth=5, steps=1, look_every=1)
    spreads = []
    for mistake in ("none", "no-gain"):
        net = net_of(replace(deep, mistake=mistake, width=100), 11, dice())
        passed = net.through(torch.randint(11, (50, 3)))
        spreads.append(list(views.hidden(net, passed).values())[-1].std().item())
    assert spreads[1] < 0.6 * spreads[0]


# ----- scenes -------------------------------------------------------------------------------------


def frames(scene: Any, ask: Any = None, poke: Poke | None = None) -> list[Frame]:
    return list(scene.explore(None, ask or scene.Ask(), poke or Poke()))


@pytest.mark.parametrize("scene", SCENES)
def test_every_frame_speaks_and_can_be_asked(scene: Any) -> None:
    for frame in frames(scene):
        assert frame.say
        assert frame.look
        for name in frame.shown():
            for spot in (Spot(name, 0, 0), Spot(name, 1, 0), Spot(name, 0, 1)):
                if name not in ("loss", "g") or spot.row == 0:
                    assert scene.point(scene.Ask(), frame, spot)
        if frame.predict:
            assert frame.predict.view in frame.shown()


@pytest.mark.parametrize(
    ("scene", "spot", "value"),
    [
        (init, Spot("W.spread", 2, 0), 1.0),
        (batchnorm, Spot("X", 1, 1), 9.0),
        (adam, Spot("g", 0, 3), 5.0),
        (fold, Spot("gain", 1, 0), 9.0),
    ],
)
def test_a_poke_moves_what_it_may_and_nothing_else(scene: Any, spot: Spot, value: float) -> None:
    plain, poked = frames(scene), frames(scene, poke=Poke(spot, value))
    touched = False
    for one, other in zip(plain, poked, strict=True):
        for name, mask in (one.still(spot) if one.still else {}).items():
            before, after = (cells(each.shown()[name]) for each in (one, other))
            moved = before != after
            assert moved.shape == mask.shape
            assert not moved[mask].any(), f"{one.title}: {name}"
            touched = touched or moved.any()
    assert touched


def cells(view: Any) -> np.ndarray:
    if hasattr(view, "rows") and hasattr(view, "columns") and not hasattr(view, "values"):
        return np.array([[str(cell) for cell in row] for row in view.rows])
    values = np.asarray(view.values)
    return values.reshape(-1, 1) if values.ndim == 1 else values


def test_without_gain_a_deep_net_fades_and_with_it_it_stays() -> None:
    right, wrong = frames(init), frames(init, init.Ask(mistake="no-gain"))
    assert right[5].shown()["spread"].values[-1] > 0.6
    assert wrong[5].shown()["spread"].values[-1] < 0.4
    full = frames(init, init.Ask(init="one"))
    assert "full" in str(full[1].say)
    assert "flat" in str(full[1].look)
    relu = frames(init, init.Ask(activation="relu"))
    assert relu[-1].shown()["gradients"].log


def test_the_spelled_spread_is_near_the_measured_one() -> None:
    said = init.point(init.Ask(), frames(init)[3], Spot("spread", 3))
    told, measured = said.split("= ")[1].split(" (measured ")
    assert float(told) == pytest.approx(float(measured.split(")")[0]), rel=0.1)


def test_batchnorm_mistakes_show_on_their_meters() -> None:
    shown = {m: frames(batchnorm, batchnorm.Ask(mistake=m)) for m in ("none", "no-root", "axes")}
    spread = {m: np.array(f[2].shown()["spread"].values) for m, f in shown.items()}
    mean = {m: np.array(f[2].shown()["mean"].values) for m, f in shown.items()}
    assert spread["none"] == pytest.approx(np.ones(3), abs=1e-3)
    assert np.abs(spread["no-root"] - 1).max() > 0.2
    assert mean["none"] == pytest.approx(np.zeros(3), abs=1e-5)
    assert np.abs(mean["axes"]).max() > 0.2
    running = [
        np.array(frames(batchnorm, batchnorm.Ask(mistake=m))[4].shown()["running"].values)
        for m in ("none", "noise")
    ]
    assert np.abs(running[0] - running[1]).max() > 0.5


def test_adam_is_torchs() -> None:
    gradients = [0.5, -1.0, 2.0, 0.1]
    ours = adam.adam(gradients, 0.1, 0.9, 0.99)
    w = torch.zeros(1, requires_grad=True)
    theirs = torch.optim.Adam([w], lr=0.1, betas=(0.9, 0.99))
    for g, moment in zip(gradients, ours, strict=True):
        w.grad = torch.tensor([g])
        theirs.step()
        assert w.item() == pytest.approx(moment.w, abs=1e-6)
    many = adam.adam([1000 * g for g in gradients], 0.1, 0.9, 0.99)
    assert [m.step for m in many] == pytest.approx([m.step for m in ours], rel=1e-6)


def test_a_run_without_batchnorm_has_nothing_to_fold(desk: Desk) -> None:
    run = Run(replace(TINY, norm=False), host=desk)
    rows(run)
    with pytest.raises(LabError, match="norm=true"):
        list(fold.explore(run, fold.Ask(), Poke()))
    run = Run(TINY, host=desk)
    rows(run)
    assert "e-0" in str(list(fold.explore(run, fold.Ask(), Poke()))[-1].say)


# ----- the rows side by side ----------------------------------------------------------------------


def test_five_rows_learn_side_by_side_in_one_chart(tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    words.write_text("\n".join(WORDS * 4), encoding="utf-8")
    ask = five.Ask(steps=60, every=30, width=40, data=str(words))
    before, *_, last = list(five.explore(None, ask, Poke()))
    first = before.shown()["first.loss"]
    assert list(first.labels) == list(five.ROWS)  # type: ignore[union-attr]
    assert first.values[0] > 5 > first.values[1]  # type: ignore[union-attr]
    even = before.keep["even"]
    assert first.values[2] == pytest.approx(even, abs=0.1)  # type: ignore[union-attr]
    lines = last.shown()["val"].lines  # type: ignore[union-attr]
    assert list(lines) == list(five.ROWS)
    now = last.shown()["now"]
    known = dict(zip(now.labels, now.values, strict=True))  # type: ignore[union-attr]
    for name, (x, y) in lines.items():
        assert x.tolist() == [30, 60], name
        seen = known[name] if known[name] < even else math.nan
        assert y[-1] == pytest.approx(seen, nan_ok=True), name
    assert known["naive"] == max(known.values())
    assert ":" in str(five.point(ask, last, Spot("val", 1, 1)))
    assert "below an even guess" in str(five.point(ask, before, Spot("first.loss", 0)))
    assert set(five.ROWS) <= set(lesson.presets)
