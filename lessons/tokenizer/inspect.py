"""A text of one's own through a run's tokenizer: coloured, as a table, the longest token's tree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lessons.tokenizer.bpe import Pair, Tokenizer, to_bytes
from lessons.tokenizer.export import shown
from lessons.tokenizer.views import coloured, tree
from zhtui.lab import LabError, Run, Table, View

ROWS = 500


class Learned:
    """The merges of a checkpoint, without the text that they came from."""

    def __init__(self) -> None:
        self.merges: list[Pair] = []
        self.counts: list[int] = []

    def state_dict(self) -> dict[str, Any]:
        """As `fast.Trainer` writes it."""
        return {"merges": self.merges, "counts": self.counts}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Takes what `fast.Trainer` wrote."""
        self.merges = [(int(left), int(right)) for left, right in state["merges"]]
        self.counts = [int(count) for count in state["counts"]]


def build(run: Run) -> Tokenizer:
    """The run's tokenizer, from its checkpoint."""
    learned = Learned()
    run.keep(tokenizer=learned)
    return Tokenizer.from_merges(learned.merges, run.config.cut, run.config.specials.split())


def inspect(run: Run, text: str) -> Iterator[tuple[str, View]]:
    """What the tokenizer makes of `text`."""
    try:
        to_bytes(text)
    except ValueError as error:
        raise LabError(str(error)) from error
    tokenizer = run.once(build)
    yield "text", coloured(tokenizer, text)
    ids = tokenizer.encode(text[:10_000], special="plain")
    rows = [(number, shown(tokenizer.tokens[number])) for number in ids[:ROWS]]
    yield "tokens", Table(("number", "token"), rows, note=f"{len(ids):,} tokens")
    if ids:
        yield "tree", tree(tokenizer, max((tokenizer.tokens[number] for number in ids), key=len))
