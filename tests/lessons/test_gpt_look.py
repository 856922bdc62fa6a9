"""The scenes of the gpt lesson: its boxes, attention on a text, what is inside, its mistakes."""

from __future__ import annotations

import importlib
import json
import math
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from typer.testing import CliRunner

from lessons.blocks.arithmetic import figure
from lessons.gpt import lesson
from lessons.gpt.build import assemble, build, model
from lessons.gpt.config import MISTAKES, POSITIONS, PRESETS, TINY, Config
from lessons.gpt.explore.changes import reshaped
from lessons.gpt.generate import generate, score
from lessons.gpt.pictures import sheet
from lessons.gpt.reading import read, subject
from zhtui.cli.app import app
from zhtui.lab import (
    Bars,
    Frame,
    Graph,
    Heatmap,
    Histogram,
    LabError,
    Poke,
    Run,
    Sampling,
    Spot,
    Table,
    Text,
    plain,
)
from zhtui.runs.folder import RunFolder

VERSE = "the king shall be the world, and the night is good.\n" * 20


def run_of(path: Path, **knobs: Any) -> Run:
    """A model that has learned nothing yet, on a few lines."""
    path.write_text(VERSE)
    torch.manual_seed(7)
    return Run(replace(TINY, data=str(path), block_size=32, start=0.3, **knobs))


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return run_of(tmp_path / "verse.txt")


def frames(
    name: str, run: Run | None = None, poke: Poke | None = None, **asked: Any
) -> dict[str, Frame]:
    scene = importlib.import_module(f"lessons.gpt.explore.{name}")
    made = scene.explore(run, scene.Ask(**asked), poke or Poke())
    return {frame.title: frame for frame in made}


def values(frame: Frame, view: str) -> Any:
    shown = frame.shown()[view]
    assert isinstance(shown, Heatmap)
    return shown.values


def said(name: str, frame: Frame, spot: Spot, **asked: Any) -> str:
    scene = importlib.import_module(f"lessons.gpt.explore.{name}")
    return plain(scene.point(scene.Ask(**asked), frame, spot))


# --- the model ------------------------------------------------------------------------------------


def test_the_boxes_hold_every_learned_number(run: Run) -> None:
    _, built = run.once(build)
    made = frames("model", run)
    counted = sum(p.numel() for p in built.parameters())
    ledger = made["ledger"].shown()["ledger"]
    assert isinstance(ledger, Table)
    assert sum(int(row[3]) for row in ledger.rows) == counted
    assert f"{counted:,}" in plain(made["ledger"].say)
    graph = made["attention"].shown()["model"]
    assert isinstance(graph, Graph)
    assert [node.id for node in graph.nodes if node.lit] == ["attention"]
    assert list(made) == ["model", *(node.id for node in graph.nodes), "ledger"]
    assert "qkv.weight: 96·32 = 3,072" in said("model", made["attention"], Spot("inside", 1, 2))


def test_a_box_is_opened_by_a_knob(run: Run) -> None:
    opened = frames("model", run, box=2)["model"].shown()["inside"]
    assert isinstance(opened, Table)
    assert opened.rows[0][0] == "norm1.weight"


def test_a_tied_table_counted_twice_shows_in_the_ledger(run: Run) -> None:
    right, wrong = (frames("model", run, mistake=name)["ledger"] for name in ("none", "twice"))
    total = int(plain(right.say).split()[1].rstrip(";").replace(",", ""))
    vocab, channels = run.once(build)[1].tokens.weight.shape
    assert f"together {total + vocab * channels:,};" in plain(wrong.say)
    assert f"itself holds {total:,}" in plain(wrong.say)


@pytest.mark.parametrize("rung", ["bigram", "head", "blocks"])
def test_the_lower_rungs_have_boxes_too(tmp_path: Path, rung: str) -> None:
    run = run_of(tmp_path / "verse.txt", rung=rung, tied=False)
    made = frames("model", run)
    counted = sum(p.numel() for p in run.once(build)[1].parameters())
    assert plain(made["ledger"].say).startswith(f"together {counted:,};")


