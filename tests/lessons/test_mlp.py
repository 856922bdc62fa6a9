"""The mlp lesson: its windows, its net in both forms, its mistakes, and its two scenes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from lessons.blocks.descent import SGD, Flat
from lessons.blocks.names import Alphabet, examples
from lessons.mlp import lesson, views
from lessons.mlp.build import build, corpus_of, model, stepper
from lessons.mlp.config import Config
from lessons.mlp.explore import context, onehot
from lessons.mlp.finder import find
from lessons.mlp.generate import generate, score
from lessons.mlp.model import MLP, one_hot, windows
from lessons.mlp.train import train
from zhtui.lab import Frame, LabError, Poke, Run, Sampling, Spot

WORDS = ["emma", "olivia", "ava", "isabella", "sophia", "mia", "charlotte", "amelia", "zoe", "ann"]


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


TINY = lesson.presets["tiny"]


def rows(run: Run) -> list[dict[str, float]]:
    return [{name: float(value) for name, value in row.items()} for row in train(run)]


# ----- windows and net ----------------------------------------------------------------------------


@pytest.mark.parametrize("T", [1, 2, 3, 5, 8])
def test_the_lectures_loop_and_the_shelf_build_the_same_windows(T: int) -> None:
    alphabet = Alphabet.of(WORDS)
    X, Y = windows(WORDS, alphabet, T)
    whole = examples(WORDS, alphabet, T + 1)
    assert torch.equal(X, whole[:, :-1])
    assert torch.equal(Y, whole[:, -1])


def test_a_carried_window_begins_a_name_with_the_end_of_the_last() -> None:
    alphabet = Alphabet.of(WORDS)
    X, _ = windows(["emma", "ava"], alphabet, 3, carry=True)
    assert [alphabet.decode(row) for row in X[5:7].tolist()] == ["ma.", "a.a"]


def test_the_loss_is_cross_entropy_and_an_embedding_a_product() -> None:
    net = MLP(7, 3, 4, 5, torch.Generator().manual_seed(1))
    X, Y = torch.randint(7, (9, 3)), torch.randint(7, (9,))
    torch.testing.assert_close(net.loss(X, Y), F.cross_entropy(net(X), Y))
    assert torch.equal(net.embed(X), one_hot(X, 7) @ net.C)


def test_the_papers_net_has_11897_parameters() -> None:
    c = lesson.presets["paper"]
    net = MLP(27, c.context, c.embedding, c.hidden, torch.Generator(), c.start)
    assert sum(p.numel() for p in net.parameters()) == 11_897


def test_two_hundred_fast_steps_are_two_hundred_taught_ones(desk: Desk) -> None:
    run = Run(TINY, host=desk)
    rows(run)
    plain = Run(TINY, host=desk)
    corpus, (_, net, dice) = plain.once(corpus_of), plain.once(build)
    for _ in range(TINY.steps):
        pick = torch.randint(len(corpus.train.Y), (TINY.batch,), generator=dice)
        net.zero_grad()
        net.loss(corpus.train.X[pick], corpus.train.Y[pick]).backward()
        with torch.no_grad():
            for p in net.parameters():
                p -= (0.1 if _ < 100 else 0.01) * p.grad
    for fast, taught in zip(run.kept["model"].parameters(), net.parameters(), strict=True):
        torch.testing.assert_close(fast, taught, rtol=1e-3, atol=1e-4)


def test_the_finder_puts_the_net_back(desk: Desk) -> None:
    run = Run(TINY, host=desk)
    corpus, (_, net, _) = run.once(corpus_of), run.once(build)
    flat = Flat(net.parameters())
    before = flat.weights.clone()
    found = find(stepper(net, flat, corpus.train, run), flat, len(corpus.train.Y), TINY)
    assert torch.equal(flat.weights, before)
    ((rates, losses),) = found.lines.values()
    assert len(rates) == len(losses)
    assert found.marks == [(TINY.lr, "yours")]
    assert losses.min() < losses[0]


# ----- a run --------------------------------------------------------------------------------------


def test_a_run_learns_and_shows_what_it_should(desk: Desk) -> None:
    found = rows(Run(replace(TINY, finder=True, steps=400), host=desk))
    assert found[-1]["train"] < found[-1]["uniform"]
    assert "test" in found[-1]
    assert "test" not in found[49]
    assert set(desk.shown) == {"map", "finder", "ladder", "samples"}
    assert len(desk.shown["map"]) == 9  # before the first step, and every 50
    first, last = desk.shown["map"][0], desk.shown["map"][-1]
    assert np.abs(first.x - last.x).max() > 0.01
    assert len(first.labels) == len(first.x) == len(Alphabet.of(WORDS))


def test_samples_are_told_apart(desk: Desk) -> None:
    parts = Run(TINY, host=desk).once(corpus_of).words
    text = views.samples([parts.train[0], "qqq"], parts)
    assert [role for _, _, role in text.roles] == ["faint", "good"]
    start, stop, _ = text.roles[1]
    assert text.text[start:stop] == "qqq"


@pytest.mark.parametrize("D", [1, 2, 5])
def test_a_map_has_two_dimensions(D: int) -> None:
    points, share = views.plane(torch.randn(9, D))
    assert points.shape == (9, 2)
    assert 0 < share <= 1


def test_frozen_letters_stand_still(desk: Desk) -> None:
    rows(Run(replace(TINY, mistake="frozen"), host=desk))
    first, last = desk.shown["map"][0], desk.shown["map"][-1]
    assert np.array_equal(first.x, last.x)


def test_a_leak_shows_in_the_loss(desk: Desk) -> None:
    right = rows(Run(replace(TINY, steps=600), host=desk))[-1]
    leaking = rows(Run(replace(TINY, steps=600, mistake="leak"), host=desk))[-1]
    assert leaking["val"] < 0.7 * right["val"]


def test_a_carried_window_changes_only_the_contexts(desk: Desk) -> None:
    right = Run(TINY, host=desk).once(corpus_of)
    wrong = Run(replace(TINY, mistake="carry"), host=desk).once(corpus_of)
    assert torch.equal(right.train.Y, wrong.train.Y)
    differ = (right.train.X != wrong.train.X).any(1)
    assert 0 < differ.sum() < len(differ)


def test_it_writes_and_scores(desk: Desk) -> None:
    run = Run(TINY, host=desk)
    rows(run)
    tokens = list(generate(run, "em", Sampling(tokens=30, seed=3)))
    assert [t.text for t in tokens] == [
        t.text for t in generate(run, "em", Sampling(tokens=30, seed=3))
    ]
    assert "".join(t.text for t in score(run, "em", "ma\n", Sampling())) == "ma\n"
    with pytest.raises(LabError, match="'7'"):
        next(generate(run, "7", Sampling()))


def test_too_few_words_get_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "one.txt"
    path.write_text("emma\n")
    with pytest.raises(LabError, match="give 10 or more"):
        rows(Run(TINY, host=Desk(path)))


# ----- scenes -------------------------------------------------------------------------------------


def frames(scene: Any, ask: Any = None, poke: Poke | None = None) -> list[Frame]:
    return list(scene.explore(None, ask or scene.Ask(), poke or Poke()))


def every_spot(frame: Frame) -> Iterator[Spot]:
    yield from (Spot(name, 0, 0) for name in frame.shown())


@pytest.mark.parametrize("scene", [context, onehot])
def test_every_frame_speaks_and_can_be_asked(scene: Any) -> None:
    for frame in frames(scene):
        assert frame.say
        assert frame.look
        for spot in every_spot(frame):
            assert scene.point(scene.Ask(), frame, spot)
        if frame.predict:
            assert frame.predict.view in frame.shown()


def test_a_context_is_followed_to_its_loss() -> None:
    shown = {frame.title: frame.shown() for frame in frames(context, context.Ask("emma", place=2))}
    net = context.net_of(None, context.Ask())[1]
    X, Y = windows(["emma"], context.LETTERS, 3)
    p = net(X).softmax(1)
    torch.testing.assert_close(
        torch.from_numpy(shown["probabilities"]["P"].values), p.detach(), rtol=1e-5, atol=1e-6
    )
    assert shown["probabilities"]["P"].values.sum(1) == pytest.approx(np.ones(5), abs=1e-5)
    assert np.mean(shown["loss"]["nll"].values) == pytest.approx(net.loss(X, Y).item(), abs=1e-5)


def test_the_spelled_unit_is_the_unit() -> None:
    hidden = frames(context)[3]
    spelled = context.point(context.Ask(), hidden, Spot("h", 0, 4))
    assert spelled.endswith(f"= {hidden.shown()['h'].values[0, 4]:.2f}")


def test_a_poked_letter_leaves_the_guesses_before_it() -> None:
    spot = Spot("text", 0, 2)
    plain, poked = frames(context)[5], frames(context, poke=Poke(spot, "z"))[5]
    mask = plain.still(spot)["P"]
    moved = plain.shown()["P"].values != poked.shown()["P"].values
    assert mask[:3].all()
    assert not mask[3:].any()
    assert not moved[mask].any()
    assert moved[3].all()
    windows_then = frames(context)[0].shown()["windows"].rows
    windows_now = frames(context, poke=Poke(spot, "z"))[0].shown()["windows"].rows
    assert windows_then[:2] == windows_now[:2]


def test_each_mistake_shows_on_its_meter() -> None:
    ask = context.Ask("emma", place=0)
    right = frames(context, ask)
    carry = frames(context, replace(ask, mistake="carry"))
    assert right[0].shown()["windows"].rows[0][1] == "..."
    assert carry[0].shown()["windows"].rows[0][1] == "na."
    leak = frames(context, replace(ask, mistake="leak"))
    for _, seen, following in leak[0].shown()["windows"].rows:
        assert seen[-1] == following
    columns = frames(context, replace(ask, mistake="columns"))
    assert columns[5].shown()["sums"].values != pytest.approx([1.0] * 5, abs=0.1)
    assert sum(columns[5].shown()["P"].values) == pytest.approx(np.ones(27), abs=1e-4)


@pytest.mark.parametrize("text", ["", "a1", "a.b", "x" * 41])
def test_texts_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(LabError):
        frames(context, context.Ask(text))


def test_a_run_is_looked_at_with_its_own_net(desk: Desk) -> None:
    run = Run(TINY, host=desk)
    rows(run)
    before = model(run).C.clone()
    found = list(context.explore(run, context.Ask("emma"), Poke(Spot("C", 1, 0), 5.0)))
    assert found[1].shown()["C"].values.shape == (len(Alphabet.of(WORDS)), 2)
    assert found[1].shown()["C"].values[1, 0] == 5
    assert torch.equal(model(run).C, before)


def test_both_forms_agree_forward_and_backward() -> None:
    shown = {frame.title: frame.shown() for frame in frames(onehot)}
    assert not shown["look-up"]["difference"].values.any()
    assert not shown["both gradients"]["difference"].values.any()
    dW, letters = shown["gradient"]["dW"].values, list(shown["gradient"]["dW"].rows)
    for i, letter in enumerate(letters):
        assert bool(dW[i].any()) == (letter in "emma")
    G = shown["gradient"]["G"].values
    assert dW[letters.index("m")] == pytest.approx(G[1] + G[2])


def test_a_poked_weight_moves_only_its_letters() -> None:
    spot = Spot("W", 3, 1)  # of ".aemo": m
    plain, poked = frames(onehot), frames(onehot, poke=Poke(spot, 9.0))
    for i, name in ((1, "XW"), (2, "Wi")):
        moved = plain[i].shown()[name].values != poked[i].shown()[name].values
        mask = plain[i].still(spot)[name]
        assert moved.any()
        assert not moved[mask].any()
    grad = Spot("G", 0, 0)
    poked = frames(onehot, poke=Poke(grad, 9.0))
    moved = plain[3].shown()["dW"].values != poked[3].shown()["dW"].values
    assert moved.sum() == 1
    assert not moved[plain[3].still(grad)["dW"]].any()


def test_what_is_no_letter_is_refused() -> None:
    with pytest.raises(LabError):
        frames(onehot, onehot.Ask("a b"))


def test_rules_read_the_live_rate(desk: Desk) -> None:
    run = Run(replace(Config(), steps=2, lr=0.0, finder=False), host=desk)
    before = [p.clone() for p in run.once(build)[1].parameters()]
    rows(run)
    assert all(map(torch.equal, before, run.kept["model"].parameters()))
    assert SGD(Flat([torch.zeros(1)])).state_dict() == {}
