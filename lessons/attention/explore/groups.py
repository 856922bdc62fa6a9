"""Several heads side by side, and groups of them that share keys and values.

T positions, C channels, H heads, G heads of keys and values, D = C / H.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from lessons.attention.config import ALL_CHANNELS, NO_MASK, RESHAPE, SWAPPED
from lessons.attention.explore.layer import fresh, grid, look_at, table
from lessons.attention.model import as_multi_head, attend, cache_bytes, tile
from lessons.blocks.arithmetic import cell, dot, figure
from lessons.blocks.causality import still
from zhtui.lab import Frame, Graph, Node, Poke, Run, Spot, Table, Text, Words, knob, mistakes

SHOWN = 4  # heads that have a picture each


@dataclass(frozen=True)
class Ask:
    text: str = knob("the cat sat", "what is read")
    heads: int = knob(2, "heads of queries on 8 channels", choices=(1, 2, 4, 8), without_run=True)
    kv_heads: int = knob(
        1, "heads of keys and values; divides heads", choices=(1, 2, 4, 8), without_run=True
    )
    mistake: str = mistakes((RESHAPE, SWAPPED, ALL_CHANNELS, NO_MASK))


def named(name: str, heads: Tensor) -> dict[str, Tensor]:
    """The first heads of (H, …) by name: Q.1, Q.2 …"""
    return {f"{name}.{h}": each for h, each in enumerate(heads[:SHOWN], 1)}


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    layer = look_at(run, poke, ask.text, ask.mistake, ask.heads, ask.kv_heads)
    X, letters, a, parts = layer.X, layer.letters, layer.attention, layer.attention.parts
    (T, C), H, G, D = X.shape, a.H, a.G, a.D
    keep: dict[str, Any] = {"names": layer.names, "X": X, "turned": ask.mistake == "k-q"}
    wide, split = dict[str, Tensor](), dict[str, Tensor]()
    for name, part, heads in (("Q", a.query, H), ("K", a.key, G), ("V", a.value, G)):
        wide[name] = part(X)  # (T, heads · D)
        split[name] = tile(parts.split(wide[name], heads), H // heads)  # (H, T, D)
        W = tile(part.weight.view(heads, D, C), H // heads)  # (H, D, C)
        keep |= {f"W_{name}": part.weight, name: wide[name]}
        keep |= named(name, split[name]) | named(f"W_{name}", W)
    yield Frame(
        "projections", {"text": Text(layer.text)} | {n: table(M, letters) for n, M in wide.items()},
        f"Q has {H} heads · {D} = {H * D} columns; K and V have {G} · {D} = {G * D}",
        "one product a letter makes all heads", keep=keep, predict=Spot("K", 1, 0),
    )  # fmt: skip
    cut = {**named("Q", split["Q"]), **named("K", split["K"][:: H // G])}
    yield Frame(
        "split", {name: table(M, letters) for name, M in cut.items()},
        f"view(T, {H}, {D}).transpose(0, 1): head h of Q is columns {D}·h … {D}·h + {D - 1}",
        "equal letters have equal rows, in every head; poke a letter, and one row of each moves",
        keep=keep, still=still(T, dict.fromkeys(cut, D)), predict=Spot("Q.1", 2, 1),
    )  # fmt: skip
    stages = attend(split["Q"], split["K"], split["V"], parts, H)
    A, out = named("A", stages.weights), named("O", stages.out)  # (T, T) and (T, D) each
    keep |= A | out | named("masked", stages.masked)
    yield Frame(
        "weights", {name: grid(each, letters) for name, each in A.items()},
        f"{H} different looks at one past, each of {T} x {T} weights",
        "heads that share keys still ask different questions",
        keep=keep, still=still(T, dict.fromkeys(A, T)), predict=Spot("A.1", 0, 0),
    )  # fmt: skip
    joined = parts.merge(stages.out)  # (T, H · D)
    Y = a.project(joined)  # (T, C)
    views = {name: table(each, letters) for name, each in {**out, "joined": joined, "Y": Y}.items()}
    yield Frame(
        "output", views, f"{H} · {D} = {H * D} columns side by side; W_O mixes them into {C}",
        "poke the last letter in text or X: a red row is a leak",
        keep=keep | {"joined": joined, "W_O": a.project.weight, "D": D},
        still=still(T, {"joined": H * D, "Y": C}), predict=Spot("Y", 1, 1),
    )  # fmt: skip
    pairs = [(f"q{h}", f"kv{h * G // H}") for h in range(H)]
    nodes = [Node(f"q{h}", [f"queries {h + 1}"]) for h in range(H)]
    nodes += [Node(f"kv{g}", [f"keys, values {g + 1}"]) for g in range(G)]
    kind = {H: "multi-head", 1: "multi-query"}.get(G, "grouped-query")
    yield Frame(
        "who shares", {"groups": Graph(nodes, pairs), "shared": shared(X, H)},
        f"{H} heads ask, {G} answer: {kind} attention",
        "shared keys and values, tiled, are multi-head attention: the difference is 0 for every G",
    )  # fmt: skip


def shared(X: Tensor, H: int) -> Table:
    """For each G that divides H: weights of K and V, bytes a position, and the difference."""
    rows: list[tuple[str | int, ...]] = []
    for a in [fresh(X.size(1), H, G) for G in range(1, H + 1) if H % G == 0]:
        apart = (a(X) - as_multi_head(a)(X)).abs().max()
        size = a.key.weight.numel() + a.value.weight.numel()
        rows.append((a.G, size, cache_bytes(1, 1, a.G, a.D, 4), f"{apart:.1e}"))
    return Table(("G", "weights of K, V", "cache, bytes a letter", "from tiled"), rows)


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    keep, i, j = frame.keep, spot.row, spot.column
    if spot.view == "joined":
        h, channel = divmod(j, keep["D"])
        return f"{figure(keep['joined'][i, j])}: number {channel} of head {h + 1}"
    if spot.view == "Y":
        return f"y{i}[{j}] = {dot(keep['joined'][i], keep['W_O'][j])}\nwhat the heads found, mixed"
    return cell(spot.view, keep, i, j)
