"""Keys in a cache keep the position they came with, while the text grows letter by letter.

S keys so far, D channels of one head.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from lessons.blocks.arithmetic import dot, figure
from lessons.blocks.text import embedding, seen
from lessons.positions.config import IN_PLACE
from lessons.positions.mistakes import offsets
from lessons.positions.model import turn_neighbours
from zhtui.lab import Frame, Heatmap, LabError, Poke, Run, Spot, Table, Text, Words, knob, mistakes

TAKES_RUN = False

D = 8


@dataclass(frozen=True)
class Ask:
    text: str = knob("the cat sat", "what is read, letter by letter")
    mistake: str = mistakes((IN_PLACE,))


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    if not 2 <= len(ask.text) <= 64:
        raise LabError(f"the text has {len(ask.text)} characters; give 2 to 64")
    text = poke("text", ask.text)
    T, letters = len(text), list(seen(text))
    X = poke("X", torch.stack([embedding(letter, D) for letter in text]).double())  # (T, D)
    turned = turn_neighbours(X, torch.arange(T))
    whole, kept = turned @ turned.T, offsets(ask.mistake)  # (T, T): all at once, to compare with
    for t in range(T):
        at = kept.append()  # (S,), S = t + 1
        q, K = turn_neighbours(X[t : t + 1], torch.tensor([t])), turn_neighbours(X[: t + 1], at)
        row = (q @ K.T)[0]  # (S,)
        apart = (row - whole[t, : t + 1]).abs().max().item()
        rows = [(letters[s], f"{row[s]:.3f}", f"{whole[t, s]:.3f}") for s in range(t + 1)]
        yield Frame(
            f"letter {t}", {
                "text": Text(text[: t + 1], roles=[(t, t + 1, "lit")]),
                "X": Heatmap(X.numpy(), letters, signed=True),
                "offsets": Heatmap(at[None].numpy(), ["at"], letters[: t + 1], low=0.0, high=T - 1),
                "cached": Table(("key", "score, cached", "all at once"), rows, mark=t),
            },
            f"{t + 1} key{'s stand' if t else ' stands'} at "
            f"{', '.join(f'{p:g}' for p in at.tolist()[-4:])}; scores differ from all at once by "
            f"{apart:.1e}",
            "a key's position is fixed when it is made; only a new one is added",
            keep={"X": X, "q": q[0], "K": K, "at": at, "row": row},
            chapter="letters" if t == 0 else "",
            predict=Spot("offsets", 0, t - 1) if t in (2, 4, 6) else None,
        )  # fmt: skip


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    keep, s = frame.keep, spot.column if spot.view == "offsets" else spot.row
    if spot.view == "offsets":
        return f"key {s} was made at position {s}, and is turned as if at {figure(keep['at'][s])}"
    if spot.view == "cached" and s < len(keep["row"]):
        return f"q·k{s}, both turned: {dot(keep['q'], keep['K'][s])}"
    if spot.view == "X":
        return f"x{s}[{spot.column}] = {figure(keep['X'][s, spot.column])}, before it is turned"
    return ""
