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

from collections.abc import Iterable, Mapping

from lessons.tokenizer.bpe import Pair, Tokenizer, join

UNKNOWN = "\N{REPLACEMENT CHARACTER}"


def encode_first_found(ranks: Mapping[bytes, int], chunk: bytes) -> list[int]:
    """Joins from the left whatever pair is known. Wrong: an older merge may be further right."""
    parts = [chunk[i : i + 1] for i in range(len(chunk))]
    i = 0
    while i + 1 < len(parts):
        if parts[i] + parts[i + 1] in ranks:
            parts[i : i + 2] = [parts[i] + parts[i + 1]]
            i = 0
        else:
            i += 1
    return [ranks[part] for part in parts]


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
        pair = self.numbers.get(left), self.numbers.get(right)
        if None not in pair and left + right not in self.numbers:
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
