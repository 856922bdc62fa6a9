"""What is shown while a GPT trains: what it writes, where it looks, what flows and what learns."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import Module

from lessons.blocks.experts import Experts, idle
from lessons.blocks.ngrams import Counted
from lessons.gpt.build import build, text_of
from lessons.gpt.generate import generate
from lessons.gpt.pictures import grid, letters_of, sheet, stream, surprise
from lessons.gpt.reading import read
from zhtui.lab import Bars, Run, Sampling, Table, Text

SAMPLE = Sampling(tokens=200, temperature=0.8)
BY_HEART = 0.1  # nats a character; a model that cannot get there on one batch has a fault
PASSAGE = 32  # characters or tokens of the validation text that the model is watched on


def table(counted: Sequence[Counted]) -> Table:
    """What counting alone reaches on the validation text."""
    rows = [(f"{c.n}-gram", c.contexts, f"{c.smoothing:.3g}", f"{c.loss:.4f}") for c in counted]
    best = min(range(len(counted)), key=lambda i: counted[i].loss)
    return Table(("counted", "contexts", "smoothing", "val"), rows, mark=best)


def gradient(part: Module) -> float:
    """The length of all gradients below a module, as one vector."""
    norms = [p.grad.norm() for p in part.parameters() if p.grad is not None]
    length: float = torch.stack(norms).norm().item()
    return length


def working(model: Module, layers: Sequence[Experts], unit: str) -> str:
    """How many weights there are, and how many of them work for one position."""
    every = sum(p.numel() for p in model.parameters())
    return f"{every:,} weights, {every - idle(layers):,} of them work for a {unit}"


def gauge(loss: Tensor, vocab: int) -> Bars:
    """How far one batch is learned by heart: its loss beside that of a blind guess."""
    done = "by heart: model, loss and optimizer fit together"
    note = done if loss < BY_HEART else "not by heart yet: more steps, or something is wrong"
    return Bars(["a blind guess", "this batch"], [math.log(vocab), loss.item()], note=note)


def glimpse(run: Run) -> None:
    """Who looks at whom in the first head of the last layer, on a passage that is never learned."""
    symbols, model = run.once(build)
    if not len(model.blocks):
        return
    of = read(symbols, model, symbols.decode(run.once(text_of).val[:PASSAGE]))
    layers, heads = len(of.weights), len(of.weights[0])
    note = f"layer {layers - 1}, head 0 of {heads}: row looks at column"
    run.show("attention", grid(of.weights[-1][0], letters_of(of), note))


def watch(run: Run) -> dict[str, float]:
    """A sample, the inside on a passage, and the gradient of each layer after a backward pass.

    What is shown last stands first on the screen: attention. Returns how long the first block's
    gradient is beside the last one's, where there are several.
    """
    symbols, model = run.once(build)
    written = "".join(token.text for token in generate(run, "", SAMPLE))
    run.show("sample", Text(written, note=f"temperature {SAMPLE.temperature}"))
    of = read(symbols, model, symbols.decode(run.once(text_of).val[:PASSAGE]))
    parts: dict[str, Module] = {"tokens": model.tokens, "positions": model.positions}
    parts |= {f"block {i + 1}": block for i, block in enumerate(model.blocks)}
    sizes = {name: gradient(part) for name, part in parts.items() if list(part.parameters())}
    run.show("gradient", Bars(list(sizes), list(sizes.values()), note="length of the gradient"))
    run.show("stream", stream(of))
    run.show("surprise", surprise(of))
    if of.weights:
        run.show("heads", sheet(of.weights))
    glimpse(run)
    blocks = [size for name, size in sizes.items() if name.startswith("block")]
    return {"grad_first_last": blocks[0] / blocks[-1]} if len(blocks) > 1 and blocks[-1] else {}
