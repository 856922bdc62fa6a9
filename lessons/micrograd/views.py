"""What a network of either form has learned, as views. Numpy only, from plain arrays of weights.

Legend: n points, L layers, U units in a layer, I inputs of a layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lessons.micrograd.points import Points
from zhtui.lab import Heatmap, Scatter, Table

Array = NDArray[np.float64]
TILE = 6  # pixels of a thumbnail, each way
SATURATED = 0.99  # |tanh| from which on a unit hardly passes a gradient


@dataclass(frozen=True)
class Layer:
    """One layer as arrays: weight (U, I), bias (U,), and its activation's name."""

    weight: Array
    bias: Array
    kind: str


@dataclass(frozen=True)
class Shape:
    """A network without its numbers: the width of each layer, the inputs first, and its kind."""

    widths: tuple[int, ...]
    kinds: tuple[str, ...]

    def layers(self, numbers: Array) -> list[Layer]:
        """The layers from all parameters in reading order: a unit's weights, then its bias."""
        layers, start = [], 0
        for fan_in, fan_out, kind in zip(self.widths, self.widths[1:], self.kinds, strict=False):
            stop = start + fan_out * (fan_in + 1)
            block = numbers[start:stop].reshape(fan_out, fan_in + 1)
            layers.append(Layer(block[:, :-1], block[:, -1], kind))
            start = stop
        return layers

    def place(self, index: int) -> tuple[int, int, int]:
        """Where a parameter stands: (layer, unit, column); the last column is the bias."""
        for at, (fan_in, fan_out) in enumerate(zip(self.widths, self.widths[1:], strict=False)):
            if index < fan_out * (fan_in + 1):
                return at, *divmod(index, fan_in + 1)
            index -= fan_out * (fan_in + 1)
        raise IndexError("the network has fewer parameters")

    def name(self, index: int) -> str:
        """A parameter in words: 2.12 from 6 is the weight of layer 2, unit 12, for unit 6."""
        at, unit, column = self.place(index)
        source = f"from {'xy'[column : column + 1] if at == 0 else column + 1}"
        if column == self.widths[at]:
            source = "bias"
        return f"{at + 1}.{unit + 1} {source}"


def forward(layers: Sequence[Layer], x: Array) -> list[Array]:
    """The activations of every layer: [(n, U), ...]; the last one is the scores (n, 1)."""
    outputs = []
    for layer in layers:
        x = x @ layer.weight.T + layer.bias  # (n, I) @ (I, U) -> (n, U)
        if layer.kind != "linear":
            x = np.maximum(x, 0.0) if layer.kind == "relu" else np.tanh(x)
        outputs.append(x)
    return outputs


def margin_loss(layers: Sequence[Layer], points: Points, l2: float) -> float:
    """The loss of `train.py`, for the numeric gradient."""
    scores = forward(layers, points.xy)[-1][:, 0]
    decay = sum((layer.weight**2).sum() + (layer.bias**2).sum() for layer in layers)
    return float(np.maximum(1 - points.labels * scores, 0).mean() + l2 * decay)


def pulls(layers: Sequence[Layer], points: Points) -> list[Array]:
    """By every point, the gradient of its loss: [(n, U, I + 1), ...], the bias last."""
    outputs = forward(layers, points.xy)
    inputs = [points.xy, *outputs[:-1]]
    inside = 1 - points.labels * outputs[-1][:, 0] > 0  # (n,)
    upstream = np.where(inside, -points.labels, 0.0)[:, None]  # (n, 1)
    result = []
    for layer, out, x in reversed(list(zip(layers, outputs, inputs, strict=True))):
        slope = {"linear": np.ones_like(out), "relu": out > 0, "tanh": 1 - out**2}[layer.kind]
        delta = upstream * slope  # (n, U)
        with_one = np.append(x, np.ones((len(x), 1)), axis=1)  # (n, I + 1)
        result.append(delta[:, :, None] * with_one[:, None, :])
        upstream = delta @ layer.weight  # (n, U) @ (U, I) -> (n, I)
    return result[::-1]


# -- the plane ------------------------------------------------------------------------------------


def extent(points: Points) -> tuple[float, float, float, float]:
    low, high = points.xy.min(axis=0) - 0.5, points.xy.max(axis=0) + 0.5
    return float(low[0]), float(high[0]), float(low[1]), float(high[1])


def grid(points: Points, rows: int, columns: int) -> Array:
    """The plane as (rows * columns, 2) positions, top row first."""
    left, right, bottom, top = extent(points)
    y, x = np.meshgrid(
        np.linspace(top, bottom, rows), np.linspace(left, right, columns), indexing="ij"
    )
    return np.stack([x.ravel(), y.ravel()], axis=1)


def boundary(layers: Sequence[Layer], points: Points) -> Scatter:
    """The score everywhere in the plane, squeezed into (-1, 1), under the points."""
    rows, columns = 48, 72
    scores = forward(layers, grid(points, rows, columns))[-1]
    own = forward(layers, points.xy)[-1][:, 0]
    wrong = int(((own > 0) != (points.labels > 0)).sum())
    close = int((points.labels * own < 1).sum())
    return Scatter(
        x=points.xy[:, 0],
        y=points.xy[:, 1],
        groups=[int(label > 0) for label in points.labels],
        field=np.tanh(scores).reshape(rows, columns).round(3),
        extent=extent(points),
        note=f"{wrong} wrong, {close} inside the margin, of {len(own)} points",
    )


