"""What can be got wrong, part by part; the knob `mistake` puts one in place of the right part.

(…, T, heads · D) is cut into (…, heads, T, D), q (…, T, D), k (…, S, D).
"""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from lessons.attention.model import RIGHT, scores


def reshape_split(x: Tensor, heads: int) -> Tensor:
    return x.reshape(*x.shape[:-2], heads, x.size(-2), -1)  # memory's order: positions mix


def reshape_merge(x: Tensor) -> Tensor:
    return x.reshape(*x.shape[:-3], x.size(-2), -1)  # (…, H, T, D) -> (…, T, H · D)


def keys_ask(q: Tensor, k: Tensor) -> Tensor:
    return scores(k, q) if q.shape == k.shape else scores(q, k)  # (…, S, T), which must be square


PARTS = {
    "none": RIGHT,
    "reshape": replace(RIGHT, split=reshape_split, merge=reshape_merge),
    "k-q": replace(RIGHT, scores=keys_ask),
    "n-embd": replace(RIGHT, scale=lambda D, H: (D * H) ** -0.5),
    "no-mask": replace(RIGHT, hide=lambda scores: scores),
    "offset": replace(RIGHT, offset=lambda used, new: max(0, used - new)),  # it never grows
}
