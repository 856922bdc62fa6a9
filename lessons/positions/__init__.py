"""Lesson 8: how attention, which sees a set, is told where a letter stands."""

from __future__ import annotations

from lessons.positions.config import MISTAKES, PRESETS, Config
from zhtui.lab import Cell, Lesson, Question, Reference

SHAKESPEARE = "shakespeare"


def still(metric: str, label: str, source: str) -> Reference:
    """What does not move when all positions are shifted, in double."""
    return Reference(metric, 0.0, 1e-10, label, source, preset="tiny", line=False)


lesson = Lesson(
    number=8,
    title="positions",
    summary="how does attention know where a letter stands?",
    part="attention",
    config=Config,
    presets=PRESETS,
    figure="val",
    noisy=("loss",),
    unit="nats",
    charts={
        "loss": ("loss", "val"), "twice as long": ("val_2t", "beyond"),
        "must be 0": ("rope_shift", "rope_half_shift", "sinusoid_shift"),
    },
    scenes=("table", "clock", "offset", "cache"),
    subjects=("positions",),
    mistakes=MISTAKES,
    references=(
        still("rope_shift", "RoPE: q·k knows the offset only", "Su 2021, section 3.2"),
        still("rope_half_shift", "the same, half-split pairs", "GPT-NeoX; Su 2021"),
        still("sinusoid_shift", "PE(p + 5) · PE(p) is constant", "Vaswani 2017, section 3.5"),
    ),
    questions=(
        Question(
            ask="Each pair of channels has a clock of its own",
            predict="A sinusoidal table tells each position by waves. The chart shows every "
            "second one of its first 8 channels over the positions. Which line is which "
            "channel?",
            metric="", kind="lines", cell=Cell("table", "waves", frame=3),
            see="Channel 0 turns at every position, channel 6 hardly moves.",
            say="Each pair is slower than the one before by the same factor, as the hands of a "
            "clock. Fast ones tell neighbours apart, slow ones say how far it is.",
        ),
        Question(
            ask="Does a GPT need positions?",
            predict="With RoPE two blocks end at 1.947 after 1,000 steps. And with no position "
            "at all?",
            metric="val", preset="none", known={"RoPE": 1.947}, data=SHAKESPEARE,
            see="2.270. It is not blind, because the mask tells early from late; but it is much "
            "worse.",
            say="Without a position the past is a set of letters; two blocks can only count it. "
            "Larger models close much of the gap (Haviv 2022). Here it costs much to leave "
            "positions out.",
        ),
        Question(
            ask="Which kind goes on beyond the length of training?",
            predict="Trained at 32, asked at 64. A learned table ends at 3.206 on positions "
            "it never saw. And ALiBi?",
            metric="beyond", preset="alibi", known={"learned": 3.206}, data=SHAKESPEARE,
            see="2.112, where val is 2.055: it hardly notices.",
            say="ALiBi knows distances alone, and a far one costs much, so that nothing new "
            "happens beyond T. Rows of a table that were never trained are noise.",
        ),
        Question(
            ask="Is a formula enough to go on?",
            predict="RoPE is a formula that has no end. Trained at 32, at val 1.947: what is "
            "its loss from position 32 to 63?",
            metric="beyond", preset="quick", known={"learned": 3.206, "val": 1.947},
            data=SHAKESPEARE,
            see="2.879: better than a table, and much worse than on the positions it knows.",
            say="Products know the offset only, but offsets above 31 were never trained either. "
            "So long contexts are trained last, or the angles are stretched.",
        ),
        Question(
            ask="What does a wrong pairing cost?",
            predict="Queries turned in neighbouring pairs and keys in half-split ones. RoPE ends "
            "at 1.947. And this?",
            metric="val", knobs={"mistake": "mixed-pairing"}, known={"one pairing": 1.947},
            data=SHAKESPEARE,
            see="2.047.",
            say="It trains, and no error is raised: W_Q and W_K learn around it. Loaded weights "
            "of the other pairing are nonsense at once, and the offset is no longer all.",
        ),
    ),
)  # fmt: skip
