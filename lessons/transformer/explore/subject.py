"""What a scene looks at: the model of a run, or a small one that has learned nothing; and pictures.

S positions of the source, T of the target.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor

from lessons.transformer import task
from lessons.transformer.build import model, read
from lessons.transformer.mistakes import parts_of
from lessons.transformer.model import Transformer
from zhtui.lab import Heatmap, LabError, Run

LONGEST = 24  # letters of a text that is looked at
SEED = 7  # of the weights of the small model


def subject(run: Run | None, mistake: str) -> Transformer:
    """The run's model, else one layer of 8 channels; with a mistake put in, where one is asked."""
    if run is not None:
        net = deepcopy(model(run)).cpu()
    else:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(SEED)
            net = Transformer(len(task.CHARACTERS), C=8, H=2, layers=1)
    if mistake != "none":
        parts = parts_of(run.config.norm if run is not None else "post", mistake)
        layer: Any
        for layer in (net, *net.encoder, *net.decoder):
            layer.parts = parts
    return net.eval().requires_grad_(False)


def source_of(text: str) -> Tensor:
    """A text as a source (1, S). Raises `LabError` for an empty or long one, or other letters."""
    if not 1 <= len(text) <= LONGEST:
        raise LabError(f"a text of {len(text)} letters cannot be looked at; give 1 to {LONGEST}")
    return read(text)


def letters(ids: Tensor) -> list[str]:
    """Tokens (T,) as they can be seen: ^ begins, $ ends, · is padding, ␣ a space."""
    return [task.CHARACTERS[i].replace(" ", "␣") for i in ids.tolist()]


def signed(values: Tensor, rows: Sequence[str]) -> Heatmap:
    """Numbers of both signs as colours, a token a row."""
    return Heatmap(values.numpy(), rows, signed=True)


def shares(values: Tensor, rows: Sequence[str], columns: Sequence[str], note: str = "") -> Heatmap:
    """Weights (T, S): who looks down the side, who is looked at along the top."""
    return Heatmap(values.numpy(), rows, columns, low=0.0, high=1.0, note=note)


def open_to(mask: Tensor, rows: Sequence[str], columns: Sequence[str], note: str = "") -> Heatmap:
    """A mask (T, S) as 1 where one may look and 0 where not."""
    texts = [["1" if seen else "·" for seen in row] for row in mask.tolist()]
    return Heatmap(mask.float().numpy(), rows, columns, 0.0, 1.0, note=note, texts=texts)
