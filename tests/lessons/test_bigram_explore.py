"""The scenes of the bigram lesson: a table counted and thrown, its mistakes, and a net inside."""

from __future__ import annotations

import importlib
import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lessons.bigram import lesson
from lessons.bigram.build import model
from lessons.bigram.config import MISTAKES
from lessons.bigram.corpus import build
from lessons.bigram.explore.count import chances, pairs_of
from lessons.bigram.model import count, probabilities
from lessons.bigram.train import train
from lessons.blocks.names import Alphabet, examples
from zhtui.lab import Bars, Frame, Heatmap, LabError, Poke, Run, Spot, Table, Text, plain

WORDS = ["emma", "ava", "mia"]


def frames(
    name: str, run: Run | None = None, poke: Poke | None = None, **asked: Any
) -> dict[str, Frame]:
    scene = importlib.import_module(f"lessons.bigram.explore.{name}")
    made = scene.explore(run, scene.Ask(**asked), poke or Poke())
    return {frame.title: frame for frame in made}


def values(frame: Frame, view: str) -> Any:
    shown = frame.shown()[view]
    assert isinstance(shown, Heatmap)
    return shown.values


def said(name: str, frame: Frame, spot: Spot, **asked: Any) -> str:
    scene = importlib.import_module(f"lessons.bigram.explore.{name}")
    return plain(scene.point(scene.Ask(**asked), frame, spot))


# --- counting -------------------------------------------------------------------------------------


def test_the_frames_count_what_the_lesson_counts() -> None:
    made, alphabet = frames("count"), Alphabet.of(WORDS)
    counted = count(examples(WORDS, alphabet, 2), len(alphabet))
    assert (values(made["rows"], "N") == counted.numpy()).all()
    assert values(made["rows"], "P") == pytest.approx(probabilities(counted).numpy())
    pairs = [frame for title, frame in made.items() if title.startswith("pair")]
    assert len(pairs) == int(counted.sum())
    for number, frame in enumerate(pairs, 1):
        assert values(frame, "N").sum() == number
        if number > 1:
            assert (values(frame, "N") != values(pairs[number - 2], "N")).sum() == 1


def test_a_row_of_chances_sums_to_one_and_smoothing_fills_it() -> None:
    P = values(frames("count", smoothing=1.0)["rows"], "P")
    assert P.sum(axis=1) == pytest.approx(1)
    assert (P > 0).all()


def test_the_die_is_the_row_that_was_asked_for() -> None:
    made = frames("count", row=1)
    die, pieces = (made["die"].shown()[name] for name in ("die", "pieces"))
    assert isinstance(die, Bars)
    assert isinstance(pieces, Table)
    assert list(die.values) == pytest.approx(values(made["rows"], "P")[1].tolist())
    assert str(pieces.rows[-1][-1]).endswith("1.0000")


def test_a_name_is_thrown_from_the_pairs_and_costs_what_they_cost() -> None:
    made = frames("count")
    P, alphabet = values(made["rows"], "P"), Alphabet.of(WORDS)
    thrown = made["name"].shown()["thrown"]
    assert isinstance(thrown, Table)
    word = str(thrown.rows[-1][-1])
    assert word == "emmia."
    ids = alphabet.encode("." + word)
    cost = -sum(math.log(P[a, b]) for a, b in pairwise(ids)) / len(word)
    assert f"{cost:.4f} nats a character" in plain(made["name"].say)
    assert [f"throw {i + 1}" in made for i in range(len(word))] == [True] * len(word)


@pytest.mark.parametrize("spot", [Spot("N", 1, 0), Spot("N", 4, 2)])
def test_a_poked_count_moves_its_own_row_and_no_other(spot: Spot) -> None:
    before, after = frames("count")["rows"], frames("count", poke=Poke(spot, 9))["rows"]
    assert after.still is not None
    moved, quiet = values(before, "P") != values(after, "P"), after.still(spot)["P"]
    assert moved[spot.row].any()
    assert not (moved & quiet).any()
    wrong = [frames("count", poke=p, mistake="keepdim")["rows"] for p in (None, Poke(spot, 9))]
    assert ((values(wrong[0], "P") != values(wrong[1], "P")) & quiet).any(), "and there it does"


def test_a_poked_letter_is_another_word() -> None:
    made = frames("count", poke=Poke(Spot("words", 0, 1), "v"))
    assert plain(made["pair 2"].say).startswith("'v' follows 'e'")


# --- its mistakes ---------------------------------------------------------------------------------


