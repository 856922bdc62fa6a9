"""The bigram lesson against closed forms, against the published figures, and on odd files."""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

import lessons.bigram
from lessons.bigram import lesson
from lessons.bigram import views as pictures
from lessons.bigram.config import Config
from lessons.bigram.corpus import build, read, split, words_of
from lessons.bigram.explore import inside
from lessons.bigram.generate import generate, score
from lessons.bigram.model import (
    NGram,
    OneLayer,
    count,
    divergence,
    draw,
    nll,
    one_hot,
    probabilities,
    safe_rate,
    throw,
)
from lessons.bigram.train import train
from lessons.blocks.names import Alphabet, examples
from zhtui.ask import engine
from zhtui.lab import LabError, Poke, Run, Sampling, Text, View
from zhtui.lesson import catalog
from zhtui.runs.folder import RunFolder
from zhtui.work import client, drive

WORDS = ["emma", "olivia", "ava", "isabella", "sophia", "mia", "charlotte", "amelia", "zoë"]
steady = settings(deadline=None)  # the first call pays for what torch loads late
words = st.lists(st.text("abcxyz é", min_size=1, max_size=12), min_size=1, max_size=20)
tables = st.integers(1, 7).flatmap(
    lambda size: st.lists(
        st.lists(st.integers(0, 50), min_size=size, max_size=size), min_size=size, max_size=size
    )
)


@dataclass
class Desk:
    """A host that gives one file and remembers what was shown and said."""

    path: Path
    shown: dict[str, View] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    saved: dict[str, Any] = field(default_factory=dict)

    def data(self, name: str, auto: tuple[str, ...]) -> Path:
        return self.path

    def restore(self, name: str, part: Any) -> None:
        if name in self.saved:
            part.load_state_dict(self.saved[name])

    def show(self, step: int, name: str, view: View) -> None:
        self.shown[name] = view

    def say(self, step: int, text: str) -> None:
        self.said.append(text)


def on(path: Path, text: str) -> Desk:
    path.write_text(text, encoding="utf-8")
    return Desk(path)


def rows(run: Run) -> list[dict[str, float]]:
    return [{name: float(value) for name, value in row.items()} for row in train(run)]


def text_of(run: Run, prompt: str, sampling: Sampling) -> str:
    return "".join(token.text for token in generate(run, prompt, sampling))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return on(tmp_path / "words.txt", "\n".join(WORDS * 5))


@pytest.fixture(scope="module")
def names() -> Path:
    path = Path(os.environ.get("ZHTUI_DATA", "/nowhere")) / "names.txt"
    if not path.is_file():
        pytest.skip("names.txt is not in $ZHTUI_DATA")
    return path


# ----- counting -----------------------------------------------------------------------------------


@steady
@given(words, st.integers(1, 6))
def test_examples_are_the_windows_of_padded_words(some: list[str], n: int) -> None:
    alphabet = Alphabet.of(some)
    expected = []
    for word in some:
        padded = "." * (n - 1) + word + "."
        expected += [padded[i : i + n] for i in range(len(word) + 1)]
    found = [alphabet.decode(row) for row in examples(some, alphabet, n).tolist()]
    assert found == expected


@steady
@given(words)
def test_alphabet_goes_there_and_back(some: list[str]) -> None:
    alphabet = Alphabet.of(some)
    assert alphabet.characters[0] == "."
    assert [alphabet.decode(alphabet.encode(word)) for word in some] == some
    with pytest.raises(KeyError):
        alphabet.encode("7")


@steady
@given(words)
def test_counts_are_the_pairs(some: list[str]) -> None:
    alphabet = Alphabet.of(some)
    counts = count(examples(some, alphabet, 2), len(alphabet))
    pairs = [pair for word in some for pair in zip("." + word, word + ".", strict=True)]
    for i, a in enumerate(alphabet.characters):
        for j, b in enumerate(alphabet.characters):
            assert counts[i, j] == pairs.count((a, b))


