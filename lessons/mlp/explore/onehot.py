"""An embedding is a matrix product whose zeros are left out: forward and backward, difference 0."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lessons.blocks.names import Alphabet
from lessons.blocks.spelling import dot, number, terms
from lessons.mlp.model import one_hot
from zhtui.lab import Bars, Frame, Heatmap, LabError, Poke, Run, Spot, Text, Words, knob

TAKES_RUN = False

OTHERS = "aeo"  # letters that are there and may not occur in the text


@dataclass(frozen=True)
class Ask:
    text: str = knob("emma", "letters that are turned into numbers")
    columns: int = knob(3, "numbers a letter", low=1, high=8)


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    """Six frames: one-hot rows, the product, the look-up, and the gradient of both."""
    text = ask.text.lower()
    if not (0 < len(text) <= 12 and text.isalpha()):
        raise LabError("Type 1 to 12 letters, nothing else.")
    alphabet = Alphabet.of([text, OTHERS])
    letters, ids = list(alphabet.characters), torch.tensor(alphabet.encode(text))  # (T,)
    dice = torch.Generator().manual_seed(3)
    W = poke("W", torch.randn((len(letters), ask.columns), generator=dice).mul(10).round() / 10)
    hot = one_hot(ids, len(letters))  # (T, V)
    keep: dict[str, Any] = {"hot": hot, "W": W, "ids": ids, "letters": letters}
    rows = list(text)
    X, table = Heatmap(hot.numpy(), rows, letters), Heatmap(W.numpy(), letters, signed=True)

    yield Frame(
        "one-hot", {"X": X, "text": Text(text)}, keep=keep, predict=Spot("X", 0, int(ids[0])),
        say=f"{len(rows)} letters as rows of {len(letters)} numbers, one of them 1",
        look="a letter is a name, not a quantity: no row is larger than another",
    )  # fmt: skip
    product, taken = hot @ W, W[ids]  # (T, D), (T, D)
    views = {"X": X, "W": table, "XW": Heatmap(product.numpy(), rows, signed=True)}
    yield Frame(
        "product", views, keep=keep, predict=Spot("XW", 0, 0),
        say=f"X W: each number is a sum of {len(letters)} products, all but one with 0",
        look="a row of X W is a row of W; poke a number of W and see which rows move",
        still=lambda spot: {"XW": others(spot, ids, ask.columns)},
    )  # fmt: skip
    yield Frame(
        "look-up",
        {
            "Wi": Heatmap(taken.numpy(), rows, signed=True),
            "XW": Heatmap(product.numpy(), rows, signed=True),
            "difference": Heatmap((product - taken).numpy(), rows, signed=True, low=-1, high=1),
        },
        keep=keep, predict=Spot("difference", 0, 0), within=0.01,
        say=f"W[i] reads the row: largest difference {(product - taken).abs().max():g}",
        look="the same numbers, and nothing was multiplied",
        still=lambda spot: {"Wi": others(spot, ids, ask.columns)},
    )  # fmt: skip
    yield from backward(ask, poke, keep)
    cost = {"one-hot": float(hot.numel() * ask.columns), "look-up": 1.0}
    yield Frame(
        "cost",
        {"multiplications": Bars(list(cost), list(cost.values()), note="logarithmic", log=True)},
        say=f"{cost['one-hot']:g} multiplications against none (drawn as 1); with 50,257 tokens "
        "and 768 numbers each, 38.6 million a token",
        look="so the first layer of every language model is a look-up, and the next ones are not: "
        "their inputs have no zeros to leave out",
    )  # fmt: skip


def backward(ask: Ask, poke: Poke, keep: dict[str, Any]) -> Iterator[Frame]:
    """G is what comes back; both forms make the same gradient of W of it."""
    hot, ids, letters = keep["hot"], keep["ids"], keep["letters"]
    dice = torch.Generator().manual_seed(5)
    G = poke("G", torch.randn((len(ids), ask.columns), generator=dice).mul(10).round() / 10)
    by_product = hot.T @ G  # (V, T) @ (T, D) -> (V, D)
    by_rows = torch.zeros_like(keep["W"]).index_add_(0, ids, G)  # (V, D)
    keep |= {"G": G, "dW": by_rows}
    rows = [letters[i] for i in ids]
    yield Frame(
        "gradient",
        {
            "G": Heatmap(G.numpy(), rows, signed=True),
            "dW": Heatmap(by_rows.numpy(), letters, signed=True),
        },
        keep=keep, predict=Spot("dW", 0, 0), within=0.05,
        say="G comes back, a row a letter; W gets it by letter, summed where a letter is twice",
        look=f"rows of letters that are not in {ask.text!r} stay exactly 0: only what was seen "
        "learns",
        still=lambda spot: {"dW": unseen(spot, ids, len(letters), ask.columns)},
    )  # fmt: skip
    difference = by_product - by_rows  # (V, D)
    yield Frame(
        "both gradients",
        {
            "XG": Heatmap(by_product.numpy(), letters, signed=True),
            "by.row": Heatmap(by_rows.numpy(), letters, signed=True),
            "difference": Heatmap(difference.numpy(), letters, signed=True, low=-1, high=1),
        },
        keep=keep,
        say=f"X' G (X turned) and the sum by row: largest difference {difference.abs().max():g}",
        look="forward and backward agree, so an embedding is a linear layer without a bias",
    )  # fmt: skip


def others(spot: Spot, ids: Tensor, columns: int) -> Any:
    """Rows of the output that must not move when row `spot.row` of W does."""
    mask = np.zeros((len(ids), columns), dtype=bool)
    if spot.view == "W":
        mask[(ids != spot.row).numpy()] = True
    return mask


def unseen(spot: Spot, ids: Tensor, letters: int, columns: int) -> Any:
    """Rows of dW that must not move: all but the one of the poked row of G."""
    mask = np.ones((letters, columns), dtype=bool)
    if spot.view == "G":
        mask[int(ids[spot.row])] = False
    return mask


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    """A product's row of zeros and its one 1, or the sum by letter."""
    if "hot" not in frame.keep:
        return "a product of two numbers, or the reading of one row"
    hot, W, ids, letters = (frame.keep[name] for name in ("hot", "W", "ids", "letters"))
    if spot.view in ("XW", "Wi"):
        spelled = dot(hot[spot.row].tolist(), W[:, spot.column].tolist())
        letter = letters[int(ids[spot.row])]
        value = number(W[ids[spot.row], spot.column].item())
        return f"{spelled} = {value}: row {letter!r} of W, number {spot.column}"
    if spot.view in ("dW", "by.row", "XG"):
        G = frame.keep["G"]
        places = [i for i, letter in enumerate(ids.tolist()) if letter == spot.row]
        if not places:
            return f"{letters[spot.row]!r} did not occur, so nothing comes back to its row: 0"
        total = number(frame.keep["dW"][spot.row, spot.column].item())
        parts = [number(G[i, spot.column].item()) for i in places]
        return f"{terms(parts)} = {total}: {letters[spot.row]!r} stood in {len(places)} places"
    if spot.view == "W":
        return (
            f"W[{letters[spot.row]!r}, {spot.column}] = {number(W[spot.row, spot.column].item())}"
        )
    if spot.view == "X":
        same = letters[spot.column] == letters[int(ids[spot.row])]
        return "1: this is its letter" if same else "0: another letter"
    if spot.view == "difference":
        return "the two forms give the same number here"
    if spot.view == "G":
        return f"what comes back to {letters[int(ids[spot.row])]!r}, number {spot.column}"
    return f"{letters[int(ids[spot.column])]!r} is letter {int(ids[spot.column])} of {len(letters)}"