def test_sums_that_lie_down_divide_columns_and_the_meter_shows_it() -> None:
    counts = torch.tensor([[0, 1, 3], [2, 0, 0], [1, 1, 0]])
    wrong = chances(counts, 0.0, "keepdim")
    assert wrong[0].tolist() == [0, 0.5, 1.5]
    made = frames("count", mistake="keepdim")["rows"]
    sums = made.shown()["sums"]
    assert isinstance(sums, Bars)
    assert max(abs(value - 1) for value in sums.values) > 0.2
    assert "not its own" in said("count", made, Spot("P", 0, 1), mistake="keepdim")
    right = frames("count")["rows"].shown()["sums"]
    assert isinstance(right, Bars)
    assert list(right.values) == pytest.approx([1] * 6)


def test_joined_words_count_pairs_that_no_word_has() -> None:
    assert pairs_of(["ab", "c"], "none") == [".a", "ab", "b.", ".c", "c."]
    assert pairs_of(["ab", "c"], "across") == [".a", "ab", "bc", "c."]
    right, wrong = (values(frames("count", mistake=m)["rows"], "N") for m in ("none", "across"))
    a, m = 1, 4
    assert right[a, m] == 0
    assert wrong[a, m] == 1, "ava|mia"
    assert wrong[0].sum() == 1, "all but the first beginning are lost"


def test_every_mistake_can_be_chosen_and_still_writes() -> None:
    for mistake in MISTAKES:
        assert "name" in frames("count", mistake=mistake.name)


# --- cells ----------------------------------------------------------------------------------------


def test_a_cell_spells_its_sum_in_eighty_columns() -> None:
    for smoothing in (0.0, 1.0):
        made = frames("count", smoothing=smoothing)
        for title, frame in made.items():
            for view in frame.shown():
                lines = said("count", frame, Spot(view, 1, 0), smoothing=smoothing).split("\n")
                assert all(len(line) <= 80 for line in lines), f"{title} {view}"
    words = said("count", frames("count")["rows"], Spot("P", 1, 0))
    assert words == "3 / 4 = 0.75\nhow often '.' comes, where 'a' has just been"
    words = said("count", frames("count", smoothing=1.0)["rows"], Spot("P", 1, 0), smoothing=1.0)
    assert words.startswith("(3 + 1) / 10 = 0.40")


@pytest.mark.parametrize("words", ["", "  ", "em.ma", "a" * 41])
def test_words_that_cannot_be_counted_are_refused(words: str) -> None:
    with pytest.raises(LabError, match="give some"):
        frames("count", words=words)


# --- inside ---------------------------------------------------------------------------------------


@pytest.fixture
def run(tmp_path: Path) -> Run:
    path = tmp_path / "words.txt"
    path.write_text("\n".join(WORDS * 9), encoding="utf-8")
    made = Run(lesson.presets["tiny"].__class__(data=str(path), form="table", steps=20))
    list(train(made))
    return made


def test_words_surprise_the_net_as_its_table_says(run: Run) -> None:
    made = frames("inside", run, text="emma ava")
    learned, alphabet = model(run).table(), run.once(build)[0].alphabet
    text = made["surprise"].shown()["text"]
    assert isinstance(text, Text)
    assert text.text == "emma.ava."
    a, b = examples(["emma", "ava"], alphabet, 2).T
    bits = -learned[a, b].log2()
    assert int(np.argmax(text.weights)) == int(bits.argmax())
    assert plain(made["surprise"].say).startswith(f"{bits.mean():.2f} bits")
    assert f"= {bits[1]:.2f} bits" in said("inside", made["surprise"], Spot("text", 0, 1))
    table = made["pairs"].shown()["pairs"]
    assert isinstance(table, Table)
    assert [row[:2] for row in table.rows[:2]] == [(".", "e"), ("e", "m")]
    after = made["next"].shown()["next"]
    assert isinstance(after, Bars)
    assert sum(after.values) == pytest.approx(1)


def test_w_and_what_it_tends_to_stand_side_by_side(run: Run) -> None:
    made = frames("inside", run)
    assert values(made["table"], "W").shape == values(made["table"], "log-counts").shape == (6, 6)
    words = said("inside", made["table"], Spot("W", 1, 0))
    counts, learned = run.once(build)[0].counts, model(run).table()
    assert f"counted {int(counts[1, 0])} times" in words
    assert f"the net says {learned[1, 0]:.4f}" in words


def test_inside_wants_a_run_and_words_that_it_knows(run: Run) -> None:
    with pytest.raises(LabError, match="choose one, or start one"):
        frames("inside")
    with pytest.raises(LabError, match="'Z'"):
        frames("inside", run, text="Zoe")