# --- attention ------------------------------------------------------------------------------------


def test_the_sheet_of_all_heads_stands_beside_one_and_says_whose_look_a_cell_is(run: Run) -> None:
    frame = frames("attention", run, text="the king", layer=1)["weights"]
    assert values(frame, "sheet").shape == (17, 17), "two layers of two heads, eight positions each"
    A = values(frame, "A")  # layer 1, head 0
    words = said("attention", frame, Spot("sheet", 9 + 5, 3), layer=1)
    assert words == f"layer 1, head 0: {figure(A[5, 3])}\nhow much 'i' (5) listens to '␣' (3)"
    assert said("attention", frame, Spot("sheet", 8, 3)) == "between two heads"


def test_every_head_of_every_layer_can_be_seen(run: Run) -> None:
    for layer, head in product(range(2), range(2)):
        A = values(
            frames("attention", run, text="the king", layer=layer, head=head)["weights"], "A"
        )
        assert A.shape == (8, 8)
        assert A.sum(axis=1) == pytest.approx(1, abs=1e-5)
        assert not np.triu(A, 1).any(), "nobody looks ahead"


def test_what_is_seen_is_what_the_model_does(run: Run) -> None:
    symbols, built = run.once(build)
    made = frames("attention", run, text="the king", layer=1, head=1)
    ids = symbols.encode("the king")[None]
    built.eval()
    with torch.no_grad():
        x = built.blocks[0](built.embed(ids))
        q, k, v = built.blocks[1].attention.split(built.blocks[1].norm1(x))
        expected = F.scaled_dot_product_attention(q, k, v, is_causal=True)[0, 1]
        logits = built(ids)[0]
    assert values(made["heard"], "O") == pytest.approx(expected.numpy(), abs=1e-5)
    shown = made["next"].shown()["next"]
    assert isinstance(shown, Bars)
    assert shown.values[0] == pytest.approx(logits[-1].softmax(-1).max().item(), abs=1e-5)
    loss = F.cross_entropy(logits[:-1], ids[0, 1:]).item()
    assert plain(made["next"].say).startswith(f"{loss:.3f} nats")


VIEWS = ("E", "X", "Q", "K", "V", "S", "scaled", "masked", "A", "O", "added", "R")


@pytest.mark.parametrize("layer", [0, 1])
@pytest.mark.parametrize("spot", [Spot("text", 0, 4), Spot("E", 4, 1)])
@pytest.mark.parametrize(
    "knobs", [{}, {"positions": "rotary", "n_kv_head": 1}, {"norm_first": False}]
)
def test_a_poke_moves_nothing_that_stands_before(
    tmp_path: Path, layer: int, spot: Spot, knobs: dict[str, Any]
) -> None:
    run = run_of(tmp_path / "verse.txt", **knobs)
    value = "b" if spot.view == "text" else 3.0
    asked = {"text": "the king", "layer": layer}
    plain_, poked = (
        frames("attention", run, **asked),
        frames("attention", run, Poke(spot, value), **asked),
    )
    moved = 0
    for title, frame in poked.items():
        assert frame.still is not None
        masks = frame.still(spot)
        for view in frame.shown():
            if view in VIEWS:
                before, after = values(plain_[title], view), values(frame, view)
                changed = before != after
                assert not (changed & masks[view]).any(), f"{title} {view}"
                moved += bool(changed.any())
    assert moved >= 10


def leak(run: Run | None, mistake: str, view: str, **asked: Any) -> float:
    """How far what stands before position 6 of 8 moves when the character there is another."""
    asked |= {"text": "the king", "mistake": mistake}
    spot = Spot("text", 0, 6)
    before = frames("attention", run, **asked)["heard"]
    after = frames("attention", run, Poke(spot, "b"), **asked)["heard"]
    return float(abs(values(before, view)[:6] - values(after, view)[:6]).max())


