"""Lesson 7: who listens to whom, and how much."""

from __future__ import annotations

from lessons.attention.config import MISTAKES, PRESETS, Config
from zhtui.lab import Cell, Lesson, Question, Reference

SHAKESPEARE = "shakespeare"


def equal(metric: str, label: str, value: float = 0.0, tolerance: float = 1e-9) -> Reference:
    """A figure that follows from a formula, in double, on any text."""
    source = "Vaswani 2017, equation 1; Ainslie 2023, section 2"
    return Reference(metric, value, tolerance, label, source, preset="tiny", line=False)


lesson = Lesson(
    number=7,
    title="attention",
    summary="who listens to whom, and how much?",
    part="attention",
    config=Config,
    presets=PRESETS,
    figure="val",
    unit="nats",
    noisy=("loss", "grad_qk"),
    charts={
        "loss": ("loss", "val"), "entropy": ("entropy",), "gradient": ("grad_qk",),
        "must be 0": ("leak", "cached", "tiled", "forms"),
    },
    scenes=("average", "head", "groups", "cache", "width"),
    subjects=("attention",),
    mistakes=MISTAKES,
    references=(
        equal("forms", "three forms of an average"),
        equal("tiled", "grouped = multi-head, keys and values tiled"),
        equal("cached", "one at a time = all at once"),
        equal("leak", "the past does not hear the future"),
        equal("cache_gb", "32 heads, 32,768 positions", 17.18, 0.005),
        equal("cache_gb_grouped", "8 heads of keys and values", 4.29, 0.005),
    ),
    questions=(
        Question(
            ask="Row 0 has one letter to listen to",
            predict="A head is drawn at random and has learned nothing. It reads 'the cat sat' "
            "under the mask. How much does its first letter listen to itself, 0 to 1?",
            metric="", cell=Cell("head", "A", 0, 0, frame=8), known={"an even look at 11": 1 / 11},
            see="Exactly 1, whatever its score is: softmax of one number.",
            say="The mask leaves position 0 no choice, so nothing that it hears can train W_Q and "
            "W_K. They learn at positions that have something to choose from.",
        ),
        Question(
            ask="Why divide by the root of d_k?",
            predict="Scores are products of d_k numbers. One line divides them by the root of d_k, "
            "the other does not; the bits of a row after softmax are drawn. Which is which?",
            metric="", kind="lines", cell=Cell("width", "entropy", frame=4),
            see="Undivided, a wide head hears one key: its bits go to 0. Divided, they stay.",
            say="A sum of d_k products has a spread of the root of d_k. Large scores make softmax "
            "choose before anything was learned, and a choice that is sure has no gradient.",
        ),
        Question(
            ask="Where does the training of W_Q and W_K happen?",
            predict="Only the first position counts in the loss: learn_from=first. How long is the "
            "gradient of W_Q and W_K?",
            metric="grad_qk", preset="tiny", knobs={"learn_from": "first"},
            see="0, exactly, at every step, while the loss still falls.",
            say="Position 0 has one letter to listen to. Its weight is 1 whatever the scores are; "
            "they learn only where there is a choice. W_V, W_O and the tables do the rest.",
        ),
        Question(
            ask="Is the aggregation for the last position only?",
            predict="All 32 positions count: val 2.17. With learn_from=last only the last one "
            "does. What is val, over all positions?",
            metric="val", knobs={"learn_from": "last"}, known={"all count": 2.17},
            data=SHAKESPEARE,
            see="3.74: what is good at the last position is little use at the others.",
            say="Every row of A is an aggregation of its own, and trains the same weights: one "
            "text of 32 letters is 32 examples, with contexts of 1 to 32 letters.",
        ),
        Question(
            ask="May K and Q change places?",
            predict="Trained with Q Kᵀ val is 2.17. And with K Qᵀ (mistake=k-q) from the start?",
            metric="val", knobs={"mistake": "k-q"}, known={"Q Kᵀ": 2.17}, data=SHAKESPEARE,
            see="2.19; other seeds end at 2.19 and 2.20 with Q Kᵀ. But `cached` is 13, not 0.",
            say="Before training the two names mean nothing. The one whose row is normalised asks; "
            "once trained, or with a cache of keys, they cannot be exchanged.",
        ),
        Question(
            ask="How good can a model be that sees the future?",
            predict="With the mask val is 2.17. Without it (mistake=no-mask)?",
            metric="val", knobs={"mistake": "no-mask"}, known={"masked": 2.17}, data=SHAKESPEARE,
            see="0.08, and `sample` is nonsense: `leak` is far from 0.",
            say="The next letter is the one to guess, so it was read off. A loss that is too good "
            "is a leak until the poke says otherwise; the reshape mistake ends at 1.25.",
        ),
        Question(
            ask="What is a head worth?",
            predict="4 heads of 8 channels end at 2.17. And one head of 32?",
            metric="val", knobs={"n_head": 1, "n_kv_head": 1}, known={"4 heads": 2.17},
            data=SHAKESPEARE,
            see="2.28, with more weights: one head of keys and values is of 32 channels, not 16.",
            say="A head is one look: one average a position. Four looks of 8 numbers each beat "
            "one of 32, because the letters that help are not all found by the same question.",
        ),
    ),
)  # fmt: skip
