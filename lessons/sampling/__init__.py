"""Lesson 10: a distribution is not yet a text."""

from __future__ import annotations

from lessons.sampling.config import MISTAKES, PRESETS, Config
from zhtui.lab import Lesson, Question, Reference

SHAKESPEARE = "shakespeare"


def exact(metric: str, value: float, label: str) -> Reference:
    """How many of three tokens are left: logits 3, 2, 1, T = .5, top-p = .8."""
    source = "Holtzman 2020 for top-p; the orders of transformers and llama.cpp"
    return Reference(metric, value, 0.0, label, source, preset="tiny", line=False)


lesson = Lesson(
    number=10,
    title="sampling",
    summary="how does a distribution become a text?",
    part="attention",
    config=Config,
    presets=PRESETS,
    figure="val",
    noisy=("loss",),
    unit="nats",
    charts={
        "loss": ("loss", "val"),
        "said again": ("repeats_greedy", "repeats_penalty", "repeats_cold", "repeats_plain"),
        "bits a letter": ("bits_greedy", "bits_cold", "bits_top_p", "bits_plain", "bits_hot"),
        "left": ("left_heat_first", "left_cut_first"),
    },
    scenes=("filters", "order", "draws", "text", "streams", "beam"),
    subjects=("sampling", "attention", "positions", "gpt"),
    mistakes=MISTAKES,
    references=(
        exact("left_heat_first", 1.0, "heat first, as Hugging Face"),
        exact("left_cut_first", 2.0, "cut first, as llama.cpp"),
    ),
    questions=(
        Question(
            ask="Does the order of two filters matter?",
            predict="Logits 3, 2, 1. With T = 0.5 first and top-p = 0.8 then, one token is left. "
            "How many with top-p first?",
            metric="left_cut_first", preset="tiny", known={"heat first": 1.0},
            see="2. Hugging Face and vLLM apply the temperature first, llama.cpp last.",
            say="Shares .665 and .245 reach .8 together. At T = 0.5 the first alone has .867. So "
            "the same settings make two different samplers.",
        ),
        Question(
            ask="Why not always the likeliest letter?",
            predict="400 letters of a trained model. Drawn by the model's own shares, no stretch "
            "of 12 letters comes twice. If the likeliest letter is always taken, what "
            "share of the stretches has come before?",
            metric="repeats_greedy", known={"drawn": 0.0}, data=SHAKESPEARE,
            see="0.88; other seeds 0.92 and 0.90. View `written greedy` goes round in a circle.",
            say="A model of finite context that takes the likeliest comes back to a context that "
            "it has had before, and then repeats itself for ever.",
        ),
        Question(
            ask="Does a penalty for repetition heal greedy?",
            predict="With greedy, 0.88 of the stretches have come before. What share is it when "
            "the logits of all letters that were used are divided by 1.3?",
            metric="repeats_penalty", known={"greedy": 0.88}, data=SHAKESPEARE,
            see="0.72; other seeds 0.76 and 0.74. It helps a little at first, and soon no more.",
            say="After some lines nearly every letter has been used, so all are lowered alike. A "
            "penalty is for long vocabularies, where most tokens have not been used.",
        ),
        Question(
            ask="Is a text that the model finds likely a good one?",
            predict="Drawn by the model's own shares, a letter costs 3.08 bits, about its "
            "entropy. Held-out Shakespeare costs 2.99. What does the greedy text cost?",
            metric="bits_greedy", known={"drawn": 3.08, "Shakespeare": 2.99}, data=SHAKESPEARE,
            see="1.79, and it is a circle of a few words.",
            say="What people write is not the most probable text: it surprises about as much as "
            "the entropy says. Cuts of the tail (top-p: 2.59) lie between, and leave out what"
            " is hardly ever right.",
        ),
        Question(
            ask="How far temperature moves a text",
            predict="400 letters are written in four ways, and for each, the model's own shares "
            "say how many bits its letters cost. Put the four in order of bits a letter.",
            metric="bits_greedy", kind="order", lowest=True, data=SHAKESPEARE,
            among={
                "always the likeliest": "bits_greedy", "T = 0.5": "bits_cold",
                "as it says": "bits_plain", "T = 1.5": "bits_hot",
            },
            see="1.79, 2.19, 3.08 and 4.31.",
            say="T sharpens or flattens the shares before a letter is drawn, so the text "
            "surprises less or more than the model's own entropy. T = 0 always takes the "
            "likeliest.",
        ),
    ),
)  # fmt: skip
