"""Lesson 12: one stack reads a text, another writes a second one from it."""

from __future__ import annotations

from lessons.transformer.config import MISTAKES, PRESETS, Config
from zhtui.lab import Lesson, Question, Reference

lesson = Lesson(
    number=12,
    title="transformer",
    summary="how does one text become another?",
    part="attention",
    config=Config,
    presets=PRESETS,
    figure="exact",
    higher=True,
    charts={
        "loss": ("loss", "val"), "right": ("taught", "exact"), "must be 0": ("padding", "leak"),
        "must not be 0": ("heard",), "learning rate": ("lr",),
    },
    scenes=("masks", "decode"),
    subjects=("transformer",),
    mistakes=MISTAKES,
    references=(
        Reference(
            "exact", 1.0, 0.01, "copy: greedy decoding prints its input", "Vaswani 2017, section 3",
            preset="quick",
        ),
        Reference(
            "leak", 0.0, 1e-9, "no row hears a later token", "Vaswani 2017, section 3.2.3",
            preset="tiny", line=False,
        ),
        Reference(
            "padding", 0.0, 1e-9, "no row hears padding", "Vaswani 2017, section 3.2.3",
            preset="tiny", line=False,
        ),
    ),
    questions=(
        Question(
            ask="Encoder, decoder: where do the two meet?",
            predict="Another source moves the logits by 4.6. Now K and V of cross-attention come "
            "from the decoder's own stream (mistake=kv-decoder). By how much do they move?",
            metric="heard", preset="tiny", knobs={"mistake": "kv-decoder"}, known={"right": 4.59},
            see="By 0, exactly, at every step; and the loss falls all the same.",
            say="Cross-attention is the only bridge: Q asks from the decoder, K and V answer from "
            "the encoder. Without it the decoder is a GPT that never sees the source.",
        ),
        Question(
            ask="May padding change what a text means?",
            predict="One more token of padding must move nothing: 0. With rows hidden in place of "
            "columns (mistake=padding-axis), how far do logits move?",
            metric="padding", preset="tiny", knobs={"mistake": "padding-axis"},
            known={"right": 0.0},
            see="By 1.6, while the loss is nearly as good: 2.17 and 2.18.",
            say="It trains, and no error is raised. But a text now means something else in a "
            "longer batch, and alone it is read in a way that it never was in training.",
        ),
        Question(
            ask="Why encode as BERT and decode as GPT?",
            predict="Let the decoder see both sides, as an encoder does (mistake=no-mask). All "
            "tokens are guessed right when the right ones stand in the target: `taught` is 1.00. "
            "What share of the texts does it write right by itself?",
            metric="exact", knobs={"mistake": "no-mask"}, known={"taught": 1.0, "masked": 1.0},
            see="0.19, and for the first 200 steps none, with `taught` at 0.998.",
            say="A reader has the whole text, and both sides help. A writer has only what it "
            "wrote so far, so it has to learn with the mask that it will write with.",
        ),
        Question(
            ask="Which variations are small, and which large?",
            predict="The paper's norm after each sum writes all texts right after 500 steps. With "
            "the norm before each branch, as GPT-2 has it (norm=pre)?",
            metric="exact", knobs={"norm": "pre"}, known={"post": 1.0},
            see="1.00 too. With one layer both are good; deep stacks have it before each branch "
            "(Xiong 2020).",
            say="Norm, activation and positions are small: they can be swapped. Which masks there "
            "are, and what a layer attends to, is large: encoder alone, decoder alone, or both.",
        ),
        Question(
            ask="What is the output of a transformer?",
            predict="43 numbers for each place: a share for every token. How large is the loss of "
            "the first step, if even shares cost ln 43 = 3.76 nats?",
            metric="loss", at="first", preset="tiny", known={"even": 3.76},
            see="4.63. It is worse than an even guess: the first shares are random, and not even.",
            say="No text comes out, but a distribution for every place at once. To write, one "
            "takes the likeliest token and feeds it in again.",
        ),
    ),
)  # fmt: skip
