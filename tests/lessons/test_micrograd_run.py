"""Points, the two forms of the network, the published losses, resume, specimens and pictures."""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import make_circles, make_moons

from lessons.micrograd import lesson, points, specimens, views
from lessons.micrograd.config import PRESETS, SPECIMENS, Config
from lessons.micrograd.networks import build
from lessons.micrograd.train import train
from zhtui.lab import DataError, Heatmap, LabError, Run, Scatter, Table, View

TINY: Config = PRESETS["tiny"]


@dataclass
class Desk:
    """A host that gives one file, restores what was saved, and remembers what was shown."""

    path: Path = Path()
    saved: dict[str, Any] = field(default_factory=dict)
    shown: dict[str, View] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    def data(self, name: str, auto: tuple[str, ...]) -> Path:
        return self.path

    def restore(self, name: str, part: Any) -> None:
        if name in self.saved:
            part.load_state_dict(self.saved[name])

    def show(self, step: int, name: str, view: View) -> None:
        self.shown[name] = view

    def say(self, step: int, text: str) -> None:
        self.said.append(text)


def rows_of(config: Config, seed: int = 1337) -> tuple[list[dict[str, float]], Desk]:
    desk = Desk()
    return list(train(Run(config, seed=seed, host=desk))), desk


# -- points ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "seed"), [(100, 1337), (101, 3), (7, 0)])
def test_moons_are_those_of_scikit_learn(n: int, seed: int) -> None:
    np.random.seed(seed)
    xy, kind = make_moons(n, noise=0.1)
    ours = points.make("moons", n, 0.1, seed)
    assert (ours.xy == xy).all()
    assert (ours.labels == kind * 2 - 1).all()


def test_circles_are_those_of_scikit_learn() -> None:
    np.random.seed(5)
    xy, kind = make_circles(40, noise=0.1, factor=0.5)
    ours = points.make("circles", 40, 0.1, 5)
    assert np.allclose(ours.xy, xy, atol=1e-15)
    assert (ours.labels == kind * 2 - 1).all()


@pytest.mark.parametrize("shape", points.SHAPES)
@pytest.mark.parametrize("n", [4, 101])
def test_every_shape_has_two_kinds_of_points(shape: str, n: int) -> None:
    made = points.make(shape, n, 0.05, 1)
    assert made.xy.shape == (n, 2)
    assert np.isfinite(made.xy).all()
    assert abs(made.labels.sum()) <= 1
    assert set(made.labels) == {-1.0, 1.0}


def test_a_file_of_points(tmp_path: Path) -> None:
    path = tmp_path / "own.txt"
    path.write_text("# two kinds\n0 10 cat\n2, 10, dog  # far\n\n4 10 dog\n")
    made = points.read(path)
    assert made.names == ("cat", "dog")
    assert made.labels.tolist() == [-1.0, 1.0, 1.0]
    assert made.xy[:, 0] == pytest.approx([-1.2247, 0, 1.2247], abs=1e-4)
    assert made.xy[:, 1].tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1 2 a\n1 2\n", "line 2"),
        ("1 two a\n", "line 1"),
        ("1 nan a\n", "line 1"),
        ("1 2 a b\n", "line 1"),
        ("1 2 a\n3 4 a\n", "labels a"),
        ("1 2 a\n3 4 b\n5 6 c\n", "labels a, b, c"),
        ("# nothing\n", "labels none"),
    ],
)
def test_a_bad_file_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "bad.txt"
    path.write_text(text)
    with pytest.raises(DataError, match=words):
        points.read(path)


def test_a_name_that_no_points_have_is_refused() -> None:
    with pytest.raises(DataError, match="'mooons': take moons, circles, spirals, xor"):
        rows_of(replace(TINY, data="mooons"))


def test_a_run_on_a_file(tmp_path: Path) -> None:
    path = tmp_path / "own.txt"
    path.write_text("".join(f"{x} {y} {int(x > y)}\n" for x in range(4) for y in range(4)))
    desk = Desk(path)
    rows = list(train(Run(replace(TINY, data=str(path), steps=40), host=desk)))
    assert rows[-1]["accuracy"] > 0.9


# -- the published run ----------------------------------------------------------------------------


def test_the_notebook_to_the_last_digit() -> None:
    rows, _ = rows_of(Config())
    assert rows[0]["loss"] == 0.8958441028683222
    assert rows[0]["accuracy"] == 0.5
    assert rows[99]["loss"] == 0.010978370135492717
    assert rows[99]["accuracy"] == 1.0


def test_the_references_are_those_of_the_notebook() -> None:
    notebook = [r for r in lesson.references if r.preset == "paper"]
    losses = [r.value for r in notebook if r.metric == "loss"]
    assert losses == [0.8958441028683222, 0.010978370135492717]


