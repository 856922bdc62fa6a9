"""Row 1: a number that knows its gradient."""

from lessons.micrograd.config import PRESETS, Config
from zhtui.lab import Lesson, Question, Reference

NOTEBOOK = "karpathy/micrograd, demo.ipynb"

lesson = Lesson(
    number=1,
    title="micrograd",
    summary="a number that knows its gradient",
    part="gradients",
    config=Config,
    presets=PRESETS,
    references=(
        Reference("loss", 0.8958441028683222, 1e-12, "step 0", NOTEBOOK, at="first", line=False),
        Reference("accuracy", 0.5, 0.0, "step 0", NOTEBOOK, at="first", line=False),
        Reference("loss", 0.010978370135492717, 1e-12, "step 99", NOTEBOOK),
        Reference("accuracy", 1.0, 0.0, "step 99", NOTEBOOK, line=False),
    ),
    questions=(
        Question(
            ask="Does the same network learn the same from arrays as from single numbers?",
            predict="The loss at step 99: equal, or only close?",
            run="form=tensor, then form=value, with the preset paper",
            see="0.0109783701354927 from both; the last digits may differ.",
            say="Arrays change the speed and the order of the sums, not the gradient.",
        ),
        Question(
            ask="What happens where gradients are never set back to zero?",
            predict="Faster, because the steps add up, or worse?",
            run="specimen=stale-grads",
            see="grad_norm stays near 10, grad_error is as large, and half of the units die.",
            say="Each step follows the sum of all gradients so far, which is no slope of the loss.",
        ),
        Question(
            ask="Is 100 % accuracy the end of learning?",
            predict="With a ReLU on the output: what will the loss be when all points are right?",
            run="specimen=relu-output --seed 1",
            see="accuracy 1.0 while the loss stays at 0.51, and grad_error is nearly 0.",
            say="No score goes below 0: every point of one kind keeps a loss of 1, a mean of 0.5.",
        ),
        Question(
            ask="When is a unit dead, and can it come back?",
            predict="How many of the 32 units pass no gradient after 100 steps?",
            run="preset paper, the table units; then activation=tanh",
            see="With relu two units are asleep at every point; with tanh none is.",
            say="A relu unit below zero at all points gets no gradient; only L2 still moves it.",
        ),
    ),
    charts={
        "loss": ("loss",),
        "accuracy": ("accuracy",),
        "gradient": ("grad_norm", "grad_error"),
    },
)
