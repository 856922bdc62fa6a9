"""Lesson 11: byte pair encoding, learned merge by merge, and as GPT-2 uses it."""

from __future__ import annotations

from lessons.tokenizer.config import PRESETS, Config
from zhtui.lab import Lesson, Question, Reference

lesson = Lesson(
    number=11,
    title="tokenizer",
    summary="bytes that stand together become one token",
    part="attention",
    config=Config,
    presets=PRESETS,
    figure="bytes_per_token",
    higher=True,
    commands=("tokenize",),
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
            ask="Why is the text cut before it is learned from?",
            predict="Does a vocabulary of 2,048 compress better without a cut?",
            run="quick, then pattern=none",
            see="3.14 bytes a token with GPT-4's pattern, 3.11 with none, where 816 of the tokens "
            "have a space or a newline inside or behind.",
            say="Without a cut each word is learned again with every mark that may follow it.",
        ),
        Question(
            ask="Why encode by rank, when any known pair gives the text back?",
            predict="Does a round trip notice that rank is ignored?",
            run='tiny with specimen="ignore rank"; watch agree and lossless',
            see="lossless stays 1, agree falls below 1.",
            say="The tokens are others than in training, and a model knows only those.",
        ),
        Question(
            ask="Why bytes and not characters?",
            predict="What becomes of Korean in a vocabulary that saw only Shakespeare?",
            run="tiny with specimen=characters; watch lossless",
            see="About two thirds of the characters come back; with bytes all of them do.",
            say="There are 256 bytes and no others, so nothing is unknown.",
        ),
        Question(
            ask="Is a larger vocabulary better?",
            predict="How many bytes does a token hold at 512, 1,024 and 2,048 tokens?",
            run="quick; then x and c",
            see="2.04, 2.61, 3.14: each doubling brings about half a byte.",
            say="Shorter texts are paid for with a larger table and with rarer tokens, which are "
            "seen too seldom to be learned.",
        ),
        Question(
            ask="Can losses be compared between vocabularies?",
            predict="Of two models of one text, has the one with longer tokens the higher loss?",
            run="zhtui run gpt, then with tokenizer=RUN of 512 tokens; read val and bits_per_byte",
            see="val 1.79 for a character and 3.36 for a token; 2.59 and 2.40 bits a byte.",
            say="A loss a token grows with what the token holds. Divide by its bytes and by ln 2: "
            "bits a byte.",
        ),
    ),
)  # fmt: skip
