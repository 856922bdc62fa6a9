"""The ways of looking against direct computation, a planted rule, and each mistake by its meter."""

from __future__ import annotations

import importlib
import random
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
import storied
import torch

from lessons.blocks.points import Notes, at, points
from lessons.inspect import build, lesson
from lessons.inspect.config import MISTAKES, PRESETS
from lessons.inspect.model import (
    fit,
    head_costs,
    induction_scores,
    lens,
    loss,
    neuron_costs,
    patched,
    plane,
    right,
    silent,
    surprise,
)
from lessons.inspect.planted import LETTERS, Small, repeated, told
from lessons.inspect.train import train
from zhtui.lab import Bars, Heatmap, LabError, Poke, Run, Spot

SCENES = pytest.mark.parametrize("name", lesson.scenes)


scene, frames = partial(storied.scene, "inspect"), partial(storied.frames, "inspect")


@pytest.fixture(autouse=True)
def without_gradients() -> Any:
    """A scene looks without gradients; a test of training turns them on again."""
    with torch.no_grad():
        yield


@pytest.fixture
def net() -> Small:
    torch.manual_seed(0)
    return Small(len(LETTERS), 24, 16, 2, 2).double()


@pytest.fixture
def ids() -> torch.Tensor:
    return repeated(4, 24, 7, random.Random(0))


# ----- the ways of looking ------------------------------------------------------------------------


def test_looking_changes_nothing_and_passes_every_point(net: Small, ids: torch.Tensor) -> None:
    notes = Notes()
    assert torch.allclose(net.look(ids, notes), net(ids), atol=1e-12)
    assert list(notes) == [point.name for point in points(2)]


def test_the_lens_ends_with_the_models_own_guess(net: Small, ids: torch.Tensor) -> None:
    notes = Notes()
    logits = net.look(ids[:1], notes)
    told_early = lens(net, notes)
    assert told_early.shape == (5, 24, len(LETTERS))
    assert torch.allclose(told_early[-1], logits[0].log_softmax(-1))
    assert torch.allclose(told_early.exp().sum(-1), torch.ones(()).double())


def test_log_probabilities_do_not_see_what_is_added_to_all_logits(
    net: Small, ids: torch.Tensor
) -> None:
    logits = net(ids)
    assert torch.allclose((logits + 5).log_softmax(-1), logits.log_softmax(-1))
    expected = torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten())
    assert torch.allclose(surprise(logits.log_softmax(-1), ids).mean(), expected)


def test_a_silent_head_is_one_whose_columns_of_the_projection_are_0(
    net: Small, ids: torch.Tensor
) -> None:
    counted = torch.ones(4, 23, dtype=torch.bool)
    costs = head_costs(net, ids, counted)
    whole = loss(net, ids, counted, Notes())
    attention: Any = net.blocks[1].attention
    attention.project.weight[:, 8:] = 0
    assert costs[1, 1] == pytest.approx(float(loss(net, ids, counted, Notes()) - whole))


def test_a_silent_neuron_is_one_whose_column_is_0(net: Small, ids: torch.Tensor) -> None:
    costs = neuron_costs(net, ids[0], 0)
    counted = torch.ones(1, 23, dtype=torch.bool)
    whole = loss(net, ids[:1], counted, Notes())
    think: Any = net.blocks[0].think
    think.project.weight[:, 5] = 0
    assert costs.shape == (64,)
    assert float(costs[5]) == pytest.approx(float(loss(net, ids[:1], counted, Notes()) - whole))


def test_a_mean_is_what_a_part_says_on_average(net: Small, ids: torch.Tensor) -> None:
    notes, after = Notes(), Notes()
    net.look(ids, notes)
    tap = silent(at(0, "ffn_hidden"), 3, mean=True)
    net.look(ids, lambda name, x: after(name, tap(name, x)))
    own, other = (each[at(0, "ffn_hidden")] for each in (notes, after))
    assert torch.allclose(other[..., 3], own[..., 3].mean().expand(4, 24))
    assert torch.equal(other[..., 4], own[..., 4])


def test_patching_all_of_the_answer_and_nothing_before(net: Small, ids: torch.Tensor) -> None:
    clean, broken = ids[0, :9], ids[0, :9].clone()
    broken[4] = (broken[4] + 1) % len(LETTERS)
    both = net(torch.stack((clean, broken)))[:, -1].log_softmax(-1)
    restored = patched(net, clean, broken, 2)
    assert restored.shape == (5, 9)
    assert restored[0, 4] == pytest.approx(float(both[0, 2]))  # the letter itself
    assert restored[-1, -1] == pytest.approx(float(both[0, 2]))  # the end of the stream
    assert restored[:, :4].numpy() == pytest.approx(float(both[1, 2]))  # before it: nothing


def test_a_probe_is_ridge_regression() -> None:
    x, labels = torch.randn(40, 5).double(), torch.randint(3, (40,))
    W = fit(x, labels, 3, pull=0.5)
    X, Y = torch.nn.functional.pad(x, (0, 1), value=1.0), torch.nn.functional.one_hot(labels, 3)
    tall = torch.cat((X, 0.5**0.5 * torch.eye(6).double()))
    wanted = torch.cat((Y.double(), torch.zeros(6, 3).double()))
    assert torch.allclose(W, torch.linalg.lstsq(tall, wanted).solution, atol=1e-10)
    clear = torch.nn.functional.one_hot(labels, 3).double()
    assert right(fit(clear, labels, 3), clear, labels) == 1.0