@pytest.mark.parametrize("activation", [pytest.param("relu", marks=pytest.mark.slow), "tanh"])
def test_arrays_learn_what_numbers_learn(activation: str) -> None:
    config = replace(Config(), activation=activation)
    numbers, _ = rows_of(config)
    arrays, _ = rows_of(replace(config, form="tensor"))
    for ours, theirs in zip(numbers, arrays, strict=True):
        assert ours["loss"] == pytest.approx(theirs["loss"], rel=1e-9, abs=1e-12)
        assert ours["accuracy"] == theirs["accuracy"]
    if activation == "relu":
        assert arrays[99]["loss"] == pytest.approx(0.010978370135492717, rel=0, abs=1e-12)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("depth", [0, 1, 3])
def test_numbers_arrays_and_numpy_have_one_gradient(activation: str, depth: int) -> None:
    config = replace(TINY, activation=activation, depth=depth, l2=0.01)
    batch = points.make("spirals", 15, 0.1, 2)
    nets = [build(replace(config, form=form), 4, "cpu", "") for form in ("value", "tensor")]
    results = [net.forward_backward(batch, config.l2) for net in nets]
    assert results[0][0] == pytest.approx(results[1][0], rel=1e-12)
    assert results[0][1] == pytest.approx(results[1][1], rel=1e-12)
    assert nets[0].gradient() == pytest.approx(nets[1].gradient(), rel=1e-10, abs=1e-12)
    layers = nets[0].shape.layers(nets[0].numbers())
    assert views.margin_loss(layers, batch, config.l2) == pytest.approx(results[0][0])
    pulls = [pull.mean(axis=0).ravel() for pull in views.pulls(layers, batch)]
    decay = 2 * config.l2 * nets[0].numbers()
    assert np.concatenate(pulls) + decay == pytest.approx(nets[0].gradient(), abs=1e-12)


# -- resume ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "specimen"), [("value", "none"), ("value", "stale-grads"), ("tensor", "none")]
)
def test_a_resumed_run_gives_the_same_bits(form: str, specimen: str) -> None:
    config = replace(TINY, form=form, specimen=specimen, batch=5)
    whole, _ = rows_of(config)

    first = Run(config, host=Desk())
    rows = train(first)
    head = [next(rows) for _ in range(3)]
    saved = {
        name: {key: value.clone() if form == "tensor" else value for key, value in state.items()}
        for name, state in ((name, part.state_dict()) for name, part in first.kept.items())
    }
    second = Run(config, host=Desk(saved=saved))
    second.step = 3
    assert head + list(train(second)) == whole


def test_a_live_learning_rate_is_obeyed() -> None:
    run = Run(TINY, host=Desk())
    rows = train(run)
    next(rows)
    run.config = replace(TINY, lr=0.0)
    losses = [row["loss"] for row in rows]
    assert len(set(losses)) == 1


# -- specimens ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_relu_on_the_output_is_right_everywhere_and_stuck() -> None:
    rows, _ = rows_of(replace(Config(), specimen="relu-output"), seed=1)
    assert rows[-1]["accuracy"] == 1.0
    assert rows[-1]["loss"] == pytest.approx(0.511, abs=0.002)
    assert rows[-1]["grad_error"] < 1e-6


def test_a_one_sided_minus_leaves_only_weight_decay() -> None:
    rows, _ = rows_of(replace(Config(), steps=20, specimen="one-sided-minus"))
    assert rows[-1]["loss"] == pytest.approx(rows[0]["loss"], abs=0.001)
    assert rows[-1]["grad_norm"] < 0.01
    assert rows[-1]["grad_error"] > 0.1


@pytest.mark.parametrize("specimen", ["unsorted-backward", "stale-grads"])
def test_a_wrong_gradient_shows_on_its_meter(specimen: str) -> None:
    wrong, _ = rows_of(replace(Config(), steps=20, specimen=specimen))
    sound, _ = rows_of(replace(Config(), steps=20))
    assert max(row.get("grad_error", 0.0) for row in wrong) > 0.1
    assert max(row.get("grad_error", 0.0) for row in sound) < 1e-6


def test_guess_hides_one_mistake_until_it_is_asked_for() -> None:
    config = replace(TINY, specimen="guess")
    rows, desk = rows_of(config, seed=3)
    assert desk.said == []
    hidden = specimens.choose("guess", 3)
    assert rows == rows_of(replace(config, specimen=hidden), seed=3)[0]
    _, asked = rows_of(replace(config, reveal=True), seed=3)
    assert len(asked.said) == 1
    assert hidden in asked.said[0]
    assert {specimens.choose("guess", seed) for seed in range(40)} == set(specimens.MISTAKES)


def test_specimens_need_the_scalar_form() -> None:
    assert set(SPECIMENS) == {"none", *specimens.MISTAKES, "guess"}
    with pytest.raises(LabError, match="form=value"):
        rows_of(replace(TINY, form="tensor", specimen="relu-output"))


