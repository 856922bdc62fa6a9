"""The sampling lesson against transformers' own processors, closed forms, and with each mistake."""

from __future__ import annotations

import importlib
import itertools
import math
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import storied
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor

from lessons.blocks import sampling as shelf
from lessons.blocks.sampling import distribution
from lessons.blocks.writing import drawn
from lessons.sampling import lesson
from lessons.sampling.build import model, text_of
from lessons.sampling.config import MISTAKES, PRESETS
from lessons.sampling.explore import draws as draws_scene
from lessons.sampling.generate import Sampling, encode, generate, score
from lessons.sampling.mistakes import filters
from lessons.sampling.model import NextLetter, counted_pairs
from lessons.sampling.samplers import (
    FILTERS,
    ORDERS,
    OUT,
    Settings,
    beam_search,
    draw,
    filtered,
    frequency_penalty,
    min_p,
    repetition_penalty,
    temperature,
    top_k,
    top_p,
    typical,
)
from lessons.sampling.train import train
from lessons.sampling.views import repeats
from zhtui.lab import Bars, LabError, Poke, Run, Spot, Table, plain

TEXT = "the cat sat on the mat, and then the cat sat on the hat. " * 40
SCENES = pytest.mark.parametrize("name", lesson.scenes)
NOTHING = torch.tensor([0])
scores = st.lists(st.floats(-8, 8, width=32), min_size=1, max_size=30, unique=True)
steady = settings(deadline=None)  # the first call pays for what torch loads late


scene, frames = partial(storied.scene, "sampling"), partial(storied.frames, "sampling")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    path = tmp_path / "text.txt"
    path.write_text(TEXT, encoding="utf-8")
    return Run(replace(PRESETS["tiny"], data=str(path)))


# ----- against transformers -----------------------------------------------------------------------


def theirs(name: str, value: float) -> Any:
    generation = pytest.importorskip(
        "transformers.generation.logits_process", reason="transformers is not installed"
    )
    kinds = {
        "temperature": "TemperatureLogitsWarper", "top_k": "TopKLogitsWarper",
        "top_p": "TopPLogitsWarper", "min_p": "MinPLogitsWarper",
        "typical": "TypicalLogitsWarper", "repetition": "RepetitionPenaltyLogitsProcessor",
    }  # fmt: skip
    return getattr(generation, kinds[name])(value)


@pytest.mark.parametrize(("name", "value"), [
    ("temperature", 0.5), ("temperature", 1.7), ("top_k", 1), ("top_k", 7), ("top_p", 0.3),
    ("top_p", 0.9), ("min_p", 0.1), ("min_p", 0.02), ("typical", 0.2), ("typical", 0.9),
    ("repetition", 1.3), ("repetition", 0.8),
])  # fmt: skip
def test_each_filter_is_transformers_own(name: str, value: float) -> None:
    dice, processor = torch.Generator().manual_seed(1), theirs(name, value)
    for _ in range(50):
        logits = 3 * torch.randn(60, generator=dice)
        ids = torch.randint(60, (8,), generator=dice)
        expected = processor(ids[None], logits[None].clone())[0]
        ours = FILTERS[name](logits, ids, replace(Settings(), **{name: value}))
        assert torch.allclose(ours, expected), name


def test_all_filters_in_their_order_are_transformers_pipeline() -> None:
    set_to = Settings(0.7, 20, 0.9, 0.03, 0.95, 1.2)
    dice, order = torch.Generator().manual_seed(2), ORDERS["huggingface"]
    chain = [theirs(n, getattr(set_to, n)) for n in order if n != "frequency"]
    for _ in range(50):
        logits, ids = 3 * torch.randn(60, generator=dice), torch.randint(60, (8,), generator=dice)
        expected = logits[None].clone()
        for processor in chain:
            expected = processor(ids[None], expected)
        assert torch.allclose(filtered(logits, ids, set_to), expected[0])


# ----- closed forms -------------------------------------------------------------------------------


