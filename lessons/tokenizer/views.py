"""What a run shows while it learns: text, pairs, newest merges, a tree; and two meters."""

from __future__ import annotations

from lessons.tokenizer.bpe import Tokenizer
from lessons.tokenizer.export import clipped, shown
from lessons.tokenizer.fast import Trainer
from lessons.tokenizer.seams import Seams, halves
from lessons.tokenizer.specimens import CharacterTokenizer, encode_first_found
from zhtui.lab import Run, Table, Text, Tree

PROBE = "The king, in 2024: 안녕하세요 👋 naïve\n\tfor i in range(10):"
LONGEST = 64  # bytes; a longer chunk is no sample
ROWS = 12
DEPTH, WIDEST = 24, 256  # joins, and bytes, of a tree that is drawn


class Look:
    """A run's tokenizer as it stands, seen from outside."""

    def __init__(self, run: Run, trainer: Trainer, excerpt: str) -> None:
        """`excerpt` is the text that is shown, coloured by token."""
        self.run, self.trainer, self.excerpt = run, trainer, excerpt

    @property
    def tokenizer(self) -> Tokenizer:
        """What the merges so far make."""
        config = self.run.config
        return Tokenizer.from_merges(self.trainer.merges, config.cut, config.specials.split())

    def meters(self) -> dict[str, float]:
        """Two questions to the encoder, each answered by a share.

        `agree`: which of a few chunks does it give the tokens that training gave them? `lossless`:
        which characters of a text that was not learned from come back?
        """
        tokenizer, specimen = self.tokenizer, self.run.config.specimen
        sample = [pair for pair in self.trainer.looked_at() if len(pair[0]) <= LONGEST]
        if specimen == "ignore rank":
            encoded = [encode_first_found(tokenizer.ranks, chunk) for chunk, _ in sample]
        else:
            encoded = [tokenizer.encode_chunk(chunk) for chunk, _ in sample]
        right = sum(ours == ids for ours, (_, ids) in zip(encoded, sample, strict=True))
        meters = {"agree": right / len(sample)} if sample else {}
        again = tokenizer.decode(tokenizer.encode(PROBE, special="plain"))
        if specimen == "characters":
            characters = CharacterTokenizer(self.excerpt, tokenizer)
            again = characters.decode(characters.encode(PROBE))
        back = sum(a == b for a, b in zip(PROBE, again, strict=False))
        return meters | {"lossless": back / len(PROBE)}

    def show(self) -> None:
        """The views of this step."""
        tokenizer = self.tokenizer
        tokens = tokenizer.tokens
        self.run.show("text", coloured(tokenizer, self.excerpt))
        pairs = [
            (shown(tokens[left]), shown(tokens[right]), count)
            for (left, right), count in self.trainer.top(ROWS)
        ]
        note = "the lit pair is joined next"
        self.run.show("pairs", Table(("left", "right", "count"), pairs, mark=0, note=note))
        first = max(0, len(self.trainer.merges) - ROWS)
        newest = zip(self.trainer.merges[first:], self.trainer.counts[first:], strict=True)
        rows = [
            (
                256 + first + i,
                shown(tokens[a]),
                shown(tokens[b]),
                shown(tokens[a] + tokens[b]),
                count,
            )
            for i, ((a, b), count) in enumerate(newest)
        ]
        columns = ("token", "left", "right", "joined", "count")
        self.run.show("merges", Table(columns, rows[::-1], mark=0))
        self.run.show("tree", tree(tokenizer, tokens[255 + len(self.trainer.merges)]))


def coloured(tokenizer: Tokenizer, text: str) -> Text:
    """The text with a span a token; the group is the token's number."""
    state = Seams(text, tokenizer).at(len(tokenizer.ranks))
    tokens = list(state.tokens(0, len(text)))
    starts, groups = [start for start, _, _ in tokens], [number for _, _, number in tokens]
    spans = zip(starts, [*starts[1:], len(text)], groups, strict=True)
    per_token = len(text.encode()) / max(1, len(starts))
    return Text(text, spans=list(spans), note=f"{len(starts):,} tokens, {per_token:.2f} bytes each")


def tree(tokenizer: Tokenizer, token: bytes, depth: int = DEPTH) -> Tree:
    """How a token was joined, down to its bytes, or to where it gets too deep to be seen."""
    label = clipped(token)
    if len(token) == 1 or token not in tokenizer.ranks:
        return Tree(label)
    label += f"  {tokenizer.ranks[token]}"
    if not depth or len(token) > WIDEST:
        return Tree(f"{label}  of {len(token):,} bytes")
    pair = halves(tokenizer, token)
    assert pair is not None, f"{token!r} is not made of two older tokens"
    return Tree(label, tuple(tree(tokenizer, half, depth - 1) for half in pair))
