"""The backprop lesson: every line against autograd, the learner's language, and what it refuses."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from lessons.backprop import lesson
from lessons.backprop.build import build, case_of, corpus_of, stepper, with_random
from lessons.backprop.checker import Case, check
from lessons.backprop.explore import tensors
from lessons.backprop.generate import generate
from lessons.backprop.grammar import Refused, evaluate
from lessons.backprop.mistakes import MISTAKES
from lessons.backprop.model import ORDER, Net, by_hand, hprebn_in_one, in_one, logits_in_one
from lessons.backprop.tasks import BY_NAME, TASKS, Task
from lessons.backprop.train import train
from lessons.backprop.views import verdicts
from lessons.blocks.descent import Flat
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


def a_case(n: int = 9, hidden: int = 5) -> Case:
    dice = torch.Generator().manual_seed(2)
    net = Net(7, 3, 2, hidden, dice)
    X = torch.randint(7, (n, 3), generator=dice)
    Y = torch.randint(7, (n,), generator=dice)
    case, _ = case_of(net.leaves(), X, Y)
    return with_random(case, net.leaves())


CASE = a_case()


def rows(run: Run) -> list[dict[str, float]]:
    return [{name: float(value) for name, value in row.items()} for row in train(run)]


# ----- the lesson's lines -------------------------------------------------------------------------


def test_all_26_by_hand_are_autograds() -> None:
    d = by_hand(CASE.t, CASE.X, CASE.Y)
    assert set(d) == set(ORDER) == set(CASE.d)
    for name in ORDER:
        assert d[name].shape == CASE.t[name].shape
        torch.testing.assert_close(d[name], CASE.d[name], rtol=1e-4, atol=1e-8)
    assert all(verdict.right for verdict in verdicts(CASE, "none").values())


def test_the_papers_size_is_within_1e_8() -> None:
    net = Net(27, 3, 10, 200, torch.Generator().manual_seed(2_147_483_647))
    assert sum(p.numel() for p in net.parameters()) == 12_297
    X, Y = torch.randint(27, (32, 3)), torch.randint(27, (32,))
    case, _ = case_of(net.leaves(), X, Y)
    d = by_hand(case.t, X, Y)
    assert max(float((d[name] - case.d[name]).abs().max()) for name in ORDER) < 3e-8


def test_the_short_expressions_are_the_long_ones() -> None:
    t, d = CASE.t, CASE.d
    torch.testing.assert_close(logits_in_one(t, CASE.Y), d["logits"], rtol=1e-4, atol=1e-7)
    torch.testing.assert_close(hprebn_in_one(t, d["hpreact"]), d["hprebn"], rtol=1e-4, atol=1e-7)
    for name, gradient in in_one(t, CASE.X, CASE.Y).items():
        torch.testing.assert_close(gradient, d[name], rtol=1e-4, atol=1e-7)


def test_the_forward_pass_is_batchnorm_and_cross_entropy() -> None:
    t = CASE.t
    norm = torch.nn.functional.batch_norm(t["hprebn"], None, None, training=True)
    unbiased = ((len(CASE.X) - 1) / len(CASE.X)) ** 0.5
    torch.testing.assert_close(t["bnraw"], norm * unbiased, rtol=1e-3, atol=1e-3)
    loss = -t["logprobs"][torch.arange(len(CASE.Y)), CASE.Y].mean()
    torch.testing.assert_close(loss, F.cross_entropy(t["logits"], CASE.Y))


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_each_solution_is_right(task: Task) -> None:
    assert check(f"{task.target} = {task.solution}", task, CASE).right
    assert task.hint
    assert task.forward


# ----- wrong lines --------------------------------------------------------------------------------


def mutants(source: str) -> set[str]:
    """An expression with one thing changed: a sign, a number, an axis, a name, a turn, a factor."""
    found = set()
    for old, new in (
        (" + ", " - "), (" * ", " / "), (" / ", " * "), ("**-1", "**-2"), ("**-2", "**-1"),
        ("**2", "**3"), ("-1.5", "-0.5"), ("0.5", "0.7"), ("2 *", "3 *"), (".T", ""),
        ("1 -", "2 -"), ("softmax(logits, 1)", "softmax(logits, 0)"),
        (".sum(1, keepdim=True)", ""), (".sum(0, keepdim=True)", ""), (".sum(0)", ""),
        (".sum(0)", ".mean(0)"), (".sum(1", ".mean(1"), (".sum(0", ".mean(0"), ("1e-5", "0.5"),
        ("(n - 1)", "n"), ("keepdim=True", "keepdim=False"),
        (" @ ", " * "), ("one_hot(Y, V)", "ones_like(logits)"), (".argmax(1)", ".argmax(0)"),
    ):  # fmt: skip
        if old in source:
            found.add(source.replace(old, new, 1))
    found.add(f"-({source})")
    found.add(f"2 * ({source})")
    found.add(f"({source}) + 1")
    found.add(f"({source}) / n")
    found |= {f"({source}).T"} if ".sum(0)" not in source else set()  # of one axis: the same
    found.add(f"({source})[0]")
    same = "1 / (n - 1) / ones_like(bndiff2) * dbnvar"  # a division by 1
    return found - {source, same}


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_every_mutated_line_is_refused(task: Task) -> None:
    for wrong in mutants(task.solution):
        verdict = check(f"{task.target} = {wrong}", task, CASE)
        assert not verdict.right, f"{task.target} = {wrong} passed as {verdict.kind}"
        assert verdict.sentence


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("dW2 = dlogits.T @ h", "transposed"),
        ("dbnbias = dhpreact", "missing sum"),
        ("db2 = dlogits", "missing sum"),
        ("dbngain = (bnraw * dhpreact).sum(0)", "keepdim"),
        ("dcounts_sum_inv = (counts * dprobs).sum(0)", "shape"),
        ("dlogprobs = one_hot(Y, V) / n", "sign"),
        ("dlogprobs = -one_hot(Y, V)", "factor"),
        ("dhpreact = dh", "numbers"),
        ("dbnraw = dhpreact", "factor"),
        ("dcounts = counts_sum_inv * dprobs", "branch"),
        ("dlogits = dnorm_logits", "branch"),
        ("dbndiff = bnvar_inv * dbnraw", "branch"),
        ("dhprebn = dbndiff", "branch"),
        ("db1 = zeros_like(b1)", "numbers"),
        ("dh = h", "numbers"),
        ("dh = 3", "number"),
        ("dh = dlogits @ W3.T", "language"),
        ("dh = dhpreact", "language"),
        ("W2 = h", "language"),
    ],
)
def test_a_wrong_line_is_told_what_kind_of_wrong(line: str, kind: str) -> None:
    target = line.partition(" =")[0]
    verdict = check(line, BY_NAME[target if target in BY_NAME else "dh"], CASE)
    assert verdict.kind == kind, verdict


def test_a_constant_factor_is_named() -> None:
    assert "of n" in check("dlogprobs = -one_hot(Y, V)", BY_NAME["dlogprobs"], CASE).sentence
    said = check("dbnraw = dhpreact", BY_NAME["dbnraw"], CASE).sentence
    assert "bngain" in said


# ----- the language -------------------------------------------------------------------------------

KNOWN: dict[str, Any] = {"a": torch.randn(3, 4), "b": torch.randn(1, 4), "n": 3}


@pytest.mark.parametrize(
    "text",
    [
        "a + b", "a - b * 2", "-a ** 2", "2 ** -1 * a", "a @ b.T", "(a * b).sum(1, keepdim=True)",
        "a.mean(0)", "a[0]", "a[:, 1]", "a.T", "exp(a) / exp(a).sum(1, keepdim=True)", "1 / n * a",
        "a.view(4, 3)", "a - -b", "a * .5", "1e-3 * a", "a.sum()", "(n - 1) * a",
    ],
)  # fmt: skip
def test_what_can_be_said_means_what_torch_means(text: str) -> None:
    names = {"exp": torch.exp, "__builtins__": {}}
    tree = ast.parse(text, mode="eval")
    assert tree  # the same text is an expression of Python
    expected = MEANT[text](KNOWN["a"], KNOWN["b"], 3)
    found = evaluate(text, KNOWN)
    torch.testing.assert_close(torch.as_tensor(found), torch.as_tensor(expected))
    assert names


MEANT: dict[str, Any] = {
    "a + b": lambda a, b, n: a + b,
    "a - b * 2": lambda a, b, n: a - b * 2,
    "-a ** 2": lambda a, b, n: -(a**2),
    "2 ** -1 * a": lambda a, b, n: 0.5 * a,
    "a @ b.T": lambda a, b, n: a @ b.T,
    "(a * b).sum(1, keepdim=True)": lambda a, b, n: (a * b).sum(1, keepdim=True),
    "a.mean(0)": lambda a, b, n: a.mean(0),
    "a[0]": lambda a, b, n: a[0],
    "a[:, 1]": lambda a, b, n: a[:, 1],
    "a.T": lambda a, b, n: a.T,
    "exp(a) / exp(a).sum(1, keepdim=True)": lambda a, b, n: a.softmax(1),
    "1 / n * a": lambda a, b, n: a / 3,
    "a.view(4, 3)": lambda a, b, n: a.reshape(4, 3),
    "a - -b": lambda a, b, n: a + b,
    "a * .5": lambda a, b, n: a / 2,
    "1e-3 * a": lambda a, b, n: a / 1000,
    "a.sum()": lambda a, b, n: a.sum(),
    "(n - 1) * a": lambda a, b, n: 2 * a,
}


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("a +", 3), ("a $ b", 2), ("q", 0), ("a.grad", 2), ("a.__class__", 2), ("a b", 2),
        ("(a", 2), ("a.sum(", 6), ("__import__", 0), ("a.T()", 3), ("[a]", 0), ("a[0", 3),
        ("lambda: a", 0), ("a; b", 1), ("'x'", 0), ("a @ 3", 2), ("a @ a", 2), ("a + a.T", 2),
        ("sum", 0), ("exp(3)", 0), ("a.view(7)", 2), ("one_hot(a, 3)", 0), ("a[0.5]", 1), ("", 0),
        ("a.sum(1, dimm=2)", 2), ("n[0]", 1), ("a[99]", 1), ("a.T.T.T.item()", 8),
    ],
)  # fmt: skip
def test_everything_else_is_refused_where_it_stands(text: str, column: int) -> None:
    with pytest.raises(Refused) as refused:
        evaluate(text, KNOWN)
    assert refused.value.column == column
    assert refused.value.sentence[-1] in "., "[0] or refused.value.sentence


def test_nothing_large_is_computed() -> None:
    many = {"x": torch.zeros(5000)}
    for text in (
        "x.unsqueeze(1) * x",
        "x.unsqueeze(1) @ x.unsqueeze(0)",
        "x" + " + x" * 200,
        "(" * 60 + "x" + ")" * 60,
        "one_hot(argmax(x, 0), 999999)",
    ):
        with pytest.raises(Refused):
            evaluate(text, many)
    assert evaluate("9 ** 9 ** 9", {}) == float("inf")


@settings(deadline=None, max_examples=150)
@given(st.text("ab.()[]@*+-/,:=01 nTsumkeepdim_", max_size=40))
def test_no_text_at_all_raises_anything_else(text: str) -> None:
    try:
        evaluate(text, KNOWN)
    except Refused as error:
        column = error.column
    else:
        column = 0
    assert 0 <= column <= len(text)


# ----- the scene ----------------------------------------------------------------------------------


def frames(poke: Poke | None = None, **knobs: Any) -> list[Frame]:
    return list(tensors.explore(None, tensors.Ask(**knobs), poke or Poke()))


def test_a_frame_a_tensor_and_each_can_be_asked() -> None:
    found = frames()
    assert [f.title for f in found] == ["forward", *(task.name for task in TASKS)]
    for frame in found:
        assert frame.say
        assert frame.look
        assert not frame.solved
        for name in frame.shown():
            assert tensors.point(tensors.Ask(), frame, Spot(name, 0, 0))
    assert sum(frame.predict is not None for frame in found) >= 3
    assert len({frame.chapter for frame in found} - {""}) == 6


def test_a_right_line_solves_its_frame_and_a_wrong_one_does_not() -> None:
    found = frames(line="dlogprobs = -one_hot(Y, V) / n; dprobs = dlogprobs * probs; x y")
    solved = [frame.solved for frame in found if frame.solved]
    assert solved == ["dlogprobs"]
    check_of = {frame.title: frame.shown() for frame in found[1:]}
    first, second = (check_of[name]["check"] for name in ("dlogprobs", "dprobs"))
    assert "Exact" in first.text
    assert TASKS[0].solution in first.text
    assert TASKS[1].solution not in second.text
    assert "wrong" in {role for *_, role in second.roles}
    rows_ = check_of["dprobs"]["list"].rows
    assert rows_[0][4] == [("yours", "yours")]
    assert rows_[1][2][0][1] == "wrong"
    assert not [
        f.solved for f in frames(line=f"dlogprobs = {TASKS[0].solution}", solution=True) if f.solved
    ]


def test_short_expressions_are_solved_without_the_long_way() -> None:
    long, short = BY_NAME["dlogits"].solution, BY_NAME["cross-entropy"].solution
    assert {f.solved for f in frames(line=f"dlogits = {long}")} - {""} == {"dlogits"}
    solved = {f.solved for f in frames(line=f"dlogits = {short}")} - {""}
    assert "cross-entropy" in solved


def test_a_column_is_pointed_at() -> None:
    text = frames(line="dlogprobs = -one_hot(Y, W9)")[1].shown()["check"].text.splitlines()
    assert text[1].index("^") == text[0].index("W9")


def test_hint_and_solution_wait_to_be_asked() -> None:
    assert BY_NAME["dh"].hint not in str(frames()[9].shown()["check"])
    assert BY_NAME["dh"].hint in frames(hint=True)[9].shown()["check"].text
    assert BY_NAME["dh"].solution in frames(solution=True)[9].shown()["check"].text


def test_what_a_number_means_is_measured() -> None:
    for frame in frames()[1:27]:
        view = frame.keep["task"].target
        spot = tensors.largest(view, frame.keep["page"].case.d[view[1:]])
        moved = tensors.measured(frame.keep["page"], view[1:], spot)
        value = float(frame.shown()[view].values[spot.row, spot.column])
        assert moved == pytest.approx(0.001 * value, rel=1e-2, abs=1e-8), frame.title


def test_a_poke_in_the_second_layer_leaves_the_first() -> None:
    spot = Spot("W2", 0, 0)
    plain, poked = frames()[0], frames(poke=Poke(spot, 5.0))[0]
    assert plain.still(spot)["h"].all()
    assert np.array_equal(plain.shown()["h"].values, poked.shown()["h"].values)
    assert not np.array_equal(plain.shown()["logits"].values, poked.shown()["logits"].values)


@pytest.mark.parametrize("mistake", [m.name for m in MISTAKES])
def test_each_mistake_shows_in_the_list(mistake: str) -> None:
    found = frames(mistake=mistake)[1].keep["page"].found
    wrong = {name for name, verdict in found.items() if not verdict.right}
    expected = {
        "constants": {"hprebn", "W1", "embcat", "emb", "C"},
        "bessel": {"bndiff2", "bndiff", "hprebn", "W1"},
        "no-mean": {"logprobs", "logits", "W2", "C"},
    }[mistake]
    assert expected <= wrong
    assert ("logits" in wrong) == (mistake == "no-mean")


@pytest.mark.parametrize("text", ["", "a", "a.b", "x" * 13])
def test_a_text_that_is_no_batch_is_refused(text: str) -> None:
    with pytest.raises(LabError):
        frames(text=text)


# ----- a run --------------------------------------------------------------------------------------


def test_three_ways_to_the_same_weights(desk: Desk) -> None:
    ends = []
    for gradient in ("fused", "by hand", "autograd"):
        run = Run(replace(TINY, gradient=gradient, steps=60), host=desk)
        found = rows(run)
        assert found[-1]["gap"] < 1e-6
        ends.append(run.kept["model"].state_dict())
    for other in ends[1:]:
        for name, value in ends[0].items():
            torch.testing.assert_close(value, other[name], rtol=1e-3, atol=1e-4)


def test_a_run_shows_the_list_and_a_mistake_in_it(desk: Desk) -> None:
    found = rows(Run(TINY, host=desk))
    assert found[-1]["train"] < found[0]["loss"]
    assert "26 of 26" in str(desk.shown["list"][-1].note)
    wrong = rows(Run(replace(TINY, mistake="constants"), host=desk))
    assert wrong[-1]["gap"] > 100 * found[-1]["gap"]
    assert "26 of 26" not in str(desk.shown["list"][-1].note)


def test_a_mistake_is_never_trained_by_the_fast_form(desk: Desk) -> None:
    run = Run(replace(TINY, gradient="fused", mistake="no-mean"), host=desk)
    _, net, _ = run.once(build)
    flat = Flat(net.parameters())
    right = stepper(net, flat, run.once(corpus_of).train, Run(TINY, host=desk))
    wrong = stepper(net, flat, run.once(corpus_of).train, run)
    right.step(torch.arange(32))
    before = flat.gradient.clone()
    wrong.step(torch.arange(32))
    torch.testing.assert_close(flat.gradient, 32 * before, rtol=1e-3, atol=1e-4)


def test_it_writes(desk: Desk) -> None:
    run = Run(TINY, host=desk)
    rows(run)
    assert len(list(generate(run, "", Sampling(tokens=9)))) == 9