def left(logits: Tensor) -> list[int]:
    return torch.nonzero(logits > OUT).flatten().tolist()


def test_the_order_decides_what_is_left() -> None:
    logits, both = torch.tensor([3.0, 2.0, 1.0]), Settings(temperature=0.5, top_p=0.8)
    assert left(filtered(logits, NOTHING, both, "huggingface")) == [0]
    assert left(filtered(logits, NOTHING, both, "llama.cpp")) == [0, 1]


@steady
@given(scores, st.floats(0, 1))
def test_top_p_keeps_at_least_one_and_the_token_that_crosses(values: list[float], p: float) -> None:
    logits = torch.tensor(values, dtype=torch.double)
    shares = logits.softmax(0).sort(descending=True).values
    kept = left(top_p(logits, p))
    assert kept
    assert float(shares[: len(kept)].sum()) >= p - 1e-12
    assert float(shares[: len(kept) - 1].sum()) < p or len(kept) == 1


@steady
@given(scores)
def test_cold_is_argmax(values: list[float]) -> None:
    logits = torch.tensor(values)
    assert left(temperature(logits, 0.0)) == [int(logits.argmax())]
    assert draw(temperature(logits, 0.0), 0.999) == int(logits.argmax())
    if len(values) > 1 and float(logits.topk(2).values.diff().abs()) > 0.01:
        assert float(temperature(logits, 1e-4).softmax(0).max()) == pytest.approx(1)


@steady
@given(scores, st.floats(0.1, 3), st.integers(0, 30), st.floats(0.01, 1))
def test_it_is_what_the_other_lessons_draw_from(
    values: list[float], heat: float, k: int, p: float
) -> None:
    logits = torch.tensor(values, dtype=torch.double)
    assume(len({round(value, 6) for value in values}) == len(values))  # a tie is anybody's
    ours = filtered(logits, NOTHING, Settings(heat, k, p)).softmax(0)
    theirs = distribution(logits, heat, k, p)
    if len(left(filtered(logits, NOTHING, Settings(heat, k, p)))) == int((theirs > 0).sum()):
        assert torch.allclose(ours, theirs, atol=1e-12)
    else:  # the sum that reaches p is equal to it but for rounding
        shares = logits.div(heat).softmax(0).sort(descending=True).values
        top = shares[:k] / shares[:k].sum() if k else shares
        assert bool((top.cumsum(0) - p).abs().min() < 1e-9)


@pytest.mark.parametrize("p", [0.05, 0.3, 0.8])
def test_min_p_and_typical_are_the_shelfs(p: float) -> None:
    dice = torch.Generator().manual_seed(3)
    for _ in range(50):
        logits = 2 * torch.randn(30, generator=dice, dtype=torch.double)
        shares = logits.softmax(0)
        assert torch.allclose(min_p(logits, p).softmax(0), renewed(shelf.min_p(shares, p)))
        assert torch.allclose(typical(logits, p).softmax(0), renewed(shelf.typical(shares, p)))


def renewed(shares: Tensor) -> Tensor:
    return shares / shares.sum()


def test_what_is_small_by_hand() -> None:
    logits = torch.tensor([0.5, 0.3, 0.2]).log()
    assert left(top_k(logits, 2)) == [0, 1]
    assert left(top_p(logits, 0.6)) == [0, 1]
    assert left(min_p(logits, 0.5)) == [0, 1]
    assert left(typical(torch.tensor([0.9, 0.06, 0.04]).log(), 0.5)) == [0]
    assert 0 not in left(typical(torch.tensor([0.4] + [0.06] * 10).log(), 0.5))
    assert repetition_penalty(torch.tensor([2.0, -2.0, 1.0]), torch.tensor([0, 1]), 2).tolist() == [
        1,
        -4,
        1,
    ]
    assert frequency_penalty(torch.tensor([1.0, 1.0]), torch.tensor([0, 0]), 0.5).tolist() == [0, 1]
    assert filtered(logits, NOTHING, Settings()).equal(logits)
    assert draw(torch.tensor([1.0, 1.0]), 0.7) == 1