@steady
@given(tables, st.floats(0, 100))
def test_each_row_of_probabilities_sums_to_one(cells: list[list[int]], smoothing: float) -> None:
    table = probabilities(torch.tensor(cells), smoothing)
    assert (table >= 0).all()
    torch.testing.assert_close(table.sum(1), torch.ones(len(cells), dtype=torch.double))


def test_probabilities_in_the_limits() -> None:
    counts = torch.tensor([[3, 1], [0, 0]])
    assert probabilities(counts).tolist() == [[0.75, 0.25], [0.5, 0.5]]
    assert probabilities(counts, 1.0).tolist() == [[4 / 6, 2 / 6], [0.5, 0.5]]
    torch.testing.assert_close(
        probabilities(counts, 1e12), torch.full((2, 2), 0.5, dtype=torch.double)
    )


def test_nll_by_hand() -> None:
    counts = torch.tensor([[3, 1], [0, 4]])
    expected = -(3 * math.log(0.75) + math.log(0.25)) / 8
    assert nll(counts, probabilities(counts)) == pytest.approx(expected, abs=1e-15)
    assert nll(counts, torch.tensor([[1.0, 0.0], [0.0, 1.0]])) == math.inf


@steady
@given(tables.filter(lambda cells: any(map(any, cells))), st.integers(0, 2**32))
def test_no_net_is_below_the_counts_and_the_gap_is_the_divergence(
    cells: list[list[int]], seed: int
) -> None:
    counts = torch.tensor(cells)
    net = OneLayer(len(cells), seed)
    gap = nll(counts, net.table()) - nll(counts, probabilities(counts))
    share = counts.sum(1) / counts.sum()
    assert gap >= -1e-12
    assert gap == pytest.approx(
        (share * divergence(probabilities(counts), net.table())).sum().item(), abs=1e-7
    )


@steady
@given(words, words, st.integers(1, 5), st.floats(0.01, 10))
def test_ngrams_are_what_a_dictionary_counts(
    some: list[str], others: list[str], n: int, smoothing: float
) -> None:
    alphabet = Alphabet.of(some + others)
    train_rows, held_rows = (examples(w, alphabet, n) for w in (some, others))
    seen = [tuple(row) for row in train_rows.tolist()]

    def slow(row: list[int]) -> float:
        pair = seen.count(tuple(row))
        context = sum(other[:-1] == tuple(row[:-1]) for other in seen)
        return -math.log((pair + smoothing) / (context + smoothing * len(alphabet)))

    grams = NGram(train_rows, held_rows, len(alphabet))
    expected = tuple(np.mean([slow(r) for r in part.tolist()]) for part in (train_rows, held_rows))
    assert grams.nll(smoothing) == pytest.approx(expected)
    assert grams.contexts == len({row[:-1] for row in seen})


def test_a_bigram_is_the_ngram_of_two() -> None:
    alphabet = Alphabet.of(WORDS)
    pairs = examples(WORDS, alphabet, 2)
    counts = count(pairs, len(alphabet))
    for smoothing in (0.0, 1.0):
        expected = nll(counts, probabilities(counts, smoothing))
        reached, held_out = NGram(pairs, pairs[:0], len(alphabet)).nll(smoothing)
        assert reached == pytest.approx(expected, abs=1e-12)
        assert math.isnan(held_out)


# ----- dice ---------------------------------------------------------------------------------------


@steady
@given(st.lists(st.integers(0, 9), min_size=1, max_size=30).filter(any), st.integers(0, 2**32))
def test_a_throw_hits_the_piece_it_names(weights: list[int], seed: int) -> None:
    p = torch.tensor(weights, dtype=torch.double) / sum(weights)
    before, dice, character = throw(p, 0, torch.Generator().manual_seed(seed))
    assert before == 0
    assert p[character] > 0
    assert p[:character].sum() - 1e-12 <= dice <= p[: character + 1].sum() + 1e-12


