"""A GPT on the tokens of a vocabulary: the same loop, bits a byte, and no tokenizer to write."""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from lessons.blocks import ranks, tokens
from lessons.blocks.text import CharText
from lessons.blocks.tokens import TokenText, Vocabulary
from lessons.gpt.build import build, text_of
from lessons.tokenizer import published, saved
from lessons.tokenizer.bpe import PATTERNS
from zhtui.ask import engine
from zhtui.lab import DataError, Heatmap, Poke, Run, Sampling, Text, export_run, find_run
from zhtui.lesson import catalog
from zhtui.runs.files import append_json
from zhtui.runs.folder import RunFolder
from zhtui.work import client, drive

VERSE = (
    "The king is dead, long live the king!\nIn 1492 the others' thing was 안녕하세요 👋 naïve.\n"
)
GPT2 = Path(os.environ.get("ZHTUI_DATA", "")) / "gpt2.tiktoken"


@pytest.fixture
def poem(tmp_path: Path) -> Path:
    path = tmp_path / "poem.txt"
    path.write_text(VERSE * 40, encoding="utf-8")
    return path


@pytest.fixture
def learned(store: Path, poem: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """A finished run `own` of 280 tokens in the store that names are looked up in."""
    monkeypatch.setenv("ZHTUI_STORE", str(store))
    return worked(store, "tokenizer", "own", poem, "vocab_size=280")


def made(store: Path, lesson: str, name: str, poem: Path, *knobs: str) -> RunFolder:
    entry = catalog.one(lesson)
    knobs = (f"data={poem}", *knobs)
    return client.create(
        store, entry, preset="tiny", knobs=knobs, where="cpu", name=name, threads=1
    )


def worked(store: Path, lesson: str, name: str, poem: Path, *knobs: str) -> RunFolder:
    folder = made(store, lesson, name, poem, *knobs)
    assert drive.work(folder) == 0, folder.status().error
    return folder


def rows(folder: RunFolder) -> list[dict[str, float]]:
    return [{key: value for key, value in row.items() if key != "time"} for row in folder.rows()]


def exported(learned: RunFolder, into: Path) -> Path:
    return export_run(find_run("own"), "tiktoken", into)


# --- the vocabulary -------------------------------------------------------------------------------


def test_a_vocabulary_gives_the_numbers_of_its_tokenizer(
    learned: RunFolder, tmp_path: Path
) -> None:
    theirs = saved.from_run(learned.path)
    ours = tokens.read(exported(learned, tmp_path))
    text = VERSE + "<|endoftext|> 漢字"
    assert ours.encode(text).tolist() == theirs.encode(text, "plain")
    assert ours.decode(ours.encode(text)) == text
    assert len(ours) == theirs.size == 281
    assert ours.tokens[280] == b"<|endoftext|>"


def test_a_checkpoint_holds_it_whole(learned: RunFolder, tmp_path: Path) -> None:
    first, second = tokens.read(exported(learned, tmp_path)), Vocabulary()
    assert len(second) == 0
    second.load_state_dict(first.state_dict())
    assert second.tokens == first.tokens
    assert torch.equal(second.encode(VERSE), first.encode(VERSE))


def test_a_character_is_spelled_when_its_last_byte_is_there(
    learned: RunFolder, tmp_path: Path
) -> None:
    vocabulary = tokens.read(exported(learned, tmp_path))
    ids = vocabulary.encode("z漢")
    spell = vocabulary.speller()
    assert [spell(i) for i in ids.tolist()] == ["z", "", "", "漢"]
    assert vocabulary.texts(ids) == ["z", "\ufffd", "\ufffd", "\ufffd"]
    assert vocabulary.decode(ids[:-1]) == "z\ufffd"
    assert vocabulary.unknown("z漢\ud83d!\ud83d") == "\ud83d"


def test_gpt2s_split_and_hash_are_those_of_the_lesson_that_teaches_them() -> None:
    assert PATTERNS["gpt2"] == tokens.GPT2_PATTERN
    assert published.PUBLISHED["gpt2"].data.sha256 == ranks.GPT2.sha256
    known = {data.name: data for data in catalog.one("gpt").card.data}
    assert known["gpt2-tokens"].sha256 == ranks.GPT2.sha256


@pytest.mark.skipif(not GPT2.is_file(), reason="$ZHTUI_DATA/gpt2.tiktoken is not here")
def test_gpt2s_own_ranks_are_known_by_their_hash() -> None:
    vocabulary = tokens.read(GPT2)
    assert len(vocabulary) == 50_257
    assert vocabulary.encode(VERSE).tolist() == published.published("gpt2").encode(VERSE)


# --- bits a byte ----------------------------------------------------------------------------------


def test_bits_per_byte_by_hand(learned: RunFolder, tmp_path: Path) -> None:
    """A uniform guess over 256 values for each byte is 8 bits a byte, in any vocabulary."""
    characters = CharText("abc안" * 25)  # val: 10 characters abc안abc안 + ab, 3 bytes each 안
    assert characters.val_bytes == len(("abc안" * 25)[90:].encode())
    loss = torch.tensor(math.log(256.0))  # 8 bits a character
    expected = 8 * 10 / characters.val_bytes
    assert characters.bits_per_byte(loss).item() == pytest.approx(expected)

    vocabulary = tokens.read(exported(learned, tmp_path))
    text = TokenText(VERSE * 10, vocabulary)
    unseen = (VERSE * 10)[int(0.9 * len(VERSE * 10)) :]
    assert vocabulary.decode(text.val) == unseen == validated_on(VERSE * 10)
    assert len(text.val) < len(unseen.encode())
    expected = 8 * len(vocabulary.encode(unseen)) / len(unseen.encode())
    assert text.bits_per_byte(loss).item() == pytest.approx(expected)


def validated_on(text: str) -> str:
    """What the same text's characters are validated on."""
    characters = CharText(text)
    return characters.alphabet.decode(characters.val)


@pytest.mark.parametrize("tokenizer", ["", "own"])
def test_an_evaluation_records_bits_a_byte(
    learned: RunFolder, store: Path, poem: Path, tokenizer: str
) -> None:
    folder = worked(store, "gpt", "net", poem, f"tokenizer={tokenizer}", "baselines=true")
    text = poem.read_text(encoding="utf-8")
    unseen = text[int(0.9 * len(text)) :]
    count = len(saved.from_run(learned.path).encode(unseen)) if tokenizer else len(unseen)
    last = rows(folder)[-1]
    expected = last["val"] * count / len(unseen.encode()) / math.log(2)
    assert last["bits_per_byte"] == pytest.approx(expected, rel=1e-5)
    assert ("counted" in last) == (not tokenizer)
    assert rows(folder)[0]["loss"] > last["loss"]


# --- a whole run ----------------------------------------------------------------------------------


def test_it_writes_and_is_looked_into_when_its_tokenizer_is_gone(
    learned: RunFolder, store: Path, poem: Path
) -> None:
    folder = worked(store, "gpt", "net", poem, "tokenizer=own")
    shutil.rmtree(learned.path)
    opened = engine.open_run(folder, where="cpu")
    found = list(engine.sample(folder, opened, "漢 the ", Sampling(tokens=40)))
    assert len(found) == 40
    _, model = opened.once(build)
    assert model.tokens.weight.shape[0] == 281
    assert all(len(token.alternatives) == 8 for token in found)
    assert all(text for token in found for text, _ in token.alternatives)

    scored = list(engine.score(folder, opened, "the ", "king 漢", Sampling()))
    assert "".join(token.text for token in scored) == "king 漢"

    looks = catalog.one("gpt").scene("attention").module
    frames = looks.explore(opened, looks.Ask(text="the king 漢"), Poke())
    views = {name: view for frame in frames for name, view in frame.shown().items()}
    attention = views["A"]
    inside = catalog.one("gpt").scene("inside").module
    surprise = next(inside.explore(opened, inside.Ask(text="the king 漢"), Poke())).shown()["text"]
    assert isinstance(attention, Heatmap)
    assert isinstance(surprise, Text)
    symbols, _ = opened.once(build)
    assert len(attention.rows) == len(attention.values) == len(symbols.encode("the king 漢"))
    assert surprise.weights is not None
    assert len(surprise.weights) == len(surprise.text)
    assert "bits a token" in surprise.note


def test_a_stopped_run_goes_on_bit_by_bit_without_its_tokenizer(
    learned: RunFolder, store: Path, poem: Path
) -> None:
    whole = worked(store, "gpt", "whole", poem, "tokenizer=own")
    cut = made(store, "gpt", "cut", poem, "tokenizer=own")

    def listen(kind: str, value: Any) -> None:
        if kind == "row" and value["step"] == 7:
            append_json(cut.path / "control.jsonl", {"id": "s", "action": "stop"})

    drive.work(cut, listeners=(listen,))
    assert cut.status().step < 20
    shutil.rmtree(learned.path)
    assert drive.work(cut) == 0
    assert rows(cut) == rows(whole)
    files = [folder.checkpoints()[-1][1] / "model.safetensors" for folder in (cut, whole)]
    assert files[0].read_bytes() == files[1].read_bytes()


@pytest.mark.slow
def test_a_name_is_looked_up_in_the_runs_own_store(
    learned: RunFolder, store: Path, poem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ZHTUI_STORE")
    knobs = [f"data={poem}", "tokenizer=own", "steps=2"]
    words = ["run", "gpt", *knobs, "--preset", "tiny", "--headless", "--store", str(store)]
    done = subprocess.run(
        [sys.executable, "-P", "-m", "zhtui", *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    detached = made(store, "gpt", "behind", poem, "tokenizer=own", "steps=2")
    number = client.start(detached)
    (worker,) = [child for child in client._children if child.pid == number]
    assert worker.wait() == 0
    assert detached.status().step == 2, detached.status().error


def test_an_exported_file_trains_as_its_run_does(
    learned: RunFolder, store: Path, poem: Path, tmp_path: Path
) -> None:
    path = exported(learned, tmp_path / "out")
    by_name = worked(store, "gpt", "name", poem, "tokenizer=own")
    by_path = worked(store, "gpt", "path", poem, f"tokenizer={path}")
    assert rows(by_path) == rows(by_name)


# --- what is refused ------------------------------------------------------------------------------


def refusal(poem: Path, tokenizer: str) -> str:
    config = catalog.one("gpt").card.presets["tiny"]
    with pytest.raises(DataError) as caught:
        text_of(Run(type(config)(data=str(poem), tokenizer=tokenizer)))
    return str(caught.value)


def test_what_is_no_tokenizer_is_refused_with_what_to_give(
    learned: RunFolder, store: Path, poem: Path
) -> None:
    made(store, "gpt", "net", poem)
    for name, why in (("nobody", "there is no run 'nobody'"), ("net", "no export 'tiktoken'")):
        said = refusal(poem, name)
        assert why in said
        assert said.endswith("give a run of lesson tokenizer, gpt2, or an exported .tiktoken file.")


def test_gpt2_is_not_downloaded_where_that_is_forbidden(
    poem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHTUI_OFFLINE", "1")
    monkeypatch.delenv("ZHTUI_DATA", raising=False)
    assert "is not on this machine and ZHTUI_OFFLINE forbids" in refusal(poem, "gpt2")


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda lines: lines[:200], "no token for the byte"),
        (lambda lines: [*lines[:5], *lines[6:]], "line 6 is not a token with its rank 5"),
        (lambda lines: [b"?? 0", *lines[1:]], "tokenizer="),
        (lambda lines: [*lines, lines[-1].replace(b" 279", b" 280")], "cannot have the number 280"),
    ],
)
def test_a_damaged_export_is_refused(
    learned: RunFolder, poem: Path, tmp_path: Path, damage: Any, why: str
) -> None:
    path = exported(learned, tmp_path)
    path.write_bytes(b"\n".join(damage(path.read_bytes().splitlines())))
    assert why in refusal(poem, str(path))


def test_an_export_without_its_split_or_with_a_mad_one_is_refused(
    learned: RunFolder, poem: Path, tmp_path: Path
) -> None:
    path = exported(learned, tmp_path)
    beside = path.with_name(f"{path.name}.json")
    settings = json.loads(beside.read_bytes())
    beside.write_text(json.dumps(settings | {"special_tokens": {"<|end|>": 10**12}}))
    assert "cannot have the number 1000000000000" in refusal(poem, str(path))
    beside.unlink()
    assert f"{beside.name}, which says where a text is cut" in refusal(poem, str(path))


def test_a_text_too_short_for_its_tokens_is_refused(learned: RunFolder, tmp_path: Path) -> None:
    short = tmp_path / "short.txt"
    short.write_text("the king " * 40, encoding="utf-8")
    assert "short.txt has " in refusal(short, "own")