@pytest.mark.parametrize("mistake", ["reshape", "axis"])
def test_each_mistake_lets_the_future_through_and_the_right_model_does_not(
    run: Run, mistake: str
) -> None:
    assert leak(run, "none", "O", layer=0, head=1) == 0.0
    assert max(leak(run, mistake, "O", layer=0, head=head) for head in (0, 1)) > 1e-3
    assert mistake in [each.name for each in MISTAKES]


def test_reshape_and_view_with_transpose_differ_in_what_they_cut() -> None:
    x = torch.arange(12.0).view(1, 3, 4)  # (B, T, C)
    right = x.view(1, 3, 2, 2).transpose(1, 2)  # (B, H, T, D)
    assert torch.equal(reshaped(right), x.view(1, 2, 3, 2))
    assert not torch.equal(right, x.view(1, 2, 3, 2))


def test_softmax_down_the_columns_shows_in_the_sums(run: Run) -> None:
    A = values(frames("attention", run, text="the king", mistake="axis")["weights"], "A")
    assert A.sum(axis=0) == pytest.approx(1, abs=1e-5)
    assert abs(A.sum(axis=1) - 1).max() > 0.1


def test_a_silent_head_adds_nothing_and_costs_what_the_overview_says(run: Run) -> None:
    asked = {"text": "the king", "layer": 1, "head": 0}
    right, silent = (
        frames("attention", run, **asked),
        frames("attention", run, silent=True, **asked),
    )
    assert not values(silent["heard"], "O").any()
    here, trained = (
        plain(silent["next"].say).split(" nats")[0],
        plain(right["next"].say).split(" ")[0],
    )
    cost = values(right["all heads"], "heads")[1, 0]
    assert cost == pytest.approx(float(here) - float(trained), abs=2e-3)


def test_heat_spreads_looks(run: Run) -> None:
    def widest(temperature: float) -> Any:
        made = frames("attention", run, text="the king", temperature=temperature)
        return values(made["weights"], "A").max(axis=1)

    assert (widest(0.05)[1:] > widest(1.0)[1:]).all()
    assert widest(1e5) == pytest.approx([1 / (t + 1) for t in range(8)], abs=1e-3)


@pytest.mark.parametrize("positions", POSITIONS)
def test_a_cell_spells_its_sum(tmp_path: Path, positions: str) -> None:
    run = run_of(tmp_path / "verse.txt", positions=positions, bias=True)
    made = frames("attention", run, text="the king", head=1)
    keep = made["scores"].keep
    words = said("attention", made["scores"], Spot("S", 3, 1))
    assert words.startswith("q3·k1 = ")
    assert f"= {float(keep['Q'][3] @ keep['K'][1]):.2f}\n" in words
    assert "how much 'k'" not in words
    words = said("attention", made["weights"], Spot("A", 3, 1))
    assert f"= {figure(keep['A'][3, 1])}\n" in words
    for title, frame in made.items():
        for view in frame.shown():
            for spot in (Spot(view, 1, 0), Spot(view, 1, 1)):
                lines = said("attention", frame, spot).split("\n")
                assert all(len(line) <= 80 for line in lines), f"{title} {view}"


def test_thumbnails_stand_layers_down_and_heads_across() -> None:
    weights = [torch.full((2, 3, 3), float(layer)) for layer in (1, 2)]
    weights[0][1] = torch.eye(3)
    flat = sheet(weights).values
    assert flat.shape == (7, 7)
    assert (flat[:3, 4:] == np.eye(3)).all()
    assert (flat[3] == 0).all()
    assert (flat[4:, :3] == 1).all()


@pytest.mark.parametrize(("asked", "what"), [
    ({"layer": 2}, "2 layers of attention; choose layer=0"),
    ({"head": 5}, "2 heads; choose head=0"),
    ({"text": "T"}, "'T'"),
    ({"text": "t"}, "two or more"),
    ({"text": "the Ω"}, "'Ω'.*column 5"),
])  # fmt: skip
def test_what_cannot_be_looked_at_is_refused(run: Run, asked: dict[str, Any], what: str) -> None:
    with pytest.raises(LabError, match=what):
        frames("attention", run, **asked)