def test_throws_come_as_often_as_they_should() -> None:
    p, dice = torch.tensor([0.5, 0.3, 0.0, 0.2]), torch.Generator().manual_seed(5)
    found = torch.bincount(torch.tensor([throw(p, 0, dice).character for _ in range(4000)]))
    assert (found / 4000 - p).abs().max() < 4 * math.sqrt(0.25 / 4000)
    assert found[2] == 0


def test_a_word_without_end_stops_at_the_limit() -> None:
    endless = torch.tensor([[0.0, 1.0], [0.0, 1.0]])
    drawn = draw(endless, torch.Generator().manual_seed(1), limit=7)
    assert [t.character for t in drawn] == [1] * 7


# ----- the net ------------------------------------------------------------------------------------


@steady
@given(words, st.integers(0, 2**32))
def test_both_forms_have_the_closed_forms_gradient(some: list[str], seed: int) -> None:
    alphabet = Alphabet.of(some)
    size = len(alphabet)
    pairs = examples(some, alphabet, 2)
    counts = count(pairs, size)
    a, b = pairs.T
    share = counts / counts.sum()
    reg = 0.3

    net = OneLayer(size, seed).double()
    p, W = net.table(), net.W.detach()
    expected = share.sum(1, keepdim=True) * p - share + 2 * reg * W / size**2

    losses = (net.nll(one_hot(a, size).double(), b), net.table_nll(share.double()))
    for loss in losses:
        (gradient,) = torch.autograd.grad(loss + reg * net.penalty(), net.W)
        torch.testing.assert_close(gradient, expected, rtol=1e-6, atol=1e-7)
    reference = F.cross_entropy(W[a], b)
    torch.testing.assert_close(torch.stack(losses), reference.expand(2), rtol=1e-6, atol=1e-7)


def test_the_safe_rate_is_below_the_true_limit() -> None:
    alphabet = Alphabet.of(WORDS)
    counts = count(examples(WORDS, alphabet, 2), len(alphabet))
    p, share = probabilities(counts), counts.sum(1) / counts.sum()
    steepest = max(
        s.item() * torch.linalg.eigvalsh(torch.diag(row) - row.outer(row))[-1].item()
        for s, row in zip(share, p, strict=True)
    )
    assert 0.5 * (2 / steepest) < safe_rate(counts) <= 2 / steepest


def test_descent_needs_a_gradient() -> None:
    with pytest.raises(AssertionError, match="backward"):
        OneLayer(3, 1).descend(0.1)


# ----- a run --------------------------------------------------------------------------------------


@pytest.mark.parametrize("preset", ["tiny", pytest.param("pulled", marks=pytest.mark.slow)])
def test_steps_are_the_same_bits_twice(desk: Desk, preset: str) -> None:
    config = replace(lesson.presets[preset], lr=5.0)
    first, second = Run(config, host=desk), Run(config, host=desk)
    assert rows(first) == rows(second)
    assert torch.equal(first.kept["model"].W, second.kept["model"].W)


@pytest.mark.parametrize("form", ["one-hot", "table"])
def test_a_resumed_run_goes_on_with_the_same_bits(desk: Desk, form: str) -> None:
    config = replace(lesson.presets["tiny"], form=form, lr=5.0)
    whole = Run(config, host=desk)
    expected = rows(whole)

    first = Run(config, host=desk)
    steps = train(first)
    for _ in range(13):
        next(steps)
    saved = {name: value.clone() for name, value in first.kept["model"].state_dict().items()}
    second = Run(config, host=Desk(desk.path, saved={"model": saved}))
    second.step = 13
    assert rows(second) == expected[13:]
    assert torch.equal(second.kept["model"].W, whole.kept["model"].W)


def test_both_forms_train_alike(desk: Desk) -> None:
    config = replace(lesson.presets["tiny"], lr=5.0)
    table = rows(Run(config, host=desk))
    hot = rows(Run(replace(config, form="one-hot"), host=desk))
    for one, other in zip(table, hot, strict=True):
        assert one == pytest.approx(other, abs=1e-5)


