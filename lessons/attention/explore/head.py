"""One head: queries, keys and values; scores, scaled, masked, softmax; a weighted sum of values.

T positions, C channels, D = d_k of them in a head.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from lessons.attention.config import ALL_CHANNELS, NO_MASK, SWAPPED
from lessons.attention.explore.layer import Layer, grid, look_at, table
from lessons.attention.model import attend
from lessons.blocks.arithmetic import MEANS, bits, cell, dot, figure
from lessons.blocks.causality import still
from zhtui.lab import Bars, Frame, LabError, Poke, Run, Spot, Text, Words, knob, mistakes


@dataclass(frozen=True)
class Ask:
    text: str = knob("the cat sat", "what is read")
    heads: int = knob(2, "heads that share 8 channels", choices=(1, 2, 4, 8), without_run=True)
    head: int = knob(1, "the head that is looked at", low=1, high=64)
    row: int = knob(3, "the position that asks", low=0, high=63, points="A.row")
    mistake: str = mistakes((SWAPPED, ALL_CHANNELS, NO_MASK))


def of_head(layer: Layer, head: int) -> dict[str, Tensor]:
    """Q, K, V (T, D) of one head, and the rows (D, C) of the weights that make them."""
    a, found = layer.attention, dict[str, Tensor]()
    if head > a.H:
        raise LabError(f"the layer has {a.H} heads; choose head=1 … {a.H}")
    h, g = head - 1, (head - 1) * a.G // a.H
    for name, part, at in (("Q", a.query, h), ("K", a.key, g), ("V", a.value, g)):
        rows = part.weight[at * a.D : (at + 1) * a.D]  # (D, C)
        found |= {f"W_{name}": rows, name: layer.X @ rows.T}  # (T, C) @ (C, D) -> (T, D)
    return found


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    layer = look_at(run, poke, ask.text, ask.mistake, ask.heads, ask.heads)
    X, letters, names, parts = layer.X, layer.letters, layer.names, layer.attention.parts
    T, C, r = *X.shape, min(ask.row, len(X) - 1)
    keep: dict[str, Any] = {"names": names, "X": X, "turned": ask.mistake == "k-q"}
    yield Frame(
        "letters", {"text": Text(layer.text), "X": table(X, letters)},
        f"{T} letters, a row of {C} numbers each", "a letter that is poked moves only its own row",
        keep=keep, still=still(T, {"X": C}), chapter="in",
    )  # fmt: skip
    keep |= of_head(layer, ask.head)
    shown = {"X": table(X, letters)}
    for name, title in (("Q", "queries"), ("K", "keys"), ("V", "values")):
        keep[name] = poke(name, keep[name])
        shown |= {name: table(keep[name], letters)}
        yield Frame(
            title, shown, f"X @ W_{name}: what each letter {MEANS[name]}, {keep[name].size(1)} "
            "numbers", f"row {r} of {name} is all that {names[r]} {MEANS[name]}",
            keep=keep, predict=Spot(name, r, 0) if name == "Q" else None,
        )  # fmt: skip
    Q, K, V = keep["Q"], keep["K"], keep["V"]
    D, H = Q.size(1), layer.attention.H
    S, scaled, masked, A, out = attend(Q, K, V, parts, H)  # four of (T, T), and (T, D)
    keep |= {"S": S, "scale": parts.scale(D, H)}
    quiet = still(T, {"masked": T, "A": T, "O": D}, ("S", "scaled"))
    best = int(S[r].argmax())
    one, other, left, right = ("k", "q", K, Q) if keep["turned"] else ("q", "k", Q, K)
    yield Frame(
        "scores", {"Q": shown["Q"], "K": shown["K"], "S": grid(S, letters)},
        f"{one}{r}·{other}{best} = {dot(left[r], right[best])}, the largest of row {r}",
        "poke row 3 of Q: row 3 of S moves; poke row 3 of K: column 3 does",
        keep=keep, still=quiet, predict=Spot("S", min(2, T - 1), 1), chapter="scores",
    )  # fmt: skip
    yield Frame(
        "scaled", {"S": grid(S, letters), "scaled": grid(scaled, letters)},
        f"times {figure(keep['scale'])}, where 1/√d_k = 1/√{D} = {figure(D**-0.5)}: the spread "
        f"goes from {figure(S.std())} to {figure(scaled.std())}",
        "a dot product of d_k numbers grows with √d_k; why that matters: the scene width",
        keep=keep | {"scaled": scaled}, still=quiet, predict=Spot("scaled", r, best),
    )  # fmt: skip
    keep |= {"scaled": scaled, "masked": masked}
    yield Frame(
        "masked", {"scaled": grid(scaled, letters), "masked": grid(masked, letters)},
        f"{int(masked.isinf().sum())} of {T * T} scores are −∞: the future of each row",
        "every row keeps its diagonal: a letter may listen to itself", keep=keep, still=quiet,
    )  # fmt: skip
    keep |= {"A": A}
    yield Frame(
        "softmax", {"masked": grid(masked, letters), "A": grid(A, letters)},
        f"row {r} sums to {figure(A[r].sum())}, as spread out as {2 ** bits(A[r]):.1f} "
        "equal looks", "row 0 has one letter to listen to: its weight is known before training",
        keep=keep, still=quiet, predict=Spot("A", 0, 0), chapter="weights",
    )  # fmt: skip
    keep, heard = keep | {"O": out, "row": r}, [f"{A[r, s]:.2f}·v{s}" for s in range(T) if A[r, s]]
    yield Frame(
        "one row", {"shares": Bars(names, A[r].tolist()), "V": shown["V"]},
        f"o{r} = {' + '.join(heard[:6])}{' + …' * (len(heard) > 6)}",
        f"{names[r]} hears a mixture of values, and most of {names[int(A[r].argmax())]}", keep=keep,
    )  # fmt: skip
    yield Frame(
        "output", {"A": grid(A, letters), "V": shown["V"], "O": table(out, letters)},
        f"O = A @ V: {T} rows at once, one a position, and not only the last",
        "poke the last letter: every earlier row of O stays as it was, to the last bit",
        keep=keep, still=quiet, predict=Spot("O", 0, 0), chapter="out",
    )  # fmt: skip


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    if spot.view == "shares":
        return cell("A", frame.keep, frame.keep["row"], spot.row)
    return cell(spot.view, frame.keep, spot.row, spot.column)
