"""The expression language, the stepper and what its card says."""

from __future__ import annotations

import io
import json
import string
from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lessons.micrograd.screen import check, outline
from lessons.micrograd.screen.examples import EXAMPLES, Example
from lessons.micrograd.screen.expression import read, rewritten
from lessons.micrograd.screen.quiz import Quiz, hide, shares
from lessons.micrograd.screen.stepper import Stepper, shown
from lessons.micrograd.screen.tape import ExpressionError, Program
from zhtui.lab import plain

CHAIN = "a=2; b=-3; c=10; f=-2; e=a*b; d=e+c; L=d*f"
README = (
    "a = -4.0; b = 2.0; c = a + b; d = a * b + b**3; c += c + 1; c += 1 + c + (-a);"
    "d += d * 2 + (b + a).relu(); d += 3 * d + (b - a).relu(); e = c - d; f = e**2;"
    "g = f / 2.0; g += 10.0 / f"
)


def gradients(program: Program) -> dict[str, float]:
    values = program.values()
    values[program.root].backward()
    return {line.name: v.grad for line, v in zip(program.tape, values, strict=True)}


def test_readme_as_it_is_written() -> None:
    program = read(README)
    grads = gradients(program)
    assert f"{program.values()[program.root].data:.4f}" == "24.7041"
    assert f"{grads['a']:.4f} {grads['b']:.4f}" == "138.8338 645.5773"


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("2+3*4", 14.0),
        ("2**3**2", 512.0),
        ("-2**2", -4.0),
        ("a=2; a - 1 - 1", 0.0),
        ("a=8; a / 2 / 2", 2.0),
        ("a=-(3)\nb = a*-2  ;; ", 6.0),
        ("a=2; a.exp().log()", 2.0),
        ("x=.5e1; +x", 5.0),
        ("a=2; a -= 3; a *= a; a /= 4", 0.25),
        ("a=2; 2**a", 4.0),
    ],
)
def test_grammar(text: str, result: float) -> None:
    program = read(text)
    assert program.values()[program.root].data == result