# --- without a run, and with a shipped one --------------------------------------------------------


@pytest.mark.parametrize("name", lesson.scenes)
def test_scenes_need_no_run_and_are_the_same_each_time(name: str) -> None:
    torch.manual_seed(3)
    before = torch.random.get_rng_state()
    first, second = frames(name), frames(name)
    assert torch.equal(before, torch.random.get_rng_state())
    assert [frame.say for frame in first.values()] == [frame.say for frame in second.values()]
    assert all(plain(frame.say) and frame.shown() for frame in first.values())
    assert {2, 1} >= {len(frame.shown()) for frame in first.values() if frame.title == "model"}


def test_a_look_leaves_a_training_model_as_it_was(run: Run) -> None:
    built = model(run).train()
    frames("attention", run, text="the king")
    frames("inside", run, text="the king")
    assert built.training
    assert all(p.grad is None for p in built.parameters())
    assert not torch.is_inference_mode_enabled()


# --- inside ---------------------------------------------------------------------------------------


def test_the_lens_ends_in_what_the_model_says(run: Run) -> None:
    made = frames("inside", run, text="the king")
    lens = made["lens"].shown()["lens"]
    assert isinstance(lens, Table)
    assert [row[0] for row in lens.rows] == ["embedding", "block 1", "block 2"]
    text, built = run.once(build)
    chances = built(text.encode("the king")[None])[0, -1].softmax(dim=-1)
    assert str(lens.rows[-1][1]).endswith(f"{chances.max().item():.3f}")
    columns = made["lens by character"].shown()["characters"]
    assert isinstance(columns, Table)
    assert "".join(str(row[0]) for row in columns.rows) == "the␣king"
    assert [row[1] for row in columns.rows[:2]] == ["h", "e"]


def test_histograms_count_every_number(run: Run) -> None:
    made = frames("inside", run, text="the king")
    _, built = run.once(build)
    parameters = made["parameters"].shown()["parameters"]
    activations = made["activations"].shown()["activations"]
    assert isinstance(parameters, Histogram)
    assert isinstance(activations, Histogram)
    block = sum(p.numel() for p in built.blocks[0].parameters())
    assert int(parameters.series["block 1"].sum()) == block
    assert int(activations.series["embedding"].sum()) == 8 * run.config.n_embd


def test_the_gradient_is_the_one_of_a_backward_pass_and_leaves_none_behind(run: Run) -> None:
    shown = frames("inside", run, text="the king")["gradient"].shown()["gradient"]
    assert isinstance(shown, Bars)
    text, built = run.once(build)
    assert all(p.grad is None for p in built.parameters())
    ids = text.encode("the king")[None]
    built.loss(ids[:, :-1], ids[:, 1:]).backward()
    norms = torch.stack([p.grad.norm() for p in built.blocks[1].parameters()])
    expected = norms.norm().item()
    assert shown.values[list(shown.labels).index("block 2")] == pytest.approx(expected, rel=1e-5)


def test_surprise_is_the_loss_character_by_character(run: Run) -> None:
    made = frames("inside", run, text="the king")
    symbols, built = run.once(build)
    ids = symbols.encode("the king")
    with torch.no_grad():
        nats = F.cross_entropy(built(ids[None])[0, :-1], ids[1:], reduction="none")
    bits = (nats / math.log(2)).tolist()
    assert f"= {bits[2]:.2f} bits" in said("inside", made["surprise"], Spot("text", 0, 3))
    assert "nothing stood before" in said("inside", made["surprise"], Spot("text", 0, 0))
    text = made["surprise"].shown()["text"]
    assert isinstance(text, Text)
    assert int(np.argmax(text.weights)) == int(nats.argmax()) + 1


def test_a_bigram_has_no_heads_and_all_the_rest(tmp_path: Path) -> None:
    run = run_of(tmp_path / "verse.txt", rung="bigram", tied=False)
    assert {"lens", "surprise", "gradient", "parameters"} <= set(
        frames("inside", run, text="the king")
    )
    with pytest.raises(LabError, match="has 0 layers"):
        frames("attention", run, text="the king")


