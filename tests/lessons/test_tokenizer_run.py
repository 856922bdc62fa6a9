"""The tokenizer as a run: rows, meters, specimens, resumption, exports, streams, bad input."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lessons.tokenizer.bpe import Tokenizer
from lessons.tokenizer.config import PRESETS, SPECIMENS, Config
from lessons.tokenizer.train import train
from zhtui.lab import DataError, LabError, Run, Table, Tree, View

VERSE = (
    "The king is dead, long live the king! In 1492, the thing that they'd call 'theirs' was\n"
    "theirs no more; the other things were the others'. And then?\n\n안녕하세요, 세계 👋 naïve\n"
)


class Told:
    """A host that remembers what it was told, and has one file for any data set."""

    def __init__(self, path: Path | None = None) -> None:
        self.path, self.said, self.views = path, [], {}

    def data(self, name: str, auto: tuple[str, ...]) -> Path:
        assert self.path is not None
        return self.path

    def restore(self, name: str, part: object) -> None:
        pass

    def show(self, step: int, name: str, view: View) -> None:
        self.views[name] = view

    def say(self, step: int, text: str) -> None:
        self.said.append(text)


def rows_of(config: Config, told: Told) -> list[dict]:
    return list(train(Run(config, host=told)))


def test_the_card_costs_no_library() -> None:
    probe = "import lessons.tokenizer, sys; print(*sys.modules)"
    have = subprocess.check_output([sys.executable, "-c", probe], text=True).split()
    assert not {"numpy", "torch", "regex", "tiktoken", "textual"} & set(have)


def test_training_loads_neither_textual_nor_torch() -> None:
    probe = "import lessons.tokenizer.train, lessons.tokenizer.command, sys; print(*sys.modules)"
    have = subprocess.check_output([sys.executable, "-c", probe], text=True).split()
    assert not {"torch", "textual"} & set(have)


def test_wikipedias_example_as_a_run() -> None:
    rows = rows_of(PRESETS["example"], Told())
    assert [row["tokens"] for row in rows] == [9, 7, 5]
    assert [row["count"] for row in rows] == [4, 2, 2]
    assert rows[-1]["vocab"] == 259


def test_rows_and_views_of_a_run() -> None:
    told = Told()
    rows = rows_of(Config(text=VERSE, vocab_size=300, look_every=8), told)
    assert len(rows) == 44
    kept = [row["bytes_per_token"] for row in rows]
    assert kept == sorted(kept)
    assert rows[-1]["agree"] == rows[-1]["lossless"] == 1.0
    assert set(told.views) == {"text", "pairs", "merges", "tree"}
    pairs, tree = told.views["pairs"], told.views["tree"]
    assert isinstance(pairs, Table)
    assert isinstance(tree, Tree)
    assert [row[2] for row in pairs.rows] == sorted((row[2] for row in pairs.rows), reverse=True)
    assert len(tree.children) == 2


def test_merges_in_bigger_steps_are_the_same_merges() -> None:
    one = rows_of(Config(text=VERSE, vocab_size=300), Told())
    some = rows_of(Config(text=VERSE, vocab_size=300, merges_a_step=16), Told())
    assert len(some) == 3
    assert {k: some[-1][k] for k in ("tokens", "count", "vocab")} == {
        k: one[-1][k] for k in ("tokens", "count", "vocab")
    }


@pytest.mark.parametrize("merges_a_step", [1, 2, 5, 5000])
def test_more_merges_than_pairs_end_with_a_sentence_and_a_whole_tokenizer(
    merges_a_step: int,
) -> None:
    told = Told()
    wish = Config(text="ab ab ab", vocab_size=5000, merges_a_step=merges_a_step)
    run = Run(wish, host=told)
    rows = list(train(run))
    assert rows[-1]["tokens"] == 3
    assert rows[-1]["agree"] == 1.0
    assert any("no pair is left after 2 of " in said for said in told.said)
    tokenizer = Tokenizer.from_merges(run.kept["tokenizer"].merges)
    assert tokenizer.encode("ab ab ab") == [256, 257, 257]


@pytest.mark.parametrize("specimen", SPECIMENS)
def test_each_specimen_shows_in_its_meter(specimen: str) -> None:
    # "bc" is learned before "ab", so that "abc" tells ranks from what is found first
    text = "bc\n" * 40 + "abd\n" * 30 + "abc\n" * 20
    last = rows_of(Config(text=text, vocab_size=259, specimen=specimen), Told())[-1]
    plain = rows_of(Config(text=text, vocab_size=259), Told())[-1]
    assert (last.get("agree") == 1.0) == (specimen in ("none", "characters"))
    assert (last["lossless"] == 1.0) == (specimen != "characters")
    assert (last["tokens"] == plain["tokens"]) == (specimen != "cross chunks")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "the text is empty"),
        (b"\x7fELF\x00\xff\xfe", "byte 5 is no UTF-8"),
        ("köln".encode("latin-1"), "byte 1 is no UTF-8"),
        ("cut 한".encode()[:-1], "byte 4 is no UTF-8"),
    ],
)
def test_bad_input_is_one_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "own.txt"
    path.write_bytes(content)
    with pytest.raises(DataError, match=sentence):
        rows_of(Config(data=str(path)), Told(path))


def test_one_character_has_nothing_to_join() -> None:
    told = Told()
    assert rows_of(Config(text="x", vocab_size=300), told) == []
    assert "no pair is left after 0 of " in told.said[0]


def test_a_vocabulary_below_256_is_refused(store: Path) -> None:
    from zhtui.lesson.knobs import parse

    with pytest.raises(LabError, match="256"):
        parse(Config(), ["vocab_size=255"])


def test_the_notes_point_at_code_that_is_there_and_fit_a_screen() -> None:
    folder = Path(train.__code__.co_filename).parent
    notes = (folder / "notes.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\((\w+\.py)#([\w.]+)\)", notes)
    assert links
    for file, name in links:
        thing = importlib.import_module(f"lessons.tokenizer.{file.removesuffix('.py')}")
        for part in name.split("."):
            thing = getattr(thing, part)
    for block in notes.split("\n## "):
        assert len(block.splitlines()) <= 23, block.splitlines()[0]
        assert max(map(len, block.splitlines())) <= 82
