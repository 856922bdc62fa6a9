"""What is shown while it trains: what it writes, what it expects, how its stream grows."""

from __future__ import annotations

from functools import cache

import torch

from lessons.blocks.points import Notes, at
from lessons.blocks.text import seen
from lessons.gpt2.build import model, symbols_of, text_of
from lessons.gpt2.generate import generate
from lessons.gpt2.model import GPT2, SIZES, count, ledger
from zhtui.lab import Bars, Run, Sampling, Table, Text

SAMPLE = Sampling(tokens=120, temperature=0.8)
PASSAGE = 12  # tokens of the validation text that it is watched on


@cache
def published() -> dict[str, float]:
    """What does not depend on training: the weights of each size, counted from the model itself."""
    found: dict[str, float] = {}
    for name, size in SIZES.items():
        with torch.device("meta"):
            found[f"weights_{name}"] = count(GPT2(size))
    found["weights_untied"] = sum(ledger(SIZES["124M"], tied=False).values())
    return found


@torch.no_grad()
def watch(run: Run) -> None:
    """What it expects of a passage it never learns from, and how long the stream is, by block."""
    gpt, symbols = model(run), run.once(symbols_of)
    length = min(PASSAGE, gpt.block_size)
    ids = run.once(text_of).val[: length + 1].to(run.device)  # (T + 1,)
    notes = Notes()
    P = gpt.look(ids[None, :-1], notes)[0, :, : len(symbols)].softmax(-1)  # (T, V)
    best, chosen = P.max(-1)  # (T,) each
    own = P.gather(-1, ids[1:, None])[:, 0]  # (T,) what came
    texts = [seen(t) for t in symbols.texts(ids)]
    rows = [
        (texts[i], seen(symbols.texts(chosen[i : i + 1])[0]), f"{best[i]:.3f}", texts[i + 1],
         f"{own[i]:.3f}")
        for i in range(len(chosen))
    ]  # fmt: skip
    note = "a passage of the last tenth, which is never learned"
    written = "".join(token.text for token in generate(run, "", SAMPLE))
    run.show("sample", Text(written, note=f"temperature {SAMPLE.temperature}"))
    names = ["embedding", *(at(i, "resid_post") for i in range(len(gpt.blocks)))]
    sizes = [float(notes[name][0].float().norm(dim=-1).mean()) for name in names]
    shown = ["embedding", *(f"block {i + 1}" for i in range(len(gpt.blocks)))]
    run.show("stream", Bars(shown, sizes, note="length of the stream, mean of the passage"))
    run.show("guesses", Table(("after", "expects", "P", "comes", "P"), rows, note=note))
