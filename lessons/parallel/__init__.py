"""Lesson 16: one step on many devices, and what each way of sharing it pays."""

from __future__ import annotations

from lessons.parallel.config import MISTAKES, PRESETS, Config
from zhtui.lab import Lesson, Question, Reference

TORCH = "the same step unsharded, float32"

lesson = Lesson(
    number=16,
    title="parallel",
    summary="one step shared by many, and what that costs",
    part="scale",
    config=Config,
    presets=PRESETS,
    figure="norm_gap",
    unit="apart",
    charts={"loss": ("loss",), "apart from the whole": ("loss_gap", "norm_gap"), "norm": ("norm",)},
    scenes=("memory", "pipeline", "ring"),
    mistakes=MISTAKES,
    references=(
        Reference("norm_gap", 0.0, 1e-6, "DDP: the norm", TORCH, preset="quick", line=False),
        Reference("loss_gap", 0.0, 1e-6, "DDP: the loss", TORCH, preset="quick", line=False),
        Reference("norm_gap", 0.0, 1e-6, "FSDP2: the norm", TORCH, preset="fsdp", line=False),
        Reference("norm_gap", 0.0, 1e-6, "tensor: the norm", TORCH, preset="tp", line=False),
        Reference("norm_gap", 0.0, 1e-6, "pipeline: the norm", TORCH, preset="pp", line=False),
        Reference(
            "held_gap",
            0.0,
            0.02,
            "ZeRO: bytes a rank holds",
            "Rajbhandari 2020, section 5",
            preset="quick",
            line=False,
        ),
        Reference(
            "norm_gap", 0.0, 1e-6, "data and tensor: the norm", TORCH, preset="mixed", line=False
        ),
    ),
    questions=(
        Question(
            ask="Which ways are there to use many GPUs, and what does each pay?",
            predict="FSDP cuts every weight, gradient and average in two. How far is the norm of "
            "its gradient from that of the whole step (relative)?",
            metric="norm_gap",
            preset="fsdp",
            see="0: every way gives the same step, and pays otherwise.",
            say="Data parallelism pays with memory: each holds all. ZeRO shares that, and stage 3 "
            "sends half as much again. Tensor parallelism pays four sums a layer, a pipeline pays "
            "with waiting, (p − 1)/(m + p − 1) of the time, context and experts with messages.",
        ),
        Question(
            ask="Does the loss show a lost micro-batch?",
            predict="Gradients are zeroed at each of two micro-batches, so that only the last one "
            "counts. How far is the shared loss from the whole one (relative)?",
            metric="loss_gap",
            preset="last-only",
            see="0: it is the same to the last digit. The gradient's norm is off by .29 and more.",
            say="The loss is computed before anything is lost. Compare norms of gradients.",
        ),
        Question(
            ask="And the norm of the gradient?",
            predict="The same mistake. By which share is the norm off?",
            metric="norm_gap",
            at="first",
            preset="last-only",
            see="About 0.2 to 0.3 of it.",
            say="Half of the rows are missing from the gradient. With more micro-batches it is "
            "worse, and the curve of the loss still falls.",
        ),
        Question(
            ask="Is a model that is cut in half the same model?",
            predict="Each rank has half of each pair of layers. How far is the norm from that of "
            "the whole step (relative)?",
            metric="norm_gap",
            preset="tp",
            see="0 to six digits.",
            say="The first matrix is cut by rows and the second by columns, so one sum at the end "
            "of the pair forward, and one at its beginning backward, is all that is exchanged.",
        ),
    ),
)