def test_a_row_after_the_loop_holds_what_counting_gives(desk: Desk) -> None:
    *steps, last = rows(Run(replace(lesson.presets["tiny"], lr=5.0), host=desk))
    assert len(steps) == 30
    assert [set(row) for row in steps] == [
        {"loss", "nll", "gap", "val"} if i % 10 == 9 else {"loss", "nll"} for i in range(30)
    ]
    assert last["uniform"] == math.log(len(set("".join(WORDS))) + 1)
    assert last["trigram"] < last["bigram"] < last["unigram"] < last["uniform"]
    assert last["bigram"] < last["bigram_smoothed"]
    assert steps[-1]["loss"] < steps[0]["loss"]
    assert steps[-1]["nll"] - last["bigram"] == pytest.approx(steps[-1]["gap"], abs=0.05)


@pytest.mark.slow
def test_the_net_arrives_at_the_counts(desk: Desk) -> None:
    config = Config(form="table", steps=3_000, lr=5.0, regularization=0.0, held_out=0.0)
    run = Run(replace(config, eval_every=1_000), host=desk)
    gaps = [row["gap"] for row in rows(run) if "gap" in row]
    assert gaps == sorted(gaps, reverse=True)
    assert 0 <= gaps[-1] < 0.005


@pytest.mark.slow
def test_regularization_pulls_to_uniform(desk: Desk) -> None:
    config = Config(form="table", steps=400, lr=2.0, held_out=0.0)
    last = [rows(Run(replace(config, regularization=r), host=desk))[-2] for r in (0.0, 1.0, 20.0)]
    uniform = math.log(len(set("".join(WORDS))) + 1)
    assert last[0]["nll"] < last[1]["nll"] < last[2]["nll"] < uniform


def test_views(desk: Desk) -> None:
    run = Run(replace(lesson.presets["tiny"], lr=5.0), host=desk)
    closing = rows(run)
    shown = desk.shown
    assert set(shown) == {
        "table", "first character", "dice", "counted names", "ladder", "ladder bars", "log-counts",
        "W", "misfit", "names",
    }  # fmt: skip
    corpus = run.once(words_of)
    size = len(corpus.alphabet)
    for name in ("table", "W", "log-counts"):
        assert shown[name].values.shape == (size, size)
        assert (
            list(shown[name].rows) == list(shown[name].columns) == list(corpus.alphabet.characters)
        )
    assert shown["table"].values.sum(1) == pytest.approx(np.ones(size))
    assert np.abs(shown["W"].values.mean(1)).max() < 1e-6
    assert sum(shown["misfit"].values) == pytest.approx(closing[-2]["gap"], abs=1e-7)
    assert [line[0] for line in shown["ladder"].rows] == [
        "uniform",
        *(f"{n}-gram" for n in range(1, 7)),
    ]
    assert shown["ladder"].rows[2][2] == f"{closing[-1]['bigram']:.4f}"
    dice = shown["dice"].rows
    assert [row[0] for row in dice] == [".", *(row[3] for row in dice[:-1])]
    for _, fell, piece, *_rest in dice:
        low, high = map(float, piece.split("-"))
        assert low - 1e-4 <= float(fell) <= high + 1e-4


def test_large_alphabets_show_their_commonest_characters(tmp_path: Path) -> None:
    letters = "".join(chr(0x4E00 + i) for i in range(200))
    desk = on(tmp_path / "many.txt", letters + "\nab" * 50)
    run = Run(lesson.presets["tiny"], host=desk)
    rows(run)
    assert desk.shown["table"].values.shape == (pictures.WIDEST, pictures.WIDEST)
    assert {".", "a", "b"} <= set(desk.shown["table"].rows)


@pytest.mark.parametrize(
    ("character", "seen"), [("a", "a"), (" ", "␣"), ("\t", "U+0009"), ("\u0301", "U+0301")]
)
def test_labels_can_be_read(character: str, seen: str) -> None:
    assert pictures.label(character) == seen


