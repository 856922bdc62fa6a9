"""A run's folder as a tokenizer, and exports in the real libraries."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
import tiktoken.load
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st

from lessons.tokenizer import explore, saved
from lessons.tokenizer.bpe import PATTERNS, Tokenizer, learn, split
from lessons.tokenizer.export import FORMATS, read, write
from lessons.tokenizer.published import PUBLISHED, published
from zhtui.ask.reading import open_run
from zhtui.lab import (
    DataError,
    LabError,
    Poke,
    Spot,
    Table,
    Text,
    Tree,
    find_data,
    has_data,
    plain,
)
from zhtui.lesson import catalog
from zhtui.runs.folder import RunFolder
from zhtui.work import client, drive

VERSE = (
    "The king is dead, long live the king! In 1492, the thing that they'd call 'theirs' was\n"
    "theirs no more; the other things were the others'. And then?\n\n안녕하세요, 세계 👋 naïve\n"
)


def worked(store: Path, *knobs: str) -> RunFolder:
    """A run from its first step to its last, in this process."""
    entry = catalog.one("tokenizer")
    folder = client.create(store, entry, preset="quick", knobs=knobs, where="cpu")
    assert drive.work(folder) == 0
    return folder


@pytest.fixture
def done(store: Path, tmp_path: Path) -> RunFolder:
    """A finished run of 300 tokens."""
    path = tmp_path / "own.txt"
    path.write_text(VERSE * 2, encoding="utf-8")
    return worked(store, f"data={path}", "vocab_size=300", "look_every=8")


def test_a_run_folder_gives_its_tokenizer(done: RunFolder) -> None:
    (done.path / "step-²").mkdir()  # a stranger's, and none of its checkpoints
    tokenizer = saved.tokenizer_of(done.path)
    merges = learn([chunk.encode() for chunk in split(VERSE * 2, "gpt4")], 44)
    assert tokenizer.ranks == Tokenizer.from_merges(merges).ranks
    assert tokenizer.specials == {"<|endoftext|>": 300}
    counts = saved.counts_of(done.path)
    assert len(counts) == 44
    assert counts == sorted(counts, reverse=True)


def test_a_run_that_was_cut_short_ends_with_the_same_merges(done: RunFolder) -> None:
    whole = saved.tokenizer_of(done.path).ranks
    for step, folder in done.checkpoints()[1:]:
        assert step > 0
        shutil.rmtree(folder)
    left = done.checkpoints()[-1][0]
    assert 0 < left < 44
    assert drive.work(done) == 0
    assert saved.tokenizer_of(done.path).ranks == whole


def test_a_run_that_ran_out_of_pairs_finishes_and_exports(store: Path) -> None:
    folder = worked(store, "text=ab ab ab", "vocab_size=5000")
    assert folder.status().state == "finished"
    assert saved.tokenizer_of(folder.path).encode("ab ab") == [256, 257]


def test_a_runs_merges_read_a_text_of_ones_own(done: RunFolder) -> None:
    run = open_run(done, where="cpu")
    frames = list(explore.explore(run, explore.Ask(text="the king, 한"), Poke()))
    views = frames[-1].shown()
    assert isinstance(views["tree"], Tree)
    table = views["tokens"]
    assert isinstance(table, Table)
    ours = saved.tokenizer_of(done.path)
    assert [row[0] for row in table.rows] == ours.encode("the king, 한")
    read = frames[-2].shown()["text"]
    assert isinstance(read, Text)
    assert read.text == "the king, 한"
    with pytest.raises(LabError, match="surrogate"):
        list(explore.explore(run, explore.Ask(text="\ud800"), Poke()))


@given(st.text(min_size=1, max_size=40), st.integers(0, 60))
@settings(deadline=None, max_examples=60)
def test_merge_by_merge_ends_where_the_encoder_does(text: str, merges: int) -> None:
    """By age and not by count: each frame joins one pair, and the last has the text's tokens."""
    tokenizer = explore.tokenizer_of(None, text, merges)
    frames = list(explore.explore(None, explore.Ask(text=text, merges=merges), Poke()))
    table = frames[-1].shown()["tokens"]
    assert isinstance(table, Table)
    assert [row[0] for row in table.rows] == tokenizer.encode(text, special="plain")
    ages = [int(frame.title.split()[1]) for frame in frames[1:-1]]
    assert ages == sorted(ages)


def test_the_classic_text_in_three_merges() -> None:
    frames = list(explore.explore(None, explore.Ask(merges=3), Poke()))
    assert [frame.title for frame in frames[1:]] == [
        "token 256",
        "token 257",
        "token 258",
        "tokens",
    ]
    assert "7 tokens to 5" in plain(frames[-2].say)
    words = explore.point(explore.Ask(), frames[-2], Spot("text", 0, 1))
    assert plain(words).startswith('token 258: "aaab"\n4 bytes: 97 97 97 98')
    poked = list(explore.explore(None, explore.Ask(merges=3), Poke(Spot("text", 0, 3), "x")))
    assert poked[0].shown()["text"].text == "aaaxdaaabac"  # type: ignore[union-attr]
    with pytest.raises(LabError, match="give 1 to"):
        list(explore.explore(None, explore.Ask(text=""), Poke()))


