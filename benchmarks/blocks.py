"""The fast blocks of `lessons/blocks` against torch's own layers of the same shape.

    python -m benchmarks.blocks [NAME …]

Each pair has the same weights, is proved to compute the same, and takes turns in one process, a
forward and a backward pass each; medians of the turns are compared. What is counted is processor
time on one thread, so that what else the machine does weighs little. Exit status 1 where ours is
below --least of torch's speed.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lessons.blocks.attention import CrossAttention, SelfAttention, attend_fast
from lessons.blocks.feedforward import FeedForward, SwiGLU
from lessons.blocks.norms import RMSNorm
from lessons.blocks.residual import PreBlock

B, T, C, H = 12, 64, 128, 4  # nanoGPT's setting for a CPU
Layer = Callable[[Tensor], Tensor]
Pair = tuple[Layer, Layer, Sequence[Tensor], Sequence[Tensor]]  # ours, torch's, and their weights


def attention() -> Pair:
    """softmax(q k / √D) v with a causal mask, of one tensor (B, H, T, 3D)."""
    D = C // H

    def ours(x: Tensor) -> Tensor:
        return attend_fast(*split(x), D**-0.5)

    def theirs(x: Tensor) -> Tensor:
        return F.scaled_dot_product_attention(*split(x), is_causal=True)

    def split(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        parts = x.unflatten(-1, (3, H, D)).permute(2, 0, 3, 1, 4)  # (3, B, H, T, D)
        return parts[0], parts[1], parts[2]

    return ours, theirs, (), ()


def self_attention() -> Pair:
    """Against `nn.MultiheadAttention` with its mask."""
    mine = SelfAttention(C, H, bias=True, qkv_bias=True)
    own = nn.MultiheadAttention(C, H, batch_first=True)
    with torch.no_grad():
        own.in_proj_weight.copy_(mine.qkv.weight)
        own.in_proj_bias.copy_(mine.qkv.bias)
        own.out_proj.weight.copy_(mine.project.weight)
        own.out_proj.bias.copy_(mine.project.bias)
    mask = nn.Transformer.generate_square_subsequent_mask(T)

    def theirs(x: Tensor) -> Tensor:
        out: Tensor = own(x, x, x, attn_mask=mask, is_causal=True, need_weights=False)[0]
        return out

    return mine, theirs, list(mine.parameters()), list(own.parameters())


def cross_attention() -> Pair:
    """A text to itself as if it were another: `nn.MultiheadAttention` without a mask."""
    mine, own = CrossAttention(C, H, bias=True), nn.MultiheadAttention(C, H, batch_first=True)
    with torch.no_grad():
        own.in_proj_weight.copy_(torch.cat((mine.q.weight, mine.kv.weight)))
        own.in_proj_bias.copy_(torch.cat((mine.q.bias, mine.kv.bias)))
        own.out_proj.weight.copy_(mine.project.weight)
        own.out_proj.bias.copy_(mine.project.bias)

    def theirs(x: Tensor) -> Tensor:
        out: Tensor = own(x, x, x, need_weights=False)[0]
        return out

    return lambda x: mine(x, x), theirs, list(mine.parameters()), list(own.parameters())


def rms_norm() -> Pair:
    """Against `nn.RMSNorm`."""
    mine, own = RMSNorm(C), nn.RMSNorm(C, eps=1e-5)
    return mine, own, list(mine.parameters()), list(own.parameters())


def feed_forward() -> Pair:
    """Against two linear layers and a GELU in `nn.Sequential`."""
    mine = FeedForward(C, bias=True)
    own = nn.Sequential(nn.Linear(C, 4 * C), nn.GELU(), nn.Linear(4 * C, C))
    own.load_state_dict(
        {"0.weight": mine.expand.weight, "0.bias": mine.expand.bias,
         "2.weight": mine.project.weight, "2.bias": mine.project.bias}
    )  # fmt: skip
    return mine, own, list(mine.parameters()), list(own.parameters())


def swiglu() -> Pair:
    """Against the same three products in torch's functions."""
    mine = SwiGLU(C)
    weights = [mine.gate.weight, mine.expand.weight, mine.project.weight]

    def theirs(x: Tensor) -> Tensor:
        gate, expand, project = weights
        return F.linear(F.silu(F.linear(x, gate)) * F.linear(x, expand), project)

    return mine, theirs, weights, weights


def block() -> Pair:
    """A whole block against `nn.TransformerEncoderLayer` with the norm first."""
    mine = PreBlock(
        nn.LayerNorm(C), SelfAttention(C, H, bias=True, qkv_bias=True), nn.LayerNorm(C),
        FeedForward(C, bias=True),
    )  # fmt: skip
    own = nn.TransformerEncoderLayer(
        C, H, 4 * C, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
    )
    names = {"self_attn.in_proj_": "attention.qkv.", "self_attn.out_proj.": "attention.project.",
             "linear1.": "think.expand.", "linear2.": "think.project."}  # fmt: skip
    weights = mine.state_dict()
    for theirs, ours in names.items():
        for kind in ("weight", "bias"):
            weights[theirs + kind] = weights.pop(ours + kind)
    own.load_state_dict(weights)
    mask = nn.Transformer.generate_square_subsequent_mask(T)

    def run(x: Tensor) -> Tensor:
        out: Tensor = own(x, src_mask=mask, is_causal=True)
        return out

    return mine, run, list(mine.parameters()), list(own.parameters())


PAIRS: dict[str, tuple[Callable[[], Pair], int]] = {  # and the channels that go in
    "attention": (attention, 3 * C),
    "self-attention": (self_attention, C),
    "cross-attention": (cross_attention, C),
    "RMSNorm": (rms_norm, C),
    "feed-forward": (feed_forward, C),
    "SwiGLU": (swiglu, C),
    "block": (block, C),
}


def step(layer: Layer, x: Tensor, weights: Sequence[Tensor]) -> float:
    """Processor seconds of a forward and a backward pass."""
    start = time.process_time()
    torch.autograd.grad(layer(x).sum(), (x, *weights))
    return time.process_time() - start


def compare(name: str, turns: int) -> tuple[float, float]:
    """Median seconds, ours and torch's. What they compute must be the same."""
    torch.manual_seed(1)
    make, channels = PAIRS[name]
    ours, theirs, mine, own = make()
    x = torch.randn(B, T, channels, requires_grad=True)
    torch.testing.assert_close(ours(x), theirs(x), rtol=1e-4, atol=1e-5)
    took: tuple[list[float], list[float]] = ([], [])
    for turn in range(turns + turns // 4):
        pair = [(ours, mine, took[0]), (theirs, own, took[1])]
        for layer, weights, into in pair[:: 1 if turn % 2 else -1]:
            seconds = step(layer, x, weights)
            if turn >= turns // 4:
                into.append(seconds)
    return statistics.median(took[0]), statistics.median(took[1])


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("names", nargs="*", help=", ".join(PAIRS))
    parser.add_argument("--turns", type=int, default=400)
    parser.add_argument("--least", type=float, default=0.95, help="of torch's speed")
    options = parser.parse_args()
    torch.set_num_threads(1)
    missed = 0
    for name in options.names or PAIRS:
        ours, theirs = compare(name, options.turns)
        missed += theirs / ours < options.least
        print(
            f"{name:16} {ours * 1e6:7.0f} us; torch's own {theirs * 1e6:7.0f} us: "
            f"{theirs / ours:5.2f}x", flush=True,
        )  # fmt: skip
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
