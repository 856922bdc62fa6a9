"""Looks inside a GPT while it reads a text: who looks at whom, what flows, what surprised it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn import Module
from torch.nn.utils import parameters_to_vector

from lessons.blocks.points import Notes, at
from lessons.blocks.text import Symbols
from lessons.gpt.build import build
from lessons.gpt.model import GPT
from zhtui.lab import Bars, Heatmap, Histogram, LabError, Run, Table, Text, View

THUMBNAIL = 16  # positions a side
BINS = 60  # of a histogram


def thumbnails(weights: list[Tensor]) -> Tensor:
    """Every head's first positions on one sheet: L times (H, T, T) -> (L * side, H * side).

    Each row is scaled to its own strongest look, and an empty line parts the heads.
    """
    sheet = torch.stack(weights)[:, :, :THUMBNAIL, :THUMBNAIL]  # (L, H, side, side)
    sheet = F.pad(sheet / sheet.amax(dim=-1, keepdim=True), (0, 1, 0, 1))
    layers, heads, side, _ = sheet.shape
    return sheet.transpose(1, 2).reshape(layers * side, heads * side)[:-1, :-1]


@dataclass(frozen=True)
class Look:
    """What one text did inside the model: attention a layer, and the residual stream after it."""

    weights: list[Tensor]  # L times (H, T, T)
    stream: list[Tensor]  # 1 + L times (T, C): the embedding, then after each block

    @staticmethod
    def of(notes: Notes, layers: int) -> Look:
        """The two of all that was noted on the way of one text."""
        weights = [notes[at(layer, "weights")][0] for layer in range(layers)]
        after = [notes[at(layer, "resid_post")][0] for layer in range(layers)]
        return Look(weights, [notes["embedding"][0], *after])


@dataclass(frozen=True)
class Read:
    """A text as the model read it: T integers, its inside, and T - 1 surprises in nats."""

    labels: list[str]  # T
    learned: Symbols
    model: GPT
    ids: Tensor  # (T,)
    look: Look
    surprise: Tensor  # (T - 1,)

    @property
    def text(self) -> str:
        """What was read; where it begins or ends inside a character, with U+FFFD."""
        return "".join(self.labels)


@contextmanager
def quiet(model: GPT) -> Iterator[None]:
    """The model without dropout; if it was training it goes on so."""
    training = model.training
    model.eval()
    yield
    model.train(training)


def read(run: Run, text: str) -> Read:
    """Reads `text`, cut to the context. Raises LabError for unknown characters."""
    learned, model = run.once(build)
    run.keep(model=model)
    if unknown := learned.unknown(text):
        raise LabError(
            f"The text has {', '.join(map(repr, unknown))}, unknown to this model; "
            f"use only characters of the text it learned."
        )
    ids = learned.encode(text)[: model.block_size].to(run.device)
    if len(ids) < 2:
        raise LabError(f"One {learned.unit} has no past to look at; give two or more.")
    with torch.no_grad(), quiet(model):
        notes = Notes()
        model.look(ids[None], notes)
        surprise = F.cross_entropy(model(ids[None])[0, :-1], ids[1:], reduction="none")  # (T - 1,)
    look = Look.of(notes, len(model.blocks))
    return Read(learned.texts(ids), learned, model, ids, look, surprise)


def glance(of: Read) -> Iterator[tuple[str, View]]:
    """What is also watched while the model trains: one head, all heads, the stream, surprise."""
    look, unit = of.look, of.learned.unit
    if look.weights:
        layers, heads = len(look.weights), len(look.weights[0])
        note = f"layer {layers}, head 1 of {heads}: row looks at column"
        yield "attention", attention(look.weights[-1][0], of.labels, note)
        note = f"{layers} layers down, {heads} heads across, the first {THUMBNAIL} {unit}s"
        yield "heads", Heatmap(thumbnails(look.weights).cpu().numpy(), low=0.0, note=note)
    sizes = [x.norm(dim=-1).mean().item() for x in look.stream]
    note = "length of the residual stream, mean over positions"
    yield "stream", Bars(names(look), sizes, note=note)
    lengths = torch.tensor([len(label) for label in of.labels])
    weights = F.pad(of.surprise / of.surprise.max(), (1, 0)).cpu().repeat_interleave(lengths)
    bits = of.surprise.mean().item() / 0.6931471805599453
    yield "surprise", Text(of.text, weights=weights.numpy(), note=f"{bits:.2f} bits a {unit}")


def inspect(run: Run, text: str) -> Iterator[tuple[str, View]]:
    """Views of the model on `text`, cut to the context; each head by its layer and number."""
    of = read(run, text)
    yield from glance(of)
    with torch.no_grad():
        yield "lens", lens(of)
        yield "lens by character", lens_by_character(of)
        stream = {name: x.flatten() for name, x in zip(names(of.look), of.look.stream, strict=True)}
        yield "activations", ridges(stream, "values of the residual stream")
        parts = {
            f"block {i + 1}": parameters_to_vector(block.parameters())
            for i, block in enumerate(of.model.blocks)
        }
        table = {"tokens": of.model.tokens.weight.flatten()}
        yield "parameters", ridges(table | parts, "weights of each part")
    yield "gradient", gradient(of)
    for i, layer in enumerate(of.look.weights):
        for j, head in enumerate(layer):
            note = f"layer {i + 1}, head {j + 1}: row looks at column"
            yield f"attention {i + 1}.{j + 1}", attention(head, of.labels, note)


def names(look: Look) -> list[str]:
    """What the stream is called at each of its 1 + L stations."""
    return ["embedding", *(f"block {i + 1}" for i in range(len(look.stream) - 1))]


def attention(weights: Tensor, labels: list[str], note: str) -> Heatmap:
    """One head (T, T), the text at both sides."""
    sides = [label if len(label) == 1 else seen(label) for label in labels]
    return Heatmap(weights.half().cpu().numpy(), rows=sides, columns=sides, low=0.0, note=note)


def guesses(of: Read, count: int) -> tuple[Tensor, Tensor]:
    """The likeliest characters if the model had to speak after each station of the stream.

    That is the logit lens (nostalgebraist 2020): the last norm and the head, applied early. Both
    results are (1 + L, T, count): probabilities, and characters as integers.
    """
    stream = torch.stack(of.look.stream)  # (1 + L, T, C)
    logits: Tensor = of.model.head(of.model.norm(stream))  # (1 + L, T, V)
    likeliest = logits.softmax(dim=-1).topk(count)  # (1 + L, T, count)
    return likeliest.values, likeliest.indices


def lens(of: Read) -> Table:
    """The three likeliest characters after the whole text, station by station."""
    chances, ids = guesses(of, 3)
    rows = []
    for name, p, likely in zip(names(of.look), chances[:, -1], ids[:, -1], strict=True):
        pairs = zip(of.learned.texts(likely), p.tolist(), strict=True)
        rows.append((name, *(f"{seen(c)} {chance:.3f}" for c, chance in pairs)))
    return Table(
        ("after", "first", "second", "third"), rows, note=f"what follows {of.text[-12:]!r}"
    )


def lens_by_character(of: Read) -> Table:
    """The likeliest next character after every character and station; what came stands beside."""
    chances, ids = guesses(of, 1)  # (1 + L, T, 1)
    rows = []
    for t, character in enumerate(of.labels):
        came = of.labels[t + 1] if t + 1 < len(of.labels) else ""
        likely = of.learned.texts(ids[:, t, 0])
        pairs = zip(likely, chances[:, t, 0].tolist(), strict=True)
        rows.append((seen(character), seen(came), *(f"{seen(c)} {p:.2f}" for c, p in pairs)))
    return Table(("after", "came", *names(of.look)), rows)


def seen(text: str) -> str:
    """A text of which every character can be seen."""
    return text.replace(" ", "␣").replace("\n", "⏎").replace("\t", "⇥")


def ridges(parts: Mapping[str, Tensor], note: str) -> Histogram:
    """How the numbers of each part spread, over common edges."""
    known = {name: part.float().cpu().numpy() for name, part in parts.items()}
    widest = max(float(abs(values).max()) for values in known.values()) or 1.0
    edges = np.linspace(-widest, widest, BINS + 1)
    counts = {name: np.histogram(values, edges)[0] for name, values in known.items()}
    return Histogram(edges, counts, note=note)


def gradient(of: Read) -> Bars:
    """How long the gradient of each part is, when this text is learned from."""
    model = of.model
    parts: dict[str, Module] = {"tokens": model.tokens}
    parts |= {f"block {i + 1}": block for i, block in enumerate(model.blocks)}
    with torch.enable_grad(), quiet(model):
        loss = model.loss(of.ids[None, :-1], of.ids[None, 1:])
        sizes = []
        for part in parts.values():
            slopes = torch.autograd.grad(loss, list(part.parameters()), retain_graph=True)
            sizes.append(torch.stack([slope.norm() for slope in slopes]).norm().item())
    return Bars(list(parts), sizes, note="length of the gradient on this text")