# ------------------------------------------------------------------------------------------ exports


def test_an_export_gives_the_same_numbers_in_the_real_libraries(
    done: RunFolder, tmp_path: Path
) -> None:
    ours = saved.tokenizer_of(done.path)
    text = VERSE + "unseen 漢字 \t\r\n x<|endoftext|>y"
    expected = ours.encode(text, special="allow")

    path = saved.export(done.path, "tiktoken", tmp_path / "out")
    settings_ = json.loads(path.with_name(f"{path.name}.json").read_text())
    ranks = tiktoken.load.load_tiktoken_bpe(str(path))
    theirs = tiktoken.Encoding("own", mergeable_ranks=ranks, **settings_)
    assert theirs.encode(text, allowed_special="all") == expected

    path = saved.export(done.path, "hf", tmp_path / "out")
    assert tokenizers.Tokenizer.from_file(str(path)).encode(text).ids == expected


@pytest.mark.parametrize("to", ["tiktoken", "hf"])
@pytest.mark.parametrize("pattern", sorted(PATTERNS))
def test_an_export_is_read_back(tmp_path: Path, to: str, pattern: str) -> None:
    ours = Tokenizer.from_merges(learn([VERSE.encode()], 20), pattern, ["<|a|>", "<|b|>"], "own")
    again = saved.tokenizer_of(write(ours, to, tmp_path))
    assert (again.ranks, again.pattern, again.specials) == (ours.ranks, pattern, ours.specials)


def test_the_readable_export(done: RunFolder, tmp_path: Path) -> None:
    lines = saved.export(done.path, "text", tmp_path).read_text().splitlines()
    assert lines[0] == "# 301 tokens, split gpt4"
    first = saved.tokenizer_of(done.path)
    assert f'   256  "{first.tokens[256].decode()}" = ' in lines[257]
    assert lines[257].endswith(f"× {saved.counts_of(done.path)[0]:,}")
    assert '     0  "\\x00"' in lines
    assert lines[-1] == "   300  <|endoftext|>  special"


@pytest.mark.parametrize("to", ["tiktoken", "hf"])
def test_a_corrupt_export_is_one_sentence(tmp_path: Path, to: str) -> None:
    path = write(Tokenizer.from_merges(learn([VERSE.encode()], 20), name="own"), to, tmp_path)
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    broken = {
        "cut short": whole[: len(whole) // 2],
        "empty": b"",
        "noise": bytes(range(256)),
        "a line lost": b"".join(lines[:100] + lines[101:]),
    }
    for content in broken.values():
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"is not a whole tokenizer.*export it again") as caught:
            read(path)
        assert "\n" not in str(caught.value)


def test_an_export_is_written_through_no_link_beside_it(tmp_path: Path) -> None:
    """Whoever exports to /tmp need not fear who else has laid something there."""
    victim, folder = tmp_path / "victim", tmp_path / "to"
    victim.write_bytes(b"precious")
    folder.mkdir()
    (folder / f".tokenizer.json.{os.getpid()}").symlink_to(victim)
    write(Tokenizer.from_merges([]), "hf", folder)
    assert victim.read_bytes() == b"precious"
    assert [path.name for path in folder.iterdir()] == ["tokenizer.json"]
    assert not (folder / "tokenizer.json").is_symlink()


def test_an_export_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match="give another folder"):
        write(Tokenizer.from_merges([]), "hf", tmp_path / "file")
    with pytest.raises(DataError, match=", ".join(FORMATS)):
        write(Tokenizer.from_merges([]), "pickle", tmp_path)


def test_what_is_no_tokenizer_is_one_sentence(tmp_path: Path, store: Path) -> None:
    with pytest.raises(LabError, match="gpt2, cl100k, o200k"):
        saved.tokenizer_of("gpt9")
    with pytest.raises(LabError, match="no checkpoint yet"):
        saved.tokenizer_of(tmp_path)
    (tmp_path / "step-000010").mkdir()
    with pytest.raises(LabError, match="holds no whole tokenizer"):
        saved.tokenizer_of(tmp_path)


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_a_published_file_by_its_path_is_cut_as_it_was_published(name: str, tmp_path: Path) -> None:
    if not has_data(PUBLISHED[name].data):
        pytest.skip(f"the vocabulary {name} is not on this machine")
    copied = tmp_path / "mine.tiktoken"
    shutil.copy(find_data(PUBLISHED[name].data, download=False), copied)
    tokenizer, known = saved.tokenizer_of(copied), published(name)
    assert tokenizer.pattern == known.pattern
    assert tokenizer.specials == known.specials
    text = " 12345  Don't\n\n  camelCase"
    assert tokenizer.encode(text) == known.encode(text)
    if name == "gpt2":
        assert tokenizer.encode(" 12345") == [17031, 2231]


def test_ranks_of_which_nobody_says_how_they_are_cut_are_refused(tmp_path: Path) -> None:
    path = write(Tokenizer.from_merges([], "gpt2", name="own"), "tiktoken", tmp_path)
    path.with_name("own.tiktoken.json").unlink()
    with pytest.raises(DataError, match=r"own\.tiktoken\.json, which says where a text is cut"):
        saved.tokenizer_of(path)
