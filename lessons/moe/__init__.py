"""Lesson 13: many nets, of which each token pays for a few."""

from __future__ import annotations

from lessons.moe.config import MISTAKES, PRESETS, Config
from zhtui.lab import Lesson, Question, Reference

SWITCH = "Fedus et al. 2022, Switch Transformers, section 2.2"
SHAZEER = "Shazeer et al. 2017, section 2"

lesson = Lesson(
    number=13,
    title="moe",
    summary="who works for which token?",
    part="attention",
    config=Config,
    presets=PRESETS,
    figure="val",
    unit="nats",
    charts={
        "loss": ("loss", "val"),
        "balance": ("aux", "cv", "busiest"),
        "dropped": ("dropped",),
    },
    scenes=("route", "balance"),
    subjects=("moe",),
    mistakes=MISTAKES,
    references=(
        Reference(
            "aux_even", 1.0, 1e-6, "aux of an even router", SWITCH, preset="tiny", line=False
        ),
        Reference(
            "aux_collapsed",
            1.0,
            1e-6,
            "aux of a collapsed router, over E",
            SWITCH,
            preset="tiny",
            line=False,
        ),
        Reference(
            "dense_gap",
            0.0,
            1e-9,
            "k = E against the weighted sum",
            SHAZEER,
            preset="tiny",
            line=False,
        ),
    ),
    questions=(
        Question(
            ask="What does the router do if nobody evens its load?",
            predict="Eight experts, one a token, and no balance loss. How many times its even "
            "share does the busiest expert get in the end?",
            metric="busiest",
            preset="no-balance",
            see="Two to four times; the idle ones stay near zero. With the loss it is 1.1 to 1.5.",
            say="Who is chosen learns, and who learns is chosen. Nothing in the loss of the text "
            "says that work is to be shared.",
        ),
        Question(
            ask="Does a balance loss help that never reaches the router?",
            predict="Its coefficient is ten times as large, but the probabilities were detached. "
            "What is the coefficient of variation of the load, 0 being even?",
            metric="cv",
            preset="detached",
            known={"with the gradient": 0.2},
            see="As without any loss: 0.6 and more.",
            say="The load is counted and has no gradient. All of it goes through P; detach that, "
            "and the loss is only a number in a log.",
        ),
        Question(
            ask="Eight times the weights for the same work: how much better?",
            predict="A dense layer of one expert's size ends at some val, eight experts a little "
            "lower. What does a dense layer with all eight experts' weights reach?",
            metric="val",
            preset="dense-total",
            see="Lower than the mixture: at this size dense wins, and pays eight times the work.",
            say="A mixture buys weights without work, not quality without weights. It wins where "
            "work is what is scarce, which is at sizes far above this one.",
        ),
    ),
)
