"""A context on its way through the net: letters, rows of C, one row, hidden units, a guess."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lessons.blocks.names import EDGE, Alphabet
from lessons.blocks.spelling import dot, number, terms
from lessons.mlp.build import build, model
from lessons.mlp.config import CARRY, COLUMNS, LEAK
from lessons.mlp.model import MLP, windows
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
)  # fmt: skip

LETTERS = Alphabet.of(["abcdefghijklmnopqrstuvwxyz"])
LONGEST = 40  # characters of a text that is explored
BEFORE = "ana"  # the name that the mistake "carry" leaves in the window


@dataclass(frozen=True)
class Ask:
    text: str = knob("emma", "a name, or the beginning of one")
    place: int = knob(2, "the character that is told, from 0", low=0, high=LONGEST, points="P.row")
    context: int = knob(3, "characters that are looked at", low=1, high=8, without_run=True)
    embedding: int = knob(4, "numbers a character", low=1, high=16, without_run=True)
    hidden: int = knob(6, "hidden units", low=1, high=64, without_run=True)
    mistake: str = mistakes((CARRY, LEAK, COLUMNS))


def net_of(run: Run | None, ask: Ask) -> tuple[Alphabet, MLP, int]:
    """The trained net of a run, or a fresh one that is small enough to read."""
    if run is not None:
        return run.once(build)[0], model(run), run.config.context
    dice = torch.Generator().manual_seed(7)
    net = MLP(len(LETTERS), ask.context, ask.embedding, ask.hidden, dice, start=0.4)
    return LETTERS, net, ask.context


def asked(ask: Ask, alphabet: Alphabet) -> str:
    """The text, or a LabError that says which character cannot be read."""
    if not 0 < len(ask.text) <= LONGEST:
        raise LabError(f"The text has {len(ask.text)} characters; type 1 to {LONGEST}.")
    if unknown := alphabet.unknown(ask.text.replace(EDGE, "?")):
        column = next(i for i, c in enumerate(ask.text) if c in unknown or c == EDGE)
        raise LabError(
            f"Character {column + 1}, {ask.text[column]!r}, is not one that the net knows; "
            f"use {alphabet.characters[1:30]}"
        )
    return ask.text


def read(ask: Ask, text: str, alphabet: Alphabet, T: int) -> tuple[Tensor, Tensor]:
    """Contexts (N, T) and targets (N,) of the text and its closing edge."""
    before = BEFORE if ask.mistake == "carry" and not alphabet.unknown(BEFORE) else ""
    words = [before, text] if before else [text]
    X, Y = windows(words, alphabet, T, carry=bool(before))
    X, Y = X[-len(text) - 1 :], Y[-len(text) - 1 :]
    if ask.mistake == "leak":
        X = torch.cat([X[:, 1:], Y[:, None]], dim=1)  # the last letter is the answer
    return X, Y


@dataclass(frozen=True)
class Stages:
    """Everything between a text and its guesses, and the place that is looked at."""

    alphabet: Alphabet
    net: MLP
    C: Tensor  # (V, D)
    X: Tensor  # (N, T)
    Y: Tensor  # (N,)
    at: int
    x: Tensor  # (N, T D)
    h: Tensor  # (N, H)
    logits: Tensor  # (N, V)
    P: Tensor  # (N, V)

    @property
    def contexts(self) -> list[str]:
        return [self.alphabet.decode(row) for row in self.X.tolist()]

    @property
    def letters(self) -> list[str]:
        return list(self.alphabet.characters)


@torch.no_grad()
def stages(run: Run | None, ask: Ask, poke: Poke) -> Stages:
    """The forward pass of `MLP`, with what lies between."""
    alphabet, net, T = net_of(run, ask)
    text = poke("text", asked(ask, alphabet))
    if alphabet.unknown(text):
        raise LabError("The net does not know this character; use one of its own.")
    C = poke("C", net.C.detach())  # (V, D)
    X, Y = read(ask, text, alphabet, T)
    net = copy.deepcopy(net)
    net.C.copy_(C)
    x = net.embed(X).flatten(1)  # (N, T) -> (N, T D)
    h, logits = net.hidden(X), net(X)  # (N, H), (N, V)
    P = logits.softmax(0 if ask.mistake == "columns" else 1)  # (N, V)
    return Stages(alphabet, net, C, X, Y, min(ask.place, len(text)), x, h, logits, P)


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    """Seven frames from the letters to the loss; poke a letter, or a number of C."""
    s = stages(run, ask, poke)
    keep: dict[str, Any] = {"s": s}
    text = "".join(s.alphabet.characters[i] for i in s.Y[:-1])
    context, right = s.contexts[s.at], s.letters[int(s.Y[s.at])]
    T, D = s.X.shape[1], s.C.shape[1]
    table = Table(
        ("place", "context", "next"),
        [(i, c, s.letters[y]) for i, (c, y) in enumerate(zip(s.contexts, s.Y, strict=True))],
        mark=s.at,
    )
    yield Frame(
        "windows", {"windows": table, "text": Text(text)}, keep=keep,
        say=f"{len(s.Y)} examples: the last {T} characters, and the one that follows",
        look="a name begins with dots alone; each row moves on by one character",
        still=lambda spot: {"windows": past(spot, s, 3)},
    )  # fmt: skip
    rows = Heatmap(s.C[s.X[s.at]].numpy(), list(context), signed=True)
    whole = Heatmap(s.C.numpy(), s.letters, signed=True)
    yield Frame(
        "embedding", {"rows": rows, "C": whole}, keep=keep, predict=Spot("rows", T - 1, 0),
        say=f"each of {context!r} is one row of C: {T} rows of {D} numbers",
        look="equal letters, equal rows, whatever place they stand in",
    )  # fmt: skip
    over = [c for c in context for _ in range(D)]
    side = Heatmap(s.x[s.at : s.at + 1].numpy(), ["x"], over, signed=True)
    yield Frame(
        "side by side", {"x": side, "rows": rows}, keep=keep,
        say=f"the {T} rows in one of {T * D} numbers: no arithmetic, the same memory",
        look="only here does the place of a letter begin to matter",
    )  # fmt: skip
    yield Frame(
        "hidden", {"h": Heatmap(grid(s.h[s.at]), signed=True, low=-1.0, high=1.0), "x": side},
        keep=keep, predict=Spot("h", 0, 0), within=0.1,
        say=f"h = tanh(x W1 + b1): {s.h.shape[1]} units read all of x",
        look="units at -1 or 1 are full: a little more or less of x does not move them",
    )  # fmt: skip
    yield Frame(
        "logits", {"logits": Bars(s.letters, s.logits[s.at].tolist(), note="h W2 + b2")},
        keep=keep, say=f"one number a character for what follows {context!r}",
        look="only differences count: the same added to all of them changes nothing below",
    )  # fmt: skip
    yield guess(s, keep, context, right)
    yield bill(s, keep)


def guess(s: Stages, keep: Mapping[str, Any], context: str, right: str) -> Frame:
    """The frame of the probabilities, of this place and of all."""
    roles = ["good" if letter == right else "" for letter in s.letters]
    p = s.P[s.at]
    names = [f"{i} {context}" for i, context in enumerate(s.contexts)]
    sums = Bars(names, s.P.sum(1).tolist(), levels={"1": 1.0}, note="of all characters a place")
    views: dict[str, View] = {
        "p": Bars(s.letters, p.tolist(), roles=roles, note=f"P(next | {context!r})"),
        "P": Heatmap(s.P.numpy(), names, s.letters, low=0.0, high=1.0),
        "sums": sums,
    }
    return Frame(
        "probabilities", views, keep=keep, predict=Spot("p", int(s.Y[s.at]), 0), within=0.2,
        say=f"exp of each, over their sum: {right!r} has {p[s.Y[s.at]]:.3f}, "
        f"an even guess has {1 / len(p):.3f}",
        look="poke a letter of the text: the guesses before it must not move",
        still=lambda spot: {"P": past(spot, s, len(s.letters))},
    )  # fmt: skip


def bill(s: Stages, keep: Mapping[str, Any]) -> Frame:
    """What each place costs, and the mean that training lowers."""
    costs = -s.P[torch.arange(len(s.Y)), s.Y].log()  # (N,)
    labels = [f"{c}→{s.letters[y]}" for c, y in zip(s.contexts, s.Y.tolist(), strict=True)]
    even = float(np.log(len(s.letters)))
    return Frame(
        "loss", {"nll": Bars(labels, costs.tolist(), levels={"even guess": even})}, keep=keep,
        say=f"-ln P of what did follow: {costs.mean():.4f} nats a character on average",
        look="bars past the line: here the net is surer of something wrong than a die",
    )  # fmt: skip


def grid(units: Tensor) -> Any:
    """Hidden units (H,) as a picture: one row of up to 16, else rows of 20."""
    width = len(units) if len(units) <= 16 else 20
    padded = np.full(-(-len(units) // width) * width, np.nan)
    padded[: len(units)] = units.numpy()
    return padded.reshape(-1, width)


def past(spot: Spot, s: Stages, columns: int) -> Any:
    """Which rows must not move when a letter of the text does: those told before it."""
    mask = np.zeros((len(s.Y), columns), dtype=bool)
    if spot.view == "text":
        mask[: spot.column + (columns > 3)] = True
    return mask


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    """The arithmetic of one cell."""
    s: Stages = frame.keep["s"]
    context, D = s.contexts[s.at], s.C.shape[1]
    if spot.view in ("rows", "x", "C"):
        return of_embedding(s, context, D, spot)
    if spot.view == "h":
        return of_unit(s, spot)
    if spot.view in ("logits", "p", "P", "sums"):
        return of_guess(s, spot)
    if spot.view == "nll":
        right = s.letters[int(s.Y[spot.row])]
        p = s.P[spot.row, s.Y[spot.row]].item()
        return f"-ln P({right} | {s.contexts[spot.row]}) = -ln {p:.4f} = {-np.log(p):.3f} nats"
    return f"{s.contexts[min(spot.row, len(s.Y) - 1)]!r} stands before what is told"


def of_embedding(s: Stages, context: str, D: int, spot: Spot) -> str:
    place, d = (spot.row, spot.column) if spot.view != "x" else divmod(spot.column, D)
    letter = s.letters[spot.row] if spot.view == "C" else context[place]
    value = s.C[s.alphabet.index[letter], d].item()
    return f"C[{letter!r}, {d}] = {number(value)}: number {d} of {letter!r}, wherever it stands"


def of_unit(s: Stages, spot: Spot) -> str:
    shape = grid(s.h[s.at]).shape
    unit = spot.row * shape[1] + spot.column
    if unit >= s.h.shape[1]:
        return "there is no unit here: the last row of the picture is not full"
    total = dot(s.x[s.at].tolist(), s.net.W1[:, unit].tolist())
    bias = s.net.b1[unit].item()
    return f"h{unit} = tanh({total} + {number(bias)}) = {number(s.h[s.at, unit].item())}"


def of_guess(s: Stages, spot: Spot) -> str:
    row, letter = (spot.row, spot.column) if spot.view in ("P", "sums") else (s.at, spot.row)
    if spot.view == "sums":
        some = terms([number(p) for p in s.P[row].tolist()])
        return f"{some} = {s.P[row].sum().item():.3f}"
    name, logit = s.letters[letter], s.logits[row, letter].item()
    if spot.view == "logits":
        total = dot(s.h[row].tolist(), s.net.W2[:, letter].tolist())
        return f"{name!r}: {total} + {number(s.net.b2[letter].item())} = {number(logit)}"
    p = s.P[row, letter].item()
    whole = np.exp(logit) / p
    return (
        f"P({name} | {s.contexts[row]}) = exp({number(logit)}) / {number(whole)} = {p:.4f}: "
        f"about one time in {max(1, round(1 / max(p, 1e-9)))}"
    )