@pytest.mark.parametrize(
    ("text", "column", "word"),
    [
        ("", 1, "nothing to compute"),
        ("a=2; b = ", 10, "found the end"),
        ("a=2 3", 5, "';'"),
        ("a=2; (a", 8, "')'"),
        ("a=2;=3", 5, "'='"),
        ("a=2\nb=a*)", 5, "Line 2"),
        ("a=2; b=3; c=10; d=a*b+c; L=d*f", 30, "f has no value yet"),
        ("tanh=3", 1, "is a function"),
        ("a=1/0", 4, "divides by zero"),
        ("a=0; b=1/a", 9, "divides by zero"),
        ("a=0; b=a**-1", 9, "divides by zero"),
        ("a=0; b=a**0.5", 9, "0**0.5 has no finite slope; move the base away from 0"),
        ("a=-2; b=a**0.5", 10, "-2 has no real power 0.5; take a whole exponent"),
        ("a=3; b=(-2)**a", 12, "-2 to the power of a Value has no slope; take one above 0"),
        ("a=1e-320; b=1/a", 14, "move the leaf away from 0"),
        ("a=1e-320; b=log(a)", 13, "move the leaf away from 0"),
        ("a=1e-320; b=a**-1", 14, "move the leaf away from 0"),
        ("a=1e300; b=a*a", 13, "make a leaf smaller"),
        ("a=1000; b=exp(a)", 11, "too large"),
        ("a=1e300; b=a*a", 13, "too large"),
        ("a=1e999", 3, "too large"),
        ("a=-1; log(a)", 7, "above zero"),
        ("a=-8; a**0.5", 8, "whole exponent"),
        ("a=1; b=2; a**b", 12, "exp(b*log(a))"),
        ("print(1)", 1, "cannot be called"),
        ("__import__('os').system('true')", 1, "cannot be called"),
        ("a=2; a.__class__", 8, "cannot be called"),
        ("a=2; a.b", 8, "cannot be called"),
        ("[x for x in y]", 1, "means nothing"),
        ("a=2; b=a@3", 9, "means nothing"),
        ("a" * 10_000, 2001, "10,000 characters"),
        ("(" * 500, 42, "levels"),
        ("-" * 500 + "1", 42, "levels"),
    ],
)
def test_mistakes_get_one_sentence_at_their_column(text: str, column: int, word: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        read(text)
    message = str(caught.value)
    assert caught.value.column == column
    assert word in message
    assert message.endswith(".")
    assert "\n" not in message
    assert len(message) < 140


@settings(deadline=None)
@given(st.text("ab12.+-*/()=; \ntanhexplog_'@", max_size=60) | st.text(string.printable))
def test_anything_typed_is_read_or_refused(text: str) -> None:
    refused = None
    try:
        program = read(text)
    except ExpressionError as error:
        refused = error
    if refused is None:
        assert len(program.values()) == len(program.tape)
    else:
        assert 1 <= refused.column <= len(text) + 1


NAMES = "abc"


@st.composite
def sums(draw: st.DrawFn, depth: int = 3) -> str:
    """An expression in a, b and c that both we and Python can read."""
    if depth == 0 or draw(st.booleans()):
        return draw(st.sampled_from([*NAMES, "2", "0.5", "-a", "b**2", "c**3"]))
    left, right = draw(sums(depth - 1)), draw(sums(depth - 1))
    form = draw(st.sampled_from(["({} + {})", "({} - {})", "{} * {}", "({} / (2 + {}**2))"]))
    if form.endswith("**2))"):
        right = f"({right})"
    text = form.format(left, right)
    return draw(st.sampled_from([text, text, f"tanh({text})", f"relu({text})"]))


def on_numbers_too(function: Callable[[torch.Tensor], torch.Tensor]) -> Callable[..., torch.Tensor]:
    return lambda x: function(torch.as_tensor(x, dtype=torch.float64))


@settings(deadline=None)
@given(sums(), st.lists(st.floats(-2, 2), min_size=3, max_size=3))
def test_every_reading_equals_torch(text: str, leaves: list[float]) -> None:
    head = "; ".join(f"{name}={x:.3f}" for name, x in zip(NAMES, leaves, strict=True))
    program = read(f"{head}; L = 0*a + {text}")
    grads = gradients(program)
    known = {"tanh": on_numbers_too(torch.tanh), "relu": on_numbers_too(torch.relu)}
    tensors = {
        name: torch.tensor(float(f"{x:.3f}"), dtype=torch.float64, requires_grad=True)
        for name, x in zip(NAMES, leaves, strict=True)
    }
    reference = eval(f"0*a + {text}", {"__builtins__": {}}, known | tensors)  # the test's own text
    reference.backward()
    for name, tensor in tensors.items():
        theirs = 0.0 if tensor.grad is None else tensor.grad.item()
        assert grads[name] == pytest.approx(theirs, rel=1e-10, abs=1e-10)


# -- names ----------------------------------------------------------------------------------------


def test_nodes_are_called_by_their_text() -> None:
    program = read("a=2; t1=3; b = (a*t1 + 1) * tanh(a*t1 - 44 + 5); b += 1")
    names = [line.name for line in program.tape]
    assert names == ["a", "t1", "a*t1", "a*t1+1", "t2", "t2-44", "t2-44+5", "t3", "b", "b′"]
    assert len(set(names)) == len(names)


def test_an_alias_makes_no_node() -> None:
    program = read("a=2; b=a; c=b*b")
    assert [line.name for line in program.tape] == ["a", "c"]
    assert gradients(program)["a"] == 4.0


# -- steps ----------------------------------------------------------------------------------------


def test_the_card_spells_the_local_derivative() -> None:
    stepper = Stepper(read(CHAIN))
    cards = []
    for done in range(len(stepper.moves) + 1):
        stepper.go(done)
        cards.append(stepper.card()[0])
    assert cards[1] == "e = a * b = 2 * -3 = -6"
    assert cards[4] == "dL/dL = 1"
    assert "dL/da += dL/de * ∂e/∂a = -2 * -3 = 6   (∂e/∂a = b)" in cards


@pytest.mark.parametrize(
    ("text", "factor"),
    [
        ("a=2; L=-a", "1 * -1 = -1"),
        ("a=2; L=a/4", "1 * 0.25 = 0.25   (∂L/∂a = 1 / 4)"),
        ("a=2; L=4/a", "1 * -1 = -1   (∂L/∂a = -4 / a**2)"),
        ("a=2; L=a**3", "1 * 12 = 12   (∂L/∂a = 3 * a**2)"),
        ("a=2; L=a**2", "1 * 4 = 4   (∂L/∂a = 2 * a)"),
        ("a=2; L=2**a", "1 * 2.7726 = 2.7726   (∂L/∂a = log(2) * L)"),
        ("a=0; L=tanh(a)", "1 * 1 = 1   (∂L/∂a = 1 - L**2)"),
        ("a=0; L=sigmoid(a)", "1 * 0.25 = 0.25   (∂L/∂a = L * (1 - L))"),
        ("a=0; L=exp(a)", "1 * 1 = 1   (∂L/∂a = L)"),
        ("a=2; L=log(a)", "1 * 0.5 = 0.5   (∂L/∂a = 1 / a)"),
        ("a=-2; L=relu(a)", "1 * 0 = 0   (∂L/∂a = 1 where a > 0, else 0)"),
        ("a=2; L=3-a", "1 * -1 = -1"),
    ],
)
def test_every_local_derivative_in_letters(text: str, factor: str) -> None:
    stepper = Stepper(read(text))
    stepper.go(len(stepper.moves))
    assert stepper.card()[0] == f"dL/da += dL/dL * ∂L/∂a = {factor}"


def test_a_gradient_is_not_yet_before_backward_reaches_it() -> None:
    stepper = Stepper(read("a=3; b=a*a; c=b+a"))
    tape = [line.name for line in stepper.program.tape]
    assert stepper.state().data == (3.0, None, None)
    stepper.go(stepper.first_backward)
    assert stepper.state().grad == (None, None, None)
    stepper.go(len(stepper.moves) - 1)
    state = stepper.state()
    assert state.whole[tape.index("b")]
    assert not state.whole[tape.index("a")]
    stepper.go(len(stepper.moves))
    assert stepper.state().grad[0] == 7.0
    assert all(stepper.state().whole)


def test_steps_by_nodes_there_and_back() -> None:
    stepper = Stepper(read(CHAIN))
    there = []
    while stepper.done < len(stepper.moves):
        stepper.go_node(1)
        there.append(stepper.done)
    assert there == [1, 2, 3, 4, 6, 8, 10]
    stepper.go_node(1)
    assert stepper.done == 10
    back = []
    while stepper.done:
        stepper.go_node(-1)
        back.append(stepper.done)
    assert back == [8, 6, 4, 3, 2, 1, 0]


@settings(deadline=None)
@given(sums(), st.integers(1, 3))
def test_the_last_state_is_that_of_the_engine(text: str, passes: int) -> None:
    program = read(f"a=1.5; b=-0.5; c=0.75; L = 0*a + {text}")
    stepper = Stepper(program, passes=passes)
    stepper.go(len(stepper.moves))
    values = program.values()
    for _ in range(passes):
        values[program.root].backward()
    state = stepper.state()
    assert state.data == tuple(value.data for value in values)
    assert [grad or 0.0 for grad in state.grad] == [value.grad for value in values]


def test_backward_twice_counts_the_first_pass_again() -> None:
    stepper = Stepper(read("a=3; b=a*2; L=b*b"))
    stepper.go(len(stepper.moves))
    assert stepper.state().grad[0] == 24.0
    stepper.again(2)
    stepper.go(len(stepper.moves))
    assert stepper.state().grad[0] == 24.0 + 48.0  # b hands on what it still held


def test_an_edited_leaf_changes_all_and_stays_at_its_move() -> None:
    stepper = Stepper(read(CHAIN))
    stepper.go(9)
    stepper.edit(0, 5.0)
    assert stepper.done == 9
    assert stepper.state().data[-1] == 10.0  # (5 * -3 + 10) * -2
    with pytest.raises(ExpressionError, match="too large"):
        Stepper(read("a=1; b=exp(a)")).edit(0, 1e6)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (6.0, "6"),
        (-0.25, "-0.25"),
        (138.83381924, "138.8338"),
        (-0.0, "0"),
        (100.0, "100"),
        (1e-7, "1.000e-07"),
    ],
)
def test_numbers_are_short(number: float, text: str) -> None:
    assert shown(number) == text