# ----- sampling and looking inside ----------------------------------------------------------------


def test_generate_repeats_itself_and_leaves_the_global_dice_alone(desk: Desk) -> None:
    run = Run(lesson.presets["tiny"], host=desk)
    state = torch.get_rng_state()
    tokens = list(generate(run, "em", Sampling(tokens=40, seed=3)))
    assert tokens == list(generate(run, "em", Sampling(tokens=40, seed=3)))
    assert torch.equal(state, torch.get_rng_state())
    assert len(tokens) == 40
    tally, model = run.once(build)
    table, characters = model.table(), tally.alphabet.characters
    before = characters.index("m")
    for token in tokens:
        here = 0 if token.text == "\n" else characters.index(token.text)
        p = table[before]
        assert token.probability == pytest.approx(p[here].item())
        assert token.entropy == pytest.approx(-(p * p.log2()).sum().item())
        assert token.kept == len(characters)
        chances = [chance for _, chance in token.alternatives]
        assert chances == pytest.approx(sorted(p.tolist(), reverse=True)[:10])
        before = here


def test_only_the_end_of_a_prompt_matters(desk: Desk) -> None:
    run = Run(lesson.presets["tiny"], host=desk)
    sampling = Sampling(tokens=20, seed=9)
    assert text_of(run, "emma\nav", sampling) == text_of(run, "v", sampling)
    assert text_of(run, "emma\n", sampling) == text_of(run, "", sampling)


def test_a_text_is_scored_as_if_it_had_been_written(desk: Desk) -> None:
    run = Run(lesson.presets["tiny"], host=desk)
    rows(run)
    sampling = Sampling(tokens=40, temperature=0.7, top_k=5, seed=3)
    written = list(generate(run, "em", sampling))
    text = "".join(token.text for token in written)
    assert "\n" in text, "several names"
    assert list(score(run, "em", text, sampling)) == written
    assert list(score(run, "", "", sampling)) == []
    bits = -sum(math.log2(token.probability) for token in score(run, "", "emma\n", Sampling()))
    assert bits == pytest.approx(float(surprise(run, "emma")), abs=0.006)


def looked(run: Run, text: str) -> dict[str, Any]:
    """All views of the scene `inside` on a text, by name."""
    frames = inside.explore(run, inside.Ask(text=text), Poke())
    return {name: view for frame in frames for name, view in frame.shown().items()}


def surprise(run: Run, word: str) -> str:
    """What the scene `inside` says of the same word."""
    view = looked(run, word)["text"]
    assert isinstance(view, Text)
    return view.note.split()[0]


def test_a_text_with_an_unknown_character_is_not_begun(desk: Desk) -> None:
    run = Run(lesson.presets["tiny"], host=desk)
    with pytest.raises(LabError, match=r"'Z'.*use only"):
        next(score(run, "", "emZ", Sampling()))


def test_a_trained_net_writes_and_is_looked_into_without_its_words(
    store: Path, tmp_path: Path
) -> None:
    words = tmp_path / "words.txt"
    words.write_text("\n".join(WORDS * 5), encoding="utf-8")
    folder = client.create(
        store, catalog.one("bigram"), preset="tiny", knobs=(f"data={words}",), where="cpu"
    )
    assert drive.work(folder) == 0
    sampling = Sampling(tokens=12)
    with_words = list(generate(engine.open_run(folder), "em", sampling))
    table = looked(engine.open_run(folder), "emma")["pairs"]
    words.unlink()
    moved = RunFolder(folder.path.rename(store / "bigram" / "moved"))
    assert list(generate(engine.open_run(moved), "em", sampling)) == with_words
    assert looked(engine.open_run(moved), "emma")["pairs"] == table
    assert len(list(score(engine.open_run(moved), "", "emma", sampling))) == 4


def test_a_net_that_learned_from_other_characters_is_not_trained_on(desk: Desk) -> None:
    desk.saved["tally"] = {"characters": ".xyz", "counts": torch.ones(4, 4, dtype=torch.int32)}
    with pytest.raises(LabError, match=r"other characters than those.*start a new run"):
        rows(Run(lesson.presets["tiny"], host=desk))


