"""What is shown and measured while the layer trains: who listens to whom, and what must be equal.

T positions of a passage of the validation text, H heads.
"""

from __future__ import annotations

from copy import deepcopy

import torch
from torch import Tensor

from lessons.attention import model as m
from lessons.attention.build import alphabet_of, model, text_of
from lessons.attention.generate import generate
from lessons.blocks.arithmetic import bits
from lessons.blocks.one_layer import OneLayer
from lessons.blocks.text import seen
from zhtui.lab import Heatmap, Run, Sampling, Text

PASSAGE = 24  # characters
SAMPLE = Sampling(tokens=30, temperature=0.8)
LARGE = (32_768, 32)  # positions and layers of a model of 7 billion weights, 128 channels a head


@torch.no_grad()
def measure(layer: OneLayer[m.Attention], ids: Tensor) -> dict[str, Tensor | float]:
    """Differences that must be 0, on a passage (T,), in double: rounding is no mistake.

    `leak` is how far logits move before the last character when that is another; `cached` compares
    one pass with one position at a time. `cache_gb` are bytes of a large model's cache, in 1e9.
    """
    exact = deepcopy(layer).double()
    x, attention, whole = exact.embed(ids), exact.layer, exact(ids)  # (T, C), and (T, V)
    cache, other = m.Cache(layer.room, attention.parts), ids.clone()
    other[-1] = (ids[-1] + 1) % layer.tokens.num_embeddings
    steps = torch.cat([exact(new, cache) for new in (ids[:3], *ids[3:, None])])  # (T, V)
    apart = m.average_by_matrix(x) - m.average_by_loop(x)
    apart_too = m.average_by_softmax(x) - m.average_by_loop(x)
    return {
        "forms": torch.maximum(apart.abs(), apart_too.abs()).max(),
        "tiled": (attention(x) - m.as_multi_head(attention)(x)).abs().max(),
        "cached": (steps - whole).abs().max(),
        "leak": (whole - exact(other))[:-1].abs().max(),
        "entropy": bits(attention.read(x).weights).mean(),
        "cache_gb": m.cache_bytes(*LARGE, 32, 128) / 1e9,
        "cache_gb_grouped": m.cache_bytes(*LARGE, 8, 128) / 1e9,
    }


@torch.no_grad()
def watch(run: Run) -> None:
    """Who listens to whom in each head, on the first characters that are kept out of training."""
    layer = model(run)
    ids = run.once(text_of).val[: min(PASSAGE, layer.room)].to(run.device)  # (T,)
    letters = list(seen(run.once(alphabet_of).decode(ids)))
    for h, A in enumerate(layer.layer.read(layer.embed(ids)).weights.cpu(), 1):  # (T, T)
        note = f"head {h}: row listens to column; {bits(A).mean():.2f} bits a row"
        run.show(f"head {h}", Heatmap(A.numpy().round(3), letters, letters, low=0.0, note=note))
    written = "".join(token.text for token in generate(run, "", SAMPLE))
    run.show("sample", Text(written, note=f"temperature {SAMPLE.temperature}"))
