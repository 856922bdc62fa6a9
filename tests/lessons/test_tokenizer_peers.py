"""The same numbers as tiktoken and the same merges as `tokenizers`: the real libraries."""

from __future__ import annotations

import os
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
import tiktoken
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import models, pre_tokenizers, trainers

from lessons.tokenizer import stream
from lessons.tokenizer.bpe import PATTERNS, Tokenizer, split
from lessons.tokenizer.export import hugging_face
from lessons.tokenizer.fast import Trainer
from lessons.tokenizer.published import available, published
from zhtui.lab import DataError

# Every assigned character, and more often what the patterns treat apart.
SPICE = [
    "'s",
    "'S",
    "'ll",
    "'LL",
    "'ſ",
    " ",
    "  ",
    "\n",
    "\r\n",
    "\t",
    "\x0b",
    "\x1c",
    "\x85",
    "\xa0",
]
SPICE += [
    "\u2028",
    "\u3000",
    "a",
    "Z",
    "é",
    "ǅ",
    "ʰ",
    "한",
    "中",
    "ا",
    "\u0301",
    "1",
    "２",
    "½",
    "४",
]
SPICE += ["👋🏽", "👩‍👩‍👧", "!", "—", "/", "_", "\x00", "\ufffd", "<|endoftext|>"]
CHARACTERS = st.characters(exclude_categories=("Cs", "Cn"))
STRINGS = st.lists(st.one_of(st.sampled_from(SPICE), CHARACTERS), max_size=30).map("".join)
TEXT = (
    "When in the course of the things that the other thinkers thought, the thin theory of theft "
    "therefore gathers rather more than either. 2024 안녕하세요 👋 they're WE'LL\n\n  ok\t"
)


@cache
def gpt2() -> Tokenizer:
    if "gpt2" not in available():
        pytest.skip("GPT-2's vocabulary is not on this machine")
    return published("gpt2")


def shakespeare() -> str:
    path = Path(os.environ.get("ZHTUI_DATA", "")) / "tinyshakespeare.txt"
    if "ZHTUI_DATA" not in os.environ or not path.is_file():
        pytest.skip("Tiny Shakespeare is not on this machine")
    return path.read_text()


def learned(text: str, merges: int, pattern: str) -> Tokenizer:
    trainer = Trainer(Counter(split(text, pattern)))
    while len(trainer.merges) < merges and (best := trainer.best()) is not None:
        trainer.merge(*best)
    return Tokenizer.from_merges(trainer.merges, pattern, ["<|endoftext|>"], f"own-{pattern}")


@cache
def own(pattern: str) -> Tokenizer:
    return learned(TEXT * 3, 150, pattern)


@pytest.mark.parametrize(
    "strings",
    [1_000, pytest.param(10_000, marks=[pytest.mark.slow, pytest.mark.timeout(600)])],
)
def test_gpt2_numbers_equal_tiktokens_on_random_strings(strings: int) -> None:
    ours, theirs = gpt2(), stream.bulk(gpt2())

    @settings(max_examples=strings, deadline=None, database=None)
    @given(STRINGS)
    def equal(text: str) -> None:
        ids = ours.encode(text, special="plain")
        assert ids == theirs.encode_ordinary(text)
        assert ours.decode(ids) == text
        assert ours.encode(text, special="allow") == theirs.encode(text, allowed_special="all")

    equal()


def test_gpt2_on_tiny_shakespeare() -> None:
    text = shakespeare()
    ids = stream.encode(gpt2(), text)
    assert len(ids) == 338_025
    assert gpt2().decode(ids) == text
    sample = text[:50_000]
    assert gpt2().encode(sample) == stream.encode(gpt2(), sample)


@pytest.mark.parametrize("name", ["cl100k", "o200k"])
def test_newer_vocabularies_equal_tiktokens(name: str) -> None:
    if name not in available():
        pytest.skip(f"the vocabulary {name} is not on this machine")
    ours = published(name)
    theirs = stream.bulk(ours)

    @settings(max_examples=500, deadline=None, database=None)
    @given(STRINGS)
    def equal(text: str) -> None:
        assert ours.encode(text, special="plain") == theirs.encode_ordinary(text)

    equal()


@pytest.mark.parametrize("pattern", sorted(PATTERNS))
@settings(max_examples=300, deadline=None)
@given(text=STRINGS)
def test_own_tokens_equal_tiktokens_and_hugging_faces(pattern: str, text: str) -> None:
    ours = own(pattern)
    ids = ours.encode(text, special="allow")
    assert stream.encode(ours, text, special="allow") == ids
    assert faces(pattern).encode(text).ids == ids


@cache
def faces(pattern: str) -> tokenizers.Tokenizer:
    return tokenizers.Tokenizer.from_str(hugging_face(own(pattern)))


def test_merges_equal_hugging_faces_on_a_text_without_ties() -> None:
    words = ["the", "of", "and", "to", "in", "that", "his", "with", "was", "for", "other", "thing"]
    weights = [1 << (len(words) - place) for place in range(len(words))]
    text = "".join(f" {word}" * (weight * 7 + place) for place, (word, weight) in
                   enumerate(zip(words, weights, strict=True)))  # fmt: skip
    trainer = Trainer(Counter(split(text, "gpt4")))
    untied = []
    while (top := trainer.top(2)) and (len(top) == 1 or top[0][1] > top[1][1]):
        untied.append(trainer.merge(*top[0]).pair)
    assert len(untied) >= 5
    theirs = tokenizers.Tokenizer(models.BPE())
    cut = pre_tokenizers.Split(tokenizers.Regex(PATTERNS["gpt4"]), "isolated")
    level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    theirs.pre_tokenizer = pre_tokenizers.Sequence([cut, level])
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    theirs.train_from_iterator(
        [text],
        trainers.BpeTrainer(
            vocab_size=256 + len(untied), show_progress=False, initial_alphabet=alphabet
        ),
    )
    vocabulary = theirs.get_vocab()
    ours = own_letters(Tokenizer.from_merges(untied))
    assert {token for token in vocabulary if len(token) > 1} == ours


def own_letters(tokenizer: Tokenizer) -> set[str]:
    from lessons.tokenizer.export import lettered

    return {lettered(token) for token in tokenizer.ranks if len(token) > 1}


def test_a_missing_vocabulary_says_what_to_do(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("ZHTUI_DATA", str(tmp_path))
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    published.cache_clear()
    try:
        assert available() == []
        with pytest.raises(DataError, match=r"data get gpt2-tokens`, or put \S+ into \$ZHTUI_DATA"):
            published("gpt2")
        (tmp_path / "gpt2.tiktoken").write_text("YQ== 0\n")
        with pytest.raises(DataError, match="is damaged"):
            published("gpt2")
        with pytest.raises(DataError, match="give one of gpt2, cl100k, o200k"):
            published("gpt9")
    finally:
        published.cache_clear()


def test_tiktokens_own_gpt2_has_the_same_ranks() -> None:
    """Where tiktoken's cache has its own copy; it is never downloaded here."""
    encoding = stream.bulk(gpt2())
    assert isinstance(encoding, tiktoken.Encoding)
    assert encoding.n_vocab == gpt2().size == 50_257
