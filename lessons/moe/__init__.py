"""Lesson 13: many nets, of which each token pays for a few."""

from __future__ import annotations

from lessons.moe.config import MISTAKES, PRESETS, Config
from zhtui.lab import Cell, Lesson, Question, Reference

SWITCH = "Fedus et al. 2022, Switch Transformers, section 2.2"
SHAZEER = "Shazeer et al. 2017, section 2"

lesson = Lesson(
    number=13,
    title="moe",
    summary="which expert works for which token?",
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
            ask="What the balance loss says of a router that has a favourite",
            predict="Four experts, 512 tokens. The router adds 3 to the logit of the first "
            "expert. E Σ f·P is 1 where all is even, and 4 where one gets all. What is it here?",
            metric="",
            cell=Cell("balance", "aux", 0, 0, frame=1),
            known={"even": 1.0, "one": 4.0},
            see="About two thirds of the way up: the favourite gets most tokens, and its P is "
            "high too.",
            say="f is the share of tokens that were sent, P what the router thinks. Only P has a "
            "gradient, and each step down the slope makes the busy ones less likely.",
        ),
        Question(
            ask="What does the router do if nothing evens the load?",
            predict="Eight experts, one a token, and no balance loss. How many times its even "
            "share does the busiest expert get in the end?",
            metric="busiest",
            preset="no-balance",
            knobs={"data": "python"},
            data="python",
            see="4.5 times; two experts do nearly all the work. With the loss it is 1.5 times.",
            say="An expert that is chosen learns, and one that has learned is chosen again. "
            "Nothing in the loss of the text says that the work should be shared.",
        ),
        Question(
            ask="Does a balance loss help if it never reaches the router?",
            predict="Its coefficient is ten times as large, but the probabilities were detached. "
            "What is the coefficient of variation of the load, 0 being even?",
            metric="cv",
            preset="detached",
            knobs={"data": "python"},
            data="python",
            known={"with the gradient": 0.34},
            see="1.5, as without any loss.",
            say="The load is counted and has no gradient. All of it goes through P; detach that, "
            "and the loss is only a number in a log.",
        ),
        Question(
            ask="Eight times the weights for the same work: how much does it help?",
            predict="A dense layer of one expert's size ends at 1.707, eight experts of which a "
            "token pays for one at 1.573. What does a dense layer with all those weights reach?",
            metric="val",
            preset="dense-total",
            knobs={"data": "python"},
            data="python",
            known={"one expert's size": 1.707, "eight experts": 1.573},
            see="1.534: at this size dense wins, and pays eight times the work.",
            say="A mixture buys weights without work, not quality without weights. It wins where "
            "work is scarce, at sizes far above this one.",
        ),
    ),
)
