"""Lesson 2: which letter follows which, counted and learned."""

from __future__ import annotations

from lessons.bigram.config import MISTAKES, PRESETS, Config
from zhtui.lab import Cell, Lesson, Question, Reference

LECTURE = "Karpathy, makemore part 1: notebook and lecture, on all of names.txt"
DICE = 2_147_483_647  # the notebook's seed: one run gives all of its figures


def counted(metric: str, value: float, tolerance: float, label: str) -> Reference:
    """A figure that counting gives, with no training."""
    return Reference(
        metric, value, tolerance, label, LECTURE, data="names", seeds=(DICE,), line=False
    )


lesson = Lesson(
    number=2,
    title="bigram",
    summary="which letter follows which, counted and learned",
    part="letters",
    config=Config,
    presets=PRESETS,
    figure="nll",
    unit="nats",
    scenes=("count", "inside"),
    subjects=("bigram",),
    mistakes=MISTAKES,
    charts={"nll": ("loss", "nll", "val", "trigram"), "gap to the counts": ("gap",)},
    references=(
        Reference(
            "nll", 2.454014, 2e-4, "the counts, reached by descent", LECTURE, preset="limit",
            data="names",
        ),
        Reference(
            "loss", 2.4818, 1e-3, "notebook's net, L2 term included", LECTURE, data="names",
            seeds=(DICE,), line=False,
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
            ask="A table of counts is a model",
            predict="Three words are counted: emma, ava and mia. An 'a' has stood before another "
            "letter or the end of a word. What is the chance that a word ends after it?",
            metric="", cell=Cell("count", "P", 1, 0, frame=15), known={"an even guess": 1 / 6},
            see="Row 'a' has two counts: the end came three times, 'v' once.",
            say="A model can be made by counting: each row is divided by its sum, and that is "
            "all. No gradient is needed, and none can do better on these words.",
        ),
        Question(
            ask="What the counts say of three pairs",
            predict="The same words: emma, ava, mia. Put these chances in order: that 'm' begins "
            "a word, that 'm' follows an 'e', that 'v' follows an 'a'.",
            metric="", kind="order",
            among={
                "'m' begins a word": Cell("count", "P", 0, 4, frame=15),
                "'m' after 'e'": Cell("count", "P", 2, 4, frame=15),
                "'v' after 'a'": Cell("count", "P", 1, 5, frame=15),
            },
            see="'e' stood once, and 'm' came after it: a row with one count is sure of itself.",
            say="A chance from one example is 1 or 0, and worth little. That is what smoothing, "
            "and later a net that shares what it learns, are for.",
        ),
        Question(
            ask="Does a net that never counts find the counts?",
            predict="Counted pairs give 2.4540 nats a character. A net of one layer descends for "
            "1,000 steps and never counts. What does it reach?",
            metric="nll",
            preset="limit",
            knobs={"steps": 1000},
            known={"counted": 2.454014, "even chance": 3.295837},
            data="names",
            see="2.4553. gap falls on, to 0.00007 after 20,000 steps, and never below 0.",
            say="The gradient in row a is share(a) * (what the net says - what was counted). It "
            "is 0 only where both agree, so W is the logarithm of the counts up to a number a "
            "row.",
        ),
        Question(
            ask="What is regularization the same thing as?",
            predict="regularization=1 pulls W to 0, where every character is as likely. How near "
            "to that does it come?",
            metric="nll",
            preset="pulled",
            known={"not pulled": 2.454014, "W = 0": 3.295837},
            data="names",
            see="2.7213. With 0.1 the gap is 0.05, with 10 it is 0.68; W fades to one colour.",
            say="W = 0 says that all characters are equally likely, and so do counts to which a "
            "very large number is added. Both trade what the data say for a flat guess.",
        ),
        Question(
            ask="Why one-hot, and not the number of the letter?",
            predict="With one-hot rows the net is at 2.4652 after 200 steps. form=table never "
            "builds such a row. Where is it?",
            metric="nll",
            knobs={"form": "table"},
            known={"one-hot": 2.465174},
            data="names",
            see="At 2.4652: the two differ in the seventh digit. A step on the table takes a "
            "hundredth of the time or less.",
            say="z is not 26 times a. A one-hot row makes no such claim, and times W it is a "
            "look-up of one row: that is all an embedding is.",
        ),
        Question(
            ask="How long may a step be?",
            predict="lr=70 is smooth and ends at 2.463 after 200 steps. And lr=200?",
            metric="nll",
            knobs={"form": "table", "lr": 200.0},
            known={"lr=70": 2.462793},
            data="names",
            see="2.95, and it leaps at every step. At lr=100 it is still 2.487.",
            say="Each row of W is used in at most 15 of 100 examples, so the loss is flat: "
            "its curvature is under 2/67, and descent is stable up to a rate of 67 at least.",
        ),
        Question(
            ask="What is one more letter of context worth?",
            predict="Without a letter before it a character costs 2.822 nats, with one 2.454. "
            "What is it, counted, with two?",
            metric="trigram",
            preset="tiny",
            known={"none": 2.822421, "one": 2.453771},
            data="names",
            see="2.184, on the names that were counted.",
            say="Each letter before helps, and each multiplies the contexts: 27 rows, then 600, "
            "then 5,567. Soon most are met once, and a long table remembers instead of knowing.",
        ),
    ),
)  # fmt: skip
