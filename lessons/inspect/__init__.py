"""Lesson 14: what a transformer does inside can be seen, and tested."""

from __future__ import annotations

from lessons.inspect.config import MISTAKES, PRESETS, Config
from zhtui.lab import Lesson, Question, Reference

lesson = Lesson(
    number=14,
    title="inspect",
    summary="which part carries what, and how do you know?",
    part="attention",
    config=Config,
    presets=PRESETS,
    figure="val",
    unit="nats",
    charts={
        "loss": ("loss", "val"), "by layer": ("by_layer_0", "val"), "the rule's head": ("score",),
        "nats without it": ("cost",), "found": ("found",),
    },
    scenes=("lens", "ablate", "patch", "probe", "projections"),
    subjects=("gpt", "inspect"),
    mistakes=MISTAKES,
    references=(
        Reference(
            "found", 1.0, 0.0, "the planted rule's head is found", "Olsson 2022", preset="quick"
        ),
    ),
    questions=(
        Question(
            ask="Can intermediate outputs be seen and tested?",
            predict="Two layers end at 0.12 nats where the rule applies; even shares of 16 letters "
            "cost 2.77. What would the model lose if it had to speak after layer 0?",
            metric="by_layer_0", known={"both layers": 0.12, "even": 2.77},
            see="3.45, more than even shares: that layer guesses nothing at all.",
            say="The lens shows it, and silencing tests it: without layer 0 the rule is gone. "
            "That layer writes which letter stood before which, and no guess; so one way to "
            "ask is not enough.",
        ),
        Question(
            ask="Is the head that looks there also the one that is needed?",
            predict="One head gives 0.81 of its attention to what followed the last time. The "
            "loss is 0.12. By how many nats does it rise when that head is silent?",
            metric="cost", known={"loss": 0.12, "even": 2.77},
            see="3.95: worse than even shares, because the rest of the model is sure and wrong.",
            say="Attention is a hint, silencing is a test. Where both point at one head, believe "
            "them.",
        ),
        Question(
            ask="Can one layer do it?",
            predict="Two layers of one head end at 0.12. And one layer, for as many steps?",
            metric="val", preset="one-layer", known={"two layers": 0.12, "even": 2.77},
            see="2.06: it counts which letters are there, and cannot look for what followed.",
            say="To find what followed A, a letter must know which one stood before it. That is "
            "one layer's work; looking for it is the next layer's. The rule is made of two "
            "heads.",
        ),
        Question(
            ask="What do the blobs of Q, K and V mean?",
            predict="In the plane of Q and K the clouds are blobs, at the start as at the end of "
            "the run. At step 49 the rule's head gives 0.08 of its attention to what "
            "followed the last time. At the end?",
            metric="score", known={"step 49": 0.08},
            see="0.81. In the scene `projections`, turn Q and K alike: no product moves.",
            say="A blob by itself means nothing, and neither does an axis. What was learned is "
            "that the query of A points where the key of what followed A points.",
        ),
    ),
)  # fmt: skip
