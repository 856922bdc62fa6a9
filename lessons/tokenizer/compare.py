"""The same texts through several vocabularies: English, code, numbers, Korean, emoji."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from lessons.tokenizer.bpe import Tokenizer
from lessons.tokenizer.inspector import FIRST, Inspector, Stretch
from lessons.tokenizer.seams import Seams

GENRES = {
    "English": "The king shall be the world of the prince, and we will see the day.",
    "code": "def attend(q, k, v):\n    weights = softmax(q @ k.T / d)\n    return weights @ v",
    "numbers": "3.14159 + 1,024 = 1027.14159; 127 * 677 = 85979",
    "Korean": "안녕하세요, 만나서 반갑습니다. 저는 커피를 좋아해요.",
    "emoji": "👋🏽 hello 👩‍👩‍👧 🚀🔥 done 👍",
}


@dataclass(frozen=True)
class Reading:
    """A text through a vocabulary: how many tokens, and which."""

    title: str
    tokens: int
    per_token: float  # bytes
    stretches: Sequence[Stretch]


def reading(text: str, tokenizer: Tokenizer, title: str, rank: int | None = None) -> Reading:
    """`text` as a vocabulary cuts it, when the merges below `rank` are done; all unless given."""
    inspector = _inspector(text, tokenizer)
    inspector.go(inspector.merges if rank is None else rank - FIRST)
    stretches = inspector.stretches(0, max(len(text), 1))
    return Reading(title, inspector.tokens, inspector.bytes / inspector.tokens, stretches)


@lru_cache(maxsize=64)
def _inspector(text: str, tokenizer: Tokenizer) -> Inspector:
    return Inspector(Seams(text, tokenizer), "", "")
