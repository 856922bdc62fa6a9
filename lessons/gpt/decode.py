"""One more position of a GPT on its own: the same numbers as `GPT.extend`, in half the time.

A small model's position is a few dozen products, each done before its call is: a module that calls
a module, a name looked up and a shape turned round cost more than the sums. So here the weights
are at hand, nothing can drop out, and a single position needs no turning.

Leaves out: batches, and the rungs below `layernorm`, which go through `GPT.extend`.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lessons.gpt.model import GPT, Extend, Past

SMALL = 4 << 20  # weights of which a single position is too little work for two threads of a CPU

Weights = tuple[Tensor, Tensor | None]  # and a bias
Stream = Generator[Tensor, Tensor | None, None]  # logits (V,) for each token (1,) sent in


class Layer(NamedTuple):
    """What one block multiplies by."""

    norm1: Weights
    qkv: Tensor
    mix: Weights
    norm2: Weights
    expand: Weights
    activation: nn.Module
    contract: Weights


def decoder(model: GPT) -> Extend:
    """What computes a single position of `model`: ids (1, 1) to logits (1, V)."""
    norm, positions = model.norm, model.positions
    if positions is None or not isinstance(norm, nn.LayerNorm):
        return model.extend
    layers = [_layer(block) for block in model.blocks]
    H, scale = model.blocks[0].attention.heads, model.blocks[0].attention.scale
    C, read, place = norm.normalized_shape, model.tokens.weight, positions.weight
    last, write = _of(norm), _of(model.head)

    def extend(ids: Tensor, cache: list[Past], start: int) -> Tensor:
        x = F.embedding(ids[0], read) + place[start]  # (1, C)
        for layer, past in zip(layers, cache, strict=True):
            qkv = F.linear(torch.layer_norm(x, C, *layer.norm1), layer.qkv).view(3, 1, H, 1, -1)
            k, v = past.extend(qkv[1:])
            y = F.scaled_dot_product_attention(qkv[0], k, v, scale=scale)  # (1, H, 1, D)
            x = x + F.linear(y.view(1, -1), *layer.mix)
            y = F.linear(torch.layer_norm(x, C, *layer.norm2), *layer.expand)
            x = x + F.linear(layer.activation.forward(y), *layer.contract)
        return F.linear(torch.layer_norm(x, C, *last), *write)

    return extend


def _layer(block: nn.Module) -> Layer:
    attention, think = block.attention, block.think
    return Layer(
        norm1=_of(block.norm1),
        qkv=attention.qkv.weight,
        mix=_of(attention.project),
        norm2=_of(block.norm2),
        expand=_of(think.expand),
        activation=think.activation,
        contract=_of(think.project),
    )


def _of(part: nn.Module) -> Weights:
    return part.weight, part.bias


@contextmanager
def alone() -> Iterator[None]:
    """Computes in one thread, and without oneDNN: both take longer to begin with a small product
    than it takes.
    """
    threads, library = torch.get_num_threads(), torch.backends.mkldnn.enabled
    torch.set_num_threads(1)
    torch.backends.mkldnn.enabled = False
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.backends.mkldnn.enabled = library


def quick(stream: Stream) -> Stream:
    """The same stream, each of its steps computed `alone`."""
    last = None
    while True:
        with alone():
            logits = stream.send(last)
        last = yield logits