def test_cuts(desk: Desk) -> None:
    run = Run(lesson.presets["tiny"], host=desk)
    rows(run)
    greedy = list(generate(run, "", Sampling(tokens=30, temperature=0, seed=1)))
    assert [token.text for token in greedy] == [token.alternatives[0][0] for token in greedy]
    assert {token.kept for token in greedy} == {1}
    for token in generate(run, "", Sampling(tokens=30, top_k=2, seed=1)):
        (_, _), (_, second), *_ = token.alternatives
        assert token.probability >= second - 1e-12
        assert 2 <= token.kept < len(run.once(words_of).alphabet)
    for token in generate(run, "", Sampling(tokens=30, top_p=1e-9, seed=1)):
        assert token.kept == 1


@pytest.mark.parametrize("prompt", ["Emma", "e1", "e.", "日"])
def test_a_prompt_with_an_unknown_character_names_it(desk: Desk, prompt: str) -> None:
    run = Run(lesson.presets["tiny"], host=desk)
    unknown = next(c for c in prompt if c not in "".join(WORDS))
    with pytest.raises(LabError, match=re.escape(repr(unknown)) + ".*use only"):
        list(generate(run, prompt, Sampling()))
    with pytest.raises(LabError, match=re.escape(repr(unknown))):
        looked(run, prompt)


def test_one_s_own_words_are_read_pair_by_pair(desk: Desk) -> None:
    run = Run(lesson.presets["tiny"], host=desk)
    views = looked(run, " ava \n\nmia\n")
    assert views["text"].text == "ava.mia."
    assert len(views["text"].weights) == 8
    assert views["text"].weights.max() == pytest.approx(1)
    assert [row[:2] for row in views["pairs"].rows[:4]] == [
        (".", "a"), ("a", "v"), ("v", "a"), ("a", "."),
    ]  # fmt: skip
    assert sum(views["next"].values) == pytest.approx(1)
    assert {"text", "pairs"}.isdisjoint(looked(run, ""))


# ----- files --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "emma",
        "a",
        "aaaa\n" * 3,
        "\n\n emma \r\n\n",
        "x" * 30_000,
        "né\nzoë\n李明",
        "a b\nc\td",
        "\ufeffana",
    ],
    ids=[
        "one word",
        "one letter",
        "one symbol",
        "blanks",
        "long line",
        "unicode",
        "spaces",
        "mark",
    ],
)
@pytest.mark.parametrize("form", ["one-hot", "table"])
def test_odd_files_train_and_sample(tmp_path: Path, text: str, form: str) -> None:
    desk = on(tmp_path / "odd.txt", text)
    run = Run(replace(lesson.presets["tiny"], form=form, steps=12), host=desk)
    closing = rows(run)
    assert all(math.isfinite(value) for row in closing for value in row.values())
    assert len(text_of(run, "", Sampling(tokens=10))) == 10
    assert "\ufeff" not in run.once(words_of).alphabet.characters


def test_a_learning_rate_that_bounces_is_told(tmp_path: Path) -> None:
    desk = on(tmp_path / "one.txt", "emma")
    rows(Run(lesson.presets["tiny"], host=desk))
    assert len(desk.said) == 1
    rate = re.search(r"lr=(\d+)", desk.said[0])
    assert rate is not None
    assert int(rate[1]) < 50


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("\n \n\t\n", "only empty lines; give a file"),
        ("emma\nst. john\n", "Line 2 .* full stops"),
        ("".join(chr(0x4E00 + i) for i in range(1_001)), "1,001 different .* at most 1,000"),
    ],
)
def test_files_that_are_refused(tmp_path: Path, text: str, sentence: str) -> None:
    desk = on(tmp_path / "bad.txt", text)
    with pytest.raises(LabError, match=sentence):
        rows(Run(lesson.presets["tiny"], host=desk))


