"""What can be got wrong, part by part; the knob `mistake` puts one in place of the right part."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from lessons.transformer.model import PAD, POST, PRE, Parts, source_mask, target_mask


def own_row(source: Tensor) -> Tensor:
    """The padding's rows are hidden, not its columns: (B, S) to (B, 1, S, S)."""
    return (source != PAD)[:, None, :, None].expand(-1, -1, -1, source.size(1))


def own_stream(x: Tensor, memory: Tensor) -> Tensor:
    return x


def own_past(source: Tensor, target: Tensor) -> Tensor:
    """The mask that fits the decoder's own stream: (B, 1, T, T)."""
    return target_mask(target)


def parts_of(norm: str, mistake: str = "none") -> Parts:
    """The parts of a model, one of them wrong or none."""
    right = POST if norm == "post" else PRE
    wrong = {
        "no-mask": replace(right, target_mask=source_mask),
        "padding-axis": replace(right, source_mask=own_row),
        "kv-decoder": replace(right, heard=own_stream, cross_mask=own_past),
    }
    return wrong.get(mistake, right)
