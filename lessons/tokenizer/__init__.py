"""Byte pair encoding: learned merge by merge, and as GPT-2 uses it."""

from __future__ import annotations

from lessons.tokenizer.config import PRESETS, Config
from zhtui.lab import Lesson, Reference

lesson = Lesson(
    number=11,
    title="tokenizer",
    summary="bytes that stand together become one token",
    part="attention",
    config=Config,
    presets=PRESETS,
    figure="bytes_per_token",
    higher=True,
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
)  # fmt: skip
