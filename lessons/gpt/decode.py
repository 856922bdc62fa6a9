"""How a GPT writes: each position once, what it left behind kept, the context begun afresh.

`extend` takes any model's new positions through its parts. `decoder` gives the same numbers for a
single position in half the time: a small model's position is a few dozen products, each done before
its call is, so a module that calls a module, a name looked up and a shape turned round cost more
than the sums. So there the weights are at hand, nothing can drop out, and nothing is turned. Of a
large model the products are shared out among the threads.

Letters: as in `model.py`. Leaves out: several texts at once.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lessons.blocks.cache import Cache, caches
from lessons.gpt.model import GPT, Attention, Block, FeedForward, Learned

SMALL = 4 << 20  # weights of which a single position is too little work for two threads of a CPU
SHARE = 1 << 16  # weights of one product that are worth a thread of their own

Extend = Callable[[Tensor, list[Cache], int], Tensor]  # what `extend` is for one model
Stream = Generator[Tensor, Tensor | None, None]  # logits (V,) for each token (1,) sent in
Weights = tuple[Tensor, Tensor | None]  # and a bias
Product = Callable[[Tensor], Tensor]  # (1, I) to (1, O)


def extend(model: GPT, ids: Tensor, cache: list[Cache], start: int) -> Tensor:
    """Logits (B, V) after `ids` (B, T), which stand at `start`, behind what the cache holds."""
    x = model.embed(ids, start)  # (B, T, C)
    for block, past in zip(model.blocks, cache, strict=True):
        x = block(x, past)  # (B, T, C)
    logits: Tensor = model.head(model.norm(x[:, -1]))  # (B, V): only the last is asked for
    return logits


def stream(model: GPT, ids: Tensor, one: Extend | None = None) -> Stream:
    """Logits (V,) after `ids` (T,), then after each integer (1,) that is sent in.

    `one` is what computes these: `extend`, or what is quicker at a single position.

    When the context is full it starts afresh from its younger half: learned positions cannot
    slide. So a prediction rests on between half and all of `block_size` characters. With a context
    of 8, the ninth character is predicted from 8, and the tenth from the 5 before it.
    """
    room, one = model.block_size, one or partial(extend, model)
    ids = ids[-room:]  # (T,)
    while True:
        cache = caches(len(model.blocks), room)
        logits = extend(model, ids[None], cache, 0)  # (1, V)
        while len(ids) <= room:
            sent = yield logits[0]
            assert sent is not None, "send the next token"
            ids = torch.cat((ids, sent))  # (T + 1,)
            if len(ids) <= room:
                logits = one(sent[None], cache, len(ids) - 1)  # (1, V)
        ids = ids[-(room // 2 + 1) :]


class Layer(NamedTuple):
    """What one block multiplies by."""

    norm1: Weights
    qkv: Product
    mix: Product
    norm2: Weights
    expand: Product
    activation: nn.Module
    contract: Product


def decoder(model: GPT) -> Extend | None:
    """What computes a single position: ids (1, 1) to logits (1, V); None for other parts than the
    finished GPT's.
    """
    blocks: Any = model.blocks
    if not (type(model.positions) is Learned and all(map(finished, blocks))):
        return None
    layers = [_layer(block) for block in blocks]
    H, scale = blocks[0].attention.heads, blocks[0].attention.scale
    C, read, place = model.norm.normalized_shape, model.tokens.weight, model.positions.weight
    last, write = _of(model.norm), product(model.head)

    def position(ids: Tensor, cache: list[Cache], start: int) -> Tensor:
        x = F.embedding(ids[0], read) + place[start]  # (1, C)
        for layer, past in zip(layers, cache, strict=True):
            y = layer.qkv(torch.layer_norm(x, C, *layer.norm1))  # (1, 3C)
            qkv = y.view(3, 1, H, 1, -1)  # (3, 1, H, 1, D)
            k, v = past.extend(qkv[1:])  # (1, H, S, D) each
            y = F.scaled_dot_product_attention(
                qkv[0], k, v, past.hidden, scale=scale
            )  # (1, H, 1, D)
            x = x + layer.mix(y.view(1, -1))  # (1, C)
            y = layer.expand(torch.layer_norm(x, C, *layer.norm2))  # (1, 4C)
            x = x + layer.contract(layer.activation.forward(y))  # (1, C)
        return write(torch.layer_norm(x, C, *last))  # (1, V)

    return position


def finished(block: Any) -> bool:
    """Whether a block has the finished GPT's own parts."""
    kinds = {"norm1": nn.LayerNorm, "attention": Attention, "norm2": nn.LayerNorm}
    kinds |= {"think": FeedForward}
    return type(block) is Block and all(type(getattr(block, k)) is kinds[k] for k in kinds)


def product(part: Any) -> Product:
    """A linear layer at a single position.

    `F.linear` leaves one row of x to one thread of a CPU. A batch of products is shared out, so the
    rows of a large W are a batch of P parts: views, each of O / P rows.
    """
    W, b = _of(part)  # (O, I) and (O,)
    rows, columns = W.shape
    most = min(torch.get_num_threads(), W.numel() // SHARE) if W.device.type == "cpu" else 1
    P = max((count for count in range(1, most + 1) if rows % count == 0), default=1)
    if P == 1:
        return lambda x: F.linear(x, W, b)
    parts = W.detach().view(P, rows // P, columns).transpose(1, 2)  # (P, I, O / P)

    def shared(x: Tensor) -> Tensor:
        y = torch.bmm(x.expand(P, 1, columns), parts).view(1, rows)  # (P, 1, O / P) each
        return y if b is None else y + b

    return shared


def _layer(block: Any) -> Layer:
    attention, think = block.attention, block.think
    return Layer(
        norm1=_of(block.norm1),
        qkv=product(attention.qkv),
        mix=product(attention.project),
        norm2=_of(block.norm2),
        expand=product(think.expand),
        activation=think.activation,
        contract=product(think.project),
    )


def _of(part: Any) -> Weights:
    return part.weight, part.bias


@contextmanager
def alone() -> Iterator[None]:
    """Computes in one thread, and without oneDNN: both take longer to begin with a small product
    than it takes.
    """
    threads = torch.get_num_threads()
    library: Any = torch.backends.mkldnn  # its type takes `enabled` for a constant
    enabled = library.enabled
    torch.set_num_threads(1)
    library.enabled = False
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        library.enabled = enabled


def quick(stream: Stream) -> Stream:
    """The same stream, each of its steps computed `alone`."""
    last = None
    while True:
        with alone():
            logits = stream.send(last)
        last = yield logits
