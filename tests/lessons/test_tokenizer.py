"""Byte pair encoding: the plain form, the fast form, encoding, special tokens, specimens."""

from __future__ import annotations

import random
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lessons.tokenizer.bpe import PATTERNS, Pair, Tokenizer, count_pairs, join, learn, split
from lessons.tokenizer.fast import Trainer
from lessons.tokenizer.seams import Seams
from lessons.tokenizer.specimens import CharacterTokenizer, encode_first_found
from lessons.tokenizer.views import coloured

FEW = st.text(alphabet="ab c\n한'1", min_size=1, max_size=60)
ANY = st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=80)
PROSE = (
    "The king is dead, long live the king! In 1492, the thing that they'd call 'theirs' was\n"
    "theirs no more; the other things were the others'.  And then?\n\n안녕하세요, 세계 👋🏽 naïve\n"
) * 3


def trained(text: str, merges: int, pattern: str) -> Trainer:
    trainer = Trainer(Counter(split(text, pattern)))
    while len(trainer.merges) < merges and (best := trainer.best()) is not None:
        trainer.merge(*best)
    return trainer


def tokenizer_of(text: str = PROSE, merges: int = 120, pattern: str = "gpt4") -> Tokenizer:
    return Tokenizer.from_merges(trained(text, merges, pattern).merges, pattern, ["<|endoftext|>"])


def test_wikipedias_example() -> None:
    merges = learn([b"aaabdaaabac"], 3)
    tokenizer = Tokenizer.from_merges(merges, "none")
    assert tokenizer.encode("aaabdaaabac") == [258, 100, 258, 97, 99]
    assert tokenizer.decode([258, 100, 258, 97, 99]) == "aaabdaaabac"


def test_the_two_loops() -> None:
    assert count_pairs([1, 1, 1, 2]) == {(1, 1): 2, (1, 2): 1}
    assert join([1, 1, 1, 2], (1, 1), 9) == [9, 1, 2]
    assert join([5, 6, 5, 6, 5], (5, 6), 9) == [9, 9, 5]


def test_a_tie_goes_to_the_pair_seen_first() -> None:
    assert learn([b"xy", b"ab", b"ab", b"xy"], 1) == [(120, 121)]
    assert trained("ab cd", 1, "none").merges == [(97, 98)]


@settings(max_examples=300, deadline=None)
@given(FEW, st.sampled_from(sorted(PATTERNS)))
def test_fast_merges_equal_the_plain_ones(text: str, pattern: str) -> None:
    plain = learn([chunk.encode() for chunk in split(text, pattern)], 50)
    assert trained(text, 50, pattern).merges == plain


def test_fast_merges_equal_the_plain_ones_on_prose() -> None:
    for pattern in PATTERNS:
        plain = learn([chunk.encode() for chunk in split(PROSE, pattern)], 150)
        trainer = trained(PROSE, 150, pattern)
        assert trainer.merges == plain
        ids = Tokenizer.from_merges(plain, pattern).encode(PROSE)
        assert trainer.tokens == len(ids)


@settings(max_examples=100, deadline=None)
@given(FEW)
def test_counts_and_tokens_are_those_of_the_text(text: str) -> None:
    chunks = [list(chunk.encode()) for chunk in split(text, "gpt4")]
    trainer = trained(text, 0, "gpt4")
    for merge in trainer:
        counts: dict[Pair, int] = {}
        for ids in chunks:
            count_pairs(ids, counts)
        chunks = [join(ids, merge.pair, merge.token) for ids in chunks]
        assert merge.count == counts[merge.pair] == max(counts.values())
        assert merge.tokens == sum(map(len, chunks))
    assert all(len(ids) == 1 for ids in chunks)


def test_top_tells_the_next_winners_and_changes_nothing() -> None:
    trainer = trained(PROSE, 20, "gpt4")
    top = trainer.top(5)
    assert top == trainer.top(5)
    assert [count for _, count in top] == sorted((count for _, count in top), reverse=True)
    assert trainer.best() == top[0]


def test_a_trainer_goes_on_from_its_state_as_if_never_stopped() -> None:
    whole, half = trained(PROSE, 60, "gpt4"), trained(PROSE, 30, "gpt4")
    again = Trainer(Counter(split(PROSE, "gpt4")))
    again.load_state_dict(half.state_dict())
    while len(again.merges) < 60:
        again.merge(*again.best())
    assert again.merges == whole.merges
    assert again.counts == whole.counts
    assert np.array_equal(again.symbols, whole.symbols)
    assert np.array_equal(again.seams, whole.seams)


def test_a_state_of_another_text_is_refused() -> None:
    state = trained(PROSE, 5, "gpt4").state_dict()
    with pytest.raises(ValueError, match="resume with the same data"):
        Trainer({"xyz": 3}).load_state_dict(state)


@settings(max_examples=200, deadline=None)
@given(ANY, st.sampled_from(sorted(PATTERNS)))
def test_any_text_comes_back(text: str, pattern: str) -> None:
    assert "".join(split(text, pattern)) == text
    tokenizer = tokenizer_of(pattern=pattern)
    assert tokenizer.decode(tokenizer.encode(text, special="plain")) == text


@given(st.binary(max_size=40))
def test_any_bytes_come_back(chunk: bytes) -> None:
    tokenizer = tokenizer_of()
    assert tokenizer.decode_bytes(tokenizer.encode_chunk(chunk)) == chunk


def test_patterns_side_by_side() -> None:
    text = "  It'S 12345,\n\n ok"
    assert split(text, "gpt2") == [" ", " It", "'", "S", " 12345", ",", "\n\n", " ok"]
    assert split(text, "gpt4") == [" ", " It", "'S", " ", "123", "45", ",\n\n", " ok"]
    assert split("camelCase don't", "gpt4o") == ["camel", "Case", " don't"]