@steady
@given(scores, st.floats(0, 1, exclude_max=True))
def test_what_is_cut_is_never_drawn(values: list[float], dice: float) -> None:
    logits = top_k(torch.tensor(values), 3)
    assert draw(logits, dice) in left(logits)


@steady
@given(
    st.lists(st.sampled_from([0.0, 1e-30, 0.1, 1.0, 3.0]), min_size=1, max_size=9),
    st.integers(0, 99),
)
def test_the_shelf_never_throws_what_has_no_share(shares: list[float], seed: int) -> None:
    assume(sum(shares) > 0)
    thrown = shelf.throw(torch.tensor(shares), torch.Generator().manual_seed(seed))
    assert thrown.shape == (1,)
    assert shares[int(thrown)] > 0


def test_the_shelf_throws_as_often_as_the_shares_say() -> None:
    shares, dice = torch.tensor([0.5, 0.0, 0.2, 0.3]), torch.Generator().manual_seed(5)
    fell = torch.cat([shelf.throw(shares, dice) for _ in range(4000)])
    found = torch.bincount(fell, minlength=4) / 4000
    assert torch.allclose(found, shares, atol=0.025)  # three deviations


def test_a_model_that_says_nothing_is_not_drawn_from() -> None:
    dice = torch.Generator().manual_seed(1)
    with pytest.raises(ValueError, match="older checkpoint"):
        drawn(torch.full((5,), math.nan), dice, lambda ids: ["?"] * len(ids))


def chain(ids: tuple[int, ...]) -> Tensor:
    table = torch.tensor([[0.6, 0.4, 0.0], [0.1, 0.0, 0.9], [0.4, 0.3, 0.3]]).log()
    return table[ids[-1]]


@pytest.mark.parametrize("length", [1, 3, 5])
def test_a_wide_beam_finds_the_likeliest_text_and_a_narrow_one_is_greedy(length: int) -> None:
    def score_of(ids: tuple[int, ...]) -> float:
        return sum(float(chain(ids[: t + 1])[ids[t + 1]]) for t in range(length))

    best = max(((0, *rest) for rest in itertools.product(range(3), repeat=length)), key=score_of)
    *_, wide = beam_search(chain, [0], 27, length)
    *_, narrow = beam_search(chain, [0], 1, length)
    assert wide[0].score == pytest.approx(score_of(best))
    greedy = [0]
    for _ in range(length):
        greedy.append(int(chain(tuple(greedy)).argmax()))
    assert narrow[0].ids == tuple(greedy)
    assert all(len(beam.ids) == length + 1 for beam in wide)


def test_the_model_reads_only_what_came_before() -> None:
    torch.manual_seed(0)
    net, ids = NextLetter(9, 4, 3, 8), torch.randint(9, (2, 12))
    whole = net(ids)
    assert whole.shape == (2, 12, 9)
    assert torch.allclose(net(ids[:, :7])[:, -1], whole[:, 6])
    assert torch.allclose(net(ids[:, 5:9])[:, -1], whole[:, 8])


def test_counted_pairs_are_probabilities() -> None:
    table = counted_pairs(torch.tensor([0, 1, 0, 1, 2]), 3)
    assert torch.allclose(table.exp().sum(1), torch.ones(3))
    assert int(table[0].argmax()) == 1


def test_repeats() -> None:
    assert repeats("ababab", 2) == pytest.approx(0.6)
    assert repeats("abcdef", 2) == 0
    assert repeats("a", 2) == 0


# ----- scenes -------------------------------------------------------------------------------------


@SCENES
def test_a_scene_tells_a_story_with_numbers_to_predict(name: str) -> None:
    storied.tells_a_story(scene(name), frames(name), 4, 12)