def test_a_head_that_looks_at_what_followed_scores_1() -> None:
    class Fixed:
        blocks = (None,)

        def look(self, ids: torch.Tensor, tap: Any) -> None:
            weights = torch.zeros(len(ids), 2, 12, 12)
            for t in range(5, 12):
                weights[:, 0, t, t - 4] = 1.0
                weights[:, 1, t] = 1 / 12
            tap(at(0, "weights"), weights)

    scores = induction_scores(Fixed(), repeated(3, 12, 5, random.Random(0)), 5)
    assert scores[0].tolist() == pytest.approx([1.0, 1 / 12])


def test_a_plane_keeps_products_of_two_channels() -> None:
    q, k = torch.randn(6, 2).double(), torch.randn(7, 2).double()
    a, b, share = plane(q, k)
    assert share == pytest.approx(1.0)
    assert torch.allclose(torch.cdist(a, b), torch.cdist(q, k))


def test_the_planted_rule() -> None:
    ids = repeated(5, 12, 5, random.Random(1))
    assert torch.equal(ids[:, 5:10], ids[:, :5])
    assert all(len(set(row[:5])) == 5 for row in ids.tolist())
    assert told(12, 5).tolist() == [False] * 5 + [True] * 6


# ----- scenes -------------------------------------------------------------------------------------


@SCENES
def test_a_scene_tells_a_story_with_numbers_to_predict(name: str) -> None:
    storied.tells_a_story(scene(name), frames(name), 5, 12)


@SCENES
def test_every_cell_can_be_pointed_at_in_80_columns(name: str) -> None:
    storied.spells_its_heatmaps(scene(name), frames(name))


def test_a_later_letter_moves_nothing_before_it() -> None:
    spot = Spot("text", 0, 5)
    before, after = frames("lens"), frames("lens", Poke(spot, "p"))
    for title, view in (("stream", "stream"), ("lens", "lens"), ("what each part adds", "adds")):
        one, two = (told_[title].shown()[view] for told_ in (before, after))
        assert isinstance(one, Heatmap)
        assert isinstance(two, Heatmap)
        still = before[title].still
        assert still is not None
        moved = one.values != two.values
        assert moved.any()
        assert not (moved & still(spot)[view]).any()


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_each_mistake_is_shown_by_its_meters(mistake: Any) -> None:
    name = "probe" if mistake.name == "seen" else "lens"
    right_, wrong = frames(name), frames(name, mistake=mistake.name)
    for view in mistake.meters:
        pairs = [(right_[title].shown(), frame.shown()) for title, frame in wrong.items()]
        assert [1 for one, two in pairs if view in one and repr(one[view]) != repr(two[view])]


def test_a_probe_on_what_it_has_seen_finds_random_labels() -> None:
    for mistake, level in (("none", 0.55), ("seen", 1.0)):
        told_ = frames("probe", texts=16, mistake=mistake)
        control, heart = told_["random labels"].shown(), told_["learned by heart"].shown()
        assert isinstance(control["control"], Bars)
        assert isinstance(heart["heart"], Bars)
        assert max(control["control"].values) <= max(level, max(heart["heart"].values))
        assert (control["control"].values == heart["heart"].values) == (mistake == "seen")


def test_every_mistake_is_offered_and_names_a_line() -> None:
    fields = [scene(name).Ask.__dataclass_fields__.get("mistake") for name in lesson.scenes]
    offered = {c for field in fields if field for c in field.metadata["knob"].choices}
    assert offered == {"none", *(mistake.name for mistake in MISTAKES)}
    for mistake in MISTAKES:
        definition = mistake.line.partition("#")[2]
        assert hasattr(importlib.import_module("lessons.inspect.model"), definition)


@pytest.mark.parametrize(("name", "asked"), [
    ("lens", {"text": "h"}), ("lens", {"text": "hΩh"}), ("ablate", {"layer": 9}),
    ("ablate", {"head": 9}), ("ablate", {"period": 16}), ("patch", {"place": 99}),
    ("projections", {"head": 9}), ("projections", {"text": "h" * 99}),
])  # fmt: skip
def test_what_cannot_be_shown_is_refused(name: str, asked: dict[str, Any]) -> None:
    with pytest.raises(LabError):
        frames(name, **asked)


# ----- runs ---------------------------------------------------------------------------------------


@SCENES
def test_a_run_of_lesson_gpt_can_be_looked_into(name: str) -> None:
    catalog = importlib.import_module("zhtui.lesson.catalog")
    config = catalog.one("gpt").card.presets["tiny"]
    run = Run(replace(config, data="python"))
    assert len(frames(name, run=run)) >= 5


def test_a_tiny_run_is_measured_and_looked_into() -> None:
    run = Run(replace(PRESETS["tiny"], steps=10))
    with torch.enable_grad():
        rows = [{key: float(value) for key, value in row.items()} for row in train(run)]
    assert rows[-1]["loss"] < rows[0]["loss"]
    assert 0 <= rows[-1]["score"] <= 1
    shown = frames("lens", run=run)["stream"].shown()["stream"]
    assert isinstance(shown, Heatmap)
    assert np.isfinite(shown.values).all()


def test_bad_settings_are_refused() -> None:
    for bad in ({"n_embd": 15}, {"shortest": 12}, {"block_size": 9}):
        with pytest.raises(LabError):
            build.build(Run(replace(PRESETS["tiny"], **bad)))


@pytest.mark.slow
def test_the_planted_rules_head_is_found() -> None:
    with torch.enable_grad():
        *_, last = train(Run(PRESETS["quick"]))
    assert last["found"] == 1.0
