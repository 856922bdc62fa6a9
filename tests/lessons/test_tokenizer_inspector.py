"""The inspector without a screen: what it says must be what the plain tokenizer says."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lessons.tokenizer.bpe import Tokenizer, learn, split
from lessons.tokenizer.screen import pictures, texts
from lessons.tokenizer.screen import study as study_module
from lessons.tokenizer.screen.compare import GENRES, reading
from lessons.tokenizer.screen.inspector import FIRST, Inspector, Page, learned
from lessons.tokenizer.screen.study import Study
from lessons.tokenizer.screen.traps import traps
from lessons.tokenizer.seams import Seams
from lessons.tokenizer.specimens import encode_first_found
from lessons.tokenizer.state import LOST
from zhtui.draw.inks import GROUP, LIT, PUBLISHED
from zhtui.lab import LabError

VERSE = (
    "The king is dead, long live the king! In 1492, the thing that they'd call 'theirs' was\n"
    "theirs no more; the other things were the others'. And then?\n\n안녕하세요, 세계 👋 naïve\n"
)
TEXTS = st.text(alphabet="ab c\n한é👋'1", min_size=1, max_size=80)


def last(text: str, pattern: str = "gpt4") -> Inspector:
    return list(learned(text, pattern, "test"))[-1]


def test_learning_arrives_twice_and_the_first_is_the_beginning_of_the_second() -> None:
    first, second = learned(VERSE, "gpt4", "test", stops=(20, 50))
    assert (first.merges, second.merges) == (20, 50)
    merges = learn([chunk.encode() for chunk in split(VERSE, "gpt4")], 50)
    assert second.tokenizer.ranks == Tokenizer.from_merges(merges).ranks
    assert first.tokenizer.ranks.items() <= second.tokenizer.ranks.items()


def test_a_long_text_without_a_cut_is_not_made_one_token() -> None:
    text = "".join(chr(97 + i * i % 7) + VERSE for i in range(6))
    inspector = last(text, "none")
    assert inspector.merges > 50
    for rank in (inspector.last - 1, inspector.last):
        inspector.go(rank - FIRST)
    assert inspector.state.pairs[0].count == 1
    assert inspector.tokens > 1
    whole = last(VERSE[:90], "none")
    whole.go(whole.merges)
    assert whole.tokens == 1


def test_learning_stops_when_it_is_no_longer_wanted() -> None:
    asked = iter([True] * 7 + [False] * 99)
    assert next(learned(VERSE, "gpt4", "test", going=lambda: next(asked))).merges == 7


@settings(max_examples=100, deadline=None)
@given(TEXTS, st.integers(0, 30), st.data())
def test_stretches_cover_every_character_once(text: str, done: int, data: st.DataObject) -> None:
    inspector = last(text)
    inspector.go(done)
    start = data.draw(st.integers(0, len(text) - 1))
    stretches = inspector.stretches(0, len(text))
    assert "".join(stretch.text for stretch in stretches) == text
    assert all(stretch.text == text[stretch.start : stretch.stop] for stretch in stretches)
    inspector.cursor = start
    here = inspector.here()
    assert here is not None
    assert here.start <= start < here.stop
    assert inspector.tokenizer.tokens[here.number] == here.token
    if not here.torn:
        assert here.text.encode() in here.token


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_what_is_lit_is_joined_by_the_next_merge(text: str) -> None:
    inspector = last(text)
    for done in range(inspector.merges):
        inspector.go(done)
        pair = inspector.following
        assert pair is not None
        assert inspector.state.pairs[0] == pair
        before, tokens = inspector.stretches(0, len(text)), inspector.tokens
        inspector.go(done + 1)
        made = tokens - inspector.tokens
        assert made > 0
        lit = sum(len(stretch.token) for stretch in before if stretch.lit)
        if text.isascii():
            assert lit == made * len(inspector.tokenizer.tokens[FIRST + done])


def test_the_last_merge_has_no_next() -> None:
    inspector = last("ab ab")
    inspector.go(99)
    assert inspector.done == inspector.merges == 2
    assert inspector.following is None
    assert inspector.state.pairs == []
    assert not inspector.find_next()
    assert pictures.headline(inspector)[2][0][0][0] == "no merge left"


def test_the_cursor_moves_by_tokens_and_stops_at_the_ends() -> None:
    inspector = last(VERSE)
    inspector.go(inspector.merges)
    starts = []
    for _ in range(200):
        starts.append(inspector.cursor)
        inspector.move(1)
    expected = [stretch.start for stretch in inspector.stretches(0, len(VERSE))]
    assert starts[: len(expected)] == expected
    assert set(starts[len(expected) :]) == {expected[-1]}
    inspector.move(-3)
    assert inspector.cursor == expected[-4]
    inspector.move(-500)
    assert inspector.cursor == 0


def test_find_goes_round_the_places_of_a_token() -> None:
    inspector = last(VERSE)
    number = inspector.tokenizer.ranks[b" the"]
    inspector.go(inspector.merges)
    seen = []
    for _ in range(5):
        assert inspector.find(number)
        seen.append(inspector.cursor)
        assert inspector.place_of(number)[0] == VERSE[: inspector.cursor].count(" the ") + 1
    assert seen[0] == VERSE.index(" the king!")
    assert sorted(set(seen)) == seen[: len(set(seen))]
    assert inspector.find(number, forward=False)
    assert inspector.cursor == seen[3]
    assert not inspector.find(0)


def test_the_next_merge_is_found() -> None:
    inspector = last(VERSE)
    inspector.go(30)
    assert inspector.find_next()
    here = inspector.here()
    assert here is not None
    assert here.lit


@settings(max_examples=100, deadline=None)
@given(TEXTS, st.integers(8, 30))
def test_a_page_holds_the_text_and_no_row_is_too_wide(text: str, width: int) -> None:
    page = Page(text, width)
    rows = [text[slice(*page.row(index))] for index in range(len(page))]
    assert "".join(rows) == text
    assert all("\n" not in row[:-1] for row in rows)
    inspector = last(text)
    for index, row in enumerate(rows):
        cells = pictures.text_row(inspector, page, index)
        assert cells.text(0).replace("⏎", "\n").rstrip(" ") == row.rstrip(" ")
        assert all(page.row_of(place) == index for place in range(*page.row(index)))


def test_papers_differ_between_neighbours_and_a_torn_character_shows() -> None:
    inspector = last("the the 한글 한국")
    inspector.go(inspector.merges)
    inspector.cursor = 3
    cells = pictures.text_row(inspector, Page(inspector.text, 40), 0)
    papers = cells.paper[0].tolist()
    assert papers[0] >= GROUP
    assert papers[0] == papers[2] != papers[3]
    inspector.go(0)
    cells = pictures.text_row(inspector, Page(inspector.text, 40), 0)
    assert cells.ink[0, 8] == PUBLISHED
    assert LIT in cells.paper[0].tolist()


def test_without_colours_every_other_token_is_reversed() -> None:
    inspector = last("ab")
    inspector.go(0)
    inspector.cursor = 5
    row = pictures.text_row(last("ab cd ef"), Page("ab cd ef", 20), 0, plain=True)
    assert set(row.paper[0].tolist()) > {0}


def test_readings_count_what_the_tokenizer_makes() -> None:
    tokenizer = last(VERSE).tokenizer
    for text in GENRES.values():
        assert reading(text, tokenizer, "own").tokens == len(tokenizer.encode(text))
        assert reading(text, tokenizer, "bytes", FIRST).tokens == len(text.encode())


def test_traps_show_what_the_tokenizer_makes() -> None:
    tokenizer = Tokenizer.from_merges(
        learn([chunk.encode() for chunk in split(VERSE * 2, "gpt4")], 60),
        specials=["<|endoftext|>"],
    )
    found = {trap.title: trap for trap in traps(tokenizer)}
    cases = {case.label: case for case in found["special tokens"].cases}
    special = tokenizer.specials["<|endoftext|>"]
    assert special in [number for _, number in cases["allow"].pieces]
    assert special not in [number for _, number in cases["plain"].pieces]
    assert "special token <|endoftext|>" in cases["refuse"].note
    assert len(found["the split comes first"].cases) == 4
    assert "\ufffd" in "".join(
        text for text, _ in found["characters instead of bytes"].cases[1].pieces
    )
    drawn = pictures.traps(list(found.values()), 60, 20)
    assert any("a leading space" in line for line in drawn.lines())


def test_seams_of_an_empty_text() -> None:
    inspector = Inspector(Seams("", Tokenizer.from_merges([])), "own", "nothing")
    assert inspector.here() is None
    assert inspector.tokens == 0
    assert pictures.detail(inspector) == [([("the text is empty", pictures.FAINT)], 9)]
    inspector.move(1)
    assert inspector.cursor == 0


def test_a_text_is_a_data_set_a_file_or_typed(tmp_path) -> None:
    path = tmp_path / "own.txt"
    path.write_text("one\ntwo", encoding="utf-8")
    assert texts.read(str(path)) == ("one\ntwo", "own.txt")
    assert texts.read("hello there") == ("hello there", "your text")
    text, name = texts.read("python")
    assert len(text) > 100_000
    assert name
    for wrong in ("ab\ud800", str(tmp_path / "absent.txt")):
        with pytest.raises(LabError):
            texts.read(wrong)
    with pytest.raises(LabError, match="no tokens"):
        texts.check("")
    for wrong in ("ten", "²", "9" * 5000):
        with pytest.raises(LabError, match="whole number"):
            texts.number(wrong)
    assert texts.number("1,024") == 1024


# ------------------------------------------------------------------------------------- mistakes


def mistaken(text: str, specimen: str, done: int, pattern: str = "gpt4") -> Inspector:
    """The text with a mistake in it, as the screen gets it."""
    study = Study(text, "test", 50_000, pattern=pattern, specimen=specimen)
    inspector = list(study.inspectors(lambda: True))[-1]
    inspector.go(done)
    return inspector


@settings(max_examples=100, deadline=None)
@given(TEXTS, st.integers(0, 30))
def test_ignoring_rank_joins_what_is_found_and_marks_what_training_did_not_make(
    text: str, done: int
) -> None:
    inspector = mistaken(text, "ignore rank", done)
    below = FIRST + inspector.done
    ranks = {token: n for token, n in inspector.tokenizer.ranks.items() if n < below}
    chunks = [chunk.encode() for chunk in split(text, "gpt4")]
    expected = [number for chunk in chunks for number in encode_first_found(ranks, chunk)]
    state = inspector.state
    assert [number for _, _, number in state.tokens(0, len(text))] == expected
    assert inspector.tokens == len(expected)
    right = [n for chunk in chunks for n in inspector.tokenizer.encode_chunk(chunk, below)]
    assert (state.total_wrong == 0) == (expected == right)
    assert "".join(stretch.text for stretch in inspector.stretches(0, len(text))) == text


def test_what_should_stand_at_a_wrong_token_is_told() -> None:
    inspector = mistaken("ab bc bc bc abc", "ignore rank", 3)
    wrong = [stretch for stretch in inspector.stretches(0, len(inspector.text)) if stretch.wrong]
    assert [(stretch.text, stretch.start) for stretch in wrong] == [("ab", 12), ("c", 14)]
    assert [inspector.instead(stretch) for stretch in wrong] == [[b"a", b"bc"], [b"bc"]]
    assert inspector.find_next()
    assert inspector.cursor == 12
    words = "".join(text for parts, _ in pictures.detail(inspector) for text, _ in parts)
    assert 'right: "a" + "bc"' in words
    assert inspector.mistake is not None
    assert "28.6% of the tokens" in inspector.mistake.said(inspector.state)


@settings(max_examples=100, deadline=None)
@given(TEXTS, st.integers(0, 30))
def test_characters_that_are_not_known_are_lost_and_no_others(text: str, done: int) -> None:
    inspector = mistaken(text, "characters", done)
    stretches = inspector.stretches(0, len(text))
    assert "".join(stretch.text for stretch in stretches) == text
    lost = [stretch for stretch in stretches if stretch.number == LOST]
    assert all(stretch.wrong and len(stretch.text) == 1 for stretch in lost)
    assert "".join(stretch.text for stretch in lost) == "".join(c for c in text if not c.isascii())
    assert not any(stretch.torn for stretch in stretches)
    if text.isascii():
        inspector.cursor = 0
        assert inspector.tokens == inspector.seams.at(inspector.rank).total


def test_without_a_cut_the_tokens_that_reach_over_a_border_are_marked() -> None:
    inspector = mistaken("the end. " * 9, "cross chunks", 4)
    assert inspector.tokenizer.pattern == "none"
    borders = {m.start() for m in re.finditer(r"[ .]", inspector.text)}
    for stretch in inspector.stretches(0, len(inspector.text)):
        inside = set(range(stretch.start + 1, stretch.stop))
        assert stretch.wrong == bool(inside & borders)
        if stretch.wrong:
            pieces = inspector.instead(stretch)
            assert len(pieces) > 1
            assert b"".join(pieces) == stretch.token
    assert inspector.mistake is not None
    assert "reach over a chunk's end" in inspector.mistake.said(inspector.state)
    inspector.go(0)
    assert "no token crosses" in inspector.mistake.said(inspector.state)


def test_a_mistake_costs_no_learning_and_a_published_vocabulary_crosses_no_chunks() -> None:
    study = Study(VERSE, "test", 40)
    (right,) = study.inspectors(lambda: True)
    study.next_specimen()
    (wrong,) = study.inspectors(lambda: True)
    assert wrong.seams is right.seams
    seen = [study.specimen]
    for _ in range(3):
        study.next_specimen()
        seen.append(study.specimen)
    assert seen == ["ignore rank", "characters", "cross chunks", "none"]
    study.whose = "gpt2"
    assert study.specimens == ("none", "ignore rank", "characters")
    study.take("other", "test")
    study.whose = "own"
    assert next(iter(study.inspectors(lambda: True))).text == "other"


def test_what_was_learned_outlives_the_screen_until_another_text_is_learned_from(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(study_module, "LEARNED", {})
    first = list(Study(VERSE, "test", 40).inspectors(lambda: True))[-1]
    again = list(Study(VERSE, "test", 40).inspectors(lambda: True))
    assert [each.seams for each in again] == [first.seams]
    list(Study(VERSE[:99], "test", 40).inspectors(lambda: True))
    assert list(Study(VERSE, "test", 40).inspectors(lambda: True))[-1].seams is not first.seams
