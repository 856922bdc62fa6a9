"""Value against known figures, against torch and against small differences."""

from __future__ import annotations

import math
import random
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lessons.micrograd.engine import OperandError, Value, topological_order, weighted_sum
from lessons.micrograd.model import MLP, max_margin, small_steps, sum_of_squares

steady = settings(deadline=None)  # the first call pays for what torch loads late
numbers = st.floats(-3, 3).map(lambda x: round(x, 3))


def close(ours: float, theirs: float, tolerance: float) -> bool:
    return math.isclose(ours, theirs, rel_tol=tolerance, abs_tol=tolerance)


def test_readme_expression() -> None:
    a, b = Value(-4.0), Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    g.backward()
    assert [f"{x:.4f}" for x in (g.data, a.grad, b.grad)] == ["24.7041", "138.8338", "645.5773"]


def test_tanh_neuron() -> None:
    x1, x2, w1, w2 = Value(2.0), Value(0.0), Value(-3.0), Value(1.0)
    o = (x1 * w1 + x2 * w2 + Value(6.8813735870195432)).tanh()
    o.backward()
    assert close(o.data, math.sqrt(0.5), 1e-12)
    for leaf, grad in ((x1, -1.5), (w1, 1.0), (x2, 0.5), (w2, 0.0)):
        assert close(leaf.grad, grad, 1e-12)


def test_a_node_used_twice_gets_both_shares() -> None:
    a = Value(3.0)
    (a + a).backward()
    assert a.grad == 2.0


def test_backward_twice_adds_up() -> None:
    a = Value(3.0)
    b = a * a
    b.backward()
    b.backward()
    assert a.grad == 12.0


# -- random expressions ---------------------------------------------------------------------------

Unary = Callable[..., object]
UNARY = ("neg", "tanh", "sigmoid", "exp", "relu", "log", "cube", "plus", "minus", "over", "power")
moves = st.tuples(
    st.sampled_from(("add", "sub", "mul", "div", *UNARY)), st.integers(0, 99), st.integers(0, 99)
)


def grown(leaves: list, steps: list) -> object:
    """Applies random moves to Values or to torch's tensors alike; the last node joins all."""
    nodes = list(leaves)
    for name, i, j in steps:
        x, y = nodes[i % len(nodes)], nodes[j % len(nodes)]
        square = y * y + 0.5
        nodes.append(
            {
                "add": lambda x=x, y=y: x + y,
                "sub": lambda x=x, y=y: x - y,
                "mul": lambda x=x, y=y: x * y,
                "div": lambda x=x, y=square: x / y,
                "neg": lambda x=x: -x,
                "tanh": lambda x=x: x.tanh(),
                "sigmoid": lambda x=x: x.sigmoid(),
                "exp": lambda x=x: x.tanh().exp(),
                "relu": lambda x=x: x.relu(),
                "log": lambda y=square: y.log(),
                "cube": lambda x=x: x.tanh() ** 3,
                "plus": lambda x=x: 2.5 + x,
                "minus": lambda x=x: 1.5 - x,
                "over": lambda y=square: 2.0 / y,
                "power": lambda x=x: 2.0 ** x.tanh(),
            }[name]()
        )
    total = nodes[0]
    for node in nodes[1:]:
        total = total + node.tanh()
    return total


@steady
@given(st.lists(numbers, min_size=1, max_size=4), st.lists(moves, max_size=14))
def test_gradients_equal_torch(leaves: list[float], steps: list[tuple[str, int, int]]) -> None:
    ours = [Value(x) for x in leaves]
    theirs = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in leaves]
    out, reference = grown(ours, steps), grown(theirs, steps)
    assert isinstance(out, Value)
    assert isinstance(reference, torch.Tensor)
    assume(abs(out.data) < 1e6)
    out.backward()
    reference.backward()
    assert close(out.data, reference.item(), 1e-10)
    for value, tensor in zip(ours, theirs, strict=True):
        assert tensor.grad is not None
        assert close(value.grad, tensor.grad.item(), 1e-10)


SMOOTH = ("add", "sub", "mul", "tanh", "sigmoid", "exp", "log", "cube", "minus", "over", "power")
smooth_moves = st.tuples(st.sampled_from(SMOOTH), st.integers(0, 99), st.integers(0, 99))


@steady
@given(st.lists(numbers, min_size=1, max_size=3), st.lists(smooth_moves, max_size=8))
def test_gradients_equal_small_differences(
    leaves: list[float], steps: list[tuple[str, int, int]]
) -> None:
    def result(at: list[float]) -> float:
        out = grown([Value(x) for x in at], steps)
        assert isinstance(out, Value)
        return out.data

    values = [Value(x) for x in leaves]
    out = grown(values, steps)
    assert isinstance(out, Value)
    out.backward()
    assume(all(abs(value.grad) < 50 for value in values) and abs(out.data) < 50)
    for index, value in enumerate(values):
        # Richardson: the error of the central difference, h**2, cancels between two widths.
        wide, narrow = (
            (
                result([x + h * (i == index) for i, x in enumerate(leaves)])
                - result([x - h * (i == index) for i, x in enumerate(leaves)])
            )
            / (2 * h)
            for h in (2e-4, 1e-4)
        )
        assert close(value.grad, (4 * narrow - wide) / 3, 1e-6)


# -- edges ----------------------------------------------------------------------------------------


def test_a_chain_of_100_000_nodes() -> None:
    x = Value(1.0)
    y = x
    for _ in range(100_000):
        y = y + 1.0
    y.backward()
    assert (y.data, x.grad) == (100_001.0, 1.0)
    del y  # and freeing it does not overflow the stack either


