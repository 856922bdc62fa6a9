"""What was changed in GPT-2 since: which part, what it costs in weights, and what a token keeps.

Three models that are built here (kinds.py): GPT-2 of 2019, Llama 3.2 1B of 2024, gpt-oss-20b of
2025. Weights are counted on the models themselves, built by their shapes without a number in them.
The last two are not read as published: Llama stretches its turns, gpt-oss packs four bits a weight.

Leaves out: tokenizers, data and training, where most of the gain since 2019 lies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch

from lessons.gpt2.family import Decoder, Shape, Stretch, sink_softmax
from lessons.gpt2.model import SIZES, Size, ledger
from zhtui.lab import Bars, Curves, Frame, LabError, Poke, Run, Spot, Table, Words, knob

TAKES_RUN = False

PARTS = ("tokens", "attention", "feed-forward", "norms", "positions", "head")
ROWS = ("positions", "norm", "feed-forward", "keys and values", "each layer sees", "biases", "head")
ROWS_MEAN = (
    "how a token's place is told: a row that is added, or a turn of q and k by their place",
    "LayerNorm subtracts the mean; RMSNorm divides by the size alone, and has no shift",
    "C -> F -> C for each token: by GELU, by a gate that multiplies, or by few of many nets",
    "how many heads ask the same keys and values",
    "how far back attention may look",
    "whether a matrix has a vector that is added",
    "what turns channels into scores of tokens: the table that reads, or one of its own",
)
HEADS = ("L", "H", "G", "D")
HEADS_MEAN = ("layers", "heads that ask", "heads that hold keys and values", "channels a head")
COUNTS = ("weights", "of them at work a token", "bytes that a token keeps")
COUNTS_MEAN = (
    "all learned numbers, counted on the model",
    "without the experts that the router passes by, and without a table of rows to look up",
    "2 · L · G · D numbers, a key and a value in each layer, of two bytes (bfloat16)",
)
LENGTHS = 2.0 ** np.arange(5, 18)  # 32 … 131,072 tokens
MOST = 1 << 16
SAME = "the same"


class Variation(NamedTuple):
    """A model: its shape, and in words its parts as in `ROWS`."""

    name: str
    shape: Shape | Size
    words: tuple[str, ...]
    printed: str  # weights, as they were published
    say: str
    look: str

    @property
    def heads(self) -> tuple[int, int, int, int]:
        """L, H, G, D: GPT-2 124M has (12, 12, 12, 64)."""
        own = self.shape
        if isinstance(own, Size):
            return own.n_layer, own.n_head, own.n_head, own.n_embd // own.n_head
        return own.layers, own.H, own.G, own.D

    @property
    def windows(self) -> tuple[int, ...]:
        """How far each layer sees; 0 is all."""
        known = self.shape.windows if isinstance(self.shape, Shape) else ()
        return known or (0,) * self.heads[0]


# Radford 2019; Llama 3.2's and gpt-oss's config.json and model cards.
LLAMA = Shape(vocab=128_256, layers=16, C=2048, H=32, G=8, D=64, F=8192, room=131_072, eps=1e-5,
              base=500_000.0, tied=True)  # fmt: skip
OSS = Shape(vocab=201_088, layers=24, C=2880, H=64, G=8, D=64, F=2880, room=131_072, eps=1e-5,
            base=150_000.0, tied=False, qkv_bias=True, out_bias=True, windows=(128, 0) * 12,
            experts=32, k=4, stretch=Stretch(32.0, 4096))  # fmt: skip
MODELS = (
    Variation(
        "GPT-2 124M", SIZES["124M"],
        ("a learned row each", "LayerNorm", "GELU, 4 C", "one a head", "all", "everywhere",
         "the table, tied"),
        "124M",
        "the plan of 2019: each place has a learned row, each head keys and values of its own",
        "G = H: nothing is shared. Make G smaller by hand: what do the bytes do?",
    ),
    Variation(
        "Llama 3.2 1B", LLAMA,
        ("RoPE: q, k turned", "RMSNorm", "SwiGLU, a gate", "one for 4 heads", "all", "none",
         "the table, tied"),
        "1.23B",
        "ten times the weights, and a token keeps fewer bytes: four heads share a key and a value",
        "two parts of seven stay the same. Places are no weights any more: they turn q and k",
    ),
    Variation(
        "gpt-oss-20b", OSS,
        ("RoPE, stretched", "RMSNorm", "4 of 32 experts", "one for 8 heads",
         "all, or only 128", "all but norms", "of its own"),
        "20.9B",
        "most weights are experts, and most experts rest: a sixth is at work for a token",
        "every other layer sees 128 places and keeps no more; a sink takes what no place wants",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Ask:
    scores: str = knob("2 1 0", "scores of one query, for the sink")
    sink: float = knob(1.0, "the sink's own score", low=-30, high=30)


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    for i in range(len(MODELS)):
        yield model(i, poke)
    yield lengths()
    yield sunk(ask, poke)


def model(i: int, poke: Poke) -> Frame:
    """The plan as far as this model; its numbers, and its heads to be poked."""
    own = MODELS[i]
    heads = poke("heads", np.array(own.heads, dtype=float))  # (4,)
    if not (heads.min() >= 1 and heads.max() <= MOST):
        raise LabError(f"A count of the heads is not within 1 … {MOST:,}; choose another number.")
    kept = 2 * 2 * int(heads[0]) * int(heads[2]) * int(heads[3])
    parts = {name: float(n) for name, n in counted(i).items() if n}
    note = f"weights, part by part; published {own.printed}"
    return Frame(
        own.name,
        {
            "plan": plan(i),
            "numbers": Table(["", *(m.name for m in MODELS[: i + 1])], numbers(i, kept)),
            "heads": Bars(HEADS, list(heads), note="poke one: what does a token keep?", log=True),
            "weights": Bars(list(parts), list(parts.values()), note=note),
        },
        say=own.say, look=own.look, chapter=own.name.split()[0], keep={"kept": kept},
        predict=Spot("numbers", 2, i + 1), within=0.1 * kept,
    )  # fmt: skip


def plan(i: int) -> Table:
    """The parts in words; what the model before has too is "the same"."""
    rows = []
    for name, *told in zip(ROWS, *(m.words for m in MODELS[: i + 1]), strict=True):
        later = (SAME if now == old else now for old, now in pairwise(told))
        rows.append([name, told[0], *later])
    return Table(["", *(m.name for m in MODELS[: i + 1])], rows)


def numbers(i: int, kept: int) -> list[list[Words | float | int]]:
    """`COUNTS` of the models as far as this one; its own bytes as they were poked."""
    every = [*(bytes_of(m) for m in MODELS[:i]), kept]
    totals = [sum(counted(at).values()) for at in range(i + 1)]
    return [
        [COUNTS[0], *totals],
        [COUNTS[1], *(at_work(at) for at in range(i + 1))],
        [COUNTS[2], *every],
    ]


def bytes_of(own: Variation) -> int:
    """2 · L · G · D · 2, windows aside: GPT-2 124M keeps 36,864 bytes a token."""
    L, _, G, D = own.heads
    return 2 * L * G * D * 2


@lru_cache(maxsize=len(MODELS))
def counted(i: int) -> Mapping[str, int]:
    """The weights of each part; experts and their router are "feed-forward"."""
    shape = MODELS[i].shape
    if isinstance(shape, Size):
        parts = ledger(shape)
        return {part: parts[part] for part in PARTS}
    with torch.device("meta"):
        built = Decoder(shape)
    found = dict.fromkeys(PARTS, 0)
    for name, weight in built.named_parameters():
        found[part_of(name)] += weight.numel()
    return found


def part_of(name: str) -> str:
    """blocks.3.attention.q.weight -> attention"""
    if name.startswith("tokens"):
        return "tokens"
    if name.startswith("head"):
        return "head"
    if "norm" in name:
        return "norms"
    return "attention" if "attention" in name else "feed-forward"


def at_work(i: int) -> int:
    """Without resting experts, and without a table that is only looked up: gpt-oss 3.6 B."""
    parts, shape = counted(i), MODELS[i].shape
    total = sum(parts.values()) - (parts["tokens"] if parts["head"] else 0)
    if isinstance(shape, Size):
        return total
    C, F = shape.C, shape.F
    one = C * 2 * F + 2 * F + F * C + C  # an expert: gate and value, and back
    return total - shape.layers * (shape.experts - shape.k) * one  # 0 experts: all at work


def lengths() -> Frame:
    """The cache against the tokens in it."""
    lines = {m.name: (LENGTHS, np.array([cache(m, n) for n in LENGTHS]) / 1e6) for m in MODELS}
    last = {name: float(y[-1]) for name, (_, y) in lines.items()}
    told = ", ".join(f"{name} {value:,.0f}" for name, value in last.items())
    curves = Curves(lines, x_name="tokens", log_x=True, log_y=True, note="MB of keys and values")
    return Frame(
        "how much is kept", {"cache": curves},
        say=f"at {LENGTHS[-1]:,.0f} tokens: {told} MB",
        look="gpt-oss bends at 128: half of its layers forget what is further back",
        chapter="cache", keep=last, predict=Spot("cache", 2, len(LENGTHS) - 1),
        within=0.2 * last[MODELS[2].name],
    )  # fmt: skip


def cache(own: Variation, tokens: float) -> float:
    """Bytes of all layers: a layer with a window keeps its window at most."""
    _, _, G, D = own.heads
    return sum(2 * G * D * 2 * min(tokens, window or tokens) for window in own.windows)


def sunk(ask: Ask, poke: Poke) -> Frame:
    """One row of attention beside a score that has no value vector."""
    scores = np.array(row_of(ask.scores))  # (S,)
    every = poke("scores", np.append(scores, ask.sink))  # (S + 1,)
    sent = torch.tensor(every, dtype=torch.float64)
    shares = sink_softmax(sent[None, None, None, :-1], sent[-1:])[0, 0, 0].numpy()  # (S,)
    plain = sent[:-1].softmax(0).numpy()  # (S,)
    places = [f"place {i + 1}" for i in range(len(plain))]
    rows = list(zip([*places, "in all"], [*plain, 1.0], [*shares, shares.sum()], strict=True))
    return Frame(
        "a sink",
        {
            "scores": Bars([*places, "sink"], list(every), note="poke one, the sink's too"),
            "attention": Table(("", "without", "with the sink"), rows),
        },
        say=f"with the sink the row sums to {shares.sum():.3f}; the rest goes to no place",
        look="a head that has found nothing gives its attention to the sink, which has no value",
        chapter="sink", keep={"every": every, "shares": shares},
        predict=Spot("attention", len(plain), 2), within=0.05,
    )  # fmt: skip


def row_of(text: str) -> list[float]:
    """ "2 1 0" -> [2.0, 1.0, 0.0]. Raises `LabError`."""
    try:
        found = [float(word) for word in text.split()]
    except ValueError:
        found = []
    if not 1 <= len(found) <= 12 or not np.isfinite(found).all():
        raise LabError(f"scores={text!r} is no row; write 1 to 12 numbers, such as 2 1 0.")
    return found


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    view = frame.shown()[spot.view]
    if isinstance(view, Curves):
        name = list(view.lines)[spot.row]
        x, y = view.lines[name]
        return f"{name}: {y[spot.column]:,.1f} MB at {x[spot.column]:,.0f} tokens"
    if spot.view == "heads":
        return f"{HEADS[spot.row]}: {HEADS_MEAN[spot.row]}"
    if spot.view == "numbers":
        return f"{COUNTS[spot.row]}: {COUNTS_MEAN[spot.row]}"
    if spot.view == "plan":
        return f"{ROWS[spot.row]}: {ROWS_MEAN[spot.row]}"
    if spot.view == "attention":
        return share(frame, spot.row) if spot.column == 2 else "softmax of the scores alone"
    if isinstance(view, Bars):
        return f"{view.labels[spot.row]}: {view.values[spot.row]:,.6g}"
    return ""


def share(frame: Frame, row: int) -> Words:
    """A share of attention, spelled: eˢ over the sum of all, the sink's too."""
    every, shares = frame.keep["every"], frame.keep["shares"]
    if row >= len(shares):
        return f"{' + '.join(f'{each:.3f}' for each in shares)} = {shares.sum():.3f}"
    terms = " + ".join(f"e^{each:g}" for each in every)
    return f"e^{every[row]:g} / ({terms}) = {shares[row]:.3f}; the last term is the sink's"
