"""Lesson 5: every gradient of a net, written by the learner."""

from __future__ import annotations

from lessons.backprop.config import PRESETS, Config
from lessons.backprop.mistakes import MISTAKES
from zhtui.lab import Lesson, Question, Reference

LECTURE = "Karpathy, makemore part 4: notebook and lecture"
DICE = 2_147_483_647  # the notebook's seed: the first weights are its own

lesson = Lesson(
    number=5,
    title="backprop",
    summary="26 gradients by hand, each checked as you write it",
    part="letters",
    config=Config,
    presets=PRESETS,
    figure="val",
    unit="nats",
    noisy=("loss",),
    charts={
        "loss": ("loss", "train", "val", "uniform", "bigram", "trigram"),
        "by hand against autograd": ("gap",),
    },
    scenes=("tensors",),
    subjects=("backprop",),
    mistakes=MISTAKES,
    references=(
        Reference(
            "val", 2.1099, 0.02, "trained by hand", LECTURE, data="names", seeds=(DICE,),
        ),
        Reference(
            "gap", 0.0, 1e-7, "26 gradients against autograd", LECTURE, preset="by-hand",
            knobs={"steps": 500, "look_every": 500}, data="names", seeds=(DICE,), line=False,
        ),
    ),
    questions=(
        Question(
            ask="Does a net notice that no autograd is there?",
            predict="100 steps with gradients by hand, a line a tensor. How far are the 26 from "
            "autograd's, at most, in the end?",
            metric="gap",
            preset="tiny",
            known={"the loss, for scale": 3.13},
            data="given",
            see="5.6e-9: rounding in the eighth digit, and no more.",
            say="A gradient is arithmetic: the derivative of each line, times what came back. "
            "Autograd writes the same lines from the graph of the forward pass.",
        ),
        Question(
            ask="What if the mean of the batch is taken for a constant?",
            predict="mistake=constants leaves out what comes back through mean and variance. "
            "Right, val is 2.253 after 10,000 steps. And so?",
            metric="val",
            knobs={"mistake": "constants", "steps": 10_000},
            known={"right": 2.253},
            data="names",
            see="2.257: hardly worse, with every gradient before BatchNorm wrong.",
            say="A wrong gradient often descends all the same, only not where the loss falls "
            "fastest; so a falling loss proves nothing. Hold every gradient against a second way.",
        ),
        Question(
            ask="Must the loss be a mean?",
            predict="mistake=no-mean gives the gradients of the sum: 32 times too large. Right, "
            "val is 2.253 after 10,000 steps. And so?",
            metric="val",
            knobs={"mistake": "no-mean", "steps": 10_000},
            known={"right": 2.253},
            data="names",
            see="2.320, and the loss leaps: as if lr were 3.2.",
            say="To plain descent a factor in the gradient is a factor in the learning rate: 0.1 "
            "becomes 3.2. Adam would not have noticed (lesson optimization, scene adam).",
        ),
    ),
)  # fmt: skip
