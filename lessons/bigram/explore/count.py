"""A table of counts, pair by pair; a row of it as a die; and a name that the dice write.

V characters in the words, `.` the first of them; N[a, b] pairs, P[a, b] chances.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lessons.bigram.config import ACROSS, KEEPDIM
from lessons.bigram.model import draw, probabilities
from lessons.bigram.views import label
from lessons.blocks.arithmetic import figure
from lessons.blocks.names import EDGE, Alphabet
from zhtui.lab import (
    Bars,
    Frame,
    Heatmap,
    LabError,
    Poke,
    Run,
    Spot,
    Table,
    Text,
    View,
    Words,
    knob,
    mistakes,
)

TAKES_RUN = False

LONGEST = 40  # characters of all words, one frame each
LIMIT = 12  # throws, where a name does not end


@dataclass(frozen=True)
class Ask:
    words: str = knob("emma ava mia", "words to count, with blanks between")
    smoothing: float = knob(0.0, "added to every count", low=0, high=1e6)
    row: int = knob(0, "the character whose die is shown", low=0, points="P.row")
    dice: int = knob(6, "the seed of the dice", low=0, high=2**31)
    mistake: str = mistakes((KEEPDIM, ACROSS))


def pairs_of(words: list[str], mistake: str) -> list[str]:
    """What is counted, in order: ["ab"] -> [".a", "ab", "b."]."""
    if mistake == ACROSS.name:
        line = EDGE + "".join(words) + EDGE  # the ends between two words are lost
        return [line[i : i + 2] for i in range(len(line) - 1)]
    lines = [EDGE + word + EDGE for word in words]
    return [line[i : i + 2] for line in lines for i in range(len(line) - 1)]


def chances(N: Tensor, smoothing: float, mistake: str) -> Tensor:
    """Each row divided by its sum: (V, V). [[1, 3]] -> [[¼, ¾]]

    Without `keepdim` the sums (V,) lie down as a row, and column b is divided by the sum of row b.
    """
    if mistake == KEEPDIM.name:
        raised = N.double() + smoothing
        return raised / raised.sum(1).clamp(min=1e-300)  # (V, V) / (V,)
    return probabilities(N, smoothing)


def table(values: Tensor, names: list[str], note: str, counts: bool = False) -> Heatmap:
    """Row a, column b, a number in each cell that is not 0."""
    texts = [[f"{v:g}" if v else "" for v in row] for row in values.tolist()] if counts else ()
    numbers = values.numpy() if counts else values.double().numpy()  # a count knows no fraction
    return Heatmap(numbers, names, names, low=0.0, note=note, texts=texts)


def still_rows(V: int) -> Callable[[Spot], Mapping[str, NDArray[np.bool_]]]:
    """A count that changes is no business of other rows."""

    def still(spot: Spot) -> dict[str, NDArray[np.bool_]]:
        other = np.repeat((np.arange(V) != spot.row)[:, None], V, 1)  # (V, V)
        return {"P": other} if spot.view == "N" else {}

    return still


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    text = poke("words", ask.words)
    words = text.split()
    if not words or EDGE in text or len(text) > LONGEST:
        raise LabError(
            f"The words are {text!r}; give some, without '{EDGE}', {LONGEST} characters together."
        )
    alphabet, pairs = Alphabet.of(words), pairs_of(words, ask.mistake)
    names, V = [label(c) for c in alphabet.characters], len(alphabet)
    N = torch.zeros(V, V, dtype=torch.long)
    keep: dict[str, Any] = {"names": names, "pairs": pairs}
    yield Frame(
        "words", {"words": Text(text), "N": table(N, names, "nothing is counted", True)},
        f"{len(words)} words, {V} characters: '{EDGE}' stands before and after each word",
        "which pair will be the most frequent?", keep=keep | {"N": N.clone()}, chapter="count",
    )  # fmt: skip
    for done, pair in enumerate(pairs, 1):
        a, b = alphabet.encode(pair)
        N[a, b] += 1
        line = Text(" ".join(pairs), roles=[(3 * done - 3, 3 * done - 1, "lit")])
        yield Frame(
            f"pair {done}", {"pairs": line, "N": table(N, names, "N[a, b]: b after a", True)},
            f"{names[b]!r} follows {names[a]!r}: N[{a}, {b}] is {int(N[a, b])}",
            "one cell a pair, whatever stands around it", keep=keep | {"N": N.clone()},
            predict=Spot("N", a, b) if done % 5 == 0 else None, within=0.5,
            chapter="counted" if done == len(pairs) else "",
        )  # fmt: skip
    N = poke("N", N).clamp(min=0)
    P = chances(N, ask.smoothing, ask.mistake)
    sums, keep = P.sum(1), keep | {"N": N, "P": P, "smoothing": ask.smoothing}
    views: dict[str, View] = {
        "N": table(N, names, "counted", True),
        "P": table(P, names, "P[a, b] = N[a, b] / sum of row a"),
        "sums": Bars(names, sums.tolist(), levels={"1": 1.0}, note="what each row of P sums to"),
    }
    yield Frame(
        "rows", views, f"each row is divided by its sum; rows sum to {figure(sums.min())} … "
        f"{figure(sums.max())}", "poke a count: its own row of P moves, and no other",
        keep=keep, still=still_rows(V), predict=Spot("P", 0, 1), chapter="rows",
    )  # fmt: skip
    row = min(ask.row, V - 1)
    ends = P[row].cumsum(0)
    lines = [
        (names[b], f"{p:.4f}", f"{end - p:.4f} … {end:.4f}")
        for b, (p, end) in enumerate(zip(P[row].tolist(), ends.tolist(), strict=True))
        if p
    ]
    yield Frame(
        "die", {
            "die": Bars(names, P[row].tolist(), note=f"P(b | {names[row]!r})"),
            "pieces": Table(("b", "P", "its piece of 0 … 1"), lines),
        },
        f"row {names[row]!r} as a die: the interval from 0 to 1, cut into {len(lines)} pieces",
        "a throw between 0 and 1 hits one piece", keep=keep | {"row": row}, chapter="dice",
    )  # fmt: skip
    yield from written(P, names, ask.dice, keep)


def written(P: Tensor, names: list[str], seed: int, keep: dict[str, Any]) -> Iterator[Frame]:
    """One frame a throw: where it fell, what that picked, and how likely it was."""
    rows: list[tuple[str, ...]] = []
    word, cost = "", 0.0
    fair = probabilities(P)  # a wrong table's rows are made dice, so that it writes, too
    for before, dice, after in draw(fair, torch.Generator().manual_seed(seed), LIMIT):
        p = fair[before, after].item()
        word, cost = word + names[after], cost - math.log(p)
        rows.append((names[before], f"{dice:.4f}", names[after], f"{p:.4f}", word))
        thrown = Table(("after", "throw", "hits", "P", "word"), list(rows), mark=len(rows) - 1)
        yield Frame(
            f"throw {len(rows)}", {
                "thrown": thrown,
                "P": table(P, names, f"row {names[before]!r} is thrown"),
            },
            f"after {names[before]!r} the dice fall at {dice:.4f}: {names[after]!r}, P = {p:.4f}",
            "only the last character counts for the next throw",
            keep=keep | {"costs": (cost, len(rows))}, chapter="name" if len(rows) == 1 else "",
        )  # fmt: skip
    yield Frame(
        "name", {"thrown": thrown},
        f"{word!r} costs {cost / len(rows):.4f} nats a character: −ln P, averaged",
        "every pair in it was seen; was the whole?", keep=keep | {"costs": (cost, len(rows))},
        chapter="written",
    )  # fmt: skip


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    keep, a, b = frame.keep, spot.row, spot.column
    names, N = keep["names"], keep["N"]
    if spot.view == "N":
        times = int(N[a, b])
        return f"N[{a}, {b}] = {times}\n{names[b]!r} came after {names[a]!r} {times} times"
    if spot.view in ("P", "die"):
        a, b = (keep["row"], spot.row) if spot.view == "die" else (a, b)
        s, wrong = keep["smoothing"], ask.mistake == KEEPDIM.name
        top = f"({int(N[a, b])} + {s:g})" if s else f"{int(N[a, b])}"
        total = (N[b if wrong else a].sum() + s * len(names)).item()
        meaning = f"how often {names[b]!r} comes, where {names[a]!r} has just been"
        if wrong:
            meaning = f"divided by the sum of row {names[b]!r}, which is not its own"
        return f"{top} / {total:g} = {figure(keep['P'][a, b])}\n{meaning}"
    if spot.view == "sums":
        parts = [figure(p) for p in keep["P"][a].tolist() if p]
        total = figure(keep["P"][a].sum())
        return f"{' + '.join(parts[:8])} = {total}\nthe chances after {names[a]!r}"
    if spot.view == "thrown":
        cost, number = keep["costs"]
        return f"{cost:.4f} nats / {number} = {cost / number:.4f}\nso far, a character"
    return ""
