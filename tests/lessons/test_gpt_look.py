"""Views of a GPT on a text of one's own, and a given text scored a character at a time."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from lessons.gpt.build import build
from lessons.gpt.config import TINY
from lessons.gpt.generate import generate, score
from lessons.gpt.inspect import inspect
from zhtui.lab import Bars, Heatmap, Histogram, LabError, Run, Sampling, Table

VERSE = "the king shall be the world, and the night is good.\n" * 20


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A model that has learned nothing yet, on a few lines."""
    path = tmp_path / "verse.txt"
    path.write_text(VERSE)
    torch.manual_seed(7)
    return Run(replace(TINY, data=str(path), block_size=32))


def test_every_head_has_a_view_by_its_layer_and_number(run: Run) -> None:
    views = dict(inspect(run, "the king"))
    names = [f"attention {layer}.{head}" for layer in (1, 2) for head in (1, 2)]
    assert set(names) <= set(views)
    for name in names:
        view = views[name]
        assert isinstance(view, Heatmap)
        assert view.values.shape == (8, 8)
        assert view.values.astype(float).sum(axis=1) == pytest.approx(1, abs=2e-3)
        assert not np.triu(view.values, 1).any(), "nobody looks ahead"


def test_the_lens_ends_in_what_the_model_says(run: Run) -> None:
    views = dict(inspect(run, "the king"))
    lens = views["lens"]
    assert isinstance(lens, Table)
    assert [row[0] for row in lens.rows] == ["embedding", "block 1", "block 2"]
    text, model = run.once(build)
    chances = model(text.encode("the king")[None])[0, -1].softmax(dim=-1)
    best = chances.max().item()
    assert str(lens.rows[-1][1]).endswith(f"{best:.3f}")
    columns = views["lens by character"]
    assert isinstance(columns, Table)
    assert "".join(str(row[0]) for row in columns.rows) == "the␣king"
    assert [row[1] for row in columns.rows[:2]] == ["h", "e"]


def test_histograms_count_every_number(run: Run) -> None:
    views = dict(inspect(run, "the king"))
    _, model = run.once(build)
    parameters, activations = views["parameters"], views["activations"]
    assert isinstance(parameters, Histogram)
    assert isinstance(activations, Histogram)
    block = sum(p.numel() for p in model.blocks[0].parameters())
    assert int(parameters.series["block 1"].sum()) == block
    assert int(activations.series["embedding"].sum()) == 8 * run.config.n_embd


def test_the_gradient_is_the_one_of_a_backward_pass_and_leaves_none_behind(run: Run) -> None:
    shown = dict(inspect(run, "the king"))["gradient"]
    assert isinstance(shown, Bars)
    text, model = run.once(build)
    assert all(p.grad is None for p in model.parameters())
    ids = text.encode("the king")[None]
    model.loss(ids[:, :-1], ids[:, 1:]).backward()
    norms = torch.stack([p.grad.norm() for p in model.blocks[1].parameters()])
    assert shown.values[list(shown.labels).index("block 2")] == pytest.approx(
        norms.norm().item(), rel=1e-5
    )


def test_a_bigram_has_no_heads_and_all_the_rest(run: Run) -> None:
    run.config = replace(run.config, rung="bigram")
    views = dict(inspect(run, "the king"))
    assert not any(name.startswith("attention") for name in views)
    assert {"lens", "surprise", "gradient", "parameters"} <= set(views)


def test_a_given_text_has_the_models_own_probabilities(run: Run) -> None:
    tokens = list(score(run, "the", " king", Sampling()))
    assert "".join(token.text for token in tokens) == " king"
    text, model = run.once(build)
    ids = text.encode("the king")
    logits = model(ids[None])[0]
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
