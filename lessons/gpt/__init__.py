"""GPT on the characters of a text, from the bigram to the transformer one rung at a time."""

from __future__ import annotations

from lessons.gpt.config import PRESETS, Config
from zhtui.lab import Lesson, Question, Reference

LECTURE = "Karpathy, Let's build GPT (ng-video-lecture)"
NANOGPT = "nanoGPT, README"
SHAKESPEARE = "shakespeare"


def rung(name: str, value: float, tolerance: float) -> Reference:
    """A figure of the lecture's ladder."""
    return Reference(
        "val", value, tolerance, name, LECTURE, preset=f"rung-{name}", data=SHAKESPEARE, line=False
    )


lesson = Lesson(
    number=9,
    title="gpt",
    summary="attention, residuals and LayerNorm, one rung at a time",
    part="attention",
    config=Config,
    presets=PRESETS,
    figure="val",
    charts={"loss": ("loss", "train", "val"), "gradient": ("grad_norm",), "rate": ("lr",)},
    references=(
        Reference(
            "val", 1.88, 0.02, "nanoGPT on a CPU", NANOGPT, preset="cpu", data=SHAKESPEARE
        ),
        Reference(
            "val", 1.4697, 0.02, "nanoGPT, 3 minutes of an A100", NANOGPT, preset="paper",
            at="best", data=SHAKESPEARE, gpu=True,
        ),
        Reference(
            "val", 1.8222, 0.01, "lecture, 0.21 M", LECTURE, preset="small", data=SHAKESPEARE,
            line=False,
        ),
        Reference(
            "val", 1.48, 0.02, "lecture, 10.8 M", LECTURE, preset="large", at="best",
            data=SHAKESPEARE, gpu=True, line=False,
        ),
        rung("bigram", 2.5, 0.03),
        rung("head", 2.4, 0.03),
        rung("heads", 2.28, 0.03),
        rung("feedforward", 2.24, 0.03),
        rung("blocks", 2.08, 0.03),
        rung("layernorm", 2.06, 0.03),
    ),
)  # fmt: skip
