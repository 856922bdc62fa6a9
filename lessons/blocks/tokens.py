"""Tokens longer than a character: a learned vocabulary, and a text in its numbers.

    vocabulary = read(Path("own.tiktoken"))
    text = TokenText(read_text(path), vocabulary)

A `Vocabulary` answers to what an `Alphabet` answers to, and a `TokenText` is cut at the very
character where a `CharText` is, so that losses in bits a byte are of the same validation text.

Leaves out: how a vocabulary is learned (lesson `tokenizer`), and special tokens in a text, which
are read like any characters.
"""

from __future__ import annotations

import base64
import codecs
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import tiktoken
import torch
from torch import Tensor

from lessons.blocks.bulk import LONG_RUN, encode_plain
from lessons.blocks.files import read_bytes
from lessons.blocks.ranks import GPT2
from lessons.blocks.text import CharText, Symbols

GPT2_PATTERN = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
GAP = b"\xff"  # no UTF-8: a number between the special tokens that stands for nothing
LARGEST = 64 << 20  # bytes of a file of ranks
GAPS = 1024  # how far after the tokens a special one may stand; GPT-4o's last is 20 after


class Vocabulary:
    """Tokens by number; part of a checkpoint, so that a model writes without its tokenizer.

    `tokens` are the bytes of number 0, 1, 2, …; `pattern` cuts a text; `specials` come after.
    """

    unit, start = "token", "\n"

    def __init__(
        self,
        tokens: Sequence[bytes] = (),
        pattern: str = "",
        specials: Mapping[str, int] | None = None,
    ) -> None:
        self.learned, self.pattern, self.specials = list(tokens), pattern, dict(specials or {})
        self.tokens = list(self.learned)
        if not self.learned:
            return
        ranks = {token: rank for rank, token in enumerate(self.learned)}
        if missing := [byte for byte in range(256) if bytes([byte]) not in ranks]:
            raise ValueError(f"there is no token for the byte {missing[0]}")
        for special, number in sorted(self.specials.items(), key=lambda item: item[1]):
            if not len(self.tokens) <= number < len(ranks) + GAPS:
                raise ValueError(f"special token {special} cannot have the number {number}")
            self.tokens += [GAP] * (number - len(self.tokens)) + [special.encode()]
        self._encoding = tiktoken.Encoding(
            "learned", pat_str=pattern, mergeable_ranks=ranks, special_tokens=self.specials
        )

    def __len__(self) -> int:
        return len(self.tokens)

    def unknown(self, text: str) -> str:
        """Half surrogate pairs, which have no bytes; all else is known."""
        return "".join(dict.fromkeys(c for c in text if "\ud800" <= c <= "\udfff"))

    def encode(self, text: str) -> Tensor:
        """Text to the numbers of its tokens (tokens,)."""
        if LONG_RUN.search(text):
            return torch.tensor(encode_plain(self._encoding, text), dtype=torch.int64)
        numbers = self._encoding.encode_to_numpy(text, disallowed_special=())
        return torch.from_numpy(numbers.astype("int64"))

    def decode(self, ids: Tensor) -> str:
        """Numbers (tokens,) to text; what is no whole character becomes U+FFFD."""
        return b"".join(self.tokens[i] for i in ids.tolist()).decode(errors="replace")

    def texts(self, ids: Tensor) -> list[str]:
        """Each token's own text; a part of a character becomes U+FFFD."""
        return [self.tokens[i].decode(errors="replace") for i in ids.tolist()]

    def speller(self) -> Callable[[int], str]:
        """What each token of a row adds to the text: a character when its last byte is there."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        return lambda number: decoder.decode(self.tokens[number])

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint holds of it: all bytes in a row, and how many each token has."""
        return {
            "bytes": torch.tensor(list(b"".join(self.learned)), dtype=torch.uint8),
            "lengths": torch.tensor([len(token) for token in self.learned], dtype=torch.int32),
            "pattern": self.pattern,
            "specials": self.specials,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Becomes the vocabulary of a checkpoint."""
        row, tokens, start = bytes(state["bytes"].tolist()), [], 0
        for length in state["lengths"].tolist():
            tokens.append(row[start : start + length])
            start += length
        Vocabulary.__init__(self, tokens, state["pattern"], state["specials"])


class TokenText(CharText):
    """A text as tokens: `train` of its first nine tenths of characters, and `val` of the rest."""

    def __init__(self, text: str, vocabulary: Symbols) -> None:
        cut = int(0.9 * len(text))
        self.alphabet = vocabulary  # it encodes and decodes, as one does
        self.train, self.val = vocabulary.encode(text[:cut]), vocabulary.encode(text[cut:])
        self.val_bytes = len(text[cut:].encode())


def read(path: Path) -> Vocabulary:
    """A `*.tiktoken` file with the `*.tiktoken.json` beside it, or GPT-2's ranks as published.

    Raises OSError, and ValueError with what is wrong.
    """
    content, beside = read_bytes(path, LARGEST), path.with_name(f"{path.name}.json")
    if beside.is_file():
        try:
            settings = json.loads(read_bytes(beside, LARGEST))
        except RecursionError as error:
            raise ValueError(f"{beside.name} is too deep") from error
    elif hashlib.sha256(content).hexdigest() == GPT2.sha256:
        settings = {"pat_str": GPT2_PATTERN, "special_tokens": {"<|endoftext|>": 50256}}
    else:
        raise ValueError(f"{beside.name}, which says where a text is cut, is not beside it")
    tokens = []
    for number, line in enumerate(content.splitlines()):
        token, _, rank = line.partition(b" ")
        if rank != str(number).encode():
            raise ValueError(f"line {number + 1} is not a token with its rank {number}")
        tokens.append(base64.b64decode(token, validate=True))
    return Vocabulary(tokens, settings["pat_str"], settings["special_tokens"])
