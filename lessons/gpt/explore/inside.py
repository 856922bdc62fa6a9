"""What a text does inside a model, and what the model has learned: surprise, lens, gradient.

Letters: T positions, C channels, L layers, V characters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import Module
from torch.nn.utils import parameters_to_vector

from lessons.blocks.text import seen
from lessons.gpt.pictures import BIT, next_bars, stream, surprise
from lessons.gpt.reading import Reading, quiet, read, subject, unasked
from zhtui.lab import Bars, Frame, Histogram, Poke, Run, Spot, Table, Words, knob

BINS = 60  # of a histogram


TEXT = "To be, or not to be, that is the"


@dataclass(frozen=True)
class Ask:
    text: str = knob(TEXT, "what is read")
    likeliest: int = knob(3, "guesses after each station", low=1, high=8)


def guesses(of: Reading, count: int) -> tuple[Tensor, Tensor]:
    """The likeliest characters if the model had to speak after each station of the stream.

    That is the logit lens (nostalgebraist 2020): the last norm and the head, applied early. Both
    results are (1 + L, T, count): probabilities, and characters as integers.
    """
    stream = torch.stack(list(of.stream.values())).to(of.ids.device)  # (1 + L, T, C)
    with quiet(of.model):
        logits: Tensor = of.model.head(of.model.norm(stream))  # (1 + L, T, V)
    likeliest = logits.softmax(dim=-1).topk(min(count, logits.size(-1)))
    return likeliest.values.cpu(), likeliest.indices.cpu()  # (1 + L, T, count) each


def lens(of: Reading, count: int) -> Table:
    """The likeliest characters after the whole text, station by station."""
    chances, ids = guesses(of, count)
    rows = []
    for name, p, likely in zip(of.stream, chances[:, -1], ids[:, -1], strict=True):
        pairs = zip(of.symbols.texts(likely), p.tolist(), strict=True)
        rows.append((name, *(f"{seen(c)} {chance:.3f}" for c, chance in pairs)))
    ordinals = [str(place + 1) for place in range(chances.size(-1))]
    return Table(("after", *ordinals), rows, note=f"what follows {of.text[-12:]!r}")


def lens_by_character(of: Reading) -> Table:
    """The likeliest next character after every character and station; what came stands beside."""
    chances, ids = guesses(of, 1)  # (1 + L, T, 1)
    rows = []
    for t, character in enumerate(of.letters):
        came = of.letters[t + 1] if t + 1 < len(of.letters) else ""
        pairs = zip(of.symbols.texts(ids[:, t, 0]), chances[:, t, 0].tolist(), strict=True)
        rows.append((seen(character), seen(came), *(f"{seen(c)} {p:.2f}" for c, p in pairs)))
    return Table(("after", "came", *of.stream), rows)


def ridges(parts: Mapping[str, Tensor], note: str) -> Histogram:
    """How the numbers of each part spread, over common edges."""
    known = {name: part.detach().float().cpu().numpy() for name, part in parts.items()}
    widest = max(float(abs(values).max()) for values in known.values()) or 1.0
    edges = np.linspace(-widest, widest, BINS + 1)
    return Histogram(edges, {n: np.histogram(v, edges)[0] for n, v in known.items()}, note=note)


def parts_of(of: Reading) -> dict[str, Module]:
    """The parts that learn, from the embedding up."""
    blocks = {f"block {i + 1}": block for i, block in enumerate(of.model.blocks)}
    return {"tokens": of.model.tokens} | blocks


def gradient(of: Reading) -> Bars:
    """How long the gradient of each part is, when this text is learned from."""
    parts = parts_of(of)
    with quiet(of.model), torch.enable_grad():
        loss = of.model.loss(of.ids[None, :-1], of.ids[None, 1:])
        sizes = []
        for part in parts.values():
            slopes = torch.autograd.grad(loss, list(part.parameters()), retain_graph=True)
            sizes.append(torch.stack([slope.norm() for slope in slopes]).norm().item())
    return Bars(list(parts), sizes, note="length of the gradient on this text")


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    symbols, model = subject(run)
    of = read(symbols, model, poke("text", unasked(symbols, ask.text, TEXT)))
    keep: dict[str, Any] = {"of": of}
    bits, most = of.surprise / BIT, int(of.surprise.argmax()) + 1
    yield Frame(
        "surprise", {"text": surprise(of)},
        f"{bits.mean():.2f} bits a {symbols.unit}; {of.letters[most]!r} at {most} surprised most, "
        f"with {bits.max():.1f}", "the ends of words are cheap, their beginnings dear",
        keep=keep, chapter="surprise",
    )  # fmt: skip
    yield Frame(
        "lens", {"lens": lens(of, ask.likeliest)},
        "what the model would say if it had to speak after each block",
        "where does the guess turn into the last one?", keep=keep, chapter="lens",
    )  # fmt: skip
    yield Frame(
        "lens by character", {"characters": lens_by_character(of)},
        f"the first guess after each of {len(of.ids)} {symbols.unit}s, station by station",
        "the embedding alone is a bigram: it knows one character", keep=keep,
    )  # fmt: skip
    sizes = stream(of).values
    yield Frame(
        "stream", {"stream": stream(of)},
        f"the residual stream goes from {sizes[0]:.2f} to {sizes[-1]:.2f}",
        "each block adds, none replaces", keep=keep | {"sizes": sizes}, chapter="stream",
    )  # fmt: skip
    flat = {name: x.flatten() for name, x in of.stream.items()}
    yield Frame(
        "activations", {"activations": ridges(flat, "values of the residual stream")},
        f"{of.notes['embedding'].numel():,} values at each station", "the tails grow", keep=keep,
    )  # fmt: skip
    learned = {name: parameters_to_vector(p.parameters()) for name, p in parts_of(of).items()}
    yield Frame(
        "parameters", {"parameters": ridges(learned, "weights of each part")},
        f"{sum(map(len, learned.values())):,} learned numbers in these parts",
        "an early checkpoint has them all near 0", keep=keep, chapter="learned",
    )  # fmt: skip
    slopes = gradient(of)
    yield Frame(
        "gradient", {"gradient": slopes},
        "how much each part would change if this text were learned from",
        "a text of the kind it knows pulls less", keep=keep | {"slopes": slopes.values},
    )  # fmt: skip
    yield Frame(
        "next", {"next": next_bars(of.notes["logits"][-1], of, "after the text")},
        f"what may come after {of.text[-12:]!r}", "the same text in the console goes on with these",
        keep=keep, chapter="next",
    )  # fmt: skip


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    of: Reading = frame.keep["of"]
    if spot.view == "text":
        lengths = np.cumsum([len(letter) for letter in of.letters])
        t = int(np.searchsorted(lengths, spot.column, side="right"))
        if t == 0:
            return f"{of.letters[0]!r} came first: nothing stood before it to tell"
        nats = of.surprise[t - 1].item()
        chance = f"−log2 {np.exp(-nats):.4f} = {nats / BIT:.2f} bits"
        return (
            f"{chance}\nhow much {of.letters[t]!r} surprised after {''.join(of.letters[:t])[-8:]!r}"
        )
    if spot.view == "stream":
        name = list(of.stream)[spot.row]
        first = of.stream[name][0].norm().item()
        return (
            f"√Σ x² is {first:.2f} at position 0\nmean over {len(of.ids)} positions, after {name}"
        )
    if spot.view == "gradient":
        name = list(parts_of(of))[spot.row]
        return f"√Σ (∂loss/∂w)² over {name} = {frame.keep['slopes'][spot.row]:.4f}"
    return ""
