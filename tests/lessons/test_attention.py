"""The attention lesson against torch's own, against closed forms, and with each mistake on."""

from __future__ import annotations

import importlib
import math
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import storied
import torch
import torch.nn.functional as F
from torch import Tensor

from lessons.attention import lesson
from lessons.attention import views as meters
from lessons.attention.build import check, encode, model, text_of
from lessons.attention.config import MISTAKES, PRESETS
from lessons.attention.explore import average, cache, groups, head
from lessons.attention.generate import generate
from lessons.attention.mistakes import PARTS
from lessons.attention.model import (
    Attention,
    Cache,
    as_multi_head,
    attend,
    average_by_loop,
    average_by_matrix,
    average_by_softmax,
    cache_bytes,
    merge,
    split,
    tile,
)
from lessons.attention.train import train
from lessons.blocks.arithmetic import bits, cell, dot, figure
from lessons.blocks.attention import attend_fast
from lessons.blocks.one_layer import OneLayer
from zhtui.lab import Frame, Heatmap, LabError, Poke, Run, Sampling, Spot, Table, plain
from zhtui.lesson import knobs

TEXT = "the cat sat on the mat, and then the cat sat on the hat. " * 40
SCENES = pytest.mark.parametrize("name", lesson.scenes)


scene, frames = partial(storied.scene, "attention"), partial(storied.frames, "attention")


def values(frame: Frame, view: str) -> np.ndarray:
    shown = frame.shown()[view]
    assert isinstance(shown, Heatmap)
    return shown.values


@pytest.fixture
def run(tmp_path: Path) -> Run:
    path = tmp_path / "text.txt"
    path.write_text(TEXT, encoding="utf-8")
    return Run(replace(PRESETS["tiny"], data=str(path)))


def layer_of(C: int, H: int, G: int, mistake: str = "none") -> Attention:
    torch.manual_seed(0)
    return Attention(C, H, G, PARTS[mistake]).double().requires_grad_(False)


# ----- references ---------------------------------------------------------------------------------


def test_three_forms_of_an_average_are_equal() -> None:
    x = torch.randn(9, 4, dtype=torch.double)
    assert torch.allclose(average_by_loop(x), average_by_matrix(x), atol=1e-15)
    assert torch.allclose(average_by_loop(x), average_by_softmax(x), atol=1e-15)


def test_it_is_torchs_scaled_dot_product_attention() -> None:
    q, k, v = torch.randn(3, 2, 4, 9, 8, dtype=torch.double)
    expected = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    assert torch.allclose(attend(q, k, v).out, expected, atol=1e-14)


def test_it_is_torchs_multi_head_attention() -> None:
    ours, x = layer_of(12, 3, 3), torch.randn(2, 7, 12, dtype=torch.double)
    theirs = torch.nn.MultiheadAttention(12, 3, bias=False, batch_first=True).double()
    W = (ours.query.weight, ours.key.weight, ours.value.weight)
    theirs.load_state_dict({"in_proj_weight": torch.cat(W), "out_proj.weight": ours.project.weight})
    future = torch.ones(7, 7, dtype=torch.bool).triu(1)
    out, weights = theirs(x, x, x, attn_mask=future, need_weights=True, average_attn_weights=False)
    assert torch.allclose(ours(x), out, atol=1e-14)
    assert torch.allclose(ours.read(x).weights, weights, atol=1e-14)


