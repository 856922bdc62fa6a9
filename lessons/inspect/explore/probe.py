"""Linear probes: what can be read off the stream at each station, and off random labels.

n examples, T positions, C channels, K classes; the stations are the embedding and two a layer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from lessons.blocks.arithmetic import figure
from lessons.blocks.points import Notes
from lessons.inspect.config import SEEN
from lessons.inspect.explore.subject import quiet, stops, subject
from lessons.inspect.model import fit, right, stations
from zhtui.lab import Bars, Frame, LabError, Poke, Run, Spot, Table, Words, knob, mistakes

SEED = 3  # of the texts and the random labels


@dataclass(frozen=True)
class Ask:
    back: int = knob(1, "the label is the letter so many places back", low=0, high=8)
    texts: int = knob(64, "random texts of 16 letters; half are kept to check", low=8, high=512)
    pull: float = knob(
        1.0, "strength of ridge regression: pulls the probe towards 0", low=1e-6, high=1e6
    )
    mistake: str = mistakes((SEEN,))


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    of = subject(run)
    T, V = min(16, of.room), len(of.symbols)
    if ask.back >= T - 1:
        raise LabError(f"texts have {T} letters; choose back=0 … {T - 2}")
    dice, notes = torch.Generator().manual_seed(SEED), Notes()
    ids = torch.randint(V, (ask.texts, T), generator=dice)  # (B, T)
    with quiet(of.model):
        of.model.look(ids.to(of.device), notes)
    labels = ids[:, : T - ask.back].reshape(-1) * 2 // V  # (n,): first or second half of letters
    chance = torch.randint(2, labels.shape, generator=dice)  # (n,): nothing to be found
    half = len(labels) // (T - ask.back) // 2 * (T - ask.back)  # whole texts
    names = stops(of.layers)
    rows: list[tuple[float, float, float, float]] = []
    for name in stations(of.layers):
        x = notes[name][:, ask.back :].float().cpu().flatten(0, 1)  # (n, C)
        checked = slice(0, half) if ask.mistake == SEEN.name else slice(half, None)
        scores = []
        for label in (labels, chance):
            probe = fit(x[:half], label[:half], 2, ask.pull)
            scores += [
                right(probe, x[checked], label[checked]),
                right(probe, x[:half], label[:half]),
            ]
        rows.append((scores[0], scores[1], scores[2], scores[3]))
    found, _, control, memorised = zip(*rows, strict=True)
    base = float(labels[half:].float().mean())
    base = max(base, 1 - base)
    best = max(range(len(names)), key=lambda i: found[i])
    keep: dict[str, Any] = {"rows": rows, "names": names}
    known: dict[str, Any] = {"keep": keep}
    what = "itself" if ask.back == 0 else f"{ask.back} back"
    yield Frame(
        "examples", {
            "examples": Table(("letters so far", "label"), [
                ("".join(of.names(ids[b, : ask.back + 1])), int(labels[b * (T - ask.back)]))
                for b in range(6)
            ]),
        },
        f"{len(labels)} places of random texts; the label: is the letter {what} in the second half "
        "of the alphabet?",
        "the letters are random: only the model's own work can bring one to another place",
        chapter="labels", **known,
    )  # fmt: skip
    yield Frame(
        "probe", {"probe": Bars(names, list(found), levels={"always the same": base})},
        f"{names[best]} tells {figure(found[best])} of them right, the embedding "
        f"{figure(found[0])}",
        "a linear reading, fitted to half of the texts and tested on the other half",
        predict=Spot("probe", best), within=0.1, chapter="probe", **known,
    )  # fmt: skip
    yield Frame(
        "random labels", {"control": Bars(names, list(control), levels={"chance": 0.5})},
        f"labels by a coin: {figure(min(control))} … {figure(max(control))} right",
        "so much a probe finds where there is nothing to find; a real label must score above it",
        predict=Spot("control", 0), within=0.1, chapter="control", **known,
    )  # fmt: skip
    yield Frame(
        "learned by heart", {"heart": Bars(names, list(memorised), levels={"chance": 0.5})},
        f"on the very examples that it was fitted to: up to {figure(max(memorised))} of a coin",
        "a probe can fit that much by itself, whatever the model knows", **known,
        predict=Spot("heart", 0), within=0.1,
    )  # fmt: skip
    apart = [a - b for a, b in zip(found, control, strict=True)]
    yield Frame(
        "above the control", {"above": Bars(names, apart)},
        f"{names[apart.index(max(apart))]}: {figure(max(apart))} above random labels",
        "the information is there; only a patch can tell whether the model uses it",
        chapter="above", **known, predict=Spot("above", best), within=0.1,
    )  # fmt: skip


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    rows, name = frame.keep["rows"], frame.keep["names"]
    column = {"probe": 0, "control": 2, "heart": 3}
    if spot.view in column:
        return f"{name[spot.row]}: {figure(rows[spot.row][column[spot.view]])} of the places right"
    if spot.view == "above":
        real, coin = rows[spot.row][0], rows[spot.row][2]
        return f"{figure(real)} − {figure(coin)} = {figure(real - coin)} at {name[spot.row]}"
    return ""
