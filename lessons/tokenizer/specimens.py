"""Tokenizers with a mistake that learners make: each has a switch (`specimen=`) and a meter.

"ignore rank": the pair that is found first is joined, not the one that was learned first. Text
still survives the way there and back, so a round trip shows nothing; but the tokens are not those
that training made.
"characters": characters instead of bytes. All is well until a text has a character that training
did not see.
"cross chunks": no split, so tokens join words to what follows: `e␣`, `,␣and`. See what the
vocabulary is spent on.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping

from lessons.tokenizer.bpe import Pair, Tokenizer, join

UNKNOWN = "\N{REPLACEMENT CHARACTER}"


def first_found(chunk: bytes, known: Container[bytes]) -> list[bytes]:
    """Joins from the left whatever pair is known. Wrong: an older merge may be further right."""
    parts: list[bytes] = []
    for i in range(len(chunk)):
        part = chunk[i : i + 1]
        while parts and parts[-1] + part in known:
            part = parts.pop() + part
        parts.append(part)
    return parts


def encode_first_found(ranks: Mapping[bytes, int], chunk: bytes) -> list[int]:
    """One chunk's tokens as `first_found` has them."""
    return [ranks[part] for part in first_found(chunk, ranks)]


class CharacterTokenizer:
    """BPE that starts from the characters of its training text instead of from the 256 bytes."""

    def __init__(self, text: str, tokenizer: Tokenizer) -> None:
        """Takes over those merges whose two halves are whole characters of the text."""
        self.tokens = [UNKNOWN, *sorted(set(text))]
        self.numbers = {token: number for number, token in enumerate(self.tokens)}
        self.merges: dict[Pair, int] = {}
        for token in sorted(tokenizer.ranks, key=tokenizer.ranks.__getitem__):
            halves = tokenizer.parts(token)
            if halves is not None:
                self._add(*(half.decode(errors="replace") for half in halves))

    def _add(self, left: str, right: str) -> None:
        known = left in self.numbers and right in self.numbers
        if known and left + right not in self.numbers:
            pair = self.numbers[left], self.numbers[right]
            self.merges[pair] = self.numbers[left + right] = len(self.tokens)
            self.tokens.append(left + right)

    def encode(self, text: str) -> list[int]:
        """A character that training did not see becomes token 0, and is lost."""
        ids = [self.numbers.get(character, 0) for character in text]
        for pair, new in self.merges.items():
            ids = join(ids, pair, new)
        return ids

    def decode(self, ids: Iterable[int]) -> str:
        """The text, with U+FFFD for what was lost."""
        return "".join([self.tokens[number] for number in ids])
