"""Lesson 4: how a net begins, and what keeps its numbers in the middle."""

from __future__ import annotations

from lessons.optimization.config import PRESETS, Config
from lessons.optimization.mistakes import MISTAKES
from zhtui.lab import Cell, Lesson, Question, Reference

LECTURE = "Karpathy, makemore part 3: notebook and lecture"
EXERCISES = "Karpathy, makemore part 3: exercises"
DICE = 2_147_483_647  # the notebook's seed: the first weights are its own


def row(preset: str, value: float, label: str, tolerance: float = 0.02) -> Reference:
    """A row of the lecture's log."""
    return Reference(
        "val", value, tolerance, label, LECTURE, preset=preset, data="names", seeds=(DICE,),
        line=preset == "paper",
    )  # fmt: skip


lesson = Lesson(
    number=4,
    title="optimization",
    summary="how a net begins, and what keeps its numbers in the middle",
    part="letters",
    config=Config,
    presets=PRESETS,
    figure="val",
    unit="nats",
    noisy=("loss",),
    charts={"loss": ("loss", "train", "val", "uniform", "bigram", "trigram")},
    scenes=("init", "rows", "batchnorm", "adam", "fold"),
    subjects=("optimization",),
    mistakes=MISTAKES,
    references=(
        row("paper", 2.1048, "BatchNorm"),
        row("naive", 2.1682, "as first drawn"),
        row("softmax-fix", 2.13, "softmax not confidently wrong"),
        row("tanh-fix", 2.1027, "tanh not saturated"),
        row("kaiming", 2.1070, "Kaiming in place of numbers by hand"),
        Reference(
            "val", 2.8210, 0.01, "E01: all weights and biases zero", EXERCISES, preset="zero",
            data="names", seeds=(DICE,), line=False,
        ),
        Reference(
            "fold_gap", 0.0, 1e-5, "E02: BatchNorm folded, the same outputs", EXERCISES,
            preset="quick", data="names", seeds=(DICE,), line=False,
        ),
    ),
    questions=(
        Question(
            ask="What Adam does with a gradient's size",
            predict="One weight, three rules, the same gradients, all of them 1,000 times as large "
            "as usual. Drawn is the weight. Which line is which rule?",
            metric="", kind="lines",
            cell=Cell("adam", "w", frame=0, ask={"scale": 1000.0}),
            see="Adam's line is flat beside the others: it moves about lr a step, whatever the "
            "size.",
            say="Adam divides a gradient by its own usual size. SGD and momentum grow with it, "
            "and momentum goes on where it went.",
        ),
        Question(
            ask="What can a net learn that begins with zeros alone?",
            predict="All weights and biases are 0. An even guess costs 3.296 nats, counted pairs "
            "2.453. Where does val end?",
            metric="val",
            preset="zero",
            knobs={"steps": 10_000},
            known={"even guess": 3.295837, "bigram": 2.453},
            data="names",
            see="2.8215: how frequent each letter is, and nothing else.",
            say="A gradient by a weight is what comes in times what comes back, and both are 0 "
            "everywhere but at the last biases. They learn the unigram; the context is never used.",
        ),
        Question(
            ask="LayerNorm or BatchNorm?",
            predict="BatchNorm takes its mean over the batch. With 32 examples val is 2.205 after "
            "20,000 steps. And with batch=2?",
            metric="val",
            knobs={"batch": 2},
            known={"32 examples": 2.205},
            data="names",
            see="2.602; without BatchNorm, two examples give 2.358.",
            say="Two examples say little of a mean and less of a spread, and each example's output "
            "depends on the other. LayerNorm takes both along the units of one example: no batch, "
            "no running statistics, the same in training and in use; so text has it.",
        ),
        Question(
            ask="What does Adam do to a gradient?",
            predict="Plain descent with lr=0.1 is at 2.205 after 20,000 steps. The same net, the "
            "same lr, rule=adam: where is it?",
            metric="val",
            knobs={"rule": "adam"},
            known={"sgd": 2.205},
            data="names",
            see="2.342: worse, and no better where lr falls to 0.01.",
            say="Adam divides a gradient by its own usual size, so each weight moves about lr a "
            "step whatever the gradient: 0.1 is wild for weights of 0.3. It is the rate that "
            "changes its meaning: with lr=0.001 Adam learns well.",
        ),
        Question(
            ask="How much depth does a missing gain allow?",
            predict="Five tanh layers with the gain 5/3 are at 2.132 after 20,000 steps. And with "
            "gain 1?",
            metric="val",
            preset="deep",
            knobs={"mistake": "no-gain"},
            known={"gain 5/3": 2.132},
            data="names",
            see="2.153; with BatchNorm (deep-norm), 2.162 so far: its noise costs at first.",
            say="Each tanh takes some of the spread away, five in a row most of it (scene init). "
            "Descent can repair five layers; the deeper the net, the less comes back to do it.",
        ),
    ),
)  # fmt: skip
