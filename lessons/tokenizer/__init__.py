"""Lesson 11: byte pair encoding, learned merge by merge, and as GPT-2 uses it."""

from __future__ import annotations

from lessons.tokenizer.config import CL100K, GPT2, O200K, PRESETS, Config
from zhtui.lab import Lesson, Question, Reference

lesson = Lesson(
    number=11,
    title="tokenizer",
    summary="bytes that stand together become one token",
    part="attention",
    config=Config,
    presets=PRESETS,
    figure="bytes_per_token",
    unit="bytes a token",
    higher=True,
    commands=("tokenize",),
    subjects=("tokenizer",),
    data=(GPT2, CL100K, O200K),
    charts={
        "bytes a token": ("bytes_per_token", "gpt2"),
        "count of the joined pair": ("count",),
        "tokens": ("tokens",),
        "meters": ("agree", "lossless"),
    },
    references=(
        Reference(
            "tokens", 5, 0, "aaabdaaabac in 3 merges", "Wikipedia, Byte pair encoding",
            preset="example", line=False,
        ),
        Reference(
            "gpt2", 1_115_394 / 338_025, 1e-9, "GPT-2: 338,025 tokens",
            "nanoGPT, data/shakespeare: 301,966 + 36,059 tokens",
            preset="tiny", data="shakespeare", line=False,
        ),
    ),
    questions=(
        Question(
            ask="What is left of a text after three merges?",
            predict="aaabdaaabac has 11 bytes. How many tokens remain when the most frequent pair "
            "has been joined three times?",
            metric="tokens",
            preset="example",
            known={"bytes": 11.0},
            see="5: aa is joined first, then aaa, then aaab.",
            say="Each of these merges joins two places, and each place saves a token: 11, 9, 7, 5.",
        ),
        Question(
            ask="Is a larger vocabulary better?",
            predict="A token holds 2.04 bytes with 512 tokens, 2.61 with 1,024. And with 2,048?",
            metric="bytes_per_token",
            known={"512": 2.038083, "1,024": 2.605367},
            data="shakespeare",
            see="3.14: each doubling brings about half a byte.",
            say="The price of shorter texts is a larger table and rarer tokens, which are seen too "
            "seldom to be learned.",
        ),
        Question(
            ask="Why is the text cut before it is learned from?",
            predict="Cut by GPT-4's pattern, 2,048 tokens hold 3.136 bytes each. Without a cut?",
            metric="bytes_per_token",
            knobs={"pattern": "none"},
            known={"cut first": 3.136133},
            data="shakespeare",
            see="3.105; 811 of the tokens have a space or a newline inside or behind.",
            say="Without a cut each word is learned again with every mark that may follow it.",
        ),
        Question(
            ask="Why encode by rank, when any known pair gives the text back?",
            predict="By rank, all of 200 chunks get the tokens that they had in training. What "
            "share does, where rank is ignored?",
            metric="agree",
            preset="tiny",
            knobs={"specimen": "ignore rank"},
            known={"by rank": 1.0},
            data="shakespeare",
            see="0.91, while lossless stays 1: a round trip shows nothing.",
            say="The text comes back, but its tokens are not those of training, and a model knows "
            "only those.",
        ),
        Question(
            ask="Why bytes and not characters?",
            predict="A vocabulary of Shakespeare's characters reads other scripts. What share of "
            "the text comes back?",
            metric="lossless",
            preset="tiny",
            knobs={"specimen": "characters"},
            known={"bytes": 1.0},
            data="shakespeare",
            see="0.68; with bytes all of it.",
            say="There are 256 bytes and no others, so nothing is unknown.",
        ),
    ),
)  # fmt: skip