def test_a_diamond_of_100_000_nodes() -> None:
    x = Value(0.5)
    y = x
    for _ in range(50_000):
        y = (y + y) * 0.5
    y.backward()
    assert x.grad == 1.0


def test_topological_order_puts_operands_first() -> None:
    a = Value(2.0)
    b = a * a
    root = (b + a) * (b - a)
    order = topological_order(root)
    place = {node: index for index, node in enumerate(order)}
    assert order[-1] is root
    assert len(place) == len(order) == 5
    assert all(place[x] < place[node] for node in order for x in node.operands)


@pytest.mark.parametrize("stranger", ["1", None, [1.0], 1j, object()])
@pytest.mark.parametrize("operation", ["+", "-", "*", "/", "**"])
def test_strangers_are_named(stranger: object, operation: str) -> None:
    apply = {
        "+": lambda x, y: x + y,
        "-": lambda x, y: x - y,
        "*": lambda x, y: x * y,
        "/": lambda x, y: x / y,
        "**": lambda x, y: x**y,
    }[operation]
    with pytest.raises(OperandError, match=type(stranger).__name__):
        apply(Value(1.0), stranger)
    with pytest.raises(OperandError, match=type(stranger).__name__):
        apply(stranger, Value(1.0))


def test_a_value_is_not_made_of_a_stranger() -> None:
    with pytest.raises(OperandError, match="str"):
        Value("2.0")


def test_values_do_not_compare() -> None:
    with pytest.raises(TypeError):
        _ = Value(1.0) < Value(2.0)
    assert Value(1.0) != Value(1.0)


def test_numpy_numbers_on_either_side() -> None:
    a = Value(3.0)
    for out in (np.float64(2) * a, a * np.int64(2), np.float32(2) * a):
        assert isinstance(out, Value)
        assert out.data == 6.0
        assert type(out.data) is float


def test_sigmoid_far_out() -> None:
    assert Value(-1e4).sigmoid().data == 0.0
    assert Value(1e4).sigmoid().data == 1.0


def test_engine_needs_the_standard_library_only() -> None:
    code = (
        "import sys; from lessons.micrograd.engine import Value;"
        "from lessons.micrograd.model import MLP;"
        "print([m for m in ('torch', 'numpy', 'textual') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# -- the network ----------------------------------------------------------------------------------


@steady
@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=6), numbers)
def test_a_weighted_sum_equals_its_small_steps(pairs: list[tuple[float, float]], b: float) -> None:
    results = []
    for weigh in (weighted_sum, small_steps):
        weights = [Value(w) for w, _ in pairs]
        inputs = [Value(x) for _, x in pairs]
        bias = Value(b)
        out = weigh(weights, inputs, bias).tanh()
        out.backward()
        results.append([out.data, *(v.grad for v in (*weights, *inputs, bias))])
    assert results[0] == results[1]


def test_large_and_small_nodes_make_the_same_network() -> None:
    grads = []
    for weigh in (weighted_sum, small_steps):
        net = MLP(2, [5, 4, 1], uniform=random.Random(7).uniform, weigh=weigh)
        scores = [net([x / 3, 1 - x / 2]) for x in range(6)]
        loss = max_margin(scores, [1.0, -1.0] * 3) + 0.01 * sum_of_squares(net.parameters())
        loss.backward()
        grads.append([loss.data, *(p.grad for p in net.parameters())])
    assert grads[0] == grads[1]


def test_the_course_network_has_337_parameters() -> None:
    net = MLP(2, [16, 16, 1])
    assert len(net.parameters()) == 337
    net([Value(1.0), Value(-1.0)]).backward()
    assert any(p.grad for p in net.parameters())
    net.zero_grad()
    assert not any(p.grad for p in net.parameters())


@given(st.floats(-700, 700))
def test_sigmoid_keeps_its_digits_far_out(x: float) -> None:
    a = Value(x)
    output = a.sigmoid()
    output.backward()
    near, far = math.exp(-abs(x)) / (1 + math.exp(-abs(x))), 1 / (1 + math.exp(-abs(x)))
    assert output.data == pytest.approx(far if x >= 0 else near, rel=1e-14, abs=0)
    assert a.grad == pytest.approx(near * far, rel=1e-14, abs=0)


def test_log_sigmoid_far_below_zero_is_the_number_itself() -> None:
    a = Value(-40.0)
    output = a.sigmoid().log()
    output.backward()
    assert output.data == -40.0
    assert a.grad == 1.0


def test_relu_of_nan_is_nan_as_in_torch() -> None:
    a = Value(math.nan)
    output = a.relu()
    output.backward()
    theirs = torch.tensor(math.nan, dtype=torch.float64, requires_grad=True)
    theirs.relu().backward()
    assert math.isnan(output.data)
    assert a.grad == float(theirs.grad)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: Value(2.0) ** Value(3.0), r"write \(b \* a\.log\(\)\)\.exp\(\)"),
        (lambda: Value(-2.0) ** 0.5, r"-2 has no real power 0\.5"),
        (lambda: Value(0.0) ** 0.5, r"0\*\*0\.5 has no finite slope"),
        (lambda: (-2.0) ** Value(0.5), "take one above 0"),
    ],
)
def test_a_refusal_says_what_is_wrong(wrong: Callable[[], Value], said: str) -> None:
    with pytest.raises((OperandError, ZeroDivisionError), match=said):
        wrong()
