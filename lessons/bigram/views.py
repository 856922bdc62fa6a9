"""What this lesson shows: the table, the dice, the ladder of n-grams, the net beside the counts."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from lessons.bigram.model import NGram, divergence, draw, probabilities
from lessons.blocks.names import Alphabet
from zhtui.lab import Bars, Heatmap, Table, Text

WIDEST = 64  # characters along the side of a picture


def label(character: str) -> str:
    """A character as it can be read on a screen, in one cell where that is possible."""
    if character == " ":
        return "␣"
    if unicodedata.category(character)[0] in "CMZ":  # control, combining, separator
        return f"U+{ord(character):04X}"
    return character


def labels(alphabet: Alphabet, ids: Tensor) -> list[str]:
    return [label(alphabet.characters[i]) for i in ids.tolist()]


def commonest(counts: Tensor) -> Tensor:
    """Ids of the characters that fit in a picture: the most frequent, in the alphabet's order."""
    return counts.sum(1).topk(min(WIDEST, len(counts))).indices.sort().values


def square(values: Tensor, counts: Tensor, alphabet: Alphabet, note: str, signed: bool) -> Heatmap:
    """A (V, V) tensor as a heatmap: the row is the character before, the column the one after."""
    ids = commonest(counts)
    names = labels(alphabet, ids)
    return Heatmap(values[ids][:, ids].numpy(), names, names, signed=signed, note=note)


def table(counts: Tensor, alphabet: Alphabet) -> Heatmap:
    """P(b | a) as counted. The scale leaves out one cell in a hundred: after q nearly always u."""
    note = "P(column | row) as counted; '.' is where a word begins (row) and ends (column)"
    picture = square(probabilities(counts), counts, alphabet, note, signed=False)
    return replace(picture, low=0.0, high=float(np.quantile(picture.values, 0.99)))


def centred(log_counts: Tensor) -> Tensor:
    """Each row minus its mean: softmax does not see what is added to a whole row."""
    return log_counts - log_counts.mean(1, keepdim=True)


def log_counts(counts: Tensor, alphabet: Alphabet, smoothing: float) -> Heatmap:
    """What W tends to: log(count + smoothing), rows centred (log(count + 1) without smoothing)."""
    raised = smoothing or 1.0
    note = f"log(count + {raised:g}), each row minus its mean: compare with W"
    return square(centred((counts + raised).log()), counts, alphabet, note, signed=True)


def weights(W: Tensor, counts: Tensor, alphabet: Alphabet) -> Heatmap:
    note = "W of the net, each row minus its mean: compare with the log-counts"
    return square(centred(W), counts, alphabet, note, signed=True)


def row(probability: Tensor, alphabet: Alphabet, note: str) -> Bars:
    """P(b | a) of one row (V,), the likeliest first."""
    top = probability.topk(min(WIDEST, len(probability)))
    return Bars(labels(alphabet, top.indices), top.values.tolist(), note=note)


def misfit(counts: Tensor, learned: Tensor, alphabet: Alphabet) -> Bars:
    """What each row adds to the net's NLL over that of the counts; the bars sum to the gap."""
    share = counts.sum(1) / counts.sum()  # (V,)
    cost = share * divergence(probabilities(counts), learned.double())  # (V,)
    note = f"share of the row x KL(counts || net), in nats; together {cost.sum().item():.6f}"
    return row(cost, alphabet, note)


def throws(table: Tensor, alphabet: Alphabet, seed: int) -> Table:
    """One word drawn from P (V, V): where the dice fell at each throw, and on whose piece."""
    lines = []
    word, total = "", 0.0
    for before, dice, character in draw(table, torch.Generator().manual_seed(seed)):
        p = table[before]
        start, chance = p[:character].sum().item(), p[character].item()
        word, total = word + alphabet.characters[character], total - math.log(chance)
        names = label(alphabet.characters[before]), label(alphabet.characters[character])
        piece = f"{start:.4f}-{start + chance:.4f}"
        place = int((p > chance).sum()) + 1
        lines.append((names[0], f"{dice:.4f}", piece, names[1], f"{chance:.4f}", place, word))
    columns = ("after", "dice", "piece", "drawn", "p", "place", "word so far")
    note = f"{total / len(lines):.4f} nats a character; place 1 is the likeliest"
    return Table(columns, lines, note=note)


def names(table: Tensor, alphabet: Alphabet, seed: int, number: int = 10) -> Text:
    """Words drawn one after another with the same dice."""
    dice = torch.Generator().manual_seed(seed)
    words = [[t.character for t in draw(table, dice)] for _ in range(number)]
    return Text("\n".join(alphabet.decode(word) for word in words))


@dataclass(frozen=True)
class Rung:
    """Counted n-grams of one length: NLL of the training words as counted and smoothed.

    `best` is the smoothing of a few that does best on the held-out words, `held_out` what it
    reaches.
    """

    n: int
    contexts: int
    train: float
    smoothed: float
    best: float
    held_out: float


AMOUNTS = (10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003)


def climb(train: Tensor, held_out: Tensor, size: int, smoothing: float) -> list[Rung]:
    """The ladder for n = 1 up to the columns of the examples."""
    rungs = []
    for n in range(1, train.shape[1] + 1):
        grams = NGram(train[:, -n:], held_out[:, -n:], size)
        reached, best = min((grams.nll(amount)[1], amount) for amount in AMOUNTS)
        rungs.append(
            Rung(n, grams.contexts, grams.nll()[0], grams.nll(smoothing)[0], best, reached)
        )
    return rungs


def ladder(rungs: Sequence[Rung], size: int, smoothing: float) -> Table:
    """NLL against the length of the context. `-` where no word was held out."""
    uniform = f"{math.log(size):.4f}"
    lines: list[tuple[str | int, ...]] = [("uniform", 0, uniform, uniform, uniform, "-")]
    for rung in rungs:
        held = ("-", "-")
        if not math.isnan(rung.held_out):
            held = (f"{rung.held_out:.4f}", f"{rung.best:g}")
        lines.append(
            (f"{rung.n}-gram", rung.contexts, f"{rung.train:.4f}", f"{rung.smoothed:.4f}", *held)
        )
    columns = ("model", "contexts", "train", f"train +{smoothing:g}", "held out", "best +a")
    note = "NLL in nats a character; held out with the smoothing a that suits it best"
    return Table(columns, lines, mark=2, note=note)


def ladder_bars(rungs: Sequence[Rung], size: int) -> Bars:
    """The ladder as bars: held-out words where there are any, else the training words."""
    held = not math.isnan(rungs[0].held_out)
    values = [rung.held_out if held else rung.train for rung in rungs]
    note = "NLL of the held-out words" if held else "NLL of the training words, as counted"
    return Bars(["uniform", *(f"{r.n}-gram" for r in rungs)], [math.log(size), *values], note=note)