def test_a_poked_character_changes_what_comes_and_nothing_before(run: Run) -> None:
    symbols, built = subject(run)
    before, after = (read(symbols, built, text) for text in ("the king", "the kbng"))
    assert torch.equal(before.surprise[:4], after.surprise[:4])
    assert not torch.equal(before.surprise[4:], after.surprise[4:])


def test_a_text_that_nobody_chose_leaves_out_what_the_model_does_not_know(run: Run) -> None:
    text = frames("attention", run)["text"].shown()["text"]
    assert isinstance(text, Text)
    assert text.text == "o be, or no", "the verse has no T"


def test_every_knob_opens_every_scene(tmp_path: Path) -> None:
    base = Config(block_size=16, n_layer=1, n_head=2, n_embd=8)
    for knobs in (
        {"n_kv_head": 1, "ffn": "swiglu"}, {"norm": "rmsnorm-unscaled", "qk_norm": True},
        {"experts": 3, "active": 2}, {"rung": "microgpt"},
    ):  # fmt: skip
        config = replace(base, **knobs)
        assert assemble(config, 5)
        run = run_of(tmp_path / "verse.txt", **knobs)
        for name in lesson.scenes:
            assert frames(name, run)
    assert set(PRESETS) >= {"tiny", "quick", "paper"}


# --- a given text ---------------------------------------------------------------------------------


def test_a_given_text_has_the_models_own_probabilities(run: Run) -> None:
    tokens = list(score(run, "the", " king", Sampling()))
    assert "".join(token.text for token in tokens) == " king"
    text, built = run.once(build)
    ids = text.encode("the king")
    logits = built(ids[None])[0]
    nats = F.cross_entropy(logits[2:-1], ids[3:], reduction="none")
    own = [-math.log(token.probability) for token in tokens]
    assert own == pytest.approx(nats.tolist(), rel=1e-4)


def test_what_was_written_is_scored_as_it_was_written(run: Run) -> None:
    """Also beyond the context, where the stream starts afresh."""
    written = list(generate(run, "the", Sampling(tokens=50, seed=3)))
    text = "".join(token.text for token in written)
    again = list(score(run, "the", text, Sampling(seed=9)))
    assert [t.probability for t in again] == pytest.approx([t.probability for t in written])
    assert [t.alternatives for t in again] == [t.alternatives for t in written]


def test_an_unknown_character_of_the_given_text_is_named(run: Run) -> None:
    with pytest.raises(LabError, match="'Ω'"):
        list(score(run, "the", " Ω", Sampling()))


# --- a shipped run, by the command line -----------------------------------------------------------

SHIPPED = Path(__file__).parents[2] / "checkpoints"


def told(*words: str) -> Any:
    """What `zhtui explore gpt` says of the shipped run in JSON."""
    given = ["explore", "gpt", "--run", "quiet-bard", "--store", str(SHIPPED), "--json", *words]
    ran = CliRunner().invoke(app, given)
    assert ran.exit_code == 0, ran.output
    return json.loads(ran.stdout)


@pytest.mark.skipif(not (SHIPPED / "gpt" / "quiet-bard").is_dir(), reason="no run is shipped here")
def test_the_command_pokes_at_any_kept_step_and_nothing_earlier_moves() -> None:
    frame = told("text=ROMEO:", "--frame", "3")
    assert frame["frame"] == 3
    assert frame["title"] == "queries, keys, values"
    assert set(frame["views"]) == {"Q", "K", "V"}
    kept = [done for done, _ in RunFolder(SHIPPED / "gpt" / "quiet-bard").checkpoints()]
    assert len(kept) > 2
    for step in kept:
        poked = ("text=ROMEO:", "head=3", "--poke", "text,0,5=x", "--step", str(step))
        poked = (*poked, "--frame", "8")
        right, leaky = told(*poked), told(*poked, "mistake=reshape")
        assert right["wrong"] == {}
        assert min(row for row, _ in right["moved"]["O"]) == 5
        assert leaky["wrong"]["O"]
