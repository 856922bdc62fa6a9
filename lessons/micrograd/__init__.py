"""Row 1: a number that knows its gradient."""

from lessons.micrograd.config import PRESETS, Config
from zhtui.lab import Lesson, Question, Reference

NOTEBOOK = "karpathy/micrograd, demo.ipynb"
MICROGPT = "Karpathy, microgpt (2026), with its own random numbers"

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
        Reference(
            "loss",
            3.3660,
            0.00005,
            "microgpt, first loss",
            MICROGPT,
            preset="microgpt",
            at="first",
            data="names",
            seeds=(42,),
            line=False,
        ),
    ),
    questions=(
        Question(
            ask="Is a smaller step the safer one?",
            predict="With lr=1 the loss falls from 0.896 to 0.011 in 100 steps. Where does it end "
            "with lr=0.1?",
            metric="loss",
            preset="paper",
            knobs={"form": "tensor", "lr": 0.1},
            known={"lr=1": 0.010978},
            see="0.172, with 95 of 100 points right: no step overshoots, and none gets far.",
            say="A step is lr times the slope, so that a hundred steps of a tenth lead no further "
            "than a few whole ones. Safe is not the same as learned.",
        ),
        Question(
            ask="What are the hidden layers for?",
            predict="With two hidden layers all points are right at the end. What share is right "
            "with none?",
            metric="accuracy",
            preset="paper",
            knobs={"form": "tensor", "depth": 0},
            known={"two hidden layers": 1.0},
            see="0.86; in the view boundary, a straight line.",
            say="Without a hidden layer the score is one weighted sum of x and y. Its border is a "
            "straight line, and no straight line parts these moons.",
        ),
        Question(
            ask="What happens where gradients are never set back to zero?",
            predict="Set back, the loss ends at 0.011. Not set back, each step follows the sum of "
            "all gradients so far. Where does the loss end?",
            metric="loss",
            preset="paper",
            knobs={"specimen": "stale-grads"},
            known={"set back": 0.010978},
            see="21.7, after a low of 0.57. 22 of the 32 units are dead, and grad_error is 3.",
            say="The sum of all gradients so far is not a slope of the loss: it goes on pushing "
            "where the loss has long begun to rise.",
        ),
        Question(
            ask="Is 100 % accuracy the end of learning?",
            predict="With a ReLU on the output all points come out right. What is the loss then?",
            metric="loss",
            preset="paper",
            knobs={"specimen": "relu-output"},
            seed=1,
            known={"no ReLU there": 0.010978},
            see="0.511, while accuracy is 1.0 and grad_error nearly 0.",
            say="No score goes below 0, so every point of one kind keeps a loss of 1: a mean of "
            "0.5, and the rest is weight decay. The gradient is right; the net is not.",
        ),
        Question(
            ask="When is a unit dead?",
            predict="With relu 2 of the 32 units pass no gradient after 100 steps, at any point. "
            "How many with tanh?",
            metric="dead_units",
            preset="paper",
            knobs={"form": "tensor", "activation": "tanh"},
            known={"relu": 2.0},
            see="None, from the first step to the last.",
            say="A relu below zero at all points has slope 0 at all of them, and only L2 still "
            "moves its weights. tanh is flat nowhere, so some gradient always passes.",
        ),
    ),
    charts={
        "loss": ("loss",),
        "accuracy": ("accuracy",),
        "gradient": ("grad_norm", "grad_error"),
        "dead units": ("dead_units",),
    },
)