# -- what is drawn -------------------------------------------------------------------------------


def test_the_tree_repeats_a_shared_node_but_not_what_is_below_it() -> None:
    stepper = Stepper(read("a=2; b=a*3; c=7; L=b*b"))
    rows = outline.tree(stepper)
    assert [(row.branch, row.text, row.again) for row in rows] == [
        ("", "L = b*b", False),
        ("├─ ", "b = a*3", False),
        ("│  └─ ", "a", False),
        ("└─ ", "b", True),
        ("", "c", False),
    ]
    assert {row.grad for row in rows} == {"not yet"}
    stepper.go(len(stepper.moves))
    assert outline.tree(stepper)[-1].grad == "no path"


def test_the_graph_lights_the_edge_of_the_last_move() -> None:
    stepper = Stepper(read(CHAIN))
    stepper.go(1)
    assert set(outline.graph(stepper).lit) == {("0", "4"), ("1", "4")}
    stepper.go(9)
    view = outline.graph(stepper)
    assert list(view.lit) == [("0", "4")]
    assert {node.id for node in view.nodes if node.lit} == {"0", "4"}
    assert view.nodes[0].lines == (
        (("a = ", ""), ("2", "")),
        (("dL/da ", "faint"), ("6      ", "yours")),
    )
    assert [plain(line) for line in view.nodes[1].lines] == ["b = -3", "dL/db not yet"]
    assert view.nodes[1].lines[1][1] == ("not yet", "faint")
    told = [plain(line).rstrip() for line in view.nodes[4].lines]
    assert told == ["e = a*b", "-6", "dL/de -2"]