def test_one_hot_rows_that_do_not_fit_are_refused(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lessons.bigram.corpus.ROOM", 100)
    with pytest.raises(LabError, match="form=table"):
        rows(Run(lesson.presets["quick"], host=desk))
    assert rows(Run(replace(lesson.presets["tiny"], lr=5.0), host=desk))


def test_weights_that_are_no_numbers_end_the_run_with_advice(desk: Desk) -> None:
    config = replace(lesson.presets["tiny"], lr=1e6, regularization=1e6)
    with pytest.raises(LabError, match=r"lr=\d+.* or less"):
        rows(Run(config, host=desk))


@steady
@given(words, st.floats(0, 0.9))
def test_split_keeps_every_word_once(some: list[str], held_out: float) -> None:
    train_words, held_words = split(some, held_out)
    assert train_words
    assert sorted(train_words + held_words) == sorted(some)
    assert len(held_words) <= math.ceil(len(some) * held_out)


def test_read_takes_one_word_a_line(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_bytes("\ufeff anna\r\n\r\nmary ann\nzoë".encode())
    assert read(path) == ["anna", "mary ann", "zoë"]


# ----- published figures --------------------------------------------------------------------------

PUBLISHED = "mor.\naxx.\nminaymoryles.\nkondlaisah.\nanchshizarie."


def test_published_counts_and_samples(names: Path) -> None:
    desk = Desk(names)
    run = Run(replace(lesson.presets["paper"], form="table", steps=1), host=desk)
    last = rows(run)[-1]
    found = [r for r in lesson.references if r.metric in last]
    assert len(found) == 6
    for reference in found:
        assert last[reference.metric] == pytest.approx(reference.value, abs=reference.tolerance)
    assert desk.shown["counted names"].text.startswith(PUBLISHED)
    assert (run.once(words_of).counts.sum(), len(run.once(words_of).alphabet)) == (228_146, 27)


def test_the_net_reaches_the_published_figures(names: Path) -> None:
    notebook = next(r for r in lesson.references if r.metric == "loss")
    config = replace(lesson.presets["paper"], form="table")
    run = Run(config, seed=notebook.seeds[0], host=Desk(names))
    assert rows(run)[-2]["loss"] == pytest.approx(notebook.value, abs=notebook.tolerance)
    # The notebook's net, sampled with its dice, differs from its counts in one letter of one name.
    drawn = text_of(run, "", Sampling(tokens=45, seed=lesson.presets["paper"].dice))
    assert drawn == PUBLISHED.replace("anchs", "ancht").replace(".", "") + "\n"


@pytest.mark.slow
def test_the_limit_is_the_counts(names: Path) -> None:
    counts = next(r for r in lesson.references if r.metric == "nll")
    run = Run(lesson.presets[counts.preset], seed=counts.seeds[0], host=Desk(names))
    assert rows(run)[-2]["nll"] == pytest.approx(counts.value, abs=counts.tolerance)


# ----- the card and the notes ---------------------------------------------------------------------


def test_the_card_names_metrics_that_are_yielded(desk: Desk) -> None:
    yielded = {name for row in rows(Run(lesson.presets["tiny"], host=desk)) for name in row}
    drawn = {name for names in lesson.charts.values() for name in names}
    assert drawn | {lesson.figure} | {r.metric for r in lesson.references} <= yielded
    assert {r.preset for r in lesson.references} <= set(lesson.presets)


def test_the_notes_refer_to_code_that_is_there() -> None:
    folder = Path(lessons.bigram.__file__).parent
    notes = (folder / "notes.md").read_text("utf-8")
    found = re.findall(r"\]\((\w+\.py)#(\w+)\)", notes)
    assert len(found) >= 6
    for file, name in found:
        assert re.search(rf"^ *(def|class) {name}\b", (folder / file).read_text("utf-8"), re.M)
    assert max(len(block.splitlines()) for block in notes.split("\n## ")) <= 23
    assert max(map(len, notes.splitlines())) <= 80
