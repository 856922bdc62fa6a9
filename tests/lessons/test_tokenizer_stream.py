"""Texts and pipes of any size, in bounded memory."""

from __future__ import annotations

import io
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lessons.tokenizer import saved, stream
from lessons.tokenizer.bpe import PATTERNS, Tokenizer, learn, split
from lessons.tokenizer.published import available, published
from zhtui.lab import LabError

VERSE = (
    "The king is dead, long live the king! In 1492, the thing that they'd call 'theirs' was\n"
    "theirs no more; the other things were the others'. And then?\n\n안녕하세요, 세계 👋 naïve\n"
)


PIECES = [
    "'s",
    " ",
    "  ",
    "\n",
    "\n\n",
    "\r\n",
    "\t",
    "a",
    "Zed",
    "é",
    "한",
    "\u0301",
    "12",
    "1234",
]
PIECES += ["!", "...", "/", "\u2028", "\xa0", "👋🏽", "camelCase", "it's"]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=60).map("".join)


@settings(max_examples=400, deadline=None)
@given(TEXTS, st.integers(1, 40), st.sampled_from(sorted(stream.ENDS)))
def test_pieces_have_the_chunks_of_the_whole(text: str, size: int, pattern: str) -> None:
    pieces = list(stream.pieces(io.BytesIO(text.encode()), pattern, size))
    assert [chunk for piece in pieces for chunk in split(piece, pattern)] == split(text, pattern)


@pytest.mark.parametrize("pattern", sorted(PATTERNS))
def test_a_pipe_gives_the_numbers_of_the_whole(pattern: str) -> None:
    tokenizer = Tokenizer.from_merges(learn([VERSE.encode()], 40), pattern)
    text = VERSE * 6
    pieces = list(saved.tokenize(tokenizer, Dribble(text.encode())))
    assert [number for piece in pieces for number in piece.ids] == tokenizer.encode(text)
    assert b"".join(token for piece in pieces for token in piece.tokens) == text.encode()


class Dribble(io.BytesIO):
    """A pipe that gives seven bytes at a time, in the middle of characters."""

    def read1(self, size: int | None = -1) -> bytes:
        return super().read(7)


def test_a_pipe_that_is_no_text_is_one_sentence() -> None:
    with pytest.raises(LabError, match=r"byte 3 is no UTF-8.*iconv"):
        list(saved.tokenize(Tokenizer.from_merges([]), io.BytesIO(b"abc\xff")))


def test_a_text_without_an_end_is_cut_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "LONGEST", 1000)
    pieces = list(stream.pieces(io.BytesIO(b"x" * 10_000), "gpt4", 100))
    assert max(map(len, pieces)) == 1000
    assert "".join(pieces) == "x" * 10_000


def test_rare_chunks_make_room() -> None:
    text = " the" * 50 + "".join(f" {number:03}" for number in range(900))
    counts = stream.count_chunks(io.BytesIO(text.encode()), "gpt4", different=500)
    assert counts[" the"] == 50
    assert len(counts) < 500


class Huge(io.RawIOBase):
    """A text of many bytes that is never in memory at once."""

    def __init__(self, size: int) -> None:
        self.left, self.block = size, (VERSE * 4000).encode()

    def read(self, size: int = -1) -> bytes:
        block = self.block[: min(size, self.left)]
        self.left -= len(block)
        return block


def peak_of(work: Iterator[object]) -> int:
    tracemalloc.start()
    for _ in work:
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_memory_does_not_grow_with_the_text() -> None:
    tokenizer = Tokenizer.from_merges(learn([VERSE.encode()], 40))
    small = peak_of(saved.tokenize(tokenizer, Huge(2 << 20)))
    large = peak_of(saved.tokenize(tokenizer, Huge(12 << 20)))
    assert large < small * 1.5


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_file_of_one_gigabyte_is_learned_from_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "huge.txt"
    block = (VERSE * 4000).encode()
    with path.open("wb") as file:
        while file.tell() < 1 << 30:
            file.write(block)
    script = (
        "import resource, sys;"
        "from lessons.tokenizer.config import Config; from lessons.tokenizer.train import train;"
        "from zhtui.lab import Run;"
        "rows = list(train(Run(Config(data=sys.argv[1], vocab_size=300))));"
        "print(len(rows), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    # by way of a shell: Linux counts what a process was forked from, and that is all of pytest
    shell = ["sh", "-c", '"$0" -c "$1" "$2"; exit $?', sys.executable, script, str(path)]
    done = subprocess.run(shell, capture_output=True, text=True, check=True)
    *said, last = done.stdout.splitlines()
    rows, kilobytes = map(int, last.split())
    assert rows == 44
    assert len(said) >= 10
    assert said[0] == "read 67 million characters"
    assert kilobytes < 500_000


def vocabulary(pattern: str) -> Tokenizer:
    """Some merges of a verse and of blanks, with special tokens inside each other."""
    chunks = [VERSE.encode(), b" " * 40, b"\n" * 9]
    return Tokenizer.from_merges(learn(chunks, 40), pattern, ["<a>", "<a><b>", "<a><b><c>"])


@pytest.mark.parametrize("blank", [" ", "\n", "\t", "\xa0", "\r\n"])
@pytest.mark.parametrize("pattern", sorted(PATTERNS))
def test_a_million_blanks_have_their_numbers(pattern: str, blank: str) -> None:
    tokenizer = Tokenizer.from_merges([], pattern)  # bytes: as many numbers as the text has
    text = f"before{blank * (1_000_000 // len(blank))}after"
    assert stream.encode(tokenizer, text) == list(text.encode())


@pytest.mark.parametrize("pattern", sorted(PATTERNS))
@pytest.mark.parametrize("run", [" ", "\n", " \n", "\t\t \r\n"])
def test_a_long_run_has_the_numbers_that_tiktoken_gives_where_it_can(
    pattern: str, run: str
) -> None:
    tokenizer = vocabulary(pattern)
    text = f"{VERSE}{run * (60_000 // len(run))}{VERSE}"
    assert stream.encode(tokenizer, text) == stream.bulk(tokenizer).encode_ordinary(text)


def test_gpt2_has_220_a_blank() -> None:
    if "gpt2" not in available():
        pytest.skip("the vocabulary gpt2 is not on this machine")
    pieces = saved.tokenize(published("gpt2"), io.BytesIO(b" " * 1_000_000))
    assert [number for piece in pieces for number in piece.ids] == [220] * 1_000_000


@given(st.lists(st.sampled_from(["<a>", "<b>", "<c>", "x", " "]), max_size=12).map("".join))
def test_of_special_tokens_inside_each_other_the_longest_counts(text: str) -> None:
    tokenizer = vocabulary("gpt4")
    assert stream.encode(tokenizer, text, "allow") == tokenizer.encode(text, "allow")


def test_the_longest_of_three_special_tokens() -> None:
    tokenizer = vocabulary("gpt4")
    longest = tokenizer.specials["<a><b><c>"]
    for ids in (
        tokenizer.encode("<a><b><c>", "allow"),
        stream.encode(tokenizer, "<a><b><c>", "allow"),
    ):
        assert ids == [longest]