def test_encoding_is_by_rank_and_not_by_what_is_found_first() -> None:
    tokenizer = Tokenizer.from_merges([(98, 99), (97, 98)], "none")  # "bc" is older than "ab"
    assert tokenizer.encode("abc") == [97, 256]
    assert encode_first_found(tokenizer.ranks, b"abc") == [257, 99]


def test_special_tokens_are_refused_allowed_or_plain() -> None:
    tokenizer = tokenizer_of()
    end, text = tokenizer.specials["<|endoftext|>"], "one<|endoftext|>two"
    with pytest.raises(ValueError, match="special='allow'"):
        tokenizer.encode(text)
    allowed = tokenizer.encode(text, special="allow")
    assert allowed.count(end) == 1
    assert allowed == [*tokenizer.encode("one"), end, *tokenizer.encode("two")]
    assert end not in tokenizer.encode(text, special="plain")
    assert tokenizer.decode(allowed) == tokenizer.decode(tokenizer.encode(text, "plain")) == text
    with pytest.raises(ValueError, match="'refuse', 'allow' or 'plain'"):
        tokenizer.encode(text, special="all")


def test_half_a_surrogate_pair_is_refused_by_a_sentence() -> None:
    with pytest.raises(ValueError, match=r"character 2 \(U\+D800\).*remove it"):
        tokenizer_of().encode("ab\ud800")


def test_a_number_that_is_no_token_is_refused_by_a_sentence() -> None:
    with pytest.raises(ValueError, match="999999 is not a token of this vocabulary"):
        tokenizer_of().decode([999_999])


def test_part_of_a_character_decodes_to_the_replacement_character() -> None:
    tokenizer = Tokenizer.from_merges([])
    assert tokenizer.decode([0xED, 0x95]) == "\ufffd"
    assert tokenizer.decode_bytes([0xED, 0x95]) == b"\xed\x95"


def test_a_token_tells_its_two_parts() -> None:
    trainer = trained(PROSE, 120, "gpt4")
    tokenizer = Tokenizer.from_merges(trainer.merges)
    for number, (left, right) in enumerate(trainer.merges, start=256):
        expected = tokenizer.tokens[left], tokenizer.tokens[right]
        assert tokenizer.parts(tokenizer.tokens[number]) == expected
    assert tokenizer.parts(b"a") is None


def test_empty_text_and_one_character() -> None:
    assert Trainer({}).best() is None
    assert Trainer({}).bytes == 0
    one = trained("한", 10, "gpt4")
    assert one.tokens == 1
    assert one.best() is None
    assert tokenizer_of().encode("") == []


def test_a_character_tokenizer_loses_what_it_has_not_seen() -> None:
    tokenizer = tokenizer_of("the theme there", 10)
    characters = CharacterTokenizer("the theme there", tokenizer)
    assert characters.decode(characters.encode("the theme")) == "the theme"
    assert len(characters.encode("the theme")) < len("the theme")
    assert characters.decode(characters.encode("the 한")) == "the \ufffd"


# ------------------------------------------------------------------------------------------- seams


@settings(max_examples=100, deadline=None)
@given(FEW, st.integers(0, 40))
def test_seams_know_the_text_at_every_merge(text: str, merges: int) -> None:
    trainer = trained(text, 40, "gpt4")
    tokenizer = Tokenizer.from_merges(trainer.merges)
    seams = Seams(text, tokenizer)
    assert np.array_equal(seams.seams, Seams(text, tokenizer, trainer).seams)
    before = Tokenizer.from_merges(trainer.merges[:merges])
    rank = 256 + merges
    state = seams.at(rank)
    ids = [number for _, _, number in state.tokens(0, len(text))]
    assert ids == before.encode(text)
    assert seams.remaining[min(rank, len(tokenizer.ranks))] == len(ids)
    assert state.counts.tolist() == np.bincount(ids, minlength=len(tokenizer.ranks)).tolist()


def test_seams_count_pairs_as_the_trainer_does() -> None:
    trainer = trained(PROSE, 100, "gpt4")
    seams = Seams(PROSE, Tokenizer.from_merges(trainer.merges))
    for done, (pair, count) in enumerate(zip(trainer.merges, trainer.counts, strict=True)):
        first = seams.at(256 + done).pairs[0]
        assert ((first.left, first.right), first.count) == (pair, count)


def test_seams_find_where_a_token_stands() -> None:
    tokenizer = tokenizer_of(merges=60)
    seams = Seams(PROSE, tokenizer)
    end = len(tokenizer.ranks)
    for token in (ord("t"), 256, 270, 300):
        places = seams.at(end).places(token).tolist()
        spans = coloured(tokenizer, PROSE).spans
        assert places == [start for start, _, group in spans if group == token]
        assert len(places) == seams.at(end).counts[token]


def test_spans_cover_the_text_and_split_characters_show() -> None:
    text = coloured(Tokenizer.from_merges([]), "a한b")
    assert [start for start, _, _ in text.spans] == [0, 1, 1, 1, 2]
    assert all(stop == start for (_, stop, _), (start, _, _) in pairwise(text.spans))


def test_long_chunks_take_no_quadratic_time() -> None:
    dice = random.Random(1)
    text = "".join(dice.choice("ab") for _ in range(100_000))
    trainer = trained(text, 50, "none")
    seams = Seams(text, Tokenizer.from_merges(trainer.merges, "none"))
    assert seams.remaining[-1] == trainer.tokens