@pytest.mark.parametrize("G", [1, 2, 4, 8])
def test_grouped_is_multi_head_with_keys_and_values_tiled(G: int) -> None:
    grouped, x = layer_of(16, 8, G), torch.randn(9, 16, dtype=torch.double)
    assert (grouped(x) - as_multi_head(grouped)(x)).abs().max() < 1e-15
    assert (as_multi_head(grouped).key.weight.numel() // 256, grouped.G) == (1, G)


@pytest.mark.parametrize("T", [1, 5, 33])
@pytest.mark.parametrize(("H", "G"), [(4, 4), (4, 2), (4, 1)])
def test_cached_is_uncached(T: int, H: int, G: int) -> None:
    a, x = layer_of(16, H, G), torch.randn(2, T, 16, dtype=torch.double)
    cache = Cache(T)
    steps = [a(x[:, start : start + n], cache) for start, n in pieces(T)]
    assert torch.allclose(torch.cat(steps, 1), a(x), atol=1e-14)
    assert cache.used == T


def pieces(T: int) -> list[tuple[int, int]]:
    """Some at once, then one by one."""
    first = (T + 1) // 2
    return [(0, first), *((t, 1) for t in range(first, T))]


def test_only_position_0_in_the_loss_gives_queries_and_keys_no_gradient() -> None:
    torch.manual_seed(0)
    small = OneLayer(11, 8, 16, Attention(16, 4, 2))
    ids = torch.randint(11, (3, 8))
    small.loss(ids, ids.flip(1), slice(0, 1)).backward()
    for part in (small.layer.query, small.layer.key):
        assert part.weight.grad is not None
        assert not part.weight.grad.any()
    assert small.layer.value.weight.grad is not None
    assert small.layer.value.weight.grad.any()


def test_bytes_of_a_cache() -> None:
    assert cache_bytes(32_768, 32, 32, 128) == 17_179_869_184
    assert cache_bytes(32_768, 32, 8, 128) * 4 == 17_179_869_184


def test_heads_are_cut_and_joined_again() -> None:
    x = torch.randn(2, 5, 12)
    assert torch.equal(merge(split(x, 3)), x)
    assert torch.equal(split(x, 3)[:, 1], x[..., 4:8])


def test_a_dot_product_is_spelled_with_its_numbers() -> None:
    assert dot([1, 2], [3, 4]) == "1.00·3.00 + 2.00·4.00 = 11.00"
    assert dot([1.0] * 9, [1.0] * 9) == "1.00·1.00 + 1.00·1.00 + … + 1.00·1.00 = 9.00"
    assert figure(-math.inf) == "−∞"
    assert bits(torch.full((2, 8), 1 / 8)).tolist() == pytest.approx([3, 3])
    assert cell("nothing", {}, 0, 0) == ""


def test_it_is_a_small_lesson() -> None:
    """Under a thousand lines with notes, blank ones not counted, and no screen of its own."""
    folder = Path(str(meters.__file__)).parent
    files = [*folder.rglob("*.py"), folder / "notes.md"]
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    assert sum(1 for line in lines if line.strip()) < 1000
    assert not (folder / "screen").exists()


@pytest.mark.parametrize("G", [1, 2, 4])
def test_the_taught_form_is_the_shelfs_fast_one(G: int) -> None:
    q, x = torch.randn(2, 4, 9, 8, dtype=torch.double), torch.randn(2, 2, G, 9, 8).double()
    k, v = x
    taught = attend(q, tile(k, 4 // G), tile(v, 4 // G)).out
    assert torch.allclose(attend_fast(q, k, v, 8**-0.5), taught, atol=1e-14)


# ----- scenes -------------------------------------------------------------------------------------


@SCENES
def test_a_scene_tells_a_story_with_numbers_to_predict(name: str) -> None:
    told, module = frames(name), scene(name)
    assert 4 <= len(told) <= 12
    asked = [frame for frame in told.values() if frame.predict is not None]
    for frame in asked:
        assert frame.predict is not None
        assert frame.predict.view in frame.shown()
        assert module.point(module.Ask(), frame, frame.predict) or name == "cache"
    assert len(asked) >= (1 if name == "cache" else 3)
    for frame in told.values():
        assert plain(frame.say)
        assert plain(frame.look)


@SCENES
def test_what_is_pointed_at_spells_the_number_under_the_cursor(name: str) -> None:
    module, checked = scene(name), 0
    for frame in frames(name).values():
        for view, shown in frame.shown().items():
            if not isinstance(shown, Heatmap):
                continue
            i, j = shown.values.shape[0] - 1, 0
            told = plain(module.point(module.Ask(), frame, Spot(view, i, j)))
            value = float(shown.values[i, j])
            assert figure(value) in told or math.isnan(value), (frame.title, view, told)
            assert all(len(line) <= 80 for line in told.splitlines()), told
            checked += 1
    assert checked or name == "width"


@pytest.mark.parametrize("name", ["head", "groups"])
def test_rows_of_weights_sum_to_one(name: str) -> None:
    for frame in frames(name).values():
        for view, shown in frame.shown().items():
            if view.startswith("A") and isinstance(shown, Heatmap):
                assert np.allclose(shown.values.sum(1), 1)


POKES = [
    ("head", Spot("X", 6, 2), 2.0), ("head", Spot("Q", 3, 1), 2.0), ("head", Spot("K", 4, 0), 2.0),
    ("head", Spot("V", 4, 0), 2.0), ("head", Spot("text", 0, 9), "o"),
    ("groups", Spot("X", 6, 2), 2.0), ("groups", Spot("text", 0, 9), "o"),
    ("average", Spot("X", 6, 2), 2.0), ("cache", Spot("X", 1, 2), 2.0),
]  # fmt: skip


@pytest.mark.parametrize(("name", "spot", "value"), POKES)
def test_what_must_not_move_does_not(name: str, spot: Spot, value: Any) -> None:
    right, poked = frames(name), frames(name, Poke(spot, value))
    assert moved_and_still(right, poked, spot) == (True, False)


def moved_and_still(
    right: dict[str, Frame], poked: dict[str, Frame], spot: Spot
) -> tuple[bool, bool]:
    """Whether anything moved, and whether something did that had to stand still."""
    moved = broken = False
    for title, frame in right.items():
        masks = frame.still(spot) if frame.still else {}
        for view, shown in frame.shown().items():
            if isinstance(shown, Heatmap):
                other = values(poked[title], view)
                apart = (shown.values != other) & ~(np.isnan(shown.values) & np.isnan(other))
                moved |= bool(apart.any())
                if view in masks:
                    assert masks[view].shape == shown.values.shape
                    broken |= bool((apart & masks[view]).any())
    return moved, broken


# ----- mistakes -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", lesson.scenes)
def test_each_mistake_is_shown_by_its_meters(name: str) -> None:
    """Every meter that a scene has reads otherwise with the mistake than without."""
    offered = scene(name).Ask.__dataclass_fields__["mistake"].metadata["knob"].choices[1:]
    right = frames(name)
    for mistake in (m for m in MISTAKES if m.name in offered):
        wrong = frames(name, mistake=mistake.name)
        there = {view for frame in wrong.values() for view in frame.shown()} & {*mistake.meters}
        assert there
        for view in there:
            with_it = [drawn(f, view) for f in wrong.values() if view in f.shown()]
            assert with_it != [drawn(f, view) for f in right.values() if view in f.shown()], view


def drawn(frame: Frame, view: str) -> str:
    return repr(frame.shown()[view])


def test_every_mistake_is_offered_and_names_a_line() -> None:
    offered = {
        choice
        for name in lesson.scenes
        for choice in scene(name).Ask.__dataclass_fields__["mistake"].metadata["knob"].choices
    }
    assert offered == {"none", *(mistake.name for mistake in MISTAKES)}
    assert set(PARTS) == offered
    views = {v for name in lesson.scenes for frame in frames(name).values() for v in frame.shown()}
    for mistake in MISTAKES:
        assert set(mistake.meters) <= views
        _, _, definition = mistake.line.partition("#")
        assert hasattr(importlib.import_module("lessons.attention.model"), definition)


@pytest.mark.parametrize(
    ("name", "mistake", "spot", "value"),
    [
        ("groups", "reshape", Spot("X", 10, 2), 2.0),
        ("groups", "reshape", Spot("text", 0, 10), "o"),
        ("head", "no-mask", Spot("X", 10, 2), 2.0),
        ("head", "k-q", Spot("Q", 3, 1), 2.0),
        ("cache", "offset", Spot("X", 5, 2), 2.0),
    ],
)
def test_a_poke_turns_red_with_the_mistake(name: str, mistake: str, spot: Spot, value: Any) -> None:
    wrong = frames(name, mistake=mistake)
    poked = frames(name, Poke(spot, value), mistake=mistake)
    assert moved_and_still(wrong, poked, spot) == (True, True)


def test_too_large_a_divisor_flattens_the_look() -> None:
    right, wrong = frames("head"), frames("head", mistake="n-embd")
    even = [bits(torch.tensor(values(told["softmax"], "A"))).mean() for told in (right, wrong)]
    assert even[1] > even[0]


def test_an_offset_that_stands_still_makes_cached_and_whole_differ() -> None:
    def check_of(mistake: str) -> tuple[Any, ...]:
        table = frames("cache", mistake=mistake)["letter 5"].shown()["check"]
        assert isinstance(table, Table)
        return tuple(row[1] != row[2] for row in table.rows)

    assert not any(check_of("none"))
    assert any(check_of("offset"))
    K = [
        values(frame, "K.1")
        for title, frame in frames("cache", mistake="offset").items()
        if "letter" in title
    ]
    assert all(np.isnan(keys[3:]).all() for keys in K)


# ----- a run --------------------------------------------------------------------------------------


def test_a_run_learns_and_what_must_be_equal_is(run: Run) -> None:
    rows = [{name: float(value) for name, value in row.items()} for row in train(run)]
    assert rows[-1]["loss"] < rows[0]["loss"]
    for name in ("forms", "tiled", "cached"):
        assert rows[-1][name] < 1e-9
    assert rows[-1]["leak"] == 0


@pytest.mark.parametrize(("mistake", "meter"), [
    ("reshape", "leak"), ("no-mask", "leak"), ("offset", "cached"), ("k-q", "cached"),
])  # fmt: skip
def test_a_mistake_in_training_is_measured(run: Run, mistake: str, meter: str) -> None:
    run.config = replace(run.config, mistake=mistake)
    ids = run.once(text_of).val[:12]
    assert float(meters.measure(model(run), ids)[meter]) > 1e-3


def test_a_scene_looks_at_a_run(run: Run) -> None:
    told = frames("head", run=run, text="the cat", head=4)
    assert values(told["letters"], "X").shape == (7, 16)
    expected = model(run).layer.read(model(run).embed(encode(run, "the cat"))).out[3]
    assert np.allclose(values(told["output"], "O"), expected.detach().numpy(), atol=1e-6)
    assert frames("groups", run=run)["output"].shown().keys() >= {"O.1", "O.4", "Y"}
    assert len(frames("cache", run=run)) == 10


@pytest.mark.parametrize(("name", "asked"), [
    ("head", {"text": "x"}), ("head", {"text": "a" * 65}), ("head", {"head": 3}),
    ("groups", {"heads": 2, "kv_heads": 4}), ("cache", {"prompt": 11}),
])  # fmt: skip
def test_what_cannot_be_shown_is_refused(name: str, asked: dict[str, Any]) -> None:
    with pytest.raises(LabError):
        frames(name, **asked)


def test_a_run_refuses_letters_it_has_never_seen_and_long_texts(run: Run) -> None:
    with pytest.raises(LabError, match="never seen"):
        frames("head", run=run, text="Ω and")
    with pytest.raises(LabError, match="2 to 16"):
        frames("head", run=run, text="the cat sat on the mat")
    with pytest.raises(LabError, match="divide"):
        check(8, 3, 1)


def test_a_short_text_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "short.txt").write_text("too short", encoding="utf-8")
    run.config = replace(run.config, data=str(tmp_path / "short.txt"))
    with pytest.raises(LabError, match="longer text"):
        text_of(run)


def test_it_writes_past_the_room_of_its_cache(run: Run) -> None:
    texts = []
    for seed in (1, 1, 2):
        tokens = list(generate(run, "the", Sampling(tokens=40, seed=seed)))
        assert all(0 <= token.probability <= 1 for token in tokens)
        texts.append("".join(token.text for token in tokens))
    assert texts[0] == texts[1] != texts[2]


def test_what_is_greedily_written_is_what_one_pass_says(run: Run) -> None:
    cold = Sampling(tokens=10, temperature=0.0)
    written = "".join(token.text for token in generate(run, "the", cold))
    logits: Tensor = model(run)(encode(run, "the" + written))
    assert encode(run, written).tolist() == logits[2:-1].argmax(-1).tolist()


@pytest.mark.parametrize(("mistake", "columns"), [("none", 3), ("no-mask", 11)])
def test_an_average_says_how_many_columns_share(mistake: str, columns: int) -> None:
    frames = average.explore(None, average.Ask(mistake=mistake), Poke())
    frame = next(frame for frame in frames if frame.title == "softmax of −∞")
    assert f"each of {columns} columns of row 2 gets {figure(1 / columns)}" in str(frame.say)


@pytest.mark.parametrize("scene", [head, groups, cache])
def test_knobs_that_a_run_has_itself_say_so(scene: Any) -> None:
    said = {row.name for row in knobs.knobs(scene.Ask) if row.knob.without_run}
    assert said == {"heads", "kv_heads"} & vars(scene.Ask()).keys()
