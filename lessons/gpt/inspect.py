"""Looks inside a GPT while it reads a text: who looks at whom, what flows, what surprised it."""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from lessons.gpt.build import build
from zhtui.lab import Bars, Heatmap, LabError, Run, Text, View

THUMBNAIL = 16  # positions a side


def thumbnails(weights: list[Tensor]) -> Tensor:
    """Every head's first positions on one sheet: L times (H, T, T) -> (L * side, H * side).

    Each row is scaled to its own strongest look, and an empty line parts the heads.
    """
    sheet = torch.stack(weights)[:, :, :THUMBNAIL, :THUMBNAIL]  # (L, H, side, side)
    sheet = F.pad(sheet / sheet.amax(dim=-1, keepdim=True), (0, 1, 0, 1))
    layers, heads, side, _ = sheet.shape
    return sheet.transpose(1, 2).reshape(layers * side, heads * side)[:-1, :-1]


def inspect(run: Run, text: str) -> Iterator[tuple[str, View]]:
    """Views of the model on `text`, cut to the context. Raises LabError for unknown characters."""
    learned, model = run.once(build)
    run.keep(model=model)
    if unknown := learned.unknown(text):
        raise LabError(
            f"The text has {', '.join(map(repr, unknown))}, unknown to this model; "
            f"use only characters of the text it learned."
        )
    text = text[: model.block_size]
    if len(text) < 2:
        raise LabError("One character has no past to look at; give two or more.")
    ids = learned.encode(text).to(run.device)
    training = model.training
    model.eval()
    with torch.no_grad():
        look = model.look(ids)
        surprise = F.cross_entropy(model(ids[None])[0, :-1], ids[1:], reduction="none")  # (T - 1,)
    model.train(training)

    if look.weights:
        layers, heads = len(look.weights), len(look.weights[0])
        yield (
            "attention",
            Heatmap(
                look.weights[-1][0].cpu().numpy(), rows=list(text), columns=list(text), low=0.0,
                note=f"layer {layers}, head 1 of {heads}: row looks at column",
            ),
        )  # fmt: skip
        note = f"{layers} layers down, {heads} heads across, the first {THUMBNAIL} characters"
        yield "heads", Heatmap(thumbnails(look.weights).cpu().numpy(), low=0.0, note=note)
    names = ["embedding", *(f"block {i + 1}" for i in range(len(look.weights)))]
    sizes = [x.norm(dim=-1).mean().item() for x in look.stream]
    yield "stream", Bars(names, sizes, note="length of the residual stream, mean over positions")
    weights = F.pad(surprise / surprise.max(), (1, 0)).cpu().numpy()
    bits = surprise.mean().item() / 0.6931471805599453
    yield "surprise", Text(text, weights=weights, note=f"{bits:.2f} bits a character")
