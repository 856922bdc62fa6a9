"""Lesson 3: what is learned of one context is shared with all that look alike."""

from __future__ import annotations

from lessons.mlp.config import MISTAKES, PRESETS, Config
from zhtui.lab import Lesson, Question, Reference

LECTURE = "Karpathy, makemore parts 2 and 3: notebooks and lectures"
DICE = 2_147_483_647  # the notebook's seed: the first weights are its own

lesson = Lesson(
    number=3,
    title="mlp",
    summary="letters as points, and contexts that share what they learn",
    part="letters",
    config=Config,
    presets=PRESETS,
    figure="val",
    unit="nats",
    noisy=("loss",),
    charts={
        "loss": ("loss", "train", "val", "uniform", "bigram", "trigram"),
        "right guesses": ("right",),
    },
    scenes=("context", "onehot"),
    subjects=("mlp",),
    mistakes=MISTAKES,
    references=(
        Reference(
            "val", 2.1682, 0.02, "MLP, context 3", LECTURE, data="names", seeds=(DICE,),
        ),
        Reference(
            "loss", 27.8817, 1e-3, "the first loss", LECTURE, at="first", data="names",
            seeds=(DICE,), knobs={"steps": 20, "finder": False}, line=False,
        ),
    ),
    questions=(
        Question(
            ask="How wrong is a net that has learned nothing?",
            predict="An even guess among 27 characters costs ln 27 = 3.30 nats. Weights drawn "
            "with spread 1 give large logits. What is the first loss?",
            metric="loss",
            at="first",
            preset="paper",
            knobs={"steps": 20, "finder": False},
            seed=DICE,
            known={"even guess": 3.295837},
            data="names",
            see="27.88, eight times as much as a die costs.",
            say="-ln P has no upper end: large logits are sure of something, and sure of the wrong "
            "letter costs 10 nats and more. Lesson optimization mends it in one line.",
        ),
        Question(
            ask="What does a longer context change?",
            predict="With 3 characters in sight val is 2.174 after 20,000 steps, with one 2.462. "
            "And with 8?",
            metric="val",
            knobs={"context": 8, "finder": False},
            known={"one": 2.462, "three": 2.174},
            data="names",
            see="2.129. Counted windows of 8 would be worse than a bigram: nearly all are new.",
            say="One character repeats the bigram (2.453). Each place more helps less, and costs "
            "10 rows of W1, not a table of 27 times the rows: contexts share what they learn.",
        ),
        Question(
            ask="How do an encoding, a one-hot row and an embedding differ?",
            predict="With 10 numbers a letter val is 2.174. embedding=1 leaves one number, an "
            "encoding, though the net may choose it. What is val?",
            metric="val",
            knobs={"embedding": 1, "finder": False},
            known={"ten numbers": 2.174, "bigram": 2.453},
            data="names",
            see="2.429; with two numbers a letter 2.320.",
            say="On a line each letter has two neighbours, whatever they share. One-hot rows say "
            "that all are equally different; an embedding begins so and learns who is alike. "
            "It comes first since its input is a name; what follows reads quantities.",
        ),
        Question(
            ask="Why the negative logarithm of P, and not how often the guess is right?",
            predict="From 5,000 to 20,000 steps val falls by 0.1 nats. How often is the likeliest "
            "letter the right one, in the end?",
            metric="right",
            knobs={"finder": False},
            known={"even guess": 0.037},
            data="names",
            see="0.320: two guesses in three are wrong, and the names are good.",
            say="Counting right guesses is flat almost everywhere, so it has no gradient, and it "
            "does not ask how sure the net was. -ln P pays for every bit of doubt, and its mean "
            "is the length of the text in an ideal code.",
        ),
    ),
)  # fmt: skip