def test_the_local_slope_stands_on_its_edge_once_the_node_is_computed() -> None:
    stepper = Stepper(read("a=2; b=a*3; c=b+b; L=c*a"))
    assert set(map(str.strip, outline.graph(stepper).labels.values())) == {""}
    stepper.go(2)
    view, wide = outline.graph(stepper), len(outline.graph(stepper).labels[("2", "3")])
    names = {node.id: plain(node.lines[0]).split(" ")[0] for node in view.nodes}
    known = {(names[a], names[b]): text for (a, b), text in view.labels.items()}
    assert known == {
        ("a", "b"): "3",
        ("b", "c"): "1, 1",
        ("c", "L"): " " * wide,
        ("a", "L"): " " * len("12"),
    }
    stepper.go(3)
    assert outline.graph(stepper).labels[("2", "3")] == "2"


def test_the_chain_rule_is_told_as_speeds() -> None:
    stepper = Stepper(read("a=2; e=a*3; L=e*e"))
    stepper.go(len(stepper.moves))
    assert stepper.card()[-1] == (
        "e moves 3 times as fast as a, L 12 times as fast as e, so L 36 times as fast as a."
    )
    stepper.go(len(stepper.moves) - 1)
    assert stepper.card()[-1] == "L moves 6 times as fast as e by this edge."
    stepper.again(2)
    stepper.go(len(stepper.moves))
    assert "not zeroed" in stepper.card()[-1]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("-36", "the sign is not"),
        ("3", "this is the slope on the edge; multiply it by dL/de"),
        ("12", "this is dL/de; multiply it by the slope on the edge"),
        ("5", "multiply dL/de by the slope on the edge"),
    ],
)
def test_a_wrong_answer_has_a_reason(said: str, reason: str) -> None:
    stepper = Stepper(read("a=2; e=a*3; L=e*e"))
    quiz = Quiz({0: 36.0}, {0: shares(stepper, stepper.after(len(stepper.moves)).grad, 0)})
    assert not quiz.answer(said)
    assert reason in quiz.reason(0, quiz.missed[0][0])
    assert quiz.asking == 0
    assert quiz.solution(0) == "12 * 3 = 36"


