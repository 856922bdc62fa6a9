"""A text of one's own, merge by merge: of all pairs in it the one that was learned first is joined.

Without a run the merges are learned from the text itself. T tokens of the text so far.

Leaves out: texts of more than a few words (the lesson's own screen steps through a megabyte).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from lessons.tokenizer.bpe import Pair, Tokenizer, join, learn, split, to_bytes
from lessons.tokenizer.export import shown
from lessons.tokenizer.views import tree
from zhtui.lab import Frame, LabError, Poke, Run, Spot, Table, Text, View, Words, knob

LONGEST = 400  # characters
ROWS = 40  # pairs that are listed
LEARNED_HERE = "learned from this text: the most frequent pair is joined; of equals the first seen"
LEARNED_BEFORE = "of the pairs here it was learned first; another may be more frequent here"


@dataclass(frozen=True)
class Ask:
    text: str = knob("aaabdaaabac", "what is read")
    merges: int = knob(16, "merges to learn from the text", low=0, high=400, without_run=True)


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


def tokenizer_of(run: Run | None, text: str, merges: int) -> Tokenizer:
    """The run's, or one that has learned from the text alone."""
    if run is not None:
        return run.once(build)
    chunks = [chunk.encode() for chunk in split(text, "gpt4")]
    return Tokenizer.from_merges(learn(chunks, merges))


def some(count: int, what: str) -> str:
    """1, "token" -> "1 token"; 2, "token" -> "2 tokens"."""
    return f"{count:,} {what}" + "s" * (count != 1)


def known_pairs(tokenizer: Tokenizer, chunks: list[list[int]]) -> dict[Pair, int]:
    """The pairs in the text that the tokenizer joins, oldest first, each with what it becomes.

    Of [[97, 97, 98]], where "aa" is token 256 and "ab" is none: {(97, 97): 256}
    """
    tokens, ranks = tokenizer.tokens, tokenizer.ranks
    found = {}
    for ids in chunks:
        for left, right in pairwise(ids):
            rank = ranks.get(tokens[left] + tokens[right])
            if rank is not None:
                found[left, right] = rank
    return dict(sorted(found.items(), key=lambda item: item[1]))


def spans(tokenizer: Tokenizer, ids: list[int], text: str) -> list[tuple[int, int, int]]:
    """(start, stop, token) in characters; a character that is cut belongs to its first token."""
    ends, at = [0], 0
    for number in ids:
        at += len(tokenizer.tokens[number])
        ends.append(len(text.encode()[:at].decode(errors="ignore")))
    pieces = zip(ends, ends[1:], ids, strict=False)
    return [(start, stop, number) for start, stop, number in pieces if start < stop]


def pictures(tokenizer: Tokenizer, chunks: list[list[int]], text: str) -> dict[str, View]:
    """The text with a colour a token, and the pairs in it by age."""
    ids, tokens = [number for chunk in chunks for number in chunk], tokenizer.tokens
    rows = [
        (
            shown(tokens[a]),
            shown(tokens[b]),
            sum(list(pairwise(c)).count((a, b)) for c in chunks),
            n,
        )
        for (a, b), n in list(known_pairs(tokenizer, chunks).items())[:ROWS]
    ]
    bytes_each = len(text.encode()) / max(1, len(ids))
    note = f"{len(ids):,} tokens, {bytes_each:.2f} bytes each"
    pairs = Table(("left", "right", "count", "becomes"), rows, mark=0 if rows else None)
    return {"text": Text(text, spans=spans(tokenizer, ids, text), note=note), "pairs": pairs}


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    text = poke("text", ask.text)
    try:
        to_bytes(text)
    except ValueError as error:
        raise LabError(str(error)) from error
    if not text or len(text) > LONGEST:
        raise LabError(f"The text has {len(text):,} characters; give 1 to {LONGEST} of them.")
    tokenizer = tokenizer_of(run, text, ask.merges)
    tokens = tokenizer.tokens
    chunks = [list(chunk.encode()) for chunk in split(text, tokenizer.pattern)]
    keep: dict[str, Any] = {"tokens": tokens, "ranks": tokenizer.ranks}
    yield Frame(
        "bytes", pictures(tokenizer, chunks, text),
        f"{len(text)} characters are {sum(map(len, chunks))} bytes, cut into "
        f"{some(len(chunks), 'chunk')}",
        "which pair is joined first? no merge crosses the end of a chunk",
        keep=keep | {"chunks": chunks, "text": text}, chapter="bytes",
    )  # fmt: skip
    while pairs := known_pairs(tokenizer, chunks):
        (left, right), new = next(iter(pairs.items()))
        before = sum(map(len, chunks))
        chunks = [join(ids, (left, right), new) for ids in chunks]
        after = sum(map(len, chunks))
        names = [shown(tokens[number]) for number in (left, right, new)]
        yield Frame(
            f"token {new}", pictures(tokenizer, chunks, text),
            f"{names[0]} and {names[1]} become {names[2]}, token {new}: {before} tokens to {after}",
            LEARNED_HERE if run is None else LEARNED_BEFORE,
            keep=keep | {"chunks": chunks, "text": text},
            chapter="merges" if before == len(text.encode()) else "",
        )  # fmt: skip
    ids = [number for chunk in chunks for number in chunk]
    longest = max((tokens[number] for number in ids), key=len)
    rows = [(number, shown(tokens[number]), len(tokens[number])) for number in ids]
    yield Frame(
        "tokens", {
            "tokens": Table(("number", "token", "bytes"), rows, note=some(len(ids), "token")),
            "tree": tree(tokenizer, longest),
        },
        f"{len(text.encode())} bytes in {some(len(ids), 'token')}; {shown(longest)} is the longest",
        "the tree of a token has all merges that made it",
        keep=keep | {"chunks": chunks, "text": text}, chapter="tokens",
    )  # fmt: skip


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    keep = frame.keep
    ids = [number for chunk in keep["chunks"] for number in chunk]
    tokens: Mapping[int, bytes] = keep["tokens"]
    if spot.view == "text":
        at = len(keep["text"][: spot.column].encode())
        ends = 0
        for number in ids:
            ends += len(tokens[number])
            if ends > at:
                return f"token {number}: {shown(tokens[number])}\n{said(tokens[number])}"
    if spot.view == "pairs":
        pairs: Any = frame.shown()["pairs"]
        left, right, count, becomes = pairs.rows[spot.row]
        return f"{left} stands before {right} {count} times here\ntogether they are token {becomes}"
    if spot.view == "tokens":
        return f"token {ids[spot.row]}: {said(tokens[ids[spot.row]])}"
    return ""


def said(token: bytes) -> str:
    """The bytes of a token: b"ab" -> "2 bytes: 97 98"."""
    numbers = " ".join(map(str, token[:12]))
    return f"{len(token)} byte{'s' * (len(token) > 1)}: {numbers}{' …' * (len(token) > 12)}"
