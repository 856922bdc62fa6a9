"""Lesson 6: eight characters fused two by two."""

from __future__ import annotations

from lessons.wavenet.config import MISTAKES, PRESETS, Config
from zhtui.lab import Lesson, Question, Reference

LECTURE = "Karpathy, makemore part 5: notebook and lecture"
DICE = 42  # the notebook's seed: the first weights and all minibatches are its own


def row(preset: str, value: float, label: str, tolerance: float = 0.015) -> Reference:
    """A row of the lecture's log."""
    return Reference(
        "val", value, tolerance, label, LECTURE, preset=preset, data="names", seeds=(DICE,),
        line=preset == "paper",
    )  # fmt: skip


lesson = Lesson(
    number=6,
    title="wavenet",
    summary="characters fused two by two, in modules made from scratch",
    part="letters",
    config=Config,
    presets=PRESETS,
    figure="val",
    unit="nats",
    charts={"loss": ("loss", "train", "val", "alone", "uniform", "bigram", "trigram")},
    scenes=("tree", "beside"),
    subjects=("wavenet",),
    mistakes=MISTAKES,
    references=(
        row("paper", 1.9937, "scaled up, 76,579 parameters", 0.01),
        row("context-3", 2.105, "flat, context 3"),
        row("context-8", 2.027, "flat, context 8"),
        row("hierarchical", 2.029, "a tree, statistics a place"),
        row("norm", 2.022, "a tree, BatchNorm over (0, 1)"),
    ),
    questions=(
        Question(
            ask="Does a tree beat one wide layer of the same size?",
            predict="Flat, 200 units and 22,097 parameters: val is 2.160 after 10,000 steps. A "
            "tree of 22,397 parameters, the same eight characters: what is its val?",
            metric="val",
            knobs={"steps": 10_000},
            known={"flat": 2.160},
            data="names",
            see="2.138 so far; after 200,000 steps 2.022 against 2.027, published.",
            say="One small product serves all pairs, wherever they stand, so a pair is learned "
            "from four times the examples. At this size it wins little; scaled up it wins more.",
        ),
        Question(
            ask="What is the order of the letters worth?",
            predict="A bag takes the mean of its eight embeddings. Counted pairs cost 2.453 nats, "
            "the flat net 2.160. And the bag, after 10,000 steps?",
            metric="val",
            preset="bag",
            knobs={"steps": 10_000, "look_every": 1_000},
            known={"flat": 2.160, "bigram": 2.453},
            data="names",
            see="2.427: hardly better than knowing the last letter alone, with eight in sight.",
            say="Which letters there were says how long the name is and what may still come; which "
            "one was last says more. A mean forgets exactly that.",
        ),
        Question(
            ask="Over which axes does BatchNorm take its mean?",
            predict="A tree with statistics over batch and places is at 2.138 after 10,000 steps. "
            "mistake=places takes them over the batch alone. What is its val?",
            metric="val",
            knobs={"mistake": "places", "steps": 10_000},
            known={"both axes": 2.138},
            data="names",
            see="2.152.",
            say="Each place then has its own mean, of a quarter or half of the numbers: nothing "
            "breaks, and no error says so. Shapes are worth a look: 68 means, or 4 times 68?",
        ),
        Question(
            ask="Does it help to hide letters while a net learns?",
            predict="A tree is at 2.138 after 10,000 steps. blank=0.1 hides each letter in one "
            "step of ten, so that no name can be learned by heart. What is its val?",
            metric="val",
            knobs={"blank": 0.1, "steps": 10_000},
            known={"all letters": 2.138},
            data="names",
            see="2.166: worse.",
            say="10,000 batches of 32 show each window less than twice, so nothing is known by "
            "heart yet. What keeps a net from that costs something all the same.",
        ),
        Question(
            ask="Can nets that are equally good help each other?",
            predict="Three trees of the same size learn side by side, each from its own first "
            "weights; alone they are at 2.134 after 10,000 steps. Their logits are averaged. And "
            "the val of that?",
            metric="val",
            knobs={"committee": 3, "steps": 10_000},
            known={"alone": 2.134},
            data="names",
            see="2.105.",
            say="Where all agree nothing changes. Where one is sure and wrong, the others are "
            "mostly not wrong in the same way, so the mean is less so. It costs three times the "
            "steps, and three times the time of every guess.",
        ),
    ),
)  # fmt: skip
