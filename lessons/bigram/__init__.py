"""Lesson 2: which letter follows which, counted and learned."""

from __future__ import annotations

from lessons.bigram.config import PRESETS, Config
from zhtui.lab import Lesson, Question, Reference

LECTURE = "Karpathy, makemore part 1: notebook and lecture, on all of names.txt"
DICE = 2_147_483_647  # the notebook's seed: one run gives all of its figures


def counted(metric: str, value: float, tolerance: float, label: str) -> Reference:
    """A figure that counting gives, with no training."""
    return Reference(metric, value, tolerance, label, LECTURE, data="names", seed=DICE, line=False)


lesson = Lesson(
    number=2,
    title="bigram",
    summary="which letter follows which, counted and learned",
    part="letters",
    config=Config,
    presets=PRESETS,
    figure="nll",
    charts={"nll": ("loss", "nll", "val"), "gap to the counts": ("gap",)},
    references=(
        Reference(
            "nll", 2.454014, 2e-4, "the counts, reached by descent", LECTURE, preset="limit",
            data="names",
        ),
        Reference(
            "loss", 2.4818, 1e-3, "notebook's net, L2 term included", LECTURE, data="names",
            seed=DICE, line=False,
        ),
        counted("uniform", 3.2958, 5e-5, "every character equally likely"),
        counted("unigram", 2.8227, 5e-5, "how frequent each character is"),
        counted("bigram", 2.454014, 5e-7, "counted pairs"),
        counted("bigram_smoothed", 2.454577, 5e-7, "counted pairs, +1"),
        counted("trigram", 2.1857, 5e-5, "counted triples"),
        counted("trigram_smoothed", 2.2126, 5e-5, "counted triples, +1"),
    ),
    questions=(
        Question(
            ask="Why negative log-likelihood?",
            predict="At 2.454 nats a character, what chance does the true character get on "
            "average?",
            run="preset=quick; then inspect your own name",
            see="exp(-2.454) = 0.086, against 1/27 = 0.037 for a fair die of 27 sides.",
            say="The chance of the whole text is a product of 228,146 factors, too small for any "
            "float. Its logarithm is a sum, the minus makes less mean better, the average makes "
            "texts of any length comparable, and of all tables the counted one has the least.",
        ),
        Question(
            ask="Does a net that never counts find the counts?",
            predict="How far from 2.454014 is it after 1,000 steps, and after 20,000?",
            run="preset=limit; watch gap, and W beside log-counts",
            see="gap falls to 0.0013 at step 1,000 and to 0.00007 at 20,000, never below 0.",
            say="The gradient in row a is share(a) * (what the net says - what was counted). It "
            "is 0 only where both agree, so W is the logarithm of the counts up to a number a "
            "row.",
        ),
        Question(
            ask="What is regularization the same thing as?",
            predict="With regularization=1, does the NLL come nearer to 2.45 or to 3.30?",
            run="preset=pulled, then again with regularization=0.1 and 10",
            see="The gap is 0.05 at 0.1, 0.27 at 1 and 0.68 at 10; W fades to one colour.",
            say="W = 0 says that all characters are equally likely, and so do counts to which a "
            "very large number is added. Both trade what the data say for a flat guess.",
        ),
        Question(
            ask="Why one-hot, and not the number of the letter?",
            predict="Does form=table, which never builds a one-hot row, give another loss?",
            run="quick with form=one-hot and with form=table, overlaid",
            see="One curve: the losses differ in the seventh digit. A step on the table takes a "
            "thousandth of the time.",
            say="z is not 26 times a. A one-hot row makes no such claim, and times W it is a "
            "look-up of one row: that is all an embedding is.",
        ),
        Question(
            ask="Why a learning rate of 50?",
            predict="Which breaks first: 70, 100 or 200?",
            run="preset=quick form=table lr=70, then 100, then 200",
            see="70 is smooth, at 100 the loss repeats every four steps, at 200 it leaps about "
            "2.9.",
            say="Each row of W is used in at most a seventh of the examples, so the loss is flat: "
            "its curvature is under 2/67, and descent is stable up to a rate of 67 at least.",
        ),
        Question(
            ask="Would a longer context be better?",
            predict="Which n-gram is best on names that were not counted: 2, 3, 4, 5 or 6?",
            run="preset=quick; open ladder",
            see="Training falls at every rung, 2.45 to 1.47. Held out, 4 is best at 2.09; 6 is at "
            "2.30.",
            say="Contexts multiply (27, 600, 5,567 … 38,997) and most are met once: long tables "
            "remember instead of knowing. A net that shares between contexts is lesson mlp.",
        ),
    ),
)  # fmt: skip
