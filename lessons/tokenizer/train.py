"""Learns the merges of a text; one step is one merge, or a few.

Leaves out: training a model on the tokens (lesson `gpt`).
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, BinaryIO

from lessons.tokenizer.fast import Merge, Trainer
from lessons.tokenizer.look import Look
from lessons.tokenizer.published import available, published
from lessons.tokenizer.stream import LONGEST, bulk, count_chunks
from zhtui.lab import DataError, Run

SAY_EVERY = 1 << 26  # characters between two words about reading
EXCERPT = 600  # bytes


def train(run: Run) -> Iterator[dict[str, Any]]:
    config = run.config
    trainer = Trainer(read_chunks(run))
    run.keep(tokenizer=trainer)
    look = Look(run, trainer, excerpt(run))
    gpt2 = gpt2_row(run)

    for step in run.steps():
        for _ in range(min(config.merges_a_step, config.merges - len(trainer.merges))):
            if (best := trainer.best()) is None:
                run.say(
                    f"no pair is left after {len(trainer.merges):,} merges: each chunk of the text "
                    "is one token. The tokenizer is whole; for more tokens give a longer text"
                )
                return
            merge = trainer.merge(*best)
        row = row_of(merge, trainer) | gpt2
        last = step + 1 == config.steps or trainer.best() is None
        if last or (step + 1) % run.config.look_every == 0:
            row |= look.meters()
            look.show()
        yield row


def row_of(merge: Merge, trainer: Trainer) -> dict[str, Any]:
    """What one merge did: the vocabulary's size, the pair's count, the tokens that remain."""
    per_token = trainer.bytes / trainer.tokens
    size, tokens = merge.token + 1, merge.tokens
    return {"bytes_per_token": per_token, "tokens": tokens, "count": merge.count, "vocab": size}


def open_text(run: Run) -> BinaryIO:
    """The text to learn from: the knob's, or the data set's file."""
    if run.config.text:
        return io.BytesIO(run.config.text.encode(errors="surrogatepass"))
    return run.data(run.config.data, auto=("shakespeare", "python")).open("rb")


def read_chunks(run: Run) -> dict[str, int]:
    """The text's chunks, counted. Raises `DataError` where it is empty or no text."""
    said = 0

    def progress(characters: int) -> None:
        nonlocal said
        if characters - said >= SAY_EVERY:
            said = characters
            run.say(f"read {characters / 1e6:,.0f} million characters")

    try:
        with open_text(run) as file:
            chunks = count_chunks(file, run.config.cut, progress)
    except ValueError as error:
        raise DataError(str(error)) from error
    if not chunks:
        raise DataError("the text is empty, so there is nothing to learn; give data= a text file")
    return chunks


def excerpt(run: Run) -> str:
    """The beginning of the text, for the eye."""
    with open_text(run) as file:
        return file.read(EXCERPT).decode(errors="ignore")


def gpt2_row(run: Run) -> dict[str, float]:
    """Bytes a token of the same text with GPT-2's vocabulary, where that is on this machine."""
    if "gpt2" not in available():
        return {}
    with open_text(run) as file:
        content = file.read(LONGEST + 1)
    if len(content) > LONGEST:
        return {}
    tokens = len(bulk(published("gpt2")).encode_ordinary(content.decode()))
    return {"gpt2": len(content) / tokens}