@SCENES
def test_what_is_pointed_at_fits_a_line(name: str) -> None:
    module = scene(name)
    for frame in frames(name).values():
        for view in frame.shown():
            for row in range(20):
                told = plain(module.point(module.Ask(), frame, Spot(view, row, row)))
                assert all(len(line) <= 80 for line in told.splitlines())


@pytest.mark.parametrize("order", list(ORDERS))
def test_what_is_drawn_from_is_what_the_filters_leave(order: str) -> None:
    asked = {"order": order, "typical": 0.95, "frequency": 0.2}
    last = frames("filters", **asked)["drawn from"]
    shown = last.shown()["drawn.from"]
    assert isinstance(shown, Bars)
    module = scene("filters")
    source = scene("source").source_of(None)
    ids = source.ids(module.Ask().text)
    expected = filtered(source.logits(ids), ids, module.settings(module.Ask(**asked)), order)
    assert sorted(shown.values) == pytest.approx(sorted(expected.softmax(0).tolist()))
    assert sum(shown.values) == pytest.approx(1)
    assert [role == "faint" for role in shown.roles] == [value == 0 for value in shown.values]


def test_a_poked_logit_moves_all_shares() -> None:
    right, poked = (frames("filters", p)["softmax"] for p in (Poke(), Poke(Spot("logits", 0), 5)))
    before, after = (frame.shown()["probabilities"].values for frame in (right, poked))
    assert all(b != a for b, a in zip(before, after, strict=True))


def test_the_exact_case() -> None:
    table = frames("order")["both"].shown()["drawn.from"]
    assert isinstance(table, Table)
    assert [row[2] for row in table.rows] == ["[0, 1]", "[0]"]


def test_pieces_fill_the_line_and_every_die_hits_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """More letters can follow than are shown: the rest is one piece."""
    monkeypatch.setattr(draws_scene, "SHOWN", 3)
    found = frames("draws", top_p=1.0)
    assert found["theory"].say[:2] == "12"
    for number in (1, 2, 3):
        table = found[f"die {number}"].shown()["pieces"]
        assert table.rows[-1][0] == "9 more"
        assert table.rows[-1][2] == "1.000"
        low, high = map(float, table.rows[table.mark][1:])
        assert low <= float(found[f"die {number}"].say.split(" at ")[1].split(":")[0]) <= high
    assert sum(found["theory"].shown()["theory"].values) == pytest.approx(1)


def test_many_draws_come_near_to_theory() -> None:
    shown = frames("draws", draws=10_000)["10000 draws"].shown()["draws"]
    assert isinstance(shown, Bars)
    theory, drawn = shown.values[::2], shown.values[1::2]
    assert sum(drawn) == pytest.approx(1)
    assert all(abs(t - d) < 0.02 for t, d in zip(theory, drawn, strict=True))


def test_a_poked_letter_changes_nothing_before_it() -> None:
    spot = Spot("surprise", 0, 9)
    right, poked = (frames("text", p)["surprise"].keep["bits"] for p in (Poke(), Poke(spot, "h")))
    assert torch.equal(right[:8], poked[:8])
    assert right[8] != poked[8]


def test_the_same_settings_give_the_same_stream() -> None:
    last = frames("streams", first=1.0, second=1.0, third=1.0)["letter 12"].shown()
    assert last["stream.1"].text == last["stream.2"].text == last["stream.3"].text
    other = frames("streams")["letter 12"].shown()
    assert other["stream.1"].text != other["stream.3"].text


# ----- mistakes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "mistake"), [
    ("filters", "unshifted"), ("filters", "padding"), ("filters", "late-heat"),
    ("order", "unshifted"), ("order", "late-heat"),
])  # fmt: skip
def test_each_mistake_is_shown_by_its_meters(name: str, mistake: str) -> None:
    asked: dict[str, Any] = {}
    if name == "filters":
        asked = {"temperature": 0.3, "top_p": 0.8, "top_k": 0, "min_p": 0.0}
        asked = {} if mistake == "padding" else asked
    right, wrong = frames(name, **asked), frames(name, mistake=mistake, **asked)
    meters = next(m.meters for m in MISTAKES if m.name == mistake)
    there = {view for frame in wrong.values() for view in frame.shown()} & {*meters}
    assert "drawn.from" in there
    for view in there:
        with_it = [repr(f.shown()[view]) for f in wrong.values() if view in f.shown()]
        assert with_it != [repr(f.shown()[view]) for f in right.values() if view in f.shown()], view


