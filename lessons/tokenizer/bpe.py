"""Byte pair encoding, from two loops to GPT-2's tokenizer. Read it from top to bottom.

1. `count_pairs` and `join`: all that BPE does, on a list of numbers.
2. `learn`: the most frequent pair becomes a token, again and again.
3. `split`: text is cut into chunks first, and no token crosses a cut.
4. `Tokenizer`: encoding by rank, decoding, and special tokens.

Left out here: speed. `learn` counts every pair afresh for every merge; `fast.py` gives the same
merges some hundred times faster, and `stream.py` hands the encoding of large texts to tiktoken.
Numbers stand for tokens: 0 to 255 are the bytes, 256 + k is what merge k made. Sennrich et al.
2016 (arXiv:1508.07909); on bytes, with a split: Radford et al. 2019 (GPT-2), section 2.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import pairwise

import regex

Pair = tuple[int, int]

# ------------------------------------------------------------------------------------ 1. two loops


def count_pairs(ids: Sequence[int], counts: dict[Pair, int] | None = None) -> dict[Pair, int]:
    """How often each pair of neighbours occurs, in the order in which pairs are first seen."""
    counts = {} if counts is None else counts
    for pair in pairwise(ids):
        counts[pair] = counts.get(pair, 0) + 1
    return counts


def join(ids: Sequence[int], pair: Pair, new: int) -> list[int]:
    """`ids` with every occurrence of `pair`, from the left, replaced by `new`."""
    joined, i = [], 0
    while i < len(ids):
        if i + 1 < len(ids) and (ids[i], ids[i + 1]) == pair:
            joined.append(new)
            i += 2
        else:
            joined.append(ids[i])
            i += 1
    return joined


# ------------------------------------------------------------------------------------- 2. learning


def learn(chunks: Iterable[bytes], merges: int) -> list[Pair]:
    """The first `merges` merges for a text given as chunks; fewer where the pairs run out.

    A tie goes to the pair that is seen first, as `max` takes the first of equals.
    """
    pieces = [list(chunk) for chunk in chunks]
    learned: list[Pair] = []
    while len(learned) < merges:
        counts: dict[Pair, int] = {}
        for ids in pieces:
            count_pairs(ids, counts)
        if not counts:
            break
        pair = max(counts, key=lambda pair: counts[pair])
        pieces = [join(ids, pair, 256 + len(learned)) for ids in pieces]
        learned.append(pair)
    return learned


# ------------------------------------------------------------------------------------ 3. the split

# Without a split "dog.", "dog!" and "dog?" would each become a token.
PATTERNS = {
    "none": r"[\s\S]+",
    # contractions | letters | digits | the rest, each with one leading space | whitespace
    "gpt2": r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    # also: 'S as 's, at most three digits, newlines apart from what follows, any mark before a word
    "gpt4": (
        r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
        r"|\s*[\r\n]+|\s+(?!\S)|\s+"
    ),
    # also: a capital begins a new chunk (camelCase), a contraction stays with its word
    "gpt4o": (
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    ),
}


@lru_cache
def compiled(pattern: str) -> regex.Pattern[str]:
    """The pattern of that name ready to match, or that very pattern."""
    return regex.compile(PATTERNS.get(pattern, pattern))


def split(text: str, pattern: str) -> list[str]:
    """`text` in chunks; joined they are `text` again."""
    return compiled(pattern).findall(text)


def to_bytes(text: str) -> bytes:
    """The text as UTF-8. Raises `ValueError` for half a surrogate pair, which is no character."""
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            f"character {error.start:,} (U+{ord(text[error.start]):04X}) is half of a surrogate "
            "pair, which UTF-8 cannot hold; remove it, or read the text again with errors='replace'"
        ) from None


# -------------------------------------------------------------------------------- 4. the tokenizer


@dataclass(frozen=True, eq=False)
class Tokenizer:
    """Tokens with their ranks, a split, and special tokens.

    `ranks` maps a token's bytes to its number. The numbers are also the order in which tokens were
    learned, and that is all that encoding needs: no list of merges.
    """

    ranks: Mapping[bytes, int] = field(repr=False)
    pattern: str = "gpt4"  # a name in PATTERNS, or a pattern
    specials: Mapping[str, int] = field(default_factory=dict)
    name: str = ""

    @classmethod
    def from_merges(
        cls,
        merges: Iterable[Pair],
        pattern: str = "gpt4",
        specials: Iterable[str] = (),
        name: str = "",
    ) -> Tokenizer:
        """The bytes, then one token a merge, then the special tokens."""
        tokens = [bytes([byte]) for byte in range(256)]
        for left, right in merges:
            tokens.append(tokens[left] + tokens[right])
        ranks = {token: rank for rank, token in enumerate(tokens)}
        numbered = {special: len(tokens) + i for i, special in enumerate(specials)}
        return cls(ranks, pattern, numbered, name)

    @cached_property
    def tokens(self) -> dict[int, bytes]:
        """The bytes of each number, special tokens included."""
        tokens = {rank: token for token, rank in self.ranks.items()}
        return tokens | {number: text.encode() for text, number in self.specials.items()}

    @property
    def size(self) -> int:
        """How many numbers a model that reads these tokens needs: the largest, and one more."""
        return max(self.tokens) + 1

    def encode(self, text: str, special: str = "refuse") -> list[int]:
        """The text's tokens. `special` says what the name of a special token in `text` means:

        "refuse" raises `ValueError`, "allow" makes it the one special token, "plain" reads it like
        any characters. A stranger's text is read "plain": it must not be able to end a document.
        """
        to_bytes(text)  # refuses what is no text
        ids: list[int] = []
        for part in self.cut_specials(text, special):
            if part in self.specials and special == "allow":
                ids.append(self.specials[part])
            else:
                for chunk in split(part, self.pattern):
                    ids.extend(self.encode_chunk(chunk.encode()))
        return ids

    def cut_specials(self, text: str, special: str) -> list[str]:
        """`text` cut around its special tokens, or as one part where they mean nothing."""
        if special not in ("refuse", "allow", "plain"):
            raise ValueError(f"special={special!r} is not known; give 'refuse', 'allow' or 'plain'")
        if special == "plain" or not self.specials:
            return [text]
        longest_first = sorted(self.specials, key=len, reverse=True)
        parts = regex.split("(" + "|".join(map(regex.escape, longest_first)) + ")", text)
        if special == "refuse" and len(parts) > 1:
            raise ValueError(
                f"the text holds the special token {parts[1]}; "
                "say special='allow' to make it one, or special='plain' to read its characters"
            )
        return parts

    def encode_chunk(self, chunk: bytes, below: float = float("inf")) -> list[int]:
        """One chunk's tokens: of all neighbours join those learned first, and look again.

        Not the first pair that is found: "ab"+"c" may be known and "a"+"bc" be older. `below` stops
        before the merge of that rank, which is how the text looked in the middle of training.
        """
        parts = [chunk[i : i + 1] for i in range(len(chunk))]
        while len(parts) > 1:
            rank, i = min(
                (self.ranks.get(left + right, float("inf")), i)
                for i, (left, right) in enumerate(pairwise(parts))
            )
            if rank >= below:
                break
            parts[i : i + 2] = [parts[i] + parts[i + 1]]
        return [self.ranks[part] for part in parts]

    def decode_bytes(self, ids: Iterable[int]) -> bytes:
        """The bytes behind the numbers. Raises `ValueError` for a number that is no token."""
        try:
            return b"".join([self.tokens[number] for number in ids])
        except KeyError as error:
            raise ValueError(
                f"{error.args[0]} is not a token of this vocabulary; its last is {self.size - 1}"
            ) from None

    def decode(self, ids: Iterable[int]) -> str:
        """The text. A token may hold part of a character; bytes that are not UTF-8 are U+FFFD."""
        return self.decode_bytes(ids).decode("utf-8", errors="replace")

    def parts(self, token: bytes) -> tuple[bytes, bytes] | None:
        """The two tokens that were joined to make this one; None for a byte and a special token."""
        if len(token) < 2 or token not in self.ranks:
            return None
        ids = self.encode_chunk(token, below=self.ranks[token])
        assert len(ids) == 2, f"{token!r} is not made of two older tokens"
        return self.tokens[ids[0]], self.tokens[ids[1]]