def test_a_share_of_several_is_known_as_one() -> None:
    stepper = Stepper(read("a=3; L=a*a"))
    quiz = Quiz({0: 6.0}, {0: shares(stepper, stepper.after(len(stepper.moves)).grad, 0)})
    quiz.answer("3")
    assert "the share of one edge; 2 edges bring one" in quiz.reason(0, 3.0)


def test_a_huge_graph_is_drawn_around_the_move() -> None:
    stepper = Stepper(read("a=1; L=" + "+".join("a" * 600)))
    stepper.go(len(stepper.moves))
    view = outline.graph(stepper)
    assert len(view.nodes) == 20
    assert view.note == "580 nodes away from this move are not drawn"
    assert {edge for pair in view.edges for edge in pair} <= {node.id for node in view.nodes}
    assert len(outline.tree(stepper)) == 1199


@settings(deadline=None, max_examples=30)
@given(sums(), st.integers(0, 9))
def test_a_quiz_accepts_the_truth_and_nothing_else(text: str, seed: int) -> None:
    stepper = Stepper(read(f"a=1.5; b=-0.5; c=0.75; L = 0*a + {text}"))
    quiz = hide(stepper, seed)
    assert 1 <= len(quiz.truth) <= 3
    assert stepper.program.root not in quiz.truth
    for number, node in enumerate(list(quiz.truth)):
        assert quiz.asking == node
        wrong = number == 1
        for _ in range(1 + wrong):
            assert quiz.asking == node
            assert quiz.answer(repr(quiz.truth[node] + wrong)) != wrong
    assert quiz.asking is None
    assert quiz.score().startswith(f"{len(quiz.truth) - (len(quiz.truth) > 1)} of")


# -- three roads ---------------------------------------------------------------------------------


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
def test_the_three_gradients_of_every_example_agree(example: Example) -> None:
    program = read(example.text)
    for row in check.rows(program, check.by_torch(program)):
        assert row.torch == pytest.approx(row.analytic, rel=1e-10, abs=1e-12)
        assert row.numeric == pytest.approx(row.analytic, rel=1e-6, abs=1e-6)
        assert row.agrees


def test_a_kink_and_an_edge_are_told_apart_from_a_gradient() -> None:
    kink = check.rows(read("a=0; L=relu(a)"))[0]
    assert kink.numeric == pytest.approx(0.5)
    assert not kink.agrees
    assert check.rows(read("a=1e-9; L=log(a)"))[0].numeric is None


def test_the_child_answers_for_edited_leaves(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    program = read("a=2; L=a*a").edited(0, 5.0)
    monkeypatch.setattr("sys.stdin", io.StringIO(check.asked(program)))
    check.main()
    assert json.loads(capsys.readouterr().out) == {"a": 10.0}


@pytest.mark.parametrize(
    ("text", "leaf", "changed"),
    [
        ("a = 2; b=a*a", 0, "a = 2.5; b=a*a"),
        ("a=2\nb=-(3)\nc=a*b", 1, "a=2\nb=2.5\nc=a*b"),
        ("a=2; b=a; a=3; L=a*b", 1, "a=2; b=a; a=2.5; L=a*b"),
    ],
)
def test_an_edit_is_written_into_the_text(text: str, leaf: int, changed: str) -> None:
    program = rewritten(read(text), leaf, 2.5)
    assert program.text == changed
    assert program.tape[leaf].operands == (2.5,)