# -- pictures -------------------------------------------------------------------------------------


@pytest.mark.parametrize("depth", [0, 1, 2])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_pictures_of_a_run(depth: int, activation: str) -> None:
    _, desk = rows_of(replace(TINY, depth=depth, activation=activation, width=3))
    names = {"boundary", "weights", "largest moves"} | ({"neurons", "units"} if depth else set())
    assert set(desk.shown) == names
    boundary = desk.shown["boundary"]
    assert isinstance(boundary, Scatter)
    assert boundary.field is not None
    assert np.abs(boundary.field).max() <= 1
    weights = desk.shown["weights"]
    assert isinstance(weights, Heatmap)
    assert weights.values.shape == (len(weights.rows), len(weights.columns))


def test_the_field_is_the_network_read_from_the_top_left() -> None:
    net = build(TINY, 1, "cpu", "")
    made = points.make("moons", 20, 0.1, 1)
    layers = net.shape.layers(net.numbers())
    view = views.boundary(layers, made)
    assert view.field is not None
    assert view.extent is not None
    corner = np.array([[view.extent[0], view.extent[3]]])  # leftmost x, topmost y
    score = views.forward(layers, corner)[-1][0, 0]
    assert view.field[0, 0] == pytest.approx(np.tanh(score), abs=1e-3)


def test_dead_and_saturated_units_are_marked() -> None:
    made = points.make("moons", 20, 0.1, 1)
    still = np.array([[0.0, 0.0], [1.0, 0.0]])
    out = views.Layer(np.ones((1, 2)), np.zeros(1), "linear")
    for kind, bias, word in (("relu", -9.0, "dead"), ("tanh", -9.0, "saturated")):
        layers = [views.Layer(still, np.array([bias, 0.0]), kind), out]
        assert views.stuck(layers, made)[0].tolist() == [True, False]
        table = views.units(layers, made)
        assert table.rows[0] == ("1.1", "0%", word)
        assert table.mark == 0


def test_a_move_is_spelled_with_its_reason() -> None:
    _, desk = rows_of(replace(TINY, steps=1, show_every=1))
    table = desk.shown["largest moves"]
    assert isinstance(table, Table)
    name, sums, after, pulled = (str(cell) for cell in table.rows[0])
    start, _, lr, _, grad = sums.split(" ")
    assert float(start) - float(lr) * float(grad) == pytest.approx(float(after), abs=2e-3)
    assert name[1] == "."
    up, down = (int(word[:-1]) for word in pulled.split())
    assert 0 < up + down <= TINY.points


def test_parameters_have_names_in_reading_order() -> None:
    shape = views.Shape((2, 2, 1), ("relu", "linear"))
    assert [shape.name(index) for index in range(9)] == [
        "1.1 from x",
        "1.1 from y",
        "1.1 bias",
        "1.2 from x",
        "1.2 from y",
        "1.2 bias",
        "2.1 from 1",
        "2.1 from 2",
        "2.1 bias",
    ]


def test_a_dead_unit_has_a_cross_in_place_of_its_thumbnail() -> None:
    made = points.make("moons", 20, 0.1, 1)
    weight = np.array([[0.0, 0.0], [1.0, 0.0]])
    hidden = views.Layer(weight, np.array([-9.0, 5.0]), "relu")
    out = views.Layer(np.ones((1, 2)), np.zeros(1), "linear")
    values = views.neurons([hidden, out], made).values
    size = views.TILE
    dead, awake = values[:size, :size], values[:size, size + 1 : 2 * size + 1]
    assert dead.sum() == -2 * size
    assert awake.max() == 1.0
    assert np.isnan(values[:, size]).all()


# -- the notes -----------------------------------------------------------------------------------

FOLDER = Path(views.__file__).parent
NOTES = (FOLDER / "notes.md").read_text(encoding="utf-8")


def test_the_notes_name_code_that_is_there() -> None:
    found = re.findall(r"\]\((\w+)\.py(?:#([\w.]+))?\)", NOTES)
    assert len(found) >= 8
    for module, name in found:
        there = importlib.import_module(f"lessons.micrograd.{module}")
        for part in name.split(".") if name else ():
            there = getattr(there, part)


def test_a_block_of_the_notes_fits_on_a_screen() -> None:
    for block in NOTES.split("\n## "):
        lines = block.splitlines()
        assert len(lines) <= 22, lines[0]
        assert max(map(len, lines)) <= 80


def test_the_notes_name_every_specimen() -> None:
    assert all(f"`{mistake}`" in NOTES for mistake in specimens.MISTAKES)


def test_the_card_names_metrics_that_are_yielded() -> None:
    rows, _ = rows_of(TINY)
    drawn = {name for names in lesson.charts.values() for name in names}
    published = {reference.metric for reference in lesson.references}
    assert drawn | published | {lesson.figure} <= {name for row in rows for name in row}
