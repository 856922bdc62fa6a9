"""Learns the merges of a text, one or a few a step. Leaves out: a model of tokens (lesson gpt)."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, BinaryIO

from lessons.blocks.bulk import encode_plain
from lessons.blocks.files import open_text
from lessons.tokenizer.fast import Merge, Trainer
from lessons.tokenizer.published import available, published
from lessons.tokenizer.stream import LONGEST, bulk, count_chunks
from lessons.tokenizer.views import Look
from zhtui.lab import DataError, Run

SAY_EVERY = 1 << 26  # characters between two words about reading
EXCERPT = 600  # bytes
Opener = Callable[[], BinaryIO]


def train(run: Run) -> Iterator[dict[str, Any]]:
    config, open_text = run.config, text_of(run)
    trainer = Trainer(read_chunks(run, open_text))
    run.keep(tokenizer=trainer)
    look = Look(run, trainer, excerpt(open_text))
    gpt2 = gpt2_row(open_text)

    dry = trainer.best() is None  # no two tokens stand side by side
    for step in () if dry else run.steps():
        left = config.merges - len(trainer.merges)
        merges = list(islice(trainer, min(config.merges_a_step, left)))
        row, dry = row_of(merges[-1], trainer) | gpt2, trainer.best() is None
        if dry or step + 1 == config.steps or (step + 1) % run.config.look_every == 0:
            row |= look.meters()
            look.show()
        yield row
        if dry:
            break

    if (done := len(trainer.merges)) < config.merges:
        run.say(
            f"no pair is left after {done:,} of {config.merges:,} merges: each chunk of the text "
            "is one token. The tokenizer is whole; for more tokens give a longer text"
        )


def row_of(merge: Merge, trainer: Trainer) -> dict[str, Any]:
    """What one merge did: the vocabulary's size, the pair's count, the tokens that remain."""
    row = {"bytes_per_token": trainer.bytes / merge.tokens, "tokens": merge.tokens}
    return row | {"count": merge.count, "vocab": merge.token + 1}


def text_of(run: Run) -> Opener:
    """What opens the text to learn from: the knob's, or the data set's file."""
    if run.config.text:
        content = run.config.text.encode(errors="surrogatepass")
        return lambda: io.BytesIO(content)
    path = run.data(run.config.data, auto=("shakespeare", "python"))
    return lambda: open_text(path)


def read_chunks(run: Run, open_text: Opener) -> dict[str, int]:
    """The text's chunks, counted. Raises `DataError` where it is empty or no text."""
    said = 0

    def progress(characters: int) -> None:
        nonlocal said
        if characters - said >= SAY_EVERY:
            said = characters
            run.say(f"read {characters / 1e6:,.0f} million characters")

    try:
        with open_text() as file:
            chunks = count_chunks(file, run.config.cut, progress)
    except ValueError as error:
        raise DataError(str(error)) from error
    if not chunks:
        raise DataError("the text is empty, so there is nothing to learn; give data= a text file")
    return chunks


def excerpt(open_text: Opener) -> str:
    """The beginning of the text, for the eye."""
    with open_text() as file:
        return file.read(EXCERPT).decode(errors="ignore")


def gpt2_row(open_text: Opener) -> dict[str, float]:
    """Bytes a token of the same text with GPT-2's vocabulary, where that is on this machine."""
    if "gpt2" not in available():
        return {}
    with open_text() as file:
        content = file.read(LONGEST + 1)
    if len(content) > LONGEST:
        return {}
    return {"gpt2": len(content) / len(encode_plain(bulk(published("gpt2")), content.decode()))}
