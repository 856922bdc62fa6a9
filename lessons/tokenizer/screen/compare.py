"""Several vocabularies, one learned here or published, and the same texts through each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from lessons.blocks.bulk import encode_plain
from lessons.tokenizer.bpe import Tokenizer
from lessons.tokenizer.published import PUBLISHED, available, published
from lessons.tokenizer.saved import from_run
from lessons.tokenizer.screen.inspector import FIRST_LOOK, Inspector, Stretch, learned
from lessons.tokenizer.seams import FIRST, Seams
from lessons.tokenizer.stream import bulk

GENRES = {
    "English": "The king shall be the world of the prince, and we will see the day.",
    "code": "def attend(q, k, v):\n    weights = softmax(q @ k.T / d)\n    return weights @ v",
    "numbers": "3.14159 + 1,024 = 1027.14159; 127 * 677 = 85979",
    "Korean": "안녕하세요, 만나서 반갑습니다. 저는 커피를 좋아해요.",
    "emoji": "👋🏽 hello 👩‍👩‍👧 🚀🔥 done 👍",
}

FEW = 2_000  # merges after which one's own vocabulary is shown first


def inspectors(
    text: str,
    source: str,
    whose: str | Path,
    pattern: str,
    merges: int,
    going: Callable[[], bool],
) -> Iterator[Inspector]:
    """The text through its own vocabulary (whose="own"), a published one, or that of the run whose
    folder it is. Raises `LabError`.
    """
    if isinstance(whose, Path):
        yield Inspector(Seams(text, from_run(whose)), f"of run {whose.name}", source)
        return
    if whose == "own":
        early = (FIRST_LOOK, FEW) if pattern == "none" else (FEW,)  # without a cut it takes long
        stops = sorted({min(stop, merges) for stop in (*early, merges)})
        yield from learned(text, pattern, source, stops, going)
    else:
        title = f"of {PUBLISHED[whose].title}"
        yield Inspector(Seams(text, published(whose)), title, source)


def others() -> list[tuple[str, Tokenizer]]:
    """The published vocabularies that are on this machine, by title."""
    return [(PUBLISHED[name].title, published(name)) for name in available()]


def levels(text: str, known: Sequence[tuple[str, Tokenizer]]) -> list[tuple[str, float]]:
    """Bytes a token of a whole text through vocabularies."""
    return [(title, _level(text, tokenizer)) for title, tokenizer in known]


@lru_cache(maxsize=8)
def _level(text: str, tokenizer: Tokenizer) -> float:
    return len(text.encode()) / max(len(encode_plain(bulk(tokenizer), text)), 1)


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
    return Reading(title, inspector.tokens, inspector.size / inspector.tokens, stretches)


@lru_cache(maxsize=64)
def _inspector(text: str, tokenizer: Tokenizer) -> Inspector:
    return Inspector(Seams(text, tokenizer), "", "")
