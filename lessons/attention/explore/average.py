"""Averaging the past, three times the same: a loop, a matrix product, the softmax of −∞."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from lessons.attention import model
from lessons.attention.config import NO_MASK
from lessons.attention.explore.layer import grid, look_at, table
from lessons.blocks.arithmetic import cell, dot, figure
from lessons.blocks.causality import still
from zhtui.lab import Frame, Poke, Run, Spot, Text, Words, knob, mistakes

TAKES_RUN = False


@dataclass(frozen=True)
class Ask:
    text: str = knob("the cat sat", "what is read")
    row: int = knob(2, "the position whose average is asked for", low=0, high=63, points="mean.row")
    mistake: str = mistakes((NO_MASK,))


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    layer = look_at(None, poke, ask.text, ask.mistake)
    X, letters = layer.X, layer.letters  # (T, C), T
    T, C, r = *X.shape, min(ask.row, len(X) - 1)
    keep, quiet = {"names": layer.names, "X": X}, still(T, {"mean": C, "A": T})
    mean = model.average_by_loop(X)
    yield Frame(
        "loop",
        {"text": Text(layer.text), "X": table(X, letters), "mean": table(mean, letters)},
        f"{T} letters of {C} numbers; row {r} of mean is the average of rows 0 … {r} of X",
        "row 0 has only itself; poke the last row of X: no other row of mean moves",
        keep=keep, still=quiet, predict=Spot("mean", r, 0),
    )  # fmt: skip
    W = model.average_weights(T).float()  # (T, T)
    apart = (model.average_by_matrix(X) - mean).abs().max()
    yield Frame(
        "matrix product", {"W": grid(W, letters), "mean": table(W @ X, letters)},
        f"row {r} of W is 1/{r + 1} up to column {r}; W @ X differs from the loop by {apart:.1e}",
        "each row of W sums to 1, and nothing stands above its diagonal",
        keep=keep | {"W": W}, still=quiet, predict=Spot("W", r, 0),
    )  # fmt: skip
    masked = layer.attention.parts.hide(torch.zeros(T, T))
    A = masked.softmax(dim=-1)  # (T, T)
    shared = int((A[r] > 0).sum())  # r + 1; all T where nothing is hidden
    yield Frame(
        "softmax of −∞", {"masked": grid(masked, letters), "A": grid(A, letters)},
        f"exp(0) = 1, exp(−∞) = 0: each of {shared} columns of row {r} gets {figure(A[r, 0])}",
        f"W again, of scores: A @ X differs from the loop by {(A @ X - mean).abs().max():.1e}",
        keep=keep | {"masked": masked, "A": A}, still=quiet, predict=Spot("A", r, 0),
    )  # fmt: skip
    S = model.scores(X, X)  # (T, T)
    masked = layer.attention.parts.hide(S)
    A = masked.softmax(dim=-1)
    yield Frame(
        "other scores", {"S": grid(S, letters), "A": grid(A, letters)},
        f"x·xᵀ in place of 0: the largest share of row {r} is now {figure(A[r].max())}",
        "rows still sum to 1; which scores are good is learned: the scene head",
        keep=keep | {"masked": masked, "A": A}, still=still(T, {"A": T}, ("S",)),
    )  # fmt: skip


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    keep, i, j = frame.keep, spot.row, spot.column
    if spot.view == "mean":
        column = keep["X"][: i + 1, j]
        return f"mean{i}[{j}] = {dot([1 / (i + 1)] * (i + 1), column)}\nan even look at the past"
    if spot.view == "W":
        return f"W[{i},{j}] = {figure(keep['W'][i, j])}: the share of {keep['names'][j]} in row {i}"
    if spot.view == "S":
        return f"x{i}·x{j} = {dot(keep['X'][i], keep['X'][j])}\nlike letters have large products"
    return cell(spot.view, keep, i, j)