def neurons(layers: Sequence[Layer], points: Points) -> Heatmap:
    """A thumbnail a hidden unit: where in the plane it responds. One row of tiles a layer."""
    size = TILE
    hidden = forward(layers, grid(points, size, size))[:-1]
    dead = stuck(layers, points)
    cross = np.eye(size, dtype=bool) | np.eye(size, dtype=bool)[::-1]
    across = min(8, max(out.shape[1] for out in hidden))
    bands = []
    for layer, out, gone in zip(layers, hidden, dead, strict=False):
        peak = np.abs(out).max(axis=0)
        tiles = (out / np.where(peak > 0, peak, 1.0)).T.reshape(-1, size, size)
        if layer.kind == "relu":
            tiles[gone] = np.where(cross, -1.0, 0.0)
        missing = -len(tiles) % across
        tiles = np.concatenate([tiles, np.full((missing, size, size), np.nan)])
        tiles = np.pad(tiles, ((0, 0), (0, 1), (0, 1)), constant_values=np.nan)  # gaps
        wide = tiles.reshape(-1, across, size + 1, size + 1).transpose(0, 2, 1, 3)
        bands.append(wide.reshape(-1, across * (size + 1)))
    note = f"{across} units a row, each over the whole plane; a cross is dead"
    return Heatmap(np.concatenate(bands), low=-1.0, high=1.0, signed=True, note=note)


# -- units and weights ----------------------------------------------------------------------------


def stuck(layers: Sequence[Layer], points: Points) -> list[NDArray[np.bool_]]:
    """For every hidden layer, which units (U,) pass no gradient at any point."""
    marks = []
    for layer, out in zip(layers[:-1], forward(layers, points.xy), strict=False):
        still = out <= 0 if layer.kind == "relu" else np.abs(out) > SATURATED
        marks.append(np.asarray(still.all(axis=0)))
    return marks


def units(layers: Sequence[Layer], points: Points) -> Table:
    """How often each hidden unit is awake, the sleepiest first."""
    rows: list[tuple[str, str, str]] = []
    shares: list[float] = []
    for at, (layer, out) in enumerate(zip(layers[:-1], forward(layers, points.xy), strict=False)):
        awake = out > 0 if layer.kind == "relu" else np.abs(out) <= SATURATED
        for unit, share in enumerate(awake.mean(axis=0)):
            word = "saturated" if layer.kind == "tanh" else "dead"
            rows.append((f"{at + 1}.{unit + 1}", f"{share:.0%}", "" if share else word))
            shares.append(float(share))
    order = sorted(range(len(rows)), key=lambda row: shares[row])
    gone = sum(share == 0 for share in shares)
    return Table(
        ("layer.unit", "awake", ""),
        [rows[at] for at in order],
        mark=0 if gone else None,
        note=f"{gone} of {len(rows)} units pass no gradient at any point",
    )


def weights(layers: Sequence[Layer]) -> Heatmap:
    """All weights: a row is a unit, a column what it reads, the last column its bias."""
    inputs = max(layer.weight.shape[1] for layer in layers)
    values, rows = [], []
    for at, layer in enumerate(layers):
        gap = np.full((len(layer.bias), inputs - layer.weight.shape[1]), np.nan)
        values.append(np.concatenate([layer.weight, gap, layer.bias[:, None]], axis=1))
        rows += [f"{at + 1}.{unit + 1}" for unit in range(len(layer.bias))]
    columns = [*(str(at + 1) for at in range(inputs)), "b"]
    return Heatmap(
        np.concatenate(values), rows, columns, signed=True, note="a row is a unit: layer.unit"
    )


def largest(change: Array, count: int = 6) -> list[int]:
    """The indices of the largest changes, the largest first."""
    return [int(index) for index in np.argsort(-np.abs(change), kind="stable")[:count]]


def movement(
    shape: Shape, before: Array, after: Array, gradient: Array, lr: float, points: Points
) -> Table:
    """The weights that moved most in this step, and which points moved them."""
    forces = pulls(shape.layers(before), points)
    rows = []
    for index in largest(after - before):
        layer, unit, column = shape.place(index)
        force = forces[layer][:, unit, column]  # (n,)
        pulled = f"{(force < 0).sum()}↑ {(force > 0).sum()}↓"
        sums = f"{before[index]:+.3f} - {lr:.3f} * {gradient[index]:+.4f}"
        rows.append((shape.name(index), sums, f"{after[index]:+.3f}", pulled))
    note = "pulled by so many points, up and down, while they are inside the margin"
    return Table(("weight", "before - lr * grad", "after", "pulled"), rows, note=note)


def gradient_error(
    shape: Shape, numbers: Array, gradient: Array, points: Points, l2: float
) -> float:
    """How far the gradient is from the numeric one, at the parameters where it is largest."""
    step = 1e-6
    worst = 0.0
    for index in largest(gradient):
        nudge = np.zeros_like(numbers)
        nudge[index] = step
        up = margin_loss(shape.layers(numbers + nudge), points, l2)
        down = margin_loss(shape.layers(numbers - nudge), points, l2)
        worst = max(worst, abs(float(gradient[index]) - (up - down) / (2 * step)))
    return worst