def test_unshifted_top_p_can_leave_nothing() -> None:
    cut = filters("unshifted")["top_p"](torch.tensor([5.0, 0.0]), NOTHING, Settings(top_p=0.9))
    assert left(cut) == []
    assert left(top_p(torch.tensor([5.0, 0.0]), 0.9)) == [0]


def test_every_mistake_is_offered_and_names_a_line() -> None:
    offered = {
        choice
        for name in ("filters", "order")
        for choice in scene(name).Ask.__dataclass_fields__["mistake"].metadata["knob"].choices
    }
    assert offered == {"none", *(mistake.name for mistake in MISTAKES)}
    for mistake in MISTAKES:
        definition = mistake.line.partition("#")[2]
        assert hasattr(importlib.import_module("lessons.sampling.samplers"), definition)


# ----- a run --------------------------------------------------------------------------------------


def test_a_run_learns_and_greedy_repeats_itself_most(run: Run) -> None:
    run.config = replace(run.config, steps=200, eval_every=200, written=200)
    rows = [{name: float(value) for name, value in row.items()} for row in train(run)]
    assert rows[-1]["loss"] < rows[0]["loss"]
    assert rows[-1]["repeats_greedy"] >= rows[-1]["repeats_hot"]
    assert rows[-1]["bits_greedy"] < rows[-1]["bits_hot"]


def test_its_own_sampling_has_every_filter(run: Run) -> None:
    names = {field.name for field in fields(Sampling)}
    assert {field.name for field in fields(Settings)} < names
    plain_text = "".join(t.text for t in generate(run, "the", Sampling(tokens=30)))
    cut = list(generate(run, "the", Sampling(tokens=30, min_p=0.5, order="llama.cpp")))
    assert plain_text != "".join(t.text for t in cut)
    assert all(token.kept == len(token.alternatives) or token.kept > 8 for token in cut)


def test_score_tells_the_chance_of_a_given_text(run: Run) -> None:
    told = list(score(run, "the", " cat", Sampling()))
    ids = encode(run, "the cat")
    log_p = model(run)(ids).log_softmax(-1)[2:-1]
    expected = log_p[torch.arange(4), ids[3:]].exp().tolist()
    assert [t.probability for t in told] == pytest.approx(expected, rel=1e-4)
    assert "".join(t.text for t in told) == " cat"


@SCENES
def test_a_scene_looks_at_a_run(run: Run, name: str) -> None:
    if name == "order":
        assert frames(name, run=run).keys() == frames(name).keys()
        return
    told = frames(name, run=run, text="the cat")
    assert len(told) >= 4


def test_what_cannot_be_shown_is_refused(run: Run, tmp_path: Path) -> None:
    for asked in ({"text": ""}, {"text": "Ω"}):
        with pytest.raises(LabError):
            frames("filters", **asked)
    with pytest.raises(LabError, match="2 to 256"):
        frames("text", text="t")
    with pytest.raises(LabError, match="never seen"):
        encode(run, "Ω")
    (tmp_path / "short.txt").write_text("short", encoding="utf-8")
    run.config = replace(run.config, data=str(tmp_path / "short.txt"))
    with pytest.raises(LabError, match="longer text"):
        text_of(run)


def test_surprise_is_in_bits() -> None:
    frame = frames("text", text="the")["surprise"]
    source = scene("source").source_of(None)
    ids = source.ids("the")
    expected = -source.logits(ids[:1]).log_softmax(0)[ids[1]] / math.log(2)
    assert float(frame.keep["bits"][0]) == pytest.approx(float(expected))
